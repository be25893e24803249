"""Unified diffs of outcomes: of a notebook cell by cell, since a diff of its JSON is hard to read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome


def parts(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Yield (label, before, after) for each part of a changed file that changed: the file, or cells of a notebook."""
    if not outcome.notebook:
        yield outcome.path, outcome.before, outcome.after
        return
    from pm_migrate.codemod.notebook import parse_notebook

    pairs = zip(parse_notebook(outcome.before).cells, parse_notebook(outcome.after).cells, strict=True)
    for before, after in pairs:
        if before.source != after.source:
            yield f"{outcome.path}:cell {before.index}", before.source, after.source


def unified(outcome: Outcome) -> str:
    """Return the unified diff of a changed file, in a form that ``patch -p0`` takes for a ``.py`` file."""
    return "".join(_unified(*part) for part in parts(outcome))


def lines_of(text: str) -> list[str]:
    """Split into lines at ``\\n`` only: a form feed does not end a line of a patch."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _unified(label: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(lines_of(before), lines_of(after), label, label)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
