"""Reading and replacing parts of a tensor.

Indexing follows NumPy: integers, slices, ``None``, ``...``, integer arrays and masks, mixed. What is known while
tracing (constants, data, shapes) becomes static: a mask turns into the positions where it holds, negative indices are
wrapped, and an index out of range is an ``IndexError``. A random index that is out of range gives NaN, since compiled
code cannot raise and would silently take the last element.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import Op, Variable, apply, as_variable, known
from pm_migrate.shims.theano.ops.shaping import dense, dynamic, static

Tensor = Any


@dataclass(frozen=True)
class Part:
    """One entry of an index.

    Parameters
    ----------
    kind
        ``new`` (an axis of length 1), ``slice``, ``int`` or ``array``.
    operands
        Positions of its values among the inputs of the operation; for a slice start, stop and step, -1 for none.
    axes
        How many axes it uses up: the number of dimensions of a mask, else 1 (0 for ``new``).
    """

    kind: str
    operands: tuple[int, ...] = ()
    axes: int = 1


class _Entries(list[Variable]):
    """Collects the values of an index as inputs of the operation."""

    def position(self, value: Any) -> int:
        if value is None:
            return -1
        variable = as_variable(value)
        if variable.ndim != 0 or promotion.is_float(variable.dtype):
            raise TypeError(f"the bounds of a slice must be integers, not {value}")
        self.append(variable)
        return len(self) - 1


def _parse(x: Variable, index: Any) -> tuple[list[Part], list[Variable]]:
    """Split an index into parts, expanded to all axes of ``x``, and their values."""
    entries = _Entries()
    parts: list[Part | None] = []
    for item in index if isinstance(index, tuple) else (index,):
        if item is None:
            parts.append(Part("new", axes=0))
        elif item is Ellipsis:
            parts.append(None)
        elif isinstance(item, slice):
            bounds = tuple(entries.position(v) for v in (item.start, item.stop, item.step))
            parts.append(Part("slice", bounds))
        else:
            variable = as_variable(np.asarray(item, "int64") if isinstance(item, (list, tuple)) and not item else item)
            if promotion.is_float(variable.dtype):
                raise TypeError(f"an index must be an integer or a mask, not {variable.dtype}: {item}")
            mask = variable.dtype == "bool"
            entries.append(variable)
            kind = "int" if variable.ndim == 0 and not mask else "array"
            parts.append(Part(kind, (len(entries) - 1,), variable.ndim if mask else 1))
    used = sum(p.axes for p in parts if p is not None)
    if used > x.ndim:
        raise IndexError(f"too many indices: {used} for a tensor of {x.ndim} dimensions")
    if parts.count(None) > 1:
        raise IndexError("an index can have only one ellipsis")
    if None not in parts:
        parts.append(None)
    at = parts.index(None)
    fill: list[Part | None] = [Part("slice", (-1, -1, -1))] * (x.ndim - used)
    return [p for p in (*parts[:at], *fill, *parts[at + 1 :]) if p is not None], entries


def _flags(parts: Sequence[Part], x: Variable, entries: Sequence[Variable]) -> tuple[bool, ...]:
    """Broadcastable flags of the result."""
    advanced = any(p.kind == "array" for p in parts)
    flags: list[bool] = []
    places: list[int] = []
    axis = 0
    for number, part in enumerate(parts):
        if part.kind == "new":
            flags.append(True)
        elif part.kind == "slice":
            flags.append(x.broadcastable[axis] and part.operands == (-1, -1, -1))
        elif advanced:
            if not places:
                start = len(flags)
            places.append(number)
        axis += part.axes
    if not advanced:
        return tuple(flags)
    indices = [entries[p.operands[0]] for p in parts if p.kind in ("int", "array")]
    shapes = [(False,) if v.dtype == "bool" else v.broadcastable for v in indices]
    ndim = max(len(s) for s in shapes)
    joint = [all(f) for f in zip(*((True,) * (ndim - len(s)) + s for s in shapes), strict=True)]
    if places != list(range(places[0], places[-1] + 1)):
        start = 0
    return (*flags[:start], *joint, *flags[start:])


def _numpy_index(parts: Sequence[Part], values: Sequence[np.ndarray]) -> tuple[Any, ...]:
    """The index with arrays in place of variables."""
    index: list[Any] = []
    for part in parts:
        if part.kind == "new":
            index.append(None)
        elif part.kind == "slice":
            index.append(slice(*(None if i < 0 else int(values[i]) for i in part.operands)))
        elif part.kind == "int":
            index.append(int(values[part.operands[0]]))
        else:
            index.append(values[part.operands[0]])
    return tuple(index)


def read(x: Tensor, parts: Sequence[Part], values: Sequence[Any]) -> Tensor:
    """``x[index]`` for tensors, everything that is known made static."""
    x = tf.convert_to_tensor(x)
    fixed = [known(v) for v in values]
    advanced = any(p.kind == "array" for p in parts)
    basic: list[Any] = []
    arrays: list[tuple[int, Part]] = []  # axis of the sliced tensor, part
    picked: list[tuple[int, Any]] = []  # axis of the sliced tensor, integer that is not known
    axis = source = 0
    lengths = x.shape
    for part in parts:
        if part.kind == "new":
            basic.append(tf.newaxis)
        elif part.kind == "slice":
            basic.append(slice(*(None if i < 0 else _bound(values[i], fixed[i]) for i in part.operands)))
        elif part.kind == "int" and not advanced:
            position = fixed[part.operands[0]]
            if position is None:
                kept = sum(not isinstance(b, int) for b in basic)
                picked.append((kept, values[part.operands[0]]))
                basic.append(slice(None))
            else:
                basic.append(_position(position, lengths[source]))
        else:
            arrays.append((axis, part))
            basic += [slice(None)] * part.axes
        axis += part.axes if part.kind != "new" else 1
        source += part.axes
    if not all(isinstance(b, slice) and b.start is b.stop is b.step is None for b in basic):
        x = x[tuple(basic)]
    for place, value in reversed(picked):
        x = _pick(x, place, value)
    return _gather(x, arrays, values, fixed) if advanced else x


def _bound(value: Any, fixed: np.ndarray | None) -> Any:
    return value if fixed is None else int(fixed)


def _pick(x: Tensor, axis: int, value: Any) -> Tensor:
    """One element on an axis, without it.

    Not a strided slice: a batch of those with an index for each element runs as a loop, and XLA compiles anew for
    every value of what decides the index, such as a seed.
    """
    length = x.shape[axis]
    at, valid = _linear([value], [tf.shape(x)[axis] if length is None else length])
    return _nan_outside(tf.gather(dense(x), at, axis=axis), valid, axis, x.shape.rank - 1 - axis)


def _position(fixed: np.ndarray, length: int | None) -> int:
    position = int(fixed)
    if length is not None and not -length <= position < length:
        raise IndexError(f"index {position} is out of bounds for an axis of length {length}")
    return position


def _gather(
    x: Tensor, arrays: Sequence[tuple[int, Part]], values: Sequence[Any], fixed: Sequence[np.ndarray | None]
) -> Tensor:
    """Elements of ``x`` at index arrays on some axes, broadcast together as NumPy does."""
    axes: list[int] = []
    indices: list[Any] = []
    for axis, part in arrays:
        number = part.operands[0]
        value: Any = values[number] if fixed[number] is None else fixed[number]
        if value.dtype in (np.dtype(bool), tf.bool):
            indices += _positions(value, part.axes)
        else:
            indices.append(value)
        axes += range(axis, axis + part.axes)
    rank = x.shape.rank
    others = [i for i in range(rank) if i not in axes]
    adjacent = axes == list(range(axes[0], axes[-1] + 1))
    lengths = static(x) or tuple(tf.unstack(tf.shape(x, out_type=tf.int64)))
    flat, valid = _linear(indices, [lengths[a] for a in axes])
    if len(axes) == 1:
        result = tf.gather(dense(x), flat, axis=axes[0])
        if not isinstance(valid, bool):
            result = _nan_outside(result, valid, axes[0], rank - 1 - axes[0])
        return result
    if [*axes, *others] != list(range(rank)):
        x = tf.transpose(x, [*axes, *others])
    rest = [lengths[i] for i in others]
    result = tf.gather(tf.reshape(x, [-1, *rest]), flat, axis=0)
    if not isinstance(valid, bool):
        result = _nan_outside(result, valid, 0, len(rest))
    joint = result.shape.rank - len(rest)
    place = axes[0] if adjacent else 0
    if place:
        order = [*range(joint, joint + place), *range(joint), *range(joint + place, joint + len(rest))]
        result = tf.transpose(result, order)
    return result


def _positions(mask: Any, ndim: int) -> list[Any]:
    """The index arrays of the true elements of a mask."""
    if isinstance(mask, np.ndarray):
        return list(mask.nonzero())
    return [tf.where(mask)[:, i] for i in range(ndim)]


def _linear(indices: Sequence[Any], lengths: Sequence[Any]) -> tuple[Any, Any]:
    """One index into the joined axes, and where it is in range (True if that is certain)."""
    if all(isinstance(i, np.ndarray) for i in indices) and all(isinstance(n, (int, np.integer)) for n in lengths):
        wrapped = []
        for index, length in zip(indices, lengths, strict=True):
            if index.size and not (index.min() >= -length and index.max() < length):
                raise IndexError(f"index out of bounds: {index.min()} to {index.max()} for an axis of length {length}")
            wrapped.append(np.where(index < 0, index + length, index))
        joint = np.broadcast_arrays(*wrapped)
        if len(joint) == 1:
            return joint[0].astype("int64"), True
        return np.ravel_multi_index(joint, tuple(lengths)).astype("int64"), True
    total: Any = tf.constant(0, tf.int64)
    valid: Any = tf.constant(True)
    for index, length in zip(indices, lengths, strict=True):
        index, length = tf.cast(index, tf.int64), tf.cast(length, tf.int64)
        index = tf.where(index < 0, index + length, index)
        valid = tf.logical_and(valid, tf.logical_and(index >= 0, index < length))
        total = total * length + tf.clip_by_value(index, 0, tf.maximum(length - 1, 0))
    return total, valid


def _nan_outside(result: Tensor, valid: Tensor, before: int, after: int) -> Tensor:
    """NaN where a random index was out of range; integers, which have no NaN, keep the nearest element."""
    if not result.dtype.is_floating:
        return result
    for _ in range(after):
        valid = tf.expand_dims(valid, -1)
    return tf.where(valid, result, tf.constant(np.nan, result.dtype))


@dataclass(frozen=True)
class Subtensor:
    """The index of one ``x[index]``: how its inputs make it up."""

    parts: tuple[Part, ...]

    def fast(self, x: np.ndarray, *values: np.ndarray) -> np.ndarray:
        """Read from arrays."""
        return x[_numpy_index(self.parts, values)]

    def impl(self, x: Any, *values: Any) -> Any:
        """Read from tensors."""
        return read(x, self.parts, values)


def subtensor(x: Any, index: Any) -> Variable:
    """``x[index]``."""
    x = as_variable(x)
    parts, entries = _parse(x, index)
    flags = _flags(parts, x, entries)
    spec = Subtensor(tuple(parts))
    dtype = x.dtype
    op = Op("subtensor", spec.impl, infer=lambda inputs: (dtype, flags), fast=spec.fast, raw=True, info=spec)
    return apply(op, x, *entries)


def set_subtensor(x: Variable, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False) -> Variable:
    """A copy of the tensor that ``x`` is a part of, with that part replaced: ``set_subtensor(v[1:], 0.0)``."""
    return _update(x, y, "set_subtensor", False)


def inc_subtensor(
    x: Variable,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Variable:
    """A copy of the tensor that ``x`` is a part of, with that part increased; repeated indices add up."""
    return _update(x, y, "set_subtensor" if set_instead_of_inc else "inc_subtensor", not set_instead_of_inc)


def _update(part: Variable, y: Any, name: str, add: bool) -> Variable:
    owner = part.owner
    if owner is None or owner.op.name != "subtensor":
        raise TypeError(f"{name}: the first argument must be an indexed tensor such as x[1:], not {part}")
    spec: Subtensor = owner.op.info
    target, *entries = owner.inputs
    y = as_variable(y)
    if y.ndim > part.ndim:
        raise ValueError(f"{name}: a value of {y.ndim} dimensions for a part of {part.ndim}")
    dtype, flags = target.dtype, target.broadcastable

    def fast(x: np.ndarray, value: np.ndarray, *values: np.ndarray) -> np.ndarray:
        x, index = x.copy(), _numpy_index(spec.parts, values)
        if add:
            np.add.at(x, index, value.astype(dtype))
        else:
            x[index] = value.astype(dtype)
        return x

    def impl(x: Any, value: Any, *values: Any) -> Any:
        x, value = tf.convert_to_tensor(x), tf.cast(value, dtype)
        shape = dynamic(x)
        places = _places(shape, spec.parts, values)
        value = tf.broadcast_to(value, dynamic(places))
        return tf.reshape(_scatter(tf.reshape(x, [-1]), places, tf.reshape(value, [-1]), add), shape)

    op = Op(name, impl, infer=lambda inputs: (dtype, flags), fast=fast, raw=True)
    return apply(op, target, y, *entries)


def _places(shape: Any, parts: Sequence[Part], values: Sequence[Any]) -> Any:
    """Positions, in the flattened tensor, of the elements that an index reads."""
    fixed = [known(v) for v in values]
    if isinstance(shape, np.ndarray) and all(v is not None for v in fixed):
        numbers = np.arange(int(shape.prod())).reshape(tuple(shape))
        return np.asarray(numbers[_numpy_index(parts, fixed)])
    numbers = tf.reshape(tf.range(tf.reduce_prod(shape)), shape)
    return read(numbers, parts, values)


def _scatter(flat: Tensor, places: Any, value: Tensor, add: bool) -> Tensor:
    """Write values to positions of a vector."""
    if add:
        count = static(flat)
        size = tf.size(flat, tf.int64) if count is None else count[0]
        return flat + tf.math.unsorted_segment_sum(value, tf.reshape(places, [-1]), size)
    if not isinstance(places, np.ndarray):
        return tf.tensor_scatter_nd_update(flat, tf.reshape(places, [-1, 1]), value)
    # known positions: one gather from old and new values together, which batches and compiles better than a scatter
    origin = np.arange(flat.shape[0])
    origin[places.ravel()] = flat.shape[0] + np.arange(places.size)
    return tf.gather(tf.concat([flat, value], 0), origin)
