"""Rewrite ``pm.sample``: the model becomes an argument, and PyMC3's defaults are written out.

``pm.sample(1000, tune=1000)`` in the block of ``model`` becomes
``pm.sample(model, num_samples=1000, burn_in=1000, num_chains=4)``.

Why: there is no context stack that could say which model is meant, and PyMC4's defaults differ from PyMC3's.

Limits: the result is an InferenceData, also where PyMC3 gave a MultiTrace. Without ``chains=`` PyMC3 takes as many as
the machine has processors, between two and four; four are written. Draws and warm-up are those of PyMC3 3.9 and later,
1000 each, where earlier releases had 500. Arguments that say how PyMC3 does the work (``cores=``, ``live_plot=``) go.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.older import STORES
from pm_migrate.catalog.samplers import (
    FIT_FORM,
    FIT_STEPS,
    INFERENCE,
    PYMC4_HAS,
    UPSTREAM,
    UPSTREAM_LACKS,
    UPSTREAM_NAMES,
    InferenceCall,
)
from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import layout, sampling, stores
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.calls import Item, Refused, given, mapped, name_of_variable, names_of_variables
from pm_migrate.codemod.rules.drawing import name_of_model
from pm_migrate.codemod.sequential import sequential_step
from pm_migrate.codemod.tree import code, expression

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
                sd = pm.HalfNormal('sd', 1)
                start = pm.find_MAP()
                step = [pm.Metropolis([mu]), pm.NUTS([sd])]
                trace = pm.sample(500, step=step, start=start, chains=2)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                sd = yield pm.HalfNormal('sd', 1)


            model = build_model()
            start = pm.find_MAP(model)
            step = [pm.Metropolis(['mu'], model=model), pm.step_methods.NUTS(['sd'], model=model)]
            trace = pm.sample(model, num_samples=500, burn_in=1000, num_chains=2, step=step, start=start)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, thin=2)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                # TODO(pm-migrate PM301): thin= has no counterpart
                trace = pm.sample(500, thin=2)
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

FUNCTIONS = Rule(
    "PM320",
    "Give PyMC3's other functions of a model their model",
    """``pm.find_MAP()`` becomes ``pm.find_MAP(model)``; ``pm.find_hessian``, ``pm.sample_smc``, ``pm.init_nuts``, step
    methods (``pm.Metropolis([x])``) and inference objects (``pm.ADVI()``) get ``model=model``, and variables become
    their names.

    Why: there is no context stack that could say which model is meant, and no symbolic variable outside of a model.

    Limits: the functions are PyMC3's, with its arguments, and are not in PyMC4 itself. Where PyMC4 has something of the
    same name, PyMC3's is ``pm.step_methods.NUTS``. ``pm.fit(model, n=...)`` gives PyMC3's approximation, whose
    ``sample`` gives a MultiTrace. Amortised inference (``local_rv=``) keeps the model as it was.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                sd = pm.Uniform('sd', 0, 5)
                x = pm.Normal('x', mu, sd, observed=data)
                best = pm.find_MAP()
                scale = pm.find_hessian(best, vars=[mu, sd])
            with model:
                approx = pm.fit(20000, method='fullrank_advi', obj_optimizer=pm.adam(learning_rate=0.01))
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                sd = yield pm.Uniform('sd', 0, 5)
                x = yield pm.Normal('x', mu, sd, observed=data)


            model = build_model()
            best = pm.find_MAP(model)
            scale = pm.find_hessian(best, vars=['mu', 'sd'], model=model)
            approx = pm.fit(model, n=20000, method='fullrank_advi', obj_optimizer=pm.adam(learning_rate=0.01))
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                inference = pm.ADVI(local_rv=encoded)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                # TODO(pm-migrate PM320): local_rv=: amortised inference has no counterpart
                inference = pm.ADVI(local_rv=encoded)
            """,
        ),
    ),
)

__all__ = [
    "FUNCTIONS",
    "PREDICTIVE",
    "RULE",
    "RULES",
    "name_of_variable",
    "names_of_variables",
    "plan_inference",
    "plan_same",
]

RULES = (RULE, PREDICTIVE, FUNCTIONS)


def plan_inference(plan: Plan, models: Models, call: cst.Call, name: str) -> None:
    """Plan the rewriting of one inference call."""
    step = sequential_step(plan.flow, call)
    row = INFERENCE[name if step is None else "sample_smc"]
    rule = _rule_of(row)
    plan.understand(call.func, call)
    keys = {k for a in call.args for k in plan.keys_of(plan.flow.value(a.value))}
    plan.unite(call, *sorted(keys, key=lambda k: plan.tree.order[k]))
    for arg in call.args:
        plan.unite(call, *(n for n in plan.tree.walk(arg.value) if n in plan.flow.references))
    try:
        if plan.options.upstream and row.target not in PYMC4_HAS:
            has = "another pm.fit, with another result" if row.name == "fit" else f"no pm.{row.name}"
            raise Refused(f"PyMC4 4.0a2 has {has}: leave it out, or use the runtime of pm-migrate")
        model, sites = ("", []) if row.model == "none" else model_of(plan, models, call)
        plan.unite(call, *sites)
        if step is not None:
            items = sampling.sequential(plan, call, step)
        elif row.target == "sample":
            items = sampling.mapped(plan, row, call, rule)
        else:
            items = mapped(plan, row, given(plan, row, call))
        if name == "fit" and not FIT_FORM & {keyword for keyword, _ in items}:
            items.append(("n", FIT_STEPS))  # PyMC4's form gives its own result, and no approximation
        if plan.options.upstream:
            items = _for_upstream(plan, row, call, items, rule)
    except Refused as refused:
        _refuse(plan, call, rule, str(refused))
        return
    if row.target in PYMC4_HAS and plan.forms.kept(call):
        items.append(("return_inferencedata", "False"))
    elif row.target == "sample" and call in plan.need_log_likelihood:
        items.append(("include_log_likelihood", "True"))
    if model:
        items = [("", model), *items] if row.model == "first" else [*items, ("model", model)]
    if plan.tree.has_comments(call):
        kept = {value for _, value in items if not isinstance(value, str)}
        follows = row.model == "first" or any(k for k, value in items if not isinstance(value, str))
        if not follows or any(plan.tree.has_comments(a.value) for a in call.args if a not in kept):
            plan.refuse(call, call, rule, "move the comments out of the arguments")
            return
        plan.edit(call, call, lambda updated: _in_place(plan, row, call, updated, items), {"pm"})
    else:
        plan.edit(call, call, lambda updated: _on_line(plan, row, call, updated, items), {"pm"})
    if step is not None:
        what = (
            "pm.sample_smc, with PyMC3 3.11's rule for the steps of each stage; its report has the marginal likelihood"
        )
        plan.note(call, call, rule, f"pm.SMC is {what}", review=True)
    else:
        plan.note(call, call, rule, f"{name} takes the model {model}" if model else f"{name} stays what it is")
    if name == "sample_ppc" and not {"num_draws", "keep_size"} & {keyword for keyword, _ in items}:
        message = "as many draws as all chains have, as from PyMC3 3.6 on; before, as many as one chain has"
        plan.note(call, call, rule, message, review=True)


def plan_same(plan: Plan, node: cst.CSTNode, name: str) -> None:
    """Plan for a reference to what the runtime has under the same name: a proposal, an optimiser, a callback."""
    call = plan.tree.parent[node]
    key = call if isinstance(call, cst.Call) and call.func is node else node
    plan.understand(node, key)
    plan.unite(key, node)
    if plan.options.upstream:
        plan.refuse(node, key, FUNCTIONS.code, f"PyMC4 4.0a2 has no pm.{name}: use the runtime of pm-migrate")
        return
    plan.edit(node, key, lambda _: plan.names.name("pm", name, node), {"pm"})


def _rule_of(row: InferenceCall) -> str:
    if row.target == "sample":
        return RULE.code
    if row.name in STORES:
        return stores.RULE.code
    return PREDICTIVE.code if row.target in PYMC4_HAS else FUNCTIONS.code


def _refuse(plan: Plan, call: cst.Call, rule: str, message: str) -> None:
    context = plan.flow.context.get(call)
    plan.unite(call, *(m.site for m in (v.models(context) if context else ())))
    plan.refuse(call, call, rule, message)
    for arg in call.args:  # one comment says it all: what stands in the arguments stays with the call
        for node in plan.tree.walk(arg.value):
            if node in plan.flow.references and not v.traces(plan.flow.value(node)):
                plan.understand(node, call)


def _on_line(
    plan: Plan, row: InferenceCall, call: cst.Call, updated: cst.Call, items: list[Item]
) -> cst.BaseExpression:
    """The call on one line, or on as many as it takes."""
    indexes = {arg: i for i, arg in enumerate(call.args)}
    args = []
    for keyword, value in items:
        text = expression(value) if isinstance(value, str) else updated.args[indexes[value]].value
        args.append(layout.keyword(keyword, text))
    return layout.call(f"{plan.names.alias('pm', call)}.{row.target}", args, _column(plan, call))


def _for_upstream(plan: Plan, row: InferenceCall, call: cst.Call, items: list[Item], code_: str) -> list[Item]:
    """The arguments without those that PyMC4 itself does not have."""
    kept = []
    for keyword, value in items:
        if keyword in UPSTREAM:
            plan.note(call, call, code_, f"{keyword}= is left out: {UPSTREAM[keyword]}", review=True)
        elif keyword == "seed" and row.target != "sample":
            plan.note(call, call, code_, "seed= is left out: PyMC4 4.0a2 has none here", review=True)
        elif keyword in UPSTREAM_LACKS:
            raise Refused(f"PyMC4 4.0a2 has no {keyword}= here: leave it out, or use the runtime of pm-migrate")
        elif keyword != "progressbar":
            kept.append((UPSTREAM_NAMES.get(keyword, keyword), value))
    return kept


def _in_place(plan: Plan, row: InferenceCall, call: cst.Call, updated: cst.Call, items: list[Item]) -> cst.Call:
    """The call with every argument on the line where it stood, so that the comments beside them stay."""
    names = {value: keyword for keyword, value in items if not isinstance(value, str)}
    start = updated.whitespace_before_args
    own: list[cst.Arg] = []
    for new, old in zip(updated.args, call.args, strict=True):
        if old in names:
            own.append(layout.keyword(names[old], new.value).with_changes(comma=new.comma))
            continue
        after = new.comma.whitespace_after if isinstance(new.comma, cst.Comma) else new.whitespace_after_arg
        if not own:
            place = start
            start = _run_on(place, after)
            if isinstance(place, cst.ParenthesizedWhitespace):
                start = start.with_changes(indent=place.indent, last_line=place.last_line)
        elif isinstance(own[-1].comma, cst.Comma):
            own[-1] = own[-1].with_deep_changes(
                own[-1].comma, whitespace_after=_run_on(own[-1].comma.whitespace_after, after)
            )
    between: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if isinstance(start, cst.ParenthesizedWhitespace):  # its comments stand in front of the first argument alone
        between = start.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    made = [layout.keyword(keyword, expression(value)) for keyword, value in items if isinstance(value, str)]
    # in front of an argument of the program, since the line of the last one may end in a comment
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    last = cst.Comma(whitespace_after=between)
    model = [a.with_changes(comma=last) for a in made if a.keyword is None]
    added = [a for a in made if a.keyword is not None]
    added = [a.with_changes(comma=last if i == len(added) - 1 else comma) for i, a in enumerate(added)]
    positional = sum(1 for a in own if a.keyword is None)
    args = [*model, *own[:positional], *added, *own[positional:]]
    if isinstance(args[-1].comma, cst.Comma) and _ends(args[-1].comma.whitespace_after, updated.args[-1]):
        args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    func = plan.names.name("pm", row.target, call)
    return updated.with_changes(func=func, whitespace_before_args=start, args=args)


def _ends(after: cst.BaseParenthesizableWhitespace, last: cst.Arg) -> bool:
    """Whether the bracket that closed next to the last argument can close next to another one."""
    if isinstance(last.comma, cst.Comma) or isinstance(last.whitespace_after_arg, cst.ParenthesizedWhitespace):
        return isinstance(after, cst.SimpleWhitespace)
    if isinstance(after, cst.ParenthesizedWhitespace):
        return after.first_line.comment is None and all(line.comment is None for line in after.empty_lines)
    return True


def _run_on(
    before: cst.BaseParenthesizableWhitespace, after: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """The whitespace around an argument that goes, with the comments on both sides."""
    if not isinstance(after, cst.ParenthesizedWhitespace):
        return before
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return after
    said = after.first_line.comment
    own_line = () if said is None else (cst.EmptyLine(indent=before.indent, whitespace=before.last_line, comment=said),)
    return after.with_changes(
        first_line=before.first_line, empty_lines=(*before.empty_lines, *own_line, *after.empty_lines)
    )


def model_of(plan: Plan, models: Models, call: cst.Call) -> tuple[str, list[cst.CSTNode]]:
    """The name of the model that a call draws from, and the models it may be.

    Raises
    ------
    Refused
        When it cannot be seen.
    """
    argument = plan.model_argument(call)
    if argument is not None:
        value = plan.flow.value(argument)
        if not v.only(value, v.ModelRef):
            raise Refused("it is not certain that `model=` is a model of this program")
        return code(argument), [m.site for m in v.models(value)]
    context = plan.flow.context.get(call)
    if context is None or not v.only(context, v.ModelRef):
        raise Refused("which model this draws from cannot be seen: give it as `model=`")
    name = name_of_model(plan, models, call)
    if name is None:
        raise Refused("which model this draws from cannot be seen: give it as `model=`")
    return name, [m.site for m in v.models(context)]


def _column(plan: Plan, call: cst.Call) -> int:
    """Where a call will begin, in characters from the indentation of its statement."""
    line = plan.tree.statement(call)
    return plan.tree.position(call).start.column - plan.tree.position(line).start.column
