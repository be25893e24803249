"""Draws of counts, all of them compiled by XLA.

TensorFlow's own stateless gamma, Poisson and binomial draws have no XLA kernels; TFP's have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.shims.distributions.special.count_cdfs import hypergeometric_shape
from pm_migrate.shims.distributions.special.count_densities import hypergeometric

Tensor = Any
_BLOCK = 64


def _split(seed: Tensor) -> list[Tensor]:
    return tf.unstack(tf.random.experimental.stateless_split(seed, 2))


def uniform(shape: tuple[int, ...], seed: Tensor, dtype: tf.DType) -> Tensor:
    """Draws from (0, 1]: their logarithm is finite."""
    return 1.0 - tf.random.stateless_uniform(shape, seed, dtype=dtype)


def _draw_poisson(rate: Tensor, seed: Tensor) -> Tensor:
    from tensorflow_probability import distributions as tfd

    return tfd.Poisson(rate=rate).sample(seed=seed)


def _draw_binomial(n: Tensor, p: Tensor, seed: Tensor) -> Tensor:
    from tensorflow_probability import distributions as tfd

    return tfd.Binomial(total_count=n, probs=p).sample(seed=seed)


def _draw_negative_binomial(mu: Tensor, alpha: Tensor, seed: Tensor) -> Tensor:
    """The gamma-Poisson mixture that defines the distribution: TFP's own draws have no XLA kernel."""
    from tensorflow_probability import distributions as tfd

    first, second = _split(seed)
    return _draw_poisson(tfd.Gamma(alpha, tf.ones_like(alpha)).sample(seed=first) * (mu / alpha), second)


def _bernoulli(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    p = canonical["p"]
    return tf.cast(tf.random.stateless_uniform(shape, seed, dtype=p.dtype) < p, p.dtype)


def _binomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    return _draw_binomial(canonical["n"], canonical["p"], seed)


def _poisson(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    return _draw_poisson(canonical["mu"], seed)


def _negative_binomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    return _draw_negative_binomial(canonical["mu"], canonical["alpha"], seed)


def _beta_binomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    from tensorflow_probability import distributions as tfd

    first, second = _split(seed)
    p = tfd.Beta(concentration1=canonical["alpha"], concentration0=canonical["beta"]).sample(seed=first)
    return _draw_binomial(canonical["n"], p, second)


def _geometric(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """The trial of the first success, by inversion; always the first at p = 1."""
    p = canonical["p"]
    return 1.0 + tf.floor(tf.math.log(uniform(shape, seed, p.dtype)) / tf.math.log1p(-p))


def _discrete_weibull(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Inversion: the survival function is ``q ** x**beta``."""
    q, beta = canonical["q"], canonical["beta"]
    ratio = tf.math.log(uniform(shape, seed, q.dtype)) / tf.math.log(q)
    return tf.maximum(tf.math.ceil(ratio ** (1.0 / beta)) - 1.0, tf.zeros_like(ratio))


def _hypergeometric(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Inversion of the distribution function, summed over the standard deviations that carry the mass."""
    N, k, n = (canonical[name] for name in ("N", "k", "n"))
    low, high, mean, variance = hypergeometric_shape(N, k, n)
    width = 9.0 * tf.sqrt(variance) + 60.0
    first = tf.maximum(tf.floor(mean - width), low)
    last = tf.minimum(tf.floor(mean + width), high)
    chosen = tf.random.stateless_uniform(shape, seed, dtype=N.dtype)
    blocks = tf.cast(tf.reduce_max(tf.floor((last - first) / _BLOCK)) + 1.0, tf.int32)
    offsets = tf.range(_BLOCK, dtype=N.dtype)

    def step(block: Tensor, below: Tensor, passed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = first[..., None] + tf.cast(block, N.dtype) * _BLOCK + offsets
        inside = x <= last[..., None]
        mass = tf.exp(hypergeometric(tf.where(inside, x, first[..., None]), *(a[..., None] for a in (N, k, n))))
        up_to = below[..., None] + tf.cumsum(tf.where(inside, mass, tf.zeros_like(mass)), axis=-1)
        # the last value takes what rounding leaves
        jumped = (up_to <= chosen[..., None]) & (x < last[..., None])
        return block + 1, up_to[..., -1], passed + tf.reduce_sum(tf.cast(jumped, N.dtype), axis=-1)

    start = (tf.constant(0), tf.zeros_like(chosen), tf.zeros_like(chosen))
    return first + tf.while_loop(lambda block, *_: block < blocks, step, start)[2]


def _inflated(base: Tensor, psi: Tensor, seed: Tensor) -> Tensor:
    kept = tf.random.stateless_uniform(base.shape, seed, dtype=base.dtype) < psi
    return tf.where(kept, base, tf.zeros_like(base))


def _zero_inflated_poisson(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    first, second = _split(seed)
    return _inflated(_draw_poisson(canonical["theta"], first), canonical["psi"], second)


def _zero_inflated_binomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    first, second = _split(seed)
    return _inflated(_draw_binomial(canonical["n"], canonical["p"], first), canonical["psi"], second)


def _zero_inflated_negative_binomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    first, second = _split(seed)
    return _inflated(_draw_negative_binomial(canonical["mu"], canonical["alpha"], first), canonical["psi"], second)


SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
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
