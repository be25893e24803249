"""The expression grammar of the catalogue.

Rows write parameter mappings and formulas as strings in a small part of Python's expression syntax: names, numbers,
``+ - * / **``, unary minus, comparisons, ``and`` of conditions, and calls of the functions in :data:`FUNCTIONS`. One
string serves three readers: the codemod prints it (:func:`render`), the runtime evaluates it over tensors
(:func:`evaluate`), and the docs show it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pm_migrate.errors import CatalogueError

#: Functions for parameter mappings, conditions, moments and ends: the runtime evaluates these on tensors and variables.
#: ``column(x)`` has a new last axis of length 1; ``between(F)`` are the probabilities of the categories between
#: cutpoints whose cumulative probabilities are the last axis of F.
FUNCTIONS = frozenset(
    """
    log log1p exp expm1 sqrt abs floor round sigmoid logit gammaln minimum maximum where sum cholesky inverse matmul
    transpose ones_like argmax ndtr logpow count take diagonal solve_lower i0e i1e column between
    """.split()
)

#: Further functions for reference formulas (``logp``, ``logcdf``), which only the high-precision judge evaluates.
#: ``cut_below(cuts, k)`` and ``cut_above(cuts, k)`` are the ends of category ``k`` between increasing cutpoints;
#: ``gammainc``, ``gammaincc`` and ``betainc`` are regularised; ``owens_t(h, a)`` is Owen's T;
#: ``betabinom_cdf(alpha, beta, n, x)`` and ``hypergeom_cdf(N, k, n, x)`` are sums of the probabilities up to x;
#: ``interpolate(x, xs, ys)`` is linear between the points, ``trapezoid(xs, ys)`` the area under them;
#: ``correlation_matrix(v)`` is symmetric with a unit diagonal and v as its strict upper triangle, row by row.
FORMULA_FUNCTIONS = frozenset(
    """
    cos sign atan log_ndtr log_i0e softplus log1mexp logaddexp betaln cut_below cut_above gammainc gammaincc betainc
    betabinom_cdf hypergeom_cdf owens_t multigammaln trace correlation_matrix interpolate
    trapezoid
    """.split()
)

#: Constants by name, with their values in float64.
CONSTANTS = {"pi": 3.141592653589793, "inf": float("inf")}

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
#: Operators that a table of functions may replace, by the name under which it has them.
_REPLACEABLE: dict[type[ast.operator], str] = {ast.Div: "/", ast.Pow: "**"}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


@cache
def parse(text: str) -> ast.expr:
    """Parse an expression and check it against the grammar.

    Raises
    ------
    CatalogueError
        Naming the text and the construct that is not allowed.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise CatalogueError(f"expression {text!r} does not parse: {error.msg}") from None
    for node in ast.walk(tree):
        _check(node, text)
    return tree


def _check(node: ast.AST, text: str) -> None:
    """Raise unless one node of the tree is in the grammar."""
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS | FORMULA_FUNCTIONS or node.keywords:
            raise CatalogueError(f"expression {text!r} calls {ast.unparse(node.func)!r}, which is not in the grammar")
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise CatalogueError(f"expression {text!r} has the constant {node.value!r}; only numbers are allowed")
    elif isinstance(node, ast.Compare):
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARE:
            raise CatalogueError(f"expression {text!r} has a comparison that is not in the grammar")
    elif isinstance(node, ast.BinOp):
        if type(node.op) not in _BINARY:
            raise CatalogueError(f"expression {text!r} has an operator that is not in the grammar")
    elif not isinstance(node, (ast.Name, ast.UnaryOp, ast.USub, ast.Load, ast.operator, ast.cmpop, ast.expr_context)):
        raise CatalogueError(f"expression {text!r} has {type(node).__name__}, which is not in the grammar")


@cache
def names(text: str) -> frozenset[str]:
    """Free names of an expression: parameters and ``value``, without functions and constants.

    Examples
    --------
    >>> sorted(names("(value - mu) / sigma + log(pi)"))
    ['mu', 'sigma', 'value']
    """
    tree = parse(text)
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called}
    return frozenset(found - CONSTANTS.keys())


