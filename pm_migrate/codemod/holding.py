"""Models that other files use: ``from models import build``.

What another file does with a model, PyMC3's methods and ``with`` blocks, is not seen from here. So a model whose name
another file of the run takes and mentions stays as it was, and that file goes on to work.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace

from pm_migrate.codemod.driver import Task, examine
from pm_migrate.codemod.modules import bytes_of, files_of, import_nodes, imports, module_name
from pm_migrate.errors import PmMigrateError


def hold(tasks: Sequence[Task], heavy: Sequence[Task]) -> list[Task]:
    """Tell every file that mentions PyMC3 which of its models others use.

    Parameters
    ----------
    tasks
        All files of a run; those that do not mention PyMC3 may be without their bytes.
    heavy
        Those of them that do.
    """
    makers = {os.path.abspath(t.path): t for t in heavy if isinstance(t, Task) and not (t.notebook or t.document)}
    if not makers or len(tasks) < 2:
        return list(heavy)
    modules = b"|".join(re.escape(os.fsencode(module_name(path))) for path in sorted(makers))
    mention = re.compile(rb"\b(?:" + modules + rb")\b")
    files = files_of(tasks)
    users: dict[str, list[bytes]] = {}
    for path, file in list(files.items()):
        data = bytes_of(file.task)
        if mention.search(data):
            nodes = import_nodes(replace(file.task, data=data))
            for target in {target.path for _, target in imports(path, nodes, files)} & set(makers) - {path}:
                users.setdefault(target, []).append(data)
    held = {makers[path].path: names for path, data in users.items() if (names := _held(makers[path], data))}
    return [_holding(task, held[task.path]) if getattr(task, "path", None) in held else task for task in heavy]


def _held(maker: Task, users: Sequence[bytes]) -> frozenset[str]:
    """The names of a file that give models, and that one of its users mentions."""
    try:
        models = examine(maker).models
    except (PmMigrateError, RecursionError, MemoryError):
        return frozenset()  # the run itself will say what is wrong
    return frozenset(n for n in models if any(re.search(rb"\b" + re.escape(n.encode()) + rb"\b", u) for u in users))


def _holding(task: Task, names: frozenset[str]) -> Task:
    return replace(task, options=replace(task.options, links=replace(task.options.links, held=names)))
