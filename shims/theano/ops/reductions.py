"""Reductions over axes, cumulative and sorting operations."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import Op, Variable, apply, as_variable
from pm_migrate.shims.theano.ops import elemwise
from pm_migrate.shims.theano.ops.shaping import flatten, shape

Axis = Any  # None, an int, or a sequence of them


def normalize_axis(axis: Axis, ndim: int) -> tuple[int, ...]:
    """All axes for None, else the given ones as non-negative integers."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, Variable):
        axis = axis.eval()
    axes = [int(a) for a in np.atleast_1d(axis)]
    if builtins.any(not -ndim <= a < ndim for a in axes):
        raise ValueError(f"axis {axis} for a tensor of {ndim} dimensions")
    return tuple(sorted({a % ndim for a in axes}))


def _reduce(
    name: str,
    x: Any,
    axis: Axis,
    keepdims: bool,
    dtype: str,
    tensor: Callable[..., Any],
    array: Callable[..., Any],
) -> Variable:
    """Apply a reduction that takes ``(x, axes, keepdims)``, in TensorFlow and in NumPy."""
    x = as_variable(x)
    axes = normalize_axis(axis, x.ndim)
    flags = tuple(True if i in axes else b for i, b in enumerate(x.broadcastable) if keepdims or i not in axes)
    op = Op(
        name,
        lambda t: tensor(t, axes, keepdims),
        infer=lambda inputs: (dtype, flags),
        fast=lambda a: array(a, axis=axes, keepdims=keepdims),
    )
    return apply(op, x)


def _result(x: Variable, dtype: Any, default: str) -> str:
    return default if dtype is None else elemwise.cast(x, dtype).dtype


