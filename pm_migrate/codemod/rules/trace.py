"""Read results as arrays: ``trace['mu']`` becomes ``pm.draws(trace, 'mu')``.

``pm.draws`` gives what a MultiTrace gave: one array with the chains one after the other. ``trace[mu]``, with the
variable itself, goes by its name; ``trace[500:]`` becomes a selection of draws; dictionaries of predictive draws are
read the same way.

Why: sampling gives InferenceData, which keeps chains and draws apart and is not indexed by variable.

Limits: a result of which more is read (single points, loops over points, names in transformed space, other statistics
of the sampler), or that goes where it cannot be followed, stays a MultiTrace: see PM330.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.results import OWN, STATISTICS, iter_results
from pm_migrate.codemod.rules import layout
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.inference import name_of_variable
from pm_migrate.codemod.tree import code, expression, string_value

RULE = Rule(
    "PM303",
    "Read traces through pm.draws",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)
            print(trace['mu'].mean(), len(trace))
            print(trace[100:][mu].std())
            print(trace['mu', 250:])
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            print(pm.draws(trace, 'mu').mean(), trace.posterior.sizes['draw'])
            print(pm.draws(trace.isel(draw=slice(100, None)), 'mu').std())
            print(pm.draws(trace.isel(draw=slice(250, None)), 'mu'))
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2, return_inferencedata=True)
            print(trace.posterior['mu'].mean())
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            print(trace.posterior['mu'].mean())
            """,
        ),
    ),
)

KEPT = Rule(
    "PM330",
    "Keep a result in PyMC3's form where more of it is read",
    """A sampling call is told ``return_inferencedata=False``, and gives PyMC3's ``MultiTrace`` (predictive sampling: a
    dictionary of arrays). What reads it stays as it is; variables as keys become names.

    Why: single points, loops over points, unconstrained values and statistics of the sampler are read from a MultiTrace
    in ways that an InferenceData has no short form for, and code that cannot be seen expects one.

    Limits: it is decided for a call as a whole, and for all calls whose results one name may hold. PyMC4 itself
    (``--runtime upstream``) has no MultiTrace: there, the model stays as it was.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)
            last = trace[-1]
            print(trace[mu].mean(), trace.get_sampler_stats('depth').max())
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2, return_inferencedata=False)
            last = trace[-1]
            print(trace['mu'].mean(), trace.get_sampler_stats('depth').max())
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                pm.Normal('y', mu, 1, observed=data)
                trace = pm.sample(500, tune=500, chains=2)
                ppc = pm.sample_posterior_predictive(trace, size=5)
            print(ppc['y'].shape)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                yield pm.Normal('y', mu, 1, observed=data)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            ppc = pm.sample_posterior_predictive(model, trace, size=5, return_inferencedata=False)
            print(ppc['y'].shape)
            """,
        ),
    ),
)

RULES = (RULE, KEPT)

_GROUPS = {"ppc": "posterior_predictive"}
_OLD_NAME = re.compile(
    r"(?P<name>.+)_(?:log|logodds|interval|lowerbound|upperbound|ordered|stickbreaking|sumto1|circular|cholesky)_"
)


def plan_traces(plan: Plan, models: Models) -> None:
    """Plan the rewriting of everything that reads a result."""
    for node, found in iter_results(plan):
        if not any(t.kind in OWN for t in found):
            continue
        key = _group(plan, node)
        if any(plan.forms.kept(t.call) for t in found if t.kind in OWN):
            plan.allow(KEPT.code, key)
            _plan_kept(plan, models, node, key)
        else:
            plan.allow(RULE.code, key)
            _plan_use(plan, models, node, key)
    for call, reason in plan.forms.reasons.items():
        plan.unite(call, *plan.keys_of(plan.flow.value(call)))
        if plan.options.upstream:
            plan.refuse(reason.node, call, KEPT.code, f"{reason.message}, and PyMC4 4.0a2 has none: {_READS}")
        elif call not in plan.forms.always:
            plan.note(call, call, KEPT.code, f"the result stays in PyMC3's form: {reason.message}")


_READS = "read what is needed with trace['name'], by the name of a variable"


