"""Write out augmented assignments that add a random variable to an array.

``mu += b * x`` becomes ``mu = mu + b * x`` where ``mu`` may be a NumPy array.

Why: a NumPy array cannot hold what a model computes, so PyMC3 made a new expression there; values of a generator model
refuse to be written into an array.

Limits: names only; a slot of an array that is added to stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM233",
    "Write out sums of arrays and random variables",
    __doc__ or "",
    (
        Example(
            """
            import numpy as np
            import pymc3 as pm

            with pm.Model() as model:
                mu = np.zeros(10)
                for i in range(3):
                    mu += pm.Normal('b%d' % i, 0, 1) * x[i]
                pm.Normal('y', mu, 1, observed=data)
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = np.zeros(10)
                for i in range(3):
                    mu = mu + (yield pm.Normal('b%d' % i, 0, 1)) * x[i]
                yield pm.Normal('y', mu, 1, observed=data)


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE,)

_OPERATORS: dict[type, type] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.PowerAssign: cst.Power,
}


def plan_augmented(plan: Plan) -> None:
    """Plan every augmented assignment of a random value to a name that may be an array."""
    for node in plan.tree.of(cst.AugAssign):
        if type(node.operator) not in _OPERATORS:
            continue
        if not isinstance(node.target, cst.Name) or not v.tainted(plan.flow.value(node.value)):
            continue
        left = plan.flow.value(node.target)
        if v.only(left, (v.Tensor, v.Number)) or any(isinstance(a, (v.Bag, v.Row)) for a in left):  # type: ignore[arg-type]
            continue
        key = function_group(plan, node)
        plan.unite(key, *plan.keys_of(plan.flow.value(node.value)))
        plan.edit(node, key, _written_out(node))
        plan.note(node, key, RULE.code, f"`{code(node.target)}` may be an array: the sum is written out")


def _written_out(node: cst.AugAssign) -> Callable[[cst.AugAssign], cst.Assign]:
    operator = _OPERATORS[type(node.operator)]()
    tight = isinstance(operator, cst.Add) and isinstance(node.value, cst.BinaryOperation)

    def apply(updated: cst.AugAssign) -> cst.Assign:
        right = updated.value
        simple = isinstance(right, (cst.Name, cst.Call, cst.Attribute, cst.Subscript, cst.Integer, cst.Float))
        if not simple and not tight and not right.lpar:
            right = right.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        target = updated.target
        assert isinstance(target, cst.Name)
        return cst.Assign([cst.AssignTarget(target)], cst.BinaryOperation(target, operator, right))

    return apply
