"""Discrete rows that TFP does not serve, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.shims.distributions.functions import TF_FUNCTIONS

Tensor = Any


def _categorical(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP raises for labels out of range on a CPU and gives NaN under XLA; a clipped gather does neither."""
    p = canonical["p"]
    return tf.math.log(TF_FUNCTIONS["take"](p, value)) - tf.math.log(tf.reduce_sum(p, axis=-1))


def _discrete_uniform(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's FiniteDiscrete needs outcomes known when tracing; bounds may be tensors here."""
    return -tf.math.log(canonical["upper"] - canonical["lower"] + 1.0) + tf.zeros_like(value)


def _sample_categorical(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Inverse of the cumulative weights: the same draws in eager and graph mode, any batch shape."""
    p = canonical["p"]
    cumulative = tf.cumsum(p, axis=-1)
    uniform = tf.random.stateless_uniform(shape, seed, dtype=p.dtype) * cumulative[..., -1]
    return tf.reduce_sum(tf.cast(uniform[..., None] >= cumulative[..., :-1], p.dtype), axis=-1)


def _sample_discrete_uniform(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Floor of a uniform draw; stateless integer draws of TensorFlow want scalar bounds."""
    uniform = tf.random.stateless_uniform(shape, seed, dtype=canonical["upper"].dtype)
    width = canonical["upper"] - canonical["lower"] + 1.0
    return canonical["lower"] + tf.minimum(tf.floor(uniform * width), width - 1.0)


def _sample_negative_binomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """TFP's sampler has no XLA kernel; the gamma-Poisson mixture that defines the distribution does."""
    first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    alpha, mu = canonical["alpha"], canonical["mu"]
    rate = tf.random.stateless_gamma(shape, first, alpha, alpha / mu, dtype=mu.dtype)
    return tf.random.stateless_poisson(shape, second, rate, dtype=mu.dtype)


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Categorical": _categorical,
    "DiscreteUniform": _discrete_uniform,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    "Categorical": _sample_categorical,
    "DiscreteUniform": _sample_discrete_uniform,
    "NegativeBinomial": _sample_negative_binomial,
}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}
