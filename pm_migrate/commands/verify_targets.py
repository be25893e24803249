"""What the paths of ``pm-migrate verify`` mean: programs, each with its original and what it became."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pm_migrate.codemod.documents import is_document, parse_document
from pm_migrate.codemod.driver import Outcome, Task, process_all
from pm_migrate.codemod.encoding import decode_text, mentions_pymc3
from pm_migrate.codemod.files import Source, discover, file_is_notebook, repository_root
from pm_migrate.codemod.journal import earliest
from pm_migrate.codemod.reexports import tell
from pm_migrate.commands.config import Config, find_config
from pm_migrate.commands.neighbours import Neighbours
from pm_migrate.commands.originals import JOURNAL, Originals, from_git, from_journal
from pm_migrate.commands.rewrite import read
from pm_migrate.errors import PmMigrateError, SourceError

#: The import of a program that was rewritten, on a line of its own or in the JSON of a notebook.
_REWRITTEN = re.compile(
    rb"(^|\"|\\\\n)\s*(from\s+pm_migrate\s+import\s+.*\bpymc4\b|(import|from)\s+pm_migrate\.pymc4\b)", re.M
)


@dataclass(frozen=True)
class Program:
    """One program to verify.

    Parameters
    ----------
    path
        As it is shown.
    original, rewritten
        Absolute paths; contents that are not on the disk are in :class:`Targets`.
    entry, rewritten_entry
        A function of each that makes models.
    imports
        The originals, of this run, of the files that it imports, itself or by way of others.
    own
        Whether it has to do with PyMC3 itself; otherwise it is there for the models of files that it imports.
    """

    path: str
    original: str
    rewritten: str | None
    entry: str | None = None
    rewritten_entry: str | None = None
    imports: frozenset[str] = frozenset()
    own: bool = True

    @property
    def source(self) -> str:
        """The file that the original is of: the notebook, where it is run as a script beside one."""
        stem = self.original.removesuffix(".py")
        return stem if file_is_notebook(stem) or is_document(stem) else self.original


@dataclass
class Targets:
    """Programs, paths that cannot be used (with the reason), and contents that replace those on the disk.

    Parameters
    ----------
    before, after
        By absolute path: what files hold where originals are run, and where rewrites are.
    notes
        What is worth saying.
    """

    programs: list[Program] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    before: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def place(self, files: dict[str, bytes], target: str, data: bytes | None) -> str:
        """Where a program is run from: a notebook or document as a script beside itself, all else as it is.

        ``data`` replaces what is on the disk.
        """
        if not file_is_notebook(target) and not is_document(target):
            if data is not None:
                files[target] = data
            return target
        text = decode_text(Path(target).read_bytes() if data is None else data).text
        files[f"{target}.py"] = script(text, target).encode("utf-8", "surrogateescape")
        return f"{target}.py"


def script(text: str, path: str) -> str:
    """Return a program as a script: the cells of a notebook or document, without IPython's own syntax."""
    notebook = file_is_notebook(path)
    if not notebook and not is_document(path):
        return text
    from pm_migrate.codemod.cells import join_cells
    from pm_migrate.codemod.notebook import parse_notebook
    from pm_migrate.commands.ipython import as_python

    return as_python(join_cells((parse_notebook if notebook else parse_document)(text)))


def find_targets(arguments: Sequence[str], *, against: str | None = None, rewrite: bool = True) -> Targets:
    """Turn the arguments of the command line into programs.

    Parameters
    ----------
    arguments
        Files and folders; a file may be followed by ``::`` and the name of a function. Two files are an original and
        its rewrite.
    against
        Where the originals of rewritten files come from: ``journal``, or a revision of git. By default from the
        journal, else from ``HEAD``, for files that import ``pm_migrate.pymc4``; all others are originals.
    rewrite
        Whether rewrites are wanted at all; without, all files are originals.
    """
    found = Targets()
    named = [_split(argument) for argument in arguments]
    paths = [path for path, _ in named]
    if len(paths) == 2 and rewrite and against is None and _are_a_pair(paths):
        (before, entry), (after, other) = named
        _pair(found, before, before, after, entry, other)
        return found
    config = find_config(paths)
    sources = discover(paths)
    sources.sources = config.kept(sources.sources)
    entries = {os.path.normpath(path): entry for path, entry in named if entry}
    _Search(found, config, against, rewrite, entries).all(sources.sources)
    return found


def link_programs(found: Targets, neighbours: Neighbours, others: Mapping[str, Callable[[], Program]]) -> None:
    """Note which programs import which, and add programs that import them without PyMC3 of their own.

    Parameters
    ----------
    found
        The programs, which are completed.
    neighbours
        The files as the originals are.
    others
        Programs that may be added, by the path of the original.
    """
    sources = {program.source: program for program in found.programs}
    users = neighbours.users(frozenset(sources), list(others))
    everyone = [*found.programs, *(replace(others[path](), own=False) for path in users)]
    alone = not users and len(everyone) < 2
    found.programs = [
        program if alone else replace(program, imports=neighbours.reach(program.source) & set(sources))
        for program in everyone
    ]


