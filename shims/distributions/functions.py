"""The catalogue's expression functions over TensorFlow tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any


def _where(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    return tf.where(condition, tf.cast(yes, tf.float64), tf.cast(no, tf.float64))


def _cholesky(matrix: Tensor) -> Tensor:
    """Cholesky factor; NaN, with a zero gradient, where the matrix is not positive definite.

    TensorFlow returns NaN without an error, but its gradient is then NaN for everything upstream. The matrix is
    replaced by the identity before the factorisation that is differentiated.
    """
    matrix = tf.convert_to_tensor(matrix)
    probe = tf.linalg.cholesky(tf.stop_gradient(matrix))
    ok = tf.reduce_all(tf.math.is_finite(tf.linalg.diag_part(probe)), axis=-1)[..., None, None]
    identity = tf.eye(matrix.shape[-1], dtype=matrix.dtype)
    factor = tf.linalg.cholesky(tf.where(ok, matrix, identity))
    return tf.where(ok, factor, tf.constant(np.nan, matrix.dtype))


def _logpow(x: Tensor, m: Tensor) -> Tensor:
    """``log(x ** m)`` with ``0 * log(0) = 0``, and ``-inf`` at x = 0 for every other m, as PyMC3 defines it."""
    x, m = tf.convert_to_tensor(x, tf.float64), tf.convert_to_tensor(m, tf.float64)
    positive = tf.where(x > 0, x, tf.ones_like(x))
    at_zero = tf.where(tf.equal(m, 0), tf.zeros_like(m), tf.constant(-np.inf, tf.float64))
    return tf.where(x > 0, m * tf.math.log(positive), at_zero)


def _inverse(matrix: Tensor) -> Tensor:
    """Inverse of a positive definite matrix by its Cholesky factor; NaN where it is not positive definite."""
    factor = _cholesky(matrix)
    ok = tf.math.is_finite(factor)
    safe = tf.where(ok, factor, tf.eye(matrix.shape[-1], dtype=factor.dtype))
    inverse = tf.linalg.cholesky_solve(safe, tf.eye(matrix.shape[-1], dtype=factor.dtype))
    return tf.where(tf.reduce_all(ok, axis=(-2, -1), keepdims=True), inverse, tf.constant(np.nan, factor.dtype))


def _take(weights: Tensor, index: Tensor) -> Tensor:
    """Entry of the last axis, with out-of-range indices clipped (the support check masks them)."""
    index = tf.cast(tf.clip_by_value(index, 0, weights.shape[-1] - 1), tf.int32)
    if weights.shape.rank == 1:
        return tf.gather(weights, index)
    batch = tf.broadcast_static_shape(weights.shape[:-1], index.shape)
    weights = tf.broadcast_to(weights, (*batch, weights.shape[-1]))
    return tf.gather(weights, tf.broadcast_to(index, batch), batch_dims=len(batch))


TF_FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    "log": lambda x: tf.math.log(tf.convert_to_tensor(x, tf.float64)),
    "log1p": tf.math.log1p,
    "exp": tf.exp,
    "expm1": tf.math.expm1,
    "sqrt": lambda x: tf.sqrt(tf.convert_to_tensor(x, tf.float64)),
    "abs": tf.abs,
    "floor": tf.floor,
    "round": tf.round,
    "sigmoid": tf.sigmoid,
    "logit": lambda p: tf.math.log(p) - tf.math.log1p(-p),
    "gammaln": tf.math.lgamma,
    "minimum": tf.minimum,
    "maximum": tf.maximum,
    "where": _where,
    "sum": lambda x: tf.reduce_sum(x, axis=-1, keepdims=True),
    "cholesky": _cholesky,
    "inverse": _inverse,
    "transpose": tf.linalg.matrix_transpose,
    "ones_like": tf.ones_like,
    "argmax": lambda x: tf.cast(tf.argmax(x, axis=-1), tf.float64),
    "logpow": _logpow,
    "count": lambda x: tf.constant(float(x.shape[-1]), tf.float64),
    "take": _take,
    "diagonal": tf.linalg.diag_part,
}
