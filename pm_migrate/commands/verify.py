"""``pm-migrate verify PATH...`` and ``--verify``: the original under PyMC3 against what it became.

A program is run to build its models: in a process of its own, but with everything it does. What is not on the disk (a
rewrite that was not written, the original of a file that was) is run in a view of the folders that the file lies in;
see :mod:`pm_migrate.commands.overlay`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pm_migrate import __version__
from pm_migrate.codemod.documents import is_document
from pm_migrate.commands.console import Progress, complain, say
from pm_migrate.commands.overlay import Overlay
from pm_migrate.commands.verify_summary import (
    came_to_models,
    counts,
    exit_code,
    hint,
    lines,
    made_no_model,
    settle_modules,
)
from pm_migrate.commands.verify_targets import Program, Targets, find_targets
from pm_migrate.errors import ExecutorError, PmMigrateError, ProvisionError, SourceError

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome
    from pm_migrate.codemod.files import Source

#: Columns of a table that is not printed to a terminal (a log, a pipe).
WIDTH = 110


@dataclass(frozen=True)
class Choices:
    """The choices made on the command line.

    Parameters
    ----------
    task
        What every task is told; see :class:`pm_migrate.verify.Task`.
    roads
        ``both``, ``drop-in`` (the original on the shims, alone) or ``rewrite``.
    against
        Where originals of rewritten files come from.
    format, output
        Form of the report (``text``, ``json``, ``junit``), and the file it goes to instead of standard output.
    html
        The file that the proof goes to, as a page.
    jobs
        Programs at a time; None for one, or for all cores where ``executor`` starts a cluster.
    executor, address
        Where tasks run, see :func:`pm_migrate.verify.executors.run_tasks`.
    quiet
        Only what is not equal.
    """

    task: Mapping[str, Any] = field(default_factory=dict)
    roads: str = "both"
    against: str | None = None
    format: str = "text"
    output: str | None = None
    html: str | None = None
    jobs: int | None = None
    executor: str = "local"
    address: str | None = None
    quiet: bool = False


def verify(paths: Sequence[str], choices: Choices) -> int:
    """Verify programs; 0 all equal, 1 something differs, 2 something could not be verified."""
    targets = find_targets(paths, against=choices.against, rewrite=choices.roads != "drop-in")
    for path, why in targets.failed:
        _error(path, why)
    for note in targets.notes:
        say(note, err=True)
    return max(2 if targets.failed else 0, _verify(targets, choices)[0])


def verify_outcomes(
    outcomes: Sequence[tuple[Source, Outcome]], *, quiet: bool = False
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Verify what a run has just rewritten, from the texts in memory.

    Parameters
    ----------
    outcomes
        All files of the run; those that stay as they were are run where they import others, as they then do.
    quiet
        Only what is not equal.

    Returns
    -------
    (int, dict)
        The exit code, and what was found by path.
    """
    from pm_migrate.commands.neighbours import Neighbours
    from pm_migrate.commands.verify_targets import Program, link_programs

    targets = Targets()

    def program(source: Source, path: str, before: bytes | None, after: bytes | None) -> Program:
        target = source.target if source.path != "-" else os.path.abspath("stdin.py")
        before, after = (Path(target).read_bytes() if text is None else text for text in (before, after))
        original = targets.place(targets.before, target, before)
        return Program(path, original, targets.place(targets.after, target, after))

    others = {}
    for source, outcome in outcomes:
        if outcome.status == "changed":
            texts = (text.encode("utf-8", "surrogateescape") for text in (outcome.before, outcome.after))
            targets.programs.append(program(source, outcome.path, *texts))
        elif outcome.status == "unchanged" and source.path != "-" and not is_document(source.target):
            others[source.target] = partial(program, source, outcome.path, None, None)
    link_programs(targets, Neighbours(targets.before), others)
    # The report of the run has standard output; a table there would spoil JSON, a diff, or rewritten code.
    code, results = _verify(targets, Choices(quiet=quiet), err=True)
    return code, {result["path"]: {k: v for k, v in result.items() if k != "path"} for result in results}


