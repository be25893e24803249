"""Rewrite random variables: ``x = pm.Normal('x', mu=0, sd=1)`` becomes ``x = yield pm.Normal('x', loc=0, scale=1)``.

Parameters are renamed or computed as the catalogue says, whichever of PyMC3's parametrisations the call uses;
positional arguments stay positional where PyMC4 has them in the same order. ``shape=`` becomes ``batch_stack=`` where
all parameters are certainly numbers, and otherwise stays: it means the total shape.

Why: PyMC4 follows TensorFlow Probability's names, has one parametrisation for each distribution, and in places another
order of arguments, so that a call that is not rewritten can run and mean something else.

Limits: a ``dtype=`` other than the default, and a transform of which nothing
is known keep the model as it was. Where PyMC3's number is wrong (a random walk of several series), it is kept, and
marked for review.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.catalog.calls import LKJ_OF_THREE, Call, constructor
from pm_migrate.catalog.schema import Parametrised
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.arguments import Given, Refused, computes_corr
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.rules.constructors import Constructor, plan_constructor, separated, yielded

__all__ = [
    "HELPER",
    "RULE",
    "RULES",
    "UNKNOWN",
    "in_one_model",
    "plan_made",
    "plan_variable",
    "separated",
    "variable_group",
    "yielded",
]

RULE = Rule(
    "PM202",
    "Yield random variables, with PyMC4's parameters",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                p = pm.Beta('p', 2, 3)
                tau = pm.Gamma('tau', 0.1, 0.1)
                y = pm.Normal('y', pm.Normal('mu', 0, 10), tau=tau, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                p = yield pm.Beta('p', concentration1=2, concentration0=3)
                tau = yield pm.Gamma('tau', 0.1, 0.1)
                y = yield pm.Normal('y', (yield pm.Normal('mu', 0, 10)), scale=tau ** -0.5, observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.LKJCholeskyCov('x', *parameters)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                # TODO(pm-migrate PM202): write out the starred arguments
                x = pm.LKJCholeskyCov('x', *parameters)
            """,
        ),
    ),
)

UNKNOWN = Rule(
    "PM211",
    "A distribution without a rule",
    """The generator front end has no such distribution.

    Why: only distributions whose two sides were compared number by number are rewritten.

    Limits: write its log density with ``pm.Potential``, or keep the model on PyMC3 through the drop-in.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                trees = pm.BART('trees', X, y)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                # TODO(pm-migrate PM211): there is no rule for pm.BART: use a spline basis with pm.Normal weights
                trees = pm.BART('trees', X, y)
            """,
        ),
    ),
)

HELPER = Rule(
    "PM214",
    "A random variable is made outside of a with block",
    """A function creates random variables for the model of whoever calls it.

    Why: only the generator itself can yield. Such a function has to become a generator, and every call of it a
    ``yield from``.

    Limits: write the variables in the block of the model, then run again.
    """,
    (
        Example(
            """
            import pymc3 as pm

            def prior(name):
                return pm.Normal(name, 0, 1)
            """,
            """
            import pymc3 as pm

            def prior(name):
                # TODO(pm-migrate PM214): this adds to the model of the caller: create it in the block of its model
                return pm.Normal(name, 0, 1)
            """,
        ),
    ),
)

RULES = (RULE, UNKNOWN, HELPER)

#: What else there is, for distributions without a counterpart.
_INSTEAD = {
    "Simulator": "its posterior is computed by pm.sample_smc alone: run the program through the drop-in "
    "(`pm-migrate run`)",
    "BART": "use a spline basis with pm.Normal weights",
}


def plan_variable(plan: Plan, call: cst.Call, name: str) -> None:
    """Plan the rewriting of one call of a distribution."""
    key = variable_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    row = constructor(name)
    if row is None:
        instead = _INSTEAD.get(name, "keep this model on PyMC3")
        plan.refuse(call, key, UNKNOWN.code, f"there is no rule for pm.{name}: {instead}")
        return
    if name == "LKJCholeskyCov" and computes_corr(call):
        row = LKJ_OF_THREE
    plan_made(plan, call, row, key, lambda updated, chosen: plan.names.name("pm", chosen, call))


#: Distributions of counts whose number of trials PyMC3 makes an integer.
_TRUNCATES = frozenset({"Binomial", "BetaBinomial", "ZeroInflatedBinomial"})


def plan_made(
    plan: Plan,
    call: cst.Call,
    row: Parametrised,
    key: cst.CSTNode,
    func: Callable[[cst.Call, str], cst.BaseExpression],
) -> None:
    """Plan the rewriting of a call that makes a variable; ``func`` gives what is called in its place."""
    if not in_one_model(plan, call):
        plan.refuse(call, key, HELPER.code, "this adds to the model of the caller: create it in the block of its model")
        return
    many = isinstance(row, Call) and row.many
    made = Constructor(row, func, lambda value: yielded(plan, call, value, many=many))
    try:
        given = plan_constructor(plan, call, made, key)
    except Refused as refused:
        plan.refuse(call, key, RULE.code, str(refused))
        return
    prepare_yield(plan, call, key)
    review = _review(plan, row, given)
    if review:
        plan.note(call, key, RULE.code, review, review=True)


def _review(plan: Plan, row: Parametrised, given: Given) -> str:
    """What PyMC3 computes wrongly in a way that changes a posterior, where the call shows it."""
    if isinstance(row, Call) and row.review:
        return row.review
    shape = given.options.get("shape") or given.options.get("dims")
    several = shape is not None and isinstance(shape.value, cst.Tuple) and len(shape.value.elements) > 1
    if row.name in ("GaussianRandomWalk", "AR1") and several:
        return f"pm.{row.name} of several series: PyMC3 counts all steps once for each series; the number is kept"
    eta = given.params.get("eta")
    if row.name in ("LKJCholeskyCov", "LKJCorr") and eta is not None and v.tainted(plan.flow.value(eta.value)):
        return "PyMC3 adds the normaliser of LKJ instead of subtracting it, and eta is random; the number is kept"
    trials = given.params.get("n") if row.name in _TRUNCATES else None
    if trials is not None and any(_is_continuous(plan, atom) for atom in plan.flow.value(trials.value)):
        return f"n of pm.{row.name} is a continuous variable, whose whole part PyMC3 takes; it is taken as it is"
    return ""


def _is_continuous(plan: Plan, atom: v.Atom) -> bool:
    """Whether a value is a continuous random variable itself."""
    if not isinstance(atom, v.Tensor) or not isinstance(atom.rv, cst.Call):
        return False
    name = pymc3_names.canonical(plan.flow.name_of(atom.rv.func) or "")
    row = DISTRIBUTIONS.get(name.removeprefix("pymc3."))
    return row is not None and not row.discrete


def variable_group(plan: Plan, call: cst.CSTNode) -> cst.CSTNode:
    """The group of what makes part of a model: the model, or the function that a model calls."""
    context = plan.flow.context.get(call)
    models = v.models(context) if context else frozenset()
    for model in models:
        plan.unite(next(iter(models)).site, model.site)
    if models:
        return next(iter(models)).site
    helper = plan.helpers.helper_around(call)
    if helper is not None:
        return helper
    scope = plan.tree.scope(call)
    return scope if isinstance(scope, cst.FunctionDef) else call


def in_one_model(plan: Plan, call: cst.Call) -> bool:
    """Whether a call certainly adds to one model: that of a block, or that of the caller of a helper function."""
    context = plan.flow.context.get(call)
    if context is None:
        return plan.helpers.helper_around(call) is not None
    return context is not None and v.only(context, v.ModelRef) and len(context) == 1
