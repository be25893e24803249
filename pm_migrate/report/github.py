"""Workflow commands that GitHub Actions turns into annotations of the lines they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pm_migrate.findings import Confidence

if TYPE_CHECKING:
    from pm_migrate.report import RunReport

_LEVELS = {Confidence.SAFE: "notice", Confidence.REVIEW: "warning", Confidence.MANUAL: "warning"}


def render(run: RunReport) -> str:
    """Render a line for each finding and each error."""
    return "".join(f"{line}\n" for line in _lines(run))


def _lines(run: RunReport) -> Iterator[str]:
    for outcome in run.outcomes:
        for finding in outcome.findings:
            if finding.cell is None:
                place = f"line={finding.line},endLine={finding.end_line},col={finding.column + 1}"
                if finding.line == finding.end_line:  # GitHub takes columns only within one line
                    place += f",endColumn={max(finding.end_column, finding.column + 1)}"
                message = f"{finding.part}: {finding.message}" if finding.part else finding.message
            else:
                place = "line=1"
                message = f"{finding.place}: {finding.message}"
            yield _command(_LEVELS[finding.confidence], outcome.path, place, finding.code, message)
        if outcome.status == "error":
            yield _command("error", outcome.path, "", "pm-migrate", outcome.error)


def _command(level: str, path: str, place: str, title: str, message: str) -> str:
    properties = [f"file={_property(path)}", *([place] if place else []), f"title={_property(title)}"]
    return f"::{level} {','.join(properties)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
