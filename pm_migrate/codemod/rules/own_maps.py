"""A program's own transforms, covariance and mean functions: classes that keep their methods under another base."""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import edits
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


def plan_drawn(plan: Plan, node: cst.CSTNode) -> None:
    """``x, = draw_values([x], point=point)`` in a transform's ``forward_val``, which is given numbers: it goes."""
    call, line = plan.tree.parent[node], plan.tree.statement(node)
    method = plan.tree.scope(node)
    owner = plan.tree.scope(method) if isinstance(method, cst.FunctionDef) else None
    if owner not in plan.flow.own_maps or method.name.value != "forward_val":  # type: ignore[attr-defined]
        return
    match line:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=value)]):
            if isinstance(call, cst.Call) and call.func is node and _is_given_back(target, value, call):
                plan.understand(node, owner)
                plan.edit(line, owner, edits.removed)


def _is_given_back(target: cst.CSTNode, value: cst.CSTNode, call: cst.Call) -> bool:
    """Whether a statement draws one name, and binds the result to that name."""
    match call.args:
        case [cst.Arg(value=cst.List(elements=[cst.Element(value=cst.Name(value=drawn))]), keyword=None), *rest]:
            if any(a.star or (a.keyword is not None and a.keyword.value != "point") for a in rest) or len(rest) > 1:
                return False
        case _:
            return False
    match target, value:
        case cst.Tuple(elements=[cst.Element(value=cst.Name(value=bound))]), cst.Call():
            return value is call and bound == drawn
        case cst.Name(value=bound), cst.Subscript(value=inner, slice=[cst.SubscriptElement(slice=cst.Index(index))]):
            return inner is call and bound == drawn and isinstance(index, cst.Integer) and index.value == "0"
    return False
