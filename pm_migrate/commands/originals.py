"""What files were before they were rewritten: from git, or from the journal of ``undo``. Nothing is written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

from pm_migrate.codemod.files import SUFFIXES, repository_root
from pm_migrate.codemod.journal import earliest
from pm_migrate.errors import SourceError

JOURNAL = "journal"


@dataclass(frozen=True)
class Originals:
    """Earlier contents.

    Parameters
    ----------
    files
        By absolute path as it was then.
    was
        The path of then by the path of now, for files that were there and have other contents now.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    was: dict[str, str] = field(default_factory=dict)

    def add(self, now: str, then: str, data: bytes) -> None:
        """Note what a file was."""
        self.files[then] = data
        self.was[now] = then


def from_git(folder: str, revision: str) -> Originals:
    """Read what the code of a repository was at a revision, where it differs from the files there now.

    Parameters
    ----------
    folder
        Anywhere in the repository.
    revision
        A commit, as git names it.

    Raises
    ------
    SourceError
        There is no repository, no git, or no such revision.
    """
    root = repository_root(folder)
    if root is None:
        raise SourceError(f"{folder} is in no git repository: --against {revision} needs one")
    _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", wanted=revision)
    fields = _git(root, "diff", "--name-status", "-M30%", "-z", "--no-ext-diff", revision, "--").split(b"\0")
    found = Originals()
    for status, then, now in _changes(fields):
        if status != "A" and then.lower().endswith(SUFFIXES):
            data = _git(root, "cat-file", "blob", f"{revision}:{then}")
            found.add(os.path.join(root, now), os.path.join(root, then), data)
    return found


def _changes(fields: list[bytes]) -> Iterator[tuple[str, str, str]]:
    """Status, old and new path of each file that differs."""
    words = iter(os.fsdecode(word) for word in fields if word)
    for status in words:
        then = next(words)
        yield status[0], then, next(words) if status[0] in "RC" else then


def _git(root: str, *arguments: str, wanted: str = "") -> bytes:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}  # not even the index is refreshed
    try:
        done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, env=environment, check=False)
    except OSError as error:
        raise SourceError(f"git cannot be run: {error}") from error
    if done.returncode:
        if wanted:
            raise SourceError(f"{root} has no revision {wanted}")
        raise SourceError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def from_journal(paths: list[str]) -> Originals:
    """Read what files were before the first run of the codemod that is not undone."""
    found = Originals()
    for path in paths:
        data = earliest(path)
        if data is not None:
            found.add(path, path, data)
    return found
