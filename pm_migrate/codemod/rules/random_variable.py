"""Rewrite random variables: ``x = pm.Normal('x', mu=0, sd=1)`` becomes ``x = yield pm.Normal('x', loc=0, scale=1)``.

Parameters are renamed or computed as the catalogue says, whichever of PyMC3's parametrisations the call uses;
positional arguments stay positional where PyMC4 has them in the same order. ``shape=`` becomes ``batch_stack=`` where
all parameters are certainly numbers, and otherwise stays: it means the total shape.

Why: PyMC4 follows TensorFlow Probability's names, has one parametrisation for each distribution, and in places another
order of arguments, so that a call that is not rewritten can run and mean something else.

Limits: arguments without a counterpart (``total_size=``, transforms other than ``None``) keep the model as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.catalog import DISTRIBUTIONS, Distribution
from pm_migrate.codemod import values as v
from pm_migrate.codemod.arguments import Given, Mapped, Refused, map_arguments, repeated, sort_arguments, spell
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import layout
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.tree import code, expression, is_none, statement

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
                x = pm.Normal('x', 0, 1, total_size=1000, observed=data)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                # TODO(pm-migrate PM202): total_size= has no counterpart in the generator front end
                x = pm.Normal('x', 0, 1, total_size=1000, observed=data)
            """,
        ),
    ),
)

