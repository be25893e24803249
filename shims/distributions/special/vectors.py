"""Rows of vectors that TFP does not serve, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.gaussian.factors import cholesky

Tensor = Any


def whitened(chol: Tensor, delta: Tensor) -> Tensor:
    """``chol^-1 delta`` for vectors in the last axis of ``delta``; one factor serves all of them at once."""
    if chol.shape.rank > 2:
        return tf.linalg.triangular_solve(chol, delta[..., None])[..., 0]
    if delta.shape.rank == 1:
        return tf.linalg.triangular_solve(chol, delta[:, None])[:, 0]
    columns = tf.transpose(tf.reshape(delta, (-1, delta.shape[-1])))
    return tf.reshape(tf.transpose(tf.linalg.triangular_solve(chol, columns)), tf.shape(delta))


def log_diagonal(chol: Tensor) -> Tensor:
    """Sum of the logarithms of the diagonal: half the log determinant of the matrix that ``chol`` is the factor of."""
    return tf.reduce_sum(tf.math.log(tf.linalg.diag_part(chol)), axis=-1)


def _residual(value: Tensor, mu: Tensor, size: int) -> Tensor:
    delta = value - mu
    return tf.broadcast_to(delta, (*delta.shape[:-1], size))


def _mv_normal(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's MultivariateNormalTriL refuses a scalar mean, which PyMC3 broadcasts."""
    chol = canonical["chol"]
    size = chol.shape[-1]
    z = whitened(chol, _residual(value, canonical["mu"], size))
    return -0.5 * tf.reduce_sum(tf.square(z), axis=-1) - log_diagonal(chol) - 0.5 * size * math.log(2.0 * math.pi)


def _symmetric_from_lower(matrix: Tensor) -> Tensor:
    """Of a matrix only the lower triangle is read, as a Cholesky factorisation does."""
    lower = tf.linalg.band_part(matrix, -1, 0)
    return lower + tf.linalg.matrix_transpose(tf.linalg.set_diag(lower, tf.zeros_like(lower[..., 0])))


def _quadratic_form(matrix: Tensor, vectors: Tensor) -> Tensor:
    """``vectors' matrix vectors`` of a symmetric matrix, for vectors in the last axis.

    Its gradient by the matrix is the product of two entries of the vector, which no factorisation mixes with the larger
    ones of other entries.
    """
    shared = matrix.shape.rank == 2 and vectors.shape.rank > 1
    image = tf.linalg.matmul(vectors, matrix) if shared else tf.linalg.matvec(matrix, vectors)
    return tf.reduce_sum(vectors * image, axis=-1)


def _mv_normal_by_precision(value: Tensor, given: Mapping[str, Tensor]) -> Tensor:
    """Without the covariance: an inverse loses as many digits as the matrix is ill-conditioned."""
    tau = _symmetric_from_lower(given["tau"])
    size = tau.shape[-1]
    half_log_det = log_diagonal(cholesky(tau))
    form = _quadratic_form(tau, _residual(value, given["mu"], size))
    return half_log_det - 0.5 * form - 0.5 * size * math.log(2.0 * math.pi)


