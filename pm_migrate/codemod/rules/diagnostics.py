"""Call ArviZ for plots and statistics: ``pm.traceplot(trace)`` becomes ``az.plot_trace(trace)``.

Old keywords are renamed (``varnames=`` to ``var_names=``, ``trace=`` to ``data=``, ``alpha=`` to ``hdi_prob=``), and
variables in lists of names become their names. A dictionary of ``lines=`` becomes a list. Arguments that only say how a
plot of PyMC3's own looks (``ylabels=``, ``vline=``) are left out, and marked for review. ``az.loo``, ``az.waic`` and
``az.compare`` need the pointwise log-likelihood: the sampling call is told to keep it.

Why: PyMC3's functions are ArviZ's under other names; PyMC4 does not repeat them.

Limits: ``pm.hpd`` of old versions had a default mass of 0.95, ArviZ has 0.94; the places are marked for review, and so
are other functions whose results or defaults differ (``pm.df_summary``, ``pm.bfmi``, ``pm.compare`` without ``ic=``),
and other arguments and columns that only PyMC3's own plots and tables had.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.catalog.samplers import (
    ARVIZ,
    ARVIZ_ALWAYS,
    ARVIZ_KEYWORDS,
    ARVIZ_LACKS,
    ARVIZ_LOOKS,
    ARVIZ_NO_NAMES,
    ARVIZ_OLD,
    ARVIZ_RENAMED,
    ARVIZ_REVIEW,
    ARVIZ_SAID,
    CRITERIA,
    NEED_LOG_LIKELIHOOD,
    RESULT_KEYWORDS,
    VARIABLES,
)
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.purity import impure_calls
from pm_migrate.codemod.rules import comparison, layout
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.inference import names_of_variables
from pm_migrate.codemod.rules.random_variable import separated
from pm_migrate.codemod.tree import code, expression, string_value

RULE = Rule(
    "PM304",
    "Call ArviZ for plots and statistics",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)
                pm.traceplot(trace, varnames=[mu])
            pm.summary(trace)
            """,
            """
            import arviz as az
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            az.plot_trace(trace, var_names=['mu'])
            az.summary(trace)
            """,
        ),
        Example(
            """
            import arviz as az
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1, observed=data)
                trace = pm.sample(500, tune=500, chains=2)
            az.plot_forest(az.from_pymc3(trace=trace, model=model))
            print(pm.loo(trace, model))
            """,
            """
            import arviz as az
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1, observed=data)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2, include_log_likelihood=True)
            az.plot_forest(trace)
            print(az.loo(trace))
            """,
        ),
    ),
)

RULES = (RULE,)

_HDI_ALPHA = frozenset({"hdi", "hpd", "densityplot", "forestplot", "summary", "df_summary"})

#: Functions of ArviZ whose second argument is no list of variables, as it was in PyMC3.
_OTHER_SECOND = frozenset({"plot_forest", "plot_density", "plot_pair"})


def plan_function(plan: Plan, node: cst.CSTNode, name: str) -> None:
    """Plan the rewriting of one reference to a function that is ArviZ's."""
    key = node
    call = plan.tree.parent[node]
    called, told = isinstance(call, cst.Call) and call.func is node, False
    if called:
        assert isinstance(call, cst.Call)
        keys = {k for a in call.args for k in plan.keys_of(plan.flow.value(a.value))}
        plan.unite(key, *sorted(keys, key=lambda k: plan.tree.order[k]))
    plan.understand(node, key)
    plan.edit(node, key, lambda _: plan.names.name("az", ARVIZ[name], node), {"az"})
    if called:
        _plan_arguments(plan, call, name, key)  # type: ignore[arg-type]
        if name == "compare":
            told = comparison.plan_compare(plan, call, key)  # type: ignore[arg-type]
    plan.note(node, key, RULE.code, f"pm.{name} is az.{ARVIZ[name]}")
    said = told or (called and _says(call, name))
    messages = [m[name] for m in ((ARVIZ_ALWAYS,) if said else (ARVIZ_REVIEW, ARVIZ_ALWAYS)) if name in m]
    if called and name not in ARVIZ_NO_NAMES:
        messages += _transformed(call)  # type: ignore[arg-type]
    if called and ARVIZ[name] == "plot_forest" and _is_pair(plan.tree.parent[call]):
        messages.append("az.plot_forest gives its axes alone; ArviZ gave the figure in front of them long ago")
    if messages:
        plan.note(node, key, RULE.code, "; ".join(messages), review=True)