def _split(argument: str) -> tuple[str, str | None]:
    path, mark, entry = argument.partition("::")
    return path, entry if mark else None


def _are_a_pair(paths: Sequence[str]) -> bool:
    return all(path.endswith((".py", ".ipynb")) and os.path.isfile(path) for path in paths)


def _pair(
    found: Targets, path: str, before: str, after: str, entry: str | None = None, other: str | None = None
) -> None:
    original = found.place(found.before, os.path.abspath(before), None)
    rewritten = found.place(found.after, os.path.abspath(after), None)
    found.programs.append(Program(path, original, rewritten, entry, other or entry))


@dataclass
class _Search:
    """The search of folders."""

    found: Targets
    config: Config
    against: str | None
    rewrite: bool
    entries: dict[str, str]
    known: dict[str, Originals] = field(default_factory=dict)
    as_they_are: frozenset[str] = frozenset()
    unchanged: int = 0

    def all(self, sources: Sequence[Source]) -> None:
        """Add a program for each file that is one."""
        folders = {os.path.dirname(source.path) for source in sources if _stem(source) == "before"}
        order = {source.path: number for number, source in enumerate(sources)}
        originals: list[Source] = []
        rewritten: list[Source] = []
        programs: list[Program] = []
        for source in sources:
            if source.problem:
                self.found.failed.append((source.path, source.problem))
            elif not self._is_of_a_pair(source, in_pair=os.path.dirname(source.path) in folders):
                self._sort(source, originals, rewritten)
        self.as_they_are = frozenset(s.target for s in originals if not _may_yield_elsewhere(s.target))
        for search, chosen in ((self._originals, originals), (self._rewritten, rewritten)):
            programs, self.found.programs = programs + self.found.programs, []
            search(chosen)
        self.found.programs += programs
        self.found.programs.sort(key=lambda program: order[program.path])
        self.found.failed.sort(key=lambda failed: order[failed[0]])
        if self.unchanged:
            self.found.notes.append(f"{self.unchanged} program(s) left out, which {self.against} has as they are now")

    def _is_of_a_pair(self, source: Source, *, in_pair: bool) -> bool:
        folder, name = os.path.split(source.path)
        stem = _stem(source)
        after = os.path.join(folder, f"after{os.path.splitext(name)[1]}")
        if self.against is None and in_pair and not source.named and stem in ("after", "nearest"):
            return True
        if self.against is None and self.rewrite and stem == "before" and os.path.isfile(after):
            # nearest.py: what the reference runs of a program in the spelling of an older release
            nearest = os.path.join(folder, "nearest.py")
            _pair(self.found, source.path, nearest if os.path.isfile(nearest) else source.path, after)
            return True
        return False

    def _sort(self, source: Source, originals: list[Source], rewritten: list[Source]) -> None:
        try:
            data = Path(source.target).read_bytes()
        except OSError as error:
            self.found.failed.append((source.path, f"cannot be read: {error.strerror or error}"))
            return
        is_rewritten = self.rewrite and (self.against is not None or _REWRITTEN.search(data))
        (rewritten if is_rewritten else originals).append(source)

    # --- originals, which are rewritten in memory ---------------------------------------------------------------------

    def _originals(self, sources: Sequence[Source]) -> None:
        """Files that are originals: rewrite them together, as a run of the codemod does."""
        options = self.config.options()
        read_ = [read(source, self.config.options_for(source, options)) for source in sources]
        tasks = [replace(task, certain=False) for task in read_ if isinstance(task, Task)]
        outcomes = {outcome.path: outcome for outcome in (process_all(tasks) if self.rewrite else ())}
        ended = [(source.target, outcomes[source.path]) for source in sources if source.path in outcomes]
        changed = {target: outcome.data for target, outcome in ended if outcome.status == "changed"}
        neighbours = Neighbours({})
        others: dict[str, Callable[[], Program]] = {}
        for target, data in changed.items():
            self.found.place(self.found.after, target, data)
        for source in sources:
            outcome = outcomes.get(source.path)
            if outcome is not None and outcome.status == "error":
                self.found.failed.append((source.path, outcome.error))
            elif _is_program(source, outcome, neighbours):
                self.found.programs.append(self._original(source, changed, neighbours))
            elif not is_document(source.target):
                others[source.target] = partial(self._original, source, changed, neighbours)
        link_programs(self.found, neighbours, others)

    def _original(self, source: Source, changed: Mapping[str, bytes], neighbours: Neighbours) -> Program:
        original = self.found.place(self.found.before, source.target, None)
        rewritten = None
        if source.target in changed:
            rewritten = self.found.place(self.found.after, source.target, changed[source.target])
        elif changed and neighbours.reach(source.target) & set(changed):
            # it stays as it is, among files that were rewritten
            rewritten = self.found.place(self.found.after, source.target, neighbours.data(source.target))
        return self._program(source, original, rewritten)

    # --- files that were rewritten, whose originals are looked for ----------------------------------------------------

    def _rewritten(self, sources: Sequence[Source]) -> None:
        earlier: dict[str, Source] = {}
        for source in sources:
            try:
                earlier[self._before(source)] = source
            except PmMigrateError as error:
                self.found.failed.append((source.path, str(error)))
        neighbours = Neighbours(self.found.before)
        self._neighbours_from_journal(list(earlier), neighbours)
        before = frozenset(self.found.before)
        usable = before | set(neighbours.users(before, list(earlier)))
        others: dict[str, Callable[[], Program]] = {}
        for task in tell([Task(path, neighbours.data(path), file_is_notebook(path)) for path in earlier]):
            source = earlier[task.path]
            if task.path not in usable or _REWRITTEN.search(task.data) or not neighbours.has_pymc3(task.path):
                self._without_original(source, task)
            elif task.mentions_pymc3 or source.named:
                self.found.programs.append(self._compared(source, task))
            elif not is_document(source.target):
                others[task.path] = partial(self._compared, source, task)
        link_programs(self.found, neighbours, others)

    def _before(self, source: Source) -> str:
        """Where a file was; what it and others of the same revision were is noted."""
        data = Path(source.target).read_bytes()
        for where in [self.against] if self.against else [JOURNAL, "HEAD"]:
            originals = self._known(source.target, where)
            then = originals.was.get(source.target)
            if then is None or originals.files[then] == data:
                continue
            for path, content in originals.files.items():
                # a file that is an original now is compared as it is now
                if path not in self.as_they_are and (where == JOURNAL or path not in self.found.before):
                    self.found.before[path] = content
            return then
        return source.target

    def _neighbours_from_journal(self, paths: list[str], neighbours: Neighbours) -> None:
        """Modules that were rewritten with a program come as they were, even if they are not verified themselves."""
        if self.against not in (None, JOURNAL):
            return
        seen = set(paths)
        while paths:
            new = neighbours.direct(paths.pop()) - seen
            seen |= new
            paths += new
            for path in new - set(self.found.before) - self.as_they_are:
                data = earliest(path)
                if data is not None:
                    self.found.before[path] = data
                    neighbours.put(path, data)

    def _compared(self, source: Source, then: Task) -> Program:
        original = self.found.place(self.found.before, then.path, then.data)
        return self._program(source, original, self.found.place(self.found.after, source.target, None))

    def _without_original(self, source: Source, task: Task) -> None:
        places = self.against or "the journal of undo or HEAD of git"
        if source.named:
            why = f"{places} has no original of it that differs; `verify ORIGINAL {source.path}` names one"
            self.found.failed.append((source.path, why))
        elif self.against is not None:
            self.unchanged += mentions_pymc3(task.data)
        else:
            self.found.notes.append(f"{source.path}: rewritten, but no original is in {places}: it was not verified")

    def _known(self, target: str, where: str) -> Originals:
        if where == JOURNAL:
            return from_journal([target])
        root = repository_root(os.path.dirname(target))
        if root is None and self.against is None:
            return Originals()
        key = root or os.path.dirname(target)
        if key not in self.known:
            try:
                self.known[key] = from_git(key, where)
            except SourceError:
                if self.against is not None:
                    raise
                self.known[key] = Originals()  # a repository without a commit
        return self.known[key]

    def _program(self, source: Source, original: str, rewritten: str | None) -> Program:
        entry = self.entries.get(os.path.normpath(source.path))
        return Program(source.path, original, rewritten, entry, entry)


def _may_yield_elsewhere(target: str) -> bool:
    """Whether a file may have been rewritten without an import: it only calls generators of other files."""
    try:
        data = Path(target).read_bytes()
    except OSError:
        return False
    return b"yield from" in data and not mentions_pymc3(data)


def _is_program(source: Source, outcome: Outcome | None, neighbours: Neighbours) -> bool:
    """Whether a file uses PyMC3, and does not only speak of it; a named one may do so by way of another file."""
    if outcome is None or source.named:
        return neighbours.has_pymc3(source.target) if source.named else mentions_pymc3(neighbours.data(source.target))
    return bool(outcome.references.total or outcome.models or outcome.findings)


def _stem(source: Source) -> str:
    return os.path.splitext(os.path.basename(source.path))[0]
