"""Rewrite ``pm.sample``: the model becomes an argument, and PyMC3's defaults are written out.

``pm.sample(1000, tune=1000)`` in the block of ``model`` becomes
``pm.sample(model, num_samples=1000, burn_in=1000, num_chains=4)``.

Why: there is no context stack that could say which model is meant, and PyMC4's defaults differ from PyMC3's.

Limits: the result is an InferenceData, also where PyMC3 gave a MultiTrace. Without ``chains=`` PyMC3 takes as many as
the machine has processors, between two and four; four are written. Step methods given by hand, callbacks and continued
traces keep the model as it was.
"""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from pm_migrate.catalog.samplers import INFERENCE, PRIOR_DRAWS, SAMPLE_DEFAULTS, SAMPLE_INITS, UPSTREAM, InferenceCall
from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models, name_argument, variable_name
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import layout
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code, expression, is_none, string_value, walk

RULE = Rule(
    "PM301",
    "Give pm.sample its model",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)

            with model:
                trace = pm.sample(500, cores=2, random_seed=1)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()

            trace = pm.sample(model, num_samples=500, burn_in=1000, num_chains=2, seed=1)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, step=pm.Metropolis())
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                # TODO(pm-migrate PM301): step=: leave the sampler to pm.sample, or keep this model on PyMC3
                trace = pm.sample(500, step=pm.Metropolis())
            """,
        ),
    ),
)

PREDICTIVE = Rule(
    "PM302",
    "Give predictive sampling its model",
    """``pm.sample_posterior_predictive(trace)`` becomes ``pm.sample_posterior_predictive(model, trace)``, and
    ``pm.sample_prior_predictive(500)`` becomes ``pm.sample_prior_predictive(model, sample_shape=500)``.

    Why: there is no context stack that could say which model is meant.

    Limits: the result is an InferenceData; what reads it as a dictionary of arrays is rewritten to ``pm.draws``. The
    posterior predictive draws are added to the trace itself. Where they would replace others there, or with ``size=``
    or ``keep_size=``, the result stays a dictionary (PM330).
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                y = pm.Normal('y', mu, 1, observed=data)
                prior = pm.sample_prior_predictive()
                trace = pm.sample(500, tune=500, chains=2)
                ppc = pm.sample_posterior_predictive(trace, samples=100, vars=[y])
            print(ppc['y'].mean(), prior['mu'].mean())
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                y = yield pm.Normal('y', mu, 1, observed=data)


            model = build_model()
            prior = pm.sample_prior_predictive(model, sample_shape=500)
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            ppc = pm.sample_posterior_predictive(model, trace, num_draws=100, var_names=['y'])
            print(pm.draws(ppc, 'y', group='posterior_predictive').mean(), pm.draws(prior, 'mu').mean())
            """,
        ),
    ),
)

RULES = (RULE, PREDICTIVE)

#: Arguments that lead, in this order.
_LEADING = {"sample": ("draws", "tune", "chains"), "sample_prior_predictive": ("samples",)}
_RENAMED_BY_NAME = frozenset({"var_names", "vars", "varnames"})


class _Refused(Exception):
    """The call cannot be rewritten; the message says why."""


def plan_inference(plan: Plan, models: Models, call: cst.Call, name: str) -> None:
    """Plan the rewriting of one inference call."""
    row = INFERENCE[name]
    rule = RULE.code if row.target == "sample" else PREDICTIVE.code
    plan.understand(call.func, call)
    keys = {k for a in call.args for k in plan.keys_of(plan.flow.value(a.value))}
    plan.unite(call, *sorted(keys, key=lambda k: plan.tree.order[k]))
    try:
        model, sites = _model_of(plan, models, call)
        plan.unite(call, *sites)
        given = _given(row, call)
        items = _mapped(plan, row, call, given)
    except _Refused as refused:
        context = plan.flow.context.get(call)
        plan.unite(call, *(m.site for m in (v.models(context) if context else ())))
        plan.refuse(call, call, rule, str(refused))
        for arg in call.args:  # one comment says it all: what stands in the arguments stays with the call
            for node in walk(arg.value):
                if node in plan.flow.references and not v.traces(plan.flow.value(node)):
                    plan.understand(node, call)
        return
    if plan.options.upstream:
        items = _for_upstream(plan, row, call, items, rule)
    if plan.forms.kept(call):
        items.append(("return_inferencedata", "False"))
    elif call in plan.need_log_likelihood:
        items.append(("include_log_likelihood", "True"))
    indexes = {arg: i for i, arg in enumerate(call.args)}

    def apply(updated: cst.Call) -> cst.BaseExpression:
        args = [cst.Arg(expression(model))]
        for keyword, value in items:
            if isinstance(value, str):
                args.append(layout.keyword(keyword, expression(value)))
            else:
                args.append(layout.keyword(keyword, updated.args[indexes[value]].value))
        func = f"{plan.names.alias('pm', call)}.{row.target}"
        return layout.call(func, args, _column(plan, call))

    if layout.has_comments(call):
        kept = {value for _, value in items if not isinstance(value, str)}
        if any(layout.has_comments(a) for a in call.args if a not in kept):
            plan.refuse(call, call, rule, "move the comments out of the arguments")
            return
        plan.edit(call, call, lambda updated: _in_place(plan, row, call, updated, model, items), {"pm"})
    else:
        plan.edit(call, call, apply, {"pm"})
    plan.note(call, call, rule, f"{name} takes the model {model}")


def _for_upstream(
    plan: Plan, row: InferenceCall, call: cst.Call, items: list[tuple[str, cst.Arg | str]], code_: str
) -> list[tuple[str, cst.Arg | str]]:
    """The arguments without those that PyMC4 itself does not have."""
    kept = []
    for keyword, value in items:
        if keyword in UPSTREAM:
            plan.note(call, call, code_, f"{keyword}= is left out: {UPSTREAM[keyword]}", review=True)
        elif keyword == "seed" and row.target != "sample":
            plan.note(call, call, code_, "seed= is left out: PyMC4 4.0a2 has none here", review=True)
        elif keyword != "progressbar":
            kept.append((keyword, value))
    return kept


def _in_place(
    plan: Plan,
    row: InferenceCall,
    call: cst.Call,
    updated: cst.Call,
    model: str,
    items: list[tuple[str, cst.Arg | str]],
) -> cst.Call:
    """The call with every argument on the line where it stood, so that the comments beside them stay."""
    names = {value: keyword for keyword, value in items if not isinstance(value, str)}
    start = updated.whitespace_before_args
    between = start if isinstance(start, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace(" ")
    args = [cst.Arg(expression(model), comma=cst.Comma(whitespace_after=between))]
    for new, old in zip(updated.args, call.args, strict=True):
        if old in names:
            args.append(layout.keyword(names[old], new.value).with_changes(comma=new.comma))
    added = [layout.keyword(keyword, expression(value)) for keyword, value in items if isinstance(value, str)]
    if added:
        # in front of the last argument, whose line may end in a comment
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args[1:1] = [a.with_changes(comma=comma) for a in added[:-1]]
        args.insert(len(added), added[-1].with_changes(comma=cst.Comma(whitespace_after=between)))
    return updated.with_changes(func=plan.names.name("pm", row.target, call), args=args)


def _model_of(plan: Plan, models: Models, call: cst.Call) -> tuple[str, list[cst.CSTNode]]:
    """The name of the model that a call draws from, and the models it may be."""
    argument = plan.model_argument(call)
    if argument is not None:
        value = plan.flow.value(argument)
        if not v.only(value, v.ModelRef):
            raise _Refused("it is not certain that `model=` is a model of this program")
        return code(argument), [m.site for m in v.models(value)]
    context = plan.flow.context.get(call)
    if context is None or not v.only(context, v.ModelRef):
        raise _Refused("which model this draws from cannot be seen: give it as `model=`")
    sites = [m.site for m in v.models(context)]
    for block in models.blocks:
        if plan.tree.inside(call, block.node):
            if plan.tree.scope(call) is not plan.tree.scope(block.node):
                raise _Refused("which model this draws from cannot be seen: give it as `model=`")
            if block.node in plan.model_names:
                return plan.model_names[block.node], sites
            return code(block.item.item), sites
    raise _Refused("which model this draws from cannot be seen: give it as `model=`")


def _given(row: InferenceCall, call: cst.Call) -> dict[str, cst.Arg]:
    """Arguments by PyMC3 name, those that are None left out."""
    given: dict[str, cst.Arg] = {}
    for place, arg in enumerate(call.args):
        if arg.star:
            raise _Refused("write out the starred arguments")
        if arg.keyword is None and place >= len(row.signature):
            raise _Refused("too many positional arguments")
        name = row.signature[place] if arg.keyword is None else arg.keyword.value
        if not is_none(arg.value):
            given[name] = arg
    return given


def _mapped(
    plan: Plan, row: InferenceCall, call: cst.Call, given: dict[str, cst.Arg]
) -> list[tuple[str, cst.Arg | str]]:
    """The arguments of the output after the model, in order: values are the original's, or source text."""
    items: list[tuple[str, cst.Arg | str]] = []
    rest = dict(given)
    rest.pop("model", None)
    if "trace" in row.keep:
        items.append(("", _trace_argument(plan, rest)))
    if row.target == "sample":
        _check_sample(plan, call, rest)
        rest = _without_kwargs_dicts(rest)
    for name in _LEADING.get(row.target, ()):
        value: cst.Arg | str | None = rest.pop(name, None)
        if value is None:
            value = _default(name, given)
        items.append((row.keep[name], value))
    for name, arg in rest.items():
        if name in row.refuse:
            raise _Refused(f"{name}=: {row.refuse[name]}")
        if name in row.drop:
            continue
        if name not in row.keep:
            raise _Refused(f"{name}= has no counterpart")
        if name in _RENAMED_BY_NAME:
            items.append((row.keep[name], names_of_variables(plan, arg.value) or arg))
        elif name == "random_seed" and isinstance(arg.value, (cst.List, cst.Tuple)):
            raise _Refused("give one random_seed for all chains")
        else:
            items.append((row.keep[name], arg))
    return (
        items
        + [("target_accept", value) for value in _from_dict(given, "target_accept")]
        + [("max_treedepth", value) for value in _from_dict(given, "max_treedepth")]
    )


