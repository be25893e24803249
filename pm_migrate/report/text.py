"""The report for people at a terminal: what changed, what is left to do, and the sum of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pm_migrate.findings import Confidence
from pm_migrate.report.statistics import table

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome
    from pm_migrate.findings import Finding
    from pm_migrate.report import RunReport

_COLOURS = {Confidence.SAFE: "green", Confidence.REVIEW: "yellow", Confidence.MANUAL: "red"}


def render(run: RunReport) -> str:
    """Render the whole report; edits that are safe are counted, not listed."""
    return body(run) + "".join(f"{line}\n" for line in errors(run))


def body(run: RunReport) -> str:
    """Render everything but the errors, which go to standard error."""
    lines = [line for outcome in run.outcomes for line in _file(outcome, run.wrote)]
    return "".join(f"{line}\n" for line in [*lines, *(table(run.outcomes) if run.statistics else ()), summary(run)])


def errors(run: RunReport) -> Iterator[str]:
    """Yield a line for each file that could not be done."""
    for outcome in run.outcomes:
        if outcome.status == "error":
            yield f"{outcome.path}: {click.style('error', fg='red', bold=True)}: {outcome.error}"


def summary(run: RunReport) -> str:
    """Return the last line of the report."""
    changed = "rewritten" if run.wrote else "would be rewritten"
    files = [f"{run.count('changed')} {changed}", f"{run.count('unchanged')} unchanged"]
    if run.count("error"):
        files.append(f"{run.count('error')} not done because of an error")
    total = plural(len(run.outcomes), "file")
    references = run.references
    if not references.total and all(_is_safe(f) for outcome in run.outcomes for f in outcome.findings):
        return f"{total}: {', '.join(files)}. No references to PyMC3 or Theano."
    account = f"{references.migrated} of {references.total} references to PyMC3 and Theano migrated"
    if references.todo or references.unknown:
        account += f", {references.todo} to do, {references.unknown} not understood"
    return f"{total}: {', '.join(files)}. {plural(run.models, 'model')}; {account}."


def plural(count: int, thing: str) -> str:
    """Return ``1 file``, ``2 files``."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _is_safe(finding: Finding) -> bool:
    return finding.confidence is Confidence.SAFE


def _file(outcome: Outcome, wrote: bool) -> Iterator[str]:
    if outcome.status == "changed":
        safe = sum(map(_is_safe, outcome.findings))
        what = "rewritten" if wrote else "would be rewritten"
        if not outcome.references.migrated and (outcome.references.total or safe < len(outcome.findings)):
            what = "TODO comments added, nothing else" if wrote else "TODO comments would be added, nothing else"
        edits = f", {plural(safe, 'safe edit')}" if safe else ""
        yield f"{click.style(outcome.path, bold=True)}: {what}: {plural(outcome.models, 'model')}{edits}"
    for finding in outcome.findings:
        if not _is_safe(finding):
            yield _finding(outcome.path, finding)


def _finding(path: str, finding: Finding) -> str:
    cell = "" if finding.cell is None else f":cell {finding.cell}"
    confidence = click.style(finding.confidence.value, fg=_COLOURS[finding.confidence])
    where = f"{path}{cell}:{finding.line}:{finding.column + 1}"
    part = f" ({finding.part})" if finding.part else ""
    return f"{where}: {finding.code} {confidence}: {finding.message}{part}"
