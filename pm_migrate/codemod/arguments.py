"""Arguments of a PyMC3 distribution as arguments of the generator front end, by the catalogue.

Nothing here knows of models or plans: a call and the values of its arguments go in, a :class:`Mapped` comes out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import libcst as cst

from pm_migrate.catalog import Form, expr
from pm_migrate.catalog.schema import Parametrised
from pm_migrate.codemod.tree import is_none
from pm_migrate.errors import CatalogueError

#: Spellings of the catalogue's functions: for arguments that depend on random variables, and for all others.
TENSORFLOW = {
    "log": "math.log",
    "log1p": "math.log1p",
    "exp": "exp",
    "expm1": "math.expm1",
    "sqrt": "sqrt",
    "abs": "abs",
    "floor": "floor",
    "round": "round",
    "sigmoid": "sigmoid",
    "gammaln": "math.lgamma",
    "minimum": "minimum",
    "maximum": "maximum",
    "where": "where",
    "inverse": "linalg.inv",
    "cholesky": "linalg.cholesky",
    "transpose": "linalg.matrix_transpose",
    "ones_like": "ones_like",
}
NUMPY = {
    "log": "log",
    "log1p": "log1p",
    "exp": "exp",
    "expm1": "expm1",
    "sqrt": "sqrt",
    "abs": "abs",
    "floor": "floor",
    "round": "round",
    "minimum": "minimum",
    "maximum": "maximum",
    "where": "where",
    "inverse": "linalg.inv",
    "cholesky": "linalg.cholesky",
    "transpose": "transpose",
    "ones_like": "ones_like",
}
_TRIVIAL = re.compile(r"-?[\w.]+(\[[\w'\"]+\])?")


class Refused(Exception):
    """The arguments cannot be mapped with certainty; the message says why."""


@dataclass(frozen=True, eq=False)
class Argument:
    """One argument of a call, or one of several that a starred argument holds.

    Parameters
    ----------
    keyword
        Its name, or None for one by position.
    value
        Its expression in the program.
    place
        Index of what it stands in among the arguments of the call.
    take
        Its expression when the call's own arguments are rewritten; None for the whole argument at ``place``.
    """

    keyword: str | None
    value: cst.BaseExpression
    place: int
    take: Callable[[cst.Call], cst.BaseExpression] | None = None

    def old(self, updated: cst.Call) -> cst.Arg | None:
        """The rewritten argument that it is; None when it is a part of one."""
        return updated.args[self.place] if self.take is None else None

    def rewritten(self, updated: cst.Call) -> cst.BaseExpression:
        """Its expression in the rewritten call."""
        return updated.args[self.place].value if self.take is None else self.take(updated)


#: The arguments that a starred argument certainly holds, or None.
Unpack = Callable[[cst.Arg, int], list[Argument] | None]


@dataclass(frozen=True)
class Given:
    """The arguments of one call, sorted out.

    Parameters
    ----------
    every
        All of them, in order.
    params
        Those of PyMC3's parameters.
    options
        Those by keyword that are not parameters.
    name
        The variable's name; None for a distribution without one.
    positional
        Parameters that were given by position.
    """

    every: tuple[Argument, ...]
    params: Mapping[str, Argument]
    options: Mapping[str, Argument]
    name: Argument | None
    positional: frozenset[str]


@dataclass(frozen=True)
class Mapped:
    """One argument of the output.

    Parameters
    ----------
    keyword
        Its name in the generator front end.
    text
        Its expression in parameters of the call.
    home
        The parameter whose place it takes, or None for a default that the call did not spell out.
    positional
        Whether it can stand without its keyword.
    """

    keyword: str
    text: str
    home: str | None
    positional: bool


def spread(call: cst.Call, unpack: Unpack) -> tuple[Argument, ...]:
    """The arguments of a call, those in starred ones told apart.

    Raises
    ------
    Refused
        For starred arguments that may hold anything.
    """
    out: list[Argument] = []
    for place, arg in enumerate(call.args):
        if not arg.star:
            out.append(Argument(None if arg.keyword is None else arg.keyword.value, arg.value, place))
            continue
        inside = unpack(arg, place)
        if inside is None:
            raise Refused("write out the starred arguments")
        out.extend(inside)
    return tuple(out)


def sort_arguments(row: Parametrised, every: tuple[Argument, ...], *, named: bool = True) -> Given:
    """Sort the arguments of a call into name, parameters and options.

    Parameters
    ----------
    named
        Whether the first one by position is the name of a variable.

    Raises
    ------
    Refused
        For too many of them, or two values for one parameter.
    """
    params: dict[str, Argument] = {}
    options: dict[str, Argument] = {}
    positional = set()
    name: Argument | None = None
    place = 0 if named else 1
    for argument in every:
        if argument.keyword is None:
            if place == 0:
                name = argument
            elif place > len(row.signature):
                raise Refused(f"pm.{row.name} takes at most {len(row.signature)} positional arguments after the name")
            else:
                keyword = row.signature[place - 1]
                _file(row, keyword, argument, params, options)
                positional.add(keyword)
            place += 1
        elif argument.keyword == "name" and named:
            name = argument
        else:
            _file(row, argument.keyword, argument, params, options)
    if named and name is None:
        raise Refused("the variable has no name")
    by_place = {row.param(k).name for k in positional if k not in row.options}
    return Given(every, params, options, name, frozenset(by_place & set(params)))


def _file(
    row: Parametrised,
    keyword: str,
    argument: Argument,
    params: dict[str, Argument],
    options: dict[str, Argument],
) -> None:
    if keyword in row.options:
        options[keyword] = argument
        return
    try:
        param = row.param(keyword).name
    except KeyError:
        options[keyword] = argument
        return
    if is_none(argument.value):
        options[f"none:{keyword}"] = argument
    elif param in params:
        raise Refused(f"two values for the parameter {param}")
    else:
        params[param] = argument


def computes_corr(call: cst.Call) -> bool:
    """Whether a call of ``LKJCholeskyCov`` certainly gives the unpacked factor, the correlations and the deviations."""
    for place, arg in enumerate(call.args):
        if (arg.keyword.value if arg.keyword is not None else place) in ("compute_corr", 4):
            return isinstance(arg.value, cst.Name) and arg.value.value == "True"
    return False


def map_arguments(row: Parametrised, given: Given, target: str) -> tuple[Form, list[Mapped]]:
    """The arguments of the output, in order.

    Parameters
    ----------
    target
        ``pymc4`` or ``upstream``.

    Raises
    ------
    Refused
        When the arguments fit no parametrisation.
    """
    try:
        form = row.form_for(frozenset(given.params))
    except CatalogueError as error:
        raise Refused(str(error)) from None
    outputs = row.arguments(form, target)
    defaults = {p.name: p.default for p in row.params if p.default is not None}
    order_of = {argument: place for place, argument in enumerate(given.every)}
    ranked = []
    for order, (keyword, text) in enumerate(outputs.items()):
        text = expr.substitute(text, {n: str(defaults[n]) for n in expr.names(text) if n not in given.params})
        homes = sorted((order_of[given.params[n]], n) for n in expr.names(text))
        if not homes and text == row.pymc4_defaults.get(keyword):
            continue
        home = homes[0][1] if homes else None
        ranked.append(((0, homes[0][0]) if homes else (1, order), order, Mapped(keyword, text, home, False)))
    ordered = [m for _, _, m in sorted(ranked, key=lambda r: r[:2])]
    signature = list(row.pymc4) if target == "upstream" else list(row.pymc4_signature)
    out: list[Mapped] = []
    in_order = True
    for place, mapped in enumerate(ordered):
        used = expr.names(mapped.text)
        in_order = (
            in_order
            and place < len(signature)
            and signature[place] == mapped.keyword
            and len(used) == 1
            and used <= given.positional
        )
        out.append(Mapped(mapped.keyword, mapped.text, mapped.home, in_order))
    return form, out


def repeated(outputs: list[Mapped], sources: Mapping[str, str]) -> list[str]:
    """Parameters that occur more than once in the output and are more than a name or a number."""
    counts: dict[str, int] = {}
    for mapped in outputs:
        for node in ast.walk(expr.parse(mapped.text)):
            if isinstance(node, ast.Name) and node.id in sources:
                counts[node.id] = counts.get(node.id, 0) + 1
    return [n for n, count in counts.items() if count > 1 and not _TRIVIAL.fullmatch(sources[n].strip())]


def spell(
    text: str, sources: Mapping[str, str], random: frozenset[str], aliases: Callable[[str], str]
) -> tuple[str, frozenset[str]]:
    """Write an expression of the catalogue out.

    Parameters
    ----------
    sources
        Source text by parameter.
    random
        The parameters that depend on random variables.
    aliases
        Gives the alias of ``tf`` and ``np``.

    Returns
    -------
    tuple
        The source text, and which of ``tf`` and ``np`` it needs.

    Raises
    ------
    Refused
        When a function has no spelling.

    Examples
    --------
    >>> spell("log(mu) - log(alpha)", {"mu": "m", "alpha": "10"}, frozenset({"mu"}), str)[0]
    'tf.math.log(m) - np.log(10)'
    """
    if text in sources:
        return sources[text], frozenset()
    needs = set()
    marked = text
    functions = {}
    tree = ast.parse(text, mode="eval")
    for number, node in enumerate(n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        assert isinstance(node.func, ast.Name)
        used = {n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)}
        module, table = ("tf", TENSORFLOW) if used & random else ("np", NUMPY)
        if node.func.id not in table:
            raise Refused(f"the parameter needs {node.func.id}(...): compute it in front and give it by name")
        needs.add(module)
        functions[f"f{number}_"] = f"{aliases(module)}.{table[node.func.id]}"
        node.func.id = f"f{number}_"
    if functions:
        marked = ast.unparse(tree)
        return _substituted(marked, sources, functions), frozenset(needs)
    return expr.render(text, sources, {}), frozenset()


def _substituted(text: str, sources: Mapping[str, str], functions: Mapping[str, str]) -> str:
    class Substitute(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            known = sources.get(node.id) or functions.get(node.id)
            return node if known is None else ast.parse(known.strip(), mode="eval").body

    source = ast.unparse(Substitute().visit(ast.parse(text, mode="eval").body))
    return re.sub(r"\*\* \((-[\d.]+)\)", r"** \1", source)