def _trace_argument(plan: Plan, rest: dict[str, cst.Arg]) -> cst.Arg:
    arg = rest.pop("trace", None)
    if arg is None:
        raise _Refused("there is no trace to draw from")
    return arg


def _check_sample(plan: Plan, call: cst.Call, given: dict[str, cst.Arg]) -> None:
    init = given.get("init")
    if init is not None and string_value(init.value) not in SAMPLE_INITS:
        raise _Refused("init=: use 'auto', 'adapt_diag' or 'adapt_full', with or without 'jitter+'")
    if any(t.kind == "unknown" for t in v.traces(plan.flow.value(call))):
        raise _Refused("return_inferencedata= has to be True or False")
    tuned = given.get("discard_tuned_samples")
    if tuned is not None and code(tuned.value) == "True":
        del given["discard_tuned_samples"]
    for name in ("start", "initvals"):
        start = given.get(name)
        if start is not None and not _plain_start(start.value):
            raise _Refused(f"{name}= has to be a dictionary with the names of random variables as keys")


def _plain_start(value: cst.BaseExpression) -> bool:
    if not isinstance(value, cst.Dict):
        return False
    keys = [string_value(e.key) if isinstance(e, cst.DictElement) else None for e in value.elements]
    return all(key is not None and not key.endswith("__") for key in keys)


