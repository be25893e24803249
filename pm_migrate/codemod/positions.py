"""Where the nodes of a LibCST tree stand in the source.

LibCST's own provider prints the module, counts lines and columns at every token and makes two objects for every node,
which takes several times the parse. Here Python's own parser says on which lines each statement of the module stands.
A statement is printed when the place of one of its nodes is asked for, and what does not change is taken from the
source as it is.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from types import TracebackType
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState
from libcst.metadata import CodePosition, CodeRange

from pm_migrate.codemod.syntax import parse
from pm_migrate.errors import SafetyError, SourceError

_NEWLINE = re.compile(r"\r\n?|\n")


class _Nothing:
    """Records no position: LibCST's own way of doing nothing makes a generator for every node."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


_NOTHING = _Nothing()


class _Printer(CodegenState):
    def record_syntactic_position(self, *_: Any, **__: Any) -> Any:
        return _NOTHING


def printed(node: cst.CSTNode, indent: str = "    ", newline: str = "\n") -> str:
    """The source of a node, as ``Module.code_for_node`` gives it."""
    state = _Printer(indent, newline)
    node._codegen(state)
    return "".join(state.tokens)


class Positions:
    """The positions of the nodes of a module, as LibCST's ``PositionProvider`` gives them.

    Parameters
    ----------
    module
        The module; none of its nodes may occur in it twice.
    text
        Its source.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        self._module = module
        self._source = text
        #: The source with the newline at its end that LibCST's nodes always have.
        self._text = text if module.has_trailing_newline or not text else text + module.default_newline
        self._lines = [0, *(found.end() for found in _NEWLINE.finditer(self._text))]
        self._pieces = self._cut()
        self._prints: dict[cst.CSTNode, _Print] = {}

    def range(self, node: cst.CSTNode, statement: cst.CSTNode) -> CodeRange:
        """Where a node stands in a statement of the module, or in the module itself."""
        made = self._print(statement)
        start, end = made.spans[id(node)]
        return CodeRange(self._position(made.offset(start)), self._position(made.offset(end)))

    def text(self, node: cst.CSTNode, statement: cst.CSTNode) -> str:
        """What is printed for a node of a statement, with the blanks that belong to it."""
        made = self._print(statement)
        return "".join(made.tokens[slice(*made.whole.get(id(node), made.spans[id(node)]))])

    def code(self, changed: cst.Module) -> str:
        """Print what became of the module: the statements that it still has as they are in the source.

        Raises
        ------
        SafetyError
            If a statement that changed was not reproduced byte for byte by LibCST.
        """
        kept = set(changed.body)
        for statement in self._module.body:
            if statement not in kept or not self._pieces:
                self._print(statement)
        if self._module not in self._prints:
            pieces = self._pieces
            body = [_Source(self._text[slice(*pieces[s])]) if s in pieces else s for s in changed.body]
            changed = changed.with_changes(body=body)
        return printed(changed, changed.default_indent, changed.default_newline)

    def _cut(self) -> dict[cst.CSTNode, tuple[int, int]]:
        """Where each statement of the module begins and ends, the lines above it included; empty if unknown.

        Nothing is lost if a line is counted to the wrong one of two statements: they hold the whole source together,
        and what is printed of a statement is compared with its piece.
        """
        module = self._module
        try:
            below = iter(parse(self._source).body)
            first = [_first_line(s, below) - len(s.leading_lines) for s in module.body]
            starts = [self._lines[line - 1] for line in [*first, len(self._lines) - len(module.footer)]]
        except (SourceError, StopIteration, IndexError):
            return {}
        pieces = list(pairwise(starts))
        ends = self._text[: starts[0]] == self._lines_of(module.header)
        ends = ends and self._text[starts[-1] :] == self._lines_of(module.footer)
        return dict(zip(module.body, pieces, strict=True)) if ends and all(a < b for a, b in pieces) else {}

    def _lines_of(self, lines: Sequence[cst.EmptyLine]) -> str:
        return "".join(printed(line, newline=self._module.default_newline) for line in lines)

    def _print(self, statement: cst.CSTNode) -> _Print:
        """The print of a statement or of the module, which is what stands in the source."""
        if self._module in self._prints:
            return self._prints[self._module]
        if statement not in self._prints:
            piece = self._pieces.get(statement)
            made = self._recorded(statement, 0 if piece is None else piece[0])
            if piece is None or made.code != self._text[slice(*piece)]:
                statement, made = self._module, self._recorded(self._module, 0)
                if made.code != self._source:
                    raise SafetyError(
                        "the file does not survive being parsed and printed unchanged; nothing was written"
                    )
            self._prints[statement] = made
        return self._prints[statement]

    def _recorded(self, node: cst.CSTNode, start: int) -> _Print:
        made = _Print(self._module, start)
        node._codegen(made)
        return made

    def _position(self, offset: int) -> CodePosition:
        line = bisect_right(self._lines, offset)
        return CodePosition(line, offset - self._lines[line - 1])


def _first_line(statement: cst.CSTNode, below: Iterator[ast.stmt]) -> int:
    """The line on which a statement begins, by Python's own parser."""
    first = next(below)
    if isinstance(statement, cst.SimpleStatementLine):
        for _ in statement.body[1:]:
            next(below)
    return min([first.lineno, *(decorator.lineno for decorator in getattr(first, "decorator_list", ()))])


class _Source:
    """Stands for a statement that did not change."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _codegen(self, state: CodegenState) -> None:
        # its newline is a token by itself: LibCST takes the last token off a module that has none at its end
        end = len(self._text) - (2 if self._text.endswith("\r\n") else 1)
        state.add_token(self._text[:end])
        state.add_token(self._text[end:])


class _Print(CodegenState):
    """Prints, and remembers the range of tokens of each node."""

    def __init__(self, module: cst.Module, start: int) -> None:
        super().__init__(module.default_indent, module.default_newline)
        # by the node's id: the hash of a node is a call of Python's
        self.spans: dict[int, tuple[int, int]] = {}
        #: The tokens of nodes with the blanks and comments that belong to them, where there may be some.
        self.whole: dict[int, tuple[int, int]] = {}
        self._start = start
        self._starts: list[int] = []
        self._dropped: list[str] = []

    @property
    def code(self) -> str:
        """What was printed."""
        return "".join(self.tokens)

    def offset(self, token: int) -> int:
        """Where in the source a token stands."""
        return self._offsets[token]

    @cached_property
    def _offsets(self) -> list[int]:
        # with the newline that a module without one at its end drops after all its nodes are printed
        return list(accumulate(map(len, self.tokens + self._dropped), initial=self._start))

    def pop_trailing_newline(self) -> None:
        self._dropped = self.tokens[-1:]
        super().pop_trailing_newline()

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._starts.pop()
        span = (start, len(self.tokens) + len(self._dropped))
        if self.spans.setdefault(id(node), span) is not span:
            self.whole[id(node)] = span

    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Any:
        return _Recorded(self, node, start_node, end_node)


class _Recorded:
    """The part of a node without the blanks and comments around it."""

    __slots__ = ("end_node", "node", "start", "start_node", "state")

    def __init__(
        self, state: _Print, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.state, self.node, self.start_node, self.end_node = state, node, start_node, end_node

    def __enter__(self) -> None:
        self.start = len(self.state.tokens)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        spans = self.state.spans
        start = self.start if self.start_node is None else spans[id(self.start_node)][0]
        end = len(self.state.tokens) if self.end_node is None else spans[id(self.end_node)][1]
        spans[id(self.node)] = (start, end)
