"""Scripts in cells: a comment ``# %%`` begins one, in VS Code, Spyder, Jupytext and others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pm_migrate.findings import Finding

_MARK = re.compile(r"^#[ \t]*(?:%%|In\[[\d ]*\]:?)(?P<title>[^\n]*)", re.MULTILINE)
_NAME = re.compile(r"[^\[{=]*")


def is_mark(comment: str) -> bool:
    """Whether a comment says where a cell begins: of a script, or of a notebook while it is one program.

    Examples
    --------
    >>> is_mark("# %% Data"), is_mark("# pm-migrate-notebook-0 cell 3"), is_mark("# The model")
    (True, True, False)
    """
    return _MARK.match(comment) is not None or comment.startswith("# pm-migrate-notebook-")


def in_parts(text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give findings in a script the cell they stand in, counted from 1; their lines stay those of the file."""
    marks = [(text.count("\n", 0, match.start()) + 1, match["title"]) for match in _MARK.finditer(text)]
    for finding in findings:
        before = [title for line, title in marks if line <= finding.line]
        if not before:
            yield finding
            continue
        match = _NAME.match(before[-1].strip())
        title = match.group().strip() if match else ""
        yield replace(finding, part=f"cell {len(before)}" + (f", {title}" if title else ""))
