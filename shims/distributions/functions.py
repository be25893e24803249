"""The catalogue's expression functions over TensorFlow tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.gaussian.factors import cholesky

Tensor = Any


def _where(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    dtype = next((x.dtype for x in (yes, no) if tf.is_tensor(x)), tf.float64)
    return tf.where(condition, *(tf.cast(x, dtype) if tf.is_tensor(x) else tf.constant(x, dtype) for x in (yes, no)))


def _of_number(exact: Callable[[float], float], of_tensor: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    """A function that keeps Python's numbers numbers: exact in float64, and no dtype of their own."""
    return lambda x: of_tensor(x) if tf.is_tensor(x) else exact(x)


@tf.custom_gradient
def _with_slope(result: Tensor, base: Tensor, exponent: Tensor) -> Any:
    """``result``, whose derivative by ``base`` is ``exponent * result / base``.

    TensorFlow forms ``tau ** -1.5`` for the slope of ``tau ** -0.5``, and ``x / y / y`` for that of ``x / y``, which
    overflow where the result does not. What comes from above times the result is a logarithmic derivative, which has
    the size of the log density's own terms: it is formed first.
    """

    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        return upstream, exponent * (upstream * result) / base, None

    return tf.identity(result), gradient


def _power(base: Any, exponent: Any) -> Any:
    """``base ** exponent``; of a tensor and a negative number with the derivative of :func:`_with_slope`."""
    if not tf.is_tensor(base) or tf.is_tensor(exponent) or exponent >= 0:
        return base**exponent
    return _with_slope(tf.stop_gradient(base) ** exponent, base, tf.constant(exponent, base.dtype))


def _quotient(top: Any, bottom: Any) -> Any:
    """``top / bottom``; by a tensor with the derivative of :func:`_with_slope`."""
    if not tf.is_tensor(bottom):
        return top / bottom
    quotient = top / tf.stop_gradient(bottom)
    return _with_slope(quotient, bottom + tf.zeros_like(quotient), -tf.ones([], bottom.dtype))


def _cholesky(matrix: Tensor) -> Tensor:
    """Cholesky factor; NaN, with a zero gradient, where the matrix is not positive definite."""
    return cholesky(tf.convert_to_tensor(matrix))


def _logpow(x: Tensor, m: Tensor) -> Tensor:
    """``log(x ** m)`` with ``0 * log(0) = 0``, and ``-inf`` at x = 0 for every other m, as PyMC3 defines it."""
    dtype = next((t.dtype for t in (x, m) if tf.is_tensor(t)), tf.float64)
    x, m = tf.convert_to_tensor(x, dtype), tf.convert_to_tensor(m, dtype)
    positive = tf.where(x > 0, x, tf.ones_like(x))
    at_zero = tf.where(tf.equal(m, 0), tf.zeros_like(m), tf.constant(-np.inf, dtype))
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


def _between(cumulative: Tensor) -> Tensor:
    """Probabilities of the categories between cutpoints of these cumulative probabilities."""
    ends = tf.zeros_like(cumulative[..., :1])
    padded = tf.concat([ends, cumulative, ends + 1.0], axis=-1)
    return padded[..., 1:] - padded[..., :-1]


TF_FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    "/": _quotient,
    "**": _power,
    "log": _of_number(math.log, tf.math.log),
    "log1p": tf.math.log1p,
    "exp": tf.exp,
    "expm1": tf.math.expm1,
    "sqrt": _of_number(math.sqrt, tf.sqrt),
    "abs": tf.abs,
    "floor": tf.floor,
    "round": tf.round,
    "sigmoid": tf.sigmoid,
    "logit": lambda p: tf.math.log(p) - tf.math.log1p(-p),
    "gammaln": _of_number(math.lgamma, tf.math.lgamma),
    "ndtr": lambda x: 0.5 * tf.math.erfc(-x * math.sqrt(0.5)),
    "i0e": tf.math.bessel_i0e,
    "i1e": tf.math.bessel_i1e,
    "minimum": tf.minimum,
    "maximum": tf.maximum,
    "where": _where,
    "sum": lambda x: tf.reduce_sum(x, axis=-1, keepdims=True),
    "cholesky": _cholesky,
    "inverse": _inverse,
    "matmul": tf.linalg.matmul,
    "transpose": tf.linalg.matrix_transpose,
    "ones_like": tf.ones_like,
    "argmax": lambda x: tf.cast(tf.argmax(x, axis=-1), x.dtype),
    "logpow": _logpow,
    "count": lambda x: float(x.shape[-1]),
    "take": _take,
    "diagonal": tf.linalg.diag_part,
    "column": lambda x: x[..., None],
    "between": _between,
    "solve_lower": lambda factor, right: tf.linalg.triangular_solve(factor, right[..., None])[..., 0],
}
