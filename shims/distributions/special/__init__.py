"""Rows that TFP does not serve, each with its reason.

``LOG_PROB`` maps a row to ``f(value, canonical) -> tensor`` and ``SAMPLE`` to ``f(canonical, shape, seed) -> tensor``;
``canonical`` are safe float64 tensors, ``value`` is in the support.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions.functions import TF_FUNCTIONS

Tensor = Any


def _flat(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """Improper densities have no TFP class; the log density is zero of the value's shape."""
    return tf.zeros_like(value)


def _categorical(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP raises for labels out of range on a CPU and gives NaN under XLA; a clipped gather does neither."""
    p = canonical["p"]
    return tf.math.log(TF_FUNCTIONS["take"](p, value)) - tf.math.log(tf.reduce_sum(p, axis=-1))


def _discrete_uniform(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's FiniteDiscrete needs outcomes known when tracing; bounds may be tensors here."""
    return -tf.math.log(canonical["upper"] - canonical["lower"] + 1.0) + tf.zeros_like(value)


def _weighted_log(weight: Tensor, x: Tensor) -> Tensor:
    """``weight * log(x)`` with ``0 * log(0) = 0``, and a right gradient by the weight where the weight is 0.

    TFP's Gamma, Beta and Dirichlet take ``xlogy(concentration - 1, x)``, whose gradient TensorFlow sets to 0 at a
    weight of 0: at a concentration of exactly 1, a usual start value, the gradient by the concentration lacks
    ``log(x)``.
    """
    positive = x > 0
    at_zero = tf.where(tf.equal(weight, 0), tf.zeros_like(weight), -tf.sign(weight) * np.inf)
    return tf.where(positive, weight * tf.math.log(tf.where(positive, x, tf.ones_like(x))), at_zero)


def _gamma(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`_weighted_log`."""
    alpha, beta = canonical["alpha"], canonical["beta"]
    return alpha * tf.math.log(beta) - tf.math.lgamma(alpha) + _weighted_log(alpha - 1.0, value) - beta * value


def _beta(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`_weighted_log`; ``log1p`` keeps the digits of a value near 0."""
    from tensorflow_probability import math as tfp_math

    alpha, beta = canonical["alpha"], canonical["beta"]
    below_one = value < 1
    at_one = tf.where(tf.equal(beta, 1), tf.zeros_like(beta), -tf.sign(beta - 1.0) * np.inf)
    log_rest = (beta - 1.0) * tf.math.log1p(-tf.where(below_one, value, tf.zeros_like(value)))
    upper = tf.where(below_one, log_rest, at_one)
    return _weighted_log(alpha - 1.0, value) + upper - tfp_math.lbeta(alpha, beta)


def _dirichlet(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`_weighted_log`."""
    a = canonical["a"]
    norm = tf.math.lgamma(tf.reduce_sum(a, axis=-1)) - tf.reduce_sum(tf.math.lgamma(a), axis=-1)
    return norm + tf.reduce_sum(_weighted_log(a - 1.0, value), axis=-1)


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


def _sample_categorical(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Inverse of the cumulative weights: the same draws in eager and graph mode, any batch shape."""
    p = canonical["p"]
    cumulative = tf.cumsum(p, axis=-1)
    uniform = tf.random.stateless_uniform(shape, seed, dtype=p.dtype) * cumulative[..., -1]
    return tf.reduce_sum(tf.cast(uniform[..., None] >= cumulative[..., :-1], tf.float64), axis=-1)


def _sample_discrete_uniform(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Floor of a uniform draw; stateless integer draws of TensorFlow want scalar bounds."""
    uniform = tf.random.stateless_uniform(shape, seed, dtype=tf.float64)
    width = canonical["upper"] - canonical["lower"] + 1.0
    return canonical["lower"] + tf.minimum(tf.floor(uniform * width), width - 1.0)


def _sample_negative_binomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """TFP's sampler has no XLA kernel; the gamma-Poisson mixture that defines the distribution does."""
    first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    alpha, mu = canonical["alpha"], canonical["mu"]
    rate = tf.random.stateless_gamma(shape, first, alpha, alpha / mu, dtype=tf.float64)
    return tf.random.stateless_poisson(shape, second, rate, dtype=tf.float64)


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Beta": _beta,
    "Dirichlet": _dirichlet,
    "Flat": _flat,
    "Gamma": _gamma,
    "HalfFlat": _flat,
    "Categorical": _categorical,
    "DiscreteUniform": _discrete_uniform,
    "TruncatedNormal": _truncated_normal,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    "Categorical": _sample_categorical,
    "DiscreteUniform": _sample_discrete_uniform,
    "NegativeBinomial": _sample_negative_binomial,
}
