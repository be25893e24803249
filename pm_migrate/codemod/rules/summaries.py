"""What reads the tables of ``pm.summary`` in the form that releases before 3.8 gave: part of PM304.

PyMC3's own table had other columns (``mc_error``, ``hpd_2.5``, ``n_eff``, ``Rhat``), other rows (``mu__0``), intervals
of mass 0.95 and all digits; from 3.8 on it is ArviZ's. A program of an older release says so itself: by those names, by
``varnames=``, by functions that are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from pm_migrate.catalog import older
from pm_migrate.catalog.samplers import SUMMARY_COLUMNS
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod.given import sources
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.diagnostics import RULE
from pm_migrate.codemod.tree import code, string_value

#: A column of intervals, as ``az.summary`` named it.
_OLD_COLUMN = re.compile(r"hpd_(\d+(?:\.\d+)?%)")
#: A row of an array, and what names of rows are put together from or looked for by.
_OLD_ROW = re.compile(r"\w+?__(\d+(?:_\d+)*)")
_PART_OF_ROW = re.compile(r"(?<!_log)(?<!_interval)(?<!logodds)(?<!bound)(?<!stickbreaking)(?<!ordered)__(%|\{|$)")
_ATTRIBUTES = frozenset(name for name in SUMMARY_COLUMNS if name.isidentifier())
#: Methods that give a table to be looked at.
_SHOWN = frozenset("head round sort_index sort_values style tail to_string transpose T".split())
_SHOWING = frozenset({"builtins.display", "builtins.print", "builtins.str", "display", "IPython.display.display"})
#: What only releases before 3.8 had or took.
_OLDER = frozenset({"pymc3.sample_ppc", *(f"pymc3.{name}" for name in older.GONE.keys() | older.STORES)})
_OLDER_KEYWORDS = frozenset({"njobs", "varnames"})
_DEPTH = 3


def plan_summaries(plan: Plan) -> None:
    """Mark for review what reads tables of PyMC3's own summary, or columns that ArviZ's had before 0.8."""
    names = {call: pymc3_names.canonical(plan.flow.name_of(call.func) or "") for call in plan.tree.of(cst.Call)}
    tables = {call: name for call, name in names.items() if name in ("pymc3.summary", "pymc3.df_summary")}
    if not tables and "arviz.summary" not in names.values():
        return
    old = list(_old_columns(plan, own=bool(tables)))
    old += list(_old_rows(plan, tables)) if tables else []
    for node, message in old:
        plan.note(node, plan.tree.module, RULE.code, message, review=True)
    if not old and not _is_older(plan, names):
        return
    for call, name in tables.items():
        if name == "pymc3.summary" and not _is_shown(plan, call):
            message = (
                "az.summary rounds (round_to='none' does not), and its intervals have a mass of 0.94: PyMC3 before 3.8 "
                "did not round, and took 0.95"
            )
            plan.note(call, plan.tree.module, RULE.code, message, review=True)


def _old_columns(plan: Plan, *, own: bool) -> Iterator[tuple[cst.CSTNode, str]]:
    for node in plan.tree.of(cst.SimpleString):
        column = string_value(node) or ""
        if not isinstance(plan.tree.parent[node], (cst.Index, cst.Element)):
            continue
        if own and column in SUMMARY_COLUMNS:
            yield node, _column(column)
        elif (found := _OLD_COLUMN.fullmatch(column)) is not None:
            yield node, f"az.summary has no column `{column}`, which ArviZ had before 0.8: read hdi_{found[1]}"
    for read in plan.tree.of(cst.Attribute) if own else ():
        if read.attr.value in _ATTRIBUTES and not plan.flow.is_module(read.value):
            yield read, _column(read.attr.value)


def _column(name: str) -> str:
    return f"az.summary has no column `{name}`, which PyMC3 had before 3.7: read {SUMMARY_COLUMNS[name]}"


def _old_rows(plan: Plan, tables: dict[cst.Call, str]) -> Iterator[tuple[cst.CSTNode, str]]:
    """Strings by which rows of a table are asked for as PyMC3 named them."""
    for node in plan.tree.of(cst.SimpleString, cst.FormattedString):
        text = string_value(node) if isinstance(node, cst.SimpleString) else code(node).rstrip("\"'")
        row = _OLD_ROW.fullmatch(text or "")
        if row is None and not _PART_OF_ROW.search(text or ""):
            continue
        readers = (a for a in plan.tree.ancestors(node) if isinstance(a, (cst.Subscript, cst.Call, cst.Comparison)))
        if any(_reads(plan, reader, tables) for reader in readers):
            now = "are called `mu[0]`, not `mu__0`"
            if row is not None and text is not None:
                now = f"have `{text.partition('__')[0]}[{row[1].replace('_', ', ')}]` for `{text}`"
            yield node, f"the rows of az.summary {now}, as they were in PyMC3 before 3.8"


def _reads(plan: Plan, node: cst.CSTNode, tables: dict[cst.Call, str]) -> bool:
    """Whether something is asked of a table: an index, a method, a comparison of its rows."""
    match node:
        case cst.Subscript(value=base):
            return _is_table(plan, base, tables)
        case cst.Call(func=cst.Attribute(value=base)):
            return node not in tables and _is_table(plan, base, tables)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(comparator=base)]):
            return _is_table(plan, base, tables)
    return False


def _is_table(plan: Plan, node: cst.BaseExpression, tables: dict[cst.Call, str], depth: int = 0) -> bool:
    """Whether an expression may be a table of PyMC3's summary, or a part of one."""
    while node not in tables:
        match node:
            case cst.Attribute(value=base) | cst.Subscript(value=base) | cst.Call(func=cst.Attribute(value=base)):
                node = base
            case cst.Name():
                return depth < _DEPTH and any(
                    _is_table(plan, value, tables, depth + 1) for value in sources(plan, node).values
                )
            case _:
                return False
    return True


def _is_older(plan: Plan, names: dict[cst.Call, str]) -> bool:
    """Whether a program uses what only releases before 3.8 had."""
    if any(pymc3_names.canonical(name) in _OLDER for name in plan.flow.references.values()):
        return True
    return any(
        name.startswith("pymc3.")
        and any(a.keyword is not None and a.keyword.value in _OLDER_KEYWORDS for a in call.args)
        for call, name in names.items()
    )


def _is_shown(plan: Plan, node: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether a table is only looked at, so that its digits do not matter."""
    parent = plan.tree.parent[node]
    if isinstance(parent, cst.Attribute) and parent.attr.value in _SHOWN:
        called = plan.tree.parent[parent]
        return _is_shown(plan, called if isinstance(called, cst.Call) and called.func is parent else parent, depth)
    match parent:
        case cst.Expr():
            return True
        case cst.Arg():
            call = plan.tree.parent[parent]
            return isinstance(call, cst.Call) and (plan.flow.name_of(call.func) or code(call.func)) in _SHOWING
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]) if depth < _DEPTH:
            reads = [n for n, sites in plan.flow.sites.items() if target in sites]
            return all(isinstance(n, cst.BaseExpression) and _is_shown(plan, n, depth + 1) for n in reads)
    return False
