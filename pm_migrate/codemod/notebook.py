"""Jupyter notebooks: all code cells are one program, and only changed sources are written back.

The code cells are joined with a comment line in front of each, the program is rewritten as any other, and the result
is cut at the comments again. New sources are spliced into the original text of the notebook, so that outputs,
metadata, the order of keys, indentation and the spelling of numbers stay as they are, byte for byte.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pm_migrate.codemod.encoding import newline_of
from pm_migrate.codemod.magics import Cell, HeldLine, LostMarker, hold, is_foreign, restore
from pm_migrate.errors import SafetyError, SourceError
from pm_migrate.findings import Confidence, Finding, Migration, References

#: Finding code of IPython syntax that mentions PyMC3 or Theano, which no rule can rewrite.
HELD_CODE = "PM903"

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_ESCAPED = re.compile(r"\\u(?!00[0-7])")
_INSTALLS = re.compile(r"\b(?:pip3?|conda|mamba|uv|poetry)\b.*\b(?:install|add)\b")


@dataclass(frozen=True)
class CodeCell:
    """One code cell: its index among all cells, its source, and where the value of ``source`` is in the JSON text."""

    index: int
    source: str
    start: int
    end: int


@dataclass(frozen=True)
class Notebook:
    """A parsed notebook; ``cells`` holds the code cells, none if its language is not Python."""

    text: str
    cells: tuple[CodeCell, ...]


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
    """

    source: str
    token: str
    origins: list[tuple[int, int, int] | None] = field(default_factory=list)
    held: dict[int, list[HeldLine]] = field(default_factory=dict)
    foreign: tuple[CodeCell, ...] = ()


def migrate_notebook(text: str, **options: Any) -> Migration:
    """Rewrite the program that the code cells of a notebook make up.

    Parameters
    ----------
    text
        The notebook, as JSON text.
    **options
        As for :func:`pm_migrate.migrate_source`.

    Returns
    -------
    Migration
        ``code`` is JSON text again; findings carry the index of their cell and the line in it.

    Raises
    ------
    SourceError
        If ``text`` is not a notebook of format 4, or a cell is not valid Python.
    SafetyError
        If the rewritten program cannot be cut into the cells it came from.
    """
    from pm_migrate.codemod import migrate_source

    notebook = parse_notebook(text)
    if not notebook.cells:
        return Migration(text, changed=False)
    program = join_cells(notebook)
    for cell, source in _cells_of(program.source, program.token):
        _check_cell(cell, source, program)
    result = migrate_source(program.source, **options)
    try:
        sources = split_cells(result.code, notebook, program)
    except LostMarker:
        # A statement behind %time did not stay a line of its own: hide those too, and report what they mention.
        program = join_cells(notebook, carry=False)
        result = migrate_source(program.source, **options)
        try:
            sources = split_cells(result.code, notebook, program)
        except LostMarker:
            raise SafetyError("the rewritten program could not be cut into the notebook's cells again") from None
    _check_still_cells(sources, notebook, program)
    findings = [_in_cell(finding, program) for finding in result.findings]
    hidden = list(_hidden_mentions(notebook, program))
    findings = sorted(findings + hidden, key=lambda finding: (finding.cell or 0, finding))
    code = splice(notebook, sources)
    references = result.references + References(total=len(hidden), todo=len(hidden))
    return Migration(code, code != text, tuple(findings), result.models, references)


def parse_notebook(text: str) -> Notebook:
    """Find the code cells of a notebook in its JSON text.

    Raises
    ------
    SourceError
        If it is not JSON, not a notebook, or not of format 4.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not a notebook: not JSON ({error})") from error
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise SourceError("not a notebook: no nbformat in it")
    if content["nbformat"] != 4:
        raise SourceError(
            f"notebook format {content['nbformat']}, not 4: convert it first with "
            "`jupyter nbconvert --to notebook --nbformat 4 --inplace`"
        )
    if not _is_python(content.get("metadata")):
        return Notebook(text, ())
    if not isinstance(content.get("cells"), list):
        raise SourceError("not a notebook: no list of cells in it")
    return Notebook(text, tuple(_code_cells(text)))


def join_cells(notebook: Notebook, *, carry: bool = True) -> Program:
    """Make one program of the code cells; see :class:`Program`."""
    token = _fresh_token(notebook)
    program = Program("", token)
    parts: list[str] = []
    foreign: list[CodeCell] = []
    count = 0
    for cell in notebook.cells:
        if is_foreign(cell.source):
            foreign.append(cell)
            continue
        held = hold(_lf(cell.source), token, count, carry=carry)
        count += len(held.held)
        parts.append(f"# {token} cell {cell.index}\n{held.source}")
        if held.source and not held.source.endswith("\n"):
            parts.append("\n")
        program.origins.append(None)
        program.origins.extend(_origins(cell.index, held))
        program.held[cell.index] = held.held
    program.source = "".join(parts)
    program.foreign = tuple(foreign)
    return program


def split_cells(code: str, notebook: Notebook, program: Program) -> dict[int, str]:
    """Cut a rewritten program into the sources of its cells, by index.

    Raises
    ------
    LostMarker
        If a comment between cells or for a held line is missing, doubled or out of order.
    """
    originals = {cell.index: cell.source for cell in notebook.cells}
    pieces = list(_cells_of(code, program.token))
    if [index for index, _ in pieces] != list(program.held):
        raise LostMarker
    before = dict(_cells_of(program.source, program.token))
    sources = {}
    for index, piece in pieces:
        original = originals[index]
        if piece == before[index]:
            sources[index] = original
            continue
        source = restore(piece, program.token, program.held[index])
        start, end = _edges(_lf(original))
        sources[index] = (start + source.strip("\n") + end).replace("\n", newline_of(original))
    return sources


def splice(notebook: Notebook, sources: dict[int, str]) -> str:
    """Return the notebook's text with new sources for the cells whose source changed."""
    pieces, at = [], 0
    for cell in notebook.cells:
        source = sources.get(cell.index, cell.source)
        if source != cell.source:
            pieces += [notebook.text[at : cell.start], _literal(notebook.text, cell, source)]
            at = cell.end
    return "".join(pieces) + notebook.text[at:]