def _is_pair(node: cst.CSTNode) -> bool:
    """Whether an assignment is to two names: ``fig, axes = ...``."""
    targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else []
    return any(isinstance(t, (cst.Tuple, cst.List)) and len(t.elements) == 2 for t in targets)


def _transformed(call: cst.Call) -> list[str]:
    """What to say of variables that ArviZ does not show, among the names that a call asks for."""
    given = [a for a in call.args if a.keyword is not None and a.keyword.value in VARIABLES]
    if len(call.args) > 1 and call.args[1].keyword is None:
        given.append(call.args[1])
    held = [e.value for a in given if isinstance(a.value, (cst.List, cst.Tuple)) for e in a.value.elements]
    names = [string_value(node) or "" for node in (*held, *(a.value for a in given))]
    found = [name for name in names if name.endswith("__")]
    how = "ArviZ leaves transformed variables out: give it {name: trace.get_values(name, combine=False)} for"
    return [f"{how} {', '.join(found)}"] if found else []


def _says(call: cst.CSTNode, name: str) -> bool:
    """Whether a call gives what the note on its function is about."""
    keywords, place = ARVIZ_SAID.get(name, (frozenset(), None))
    assert isinstance(call, cst.Call)
    return any(
        (index == place if arg.keyword is None else arg.keyword.value in keywords)
        and not (string_value(arg.value) or "").isupper()  # ic='WAIC': as PyMC3 had it, whose scale was its own
        for index, arg in enumerate(call.args)
    )


def _plan_arguments(plan: Plan, call: cst.Call, name: str, key: cst.CSTNode) -> None:
    drop = set()
    for index, arg in enumerate(call.args):
        keyword = None if arg.keyword is None else arg.keyword.value
        if v.models(plan.flow.value(arg.value)) and name in NEED_LOG_LIKELIHOOD and keyword in (None, "model"):
            drop.add(index)
        elif keyword == "kde_plot" and _is_name(arg.value, "True", "False"):
            plan.edit(arg.keyword, key, _renamed("kind"))  # type: ignore[arg-type]
            plan.edit(arg.value, key, _constant("'kde'" if _is_name(arg.value, "True") else "'hist'"))
        elif keyword is not None and keyword in ARVIZ_LACKS.get(name, ()):
            looks = keyword in ARVIZ_LOOKS.get(name, ()) and not impure_calls(arg.value, plan.flow)
            what = "it is left out" if looks else "leave it out"
            plan.note(arg, key, RULE.code, f"az.{ARVIZ[name]} has no argument `{keyword}=`: {what}", review=True)
            if looks:
                drop.add(index)
        elif keyword in ("var_names", "varnames", "vars"):
            text = names_of_variables(plan, arg.value)
            if text is not None:
                plan.edit(arg.value, key, _constant(text))
        elif keyword == "lines":
            _plan_lines(plan, arg.value, key)
        if keyword in RESULT_KEYWORDS and name != "compare":
            plan.edit(arg.keyword, key, _renamed("data"))  # type: ignore[arg-type]
        elif keyword in ARVIZ_RENAMED.get(name, {}):
            plan.edit(arg.keyword, key, _renamed(ARVIZ_RENAMED[name][str(keyword)]))  # type: ignore[arg-type]
        elif keyword in ARVIZ_KEYWORDS:
            plan.edit(arg.keyword, key, _renamed(ARVIZ_KEYWORDS[str(keyword)]))  # type: ignore[arg-type]
        elif (keyword == "alpha" and name in _HDI_ALPHA) or (keyword == "alpha_level" and name == "plot_posterior"):
            plan.edit(arg.keyword, key, _renamed("hdi_prob"))  # type: ignore[arg-type]
            plan.edit(arg.value, key, _complement)
        elif keyword is None and index == 1 and not arg.star and call.args[0].keyword is None:
            _plan_second(plan, call, arg, name, key)
    if drop:
        kept = [i for i in range(len(call.args)) if i not in drop]
        plan.edit(call, key, lambda u: u.with_changes(args=separated([u.args[i] for i in kept], u.args)))


