"""Indices of values for PyMC4 itself (``--runtime upstream``): plain tensors, which no array indexes."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.given import sources
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code, expression

#: Functions of NumPy, and methods of arrays and columns, that give truth values.
_MASKS = frozenset(
    """isnan isfinite isinf isin in1d logical_and logical_or logical_not logical_xor equal not_equal less less_equal
    greater greater_equal isna isnull notna notnull between duplicated""".split()
)
#: How many names deep an index is followed.
_DEPTH = 3


def plan_indexing(plan: Plan) -> None:
    """Plan functions of TensorFlow in place of indices that are arrays."""
    for node in plan.tree.of(cst.Subscript):
        if not v.only(plan.flow.value(node.value), v.Tensor):
            continue
        match node.slice:
            case [cst.SubscriptElement(slice=cst.Index(value=index))]:
                plain = isinstance(index, (cst.Integer, cst.UnaryOperation)) or v.only(plan.flow.value(index), v.Number)
            case _:
                continue
        if _is_mask(plan, index) and not v.tainted(plan.flow.value(index)):
            plan.edit(node, function_group(plan, node), _masked(plan, node), {"tf", "np"})
        elif not plain:
            small = _has_small_integers(plan, index)
            plan.edit(node, function_group(plan, node), _gathered(plan, node, small=small), {"tf"})


def _gathered(plan: Plan, node: cst.Subscript, *, small: bool) -> Callable[[cst.Subscript], cst.BaseExpression]:
    def apply(updated: cst.Subscript) -> cst.BaseExpression:
        element = updated.slice[0].slice
        assert isinstance(element, cst.Index)
        tf, index = plan.names.alias("tf", node), code(element.value)
        index = f"{tf}.cast({index}, {tf}.int32)" if small else index
        return expression(f"{tf}.gather({code(updated.value)}, {index})")

    return apply


def _masked(plan: Plan, node: cst.Subscript) -> Callable[[cst.Subscript], cst.BaseExpression]:
    """What a mask of data picks; ``tf.boolean_mask`` would not say how many these are, which Weibull wants to know."""

    def apply(updated: cst.Subscript) -> cst.BaseExpression:
        element = updated.slice[0].slice
        assert isinstance(element, cst.Index)
        tf, np = plan.names.alias("tf", node), plan.names.alias("np", node)
        return expression(f"{tf}.gather_nd({code(updated.value)}, {np}.argwhere({code(element.value)}))")

    return apply


def _is_mask(plan: Plan, node: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether an index is certainly an array of truth values."""
    match node:
        case cst.Comparison() | cst.UnaryOperation(operator=cst.BitInvert()):
            return not isinstance(node, cst.UnaryOperation) or _is_mask(plan, node.expression, depth)
        case cst.BinaryOperation(left=left, operator=cst.BitAnd() | cst.BitOr() | cst.BitXor(), right=right):
            return _is_mask(plan, left, depth) and _is_mask(plan, right, depth)
        case cst.Attribute(value=owner, attr=cst.Name(value="values")):
            return _is_mask(plan, owner, depth)
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name)), args=args):
            if name == "astype":
                return len(args) == 1 and code(args[0].value).strip("'\"") in ("bool", "np.bool_", "np.bool")
            return name in _MASKS or (name == "to_numpy" and _is_mask(plan, owner, depth))
        case cst.Name() if depth < _DEPTH:
            given = sources(plan, node)
            return given.whole and all(_is_mask(plan, value, depth + 1) for value in given.values)
    return False


def _has_small_integers(plan: Plan, node: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether an index is made of codes of categories, which pandas keeps in as few bits as it can."""
    if isinstance(node, cst.Name) and depth < _DEPTH:
        return any(_has_small_integers(plan, value, depth + 1) for value in sources(plan, node).values)
    while isinstance(node, cst.Attribute) and node.attr.value == "values":
        node = node.value
    if isinstance(node, cst.Call) and code(node.func).endswith(".to_numpy"):
        node = cst.ensure_type(node.func, cst.Attribute).value
    return isinstance(node, cst.Attribute) and node.attr.value == "codes"