def _is_python(metadata: object) -> bool:
    """Whether the metadata names Python, or no language at all."""
    if not isinstance(metadata, dict):
        return True
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        named = metadata.get(section)
        if isinstance(named, dict) and isinstance(named.get(key), str):
            return named[key].lower() in ("python", "ipython", "python3")
    return True


def _code_cells(text: str) -> Iterator[CodeCell]:
    top = {key: start for key, start, _ in _members(text, _skip(text, 0))}
    for index, (start, _) in enumerate(_items(text, top["cells"])):
        if text[start] != "{":
            raise SourceError(f"not a notebook: cell {index} is not an object")
        cell = {key: (begin, end) for key, begin, end in _members(text, start)}
        if "cell_type" not in cell or json.loads(text[slice(*cell["cell_type"])]) != "code":
            continue
        source = json.loads(text[slice(*cell["source"])]) if "source" in cell else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise SourceError(f"not a notebook: code cell {index} has no source")
        yield CodeCell(index, source, *cell["source"])


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield (key, start of value, end of value) of the JSON object that starts at ``at``; the text is valid JSON."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield key, start, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each item of the JSON array that starts at ``at``."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]


def _literal(text: str, cell: CodeCell, source: str) -> str:
    """Spell ``source`` as JSON in the manner of the value it replaces; lines that stay are spelled as they were."""
    old = text[cell.start : cell.end]
    # Python's json escapes what is not ASCII unless told otherwise; Jupyter writes it as it is.
    escape = text.isascii() and bool(_ESCAPED.search(text))
    if not old.startswith("["):
        return json.dumps(source, ensure_ascii=escape)
    spans = list(_items(old, 0))
    spelled = {json.loads(old[start:end]): old[start:end] for start, end in spans}
    lines = [spelled.get(line) or json.dumps(line, ensure_ascii=escape) for line in source.splitlines(keepends=True)]
    if not spans:
        return f"[{', '.join(lines)}]"
    before, after = old[1 : spans[0][0]], old[spans[-1][1] : -1]
    between = old[spans[0][1] : spans[1][0]] if len(spans) > 1 else "," + (before or " ")
    return f"[{before}{between.join(lines)}{after}]" if lines else "[]"


def _fresh_token(notebook: Notebook) -> str:
    number = 0
    while any(f"pm-migrate-notebook-{number}" in cell.source for cell in notebook.cells):
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


def _check_cell(index: int, source: str, program: Program) -> None:
    """Parse one cell by itself: joined, a stray ``else:`` could find an ``if`` in the cell before."""
    try:
        _parse(source)
    except SyntaxError as error:
        at = (error.lineno or 1) - 1
        lines = [origin[1] for origin in program.origins if origin and origin[0] == index]
        line = lines[at] if at < len(lines) else len(lines) + 1
        raise SourceError(f"cell {index}, line {line}, column {error.offset or 1}: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SourceError(f"cell {index}: cannot be parsed: {error}") from error


def _check_still_cells(sources: dict[int, str], notebook: Notebook, program: Program) -> None:
    originals = {cell.index: cell.source for cell in notebook.cells}
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


def _hidden_mentions(notebook: Notebook, program: Program) -> Iterator[Finding]:
    """Report IPython syntax and foreign cells that mention PyMC3: no rule can see into them."""
    names = sorted({"pymc3", "theano"} | set(_bound_names(program.source)))
    mention = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, names))})(?!\w)")
    for cell in program.foreign:
        for number, line in enumerate(_lf(cell.source).split("\n"), start=1):
            if re.search(r"\b(?:pymc3|theano)\b", line):
                yield _hidden(
                    cell.index,
                    number,
                    line,
                    "code for another interpreter that mentions PyMC3 or Theano, left as it is",
                )
    for index, held in program.held.items():
        for hidden in held:
            text = hidden.text
            if hidden.magic or text.startswith("?") or text.rstrip("; \t").endswith("?"):
                continue  # what is behind the magic is in the program; help works on the rewritten names too
            if _INSTALLS.search(text) and re.search(r"\b(?:pymc3|theano)\b", text, re.IGNORECASE):
                yield _hidden(index, hidden.row, text, "installs PyMC3 or Theano: install pm-migrate[shims] instead")
            elif mention.search(text):
                yield _hidden(index, hidden.row, text, "IPython syntax that mentions PyMC3 or Theano, left as it is")


def _hidden(cell: int, line: int, text: str, message: str) -> Finding:
    return Finding(line, 0, line, len(text), HELD_CODE, Confidence.MANUAL, f"{message}: {text.strip()}", cell=cell)


def _bound_names(source: str) -> Iterator[str]:
    """Yield the names that imports of PyMC3 and Theano bind."""
    for node in ast.walk(_parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for alias in node.names:
                origin = (module or alias.name).split(".")[0]
                if origin in ("pymc3", "theano") and alias.name != "*":
                    yield (alias.asname or alias.name).split(".")[0]
