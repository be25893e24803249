"""Distribution functions of counts.

TensorFlow's ``igammac`` is wrong by 5 % at counts of 1e6 (2e-9 under XLA), its ``betainc`` takes minutes there, and
both underflow in the tails. The densities are accurate, so they are summed, in blocks, over the few standard deviations
that carry the mass. The gradient is a sum of the same kind: the mean of the density's gradient below the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from pm_migrate.shims.distributions.special import count_densities as densities
from pm_migrate.shims.distributions.special.count_densities import infinity, log1mexp, with_excess

Tensor = Any
Density = Callable[..., Tensor]
_BLOCK = 256


def log_sum(density: Density, parameters: Sequence[Tensor], first: Tensor, last: Tensor) -> Tensor:
    """Logarithm of the sum of ``exp(density(x, *parameters))`` over the integers from first to last.

    Parameters
    ----------
    density
        Log density, finite or -inf from first to last.
    parameters
        Differentiated by.
    first, last
        Ends, both included; not differentiated by.
    """
    first, last = tf.stop_gradient(first), tf.stop_gradient(last)
    batch = tf.broadcast_static_shape(first.shape, last.shape)
    for parameter in parameters:
        batch = tf.broadcast_static_shape(batch, parameter.shape)
    first, last = tf.broadcast_to(first, batch), tf.broadcast_to(last, batch)
    offsets = tf.range(_BLOCK, dtype=first.dtype)
    blocks = tf.cast(tf.reduce_max(tf.floor((last - first) / _BLOCK)) + 1.0, tf.int32)

    def terms(block: Tensor, inputs: Sequence[Tensor]) -> Tensor:
        x = first[..., None] + tf.cast(block, first.dtype) * _BLOCK + offsets
        inside = x <= last[..., None]
        x = tf.where(inside, x, first[..., None])
        logs = density(x, *(p[..., None] for p in inputs))
        return tf.where(inside, logs, -infinity(logs))

    def add(block: Tensor, largest: Tensor, scaled: Tensor, inputs: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        logs = terms(block, inputs)
        # the largest so far is taken out; a sum of nothing stays at 0 times exp(-inf)
        new = tf.maximum(largest, tf.reduce_max(logs, axis=-1))
        safe = tf.where(tf.math.is_finite(new), new, tf.zeros_like(new))
        return new, tf.reduce_sum(tf.exp(logs - safe[..., None]), axis=-1) + scaled * tf.exp(largest - safe)

    def summed(*inputs: Tensor) -> Any:
        _, largest, scaled = tf.while_loop(
            lambda block, *_: block < blocks,
            lambda block, largest, scaled: (block + 1, *add(block, largest, scaled, inputs)),
            (tf.constant(0), tf.fill(batch, -infinity(first)), tf.zeros(batch, first.dtype)),
        )
        largest = tf.where(tf.math.is_finite(largest), largest, tf.zeros_like(largest))
        total = densities.log_or_minus_infinity(scaled) + largest
        mass = tf.where(scaled > 0, scaled, tf.ones_like(scaled))

        def gradient(upstream: Tensor) -> list[Tensor]:
            def slopes(block: Tensor) -> list[Tensor]:
                with tf.GradientTape() as tape:
                    tape.watch(inputs)
                    logs = terms(block, inputs)
                # not by the total, whose rounding is that of the largest term
                weights = tf.exp(logs - largest[..., None]) / mass[..., None] * upstream[..., None]
                found = tape.gradient(logs, inputs, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
                return list(found)

            start = (tf.constant(0), *(tf.zeros_like(x) for x in inputs))
            end = tf.while_loop(
                lambda block, *_: block < blocks,
                lambda block, *sums: (block + 1, *(s + g for s, g in zip(sums, slopes(block), strict=True))),
                start,
            )
            return list(end[1:])

        return total, gradient

    return tf.custom_gradient(summed)(*parameters) if parameters else summed()[0]


def _around(value: Tensor, mean: Tensor, variance: Tensor, tail: Tensor | float = 0.0) -> tuple[Tensor, Tensor]:
    """Ends of a sum up to value that leave out less than the rounding: the tails decay as a normal one or ``tail``."""
    width = 12.0 * tf.sqrt(variance) + 60.0
    last = tf.minimum(value, tf.floor(mean + width + tail))
    return tf.floor(tf.minimum(last, mean) - width), last


def _at_most_zero(log_probability: Tensor) -> Tensor:
    return tf.minimum(log_probability, tf.zeros_like(log_probability))


def _poisson(value: Tensor, mu: Tensor) -> Tensor:
    first, last = _around(value, mu, mu)
    return _at_most_zero(log_sum(densities.poisson, (mu,), tf.maximum(first, 0.0), last))


def _binomial(value: Tensor, n: Tensor, p: Tensor) -> Tensor:
    first, last = _around(value, n * p, n * p * (1.0 - p))
    last = tf.minimum(last, n)
    counts = tf.stop_gradient(n)[..., None]
    total = log_sum(lambda x, p: densities.binomial(x, counts, p), (p,), tf.maximum(first, 0.0), last)
    return _at_most_zero(total)


def _negative_binomial(value: Tensor, mu: Tensor, alpha: Tensor) -> Tensor:
    # far above the mean the density decays by mu / (mu + alpha): 45 times its length are 20 digits
    first, last = _around(value, mu, mu + mu * mu / alpha, 45.0 * (mu / alpha + 1.0))
    return _at_most_zero(log_sum(densities.negative_binomial, (mu, alpha), tf.maximum(first, 0.0), last))


def _log_cdf_poisson(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return _poisson(value, canonical["mu"])


def _log_cdf_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return _binomial(value, canonical["n"], canonical["p"])


def _log_cdf_negative_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return _negative_binomial(value, canonical["mu"], canonical["alpha"])


def _log_cdf_beta_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """The density may rise towards both ends: every value counts."""
    n = canonical["n"]
    counts = n[..., None]
    total = log_sum(
        lambda x, alpha, beta: densities.beta_binomial(x, alpha, beta, counts),
        (canonical["alpha"], canonical["beta"]),
        tf.zeros_like(value),
        tf.minimum(value, n),
    )
    return _at_most_zero(total)


def _log_cdf_hypergeometric(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    N, k, n = (canonical[name] for name in ("N", "k", "n"))
    low, high, mean, variance = hypergeometric_shape(N, k, n)
    first, last = _around(value, mean, variance)
    counts = [x[..., None] for x in (N, k, n)]
    total = log_sum(lambda x: densities.hypergeometric(x, *counts), (), tf.maximum(first, low), tf.minimum(last, high))
    return _at_most_zero(total)


def hypergeometric_shape(N: Tensor, k: Tensor, n: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Ends of the support, mean and variance."""
    population = tf.maximum(N, tf.ones_like(N))
    mean = n * k / population
    variance = mean * (N - k) / population * (N - n) / tf.maximum(N - 1.0, tf.ones_like(N))
    return tf.maximum(n - (N - k), tf.zeros_like(n)), tf.minimum(k, n), mean, variance


