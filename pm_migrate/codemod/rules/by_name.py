"""Lists of variables that are only read by name: ``for v in [mu, sd]: trace[v]`` goes over the names.

Variables in a list outside of their model become their names when everything that reads the list, or an item of it,
would do with the name: an index of a trace, ``v.name``, ``var_names=``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst

from pm_migrate.catalog.samplers import ARVIZ, ARVIZ_NO_NAMES
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.calls import name_of_variable
from pm_migrate.codemod.tree import code, expression

_KEYWORDS = frozenset({"var_names", "varnames"})


def plan_lists(plan: Plan, models: Models) -> None:
    """Plan names in place of variables, for every list that allows it."""
    generators = {n for b in models.blocks for s in b.having(Role.GENERATOR) for n in plan.tree.walk(s)}
    for node in plan.tree.of(cst.List, cst.Tuple):
        if node.elements and node not in generators:
            texts = [name_of_variable(plan, e.value) for e in node.elements]
            if all(text is not None for text in texts) and all(isinstance(e.value, cst.Name) for e in node.elements):
                reads = list(_reads(plan, node))
                if reads and all(reads):
                    _plan_list(plan, node, [r for r in reads if r is not None])


def _plan_list(plan: Plan, node: cst.List | cst.Tuple, reads: list[cst.CSTNode]) -> None:
    keys = sorted(plan.keys_of(plan.flow.value(node)), key=lambda k: plan.tree.order[k])
    plan.unite(*keys)
    for element in node.elements:
        text = name_of_variable(plan, element.value)
        assert text is not None
        plan.by_name.add(element.value)
        plan.edit(element.value, keys[0], _constant(text))
    for read in reads:
        plan.names_read.add(read)
        parent = plan.tree.parent[read]
        if isinstance(parent, cst.Attribute):
            plan.names_read.add(parent)
            plan.edit(parent, keys[0], lambda updated: updated.value)
        plan.note(read, keys[0], "PM206", f"`{code(read)}` is the name of a variable")


def _constant(text: str) -> Callable[[Any], cst.BaseExpression]:
    return lambda _: expression(text)


def _reads(plan: Plan, node: cst.BaseExpression) -> Iterator[cst.CSTNode | None]:
    """Where items of a list are read, by name; None for a place that needs more, and nothing for a list unread."""
    parent = plan.tree.parent[node]
    match parent:
        case cst.For() | cst.CompFor() if parent.iter is node and isinstance(parent.target, cst.Name):
            for read in _of(plan, parent.target):
                yield read if read is not None and _by_name(plan, read) else None
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            for read in _of(plan, target):
                found = [] if read is None else list(_reads(plan, read))
                yield from found or [None]
        case cst.Arg() if parent.keyword is not None and parent.keyword.value in _KEYWORDS:
            yield node
        case cst.Arg(keyword=None, star="") if _is_second(plan, parent):
            yield node


def _is_second(plan: Plan, arg: cst.Arg) -> bool:
    """Whether an argument is the second of a plot or table of PyMC3, which takes variables there."""
    call = plan.tree.parent[arg]
    if not isinstance(call, cst.Call) or [a.keyword for a in call.args[:2]] != [None, None] or call.args[1] is not arg:
        return False
    name = pymc3_names.canonical(plan.flow.name_of(call.func) or "").removeprefix("pymc3.")
    return name in ARVIZ and name not in ARVIZ_NO_NAMES


def _of(plan: Plan, target: cst.Name) -> Iterator[cst.Name | None]:
    """The places that read what a place binds; None where something else may be read there."""
    for node, sites in plan.flow.sites.items():
        if target in sites:
            yield node if sites == {target} and isinstance(node, cst.Name) else None


def _by_name(plan: Plan, node: cst.Name) -> bool:
    """Whether a variable is read here only for its name."""
    parent = plan.tree.parent[node]
    match parent:
        case cst.Attribute() if parent.value is node:
            return parent.attr.value == "name"
        case cst.Index():
            holder = plan.tree.parent[plan.tree.parent[parent]]
            return isinstance(holder, cst.Subscript) and bool(v.traces(plan.flow.value(holder.value)))
        case cst.Arg() if parent.keyword is None or parent.keyword.value == "varname":
            call = plan.tree.parent[parent]
            func = call.func if isinstance(call, cst.Call) else None
            return (
                isinstance(func, cst.Attribute)
                and func.attr.value == "get_values"
                and bool(v.traces(plan.flow.value(func.value)))
            )
    return False
