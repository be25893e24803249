"""Calls of distributions, whatever becomes of them: their arguments in the generator front end's terms."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from pm_migrate.catalog.schema import Distribution, Form, Parametrised
from pm_migrate.codemod import values as v
from pm_migrate.codemod.arguments import (
    Argument,
    Given,
    Mapped,
    Refused,
    map_arguments,
    repeated,
    sort_arguments,
    spell,
    spread,
)
from pm_migrate.codemod.given import sources
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import layout
from pm_migrate.codemod.starred import unpacker
from pm_migrate.codemod.tree import COMPREHENSIONS, code, expression, is_none, is_written_out, statement

#: Options that mean the same in the generator front end, and those of PyMC4 itself.
_KEEP = frozenset({"observed", "testval", "dims", "shape", "transform", "total_size"})
_UPSTREAM = frozenset({"observed"})
#: Options that say how PyMC3 lays out its graph, which changes no number here.
_WITHOUT_MEANING = frozenset({"comp_shape", "compute_corr", "store_in_trace", "broadcastable"})
#: Modules whose functions can be called again, or earlier in their statement, without a difference.
_PURE = ("numpy.", "theano.", "pymc3.math.", "builtins.")
_IMPURE = ("numpy.random.", "theano.shared", "builtins.print", "builtins.next", "builtins.input", "builtins.open")


@dataclass(frozen=True)
class Constructor:
    """What a call of a distribution becomes.

    Parameters
    ----------
    row
        Its arguments.
    func
        What is called in its place: of the rewritten call and the name in the generator front end.
    finish
        What is made of the new call.
    named
        Whether it makes a variable, whose name comes first.
    """

    row: Parametrised
    func: Callable[[cst.Call, str], cst.BaseExpression]
    finish: Callable[[cst.Call], cst.BaseExpression]
    named: bool = True


@dataclass
class _Options:
    """What happens to arguments that are not parameters: those that fall away, and those that are spelled anew."""

    drop: set[Argument] = field(default_factory=set)
    rename: dict[Argument, tuple[str, str | None]] = field(default_factory=dict)


def plan_constructor(plan: Plan, call: cst.Call, made: Constructor, key: cst.CSTNode) -> Given:
    """Plan the rewriting of one call of a distribution.

    Raises
    ------
    Refused
        When that is not certain; the message says why.
    """
    row = made.row
    given = sort_arguments(row, spread(call, unpacker(plan)), named=made.named)
    form, outputs = map_arguments(row, given, "upstream" if plan.options.upstream else "pymc4")
    if plan.options.upstream and not row.in_pymc4:
        raise Refused(f"PyMC4 4.0a2 has no {row.name}")
    if plan.options.upstream and isinstance(row, Distribution):
        _check_upstream(plan, row, given, named=made.named)
    options = _options(plan, row, given, scalar=_scalars(plan, given) and _is_bounded_by_scalars(plan, call))
    _check_random(plan, given)
    sources = {name: plan.tree.code(argument.value) for name, argument in given.params.items()}
    random = frozenset(
        n
        for n, a in given.params.items()
        # for PyMC4 itself, arrays are cast to tensors
        if v.tainted(plan.flow.value(a.value)) or (plan.options.upstream and not is_written_out(a.value))
    )
    needs = {"pm"}
    for mapped in outputs:
        needs |= spell(mapped.text, sources, random, str)[1]
    named = _twice(plan, call, given, repeated(outputs, sources), row, key)
    chosen = form.pymc4_name or row.pymc4_name

    def apply(updated: cst.Call) -> cst.BaseExpression:
        args = _arguments(plan, call, updated, given, outputs, random, options, named)
        return made.finish(updated.with_changes(func=made.func(updated, chosen), args=args))

    plan.edit(call, key, apply, needs)
    return given


def _check_upstream(plan: Plan, row: Distribution, given: Given, *, named: bool) -> None:
    """Refuse what PyMC4 itself would sample wrongly, in silence or not."""
    observed = given.options.get("observed")
    if row.name == "DiscreteUniform":
        raise Refused("PyMC4 4.0a2 has float64 densities of DiscreteUniform, which cannot be added to others")
    if observed is not None and not is_none(observed.value):
        if _is_masked(plan, observed.value):
            raise Refused("PyMC4 4.0a2 does not know missing data: it takes what stands below the mask for observed")
    elif not named:
        return
    elif row.name in _NO_DRAWS:
        raise Refused(f"PyMC4 4.0a2 draws from the prior before it samples, and {row.name} has no draws")
    elif row.discrete and row.name not in _STEPPED:
        raise Refused(f"PyMC4 4.0a2 samples {row.name} variables without data as if they were continuous")
    elif row.name in _UNCONSTRAINED:
        raise Refused(f"PyMC4 4.0a2 has no transform of {row.name}: samplers leave its support")


#: Distributions that PyMC4 cannot draw from.
_NO_DRAWS = frozenset({"Flat", "HalfFlat"})
#: Discrete distributions that PyMC4 has a sampler for.
_STEPPED = frozenset({"Bernoulli", "Categorical"})
#: Distributions on a part of space that PyMC4's samplers do not keep to.
_UNCONSTRAINED = frozenset({"Dirichlet", "Wishart"})
#: How many names deep data are followed.
_DEPTH = 3


def _is_masked(plan: Plan, value: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether an array may be one of ``numpy.ma``, here or where its name is given a value."""
    while isinstance(value, cst.Subscript):
        value = value.value
    if isinstance(value, cst.Name):
        return depth < _DEPTH and any(_is_masked(plan, each, depth + 1) for each in sources(plan, value).values)
    return any((plan.flow.name_of(call.func) or "").startswith("numpy.ma.") for call in plan.tree.walk(value, cst.Call))


