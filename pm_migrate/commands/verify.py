"""``pm-migrate verify PATH...`` and ``--verify``: the original under PyMC3 against what it became.

A program is run to build its models: in a process of its own, but with everything it does. What it became is written
to a temporary folder that holds links to the original's neighbours, so that modules and data beside it are found.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pm_migrate import __version__
from pm_migrate.codemod.documents import is_document, parse_document
from pm_migrate.codemod.driver import Options, Outcome, Task, process
from pm_migrate.codemod.encoding import decode_text, mentions_pymc3
from pm_migrate.codemod.files import Source, discover
from pm_migrate.commands.config import find_config
from pm_migrate.commands.console import complain, say
from pm_migrate.errors import PmMigrateError, ProvisionError, SourceError

if TYPE_CHECKING:
    from pm_migrate.reference.client import ReferenceClient
    from pm_migrate.verify import Report

#: Columns of a table that is not printed to a terminal (a log, a pipe).
WIDTH = 110


@dataclass(frozen=True)
class Program:
    """One program to verify.

    Parameters
    ----------
    path
        As it is shown: the original.
    beside
        The folder whose contents the program expects beside itself.
    original, rewritten
        Files; or source texts that have to be written to files first.
    """

    path: str
    beside: str
    original: Path | str
    rewritten: Path | str | None


@dataclass(frozen=True)
class Choices:
    """The choices made on the command line."""

    points: int = 20
    seed: int = 0
    drop_in: bool = True
    python: str | None = None
    format: str = "text"
    quiet: bool = False


def verify(paths: Sequence[str], choices: Choices) -> int:
    """Verify programs; 0 all equal, 1 something differs, 2 something could not be verified."""
    programs, failed = _programs(paths)
    for path, why in failed:
        say(f"{path}: {click.style('error', fg='red', bold=True)}: {why}", err=True)
    return max(2 if failed else 0, _verify(programs, choices, failed))


def verify_outcomes(
    changed: Sequence[tuple[Source, Outcome]], *, quiet: bool = False
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Verify what a run has just rewritten, from the texts in memory.

    Returns
    -------
    (int, dict)
        The exit code, and what was found by path.
    """
    programs = [
        Program(
            outcome.path,
            os.path.dirname(source.target) if source.path != "-" else os.curdir,
            _script(outcome.before, outcome.path, notebook=outcome.notebook),
            _script(outcome.after, outcome.path, notebook=outcome.notebook),
        )
        for source, outcome in changed
    ]
    # The report of the run has standard output; a table there would spoil JSON, a diff, or rewritten code.
    proofs: dict[str, dict[str, Any]] = {}
    return _verify(programs, Choices(quiet=quiet), [], err=True, proofs=proofs), proofs


def _verify(
    programs: Sequence[Program],
    choices: Choices,
    failed: Sequence[tuple[str, str]],
    *,
    err: bool = False,
    proofs: dict[str, dict[str, Any]] | None = None,
) -> int:
    if not programs:
        if not choices.quiet and not failed:
            say("nothing to verify: no program that mentions PyMC3", err=True)
        if choices.format == "json":
            say(_as_json([], failed))
        return 0
    try:
        client = _client(choices.python)
    except PmMigrateError as error:
        complain(str(error))
        return 2
    if not choices.quiet:
        say(f"verify runs the code of {len(programs)} program(s), in processes of their own", err=True)
    code = 0
    failures = list(failed)
    reports: list[tuple[str, Any]] = []
    with contextlib.closing(client):
        for program in programs:
            try:
                report = _verify_one(program, client, choices)
            except PmMigrateError as error:
                failures.append((program.path, str(error)))
                say(f"{program.path}: {click.style('error', fg='red', bold=True)}: {error}", err=True)
                code = 2
                continue
            reports.append((program.path, report))
            code = max(code, 0 if report.ok else 1)
            if choices.format == "text" and not (choices.quiet and report.ok):
                _show(report, err=err)
    if choices.format == "json":
        say(_as_json(reports, failures))
    if proofs is not None:
        proofs.update({item.pop("path"): item for item in _proofs(reports, failures)})
    return code


def _verify_one(program: Program, client: ReferenceClient, choices: Choices) -> Report:
    from pm_migrate.verify import verify_program

    with _on_disk(program) as (original, rewritten):
        return verify_program(
            original,
            rewritten,
            reference=client,
            points=choices.points,
            seed=choices.seed,
            drop_in=choices.drop_in,
        )


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


def _client(python: str | None) -> ReferenceClient:
    found = find_reference(python)
    try:
        from pm_migrate.reference.client import ReferenceClient
    except ModuleNotFoundError as error:
        raise ProvisionError(f"verify needs {error.name}: pip install 'pm-migrate[shims]'") from error
    return ReferenceClient(found)


