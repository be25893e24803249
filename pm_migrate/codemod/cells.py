"""Programs that stand in cells: those of a notebook, or the fenced code of a document.

All cells are one program. They are joined with a comment line in front of each, the program is rewritten as any other,
and the result is cut at the comments again. Cells that are not Python stay out of it, and as they are.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pm_migrate.codemod import hidden
from pm_migrate.codemod.encoding import newline_of
from pm_migrate.codemod.magics import Cell, HeldLine, LostMarker, hold, is_foreign, restore
from pm_migrate.errors import SafetyError
from pm_migrate.findings import Confidence, Finding, Migration, References


@dataclass(frozen=True)
class CodeCell:
    """One code cell.

    Parameters
    ----------
    index
        Among all cells.
    source
        Its code.
    start, end
        Where it stands in the text around it: the JSON value of a notebook, the lines between the fences of a document.
    line
        The line of the text that its first line is, for findings that name lines of the file; 0 for a notebook.
    indent
        What stands in front of each of its lines in the text.
    """

    index: int
    source: str
    start: int
    end: int
    line: int = 0
    indent: str = ""


def _verbatim(text: str, cell: CodeCell, source: str) -> str:
    return source


@dataclass(frozen=True)
class Notebook:
    """A text with code cells.

    Parameters
    ----------
    text
        All of it.
    cells
        The code cells, none if its language is not Python.
    spell
        How the source of a cell is written in the text.
    fragments
        Whether some cells may be there to be read only: one that is not Python is then reported only where it mentions
        PyMC3 or Theano.
    """

    text: str
    cells: tuple[CodeCell, ...]
    spell: Callable[[str, CodeCell, str], str] = field(default=_verbatim, compare=False)
    fragments: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A cell that is not Python: where, and what is wrong."""

    cell: CodeCell
    line: int
    problem: str