def _group(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    keys = sorted(plan.keys_of(plan.flow.value(node)), key=lambda k: plan.tree.order[k])
    plan.unite(*keys)
    return keys[0]


def _plan_kept(plan: Plan, models: Models, node: cst.BaseExpression, key: cst.CSTNode) -> None:
    """A result in PyMC3's form: variables that index it become names, and so do names of old versions."""
    parent = plan.tree.parent[node]
    index = None
    if isinstance(parent, cst.Subscript) and parent.value is node:
        first = parent.slice[0].slice
        index = first.value if isinstance(first, cst.Index) else None
    elif isinstance(parent, cst.Attribute) and parent.value is node and parent.attr.value == "get_values":
        call = plan.tree.parent[parent]
        if isinstance(call, cst.Call) and call.func is parent:
            index = next((a.value for a in call.args if a.keyword is None or a.keyword.value == "varname"), None)
    if index is None:
        return
    text = name_of_variable(plan, index)
    if text is not None:
        plan.by_name.add(index)
        plan.edit(index, key, lambda _: expression(text))
        return
    name = string_value(index) or ""
    if name.endswith("__") and any(t.kind == "prior" for t in v.traces(plan.flow.value(node))):
        message = f"`{name}`: prior draws have no unconstrained values here: transform those of the variable itself"
        plan.refuse(parent, key, KEPT.code, message)
    old = _OLD_NAME.fullmatch(name)
    tables = _tables(plan, models, node)
    if old and tables and all(old["name"] in t and name not in t for t in tables):
        plan.edit(index, key, lambda updated: expression(f"{code(updated)[:-1]}_{code(updated)[-1]}"))
        plan.note(index, key, KEPT.code, f"`{name}` has two underscores since PyMC3 3.2", review=True)


def _plan_use(plan: Plan, models: Models, node: cst.BaseExpression, key: cst.CSTNode) -> None:
    """Plan for one expression that is an InferenceData: what its parent does with it decides."""
    parent = plan.tree.parent[node]
    kind = next(iter({t.kind for t in v.traces(plan.flow.value(node))}))
    match parent:
        case cst.Subscript() if parent.value is node:
            _plan_subscript(plan, models, parent, node, kind, key)
        case cst.Attribute() if parent.value is node:
            _plan_attribute(plan, models, parent, node, kind, key)
        case cst.Arg():
            call = plan.tree.parent[parent]
            if isinstance(call, cst.Call) and plan.flow.name_of(call.func) == "builtins.len":
                quoted = _quoted(plan, call, "draw")
                plan.edit(call, key, lambda u: expression(f"{_bracketed(u.args[0].value)}.posterior.sizes[{quoted}]"))


def _tables(plan: Plan, models: Models, node: cst.CSTNode) -> list[dict[str | None, bool]]:
    """The variables of each model that a result may come from."""
    found = v.traces(plan.flow.value(node))
    return [models.variables.get(site, {}) for trace in found for site in plan.trace_models(trace)]


def _known(plan: Plan, models: Models, node: cst.CSTNode, name: str | None) -> tuple[bool, bool]:
    """Whether the models of a result have a variable of a name, and whether it is observed in all of them."""
    tables = _tables(plan, models, node)
    return bool(tables) and all(name in t for t in tables), bool(tables) and all(t.get(name) for t in tables)


def _plan_subscript(
    plan: Plan, models: Models, parent: cst.Subscript, node: cst.BaseExpression, kind: str, key: cst.CSTNode
) -> None:
    slices = [e.slice for e in parent.slice]
    first = slices[0]
    if isinstance(first, cst.Slice):
        plan.edit(parent, key, lambda updated: _selected(updated.value, updated.slice[0].slice))
        return
    burn = slices[1] if len(slices) == 2 else None
    assert isinstance(first, cst.Index) and (burn is None or isinstance(burn, cst.Slice))
    _plan_draws(plan, models, parent, node, first.value, kind, key, burn, lambda u: u.slice[0].slice.value)


def _plan_draws(
    plan: Plan,
    models: Models,
    parent: cst.CSTNode,
    node: cst.BaseExpression,
    index: cst.BaseExpression,
    kind: str,
    key: cst.CSTNode,
    burn: cst.Slice | None,
    pick: Callable[[Any], cst.BaseExpression],
) -> None:
    """Plan ``pm.draws(node, index)`` in place of ``parent``."""
    text = name_of_variable(plan, index)
    value = plan.flow.value(index)
    if text is not None:
        plan.by_name.add(index)
    literals = {a.text for a in value if isinstance(a, v.Text)}
    if text is not None:
        literals = {string_value(expression(text))}
    elif index in plan.names_read or v.tainted(value):
        literals = {None}
    group = _GROUPS.get(kind)
    if kind == "trace" and literals <= STATISTICS and not any(_known(plan, models, node, name)[0] for name in literals):
        group = "sample_stats"
    if kind == "prior" and len(literals) == 1 and _known(plan, models, node, next(iter(literals)))[1]:
        group = "prior_predictive"
        if plan.options.upstream:
            message = "PyMC4 4.0a2 draws an observed variable in the shape of its distribution, not of its data"
            plan.note(parent, key, RULE.code, message, review=True)

    def apply(updated: cst.CSTNode) -> cst.BaseExpression:
        base = _base(updated)
        if burn is not None:
            part = _burnt(updated) if isinstance(updated, cst.Call) else updated.slice[1].slice  # type: ignore[attr-defined]
            base = _selected(base, part or burn)
        named = expression(text) if text is not None else pick(updated)
        quote = code(named)[0] if code(named)[0] in "'\"" else _quote(plan, parent)
        if plan.options.upstream:
            where = group or ("posterior" if kind == "trace" else "prior_predictive")
            return expression(
                f"{plan.names.alias('np', parent)}.concatenate({code(base)}.{where}[{code(named)}].values)"
            )
        args = [cst.Arg(base), cst.Arg(named)]
        if group is not None:
            args.append(layout.keyword("group", expression(f"{quote}{group}{quote}")))
        func = f"{plan.names.alias('pm', parent)}.draws"
        return layout.call(func, args)

    plan.edit(parent, key, apply, {"np"} if plan.options.upstream else {"pm"})


def _base(updated: cst.CSTNode) -> cst.BaseExpression:
    """The result in ``trace[...]``, ``trace.x`` or ``trace.get_values(...)``."""
    if isinstance(updated, cst.Call):
        updated = updated.func
    return updated.value  # type: ignore[attr-defined]


def _quote(plan: Plan, node: cst.CSTNode) -> str:
    """A quote that can stand where a node stands: not the one of an f-string around it."""
    for outer in plan.tree.ancestors(node):
        if isinstance(outer, cst.FormattedString):
            return "'" if '"' in outer.start else '"'
    return "'"


def _selected(base: cst.BaseExpression, chosen: cst.Slice) -> cst.BaseExpression:
    """``base.isel(draw=slice(...))``."""
    ends = [("None" if end is None else code(end)) for end in (chosen.lower, chosen.upper, chosen.step)]
    if ends[2] == "None":
        ends = ends[:2]
    return expression(f"{_bracketed(base)}.isel(draw=slice({', '.join(ends)}))")


def _bracketed(base: cst.BaseExpression) -> str:
    simple = isinstance(base, (cst.Name, cst.Attribute, cst.Subscript, cst.Call))
    return code(base) if simple else f"({code(base)})"


def _plan_attribute(
    plan: Plan, models: Models, parent: cst.Attribute, node: cst.BaseExpression, kind: str, key: cst.CSTNode
) -> None:
    attr = parent.attr.value
    call = plan.tree.parent[parent]
    if attr == "get_values" and isinstance(call, cst.Call) and call.func is parent:
        part = _burnt(call)
        _plan_draws(plan, models, call, node, call.args[0].value, kind, key, part, lambda u: u.args[0].value)
    elif attr == "nchains":
        plan.edit(
            parent, key, lambda u: expression(f"{code(u.value)}.posterior.sizes[{_quoted(plan, parent, 'chain')}]")
        )
    else:
        quoted = _quoted(plan, parent, attr)

        def apply(updated: cst.Attribute) -> cst.BaseExpression:
            if plan.options.upstream:
                joined = f"{plan.names.alias('np', parent)}.concatenate"
                return expression(f"{joined}({code(updated.value)}.posterior[{quoted}].values)")
            return expression(f"{plan.names.alias('pm', parent)}.draws({code(updated.value)}, {quoted})")

        plan.edit(parent, key, apply, {"np"} if plan.options.upstream else {"pm"})


def _burnt(call: cst.Call) -> cst.Slice | None:
    """The part of the draws that ``get_values(name, burn=..., thin=...)`` reads."""
    given = {a.keyword.value: a.value for a in call.args if a.keyword is not None}
    if not given.keys() & {"burn", "thin"}:
        return None
    return cst.Slice(lower=given.get("burn"), upper=None, step=given.get("thin"))


def _quoted(plan: Plan, node: cst.CSTNode, text: str) -> str:
    quote = _quote(plan, node)
    return f"{quote}{text}{quote}"
