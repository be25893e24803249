"""Continuous rows that TFP does not serve, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions.special.common import weighted_log

Tensor = Any


def _flat(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """Improper densities have no TFP class; the log density is zero of the value's shape."""
    return tf.zeros_like(value)


def _gamma(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`weighted_log`."""
    alpha, beta = canonical["alpha"], canonical["beta"]
    return alpha * tf.math.log(beta) - tf.math.lgamma(alpha) + weighted_log(alpha - 1.0, value) - beta * value


def _beta(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`weighted_log`; ``log1p`` keeps the digits of a value near 0."""
    from tensorflow_probability import math as tfp_math

    alpha, beta = canonical["alpha"], canonical["beta"]
    below_one = value < 1
    at_one = tf.where(tf.equal(beta, 1), tf.zeros_like(beta), -tf.sign(beta - 1.0) * np.inf)
    log_rest = (beta - 1.0) * tf.math.log1p(-tf.where(below_one, value, tf.zeros_like(value)))
    upper = tf.where(below_one, log_rest, at_one)
    return weighted_log(alpha - 1.0, value) + upper - tfp_math.lbeta(alpha, beta)


def _log_normal_mass(low: Tensor, high: Tensor) -> Tensor:
    """Logarithm of the standard normal probability of ``(low, high)``, accurate in both tails.

    TFP's TruncatedNormal subtracts two numbers close to 1 when the interval is in the upper tail (relative error
    5e-10 at 20 standard deviations). By symmetry the interval is moved to the positive side; there the difference of
    scaled complementary error functions loses nothing, and near the origin the error function itself is used.
    """
    from tensorflow_probability import math as tfp_math

    root_half = math.sqrt(0.5)
    # far enough out for any density to underflow, near enough for squares to be finite
    low, high = (tf.clip_by_value(end, -1e12, 1e12) * root_half for end in (low, high))
    across = (low < 0) & (high > 0)
    near = tf.where(low >= 0, low, -high)
    far = tf.where(low >= 0, high, -low)
    tail = (near > 0.5) & ~across
    sum_form = tf.math.erf(tf.where(tail, tf.zeros_like(high), high)) - tf.math.erf(
        tf.where(tail, -tf.ones_like(low), low)
    )
    near, far = tf.where(tail, near, tf.ones_like(near)), tf.where(tail, far, 2.0 * tf.ones_like(far))
    rest = tf.exp((near - far) * (near + far)) * tfp_math.erfcx(far)
    tail_form = -tf.square(near) + tf.math.log(tfp_math.erfcx(near) - rest)
    return tf.where(tail, tail_form, tf.math.log(sum_form)) - math.log(2.0)


def _truncated_normal(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`_log_normal_mass`; without ends this is the plain normal density."""
    mu, sigma = canonical["mu"], canonical["sigma"]
    z = (value - mu) / sigma

    def scaled(end: Tensor) -> Tensor:
        # an infinite end stays infinite, and has no gradient
        finite = tf.math.is_finite(end)
        return tf.where(finite, (tf.where(finite, end, mu) - mu) / sigma, end)

    mass = _log_normal_mass(scaled(canonical["lower"]), scaled(canonical["upper"]))
    return -0.5 * tf.square(z) - tf.math.log(sigma) - 0.5 * math.log(2.0 * math.pi) - mass


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Beta": _beta,
    "Flat": _flat,
    "Gamma": _gamma,
    "HalfFlat": _flat,
    "TruncatedNormal": _truncated_normal,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}
