"""Where the nodes of a LibCST tree stand in the source.

LibCST's own provider counts lines and columns at every token and makes two objects for every node, which takes several
times the parse. Here the printing of the module only remembers how many tokens came before and in each node; lines and
columns are worked out for the nodes that are asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from types import TracebackType
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState
from libcst.metadata import CodePosition, CodeRange


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


_NEWLINE = re.compile(r"\r\n?|\n")


class Positions:
    """The positions of the nodes of a module, as LibCST's ``PositionProvider`` gives them.

    Parameters
    ----------
    module
        The module; none of its nodes may occur in it twice.
    """

    def __init__(self, module: cst.Module) -> None:
        state = _State(module.default_indent, module.default_newline)
        module._codegen(state)
        self._spans = state.spans
        self._whole = state.whole
        self._tokens = state.all_tokens
        self._offsets: list[int] = []
        self._lines: list[int] = []
        #: What the module is when it is printed.
        self.code = "".join(state.tokens)

    @property
    def comments(self) -> list[str]:
        """The comments of the module, in order."""
        return [node.value for node in self._spans if type(node) is cst.Comment]

    def text(self, node: cst.CSTNode) -> str:
        """What was printed for a node, with the blanks that belong to it."""
        return "".join(self._tokens[slice(*self._whole.get(node, self._spans[node]))])

    def __getitem__(self, node: cst.CSTNode) -> CodeRange:
        start, end = self._spans[node]
        return CodeRange(self._position(start), self._position(end))

    def _position(self, token: int) -> CodePosition:
        if not self._offsets:
            self._offsets = [0, *accumulate(map(len, self._tokens))]
            self._lines = [0, *(found.end() for found in _NEWLINE.finditer("".join(self._tokens)))]
        offset = self._offsets[token]
        line = bisect_right(self._lines, offset)
        return CodePosition(line, offset - self._lines[line - 1])


class _State(CodegenState):
    """Prints, and remembers the range of tokens of each node."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        #: The tokens of nodes with the blanks and comments that belong to them, where there may be some.
        self.whole: dict[cst.CSTNode, tuple[int, int]] = {}
        self.spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self._starts: list[int] = []
        self._dropped: list[str] = []

    @property
    def all_tokens(self) -> list[str]:
        """The tokens, with the newline that a module without one at its end drops after all its nodes are printed."""
        return self.tokens + self._dropped

    def pop_trailing_newline(self) -> None:
        self._dropped = self.tokens[-1:]
        super().pop_trailing_newline()

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._starts.pop()
        span = (start, len(self.tokens) + len(self._dropped))
        if self.spans.setdefault(node, span) is not span:
            self.whole[node] = span

    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Any:
        return _Recorded(self, node, start_node, end_node)


class _Recorded:
    """The part of a node without the blanks and comments around it."""

    __slots__ = ("end_node", "node", "start", "start_node", "state")

    def __init__(
        self, state: _State, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.state, self.node, self.start_node, self.end_node = state, node, start_node, end_node

    def __enter__(self) -> None:
        self.start = len(self.state.tokens)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        spans = self.state.spans
        start = self.start if self.start_node is None else spans[self.start_node][0]
        end = len(self.state.tokens) if self.end_node is None else spans[self.end_node][1]
        spans[self.node] = (start, end)
