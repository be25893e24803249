"""Log densities on an interval that TFP does not serve, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.special.common import (
    HALF_LOG_TWO_PI,
    deviance,
    edge_log,
    log1mexp,
    log_erfcx,
    log_ratio,
    stirling_remainder,
)
from pm_migrate.shims.distributions.special.real_line import standard_normal

Tensor = Any
Canonical = Mapping[str, Tensor]


def _uniform(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP's gradient is NaN where the value is outside of a narrow interval."""
    return -tf.math.log(canonical["upper"] - canonical["lower"]) + tf.zeros_like(value)


def log_beta_density(value: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Log density of a beta variable.

    As a binomial probability (Loader 2000): two deviances and three Stirling remainders instead of a difference of
    log-gammas that are large for large parameters. TFP's gradient by a parameter of exactly 1 lacks the logarithm. At
    the ends: finite for a parameter of 1, infinite otherwise.
    """
    inside = (value > 0) & (value < 1)
    x = tf.where(inside, value, 0.5 * tf.ones_like(value))
    n = a + b
    log_x, log_rest = tf.math.log(x), tf.math.log1p(-x)
    log_n = tf.math.log(n)
    misfit = deviance(a, n * x, log_n + log_x) + deviance(b, n * (1.0 - x), log_n + log_rest)
    remainders = stirling_remainder(n) - stirling_remainder(a) - stirling_remainder(b)
    scale = 0.5 * (tf.math.log(a) + log_ratio(b, n)) - HALF_LOG_TWO_PI
    density = scale + remainders - misfit - log_x - log_rest
    norm = tf.math.lgamma(n) - tf.math.lgamma(a) - tf.math.lgamma(b)
    at_end = norm + tf.where(value > 0.5, edge_log(b - 1.0), edge_log(a - 1.0))
    return tf.where(inside, density, at_end)


def _beta(value: Tensor, canonical: Canonical) -> Tensor:
    """See :func:`log_beta_density`."""
    return log_beta_density(value, canonical["alpha"], canonical["beta"])


def _kumaraswamy(value: Tensor, canonical: Canonical) -> Tensor:
    """``log(1 - x**a)`` without forming a difference of numbers close to 1; finite at an end where the shape is 1."""
    a, b = canonical["a"], canonical["b"]
    inside = (value > 0) & (value < 1)
    log_x = tf.math.log(tf.where(inside, value, 0.5 * tf.ones_like(value)))
    exponent = -a * log_x
    tiny = exponent < 1e-30  # where log(1 - exp(-t)) is log(t), of a product that may underflow
    log_rest = tf.where(
        tiny,
        tf.math.log(a) + tf.math.log(-log_x),
        log1mexp(tf.where(tiny, tf.ones_like(exponent), exponent)),
    )
    density = (a - 1.0) * log_x + (b - 1.0) * log_rest
    at_end = tf.where(value > 0.5, edge_log(b - 1.0), edge_log(a - 1.0))
    return tf.math.log(a) + tf.math.log(b) + tf.where(inside, density, at_end)


def _logit_normal(value: Tensor, canonical: Canonical) -> Tensor:
    """``log1p`` keeps the digits near 0 that TFP's bijector loses in its logarithmic determinant."""
    value = tf.where((value > 0) & (value < 1), value, 0.5 * tf.ones_like(value))  # a test value may round to an end
    log_x, log_rest = tf.math.log(value), tf.math.log1p(-value)
    z = (log_x - log_rest - canonical["mu"]) / canonical["sigma"]
    return standard_normal(z) - tf.math.log(canonical["sigma"]) - log_x - log_rest


def _triangular(value: Tensor, canonical: Canonical) -> Tensor:
    """TFP's gradient is NaN at a corner; here a corner of zero width has the height of the peak.

    PyMC3 does not check that the peak is between the ends.
    """
    lower, upper, c = canonical["lower"], canonical["upper"], canonical["c"]
    left = value < c
    rise = tf.where(left, value - lower, upper - value)
    width = tf.where(left, c - lower, upper - c)
    sloped = width > 0
    share = tf.where(sloped, rise, tf.ones_like(rise)) / tf.where(sloped, width, tf.ones_like(width))
    positive = share > 0
    height = tf.math.log(tf.where(positive, share, tf.ones_like(share)))
    if quirks.fixed():
        positive = positive & (lower <= c) & (c <= upper)
    height = tf.where(positive, height, tf.constant(-np.inf, height.dtype))
    return math.log(2.0) - tf.math.log(upper - lower) + height


def _truncated_normal(value: Tensor, canonical: Canonical) -> Tensor:
    """Relative to the nearer end when the interval is in a tail, by error functions when it is not.

    TFP subtracts two numbers close to 1 when the interval is in the upper tail (relative error 5e-10 at 20 standard
    deviations). Here, with the end a standard deviations out, the exponent is that of the distance from the end, and
    what is left of the normalisation are scaled complementary error functions.
    """
    mu, sigma, lower, upper = (canonical[name] for name in ("mu", "sigma", "lower", "upper"))
    low, high = _scaled(lower, mu, sigma), _scaled(upper, mu, sigma)
    left = low + high >= 0  # the interval is mostly above the mean, so that its lower end is the nearer one
    near = tf.where(left, low, -high)
    tail = near > 1.0
    end = tf.where(left, lower, upper)
    end = tf.where(tail & tf.math.is_finite(end), end, mu + tf.zeros_like(end))
    inwards = tf.where(left, tf.ones_like(near), -tf.ones_like(near))
    a = tf.minimum(tf.where(tail, inwards * (end - mu) / sigma, tf.ones_like(near)), 1e-8 * near.dtype.max)
    offset = inwards * (tf.where(tail, value, end) - end) / sigma
    width = _scaled(upper, lower, sigma)
    bounded = tail & (width < 60.0)  # wider, nothing of the normal is beyond the other end
    w = tf.where(bounded, (tf.where(bounded, upper, sigma) - tf.where(bounded, lower, 0.0 * sigma)) / sigma, 1.0)
    root_half = math.sqrt(0.5)
    drop = w * (a + 0.5 * w) + log_erfcx(a * root_half) - log_erfcx((a + w) * root_half)
    scale = log_erfcx(a * root_half) + tf.where(bounded, log1mexp(drop), tf.zeros_like(drop))
    in_tail = math.log(2.0) - offset * (a + 0.5 * offset) - scale

    z = (tf.where(tail, mu, value) - mu) / sigma
    one = tf.ones_like(near)
    # 40 standard deviations out is as good as infinity
    first = tf.clip_by_value(tf.where(tail, -one, low), -40.0, 40.0) * root_half
    last = tf.clip_by_value(tf.where(tail, one, high), -40.0, 40.0) * root_half
    # of a narrow interval the difference, and its slopes more so, cancel: Taylor's series of the density at its middle
    narrow = ~tail & (width < (0.1 if z.dtype == tf.float32 else 0.01))
    w = tf.where(narrow, width, 0.01 * one)
    c = tf.where(narrow, low, 0.0 * one) + 0.5 * w
    c2, w2 = tf.square(c), tf.square(w)
    series = w2 / 24.0 * (c2 - 1.0 + w2 / 80.0 * (tf.square(c2) - 6.0 * c2 + 3.0))
    log_narrow = tf.math.log(2.0 * w) - 0.5 * c2 - HALF_LOG_TWO_PI + tf.math.log1p(series)
    first, last = tf.where(narrow, -one, first), tf.where(narrow, one, last)
    log_mass = tf.where(narrow, log_narrow, tf.math.log(tf.math.erf(last) - tf.math.erf(first)))
    central = math.log(2.0) - 0.5 * tf.square(z) - log_mass
    return tf.where(tail, in_tail, central) - HALF_LOG_TWO_PI - tf.math.log(sigma)


def _scaled(x: Tensor, centre: Tensor, sigma: Tensor) -> Tensor:
    """``(x - centre) / sigma``; an end at infinity stays there, and has no gradient."""
    finite = tf.math.is_finite(x) & tf.math.is_finite(centre)
    inside = (tf.where(finite, x, 0.0 * sigma) - tf.where(finite, centre, 0.0 * sigma)) / sigma
    return tf.where(finite, inside, tf.where(tf.math.is_finite(x), -centre, x) + tf.zeros_like(inside))


def _sample_truncated_normal(canonical: Canonical, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """TFP's sampler fails where both ends are infinite; nothing is drawn beyond 40 standard deviations."""
    from tensorflow_probability import distributions as tfd

    mu, sigma, lower, upper = (canonical[name] for name in ("mu", "sigma", "lower", "upper"))
    low = tf.where(tf.math.is_finite(lower), lower, tf.minimum(mu, upper) - 40.0 * sigma)
    high = tf.where(tf.math.is_finite(upper), upper, tf.maximum(mu, lower) + 40.0 * sigma)
    return tfd.TruncatedNormal(*(tf.broadcast_to(x, shape) for x in (mu, sigma, low, high))).sample(seed=seed)


LOG_PROB: Mapping[str, Callable[[Tensor, Canonical], Tensor]] = {
    "Beta": _beta,
    "Kumaraswamy": _kumaraswamy,
    "LogitNormal": _logit_normal,
    "Triangular": _triangular,
    "TruncatedNormal": _truncated_normal,
    "Uniform": _uniform,
}

SAMPLE: Mapping[str, Callable[[Canonical, tuple[int, ...], Tensor], Tensor]] = {
    "TruncatedNormal": _sample_truncated_normal,
}
