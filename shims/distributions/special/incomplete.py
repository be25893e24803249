"""Incomplete gamma and beta functions, in logarithms.

TensorFlow's stop being accurate for large shapes and underflow in the tails.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import tensorflow as tf
from scipy import special

from pm_migrate.shims.distributions.special.common import (
    HALF_LOG_TWO_PI,
    deviance,
    erfcx,
    log1mexp,
    log_gamma_kernel,
    log_ratio,
    stirling_remainder,
)

Tensor = Any
#: Terms of a tail series that are summed; the rest is closed as a geometric series.
_TERMS = 200
#: Shape from which the uniform expansion serves, for arguments within 30 % of the shape.
_LARGE = 200.0


def _log_tail_sum(factors: Tensor) -> Tensor:
    """``log(1 + f1 + f1 f2 + ...)`` over the last axis, the rest as a geometric series of the last factor."""
    products = tf.math.cumprod(factors, axis=-1)
    last = factors[..., -1]
    rest = products[..., -1] * last / (1.0 - last)
    return tf.math.log1p(tf.reduce_sum(products, axis=-1) + rest)


def _uniform_coefficients(orders: int, terms: int) -> list[list[float]]:
    """Taylor coefficients of Temme's c_k(eta) at 0 (NIST DLMF 8.12.9-10).

    From mu mu' = eta (1 + mu) for mu = lambda - 1 come the coefficients of mu, from 1 / mu = mu' / eta - 1 those of
    c_0, and each further c_k by a differentiation, in which the poles cancel.
    """
    size = terms + 2 * orders + 2
    mu = [Fraction(0), Fraction(1)]
    for n in range(2, size + 2):
        mu.append((mu[n - 1] - sum(j * mu[j] * mu[n - j + 1] for j in range(2, n))) / (n + 1))
    first = [(n + 2) * mu[n + 2] - (n == 0) for n in range(size)]
    table = [first]
    for _ in range(1, orders):
        last = table[-1]
        table.append([(n + 2) * last[n + 2] - last[1] * first[n] for n in range(len(last) - 2)])
    return [[float(c) for c in row[:terms]] for row in table]


_UNIFORM = _uniform_coefficients(7, 22)


def _uniform_expansion(a: Tensor, x: Tensor, sign: float) -> Tensor:
    """``log P`` (sign -1, for x <= a) or ``log Q`` (sign 1) of a large shape by Temme's expansion (NIST DLMF 8.12.3-8).

    The exponent is the deviance of x from a; its signed root is smooth through 0.
    """
    v = (x - a) / (x + a)
    square = tf.square(v)
    series = tf.zeros_like(v)
    for j in range(12, -1, -1):
        series = series * square + 1.0 / (2 * j + 3)
    root = v * tf.sqrt(x + a - 2.0 * a * v * series)
    eta = root * tf.sqrt(2.0 / a)
    correction = tf.zeros_like(a)
    for row in reversed(_UNIFORM):
        term = tf.zeros_like(a)
        for coefficient in reversed(row):
            term = term * eta + coefficient
        correction = correction / a + term
    correction = correction / tf.sqrt(2.0 * math.pi * a)
    return tf.math.log(0.5 * erfcx(sign * root) + sign * correction) - tf.square(root)


#: Coefficients zeta(k) (-1)**k / k of log(gamma(1 + a)) + euler_gamma a, from k = 2 (NIST DLMF 5.7.3).
_ZETA = tuple((-1.0) ** k * float(special.zeta(k)) / k for k in range(2, 28))


def _log_gamma1p_share(a: Tensor) -> Tensor:
    """``log(gamma(1 + a)) / a`` for 0 < a < 0.2."""
    share = tf.zeros_like(a)
    for coefficient in reversed(_ZETA):
        share = (share + coefficient) * a
    return share - np.euler_gamma


def _gammaincc(a: Tensor, x: Tensor) -> Tensor:
    """Regularised upper incomplete gamma function, to relative precision also for a small shape and argument.

    There TensorFlow subtracts the lower one, which is close to 1; the series of Gautschi 1979 (ACM TOMS 5, section 4.1)
    has that difference taken out.
    """
    small = (a < 0.2) & (x < 1.2)
    a_small, x_small = tf.where(small, a, 0.1 * tf.ones_like(a)), tf.where(small, x, tf.ones_like(x))
    exponent = a_small * (tf.math.log(x_small) - _log_gamma1p_share(a_small))
    term, total = tf.ones_like(x), tf.zeros_like(x)
    for n in range(1, 22):
        term = term * (-x_small / n)
        total = total + term / (a_small + n)
    series = -tf.math.expm1(exponent) - a_small * tf.exp(exponent) * total
    return tf.where(small, series, tf.math.igammac(tf.where(small, tf.ones_like(a), a), x))


def log_gammainc(a: Tensor, x: Tensor, log_x: Tensor) -> Tensor:
    """Logarithm of the regularised lower incomplete gamma function P(a, x).

    Below a, by the series of NIST DLMF 8.11.4, which gives the logarithm however small the probability; around a large
    shape by the uniform expansion; above, as ``log(1 - Q)``.
    """
    a, x = a + tf.zeros_like(x), x + tf.zeros_like(a)
    log_x = log_x + tf.zeros_like(a)
    upper = x > a
    series = ~upper & ((a < _LARGE) | (x < 0.7 * a))
    uniform = ~upper & ~series
    a_series, x_series = tf.where(series, a, tf.ones_like(a)), tf.where(series, x, 0.5 * tf.ones_like(x))
    factors = x_series[..., None] / (a_series[..., None] + tf.range(1.0, _TERMS + 1.0, dtype=a.dtype))
    kernel = log_gamma_kernel(a_series, x_series, tf.where(series, log_x, -math.log(2.0) * tf.ones_like(x)))
    summed = kernel - tf.math.log(a_series) + _log_tail_sum(factors)
    a_uniform = tf.where(uniform, a, _LARGE * tf.ones_like(a))
    expanded = _uniform_expansion(a_uniform, tf.where(uniform, x, a_uniform), -1.0)
    survival = tf.exp(_log_upper(tf.where(upper, a, tf.ones_like(a)), tf.where(upper, x, 2.0 * tf.ones_like(x))))
    return tf.where(upper, tf.math.log1p(-survival), tf.where(series, summed, expanded))


def log_gammaincc(a: Tensor, x: Tensor) -> Tensor:
    """Logarithm of the regularised upper incomplete gamma function Q(a, x), for an x that is a positive number."""
    a, x = a + tf.zeros_like(x), x + tf.zeros_like(a)
    # for a small shape most of the mass is below a small number, and Q is small itself
    lower = (x < a) & (a > 0.2)
    a_low, x_low = tf.where(lower, a, tf.ones_like(a)), tf.where(lower, x, 0.5 * tf.ones_like(x))
    low = tf.math.log1p(-tf.exp(log_gammainc(a_low, x_low, tf.math.log(x_low))))
    high = _log_upper(tf.where(lower, tf.ones_like(a), a), tf.where(lower, 2.0 * tf.ones_like(x), x))
    return tf.where(lower, low, high)


def _log_upper(a: Tensor, x: Tensor) -> Tensor:
    """``log Q(a, x)`` for x above a, or for a small shape."""
    uniform = (a >= _LARGE) & (x < 1.3 * a)
    far = ~uniform & (x > 1.3 * a + 30.0)
    a_uniform = tf.where(uniform, a, _LARGE * tf.ones_like(a))
    expanded = _uniform_expansion(a_uniform, tf.where(uniform, x, a_uniform), 1.0)
    a_far, x_far = tf.where(far, a, tf.ones_like(a)), tf.where(far, x, 40.0 * tf.ones_like(x))
    # Legendre's continued fraction (NIST DLMF 8.9.2), from the inside out
    fraction = tf.zeros_like(x)
    for k in range(60, 0, -1):
        fraction = k * (a_far - k) / (x_far + (2 * k + 1) - a_far + fraction)
    tail = log_gamma_kernel(a_far, x_far, tf.math.log(x_far)) - tf.math.log(x_far + 1.0 - a_far + fraction)
    other = uniform | far
    near = tf.math.log(_gammaincc(tf.where(other, tf.ones_like(a), a), tf.where(other, tf.ones_like(x), x)))
    return tf.where(uniform, expanded, tf.where(far, tail, near))


def betainc(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """Regularised incomplete beta function by TFP, which differentiates it by all its arguments."""
    from tensorflow_probability import math as tfp_math

    return tfp_math.betainc(a, b, x)


def _log_rising(a: Tensor, b: Tensor) -> Tensor:
    """``log(gamma(a + b) / gamma(a))``, to relative precision also for a small b: Stirling's formula, ten up."""
    far = a + 10.0
    steps = tf.math.log1p(b[..., None] / (a[..., None] + tf.range(10.0, dtype=a.dtype)))
    large = (far - 0.5) * tf.math.log1p(b / far) + b * (tf.math.log(far + b) - 1.0)
    return large + stirling_remainder(far + b) - stirling_remainder(far) - tf.reduce_sum(steps, axis=-1)


