"""The distribution whose density is linear between given points, which TFP does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions.functions import TF_FUNCTIONS

Tensor = Any
Canonical = Mapping[str, Tensor]
_take = TF_FUNCTIONS["take"]


def _areas(canonical: Canonical) -> Tensor:
    """Area under each piece."""
    x, y = canonical["x_points"], canonical["pdf_points"]
    return 0.5 * (y[..., 1:] + y[..., :-1]) * (x[..., 1:] - x[..., :-1])


def _piece(value: Tensor, ends: Tensor) -> Tensor:
    """Number of inner ends at or below a value, so that it belongs to the piece after them."""
    return tf.reduce_sum(tf.cast(value[..., None] >= ends, value.dtype), axis=-1)


def log_density(value: Tensor, canonical: Canonical) -> Tensor:
    """Logarithm of the interpolated height over the area under all pieces; -inf, with no gradient, at height 0."""
    x, y = canonical["x_points"], canonical["pdf_points"]
    piece = _piece(value, x[..., 1:-1])
    left, right = _take(x, piece), _take(x, piece + 1)
    share = (value - left) / (right - left)
    height = _take(y, piece) * (1.0 - share) + _take(y, piece + 1) * share
    positive = height > 0
    log_height = tf.math.log(tf.where(positive, height, tf.ones_like(height)))
    log_height = tf.where(positive, log_height, tf.constant(-np.inf, height.dtype))
    return log_height - tf.math.log(tf.reduce_sum(_areas(canonical), axis=-1))


def quantile(p: Tensor, canonical: Canonical) -> Tensor:
    """Inverse of the distribution function.

    Within a piece the area is a quadratic in the distance; the root is taken in the form that does not cancel, so that
    a flat piece is no special case.
    """
    x, y = canonical["x_points"], canonical["pdf_points"]
    cumulative = tf.cumsum(_areas(canonical), axis=-1)
    target = p * cumulative[..., -1]
    piece = _piece(target, cumulative[..., :-1])
    before = tf.concat([tf.zeros_like(cumulative[..., :1]), cumulative], axis=-1)
    rest = tf.maximum(target - _take(before, piece), tf.zeros_like(target))
    left, right, low = _take(x, piece), _take(x, piece + 1), _take(y, piece)
    slope = (_take(y, piece + 1) - low) / (right - left)
    root = low + tf.sqrt(tf.maximum(tf.square(low) + 2.0 * slope * rest, tf.zeros_like(rest)))
    some = root > 0
    distance = tf.where(some, 2.0 * rest / tf.where(some, root, tf.ones_like(root)), tf.zeros_like(root))
    return tf.minimum(left + distance, right)


def median(canonical: Canonical) -> Tensor:
    """PyMC3's test value."""
    return quantile(0.5 * tf.ones_like(canonical["x_points"][..., 0]), canonical)


def sample(canonical: Canonical, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """By the inverse of the distribution function."""
    return quantile(tf.random.stateless_uniform(shape, seed, dtype=canonical["x_points"].dtype), canonical)
