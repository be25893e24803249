"""Yield deterministics and potentials: ``d = yield pm.Deterministic('d', a + b)``.

Why: in a generator they are handed to whoever evaluates the model, as random variables are; that is how they come to
be recorded, and how a potential comes to count.

Limits: potentials keep their names, which PyMC4 itself does not know; with ``--runtime upstream`` the name is dropped.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.rules.random_variable import HELPER, in_one_model, separated, variable_group, yielded

RULE = Rule(
    "PM203",
    "Yield deterministics and potentials",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Normal('a', 0, 1)
                double = pm.Deterministic('double', 2 * a)
                pm.Potential('prior', -a ** 2)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                a = yield pm.Normal('a', 0, 1)
                double = yield pm.Deterministic('double', 2 * a)
                yield pm.Potential('prior', -a ** 2)


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_deterministic(plan: Plan, call: cst.Call, name: str) -> None:
    """Plan the rewriting of one ``pm.Deterministic`` or ``pm.Potential``."""
    key = variable_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    if not in_one_model(plan, call):
        plan.refuse(call, key, HELPER.code, "this adds to the model of the caller: create it in the block of its model")
        return
    keywords = [None if a.keyword is None else a.keyword.value for a in call.args]
    known = {None, "name", "var"} if name == "Potential" or plan.options.upstream else {None, "name", "var", "dims"}
    if any(a.star for a in call.args) or not set(keywords) <= known or keywords.count(None) > 2 or len(keywords) < 2:
        plan.refuse(call, key, RULE.code, f"give pm.{name} a name and a value, and nothing else")
        return
    prepare_yield(plan, call, key)
    nameless = name == "Potential" and plan.options.upstream

    def apply(updated: cst.Call) -> cst.BaseExpression:
        order = sorted(updated.args, key=lambda a: 0 if a.keyword is None or a.keyword.value == "name" else 1)
        bare = cst.MaybeSentinel.DEFAULT
        args = [
            a.with_changes(keyword=None, equal=bare) if a.keyword is not None and a.keyword.value != "dims" else a
            for a in order
        ]
        args = separated(args[1:] if nameless else args, updated.args)
        return yielded(plan, call, updated.with_changes(func=plan.names.name("pm", name, call), args=args))

    plan.edit(call, key, apply, {"pm"})
