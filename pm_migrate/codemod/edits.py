"""Applying a plan: one pass over the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import libcst as cst

from pm_migrate.codemod.tree import meaningful

#: Stands for a removed statement until its comments have found a new place.
ORPHAN = "__pm_migrate_orphan__"
_BELOW = "__pm_migrate_orphan_below__"

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def orphan(
    lines: Sequence[cst.EmptyLine], trailing: cst.Comment | None = None, *, below: bool = False
) -> cst.SimpleStatementLine:
    """A placeholder that carries the comments of a removed statement.

    They go above the next statement: in front of the blank lines there, or with ``below`` next to the statement. Blank
    lines above a comment go with it.
    """
    last = max((i for i, line in enumerate(lines) if line.comment is not None), default=-1)
    kept = list(lines[: last + 1])
    if trailing is not None:
        kept.append(cst.EmptyLine(comment=trailing))
    return cst.SimpleStatementLine([cst.Expr(cst.Name(_BELOW if below else ORPHAN))], leading_lines=kept)


def removed(updated: Any) -> Any:
    """What stays of a simple statement that goes: its comments."""
    return orphan(updated.leading_lines, updated.trailing_whitespace.comment)


def is_orphan(node: cst.CSTNode) -> bool:
    """Whether a statement is such a placeholder."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Name(value=name))]):
            return name in (ORPHAN, _BELOW)
    return False


def leading(node: Any) -> list[cst.EmptyLine]:
    """The lines above a statement."""
    return list(node.leading_lines)


def with_leading(node: Any, lines: Sequence[cst.EmptyLine]) -> Any:
    """A statement with other lines above it."""
    return node.with_changes(leading_lines=list(lines))


def dissolved(updated: cst.With) -> list[Any]:
    """The statements of a block without the block, with all comments."""
    body = list(updated.body.body)
    header = updated.body.header.comment  # type: ignore[attr-defined]
    lines = [*updated.leading_lines, *([] if header is None else [cst.EmptyLine(comment=header)])]
    body[0] = with_leading(body[0], [*lines, *leading(body[0])])
    return [*body, *left_over(updated.body.footer)]  # type: ignore[attr-defined]


def left_over(footer: Sequence[cst.EmptyLine]) -> list[Any]:
    """Lines at the end of a block that goes, for the statements that follow it: comments, and the blank ones below."""
    end = next((i for i in range(len(footer), 0, -1) if footer[i - 1].comment is not None), 0)
    comments, blanks = [line for line in footer[:end] if line.comment is not None], footer[end:]
    apart = cst.SimpleStatementLine([cst.Expr(cst.Name(_BELOW))], leading_lines=list(blanks))
    return [*([orphan(comments)] if comments else []), *([apart] if blanks else [])]


def statements(result: Any) -> list[Any]:
    """The statements that an edit gave."""
    if isinstance(result, cst.FlattenSentinel):
        return list(result.nodes)
    return [] if result is cst.RemovalSentinel.REMOVE else [result]