def _show(report: Report, *, err: bool) -> None:
    from rich.console import Console

    from pm_migrate.verify import render

    stream = sys.stderr if err else sys.stdout
    Console(stderr=err, width=None if stream.isatty() else WIDTH).print(render(report))


def _as_json(reports: Sequence[tuple[str, Any]], failed: Sequence[tuple[str, str]]) -> str:
    return json.dumps({"version": __version__, "programs": _proofs(reports, failed)}, indent=2)


def _proofs(reports: Sequence[tuple[str, Any]], failed: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    programs: list[dict[str, Any]] = []
    if reports:
        from pm_migrate.verify import to_json

        programs = [{"path": path, "ok": report.ok, "report": to_json(report)} for path, report in reports]
    return programs + [{"path": path, "ok": False, "error": why} for path, why in failed]


def _programs(paths: Sequence[str]) -> tuple[list[Program], list[tuple[str, str]]]:
    """Turn the paths of the command line into programs, and paths that cannot be used."""
    if len(paths) == 2 and all(path.endswith(".py") and os.path.isfile(path) for path in paths):
        before, after = map(Path, paths)
        return [Program(paths[0], str(before.parent), before, after)], []
    config = find_config(paths)
    found = discover(paths)
    found.sources = config.kept(found.sources)
    options = config.options()
    pairs = {os.path.dirname(source.path) for source in found.sources if os.path.basename(source.path) == "before.py"}
    programs: list[Program] = []
    failed: list[tuple[str, str]] = []
    for source in found.sources:
        folder, name = os.path.split(source.path)
        after = Path(folder, "after.py")
        try:
            if source.problem:
                raise SourceError(source.problem)
            if folder in pairs and name == "after.py" and not source.named:
                continue
            if name == "before.py" and after.is_file():
                programs.append(Program(source.path, folder, Path(source.path), after))
            else:
                programs += _rewritten(source, config.options_for(source, options))
        except SourceError as error:
            failed.append((source.path, str(error)))
    return programs, failed


def _rewritten(source: Source, options: Options) -> Iterator[Program]:
    """Yield the program that a file is, if it mentions PyMC3, and what it becomes."""
    try:
        data = Path(source.target).read_bytes()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from error
    if not mentions_pymc3(data):
        return
    outcome = process(Task(source.path, data, source.notebook, options))
    if outcome.status == "error":
        raise SourceError(outcome.error)
    beside = os.path.dirname(source.target)
    in_cells = source.notebook or is_document(source.path)
    rewritten = None
    if outcome.status == "changed":
        rewritten = _script(outcome.after, source.path, notebook=source.notebook)
    if in_cells:
        original = _script(outcome.before or decode_text(data).text, source.path, notebook=source.notebook)
        yield Program(source.path, beside, original, rewritten)
    else:
        yield Program(source.path, beside, Path(source.target), rewritten)


def _script(text: str, path: str, *, notebook: bool) -> str:
    """Return a program as a script: the cells of a notebook or document, with IPython's own lines as comments."""
    if not notebook and not is_document(path):
        return text
    from pm_migrate.codemod.cells import join_cells
    from pm_migrate.codemod.notebook import parse_notebook

    return join_cells((parse_notebook if notebook else parse_document)(text)).source


@contextlib.contextmanager
def _on_disk(program: Program) -> Iterator[tuple[Path, Path | None]]:
    """Write the texts of a program to a temporary folder that mirrors the one it comes from."""
    if isinstance(program.original, Path) and not isinstance(program.rewritten, str):
        yield program.original, program.rewritten
        return
    with tempfile.TemporaryDirectory(prefix="pm-migrate-") as folder:
        stem = os.path.basename(program.path).partition(".")[0] or "program"
        ending = ".ipynb.py" if program.path.endswith(".ipynb") else ".py"  # a notebook goes on after errors
        original, rewritten = Path(folder, f"{stem}{ending}"), Path(folder, f"{stem}_rewritten{ending}")
        for neighbour in os.scandir(program.beside or os.curdir):
            if neighbour.name not in (original.name, rewritten.name):
                # Without links (Windows may forbid them) a program that stands alone can still be verified.
                with contextlib.suppress(OSError):
                    os.symlink(os.path.abspath(neighbour.path), os.path.join(folder, neighbour.name))
        yield _written(program.original, original), _written(program.rewritten, rewritten)


def _written(program: Any, place: Path) -> Any:
    if not isinstance(program, str):
        return program
    place.write_bytes(program.encode("utf-8", "surrogateescape"))
    return place
