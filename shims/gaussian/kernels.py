"""Covariance functions on pairs of points.

Stationary ones are functions of ``r2``, the squared distance in units of the length scale, so that a length scale per
axis, one for all axes, or a batch of them is the caller's business. RW stands for Rasmussen and Williams 2006,
*Gaussian Processes for Machine Learning*, chapter 4.

Examples
--------
>>> import tensorflow as tf
>>> x = tf.constant([[0.0], [1.0]], tf.float64)
>>> points = Points.all_pairs(x / 0.5, x / 0.5)
>>> exp_quad(points.squared_distance()).numpy().round(6).tolist()
[[1.0, 0.135335], [0.135335, 1.0]]
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

Tensor = Any


@dataclass(frozen=True, eq=False)
class Points:
    """Two sets of points, aligned so that a formula for one pair broadcasts over all of them.

    Parameters
    ----------
    x1, x2
        Points of shape ``(batch, points, features)``, where any of the three may be several axes; see
        :meth:`all_pairs`.
    feature_ndims
        Number of axes, from the right, that make up one point.
    point_ndims
        Number of axes before them that count points.
    """

    x1: Tensor
    x2: Tensor
    feature_ndims: int = 1
    point_ndims: int = 1

    @classmethod
    def all_pairs(cls, x1: Tensor, x2: Tensor, feature_ndims: int = 1) -> Points:
        """Each of the points ``x1`` of shape ``(..., n, features)`` with each of ``x2``, ``(..., m, features)``.

        Results have the shape ``(..., n, m)``.
        """
        left, right = tf.expand_dims(x1, -(feature_ndims + 1)), tf.expand_dims(x2, -(feature_ndims + 2))
        return cls(left, right, feature_ndims, 2)

    def over_points(self, parameter: Tensor) -> Tensor:
        """A batch of parameters, one for each matrix, with an axis of size 1 for each axis of points."""
        return _padded(parameter, self.point_ndims)

    def over_features(self, parameter: Tensor) -> Tensor:
        """A batch of parameters, with axes of size 1 for points and features."""
        return _padded(parameter, self.point_ndims + self.feature_ndims)

    def of_features(self, parameter: Tensor) -> Tensor:
        """Parameters that have the axes of features, and batch axes perhaps, with axes of size 1 for points."""
        return spread(parameter, self.feature_ndims, self.point_ndims)

    def sum(self, values: Tensor) -> Tensor:
        """Sum over the features."""
        return tf.reduce_sum(values, axis=list(range(-self.feature_ndims, 0)))

    def squared_distance(self, scale: Tensor | None = None) -> Tensor:
        """Squared Euclidean distance of each pair, the difference divided by ``scale`` (see :meth:`of_features`).

        From differences: the expansion into norms and products, which PyMC3 uses, loses the digits of points that are
        close to each other and far from zero.
        """
        difference = self.x1 - self.x2
        return self.sum(tf.square(difference if scale is None else difference / self.of_features(scale)))


def _padded(parameter: Tensor, count: int) -> Tensor:
    if parameter.shape.rank == 0:
        return parameter
    return tf.reshape(parameter, [*parameter.shape, *[1] * count])


def spread(parameter: Tensor, feature_ndims: int, point_ndims: int) -> Tensor:
    """Put axes of size 1 for points between the batch axes of a parameter and its axes of features."""
    at = parameter.shape.rank - feature_ndims
    if at <= 0:
        return parameter
    return tf.reshape(parameter, [*parameter.shape[:at], *[1] * point_ndims, *parameter.shape[at:]])


def distance(r2: Tensor) -> Tensor:
    """Square root whose gradient at zero is zero.

    The derivative of a distance has no limit there; the product with the derivative of a covariance function in ``r``
    must not be ``inf * 0`` on the diagonal. PyMC3 adds 1e-12 under the root instead, which moves the diagonal.
    """
    apart = r2 > 0.0
    return tf.where(apart, tf.sqrt(tf.where(apart, r2, tf.ones_like(r2))), tf.zeros_like(r2))


def exp_quad(r2: Tensor) -> Tensor:
    """``exp(-r^2 / 2)``, RW (4.9)."""
    return tf.exp(-0.5 * r2)


def rat_quad(r2: Tensor, alpha: Tensor) -> Tensor:
    """``(1 + r^2 / (2 alpha))^-alpha``, RW (4.19)."""
    return tf.exp(-alpha * tf.math.log1p(r2 / (2.0 * alpha)))


def matern12(r2: Tensor) -> Tensor:
    """``exp(-r)``, RW (4.18)."""
    return tf.exp(-distance(r2))


def matern32(r2: Tensor) -> Tensor:
    """``(1 + sqrt(3) r) exp(-sqrt(3) r)``, RW (4.17)."""
    r = math.sqrt(3.0) * distance(r2)
    return (1.0 + r) * tf.exp(-r)


def matern52(r2: Tensor) -> Tensor:
    """``(1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r)``, RW (4.17)."""
    r = math.sqrt(5.0) * distance(r2)
    return (1.0 + r + (5.0 / 3.0) * r2) * tf.exp(-r)


def exponential(r2: Tensor) -> Tensor:
    """``exp(-r / 2)``: PyMC3's Exponential."""
    return tf.exp(-0.5 * distance(r2))


def cosine(r2: Tensor) -> Tensor:
    """``cos(2 pi r)``: PyMC3's Cosine; positive semidefinite on the line only."""
    return tf.cos(2.0 * math.pi * distance(r2))


def periodic(points: Points, period: Tensor, length_scale: Tensor) -> Tensor:
    """``exp(-2 sum sin(pi (x - x') / period)^2 / length_scale^2)``, RW (4.31) for each feature.

    PyMC3's has 1/2 in place of 2: its length scale is half of this one.

    Parameters
    ----------
    period, length_scale
        That broadcast with the differences of the points, features included.
    """
    phase = math.pi * (points.x1 - points.x2) / period
    return tf.exp(-2.0 * points.sum(tf.square(tf.sin(phase) / length_scale)))


def linear(points: Points, shift: Tensor) -> Tensor:
    """``(x - shift) . (x' - shift)``, RW section 4.2.2; ``shift`` broadcasts with the points."""
    return points.sum((points.x1 - shift) * (points.x2 - shift))


def gibbs(points: Points, scale1: Tensor, scale2: Tensor) -> Tensor:
    """Gibbs' covariance function with length scales that vary over the inputs, RW (4.32).

    Parameters
    ----------
    scale1, scale2
        Length scale of each feature at each point, of the shapes of ``points.x1`` and ``points.x2``.
    """
    total = tf.square(scale1) + tf.square(scale2)
    prefactor = 0.5 * points.sum(tf.math.log(2.0 * scale1 * scale2 / total))
    return tf.exp(prefactor - points.sum(tf.square(points.x1 - points.x2) / total))
