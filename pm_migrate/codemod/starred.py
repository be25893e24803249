"""What starred arguments certainly hold: those of literals, and of names that a literal was bound to once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from pm_migrate.codemod.arguments import Argument, Unpack
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.tree import code, expression, string_value


def unpacker(plan: Plan) -> Unpack:
    """The arguments of a starred one, by what the program says of it."""

    def unpack(arg: cst.Arg, place: int) -> list[Argument] | None:
        node = arg.value
        if isinstance(node, (cst.Dict, cst.Tuple, cst.List)) or _is_dict_call(plan, node):
            return _inside(plan, node, place, _of_literal)
        held = _bound_once(plan, node) if isinstance(node, cst.Name) else None
        return None if held is None else _inside(plan, held, place, _of_name)

    return unpack


def unknown_stars(plan: Plan, call: cst.Call) -> bool:
    """Whether a call has starred arguments of which the program does not say what they hold."""
    unpack = unpacker(plan)
    return any(arg.star and unpack(arg, place) is None for place, arg in enumerate(call.args))


Take = Callable[[int, int | str], Callable[[cst.Call], cst.BaseExpression]]


def _of_literal(place: int, where: int | str) -> Callable[[cst.Call], cst.BaseExpression]:
    """An item of a literal that stands in the call itself."""

    def take(updated: cst.Call) -> cst.BaseExpression:
        node = updated.args[place].value
        if isinstance(node, cst.Call):
            return next(a.value for a in node.args if a.keyword is not None and a.keyword.value == where)
        if isinstance(node, cst.Dict):
            return next(
                e.value for e in node.elements if isinstance(e, cst.DictElement) and string_value(e.key) == where
            )
        assert isinstance(node, (cst.Tuple, cst.List)) and isinstance(where, int)
        return node.elements[where].value

    return take


def _of_name(place: int, where: int | str) -> Callable[[cst.Call], cst.BaseExpression]:
    """An item of an object that has a name."""
    return lambda updated: expression(f"{code(updated.args[place].value)}[{where!r}]")


def _inside(plan: Plan, node: cst.BaseExpression, place: int, take: Take) -> list[Argument] | None:
    items = list(_items(node))
    if any(key is None for key, _ in items):
        return None
    return [
        Argument(key if isinstance(key, str) else None, value, place, take(place, key))
        for key, value in items
        if key is not None
    ]


def _items(node: cst.BaseExpression) -> Iterator[tuple[int | str | None, cst.BaseExpression]]:
    """The items of a literal by key or index; None for a key that is not known."""
    match node:
        case cst.Dict():
            for element in node.elements:
                key = string_value(element.key) if isinstance(element, cst.DictElement) else None
                yield key, element.value
        case cst.Call():
            for arg in node.args:
                yield None if arg.keyword is None else arg.keyword.value, arg.value
        case cst.Tuple() | cst.List():
            for index, item in enumerate(node.elements):
                yield None if isinstance(item, cst.StarredElement) else index, item.value


def _is_dict_call(plan: Plan, node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and plan.flow.name_of(node.func) == "builtins.dict"


def _bound_once(plan: Plan, node: cst.Name) -> cst.BaseExpression | None:
    """The literal that a name certainly stands for, when nothing changes the object."""
    sites = plan.flow.sites.get(node, frozenset())
    if len(sites) != 1:
        return None
    (site,) = sites
    target = plan.tree.parent.get(site)
    assign = plan.tree.parent.get(target) if isinstance(target, cst.AssignTarget) else None
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return None
    changed = {site for base in plan.flow.stores.values() for site in plan.flow.sites.get(base, ())}
    if site in changed:
        return None
    held = assign.value
    return held if isinstance(held, (cst.Dict, cst.Tuple)) or _is_dict_call(plan, held) else None
