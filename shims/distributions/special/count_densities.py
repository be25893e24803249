"""Densities of counts that keep their digits at large counts, at rates of 0 and at probabilities of 0 and 1.

TFP takes differences of log-gammas, which lose what the log-gammas exceed their difference by: 1e-9 at counts of 1e6.
Here every density is a product of binomial coefficients and powers, written by their largest terms (Loader 2000, "Fast
and accurate computation of binomial probabilities"): what remains are deviances, which are small near the mean, and
remainders of Stirling's series.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions.special.common import deviance, stirling_remainder

Tensor = Any
_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


def infinity(like: Tensor) -> Tensor:
    return tf.constant(np.inf, like.dtype)


def factorial_remainder(x: Tensor) -> Tensor:
    """``log(x!) - x * log(x) + x`` for x >= 0, which is 0 at 0."""
    positive = x > 0
    # below 1/2 Stirling's terms would be large and cancel
    small = x < 0.5
    above = tf.where(small, tf.ones_like(x), x)
    below = tf.where(small & positive, x, 0.25 * tf.ones_like(x))
    direct = tf.math.lgamma(1.0 + below) - below * tf.math.log(below) + below
    stirling = stirling_remainder(above) + 0.5 * tf.math.log(above) + _HALF_LOG_TWO_PI
    return tf.where(small, tf.where(positive, direct, tf.zeros_like(x)), stirling)


def deviance_from(x: Tensor, mean: Tensor) -> Tensor:
    """:func:`deviance` with a mean that may be 0: infinite there but for x = 0."""
    positive = mean > 0
    inside = deviance(x, tf.where(positive, mean, tf.ones_like(mean)))
    # at x = 0 the deviance is the mean itself, and so is its slope
    return tf.where(positive, inside, tf.where(x > 0, infinity(inside), mean))


def poisson(value: Tensor, mu: Tensor) -> Tensor:
    """Log density of a Poisson variable, for any mu >= 0."""
    return -factorial_remainder(value) - deviance_from(value, mu)


def binomial(value: Tensor, n: Tensor, p: Tensor) -> Tensor:
    """Log density of a binomial variable, for any n >= 0 and p in [0, 1]."""
    rest = n - value
    coefficient = factorial_remainder(n) - factorial_remainder(value) - factorial_remainder(rest)
    # at the ends it is 0, also where a vector kernel rounds otherwise than a scalar one
    coefficient = tf.where((value > 0) & (rest > 0), coefficient, tf.zeros_like(coefficient))
    return coefficient - deviance_from(value, n * p) - deviance_from(rest, n * (1.0 - p))


def _failures(value: Tensor, shape: Tensor, stop: Tensor, go: Tensor) -> Tensor:
    """``log(Gamma(value + shape) / (value! Gamma(shape)) * stop**shape * go**value)`` where stop + go = 1."""
    some = value > 0
    counted = tf.where(some, value, tf.ones_like(value))
    both = counted + shape
    coefficient = factorial_remainder(both) - factorial_remainder(counted) - factorial_remainder(shape)
    coefficient += tf.math.log(shape) - tf.math.log(both)
    total = value + shape
    powers = deviance_from(value, total * go) + deviance_from(shape, total * stop)
    return tf.where(some, coefficient, tf.zeros_like(coefficient)) - powers


def negative_binomial(value: Tensor, mu: Tensor, alpha: Tensor) -> Tensor:
    """Log density of a negative binomial variable of mean mu > 0 and any alpha > 0; Poisson at an infinite alpha."""
    alpha = tf.minimum(alpha, 0.1 * alpha.dtype.max)
    small = alpha < 1e-30
    limit = _few_stops(value, mu, tf.where(small, alpha, tf.ones_like(alpha)))
    alpha = tf.where(small, tf.ones_like(alpha), alpha)
    return tf.where(small, limit, _failures(value, alpha, alpha / (mu + alpha), mu / (mu + alpha)))


def _few_stops(value: Tensor, mu: Tensor, alpha: Tensor) -> Tensor:
    """:func:`negative_binomial` for a small alpha, whose quotient by mu may underflow: its log-gamma is a logarithm."""
    rare = alpha < mu
    one = tf.ones_like(mu + alpha)
    ratio = tf.where(rare, alpha, mu) / (tf.where(rare, mu, alpha) * one)
    log_ratio = tf.math.log(alpha) - tf.math.log(mu)
    log_stop = tf.where(rare, log_ratio, 0.0 * one) - tf.math.log1p(ratio)
    log_go = tf.where(rare, 0.0 * one, -log_ratio) - tf.math.log1p(ratio)
    some = value > 0
    coefficient = tf.math.log(alpha) - tf.math.log(tf.where(some, value, tf.ones_like(value)))
    return alpha * log_stop + tf.where(some, coefficient + value * log_go, 0.0 * one)


def beta_binomial(value: Tensor, alpha: Tensor, beta: Tensor, n: Tensor) -> Tensor:
    """Log density of a beta-binomial variable.

    It is a negative binomial variable given its sum n with another of the same success probability. Any probability
    will do, and none of them has a gradient: the one whose mean sum is n makes all deviances small.
    """
    both = alpha + beta
    stop, go = tf.stop_gradient(both / (n + both)), tf.stop_gradient(n / (n + both))
    stop = tf.maximum(stop, stop.dtype.max**-0.8)  # products with it must not underflow
    parts = _failures(value, alpha, stop, go) + _failures(n - value, beta, stop, go)
    return parts - _failures(n, both, stop, go)


def hypergeometric(value: Tensor, N: Tensor, k: Tensor, n: Tensor) -> Tensor:
    """Log density of a hypergeometric variable: binomial, given its sum n with another (Loader 2000, section 5)."""
    population = tf.maximum(N, tf.ones_like(N))
    others, left = N - k, N - n
    result = tf.zeros_like(value)
    for size in (k, others, n, left):
        result += factorial_remainder(size)
    result -= factorial_remainder(N)
    for count, size, drawn in (
        (value, k, n),
        (k - value, k, left),
        (n - value, others, n),
        (others - (n - value), others, left),
    ):
        result -= factorial_remainder(count) + deviance_from(count, size * drawn / population)
    return result


def log_or_minus_infinity(x: Tensor) -> Tensor:
    positive = x > 0
    return tf.where(positive, tf.math.log(tf.where(positive, x, tf.ones_like(x))), -infinity(x))


def power_of_rest(p: Tensor, count: Tensor) -> Tensor:
    """``count * log(1 - p)``, which is 0 for a count of 0 and -inf for others at p = 1."""
    below = p < 1
    inside = count * tf.math.log1p(-tf.where(below, p, tf.zeros_like(p)))
    return tf.where(below, inside, tf.where(count > 0, -infinity(inside), tf.zeros_like(inside)))


def with_excess(psi: Tensor, log_rest: Tensor) -> Tensor:
    """``log((1 - psi) + psi * exp(log_rest))`` for log_rest <= 0, with finite gradients at psi = 0 and psi = 1.

    The usual log-sum-exp of ``log(1 - psi)`` and ``log(psi) + log_rest`` has infinite terms there.
    """
    near = log_rest > -1.0
    mixed = ~near & (psi < 1)
    log_rest_near = tf.where(near, log_rest, tf.zeros_like(log_rest))
    close = tf.math.log1p(psi * tf.math.expm1(log_rest_near))
    psi_mixed = tf.where(mixed, psi, 0.5 * tf.ones_like(psi))
    apart = tf.math.log((1.0 - psi_mixed) + psi_mixed * tf.exp(tf.where(mixed, log_rest, -tf.ones_like(log_rest))))
    # psi = 1: the value is log_rest; the slope by psi is 1 - exp(-log_rest), kept finite
    limit = 0.98 * math.log(log_rest.dtype.max)
    slope = tf.stop_gradient(-tf.math.expm1(tf.clip_by_value(-log_rest, -1.0, limit)))
    alone = log_rest + slope * (psi - 1.0)
    return tf.where(near, close, tf.where(mixed, apart, alone))


def zero_inflated(value: Tensor, psi: Tensor, base: Tensor, base_at_zero: Tensor) -> Tensor:
    counted = value > 0
    inflated = with_excess(psi, tf.where(counted, tf.zeros_like(base_at_zero), base_at_zero))
    return tf.where(counted, log_or_minus_infinity(psi) + base, inflated)


def bernoulli(value: Tensor, p: Tensor, logit_p: Tensor) -> Tensor:
    """By the logit, which keeps the digits of both probabilities; at p = 0 and p = 1 (whose logit is put 0) by p."""
    success = value > 0
    certain = ((p <= 0) | (p >= 1)) & tf.equal(logit_p, 0)
    by_logit = -tf.math.softplus(tf.where(success, -logit_p, logit_p))
    at_edge = log_or_minus_infinity(tf.where(success, p, 1.0 - p))
    return tf.where(certain, at_edge, by_logit)


def log1mexp(x: Tensor) -> Tensor:
    """``log(1 - exp(-x))`` for x > 0 (Maechler 2012); -inf at 0, with a gradient of 0 there."""
    positive = x > 0
    near = x < math.log(2.0)
    close = tf.math.log(-tf.math.expm1(-tf.where(near & positive, x, tf.ones_like(x))))
    far = tf.math.log1p(-tf.exp(-tf.where(near, tf.ones_like(x), x)))
    return tf.where(positive, tf.where(near, close, far), -infinity(x))
