"""Conversion to tensors under NumPy's promotion rules, with one float dtype.

Floating-point values of every precision become the model's ``floatX``, integers int64, booleans stay booleans.
TensorFlow itself refuses most mixtures; PyMC3 programs are full of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any

#: The one float dtype of a model, as PyMC3's ``floatX``.
FLOATX = tf.float64
INTX = tf.int64


def normalise(tensor: Tensor) -> Tensor:
    """Cast a tensor to the dtype of its kind: ``floatX``, int64 or bool."""
    if tensor.dtype == FLOATX or tensor.dtype == INTX or tensor.dtype == tf.bool:
        return tensor
    if tensor.dtype.is_floating:
        return tf.cast(tensor, FLOATX)
    if tensor.dtype.is_integer:
        return tf.cast(tensor, INTX)
    raise TypeError(f"a tensor of dtype {tensor.dtype.name} cannot be used in a model; only real numbers can")


def to_tensor(value: Any) -> Tensor:
    """Convert what a model may hold to a plain tensor of a normalised dtype.

    Parameters
    ----------
    value
        A number, array, pandas object, tensor, tensor of a model, or nested lists and object arrays of those.

    Raises
    ------
    TypeError
        When the value is not numeric.
    """
    from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor

    if isinstance(value, GeneratorTensor):
        return value.tensor
    if tf.is_tensor(value) or isinstance(value, tf.Variable):
        return normalise(tf.convert_to_tensor(value))
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, np.ndarray) and value.dtype == object:
        return _stack_objects(value)
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        return stack([to_tensor(v) for v in value])
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{_show(value)} of type {type(value).__name__} is not numeric and cannot be used in a model")
    return tf.constant(array.astype(_numpy_dtype(array.dtype.kind)))


def _numpy_dtype(kind: str) -> Any:
    return {"f": FLOATX.as_numpy_dtype, "b": np.bool_}.get(kind, np.int64)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else text[:57] + "..."


def _holds_tensors(values: Iterable[Any]) -> bool:
    from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor

    return any(
        isinstance(v, GeneratorTensor)
        or tf.is_tensor(v)
        or (isinstance(v, (list, tuple)) and _holds_tensors(v))
        or (isinstance(v, np.ndarray) and v.dtype == object)
        for v in values
    )


def _stack_objects(array: np.ndarray) -> Tensor:
    """Join an object array (random variables kept in its slots) into one tensor."""
    parts = [to_tensor(v) for v in array.reshape(-1)]
    if not parts:
        return tf.zeros(array.shape, FLOATX)
    joined = stack(parts)
    return tf.reshape(joined, (*array.shape, *joined.shape[1:]))


def stack(tensors: list[Tensor]) -> Tensor:
    """Stack tensors of normalised dtypes after promoting them to a common one."""
    return tf.stack(promote(*tensors))


def promote(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Cast tensors of normalised dtypes to their common dtype."""
    kinds = {t.dtype for t in tensors}
    if len(kinds) <= 1:
        return tensors
    common = FLOATX if FLOATX in kinds else INTX
    return tuple(t if t.dtype == common else tf.cast(t, common) for t in tensors)


def as_float(tensor: Tensor) -> Tensor:
    """Cast to ``floatX``."""
    return tensor if tensor.dtype == FLOATX else tf.cast(tensor, FLOATX)
