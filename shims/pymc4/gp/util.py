"""Helpers of Gaussian processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.gaussian import conditioning
from pm_migrate.shims.gp.util import kmeans_inducing_points, plot_gp_dist
from pm_migrate.shims.pymc4.tensors import as_float, is_evaluating, to_tensor, wrap

Tensor = Any
ArrayLike = np.ndarray | tf.Tensor
TfTensor = tf.Tensor
FreeRV = ArrayLike

__all__ = ["ArrayLike", "FreeRV", "TfTensor", "kmeans_inducing_points", "plot_gp_dist", "stabilize"]


def floats(value: Any) -> Tensor:
    """A plain tensor of ``floatX``, from what a model may hold."""
    return as_float(to_tensor(value))


def public(tensor: Tensor) -> Any:
    """A result as its caller expects it: a value of the model within one, a plain tensor outside."""
    return wrap(tensor) if is_evaluating() else tensor


def stabilize(K: Any, shift: Any = None) -> Any:
    """Add to the diagonal of a covariance matrix, so that its Cholesky factor exists.

    Parameters
    ----------
    K
        Matrices, of shape ``(..., n, n)``.
    shift
        The amount; None for 1e-6, or 1e-4 where ``floatX`` is float32.

    Examples
    --------
    >>> stabilize([[1.0, 2.0], [3.0, 4.0]], shift=0.5).numpy().tolist()
    [[1.5, 2.0], [3.0, 4.5]]
    """
    return public(conditioning.stabilize(floats(K), None if shift is None else floats(shift)))
