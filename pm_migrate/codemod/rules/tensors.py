"""Rewrite tensor functions: ``pm.math.exp(x)`` and ``tt.exp(x)`` of random variables become ``tf.exp(x)``.

Functions of arguments that do not depend on random variables become NumPy's, which computes in float64 as Theano did.

Why: the values in a generator are TensorFlow's. NumPy functions of them would still work, but read as if they were
arrays.

Limits: where TensorFlow has no single function with Theano's meaning for every argument, the function is taken from
``pm.math`` of the generator front end (``pm.math.dot``, ``pm.math.invlogit``, ``pm.math.set_subtensor``), and so it is
where nothing says whether the arguments are random, and in a function that is called with random variables here and
with arrays there. PyMC4 itself has no ``pm.math``: with ``--runtime upstream`` such a model stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.catalog.functions import ADVICE, FUNCTIONS, MATH, NUMPY, TensorFunction, function_named
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import object_arrays
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.both_ways import is_called_both_ways, is_random
from pm_migrate.codemod.rules.random_variable import separated
from pm_migrate.codemod.tree import code, expression

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
                p = pm.math.invlogit(pm.math.dot(X, b))
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
                d = tt.set_subtensor(b[1:], c[0])
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                b = yield pm.Normal('b', 0, 1, batch_stack=2)
                c = pm.math.set_subtensor(b, 0, 0.)
                d = pm.math.set_subtensor(b, np.s_[1:], c[0])


            model = build_model()
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
    functions where they have a meaning, and refuse the others with an error. They also stay in a function of the
    program that is called with arrays elsewhere, which goes on giving arrays there.
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

RULES = (RULE, ARRAYS)

_THEANO_METHODS = frozenset({"dimshuffle", "norm", "flatten", "sort", "zeros_like", "ones_like"})
#: Methods that the tensors of PyMC4 itself lack are refused with the others.


def plan_function(plan: Plan, node: cst.CSTNode, qualified: str) -> None:
    """Plan the rewriting of one reference to a tensor function: a call of it, or the function itself as a value."""
    found = function_named(qualified)
    assert found is not None
    row, name = found
    parent = plan.tree.parent[node]
    call = parent if isinstance(parent, cst.Call) and parent.func is node else None
    key = function_group(plan, call or node)
    operation = plan.flow.in_operation(node)
    if operation is not None:
        plan.unite(key, operation)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    both = not plan.options.upstream and is_called_both_ways(plan, plan.tree.scope(node))
    if call is None or call in plan.outside or (both and name not in ("set_subtensor", "inc_subtensor")):
        _plan_math(plan, node, key, row, name)
        return
    values = [plan.flow.value(a.value) for a in call.args]
    random = any(is_random(plan, a.value) for a in call.args)
    symbolic = any(isinstance(a, v.Foreign) for value in values for a in v.flat(value))
    early = not random and any(v.tainted(value) for value in values)
    unsure = not random and (early or symbolic or _in_helper(plan, call) or operation is not None)
    if name in ("set_subtensor", "inc_subtensor"):
        _plan_subtensor(plan, call, key, name)
        return
    problem = _problem(row, name, call, tensorflow=random or (unsure and plan.options.upstream))
    exact = row is not None and (row.exact or not random)
    if plan.options.upstream:
        if problem is not None or row is None:
            plan.refuse(call, key, RULE.code, problem or "")
            return
    elif unsure or problem is not None or not exact:
        _plan_math(plan, node, key, row, name)
        return
    assert row is not None
    if unsure:
        plan.note(call, key, RULE.code, f"{name}: nothing here says whether its arguments are random", review=True)
    if not (random or unsure):
        plan.arrays.add(call)
    _rewrite(plan, call, row, key, tensorflow=random or unsure)
    if row.review and (random or unsure):
        plan.note(call, key, RULE.code, row.review, review=True)


def _plan_math(plan: Plan, node: cst.CSTNode, key: cst.CSTNode, row: TensorFunction | None, name: str) -> None:
    """Take the function from ``pm.math``, which has Theano's meaning for every kind of argument."""
    if plan.options.upstream or (name not in MATH and (row is None or row.name not in MATH)):
        plan.refuse(node, key, RULE.code, f"{name}: {_advice(name)}")
    else:
        plan.edit(node, key, lambda updated: plan.names.name("pm", f"math.{name}", node), {"pm"})


