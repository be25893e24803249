"""Lists of variables that NumPy is given: it makes an array of objects of them."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan

#: Functions that compute with such an array: ``np.sum([x, y])`` is ``x + y``, element by element.
_OF_OBJECTS = frozenset(f"numpy.{name}" for name in "array asarray cumprod cumsum prod sum".split())


def _is_list(plan: Plan, call: cst.Call) -> bool:
    """Whether the first argument of a call is a list of what is not one number each."""
    first = call.args[0] if call.args else None
    if first is None or first.keyword is not None or first.star:
        return False
    value = plan.flow.value(first.value)
    written = isinstance(first.value, (cst.List, cst.Tuple, cst.ListComp, cst.GeneratorExp))
    return written or v.only(value, v.Bag) or v.only(value, v.Row)


def _is_reduction(plan: Plan, call: cst.Call, name: str) -> bool:
    """Whether a call is the sum or product of numbers, which ``tf.reduce_sum`` is, too."""
    item = v.item(plan.flow.value(call.args[0].value))
    generator = isinstance(call.args[0].value, cst.GeneratorExp)
    return name in ("numpy.sum", "numpy.prod") and v.is_scalar(item) and not generator


def adds(plan: Plan, call: cst.Call, name: str) -> bool:
    """Whether a call of NumPy adds what certainly are variables, as Python's ``sum`` does."""
    return (
        name == "numpy.sum"
        and _is_list(plan, call)
        and not _is_reduction(plan, call, name)
        and _holds_variables(plan, call.args[0].value)
        and _along_first(call)
        and _has_sum(plan)
    )


def added(updated: cst.Call) -> cst.Call:
    """Python's ``sum`` of the first argument."""
    args = [updated.args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if len(updated.args) > 1 else updated.args
    return updated.with_changes(func=cst.Name("sum"), args=args)


def problem(plan: Plan, call: cst.Call, name: str) -> str | None:
    """What is wrong with a call that computes with a list of variables, or may do so."""
    if name not in _OF_OBJECTS or not _is_list(plan, call) or _is_reduction(plan, call, name):
        return None
    short = name.removeprefix("numpy.")
    held = call.args[0].value
    rows = [e.value for e in held.elements] if isinstance(held, (cst.List, cst.Tuple)) else []
    if short not in ("sum", "prod") and not any(_holds_variables(plan, part) for part in (held, *rows)):
        return None
    return f"np.{short} of a list of variables computes with objects: write tf.stack([...], axis=0) and its methods"


def _holds_variables(plan: Plan, held: cst.BaseExpression) -> bool:
    """Whether an expression certainly is a list that holds a variable, and no lists."""
    item = v.item(plan.flow.value(held))
    if any(isinstance(a, (v.Bag, v.Row)) for a in item):
        return False
    if isinstance(held, (cst.List, cst.Tuple)) and any(
        v.only(plan.flow.value(e.value), v.Tensor) for e in held.elements
    ):
        return True
    return v.tainted(item) and all(isinstance(a, (v.Tensor, v.Number)) for a in item)


def _has_sum(plan: Plan) -> bool:
    """Whether ``sum`` is Python's everywhere in a program."""
    return not plan.flow.star_sites and not any(
        plan.flow.scope_sites(scope, "sum") for scope in (plan.tree.module, *plan.tree.of(cst.FunctionDef, cst.Lambda))
    )


def _along_first(call: cst.Call) -> bool:
    """Whether a call says no more than to add along the first axis."""
    match call.args[1:]:
        case []:
            return True
        case [cst.Arg(keyword=None | cst.Name(value="axis"), value=cst.Integer(value="0"))]:
            return True
    return False


def stacks(plan: Plan, call: cst.Call) -> bool:
    """Whether ``np.array([a, b])`` makes a vector of numbers that stays one, so that ``tf.stack`` is the same."""
    match call.args:
        case [cst.Arg(value=held, keyword=None, star="")]:
            pass
        case [cst.Arg(value=held, keyword=None, star=""), cst.Arg(value=kind, keyword=cst.Name("dtype"))]:
            if plan.flow.name_of(kind) not in ("builtins.object", "builtins.float"):
                return False
        case _:
            return False
    target = plan.tree.parent.get(call)
    names = [t.target for t in target.targets] if isinstance(target, cst.Assign) else []
    if any(plan.flow.sites.get(base, frozenset()) & set(names) for base in plan.flow.stores.values()):
        return False
    if isinstance(held, cst.List):
        return all(isinstance(e, cst.Element) and v.is_scalar(plan.flow.value(e.value)) for e in held.elements)
    value = plan.flow.value(held)
    listed = v.only(value, v.Bag) or v.only(value, v.Row)
    return listed and not isinstance(held, cst.GeneratorExp) and v.is_scalar(v.item(value))


def stacked(plan: Plan, call: cst.Call) -> Callable[[cst.Call], cst.Call]:
    def apply(updated: cst.Call) -> cst.Call:
        args = list(updated.args[:1])
        if len(updated.args) > 1:
            args = [args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
        return updated.with_changes(func=plan.names.name("tf", "stack", call), args=args)

    return apply