def chosen_form(plan: Plan, call: cst.Call, row: Parametrised, *, named: bool) -> Form:
    """The parametrisation that a call uses.

    Raises
    ------
    Refused
        When its arguments fit none.
    """
    given = sort_arguments(row, spread(call, unpacker(plan)), named=named)
    return map_arguments(row, given, "pymc4")[0]


# -- options ---------------------------------------------------------------------------------------------------------


def _options(plan: Plan, row: Parametrised, given: Given, *, scalar: bool) -> _Options:
    out = _Options()
    for keyword, argument in given.options.items():
        value = argument.value
        if keyword.startswith("none:") or (is_none(value) and keyword != "transform"):
            out.drop.add(argument)
        elif keyword == "compute_corr" and code(value) != "False":
            raise Refused("compute_corr=: say True or False, since it decides how many values there are")
        elif keyword in _WITHOUT_MEANING or (keyword == "dtype" and _is_floatx(plan, value)):
            out.drop.add(argument)
        elif keyword == "initval":
            out.rename[argument] = ("testval", None)
        elif keyword == "lower" and "chol" in row.signature:
            _lower(value, out, argument)
        elif keyword == "transform" and is_none(value) and not plan.options.upstream:
            out.rename[argument] = ("transform", "NO_TRANSFORM")
        elif keyword == "transform":
            _check_transform(plan, value)
        elif keyword == "shape" and row.rank == 0 and "observed" not in given.options and scalar:
            out.rename[argument] = ("batch_stack", None)
        elif keyword not in (_UPSTREAM if plan.options.upstream else _KEEP):
            raise Refused(_unknown(plan, keyword))
        elif argument.keyword is None:
            out.rename[argument] = (keyword, None)
        if keyword == "observed" and isinstance(value, cst.Dict) and row.name != "DensityDist":
            raise Refused("observed= is a dictionary: give the distribution one array")
    return out


def _check_random(plan: Plan, given: Given) -> None:
    """Refuse draws by a function of PyMC3's form; the draws of another distribution are its own here too."""
    random = given.params.get("random")
    if random is None:
        return
    match random.value:
        case cst.Attribute(value=base, attr=cst.Name(value="random")) if v.only(plan.flow.value(base), v.Dist):
            return
    raise Refused("random=: give a function of a shape and a seed, such as the method .sample of a distribution has")


def _unknown(plan: Plan, keyword: str) -> str:
    if keyword == "dtype":
        return "dtype=: values are floatX or int64 here; leave it out, or choose with pm.set_floatx"
    where = "PyMC4 4.0a2" if keyword in _KEEP else "the generator front end"
    return f"{keyword}= has no counterpart in {where}"


def _is_floatx(plan: Plan, value: cst.BaseExpression) -> bool:
    """Whether a dtype is the one that values have anyway."""
    text = {a.text for a in plan.flow.value(value) if isinstance(a, v.Text)}
    if text and text <= {"float64", "int64", "floatX"}:
        return True
    return plan.flow.name_of(value) in ("theano.config.floatX", "numpy.float64", "numpy.int64", "builtins.float")


