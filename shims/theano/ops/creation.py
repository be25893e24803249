"""Tensors made from a shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Constant, Op, Variable, apply, as_variable, known
from pm_migrate.shims.theano.ops.elemwise import broadcast_flags, cast
from pm_migrate.shims.theano.ops.shaping import diagonal, dynamic, known_shape, shape_vector, static


def alloc(value: Any, *shape: Any) -> Variable:
    """A tensor of a shape, filled with a value (broadcast)."""
    x = as_variable(value)
    if len(shape) == 1 and isinstance(shape[0], (list, tuple)):
        shape = tuple(shape[0])
    operand, flags = shape_vector(list(shape))
    dtype = x.dtype

    def impl(tensor: Any, lengths: Any) -> Any:
        return tf.broadcast_to(tf.convert_to_tensor(tensor), known_shape(lengths))

    op = Op(
        "alloc",
        impl,
        infer=lambda inputs: (dtype, flags),
        fast=lambda array, lengths: np.broadcast_to(array, tuple(lengths)).copy(),
        raw=True,
    )
    return apply(op, x, operand)


def _filled(number: int, shape: Any, dtype: Any) -> Variable:
    dtype = config.floatX if dtype in (None, "floatX") else np.dtype(dtype).name
    operand, _ = shape_vector(shape)
    if isinstance(operand, Constant):
        return Constant(np.full(tuple(operand.data), number, dtype))
    if isinstance(shape, (list, tuple)):
        return alloc(np.asarray(number, dtype), *shape)
    count = operand.static_shape[0]
    assert count is not None
    return alloc(np.asarray(number, dtype), *(operand[i] for i in range(count)))


def zeros(shape: Any, dtype: Any = None) -> Variable:
    """Zeros of dtype ``floatX``."""
    return _filled(0, shape, dtype)


def ones(shape: Any, dtype: Any = None) -> Variable:
    """Ones of dtype ``floatX``."""
    return _filled(1, shape, dtype)


def _like(name: str, model: Any, number: int, dtype: Any) -> Variable:
    x = as_variable(model)
    kind = x.dtype if dtype is None else (config.floatX if dtype == "floatX" else np.dtype(dtype).name)

    def impl(tensor: Any) -> Any:
        shape = static(tensor)
        if shape is not None:
            return np.full(shape, number, kind)
        return tf.fill(tf.shape(tensor), tf.constant(number, kind))

    op = Op(
        name,
        impl,
        infer=lambda inputs: (kind, inputs[0].broadcastable),
        fast=lambda array: np.full(array.shape, number, kind),
        raw=True,
    )
    return apply(op, x)


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Variable:
    """Zeros of the shape and dtype of another tensor."""
    return _like("zeros_like", model, 0, dtype)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Variable:
    """Ones of the shape and dtype of another tensor."""
    return _like("ones_like", model, 1, dtype)


def fill(a: Any, b: Any) -> Variable:
    """A tensor of the shape of ``a``, filled with ``b``."""
    a, b = as_variable(a), as_variable(b)
    dtype = b.dtype
    op = Op(
        "fill",
        lambda model, value: tf.broadcast_to(tf.convert_to_tensor(value), dynamic(model)),
        infer=lambda inputs: (dtype, broadcast_flags([inputs[0]])),
        fast=lambda model, value: np.broadcast_to(value, model.shape).copy(),
        raw=True,
    )
    return apply(op, a, b)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Variable:
    """Evenly spaced numbers, ``stop`` excluded; int64 for integers."""
    if stop is None:
        start, stop = 0, start
    operands = [as_variable(v) for v in (start, stop, step)]
    kind = promotion.upcast(operands) if dtype is None else np.dtype(dtype).name
    if dtype is None and not promotion.is_float(kind):
        kind = "int64"

    def impl(first: Any, last: Any, increment: Any) -> Any:
        values: list[Any] = [known(v) for v in (first, last, increment)]
        if all(v is not None for v in values):
            return np.arange(*values).astype(kind)
        return tf.range(*(tf.cast(v, kind) for v in (first, last, increment)))

    def fast(first: Any, last: Any, increment: Any) -> np.ndarray:
        return np.arange(first, last, increment)

    op = Op("arange", impl, infer=lambda inputs: (kind, (False,)), fast=fast, raw=True)
    return apply(op, *operands)


def _triangular(
    name: str,
    keep: Callable[[Any, Any, Any], Any],
    make: Callable[..., np.ndarray],
    arguments: tuple[Any, ...],
    dtype: Any,
) -> Variable:
    """A matrix of zeros and ones: of NumPy where the sizes are known while tracing, else by row and column."""
    kind = config.floatX if dtype in (None, "floatX") else np.dtype(dtype).name

    def impl(*numbers: Any) -> Any:
        values = [known(n) for n in numbers]
        if all(v is not None for v in values):
            return make(*(int(v) for v in values), dtype=kind)
        rows, columns, k = (tf.cast(n, tf.int32) for n in numbers)
        return tf.cast(keep(tf.range(rows)[:, None], tf.range(columns)[None, :], k), kind)

    op = Op(name, impl, infer=lambda inputs: (kind, (False, False)), fast=impl, raw=True)
    return apply(op, *arguments)


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Variable:
    """A matrix with ones on a diagonal."""
    arguments = (n, n if m is None else m, k)
    return _triangular("eye", lambda i, j, k: tf.equal(j, i + k), np.eye, arguments, dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Variable:
    """A matrix with ones at and below a diagonal."""
    return _triangular("tri", lambda i, j, k: j <= i + k, np.tri, (N, N if M is None else M, k), dtype)


def identity_like(x: Any) -> Variable:
    """The identity matrix of the shape and dtype of another."""
    x = as_variable(x)
    return eye(x.shape[0], x.shape[1], 0, x.dtype)


def tril(m: Any, k: int = 0) -> Variable:
    """The elements at and below a diagonal, zero elsewhere."""
    m = as_variable(m)
    return m * tri(m.shape[0], m.shape[1], k, m.dtype)


def triu(m: Any, k: int = 0) -> Variable:
    """The elements at and above a diagonal, zero elsewhere."""
    m = as_variable(m)
    return m * cast(1 - tri(m.shape[0], m.shape[1], k - 1, m.dtype), m.dtype)


def diag(v: Any, k: int = 0) -> Variable:
    """A vector as the diagonal of a matrix, or the diagonal of a matrix as a vector."""
    v = as_variable(v)
    if v.ndim == 1:
        return alloc_diag(v, k)
    if v.ndim >= 2:
        return diagonal(v, k)
    raise ValueError("diag: a vector or a matrix is wanted, not a scalar")


def alloc_diag(v: Any, offset: int = 0) -> Variable:
    """A matrix with a vector on a diagonal."""
    v = as_variable(v)
    if v.ndim != 1:
        raise TypeError(f"alloc_diag: a vector is wanted, not {v.ndim} dimensions")
    dtype = v.dtype
    op = Op(
        "alloc_diag",
        lambda x: tf.linalg.diag(x, k=int(offset)),
        infer=lambda inputs: (dtype, (False, False)),
        fast=lambda x: np.diag(x, int(offset)),
    )
    return apply(op, v)


def broadcast_to(x: Any, wanted: Any) -> Variable:
    """Broadcast to a shape."""
    operand, _ = shape_vector(wanted)
    count = operand.static_shape[0]
    assert count is not None
    return alloc(x, *(operand[i] for i in range(count)))
