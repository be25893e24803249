"""The comments ``# TODO(pm-migrate PMxxx): ...`` above places that need a person.

A program is rewritten without those that stand in it, and gets those that belong there: so none is repeated, and one
goes when its place needs nobody any more, or when ``# pm-migrate: ignore[PMxxx]`` stands in the statement.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from pm_migrate.codemod.comments import comments
from pm_migrate.findings import Finding

MARK = "TODO(pm-migrate "
_NEWLINE = re.compile(r"\r\n?|\n")
_TODO = re.compile(r"#\s*TODO\(pm-migrate (PM\d+)\): ")


@dataclass
class Lifted:
    """A program without our comments.

    Parameters
    ----------
    text
        Its source.
    lines
        For each line of ``text``, its line before.
    comments
        What was taken out: code, the line of code below it, and the whole line.
    """

    text: str
    lines: list[int] = field(default_factory=list)
    comments: list[tuple[str, str, str]] = field(default_factory=list)


def is_todo(comment: str) -> bool:
    """Whether a comment is one of ours."""
    return _TODO.match(comment) is not None


def lift(text: str, enabled: Callable[[str], bool]) -> Lifted:
    """Take our comments out of a program, those of rules that take part."""
    if MARK not in text:
        return Lifted(text)
    lines = _lines(text)
    taken = {row: code for row, code in _comment_lines(text) if enabled(code)}
    if not taken:
        return Lifted(text)
    comments = []
    for row, code in taken.items():
        below = next((line for n, line in enumerate(lines[row:], start=row + 1) if n not in taken), "")
        comments.append((code, below.strip(), lines[row - 1]))
    kept = [number for number in range(1, len(lines) + 1) if number not in taken]
    return Lifted("".join(lines[number - 1] for number in kept), kept, comments)


def settle(code: str, lifted: Lifted) -> str:
    """Let a comment that stands where it stood keep its words: the reason can read differently in a second run."""
    if not lifted.comments or MARK not in code:
        return code
    lines = _lines(code)
    ours = dict(_comment_lines(code))
    waiting = list(lifted.comments)
    for row, name in ours.items():
        below = next((line for n, line in enumerate(lines[row:], start=row + 1) if n not in ours), "")
        old = next((o for o in waiting if o[:2] == (name, below.strip())), None)
        if old is not None:
            waiting.remove(old)
            if _indentation(old[2]) == _indentation(lines[row - 1]):
                lines[row - 1] = old[2]
    return "".join(lines)


def at_their_lines(findings: Iterable[Finding], lifted: Lifted) -> Iterator[Finding]:
    """Findings at the lines of the program with our comments in it."""

    def line(number: int) -> int:
        return lifted.lines[number - 1] if 0 < number <= len(lifted.lines) else number

    for finding in findings:
        if not lifted.lines:
            yield finding
        else:
            yield replace(finding, line=line(finding.line), end_line=line(finding.end_line))


def without(text: str) -> str:
    """A program without any of our comments."""
    return lift(text, lambda _: True).text


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _comment_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield row and code of our comments that have a line for themselves; none of a text that is no Python."""
    row, before = 1, 0
    try:
        for start, comment in comments(text):
            match = _TODO.match(comment)
            line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
            if match and not text[line:start].strip():
                row += len(_NEWLINE.findall(text, before, start))
                before = start
                yield row, match.group(1)
    except (tokenize.TokenError, SyntaxError):
        return
