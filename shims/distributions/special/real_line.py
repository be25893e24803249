"""Log densities on the whole real line that TFP does not serve, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.special.common import (
    HALF_LOG_TWO_PI,
    log1p_square,
    log_erfcx,
    log_i0e,
    log_ndtr,
    stirling_remainder,
)

Tensor = Any
Canonical = Mapping[str, Tensor]


def flat(value: Tensor, canonical: Canonical) -> Tensor:
    """Improper densities have no TFP class; the log density is zero of the value's shape."""
    return tf.zeros_like(value)


def standard_normal(z: Tensor) -> Tensor:
    """Log density of the standard normal."""
    return -0.5 * tf.square(z) - HALF_LOG_TWO_PI


def standardised(value: Tensor, canonical: Canonical) -> Tensor:
    """``(value - mu) / sigma``."""
    return (value - canonical["mu"]) / canonical["sigma"]


def _normal(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP subtracts mu / sigma from value / sigma, which loses the digits that value - mu keeps near the mean."""
    return standard_normal(standardised(value, canonical)) - tf.math.log(canonical["sigma"])


def log_student(x: Tensor, nu: Tensor, sigma: Tensor) -> Tensor:
    """Log density of Student's t of scale sigma around 0.

    The difference of two log-gammas half apart is written with Stirling remainders: nothing large is left to cancel
    when nu is large, for the value and for the gradient by nu. No square is formed that may overflow.
    """
    tiny = nu < 1e-30  # where half of it may be no normal number, and the log-gammas are logarithms
    half = tf.where(tiny, tf.ones_like(nu), 0.5 * nu)
    small = half < 1.0
    apart = tf.math.log(half + 0.5) - tf.math.log(half)
    spread = tf.where(small, apart, tf.math.log1p(0.5 / tf.where(small, tf.ones_like(half), half)))
    gammas = half * spread - 0.5 + stirling_remainder(half + 0.5) - stirling_remainder(half) - HALF_LOG_TWO_PI
    gammas = tf.where(tiny, 0.5 * tf.math.log(tf.where(tiny, nu, tf.ones_like(nu))) - math.log(2.0), gammas)
    log_sigma = tf.math.log(sigma)
    tail = log1p_square(x, sigma * tf.sqrt(nu), log_sigma + 0.5 * tf.math.log(nu))
    return gammas - log_sigma - (0.5 * nu + 0.5) * tail


def _student_t(value: Tensor, canonical: Canonical) -> Tensor:
    """See :func:`log_student`."""
    return log_student(value - canonical["mu"], canonical["nu"], canonical["sigma"])


def _cauchy(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP squares the standardised value, which overflows above 1e154."""
    beta = canonical["beta"]
    return -log1p_square(value - canonical["alpha"], beta) - math.log(math.pi) - tf.math.log(beta)


def _asymmetric_laplace(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP has no such class. The logarithm of ``kappa + 1 / kappa`` is taken by its larger term."""
    b, kappa = canonical["b"], canonical["kappa"]
    y = value - canonical["mu"]
    right = y > 0
    slope = tf.where(right, kappa, 1.0 / tf.where(right, tf.ones_like(y), kappa))
    size = tf.abs(tf.math.log(kappa))
    return tf.math.log(b) - size - tf.math.log1p(tf.exp(-2.0 * size)) - b * tf.abs(y) * slope


def exact_ex_gaussian(value: Tensor, canonical: Canonical) -> Tensor:
    """Log density of a normal plus an exponential variable, in both tails.

    TFP adds ``(sigma / nu)**2 / 2`` to a normal log distribution function that takes it away again; with the scaled
    complementary error function the two are never formed where they would cancel.
    """
    off, sigma = value - canonical["mu"], canonical["sigma"]
    beyond = off > float(sigma.dtype.max) ** 0.3 * sigma  # where z may overflow, and only its side matters
    z = tf.where(beyond, tf.zeros_like(off), off) / tf.where(beyond, tf.ones_like(sigma), sigma)
    k = sigma / canonical["nu"]
    below = (z < k) & ~beyond
    u = tf.where(below, k - z, tf.zeros_like(k - z)) * math.sqrt(0.5)
    left = log_erfcx(u) - math.log(2.0) - 0.5 * tf.square(tf.where(below, z, tf.zeros_like(z)))
    z_right, k_right = tf.where(below | beyond, tf.ones_like(z), z), tf.where(below, tf.zeros_like(k), k)
    decay = tf.where(below, tf.zeros_like(z), off) / canonical["nu"]
    right = 0.5 * tf.square(k_right) - decay + tf.where(beyond, tf.zeros_like(z), log_ndtr(z_right - k_right))
    return tf.where(below, left, right) - tf.math.log(canonical["nu"])


def _ex_gaussian(value: Tensor, canonical: Canonical) -> Tensor:
    """PyMC3 drops the exponential part where its mean is at most a twentieth of sigma."""
    if quirks.fixed():
        return exact_ex_gaussian(value, canonical)
    sigma = canonical["sigma"]
    close = canonical["nu"] <= 0.05 * sigma
    # by the sigma of the other branch the square may overflow
    normal = _normal(value, {**canonical, "sigma": tf.where(close, sigma, tf.ones_like(sigma))})
    exact = exact_ex_gaussian(value, {**canonical, "nu": tf.where(close, sigma, canonical["nu"])})
    return tf.where(close, normal, exact)


def _skew_normal(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP has no such class; ``log_ndtr`` keeps the far tail and its gradient."""
    z = standardised(value, canonical)
    return math.log(2.0) + standard_normal(z) + log_ndtr(canonical["alpha"] * z) - tf.math.log(canonical["sigma"])


def _gumbel(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP builds it from bijectors, which costs more than the formula to trace."""
    z = (value - canonical["mu"]) / canonical["beta"]
    return -z - tf.exp(-z) - tf.math.log(canonical["beta"])


def _logistic(value: Tensor, canonical: Canonical) -> Tensor:
    """Symmetric form: no term of the far tails overflows or cancels."""
    size = tf.abs((value - canonical["mu"]) / canonical["s"])
    return -size - 2.0 * tf.math.log1p(tf.exp(-size)) - tf.math.log(canonical["s"])


def _moyal(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP builds it from bijectors, which costs more than the formula to trace."""
    z = standardised(value, canonical)
    return -0.5 * (z + tf.exp(-z)) - HALF_LOG_TWO_PI - tf.math.log(canonical["sigma"])


def _von_mises(value: Tensor, canonical: Canonical) -> Tensor:
    """``kappa * (cos - 1)`` through the sine of half the angle: TFP's difference of cosines loses it near the mode."""
    kappa = canonical["kappa"]
    bend = -2.0 * kappa * tf.square(tf.sin(0.5 * (value - canonical["mu"])))
    return bend - 2.0 * HALF_LOG_TWO_PI - log_i0e(kappa)


LOG_PROB: Mapping[str, Callable[[Tensor, Canonical], Tensor]] = {
    "AsymmetricLaplace": _asymmetric_laplace,
    "Cauchy": _cauchy,
    "ExGaussian": _ex_gaussian,
    "Flat": flat,
    "Gumbel": _gumbel,
    "Logistic": _logistic,
    "Moyal": _moyal,
    "Normal": _normal,
    "SkewNormal": _skew_normal,
    "StudentT": _student_t,
    "VonMises": _von_mises,
}


def _sample_asymmetric_laplace(canonical: Canonical, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Inverse of the distribution function (Kotz, Kozubowski & Podgorski 2001, section 3.1)."""
    b, kappa = canonical["b"], canonical["kappa"]
    first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    size = -tf.math.log1p(-tf.random.stateless_uniform(shape, first, dtype=b.dtype)) / b
    # P(below mu) = kappa**2 / (1 + kappa**2)
    odds = tf.square(kappa)
    below = tf.random.stateless_uniform(shape, second, dtype=b.dtype) * (1.0 + 1.0 / odds) < 1.0
    return canonical["mu"] + tf.where(below, -size * kappa, size / kappa)


def _sample_skew_normal(canonical: Canonical, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """A half normal and a normal variable combined (Azzalini 1986, "Further results on a class of distributions")."""
    alpha = canonical["alpha"]
    first, second = tf.unstack(tf.random.stateless_normal((2, *shape), seed, dtype=alpha.dtype))
    norm = tf.sqrt(1.0 + tf.square(alpha))
    return canonical["mu"] + canonical["sigma"] * (alpha * tf.abs(first) + second) / norm


SAMPLE: Mapping[str, Callable[[Canonical, tuple[int, ...], Tensor], Tensor]] = {
    "AsymmetricLaplace": _sample_asymmetric_laplace,
    "SkewNormal": _sample_skew_normal,
}
