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


def plan_kept(plan: Plan, node: cst.CSTNode, name: str) -> None:
    """Plan one reference to such a function; ``name`` is the one in the generator front end."""
    parent = plan.tree.parent[node]
    key = function_group(plan, parent if isinstance(parent, cst.Call) and parent.func is node else node)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(node, key, RULE.code, f"PyMC4 4.0a2 has no {name}")
        return
    plan.edit(node, key, lambda updated: plan.names.name("pm", name, node), {"pm"})