class Applier:
    """Applies planned edits to the nodes of a module, those below a node first.

    LibCST's transformers make every node anew that they visit, with all blanks and commas in it. Here a node is made
    anew when one below it changed.

    Parameters
    ----------
    edits
        Functions to apply to a node, in order; each takes the node with its children rewritten.
    before
        Functions that give statements to stand in front of a statement.
    todos
        Comment lines to stand above a statement.
    parent
        Parent of every node.

    Attributes
    ----------
    done
        What became of each statement, for edits of the statements around it.
    """

    def __init__(
        self,
        edits: dict[cst.CSTNode, list[Callable[[Any], Any]]],
        before: dict[cst.CSTNode, list[Callable[[Any], Any]]],
        todos: dict[cst.CSTNode, list[str]],
        parent: Mapping[cst.CSTNode, cst.CSTNode],
    ) -> None:
        self.edits = edits
        self.before = before
        self.todos = todos
        self.done: dict[cst.CSTNode, list[Any]] = {}
        #: The nodes that change, and those around them: what is below others is not looked at.
        self._changing: set[cst.CSTNode] = set()
        for node in (*edits, *before, *todos):
            outer: cst.CSTNode | None = node
            while outer is not None and outer not in self._changing:
                self._changing.add(outer)
                outer = parent.get(outer)

    def became(self, statement: cst.CSTNode) -> list[Any]:
        """What became of a statement that was left."""
        return self.done.get(statement, [statement])

    def apply(self, original: Any) -> Any:
        """What becomes of a node that changes, or has such a one below it; a statement may become several."""
        result = self._rebuilt(original)
        for apply in self.edits.get(original, ()):
            result = apply(result)
        if _is_statement(original.__class__):
            result = self._statement(original, result)
        elif original in self.todos:
            result = self._commented(original, result)
        if isinstance(original, (cst.Module, cst.IndentedBlock)):
            result = adopt(result)
        return result

    def _rebuilt(self, node: Any) -> Any:
        """A node with what became of those below it."""
        changing = self._changing
        changes: dict[str, Any] = {}
        for field in _visited(node.__class__):
            value = getattr(node, field)
            if isinstance(value, tuple):
                if not changing.isdisjoint(value):
                    changes[field] = tuple(self._sequence(value))
            elif value in changing:
                changes[field] = self.apply(value)
        return node.with_changes(**changes) if changes else node

    def _sequence(self, nodes: Sequence[Any]) -> Iterator[Any]:
        for node in nodes:
            if node not in self._changing:
                yield node
            elif _is_statement(node.__class__):
                made = statements(self.apply(node))
                yield from (s for s in made if not isinstance(s, cst.SimpleStatementLine) or s.body)
            else:
                yield self.apply(node)

    def _statement(self, original: Any, result: Any) -> Any:
        made = statements(result)
        front = [s for build in self.before.get(original, ()) for s in build(None)]
        if front and made:
            front[0] = with_leading(front[0], [*leading(made[0]), *leading(front[0])])
            made[0] = with_leading(made[0], [])
            made = front + made
        if made:
            made[0] = self._commented(original, made[0])
        self.done[original] = made
        if len(made) == 1:
            return made[0]
        return cst.FlattenSentinel(made)

    def _commented(self, original: Any, result: Any) -> Any:
        comments = [cst.EmptyLine(comment=cst.Comment(text)) for text in self.todos.get(original, ())]
        return with_leading(result, [*leading(result), *comments]) if comments else result


@cache
def _is_statement(kind: type[cst.CSTNode]) -> bool:
    return issubclass(kind, cst.BaseStatement)


#: Where the fields of a class do not stand in the order of the source: those that come before the others.
_FIRST: dict[type, tuple[str, ...]] = {
    cst.Arg: ("keyword",),
    cst.ClassDef: ("decorators", "name", "type_parameters", "bases", "keywords"),
    cst.ExceptHandler: ("type", "name"),
    cst.ExceptStarHandler: ("type", "name"),
    cst.FunctionDef: ("decorators", "name", "type_parameters", "params", "returns"),
    cst.IfExp: ("body",),
    cst.MatchCase: ("pattern", "guard"),
    cst.Parameters: ("posonly_params",),
}


@cache
def _visited(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node in which others may change, in the order of the source."""
    first = _FIRST.get(kind, ())
    return (*first, *(field for field in meaningful(kind) if field not in first))


def adopt(block: Any) -> Any:
    """Give the comments of removed statements to the next statement, or to the end of the block."""
    if not any(is_orphan(s) for s in block.body):
        return block
    body: list[Any] = []
    above: list[cst.EmptyLine] = []
    below: list[cst.EmptyLine] = []
    for node in block.body:
        if is_orphan(node):
            # after one whose comments go below, those of all others do: they keep their order
            (below if below or node.body[0].value.value == _BELOW else above).extend(node.leading_lines)
            continue
        if above or below:
            lines = leading(node)
            blanks = next((i for i, line in enumerate(lines) if line.comment is not None), len(lines))
            while blanks and below and below[0].comment is None:
                below = below[1:]
            node = with_leading(node, [*above, *lines[:blanks], *below, *lines[blanks:]])
            above, below = [], []
        body.append(node)
    if not body and not isinstance(block, cst.Module):
        body = [cst.SimpleStatementLine([cst.Pass()])]
    return block.with_changes(body=body, footer=[*above, *below, *block.footer])
