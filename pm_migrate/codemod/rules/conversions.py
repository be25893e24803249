"""Join results with ``pm.to_inference_data``: ``az.from_pymc3`` is gone.

A conversion of a trace alone, or of a trace with the predictive draws that were added to it, is the trace itself.
Everything else (prior draws, names of axes, results in PyMC3's form) goes through ``pm.to_inference_data``, which takes
the same arguments; ``az.from_pymc3_predictions`` becomes ``pm.predictions_to_inference_data``.

Why: ArviZ no longer has the two functions, and they could not read a generator model.

The group ``log_likelihood`` that ArviZ's conversion made by default is asked of the sampling call where the program
computes with it, or where the result goes whole where that cannot be seen: into a file, an object, out of a function.

Limits: a conversion of something that is not known to be a result of this program is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.catalog.samplers import TABLES
from pm_migrate.codemod import edits
from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.calls import Refused
from pm_migrate.codemod.rules.constructors import separated
from pm_migrate.codemod.rules.inference import model_of, names_of_variables
from pm_migrate.codemod.rules.layout import keyword
from pm_migrate.codemod.tree import expression

RULE = Rule(
    "PM331",
    "Join results with pm.to_inference_data",
    __doc__ or "",
    (
        Example(
            """
            import arviz as az
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                pm.Normal('y', mu, 1, observed=data)
                prior = pm.sample_prior_predictive(500)
                trace = pm.sample(500, tune=500, chains=2)
                ppc = pm.sample_posterior_predictive(trace)
                idata = az.from_pymc3(trace, prior=prior, posterior_predictive=ppc)
            az.plot_ppc(idata)
            """,
            """
            import arviz as az
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                yield pm.Normal('y', mu, 1, observed=data)


            model = build_model()
            prior = pm.sample_prior_predictive(model, sample_shape=500)
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            ppc = pm.sample_posterior_predictive(model, trace)
            idata = pm.to_inference_data(trace, prior=prior, posterior_predictive=ppc)
            az.plot_ppc(idata)
            """,
        ),
        Example(
            """
            import arviz as az
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)
            az.plot_trace(az.from_pymc3(trace, model=model))
            """,
            """
            import arviz as az
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            az.plot_trace(trace)
            """,
        ),
    ),
)

TABLE = Rule(
    "PM332",
    "Keep PyMC3's functions that read a MultiTrace",
    """``pm.trace_to_dataframe``, ``pm.save_trace``, ``pm.load_trace`` and ``pm.plot_posterior_predictive_glm`` are in
    the runtime under their names, and take the ``MultiTrace`` that the sampling call is told to give (PM330).

    Why: PyMC4 has none of them, and tables and files made with them have columns and names that other code reads.

    Limits: PyMC4 itself (``--runtime upstream``) has none of them: there, the model stays as it was.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)
            table = pm.trace_to_dataframe(trace, varnames=[mu])
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2, return_inferencedata=False)
            table = pm.trace_to_dataframe(trace, varnames=['mu'])
            """,
        ),
    ),
)

RULES = (RULE, TABLE)

_FUNCTIONS = {
    "arviz.from_pymc3": "to_inference_data",
    "arviz.from_pymc3_predictions": "predictions_to_inference_data",
}


#: The arguments of the conversions, in order, up to the one that brings its model with it.
_BRINGS = {"to_inference_data": ("trace",), "predictions_to_inference_data": ("predictions", "posterior_trace")}


def plan_conversions(plan: Plan) -> None:
    """Plan the rewriting of ArviZ's conversions of PyMC3's results."""
    for node in plan.tree.of(cst.Call):
        name = plan.flow.name_of(node.func)
        if name in _FUNCTIONS:
            _plan_conversion(plan, node, _FUNCTIONS[name])


def plan_given_models(plan: Plan, models: Models) -> None:
    """Give conversions the model of the block that they stand in, once it has its name."""
    for node in plan.tree.of(cst.Call):
        name = plan.flow.name_of(node.func)
        if name in _FUNCTIONS and node.func in plan.edits and not _has_model(node, _FUNCTIONS[name]):
            _plan_model(plan, models, node, _keys(plan, node)[0])


def _keys(plan: Plan, call: cst.Call) -> list[cst.CSTNode]:
    keys = {k for a in call.args for k in plan.keys_of(plan.flow.value(a.value))}
    return sorted(keys, key=lambda k: plan.tree.order[k])


def _plan_conversion(plan: Plan, call: cst.Call, target: str) -> None:
    keys = _keys(plan, call)
    if not keys:
        return
    plan.unite(*keys)
    place = _itself(plan, call) if target == "to_inference_data" else None
    if place is not None:
        line = _bound_again(plan, call, call.args[place].value)
        if line is not None:
            plan.edit(line, keys[0], edits.removed)
        else:
            plan.edit(call, keys[0], lambda u: u.args[place].value)
        plan.note(call, keys[0], RULE.code, "the result is an InferenceData already")
        return
    if plan.options.upstream:
        plan.refuse(call, keys[0], RULE.code, "PyMC4 4.0a2 has no conversion: join the results with trace.extend(...)")
        return
    if plan.names.pm_site(call) is None:
        plan.refuse(call, keys[0], RULE.code, "import pymc3 where results are converted, too")
        return
    plan.edit(call.func, keys[0], lambda _: plan.names.name("pm", target, call), {"pm"})
    plan.note(call, keys[0], RULE.code, f"az.{'from_pymc3'} is pm.{target}")


def _bound_again(plan: Plan, call: cst.Call, given: cst.BaseExpression) -> cst.SimpleStatementLine | None:
    """The statement that would bind the name of a result to that result again, where others stand beside it."""
    line = plan.tree.statement(call)
    match line:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)], value=value)]
        ):
            beside = any(s is not line for s in getattr(plan.tree.parent[line], "body", ()))
            same = isinstance(given, cst.Name) and given.value == name.value
            said = line.trailing_whitespace.comment or any(above.comment for above in line.leading_lines)
            return line if value is call and same and beside and not said else None
    return None


def _has_model(call: cst.Call, target: str) -> bool:
    """Whether a conversion is given its model, or a trace that has one."""
    *before, bringing = _BRINGS[target]
    given = {arg.keyword.value for arg in call.args if arg.keyword is not None}
    placed = [arg for arg in call.args if arg.keyword is None]
    return bool(given & {"model", bringing}) or len(placed) > len(before) or any(arg.star for arg in call.args)


def _plan_model(plan: Plan, models: Models, call: cst.Call, key: cst.CSTNode) -> None:
    """Give a conversion the model of the block that it stands in: it has the observed data from there."""
    try:
        name, sites = model_of(plan, models, call)
    except Refused:
        return  # in no block, or in that of a model that is not of this program
    plan.unite(key, *sites)
    model = keyword("model", expression(name))
    plan.edit(call, key, lambda updated: updated.with_changes(args=separated([*updated.args, model], updated.args)))


def _itself(plan: Plan, call: cst.Call) -> int | None:
    """The argument that a conversion gives back as it is, when it does."""
    trace, draws = None, None
    for place, arg in enumerate(call.args):
        keyword = None if arg.keyword is None else arg.keyword.value
        if keyword == "trace" or (place == 0 and keyword is None) or (keyword == "prior" and len(call.args) == 1):
            trace = place
        elif keyword == "posterior_predictive":
            draws = arg.value
        elif keyword != "model":
            return None
    if trace is None or not _are_data(plan, call.args[trace].value):
        return None
    if draws is None:
        return trace
    sources = {t.call for t in v.traces(plan.flow.value(call.args[trace].value))}
    found = v.traces(plan.flow.value(draws))
    if isinstance(draws, cst.Call) or not _are_data(plan, draws) or any(t.kind != "ppc" for t in found):
        return None  # draws that are made in the call have to be made
    made_from = {s.call for t in found for s in plan.forms.traces_of(t.call)}
    return trace if made_from == sources and not _sliced(plan, found) else None


def _are_data(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether something certainly is an InferenceData in the output."""
    value = plan.flow.value(node)
    return v.only(value, v.TraceRef) and not any(plan.forms.kept(t.call) for t in v.traces(value))