def _verify(targets: Targets, choices: Choices, *, err: bool = False) -> tuple[int, list[dict[str, Any]]]:
    results: list[dict[str, Any]] = []
    if targets.programs:
        try:
            python = _ready(choices)
        except PmMigrateError as error:
            complain(str(error))
            return 2, []
        results = _all_results(targets, choices, python, err=err)
    elif not choices.quiet and not targets.failed:
        say("nothing to verify: no program that mentions PyMC3", err=True)
    failed = [{"path": path, "ok": False, "error": why} for path, why in targets.failed]
    _show_summary(results + failed, choices, err=err)
    if not err:
        _write(results + failed, choices)
    return exit_code(results), results


def _all_results(targets: Targets, choices: Choices, python: str | None, *, err: bool) -> list[dict[str, Any]]:
    """Run the programs, and those that import a module which no other program proves; show what comes out."""
    programs = [program for program in targets.programs if program.own]
    found: list[dict[str, Any]] = []

    def run(chosen: Sequence[Program]) -> None:
        if chosen and not choices.quiet:
            say(f"verify runs the code of {len(chosen)} program(s), in processes of their own", err=True)
        for result in _results(replace(targets, programs=list(chosen)), choices, python):
            found.append(result)
            if not made_no_model(result):
                _show(result, choices, err=err)

    run(programs)
    left = settle_modules(programs, found)
    others = [p for p in targets.programs if not p.own and any(module.source in p.imports for module in left)]
    if others:
        programs += others
        run(others)
        settle_modules(programs, found)
        # without PyMC3 and without a model: it imports such a module for another purpose
        idle = {program.path for program in others}
        found = [result for result in found if result["path"] not in idle or came_to_models(result)]
    for result in found:
        if made_no_model(result):
            if not result["ok"]:
                hint(result, programs)
            _show(result, choices, err=err)
    order = {program.path: number for number, program in enumerate(targets.programs)}
    return sorted(found, key=lambda result: order[result["path"]])


def _show_summary(results: Sequence[Mapping[str, Any]], choices: Choices, *, err: bool) -> None:
    """The last lines of a report of several programs."""
    if len(results) > 1 and not (choices.quiet and exit_code(results) == 0):
        for line in lines(results):
            say(line, err=err or choices.format != "text" or choices.output is not None)


def proofs(paths: Sequence[str], choices: Choices) -> list[dict[str, Any]]:
    """Verify programs, and print nothing.

    The workers stay for the next call; :func:`pm_migrate.verify.close_workers` ends them.

    Returns
    -------
    list of dict
        What was found of each, as ``--format json`` has it.

    Raises
    ------
    PmMigrateError
        There is no program, or nothing to compare with.
    """
    targets = find_targets(paths, against=choices.against, rewrite=choices.roads != "drop-in")
    targets.programs = [program for program in targets.programs if program.own]
    if not targets.programs and not targets.failed:
        raise SourceError(f"{', '.join(paths)}: no program that mentions PyMC3")
    from pm_migrate.verify import run_task

    with contextlib.ExitStack() as stack:
        found = [run_task(task) for task in _tasks(targets, choices, _ready(choices), stack)]
    settle_modules(targets.programs, found)
    return found + [{"path": path, "ok": False, "error": why} for path, why in targets.failed]


def _ready(choices: Choices) -> str | None:
    """The interpreter with PyMC3. A cluster's nodes look for their own, unless one is named.

    Raises
    ------
    PmMigrateError
        There is none here, or no runtime, or not the device that is wanted.
    """
    if choices.executor != "local":
        return choices.task.get("python")
    if choices.address is not None:
        raise ExecutorError(f"--executor-address {choices.address}: it is one of a cluster, for --executor dask or ray")
    python = find_reference(choices.task.get("python"))
    _needs_runtime()
    if choices.task.get("device"):
        from pm_migrate.verify.devices import require_device

        require_device(choices.task["device"])
    return str(python)


