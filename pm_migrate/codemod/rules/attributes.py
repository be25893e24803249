"""Attributes of objects that a model sets: ``self.mu = pm.Normal('mu', 0, 1)`` in a block.

Every evaluation of the generator sets them again. That changes nothing as long as only the model reads them.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.tree import code

#: Attributes of tables and arrays through which their items are set.
_OF_DATA = frozenset("loc iloc at iat ix values flat T real imag array".split())


def set_again(plan: Plan, store: cst.CSTNode) -> cst.Attribute | None:
    """The attribute that a store sets, when setting it twice is the same as setting it once."""
    if not isinstance(plan.tree.parent.get(store), cst.AssignTarget) or not isinstance(store, cst.BaseExpression):
        return None
    node: cst.CSTNode = store
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
            return None if node is not store and node.attr.value in _OF_DATA else node
        node = node.value
    return None


def keep(plan: Plan, key: cst.CSTNode, store: cst.CSTNode) -> bool:
    """Let a model set an attribute, if it is one; its readers are looked at when all else is planned."""
    attribute = set_again(plan, store)
    if attribute is None:
        return False
    plan.set_attributes.append((key, attribute, store))
    return True


def is_kept(plan: Plan, node: cst.Attribute) -> bool:
    """Whether a read of an attribute comes after the model has set it."""
    return any(
        attribute.attr.value == node.attr.value
        and (plan.tree.order[store] < plan.tree.order[node] or plan.tree.inside(node, store))
        for _, attribute, store in plan.set_attributes
    )


def is_set_above(plan: Plan, models: Models, node: cst.Attribute, above: list[cst.CSTNode]) -> bool:
    """Whether a method that a statement above certainly calls certainly sets an attribute of the same object."""
    for statement in above:
        for call in _plain_calls(statement):
            receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
            same = isinstance(receiver, cst.Name) and code(receiver) == code(node.value)
            if same and call in models.helpers.calls and _all_set(models, call, node.attr.value, frozenset()):
                return True
    return False


def _plain_calls(statement: cst.CSTNode) -> list[cst.Call]:
    """The call that a statement is, or whose result it binds."""
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Expr(value=cst.Call() as call)] | [cst.Assign(value=cst.Call() as call)]
        ):
            return [call]
    return []


def _all_set(models: Models, call: cst.Call, name: str, seen: frozenset[cst.CSTNode]) -> bool:
    """Whether whatever a call may call sets an attribute of its object, in whatever way it is run."""
    functions = models.helpers.targets(call)
    return bool(functions) and all(f in seen or _sets(models, f, name, seen | {f}) for f in functions)


def _sets(models: Models, function: cst.CSTNode, name: str, seen: frozenset[cst.CSTNode]) -> bool:
    if not isinstance(function, cst.FunctionDef) or not isinstance(function.body, cst.IndentedBlock):
        return False
    own = function.params.params[0].name.value if function.params.params else ""
    for statement in function.body.body:
        match statement:
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as target)])]
            ):
                if target.attr.value == name and code(target.value) == own:
                    return True
        for call in _plain_calls(statement):
            receiver = code(call.func.value) if isinstance(call.func, cst.Attribute) else ""
            if receiver in (own, "super()") and _all_set(models, call, name, seen):
                return True
    return False


def _called_from(plan: Plan, models: Models, inside: set[cst.CSTNode]) -> set[cst.CSTNode]:
    """What stands in functions that only the model calls."""
    called: dict[cst.CSTNode, list[cst.Call]] = {}
    for node in plan.tree.of(cst.Call):
        for function in models.helpers.targets(node):
            if function in plan.flow.functions:  # not a class
                called.setdefault(function, []).append(node)
    found: set[cst.CSTNode] = set()
    before = -1
    while before != len(found):
        before = len(found)
        for function, calls in called.items():
            if all(call in inside or call in found for call in calls) and not plan.flow.functions[function].escapes:
                found |= set(plan.tree.walk(function))
    return found


def plan_readers(plan: Plan, models: Models, escape: str) -> None:
    """Refuse models that set attributes with random variables which other code reads, other than by name."""
    if not plan.set_attributes:
        return
    statements = [s for block in models.blocks for s in block.having(Role.GENERATOR)]
    inside = {n for s in (*statements, *models.helpers.functions) for n in plan.tree.walk(s)}
    inside |= _called_from(plan, models, inside)
    for key, attribute, _ in plan.set_attributes:
        for node in plan.tree.of(cst.Attribute):
            if node.attr.value != attribute.attr.value or node in inside:
                continue
            value = plan.flow.value(node)
            if not v.tainted(value) or node in plan.by_name or node is attribute:
                continue
            message = f"`{code(node)}` belongs to a model and is used outside of it: read its values from a trace"
            plan.refuse(node, key, escape, message)
