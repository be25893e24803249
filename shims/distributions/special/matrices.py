"""Rows of matrices that TFP does not serve, each with its reason, and the numeric cores of composite ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.special.vectors import log_diagonal, sample_gamma
from pm_migrate.shims.gaussian.factors import cholesky

Tensor = Any


def checked_cholesky(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Cholesky factor and whether there is one; the identity, without a gradient, where there is none."""
    factor = cholesky(matrix)
    ok = tf.reduce_all(tf.math.is_finite(tf.linalg.diag_part(factor)), axis=-1)
    return tf.where(ok[..., None, None], factor, tf.eye(matrix.shape[-1], dtype=matrix.dtype)), ok


def _masked(ok: Tensor, log_prob: Tensor) -> Tensor:
    return tf.where(ok, log_prob, tf.constant(-np.inf, log_prob.dtype))


def _symmetric(matrix: Tensor) -> Tensor:
    return tf.reduce_all(tf.equal(matrix, tf.linalg.matrix_transpose(matrix)), axis=(-2, -1))


def multigammaln(a: Tensor, size: int) -> Tensor:
    """Logarithm of the multivariate gamma function (NIST DLMF 35.3.4), for ``a > (size - 1) / 2``."""
    halves = tf.constant(0.5 * np.arange(size), a.dtype)
    return 0.25 * size * (size - 1) * math.log(math.pi) + tf.reduce_sum(tf.math.lgamma(a[..., None] - halves), axis=-1)


