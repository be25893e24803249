"""Shape, layout and joining of tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import Constant, Op, Variable, apply, as_variable, known

# shape


def static(tensor: Any) -> tuple[int, ...] | None:
    """The shape of an array or tensor if all of it is known while tracing, else None."""
    if isinstance(tensor, np.ndarray):
        return tensor.shape
    return tuple(tensor.shape) if tensor.shape.is_fully_defined() else None


def dynamic(tensor: Any) -> Any:
    """The shape as an int64 vector: an array if it is known while tracing, else a tensor."""
    shape = static(tensor)
    return tf.shape(tensor, out_type=tf.int64) if shape is None else np.array(shape, "int64")


_SHAPE = Op(
    "shape",
    dynamic,
    infer=lambda inputs: ("int64", (False,)),
    fast=lambda x: np.array(x.shape, "int64"),
    raw=True,
)


def shape(x: Any) -> Variable:
    """The shape of a tensor, an int64 vector."""
    return apply(_SHAPE, x)


def size(x: Any) -> Variable:
    """The number of elements, an int64 scalar."""
    return shape(x).prod()


def shape_vector(value: Any) -> tuple[Variable, tuple[bool, ...]]:
    """A shape argument (int, sequence of ints and variables, or a vector) as a variable, and its broadcastable flags."""
    if isinstance(value, Variable):
        if value.ndim == 0:
            return stack([value]), (False,)
        length = value.static_shape[0]
        if value.ndim != 1 or length is None:
            raise ValueError(f"a shape must be a vector of known length, not {value} with {value.ndim} dimensions")
        if isinstance(value, Constant):
            return value, tuple(n == 1 for n in value.data.tolist())
        return value, (False,) * length
    entries = [value] if np.ndim(value) == 0 and not isinstance(value, (list, tuple)) else list(value)
    if not any(isinstance(n, Variable) for n in entries):
        array = np.array([_integer(n) for n in entries], "int64")
        return Constant(array), tuple(n == 1 for n in array.tolist())
    flags = tuple(not isinstance(n, Variable) and n == 1 for n in entries)
    return stack([n if isinstance(n, Variable) else np.int64(n) for n in entries]), flags


def _integer(value: Any) -> int:
    if isinstance(value, (float, np.floating)) and value != int(value):
        raise TypeError(f"a length must be an integer, not {value}")
    return int(value)


def known_shape(operand: Any) -> Any:
    """A shape operand of a raw op: a list of ints if known while tracing, else a tensor."""
    value = known(operand)
    return operand if value is None else [int(n) for n in value]


# reshape


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Variable:
    """Give the elements a new shape; one length may be -1."""
    x = as_variable(x)
    if isinstance(newshape, Variable) and newshape.ndim == 1 and newshape.static_shape[0] is None:
        if ndim is None:
            raise ValueError("reshape: the length of the shape vector is not known; give ndim=")
        operand, flags = newshape, (False,) * ndim
    else:
        operand, flags = shape_vector(newshape)
    dtype = x.dtype

    def impl(tensor: Any, wanted: Any) -> Any:
        return tf.reshape(tf.convert_to_tensor(tensor), known_shape(wanted))

    op = Op(
        "reshape",
        impl,
        infer=lambda inputs: (dtype, flags),
        fast=lambda array, wanted: array.reshape(tuple(wanted)),
        raw=True,
    )
    return apply(op, x, operand)


def flatten(x: Any, ndim: int = 1) -> Variable:
    """Join the last axes so that ``ndim`` are left."""
    x = as_variable(x)
    if ndim < 1 or ndim > max(x.ndim, 1):
        raise ValueError(f"flatten: ndim={ndim} for a tensor of {x.ndim} dimensions")
    if ndim == x.ndim:
        return x
    if ndim == 1:
        return reshape(x, [-1])
    lengths = shape(x)
    return reshape(x, [*(lengths[i] for i in range(ndim - 1)), -1])


def dimshuffle(x: Any, pattern: Sequence[Any]) -> Variable:
    """Permute, drop and insert axes.

    Parameters
    ----------
    x
        A tensor.
    pattern
        For each axis of the result the axis of ``x``, or ``'x'`` for a new one. Axes that are left out must have length 1.
    """
    x = as_variable(x)
    kept = [p for p in pattern if p != "x"]
    if any(p < -x.ndim or p >= x.ndim for p in kept):
        raise ValueError(f"dimshuffle: axes {kept} for a tensor of {x.ndim} dimensions")
    kept = [p % x.ndim for p in kept]
    if len(set(kept)) != len(kept):
        raise ValueError(f"dimshuffle: an axis is repeated in {tuple(pattern)}")
    dropped = [i for i in range(x.ndim) if i not in kept]
    for axis in dropped:
        if not x.broadcastable[axis] and x.static_shape[axis] != 1:
            raise ValueError(f"dimshuffle: axis {axis} of {x} is left out, but is not known to have length 1")
    left = sorted(kept)
    order = [left.index(p) for p in kept]
    new = [i for i, p in enumerate(pattern) if p == "x"]
    positions = iter(kept)
    flags = tuple(True if p == "x" else x.broadcastable[next(positions)] for p in pattern)
    dtype = x.dtype

    def impl(tensor: Any) -> Any:
        if dropped:
            tensor = tf.squeeze(tensor, dropped)
        if order != list(range(len(order))):
            tensor = tf.transpose(tensor, order)
        for axis in new:
            tensor = tf.expand_dims(tensor, axis)
        return tf.identity(tensor) if not (dropped or new) else tensor

    def fast(array: np.ndarray) -> np.ndarray:
        array = np.squeeze(array, tuple(dropped)).transpose(order)
        return np.expand_dims(array, tuple(new))

    return apply(Op("dimshuffle", impl, infer=lambda inputs: (dtype, flags), fast=fast), x)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Variable:
    """Permute the axes; all are reversed by default."""
    x = as_variable(x)
    if axes is None:
        axes = range(x.ndim - 1, -1, -1)
    if len(axes) != x.ndim:
        raise ValueError(f"transpose: {len(axes)} axes for a tensor of {x.ndim} dimensions")
    return x if x.ndim < 2 else dimshuffle(x, list(axes))


def swapaxes(x: Any, axis1: int, axis2: int) -> Variable:
    """Exchange two axes."""
    x = as_variable(x)
    axes = list(range(x.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(x, axes)


def moveaxis(x: Any, source: int, destination: int) -> Variable:
    """Move one axis, as ``np.moveaxis``."""
    x = as_variable(x)
    axes = [i for i in range(x.ndim) if i != source % x.ndim]
    axes.insert(destination % x.ndim, source % x.ndim)
    return transpose(x, axes)


def shape_padleft(x: Any, n_ones: int = 1) -> Variable:
    """Insert axes of length 1 on the left."""
    x = as_variable(x)
    return dimshuffle(x, ["x"] * n_ones + list(range(x.ndim)))


def shape_padright(x: Any, n_ones: int = 1) -> Variable:
    """Insert axes of length 1 on the right."""
    x = as_variable(x)
    return dimshuffle(x, list(range(x.ndim)) + ["x"] * n_ones)


def shape_padaxis(x: Any, axis: int) -> Variable:
    """Insert one axis of length 1."""
    x = as_variable(x)
    if not -x.ndim - 1 <= axis <= x.ndim:
        raise IndexError(f"shape_padaxis: axis {axis} for a tensor of {x.ndim} dimensions")
    pattern: list[Any] = list(range(x.ndim))
    pattern.insert(axis if axis >= 0 else axis + x.ndim + 1, "x")
    return dimshuffle(x, pattern)


def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Variable:
    """Drop the axes whose length is known to be 1 from how the tensor was made, or those given."""
    x = as_variable(x)
    if axis is None:
        drop = {i for i, b in enumerate(x.broadcastable) if b}
    else:
        drop = {a % x.ndim for a in ([axis] if isinstance(axis, (int, np.integer)) else axis)}
    return dimshuffle(x, [i for i in range(x.ndim) if i not in drop]) if drop else x


def _with_flags(x: Variable, flags: tuple[bool, ...]) -> Variable:
    dtype = x.dtype
    wanted = tuple(1 if flag else None for flag in flags)

    def impl(tensor: Any) -> Any:
        return tf.ensure_shape(tensor, wanted)

    def fast(array: np.ndarray) -> np.ndarray:
        if any(flag and n != 1 for flag, n in zip(flags, array.shape, strict=True)):
            raise ValueError(f"shape {array.shape} has not length 1 where {flags} says so")
        return array

    return apply(Op("rebroadcast", impl, infer=lambda inputs: (dtype, flags), fast=fast), x)


def addbroadcast(x: Any, *axes: int) -> Variable:
    """State that axes have length 1."""
    x = as_variable(x)
    return _with_flags(x, tuple(b or i in {a % x.ndim for a in axes} for i, b in enumerate(x.broadcastable)))


def unbroadcast(x: Any, *axes: int) -> Variable:
    """Forget that axes have length 1."""
    x = as_variable(x)
    return _with_flags(x, tuple(b and i not in {a % x.ndim for a in axes} for i, b in enumerate(x.broadcastable)))


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Variable:
    """Set the broadcastable flags."""
    return _with_flags(as_variable(x), tuple(bool(b) for b in broadcastable))


def specify_shape(x: Any, wanted: Any) -> Variable:
    """State the shape, and check it."""
    x = as_variable(x)
    operand, flags = shape_vector(wanted)
    dtype = x.dtype

    def check(tensor: Any, lengths: Any) -> Any:
        expected, actual = known(lengths), static(tensor)
        if expected is not None and actual is not None and tuple(expected) != actual:
            raise ModelError(f"specify_shape: the tensor has shape {actual}, not {tuple(int(n) for n in expected)}")
        return tensor

    return apply(Op("specify_shape", check, infer=lambda inputs: (dtype, flags), fast=check, raw=True), x, operand)


# joining and repeating


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
    if len(tensors) == 2 and isinstance(tensors[0], (list, tuple)) and isinstance(tensors[1], int):
        tensors, axis = (tensors[0],), tensors[1]
    one = len(tensors) == 1 and not (isinstance(tensors[0], Variable) and tensors[0].ndim == 0)
    items = list(tensors[0]) if one else list(tensors)
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
    return [x[(*before, slice(a, b))] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


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
        return tf.gather(tensor, np.repeat(np.arange(lengths[along]), fixed), axis=along)

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


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """The diagonal over two axes, as the last axis of the result."""
    a = as_variable(a)
    if a.ndim < 2:
        raise ValueError(f"diagonal: a tensor of at least 2 dimensions is wanted, not {a.ndim}")
    first, second = axis1 % a.ndim, axis2 % a.ndim
    others = [i for i in range(a.ndim) if i not in (first, second)]
    moved = transpose(a, [*others, first, second])
    dtype, flags = a.dtype, (*(a.broadcastable[i] for i in others), False)
    op = Op(
        "diagonal",
        lambda t: tf.linalg.diag_part(t, k=int(offset)),
        infer=lambda inputs: (dtype, flags),
        fast=lambda x: np.diagonal(x, int(offset), -2, -1),
    )
    return apply(op, moved)


def broadcast_to(x: Any, wanted: Any) -> Variable:
    """Broadcast to a shape."""
    from pm_migrate.shims.theano.ops.creation import alloc

    operand, _ = shape_vector(wanted)
    count = operand.static_shape[0]
    assert count is not None
    return alloc(x, *(operand[i] for i in range(count)))
