"""Functions that a model uses read the program's names again at every evaluation."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.model_checks import ORDER, changes


def check_functions(plan: Plan, models: Models, block: Block) -> None:
    """Refuse a model whose functions read a name that is bound again after the model was made.

    PyMC3 called them once, when it made the model. A generator calls them whenever it is evaluated, and would compute
    with the later value. Functions that create variables have a check of their own.
    """
    generator = block.having(Role.GENERATOR)
    own = models.helpers.reached(generator)
    for function in _used(plan, generator):
        if function in own or any(plan.tree.inside(function, s) for s in generator):
            continue
        for node in rebound(plan, function, block):
            way_out = "make it an argument of the function"
            message = f"`{node.value}` is bound again after the model was built with it: {way_out}"
            plan.refuse(node, block.key, ORDER.code, message)


def rebound(plan: Plan, function: cst.CSTNode, block: Block) -> Iterator[cst.Name]:
    """The names in a function that are bound again after the model of a block was made, each once."""
    seen: set[str] = set()
    for node in plan.tree.walk(function, cst.Name):
        if node not in plan.flow.sites or node.value in seen:
            continue
        outside = frozenset(s for s in plan.flow.sites[node] if not plan.tree.inside(s, function))
        if not outside or plan.flow.is_module(node) or v.only(plan.flow.value(node), v.Function):
            continue
        if changes(plan, node, outside, block):
            seen.add(node.value)
            yield node


def _used(plan: Plan, statements: list[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The functions of the program that statements name, and those that these name in turn."""
    waiting: list[cst.CSTNode] = list(statements)
    known: set[cst.CSTNode] = set()
    while waiting:
        for node in plan.tree.walk(waiting.pop(), cst.Name):
            for atom in plan.flow.value(node):
                found = atom.node if isinstance(atom, v.Function) else None
                if isinstance(found, (cst.FunctionDef, cst.Lambda)) and found not in known:
                    known.add(found)
                    waiting.append(found)
                    yield found
