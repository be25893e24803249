"""``pm-migrate run PROGRAM``: a PyMC3 script, notebook or document, unedited, on TensorFlow Probability."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from pm_migrate.codemod.cells import CodeCell
from pm_migrate.codemod.documents import is_document, parse_document
from pm_migrate.codemod.magics import Cell, hold, is_foreign
from pm_migrate.codemod.notebook import parse_notebook
from pm_migrate.commands.console import complain, say
from pm_migrate.errors import SourceError

NEEDED = ("tensorflow", "tensorflow_probability")

#: What changes how a notebook looks, not what it computes.
_COSMETIC = re.compile(r"%(matplotlib|config|load_ext|reload_ext|autoreload|watermark|precision|pylab)\b|.*\?\s*;?\s*$")
_MARK = "pm-migrate held"


def run(script: str, arguments: Sequence[str]) -> int:
    """Run a program in an interpreter of its own and return its exit status."""
    if not os.path.isfile(script):
        complain(f"{script}: no such file")
        return 2
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        complain(f"{' and '.join(missing)} not installed: pip install 'pm-migrate[shims]'")
        return 2
    notebook_like = script.lower().endswith(".ipynb")
    if not (notebook_like or is_document(script)):
        return _run([script, *arguments])
    try:
        with open(script, encoding="utf-8-sig") as file:
            notebook = (parse_notebook if notebook_like else parse_document)(file.read())
    except (SourceError, UnicodeDecodeError) as error:
        complain(f"{script}: {error}")
        return 2
    cells = list(_python_cells(script, notebook.cells))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cells.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(cells, file)
        return _run(["--cells", path, script, *arguments])


def _run(arguments: Sequence[str]) -> int:
    process = subprocess.Popen([sys.executable, "-m", "pm_migrate.shims.run", *arguments])
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            continue  # the program got the signal too, and decides what it means
        return status if status >= 0 else 128 - status


def _python_cells(script: str, cells: Sequence[CodeCell]) -> Iterator[dict[str, str]]:
    """The cells of a notebook as Python, with what is left out said on standard error."""
    for number, cell in enumerate(cells, start=1):
        name = f"{script}, cell {number}"
        if is_foreign(cell.source):
            first = cell.source.strip().splitlines()[0]
            say(f"{name}: left out, as it is not Python of this notebook: {first}", err=True)
            continue
        held = hold(cell.source.replace("\r\n", "\n"), _MARK, 0)
        for line in held.held:
            if not line.magic and not _COSMETIC.match(line.text) and not line.text.startswith("%%"):
                say(f"{name}, line {line.row}: left out, as only IPython can run it: {line.text}", err=True)
        yield {"name": name, "source": _at_their_lines(held)}


def _at_their_lines(cell: Cell) -> str:
    """The Python of a cell, each line where it was: a held line that went on over several lines has become one."""
    text = ""
    for row, line in zip(cell.lines, cell.source.splitlines(keepends=True), strict=False):
        text += "\n" * (row - 1 - text.count("\n")) + line
    return text
