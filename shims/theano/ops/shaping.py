"""Shape, layout and joining of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
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
    """A shape argument (int, sequence of ints and variables, or vector) as a variable, and its broadcastable flags."""
    from pm_migrate.shims.theano.ops.joining import stack

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


def dense(x: Any) -> Any:
    """The tensor itself, whose gradient is then a tensor, too: that of ``gather`` is ``IndexedSlices``."""
    return tf.reshape(x, static(x) or tf.shape(x))


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
        For each axis of the result the axis of ``x``, or ``'x'`` for a new one. Axes that are left out must have
        length 1.
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
