"""Take functions that both front ends have from the generator front end: ``pm.expand_packed_triangular(2, packed)``.

Why: they compute with the values of a model, which PyMC3's own cannot.

Limits: PyMC4 itself does not have them; with ``--runtime upstream`` the model stays as it was.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group

RULE = Rule(
    "PM222",
    "Functions that the generator front end has too",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                packed = pm.LKJCholeskyCov('packed', n=2, eta=1, sd_dist=pm.HalfCauchy.dist(2.5))
                chol = pm.expand_packed_triangular(2, packed)
                pm.MvNormal('x', mu=0, chol=chol, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                packed = yield pm.LKJCholeskyCov('packed', n=2, eta=1, sd_dist=pm.HalfCauchy.dist(2.5))
                chol = pm.expand_packed_triangular(2, packed)
                yield pm.MvNormalCholesky('x', loc=0, scale_tril=chol, observed=data)


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_kept(plan: Plan, call: cst.Call, name: str) -> None:
    """Plan one call of such a function; ``name`` is the one in the generator front end."""
    key = function_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(call, key, RULE.code, f"PyMC4 4.0a2 has no {name}")
        return
    plan.edit(call, key, lambda updated: updated.with_changes(func=plan.names.name("pm", name, call)), {"pm"})
