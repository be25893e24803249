"""The files of a run as modules that import each other: read, never executed."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pm_migrate.codemod.driver import LARGEST, Task, source_of
from pm_migrate.codemod.links import NO_LINKS, NOTHING, Linked, Links
from pm_migrate.errors import PmMigrateError


@dataclass(eq=False)
class File:
    """One file, the modules that it imports (by their names there), and what was found out of it.

    ``outside`` says that it is not rewritten in this run, so that it stays as it is. ``passed`` are the names that it
    takes from other files (the file, and the name there) and that others may take from it; ``starred`` files give all
    of theirs. ``things`` are its names for what is no function or class. ``mentioned`` are its words that occur in the
    files which import it.
    """

    task: Task
    outside: bool = False
    modules: dict[str, File] = field(default_factory=dict)
    passed: dict[str, tuple[File, str]] = field(default_factory=dict)
    starred: list[File] = field(default_factory=list)
    mentioned: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    links: Links = NO_LINKS
    linked: Linked = NOTHING

    @property
    def path(self) -> str:
        """Its full path."""
        return os.path.abspath(self.task.path)


def files_of(tasks: Sequence[Task]) -> dict[str, File]:
    """The programs of a run by their full paths; what is read from a pipe, or is no program, has no place there."""
    return {os.path.abspath(t.path): File(t) for t in tasks if isinstance(t, Task) and not t.document and t.path != "-"}


def bytes_of(task: Task) -> bytes:
    """The bytes of a file, which are read where a run let go of them; nothing where they cannot be read."""
    if task.data:
        return task.data
    try:
        with open(task.path, "rb") as content:
            return content.read(LARGEST)
    except OSError:
        return b""


def parsed(task: Task) -> ast.Module | None:
    """The syntax of a program; None for what the parser cannot take."""
    try:
        return ast.parse(source_of(task))
    except (PmMigrateError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def import_nodes(task: Task, *, top: bool = False) -> list[ast.Import | ast.ImportFrom]:
    """The import statements of a program, or those that run when it is imported."""
    tree = parsed(task)
    if tree is None:
        return []
    nodes = _run_on_import(tree) if top else ast.walk(tree)
    return [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]


def listed(task: Task) -> frozenset[str] | None:
    """The names in ``__all__`` of a program; None where it has none.

    Raises
    ------
    ValueError
        When they are computed.
    """
    tree = parsed(task)
    if tree is None:
        return None
    found: frozenset[str] | None = None
    for node in _run_on_import(tree):
        if isinstance(node, ast.Name) and node.id == "__all__" and isinstance(node.ctx, ast.Store):
            found = found or frozenset()
        elif isinstance(node, ast.Name) and node.id == "__all__":
            raise ValueError("__all__ is used")
    for node in _run_on_import(tree) if found is not None else ():
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                names = _names(value)
            case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                names = [*(found or ()), *_names(value)]
            case _:
                continue
        found = frozenset(names)
    return found


def _names(value: ast.expr) -> list[str]:
    """The texts of a list, or a tuple; a ValueError for anything else."""
    found = ast.literal_eval(value)
    if not isinstance(found, (list, tuple)) or not all(isinstance(name, str) for name in found):
        raise ValueError("__all__ is no list of names")
    return list(found)


def _run_on_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield node
            yield from _run_on_import(node)


def held(task: Task) -> frozenset[str]:
    """The names at the top of a program that are bound without ``def``: of a class, with that of its member."""
    tree = parsed(task)
    return frozenset() if tree is None else frozenset(_held(tree.body, ""))


def _held(body: Sequence[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not prefix:
            yield from _held(node.body, f"{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, (ast.AnnAssign, ast.For)) else targets
        yield from (prefix + n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))
        for inner in ("body", "orelse", "finalbody", "handlers"):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                blocks = getattr(node, inner, [])
                stmts = [s for b in blocks for s in (b.body if isinstance(b, ast.ExceptHandler) else [b])]
                yield from _held(stmts, prefix)


def module_name(path: str) -> str:
    """The last part of a module's name."""
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__init__.py" else os.path.splitext(name)[0]


def spelled(node: ast.ImportFrom) -> str:
    """The name of a module as an import has it."""
    return "." * node.level + (node.module or "")


def imports(
    path: str, nodes: Sequence[ast.Import | ast.ImportFrom], files: dict[str, File]
) -> Iterator[tuple[str, File]]:
    """The files that a program imports, by the names of their modules in it; files beside it are read as needed."""
    for node in nodes:
        if isinstance(node, ast.Import):
            found = [(alias.name, 0, alias.name) for alias in node.names]
        else:
            inner = node.module + "." if node.module else ""
            found = [(f"{spelled(node)}.{alias.name}", node.level, inner + alias.name) for alias in node.names]
            found.append((spelled(node), node.level, node.module or ""))
        for name, level, dotted in found:
            target = _resolved(path, level, dotted, files)
            if target is not None:
                yield name, target


def _resolved(path: str, level: int, dotted: str, files: dict[str, File]) -> File | None:
    """The file of a module, looked for as Python would from the folder of the program and those around it."""
    folder = os.path.dirname(path)
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    parts = dotted.split(".") if dotted else []
    while True:
        package = os.path.join(folder, *parts, "__init__.py")
        for name in (os.path.join(folder, *parts) + ".py", package) if parts else (package,):
            if name not in files and os.path.isfile(name):
                files[name] = File(_read(name), outside=True)
            if name in files and not files[name].task.notebook:
                return files[name]
        above = os.path.dirname(folder)
        if level or above == folder:
            return None
        folder = above


def _read(path: str) -> Task:
    """A file that is not part of the run."""
    task = Task(path, b"", notebook=False)
    return replace(task, data=bytes_of(task))
