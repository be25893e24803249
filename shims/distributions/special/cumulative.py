"""Log distribution functions of continuous rows, to full precision in both tails.

TFP takes the logarithm of a probability, which underflows in the lower tail and is 1 in the upper one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.special.common import (
    erfcx,
    erfcx_decay,
    log1mexp,
    log1mexp_exp,
    log1p_square,
    log_ndtr,
    log_ratio,
)
from pm_migrate.shims.distributions.special.incomplete import betainc, log_betainc, log_gammainc, log_gammaincc
from pm_migrate.shims.distributions.special.real_line import log_student, standardised

Tensor = Any
Canonical = Mapping[str, Tensor]
_LOG_2 = math.log(2.0)
_ROOT_HALF = math.sqrt(0.5)


def _log_share(part: Tensor, rest: Tensor) -> Tensor:
    """``log(part / (part + rest))`` of numbers that are not negative."""
    total = part + rest
    small = part < rest
    positive = part > 0
    low = tf.math.log(tf.where(small & positive, part / total, tf.ones_like(total)))
    high = tf.math.log1p(-tf.where(small, tf.zeros_like(total), rest / total))
    return tf.where(positive, tf.where(small, low, high), tf.constant(-np.inf, total.dtype))


def _uniform(value: Tensor, canonical: Canonical) -> Tensor:
    return _log_share(value - canonical["lower"], canonical["upper"] - value)


def _flat(value: Tensor, canonical: Canonical) -> Tensor:
    """Half of an improper total on each side, as PyMC3 has it."""
    below = tf.where(tf.equal(value, -np.inf), value, -_LOG_2 * tf.ones_like(value))
    return tf.where(tf.equal(value, np.inf), tf.zeros_like(value), below)


def _half_flat(value: Tensor, canonical: Canonical) -> Tensor:
    """Nothing of an improper total below any number, as PyMC3 has it."""
    return tf.where(tf.equal(value, np.inf), tf.zeros_like(value), tf.constant(-np.inf, value.dtype))


def _normal(value: Tensor, canonical: Canonical) -> Tensor:
    return log_ndtr(standardised(value, canonical))


def _half_normal(value: Tensor, canonical: Canonical) -> Tensor:
    y = value / canonical["sigma"] * _ROOT_HALF
    small = y < 0.5
    low, high = tf.where(small, y, 0.5 * tf.ones_like(y)), tf.where(small, tf.ones_like(y), y)
    positive = low > 0
    lower = tf.math.log(tf.math.erf(tf.where(positive, low, tf.ones_like(y))))
    lower = tf.where(positive, lower, tf.constant(-np.inf, y.dtype))
    return tf.where(small, lower, tf.math.log1p(-tf.math.erfc(high)))


def _log_normal(value: Tensor, canonical: Canonical) -> Tensor:
    return log_ndtr((tf.math.log(value) - canonical["mu"]) / canonical["sigma"])


def _exponential(value: Tensor, canonical: Canonical) -> Tensor:
    return _from_zero(value, lambda x: log1mexp(canonical["lam"] * x))


def _weibull(value: Tensor, canonical: Canonical) -> Tensor:
    return _from_zero(value, lambda x: log1mexp_exp(canonical["alpha"] * log_ratio(x, canonical["beta"])))


def _from_zero(value: Tensor, inside: Callable[[Tensor], Tensor]) -> Tensor:
    """A distribution function that is 0 at 0, without a gradient there."""
    positive = value > 0
    result = inside(tf.where(positive, value, tf.ones_like(value)))
    return tf.where(positive, result, tf.constant(-np.inf, result.dtype))


def _laplace(value: Tensor, canonical: Canonical) -> Tensor:
    z = (value - canonical["mu"]) / canonical["b"]
    return tf.where(z <= 0, z - _LOG_2, tf.math.log1p(-0.5 * tf.exp(-tf.maximum(z, tf.zeros_like(z)))))


def _cauchy(value: Tensor, canonical: Canonical) -> Tensor:
    """By the arc tangent of the reciprocal in both tails."""
    off, beta = value - canonical["alpha"], canonical["beta"]
    size = tf.abs(off)
    far = size > beta
    ratio = tf.where(far, beta, tf.ones_like(off)) / tf.where(far, size, tf.ones_like(off))
    # a small angle is its tangent, whose logarithm has gradients that neither underflow nor overflow
    tiny = ratio < float(np.finfo(off.dtype.as_numpy_dtype).eps) ** 0.5
    angle = tf.atan(tf.where(tiny, tf.ones_like(off), ratio)) / math.pi
    log_tangent = tf.math.log(beta) - tf.math.log(tf.where(far, size, tf.ones_like(off)))
    log_angle = tf.where(tiny, log_tangent - math.log(math.pi), tf.math.log(angle))
    central = tf.math.log(0.5 + tf.atan(tf.where(far, tf.zeros_like(off), off) / beta) / math.pi)
    return tf.where(far, tf.where(off < 0, log_angle, tf.math.log1p(-tf.exp(log_angle))), central)


def _half_cauchy(value: Tensor, canonical: Canonical) -> Tensor:
    def inside(x: Tensor) -> Tensor:
        z = x / canonical["beta"]
        far = z > 1.0
        angle = tf.atan(1.0 / tf.where(far, z, tf.ones_like(z)))
        near = tf.math.log(tf.atan(tf.where(far, tf.ones_like(z), z))) - math.log(0.5 * math.pi)
        return tf.where(far, tf.math.log1p(-2.0 / math.pi * angle), near)

    return _from_zero(value, inside)


def _student_t(value: Tensor, canonical: Canonical) -> Tensor:
    """By the incomplete beta function, from the end whose argument keeps its digits (NIST DLMF 8.17.1)."""
    z = standardised(value, canonical)
    nu, z = canonical["nu"] + tf.zeros_like(z), z + tf.zeros_like(canonical["nu"])
    scaled = z / tf.sqrt(nu)
    largest = float(scaled.dtype.max) ** 0.48
    square = tf.square(tf.clip_by_value(scaled, -largest, largest))
    far = square > 1.0 / (0.5 * nu + 1.0)
    odds = tf.where(far, square, tf.ones_like(square))
    half = 0.5 * tf.ones_like(nu)
    log_share = -log1p_square(tf.where(far, z, tf.sqrt(nu)), tf.sqrt(nu))
    tail = log_betainc(0.5 * nu, half, 1.0 / (1.0 + odds), 1.0 / (1.0 + 1.0 / odds), log_share)
    some = ~far & (square > 0)
    near = tf.where(some, square, tf.ones_like(square))
    # a conditioned part of the middle: the probability within abs(z), so that nothing is close to 1
    inner = betainc(half, 0.5 * nu, near / (1.0 + near))
    inside = tf.where(some, inner, tf.zeros_like(inner))
    below = tf.where(far, tail, tf.math.log1p(-inside)) - _LOG_2
    result = tf.where(z < 0, below, tf.math.log1p(-tf.exp(below)))
    # where the square is 0, the tangent at the centre: the slope is the density there
    centre = tf.exp(log_student(tf.zeros_like(z), nu, tf.ones_like(z))) * tf.where(square > 0, tf.zeros_like(z), z)
    return tf.where(square > 0, result, tf.math.log1p(2.0 * centre) - _LOG_2)


def _gamma(value: Tensor, canonical: Canonical) -> Tensor:
    alpha, beta = canonical["alpha"], canonical["beta"]
    return _from_zero(value, lambda x: log_gammainc(alpha, beta * x, tf.math.log(beta) + tf.math.log(x)))


def _chi_squared(value: Tensor, canonical: Canonical) -> Tensor:
    return _from_zero(value, lambda x: log_gammainc(0.5 * canonical["nu"], 0.5 * x, tf.math.log(x) - _LOG_2))


def _inverse_gamma(value: Tensor, canonical: Canonical) -> Tensor:
    return log_gammaincc(canonical["alpha"], canonical["beta"] / value)


def _beta(value: Tensor, canonical: Canonical) -> Tensor:
    def inside(x: Tensor) -> Tensor:
        a, b = (canonical[name] + tf.zeros_like(x) for name in ("alpha", "beta"))
        x = x + tf.zeros_like(a)
        flip = (x > a / (a + b)) & ((x > 0.1) | (a >= 1.0))  # a value near 0 may have most of the mass below it
        x, rest = tf.where(flip, 1.0 - x, x), tf.where(flip, x, 1.0 - x)
        part = log_betainc(tf.where(flip, b, a), tf.where(flip, a, b), x, rest)
        return tf.where(flip, log1mexp(tf.where(flip, -part, tf.ones_like(part))), part)

    return _from_zero(value, inside)


def _pareto(value: Tensor, canonical: Canonical) -> Tensor:
    m = canonical["m"]
    above = value > m
    x = tf.where(above, value, 2.0 * m)
    result = log1mexp(canonical["alpha"] * log_ratio(x, m))
    return tf.where(above, result, tf.constant(-np.inf, result.dtype))


def _triangular(value: Tensor, canonical: Canonical) -> Tensor:
    lower, upper, c = canonical["lower"], canonical["upper"], canonical["c"]
    left = value <= c
    rising, falling = left & (value > lower), ~left & (value < upper)
    one = tf.ones_like(upper - lower) * tf.ones_like(value)
    rise = tf.where(rising, value - lower, one) / tf.where(rising, c - lower, one)
    rise = rise * tf.where(rising, (value - lower) / (upper - lower), one)
    fall = tf.where(falling, upper - value, 0.5 * one) / tf.where(falling, upper - c, one)
    fall = fall * tf.where(falling, (upper - value) / (upper - lower), one)
    at_ends = tf.where(left, tf.constant(-np.inf, one.dtype), tf.zeros_like(one))
    return tf.where(rising, tf.math.log(rise), tf.where(falling, tf.math.log1p(-fall), at_ends))


def _gumbel(value: Tensor, canonical: Canonical) -> Tensor:
    return -tf.exp(-(value - canonical["mu"]) / canonical["beta"])


def _logistic(value: Tensor, canonical: Canonical) -> Tensor:
    return -tf.math.softplus(-(value - canonical["mu"]) / canonical["s"])


def _moyal(value: Tensor, canonical: Canonical) -> Tensor:
    """Of the error function near 1, of its scaled complement near 0."""
    root = tf.exp(-0.5 * standardised(value, canonical)) * _ROOT_HALF
    small = root < 0.5
    upper = tf.math.log1p(-tf.math.erf(tf.where(small, root, tf.zeros_like(root))))
    return tf.where(small, upper, _LOG_2 + log_ndtr(tf.where(small, -tf.ones_like(root), root / -_ROOT_HALF)))


def exact_ex_gaussian_cdf(value: Tensor, canonical: Canonical) -> Tensor:
    """Of a normal plus an exponential variable: ``Phi(z) (1 - exp(-drop))``.

    The drop is a difference of logarithms. To the left, of scaled complementary error functions; of near ones it is the
    integral of a derivative, by Gauss and Legendre. To the right, of normal distribution functions.
    """
    z, k = standardised(value, canonical), canonical["sigma"] / canonical["nu"]
    z, k = z + tf.zeros_like(k), k + tf.zeros_like(z)
    right = (z > 1.0) & (k < z)
    start = tf.where(right, tf.zeros_like(z), -z) * _ROOT_HALF
    start = tf.maximum(start, -26.0 * _ROOT_HALF)  # further out the drop is large whatever the start
    narrow = k < 0.7
    step = tf.where(narrow, k, 0.5 * tf.ones_like(k)) * _ROOT_HALF
    nodes, weights = np.polynomial.legendre.leggauss(7)
    pairs = zip(nodes, weights, strict=True)
    integral = step * sum(0.5 * w * erfcx_decay(start + step * (0.5 + 0.5 * x)) for x, w in pairs)
    end = start + tf.where(narrow, tf.ones_like(k), k) * _ROOT_HALF
    left_drop = tf.where(narrow, integral, tf.math.log(erfcx(start)) - tf.math.log(erfcx(end)))
    z_right, k_right = tf.where(right, z, 2.0 * tf.ones_like(z)), tf.where(right, k, tf.ones_like(k))
    right_drop = k_right * (z_right - 0.5 * k_right) + log_ndtr(z_right) - log_ndtr(z_right - k_right)
    return log_ndtr(z) + log1mexp(tf.where(right, right_drop, left_drop))


def _ex_gaussian(value: Tensor, canonical: Canonical) -> Tensor:
    """PyMC3 drops the exponential part where its mean is at most a twentieth of sigma."""
    if quirks.fixed():
        return exact_ex_gaussian_cdf(value, canonical)
    close = canonical["nu"] <= 0.05 * canonical["sigma"]
    return tf.where(close, _normal(value, canonical), exact_ex_gaussian_cdf(value, canonical))


def _inverse_gaussian(y: Tensor, mu: Tensor, lam: Tensor) -> Tensor:
    """Two normal tails with the exponential factor between them cancelled by hand (Giner & Smyth 2016, eq. 5)."""
    root = tf.sqrt(lam / y)
    v, w = root * (y - mu) / mu, root * (y + mu) / mu
    below = v < 0
    second = erfcx(w * _ROOT_HALF)
    near = tf.where(below, -v, tf.ones_like(v)) * _ROOT_HALF
    left = -tf.square(near) + tf.math.log(0.5 * (erfcx(near) + second))
    high = tf.where(below, tf.ones_like(v), v)
    rest = 0.5 * tf.exp(-0.5 * tf.square(high)) * (erfcx(high * _ROOT_HALF) - tf.where(below, tf.zeros_like(v), second))
    return tf.where(below, left, tf.math.log1p(-rest))


def _wald(value: Tensor, canonical: Canonical) -> Tensor:
    """PyMC3 has the reciprocal of lam here."""
    lam = canonical["lam"] if quirks.fixed() else 1.0 / canonical["lam"]
    return _inverse_gaussian(value - canonical["alpha"], canonical["mu"], lam)


LOG_CDF: Mapping[str, Callable[[Tensor, Canonical], Tensor]] = {
    "Beta": _beta,
    "Cauchy": _cauchy,
    "ChiSquared": _chi_squared,
    "ExGaussian": _ex_gaussian,
    "Exponential": _exponential,
    "Flat": _flat,
    "Gamma": _gamma,
    "Gumbel": _gumbel,
    "HalfCauchy": _half_cauchy,
    "HalfFlat": _half_flat,
    "HalfNormal": _half_normal,
    "InverseGamma": _inverse_gamma,
    "Laplace": _laplace,
    "Logistic": _logistic,
    "Lognormal": _log_normal,
    "Moyal": _moyal,
    "Normal": _normal,
    "Pareto": _pareto,
    "StudentT": _student_t,
    "Triangular": _triangular,
    "Uniform": _uniform,
    "Wald": _wald,
    "Weibull": _weibull,
}
