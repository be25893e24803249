"""Transforms of vectors: the last axis is mapped as a whole, and the Jacobian is reduced over it."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.transforms.base import Native

Tensor = Any


class Ordered(Native):
    """First entry and log differences of an increasing vector."""

    name = "ordered"
    event_ndims = 1

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return tf.concat([x[..., :1], tf.math.log(x[..., 1:] - x[..., :-1])], axis=-1)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.cumsum(tf.concat([y[..., :1], tf.exp(y[..., 1:])], axis=-1), axis=-1)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.reduce_sum(y[..., 1:], axis=-1)


class StickBreaking(Native):
    """Centred log-ratio of a simplex without its last coordinate.

    The family is the log-ratio transforms of Egozcue et al. 2003, Mathematical Geology 35(3).

    Parameters
    ----------
    eps
        Deprecated, and without effect, as in PyMC3 3.11.
    """

    name = "stickbreaking"
    event_ndims = 1

    def __init__(self, eps: Any = None) -> None:
        if eps is not None:
            warnings.warn("The argument `eps` is deprecated and will not be used.", DeprecationWarning, stacklevel=2)
        super().__init__()

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        logs = tf.math.log(x)
        return logs[..., :-1] - tf.reduce_mean(logs, axis=-1, keepdims=True)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.nn.softmax(_centred(y), axis=-1)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        size = float(y.shape[-1] + 1)
        return math.log(size) - size * tf.reduce_logsumexp(_centred(y), axis=-1)


def _centred(y: Tensor) -> Tensor:
    """The centred log-ratios: their sum is zero."""
    return tf.concat([y, -tf.reduce_sum(y, axis=-1, keepdims=True)], axis=-1)


class SumTo1(Native):
    """A vector that sums to 1, without its last coordinate; values may leave the simplex."""

    name = "sumto1"
    event_ndims = 1

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return tf.identity(x[..., :-1])

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.concat([y, 1.0 - tf.reduce_sum(y, axis=-1, keepdims=True)], axis=-1)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.zeros_like(tf.reduce_sum(y, axis=-1))


class CholeskyCovPacked(Native):
    """Logarithms of the diagonal of a Cholesky factor that is packed row by row.

    Parameters
    ----------
    n
        Number of rows of the factor; None to take it from the length of the vector.
    """

    name = "cholesky-cov-packed"
    event_ndims = 1

    def __init__(self, n: int | None = None) -> None:
        super().__init__()
        self.n = None if n is None else int(n)

    @property
    def diag_idxs(self) -> np.ndarray:
        """Positions of the diagonal in the packed vector."""
        if self.n is None:
            raise ModelError("CholeskyCovPacked: the number of rows is not known without a vector")
        return _diagonal(self.n)

    def _mask(self, packed: Tensor) -> np.ndarray:
        length = int(packed.shape[-1])
        rows = (math.isqrt(8 * length + 1) - 1) // 2 if self.n is None else self.n
        if rows * (rows + 1) // 2 != length:
            raise ValueError(f"CholeskyCovPacked: {length} entries are no packed factor of {rows} rows")
        mask = np.zeros(length, bool)
        mask[_diagonal(rows)] = True
        return mask

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        mask = self._mask(x)
        return tf.where(mask, tf.math.log(tf.where(mask, x, tf.ones_like(x))), x)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        mask = self._mask(y)
        return tf.where(mask, tf.exp(tf.where(mask, y, tf.zeros_like(y))), y)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.reduce_sum(tf.where(self._mask(y), y, tf.zeros_like(y)), axis=-1)


def _diagonal(rows: int) -> np.ndarray:
    return np.arange(1, rows + 1).cumsum() - 1