def _plan_subtensor(plan: Plan, call: cst.Call, key: cst.CSTNode, name: str) -> None:
    """``set_subtensor(x[i], y)`` asks how ``x[i]`` was made: the tensor and the index are given apart."""
    if plan.options.upstream:
        plan.refuse(call, key, RULE.code, f"{name}: {_advice(name)}")
        return
    match call.args:
        case [cst.Arg(value=cst.Subscript(), keyword=None, star=""), cst.Arg(keyword=None, star=""), *rest] if not rest:
            pass
        case _:
            plan.refuse(
                call, key, RULE.code, f"{name}: write the tensor and its index into the call: {name}(x[index], y)"
            )
            return
    original = call.args[0].value
    assert isinstance(original, cst.Subscript)
    index = original.slice
    plain = len(index) == 1 and isinstance(index[0].slice, cst.Index) and index[0].slice.star is None

    def apply(updated: cst.Call) -> cst.Call:
        target = updated.args[0].value
        assert isinstance(target, cst.Subscript)
        if plain:
            position = cst.ensure_type(target.slice[0].slice, cst.Index).value
        else:
            position = target.with_changes(value=plan.names.name("np", "s_", call))
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args = [cst.Arg(target.value, comma=comma), cst.Arg(position, comma=updated.args[0].comma), updated.args[1]]
        return updated.with_changes(func=plan.names.name("pm", f"math.{name}", call), args=args)

    plan.edit(call, key, apply, {"pm"} if plain else {"pm", "np"})


def plan_numpy(plan: Plan) -> None:
    """Plan the rewriting of NumPy functions of random variables."""
    for node in plan.tree.of(cst.Call):
        name = plan.flow.name_of(node.func)
        if (
            name is None
            or not name.startswith("numpy.")
            or not any(v.tainted(plan.flow.value(a.value)) for a in node.args)
            or plan.flow.in_operation(node) is not None
        ):
            continue
        row = FUNCTIONS.get(NUMPY.get(name.removeprefix("numpy."), ""))
        key = function_group(plan, node)
        both = is_called_both_ways(plan, plan.tree.scope(node))
        if row is not None and both and not plan.options.upstream:
            continue
        exact = row is not None and (row.exact or plan.options.upstream)
        if name in ("numpy.array", "numpy.asarray") and object_arrays.stacks(plan, node):
            plan.allow(ARRAYS.code, key)
            plan.edit(node, key, object_arrays.stacked(plan, node), {"tf"})
        elif not plan.options.upstream and object_arrays.adds(plan, node, name):
            plan.allow(ARRAYS.code, key)
            plan.edit(node, key, object_arrays.added)
        elif not plan.options.upstream and (message := object_arrays.problem(plan, node, name)):
            plan.refuse(node, key, ARRAYS.code, message)
        elif row is not None and exact and _problem(row, row.name, node, True) is None:
            plan.allow(ARRAYS.code, key)
            _rewrite(plan, node, row, key, tensorflow=True)
        elif name.startswith("numpy.random."):
            plan.refuse(
                node, key, ARRAYS.code, "NumPy cannot draw with random variables as parameters: use a distribution"
            )


def plan_symbols(plan: Plan) -> None:
    """Methods of Theano's tensors on what is an array after the rewriting: ``.eval()``, ``.dimshuffle(...)``."""
    for node in plan.tree.of(cst.Call):
        if not isinstance(node.func, cst.Attribute):
            continue
        owner, attr = node.func.value, node.func.attr.value
        key = function_group(plan, node.func)
        if attr == "eval" and not node.args and (_is_array(plan, owner) or _is_shape(plan, owner)):
            plan.edit(node, key, lambda updated: updated.func.value)
        elif attr in _THEANO_METHODS and _is_array(plan, owner) and not plan.options.upstream:
            if attr == "flatten" and not node.args:
                continue
            plan.edit(node, key, _as_function(plan, node, attr), {"pm"})
    for index in plan.tree.of(cst.Subscript):
        inside = (n for e in index.slice for n in plan.tree.walk(e) if isinstance(n, cst.BaseExpression))
        random = any(v.tainted(plan.flow.value(n)) for n in inside)
        if random and _is_array(plan, index.value) and not plan.options.upstream:
            # a variable cannot index an array of NumPy's
            plan.edit(index, function_group(plan, index), _of_tensor(plan, index), {"pm"})


