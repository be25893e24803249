"""A Gaussian process given its values at some points."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pm_migrate.shims.gaussian.factors import cholesky

Tensor = Any


def default_jitter(dtype: tf.DType) -> float:
    """What is added to the diagonal of a covariance matrix so that its Cholesky factor exists."""
    return 1e-6 if dtype == tf.float64 else 1e-4


def stabilize(covariance: Tensor, shift: Any = None) -> Tensor:
    """The matrix with ``shift``, or :func:`default_jitter`, added to its diagonal."""
    shift = default_jitter(covariance.dtype) if shift is None else shift
    shift = tf.cast(shift, covariance.dtype) if tf.is_tensor(shift) else tf.constant(shift, covariance.dtype)
    return tf.linalg.set_diag(covariance, tf.linalg.diag_part(covariance) + shift)


def condition(known: Tensor, cross: Tensor, new: Tensor, residual: Tensor, jitter: Any = None) -> tuple[Tensor, Tensor]:
    """Mean shift and covariance at new points, without noise.

    ``cross^T known^-1 residual`` and ``new - cross^T known^-1 cross``: Rasmussen and Williams 2006, (2.19), computed as
    in their algorithm 2.1.

    Parameters
    ----------
    known
        Covariance of the points with known values, of shape ``(..., n, n)``.
    cross
        Covariance of those with the new points, ``(..., n, m)``.
    new
        Covariance of the new points, ``(..., m, m)``.
    residual
        Known values less their mean, ``(..., n)``.
    jitter
        Added to the diagonal of ``known``; see :func:`stabilize`.

    Returns
    -------
    (Tensor, Tensor)
        Of shapes ``(..., m)`` and ``(..., m, m)``; the covariance has no jitter added.
    """
    batch = known.shape[:-2]
    for other, core in ((cross, 2), (residual, 1)):
        batch = tf.broadcast_static_shape(batch, other.shape[: other.shape.rank - core])
    factor = cholesky(stabilize(known, jitter))
    # triangular_solve broadcasts, but not under every compiler
    factor = tf.broadcast_to(factor, [*batch, *factor.shape[-2:]])
    whitened = tf.linalg.triangular_solve(factor, tf.broadcast_to(cross, [*batch, *cross.shape[-2:]]))
    column = tf.broadcast_to(residual, [*batch, residual.shape[-1]])[..., None]
    shift = tf.linalg.matvec(whitened, tf.linalg.triangular_solve(factor, column)[..., 0], transpose_a=True)
    return shift, new - tf.linalg.matmul(whitened, whitened, transpose_a=True)
