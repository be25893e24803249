"""A view of a folder tree in which some files have other contents, while the tree stays as it is.

Real folders lead to the files that are replaced; everything beside them is a link. So a program finds its neighbours,
its data and what lies above it (``../data``), and modules that were rewritten with it come as they belong to it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from pm_migrate.codemod.files import repository_root

#: Never shown: what is written there would change the original.
HIDDEN = frozenset({".git", ".pm-migrate"})


class Overlay:
    """The view; close it when the programs in it have been run.

    Parameters
    ----------
    files
        Absolute paths, as in the original tree, and their contents here. They need not exist there.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pm-migrate-", ignore_cleanup_errors=True)
        self._roots: dict[str, str] = {}
        for root in _outermost({_root(path) for path in files}):
            self._roots[root] = os.path.join(self._folder.name, str(len(self._roots)), os.path.basename(root) or "-")
        for root, copy in self._roots.items():
            _mirror(root, copy, {path: data for path, data in files.items() if _lies_in(path, root)})

    def path(self, original: str) -> Path:
        """Where a file of the original tree is in the view."""
        root = next(root for root in self._roots if _lies_in(original, root))
        return Path(self._roots[root], os.path.relpath(original, root))

    def close(self) -> None:
        """Remove the view."""
        self._folder.cleanup()

    def __enter__(self) -> Overlay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _root(path: str) -> str:
    """The repository that a file lies in; without one, the folder above its own."""
    folder = os.path.dirname(path)
    return repository_root(folder) or os.path.dirname(folder)


def _outermost(folders: Collection[str]) -> list[str]:
    """The folders that lie in no other of them: files that import each other have to be in one view."""
    return [each for each in sorted(folders) if not any(each != f and _lies_in(each, f) for f in folders)]


def _lies_in(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def _mirror(folder: str, copy: str, files: Mapping[str, bytes]) -> None:
    os.makedirs(copy, exist_ok=True)
    here = {os.path.basename(path): data for path, data in files.items() if os.path.dirname(path) == folder}
    below: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        if os.path.dirname(path) != folder:
            name = os.path.relpath(path, folder).split(os.sep)[0]
            below.setdefault(name, {})[path] = data
    # Without links (Windows may forbid them) a program that stands alone can still be verified.
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name not in here and entry.name not in below and entry.name not in HIDDEN:
                with contextlib.suppress(OSError):
                    os.symlink(os.path.abspath(entry.path), os.path.join(copy, entry.name))
    for name, data in here.items():
        Path(copy, name).write_bytes(data)
    for name, inner in below.items():
        _mirror(os.path.join(folder, name), os.path.join(copy, name), inner)
