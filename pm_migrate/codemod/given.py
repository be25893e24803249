"""The expressions that a name is given, by assignments and by calls."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.scopes import given_for


@dataclass(frozen=True)
class Sources:
    """What a name may have been given.

    Attributes
    ----------
    values
        The expressions, in the order of the program.
    whole
        Whether these are all: the name is bound by assignments alone. A parameter has what the calls in the program
        give it, and others may call; a loop, an import or an unpacked tuple gives what is not written down.
    """

    values: tuple[cst.BaseExpression, ...] = ()
    whole: bool = False


def sources(plan: Plan, name: cst.Name) -> Sources:
    """What the name was given, by the assignments that reach this place."""
    found: list[cst.BaseExpression] = []
    sites = plan.flow.sites.get(name, frozenset())
    whole = bool(sites)
    for site in sorted(sites, key=lambda s: plan.tree.order[s]):
        made = plan.tree.assigned(site)
        if made is not None:
            found.append(made)
            continue
        whole = False
        if isinstance(site, cst.Param):
            found += _arguments(plan, site)
    return Sources(tuple(found), whole)


def _arguments(plan: Plan, param: cst.Param) -> list[cst.BaseExpression]:
    """The default of a parameter, and what the program's calls of its function give it."""
    found = [] if param.default is None else [param.default]
    function = next((a for a in plan.tree.ancestors(param) if isinstance(a, (cst.FunctionDef, cst.Lambda))), None)
    listed = plan.tree.parent.get(param)
    if function is None or not isinstance(listed, cst.Parameters):
        return found
    method = isinstance(plan.tree.scope(function), cst.ClassDef)
    for call in plan.tree.of(cst.Call):
        if v.Function(function) not in plan.flow.value(call.func):
            continue
        found += given_for(param, listed, call, method and isinstance(call.func, cst.Attribute))
    return found
