"""Log densities on a half line that TFP does not serve, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions.special.common import (
    above,
    edge_log,
    log1p_square,
    log_gamma_kernel,
    log_i0e,
    log_ratio,
)
from pm_migrate.shims.distributions.special.real_line import flat, log_student, standard_normal

Tensor = Any
Canonical = Mapping[str, Tensor]


def _half_cauchy(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP squares the standardised value, which overflows above 1e154."""
    beta = canonical["beta"]
    return -log1p_square(value, beta) - math.log(0.5 * math.pi) - tf.math.log(beta)


def _half_student_t(value: Tensor, canonical: Canonical) -> Tensor:
    """See :func:`~pm_migrate.shims.distributions.special.real_line.log_student`."""
    return log_student(value, canonical["nu"], canonical["sigma"]) + math.log(2.0)


def log_gamma_density(value: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """Log density of a gamma variable in shape and rate.

    The textbook form is a difference of terms of size ``alpha * log(alpha)``, and TFP's gradient by a shape of exactly
    1 lacks ``log(value)``. Here the large parts are a deviance and a Stirling remainder (Loader 2000). At 0 PyMC3 gives
    ``-inf`` on both sides of a shape of 1, with no gradient.
    """
    positive = value > 0
    x = tf.where(positive, value, tf.ones_like(value))
    log_x = tf.math.log(x)
    inside = log_gamma_kernel(alpha, beta * x, tf.math.log(beta) + log_x) - log_x
    # of the exponential case the density is finite at 0
    at_zero = alpha * tf.math.log(beta) - tf.math.lgamma(alpha)
    at_zero = tf.where(tf.equal(alpha, 1), at_zero, tf.constant(-np.inf, alpha.dtype))
    return tf.where(positive, inside, at_zero)


def _gamma(value: Tensor, canonical: Canonical) -> Tensor:
    """See :func:`log_gamma_density`."""
    return log_gamma_density(value, canonical["alpha"], canonical["beta"])


def _chi_squared(value: Tensor, canonical: Canonical) -> Tensor:
    """See :func:`log_gamma_density`; half of the smallest numbers is none, and there the log-gamma is a logarithm."""
    nu = canonical["nu"]
    tiny = nu < 1e-30
    density = log_gamma_density(value, tf.where(tiny, tf.ones_like(nu), 0.5 * nu), 0.5 * tf.ones_like(nu))
    log_x = tf.math.log(above(value))
    limit = tf.math.log(tf.where(tiny, nu, tf.ones_like(nu))) - math.log(2.0)
    limit = tf.where(value > 0, limit - log_x - 0.5 * value, tf.constant(-np.inf, value.dtype))
    return tf.where(tiny, limit, density)


def _inverse_gamma(value: Tensor, canonical: Canonical) -> Tensor:
    """The gamma kernel at ``beta / value``: see :func:`log_gamma_density`."""
    alpha, beta = canonical["alpha"], canonical["beta"]
    value = above(value)
    log_x = tf.math.log(value)
    return log_gamma_kernel(alpha, beta / value, tf.math.log(beta) - log_x) - log_x


def _inverse_gamma_by_moments(value: Tensor, given: Canonical) -> Tensor:
    """The gradient by a large sigma is that of the ratio alone, which PyMC3's quotients of sums lose."""
    mu = given["mu"]
    square = tf.square(mu / given["sigma"])
    return _inverse_gamma(value, {"alpha": 2.0 + square, "beta": mu * (1.0 + square)})


def _log_normal(value: Tensor, canonical: Canonical) -> Tensor:
    """As the normal: TFP subtracts mu / sigma from log(value) / sigma."""
    log_x = tf.math.log(above(value))
    z = (log_x - canonical["mu"]) / canonical["sigma"]
    return standard_normal(z) - tf.math.log(canonical["sigma"]) - log_x


def _weibull(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP's gradient by a shape of exactly 1 lacks ``log(value)``, and PyMC3 gives NaN at 0 for that shape."""
    alpha, beta = canonical["alpha"], canonical["beta"]
    positive = value > 0
    x = tf.where(positive, value, tf.ones_like(value))
    log_x = log_ratio(x, beta)
    power = alpha * log_x
    overflows = power > math.log(power.dtype.max)
    inside = (alpha - 1.0) * log_x - tf.exp(tf.where(overflows, tf.zeros_like(power), power))
    inside = tf.where(overflows, tf.constant(-np.inf, power.dtype), inside)
    return tf.math.log(alpha) - tf.math.log(beta) + tf.where(positive, inside, edge_log(alpha - 1.0))


def _wald(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP squares ``value - mu``, which overflows, and has no shift."""
    mu, lam = canonical["mu"], canonical["lam"]
    y = above(value - canonical["alpha"])
    off = y - mu
    log_scale = 0.5 * tf.math.log(lam) - 0.5 * math.log(2.0 * math.pi)
    # lam * off**2 / (mu**2 * y) by factors of which none is larger than need be; the mean may be nearly infinite
    short = y < 0.5 * mu
    one = tf.ones_like(off)
    mu_short, y_short = tf.where(short, mu, one), tf.where(short, y, one)
    by_value = (lam / y_short) * tf.square(y_short / mu_short - 1.0)
    off_long, mu_long, y_long = tf.where(short, 0.0 * one, off), tf.where(short, one, mu), tf.where(short, one, y)
    by_mean = (lam / mu_long) * (off_long / mu_long) * (off_long / y_long)
    return log_scale - 1.5 * tf.math.log(y) - 0.5 * tf.where(short, by_value, by_mean)


def _pareto(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP takes ``alpha * log(m) - (alpha + 1) * log(value)``, which cancels for a large alpha near m."""
    alpha = canonical["alpha"]
    return tf.math.log(alpha) - alpha * log_ratio(value, canonical["m"]) - tf.math.log(value)


def _rice(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP has no such class; in logarithms, where PyMC3 underflows 38 sigma from nu."""
    nu, sigma = canonical["nu"], canonical["sigma"]
    x, b = value / sigma, nu / sigma
    scale = log_ratio(value, sigma) - tf.math.log(sigma)
    return scale - 0.5 * tf.square((value - nu) / sigma) + log_i0e(x * b)


LOG_PROB: Mapping[str, Callable[[Tensor, Canonical], Tensor]] = {
    "ChiSquared": _chi_squared,
    "Gamma": _gamma,
    "HalfCauchy": _half_cauchy,
    "HalfFlat": flat,
    "HalfStudentT": _half_student_t,
    "InverseGamma": _inverse_gamma,
    "Lognormal": _log_normal,
    "Pareto": _pareto,
    "Rice": _rice,
    "Wald": _wald,
    "Weibull": _weibull,
}


#: By name and parametrisation: from the given parameters.
LOG_PROB_OF_FORM: Mapping[tuple[str, tuple[str, ...]], Callable[[Tensor, Canonical], Tensor]] = {
    ("InverseGamma", ("mu", "sigma")): _inverse_gamma_by_moments,
}


def _sample_rice(canonical: Canonical, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Distance from the origin of a bivariate normal point (Rice 1945, section 3.10)."""
    nu, sigma = canonical["nu"], canonical["sigma"]
    first, second = tf.unstack(tf.random.stateless_normal((2, *shape), seed, dtype=nu.dtype))
    return tf.sqrt(tf.square(nu + sigma * first) + tf.square(sigma * second))


def _sample_wald(canonical: Canonical, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """TFP's inverse Gaussian, shifted."""
    from tensorflow_probability import distributions as tfd

    draws = tfd.InverseGaussian(canonical["mu"], canonical["lam"]).sample(seed=seed)
    return canonical["alpha"] + draws


SAMPLE: Mapping[str, Callable[[Canonical, tuple[int, ...], Tensor], Tensor]] = {
    "Rice": _sample_rice,
    "Wald": _sample_wald,
}
