"""Reading a LibCST tree: children, parents, positions, literals.

LibCST's metadata providers cost several times the parse, and ``CSTNode.children`` visits and rebuilds the node. One own
walk over the fields that carry meaning gives everything the analysis needs.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from functools import cache, lru_cache

import libcst as cst
from libcst.metadata import CodeRange

from pm_migrate.codemod.positions import Positions

_LAYOUT = frozenset(
    "leading_lines lines_after_decorators header footer trailing_whitespace lpar rpar lbracket rbracket comma "
    "semicolon equal lbrace rbrace colon newline comment dot indent".split()
)
_SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(
        f.name for f in dataclasses.fields(kind) if f.name not in _LAYOUT and not f.name.startswith("whitespace")
    )


@cache
def _is_node(kind: type) -> bool:
    """Whether a class is one of nodes; cheaper than ``isinstance``, which asks an abstract class each time."""
    return issubclass(kind, cst.CSTNode)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The children of a node that carry meaning, in source order."""
    if type(node) is cst.Name:
        return []
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        kind = value.__class__
        if kind is list or kind is tuple:
            found += [item for item in value if _is_node(item.__class__)]
        elif _is_node(kind):
            found.append(value)
    return found


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and everything below it, parents first, in source order."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(children(node))


def string_value(node: cst.CSTNode | None) -> str | None:
    """Value of a plain string literal (concatenated literals included), or None."""
    if isinstance(node, cst.SimpleString):
        value = ast.literal_eval(node.value)
        return value if isinstance(value, str) else None
    if isinstance(node, cst.ConcatenatedString):
        left, right = string_value(node.left), string_value(node.right)
        return None if left is None or right is None else left + right
    return None


def is_none(node: cst.CSTNode | None) -> bool:
    """Whether a node is the literal ``None``."""
    return isinstance(node, cst.Name) and node.value == "None"


def dotted(node: cst.CSTNode) -> str | None:
    """``a.b.c`` of a chain of attributes on a name, or None for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        base = dotted(node.value)
        return None if base is None else f"{base}.{node.attr.value}"
    return None


def code(node: cst.CSTNode) -> str:
    """Source text of one node."""
    if type(node) is cst.Name and not node.lpar:
        return node.value
    return cst.Module([]).code_for_node(node)


def expression(text: str) -> cst.BaseExpression:
    """Parse an expression."""
    return cst.parse_expression(text)


def statement(text: str) -> cst.SimpleStatementLine:
    """Parse one simple statement."""
    parsed = cst.parse_statement(text)
    assert isinstance(parsed, cst.SimpleStatementLine)
    return parsed


def target_names(target: cst.BaseExpression) -> Iterator[cst.Name]:
    """Names that an assignment to a target binds."""
    if isinstance(target, cst.Name):
        yield target
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from target_names(element.value)
    elif isinstance(target, cst.StarredElement):
        yield from target_names(target.value)


@lru_cache(maxsize=1)
def parse_module(text: str) -> cst.Module:
    """Parse a module; the last one is kept, since the check of the input and the rewrite parse the same text."""
    return cst.parse_module(text)


class Tree:
    """A parsed module with parents, positions and the order of its nodes.

    Parameters
    ----------
    text
        Source of the module.

    Attributes
    ----------
    module
        The parsed module.
    parent
        Parent of every node.
    order
        Place of every node in a walk, parents first.
    """

    def __init__(self, text: str) -> None:
        self.module = parse_module(text)
        self.lines = text.splitlines()
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.order: dict[cst.CSTNode, int] = {}
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            self.order[node] = len(self.order)
            below = children(node)
            for child in below:
                self.parent[child] = node
            stack += reversed(below)
        self._positions: Positions | None = None

    def position(self, node: cst.CSTNode) -> CodeRange:
        """Where a node stands: lines from 1, columns from 0."""
        if self._positions is None:
            self._positions = Positions(self.module)
        return self._positions[node]

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the parent of a node, its parent, and so on."""
        while node in self.parent:
            node = self.parent[node]
            yield node

    def inside(self, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
        """Whether a node is ``outer`` or below it."""
        return node is outer or any(a is outer for a in self.ancestors(node))

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost statement around a node that owns its line, so that a comment can stand above it."""
        for candidate in (node, *self.ancestors(node)):
            # a comment above the first decorator belongs to the function, so all decorators are treated alike
            if hasattr(candidate, "leading_lines") and not isinstance(candidate, cst.Decorator):
                return candidate
        return self.module

    def scope(self, node: cst.CSTNode) -> cst.CSTNode:
        """The function, class, lambda or module whose names a node sees first."""
        child = node
        for candidate in self.ancestors(node):
            if isinstance(candidate, cst.Module):
                return candidate
            if isinstance(candidate, cst.FunctionDef) and child is candidate.body:
                return candidate
            if isinstance(candidate, cst.ClassDef) and child is candidate.body:
                return candidate
            if isinstance(candidate, cst.Lambda) and child is candidate.body:
                return candidate
            child = candidate
        return self.module

    def in_comprehension(self, node: cst.CSTNode, within: cst.CSTNode) -> cst.CSTNode | None:
        """The innermost comprehension or nested scope between a node and ``within``."""
        for candidate in self.ancestors(node):
            if candidate is within:
                return None
            if isinstance(candidate, (*COMPREHENSIONS, *_SCOPES)):
                return candidate
        return None
