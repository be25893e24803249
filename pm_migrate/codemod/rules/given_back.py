"""Hand out what a model computed without random variables and other code reads.

A name that the generator binds to something that is not random, a table or a number, is returned by it, and bound again
after the model is made: ``knots = pm.evaluate_meta_model(model)[0]``.

Why: names of a function are its own; those of a ``with`` block were not.

Limits: names that the model may not have bound keep the model as it was, and so do random variables: their values are
in the results.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.extensions import always
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.scopes import bound_name

RULE = Rule(
    "PM234",
    "Hand out what a model computed without random variables",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                for k in range(3):
                    pm.Normal('x%d' % k, 0, 1)
            print(k)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None, keep_return=False)
            def build_model():
                for k in range(3):
                    yield pm.Normal('x%d' % k, 0, 1)
                return k


            model = build_model()
            k = pm.evaluate_meta_model(model)[0]
            print(k)
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_given_back(plan: Plan, models: Models) -> None:
    """Find the names that models hand out; before anything asks how those models are written."""
    for model in models.models.values():
        block = model.definition
        if block is None or block.returned or any(b.base is not None for b in model.blocks):
            continue
        names = _names(plan, models, block)
        block.given_back = tuple(names)
        for name, nodes in names.items():
            plan.by_name |= nodes
            plan.note(block.node, model.site, RULE.code, f"`{name}` is handed out by the model")


def _names(plan: Plan, models: Models, block: Block) -> dict[str, set[cst.CSTNode]]:
    """The names, in the order in which they are bound, with the places that read them."""
    generator = block.having(Role.GENERATOR)
    inside = models.sites_in(generator)
    nodes = {n for s in generator for n in plan.tree.walk(s)}
    reads: dict[str, set[cst.CSTNode]] = {}
    for node, sites in plan.flow.sites.items():
        if isinstance(node, cst.Name) and node not in nodes and sites & inside:
            reads.setdefault(node.value, set()).add(node)
    here = plan.tree.scope(block.node)
    out = {}
    for name in dict.fromkeys(bound_name(s) for s in sorted(inside, key=lambda s: plan.tree.order[s])):
        found = reads.get(name, set())
        own = {s for s in inside if bound_name(s) == name}
        certain = found and all(
            plan.flow.sites[n] <= inside
            and plan.tree.scope(n) is here
            and plan.tree.order[n] > plan.tree.order[block.start]
            and v.only(plan.flow.value(n), (v.Plain, v.Number, v.Text))  # type: ignore[arg-type]
            for n in found
        )
        if certain and all(always(models, s, generator) for s in own):
            out[name] = found
    return out
