"""Keep named data and their replacement: ``pm.Data`` is yielded, ``pm.set_data`` takes the model.

Why: the data of a generator model are given to it by name, and results record them under that name.

Limits: PyMC4 itself has no named data; with ``--runtime upstream`` the model stays as it was.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.calls import Refused
from pm_migrate.codemod.rules.inference import model_of
from pm_migrate.codemod.rules.random_variable import HELPER, in_one_model, prepare_yield, variable_group, yielded
from pm_migrate.codemod.tree import code, expression

RULE = Rule(
    "PM412",
    "Keep named data and their replacement",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Data('x', known)
                b = pm.Normal('b', 0, 1)
                y = pm.Normal('y', b * x, 1, observed=seen)

            with model:
                pm.set_data({'x': other})
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                x = yield pm.Data('x', known)
                b = yield pm.Normal('b', 0, 1)
                y = yield pm.Normal('y', b * x, 1, observed=seen)


            model = build_model()

            pm.set_data({'x': other}, model)
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_data(plan: Plan, call: cst.Call) -> None:
    """Plan one ``pm.Data``."""
    key = variable_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(call, key, RULE.code, "PyMC4 4.0a2 has no named data: pass them to the generator as an argument")
        return
    if not in_one_model(plan, call):
        plan.refuse(call, key, HELPER.code, "this adds to the model of the caller: create it in the block of its model")
        return
    prepare_yield(plan, call, key)

    def apply(updated: cst.Call) -> cst.BaseExpression:
        return yielded(plan, call, updated.with_changes(func=plan.names.name("pm", "Data", call)))

    plan.edit(call, key, apply, {"pm"})


def plan_set_data(plan: Plan, models: Models, call: cst.Call) -> None:
    """Plan one ``pm.set_data``."""
    plan.understand(call.func, call)
    plan.allow(RULE.code, call)
    keywords = {"new_data", "model"}
    names = [("new_data", "model")[i] if a.keyword is None else a.keyword.value for i, a in enumerate(call.args[:2])]
    plain = len(names) == len(call.args) and set(names) <= keywords and not any(a.star for a in call.args)
    if plan.options.upstream or not plain or "new_data" not in names:
        context = plan.flow.context.get(call)
        plan.unite(call, *(m.site for m in (v.models(context) if context else ())))
        plan.refuse(call, call, RULE.code, "give pm.set_data a dictionary, and the model")
        return
    try:
        model, sites = _model_of(plan, models, call, call.args[names.index("model")] if "model" in names else None)
    except Refused as refused:
        context = plan.flow.context.get(call)
        plan.unite(call, *(m.site for m in (v.models(context) if context else ())))
        plan.refuse(call, call, RULE.code, str(refused))
        return
    plan.unite(call, *sites)
    place = names.index("new_data")

    def apply(updated: cst.Call) -> cst.Call:
        func = plan.names.name("pm", "set_data", call)
        return updated.with_changes(func=func, args=_with_model(updated, place, model))

    plan.edit(call, call, apply, {"pm"})


def _with_model(updated: cst.Call, place: int, model: str) -> list[cst.Arg]:
    """The data and the model, on a line of its own where the data have their own lines."""
    before, last = updated.whitespace_before_args, updated.args[-1]
    between: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if isinstance(before, cst.ParenthesizedWhitespace):
        between = before.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    data = updated.args[place].with_changes(
        keyword=None,
        equal=cst.MaybeSentinel.DEFAULT,
        comma=cst.Comma(whitespace_after=between),
        whitespace_after_arg=cst.SimpleWhitespace(""),
    )
    broken = isinstance(last.comma, cst.Comma) and isinstance(last.comma.whitespace_after, cst.ParenthesizedWhitespace)
    comma = last.comma if broken else cst.MaybeSentinel.DEFAULT
    return [data, cst.Arg(expression(model), comma=comma, whitespace_after_arg=last.whitespace_after_arg)]


def _model_of(plan: Plan, models: Models, call: cst.Call, given: cst.Arg | None) -> tuple[str, list[cst.CSTNode]]:
    """The name of the model whose data are replaced, and the models it may be."""
    if given is None:
        return model_of(plan, models, call)
    value = plan.flow.value(given.value)
    if not v.only(value, v.ModelRef):
        raise Refused("it is not certain that `model=` is a model of this program")
    return code(given.value), [m.site for m in v.models(value)]
