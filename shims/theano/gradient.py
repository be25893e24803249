"""``theano.gradient``: derivatives as nodes of the graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.evaluation import evaluate, replace, toposort
from pm_migrate.shims.theano.graph import Op, Variable, apply, apply_multiple, as_variable, get_test_value
from pm_migrate.shims.theano.ops import stabilised


class DisconnectedInputError(ValueError):
    """The cost does not depend on a variable of which the gradient is asked."""


class NullTypeGradError(TypeError):
    """A gradient was asked through something that has none."""


def _border(cost: Variable, wrt: Sequence[Variable], held: Iterable[Variable]) -> list[Variable]:
    """What the cost needs besides ``wrt``: the largest parts of its graph that depend on no ``wrt``.

    They are computed outside of the tape, once for the cost and its gradients: random numbers, for one. What depends on
    a held input is not cut off, since that is not computed outside.
    """
    inside = {*wrt, *held}
    border: dict[Variable, None] = dict.fromkeys(held)
    for variable in toposort([cost], stop=wrt):
        owner = variable.owner
        if owner is None or variable in inside or not any(v in inside for v in owner.inputs):
            continue
        inside.add(variable)
        border.update(dict.fromkeys(v for v in owner.inputs if v not in inside and not v.is_constant))
    if cost not in inside and not cost.is_constant:
        border[cost] = None
    return [v for v in border if v not in set(wrt)]


def _connect(cost: Variable, wrt: Sequence[Variable], disconnected_inputs: str) -> None:
    reached = set(toposort([cost]))
    for variable in wrt:
        if variable in reached or disconnected_inputs == "ignore":
            continue
        message = f"the cost does not depend on {variable}, so it has no gradient with respect to it"
        if disconnected_inputs == "raise":
            raise DisconnectedInputError(message + "; disconnected_inputs='ignore' gives zeros")
        warnings.warn(message, UserWarning, stacklevel=3)
    _check_operations(cost, wrt)


def _operator(
    name: str,
    cost: Variable,
    wrt: Sequence[Variable],
    kinds: Sequence[Any],
    differentiate: Callable[..., Sequence[Any]],
    held: Mapping[Variable, Variable],
) -> list[Variable]:
    """A node that evaluates the cost on a tape, and differentiates.

    ``held`` maps inputs in the graph of the cost to what they stand for: the gradient does not go through them, but a
    later gradient of the result does.
    """
    rest = _border(cost, wrt, held)

    def impl(*operands: Any) -> tuple[Any, ...]:
        # operations of the tape's own graph also for values that are known while tracing; no rewriting reads past them
        points = [stabilised.opaque(x) for x in operands[: len(wrt)]]
        with tf.GradientTape(persistent=name == "jacobian") as tape:
            for point in points:
                tape.watch(point)
            givens = dict(zip([*wrt, *rest], [*points, *operands[len(wrt) :]], strict=True))
            value = evaluate([cost], givens)[0]
        return tuple(differentiate(tape, value, points))

    others = [held.get(v, v) for v in rest]
    info = _Differentiated(cost, tuple(wrt))
    op = Op(name, impl, infer=lambda inputs: list(kinds), outputs=len(wrt), folds=False, info=info)
    return apply_multiple(op, *wrt, *others)


def grad(
    cost: Variable | None,
    wrt: Any,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Variable, Any] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Gradient of a scalar with respect to one variable, or to each of a list.

    Parameters
    ----------
    cost
        A scalar.
    wrt
        A variable or a list of them.
    consider_constant
        Variables whose dependence on ``wrt`` is left out.
    known_grads
        Gradients of the cost with respect to other variables; the cost may then be None.
    disconnected_inputs
        What to do when the cost does not depend on a variable: ``raise``, ``warn`` or ``ignore``; the gradient is zero.

    Returns
    -------
    Variable or list of Variable
        As ``wrt``.

    Examples
    --------
    >>> x = as_variable([1.0, 2.0])
    >>> grad((x**2).sum(), x).eval().tolist()
    [2.0, 4.0]
    """
    held: dict[Variable, Variable] = {}
    if known_grads:
        cost = _with_known(cost, known_grads, held)
    if cost is None:
        raise ValueError("theano.grad: give a cost, or known_grads")
    if cost.ndim != 0:
        raise TypeError(f"theano.grad: the cost must be a scalar, not {cost.ndim}-dimensional; use jacobian")
    several = isinstance(wrt, (list, tuple))
    variables = list(wrt) if several else [wrt]
    _connect(cost, variables, disconnected_inputs)
    if consider_constant:
        cost = replace([cost], {v: _hold(v, held) for v in consider_constant})[0]

    def differentiate(tape: Any, value: Any, points: Sequence[Any]) -> Sequence[Any]:
        if not value.dtype.is_floating:
            return [tf.zeros_like(p) for p in points]
        return tape.gradient(value, points, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    kinds = [(v.dtype, v.broadcastable) for v in variables]
    gradients = _operator("grad", cost, variables, kinds, differentiate, held)
    return gradients if several else gradients[0]


def _hold(variable: Variable, held: dict[Variable, Variable]) -> Variable:
    """An input that stands for a variable through which no gradient goes."""
    stand_in = variable.type(variable.name)
    value = get_test_value(variable)
    if value is not None:
        stand_in.tag.test_value = value
    held[stand_in] = variable
    return stand_in


def _with_known(cost: Variable | None, known_grads: Mapping[Variable, Any], held: dict[Variable, Variable]) -> Variable:
    """A cost that has the known gradients."""
    from pm_migrate.shims.theano.ops.reductions import sum as tensor_sum

    terms = [tensor_sum(v * _hold(as_variable(slope), held)) for v, slope in known_grads.items()]
    total = terms[0] if cost is None else cost
    for term in terms if cost is not None else terms[1:]:
        total = total + term
    return total


def Lop(
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """The product of a vector and the Jacobian: gradient of ``sum(f * eval_points)`` at constant ``eval_points``.

    Examples
    --------
    >>> import numpy as np
    >>> x = as_variable(np.array([1.0, 2.0]))
    >>> Lop(x**2, x, np.array([1.0, 10.0])).eval().tolist()
    [2.0, 40.0]
    """
    results = list(f) if isinstance(f, (list, tuple)) else [f]
    weights = list(eval_points) if isinstance(eval_points, (list, tuple)) else [eval_points]
    known_grads = dict(zip(results, map(as_variable, weights), strict=True))
    return grad(None, wrt, consider_constant, disconnected_inputs, known_grads=known_grads)


def Rop(
    f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise", return_disconnected: str = "zero"
) -> Any:
    """The product of the Jacobian and a vector: the derivative of ``f`` in the direction ``eval_points``.

    Examples
    --------
    >>> import numpy as np
    >>> x = as_variable(np.array([1.0, 2.0]))
    >>> Rop(x**2, x, np.array([1.0, 10.0])).eval().tolist()
    [2.0, 40.0]
    """
    from pm_migrate.shims.theano.ops.creation import zeros_like
    from pm_migrate.shims.theano.ops.reductions import sum as tensor_sum

    results = list(f) if isinstance(f, (list, tuple)) else [f]
    variables = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    directions = list(eval_points) if isinstance(eval_points, (list, tuple)) else [eval_points]
    products = []
    for result in results:
        # the gradient is linear in its weights, and its derivative with respect to them is the transposed Jacobian
        weights = zeros_like(result)
        slopes = Lop(result, variables, weights, disconnected_inputs="ignore")
        along = sum(tensor_sum(s * as_variable(d)) for s, d in zip(slopes, directions, strict=True))
        products.append(grad(along, weights, disconnected_inputs="ignore"))
    return products if isinstance(f, (list, tuple)) else products[0]


def _check_operations(cost: Variable, wrt: Sequence[Variable]) -> None:
    """Raise at the user's line where something between ``wrt`` and the cost has no gradient."""
    from pm_migrate.shims.theano.graph.op import Refused, gradients_defined

    reached = set(wrt)
    for variable in toposort([cost], stop=wrt):
        owner = variable.owner
        if owner is None or variable in reached or not any(v in reached for v in owner.inputs):
            continue
        reached.add(variable)
        if owner.op is not owner.lowered:
            found = gradients_defined(owner)
            for source, slope in zip(owner.inputs, found, strict=False):
                if isinstance(slope, Refused) and source in reached:
                    raise NullTypeGradError(slope.message)
        elif owner.op.name == "undefined_grad":
            raise NullTypeGradError(f"the gradient with respect to {owner.inputs[0]} is not defined here")
        elif isinstance(owner.op.info, _Differentiated):
            _check_second(owner.op.info)


@dataclass(frozen=True, eq=False)
class _Differentiated:
    """What a node of derivatives differentiates."""

    cost: Variable
    wrt: Sequence[Variable]


def _check_second(inner: _Differentiated) -> None:
    """The same for derivatives of derivatives: the gradients of the operations of the program need gradients."""
    from pm_migrate.shims.theano.graph.op import gradients_defined

    for variable in toposort([inner.cost], stop=inner.wrt):
        owner = variable.owner
        if owner is None or owner.op is owner.lowered or variable in inner.wrt:
            continue
        for gradient in gradients_defined(owner):
            if isinstance(gradient, Variable):
                _check_operations(gradient, owner.inputs)


def jacobian(
    expression: Variable,
    wrt: Any,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Derivatives of a vector (or scalar) with respect to one variable, or to each of a list."""
    if expression.ndim > 1:
        raise TypeError(f"jacobian: a scalar or a vector is wanted, not {expression.ndim} dimensions; flatten it")
    if expression.ndim == 0:
        return grad(expression, wrt, consider_constant, disconnected_inputs)
    several = isinstance(wrt, (list, tuple))
    variables = list(wrt) if several else [wrt]
    held: dict[Variable, Variable] = {}
    _connect(expression, variables, disconnected_inputs)
    if consider_constant:
        expression = replace([expression], {v: _hold(v, held) for v in consider_constant})[0]

    def differentiate(tape: Any, value: Any, points: Sequence[Any]) -> Sequence[Any]:
        return tape.jacobian(value, points, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    kinds = [(v.dtype, expression.broadcastable + v.broadcastable) for v in variables]
    results = _operator("jacobian", expression, variables, kinds, differentiate, held)
    return results if several else results[0]


def hessian(
    cost: Variable, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise"
) -> Any:
    """Second derivatives of a scalar with respect to a vector, or to each vector of a list."""
    variables = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    if any(v.ndim != 1 for v in variables):
        raise TypeError("hessian: with respect to vectors only; flatten the variable")
    results = [
        jacobian(grad(cost, v, consider_constant, disconnected_inputs), v, None, disconnected_inputs) for v in variables
    ]
    return results if isinstance(wrt, (list, tuple)) else results[0]


_DISCONNECTED = Op(
    "disconnected_grad",
    tf.stop_gradient,
    infer=lambda inputs: (inputs[0].dtype, inputs[0].broadcastable),
    fast=lambda x: x,
)


def disconnected_grad(x: Any) -> Variable:
    """The same value, with gradient zero."""
    return apply(_DISCONNECTED, as_variable(x))


zero_grad = consider_constant = disconnected_grad


def undefined_grad(x: Any) -> Variable:
    """The same value, through which no gradient can be taken.

    Raises
    ------
    NullTypeGradError
        When a gradient is taken.
    """

    @tf.custom_gradient
    def blocked(t: Any) -> Any:
        def refuse(gradient: Any) -> Any:
            raise NullTypeGradError(f"the gradient with respect to {x} is not defined here")

        return tf.identity(t), refuse

    x = as_variable(x)
    if not promotion.is_float(x.dtype):
        return x
    kind = (x.dtype, x.broadcastable)
    return apply(Op("undefined_grad", blocked, infer=lambda inputs: kind, fast=lambda a: a), x)


def grad_scale(x: Any, multiplier: float) -> Variable:
    """The same value, with a gradient multiplied by a number."""

    @tf.custom_gradient
    def scaled(t: Any) -> Any:
        return tf.identity(t), lambda g: g * tf.constant(multiplier, g.dtype)

    x = as_variable(x)
    if not promotion.is_float(x.dtype):
        return x
    kind = (x.dtype, x.broadcastable)
    return apply(Op("grad_scale", scaled, infer=lambda inputs: kind, fast=lambda a: a), x)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Variable:
    """The same value, with a gradient limited to an interval."""

    @tf.custom_gradient
    def clipped(t: Any) -> Any:
        return tf.identity(t), lambda g: tf.clip_by_value(
            g, tf.constant(lower_bound, g.dtype), tf.constant(upper_bound, g.dtype)
        )

    x = as_variable(x)
    if not promotion.is_float(x.dtype):
        return x
    op = Op("grad_clip", clipped, infer=lambda inputs: (inputs[0].dtype, inputs[0].broadcastable), fast=lambda a: a)
    return apply(op, x)


def __getattr__(name: str) -> Any:
    if name in ("grad_not_implemented", "grad_undefined", "DisconnectedType"):  # that module needs this one
        from pm_migrate.shims.theano.graph import op

        return op.Disconnected if name == "DisconnectedType" else op.Refused
    if name in ("GradientError", "numeric_grad", "verify_grad"):  # they compile functions, which this module must not
        from pm_migrate.shims.theano import numeric

        return getattr(numeric, name)
    from pm_migrate.shims.theano import names

    return names.missing("theano.gradient")(name)
