"""``pm-migrate PATH...``: find, rewrite in memory, save the originals, replace, report."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import click

from pm_migrate import __version__
from pm_migrate.codemod import journal
from pm_migrate.codemod.driver import Options, Outcome, Task, failure, process_all
from pm_migrate.codemod.files import Discovery, Source, discover
from pm_migrate.commands.config import Config
from pm_migrate.commands.console import Progress, complain, say, show_diff
from pm_migrate.errors import JournalError
from pm_migrate.report import RunReport, render
from pm_migrate.report.statistics import table

Mode = Literal["write", "diff", "check", "out"]


@dataclass(frozen=True)
class Settings:
    """The choices made on the command line."""

    paths: tuple[str, ...]
    mode: Mode = "write"
    out: str | None = None
    format: str = "text"
    output: str | None = None
    options: Options = field(default_factory=Options)
    verify: bool = False
    jobs: int | None = None
    exclude: tuple[str, ...] = ()
    quiet: bool = False
    statistics: bool = False
    config: Config = field(default_factory=Config)

    @property
    def filters(self) -> bool:
        """Whether standard input goes to standard output."""
        return self.paths == ("-",) and self.mode == "write"


@dataclass(frozen=True)
class Done:
    """One file after it was rewritten in memory."""

    source: Source
    data: bytes
    outcome: Outcome

    def failed(self, why: str) -> Done:
        """Return the same file as not done."""
        return replace(self, outcome=failure(self.outcome.path, why, notebook=self.outcome.notebook))


def rewrite(settings: Settings) -> int:
    """Do a whole run and return its exit code: 0 all migrated, 1 something left to do, 2 an error.

    Raises
    ------
    ProvisionError
        If it is to be verified and there is no PyMC3 to verify with; then nothing was written.
    """
    if settings.verify:
        from pm_migrate.commands.verify import find_reference

        find_reference()
    found = _find(settings)
    destinations = _destinations(settings, found.sources) if settings.mode == "out" else {}
    done = _rewrite_in_memory(found.sources, settings)
    notes = list(found.notes)
    if settings.filters:
        _to_standard_output(done)
    elif settings.mode == "write":
        done = _replace_files(done, notes)
    elif settings.mode == "out":
        done = [_write_out(item, destinations) for item in done]
    outcomes = tuple(item.outcome for item in done)
    proofs: dict[str, dict[str, Any]] = {}
    proved = 0
    if settings.verify:
        from pm_migrate.commands.verify import verify_outcomes

        proved, proofs = verify_outcomes([(item.source, item.outcome) for item in done], quiet=settings.quiet)
    notes += _still_on_pymc3(outcomes, settings)
    return max(_report(outcomes, settings, notes, proofs), proved)


def _still_on_pymc3(outcomes: Sequence[Outcome], settings: Settings) -> list[str]:
    """Say how to run programs that need both: the rewritten models, and the drop-in for those that stay."""
    mixed = [o.path for o in outcomes if o.status == "changed" and o.references.migrated and o.references.todo]
    if not mixed or settings.mode not in ("write", "out"):
        return []
    which = mixed[0] if len(mixed) == 1 else f"{len(mixed)} programs"
    return [f"{which}: some of it stays on PyMC3; `pm-migrate run` and `verify` serve that by the drop-in"]


def _find(settings: Settings) -> Discovery:
    if settings.paths == ("-",):
        return Discovery([Source("-", "-", notebook=False, named=True)])
    skip = [settings.out] if settings.out else []
    found = discover(settings.paths, exclude=settings.exclude, skip=skip)
    found.sources = settings.config.kept(found.sources)
    return found


def _rewrite_in_memory(sources: Sequence[Source], settings: Settings) -> list[Done]:
    config = settings.config
    prepared = [read(source, config.options_for(source, settings.options)) for source in sources]
    tasks = [item for item in prepared if isinstance(item, Task)]
    with Progress(len(tasks), quiet=settings.quiet) as progress:
        outcomes = process_all(tasks, settings.jobs)
        done = []
        for source, item in zip(sources, prepared, strict=True):
            if isinstance(item, Task):
                outcome = next(outcomes)
                done.append(Done(source, outcome.original or item.data, outcome))
                progress.advance()
            else:
                done.append(Done(source, b"", item))
    return done


def read(source: Source, options: Options) -> Task | Outcome:
    """What a run does with a file, or why it cannot be read."""
    if source.problem:
        return failure(source.path, source.problem)
    try:
        if source.path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(source.target, "rb") as content:
                data = content.read()
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
        return failure(source.path, why, notebook=source.notebook)
    notebook = source.notebook or (source.path == "-" and _looks_like_notebook(data))
    task = Task(source.path, data, notebook, options, certain=source.named)
    # a tree of many large files that are none of ours must not be held in memory
    return task if source.path == "-" or task.needs_work else replace(task, data=b"")


def _looks_like_notebook(data: bytes) -> bool:
    return data.lstrip().startswith(b"{") and b'"nbformat"' in data


def _to_standard_output(done: Sequence[Done]) -> None:
    (item,) = done
    if item.outcome.status != "error":
        sys.stdout.buffer.write(item.outcome.data if item.outcome.status == "changed" else item.data)
        sys.stdout.buffer.flush()


def _replace_files(done: Sequence[Done], notes: list[str]) -> list[Done]:
    """Save every original, then replace every changed file; a file that cannot be replaced becomes an error."""
    checked = [_check_replaceable(item) for item in done]
    changed = [item for item in checked if item.outcome.status == "changed"]
    if not changed:
        return checked
    refused: dict[str, str] = {}
    replacements = [journal.Replacement(item.source.target, item.data, item.outcome.data) for item in changed]
    try:
        run, failed = journal.save(replacements)
        refused = {replacement.path: why for replacement, why in failed}
    except JournalError as error:
        run = None
        refused = {replacement.path: str(error) for replacement in replacements}
    for replacement in replacements:
        if replacement.path not in refused:
            why = _replace(replacement, notes)
            if why:
                refused[replacement.path] = why
    if run is not None and len(refused) < len(replacements):
        notes.append(f"undo with: pm-migrate undo{_undo_argument(run.root)}")
    return [item.failed(refused[item.source.target]) if item.source.target in refused else item for item in checked]


def _check_replaceable(item: Done) -> Done:
    if item.outcome.status != "changed":
        return item
    try:
        why = journal.why_not_writable(item.source.target)
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
    return item.failed(why) if why else item


def _replace(replacement: journal.Replacement, notes: list[str]) -> str | None:
    """Replace one file; return why it could not be done, or None."""
    try:
        with open(replacement.path, "rb") as current:
            if current.read() != replacement.before:
                return "changed while pm-migrate was running; left alone"
        links = os.stat(replacement.path).st_nlink
        journal.atomic_write(replacement.path, replacement.after)
    except OSError as error:
        return f"could not be written: {error.strerror or error}; the file is as it was"
    if links > 1:
        notes.append(f"{replacement.path} had {links - 1} more hard link(s), which keep the old text")
    return None


def _undo_argument(root: str) -> str:
    here = os.path.realpath(os.curdir)
    return "" if os.path.commonpath([here, root]) == root else f" {root}"


def _destinations(settings: Settings, sources: Sequence[Source]) -> dict[str, str]:
    """Map each resolved input to its place below ``--out``: as it lies below the folder that all inputs share."""
    assert settings.out is not None
    usable = [path for path in settings.paths if os.path.exists(path)]
    folders = [os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path)) for path in usable]
    shared = os.path.commonpath(folders) if folders else os.curdir
    places = {
        source.target: os.path.join(settings.out, os.path.relpath(os.path.abspath(source.path), shared))
        for source in sources
        if not source.problem
    }
    for place in places.values():
        if os.path.realpath(place) in places:
            raise click.UsageError(f"--out {settings.out} would overwrite the input {place}")
    return places


def _write_out(item: Done, destinations: dict[str, str]) -> Done:
    if item.outcome.status == "error":
        return item
    place = destinations[item.source.target]
    try:
        data = item.outcome.data if item.outcome.status == "changed" else Path(item.source.target).read_bytes()
        os.makedirs(os.path.dirname(place), exist_ok=True)
        journal.atomic_write(place, data, mode=os.stat(item.source.target).st_mode & 0o777)
    except OSError as error:
        return item.failed(f"{place} could not be written: {error.strerror or error}")
    return item


def _report(
    outcomes: tuple[Outcome, ...], settings: Settings, notes: Sequence[str], proofs: Mapping[str, Mapping[str, Any]]
) -> int:
    from pm_migrate.report import text

    on_stdout = settings.format != "text" and settings.output is None and not settings.filters
    run = RunReport(
        outcomes,
        __version__,
        wrote=settings.mode in ("write", "out"),
        diffs=settings.mode == "diff" and on_stdout,
        statistics=settings.statistics,
        proofs=proofs,
    )
    if settings.mode == "diff" and not on_stdout:
        from pm_migrate.report.diff import unified

        for outcome in outcomes:
            if outcome.status == "changed":
                show_diff(unified(outcome))
    for line in text.errors(run):
        say(line, err=True)
    failed = _emit(run, settings)
    if not settings.quiet:
        for note in notes:
            say(note, err=True)
    if failed or run.count("error"):
        return 2
    if settings.mode == "check" and run.count("changed"):
        return 1
    return int(any(outcome.left_to_do for outcome in outcomes))


def _emit(run: RunReport, settings: Settings) -> bool:
    """Write the report to where it belongs; return whether that failed."""
    from pm_migrate.report import text

    if settings.output is not None:
        try:
            with open(settings.output, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(click.unstyle(render(run, settings.format)))
        except OSError as error:
            complain(f"the report could not be written to {settings.output}: {error.strerror or error}")
            return True
    elif settings.format != "text":
        say(render(run, settings.format), end="", err=settings.filters)
    elif not settings.quiet:
        say(text.body(run), end="", err=settings.filters or settings.mode == "diff")
    elif settings.statistics:
        say("".join(f"{line}\n" for line in table(run.outcomes)), end="", err=settings.filters)
    sys.stdout.flush()
    return False
