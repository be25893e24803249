"""Which lines of ours a program runs, of those where faults are seeded: who does not run a fault cannot notice it."""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import CodeType, FrameType
from typing import Any

from equivalence_tests.fuzzing.seeded import Fault
from pm_migrate.catalog import DISTRIBUTIONS, Distribution

#: In place of a module, for rows of the catalogue.
ROW = "row"
Place = tuple[str, int | str]


def mentioned(source: str) -> frozenset[str]:
    """The places of the rows of the catalogue that a program may use by its text: also as a part of other names."""
    return frozenset(f"{ROW}:{name}" for name in DISTRIBUTIONS if name.lower() in source.lower())


@cache
def place(fault: Fault) -> frozenset[Place] | None:
    """The lines of the statements that a fault changes, one of which every run of it begins with.

    Of a fault in a row of the catalogue, the row. None for anything else that is run when its module is imported, such
    as a table or the header of a function: every program may depend on it.
    """
    source = fault.source
    start = source.index(fault.old)
    same = _common(fault.old, fault.new)
    tail = _common(fault.old[same:][::-1], fault.new[same:][::-1])
    first = source.count("\n", 0, start + same) + 1
    last = source.count("\n", 0, max(start + same, start + len(fault.old) - tail - 1)) + 1
    tree = ast.parse(source)
    if row := _row_at(tree, first):
        return frozenset({(ROW, row)})
    innermost: dict[int, tuple[ast.AST, bool]] = {}
    for node, inside in _statements(tree):
        for line in _own_lines(node):
            innermost[line] = node, inside
    found: set[Place] = set()
    for line in range(first, last + 1):
        if line not in innermost:
            continue
        node, inside = innermost[line]
        if not inside or isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            return None
        found |= {(fault.module, n) for n in _own_lines(node)}
    return frozenset(found)


def _common(one: str, other: str) -> int:
    """Length of the common beginning of two texts."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _row_at(tree: ast.Module, line: int) -> str:
    """The row of the catalogue whose definition a line is in; empty for none."""
    for node in tree.body:
        match node:
            case ast.Assign(value=ast.Call(func=ast.Name(id="Distribution"), keywords=keywords)):
                if node.lineno <= line <= (node.end_lineno or 0):
                    names = [k.value.value for k in keywords if k.arg == "name" and isinstance(k.value, ast.Constant)]
                    return str(*names)
    return ""


def _statements(tree: ast.AST, inside: bool = False) -> Iterator[tuple[Any, bool]]:
    """All statements, and whether each is in a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt):
            yield node, inside
        yield from _statements(node, inside or isinstance(node, (ast.FunctionDef, ast.Lambda)))


def _own_lines(node: Any) -> range:
    """The lines of a statement, without those of the statements in it."""
    bodies = [getattr(node, name, None) or () for name in ("body", "orelse", "finalbody", "handlers", "cases")]
    inner = [child.lineno for body in bodies for child in body if hasattr(child, "lineno")]
    return range(node.lineno, min([*inner, node.end_lineno + 1]))


class Watch:
    """Notes which of some lines are run.

    Parameters
    ----------
    lines
        By module, which are imported.
    """

    def __init__(self, lines: Mapping[str, Iterable[int]]) -> None:
        self._names = {str(sys.modules[module].__file__): module for module in lines}
        self.lines = {file: frozenset(lines[module]) for file, module in self._names.items()}
        self.seen: set[tuple[str, int | str]] = set()
        self._of: dict[CodeType, frozenset[int]] = {}

    def modules(self) -> set[Place]:
        """What was run, by module."""
        return {(self._names.get(file, file), line) for file, line in self.seen}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Note what is run meanwhile."""
        self.seen.clear()
        read = Distribution.__getattribute__

        def row_read(row: Distribution, name: str) -> Any:
            self.seen.add((ROW, object.__getattribute__(row, "name")))
            return object.__getattribute__(row, name)

        setattr(Distribution, "__getattribute__", row_read)  # noqa: B010 -- a row that is read is one that is used
        threading.settrace(self._called)
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)
            setattr(Distribution, "__getattribute__", read)  # noqa: B010

    def _called(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if code.co_filename not in self.lines:
            return None
        wanted = self._of.get(code)
        if wanted is None:
            within = {line for _, _, line in code.co_lines() if line is not None}
            wanted = self._of[code] = frozenset(within & self.lines[code.co_filename])
        return self._line if wanted else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if event == "line" and frame.f_lineno in self._of[frame.f_code]:
            self.seen.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line
