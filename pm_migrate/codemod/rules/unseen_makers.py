"""Functions that a program is given, and that may create the variables of its models.

``BayesianCalibration(model_func, data)``: what ``model_func()`` gives is the mean of the likelihood. A likelihood whose
parameter hangs on no variable is rare; a function of the caller that makes its priors is not.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.helpers import adds_to_model
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.pymc3_names import canonical

#: Arguments of distributions that no variable is given for.
_DATA = frozenset("observed shape dims name testval total_size transform dtype n".split())


def unseen_makers(plan: Plan, block: Block) -> Iterator[cst.Call]:
    """Yield the calls of a block that may create variables: functions from outside, for parameters of distributions."""
    named: dict[cst.CSTNode, cst.Call] = {}
    for s in block.having(Role.FRONT):
        for assign in plan.tree.walk(s, cst.Assign):
            made = assign.value
            if isinstance(made, cst.Call) and _is_given(plan, made.func):
                named |= {t.target: made for t in assign.targets if isinstance(t.target, cst.Name)}
    found: dict[cst.Call, None] = {}
    for value in _parameters(plan, block):
        if isinstance(value, cst.Call) and _is_given(plan, value.func) and not _has_variables(plan, value):
            found[value] = None
        elif isinstance(value, cst.Name):
            found |= {named[site]: None for site in plan.flow.sites.get(value, ()) if site in named}
    yield from found


def _parameters(plan: Plan, block: Block) -> Iterator[cst.BaseExpression]:
    """Yield what the distributions of a model are given, besides data, shapes and the like."""
    for s in block.having(Role.GENERATOR):
        for call in plan.tree.walk(s, cst.Call):
            name = plan.flow.references.get(call.func)
            if name is not None and adds_to_model(canonical(name).removeprefix("pymc3.")):
                yield from (a.value for a in call.args if a.keyword is None or a.keyword.value not in _DATA)


def _is_given(plan: Plan, func: cst.BaseExpression) -> bool:
    """Whether a function is a parameter, or an attribute that parameters are kept in, and none of it is known."""
    if any(isinstance(a, (v.Function, v.Qualified, v.Tensor)) for a in plan.flow.value(func)):
        return False
    if isinstance(func, cst.Name):
        sites = plan.flow.sites.get(func, frozenset())
        return bool(sites) and all(isinstance(site, cst.Param) for site in sites)
    if not isinstance(func, cst.Attribute):
        return False
    classes = [a.node for a in plan.flow.value(func.value) if isinstance(a, v.Instance)]
    kept = [site for c in classes for site in plan.flow.attribute_sites.get((c, func.attr.value), ())]
    return bool(kept) and all(_keeps_parameter(plan, site) for site in kept)


def _keeps_parameter(plan: Plan, site: cst.CSTNode) -> bool:
    value = plan.tree.assigned(site)
    sites = plan.flow.sites.get(value, frozenset()) if isinstance(value, cst.Name) else frozenset()
    return bool(sites) and all(isinstance(s, cst.Param) for s in sites)


def _has_variables(plan: Plan, call: cst.Call) -> bool:
    return any(v.tainted(plan.flow.value(a.value)) for a in call.args)
