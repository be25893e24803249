"""Counts, each with the reason why TFP does not serve it; all but the smallest are of :mod:`count_densities`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.shims.distributions.special import count_cdfs, count_draws
from pm_migrate.shims.distributions.special.count_densities import (
    bernoulli,
    beta_binomial,
    binomial,
    hypergeometric,
    infinity,
    log1mexp,
    log_or_minus_infinity,
    negative_binomial,
    poisson,
    power_of_rest,
    zero_inflated,
)

Tensor = Any


def _poisson(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return poisson(value, canonical["mu"])


def _binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return binomial(value, canonical["n"], canonical["p"])


def _negative_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return negative_binomial(value, canonical["mu"], canonical["alpha"])


def _beta_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return beta_binomial(value, canonical["alpha"], canonical["beta"], canonical["n"])


def _hypergeometric(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP has none."""
    return hypergeometric(value, canonical["N"], canonical["k"], canonical["n"])


def _bernoulli(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`bernoulli`; TFP's gradient is NaN at a probability of exactly 0 or 1."""
    return bernoulli(value, canonical["p"], canonical["logit_p"])


def _geometric(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's Geometric counts failures, from 0; PyMC3's counts trials, from 1."""
    p = canonical["p"]
    return log_or_minus_infinity(p) + power_of_rest(p, value - 1.0)


def _discrete_weibull(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """``log(q ** x**beta - q ** (x + 1)**beta)``, whose powers underflow far out: the first is taken out of the sum."""
    beta, log_q = canonical["beta"], tf.math.log(canonical["q"])
    zero = tf.equal(value, 0)
    count = tf.where(zero, tf.ones_like(value), value)
    exponent = beta * tf.math.log(count)
    growth = beta * tf.math.log1p(1.0 / count)
    limit = math.log(value.dtype.max)
    fits = exponent < 0.98 * limit
    power = tf.exp(tf.where(fits, exponent, tf.zeros_like(exponent)))
    tail = tf.where(zero, tf.zeros_like(power), tf.where(fits, power * log_q, -infinity(power)))
    # beyond, the second power is nothing beside the first
    near = (exponent < 0.45 * limit) & (growth < 0.45 * limit)
    moderate = tf.exp(tf.where(near, exponent, tf.zeros_like(exponent)))
    step = tf.where(zero, tf.ones_like(power), moderate * tf.math.expm1(tf.where(near, growth, tf.ones_like(growth))))
    difference = log1mexp(-step * log_q)
    return tail + tf.where(near | zero, difference, tf.zeros_like(difference))


def _zero_inflated_poisson(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's Inflated has a gradient of NaN at psi = 0 and psi = 1; its mixing probability is 1 - psi."""
    theta = canonical["theta"]
    return zero_inflated(value, canonical["psi"], poisson(value, theta), -theta)


def _zero_inflated_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`_zero_inflated_poisson`."""
    n, p = canonical["n"], canonical["p"]
    return zero_inflated(value, canonical["psi"], binomial(value, n, p), power_of_rest(p, n))


def _zero_inflated_negative_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`_zero_inflated_poisson`."""
    mu, alpha = canonical["mu"], canonical["alpha"]
    at_zero = negative_binomial(tf.zeros_like(mu + alpha), mu, alpha)
    return zero_inflated(value, canonical["psi"], negative_binomial(value, mu, alpha), at_zero)


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Bernoulli": _bernoulli,
    "BetaBinomial": _beta_binomial,
    "Binomial": _binomial,
    "DiscreteWeibull": _discrete_weibull,
    "Geometric": _geometric,
    "HyperGeometric": _hypergeometric,
    "NegativeBinomial": _negative_binomial,
    "Poisson": _poisson,
    "ZeroInflatedBinomial": _zero_inflated_binomial,
    "ZeroInflatedNegativeBinomial": _zero_inflated_negative_binomial,
    "ZeroInflatedPoisson": _zero_inflated_poisson,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = count_draws.SAMPLE

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = count_cdfs.LOG_CDF
