"""One file in, one outcome out; and a whole run of them, in one process or several."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from pm_migrate.codemod.collecting import no_collection
from pm_migrate.codemod.encoding import Decoded, decode_notebook, decode_python, decode_text, mentions_pymc3
from pm_migrate.codemod.links import NO_LINKS, NOTHING, Linked, Links
from pm_migrate.codemod.percent import in_parts
from pm_migrate.errors import PmMigrateError, SourceError
from pm_migrate.findings import Confidence, Finding, Migration, References

if TYPE_CHECKING:
    from pm_migrate.codemod.cells import Notebook

#: A program with more text than this is not parsed: the tree would take hundreds of times as much memory.
LARGEST = 8 * 2**20

#: Fewer files than this are done faster in one process than in several that must start first.
POOL_FROM = 20


@dataclass(frozen=True)
class Options:
    """The choices that :func:`pm_migrate.migrate_source` takes."""

    names: str = "flat"
    runtime: str = "shims"
    safe_only: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    links: Links = NO_LINKS

    def keywords(self) -> dict[str, Any]:
        """Return them as keyword arguments."""
        links: dict[str, Any] = {} if self.links == NO_LINKS else {"links": self.links}
        return {
            "names": self.names,
            "runtime": self.runtime,
            "safe_only": self.safe_only,
            "select": self.select,
            "ignore": self.ignore,
            **links,
        }


@dataclass(frozen=True)
class Task:
    """One file to rewrite: the path it is shown under, its bytes, and how.

    ``certain`` says to read the file even if it does not mention PyMC3, so that a broken file is reported.
    """

    path: str
    data: bytes
    notebook: bool
    options: Options = field(default_factory=Options)
    certain: bool = False

    @property
    def document(self) -> bool:
        """Whether it is a text with fenced code."""
        from pm_migrate.codemod.documents import is_document

        return not self.notebook and is_document(self.path)

    @property
    def needs_work(self) -> bool:
        """Whether the file has to be looked into at all."""
        return bool(self.data.strip()) and (self.certain or self.mentions_pymc3)

    @property
    def mentions_pymc3(self) -> bool:
        """Whether the file has to do with PyMC3, by its own words or by what it takes from another file."""
        links = self.options.links
        return mentions_pymc3(self.data) or bool(links.reexports) or links.drawn


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Parameters
    ----------
    path
        As it is shown.
    status
        ``changed``, ``unchanged`` or ``error``.
    notebook
        Whether it is a Jupyter notebook; findings and diffs then go by cell.
    before, after
        The text before and after; empty unless it changed.
    data, original
        The bytes to write, and those that were read; empty unless it changed.
    findings, models, references
        As in :class:`pm_migrate.findings.Migration`.
    error
        The message, where ``status`` is ``error``.
    """

    path: str
    status: Literal["changed", "unchanged", "error"]
    notebook: bool = False
    before: str = ""
    after: str = ""
    data: bytes = b""
    original: bytes = b""
    findings: tuple[Finding, ...] = ()
    models: int = 0
    references: References = field(default_factory=References)
    error: str = ""

    @property
    def left_to_do(self) -> bool:
        """Whether a person still has something to do in this file."""
        return bool(
            self.references.todo
            or self.references.unknown
            or any(finding.confidence is Confidence.MANUAL for finding in self.findings)
        )


def process(task: Task) -> Outcome:
    """Rewrite one file in memory; every failure becomes an outcome of status ``error``."""
    try:
        with no_collection():
            return _process(task)
    except PmMigrateError as error:
        return failure(task.path, str(error).removeprefix(f"{task.path}: "), notebook=task.notebook)
    except Exception as error:  # a fault of ours in one file must not take the others down
        what = f"internal error, please report it: {type(error).__name__}: {error}"
        if os.environ.get("PM_MIGRATE_DEBUG"):
            what += "\n" + traceback.format_exc()
        return failure(task.path, what, notebook=task.notebook)


def failure(path: str, message: str, *, notebook: bool = False) -> Outcome:
    """Return the outcome of a file that could not be done."""
    return Outcome(path, "error", notebook, error=message)


def process_all(tasks: Sequence[Task], jobs: int | None = None) -> Iterator[Outcome]:
    """Rewrite files in memory, yielding outcomes in the order of ``tasks``.

    Parameters
    ----------
    tasks
        The files.
    jobs
        Number of processes. By default one for fewer than 20 files that mention PyMC3, else one for each processor.
    """
    from pm_migrate.codemod import reexports
    from pm_migrate.codemod.drawn import draw_in
    from pm_migrate.codemod.holding import hold
    from pm_migrate.codemod.linking import link

    tasks = draw_in(reexports.tell(tasks))
    found = [task for task in tasks if task.needs_work]
    light = [task for task in tasks if isinstance(task, Task) and not task.needs_work]
    heavy = reexports.keep(hold(tasks, link(found, light)))
    told = {id(before): after for before, after in zip(found, heavy, strict=True)}
    tasks = [told.get(id(task), task) for task in tasks]
    if jobs is None:
        jobs = 1 if len(heavy) < POOL_FROM else _processors()
    jobs = min(jobs, len(heavy))
    if jobs <= 1:
        yield from map(process, tasks)
        return
    done = _pooled(heavy, jobs)
    for task in tasks:
        yield next(done) if task.needs_work else process(task)


