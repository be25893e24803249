"""Functions that a model uses read the program's names again at every evaluation.

PyMC3 called them once, when it made the model. Where such a name is bound again later, it becomes a parameter of the
function: with its value as the default, when that is the same wherever the function is used, else handed over in every
call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.changed_data import ORDER
from pm_migrate.codemod.rules.model_checks import changes

_BRANCHES = (cst.If, cst.Try, cst.TryStar, cst.For, cst.While, cst.Match)


def check_functions(plan: Plan, models: Models, block: Block) -> None:
    """Hand names that are bound again after a model was made to the functions which read them, or refuse the model.

    Functions that create variables have a check of their own.
    """
    generator = block.having(Role.GENERATOR)
    own = models.helpers.reached(generator)
    used = list(models.effects.functions(generator))
    for function in used:
        if function in own or any(plan.tree.inside(function, s) for s in generator):
            continue
        if any(function is not outer and plan.tree.inside(function, outer) for outer in used):
            continue  # what it reads, the function around it does
        for node in rebound(plan, models, function, block):
            outside = [s for s in plan.flow.sites[node] if not plan.tree.inside(s, function)]
            if all(_is_parameter(plan, s, function) for s in outside):
                continue
            if not _handed(plan, models, block, function, node.value):
                way_out = "make it an argument of the function"
                message = f"`{node.value}` is bound again after the model was built with it: {way_out}"
                plan.refuse(node, block.key, ORDER.code, message)


def rebound(plan: Plan, models: Models, function: cst.CSTNode, block: Block) -> Iterator[cst.Name]:
    """The names in a function that are bound again after the model of a block was made, each once."""
    seen: set[str] = set()
    for node in plan.tree.walk(function, cst.Name):
        if node not in plan.flow.sites or node.value in seen or node in plan.closed:
            continue
        outside = frozenset(s for s in plan.flow.sites[node] if not plan.tree.inside(s, function))
        if not outside or plan.flow.is_module(node) or v.only(plan.flow.value(node), v.Function):
            continue
        if changes(plan, models, node, outside, block):
            seen.add(node.value)
            yield node


def _is_parameter(plan: Plan, site: cst.CSTNode, function: cst.CSTNode) -> bool:
    """Whether a place is a parameter of a function around one: its value is what a call gave."""
    owner = plan.tree.scope(site)
    return isinstance(site, cst.Param) and owner is not function and plan.tree.inside(function, owner)


def _handed(plan: Plan, models: Models, block: Block, function: cst.CSTNode, name: str) -> bool:
    """Make a name a parameter of a function, if that leaves every use of the function what it was."""
    if (function, name) not in plan.handed:
        uses = uses_of(plan, function)
        scope = plan.tree.scope(function)
        plain = (
            isinstance(function, cst.FunctionDef)
            and not function.decorators
            and isinstance(function.params.star_arg, cst.MaybeSentinel)
            and function.params.star_kwarg is None
            and uses is not None
            and not any(isinstance(a, (*_BRANCHES, cst.ClassDef)) for a in plan.tree.ancestors(function))
            and all(plan.tree.scope(use) is scope for use in uses)
            and bool(plan.flow.scope_sites(scope, name))
        )
        if not plain or plan.options.upstream:
            return False
        assert isinstance(function, cst.FunctionDef) and uses is not None
        if _same_everywhere(plan, function, uses, name):
            _plan_default(plan, block, function, name)
            plan.handed[function, name] = False
        elif all(is_call(plan, use) for use in uses) and not any(p.default for p in function.params.params):
            _plan_argument(plan, block, function, uses, name)
            plan.handed[function, name] = True
        else:
            return False
    plan.unite(block.key, function)
    if plan.handed[function, name]:
        if name in models.bound_in(block.having(Role.GENERATOR)):
            return False
        plan.late.setdefault(block.node, []).append(name)
    return True


def uses_of(plan: Plan, function: cst.CSTNode) -> list[cst.Name] | None:
    """The places that read a function by its name; None when something else may read it, or one may read another."""
    found = []
    for node, value in plan.flow.values.items():
        if not any(isinstance(a, v.Function) and a.node is function for a in v.flat(value)):
            continue
        if not isinstance(node, cst.Name) or plan.flow.sites.get(node) != {function}:
            return None
        found.append(node)
    return found


def is_call(plan: Plan, use: cst.Name) -> bool:
    call = plan.tree.parent[use]
    return isinstance(call, cst.Call) and call.func is use and not any(a.star for a in call.args)


def _same_everywhere(plan: Plan, function: cst.FunctionDef, uses: list[cst.Name], name: str) -> bool:
    """Whether a name certainly has the value at all uses of a function that it had when the function was made."""
    order = plan.tree.order
    sites = plan.flow.scope_sites(plan.tree.scope(function), name)
    before = [s for s in sites if order[s] < order[function]]
    certain = [s for s in before if not any(isinstance(a, _BRANCHES) for a in plan.tree.ancestors(s))]
    last = max((order[use] for use in uses), default=order[function])
    looped = any(isinstance(a, (cst.For, cst.While)) for use in uses for a in plan.tree.ancestors(use))
    return bool(certain) and not looped and not any(order[function] < order[s] < last for s in sites)


def _plan_default(plan: Plan, block: Block, function: cst.FunctionDef, name: str) -> None:
    param = cst.Param(
        cst.Name(name),
        default=cst.Name(name),
        equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
    )
    plan.edit(function.params, block.key, with_parameter(param))
    message = f"`{function.name.value}` keeps the value of `{name}`, which is bound again after the model was made"
    plan.note(function, block.key, ORDER.code, message)


def _plan_argument(plan: Plan, block: Block, function: cst.FunctionDef, uses: list[cst.Name], name: str) -> None:
    plan.edit(function.params, block.key, with_parameter(cst.Param(cst.Name(name))))
    for use in uses:
        call = plan.tree.parent[use]
        assert isinstance(call, cst.Call)
        positional = len(call.args) == len(function.params.params) and not any(a.keyword for a in call.args)
        plan.edit(call, block.key, with_argument(name, positional))
    message = f"`{function.name.value}` is handed `{name}`, which is bound again after the model was made"
    plan.note(function, block.key, ORDER.code, message)


def with_parameter(param: cst.Param) -> Any:
    return lambda updated: updated.with_changes(params=[*updated.params, param])


def with_argument(name: str, positional: bool) -> Any:
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    arg = cst.Arg(cst.Name(name)) if positional else cst.Arg(cst.Name(name), keyword=cst.Name(name), equal=tight)
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))

    def apply(updated: cst.Call) -> cst.Call:
        *rest, last = [*updated.args, arg]
        spaced = [a if isinstance(a.comma, cst.Comma) else a.with_changes(comma=comma) for a in rest]
        return updated.with_changes(args=[*spaced, last])

    return apply
