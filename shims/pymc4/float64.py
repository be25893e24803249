"""TFP objects in float64.

``tfd.Gamma(2.0, 3.0)`` is float32, and refuses float64 values; models here are float64. An object is built again by its
own ``copy``, with float64 in place of every floating-point parameter, in the objects inside too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.pymc4.tensors import FLOATX, GeneratorTensor, to_tensor

Tensor = Any


def in_float64(thing: Any) -> Any:
    """A distribution, bijector or linear operator of TFP's with float64 parameters.

    Parameters
    ----------
    thing
        The object. Parameters that are values of a model become plain tensors too.

    Returns
    -------
    object
        A new object of the same class; the same object when it is of float64 already, or when its class cannot be built
        from its own parameters.
    """
    try:
        return _rebuilt(thing)
    except (TypeError, ValueError):
        return thing


def _rebuilt(thing: Any) -> Any:
    parameters = dict(thing.parameters)
    numeric = _numeric(thing)
    changed = {}
    for name, value in parameters.items():
        new = _converted(value, name in numeric)
        if new is not value:
            changed[name] = new
    if parameters.get("dtype") in (tf.float32, "float32", np.float32):
        changed["dtype"] = FLOATX
    if not changed:
        return thing
    # linear operators have no copy()
    return thing.copy(**changed) if hasattr(thing, "copy") else type(thing)(**{**parameters, **changed})


def _numeric(thing: Any) -> frozenset[str]:
    """Parameters that are tensors, so that integers may be floats too: ``tfd.Normal(0, 1)`` is float32."""
    if getattr(thing, "dtype", None) not in (tf.float32, tf.float16, tf.bfloat16):
        return frozenset()
    try:
        properties = type(thing).parameter_properties(dtype=FLOATX)
    except (AttributeError, NotImplementedError):
        return frozenset()
    return frozenset(name for name, p in properties.items() if not p.specifies_shape)


def _converted(value: Any, numeric: bool) -> Any:
    """A parameter in float64; the same object when nothing is to be done."""
    if isinstance(value, GeneratorTensor):
        return value.tensor
    if _is_tfp(value):
        return _rebuilt(value)
    if isinstance(value, tf.Variable) or tf.is_tensor(value):
        dtype = tf.as_dtype(value.dtype)
        if dtype.is_floating and dtype != FLOATX:
            return tf.cast(tf.convert_to_tensor(value), FLOATX)
        return value
    if isinstance(value, (list, tuple)):
        if value and all(_is_tfp(v) for v in value):
            new = [_rebuilt(v) for v in value]
            return value if all(a is b for a, b in zip(new, value, strict=True)) else type(value)(new)
        return _array(value, numeric)
    if isinstance(value, (float, np.floating, np.ndarray)) or (
        numeric and isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    ):
        return _array(value, numeric)
    return value


def _array(value: Any, numeric: bool) -> Any:
    try:
        tensor = to_tensor(value)
    except TypeError:
        return value
    if tensor.dtype == FLOATX:
        return tensor
    return tf.cast(tensor, FLOATX) if numeric and tensor.dtype.is_integer else value


def _is_tfp(value: Any) -> bool:
    return isinstance(getattr(value, "parameters", None), dict) and hasattr(value, "dtype")