@dataclass
class Program:
    """All code cells as one source.

    Parameters
    ----------
    source
        What the engine rewrites.
    token
        The text that marks cells and held lines.
    origins
        For each line of ``source``: index of the cell, line in the cell, and characters cut off in front; None for the
        comment lines between cells.
    held
        The IPython lines of each cell, by index of the cell.
    foreign
        The cells that are in another language, and stay out of the program.
    unreadable
        The cells that are not Python, and stay out of the program.
    """

    source: str
    token: str
    origins: list[tuple[int, int, int] | None] = field(default_factory=list)
    held: dict[int, list[HeldLine]] = field(default_factory=dict)
    foreign: tuple[CodeCell, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def migrate_cells(book: Notebook, **options: Any) -> Migration:
    """Rewrite the program that code cells make up.

    Parameters
    ----------
    book
        The text with its cells.
    **options
        As for :func:`pm_migrate.migrate_source`.

    Returns
    -------
    Migration
        ``code`` is the whole text again; findings carry the index of their cell and the line in it, or, where cells
        know their line in the text, that line.

    Raises
    ------
    SafetyError
        If the rewritten program cannot be cut into the cells it came from.
    """
    from pm_migrate.codemod import migrate_source

    if not book.cells:
        return Migration(book.text, changed=False)
    program = join_cells(book)
    result = migrate_source(program.source, **options)
    try:
        split_cells(result.code, book, program)
    except LostMarker:
        # A statement behind %time did not stay a line of its own: hide those too, and report what they mention.
        program = join_cells(book, carry=False)
        result = migrate_source(program.source, **options)
    all_migrated = result.references.migrated == result.references.total > 0
    wanted = all_migrated and _enabled(hidden.INSTALL_CODE, options) and not options.get("safe_only")
    installs = _installing_pm_migrate(program) if wanted else []
    try:
        sources = split_cells(result.code, book, program)
    except LostMarker:
        raise SafetyError("the rewritten program could not be cut into its cells again") from None
    _check_still_cells(sources, book, program)
    unseen = list(_unseen(program, fragments=book.fragments))
    manual = sum(finding.confidence is Confidence.MANUAL for finding in unseen)
    unseen = [finding for finding in unseen if _enabled(finding.code, options)]
    places = {cell.index: cell for cell in book.cells}
    findings = [_placed(f, places) for f in [*(_in_cell(f, program) for f in result.findings), *unseen, *installs]]
    findings.sort(key=lambda finding: (finding.cell or 0, finding))
    code = splice(book, sources)
    references = result.references + References(len(installs) + manual, len(installs), manual)
    return Migration(code, code != book.text, tuple(findings), result.models, references)


def _enabled(code: str, options: dict[str, Any]) -> bool:
    """Whether a rule takes part."""
    select, ignore = options.get("select") or (), options.get("ignore") or ()
    return (not select or code in select) and code not in ignore


def join_cells(book: Notebook, *, carry: bool = True) -> Program:
    """Make one program of the code cells; see :class:`Program`."""
    token = _fresh_token(book)
    program = Program("", token)
    parts: list[str] = []
    foreign: list[CodeCell] = []
    unreadable: list[Unreadable] = []
    count = 0
    for cell in book.cells:
        if is_foreign(cell.source):
            foreign.append(cell)
            continue
        held = hold(_lf(cell.source), token, count, carry=carry)
        problem = _problem(cell, held)
        if problem is not None:
            unreadable.append(problem)
            continue
        count += len(held.held)
        parts.append(f"# {token} cell {cell.index}\n{held.source}")
        if held.source and not held.source.endswith("\n"):
            parts.append("\n")
        program.origins.append(None)
        program.origins.extend(_origins(cell.index, held))
        program.held[cell.index] = held.held
    program.source = "".join(parts)
    program.foreign, program.unreadable = tuple(foreign), tuple(unreadable)
    return program


def split_cells(code: str, book: Notebook, program: Program) -> dict[int, str]:
    """Cut a rewritten program into the sources of its cells, by index.

    Raises
    ------
    LostMarker
        If a comment between cells or for a held line is missing, doubled or out of order.
    """
    originals = {cell.index: cell.source for cell in book.cells}
    pieces = list(_cells_of(code, program.token))
    if [index for index, _ in pieces] != list(program.held):
        raise LostMarker
    before = dict(_cells_of(program.source, program.token))
    sources = {}
    for index, piece in pieces:
        original = originals[index]
        source = restore(piece, program.token, program.held[index])
        if piece == before[index] and source == _lf(original):
            sources[index] = original
            continue
        start, end = _edges(_lf(original))
        sources[index] = (start + source.strip("\n") + end).replace("\n", newline_of(original))
    return sources


def splice(book: Notebook, sources: dict[int, str]) -> str:
    """Return the text with new sources for the cells whose source changed."""
    pieces, at = [], 0
    for cell in book.cells:
        source = sources.get(cell.index, cell.source)
        if source != cell.source:
            pieces += [book.text[at : cell.start], book.spell(book.text, cell, source)]
            at = cell.end
    return "".join(pieces) + book.text[at:]


def _fresh_token(book: Notebook) -> str:
    number = 0
    while any(f"pm-migrate-notebook-{number}" in cell.source for cell in book.cells):
        number += 1
    return f"pm-migrate-notebook-{number}"


def _origins(index: int, cell: Cell) -> Iterator[tuple[int, int, int]]:
    cut = {held.row: len(held.magic) for held in cell.held}
    for line in cell.lines:
        yield index, line, cut.get(line, 0)


def _edges(source: str) -> tuple[str, str]:
    """Return the empty lines at both ends of a cell: what the rewrite adds there belongs between statements."""
    match = re.fullmatch(r"(\n*)(?:.*[^\n])?(\n*)", source, re.DOTALL)
    assert match is not None
    return match[1], match[2]


def _lf(source: str) -> str:
    newline = newline_of(source)
    return source if newline == "\n" else source.replace(newline, "\n")


def _cells_of(code: str, token: str) -> Iterator[tuple[int, str]]:
    parts = re.split(rf"^# {re.escape(token)} cell (\d+)[ \t]*\n?", code, flags=re.MULTILINE)
    if parts[0].strip():
        raise LostMarker
    for number, source in zip(parts[1::2], parts[2::2], strict=True):
        yield int(number), source


def _problem(cell: CodeCell, held: Cell) -> Unreadable | None:
    """Parse one cell by itself: joined, a stray ``else:`` could find an ``if`` in the cell before."""
    try:
        _parse(held.source)
    except SyntaxError as error:
        at = (error.lineno or 1) - 1
        line = held.lines[at] if at < len(held.lines) else max(1, len(held.lines))
        return Unreadable(cell, line, f"line {line}, column {error.offset or 1}: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return Unreadable(cell, 1, f"it cannot be parsed: {error}")
    return None


def _check_still_cells(sources: dict[int, str], book: Notebook, program: Program) -> None:
    originals = {cell.index: cell.source for cell in book.cells}
    for index, source in sources.items():
        if source == originals[index]:
            continue
        try:
            _parse(hold(_lf(source), program.token, 0).source)
        except (SyntaxError, ValueError) as error:
            raise SafetyError(f"the rewritten cell {index} would not be a program by itself: {error}") from error


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _in_cell(finding: Finding, program: Program) -> Finding:
    """Give a finding its cell, and its line and column in there."""

    def place(line: int, column: int) -> tuple[int | None, int, int]:
        origin = program.origins[line - 1] if 0 < line <= len(program.origins) else None
        return (origin[0], origin[1], column + origin[2]) if origin else (None, line, column)

    cell, line, column = place(finding.line, finding.column)
    _, end_line, end_column = place(finding.end_line, finding.end_column)
    return replace(finding, cell=cell, line=line, column=column, end_line=end_line, end_column=end_column)


def _placed(finding: Finding, cells: dict[int, CodeCell]) -> Finding:
    """Give a finding the line of the file instead, where the cells are lines of it."""
    cell = cells.get(finding.cell) if finding.cell is not None else None
    if cell is None or not cell.line:
        return finding
    down, right = cell.line - 1, len(cell.indent)
    return replace(
        finding,
        cell=None,
        line=finding.line + down,
        end_line=finding.end_line + down,
        column=finding.column + right,
        end_column=finding.end_column + right,
    )


def _installing_pm_migrate(program: Program) -> list[Finding]:
    """Let the lines that install PyMC3 install pm-migrate, in a program that needs no PyMC3 any more."""
    findings: list[Finding] = []
    for index, held in program.held.items():
        program.held[index], found = hidden.installing_pm_migrate(held)
        findings += [replace(finding, cell=index) for finding in found]
    return findings


def _unseen(program: Program, *, fragments: bool) -> Iterator[Finding]:
    """Report what no rule can see into."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mention = hidden.mention_of(hidden.bound_names(program.source))
        for cell in program.foreign:
            for finding in hidden.of_foreign_cell(_lf(cell.source), mention):
                yield replace(finding, cell=cell.index)
        for broken in program.unreadable:
            cell, line = broken.cell, broken.line
            if fragments and not mention.search(cell.source):
                continue
            finding = hidden.of_unreadable_cell(_lf(cell.source), line, broken.problem, program.source, mention)
            yield replace(finding, cell=cell.index)
    for index, held in program.held.items():
        for line_ in held:
            said = hidden.of_line(line_, mention)
            if said is not None:
                yield replace(said, cell=index)
