"""Expressions of a model's variables that the program makes outside of it: ``double = 2 * x``, after the block.

``pm.density(model)['x']`` is a symbolic variable of the drop-in, as PyMC3's ``x`` is one of Theano: operators and the
functions of ``pm.math`` make expressions of it. Found are those whose every use is one that such an expression has:
``double.eval({x: 1.})``, ``double.tag.test_value``, ``approx.sample_node(double)``. They are found before other rules
look at the functions in them.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.functions import MATH, function_named
from pm_migrate.catalog.samplers import FIT_NAMES
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.calls import name_of_variable
from pm_migrate.codemod.rules.places import is_shown, still_bound

#: What an expression of the drop-in is asked, as one of Theano.
_ASKED = frozenset("broadcastable dtype eval ndim tag type".split())
#: What ``approx.sample_node`` may be told besides the expression: other replacements are of shared variables.
_SAMPLING = frozenset({"size", "deterministic"})
_REPLACED = "the data of a generator model are no symbols: set them (pm.set_data, set_value) and sample again"
_NOT_SYMBOLIC = (cst.Not,)


def plan_outside(plan: Plan, models: Models) -> None:
    """Find the expressions; the variables in them are shown by ``pm.density``, which another rule writes."""
    if plan.options.upstream:
        return
    for model in models.models.values():
        block = model.definition
        name = plan.model_names.get(block.node) if block is not None else None
        if block is None or name is None:
            continue
        generators = [s for b in model.blocks for s in b.having(Role.GENERATOR)]
        inside = models.sites_in(generators)
        nodes = {n for s in generators for n in plan.tree.walk(s)}
        reads = {
            node
            for node, sites in plan.flow.sites.items()
            if sites and sites <= inside and node not in nodes and _is_variable(plan, block, node, name)
        }
        _find(plan, reads)


def _is_variable(plan: Plan, block: Block, node: cst.CSTNode, name: str) -> bool:
    """Whether a name certainly is a named variable of the model, which can be asked for where it is read."""
    return (
        isinstance(node, cst.Name)
        and node not in plan.by_name
        and name_of_variable(plan, node) is not None
        and plan.names.pm_site(node) is not None
        and still_bound(plan, block, node, name)
    )


def _find(plan: Plan, reads: set[cst.CSTNode]) -> None:
    """Keep the variables, and the names of expressions, whose uses are all known: fewer until nothing changes."""
    kept = reads | _named(plan, reads)
    while True:
        found = {node: _uses(plan, node, kept) for node in kept}
        good = {node for node, calls in found.items() if calls is not None}
        if good == kept:
            break
        kept = good
    plan.outside |= kept.union(*(calls or () for calls in found.values()))


def _named(plan: Plan, reads: set[cst.CSTNode]) -> set[cst.CSTNode]:
    """The places that read names which may be those of expressions of variables."""
    found: set[cst.CSTNode] = set()
    targets: set[cst.CSTNode] = set()
    while True:
        for node in reads | found:
            target = _target(plan, _expression(plan, node))
            if target is not None:
                targets.add(target)
        more = {n for n, sites in plan.flow.sites.items() if sites & targets and n not in targets}
        if more <= found:
            return found
        found |= more


def _expression(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    """The whole expression that a name is an operand of."""
    while (outer := _computed(plan, node)) is not None:
        node = outer
    return node


def _target(plan: Plan, expression: cst.CSTNode) -> cst.Name | None:
    """The name that gets an expression, alone."""
    match plan.tree.parent[expression]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            return None if isinstance(expression, cst.Name) else target
    return None


def _uses(plan: Plan, node: cst.CSTNode, kept: set[cst.CSTNode]) -> set[cst.CSTNode] | None:
    """The operations and functions that a name is an operand of; None where it is used for something else, too."""
    made: set[cst.CSTNode] = set()
    top = node
    while (outer := _computed(plan, top)) is not None:
        top = outer
        made.add(top)
    if any(n not in kept and v.tainted(plan.flow.value(n)) for n in plan.tree.walk(top, cst.Name)):
        return None
    parent = plan.tree.parent[top]
    if isinstance(parent, cst.Attribute) and parent.value is top:
        return made if parent.attr.value in _ASKED else None
    if is_shown(plan, parent) or _is_sampled(plan, top, parent) or _is_given_value(plan, top, parent):
        return made
    target = _target(plan, top)
    if target is None:
        return None
    readers = [n for n, sites in plan.flow.sites.items() if target in sites and n is not target]
    alone = all(plan.flow.sites[n] == {target} and plan.tree.scope(n) is plan.tree.scope(target) for n in readers)
    return made if alone and kept.issuperset(readers) else None


def _computed(plan: Plan, node: cst.CSTNode) -> cst.CSTNode | None:
    """The operation, or the call of a function of tensors, that a node is an operand of."""
    parent = plan.tree.parent[node]
    if isinstance(parent, cst.BinaryOperation):
        return parent
    if isinstance(parent, cst.UnaryOperation) and not isinstance(parent.operator, _NOT_SYMBOLIC):
        return parent
    call = plan.tree.parent.get(parent)
    if not (isinstance(parent, cst.Arg) and parent.keyword is None and not parent.star and isinstance(call, cst.Call)):
        return None
    reference = plan.flow.references.get(call.func)
    found = function_named(pymc3_names.canonical(reference)) if reference is not None else None
    if found is None or (found[1] not in MATH and (found[0] is None or found[0].name not in MATH)):
        return None
    return call if all(a.keyword is None and not a.star for a in call.args) else None


def _is_fit(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression certainly is an approximation of PyMC3's."""
    value = plan.flow.value(node)
    return v.only(value, v.Foreign) and all(isinstance(a, v.Foreign) and _fits(plan, a.call) for a in value)