def _without_kwargs_dicts(given: dict[str, cst.Arg]) -> dict[str, cst.Arg]:
    return {n: a for n, a in given.items() if n not in ("nuts_kwargs", "nuts", "step_kwargs")}


def _from_dict(given: Mapping[str, cst.Arg], name: str) -> list[str]:
    """The value of an option of NUTS that was given in a dictionary."""
    for holder in ("nuts_kwargs", "nuts", "step_kwargs"):
        if holder not in given:
            continue
        pairs = _pairs(given[holder].value)
        if pairs is None or not set(pairs) <= {"target_accept", "max_treedepth"}:
            raise _Refused(f"{holder}= has to be a dictionary of target_accept and max_treedepth")
        return [pairs[name]] if name in pairs else []
    return []


def _pairs(value: cst.BaseExpression) -> dict[str, str] | None:
    match value:
        case cst.Dict(elements=elements) if all(isinstance(e, cst.DictElement) for e in elements):
            pairs = [(string_value(e.key), code(e.value)) for e in elements if isinstance(e, cst.DictElement)]
            return {k: text for k, text in pairs if k is not None} if all(k is not None for k, _ in pairs) else None
        case cst.Call(func=cst.Name(value="dict"), args=args) if all(a.keyword is not None for a in args):
            return {a.keyword.value: code(a.value) for a in args if a.keyword is not None}
    return None


def _default(name: str, given: Mapping[str, cst.Arg]) -> str:
    """What PyMC3 does when an argument is not given."""
    if name == "samples":
        return PRIOR_DRAWS
    cores = given.get("cores", given.get("njobs"))
    if name == "chains" and cores is not None:
        if isinstance(cores.value, cst.Integer):
            return str(max(2, int(cores.value.value)))
        return f"max(2, {code(cores.value)})"
    return SAMPLE_DEFAULTS[name]


def names_of_variables(plan: Plan, value: cst.BaseExpression) -> str | None:
    """Names for a list of random variables, or None when it is not one (a list of names, for instance)."""
    elements = [e.value for e in value.elements] if isinstance(value, (cst.List, cst.Tuple)) else [value]
    texts = []
    found = False
    for element in elements:
        text = name_of_variable(plan, element)
        found = found or text is not None
        texts.append(text if text is not None else code(element))
    if not found:
        return None
    for element in elements:
        if name_of_variable(plan, element) is not None:
            plan.by_name.add(element)
    return "[" + ", ".join(texts) + "]"


def name_of_variable(plan: Plan, node: cst.CSTNode) -> str | None:
    """Source text of the name of the random variable that an expression certainly is."""
    value = plan.flow.value(node)
    if len(value) != 1:
        return None
    (atom,) = value
    if not isinstance(atom, v.Tensor) or atom.rv is None or variable_name(atom.rv, plan.flow) is None:
        return None
    argument = name_argument(atom.rv)
    return code(argument) if isinstance(argument, cst.SimpleString) else repr(variable_name(atom.rv, plan.flow))


def _column(plan: Plan, call: cst.Call) -> int:
    """Where a call will begin, in characters from the indentation of its statement."""
    line = plan.tree.statement(call)
    return plan.tree.position(call).start.column - plan.tree.position(line).start.column