def _plan_second(plan: Plan, call: cst.Call, arg: cst.Arg, name: str, key: cst.CSTNode) -> None:
    """A second argument without a keyword: names of variables, or how much ``pm.hpd`` leaves out."""
    last = len(call.args) < 3 or call.args[2].keyword is not None
    if isinstance(arg.value, (cst.List, cst.Tuple)) and name not in ARVIZ_NO_NAMES and last:
        text = names_of_variables(plan, arg.value)
        if text is not None or all(string_value(e.value) is not None for e in arg.value.elements):
            names = code(arg.value) if text is None else text
            plan.edit(arg, key, lambda u: layout.keyword("var_names", expression(names)).with_changes(comma=u.comma))
            if text is None and ARVIZ[name] in _OTHER_SECOND and _are_several(plan, call.args[0].value):
                _note_second(plan, arg, key)
    elif ARVIZ[name] in _OTHER_SECOND and not v.only(plan.flow.value(arg.value), v.Text):
        if not last:
            plan.refuse(arg, key, RULE.code, f"`{code(arg.value)}` and what follows it: give them by keyword")
            return
        found = names_of_variables(plan, arg.value)
        given = code(arg.value) if found is None else found
        plan.edit(arg, key, lambda u: layout.keyword("var_names", expression(given)).with_changes(comma=u.comma))
        if found is None and not (_lists_names(plan, arg.value) and not _are_several(plan, call.args[0].value)):
            _note_second(plan, arg, key)
    elif name == "hpd":
        mass = float(arg.value.value) if isinstance(arg.value, cst.Float) else None
        if mass is None or not last:
            message = "`pm.hpd` took what is left out here before 3.8, and what is covered from then on: give hdi_prob="
            plan.refuse(arg, key, RULE.code, message)
            return
        text = arg.value.value if mass > 0.5 else repr(round(1 - mass, 12))  # type: ignore[attr-defined]
        plan.edit(arg, key, lambda u: layout.keyword("hdi_prob", expression(text)).with_changes(comma=u.comma))
        plan.note(arg, key, RULE.code, f"`{code(arg.value)}` is taken for hdi_prob={text}", review=True)


def _note_second(plan: Plan, arg: cst.Arg, key: cst.CSTNode) -> None:
    what = "there PyMC3 took variables before 3.4, models of several results then, and the kind of plot from 3.7 on"
    plan.note(arg, key, RULE.code, f"`{code(arg.value)}` is taken for var_names=: {what}", review=True)


