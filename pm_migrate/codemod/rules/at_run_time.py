"""Keep PyMC3's arguments where the program makes them only when it runs: ``pm.Normal('x', **prior)``.

``pm.Normal('x', **prior)`` becomes ``yield pm.pymc3.Normal('x', **prior)``, and ``pm.sample(500, **options)`` becomes
``pm.pymc3.sample(model, 500, **options)``: the same distributions and draws, under PyMC3's names of arguments.

Why: what such a dictionary holds cannot be renamed in the program; the runtime reads PyMC3's names, by the same tables.

Limits: distributions whose arguments say how many variables there are (``LKJCholeskyCov``), functions
(``DensityDist``), and a model among starred arguments of ``pm.sample`` are left to a person, and so is all of it with
``--runtime upstream``. The result of such a ``pm.sample`` stays in PyMC3's form.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.catalog.calls import Call, constructor
from pm_migrate.catalog.schema import Parametrised
from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.calls import Refused
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.rules.inference import model_of
from pm_migrate.codemod.rules.random_variable import HELPER, in_one_model, variable_group, yielded
from pm_migrate.codemod.starred import unknown_stars
from pm_migrate.codemod.tree import is_none

RULE = Rule(
    "PM262",
    "Keep PyMC3's arguments that are known only at run time",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            def fit(prior, draws=500, **options):
                with pm.Model() as model:
                    mu = pm.Normal('mu', **prior)
                    pm.Normal('x', mu, 1, observed=data)
                    return pm.sample(draws, **options)

            trace = fit({'mu': 0, 'tau': 2}, tune=500, chains=2)
            print(trace['mu'].mean())
            """,
            """
            import pm_migrate.pymc4 as pm

            def fit(prior, draws=500, **options):
                @pm.model(name=None)
                def build_model():
                    mu = yield pm.pymc3.Normal('mu', **prior)
                    yield pm.Normal('x', mu, 1, observed=data)

                model = build_model()
                return pm.pymc3.sample(model, draws, **options)

            trace = fit({'mu': 0, 'tau': 2}, tune=500, chains=2)
            print(trace['mu'].mean())
            """,
        ),
    ),
)

RULES = (RULE,)

#: What makes several variables, or other ones by an argument, or takes functions.
_NOT_HERE = frozenset({"LKJCholeskyCov", "WishartBartlett", "DensityDist", "Simulator", "EulerMaruyama"})


def known_at_run_time(name: str) -> Parametrised | None:
    """The arguments of a distribution that the runtime makes by PyMC3's own names; None for one that it does not."""
    row = None if name in _NOT_HERE else constructor(name)
    return None if row is None or (isinstance(row, Call) and row.many) else row


def plan_starred(plan: Plan, call: cst.Call, name: str) -> bool:
    """Plan one call of a distribution, if it has starred arguments that may hold anything; says whether it has."""
    row = known_at_run_time(name)
    if row is None or plan.options.upstream or not unknown_stars(plan, call):
        return False
    key = variable_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    plan_call(plan, call, key)
    func = call.func
    plan.edit(func, key, _named(plan, f"pymc3.{name}", func), {"pm"})
    plan.note(call, key, RULE.code, f"pm.{name} takes PyMC3's arguments, which are known only at run time")
    return True


def plan_call(plan: Plan, call: cst.Call, key: cst.CSTNode) -> None:
    """Yield what a call makes with the arguments that it has."""
    if not in_one_model(plan, call):
        plan.refuse(call, key, HELPER.code, "this adds to the model of the caller: create it in the block of its model")
        return
    for arg in call.args:
        known = (v.Qualified, v.Foreign, v.Instance)
        named = arg.keyword is not None and arg.keyword.value == "transform"
        if named and not is_none(arg.value) and not v.only(plan.flow.value(arg.value), known):  # type: ignore[arg-type]
            plan.refuse(call, key, RULE.code, "transform=: name the transform here, or None for none")
    prepare_yield(plan, call, key)
    plan.edit(call, key, lambda updated: yielded(plan, call, updated))


def plan_sample(plan: Plan, models: Models, call: cst.Call) -> bool:
    """Plan one call of ``pm.sample``, if it has starred arguments that may hold anything; says whether it has."""
    if plan.options.upstream or not unknown_stars(plan, call):
        return False
    plan.understand(call.func, call)
    plan.allow(RULE.code, call)
    keys = {k for a in call.args for k in plan.keys_of(plan.flow.value(a.value))}
    plan.unite(call, *sorted(keys, key=lambda k: plan.tree.order[k]))
    for arg in call.args:
        plan.unite(call, *(n for n in plan.tree.walk(arg.value) if n in plan.flow.references))
    try:
        model, sites = model_of(plan, models, call)
    except Refused as refused:
        context = plan.flow.context.get(call)
        plan.unite(call, *(m.site for m in (v.models(context) if context else ())))
        plan.refuse(call, call, "PM301", str(refused))
        return True
    plan.unite(call, *sites)
    for arg in call.args:
        word = None if arg.keyword is None else arg.keyword.value
        if (word == "trace" and not is_none(arg.value)) or v.tainted(plan.flow.value(arg.value)):
            plan.refuse(arg, call, RULE.code, "write out the starred arguments, or give names of variables")
    plan.edit(call, call, _drawn(plan, call, model), {"pm"})
    plan.note(call, call, RULE.code, "pm.sample takes PyMC3's arguments, which are known only at run time")
    return True


def _drawn(plan: Plan, call: cst.Call, model: str) -> Callable[[cst.Call], cst.Call]:
    given = [arg for arg in call.args if arg.keyword is not None and arg.keyword.value == "model"]

    def apply(updated: cst.Call) -> cst.Call:
        pairs = zip(updated.args, call.args, strict=True)
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args = [a for a, old in pairs if old not in given]
        if args and args[-1] is not updated.args[-1]:
            args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        first = cst.Arg(cst.parse_expression(model), comma=comma if args else cst.MaybeSentinel.DEFAULT)
        return updated.with_changes(func=plan.names.name("pm", "pymc3.sample", call), args=[first, *args])

    return apply


def _named(plan: Plan, name: str, node: cst.CSTNode) -> Callable[[cst.CSTNode], cst.BaseExpression]:
    return lambda _: plan.names.name("pm", name, node)
