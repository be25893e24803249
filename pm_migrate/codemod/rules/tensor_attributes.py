"""Attributes and methods of random variables that their values do not have."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.asked import way_out
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.calls import name_of_variable
from pm_migrate.codemod.rules.handed_on import answers
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code, expression
from pm_migrate.codemod.variables import COMPONENT_ATTRIBUTES, is_component

METHODS = Rule(
    "PM403",
    "An attribute of a random variable without a counterpart",
    """The program uses something of a variable that values of a model do not have, such as ``.tag`` or ``.eval()``.

    Why: in a generator, variables are the values of one evaluation; there is no graph to ask.

    Limits: values work as arrays do (``.sum()``, ``.T``, ``.reshape(...)``), and ``.name`` is written out; for
    others the message says what to do.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Normal('a', 0, 1, shape=3)
                total = a.sum()
                start = a.tag.test_value
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Normal('a', 0, 1, shape=3)
                total = a.sum()
                # TODO(pm-migrate PM403): `.tag` of a random variable: ask for it below the with block
                start = a.tag.test_value
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Normal('a', 0, 1)
                b = pm.Normal(a.name + '_too', 0, 1)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                a = yield pm.Normal('a', 0, 1)
                b = yield pm.Normal('a' + '_too', 0, 1)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Gamma('a', 2, 1)
                b = pm.Normal('b', 0, 1)
                pm.Potential('p', a.distribution.logp(b))
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Gamma('a', 2, 1)
                b = pm.Normal('b', 0, 1)
                # TODO(pm-migrate PM403): `.distribution` of a random variable: ask pm.Gamma.dist(...) for `logp`
                pm.Potential('p', a.distribution.logp(b))
            """,
        ),
    ),
)

RULES = (METHODS,)

_ATTRIBUTES = frozenset(
    """T all any argmax argmin argsort astype clip copy cumprod cumsum diagonal dimshuffle dot dtype eval fill flatten
    get_value max mean min ndim nonzero norm ones_like prod ravel repeat reshape round shape size sort squeeze std sum
    swapaxes take trace transpose var zeros_like""".split()
)
#: Methods that Theano's tensors have and arrays lack, or have with another meaning.


def plan_attributes(plan: Plan) -> None:
    """Refuse attributes of random variables that their values do not have, each once: the first one of a chain."""
    refused = {note.node for note in plan.notes}
    for node in plan.tree.of(cst.Attribute):
        if not _is_missing(plan, node) or _base(node) in plan.outside or refused & set(plan.tree.walk(node)):
            continue
        if answers(plan, node):
            continue
        if any(_is_missing(plan, inner) for inner in plan.tree.walk(node.value, cst.Attribute)):
            continue
        key, text = function_group(plan, node), name_of_variable(plan, node.value)
        read = not isinstance(plan.tree.parent[node], (cst.AssignTarget, cst.AugAssign, cst.Del))
        if node.attr.value == "name" and text is not None and read:
            plan.edit(node, key, _literal(text))
            plan.note(node, key, METHODS.code, f"`{code(node)}` is {text}")
            continue
        if node.attr.value == "name" and read and not plan.options.upstream:
            continue  # the value of a variable has its name, too
        advice = way_out(plan, node)
        what = f"`.{node.attr.value}` of a random variable"
        message = f"{what}: {advice}" if advice else f"{what} has no counterpart: take it out of the model"
        plan.refuse(node, key, METHODS.code, message)


def _base(node: cst.BaseExpression) -> cst.BaseExpression:
    """What an attribute, or a chain of them, is asked of."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node


def _literal(text: str) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
    return lambda _: expression(text)


def _is_missing(plan: Plan, node: cst.Attribute) -> bool:
    """Whether an expression is an attribute of a random variable that its value does not have."""
    if node.attr.value in _ATTRIBUTES:
        return False
    value = plan.flow.value(node.value)
    if node.attr.value in COMPONENT_ATTRIBUTES and any(is_component(a.rv, plan.flow) for a in v.tensors(value) if a.rv):
        return False
    if v.is_process(value) and node.attr.value in pymc3_names.OF_PROCESSES:
        return False
    return v.only(value, v.Tensor)
