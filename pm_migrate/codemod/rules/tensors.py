"""Rewrite tensor functions: ``pm.math.exp(x)`` and ``tt.exp(x)`` of random variables become ``tf.exp(x)``.

Functions of arguments that do not depend on random variables become NumPy's, which computes in float64 as Theano did.

Why: the values in a generator are TensorFlow's. NumPy functions of them would still work, but read as if they were
arrays.

Limits: functions without a certain counterpart keep the model as it was. ``invlogit`` in PyMC3 adds 2.2e-16, so that it
is never 0 or 1; ``tf.sigmoid`` can be. ``tt.dot`` of a matrix of three or more axes is not what ``tf.tensordot`` with
``axes=1`` gives.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.catalog.functions import ADVICE, FUNCTIONS, NUMPY, TensorFunction, function_named
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.random_variable import separated
from pm_migrate.codemod.tree import code, expression, walk

RULE = Rule(
    "PM401",
    "Rewrite pm.math and theano.tensor functions",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm
            import theano.tensor as tt

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1, shape=2)
                p = pm.math.invlogit(tt.dot(X, b))
                y = pm.Bernoulli('y', tt.switch(p > 0.5, p, tt.sqrt(2.)), observed=data)
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm
            import tensorflow as tf


            @pm.model(name=None)
            def build_model():
                b = yield pm.Normal('b', 0, 1, batch_stack=2)
                p = tf.sigmoid(tf.tensordot(X, b, axes=1))
                y = yield pm.Bernoulli('y', tf.where(p > 0.5, p, np.sqrt(2.)), observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm
            import theano.tensor as tt

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1, shape=2)
                c = tt.set_subtensor(b[0], 0.)
            """,
            """
            import pymc3 as pm
            import theano.tensor as tt

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1, shape=2)
                # TODO(pm-migrate PM401): set_subtensor: build the tensor from its parts with tf.concat or tf.where
                c = tt.set_subtensor(b[0], 0.)
            """,
        ),
    ),
)

ARRAYS = Rule(
    "PM402",
    "Rewrite NumPy functions of random variables",
    """``np.exp(x)`` becomes ``tf.exp(x)`` when ``x`` depends on random variables; of arrays it stays.

    Why: the values in a generator are TensorFlow's.

    Limits: NumPy functions without a certain counterpart stay as they are: the values of a model take part in NumPy's
    functions where they have a meaning, and refuse the others with an error.
    """,
    (
        Example(
            """
            import numpy as np
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Normal('a', np.log(data).mean(), 1)
                pm.Normal('y', np.exp(a), 1, observed=data)
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm
            import tensorflow as tf


            @pm.model(name=None)
            def build_model():
                a = yield pm.Normal('a', np.log(data).mean(), 1)
                yield pm.Normal('y', tf.exp(a), 1, observed=data)


            model = build_model()
            """,
        ),
    ),
)

METHODS = Rule(
    "PM403",
    "An attribute of a random variable without a counterpart",
    """The program uses something of a variable that values of a model do not have, such as ``.tag`` or ``.eval()``.

    Why: in a generator, variables are the values of one evaluation; there is no graph to ask.

    Limits: values work as arrays do (``.sum()``, ``.T``, ``.reshape(...)``); for others the message says what to do.
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
                # TODO(pm-migrate PM403): `.tag` of a random variable has no counterpart: take it out of the model
                start = a.tag.test_value
            """,
        ),
    ),
)

RULES = (RULE, ARRAYS, METHODS)

_ATTRIBUTES = frozenset(
    """T all any argmax argmin astype clip cumprod cumsum dot dtype flatten max mean min ndim prod ravel repeat reshape
    round shape size squeeze std sum swapaxes transpose var""".split()
)


def plan_function(plan: Plan, call: cst.Call, qualified: str) -> None:
    """Plan the rewriting of one call of a tensor function."""
    found = function_named(qualified)
    assert found is not None
    row, name = found
    key = function_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    random = any(v.tainted(plan.flow.value(a.value)) for a in call.args)
    unsure = not random and _in_helper(plan, call)
    problem = _problem(row, name, call, random or unsure)
    if problem is not None or row is None:
        plan.refuse(call, key, RULE.code, problem or "")
        return
    if unsure:
        plan.note(call, key, RULE.code, f"{name}: nothing here says whether its arguments are random", review=True)
    _rewrite(plan, call, row, key, tensorflow=random or unsure)
    if row.review and (random or unsure):
        plan.note(call, key, RULE.code, row.review, review=True)


def plan_numpy(plan: Plan) -> None:
    """Plan the rewriting of NumPy functions of random variables."""
    for node in plan.tree.order:
        if not isinstance(node, cst.Call):
            continue
        name = plan.flow.name_of(node.func)
        if (
            name is None
            or not name.startswith("numpy.")
            or not any(v.tainted(plan.flow.value(a.value)) for a in node.args)
        ):
            continue
        row = FUNCTIONS.get(NUMPY.get(name.removeprefix("numpy."), ""))
        key = function_group(plan, node)
        if row is not None and _problem(row, row.name, node, True) is None:
            plan.allow(ARRAYS.code, key)
            _rewrite(plan, node, row, key, tensorflow=True)
        elif name.startswith("numpy.random."):
            plan.refuse(
                node, key, ARRAYS.code, "NumPy cannot draw with random variables as parameters: use a distribution"
            )


