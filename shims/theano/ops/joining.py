"""Joining, cutting and repeating tensors."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import Op, Variable, apply, as_variable, known
from pm_migrate.shims.theano.ops.shaping import dense, flatten, known_shape, reshape, shape, shape_vector, static


def join(axis: Any, *tensors: Any) -> Variable:
    """Join tensors of equal dimensions along an axis."""
    operands = [as_variable(t) for t in tensors]
    if not operands:
        raise ValueError("join: no tensors to join")
    ndim = operands[0].ndim
    if any(v.ndim == 0 for v in operands):
        raise TypeError("join: scalars have no axis to join; use tt.stack")
    if any(v.ndim != ndim for v in operands):
        raise TypeError(f"join: tensors of different dimensions {[v.ndim for v in operands]}")
    axis = int(axis.eval()) if isinstance(axis, Variable) else int(axis)
    if not -ndim <= axis < ndim:
        raise IndexError(f"join: axis {axis} for tensors of {ndim} dimensions")
    axis %= ndim
    dtype = promotion.upcast(operands)
    flags = tuple(
        len(operands) == 1 and operands[0].broadcastable[i] if i == axis else any(v.broadcastable[i] for v in operands)
        for i in range(ndim)
    )

    def impl(*parts: Any) -> Any:
        return tf.concat([tf.cast(p, dtype) for p in parts], axis)

    def fast(*parts: np.ndarray) -> np.ndarray:
        return np.concatenate([p.astype(dtype, copy=False) for p in parts], axis)

    return apply(Op("join", impl, infer=lambda inputs: (dtype, flags), fast=fast), *operands)


def _items(tensors: Any) -> list[Variable]:
    if isinstance(tensors, Variable) or not isinstance(tensors, Iterable):
        raise TypeError(f"a list or tuple of tensors is wanted, not {type(tensors).__name__}")
    return [as_variable(t) for t in tensors]


def concatenate(tensor_list: Any, axis: int = 0) -> Variable:
    """Join tensors of equal dimensions along an axis."""
    return join(axis, *_items(tensor_list))


def stack(*tensors: Any, axis: int = 0) -> Variable:
    """Join tensors of equal shape along a new axis: ``stack([a, b], axis=0)``.

    Examples
    --------
    >>> stack([1.0, 2.0]).eval().tolist()
    [1.0, 2.0]
    """
    items: Any = tensors
    if len(tensors) == 2 and isinstance(tensors[0], (list, tuple)) and isinstance(tensors[1], int):
        items, axis = tensors
    elif len(tensors) == 1 and not (isinstance(tensors[0], Variable) and tensors[0].ndim == 0):
        (items,) = tensors
    operands = [as_variable(t) for t in items]
    if not operands:
        raise ValueError("stack: no tensors to stack")
    ndim = operands[0].ndim
    if any(v.ndim != ndim for v in operands):
        raise ValueError(f"stack: tensors of different dimensions {[v.ndim for v in operands]}")
    if not -ndim - 1 <= axis <= ndim:
        raise IndexError(f"stack: axis {axis} for tensors of {ndim} dimensions")
    axis %= ndim + 1
    dtype = promotion.upcast(operands)
    inner = [any(v.broadcastable[i] for v in operands) for i in range(ndim)]
    flags = (*inner[:axis], len(operands) == 1, *inner[axis:])

    def impl(*parts: Any) -> Any:
        return tf.stack([tf.cast(p, dtype) for p in parts], axis)

    def fast(*parts: np.ndarray) -> np.ndarray:
        return np.stack([p.astype(dtype, copy=False) for p in parts], axis)

    return apply(Op("stack", impl, infer=lambda inputs: (dtype, flags), fast=fast), *operands)


def stacklists(arg: Any) -> Variable:
    """Nested lists of tensors as one tensor."""
    if isinstance(arg, (tuple, list)):
        return stack([stacklists(item) for item in arg])
    return as_variable(arg)


def horizontal_stack(*args: Any) -> Variable:
    """Join matrices side by side."""
    return concatenate(args, axis=1)


def vertical_stack(*args: Any) -> Variable:
    """Join matrices one above the other."""
    return concatenate(args, axis=0)


def split(x: Any, splits_size: Any, n_splits: int, axis: int = 0) -> list[Variable]:
    """Cut a tensor along an axis into parts of given lengths."""
    x = as_variable(x)
    sizes = as_variable(splits_size)
    bounds = [as_variable(0), *(sizes[: i + 1].sum() for i in range(n_splits))]
    before = (slice(None),) * (axis % x.ndim)
    return [x[(*before, slice(a, b))] for a, b in pairwise(bounds)]


def tile(x: Any, reps: Any, ndim: int | None = None) -> Variable:
    """Repeat the whole tensor, ``reps`` times along each axis."""
    x = as_variable(x)
    operand, _ = shape_vector(reps)
    count = operand.static_shape[0]
    assert count is not None
    total = max(x.ndim, count, ndim or 0)
    dtype = x.dtype

    def impl(tensor: Any, times: Any) -> Any:
        tensor = tf.convert_to_tensor(tensor)
        for _ in range(total - x.ndim):
            tensor = tf.expand_dims(tensor, 0)
        times = known_shape(times)
        padding = [1] * (total - count)
        return tf.tile(tensor, padding + times if isinstance(times, list) else tf.concat([padding, times], 0))

    def fast(array: np.ndarray, times: np.ndarray) -> np.ndarray:
        return np.tile(array.reshape((1,) * (total - x.ndim) + array.shape), tuple(times))

    return apply(Op("tile", impl, infer=lambda inputs: (dtype, (False,) * total), fast=fast, raw=True), x, operand)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Variable:
    """Repeat elements along an axis (of the flattened tensor without one)."""
    x = as_variable(x)
    times = as_variable(repeats)
    if times.ndim > 1:
        raise TypeError("repeat: repeats must be a scalar or a vector")
    if axis is None:
        x, axis = flatten(x), 0
    along = axis % x.ndim
    dtype = x.dtype
    flags = tuple(b and i != along for i, b in enumerate(x.broadcastable))

    def impl(tensor: Any, count: Any) -> Any:
        tensor = tf.convert_to_tensor(tensor)
        fixed, lengths = known(count), static(tensor)
        if fixed is None or lengths is None:
            return tf.repeat(tensor, count, axis=along)
        if fixed.ndim == 0:
            ones = [1] * (len(lengths) + 1)
            ones[along + 1] = int(fixed)
            wide = tf.tile(tf.expand_dims(tensor, along + 1), ones)
            return tf.reshape(wide, [*lengths[:along], lengths[along] * int(fixed), *lengths[along + 1 :]])
        return tf.gather(dense(tensor), np.repeat(np.arange(lengths[along]), fixed), axis=along)

    op = Op("repeat", impl, infer=lambda inputs: (dtype, flags), fast=lambda a, n: np.repeat(a, n, along), raw=True)
    return apply(op, x, times)


def roll(x: Any, shift: int, axis: int | None = None) -> Variable:
    """Shift elements around along an axis (of the flattened tensor without one)."""
    x = as_variable(x)
    if axis is None:
        return reshape(roll(flatten(x), shift, 0), shape(x), ndim=x.ndim)
    dtype, along = x.dtype, axis % x.ndim
    op = Op(
        "roll",
        lambda t: tf.roll(t, int(shift), along),
        infer=lambda inputs: (dtype, inputs[0].broadcastable),
        fast=lambda a: np.roll(a, int(shift), along),
    )
    return apply(op, x)
