"""Labels, ordered categories and other variables on a few integers, each with the reason why TFP does not serve it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions.functions import TF_FUNCTIONS
from pm_migrate.shims.distributions.special.count_densities import infinity, log1mexp, log_or_minus_infinity
from pm_migrate.shims.distributions.special.count_draws import uniform

Tensor = Any
_ROOT_HALF = math.sqrt(0.5)
_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)
#: Standard deviations from the mean at which ends are cut off.
_FAR = 1e9
#: Nodes and weights for integrals over (-1, 1) of functions that no more than triple on the way.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


def _categorical(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP raises for labels out of range on a CPU and gives NaN under XLA; a clipped gather does neither."""
    p = canonical["p"]
    return log_or_minus_infinity(TF_FUNCTIONS["take"](p, value)) - tf.math.log(tf.reduce_sum(p, axis=-1))


def _constant(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """The support is the one value; TFP's Deterministic says the same."""
    return tf.zeros_like(value + canonical["c"])


def _discrete_uniform(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's FiniteDiscrete needs outcomes known when tracing; bounds may be tensors here."""
    return -tf.math.log(canonical["upper"] - canonical["lower"] + 1.0) + tf.zeros_like(value)


def _known(eta: Tensor, cutpoints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where nothing is NaN; finite numbers in place of NaN and of an infinite eta."""
    known = ~(tf.math.is_nan(eta) | tf.reduce_any(tf.math.is_nan(cutpoints), axis=-1))
    # infinite ends less an infinite eta would be NaN
    finite = tf.clip_by_value(tf.where(tf.math.is_nan(eta), tf.zeros_like(eta), eta), eta.dtype.min, eta.dtype.max)
    return finite, tf.where(tf.math.is_nan(cutpoints), tf.zeros_like(cutpoints), cutpoints), known


def _ends(value: Tensor, eta: Tensor, cutpoints: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of a category: whether it is the first or the last one, its ends less eta (0 for an infinite one)."""
    shape = tf.zeros_like(value + eta)
    first = tf.equal(value, 0) & tf.equal(shape, 0)
    last = tf.equal(value, float(cutpoints.shape[-1])) & tf.equal(shape, 0)
    numbers = tf.range(cutpoints.shape[-1], dtype=cutpoints.dtype)

    def cutpoint(index: Tensor) -> Tensor:
        # a mask, not a gather, whose gradient would be sparse
        chosen = tf.equal(index[..., None], numbers)
        return tf.reduce_sum(tf.where(chosen, cutpoints, tf.zeros_like(cutpoints)), axis=-1) + shape

    return first, last, cutpoint(value - 1.0), cutpoint(value)


def _ordered_logistic(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """``log(sigmoid(high) - sigmoid(low))`` by its factors, which do not underflow.

    TFP's OrderedLogistic is finite for decreasing cutpoints, where PyMC3 gives -inf for every category, and takes the
    width of a category from the rounded differences to eta.
    """
    eta, cutpoints, known = _known(canonical["eta"], canonical["cutpoints"])
    first, last, low, high = _ends(value, eta, cutpoints)
    zero = tf.zeros_like(low)
    inner = ~first & ~last
    width = tf.where(inner, log1mexp(tf.where(inner, high - low, tf.ones_like(low))), zero)
    above = tf.where(first, zero, tf.math.softplus(tf.where(first, zero, low - eta)))
    below = tf.where(last, zero, tf.math.softplus(tf.where(last, zero, eta - high)))
    ordered = tf.reduce_all(cutpoints[..., 1:] >= cutpoints[..., :-1], axis=-1)
    return tf.where(ordered & known, width - above - below, -infinity(zero))


def _log_upper_tail(near: Tensor) -> Tensor:
    """``log(2 * P(Z > near)) + near**2 / 2`` of a standard normal Z, for near >= 0."""
    from tensorflow_probability import math as tfp_math

    return tf.math.log(tfp_math.erfcx(near * _ROOT_HALF))


@tf.custom_gradient
def log_normal_tail(near: Tensor) -> Any:
    """``log P(Z > near)`` of a standard normal Z, and its gradient, to the last digits in both tails."""
    outer = near > 0
    scaled = _log_upper_tail(tf.where(outer, near, tf.zeros_like(near)))
    inner = tf.where(outer, tf.zeros_like(near), near)
    body = tf.math.log1p(-0.5 * tf.math.erfc(-inner * _ROOT_HALF))
    squared = 0.5 * tf.square(near)
    result = tf.where(outer, scaled - squared - math.log(2.0), body)
    # the hazard: the density over the tail, whose squares cancel in the outer half
    hazard = tf.exp(tf.where(outer, math.log(2.0) - scaled, -squared - body) - _HALF_LOG_TWO_PI)

    def gradient(upstream: Tensor) -> Tensor:
        return -upstream * hazard

    return result, gradient


@tf.custom_gradient
def log_normal_interval(centre: Tensor, width: Tensor) -> Any:
    """``log P(|Z - centre| < width / 2)`` of a standard normal Z, and its gradients, to the last digits everywhere.

    Narrow intervals by quadrature over their width, which a difference of distribution functions would lose; wide
    ones by scaled tails, or near the origin by the error function.
    """
    from tensorflow_probability import math as tfp_math

    side = tf.abs(centre)
    half = 0.5 * width
    narrow = (side * width <= 2.0) & (width <= 1.0)
    near, far = side - half, side + half
    tail = ~narrow & (near > 0.5)
    zero, one = tf.zeros_like(centre), tf.ones_like(centre)
    # narrow: exp(-centre**2 / 2) times the integral of exp(-side * t - t**2 / 2)
    t = tf.where(narrow, half, one)[..., None] * tf.constant(_NODES, centre.dtype)
    integrand = tf.exp(-tf.where(narrow, side, zero)[..., None] * t - 0.5 * tf.square(t))
    integral = tf.reduce_sum(integrand * tf.constant(_WEIGHTS, centre.dtype), axis=-1)
    by_quadrature = tf.math.log(tf.where(narrow, half, one) * integral) - _HALF_LOG_TWO_PI
    # tail: exp(-near**2 / 2) times a difference of scaled tails
    near_tail, far_tail = tf.where(tail, near, one), tf.where(tail, far, 3.0 * one)
    ratio = tf.exp(-0.5 * (far_tail - near_tail) * (far_tail + near_tail)) * tfp_math.erfcx(far_tail * _ROOT_HALF)
    by_tails = tf.math.log(tfp_math.erfcx(near_tail * _ROOT_HALF) - ratio) - math.log(2.0)
    body = ~narrow & ~tail
    near_body, far_body = tf.where(body, near, -one), tf.where(body, far, one)
    by_difference = tf.math.log(0.5 * (tf.math.erf(far_body * _ROOT_HALF) - tf.math.erf(near_body * _ROOT_HALF)))
    scaled = tf.where(narrow, by_quadrature, tf.where(tail, by_tails, by_difference))
    reference = tf.where(narrow, side, tf.where(tail, near, zero))
    result = scaled - 0.5 * tf.square(reference)

    def density_at(end: Tensor) -> Tensor:
        """Of the standard normal, over the probability: the squares are subtracted by their factors."""
        return tf.exp(-0.5 * (end - reference) * (end + reference) - scaled - _HALF_LOG_TWO_PI)

    at_near, at_far = density_at(near), density_at(far)
    by_side = at_near * tf.math.expm1(-side * width)
    by_width = 0.5 * (at_near + at_far)

    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
        return upstream * tf.where(centre < 0, -by_side, by_side), upstream * by_width

    return result, gradient


def _ordered_probit(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP has an OrderedProbit nowhere; a category of no or negative width has -inf, the others keep their value."""
    eta, cutpoints, known = _known(canonical["eta"], canonical["cutpoints"])
    first, last, low, high = _ends(value, eta, cutpoints)
    zero, one = tf.zeros_like(low), tf.ones_like(low)
    # beyond, probabilities are 0 or 1 and squares may overflow
    from_low, from_high = (tf.clip_by_value(end - eta, -_FAR, _FAR) for end in (low, high))
    # the difference of the cutpoints themselves is exact
    exact = (tf.abs(from_low) < _FAR) & (tf.abs(from_high) < _FAR)
    width = tf.where(exact, tf.where(exact, high, one) - tf.where(exact, low, zero), from_high - from_low)
    wide = (width > 0) & ~first & ~last
    inner = log_normal_interval(tf.where(wide, 0.5 * (from_low + from_high), zero), tf.where(wide, width, one))
    outer = log_normal_tail(tf.where(first, eta - high, tf.where(last, low - eta, zero)))
    return tf.where(known, tf.where(first | last, outer, tf.where(wide, inner, -infinity(zero))), -infinity(zero))


def _sample_categorical(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Inverse of the cumulative weights: the same draws in eager and graph mode, any batch shape."""
    p = canonical["p"]
    cumulative = tf.cumsum(p, axis=-1)
    chosen = tf.random.stateless_uniform(shape, seed, dtype=p.dtype) * cumulative[..., -1]
    return tf.reduce_sum(tf.cast(chosen[..., None] >= cumulative[..., :-1], p.dtype), axis=-1)


def _sample_constant(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    return tf.broadcast_to(canonical["c"], shape)


def _sample_discrete_uniform(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Floor of a uniform draw; stateless integer draws of TensorFlow want scalar bounds."""
    drawn = tf.random.stateless_uniform(shape, seed, dtype=canonical["upper"].dtype)
    width = canonical["upper"] - canonical["lower"] + 1.0
    return canonical["lower"] + tf.minimum(tf.floor(drawn * width), width - 1.0)


def _cut(latent: Tensor, cutpoints: Tensor) -> Tensor:
    """The category that a latent value falls in: how many cutpoints it exceeds."""
    return tf.reduce_sum(tf.cast(latent[..., None] > cutpoints, latent.dtype), axis=-1)


def _sample_ordered_logistic(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    eta = canonical["eta"]
    drawn = uniform(shape, seed, eta.dtype)
    # at the upper end the latent value is infinite: the last category
    return _cut(eta + tf.math.log(drawn) - tf.math.log1p(-drawn), canonical["cutpoints"])


def _sample_ordered_probit(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    eta = canonical["eta"]
    return _cut(eta + tf.random.stateless_normal(shape, seed, dtype=eta.dtype), canonical["cutpoints"])


def _log_cdf_discrete_uniform(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    lower, upper = canonical["lower"], canonical["upper"]
    return tf.math.log(value - lower + 1.0) - tf.math.log(upper - lower + 1.0)


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Categorical": _categorical,
    "Constant": _constant,
    "DiscreteUniform": _discrete_uniform,
    "OrderedLogistic": _ordered_logistic,
    "OrderedProbit": _ordered_probit,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    "Categorical": _sample_categorical,
    "Constant": _sample_constant,
    "DiscreteUniform": _sample_discrete_uniform,
    "OrderedLogistic": _sample_ordered_logistic,
    "OrderedProbit": _sample_ordered_probit,
}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "DiscreteUniform": _log_cdf_discrete_uniform,
}