def plan_indexing(plan: Plan) -> None:
    """For PyMC4 itself: values are plain tensors, which arrays cannot index."""
    for node in plan.tree.order:
        if not isinstance(node, cst.Subscript) or not v.only(plan.flow.value(node.value), v.Tensor):
            continue
        match node.slice:
            case [cst.SubscriptElement(slice=cst.Index(value=index))]:
                plain = isinstance(index, (cst.Integer, cst.UnaryOperation)) or v.only(plan.flow.value(index), v.Number)
            case _:
                continue
        if not plain:
            plan.edit(node, function_group(plan, node), _gathered(plan, node), {"tf"})


def _gathered(plan: Plan, node: cst.Subscript) -> Callable[[cst.Subscript], cst.BaseExpression]:
    def apply(updated: cst.Subscript) -> cst.BaseExpression:
        element = updated.slice[0].slice
        assert isinstance(element, cst.Index)
        return expression(f"{plan.names.alias('tf', node)}.gather({code(updated.value)}, {code(element.value)})")

    return apply


def plan_attributes(plan: Plan) -> None:
    """Refuse attributes of random variables that their values do not have, each once: the longest chain's."""
    refused = {note.node for note in plan.notes}
    for node in plan.tree.order:
        if not isinstance(node, cst.Attribute) or node.attr.value in _ATTRIBUTES:
            continue
        value = plan.flow.value(node.value)
        if v.only(value, v.Tensor) and not refused & set(walk(node)):
            refused.add(node)
            plan.refuse(
                node,
                function_group(plan, node),
                METHODS.code,
                f"`.{_first_attribute(node)}` of a random variable has no counterpart: take it out of the model",
            )


def _first_attribute(node: cst.Attribute) -> str:
    while isinstance(node.value, cst.Attribute):
        node = node.value
    return node.attr.value


def function_group(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    """The group of an expression: the models it stands in or depends on, and the function it stands in."""
    keys: list[cst.CSTNode] = []
    for outer in plan.tree.ancestors(node):
        if isinstance(outer, cst.With):
            models = plan.flow.enters(outer)
            keys += [m.site for m in models]
        if isinstance(outer, cst.FunctionDef) and not keys:
            keys.append(outer)
    if isinstance(node, cst.Call):
        for arg in node.args:
            keys += plan.keys_of(plan.flow.value(arg.value))
    elif isinstance(node, (cst.Attribute, cst.Subscript)):
        keys += plan.keys_of(plan.flow.value(node.value))
    if not keys:
        return node
    plan.unite(*keys)
    return keys[0]


def _in_helper(plan: Plan, call: cst.Call) -> bool:
    """Whether a call stands in a function that nothing in the program calls, with its parameters as arguments."""
    scope = plan.tree.scope(call)
    facts = plan.flow.functions.get(scope)
    if facts is None:
        return isinstance(scope, cst.Lambda)
    return not facts.called or facts.escapes


def _problem(row: TensorFunction | None, name: str, call: cst.Call, tensorflow: bool) -> str | None:
    """Why a call cannot be rewritten, or None."""
    advice = ADVICE.get(name, "there is no certain counterpart: write it with TensorFlow functions")
    if row is None or (row.tf if tensorflow else row.np) is None:
        return f"{name}: {advice.removesuffix(', then run again')}"
    positional = [a for a in call.args if a.keyword is None]
    keywords = {a.keyword.value: a for a in call.args if a.keyword is not None}
    if any(a.star for a in call.args):
        return f"{name}: write out the starred arguments"
    if not row.required <= len(positional) <= row.required + len(row.optional):
        return f"{name}: {advice.removesuffix(', then run again')}"
    if not set(keywords) <= set(row.optional):
        return f"{name}: {', '.join(sorted(set(keywords) - set(row.optional)))}= has no counterpart"
    if row.needs and row.needs not in keywords and len(positional) <= row.required + row.optional.index(row.needs):
        return f"{name}: say {row.needs}=, without it Theano flattens its argument"
    if row.name == "stack" and not isinstance(positional[0].value, (cst.List, cst.Tuple, cst.Name, cst.ListComp)):
        return "stack: give it one list"
    if (
        row.name == "stack"
        and len(positional) > 1
        and not isinstance(positional[1].value, (cst.Integer, cst.UnaryOperation))
    ):
        return "stack: give it one list"
    return None


def _rewrite(plan: Plan, call: cst.Call, row: TensorFunction, key: cst.CSTNode, *, tensorflow: bool) -> None:
    module = "tf" if tensorflow else "np"
    spelled = (row.tf if tensorflow else row.np) or ""
    if (
        row.name in ("as_tensor_variable", "as_tensor")
        and tensorflow
        and isinstance(call.args[0].value, (cst.List, cst.Tuple))
    ):
        spelled = "stack"
    given = {a.keyword.value for a in call.args if a.keyword is not None}
    given |= set(row.optional[: max(0, len([a for a in call.args if a.keyword is None]) - row.required)])
    added = [f"{k}={value}" for k, value in row.added.items() if k not in given] if tensorflow else []

    def apply(updated: cst.Call) -> cst.Call:
        args = list(updated.args)
        for place in range(row.required, len(args) if tensorflow else 0):
            if args[place].keyword is None:
                args[place] = _named(args[place], row.optional[place - row.required])
        args += [_added(text) for text in added]
        func = plan.names.name(module, spelled, call)
        return updated.with_changes(func=func, args=separated(args, updated.args) if added else args)

    plan.edit(call, key, apply, {module})


def _named(arg: cst.Arg, keyword: str) -> cst.Arg:
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return arg.with_changes(keyword=cst.Name(keyword), equal=tight)


def _added(text: str) -> cst.Arg:
    keyword, value = text.split("=")
    return _named(cst.Arg(expression(value)), keyword)