def _wishart(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's ignores an asymmetric value, gives NaN for one that is not positive definite, and raises for a small nu."""
    return wishart_by_factor(value, canonical["nu"], checked_cholesky(canonical["V"])[0])


def wishart_by_factor(value: Tensor, nu: Tensor, scale_factor: Tensor) -> Tensor:
    """Wishart log density, from the Cholesky factor of the scale matrix, whose diagonal is positive."""
    size = scale_factor.shape[-1]
    enough = nu > size - 1
    nu = tf.where(enough, nu, float(size) * tf.ones_like(nu))
    factor, definite = checked_cholesky(value)
    factor, scale_factor = _same_batch(factor, scale_factor)
    spread = tf.reduce_sum(tf.square(tf.linalg.triangular_solve(scale_factor, factor)), axis=(-2, -1))
    result = (
        (nu - (size + 1.0)) * log_diagonal(factor)
        - nu * log_diagonal(scale_factor)
        - 0.5 * spread
        - 0.5 * size * math.log(2.0) * nu
        - multigammaln(0.5 * nu, size)
    )
    return _masked(enough & definite & _symmetric(value), result)


def _same_batch(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Broadcast the batch axes of two matrices."""
    batch = tf.broadcast_static_shape(first.shape[:-2], second.shape[:-2])
    return tuple(tf.broadcast_to(m, (*batch, *m.shape[-2:])) for m in (first, second))


def _sample_wishart(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Bartlett's decomposition (Anderson 2003, section 7.2); TFP's wants a static nu, and draws are symmetric here."""
    return sample_wishart_by_factor(canonical["nu"], checked_cholesky(canonical["V"])[0], shape, seed)


def sample_wishart_by_factor(nu: Tensor, factor: Tensor, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Draws of a total shape, from the Cholesky factor of the scale matrix."""
    noise = tf.linalg.matmul(factor, bartlett_factor(nu, shape, seed))
    return symmetric_product(noise)


def symmetric_product(factor: Tensor) -> Tensor:
    """``factor factor'``, symmetric to the last bit."""
    product = tf.linalg.matmul(factor, factor, transpose_b=True)
    return 0.5 * (product + tf.linalg.matrix_transpose(product))


def bartlett_factor(nu: Tensor, shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """Lower triangular factor of a Wishart draw with the identity as scale."""
    first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    degrees = nu[..., None] - tf.constant(np.arange(shape[-1]), nu.dtype)
    diagonal = tf.sqrt(2.0 * sample_gamma(shape[:-1], first, 0.5 * degrees))
    below = tf.linalg.band_part(tf.random.stateless_normal(shape, second, dtype=nu.dtype), -1, 0)
    return tf.linalg.set_diag(below, diagonal)


def _matrix_normal(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's wants a mean of full shape, which PyMC3 broadcasts."""
    row, column = canonical["rowchol"], canonical["colchol"]
    m, n = row.shape[-1], column.shape[-1]
    delta = value - canonical["mu"]
    delta = tf.broadcast_to(delta, (*delta.shape[:-2], m, n))
    z = _solve(column, tf.linalg.matrix_transpose(_solve(row, delta)))
    constant = 0.5 * m * n * math.log(2.0 * math.pi)
    spread = tf.reduce_sum(tf.square(z), axis=(-2, -1))
    return -0.5 * spread - n * log_diagonal(row) - m * log_diagonal(column) - constant


def _solve(factor: Tensor, right: Tensor) -> Tensor:
    factor, right = _same_batch(factor, right)
    return tf.linalg.triangular_solve(factor, right)


def _sample_matrix_normal(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """A mean of any shape that broadcasts."""
    row, column = (tf.linalg.band_part(canonical[name], -1, 0) for name in ("rowchol", "colchol"))
    noise = tf.random.stateless_normal(shape, seed, dtype=row.dtype)
    return canonical["mu"] + tf.linalg.matmul(tf.linalg.matmul(row, noise), column, transpose_b=True)


def _matrix_normal_shape(canonical: Mapping[str, Tensor]) -> tuple[int, ...]:
    return int(canonical["rowchol"].shape[-1]), int(canonical["colchol"].shape[-1])


def log_lkj_volume(eta: Tensor, n: int) -> Tensor:
    """Logarithm of the integral of ``det(R) ** (eta - 1)`` over correlation matrices of n rows.

    Lewandowski, Kurowicka & Joe 2009, "Generating random correlation matrices based on vines and extended onion
    method", equations 16 and 17, rearranged to ratios of gamma functions, which keep their digits for a large eta.
    """
    from tensorflow_probability import math as tfp_math

    k = tf.constant(np.arange(1, n), eta.dtype)
    rest = eta[..., None] + 0.5 * (n - 1.0 - k)
    halves = tf.broadcast_to(0.5 * k, rest.shape)
    ratios = tf.reduce_sum(tfp_math.log_gamma_difference(halves, rest), axis=-1)
    return ratios + 0.25 * n * (n - 1) * math.log(math.pi)


def lkj(diagonal: Tensor, eta: Tensor, of_factor: bool) -> Tensor:
    """LKJ log density of a correlation matrix, or of its Cholesky factor, with its normaliser subtracted.

    Lewandowski et al. 2009; the Jacobian between the two, of their strict triangles, is the product of the factor's
    diagonal entries to the power ``n - 1 - i``, with i from 0.

    Parameters
    ----------
    diagonal
        Of the factor, in the last axis.
    eta
        Shape parameter.
    of_factor
        Whether the density is that of the factor.
    """
    n = int(diagonal.shape[-1])
    power = 2.0 * (eta[..., None] - 1.0)
    if of_factor:
        power += tf.constant(np.arange(n - 1, -1, -1), diagonal.dtype)
    return tf.reduce_sum(power * tf.math.log(diagonal), axis=-1) - log_lkj_volume(eta, n)


def dimension_of_pairs(length: int) -> int:
    """Rows of the matrix whose strict upper triangle has ``length`` elements."""
    return (1 + math.isqrt(1 + 8 * length)) // 2


def correlation_matrix(pairs: Tensor) -> Tensor:
    """Symmetric matrix with unit diagonal from its strict upper triangle, row by row, in the last axis."""
    length = int(pairs.shape[-1])
    n = dimension_of_pairs(length)
    index = np.full((n, n), length)
    rows, columns = np.triu_indices(n, k=1)
    index[rows, columns] = index[columns, rows] = np.arange(length)
    return tf.gather(tf.concat([pairs, tf.ones_like(pairs[..., :1])], axis=-1), index, axis=-1)


def _lkj_corr(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """TFP's has a finite density where the matrix is not positive definite; PyMC3 adds the normaliser (a fault)."""
    eta = canonical["eta"]
    n = dimension_of_pairs(int(value.shape[-1]))
    factor, definite = checked_cholesky(correlation_matrix(value))
    sign = -1.0 if quirks.fixed() else 1.0
    return _masked(definite, sign * log_lkj_volume(eta, n) + 2.0 * (eta - 1.0) * log_diagonal(factor))


def sample_lkj_factor(eta: Tensor, n: int, batch: tuple[int, ...], seed: Tensor) -> Tensor:
    """Cholesky factor of an LKJ correlation matrix, by the onion method (Lewandowski et al. 2009, section 3.2).

    Row i is a point on the sphere: uniform direction, squared length from Beta(i / 2, eta + (n - 1 - i) / 2).
    """
    first, second, third = tf.unstack(tf.random.experimental.stateless_split(seed, 3))
    eta = tf.broadcast_to(eta, batch)[..., None]
    i = tf.constant(np.arange(1, n), eta.dtype)
    above = sample_gamma((*batch, n - 1), first, tf.broadcast_to(0.5 * i, (*batch, n - 1)))
    rest = sample_gamma((*batch, n - 1), second, eta + 0.5 * (n - 1.0 - i))
    direction = tf.random.stateless_normal((*batch, n - 1, n), third, dtype=eta.dtype)
    direction *= tf.constant(np.tril(np.ones((n - 1, n))), eta.dtype)
    length = tf.sqrt(tf.reduce_sum(tf.square(direction), axis=-1, keepdims=True))
    rows = direction / length * tf.sqrt(above / (above + rest))[..., None]
    top = tf.zeros((*batch, 1, n), eta.dtype)
    diagonal = tf.concat([tf.ones((*batch, 1), eta.dtype), tf.sqrt(rest / (above + rest))], axis=-1)
    return tf.linalg.set_diag(tf.concat([top, rows], axis=-2), diagonal)


def _sample_lkj_corr(canonical: Mapping[str, Tensor], shape: tuple[int, ...], seed: Tensor) -> Tensor:
    """PyMC3's packed order: the strict upper triangle, row by row."""
    n = dimension_of_pairs(shape[-1])
    factor = sample_lkj_factor(canonical["eta"], n, shape[:-1], seed)
    matrix = tf.linalg.matmul(factor, factor, transpose_b=True)
    rows, columns = np.triu_indices(n, k=1)
    return tf.gather(tf.reshape(matrix, (*shape[:-1], n * n)), rows * n + columns, axis=-1)


def _lkj_corr_shape(canonical: Mapping[str, Tensor]) -> tuple[int, ...]:
    n = tf.get_static_value(canonical["n"])
    if n is None:
        raise ValueError("LKJCorr: n must be a number, not a random variable: it is the size of the matrix")
    n = int(np.max(n))
    return (n * (n - 1) // 2,)


def unpack_lower(packed: Tensor, n: int) -> Tensor:
    """Lower triangular matrix from its elements in the last axis, row by row."""
    index = np.full((n, n), n * (n + 1) // 2)
    index[np.tril_indices(n)] = np.arange(n * (n + 1) // 2)
    return tf.gather(tf.concat([packed, tf.zeros_like(packed[..., :1])], axis=-1), index, axis=-1)


def pack_lower(matrix: Tensor) -> Tensor:
    """Inverse of :func:`unpack_lower`."""
    n = int(matrix.shape[-1])
    rows, columns = np.tril_indices(n)
    return tf.gather(tf.reshape(matrix, (*matrix.shape[:-2], n * n)), rows * n + columns, axis=-1)


def lkj_cholesky_cov(packed: Tensor, eta: Tensor, n: int, fixed: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Density of a packed covariance factor whose correlations are LKJ, but for that of the standard deviations.

    Parameters
    ----------
    packed
        Lower triangle row by row, in the last axis.
    eta, n
        Shape parameter, and number of rows.
    fixed
        Subtract the normaliser of the LKJ density; PyMC3 adds it.

    Returns
    -------
    log_prob, deviations, ok
        Log density, ``(..., n)`` standard deviations, and whether the diagonal and eta are positive.

    Notes
    -----
    Row i of the factor is its standard deviation times a point of the sphere. The LKJ density of the factor of the
    correlation matrix is the product of its diagonal entries to the power ``2 eta - 3 + n - i`` (Lewandowski et al.
    2009), and the Jacobian of the row's polar coordinates is its diagonal entry over ``deviation ** i``, with i from 0.
    """
    factor = unpack_lower(packed, n)
    diagonal = tf.linalg.diag_part(factor)
    ok = tf.reduce_all(diagonal > 0, axis=-1) & (eta > 0)
    eta = tf.where(eta > 0, eta, tf.ones_like(eta))
    diagonal = tf.where(ok[..., None], diagonal, tf.ones_like(diagonal))
    below = tf.linalg.set_diag(factor, tf.zeros_like(diagonal))
    # diagonal entries of the factor of the correlation matrix: 1 / sqrt(1 + sum of squared ratios); where a ratio would
    # overflow when squared, the largest element is taken out
    largest = tf.stop_gradient(tf.reduce_max(tf.abs(below), axis=-1))
    steep = largest > 1e15 * diagonal
    ratio = below / tf.where(steep, tf.ones_like(diagonal), diagonal)[..., None]
    gentle = tf.reduce_sum(tf.square(tf.where(steep[..., None], tf.zeros_like(ratio), ratio)), axis=-1)
    unit = tf.where(steep, largest, tf.ones_like(largest))
    scaled = tf.reduce_sum(
        tf.square(tf.where(steep[..., None], below / unit[..., None], tf.zeros_like(below))), axis=-1
    )
    steep_log = (
        tf.math.log(diagonal) - tf.math.log(unit) - 0.5 * tf.math.log(tf.where(steep, scaled, tf.ones_like(unit)))
    )
    log_share = tf.where(steep, steep_log, -0.5 * tf.math.log1p(gentle))
    log_deviation = tf.math.log(diagonal) - log_share
    i = tf.constant(np.arange(n), packed.dtype)
    power = 2.0 * (eta[..., None] - 1.0) + n - i
    volume = log_lkj_volume(eta, n)
    log_prob = tf.reduce_sum(power * log_share - i * log_deviation, axis=-1) + (-volume if fixed else volume)
    return log_prob, tf.exp(log_deviation), ok


def _rotate(factors: Sequence[Tensor], vectors: Tensor, each: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Apply ``factor_1 x factor_2 x ...`` to vectors in the last axis, one axis of the product after the other."""
    batch, total = vectors.shape[:-1], int(vectors.shape[-1])
    for factor in factors:
        size = int(factor.shape[-1])
        image = each(factor, tf.reshape(vectors, (*batch, size, total // size)))
        # the axis just treated goes last: after all factors the order is the first one again
        rank = image.shape.rank
        vectors = tf.reshape(tf.transpose(image, (*range(rank - 2), rank - 1, rank - 2)), (*batch, total))
    return vectors


def kronecker_multiply(matrices: Sequence[Tensor], vectors: Tensor) -> Tensor:
    """Kronecker product of square matrices times vectors in the last axis."""
    return _rotate(matrices, vectors, lambda m, v: tf.linalg.matmul(tf.broadcast_to(m, (*v.shape[:-2], *m.shape)), v))


def kronecker_diagonal(diagonals: Sequence[Tensor]) -> Tensor:
    """Diagonal of a Kronecker product."""
    product = diagonals[0]
    for diagonal in diagonals[1:]:
        product = tf.reshape(product[:, None] * diagonal[None, :], (-1,))
    return product


def kronecker_normal_by_factors(delta: Tensor, factors: Sequence[Tensor]) -> Tensor:
    """Log density of N(0, K1 x K2 x ...) at vectors in the last axis, from the Cholesky factors of the Ki.

    Saatchi 2011, "Scalable inference for structured Gaussian process models", chapter 5.
    """
    total = int(delta.shape[-1])
    z = _rotate(factors, delta, _solve)
    half_log_det = sum((total // int(f.shape[-1])) * log_diagonal(f) for f in factors)
    return -0.5 * tf.reduce_sum(tf.square(z), axis=-1) - half_log_det - 0.5 * total * math.log(2.0 * math.pi)


def kronecker_normal_by_spectra(
    delta: Tensor, spectra: Sequence[tuple[Tensor, Tensor]], variance: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Log density of N(0, K1 x K2 x ... + variance I), from the spectra of the Ki, and whether that is definite."""
    values = kronecker_diagonal([v for v, _ in spectra])
    values = values if variance is None else values + variance
    ok = tf.reduce_all(values > 0)
    values = tf.where(ok, values, tf.ones_like(values))
    z = kronecker_multiply([tf.transpose(q) for _, q in spectra], delta)
    quadratic = tf.reduce_sum(tf.square(z) / values, axis=-1)
    return _normal_from(quadratic, values), ok


def _normal_from(quadratic: Tensor, variances: Tensor) -> Tensor:
    log_det = tf.reduce_sum(tf.math.log(variances))
    return -0.5 * (quadratic + log_det + int(variances.shape[-1]) * math.log(2.0 * math.pi))


def kronecker_normal_by_covariances(
    delta: Tensor, covariances: Sequence[Tensor], variance: Tensor
) -> tuple[Tensor, Tensor]:
    """As :func:`kronecker_normal_by_spectra`, from the Ki, with a gradient that does not see equal eigenvalues.

    The derivative of an eigenvector divides by differences of eigenvalues, NaN for an identity matrix; the density's
    own derivative has no such poles. With the eigenvectors Q held constant, K = Q M Q' moves M alone: the log
    determinant changes with M's diagonal, and the quadratic form d' (M + s)^-1 d is 2 d'b - b'(M + s) b to first order,
    with b = (M + s)^-1 d held constant.
    """
    vectors = [tf.stop_gradient(tf.linalg.eigh(tf.stop_gradient(k))[1]) for k in covariances]
    inner = [
        tf.linalg.matmul(q, tf.linalg.matmul(k, q), transpose_a=True) for k, q in zip(covariances, vectors, strict=True)
    ]
    values = kronecker_diagonal([tf.linalg.diag_part(m) for m in inner]) + variance
    ok = tf.reduce_all(values > 0)
    values = tf.where(ok, values, tf.ones_like(values))
    z = kronecker_multiply([tf.transpose(q) for q in vectors], delta)
    exact = tf.stop_gradient(tf.reduce_sum(tf.square(z) / values, axis=-1))
    b = tf.stop_gradient(z / values)
    moved = kronecker_multiply(inner, b) + variance * b
    first_order = tf.reduce_sum(2.0 * z * b - b * moved, axis=-1)
    return _normal_from(exact + (first_order - tf.stop_gradient(first_order)), values), ok


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "LKJCorr": _lkj_corr,
    "MatrixNormal": _matrix_normal,
    "Wishart": _wishart,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    "LKJCorr": _sample_lkj_corr,
    "MatrixNormal": _sample_matrix_normal,
    "Wishart": _sample_wishart,
}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}

EVENT_SHAPE: Mapping[str, Callable[[Mapping[str, Tensor]], tuple[int, ...]]] = {
    "LKJCorr": _lkj_corr_shape,
    "MatrixNormal": _matrix_normal_shape,
}

#: Start values in which numbers and matrices of a batch meet, ``f(canonical) -> tensor``.
TEST_VALUE: Mapping[str, Callable[[Mapping[str, Tensor]], Tensor]] = {
    "Wishart": lambda canonical: canonical["nu"][..., None, None] * canonical["V"],
}
