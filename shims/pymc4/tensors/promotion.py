"""Conversion to tensors under NumPy's promotion rules, with one float dtype.

Floating-point values of every precision become the model's ``floatX``, integers int64, booleans stay booleans.
TensorFlow itself refuses most mixtures; PyMC3 programs are full of them.

``floatX`` is float64, or float32 by :func:`set_floatx`. Then values are rounded to it, once; distributions and
transforms are computed in float64 all the same (:class:`precise`), as in the drop-in.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Variable

Tensor = Any

#: The float dtype that is computed in.
FLOATX = tf.float64
INTX = tf.int64


class _Dtypes(threading.local):
    """Per thread: floatX of the model that is evaluated, and whether distributions are computed."""

    model: str | None = None
    precise: bool = False


_dtypes = _Dtypes()


def set_floatx(dtype: str) -> None:
    """Choose the float dtype of values, draws and log densities: ``float64``, the default, or ``float32``.

    It is PyMC3's ``theano.config.floatX``, one setting for both front ends. A model keeps what was chosen when it was
    made. Values are rounded to it; distributions are computed in float64 all the same.

    Parameters
    ----------
    dtype
        ``float64`` or ``float32``.

    Raises
    ------
    NotSupported
        For another dtype.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> pm.set_floatx("float32")
    >>> pm.Normal.dist(0, 1).log_prob(0.5).dtype.name
    'float32'
    >>> pm.set_floatx("float64")
    """
    config.floatX = tf.as_dtype(dtype).name if isinstance(dtype, (tf.DType, type)) else dtype


def floatx() -> tf.DType:
    """The float dtype of values: of the model that is evaluated, else as chosen; float64 in :class:`precise`."""
    return FLOATX if _dtypes.precise else _chosen()


def _chosen() -> tf.DType:
    return tf.as_dtype(_dtypes.model or config.floatX)


def rounded(tensor: Tensor) -> Tensor:
    """The tensor, of its dtype, with what ``floatX`` holds of its values."""
    if not tensor.dtype.is_floating or _chosen() == tensor.dtype:
        return tensor
    return tf.cast(tf.cast(tensor, _chosen()), tensor.dtype)


class using:
    """Context in which ``floatX`` is a model's; None for what is chosen."""

    def __init__(self, dtype: str | None) -> None:
        self._dtype = dtype

    def __enter__(self) -> None:
        self._before = _dtypes.model
        _dtypes.model = self._dtype or self._before

    def __exit__(self, *error: object) -> None:
        _dtypes.model = self._before


class precise:
    """Context in which values are float64: where densities and transforms are computed."""

    def __enter__(self) -> None:
        self._before, _dtypes.precise = _dtypes.precise, True

    def __exit__(self, *error: object) -> None:
        _dtypes.precise = self._before


def precisely(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: compute in float64, and give a tensor of ``floatX`` to whom that is one."""

    @functools.wraps(function)
    def computed(*args: Any, **kwargs: Any) -> Any:
        with precise():
            result = function(*args, **kwargs)
        return normalise(result)

    return computed


def normalise(tensor: Tensor) -> Tensor:
    """Cast a tensor to the dtype of its kind: ``floatX``, int64 or bool."""
    dtype = floatx()
    if tensor.dtype == dtype or tensor.dtype == INTX or tensor.dtype == tf.bool:
        return tensor
    if tensor.dtype.is_floating:
        return tf.cast(tensor, dtype)
    if tensor.dtype.is_integer:
        return tf.cast(tensor, INTX)
    raise TypeError(f"a tensor of dtype {tensor.dtype.name} cannot be used in a model; only real numbers can")


def to_tensor(value: Any) -> Tensor:
    """Convert what a model may hold to a plain tensor of a normalised dtype.

    Parameters
    ----------
    value
        A number, array, pandas object, tensor, tensor of a model, Theano's variable, or nested lists and object arrays
        of those.

    Raises
    ------
    TypeError
        When the value is not numeric.
    """
    from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor

    if isinstance(value, GeneratorTensor):
        return normalise(value.tensor)
    if isinstance(value, Variable):
        from pm_migrate.shims.pymc4.tensors.symbolic import computed

        return computed([value])[0]
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
    return {"f": floatx().as_numpy_dtype, "b": np.bool_}.get(kind, np.int64)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else text[:57] + "..."


def _holds_tensors(values: Iterable[Any]) -> bool:
    from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor

    return any(
        isinstance(v, (GeneratorTensor, Variable))
        or tf.is_tensor(v)
        or (isinstance(v, (list, tuple)) and _holds_tensors(v))
        or (isinstance(v, np.ndarray) and v.dtype == object)
        for v in values
    )


def _stack_objects(array: np.ndarray) -> Tensor:
    """Join an object array (random variables kept in its slots) into one tensor."""
    parts = [to_tensor(v) for v in array.reshape(-1)]
    if not parts:
        return tf.zeros(array.shape, floatx())
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
    common = floatx() if any(kind.is_floating for kind in kinds) else INTX
    return tuple(t if t.dtype == common else tf.cast(t, common) for t in tensors)


def as_float(tensor: Tensor) -> Tensor:
    """Cast to ``floatX``."""
    return tensor if tensor.dtype == floatx() else tf.cast(tensor, floatx())