def source_of(task: Task) -> str:
    """The program of a file, the code cells of a notebook as one.

    Raises
    ------
    SourceError
        For a file that cannot be read as what it is.
    """
    if not task.notebook:
        return decode_python(task.data).text
    from pm_migrate.codemod.cells import join_cells
    from pm_migrate.codemod.notebook import parse_notebook

    return join_cells(parse_notebook(decode_notebook(task.data).text)).source


def examine(task: Task) -> Linked:
    """What the program of a file has to say to the other files of a run."""
    from pm_migrate.codemod import migrate_source

    text = source_of(task)
    _check_size(text)
    linked = migrate_source(text, path=task.path, **task.options.keywords()).linked
    return linked if isinstance(linked, Linked) else NOTHING


def _process(task: Task) -> Outcome:
    if not task.needs_work:
        return Outcome(task.path, "unchanged", task.notebook)
    if task.notebook:
        decoded, migrate = decode_notebook(task.data), _migrate_notebook
    elif task.document:
        decoded, migrate = decode_text(task.data), _migrate_document
    else:
        decoded, migrate = decode_python(task.data), _migrate_python
    result = migrate(decoded, task)
    if not result.changed:
        return Outcome(
            task.path,
            "unchanged",
            task.notebook,
            findings=result.findings,
            models=result.models,
            references=result.references,
        )
    return Outcome(
        task.path,
        "changed",
        task.notebook,
        before=decoded.text,
        after=result.code,
        data=decoded.encode(result.code),
        original=task.data,
        findings=result.findings,
        models=result.models,
        references=result.references,
    )


def _migrate_python(decoded: Decoded, task: Task) -> Migration:
    from pm_migrate.codemod import safety
    from pm_migrate.codemod.syntax import parse

    _check_size(decoded.text)
    if not task.mentions_pymc3:
        parse(decoded.text)
        return Migration(decoded.text, changed=False)

    def migrate(text: str) -> Migration:
        from pm_migrate.codemod import migrate_source

        return migrate_source(text, path=task.path, **task.options.keywords())

    try:
        safety.check_source(decoded.text)
    except SourceError:
        if not _only_ipython_runs(decoded.text):
            raise
        from pm_migrate.codemod.documents import as_one_cell

        return _migrate_cells(as_one_cell, decoded, task)
    result = migrate(decoded.text)
    if result.changed and safety.check_rewrite(decoded.text, result.code, migrate):
        result = replace(result, code=migrate(result.code).code)
    return replace(result, findings=tuple(in_parts(decoded.text, result.findings)))


def _only_ipython_runs(text: str) -> bool:
    """Whether a script is Python but for IPython's own lines, as editors with ``# %%`` cells let people write."""
    from pm_migrate.codemod.cells import join_cells
    from pm_migrate.codemod.documents import as_one_cell

    program = join_cells(as_one_cell(text))
    return bool(program.held) and not program.unreadable


def _migrate_notebook(decoded: Decoded, task: Task) -> Migration:
    from pm_migrate.codemod.notebook import parse_notebook

    return _migrate_cells(parse_notebook, decoded, task)


def _migrate_document(decoded: Decoded, task: Task) -> Migration:
    from pm_migrate.codemod.documents import parse_document

    return _migrate_cells(parse_document, decoded, task)


def _migrate_cells(parse: Callable[[str], Notebook], decoded: Decoded, task: Task) -> Migration:
    from pm_migrate.codemod import safety
    from pm_migrate.codemod.cells import join_cells, migrate_cells

    def migrate(text: str) -> Migration:
        return migrate_cells(parse(text), path=task.path, **task.options.keywords())

    book = parse(decoded.text)
    _check_size("".join(cell.source for cell in book.cells))
    before = join_cells(book)
    if mentions_pymc3(before.source.encode("utf-8", "surrogatepass")):
        safety.check_source(before.source)
    result = migrate(decoded.text)

    def again(_: str) -> Migration:
        second = migrate(result.code)
        return replace(second, code=join_cells(parse(second.code)).source)

    if result.changed and safety.check_rewrite(before.source, join_cells(parse(result.code)).source, again):
        result = replace(result, code=migrate(result.code).code)
    return result


def _check_size(text: str) -> None:
    if len(text) > LARGEST:
        raise SourceError(
            f"{len(text) / 2**20:.0f} MiB of code; more than {LARGEST // 2**20} MiB are not parsed: move the data out"
        )


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def _pool(jobs: int) -> ProcessPoolExecutor:
    from multiprocessing import get_context

    # Forking a process that has threads (a progress bar) can deadlock; the parent alone answers Ctrl-C.
    return ProcessPoolExecutor(jobs, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))


def _pooled(tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    """Run tasks in processes; a process that dies costs only the file it died on."""
    pool = _pool(jobs)
    done = 0
    try:
        futures: list[Future[Outcome]] = [pool.submit(process, task) for task in tasks]
        for future in futures:
            yield future.result()
            done += 1
    except BrokenProcessPool:
        pass  # this file, or another one that was being done beside it
    finally:
        pool.shutdown(cancel_futures=True)
    for task in tasks[done:]:
        yield _alone(task)


def _alone(task: Task) -> Outcome:
    with _pool(1) as pool:
        try:
            return pool.submit(process, task).result()
        except BrokenProcessPool:
            return failure(task.path, "the process that rewrote this file died", notebook=task.notebook)
