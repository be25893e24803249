"""``==``, ``!=`` and the truth of random values.

Theano leaves ``==`` to Python: ``k == 1`` is False, whatever the values are, and a variable itself is true. A generator
compares the values; so the model stays, with what to write instead. ``sd == None`` is ``sd is None``.

Why: ``pm.math.switch(k == 1, a, b)`` is ``b`` in PyMC3, always. The rewrite would be the model that was meant, another
posterior than the one that was sampled.

Limits: what may or may not be random is marked for review. ``<`` and ``>`` compare values in Theano, too.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import is_none

RULE = Rule(
    "PM405",
    "``==`` and the truth of random values",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                k = pm.Bernoulli('k', 0.5)
                rate = pm.math.switch(k == 1, 2.0, 5.0)
                pm.Poisson('y', rate, observed=data)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                k = pm.Bernoulli('k', 0.5)
                # TODO(pm-migrate PM405): `k == 1` is False in PyMC3, whatever the values are: write pm.math.eq(k, 1)
                rate = pm.math.switch(k == 1, 2.0, 5.0)
                pm.Poisson('y', rate, observed=data)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                k = pm.Bernoulli('k', 0.5)
                rate = pm.math.switch(pm.math.eq(k, 1), 2.0, 5.0)
                pm.Poisson('y', rate, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm
            import tensorflow as tf


            @pm.model(name=None)
            def build_model():
                k = yield pm.Bernoulli('k', 0.5)
                rate = tf.where(tf.equal(k, 1), 2.0, 5.0)
                yield pm.Poisson('y', rate, observed=data)


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE,)

#: Attributes of variables that are no values of the model: text, numbers, objects.
_FACTS = frozenset("broadcastable distribution dtype name ndim owner random tag transformation type".split())
#: Functions that give what is known of a variable without its value.
_NUMBERS = ("builtins.len", "builtins.isinstance", "builtins.hasattr", "builtins.type", "numpy.shape", "numpy.ndim")
#: What is a test of its own, or raises in Theano.
_OWN = (cst.BooleanOperation, cst.Comparison, cst.UnaryOperation)
#: Calls that give a variable which Theano changes from outside.
_SHARED = ("shared", "Data", "Minibatch", "align_minibatches")


def plan_equality(plan: Plan) -> None:
    """Refuse comparisons by identity that a generator would make of the values."""
    for node in plan.tree.of(cst.Comparison):
        left = node.left
        for target in node.comparisons:
            if isinstance(target.operator, (cst.Equal, cst.NotEqual)):
                _check(plan, node, left, target)
            elif isinstance(target.operator, (cst.In, cst.NotIn)) and _is_among(plan, left, target.comparator):
                message = f"`{plan.tree.code(node)}` asks for the same object in PyMC3, and for equal values here: "
                _refuse(plan, node, [left], message + "ask by its name")
            left = target.comparator
    for call in plan.tree.of(cst.Call):
        match call:
            case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value=name)), args=[cst.Arg(value=item), *_]):
                if name in ("index", "remove", "count") and _is_among(plan, item, held):
                    message = (
                        f"`{plan.tree.code(call)}` looks for the same object in PyMC3, and for equal values here: "
                    )
                    _refuse(plan, call, [item], message + "find it by its name")
    for element in plan.tree.of(cst.DictElement):
        given = isinstance(plan.tree.parent.get(plan.tree.parent[element]), cst.Arg)
        if _is_variable(plan, element.key) and not given:
            message = f"`{plan.tree.code(element.key)}` is a key, which stands for equal values here: take its name"
            _refuse(plan, element, [element.key], message)
    for node in plan.tree.of(cst.BooleanOperation, cst.UnaryOperation, cst.If, cst.While, cst.IfExp):
        tested = _tested(node)
        if tested is not None and not isinstance(tested, _OWN) and _is_symbolic(plan, tested):
            message = f"`{plan.tree.code(tested)}` itself is true in PyMC3, whatever its value is: "
            message += "compare it with a number by > or pm.math.eq, or leave it out"
            _refuse(plan, tested, [tested], message)


def _check(plan: Plan, node: cst.Comparison, left: cst.BaseExpression, target: cst.ComparisonTarget) -> None:
    sides = [left, target.comparator]
    found = [side for side in sides if _is_symbolic(plan, side)]
    if not found:
        return
    if any(is_none(side) for side in sides):
        _plan_identity(plan, node, target)
        return
    first, second = (plan.tree.code(side) for side in sides)
    equal = isinstance(target.operator, cst.Equal)
    sign, function = ("==", "eq") if equal else ("!=", "neq")
    message = f"`{first} {sign} {second}` is {not equal} in PyMC3, whatever the values are: "
    message += f"write pm.math.{function}({first}, {second})"
    _refuse(plan, node, found, message)


def _plan_identity(plan: Plan, node: cst.Comparison, target: cst.ComparisonTarget) -> None:
    """``sd == None`` is ``sd is None``, where a variable is never equal to anything."""
    key = function_group(plan, node)
    place = node.comparisons.index(target)
    equal = isinstance(target.operator, cst.Equal)

    def apply(updated: cst.Comparison) -> cst.Comparison:
        parts = list(updated.comparisons)
        parts[place] = parts[place].with_changes(operator=cst.Is() if equal else cst.IsNot())
        return updated.with_changes(comparisons=parts)

    plan.allow(RULE.code, key)
    plan.edit(node, key, apply)


def _tested(node: cst.CSTNode) -> cst.BaseExpression | None:
    """What must be true or false."""
    match node:
        case cst.BooleanOperation(left=tested):
            return tested
        case cst.UnaryOperation(operator=cst.Not(), expression=tested):
            return tested
        case cst.If(test=tested) | cst.While(test=tested) | cst.IfExp(test=tested):
            return tested
    return None


def _is_among(plan: Plan, item: cst.BaseExpression, held: cst.BaseExpression) -> bool:
    """Whether a variable is looked for in a list of variables."""
    value = plan.flow.value(held)
    return bool(value) and v.only(value, (v.Bag, v.Row)) and v.tainted(value) and _is_variable(plan, item)  # type: ignore[arg-type]


def _is_variable(plan: Plan, node: cst.BaseExpression) -> bool:
    return v.only(plan.flow.value(node), v.Tensor) and _is_symbolic(plan, node)


def _is_symbolic(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression is certainly a tensor of Theano's."""
    inner = node
    while isinstance(inner, (cst.Attribute, cst.Subscript, cst.Call)):
        if isinstance(inner, cst.Attribute) and inner.attr.value in _FACTS:
            return False
        if isinstance(inner, cst.Call) and (plan.flow.name_of(inner.func) or "").startswith(_NUMBERS):
            return False
        inner = inner.func if isinstance(inner, cst.Call) else inner.value
    value = plan.flow.value(node)
    if not value or v.is_process(value):
        return False
    return all(isinstance(a, (v.Tensor, v.Symbol)) or _is_shared(plan, a) for a in value)


def _is_shared(plan: Plan, atom: v.Atom) -> bool:
    return isinstance(atom, v.Foreign) and (plan.flow.name_of(atom.call.func) or "").endswith(_SHARED)


def _refuse(plan: Plan, node: cst.CSTNode, sides: list[cst.BaseExpression], message: str) -> None:
    key = function_group(plan, node)
    for side in sides:
        plan.unite(key, *plan.keys_of(plan.flow.value(side)))
    plan.refuse(node, key, RULE.code, message)