def sum(input: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Variable:
    """Sum over axes; integers and booleans add up in int64."""
    x = as_variable(input)
    kind = _result(x, dtype, promotion.accumulator(x.dtype))

    def tensor(t: Any, axes: Sequence[int], keep: bool) -> Any:
        return tf.reduce_sum(tf.cast(t, kind), axes, keep)

    return _reduce("sum", x, axis, keepdims, kind, tensor, lambda a, **k: np.sum(a, dtype=kind, **k))


def prod(
    input: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
    no_zeros_in_input: bool = False,
) -> Variable:
    """Product over axes; of integers in int64."""
    x = as_variable(input)
    kind = _result(x, dtype, promotion.accumulator(x.dtype))

    def tensor(t: Any, axes: Sequence[int], keep: bool) -> Any:
        return tf.reduce_prod(tf.cast(t, kind), axes, keep)

    return _reduce("prod", x, axis, keepdims, kind, tensor, lambda a, **k: np.prod(a, dtype=kind, **k))


def mean(
    input: Any, axis: Axis = None, dtype: Any = None, op: bool = False, keepdims: bool = False, acc_dtype: Any = None
) -> Variable:
    """Mean over axes; of integers it is float64."""
    x = as_variable(input)
    kind = _result(x, dtype, promotion.mean_dtype(x.dtype))

    def tensor(t: Any, axes: Sequence[int], keep: bool) -> Any:
        return tf.reduce_mean(tf.cast(t, kind), axes, keep)

    return _reduce("mean", x, axis, keepdims, kind, tensor, lambda a, **k: np.mean(a, dtype=kind, **k))


def var(input: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Variable:
    """Variance over axes.

    With ``ddof`` the sum of squares is divided by ``n - ddof`` for *each* axis, as Theano does; over several axes that
    is not NumPy's divisor. ``corrected`` only changes how Theano rounds, and has no effect here.
    """
    x = as_variable(input)
    kind = promotion.mean_dtype(x.dtype)
    if ddof == 0:

        def tensor(t: Any, axes: Sequence[int], keep: bool) -> Any:
            return tf.math.reduce_variance(tf.cast(t, kind), list(axes), keep)

        return _reduce("var", x, axis, keepdims, kind, tensor, lambda a, **k: np.var(a, dtype=kind, **k))
    total = sum(elemwise.sqr(x - mean(x, axis, keepdims=True)), axis, keepdims=keepdims)
    for i in normalize_axis(axis, x.ndim):
        total = total / (shape(x)[i] - ddof)
    return total


def std(input: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Variable:
    """Standard deviation over axes, the square root of :func:`var`."""
    return elemwise.sqrt(var(input, axis, ddof, keepdims, corrected))


def _extreme(reduce: Callable[..., Any]) -> Callable[..., Any]:
    """A maximum whose whole gradient goes to each of several equal elements, as in Theano; TensorFlow splits it."""

    def tensor(t: Any, axes: Sequence[int], keep: bool) -> Any:
        if not t.dtype.is_floating:
            return reduce(t, axes, keep)
        fixed = tf.stop_gradient(t)
        best = reduce(fixed, axes, True)
        # zero in value; its derivative with respect to t is 1 at each extreme element
        slope = tf.where(tf.logical_and(tf.equal(fixed, best), tf.math.is_finite(fixed)), t - fixed, tf.zeros_like(t))
        return (best if keep else tf.squeeze(best, axes)) + tf.reduce_sum(slope, axes, keep)

    return tensor


#: Of tensors: ``largest(t, axes, keepdims)``.
largest, smallest = _extreme(tf.reduce_max), _extreme(tf.reduce_min)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Maximum over axes."""
    x = as_variable(x)
    return _reduce("max", x, axis, keepdims, x.dtype, largest, np.max)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Minimum over axes."""
    x = as_variable(x)
    return _reduce("min", x, axis, keepdims, x.dtype, smallest, np.min)


def ptp(a: Any, axis: Axis = None) -> Variable:
    """Maximum minus minimum."""
    return max(a, axis) - min(a, axis)


def _arg(
    name: str, x: Any, axis: Axis, keepdims: bool, tensor: Callable[..., Any], array: Callable[..., Any]
) -> Variable:
    x = as_variable(x)
    if axis is None:
        along, source, flags = 0, flatten(x), (True,) * x.ndim if keepdims else ()
    else:
        axes = normalize_axis(axis, x.ndim)
        if len(axes) != 1:
            raise NotSupported(f"{name} over several axes {axis}: reshape first, so that it is one axis")
        along, source = axes[0], x
        flags = tuple(True if i == along else b for i, b in enumerate(x.broadcastable) if keepdims or i != along)
    op = Op(
        name,
        lambda t: tensor(t, along, output_type=tf.int64),
        infer=lambda inputs: ("int64", tuple(b for i, b in enumerate(inputs[0].broadcastable) if i != along)),
        fast=lambda a: array(a, axis=along),
    )
    result = apply(op, source)
    if not keepdims:
        return result
    if axis is None:
        return result.dimshuffle(*["x"] * x.ndim)
    return result.dimshuffle([i if i < along else ("x" if i == along else i - 1) for i in range(len(flags))])


def argmax(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Index of the maximum along an axis (of the flattened tensor without one), int64."""
    return _arg("argmax", x, axis, keepdims, tf.argmax, np.argmax)


def argmin(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Index of the minimum along an axis (of the flattened tensor without one), int64."""
    return _arg("argmin", x, axis, keepdims, tf.argmin, np.argmin)


def max_and_argmax(a: Any, axis: Axis = None, keepdims: bool = False) -> tuple[Variable, Variable]:
    """Maximum and its index."""
    return max(a, axis, keepdims), argmax(a, axis, keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Whether any element is true (not zero)."""
    x = _boolean(x)
    return _reduce("any", x, axis, keepdims, "bool", tf.reduce_any, np.any)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Whether all elements are true (not zero)."""
    x = _boolean(x)
    return _reduce("all", x, axis, keepdims, "bool", tf.reduce_all, np.all)


def _boolean(x: Any) -> Variable:
    x = as_variable(x)
    return x if x.dtype == "bool" else elemwise.neq(x, 0)


def _along(
    name: str, x: Any, axis: int | None, dtype: str | None, tensor: Callable[..., Any], array: Callable[..., Any]
) -> Variable:
    """An operation that keeps the shape and works along one axis (of the flattened tensor without one)."""
    x = as_variable(x)
    if axis is None:
        x, axis = flatten(x), 0
    (along,) = normalize_axis(axis, x.ndim)
    kind = dtype or x.dtype
    op = Op(
        name,
        lambda t: tensor(t, along),
        infer=lambda inputs: (kind, inputs[0].broadcastable),
        fast=lambda a: array(a, axis=along),
    )
    return apply(op, x)


def cumsum(x: Any, axis: int | None = None) -> Variable:
    """Cumulative sum."""
    return _along("cumsum", _countable(x), axis, None, tf.cumsum, np.cumsum)


def cumprod(x: Any, axis: int | None = None) -> Variable:
    """Cumulative product."""
    return _along("cumprod", _countable(x), axis, None, tf.math.cumprod, np.cumprod)


def _countable(x: Any) -> Variable:
    x = as_variable(x)
    return elemwise.cast(x, "int64") if x.dtype == "bool" else x


def sort(a: Any, axis: int | None = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """Sorted copy along an axis."""
    return _along("sort", a, axis, None, tf.sort, np.sort)


def argsort(a: Any, axis: int | None = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """Indices that sort along an axis, int64."""

    def tensor(t: Any, along: int) -> Any:
        return tf.cast(tf.argsort(t, along, stable=True), tf.int64)

    return _along("argsort", a, axis, "int64", tensor, lambda x, axis: np.argsort(x, axis, kind="stable"))


def diff(x: Any, n: int = 1, axis: int = -1) -> Variable:
    """Differences of neighbours along an axis, ``n`` times."""
    x = as_variable(x)
    (along,) = normalize_axis(axis, x.ndim)
    before = (slice(None),) * along
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Variable:
    """The p-norm over axes: ``sum(abs(x) ** p) ** (1 / p)``; the maximum for infinity, the count of nonzeros for 0.

    Parameters
    ----------
    x
        A tensor.
    ord
        ``p``, or None and ``'fro'`` for the root of the sum of squares.
    axis
        Axes to reduce, all by default.
    keepdims
        Keep reduced axes with length 1.
    """
    x = as_variable(x)
    if ord in (None, "fro", 2):
        return elemwise.sqrt(sum(elemwise.sqr(x), axis, keepdims=keepdims))
    if ord == 0:
        return elemwise.cast(sum(elemwise.neq(x, 0), axis, keepdims=keepdims), promotion.mean_dtype(x.dtype))
    if ord == 1:
        return sum(elemwise.abs_(x), axis, keepdims=keepdims)
    if ord in (np.inf, "inf"):
        return max(elemwise.abs_(x), axis, keepdims)
    if ord in (-np.inf, "-inf"):
        return min(elemwise.abs_(x), axis, keepdims)
    return sum(elemwise.abs_(x) ** ord, axis, keepdims=keepdims) ** (1.0 / ord)