def _lower(value: cst.BaseExpression, out: _Options, argument: Argument) -> None:
    if code(value) != "True":
        raise Refused("lower=False: transpose chol, and leave lower= out")
    out.drop.add(argument)


def _check_transform(plan: Plan, value: cst.BaseExpression) -> None:
    """Refuse a transform of which nothing is known: None would mean another thing here."""
    known = (v.Qualified, v.Foreign, v.Instance)
    if plan.options.upstream or not v.only(plan.flow.value(value), known):  # type: ignore[arg-type]
        raise Refused("transform=: name the transform here, from pm.distributions.transforms, or None for none")


def _scalars(plan: Plan, given: Given) -> bool:
    """Whether every parameter is certainly one number, so that ``shape`` is all new axes."""
    return all(v.is_scalar(plan.flow.value(argument.value)) for argument in given.params.values())


def _is_bounded_by_scalars(plan: Plan, call: cst.Call) -> bool:
    """Whether the bounds of a class that ``pm.Bound`` made, if it is one, are certainly one number each."""
    makers = [a.call for a in plan.flow.value(call.func) if isinstance(a, v.Dist) and a.bound]
    bounds = [a.value for maker in makers for a in maker.args[1:]]
    return all(is_none(bound) or v.is_scalar(plan.flow.value(bound)) for bound in bounds)


# -- parameters that are needed twice --------------------------------------------------------------------------------


def _twice(
    plan: Plan, call: cst.Call, given: Given, twice: list[str], row: Parametrised, key: cst.CSTNode
) -> dict[str, str]:
    """Bind arguments that the output needs more than once to names, in front of the statement, where one can stand.

    Elsewhere they are written out twice, when that makes no difference.
    """
    if not twice:
        return {}
    if _can_stand_in_front(plan, call) and all(given.params[p].take is None for p in twice):
        return _name_first(plan, call, given, twice, key)
    if all(_is_pure(plan, given.params[p].value) for p in twice):
        return {}
    raise Refused(f"the parameters of pm.{row.name} are needed twice: give {', '.join(twice)} a name first")


def _can_stand_in_front(plan: Plan, call: cst.Call) -> bool:
    """Whether a statement in front of a call's own runs as often, and nothing that matters runs between."""
    line = plan.tree.statement(call)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
        return False
    for outer in plan.tree.ancestors(call):
        if outer is line:
            break
        if isinstance(outer, (*COMPREHENSIONS, cst.Lambda, cst.IfExp, cst.BooleanOperation)):
            return False
    before = (n for n in plan.tree.walk(line, cst.Call) if not plan.tree.inside(call, n))
    return not any(plan.tree.order[n] < plan.tree.order[call] for n in before)