#: Largest argument of the series below, and its terms: 0.25**29 < 1e-17.
_SMALL, _SMALL_TERMS = 0.25, 29


def _log_betainc_small(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """Logarithm of the regularised incomplete beta function of a small ``x`` and ``b * x``.

    TensorFlow's continued fraction does not converge there for a small a (relative error 0.04 of the rest of 1 for
    a = 1e-5, b = 100, x = 1e-7), and loses digits for a large b. The series of NIST DLMF 8.17.7 in logarithms.
    """
    small = a < 0.2
    share = _log_gamma1p_share(tf.where(small, a, 0.1 * tf.ones_like(a)))
    log_gamma = tf.where(small, a * share, tf.math.lgamma(1.0 + a))
    term, total = tf.ones_like(x), tf.zeros_like(x)
    for k in range(1, _SMALL_TERMS + 1):
        term = term * (k - b) * x / k
        total = total + term / (a + k)
    return a * tf.math.log(x) + _log_rising(b, a) - log_gamma + tf.math.log1p(a * total)


def log_betainc(a: Tensor, b: Tensor, x: Tensor, rest: Tensor, log_x: Tensor | None = None) -> Tensor:
    """Logarithm of the regularised incomplete beta function of x = 1 - rest, for x below the mean a / (a + b).

    Where the probability is too small for a number, the series of NIST DLMF 8.17.8 gives its logarithm. ``log_x`` is
    given where x itself may underflow.
    """
    n = a + b
    if log_x is None:
        log_x = tf.where(x < 0.5, tf.math.log(x), tf.math.log1p(-rest))
    log_rest = tf.where(rest < 0.5, tf.math.log(rest), tf.math.log1p(-x))
    log_n = tf.math.log(n)
    misfit = deviance(a, n * x, log_n + log_x) + deviance(b, n * rest, log_n + log_rest)
    series = (misfit > 300.0) | (x < 0.5 * a / n)
    count = tf.range(0.0, float(_TERMS), dtype=x.dtype)
    factors = (
        tf.where(series, x, 0.1 * tf.ones_like(x))[..., None] * (n[..., None] + count) / (a[..., None] + 1.0 + count)
    )
    factors = tf.minimum(factors, 0.999)
    remainders = stirling_remainder(n) - stirling_remainder(a) - stirling_remainder(b)
    kernel = 0.5 * (log_ratio(b, n) - tf.math.log(a)) - HALF_LOG_TWO_PI + remainders - misfit
    one = tf.ones_like(n * x)
    near_one = ~series & (rest < _SMALL) & (a * rest < 1.0)
    near_zero = ~series & ~near_one & (x < _SMALL) & (b * x < 1.0)
    some = near_one | near_zero
    # I_x(a, b) = 1 - I_rest(b, a)
    first, second = tf.where(near_one, b, a), tf.where(near_one, a, b)
    small = _log_betainc_small(
        tf.where(some, first, one), tf.where(some, second, one), tf.where(some, tf.where(near_one, rest, x), 0.01 * one)
    )
    small = tf.where(near_one, log1mexp(tf.where(near_one, -small, one)), small)
    other = series | some
    value = betainc(tf.where(other, one, a), tf.where(other, one, b), tf.where(other, 0.5 * one, x))
    value = tf.math.log(tf.where(other, one, value))
    return tf.where(series, kernel + _log_tail_sum(factors), tf.where(some, small, value))
