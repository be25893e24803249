"""``theano.gradient``: derivatives as nodes of the graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.evaluation import evaluate, replace, toposort
from pm_migrate.shims.theano.graph import Op, Variable, apply, apply_multiple, as_variable


class DisconnectedInputError(ValueError):
    """The cost does not depend on a variable of which the gradient is asked."""


def _leaves(cost: Variable, wrt: Sequence[Variable]) -> list[Variable]:
    """What the cost needs besides ``wrt``: the inputs and shared variables of its graph, cut at ``wrt``."""
    order = toposort([cost], stop=wrt)
    cut = set(wrt)
    return [v for v in order if v.owner is None and not v.is_constant and v not in cut]


def _connect(cost: Variable, wrt: Sequence[Variable], disconnected_inputs: str) -> None:
    reached = set(toposort([cost]))
    for variable in wrt:
        if variable in reached or disconnected_inputs == "ignore":
            continue
        message = f"the cost does not depend on {variable}, so it has no gradient with respect to it"
        if disconnected_inputs == "raise":
            raise DisconnectedInputError(message + "; disconnected_inputs='ignore' gives zeros")
        warnings.warn(message, UserWarning, stacklevel=3)


def _operator(
    name: str,
    cost: Variable,
    wrt: Sequence[Variable],
    kinds: Sequence[Any],
    differentiate: Callable[..., Sequence[Any]],
) -> list[Variable]:
    """A node that evaluates the cost on a tape, and differentiates."""
    rest = _leaves(cost, wrt)

    def impl(*operands: Any) -> tuple[Any, ...]:
        # identity, so that the tape sees operations of its own graph also for values that are known while tracing
        points = [tf.identity(x) for x in operands[: len(wrt)]]
        with tf.GradientTape(persistent=name == "jacobian") as tape:
            for point in points:
                tape.watch(point)
            givens = dict(zip([*wrt, *rest], [*points, *operands[len(wrt) :]], strict=True))
            value = evaluate([cost], givens)[0]
        return tuple(differentiate(tape, value, points))

    return apply_multiple(Op(name, impl, infer=lambda inputs: list(kinds), outputs=len(wrt), folds=False), *wrt, *rest)


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
    if cost is None or known_grads:
        raise NotSupported("theano.grad(known_grads=): build the cost as sum(expression * known gradient)")
    if cost.ndim != 0:
        raise TypeError(f"theano.grad: the cost must be a scalar, not {cost.ndim}-dimensional; use jacobian")
    several = isinstance(wrt, (list, tuple))
    variables = list(wrt) if several else [wrt]
    _connect(cost, variables, disconnected_inputs)
    if consider_constant:
        cost = replace([cost], {v: disconnected_grad(v) for v in consider_constant})[0]

    def differentiate(tape: Any, value: Any, points: Sequence[Any]) -> Sequence[Any]:
        if not value.dtype.is_floating:
            return [tf.zeros_like(p) for p in points]
        return tape.gradient(value, points, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    kinds = [(v.dtype, v.broadcastable) for v in variables]
    gradients = _operator("grad", cost, variables, kinds, differentiate)
    return gradients if several else gradients[0]


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
    _connect(expression, variables, disconnected_inputs)
    if consider_constant:
        expression = replace([expression], {v: disconnected_grad(v) for v in consider_constant})[0]

    def differentiate(tape: Any, value: Any, points: Sequence[Any]) -> Sequence[Any]:
        return tape.jacobian(value, points, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    kinds = [(v.dtype, expression.broadcastable + v.broadcastable) for v in variables]
    results = _operator("jacobian", expression, variables, kinds, differentiate)
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
