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

#: Every function a row may call; each reader supplies its own implementation.
FUNCTIONS = frozenset(
    """
    log log1p exp expm1 sqrt abs floor round sigmoid logit gammaln minimum maximum where sum cholesky inverse
    transpose ones_like argmax ndtr logpow count take diagonal solve_lower
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
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
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


def evaluate(text: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """Evaluate an expression with Python's operators over any number-like objects.

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
            case ast.BinOp():
                return _BINARY[type(node.op)](visit(node.left), visit(node.right))
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
    return render(text, dict(replacements), {name: name for name in FUNCTIONS})
