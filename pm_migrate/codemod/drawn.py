"""Files that never mention PyMC3 and call functions of others which create random variables.

``from priors import prior`` is enough: a function here that calls ``prior`` adds to the model of its caller, too. Such
files are drawn into a run, found by their text and syntax alone; what they do is then seen as in the others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod.driver import Task
from pm_migrate.codemod.modules import File, bytes_of, files_of, imports, parsed, spelled
from pm_migrate.codemod.roots import is_reference

#: What adds to the model around it, by the last part of its name; a method of a model of the program's own is none.
_ADDS = pymc3_names.DISTRIBUTIONS | pymc3_names.BASES | {"Data", "Deterministic", "GLM", "LinearComponent", "Potential"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(eq=False)
class _Read:
    """One program: its syntax, what it takes of other files, and its names that may create variables."""

    file: File
    tree: ast.Module | None
    sources: list[tuple[File, dict[str, str] | None]] | None = None
    makers: set[str] = field(default_factory=set)

    @cached_property
    def uses(self) -> dict[str, frozenset[str]]:
        """The names that each function and class at the top reads outside of models made there."""
        return {
            node.name: frozenset(_last(inner) for inner in _outside_models(node) if _is_read(inner))
            for node in (self.tree.body if self.tree is not None else ())
            if isinstance(node, _DEFINITIONS)
        }

    @cached_property
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
    reads = {file: _Read(file, parsed(file.task)) for file in heavy if not file.task.notebook}
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
                reads[file] = _Read(File(task, file.outside), parsed(task))
        for read in reads.values():
            if read.sources is None:
                read.sources = list(_sources(read, dict(imports(read.file.path, read.imports, files))))
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
            names = {*_taken(read, reads), *read.makers}
            found = {name for name, used in read.uses.items() if used & names}
            if not found <= read.makers:
                read.makers |= found
                changed = True
    return {name for read in reads.values() for name in read.makers}


def _taken(read: _Read, reads: dict[File, _Read]) -> Iterator[str]:
    """The names of a program, or attributes of modules in it, that may create variables and are in other files."""
    for file, names in read.sources or ():
        makers = reads[file].makers if file in reads else set()
        yield from makers if names is None else (names[name] for name in makers & names.keys())


def _sources(read: _Read, modules: dict[str, File]) -> Iterator[tuple[File, dict[str, str] | None]]:
    """The files that a program imports, and what of each by which name; None for all of it."""
    whole: set[str] = set()
    for node in read.imports:
        if isinstance(node, ast.Import):
            whole |= {alias.name for alias in node.names}
            continue
        whole |= {f"{spelled(node)}.{alias.name}" for alias in node.names}
        if spelled(node) in modules:
            star = any(alias.name == "*" for alias in node.names)
            names = {alias.name: alias.asname or alias.name for alias in node.names}
            yield modules[spelled(node)], None if star else names
    for name in whole & modules.keys():
        if modules[name].path != read.file.path:
            yield modules[name], None


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
    roots = known | taken
    return {
        node.name
        for node in (read.tree.body if read.tree is not None else ())
        if isinstance(node, _DEFINITIONS)
        and any(_adds(inner) and (starred or _root(inner) in roots) for inner in _outside_models(node))
    }


def _outside_models(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        made = isinstance(child, ast.With) and any(
            isinstance(item.context_expr, ast.Call) and _last(item.context_expr.func) == "Model" for item in child.items
        )
        if not made:
            yield child
            yield from _outside_models(child)


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)


def _adds(node: ast.AST) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and _last(node) in _ADDS


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return _last(node)