def _are_several(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an argument is a list of results."""
    return any(isinstance(a, (v.Bag, v.Row)) for a in plan.flow.value(node))


def _lists_names(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression certainly is a list of names of variables, or of variables that go by their names."""
    value = plan.flow.value(node)
    lists = v.only(value, (v.Bag, v.Row))  # type: ignore[arg-type]
    return lists and all(isinstance(a, v.Text) or (isinstance(a, v.Tensor) and a.rv is not None) for a in v.flat(value))


def _plan_lines(plan: Plan, value: cst.BaseExpression, key: cst.CSTNode) -> None:
    """``lines={'mu': 1}`` is ``lines=[('mu', {}, 1)]`` in ArviZ."""
    if isinstance(value, cst.DictComp):
        plan.edit(value, key, _comprehension)
    elif isinstance(value, cst.Dict) and all(isinstance(e, cst.DictElement) for e in value.elements):
        plan.edit(value, key, _literal)
    elif isinstance(value, cst.Dict) or _is_dictionary(plan, value):
        plan.edit(value, key, lambda updated: expression(f"[(k, {{}}, v) for k, v in {_primary(updated)}.items()]"))


def _literal(updated: cst.Dict) -> cst.BaseExpression:
    pairs = [(code(e.key), code(e.value)) for e in updated.elements if isinstance(e, cst.DictElement)]
    return expression("[" + ", ".join(f"({name}, {{}}, {line})" for name, line in pairs) + "]")


def _comprehension(updated: cst.DictComp) -> cst.BaseExpression:
    row = expression(f"({code(updated.key)}, {{}}, {code(updated.value)})")
    return cst.ListComp(row, updated.for_in, lpar=updated.lpar, rpar=updated.rpar)


def _is_dictionary(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression certainly makes a dictionary: ``dict(...)``, or a name that is bound to dictionaries."""
    if isinstance(node, cst.Call):
        return plan.flow.name_of(node.func) == "builtins.dict"
    if not isinstance(node, cst.Name):
        return False
    bound = [a.value for a in plan.tree.of(cst.Assign) for t in a.targets if _is_name(t.target, node.value)]
    return bool(bound) and all(isinstance(b, (cst.Dict, cst.DictComp)) for b in bound)


def _is_name(node: cst.CSTNode, *names: str) -> bool:
    return isinstance(node, cst.Name) and node.value in names


def _primary(node: cst.BaseExpression) -> str:
    simple = isinstance(node, (cst.Name, cst.Dict, cst.Call, cst.Attribute, cst.Subscript))
    return code(node) if simple else f"({code(node)})"


def _constant(text: str) -> Callable[[Any], cst.BaseExpression]:
    return lambda _: expression(text)


def _renamed(name: str) -> Callable[[Any], cst.Name]:
    return lambda updated: updated.with_changes(value=name)


def _complement(updated: cst.BaseExpression) -> cst.BaseExpression:
    """``1 - alpha``, worked out for a literal."""
    if isinstance(updated, cst.Float):
        return cst.Float(repr(round(1 - float(updated.value), 12)))
    simple = isinstance(updated, (cst.Name, cst.Attribute, cst.Subscript, cst.Call))
    return expression(f"1 - {code(updated)}" if simple else f"1 - ({code(updated)})")


def plan_arviz(plan: Plan) -> None:
    """Plan what ArviZ itself is asked of results: old names, names of variables, the log-likelihood."""
    everything = False
    for node in plan.tree.of(cst.Call):
        name = plan.flow.name_of(node.func)
        if name is None:
            continue
        module, _, short = name.rpartition(".")
        if short in NEED_LOG_LIKELIHOOD and module in ("arviz", "pymc3", "pymc3.stats", "pymc3.plots"):
            everything |= not _need_log_likelihood(plan, node)
        if module == "arviz":
            _plan_names(plan, node)
            _plan_old(plan, node, short)
    for read in plan.tree.of(cst.Attribute):
        if read.attr.value == "log_likelihood":
            results = v.traces(plan.flow.value(read.value))
            plan.need_log_likelihood |= {t.call for t in results if t.kind == "inferencedata"}
    if everything:  # of something that cannot be seen: of any of them
        found = (a for value in plan.flow.values.values() for a in v.flat(value) if isinstance(a, v.TraceRef))
        plan.need_log_likelihood |= {t.call for t in found if t.kind in ("trace", "inferencedata")}


def _need_log_likelihood(plan: Plan, call: cst.Call) -> bool:
    """Note whose log-likelihood a call asks for; returns whether that is certain."""
    certain = True
    for place, arg in enumerate(call.args):
        atoms = list(v.flat(plan.flow.value(arg.value)))
        traces = [a for a in atoms if isinstance(a, v.TraceRef)]
        plan.need_log_likelihood |= {t.call for t in traces if t.kind in ("trace", "inferencedata")}
        certain &= place > 0 or len(traces) == len(atoms) > 0
    return certain


def _plan_old(plan: Plan, call: cst.Call, short: str) -> None:
    """Names and keywords that ArviZ has changed since."""
    if isinstance(call.func, cst.Attribute) and short in ARVIZ_OLD:
        plan.edit(call.func.attr, call, _renamed(ARVIZ_OLD[short]))
        plan.note(call, call, RULE.code, f"az.{short} is az.{ARVIZ_OLD[short]} now", review=short == "plot_joint")
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "credible_interval":
            plan.edit(arg.keyword, call, _renamed(ARVIZ_KEYWORDS["credible_interval"]))


def _plan_names(plan: Plan, call: cst.Call) -> None:
    """Variables in ``var_names=`` of an ArviZ call."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value in ("var_names", "varnames"):
            keys = plan.keys_of(plan.flow.value(arg.value))
            text = names_of_variables(plan, arg.value)
            if text is not None and keys:
                plan.edit(arg.value, next(iter(keys)), _constant(text))


def plan_criteria(plan: Plan) -> None:
    """Mark for review what reads PyMC3's own tuples of WAIC and LOO: by name, or by place."""
    called = {id(c) for c in plan.tree.of(cst.Call) if _criterion(plan, c)}
    if not called:
        return
    for node in plan.tree.of(cst.Attribute):
        if node.attr.value in CRITERIA:
            _note_criterion(plan, node, f"`.{node.attr.value}`", f"`{CRITERIA[node.attr.value]}`")
    for read in plan.tree.of(cst.Subscript):
        index = read.slice[0].slice
        number = isinstance(index, cst.Index) and isinstance(index.value, cst.Integer)
        if id(read.value) in called and (number or isinstance(index, cst.Slice)):
            what = code(read)[len(code(read.value)) :]
            _note_criterion(plan, read, what, "-2 * elpd_waic or elpd_loo, 2 * se or p_waic, by name")


def _criterion(plan: Plan, call: cst.Call) -> bool:
    name = pymc3_names.canonical(plan.flow.name_of(call.func) or "")
    return name in ("pymc3.waic", "pymc3.loo")


def _note_criterion(plan: Plan, node: cst.CSTNode, what: str, instead: str) -> None:
    message = f"what az.waic and az.loo give has no {what}, which PyMC3 had before 3.8: read {instead}"
    plan.note(node, plan.tree.module, RULE.code, message, review=True)
