"""Reading a LibCST tree: children, parents, positions, literals.

LibCST's metadata providers cost several times the parse, and ``CSTNode.children`` visits and rebuilds the node. One own
walk over the fields that carry meaning gives everything the analysis needs.
"""

from __future__ import annotations

import ast
import dataclasses
import keyword
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property, lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar, overload

import libcst as cst
from libcst.metadata import CodeRange

from pm_migrate.codemod.comments import comments
from pm_migrate.codemod.positions import Positions, printed

_LAYOUT = frozenset(
    "leading_lines lines_after_decorators header footer trailing_whitespace lpar rpar lbracket rbracket comma "
    "semicolon equal lbrace rbrace colon newline comment dot indent".split()
)
_LITERAL = frozenset({cst.Name, cst.Integer, cst.Float, cst.SimpleString})
_SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
_Node = TypeVar("_Node", bound=cst.CSTNode)


def _hash_in_c(kind: type[Any]) -> None:
    """Give a class of nodes and those derived from it ``object``'s own hash and equality.

    LibCST's are the same, by identity, but written in Python: look-ups by nodes were a fifteenth of the time by it.
    """
    kind.__hash__ = object.__hash__  # type: ignore[assignment]
    kind.__eq__ = object.__eq__  # type: ignore[assignment]
    for derived in kind.__subclasses__():
        _hash_in_c(derived)


_hash_in_c(cst.CSTNode)

_PLAIN_STRING = re.compile(r"""(['"])([^'"\\\n]*)\1""")
_BLANK_LINE = re.compile(r"([ \t]*)(\r\n|\n|\r)")
_BLANK_END = re.compile(r"(?:(?<=\n)|(?<=\r)(?!\n))(?:[ \t]*(?:\r\n|\n|\r))+\Z")
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


def meaningful(kind: type) -> list[str]:
    """The names of the fields of a class of nodes that carry meaning."""
    names = [field.name for field in dataclasses.fields(kind)]
    return [name for name in names if name not in _LAYOUT and not name.startswith("whitespace")]


@cache
def _values(kind: type) -> Callable[[Any], tuple[Any, ...]] | None:
    """What gives the values of the fields of a node that carry meaning; None for a class without any."""
    fields = [] if kind in _LITERAL else meaningful(kind)
    if len(fields) < 2:
        return (lambda node: (getattr(node, fields[0]),)) if fields else None
    return attrgetter(*fields)


@cache
def _is_node(kind: type) -> bool:
    """Whether a class is one of nodes."""
    return issubclass(kind, cst.CSTNode)