def _fits(plan: Plan, call: cst.Call) -> bool:
    """Whether a call gives an approximation, or an inference object that has one."""
    return pymc3_names.canonical(plan.flow.references.get(call.func, "")).removeprefix("pymc3.") in FIT_NAMES


def plan_sampled(plan: Plan, code: str) -> None:
    """Refuse fits that are asked for samples with other data: the expressions of a generator model hold theirs."""
    for node in plan.tree.of(cst.Call):
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="sample_node"), value=base), args=args):
                fits = [a.call for a in plan.flow.value(base) if isinstance(a, v.Foreign) and _fits(plan, a.call)]
                names = [a.keyword.value if a.keyword is not None else "" for a in args]
                if fits and ("more_replacements" in names or names[:4] == [""] * 4):
                    plan.unite(*fits)
                    plan.refuse(node, fits[0], code, f"more_replacements=: {_REPLACED}")


def _is_sampled(plan: Plan, node: cst.CSTNode, parent: cst.CSTNode) -> bool:
    """Whether an approximation is asked for samples of an expression: ``approx.sample_node(double, size=100)``."""
    call = plan.tree.parent.get(parent)
    match call:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="sample_node"), value=base), args=[first, *rest]):
            plain = first.keyword is None and not first.star and first.value is node
            known = all(a.keyword is not None and a.keyword.value in _SAMPLING for a in rest)
            return plain and known and _is_fit(plan, base)
    return False


def _is_given_value(plan: Plan, node: cst.CSTNode, parent: cst.CSTNode) -> bool:
    """Whether a variable gets a value where an expression is evaluated: ``double.eval({x: 1.})``."""
    arg = plan.tree.parent.get(plan.tree.parent.get(parent, node))
    call = plan.tree.parent.get(arg) if isinstance(arg, cst.Arg) else None
    return (
        isinstance(parent, cst.DictElement)
        and parent.key is node
        and isinstance(call, cst.Call)
        and isinstance(call.func, cst.Attribute)
        and call.func.attr.value == "eval"
        and v.tainted(plan.flow.value(call.func.value))
    )