def _is_pure(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression can be computed twice."""
    for n in plan.tree.walk(node):
        if isinstance(n, (cst.NamedExpr, cst.Await, cst.Yield, cst.Lambda, *COMPREHENSIONS)):
            return False
        if isinstance(n, cst.Call):
            name = plan.flow.name_of(n.func)
            if name is None and isinstance(n.func, cst.Attribute):
                continue  # a method of a value: x.sum()
            if name is None or not name.startswith(_PURE) or name.startswith(_IMPURE):
                return False
    return True


def _name_first(plan: Plan, call: cst.Call, given: Given, twice: list[str], key: cst.CSTNode) -> dict[str, str]:
    text = set()
    if given.name is not None:
        text = {a.text for a in plan.flow.value(given.name.value) if isinstance(a, v.Text)}
    word = next(iter(text)) if len(text) == 1 else None
    prefix = f"{word}_" if word and word.isidentifier() else ""
    named = {param: plan.fresh_name(prefix + param, call) for param in twice}

    def build(_: Any) -> list[cst.SimpleStatementLine]:
        return [statement(f"{named[p]} = {code(plan.results[named[p]])}") for p in twice]

    for param in twice:
        plan.edit(given.params[param].value, key, _kept(plan, named[param]), last=True)
    plan.insert_before(plan.tree.statement(call), key, build)
    return named


def _kept(plan: Plan, name: str) -> Callable[[Any], Any]:
    def apply(updated: cst.BaseExpression) -> cst.BaseExpression:
        plan.results[name] = updated
        return cst.Name(name)

    return apply


# -- the new arguments -----------------------------------------------------------------------------------------------


def _arguments(
    plan: Plan,
    call: cst.Call,
    updated: cst.Call,
    given: Given,
    outputs: list[Mapped],
    random: frozenset[str],
    options: _Options,
    named: dict[str, str],
) -> list[cst.Arg]:
    """The arguments of the rewritten call, each where the one it comes from stood."""
    sources = {n: named.get(n) or code(a.rewritten(updated)) for n, a in given.params.items()}
    homes: dict[Argument, list[cst.Arg]] = {}
    added: list[cst.Arg] = []
    for mapped in outputs:
        text = spell(mapped.text, sources, random, lambda module: plan.names.alias(module, call))[0]
        whole = mapped.text in sources and mapped.text not in named
        old = None if mapped.home is None else given.params[mapped.home].old(updated)
        value = old.value if whole and old is not None else _parsed(text)
        arg = _arg(value, None if mapped.positional else mapped.keyword, old)
        if mapped.home is None:
            added.append(arg)
        else:
            homes.setdefault(given.params[mapped.home], []).append(arg)
    args: list[cst.Arg] = []
    params = set(given.params.values())
    last = max((i for i, a in enumerate(given.every) if a in params or a is given.name), default=-1)
    for index, argument in enumerate(given.every):
        if argument in homes:
            args.extend(homes[argument])
        elif argument in options.rename:
            keyword, constant = options.rename[argument]
            value = argument.rewritten(updated) if constant is None else plan.names.name("pm", constant, call)
            args.append(_arg(value, keyword, argument.old(updated)))
        elif argument not in options.drop and argument not in params:
            kept = argument.old(updated)
            args.append(_arg(argument.rewritten(updated), argument.keyword, None) if kept is None else kept)
        if index == last:
            args.extend(added)
    return separated(args if last >= 0 else [*added, *args], updated.args)


def _parsed(text: str) -> cst.BaseExpression:
    return expression(text.strip())


def _arg(value: cst.BaseExpression, keyword: str | None, old: cst.Arg | None) -> cst.Arg:
    if keyword is None:
        return cst.Arg(value) if old is None else old.with_changes(value=value, keyword=None)
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    if old is None:
        return cst.Arg(value, keyword=cst.Name(keyword), equal=tight)
    equal = old.equal if isinstance(old.equal, cst.AssignEqual) else tight
    return old.with_changes(value=value, keyword=cst.Name(keyword), equal=equal)


def separated(args: Sequence[cst.Arg], original: Any) -> list[cst.Arg]:
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


def yielded(plan: Plan, node: cst.Call, value: cst.Call, *, many: bool = False) -> cst.BaseExpression:
    """``yield value``, in parentheses unless it is all that a statement has on its right.

    Parameters
    ----------
    many
        Whether ``value`` is a generator: ``yield from value``.
    """
    bare = isinstance(plan.tree.parent[node], (cst.Assign, cst.AnnAssign, cst.Expr))
    word = "yield from " if many else "yield "
    value = laid_out(plan, node, value, len(word) + (not bare))
    left: Sequence[cst.LeftParen] = () if bare and not value.lpar else value.lpar or (cst.LeftParen(),)
    right: Sequence[cst.RightParen] = () if bare and not value.lpar else value.rpar or (cst.RightParen(),)
    inner = value.with_changes(lpar=(), rpar=()) if left else value
    return cst.Yield(cst.From(inner) if many else inner, lpar=left, rpar=right)


def laid_out(plan: Plan, original: cst.Call, made: cst.Call, pushed: int = 0) -> cst.Call:
    """A call that moved to the right, its continuation lines with it, within the width of a line."""
    if plan.tree.has_comments(original) or not original.args:
        return made
    start = plan.tree.position(plan.tree.statement(original)).start.column
    column = plan.tree.position(original).start.column - start
    shift = pushed + len(code(made.func)) - len(code(original.func))
    aligned_at = plan.tree.position(original.args[0]).start.column - start
    return layout.fitted(layout.realigned(made, shift, aligned_at), column + pushed)


def literal(node: cst.BaseExpression) -> Any:
    """The value of a literal expression, or None."""
    try:
        return ast.literal_eval(code(node).strip())
    except (ValueError, SyntaxError):
        return None
