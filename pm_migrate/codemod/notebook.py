"""Jupyter notebooks as JSON text: where the sources of their code cells are, and how to put new ones there.

New sources are spliced into the original text of the notebook, so that outputs, metadata, the order of keys,
indentation and the spelling of numbers stay as they are, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pm_migrate.codemod.cells import CodeCell, Notebook, join_cells, migrate_cells
from pm_migrate.errors import SourceError
from pm_migrate.findings import Migration

__all__ = ["CodeCell", "Notebook", "join_cells", "migrate_notebook", "parse_notebook"]

#: The formats that are understood: in 2 and 3, cells are in worksheets and their source is called ``input``.
FORMATS = (2, 3, 4)

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_ESCAPED = re.compile(r"\\u(?!00[0-7])")


def migrate_notebook(text: str, **options: Any) -> Migration:
    """Rewrite the program that the code cells of a notebook make up, as ``cells.migrate_cells`` does.

    Raises
    ------
    SourceError
        If ``text`` is not a notebook of a known format.
    SafetyError
        If the rewritten program cannot be cut into the cells it came from.
    """
    return migrate_cells(parse_notebook(text), **options)


def parse_notebook(text: str) -> Notebook:
    """Find the code cells of a notebook in its JSON text.

    Raises
    ------
    SourceError
        If it is not JSON, not a notebook, or of a format that is not known.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not a notebook: not JSON ({error})") from error
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise SourceError("not a notebook: no nbformat in it")
    if content["nbformat"] not in FORMATS:
        raise SourceError(
            f"notebook format {content['nbformat']}, not 4: convert it first with "
            "`jupyter nbconvert --to notebook --nbformat 4 --inplace`"
        )
    if not _is_python(content.get("metadata")):
        return Notebook(text, ())
    holder = "cells" if content["nbformat"] == 4 else "worksheets"
    if not isinstance(content.get(holder), list):
        raise SourceError(f"not a notebook: no list of {holder} in it")
    return Notebook(text, tuple(_code_cells(text, holder)), spell=_literal)


def _is_python(metadata: object) -> bool:
    """Whether the metadata names Python, or no language at all."""
    if not isinstance(metadata, dict):
        return True
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        named = metadata.get(section)
        if isinstance(named, dict) and isinstance(named.get(key), str):
            return named[key].lower() in ("python", "ipython", "python3")
    return True


def _code_cells(text: str, holder: str) -> Iterator[CodeCell]:
    key = "source" if holder == "cells" else "input"
    for index, start in enumerate(_cell_starts(text, holder)):
        if text[start] != "{":
            raise SourceError(f"not a notebook: cell {index} is not an object")
        cell = {key: (begin, end) for key, begin, end in _members(text, start)}
        if "cell_type" not in cell or json.loads(text[slice(*cell["cell_type"])]) != "code":
            continue
        if "language" in cell and json.loads(text[slice(*cell["language"])]) != "python":
            continue  # format 3 says it for each cell
        source = json.loads(text[slice(*cell[key])]) if key in cell else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise SourceError(f"not a notebook: code cell {index} has no {key}")
        yield CodeCell(index, source, *cell[key])


def _cell_starts(text: str, holder: str) -> Iterator[int]:
    """Where each cell starts: in one list, or in the lists of all worksheets."""
    top = {key: start for key, start, _ in _members(text, _skip(text, 0))}
    if holder == "cells":
        yield from (start for start, _ in _items(text, top["cells"]))
        return
    for number, (sheet, _) in enumerate(_items(text, top["worksheets"])):
        inside = {key: start for key, start, _ in _members(text, sheet)} if text[sheet] == "{" else {}
        if "cells" not in inside or text[inside["cells"]] != "[":
            raise SourceError(f"not a notebook: no list of cells in worksheet {number}")
        yield from (start for start, _ in _items(text, inside["cells"]))


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
