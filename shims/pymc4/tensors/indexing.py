"""NumPy indexing of tensors, with static shapes so that XLA and ``tf.vectorized_map`` accept it.

TensorFlow's own indexing knows slices only, reads a list as one index per axis, and refuses negative positions in
``tf.gather``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.pymc4.tensors.promotion import to_tensor
from pm_migrate.shims.pymc4.tensors.static import static_value

Tensor = Any


def getitem(tensor: Tensor, key: Any) -> Tensor:
    """Index a tensor of static shape as NumPy indexes an array.

    Raises
    ------
    IndexError
        For a constant index out of range, too many indices, or a mask that depends on random values (its result
        would have no fixed shape).
    """
    parts = _expand(tensor, key if isinstance(key, tuple) else (key,))
    if not any(_advanced(p) for p in parts):
        for axis, position in enumerate(p for p in parts if p is not None):
            if isinstance(position, int):
                _check_range(np.asarray(position), tensor.shape[axis], axis)
        return tensor[tuple(parts)]
    return _advanced_getitem(tensor, parts)


def _expand(tensor: Tensor, key: tuple[Any, ...]) -> list[Any]:
    """One entry per axis (and None for a new one): no ellipsis, masks as positions, arrays as tensors or NumPy."""
    parts: list[Any] = []
    for part in key:
        parts.extend(_convert(part))
    used = sum(p is not None and p is not Ellipsis for p in parts)
    rank = tensor.shape.rank
    if used > rank:
        raise IndexError(f"too many indices: {used} for a tensor of {rank} dimensions, shape {tuple(tensor.shape)}")
    places = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can have only a single ellipsis ('...')")
    at = places[0] if places else len(parts)
    return [*parts[:at], *[slice(None)] * (rank - used), *parts[at + len(places) :]]


def _convert(part: Any) -> list[Any]:
    if part is None or part is Ellipsis:
        return [part]
    if isinstance(part, slice):
        return [slice(*(None if v is None else _as_int(v) for v in (part.start, part.stop, part.step)))]
    if isinstance(part, (int, np.integer)) and not isinstance(part, (bool, np.bool_)):
        return [int(part)]
    constant = _constant(part)
    if constant is None:
        index = to_tensor(part)
        if index.dtype == tf.bool:
            raise IndexError(
                "indexing with a mask that depends on random values gives a result without a fixed shape; "
                "keep all elements and use tf.where(mask, x, other) instead of x[mask]"
            )
        if not index.dtype.is_integer:
            raise IndexError(f"an index must be of integers or booleans, got {index.dtype.name}")
        return [index]
    if constant.dtype == np.bool_:
        return list(np.nonzero(constant))
    if constant.size == 0:
        return [constant.astype(np.int64)]
    if constant.dtype.kind not in "iu":
        raise IndexError(f"an index must be of integers or booleans, got {constant.dtype}")
    return [int(constant) if constant.ndim == 0 else constant]


def _constant(part: Any) -> np.ndarray | None:
    """The index as an array when it is known while tracing."""
    if isinstance(part, np.ndarray) and part.dtype != object:
        return part
    if isinstance(part, list) and not part:
        return np.zeros(0, np.int64)
    return static_value(to_tensor(part))


def _as_int(value: Any) -> int:
    if isinstance(value, (int, np.integer)):
        return int(value)
    constant = static_value(to_tensor(value))
    if constant is None:
        raise IndexError("a slice needs fixed ends, not random values: its result would have no shape")
    return int(constant)


def _advanced(part: Any) -> bool:
    return part is not None and not isinstance(part, (int, slice))


def _check_range(positions: np.ndarray, size: int, axis: int) -> None:
    bad = (positions < -size) | (positions >= size)
    if bad.any():
        raise IndexError(f"index {positions[bad].flat[0]} is out of bounds for axis {axis} with size {size}")


def _wrapped(index: Any, size: int, axis: int) -> Tensor:
    """Positions counted from the start: negative ones wrapped, constant ones checked."""
    if isinstance(index, (int, np.ndarray)):
        positions = np.asarray(index, np.int64)
        _check_range(positions, size, axis)
        return tf.constant(np.where(positions < 0, positions + size, positions))
    return tf.where(index < 0, index + size, index)


def _advanced_getitem(tensor: Tensor, parts: list[Any]) -> Tensor:
    # an integer beside an array is an array of rank 0 in NumPy's rules
    sliced = [p if p is None or isinstance(p, slice) else slice(None) for p in parts]
    axes = [i for i, p in enumerate(parts) if p is not None and not isinstance(p, slice)]
    tensor = tensor[tuple(sliced)]
    sizes = [int(tensor.shape[a]) for a in axes]
    indices = [_wrapped(parts[a], size, a) for a, size in zip(axes, sizes, strict=True)]
    together = axes == list(range(axes[0], axes[-1] + 1))
    if len(axes) == 1:
        return tf.gather(tensor, indices[0], axis=axes[0])
    rest = [i for i in range(tensor.shape.rank) if i not in axes]
    tensor = tf.transpose(tensor, axes + rest)
    tensor = tf.reshape(tensor, [math.prod(sizes), *tensor.shape[len(axes) :]])
    linear = indices[0]
    for index, size in zip(indices[1:], sizes[1:], strict=True):
        linear = linear * size + index
    result = tf.gather(tensor, linear)
    if not together or axes[0] == 0:
        return result
    new = linear.shape.rank
    before = list(range(new, new + axes[0]))
    return tf.transpose(result, [*before, *range(new), *range(new + axes[0], result.shape.rank)])