UNKNOWN = Rule(
    "PM211",
    "A distribution without a rule",
    """The distribution is not in the catalogue yet.

    Why: only distributions whose two sides were compared number by number are rewritten.

    Limits: write its log density with ``pm.Potential``, or keep the model on PyMC3 through the drop-in.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                walk = pm.GaussianRandomWalk('walk', sd=1, shape=10)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                # TODO(pm-migrate PM211): there is no rule for pm.GaussianRandomWalk yet: keep this model on PyMC3
                walk = pm.GaussianRandomWalk('walk', sd=1, shape=10)
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

_KEEP = frozenset({"observed", "testval", "dims", "shape", "transform"})


def plan_variable(plan: Plan, call: cst.Call, name: str) -> None:
    """Plan the rewriting of one call of a distribution."""
    key = variable_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    row = DISTRIBUTIONS.get(name)
    if row is None:
        plan.refuse(call, key, UNKNOWN.code, f"there is no rule for pm.{name} yet: keep this model on PyMC3")
        return
    if not in_one_model(plan, call):
        plan.refuse(call, key, HELPER.code, "this adds to the model of the caller: create it in the block of its model")
        return
    try:
        _plan_arguments(plan, call, row, key)
    except Refused as refused:
        plan.refuse(call, key, RULE.code, str(refused))


def variable_group(plan: Plan, call: cst.CSTNode) -> cst.CSTNode:
    """The group of what makes part of a model: the model, or the function that a model calls."""
    context = plan.flow.context.get(call)
    models = v.models(context) if context else frozenset()
    for model in models:
        plan.unite(next(iter(models)).site, model.site)
    if models:
        return next(iter(models)).site
    scope = plan.tree.scope(call)
    return scope if isinstance(scope, cst.FunctionDef) else call


def in_one_model(plan: Plan, call: cst.CSTNode) -> bool:
    """Whether a call certainly adds to one model."""
    context = plan.flow.context.get(call)
    return context is not None and v.only(context, v.ModelRef) and len(context) == 1


def _plan_arguments(plan: Plan, call: cst.Call, row: Distribution, key: cst.CSTNode) -> None:
    given = sort_arguments(row, call, lambda index: is_none(call.args[index].value))
    form, outputs = map_arguments(row, given, "upstream" if plan.options.upstream else "pymc4")
    if plan.options.upstream and not row.in_pymc4:
        raise Refused(f"PyMC4 4.0a2 has no {row.name}")
    drop, rename = _options(plan, call, row, given)
    sources = {name: code(call.args[index].value) for name, index in given.params.items()}
    random = frozenset(n for n, i in given.params.items() if v.tainted(plan.flow.value(call.args[i].value)))
    needs = {"pm"}
    for mapped in outputs:
        needs |= spell(mapped.text, sources, random, str)[1]
    twice = repeated(outputs, sources)
    prepare_yield(plan, call, key)
    named = _name_first(plan, call, given, twice, row, key) if twice else {}
    chosen = form.pymc4_name or row.pymc4_name

    def apply(updated: cst.Call) -> cst.BaseExpression:
        args = _arguments(plan, call, updated, given, outputs, random, drop, rename, named)
        called = updated.with_changes(func=plan.names.name("pm", chosen, call), args=args)
        return yielded(plan, call, called)

    plan.edit(call, key, apply, needs)


def _options(
    plan: Plan, call: cst.Call, row: Distribution, given: Given
) -> tuple[frozenset[int], dict[int, tuple[str, str | None]]]:
    """Which options fall away, and which get another keyword or value."""
    drop = set()
    rename: dict[int, tuple[str, str | None]] = {}
    for keyword, index in given.options.items():
        value = call.args[index].value
        if keyword.startswith("none:") or (is_none(value) and keyword != "transform"):
            drop.add(index)
        elif keyword == "initval":
            rename[index] = ("testval", None)
        elif keyword == "transform":
            if not is_none(value) or plan.options.upstream:
                raise Refused("give the variable its default transform or none: others have no counterpart")
            rename[index] = ("transform", "NO_TRANSFORM")
        elif keyword == "shape" and row.rank == 0 and _scalars(plan, call, given):
            rename[index] = ("batch_stack", None)
        elif keyword == "lower" and row.name == "MvNormal" and code(value) == "True":
            drop.add(index)
        elif keyword not in _KEEP or (plan.options.upstream and keyword != "observed"):
            where = "PyMC4 4.0a2" if keyword in _KEEP else "the generator front end"
            raise Refused(f"{keyword}= has no counterpart in {where}")
    return frozenset(drop), rename


def _scalars(plan: Plan, call: cst.Call, given: Given) -> bool:
    """Whether every parameter is certainly one number, so that ``shape`` is all new axes."""
    return all(v.is_scalar(plan.flow.value(call.args[index].value)) for index in given.params.values())


def _name_first(
    plan: Plan, call: cst.Call, given: Given, twice: list[str], row: Distribution, key: cst.CSTNode
) -> dict[str, str]:
    """Bind arguments that the output needs more than once to names, in front of the statement."""
    line = plan.tree.statement(call)
    parent = plan.tree.parent[call]
    if not isinstance(parent, (cst.Assign, cst.Expr, cst.AnnAssign)) or not isinstance(line, cst.SimpleStatementLine):
        raise Refused(f"the parameters of pm.{row.name} are needed twice: give {', '.join(twice)} a name first")
    if len(line.body) > 1:
        raise Refused("write the statement on a line of its own")
    variable = call.args[given.name].value
    text = {a.text for a in plan.flow.value(variable) if isinstance(a, v.Text)}
    word = next(iter(text)) if len(text) == 1 else None
    prefix = f"{word}_" if word and word.isidentifier() else ""
    named = {param: plan.fresh_name(prefix + param, call) for param in twice}

    def build(_: Any) -> list[cst.SimpleStatementLine]:
        return [statement(f"{named[p]} = {code(plan.results[named[p]])}") for p in twice]

    for param in twice:
        index = given.params[param]
        plan.edit(call.args[index].value, key, _kept(plan, named[param]), last=True)
    plan.insert_before(line, key, build)
    return named


def _kept(plan: Plan, name: str) -> Callable[[Any], Any]:
    def apply(updated: cst.BaseExpression) -> cst.BaseExpression:
        plan.results[name] = updated
        return cst.Name(name)

    return apply


def _arguments(
    plan: Plan,
    call: cst.Call,
    updated: cst.Call,
    given: Given,
    outputs: list[Mapped],
    random: frozenset[str],
    drop: frozenset[int],
    rename: dict[int, tuple[str, str | None]],
    named: dict[str, str],
) -> list[cst.Arg]:
    """The arguments of the rewritten call, each where the one it comes from stood."""
    sources = {n: named.get(n) or code(updated.args[i].value) for n, i in given.params.items()}

    def alias(module: str) -> str:
        return plan.names.alias(module, call)

    homes: dict[int, list[cst.Arg]] = {}
    added: list[cst.Arg] = []
    for mapped in outputs:
        text = spell(mapped.text, sources, random, alias)[0]
        whole = mapped.text in sources and mapped.text not in named
        old = None if mapped.home is None else updated.args[given.params[mapped.home]]
        value = old.value if whole and old is not None else expression(text)
        made = _arg(value, None if mapped.positional else mapped.keyword, old)
        if mapped.home is None:
            added.append(made)
        else:
            homes.setdefault(given.params[mapped.home], []).append(made)
    args: list[cst.Arg] = []
    last = max([given.name, *given.params.values()])
    for index, arg in enumerate(updated.args):
        if index in homes:
            args.extend(homes[index])
        elif index in rename:
            keyword, constant = rename[index]
            new = arg.value if constant is None else plan.names.name("pm", constant, call)
            args.append(_arg(new, keyword, arg))
        elif index not in drop and index not in given.params.values():
            args.append(arg)
        if index == last:
            args.extend(added)
    return separated(args, updated.args)


def _arg(value: cst.BaseExpression, keyword: str | None, old: cst.Arg | None) -> cst.Arg:
    if keyword is None:
        return cst.Arg(value) if old is None else old.with_changes(value=value, keyword=None)
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    if old is None:
        return cst.Arg(value, keyword=cst.Name(keyword), equal=tight)
    equal = old.equal if isinstance(old.equal, cst.AssignEqual) else tight
    return old.with_changes(value=value, keyword=cst.Name(keyword), equal=equal)


def separated(args: list[cst.Arg], original: Any) -> list[cst.Arg]:
    """Arguments with a comma between each two, the original's line breaks and trailing comma kept."""
    if not args:
        return []
    trailing = original[-1].comma if original else cst.MaybeSentinel.DEFAULT
    after_last = original[-1].whitespace_after_arg if original else cst.SimpleWhitespace("")
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    out = [
        a.with_changes(
            comma=a.comma if isinstance(a.comma, cst.Comma) and a is not original[-1] else plain,
            whitespace_after_arg=a.whitespace_after_arg if isinstance(a.comma, cst.Comma) else cst.SimpleWhitespace(""),
        )
        for a in args[:-1]
    ]
    last = args[-1].with_changes(comma=trailing, whitespace_after_arg=after_last)
    return [*out, last]


def yielded(plan: Plan, node: cst.Call, value: cst.Call) -> cst.BaseExpression:
    """``yield value``, in parentheses unless it is all that a statement has on its right."""
    bare = isinstance(plan.tree.parent[node], (cst.Assign, cst.AnnAssign, cst.Expr))
    value = _laid_out(plan, node, value, len("yield " if bare else "(yield "))
    if bare and not value.lpar:
        return cst.Yield(value)
    inner = value.with_changes(lpar=(), rpar=())
    left = value.lpar or (cst.LeftParen(),)
    right = value.rpar or (cst.RightParen(),)
    return cst.Yield(inner, lpar=left, rpar=right)


def _laid_out(plan: Plan, original: cst.Call, made: cst.Call, pushed: int) -> cst.Call:
    """A call that moved to the right, its continuation lines with it, within the width of a line."""
    if layout.has_comments(original) or not original.args:
        return made
    start = plan.tree.position(plan.tree.statement(original)).start.column
    column = plan.tree.position(original).start.column - start
    shift = pushed + len(code(made.func)) - len(code(original.func))
    aligned_at = plan.tree.position(original.args[0]).start.column - start
    return layout.fitted(layout.realigned(made, shift, aligned_at), column + pushed)
