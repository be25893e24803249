"""Where the imports stand that rewritten code needs besides: in order, seen by all, and not in a body that may fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from pm_migrate.codemod import edits
from pm_migrate.codemod.names import DROP_IN, FRONT_ENDS, MODULES, ImportSite
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.tree import dotted, statement


def stands_above(plan: Plan, other: cst.CSTNode, line: cst.CSTNode) -> bool:
    """Whether an import runs whenever a later one does: not in the body of a ``try`` whose handler imports again."""
    suite = plan.tree.parent[other]
    return any(above is suite for above in plan.tree.ancestors(line))


def is_import(small: cst.CSTNode) -> bool:
    """Whether a small statement is an import."""
    return isinstance(small, (cst.Import, cst.ImportFrom))


def import_of(plan: Plan, module: str, at: cst.CSTNode) -> str:
    """The import of a module that rewritten code needs."""
    alias = plan.names.theano_alias() if module == "theano" else plan.names.alias(module, at)
    if module == "theano":
        return f"from {DROP_IN} import theano" + ("" if alias == "theano" else f" as {alias}")
    return f"import {_source(plan, module)} as {alias}"


def _source(plan: Plan, module: str) -> str:
    if module == "theano":
        return DROP_IN
    return FRONT_ENDS[plan.options.runtime] if module == "pm" else MODULES[module]


def home_of(plan: Plan, sites: list[ImportSite]) -> ImportSite | None:
    """The import next to which new imports go: one that every place sees."""
    top = [s for s in sites if s.scope is plan.tree.module]
    if not top:
        return sites[0] if len({s.scope for s in sites}) == 1 else None
    return next((s for s in top if s.root == "pymc3"), top[0])


def swapped(plan: Plan, sites: list[ImportSite], fate: dict[cst.CSTNode, bool]) -> cst.CSTNode | None:
    """The line of a Theano import that goes, where TensorFlow's can come."""
    for site in sites:
        alone = all(s.root == "theano" and fate[s.node] for s in sites if s.line is site.line)
        if (
            site.scope is plan.tree.module
            and alone
            and len(site.line.body) == 1
            and isinstance(site.statement, cst.Import)
            and not _used_before(plan, site.line)
            and all(stands_above(plan, site.line, s.line) for s in sites if s.root == "theano")
        ):
            return site.line
    return None


def _used_before(plan: Plan, line: cst.CSTNode) -> bool:
    """Whether something of PyMC3 or Theano is used above a line of the module: there TensorFlow may be needed, too."""
    body: list[cst.CSTNode] = list(plan.tree.module.body)
    above = body[: body.index(line)] if line in body else []
    imports = (cst.Import, cst.ImportFrom)
    return any(
        node in plan.flow.references
        for s in above
        if not (isinstance(s, cst.SimpleStatementLine) and all(isinstance(n, imports) for n in s.body))
        for node in plan.tree.walk(s)
    )


def places(plan: Plan, home: ImportSite, modules: list[str]) -> dict[cst.CSTNode, tuple[list[str], list[str]]]:
    """Before and after which lines new imports go, so that sorted imports stay sorted."""
    out: dict[cst.CSTNode, tuple[list[str], list[str]]] = {}
    tries = [n for n in plan.tree.ancestors(home.line) if isinstance(n, cst.Try)]
    if tries:  # a handler may go on without what the body did not import
        used = any(plan.tree.inside(node, tries[-1]) for node in plan.flow.references)
        return {tries[-1]: (modules, []) if used else ([], modules)}
    if home.starred:
        return {home.line: ([], modules)}  # the star may give the same names
    if not all(is_import(small) for small in home.line.body):
        return {home.line: (modules, [])}  # what stands on the same line may use them
    run = _run(plan, home.line)
    keys = [_sort_key(line) for line in run]
    for module in modules:
        line, after = home.line, _source(plan, module) > "pm_migrate"
        if keys == sorted(keys):
            key = (0, _source(plan, module))
            later = [line for line, k in zip(run, keys, strict=True) if k > key]
            line, after = (later[0], False) if later else (run[-1], True)
        out.setdefault(line, ([], []))[after].append(module)
    return out


def _run(plan: Plan, line: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
    """The import lines that stand together with one."""
    parent = plan.tree.parent[line]
    body: Sequence[Any] = parent.body if hasattr(parent, "body") else [line]
    place = body.index(line)
    first = last = place
    while first > 0 and not body[first].leading_lines and _sort_key(body[first - 1]) != _NOT_AN_IMPORT:
        first -= 1
    while last + 1 < len(body) and not _leading(body[last + 1]) and _sort_key(body[last + 1]) != _NOT_AN_IMPORT:
        last += 1
    return list(body[first : last + 1])


_NOT_AN_IMPORT = (9, "")


def _leading(node: Any) -> Sequence[cst.EmptyLine]:
    return getattr(node, "leading_lines", (cst.EmptyLine(),))


def _sort_key(line: Any) -> tuple[int, str]:
    """Where an import line goes in a sorted run: plain imports first, each kind by module."""
    match line:
        case cst.SimpleStatementLine(body=[cst.Import(names=[alias, *_])]):
            name = dotted(alias.name) or ""
            return (0, "pm_migrate.pymc4" if name == "pymc3" else name)
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=module)]) if module is not None:
            name = dotted(module) or ""
            return (0, "pm_migrate.pymc4") if name == "pymc3" else (1, name)
    return _NOT_AN_IMPORT


def around(before: list[str], after: list[str]) -> Any:
    """An edit that puts imports before and after what a line became."""

    def apply(updated: Any) -> Any:
        made = edits.statements(updated)
        front = [statement(text) for text in before]
        if front:
            if edits.is_orphan(made[0]):
                made = [made[0], *front, *made[1:]]
            else:
                front[0] = edits.with_leading(front[0], edits.leading(made[0]))
                made = [*front, edits.with_leading(made[0], []), *made[1:]]
        return cst.FlattenSentinel([*made, *(statement(text) for text in after)])

    return apply


def at_top(lines: list[str]) -> Any:
    """An edit of the module that puts imports after its docstring and its imports from ``__future__``."""

    def apply(updated: cst.Module) -> cst.Module:
        place = 0
        for node in updated.body:
            match node:
                case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
                    place += 1
                    continue
                case cst.SimpleStatementLine(body=[cst.ImportFrom(module=cst.Name(value="__future__"))]):
                    place += 1
                    continue
            break
        return updated.with_changes(body=[*updated.body[:place], *map(statement, lines), *updated.body[place:]])

    return apply