def _log_cdf_bernoulli(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """At 0; from 1 on the caller knows that it is 0."""
    return densities.bernoulli(tf.zeros_like(value), canonical["p"], canonical["logit_p"])


def _log_cdf_geometric(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    p = canonical["p"]
    inside = (p > 0) & (p < 1)
    sure = tf.where(p > 0, tf.zeros_like(p), -infinity(p))
    return tf.where(inside, log1mexp(-value * tf.math.log1p(-tf.where(inside, p, 0.5 * tf.ones_like(p)))), sure)


def _log_cdf_discrete_weibull(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    exponent = canonical["beta"] * tf.math.log1p(value)
    fits = exponent < 0.9 * tf.math.log(tf.constant(value.dtype.max, value.dtype))
    power = tf.exp(tf.where(fits, exponent, tf.zeros_like(exponent)))
    tail = log1mexp(-power * tf.math.log(canonical["q"]))
    return tf.where(fits, tail, tf.zeros_like(tail))


def _log_cdf_zero_inflated_poisson(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return with_excess(canonical["psi"], _poisson(value, canonical["theta"]))


def _log_cdf_zero_inflated_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return with_excess(canonical["psi"], _binomial(value, canonical["n"], canonical["p"]))


def _log_cdf_zero_inflated_negative_binomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    return with_excess(canonical["psi"], _negative_binomial(value, canonical["mu"], canonical["alpha"]))


LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Bernoulli": _log_cdf_bernoulli,
    "BetaBinomial": _log_cdf_beta_binomial,
    "Binomial": _log_cdf_binomial,
    "DiscreteWeibull": _log_cdf_discrete_weibull,
    "Geometric": _log_cdf_geometric,
    "HyperGeometric": _log_cdf_hypergeometric,
    "NegativeBinomial": _log_cdf_negative_binomial,
    "Poisson": _log_cdf_poisson,
    "ZeroInflatedBinomial": _log_cdf_zero_inflated_binomial,
    "ZeroInflatedNegativeBinomial": _log_cdf_zero_inflated_negative_binomial,
    "ZeroInflatedPoisson": _log_cdf_zero_inflated_poisson,
}
