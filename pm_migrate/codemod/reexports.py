"""Files that take PyMC3 or Theano from another file: ``from .common import pm``.

Such a file need not mention PyMC3 at all. After the rewrite it has imports of its own, so that it no longer matters to
it what becomes of the other one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pm_migrate.codemod.driver import Task, examine
from pm_migrate.codemod.modules import File, bytes_of, files_of, import_nodes, imports, listed, spelled
from pm_migrate.codemod.pymc3_names import public_names
from pm_migrate.codemod.roots import is_reference
from pm_migrate.errors import PmMigrateError

#: Names, of a module or qualified in a program, and the dotted names in PyMC3, Theano or NumPy that they stand for.
Names = dict[str, str]
#: What is known of the names of a file that PyMC3 or Theano are taken from, besides these.
ALONG = frozenset({"numpy", "scipy"})


def tell(tasks: Sequence[Task]) -> list[Task]:
    """Tell every file which names of other files are PyMC3's or Theano's.

    Parameters
    ----------
    tasks
        All files of a run; those that do not mention PyMC3 may be without their bytes.
    """
    run = _Run(files_of(tasks))
    given = {name for path in list(run.files) for name, what in run.bound(path).items() if is_reference(what)}
    mention = re.compile(rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in sorted(given)) + rb")\b")
    for file in run.files.values():
        if not file.task.needs_work and (given or file.task.certain):
            file.task = _with_bytes(file.task, mention if given else None)
    told: dict[str, Task] = {}
    for path in [path for path, file in run.files.items() if file.task.data and not file.outside]:
        names = run.taken(path)
        if any(map(is_reference, names.values())):
            task = run.files[path].task
            unlisted, unsure = run.stars(path)
            links = replace(
                task.options.links, reexports=tuple(sorted(names.items())), unlisted=unlisted, unsure=unsure
            )
            told[task.path] = replace(task, options=replace(task.options, links=links))
    return [told.get(task.path, task) for task in tasks]


def keep(tasks: Sequence[Task]) -> list[Task]:
    """Tell every file which of its imports others go on to take, since something of theirs stays as it was."""
    if not any(isinstance(task, Task) and task.options.links.reexports for task in tasks):
        return list(tasks)
    files = files_of(tasks)
    kept: dict[str, set[str]] = {}
    for path, file in list(files.items()):
        left = _left(file.task)
        for name, target in imports(path, import_nodes(file.task), files) if left else ():
            names = {q.removeprefix(f"{name}.") for q in left if q.startswith(f"{name}.")}
            kept.setdefault(target.task.path, set()).update(n for n in names if "." not in n)
    _keep_along(files, kept)
    return [_keeping(task, frozenset(kept.get(task.path, ()))) for task in tasks]


def _keep_along(files: dict[str, File], kept: dict[str, set[str]]) -> None:
    """What is needed of a file that takes it from another one itself is needed of that one, too."""
    by_path = {file.task.path: path for path, file in files.items()}
    todo = [by_path[shown] for shown in kept]
    while todo:
        path = todo.pop()
        file = files[path]
        needed, nodes = kept[file.task.path], import_nodes(file.task, top=True)
        targets = dict(imports(path, nodes, files))
        for node in nodes:
            target = targets.get(spelled(node)) if isinstance(node, ast.ImportFrom) else None
            if target is None or target is file:
                continue
            names = {a.name for a in node.names if (a.asname or a.name) in needed}
            names |= needed if any(a.name == "*" for a in node.names) else set()
            before = kept.setdefault(target.task.path, set())
            if names - before:
                before |= names
                todo.append(target.path)


def _keeping(task: Task, names: frozenset[str]) -> Task:
    if not names:
        return task
    return replace(task, options=replace(task.options, links=replace(task.options.links, exported=names)))


def _left(task: Task) -> frozenset[str]:
    """What a program takes of other files and keeps, by its qualified names there."""
    names = dict(task.options.links.reexports)
    if not names:
        return frozenset()
    try:
        return examine(task).taken
    except (PmMigrateError, RecursionError, MemoryError):
        return frozenset(names)  # the file stays as it is


def _with_bytes(task: Task, mention: re.Pattern[bytes] | None) -> Task:
    """A file that does not mention PyMC3, with its bytes if it may take it from elsewhere."""
    data = bytes_of(task)
    return replace(task, data=data) if mention is None or mention.search(data) else task


class _Run:
    """The files of a run, and what each gives to those that import it."""

    def __init__(self, files: dict[str, File]) -> None:
        self.files = files
        self._known: dict[str, Names] = {}

    def bound(self, path: str) -> Names:
        """The names that imports of a file give to PyMC3, Theano and NumPy themselves."""
        task = self.files[path].task
        return dict(_bound(import_nodes(task, top=True))) if task.needs_work and not task.notebook else {}

    def taken(self, path: str, *, top: bool = False) -> Names:
        """The qualified names in a program that are PyMC3's or Theano's by way of another file."""
        nodes = import_nodes(self.files[path].task, top=top)
        return {
            f"{name}.{own}": what
            for name, target in imports(path, nodes, self.files)
            if target is not self.files[path]
            for own, what in self._given(target).items()
        }

    def stars(self, path: str) -> tuple[frozenset[str], frozenset[str]]:
        """The qualified names that ``import *`` does not give in a program, and the modules where that is not known."""
        unlisted, unsure = set(), set()
        nodes = import_nodes(self.files[path].task)
        starred = {spelled(n) for n in nodes if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"}
        for name, target in imports(path, nodes, self.files):
            if name not in starred:
                continue
            gives, sure = self._listed(target)
            unlisted |= {f"{name}.{own}" for own in self._given(target) if not gives(own)}
            unsure |= set() if sure else {name}
        return frozenset(unlisted), frozenset(unsure)

    def _listed(self, file: File) -> tuple[Callable[[str], bool], bool]:
        """Whether ``import *`` of a file gives a name, and whether that is known."""
        try:
            names = listed(file.task)
        except ValueError:
            return (lambda _: True), False
        return (lambda name: name in names if names is not None else not name.startswith("_")), True

    def _given(self, file: File) -> Names:
        """All of PyMC3 and Theano that can be taken from a file: its own imports, and what it takes itself."""
        path = file.path
        if path not in self._known:
            self._known[path] = {}  # files may import each other
            names = self.bound(path)
            taken = {} if file.task.notebook else self.taken(path, top=True)
            unlisted = self.stars(path)[0] if taken else frozenset()
            for node in import_nodes(file.task, top=True) if taken else ():
                names |= _passed(node, taken, unlisted)
            self._known[path] = names
        return self._known[path]


def _bound(nodes: Sequence[ast.Import | ast.ImportFrom]) -> Iterator[tuple[str, str]]:
    """Local names and dotted names of what imports take from PyMC3 and Theano."""
    for node in nodes:
        for alias in node.names:
            if isinstance(node, ast.Import):
                dotted = alias.name if alias.asname else alias.name.split(".")[0]
            else:
                dotted = f"{spelled(node)}.{alias.name}"
            if alias.name == "*" and isinstance(node, ast.ImportFrom) and is_reference(spelled(node)):
                yield from ((name, f"{spelled(node)}.{name}") for name in public_names(spelled(node)))
            elif (is_reference(dotted) or dotted.split(".")[0] in ALONG) and alias.name != "*":
                yield alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else dotted), dotted


def _passed(node: ast.Import | ast.ImportFrom, taken: Names, unlisted: frozenset[str]) -> Names:
    """The local names under which an import passes on what it takes from another file."""
    if isinstance(node, ast.Import):
        return {}
    module = spelled(node)
    every = {name.removeprefix(f"{module}."): what for name, what in taken.items() if name.startswith(f"{module}.")}
    if any(alias.name == "*" for alias in node.names):
        return {n: what for n, what in every.items() if "." not in n and f"{module}.{n}" not in unlisted}
    return {alias.asname or alias.name: every[alias.name] for alias in node.names if alias.name in every}
