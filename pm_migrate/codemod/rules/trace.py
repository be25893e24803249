"""Read results as arrays: ``trace['mu']`` becomes ``pm.draws(trace, 'mu')``.

``pm.draws`` gives what a MultiTrace gave: one array with the chains one after the other. ``trace[mu]``, with the
variable itself, goes by its name; ``trace[500:]`` becomes a selection of draws; dictionaries of predictive draws are
read the same way.

Why: sampling gives InferenceData, which keeps chains and draws apart and is not indexed by variable.

Limits: uses that cannot be told for certain keep the model as it was: single points (``trace[0]``), loops over points,
sampler statistics other than ``diverging`` and ``energy``, names in transformed space. A result that is passed to a
function from elsewhere is marked for review.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import layout
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.inference import name_of_variable
from pm_migrate.codemod.tree import code, expression, is_none, string_value

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
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)
            start = trace[-1]
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)
            # TODO(pm-migrate PM303): `trace[-1]`: read what is needed with trace['name'], by the name of a variable
            start = trace[-1]
            """,
        ),
    ),
)

RULES = (RULE,)

_STATISTICS = frozenset({"diverging", "energy"})
_GROUPS = {"ppc": "posterior_predictive"}
_READS = "read what is needed with trace['name'], by the name of a variable"


def plan_traces(plan: Plan, models: Models) -> None:
    """Plan the rewriting of everything that reads a result."""
    for node in plan.tree.order:
        if isinstance(node, cst.BaseExpression) and v.traces(plan.flow.value(node)):
            _plan_use(plan, models, node)


