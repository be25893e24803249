"""Files that never mention PyMC3 and call functions of others which create random variables.

``from priors import prior`` is enough: a function here that calls ``prior`` adds to the model of its caller, too. Such
files are drawn into a run, found by their text and syntax alone; what they do is then seen as in the others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod.driver import Task, source_of
from pm_migrate.codemod.modules import File, bytes_of, files_of, imports, spelled
from pm_migrate.codemod.roots import is_reference
from pm_migrate.errors import PmMigrateError

#: What adds to the model around it, by the last part of its name; a method of a model of the program's own is none.
_ADDS = pymc3_names.DISTRIBUTIONS | {"Data", "Deterministic", "GLM", "LinearComponent", "Potential"}


@dataclass(eq=False)
class _Read:
    """One program: its syntax, the files that it imports, and its names that may create variables."""

    file: File
    tree: ast.Module | None
    modules: dict[str, File] = field(default_factory=dict)
    makers: set[str] = field(default_factory=set)

    @property
    def imports(self) -> list[ast.Import | ast.ImportFrom]:
        """Its import statements."""
        nodes = ast.walk(self.tree) if self.tree is not None else ()
        return [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]


def draw_in(tasks: Sequence[Task]) -> list[Task]:
    """Draw files into a run that do not mention PyMC3 and may create variables by functions of others.

    Parameters
    ----------
    tasks
        All files of a run; those that do not mention PyMC3 may be without their bytes.
    """
    files = files_of(tasks)
    mark(files)
    drawn = {file.task.path: file.task for file in files.values() if file.task.options.links.drawn}
    return [drawn.get(task.path, task) if isinstance(task, Task) else task for task in tasks]


def mark(files: dict[str, File]) -> None:
    """Say of each file whether it is drawn in."""
    heavy = [file for file in files.values() if file.task.needs_work]
    if len(heavy) == len(files):
        return
    reads = {file: _Read(file, _tree(file.task)) for file in heavy if not file.task.notebook}
    for read in reads.values():
        read.makers = _made_here(read)
    names = {name for read in reads.values() for name in read.makers}
    checked: set[str] = set()
    while names - checked:
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in sorted(names - checked)) + rb")\b")
        checked |= names
        for file in list(files.values()):
            if file not in reads and file not in heavy and pattern.search(bytes_of(file.task)):
                task = replace(file.task, data=bytes_of(file.task))
                reads[file] = _Read(File(task, file.outside), _tree(task))
        for read in reads.values():
            if not read.modules:
                read.modules = dict(imports(read.file.path, read.imports, files))
        names |= _spread(reads)
    for file, read in reads.items():
        if not file.task.needs_work and any(True for _ in _taken(read, reads)):
            links = replace(read.file.task.options.links, drawn=True)
            file.task = replace(read.file.task, options=replace(read.file.task.options, links=links))


def _spread(reads: dict[File, _Read]) -> set[str]:
    """Functions that call one that may create variables may create some, too; returns all their names."""
    changed = True
    while changed:
        changed = False
        for read in reads.values():
            found = _calling(read.tree, {*_taken(read, reads), *read.makers})
            if not found <= read.makers:
                read.makers |= found
                changed = True
    return {name for read in reads.values() for name in read.makers}


def _taken(read: _Read, reads: dict[File, _Read]) -> Iterator[str]:
    """The names of a program, or attributes of modules in it, that may create variables and are in other files."""
    for node in read.imports:
        if isinstance(node, ast.ImportFrom):
            target = reads.get(read.modules.get(spelled(node)))  # type: ignore[arg-type]
            makers = set() if target is None else target.makers
            star = any(alias.name == "*" for alias in node.names)
            yield from makers if star else (a.asname or a.name for a in node.names if a.name in makers)
    for name, file in read.modules.items():
        if file in reads and file.path != read.file.path and not _is_from(read, name):
            yield from reads[file].makers


def _is_from(read: _Read, name: str) -> bool:
    """Whether a module is only the one that names are taken from."""
    given = {f"{spelled(n)}.{a.name}" for n in read.imports if isinstance(n, ast.ImportFrom) for a in n.names}
    plain = {a.name for n in read.imports if isinstance(n, ast.Import) for a in n.names}
    return name not in given | plain


def _made_here(read: _Read) -> set[str]:
    """The functions and classes at the top of a program that refer to what adds to a model."""
    known = {
        alias.asname or alias.name.split(".")[0]
        for node in read.imports
        for alias in node.names
        if is_reference(alias.name if isinstance(node, ast.Import) else spelled(node))
    }
    taken = {name.rpartition(".")[2] for name, what in read.file.task.options.links.reexports if is_reference(what)}
    starred = any(a.name == "*" for node in read.imports for a in node.names)
    if not known | taken:
        return set()
    return _having(read.tree, lambda node: _adds(node) and (starred or _root(node) in known | taken))


def _calling(tree: ast.Module | None, names: set[str]) -> set[str]:
    """The functions and classes at the top of a program that refer to one of these names."""
    return _having(tree, lambda node: _reads(node, names))


def _having(tree: ast.Module | None, found: Callable[[ast.AST], bool]) -> set[str]:
    """The functions and classes at the top of a program in which something is found outside of models made there."""
    return {
        node.name
        for node in (tree.body if tree is not None else ())
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and any(map(found, _outside_models(node)))
    }


def _outside_models(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        made = isinstance(child, ast.With) and any(
            isinstance(item.context_expr, ast.Call) and _last(item.context_expr.func) == "Model" for item in child.items
        )
        if not made:
            yield child
            yield from _outside_models(child)


def _reads(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load) and _last(node) in names


def _adds(node: ast.AST) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and _last(node) in _ADDS


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return _last(node)


def _tree(task: Task) -> ast.Module | None:
    try:
        return ast.parse(source_of(task))
    except (PmMigrateError, SyntaxError, ValueError, RecursionError, MemoryError):  # what the parser cannot take
        return None
