"""Which files of a run import which, as they were before they were rewritten. Nothing is executed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace

from pm_migrate.codemod.driver import Task
from pm_migrate.codemod.encoding import mentions_pymc3
from pm_migrate.codemod.files import file_is_notebook
from pm_migrate.codemod.modules import File, bytes_of, import_nodes, imports, module_name


class Neighbours:
    """The files that programs import.

    Parameters
    ----------
    contents
        What files held, by absolute path, where that is not what is on the disk.
    """

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._files = {path: File(Task(path, data, file_is_notebook(path))) for path, data in contents.items()}
        self._direct: dict[str, frozenset[str]] = {}

    def data(self, path: str) -> bytes:
        """What a file held; nothing where it cannot be read."""
        file = self._files.get(path)
        return bytes_of(file.task if file else Task(path, b"", file_is_notebook(path)))

    def put(self, path: str, data: bytes) -> None:
        """Say what a file held."""
        self._files[path] = File(Task(path, data, file_is_notebook(path)))
        self._direct.pop(path, None)

    def direct(self, path: str) -> frozenset[str]:
        """The files that a file imports itself."""
        if path not in self._direct:
            task = replace(Task(path, b"", file_is_notebook(path)), data=self.data(path))
            found = imports(path, import_nodes(task), self._files)
            self._direct[path] = frozenset(target.path for _, target in found) - {path}
        return self._direct[path]

    def reach(self, path: str) -> frozenset[str]:
        """The files that a file imports, itself or by way of others."""
        seen: set[str] = set()
        todo = [path]
        while todo:
            new = self.direct(todo.pop()) - seen
            seen |= new
            todo += new
        return frozenset(seen - {path})

    def users(self, targets: frozenset[str], among: list[str]) -> list[str]:
        """Those of some files that import one of the targets, itself or by way of others.

        Only what mentions the last part of a module's name can import it: the rest of a tree is not parsed.
        """
        found: set[str] = set()
        known = set(targets)
        while known:
            names = b"|".join(re.escape(os.fsencode(name)) for name in sorted({module_name(path) for path in known}))
            mention = re.compile(rb"\b(?:" + names + rb")\b")
            left = [path for path in among if path not in found and path not in targets]
            new = {path for path in left if mention.search(self.data(path)) and self.direct(path) & known}
            found |= new
            known = new
        return [path for path in among if path in found]

    def has_pymc3(self, path: str) -> bool:
        """Whether a file mentions PyMC3, or imports one that does."""
        return mentions_pymc3(self.data(path)) or any(mentions_pymc3(self.data(p)) for p in self.reach(path))
