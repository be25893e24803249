"""Models that are made in the block of another model become parts of its generator.

``with pm.Model(name='north'):`` in the block of a model becomes ``with pm.prefix('north'):``, and one without a name
falls away: its variables are those of the model around it.

Why: PyMC3 adds the variables of such a model to the one around it, with its name in front of theirs.

Limits: where the inner model is used by itself, the whole stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.codemod import edits
from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code, expression, is_none, string_value, target_names

RULE = Rule(
    "PM232",
    "Models in models become parts of a generator",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as climate:
                level = pm.Normal('level', 12, 3)
                with pm.Model(name='north'):
                    pm.Normal('flow', level, 1, observed=north)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_climate():
                level = yield pm.Normal('level', 12, 3)
                with pm.prefix('north'):
                    yield pm.Normal('flow', level, 1, observed=north)


            climate = build_climate()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as climate:
                level = pm.Normal('level', 12, 3)
                with pm.Model(name='north') as part:
                    pm.Normal('flow', level, 1)
            show(part)
            """,
            """
            import pymc3 as pm

            with pm.Model() as climate:
                level = pm.Normal('level', 12, 3)
                # TODO(pm-migrate PM232): `part` is used by itself: give it a generator of its own
                with pm.Model(name='north') as part:
                    pm.Normal('flow', level, 1)
            show(part)
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_nested(plan: Plan) -> None:
    """Plan the rewriting of every model in another one."""
    for node, item in plan.flow.nested.items():
        call = item.item
        assert isinstance(call, cst.Call)
        outer = v.models(plan.flow.context.get(call) or frozenset())
        key = next(iter(outer)).site
        plan.unite(key, call, *(m.site for m in outer))
        plan.understand(call.func, key)
        name = plan.flow.model_name(call)
        for arg in call.args:
            keyword = arg.keyword.value if arg.keyword is not None else "model"
            parent = keyword == "model" and v.models(plan.flow.value(arg.value)) <= outer
            if arg.value is not name and not is_none(arg.value) and not parent:
                plan.refuse(arg, key, RULE.code, f"`{code(arg)}`: give it to the model around this one")
        bound = set() if item.asname is None else set(target_names(item.asname.name))
        uses = {n for n, sites in plan.flow.sites.items() if sites & bound}
        if item.asname is not None and (uses or not bound):
            message = f"`{code(item.asname.name)}` is used by itself: give it a generator of its own"
            plan.refuse(node, key, RULE.code, message)
            plan.by_name |= uses
        elif plan.options.upstream:
            plan.refuse(node, key, RULE.code, "PyMC4 4.0a2 has no prefixes: write them into the names")
        else:
            plan.edit(node, key, _part(plan, node, item, name), {"pm"})
            plan.note(node, key, RULE.code, "this model is a part of the generator around it")


def plan_made_inside(plan: Plan, models: Models) -> None:
    """Refuse functions that make a model in the block of another one, which has all of its variables then."""
    for call in plan.tree.of(cst.Call):
        around = v.models(plan.flow.context.get(call) or frozenset())
        made = v.models(plan.flow.value(call)) - around if around else frozenset()
        functions = [a.node for a in plan.flow.value(call.func) if isinstance(a, v.Function)] if made else []
        inside = any(plan.tree.inside(m.site, f) and f is not m.site for m in made for f in functions)
        elsewhere = plan.flow.name_of(call.func) in plan.options.links.unfollowed
        if (made and (inside or models.is_built_elsewhere(call))) or (around and elsewhere):
            sites = [m.site for m in (*around, *made)]
            message = f"`{code(call.func)}` makes a part of the model around it here: call it above the block"
            plan.unite(*sites)
            plan.refuse(call, sites[0], RULE.code, message)


def _part(plan: Plan, node: cst.With, item: cst.WithItem, name: cst.BaseExpression | None) -> Callable[[Any], Any]:
    """The block of an inner model, with its prefix."""
    place = node.items.index(item)
    inside_named = any(
        isinstance(a, cst.With) and (a in plan.flow.nested or any(_named(plan, m) for m in plan.flow.enters(a)))
        for a in plan.tree.ancestors(node)
    )

    def apply(updated: Any) -> Any:
        items = list(updated.items)
        if (name is not None and string_value(name) != "") or inside_named:
            func = f"{plan.names.alias('pm', node)}.prefix"
            entered = expression(
                f"{func}({'' if name is None else code(name)})" if name is not None else f"{func}(None)"
            )
            items[place] = items[place].with_changes(item=entered, asname=None)
            return updated.with_changes(items=items)
        del items[place]
        if items:
            items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return updated.with_changes(items=items)
        return cst.FlattenSentinel(edits.dissolved(updated))

    return apply


def _named(plan: Plan, model: v.ModelRef) -> bool:
    return plan.flow.model_name(model.site) is not None
