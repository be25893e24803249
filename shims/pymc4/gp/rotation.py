"""The transforms that let a sampler see the noise behind a Gaussian variable in place of the variable."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pm_migrate.shims.transforms.base import Native

Tensor = Any


class Rotated(Native):
    """A vector as ``loc + scale_tril @ z``: ``z`` has a standard normal prior, as PyMC3's ``f_rotated_``.

    Parameters
    ----------
    loc, scale_tril
        Mean, and lower Cholesky factor of the covariance.
    """

    name = "rotated"
    event_ndims = 1

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        loc, scale_tril = params
        column = (x - loc)[..., None]
        batch = tf.broadcast_static_shape(column.shape[:-2], scale_tril.shape[:-2])
        factor = tf.broadcast_to(scale_tril, [*batch, *scale_tril.shape[-2:]])
        return tf.linalg.triangular_solve(factor, tf.broadcast_to(column, [*batch, *column.shape[-2:]]))[..., 0]

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        loc, scale_tril = params
        return loc + tf.linalg.matvec(scale_tril, y)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        logs = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(params[1])), axis=-1)
        return logs + tf.zeros_like(y[..., 0])


class Standardised(Native):
    """A number as ``loc + scale * z``."""

    name = "rotated"

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return (x - params[0]) / params[1]

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return params[0] + params[1] * y

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.math.log(params[1]) + tf.zeros_like(y)