def _of_tensor(plan: Plan, node: cst.Subscript) -> Callable[[cst.Subscript], cst.Subscript]:
    def apply(updated: cst.Subscript) -> cst.Subscript:
        array = updated.value
        if isinstance(array, cst.Call) and code(array.func) == f"{plan.names.alias('np', node)}.asarray":
            array = array.args[0].value
        func = plan.names.name("pm", "math.as_tensor_variable", node)
        return updated.with_changes(value=cst.Call(func, [cst.Arg(array)]))

    return apply


def _is_array(plan: Plan, node: cst.CSTNode) -> bool:
    value = plan.flow.value(node)
    return v.only(value, v.Symbol) and all(isinstance(a, v.Symbol) and a.site in plan.arrays for a in value)


def _is_shape(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether an expression is the shape, or a length, of a value or array: numbers already."""
    if isinstance(node, cst.Subscript):
        node = node.value
    if not (isinstance(node, cst.Attribute) and node.attr.value in ("shape", "size")):
        return False
    return v.only(plan.flow.value(node.value), v.Tensor) or _is_array(plan, node.value)


def _as_function(plan: Plan, call: cst.Call, attr: str) -> Callable[[cst.Call], cst.Call]:
    def apply(updated: cst.Call) -> cst.Call:
        owner = cst.ensure_type(updated.func, cst.Attribute).value
        args = list(updated.args)
        if attr == "dimshuffle" and not (len(args) == 1 and isinstance(args[0].value, (cst.List, cst.Tuple))):
            args = [cst.Arg(cst.Tuple([cst.Element(a.value) for a in args]))]
        func = plan.names.name("pm", f"math.{attr}", call)
        return updated.with_changes(func=func, args=separated([cst.Arg(owner), *args], updated.args))

    return apply


def function_group(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    """The group of an expression: the models it stands in or depends on, and the function it stands in."""
    keys: list[cst.CSTNode] = []
    for outer in plan.tree.ancestors(node):
        kind = type(outer)  # asked for every node around: a test of LibCST's classes asks an abstract class
        if kind is cst.With:
            keys += [m.site for m in plan.flow.enters(outer)]  # type: ignore[arg-type]
        elif kind is cst.FunctionDef and not keys:
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
    return not facts.called or facts.escapes or _is_for_others(plan, scope)


def _is_for_others(plan: Plan, method: cst.CSTNode) -> bool:
    """Whether a method is of a distribution, or a function of a process, that this file never makes.

    Others know what its constructor is given, and what the methods read of it: values of a model, or data.
    """
    owner = plan.tree.scope(method)
    if not isinstance(owner, cst.ClassDef) or not (owner in plan.flow.own or owner in plan.flow.own_maps):
        return False
    called = (
        a.node for call in plan.tree.of(cst.Call) for a in plan.flow.value(call.func) if isinstance(a, v.Function)
    )
    return owner not in called


def _advice(name: str) -> str:
    advice = ADVICE.get(name, "there is no certain counterpart: write it with TensorFlow functions")
    return advice.removesuffix(", then run again")


def _problem(row: TensorFunction | None, name: str, call: cst.Call, tensorflow: bool) -> str | None:
    """Why a call cannot be rewritten as one of TensorFlow or NumPy, or None."""
    if row is None or (row.tf if tensorflow else row.np) is None:
        return f"{name}: {_advice(name)}"
    positional = [a for a in call.args if a.keyword is None]
    keywords = {a.keyword.value: a for a in call.args if a.keyword is not None}
    if any(a.star for a in call.args):
        return f"{name}: write out the starred arguments"
    if not row.required <= len(positional) <= row.required + len(row.optional):
        return f"{name}: {_advice(name)}"
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
    if row.name in ("as_tensor_variable", "as_tensor") and _nested(positional[0].value):
        return f"{name}: {_advice(name)}"
    return None


def _nested(value: cst.BaseExpression) -> bool:
    """Whether a list holds lists."""
    return isinstance(value, (cst.List, cst.Tuple)) and any(
        isinstance(e.value, (cst.List, cst.Tuple)) for e in value.elements
    )


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