def _sliced(plan: Plan, found: frozenset[v.TraceRef]) -> bool:
    """Whether draws were made from a part of a trace, which is an object of its own."""
    return any(not isinstance(plan.forms.trace_argument(t.call), cst.Name) for t in found)


def plan_table(plan: Plan, models: Models, node: cst.CSTNode, name: str) -> None:
    """Plan the rewriting of a function of PyMC3 that reads or makes a MultiTrace."""
    call = plan.tree.parent[node]
    key: cst.CSTNode = node
    if isinstance(call, cst.Call) and call.func is node:
        key = call
        plan.unite(key, *_keys(plan, call), *plan.keys_of(plan.flow.value(call)))
        for arg in call.args:
            keyword = None if arg.keyword is None else arg.keyword.value
            text = names_of_variables(plan, arg.value) if keyword == "varnames" else None
            if text is not None:
                plan.edit(arg.value, key, _constant(text))
    plan.understand(node, key)
    if plan.options.upstream:
        plan.refuse(node, key, TABLE.code, f"PyMC4 4.0a2 has no pm.{name}: {TABLES[name]}")
        return
    plan.edit(node, key, lambda _: plan.names.name("pm", name, node), {"pm"})
    plan.note(node, key, TABLE.code, f"pm.{name} reads a MultiTrace")


def _constant(text: str) -> Callable[[Any], cst.BaseExpression]:
    return lambda _: expression(text)
