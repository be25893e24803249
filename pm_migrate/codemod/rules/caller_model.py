"""Functions that look for the model around them: their variables are the caller's.

``model = pm.modelcontext(model)`` and ``with model:`` fall away in a function that becomes a generator, and so does the
argument that no call gives.

Why: a generator hands what it creates to its caller, whose model it is; there is no stack of contexts to look at.

Limits: every call has to leave the argument out, and the model has to be for ``with`` alone. Otherwise the models that
call the function stay as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.codemod import edits, pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.model_class import without
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM261",
    "Functions that look for the model around them",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            def noise(name='noise', model=None):
                model = pm.modelcontext(model)
                with model:
                    return pm.HalfNormal(name, sd=1)

            with pm.Model() as model:
                pm.Normal('x', 0, noise(), observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm

            def noise(name='noise'):
                return (yield pm.HalfNormal(name, scale=1))


            @pm.model(name=None)
            def build_model():
                yield pm.Normal('x', 0, (yield from noise()), observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            def noise(model=None):
                model = pm.modelcontext(model)
                print(model.name)
                return pm.HalfNormal('noise', sd=1)

            with pm.Model() as model:
                pm.Normal('x', 0, noise(), observed=data)
            """,
            """
            import pymc3 as pm

            def noise(model=None):
                model = pm.modelcontext(model)
                # TODO(pm-migrate PM261): `model` is the model of the caller: only a with statement can do without it
                print(model.name)
                return pm.HalfNormal('noise', sd=1)

            with pm.Model() as model:
                pm.Normal('x', 0, noise(), observed=data)
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_callers(plan: Plan) -> None:
    """Plan for every call of ``pm.modelcontext`` that gives the model of the caller."""
    for node, qualified in plan.flow.references.items():
        call = plan.tree.parent[node]
        if not isinstance(call, cst.Call) or call.func is not node or plan.flow.value(call) != {v.Caller()}:
            continue
        home = plan.helpers.home(call)
        if pymc3_names.canonical(qualified) == "pymc3.modelcontext" and home in plan.helpers.functions:
            plan.understand(node, home)
            plan.allow(RULE.code, home)
            _plan_call(plan, call, home)


def _plan_call(plan: Plan, call: cst.Call, home: cst.CSTNode) -> None:
    """One call: the statement that it stands in, and what uses the model that it gives."""
    uses: list[cst.CSTNode] = [call]
    match plan.tree.statement(call):
        case (
            cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)], value=value)]
            ) as line
        ) if value is call:
            plan.edit(line, home, edits.removed)
            uses = [n for n, sites in plan.flow.sites.items() if target in sites]
    for use in uses:
        item = plan.tree.parent[use]
        block = plan.tree.parent[item]
        alone = isinstance(block, cst.With) and len(block.items) == 1 and item.asname is None  # type: ignore[attr-defined]
        if plan.flow.value(use) == {v.Caller()} and isinstance(item, cst.WithItem) and alone:
            plan.edit(block, home, lambda updated: cst.FlattenSentinel(edits.dissolved(updated)))
        else:
            message = f"`{code(use)}` is the model of the caller: only a with statement can do without it"
            plan.refuse(use, home, RULE.code, message)
    for arg in call.args:
        if arg.value in plan.flow.sites and isinstance(home, cst.FunctionDef):
            _drop(plan, home, arg.value)


def _drop(plan: Plan, home: cst.FunctionDef, name: cst.BaseExpression) -> None:
    """Take an argument out of a function that reads it for such calls alone."""
    (param,) = plan.flow.sites[name]
    reads = [n for n, sites in plan.flow.sites.items() if param in sites]
    if all(plan.flow.value(plan.tree.parent[plan.tree.parent[n]]) == {v.Caller()} for n in reads):
        plan.edit(home.params, home, _without(code(name)))


def _without(name: str) -> Callable[[Any], cst.Parameters]:
    return lambda updated: without(updated, {name})
