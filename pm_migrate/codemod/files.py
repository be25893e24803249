"""Which files a run is about.

Folders are searched for Python files, notebooks and documents with fenced code (``.md``, ``.qmd``, ``.Rmd``), leaving
out what git ignores, the folders of tools and virtual environments. Symbolic links to files are followed to the file
they mean; links to folders are not followed inside a search, as in git, so that a search neither loops nor leaves the
folder it was given.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".py", ".ipynb", ".md", ".markdown", ".myst", ".qmd", ".rmd")
PRUNED = frozenset(
    {
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pm-migrate",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
    }
)


@dataclass(frozen=True)
class Source:
    """One file to look at.

    Parameters
    ----------
    path
        As it is shown: the path given, or a path below the folder given.
    target
        The file itself, with every symbolic link resolved.
    notebook
        Whether it is a Jupyter notebook.
    named
        Whether it was itself named on the command line, not found in a folder.
    problem
        Why it cannot be used; empty if it can.
    """

    path: str
    target: str
    notebook: bool
    named: bool
    problem: str = ""


@dataclass
class Discovery:
    """What was found, in input order (paths that cannot be used among it), and things to mention."""

    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def discover(paths: Sequence[str], *, exclude: Sequence[str] = (), skip: Sequence[str] = ()) -> Discovery:
    """Find the Python files and notebooks that ``paths`` mean.

    Parameters
    ----------
    paths
        Files and folders. A file named here is taken whatever its suffix, and even if git ignores it.
    exclude
        Patterns in the syntax of ``.gitignore``, matched against paths relative to each folder of ``paths`` and against
        the paths as they are shown.
    skip
        Folders that are never entered (where results are being written).

    Returns
    -------
    Discovery
        Each file once, under the first path that led to it.
    """
    found = Discovery()
    seen: set[str] = set()
    excluded = _spec(exclude) if exclude else None
    skipped = {os.path.realpath(folder) for folder in skip}
    for path in paths:
        shown = os.path.normpath(path)
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            found.sources.append(_unusable(shown, _why_unusable(path, error)))
            continue
        if stat.S_ISDIR(mode):
            before = len(found.sources)
            for file, relative in _search(path, found, skipped):
                name = os.path.normpath(os.path.join(path, relative))
                if not (excluded and (excluded.match_file(relative) or _matches_shown(excluded, name))):
                    _add(found, seen, Source(name, file, file_is_notebook(name), named=False))
            if len(found.sources) == before:
                found.notes.append(f"{shown}: no Python files or notebooks to look at in this folder")
        elif not stat.S_ISREG(mode):
            found.sources.append(_unusable(shown, "not a regular file"))
        elif not (excluded and _matches_shown(excluded, shown)):
            target = os.path.realpath(path)
            _add(found, seen, Source(shown, target, file_is_notebook(target), named=True))
    return found


def file_is_notebook(path: str) -> bool:
    """Whether the name of a file is that of a Jupyter notebook."""
    return path.lower().endswith(".ipynb")


def repository_root(folder: str) -> str | None:
    """Return the nearest folder at or above ``folder`` that holds ``.git``, or None."""
    current = os.path.realpath(folder)
    while True:
        if os.path.lexists(os.path.join(current, ".git")):
            return current
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent


def _add(found: Discovery, seen: set[str], source: Source) -> None:
    if source.target not in seen:
        seen.add(source.target)
        found.sources.append(source)


def _unusable(shown: str, why: str) -> Source:
    return Source(shown, shown, notebook=False, named=True, problem=why)


def _why_unusable(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "broken symbolic link" if os.path.islink(path) else "no such file or folder"
    return f"cannot be read: {error.strerror or error}"


def _matches_shown(spec: GitIgnoreSpec, shown: str) -> bool:
    """Match a path as shown; one that leaves the current folder is matched without its leading ``../`` or ``/``."""
    parts = [part for part in shown.replace(os.sep, "/").split("/") if part not in ("", "..")]
    return bool(parts) and spec.match_file("/".join(parts))


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    """Compile ignore patterns; a line that is no pattern is ignored, as git does."""
    from pathspec import GitIgnoreSpec

    lines = list(lines)
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        usable = []
        for line in lines:
            try:
                GitIgnoreSpec.from_lines([line])
            except ValueError:
                continue
            usable.append(line)
        return GitIgnoreSpec.from_lines(usable)


_Rules = tuple[tuple[str, "GitIgnoreSpec"], ...]


def _rules_of(folder: str, file: str = ".gitignore") -> _Rules:
    try:
        with open(os.path.join(folder, file), encoding="utf-8", errors="surrogateescape") as lines:
            text = lines.read()
    except OSError:
        return ()
    return ((folder, _spec(text.splitlines())),)


def _inherited(root: str) -> _Rules:
    """Rules from the repository's root down to the parent of ``root``, unless they ignore ``root`` itself.

    Somebody who names an ignored folder wants what is in it.
    """
    top = repository_root(root)
    if top is None or top == root:
        return _rules_of(root, ".git/info/exclude") if top else ()
    rules = _rules_of(top, ".git/info/exclude")
    folder = top
    for part in os.path.relpath(root, top).split(os.sep):
        rules += _rules_of(folder)
        folder = os.path.join(folder, part)
        if _ignored(rules, folder, is_folder=True):
            return ()
    return rules


def _ignored(rules: _Rules, path: str, *, is_folder: bool) -> bool:
    """Apply the last rule that says anything: deeper files come after, and win."""
    for base, spec in reversed(rules):
        relative = os.path.relpath(path, base).replace(os.sep, "/") + ("/" if is_folder else "")
        verdict = spec.check_file(relative).include
        if verdict is not None:
            return verdict
    return False


def _search(path: str, found: Discovery, skipped: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (resolved file, path relative to ``path`` with forward slashes), sorted by name at each level."""
    root = os.path.realpath(path)
    pending = [(root, "", _inherited(root))]
    while pending:
        folder, prefix, rules = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            shown = os.path.normpath(os.path.join(path, prefix))
            found.sources.append(_unusable(shown, f"folder cannot be listed: {error.strerror or error}"))
            continue
        rules += _rules_of(folder)
        below = []
        for entry in entries:
            relative = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if not _pruned(entry, skipped) and not _ignored(rules, entry.path, is_folder=True):
                    below.append((entry.path, relative + "/", rules))
            elif entry.name.lower().endswith(SUFFIXES) and not _ignored(rules, entry.path, is_folder=False):
                try:
                    regular = entry.is_file()
                except OSError:
                    regular = False  # a symbolic link that leads round in a circle holds no code
                if regular:
                    yield os.path.realpath(entry.path), relative
        pending.extend(reversed(below))


def _pruned(entry: os.DirEntry[str], skipped: set[str]) -> bool:
    return (
        entry.name in PRUNED
        or entry.path in skipped
        or os.path.lexists(os.path.join(entry.path, "pyvenv.cfg"))  # any virtual environment, whatever its name
    )