def _mv_student_t(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's loses digits for many degrees of freedom, in a difference of log-gammas, and its squares overflow."""
    chol = canonical["chol"]
    z = whitened(chol, _residual(value, canonical["mu"], chol.shape[-1]))
    unit = _unit(tf.reduce_max(tf.abs(z), axis=-1))
    square = tf.reduce_sum(tf.square(z / unit[..., None]), axis=-1)
    return _log_student(square, unit, canonical["nu"], chol.shape[-1]) - log_diagonal(chol)


def _mv_student_t_by_precision(value: Tensor, given: Mapping[str, Tensor]) -> Tensor:
    """See :func:`_mv_normal_by_precision`."""
    tau = _symmetric_from_lower(given["tau"])
    delta = _residual(value, given["mu"], tau.shape[-1])
    unit = _unit(tf.reduce_max(tf.abs(delta) * tf.sqrt(tf.linalg.diag_part(tau)), axis=-1))
    # rounding may leave a small form negative
    square = tf.maximum(_quadratic_form(tau, delta / unit[..., None]), tf.zeros_like(unit))
    return _log_student(square, unit, given["nu"], tau.shape[-1]) + log_diagonal(cholesky(tau))


def _unit(largest: Tensor) -> Tensor:
    """What is taken out of a vector before it is squared: its largest entry, where squares might overflow."""
    far = largest > math.sqrt(math.sqrt(largest.dtype.max))
    return tf.stop_gradient(tf.where(far, largest, tf.ones_like(largest)))


def _log_student(square: Tensor, unit: Tensor, nu: Tensor, size: int) -> Tensor:
    """Student's t of unit scale in several dimensions: log density at a squared distance of ``square * unit**2``."""
    from tensorflow_probability import math as tfp_math

    # log(1 + square * unit**2 / nu), the quotient taken so that it is at most 1
    large = square > nu / unit / unit
    one = tf.ones_like(square + nu)
    near = tf.math.log1p(tf.where(large, 0.0 * one, square) * (unit / tf.where(large, one, nu)) * unit)
    above, nu_above = tf.where(large, square, one), tf.where(large, nu, one)
    log_above = tf.math.log(above) - tf.math.log(nu_above)
    log_far = 2.0 * tf.math.log(unit) + log_above + tf.math.log1p(nu_above / above / unit / unit)
    half = tf.constant(0.5 * size, nu.dtype)
    # log Gamma((nu + k) / 2) - log Gamma(nu / 2)
    ratio = -tfp_math.log_gamma_difference(half, 0.5 * nu)
    kernel = (0.5 * nu + half) * tf.where(large, log_far, near)
    return ratio - half * tf.math.log(nu) - half * math.log(math.pi) - kernel


def _dirichlet(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's gradient by a concentration of exactly 1 lacks ``log(x)``, and is NaN at an entry of 0.

    PyMC3 has ``-inf`` at an entry of 0 for every concentration but 1; the gradient is kept finite there.
    """
    a = canonical["a"]
    norm = tf.math.lgamma(tf.reduce_sum(a, axis=-1)) - tf.reduce_sum(tf.math.lgamma(a), axis=-1)
    positive = value > 0
    each = tf.where(positive, (a - 1.0) * tf.math.log(tf.where(positive, value, tf.ones_like(value))), 0.0)
    pole = tf.reduce_any(~positive & tf.not_equal(a, 1.0), axis=-1)
    return tf.where(pole, tf.constant(-np.inf, a.dtype), norm + tf.reduce_sum(each, axis=-1))


def _only_if_complete(counts: Tensor, n: Tensor, log_prob: Tensor) -> Tensor:
    """``-inf`` where counts do not sum to n."""
    return tf.where(tf.equal(tf.reduce_sum(counts, axis=-1), n), log_prob, tf.constant(-np.inf, log_prob.dtype))


def _multinomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP neither normalises the probabilities nor checks that the counts sum to n."""
    n, p = canonical["n"], canonical["p"]
    p = p / tf.reduce_sum(p, axis=-1, keepdims=True)
    coefficient = tf.math.lgamma(n + 1.0) - tf.reduce_sum(tf.math.lgamma(value + 1.0), axis=-1)
    # a category without probability and without counts has no gradient
    possible = p > 0
    impossible = tf.reduce_any(~possible & (value > 0), axis=-1)
    log_p = tf.math.log(tf.where(possible, p, tf.ones_like(p)))
    result = coefficient + tf.reduce_sum(value * log_p, axis=-1)
    return _only_if_complete(value, n, tf.where(impossible, tf.constant(-np.inf, p.dtype), result))


def _dirichlet_multinomial(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP does not check the sum of the counts, and its differences of log-gammas lose digits.

    With Gamma(x + 1) = x Gamma(x) every factor is a beta function: n B(n, sum(a)) / prod_{x > 0} x B(x, a).
    """
    from tensorflow_probability import math as tfp_math

    def term(count: Tensor, weight: Tensor) -> Tensor:
        some = count > 0
        safe = tf.where(some, count, tf.ones_like(count))
        return tf.where(some, tf.math.log(safe) + tfp_math.lbeta(safe, weight), 0.0)

    n, a = canonical["n"], canonical["a"]
    n = n + tf.zeros_like(a[..., 0])
    result = term(n, tf.reduce_sum(a, axis=-1)) - tf.reduce_sum(term(*_joint(value, a)), axis=-1)
    return _only_if_complete(value, n, result)


def _joint(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Two tensors broadcast to one shape."""
    shape = tf.broadcast_static_shape(first.shape, second.shape)
    return tf.broadcast_to(first, shape), tf.broadcast_to(second, shape)


def _correlated_noise(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    chol = canonical["chol"]
    noise = tf.random.stateless_normal(shape, seed, dtype=chol.dtype)
    return tf.linalg.matvec(tf.linalg.band_part(chol, -1, 0), noise)


def _centre(canonical: Mapping[str, Tensor], shape: tuple[int, ...]) -> Tensor:
    mu = canonical["mu"]
    return mu if mu.shape.rank == len(shape) else mu[..., None]  # a scalar mean was broadcast to the batch alone


def _sample_mv_normal(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """A scalar mean is broadcast, as in the density."""
    return _centre(canonical, shape) + _correlated_noise(canonical, shape, seed)


def _sample_mv_student_t(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Normal vectors over the root of a chi-squared share, one per vector (PyMC3 draws one for a whole batch)."""
    first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    nu = canonical["nu"]
    share = sample_gamma(shape[:-1], second, 0.5 * nu) / (0.5 * nu)
    return _centre(canonical, shape) + _correlated_noise(canonical, shape, first) / tf.sqrt(share)[..., None]


def sample_gamma(shape: tuple[int, ...], seed: Tensor, concentration: Tensor) -> Tensor:
    """Gamma draws of unit rate, by TFP: TensorFlow's own op has no XLA kernel."""
    from tensorflow_probability import distributions as tfd

    concentration = tf.broadcast_to(concentration, shape)
    return tfd.Gamma(concentration, tf.ones_like(concentration)).sample(seed=seed)


def _sample_multinomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """One category after the other, each binomial given those before: TFP wants one n for the whole batch."""
    return _sample_counts(canonical["n"], canonical["p"], shape, seed)


def _sample_dirichlet_multinomial(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """A multinomial whose probabilities are a Dirichlet draw."""
    first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    return _sample_counts(canonical["n"], sample_gamma(shape, first, canonical["a"]), shape, second)


def _sample_counts(n: Tensor, weights: Tensor, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    from tensorflow_probability import distributions as tfd

    size = shape[-1]
    weights = tf.broadcast_to(weights, shape)
    remaining = tf.broadcast_to(n, shape[:-1])
    # weight of a category and all after it
    tails = tf.cumsum(weights, axis=-1, reverse=True)
    counts = []
    for i, own in enumerate(tf.unstack(tf.random.experimental.stateless_split(seed, size))[:-1]):
        some = tails[..., i] > 0
        share = tf.where(some, weights[..., i] / tf.where(some, tails[..., i], tf.ones_like(remaining)), 0.0)
        count = tfd.Binomial(remaining, probs=tf.minimum(share, 1.0)).sample(seed=own)
        counts.append(count)
        remaining = remaining - count
    return tf.stack([*counts, remaining], axis=-1)


def rounded_counts(mean: Tensor, n: Tensor) -> Tensor:
    """Rounded expected counts, the first changed so that they sum to n: PyMC3's start value."""
    counts = tf.round(mean)
    missing = n - tf.reduce_sum(counts, axis=-1)
    return tf.concat([counts[..., :1] + missing[..., None], counts[..., 1:]], axis=-1)


def _counts_test_value(weights: str) -> Callable[[Mapping[str, Tensor]], Tensor]:
    def value(canonical: Mapping[str, Tensor]) -> Tensor:
        n, w = canonical["n"], canonical[weights]
        return rounded_counts(n[..., None] * (w / tf.reduce_sum(w, axis=-1, keepdims=True)), n)

    return value


def _size_of_factor(canonical: Mapping[str, Tensor]) -> tuple[int, ...]:
    return (int(canonical["chol"].shape[-1]),)


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Dirichlet": _dirichlet,
    "DirichletMultinomial": _dirichlet_multinomial,
    "Multinomial": _multinomial,
    "MvNormal": _mv_normal,
    "MvStudentT": _mv_student_t,
}

#: By name and parametrisation: from the given parameters.
LOG_PROB_OF_FORM: Mapping[tuple[str, tuple[str, ...]], Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    ("MvNormal", ("mu", "tau")): _mv_normal_by_precision,
    ("MvStudentT", ("nu", "mu", "tau")): _mv_student_t_by_precision,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    "DirichletMultinomial": _sample_dirichlet_multinomial,
    "Multinomial": _sample_multinomial,
    "MvNormal": _sample_mv_normal,
    "MvStudentT": _sample_mv_student_t,
}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}

EVENT_SHAPE: Mapping[str, Callable[[Mapping[str, Tensor]], tuple[int, ...]]] = {
    "MvNormal": _size_of_factor,
    "MvStudentT": _size_of_factor,
}

#: Start values that the grammar has no words for, ``f(canonical) -> tensor``.
TEST_VALUE: Mapping[str, Callable[[Mapping[str, Tensor]], Tensor]] = {
    "DirichletMultinomial": _counts_test_value("a"),
    "Multinomial": _counts_test_value("p"),
}
