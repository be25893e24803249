"""Where a variable of a model is read outside of it: what is done with it, and whether the model is at hand there."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod.blocks import Block
from pm_migrate.codemod.plan import Plan

_SHOWN = frozenset({"builtins.print", "builtins.str", "builtins.repr", "builtins.type", "builtins.display"})


def is_shown(plan: Plan, parent: cst.CSTNode) -> bool:
    """Whether a variable is only printed, or stands at the end of a cell."""
    if isinstance(parent, (cst.Expr, cst.FormattedStringExpression)):
        return True
    call = plan.tree.parent.get(parent)
    return isinstance(parent, cst.Arg) and isinstance(call, cst.Call) and plan.flow.name_of(call.func) in _SHOWN


def still_bound(plan: Plan, block: Block, node: cst.CSTNode, name: str) -> bool:
    """Whether the name of a model is the model's where a variable of it is read."""
    if not name.isidentifier():
        return _still_kept(plan, block, node, name)
    scope = plan.tree.scope(block.node)
    sites = plan.flow.scope_sites(scope, name)
    here = plan.tree.order[block.node]
    if plan.tree.scope(node) is not scope:
        return len(sites) <= 1 and not any(plan.flow.scope_sites(s, name) for s in _between(plan, node, scope))
    if plan.tree.order[node] < here:
        return False
    if any(not plan.tree.inside(node, a) for a in _loops(plan, block.node)):
        return False
    other = [s for s in sites if not plan.tree.inside(s, block.node)]
    return not any(here < plan.tree.order[s] < plan.tree.order[node] for s in other)


def _still_kept(plan: Plan, block: Block, node: cst.CSTNode, name: str) -> bool:
    """Whether the attribute of an object that a model is kept in is the model's further down in the function."""
    scope, here, there = plan.tree.scope(block.node), plan.tree.order[block.node], plan.tree.order[node]
    owner, _, attribute = name.partition(".")
    if plan.tree.scope(node) is not scope or there < here or not attribute.isidentifier():
        return False
    if len(plan.flow.scope_sites(scope, owner)) != 1 or _loops(plan, block.node):
        return False
    again = [s for s in plan.flow.stores if isinstance(s, cst.Attribute) and s.attr.value == attribute]
    return not any(here < plan.tree.order[s] < there and not plan.tree.inside(s, block.node) for s in again)


def _loops(plan: Plan, node: cst.CSTNode) -> list[cst.CSTNode]:
    return [a for a in plan.tree.ancestors(node) if isinstance(a, (cst.For, cst.While))]


def _between(plan: Plan, node: cst.CSTNode, outer: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The scopes from a place out to another one, that one left out."""
    scope = plan.tree.scope(node)
    while scope is not outer and not isinstance(scope, cst.Module):
        yield scope
        scope = plan.tree.scope(scope)