@cache
def functions(text: str) -> frozenset[str]:
    """Functions that an expression calls.

    Examples
    --------
    >>> sorted(functions("log(x) + cos(x)"))
    ['cos', 'log']
    """
    return frozenset(
        n.func.id for n in ast.walk(parse(text)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    )


def evaluate(text: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """Evaluate an expression with Python's operators over any number-like objects.

    Parameters
    ----------
    text
        The expression.
    values
        Free names.
    functions
        Functions by name; under ``"/"`` and ``"**"``, what is used in place of these operators.

    Examples
    --------
    >>> import math
    >>> evaluate("sqrt(tau) * 2", {"tau": 9.0}, {"sqrt": math.sqrt})
    6.0
    """

    def visit(node: ast.expr) -> Any:
        match node:
            case ast.Name():
                return values[node.id] if node.id in values else CONSTANTS[node.id]
            case ast.Constant():
                return node.value
            case ast.BinOp(op=op):
                replaced = functions.get(_REPLACEABLE.get(type(op), ""))
                return (replaced or _BINARY[type(op)])(visit(node.left), visit(node.right))
            case ast.UnaryOp():
                return -visit(node.operand)
            case ast.Compare():
                return _COMPARE[type(node.ops[0])](visit(node.left), visit(node.comparators[0]))
            case ast.Call(func=ast.Name(id=name)):
                return functions[name](*(visit(a) for a in node.args))
        raise CatalogueError(f"expression {text!r}: cannot evaluate {type(node).__name__}")

    return visit(parse(text))


def render(text: str, sources: Mapping[str, str], functions: Mapping[str, str]) -> str:
    """Write an expression as Python source, names replaced by source text.

    Parameters
    ----------
    text
        The expression.
    sources
        Source text for each free name. Parentheses are added where the replaced text needs them.
    functions
        How to spell each function, for example ``{"sqrt": "tf.sqrt"}``.

    Examples
    --------
    >>> render("mu / (mu + alpha)", {"mu": "a + b", "alpha": "2"}, {})
    '(a + b) / (a + b + 2)'
    >>> render("tau ** -0.5", {"tau": "1 / s"}, {})
    '(1 / s) ** -0.5'
    >>> render("log(mu)", {"mu": "m"}, {"log": "tf.math.log"})
    'tf.math.log(m)'
    """

    class Substitute(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id in sources:
                return ast.parse(sources[node.id].strip(), mode="eval").body
            return node

        def visit_Call(self, node: ast.Call) -> ast.expr:
            assert isinstance(node.func, ast.Name)
            try:
                function = ast.parse(functions[node.func.id], mode="eval").body
            except KeyError:
                raise CatalogueError(f"no spelling given for the function {node.func.id!r} of {text!r}") from None
            return ast.Call(func=function, args=[self.visit(a) for a in node.args], keywords=[])

    tree = parse(text)
    if isinstance(tree, ast.Name) and tree.id in sources:
        return sources[tree.id]  # keep the user's own spelling: quotes, spaces, number formats
    # ast.parse anew: the transformer edits in place and parse() is cached
    source = ast.unparse(Substitute().visit(ast.parse(text, mode="eval").body))
    # unparse brackets a negative exponent, which nobody writes
    return re.sub(r"\*\* \((-[\d.]+)\)", r"** \1", source)


def substitute(text: str, replacements: Mapping[str, str]) -> str:
    """Compose expressions: replace names by expressions.

    Examples
    --------
    >>> substitute("sigma", {"sigma": "tau ** -0.5"})
    'tau ** -0.5'
    """
    return _composed(text, tuple(replacements.items()))


@cache
def _composed(text: str, replacements: tuple[tuple[str, str], ...]) -> str:
    return render(text, dict(replacements), {name: name for name in FUNCTIONS})