def _results(targets: Targets, choices: Choices, python: str | None) -> Iterator[dict[str, Any]]:
    """Run the tasks, several at a time; yield what came out in the order of the programs."""
    from pm_migrate.verify import close_workers, run_task

    with contextlib.ExitStack() as stack:
        tasks = _tasks(targets, choices, python, stack)
        progress = stack.enter_context(Progress(len(tasks), quiet=choices.quiet, what="verifying"))
        stack.callback(close_workers)
        if choices.executor == "local" and ((choices.jobs or 1) == 1 or len(tasks) == 1):
            for task in tasks:
                progress.about(task["path"])
                yield run_task(task)
                progress.advance()
            return
        from pm_migrate.verify.executors import run_tasks

        jobs = choices.jobs or (1 if choices.executor == "local" else None)
        ended = run_tasks(run_task, tasks, executor=choices.executor, address=choices.address, jobs=jobs)
        early: dict[int, dict[str, Any]] = {}
        following = 0
        with contextlib.closing(ended):
            for done in ended:
                progress.advance()
                lost = {"path": tasks[done.index]["path"], "ok": False, "error": done.error}
                early[done.index] = done.result if done.error is None else lost
                while following in early:
                    yield early.pop(following)
                    following += 1


def _tasks(targets: Targets, choices: Choices, python: str | None, stack: contextlib.ExitStack) -> list[dict[str, Any]]:
    """The tasks, with files that are not on the disk in views that last as long as ``stack``."""
    views = [stack.enter_context(Overlay(files)) for files in (targets.before, targets.after)]

    def place(view: int, path: str) -> str:
        files = (targets.before, targets.after)[view]
        return str(views[view].path(path)) if path in files else path

    tasks = []
    for program in targets.programs:
        rewritten = program.rewritten if choices.roads != "drop-in" else None
        tasks.append(
            {
                **choices.task,
                "path": program.path,
                "original": place(0, program.original),
                "rewritten": place(1, rewritten) if rewritten else None,
                "entry": program.entry,
                "rewritten_entry": program.rewritten_entry,
                "drop_in": choices.roads != "rewrite",
                "python": python,
            }
        )
    return tasks


def find_reference(python: str | None = None) -> Path:
    """Return the interpreter with PyMC3.

    Raises
    ------
    ProvisionError
        If there is none.
    """
    from pm_migrate.reference import provision

    if python is not None and not os.path.isfile(python):
        raise ProvisionError(f"--reference-python {python}: no such file")
    found = Path(python) if python else provision.find()
    if found is None:
        raise ProvisionError(
            "verify needs an interpreter with PyMC3: build one with `pm-migrate reference install`, or name yours with "
            "--reference-python"
        )
    return found


def _needs_runtime() -> None:
    try:
        import pm_migrate.reference.client  # noqa: F401 -- it needs NumPy
    except ModuleNotFoundError as error:
        raise ProvisionError(f"verify needs {error.name}: pip install 'pm-migrate[shims]'") from error


def _error(path: str, why: str) -> None:
    say(f"{path}: {click.style('error', fg='red', bold=True)}: {why}", err=True)


def _show(result: Mapping[str, Any], choices: Choices, *, err: bool) -> None:
    """Print what is known of one program as soon as it is known."""
    if "error" in result:
        _error(result["path"], result["error"])
    elif choices.format == "text" and not (choices.quiet and result["ok"]):
        from rich.console import Console

        from pm_migrate.verify import render

        stream = sys.stderr if err or choices.output else sys.stdout
        Console(file=stream, width=None if stream.isatty() else WIDTH).print(render(result["report"]))


def _write(results: Sequence[Mapping[str, Any]], choices: Choices) -> None:
    """Write the report of the whole run, in the forms that have one."""
    if choices.html is not None:
        from pm_migrate.report.proof import render_proofs

        Path(choices.html).write_text(render_proofs(results, __version__), encoding="utf-8")
    if choices.format == "text":
        return
    if choices.format == "junit":
        from pm_migrate.report import junit

        text = junit.render_proofs(results).rstrip()
    else:
        text = json.dumps({"version": __version__, "summary": counts(results), "programs": list(results)}, indent=2)
    if choices.output is None:
        say(text)
    else:
        Path(choices.output).write_text(text + "\n", encoding="utf-8")