@cache
def is_kind(kind: type, kinds: type | tuple[type, ...]) -> bool:
    """``issubclass``, remembered: LibCST's classes are abstract, and answer in Python each time."""
    return issubclass(kind, kinds)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The children of a node that carry meaning, in source order."""
    values = _values(node.__class__)
    found: list[cst.CSTNode] = []
    for value in () if values is None else values(node):
        kind = value.__class__
        if kind is tuple or kind is list:
            found += value  # of nodes, in all of LibCST's classes
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
    if type(node) is cst.SimpleString:
        if (plain := _PLAIN_STRING.fullmatch(node.value)) is not None:
            return plain.group(2)
        value = ast.literal_eval(node.value)
        return value if isinstance(value, str) else None
    if isinstance(node, cst.ConcatenatedString):
        left, right = string_value(node.left), string_value(node.right)
        return None if left is None or right is None else left + right
    return None


def is_written_out(node: cst.CSTNode) -> bool:
    """Whether an expression is made of numbers that are written out."""
    kinds = (cst.Integer, cst.Float, cst.UnaryOperation, cst.BinaryOperation, cst.List, cst.Tuple, cst.Element)
    return all(isinstance(n, (*kinds, cst.BaseUnaryOp, cst.BaseBinaryOp)) for n in walk(node))


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
    return _path(node) or printed(node)


def _path(node: cst.CSTNode) -> str:
    """The text of a name, number or chain of attributes without blanks and parentheses; empty for anything else."""
    kind = type(node)
    if kind is cst.Attribute:
        dot = node.dot  # type: ignore[attr-defined]
        if node.lpar or not (_is_empty(dot.whitespace_before) and _is_empty(dot.whitespace_after)):  # type: ignore[attr-defined]
            return ""
        base = _path(node.value)  # type: ignore[attr-defined]
        return base and f"{base}.{node.attr.value}"  # type: ignore[attr-defined]
    if kind in _LITERAL and not node.lpar:  # type: ignore[attr-defined]
        return node.value  # type: ignore[attr-defined]
    return ""


def _is_empty(blank: cst.BaseParenthesizableWhitespace) -> bool:
    return type(blank) is cst.SimpleWhitespace and not blank.value


@lru_cache(maxsize=256)
def expression(text: str) -> cst.BaseExpression:
    """Parse an expression; the same text gives the same node, so use it in no tree that is looked up by its nodes."""
    names = text.split(".")
    if all(map(_is_name, names)):
        made: cst.BaseExpression = cst.Name(names[0])
        for name in names[1:]:
            made = cst.Attribute(made, cst.Name(name))
        return made
    return cst.parse_expression(text)


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


@lru_cache(maxsize=256)
def statement(text: str) -> cst.SimpleStatementLine:
    """Parse one simple statement, as :func:`expression`."""
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
def parse_module(text: str) -> tuple[cst.Module, Positions]:
    """Parse a module.

    The last one is kept, since the check of the input and the rewrite parse the same text.

    Raises
    ------
    ParserSyntaxError
        LibCST's, for text that is not Python.
    """
    module = cst.parse_module(text)
    if (end := _BLANK_END.search(text)) is not None and module.code != text:
        # LibCST loses one of several lines of blanks alone at the end of a file that has an indented block
        module = cst.parse_module(text[: end.start()])
        lines = [
            cst.EmptyLine(False, cst.SimpleWhitespace(blanks), newline=cst.Newline(newline))
            for blanks, newline in _BLANK_LINE.findall(end.group())
        ]
        module = module.with_changes(footer=[*module.footer, *lines])
    return module, Positions(module, text)


@cache
def _owns_line(kind: type[cst.CSTNode]) -> bool:
    return any(field.name == "leading_lines" for field in dataclasses.fields(kind)) and kind is not cst.Decorator


class Tree:
    """A parsed module with parents, positions and the order of its nodes.

    Parameters
    ----------
    text
        Source of the module.

    Attributes
    ----------
    text, lines
        The source, whole and by lines.
    module
        The parsed module.
    nodes
        Every node, parents first, in source order.
    parent
        Parent of every node.
    order
        Place of every node in ``nodes``.
    """

    def __init__(self, text: str) -> None:
        self.module, self._positions = parse_module(text)
        self.text = text
        self.lines = text.splitlines()
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.nodes: list[cst.CSTNode] = []
        self._ends: list[int] = []
        self._places: dict[type, list[int]] = {}
        self._of: dict[tuple[type, ...], list[int]] = {}
        self._index()
        self.order = {node: place for place, node in enumerate(self.nodes)}
        self._statements = [self.order[statement] for statement in self.module.body]
        self._stand_ins: dict[cst.CSTNode, cst.CSTNode] = {}
        self._scopes: dict[cst.CSTNode, cst.CSTNode] = {}

    def _index(self) -> None:
        """Walk over the module once."""
        nodes, parent = self.nodes, self.parent
        stack: list[cst.CSTNode] = [self.module]
        counts: list[int] = []
        while stack:
            node = stack.pop()
            self._places.setdefault(type(node), []).append(len(nodes))
            nodes.append(node)
            below = children(node)
            counts.append(len(below))
            for child in below:
                parent[child] = node
            below.reverse()
            stack += below
        ends: list[int] = [0] * len(nodes)
        for place in range(len(nodes) - 1, -1, -1):
            end = place + 1
            for _ in range(counts[place]):
                end = ends[end]
            ends[place] = end
        self._ends = ends

    @overload
    def walk(self, node: cst.CSTNode, /) -> Sequence[cst.CSTNode]: ...
    @overload
    def walk(self, node: cst.CSTNode, kind: type[_Node], /) -> Sequence[_Node]: ...
    @overload
    def walk(self, node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> Sequence[Any]: ...
    def walk(self, node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> Sequence[Any]:
        """A node of the module and everything below it, as :func:`walk`; with ``kinds`` the nodes of these classes."""
        start = self.order.get(node)
        if start is None:
            return [n for n in walk(node) if not kinds or isinstance(n, kinds)]
        end = self._ends[start]
        if not kinds:
            return self.nodes[start:end]
        places = self._having(kinds)
        return [self.nodes[p] for p in places[bisect_left(places, start) : bisect_left(places, end)]]

    @overload
    def of(self, kind: type[_Node], /) -> Sequence[_Node]: ...
    @overload
    def of(self, *kinds: type[cst.CSTNode]) -> Sequence[Any]: ...
    def of(self, *kinds: type[cst.CSTNode]) -> Sequence[Any]:
        """The nodes of the module that are of some classes, in source order."""
        return [self.nodes[place] for place in self._having(kinds)]

    @cached_property
    def expressions(self) -> Sequence[cst.BaseExpression]:
        """The expressions of the module, in source order."""
        return [self.nodes[place] for place in self._having((cst.BaseExpression,))]  # type: ignore[misc]

    def _having(self, kinds: tuple[type, ...]) -> list[int]:
        if kinds not in self._of:
            found = [places for kind, places in self._places.items() if is_kind(kind, kinds)]
            self._of[kinds] = found[0] if len(found) == 1 else sorted(chain.from_iterable(found))
        return self._of[kinds]

    def position(self, node: cst.CSTNode) -> CodeRange:
        """Where a node stands: lines from 1, columns from 0."""
        node = self._stand_ins.get(node, node)
        return self._positions.range(node, self._around(node))

    def stand_in(self, node: cst.CSTNode, at: cst.CSTNode) -> None:
        """Give a node that is not in the text the place of one that is."""
        self.parent[node], self.order[node] = at, self.order[at]
        self._stand_ins[node] = at

    def code(self, node: cst.CSTNode) -> str:
        """Source text of one node of the module, as :func:`code` gives it."""
        text = self._positions.text(node, self._around(node))
        # the indentation of what goes on on further lines is no part of it
        return text if "\n" not in text and "\r" not in text else code(node)

    def has_comments(self, node: cst.CSTNode) -> bool:
        """Whether comments stand inside of an expression of the module."""
        text = self._positions.text(node, self._around(node))
        return any(True for _ in comments(text))

    def _around(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement of the module that a node is in; the module for itself."""
        place = bisect_right(self._statements, self.order[node])
        return self.module.body[place - 1] if place else self.module

    def printed(self, changed: cst.Module) -> str:
        """The source of what became of the module, as :meth:`Positions.code` gives it."""
        return self._positions.code(changed)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the parent of a node, its parent, and so on."""
        parent = self.parent.get(node)
        while parent is not None:
            yield parent
            parent = self.parent.get(parent)

    def inside(self, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
        """Whether a node is ``outer`` or below it."""
        place, start = self.order.get(node), self.order.get(outer)
        if place is None or start is None:
            return node is outer
        return start <= place < self._ends[start]

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost statement around a node that owns its line, so that a comment can stand above it."""
        for candidate in (node, *self.ancestors(node)):
            # a comment above the first decorator belongs to the function, so all decorators are treated alike
            if _owns_line(type(candidate)):
                return candidate
        return self.module

    def scope(self, node: cst.CSTNode) -> cst.CSTNode:
        """The function, class, lambda or module whose names a node sees first."""
        found = self._scopes.get(node)
        if found is None:
            child = node
            for candidate in self.ancestors(node):
                if type(candidate) in _SCOPES and child is candidate.body:  # type: ignore[attr-defined]
                    break
                child = candidate
            else:
                candidate = self.module
            found = self._scopes[node] = candidate
        return found

    def assigned(self, site: cst.CSTNode) -> cst.BaseExpression | None:
        """The expression that an assignment gives a name or an attribute, whole."""
        target = self.parent.get(site)
        assign = self.parent.get(target) if isinstance(target, cst.AssignTarget) else target
        if isinstance(assign, (cst.Assign, cst.AnnAssign, cst.NamedExpr)) and site is not assign.value:
            return assign.value
        return None

    def in_comprehension(self, node: cst.CSTNode, within: cst.CSTNode) -> cst.CSTNode | None:
        """The innermost comprehension or nested scope between a node and ``within``."""
        for candidate in self.ancestors(node):
            if candidate is within:
                return None
            if isinstance(candidate, (*COMPREHENSIONS, *_SCOPES)):
                return candidate
        return None
