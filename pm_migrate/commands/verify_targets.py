"""What the paths of ``pm-migrate verify`` mean: programs, each with its original and what it became."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pm_migrate.codemod.documents import is_document, parse_document
from pm_migrate.codemod.driver import Options, Task, process
from pm_migrate.codemod.encoding import decode_text, mentions_pymc3
from pm_migrate.codemod.files import Source, discover, file_is_notebook, repository_root
from pm_migrate.commands.config import Config, find_config
from pm_migrate.commands.originals import JOURNAL, Originals, from_git, from_journal
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
    """

    path: str
    original: str
    rewritten: str | None
    entry: str | None = None
    rewritten_entry: str | None = None


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
    options: Options = field(init=False)
    known: dict[str, Originals] = field(default_factory=dict)
    unchanged: int = 0

    def all(self, sources: Sequence[Source]) -> None:
        """Add a program for each file that is one."""
        self.options = self.config.options()
        folders = {os.path.dirname(source.path) for source in sources if _stem(source) == "before"}
        for source in sources:
            try:
                if source.problem:
                    raise SourceError(source.problem)
                self._one(source, in_pair=os.path.dirname(source.path) in folders)
            except PmMigrateError as error:
                self.found.failed.append((source.path, str(error)))
        if self.unchanged:
            self.found.notes.append(f"{self.unchanged} program(s) left out, which {self.against} has as they are now")

    def _one(self, source: Source, *, in_pair: bool) -> None:
        folder, name = os.path.split(source.path)
        ending = os.path.splitext(name)[1]
        stem = _stem(source)
        after = os.path.join(folder, f"after{ending}")
        if self.against is None and in_pair and not source.named and stem in ("after", "nearest"):
            return
        if self.against is None and self.rewrite and stem == "before" and os.path.isfile(after):
            # nearest.py: what the reference runs of a program in the spelling of an older release
            nearest = os.path.join(folder, "nearest.py")
            _pair(self.found, source.path, nearest if os.path.isfile(nearest) else source.path, after)
            return
        try:
            data = Path(source.target).read_bytes()
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror or error}") from error
        if self.rewrite and (self.against is not None or _REWRITTEN.search(data)):
            self._rewritten_before(source, data)
        elif mentions_pymc3(data):
            self._original(source, data)

    def _rewritten_before(self, source: Source, data: bytes) -> None:
        """A file that was rewritten: look for its original."""
        for where in [self.against] if self.against else [JOURNAL, "HEAD"]:
            originals = self._originals(source.target, where)
            then = originals.was.get(source.target)
            if then is None or originals.files[then] == data or not mentions_pymc3(originals.files[then]):
                continue
            self.found.before.update(originals.files)
            original = self.found.place(self.found.before, then, originals.files[then])
            rewritten = self.found.place(self.found.after, source.target, None)
            self._add(source, original, rewritten)
            return
        places = self.against or "the journal of undo or HEAD of git"
        if source.named:
            raise SourceError(f"{places} has no original of it that differs; `verify ORIGINAL {source.path}` names one")
        if self.against is not None:
            self.unchanged += mentions_pymc3(data)
        else:
            self.found.notes.append(f"{source.path}: rewritten, but no original is in {places}: it was not verified")

    def _originals(self, target: str, where: str) -> Originals:
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

    def _original(self, source: Source, data: bytes) -> None:
        """A file that is an original: rewrite it in memory."""
        original = self.found.place(self.found.before, source.target, None)
        rewritten = None
        if self.rewrite:
            options = self.config.options_for(source, self.options)
            outcome = process(Task(source.path, data, source.notebook, options))
            if outcome.status == "error":
                raise SourceError(outcome.error)
            if outcome.status == "changed":
                rewritten = self.found.place(self.found.after, source.target, outcome.data)
        self._add(source, original, rewritten)

    def _add(self, source: Source, original: str, rewritten: str | None) -> None:
        entry = self.entries.get(os.path.normpath(source.path))
        self.found.programs.append(Program(source.path, original, rewritten, entry, entry))


def _stem(source: Source) -> str:
    return os.path.splitext(os.path.basename(source.path))[0]
