"""Slices whose ends are random: ``x[:tau]``.

Theano cuts a different number of elements at every point; the program says so, and keeps the model.

Why: TensorFlow compiles a model for fixed shapes, and what comes of such a slice has none. In a generator it raised.

Limits: ends that are computed from data, or from shapes, are the same at every point and are rewritten. Where nothing
says that an end is random (what a function of another file gives), the generator's error says the same.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.functions import FUNCTIONS, function_named
from pm_migrate.codemod import values as v
from pm_migrate.codemod.given import sources
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group

RULE = Rule(
    "PM404",
    "Slices whose ends are random",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                tau = pm.DiscreteUniform('tau', 1, 9)
                x = pm.Normal('x', 0, 1, shape=10)
                early = pm.Deterministic('early', x[:tau].sum())
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                tau = pm.DiscreteUniform('tau', 1, 9)
                x = pm.Normal('x', 0, 1, shape=10)
                # TODO(pm-migrate PM404): `tau` is random, and ends a slice: keep all elements, and weigh them by a mask
                early = pm.Deterministic('early', x[:tau].sum())
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1, shape=10)
                half = pm.Deterministic('half', x[:len(x) // 2])
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                x = yield pm.Normal('x', 0, 1, batch_stack=10)
                half = yield pm.Deterministic('half', x[:len(x) // 2])


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE,)

#: How many names deep an end is followed.
_DEPTH = 3
#: Functions besides those that compute element by element that depend on the values of their first argument.
_OF_VALUES = frozenset({"argmax", "argmin", "cast", "max", "min", "prod", "sum"})
_METHODS = frozenset({"argmax", "argmin", "astype", "clip", "max", "min", "round", "sum"})


def plan_slices(plan: Plan) -> None:
    """Refuse slices of what models compute with, where an end depends on a random variable."""
    for node in plan.tree.of(cst.Slice):
        end = next((e for e in (node.lower, node.upper, node.step) if e is not None and _is_random(plan, e)), None)
        if end is None:
            continue
        subscript = next(a for a in plan.tree.ancestors(node) if isinstance(a, cst.Subscript))
        if v.traces(plan.flow.value(subscript.value)):
            continue
        key = function_group(plan, subscript)
        plan.unite(key, *plan.keys_of(plan.flow.value(end)))
        message = f"`{plan.tree.code(end)}` is random, and ends a slice: keep all elements, and weigh them by a mask"
        plan.refuse(node, key, RULE.code, message)


def _is_random(plan: Plan, node: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether a number certainly depends on the value of a random variable, and not on its shape alone."""
    value = plan.flow.value(node)
    if not v.only(value, v.Tensor):
        return False
    if all(a.rv is not None for a in v.tensors(value)):
        return True
    match node:
        case cst.Name():
            given = sources(plan, node)
            return depth < _DEPTH and given.whole and all(_is_random(plan, e, depth + 1) for e in given.values)
        case cst.BinaryOperation(left=left, right=right):
            return _is_random(plan, left, depth) or _is_random(plan, right, depth)
        case cst.UnaryOperation(expression=inner) | cst.Subscript(value=inner):
            return _is_random(plan, inner, depth)
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name))) if name in _METHODS:
            if v.only(plan.flow.value(owner), v.Tensor):
                return _is_random(plan, owner, depth)
    if isinstance(node, cst.Call) and _computes(plan.flow.name_of(node.func) or ""):
        return any(_is_random(plan, arg.value, depth) for arg in node.args)
    return False


def _computes(name: str) -> bool:
    """Whether a function computes with the values of its arguments."""
    if name in ("builtins.int", "builtins.round", "builtins.abs", "builtins.min", "builtins.max", "builtins.sum"):
        return True
    found = function_named(name)
    if found is None:
        return False
    row = FUNCTIONS.get(found[1])
    return found[1] in _OF_VALUES or (row is not None and row.elementwise)
