"""A program's own transforms, covariance and mean functions: classes that keep their methods under another base."""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan


def derived(plan: Plan, node: cst.CSTNode) -> cst.ClassDef | None:
    """The class that a name is the base of."""
    arg = plan.tree.parent[node]
    owner = plan.tree.parent.get(arg)
    is_base = isinstance(arg, cst.Arg) and isinstance(owner, cst.ClassDef) and arg in owner.bases
    return owner if is_base else None  # type: ignore[return-value]


def is_own(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a name is the base of a class whose methods are functions of values."""
    return derived(plan, node) in plan.flow.own_maps


def plan_base(plan: Plan, node: cst.CSTNode, name: str, code: str) -> None:
    """Take the base of a class from the generator front end, where it is ``name``."""
    owner = derived(plan, node)
    assert owner is not None
    plan.understand(node, owner)
    plan.allow(code, owner)
    plan.edit(node, owner, lambda _: plan.names.name("pm", name, node), {"pm"})
    plan.note(owner, owner, code, f"`{owner.name.value}` is derived from pm.{name}")


def plan_derived(plan: Plan) -> None:
    """Let classes stand or fall with those that they are derived from, and with their methods."""
    for node in plan.flow.own_maps:
        assert isinstance(node, cst.ClassDef)
        methods = [s for s in node.body.body if isinstance(s, cst.FunctionDef)]
        bases = [a.node for arg in node.bases for a in plan.flow.value(arg.value) if isinstance(a, v.Function)]
        plan.unite(node, *methods, *bases)
