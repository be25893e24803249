"""Models that other files use: ``from models import build``.

What another file does with a model, PyMC3's methods and ``with`` blocks, is not seen from here. So a model whose name
another file of the run takes and mentions stays as it was, and that file goes on to work.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pm_migrate.codemod.driver import Task, examine
from pm_migrate.codemod.modules import bytes_of, files_of, import_nodes, imports, module_name
from pm_migrate.errors import PmMigrateError

#: What finds attributes that it does not name.
_HIDING = re.compile(rb"\b(?:getattr|vars|attrgetter|__dict__)\b")


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
    every = list(files.items())
    users: dict[str, list[bytes]] = {}
    for path, file in every:
        data = bytes_of(file.task)
        if mention.search(data):
            nodes = import_nodes(replace(file.task, data=data))
            for target in {target.path for _, target in imports(path, nodes, files)} & set(makers) - {path}:
                users.setdefault(target, []).append(data)

    def others(path: str) -> Iterator[bytes]:
        return (bytes_of(file.task) for other, file in every if other != path)

    held = {
        makers[path].path: names
        for path, data in users.items()
        if (names := _held(makers[path], data, lambda path=path: others(path)))  # type: ignore[misc]
    }
    return [_holding(task, held[task.path]) if getattr(task, "path", None) in held else task for task in heavy]


def _held(maker: Task, users: Sequence[bytes], others: Callable[[], Iterator[bytes]]) -> frozenset[str]:
    """The names of a file that give models, and that others mention.

    A name is mentioned by a file that imports this one. The member of a class may be asked of an object, in any file
    that the object comes to.
    """
    try:
        models = examine(maker).models
    except (PmMigrateError, RecursionError, MemoryError):
        return frozenset()  # the run itself will say what is wrong
    return frozenset(name for name in models if _is_held(name, users, others))


def _is_held(name: str, users: Sequence[bytes], others: Callable[[], Iterator[bytes]]) -> bool:
    first, _, member = name.partition(".")
    mentioned = any(_mentions(data, first) for data in users)
    if not member or not mentioned:
        return mentioned
    word = re.escape(member.encode())
    asked = re.compile(rb"\.\s*" + word + rb"\b")
    # what takes the class may derive from it, and define the member anew
    defined = re.compile(rb"\bdef\s+" + word + rb"\b|(?m:^[ \t]+)" + word + rb"[ \t]*[=:]")
    hidden = any(_HIDING.search(data) or defined.search(data) for data in users)
    return hidden or any(asked.search(data) for data in others())


def _mentions(data: bytes, name: str) -> bool:
    return re.search(rb"\b" + re.escape(name.encode()) + rb"\b", data) is not None


def _holding(task: Task, names: frozenset[str]) -> Task:
    return replace(
        task, options=replace(task.options, links=replace(task.options.links, held=task.options.links.held | names))
    )
