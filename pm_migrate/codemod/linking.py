"""Several files that are one program: functions in one that create random variables for models in another.

Such a function becomes a generator, and every call of it a ``yield from``, in all files of a run or in none: a file
that keeps its models on PyMC3 keeps the functions that they call.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pm_migrate.codemod.driver import LARGEST, Task, examine, source_of
from pm_migrate.codemod.links import NO_LINKS, NOTHING, Linked, Links
from pm_migrate.errors import PmMigrateError

_ROUNDS = 12
#: The functions that stay as they are, by their files, and the files that keep them so.
Lost = dict[tuple[int, str], set[int]]


@dataclass(eq=False)
class _File:
    """One file, the modules that it imports (by their names there), and what was found out of it.

    ``outside`` says that it is not rewritten in this run, so that its functions stay as they are.
    """

    task: Task
    outside: bool = False
    modules: dict[str, _File] = field(default_factory=dict)
    links: Links = NO_LINKS
    linked: Linked = NOTHING


def link(tasks: Sequence[Task]) -> list[Task]:
    """Tell every task, of those that mention PyMC3, what it has to know of the others."""
    files = {os.path.abspath(t.path): _File(t) for t in tasks if _is_program(t)}
    todo = list(files)
    while todo:
        path = todo.pop(0)
        before = set(files)
        for spelled, target in _imports(files[path], path, files):
            if target is not files[path]:
                files[path].modules[spelled] = target
        todo += [other for other in files if other not in before]
    users = [file for file in files.values() if file.modules]
    imported = {target for file in users for target in file.modules.values() if target.task.needs_work}
    if not imported:
        return list(tasks)
    _settle(users, imported)
    links = {id(file.task): file.links for file in files.values() if file.links != NO_LINKS}
    return [
        task if id(task) not in links else replace(task, options=replace(task.options, links=links[id(task)]))
        for task in tasks
    ]


def _is_program(task: Task) -> bool:
    return isinstance(task, Task) and not task.document and task.path != "-"


def _settle(users: list[_File], imported: set[_File]) -> None:
    """Look at the files again and again until what one says of the others stays what it is."""
    lost: Lost = {}
    every = sorted({*users, *imported}, key=lambda f: f.task.path)
    # who calls what has to be known before anything is given up: a function that nothing calls cannot be rewritten
    _look_at(every, users, lost)
    while True:
        before = len(lost)
        for file in every:
            for owner, function in (_owner(file, name) for name in file.linked.blocked):
                lost.setdefault((id(owner), function), set()).add(id(file))
        if len(lost) == before:
            return
        _look_at(every, users, lost)


def _look_at(every: list[_File], users: list[_File], lost: Lost) -> None:
    seen: dict[int, Links] = {}
    for _ in range(_ROUNDS):
        changed = False
        for file in every:
            links = _links(file, users, lost)
            if seen.get(id(file)) != links:
                seen[id(file)] = file.links = links
                file.linked, changed = _look(file), True
        if not changed:
            return


def _links(file: _File, users: list[_File], lost: Lost) -> Links:
    makers = {f"{spelled}.{f}": (t, f) for spelled, t in file.modules.items() for f in t.linked.makers}
    kept = {name for name, (target, f) in makers.items() if target.outside or (id(target), f) in lost}
    called = {
        function
        for user in users
        for owner, function in (_owner(user, name) for name in user.linked.used)
        if owner is file
    }
    given_up = {name for name in called if id(file) not in lost.get((id(file), name), {id(file)})}
    return Links(frozenset(makers) - kept, frozenset(kept), frozenset(called) - given_up, frozenset(given_up))


def _owner(file: _File, name: str) -> tuple[_File, str]:
    """The file that a function is in, and its name there."""
    module, _, function = name.rpartition(".")
    return (file.modules[module], function) if module in file.modules else (file, function)


def _look(file: _File) -> Linked:
    task = replace(file.task, options=replace(file.task.options, links=file.links))
    try:
        return examine(task)
    except (PmMigrateError, RecursionError, MemoryError):
        return Linked(blocked=file.links.called)  # the run itself will say what is wrong


def _imports(file: _File, path: str, files: dict[str, _File]) -> Iterator[tuple[str, _File]]:
    """The files that a program imports, by the names of their modules in it."""
    for node in _nodes(file.task):
        if isinstance(node, ast.Import):
            found = [(alias.name, 0, alias.name) for alias in node.names]
        else:
            module = "." * node.level + (node.module or "")
            inner = node.module + "." if node.module else ""
            found = [(f"{module}.{alias.name}", node.level, inner + alias.name) for alias in node.names]
            found += [(module, node.level, node.module)] if node.module else []
        for spelled, level, dotted in found:
            target = _resolved(path, level, dotted, files)
            if target is not None:
                yield spelled, target


def _nodes(task: Task) -> list[ast.Import | ast.ImportFrom]:
    """The import statements of a program."""
    try:
        tree = ast.parse(source_of(task))
    except (PmMigrateError, SyntaxError, ValueError, RecursionError, MemoryError):  # what the parser cannot take
        return []
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]


def _resolved(path: str, level: int, dotted: str, files: dict[str, _File]) -> _File | None:
    """The file of a module, looked for as Python would from the folder of the program and those around it."""
    folder = os.path.dirname(path)
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    parts = dotted.split(".")
    while True:
        for name in (os.path.join(folder, *parts) + ".py", os.path.join(folder, *parts, "__init__.py")):
            if name not in files and os.path.isfile(name):
                files[name] = _File(_read(name), outside=True)
            if name in files and not files[name].task.notebook:
                return files[name]
        above = os.path.dirname(folder)
        if level or above == folder:
            return None
        folder = above


def _read(path: str) -> Task:
    """A file that is not part of the run; one that does not mention PyMC3 is as good as empty."""
    try:
        with open(path, "rb") as content:
            task = Task(path, content.read(LARGEST), notebook=False)
    except OSError:
        return Task(path, b"", notebook=False)
    return task if task.needs_work else replace(task, data=b"")