def _group(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    keys = sorted(plan.keys_of(plan.flow.value(node)), key=lambda k: plan.tree.order[k])
    plan.unite(*keys)
    return keys[0]


def _plan_use(plan: Plan, models: Models, node: cst.BaseExpression) -> None:
    """Plan for one expression that is a result: what its parent does with it decides."""
    parent = plan.tree.parent[node]
    value = plan.flow.value(node)
    key = _group(plan, node)
    plan.allow(RULE.code, key)
    kinds = {t.kind for t in v.traces(value)}
    certain = v.only(value, v.TraceRef) and len(kinds) == 1
    kind = next(iter(kinds))
    reads = (isinstance(parent, (cst.Subscript, cst.Attribute)) and parent.value is node) or _is_iterated(parent, node)
    if not certain:
        if reads:
            plan.refuse(parent, key, RULE.code, f"`{code(node)}` may or may not be a result of sampling here")
        return
    if kind == "inferencedata":
        return
    match parent:
        case cst.Subscript() if parent.value is node:
            _plan_subscript(plan, models, parent, node, kind, key)
        case cst.Attribute() if parent.value is node:
            _plan_attribute(plan, models, parent, node, kind, key)
        case cst.Arg():
            _plan_argument(plan, parent, node, kind, key)
        case cst.Comparison() if all(is_none(c.comparator) for c in parent.comparisons):
            pass
        case cst.For() | cst.CompFor() | cst.BinaryOperation() | cst.Comparison() | cst.StarredElement():
            if not (isinstance(parent, (cst.For, cst.CompFor)) and parent.iter is not node):
                plan.refuse(node, key, RULE.code, f"`{code(node)}` is no sequence of points any more: {_READS}")
        case cst.FormattedStringExpression():
            plan.note(node, key, RULE.code, f"`{code(node)}` is an InferenceData now", review=True)


def _is_iterated(parent: cst.CSTNode, node: cst.CSTNode) -> bool:
    return isinstance(parent, (cst.For, cst.CompFor)) and parent.iter is node


def _tables(plan: Plan, models: Models, node: cst.CSTNode) -> list[dict[str | None, bool]]:
    """The variables of each model that a result may come from."""
    found = v.traces(plan.flow.value(node))
    return [models.variables.get(site, {}) for trace in found for site in plan.trace_models(trace)]


def _known(plan: Plan, models: Models, node: cst.CSTNode, name: str | None) -> tuple[bool, bool]:
    """Whether the models of a result have a variable of a name, and whether it is observed in all of them."""
    tables = _tables(plan, models, node)
    return bool(tables) and all(name in t for t in tables), bool(tables) and all(t.get(name) for t in tables)


def _absent(plan: Plan, models: Models, node: cst.CSTNode, name: str | None) -> bool:
    """Whether a model of a result certainly has no variable of a name."""
    return name is not None and any(name not in t and None not in t for t in _tables(plan, models, node))


def _plan_subscript(
    plan: Plan, models: Models, parent: cst.Subscript, node: cst.BaseExpression, kind: str, key: cst.CSTNode
) -> None:
    slices = [e.slice for e in parent.slice]
    refusal = f"`{code(parent)}`: {_READS}"
    first = slices[0]
    if kind == "trace" and len(slices) == 1 and isinstance(first, cst.Slice):
        plan.edit(parent, key, lambda updated: _selected(updated.value, updated.slice[0].slice))
        return
    if not isinstance(first, cst.Index) or len(slices) > 2:
        plan.refuse(parent, key, RULE.code, refusal)
        return
    burn = slices[1] if len(slices) == 2 else None
    if burn is not None and (not isinstance(burn, cst.Slice) or burn.upper is not None or kind != "trace"):
        plan.refuse(parent, key, RULE.code, refusal)
        return
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
    elif not v.only(value, v.Text):
        plan.refuse(parent, key, RULE.code, f"`{code(parent)}`: {_READS}")
        return
    literals = {a.text for a in value if isinstance(a, v.Text)}
    if text is not None:
        literals = {string_value(expression(text))}
    group = _GROUPS.get(kind)
    for name in literals:
        if name is not None and name.endswith("__"):
            plan.refuse(parent, key, RULE.code, f"`{name}` lives in transformed space: read the variable itself")
            return
        known, _ = _known(plan, models, node, name)
        if kind == "trace" and name in _STATISTICS and not known:
            group = "sample_stats"
        elif kind == "trace" and _absent(plan, models, node, name):
            plan.refuse(parent, key, RULE.code, f"`{name}` is no variable of the model: {_READS}")
            return
    if kind == "prior" and len(literals) == 1 and _known(plan, models, node, next(iter(literals)))[1]:
        group = "prior_predictive"

    def apply(updated: cst.CSTNode) -> cst.BaseExpression:
        base = _base(updated)
        if burn is not None:
            base = _selected(base, updated.slice[1].slice)  # type: ignore[attr-defined]
        named = expression(text) if text is not None else pick(updated)
        quote = code(named)[0] if code(named)[0] in "'\"" else _quote(plan, parent)
        if plan.options.upstream:
            where = group or ("posterior" if kind == "trace" else "prior")
            return expression(
                f"{plan.names.alias('np', parent)}.concatenate({code(base)}.{where}[{code(named)}].values)"
            )
        args = [cst.Arg(base), cst.Arg(named)]
        if group is not None:
            args.append(layout.keyword("group", expression(f"{quote}{group}{quote}")))
        func = f"{plan.names.alias('pm', parent)}.draws"
        return layout.call(func, args)

    plan.edit(parent, key, apply, {"np"} if plan.options.upstream else {"pm"})
    if not plan.options.upstream and plan.names.pm_site(parent) is None:
        plan.refuse(parent, key, RULE.code, "import pymc3 where the trace is read, too")


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
    if kind == "trace" and attr == "get_values" and isinstance(call, cst.Call) and call.func is parent:
        keywords = {a.keyword.value for a in call.args if a.keyword is not None}
        combined = all(
            code(a.value) == "True" for a in call.args if a.keyword is not None and a.keyword.value == "combine"
        )
        if (
            call.args
            and call.args[0].keyword is None
            and len(call.args) == 1 + len(keywords)
            and combined
            and (keywords <= {"combine"})
        ):
            _plan_draws(plan, models, call, node, call.args[0].value, kind, key, None, lambda u: u.args[0].value)
            return
    elif kind == "trace" and attr == "nchains":
        plan.edit(
            parent, key, lambda u: expression(f"{code(u.value)}.posterior.sizes[{_quoted(plan, parent, 'chain')}]")
        )
        return
    elif kind == "trace" and _known(plan, models, node, attr)[0]:
        quoted = expression(_quoted(plan, parent, attr))

        def apply(updated: cst.Attribute) -> cst.BaseExpression:
            func = f"{plan.names.alias('pm', parent)}.draws"
            return expression(f"{func}({code(updated.value)}, {code(quoted)})")

        if not plan.options.upstream:
            plan.edit(parent, key, apply, {"pm"})
            return
    plan.refuse(parent, key, RULE.code, f"`{code(parent)}` has no counterpart: {_READS}")


def _quoted(plan: Plan, node: cst.CSTNode, text: str) -> str:
    quote = _quote(plan, node)
    return f"{quote}{text}{quote}"


def _plan_argument(plan: Plan, arg: cst.Arg, node: cst.BaseExpression, kind: str, key: cst.CSTNode) -> None:
    """A result that is passed to something."""
    call = plan.tree.parent[arg]
    if not isinstance(call, cst.Call):
        return
    name = plan.flow.name_of(call.func)
    if name == "builtins.len":
        if kind == "trace":
            plan.edit(call, key, lambda _: expression(f"{code(node)}.posterior.sizes[{_quoted(plan, call, 'draw')}]"))
        else:
            plan.refuse(call, key, RULE.code, f"`{code(call)}`: count the variables by hand")
        return
    if name == "builtins.isinstance":
        plan.refuse(call, key, RULE.code, f"`{code(node)}` is an InferenceData now: the test gives another answer")
        return
    if name is not None and (name.startswith(("pymc3.", "arviz.")) or name in ("builtins.type", "builtins.id")):
        return
    if all(isinstance(a, v.Function) for a in plan.flow.value(call.func)):
        return
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in ("append", "insert", "setdefault", "get"):
        return
    if name in ("builtins.dict", "builtins.list", "builtins.tuple", "builtins.zip", "builtins.enumerate"):
        if name != "builtins.dict":
            plan.refuse(node, key, RULE.code, f"`{code(node)}` is no sequence of points any more: {_READS}")
        return
    plan.note(
        arg, key, RULE.code, f"`{code(call.func)}` is given `{code(node)}`, which is an InferenceData now", review=True
    )
