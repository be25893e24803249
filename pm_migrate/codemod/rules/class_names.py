"""What ``__init__`` of a subclass of ``pm.Model`` says of its object: variables and attributes become names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.codemod import edits, pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.model_classes import ModelClass
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.rules.constructors import yielded
from pm_migrate.codemod.tree import code, string_value

CODE = "PM260"
#: What ``Var`` takes, by the keyword of a distribution.
_OPTIONS = {"data": "observed", "total_size": "total_size", "dims": "dims"}
_VAR = ("name", "dist", "data", "total_size", "dims")


def is_var(plan: Plan, call: cst.Call) -> bool:
    """Whether a call is ``self.Var(...)``, which makes a variable."""
    named_so = isinstance(call.func, cst.Attribute) and call.func.attr.value == "Var"
    return named_so and any(a.rv is call for a in v.tensors(plan.flow.value(call)))


def plan_names(plan: Plan, made: ModelClass) -> None:
    """Plan for every place in a class that says something of its object, and for those that ask the object later."""
    wanted: dict[str, list[cst.Attribute]] = {}
    stores: dict[str, list[cst.Attribute]] = {}
    start = set() if made.start is None else set(plan.tree.walk(made.start[0]))
    for node in plan.tree.walk(made.init.body, cst.Name):
        if node in start or not _is_own(plan, made, node):
            continue
        parent = plan.tree.parent[node]
        above = plan.tree.parent[parent]
        if isinstance(parent, cst.WithItem) and isinstance(above, cst.With) and len(above.items) == 1:
            plan.edit(above, made.node, lambda updated: cst.FlattenSentinel(edits.dissolved(updated)))
        elif not isinstance(parent, cst.Attribute) or parent.value is not node:
            message = f"`{made.own}` is used while the model is being made: do it with the object"
            plan.refuse(node, made.node, CODE, message)
        elif isinstance(above, cst.Call) and above.func is parent:
            _plan_call(plan, made, above)
        elif isinstance(above, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign)) and above.target is parent:
            stores.setdefault(parent.attr.value, []).append(parent)
        else:
            wanted.setdefault(parent.attr.value, []).append(parent)
    for name in dict.fromkeys([*stores, *wanted]):
        _plan_name(plan, made, name, stores.get(name, []), wanted.get(name, []))
    _check_readers(plan, made, stores)


def _is_own(plan: Plan, made: ModelClass, node: cst.Name) -> bool:
    return v.ModelRef(made.node) in plan.flow.value(node) and node.value == made.own


def _plan_call(plan: Plan, made: ModelClass, call: cst.Call) -> None:
    """``self.Var('x', pm.Normal.dist(0, 1), data=y)``, written as variables are."""
    given = {(a.keyword.value if a.keyword else _VAR[i] if i < len(_VAR) else ""): a for i, a in enumerate(call.args)}
    dist = given.get("dist")
    inner = dist.value if dist is not None else None
    known = isinstance(inner, cst.Call) and _is_dist(plan, inner)
    stars = any(a.star for a in call.args)
    if not is_var(plan, call) or not known or stars or "name" not in given or not set(given) <= set(_VAR):
        message = f"`{code(call.func)}`: make the variable as others are made, `pm.Normal('x', 0, 1)`"
        plan.refuse(call, made.node, CODE, message)
        return
    prepare_yield(plan, call, made.node)
    plan.edit(call, made.node, _variable(plan, call, given))


def _is_dist(plan: Plan, call: cst.Call) -> bool:
    name = pymc3_names.canonical(plan.flow.name_of(call.func) or "").removeprefix("pymc3.")
    return name.endswith(".dist") and name.removesuffix(".dist") in pymc3_names.DISTRIBUTIONS


def _variable(plan: Plan, call: cst.Call, given: dict[str, cst.Arg]) -> Callable[[cst.Call], cst.BaseExpression]:
    places = {name: call.args.index(arg) for name, arg in given.items()}

    def apply(updated: cst.Call) -> cst.BaseExpression:
        inner = updated.args[places["dist"]].value
        assert isinstance(inner, cst.Call) and isinstance(inner.func, cst.Attribute)
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        args = [cst.Arg(updated.args[places["name"]].value), *inner.args]
        args += [
            cst.Arg(updated.args[places[name]].value, keyword=cst.Name(keyword), equal=tight)
            for name, keyword in _OPTIONS.items()
            if name in places
        ]
        spaced = [a.with_changes(comma=a.comma if isinstance(a.comma, cst.Comma) else comma) for a in args[:-1]]
        last = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return yielded(plan, call, inner.with_changes(func=inner.func.value, args=[*spaced, last]))

    return apply


def _plan_name(
    plan: Plan, made: ModelClass, name: str, stores: list[cst.Attribute], reads: list[cst.Attribute]
) -> None:
    """One attribute of the object: the name of the function that takes its place."""
    key = made.node
    if stores:
        local = _same(plan, stores) or plan.fresh_name(name, stores[0])
        for node in stores:
            line = plan.tree.statement(node)
            if _same(plan, [node]):
                plan.edit(line, key, edits.removed)
            else:
                plan.edit(node, key, _named(local))
    else:
        found = _made(plan, made, reads, name)
        if found is None:
            message = f"`{code(reads[0])}`: bind the variable to a name where it is made, and use that"
            plan.refuse(reads[0], key, CODE, message)
            return
        local = found
    for node in reads:
        plan.edit(node, key, _named(local))


def _named(name: str) -> Callable[[Any], cst.Name]:
    return lambda _: cst.Name(name)


def _same(plan: Plan, stores: list[cst.Attribute]) -> str | None:
    """The name that ``self.x = x`` keeps under its own name, when that name stays what it is."""
    if len(stores) != 1:
        return None
    match plan.tree.statement(stores[0]):
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.Name() as value)]
        ) if target is stores[0] and value.value == stores[0].attr.value:
            sites = plan.flow.sites.get(value, frozenset())
            everywhere = plan.flow.scope_sites(plan.tree.scope(value), value.value)
            return value.value if len(sites) == 1 and everywhere == set(sites) else None
    return None


def _made(plan: Plan, made: ModelClass, reads: list[cst.Attribute], name: str) -> str | None:
    """The name of the variable that an attribute certainly is; a statement that only makes it gives it that name."""
    makers = {a.rv for node in reads for a in plan.flow.value(node) if isinstance(a, v.Tensor)}
    certain = all(v.only(plan.flow.value(node), v.Tensor) for node in reads)
    if len(makers) != 1 or not certain:
        return None
    (call,) = makers
    if call is None or not plan.tree.inside(call, made.init):
        return None
    if not call.args or string_value(call.args[0].value) != name:
        return None
    match plan.tree.parent[call]:
        case cst.Expr() as statement:
            local = plan.fresh_name(name, call)
            target = [cst.AssignTarget(cst.Name(local))]
            plan.edit(statement, made.node, lambda updated: cst.Assign(target, updated.value))
            return local
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            sites = plan.flow.scope_sites(made.init, target.value)
            return target.value if sites == {target} else None
    return None


def _check_readers(plan: Plan, made: ModelClass, stores: dict[str, list[cst.Attribute]]) -> None:
    """What the object keeps in attributes is gone with it: refuse a class whose objects are asked for it."""
    for node in plan.tree.of(cst.Attribute):
        if node.attr.value not in stores or plan.tree.inside(node, made.init):
            continue
        if v.ModelRef(made.node) not in plan.flow.value(node.value):
            continue
        names = {string_value(a.rv.args[0].value) for a in _stored(plan, made, node) if a.rv and a.rv.args}
        if names != {node.attr.value}:
            message = f"`{code(node)}` is no variable of the model: keep it under a name of its own"
            plan.refuse(node, made.node, CODE, message)


def _stored(plan: Plan, made: ModelClass, node: cst.Attribute) -> list[v.Tensor]:
    value = plan.flow.attributes.get((made.node, node.attr.value), v.NOTHING)
    return [a if isinstance(a, v.Tensor) else v.Tensor(None) for a in value]
