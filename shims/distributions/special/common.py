"""What several rows share."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any


def weighted_log(weight: Tensor, x: Tensor) -> Tensor:
    """``weight * log(x)`` with ``0 * log(0) = 0``, and a right gradient by the weight where the weight is 0.

    TFP's Gamma, Beta and Dirichlet take ``xlogy(concentration - 1, x)``, whose gradient TensorFlow sets to 0 at a
    weight of 0: at a concentration of exactly 1, a usual start value, the gradient by the concentration lacks
    ``log(x)``.
    """
    positive = x > 0
    at_zero = tf.where(tf.equal(weight, 0), tf.zeros_like(weight), -tf.sign(weight) * np.inf)
    return tf.where(positive, weight * tf.math.log(tf.where(positive, x, tf.ones_like(x))), at_zero)
