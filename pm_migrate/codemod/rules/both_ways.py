"""Functions of a program that are called with random variables here, and with arrays there.

A curve that simulates data and is the mean of the likelihood has to go on giving arrays to the first call. So have the
methods of an object that is made of numbers here, and of variables there.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.scopes import method_of


def is_called_both_ways(plan: Plan, function: cst.CSTNode) -> bool:
    """Whether some parameter of a function may be random, and some call gives it nothing that certainly is."""
    if not isinstance(function, (cst.FunctionDef, cst.Lambda)):
        return False
    if function not in plan.both_ways:
        plan.both_ways[function] = False  # for functions that call themselves
        maker = _maker(plan, function)
        if maker is not None and maker is not function and is_called_both_ways(plan, maker):
            plan.both_ways[function] = True
            return True
        facts = plan.flow.functions.get(function)
        given = () if facts is None else (*facts.params.values(), *facts.known_params.values())
        if any(v.tainted(value) for value in given):
            plan.both_ways[function] = any(_is_plain(plan, call) for call in _calls(plan, function))
    return plan.both_ways[function]


def _maker(plan: Plan, function: cst.CSTNode) -> cst.CSTNode | None:
    """The ``__init__`` of the class that a method is of, if it is none of distributions or of a process's functions."""
    owner = plan.tree.scope(function)
    if not isinstance(owner, cst.ClassDef) or owner in plan.flow.own or owner in plan.flow.own_maps:
        return None
    return method_of(owner, "__init__")


def _calls(plan: Plan, function: cst.CSTNode) -> list[cst.Call]:
    named = {function}
    if _maker(plan, function) is function:
        named.add(plan.tree.scope(function))

    def calls(value: v.Value) -> bool:
        return any(isinstance(a, v.Function) and a.node in named for a in value)

    return [call for call in plan.tree.of(cst.Call) if call.args and calls(plan.flow.value(call.func))]


def _is_plain(plan: Plan, call: cst.Call) -> bool:
    """Whether a call may give nothing random."""
    if not any(v.tainted(plan.flow.value(a.value)) for a in call.args):
        return True
    return is_called_both_ways(plan, plan.tree.scope(call))


def is_random(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression may depend on random variables.

    What an object of the program gives counts as random wherever another object of its class is made of variables; but
    what was bound before the model was made depends on none.
    """
    if not v.tainted(plan.flow.value(node)):
        return False
    random = [n for n in plan.tree.walk(node) if isinstance(n, cst.BaseExpression) and v.tainted(plan.flow.value(n))]
    leaves = [n for n in random if not any(m is not n and plan.tree.inside(m, n) for m in random)]
    return not all(isinstance(n, cst.Name) and _is_early(plan, n) for n in leaves)


def _is_early(plan: Plan, name: cst.Name) -> bool:
    """Whether a name was bound, in its scope and in no loop, before any model that its value is taken to depend on.

    A container, or an array of objects, may have got variables since.
    """
    value = plan.flow.value(name)
    models = {atom.site for atom in v.tensors(value)}
    sites = plan.flow.sites.get(name, frozenset())
    if not sites or not v.only(value, (v.Tensor, v.Plain, v.Number)):  # type: ignore[arg-type]
        return False
    if any(plan.flow.sites.get(base, frozenset()) & sites for base in plan.flow.stores.values()):
        return False
    return all(
        model is not None
        and not isinstance(site, cst.Param)
        and plan.tree.scope(site) is plan.tree.scope(model)
        and plan.tree.order[site] < plan.tree.order[model]
        and not any(
            isinstance(a, (cst.For, cst.While)) and plan.tree.inside(model, a) for a in plan.tree.ancestors(site)
        )
        for site in sites
        for model in models
    )
