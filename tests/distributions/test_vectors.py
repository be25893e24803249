"""Distributions of vectors and matrices: recorded PyMC3 values, edges, draws, and the composite ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import pm_migrate.shims as pm
from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.shims.distributions import multivariate
from pm_migrate.shims.distributions.binding import as_float, bind
from pm_migrate.shims.distributions.special import matrices
from pm_migrate.shims.quirks import QuirkWarning, quirks

K1 = np.array([[1.0, 0.5], [0.5, 2.0]])
K2 = np.array([[1.0, 0.4, 0.2], [0.4, 2.0, 0.3], [0.2, 0.3, 1.0]])
C2 = np.linalg.cholesky(K2)
NOT_DEFINITE = np.array([[1.0, 2.0], [2.0, 1.0]])
NEGATIVE = np.array([[1.0, 0.0], [0.3, -0.5]])

#: A correct sampler fails a test with this probability over the choice of seed; seeds are fixed.
ERROR_RATE = 1e-6
DRAWS = 20_000
SEED = tf.constant([3, 5], tf.int32)


def bound(name: str, given: dict[str, Any]) -> Any:
    row = DISTRIBUTIONS[name]
    return bind(row, row.form_for(frozenset(given)), given)


def with_gradient(name: str, given: dict[str, Any], value: Any, jit: bool = False) -> tuple[Any, dict[str, Any]]:
    inputs = {n: as_float(v) for n, v in {**given, "value": value}.items()}

    def evaluate(inputs: dict[str, Any]) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            logp = bound(name, {n: v for n, v in inputs.items() if n != "value"}).log_prob(inputs["value"])
        return logp, tape.gradient(logp, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return (tf.function(evaluate, jit_compile=True, autograph=False) if jit else evaluate)(inputs)


# Recorded from PyMC3 3.11.6: distribution.logp(value).eval(), eta as a float64 variable. The logarithms of its Python
# constants are float32: log(2) costs Wishart 1e-8, the log-gammas of counts cost DirichletMultinomial 5e-7.
RECORDED: list[tuple[str, dict[str, Any], Any, Any, float]] = [
    ("MvNormal", {"mu": [0.1, -0.2], "cov": K1}, [1.0, 0.5], -2.5405421032341997, 1e-14),
    ("MvStudentT", {"nu": 3.5, "mu": [0.1, -0.2], "cov": K1}, [1.0, 0.5], -2.7128596758983368, 1e-14),
    ("MvStudentT", {"nu": 3.5, "mu": [0.1, -0.2], "tau": K1}, [1.0, 0.5], -3.0033962435431363, 1e-14),
    (
        "Multinomial",
        {"n": [7, 9], "p": [2.0, 3.0, 5.0]},
        [[1, 2, 4], [3, 3, 3]],
        [-2.136011893168231, -3.093124619562639],
        1e-14,
    ),
    (
        "DirichletMultinomial",
        {"n": [7, 9], "a": [0.5, 3.0, 5.0]},
        [[1, 2, 4], [0, 3, 6]],
        [-3.1153783420317325, -2.0803275348533763],
        1e-6,
    ),
    ("Wishart", {"nu": 5.5, "V": K1}, [[3.0, 0.5], [0.5, 2.0]], -6.480061569455312, 2e-8),
    ("LKJCorr", {"eta": 2.5, "n": 3}, [0.1, -0.3, 0.5], -0.42407602630168406, 1e-14),
    ("LKJCorr", {"n": 2.5, "p": 3}, [0.1, -0.3, 0.5], -0.42407602630168406, 1e-14),
    (
        "MatrixNormal",
        {"mu": 0.5, "rowcov": K1, "colchol": C2},
        np.arange(6.0).reshape(2, 3) / 4,
        -7.235247635509798,
        1e-14,
    ),
]


@pytest.mark.parametrize(("name", "given", "value", "expected", "digits"), RECORDED)
def test_recorded_values(name: str, given: dict[str, Any], value: Any, expected: Any, digits: float) -> None:
    logp, _ = with_gradient(name, given, value)
    np.testing.assert_allclose(logp, expected, rtol=digits)


def test_recorded_start_values() -> None:
    """From PyMC3 3.11.6's model.test_point: rounded means, the first count mended."""
    given: list[tuple[str, dict[str, Any], Any]] = [
        ("Multinomial", {"n": [5, 9], "p": [0.2, 0.3, 0.5]}, [[1, 2, 2], [2, 3, 4]]),
        ("Multinomial", {"n": 5, "p": [0.5, 0.5]}, [3, 2]),
        ("DirichletMultinomial", {"n": 7, "a": [1.0, 2.0, 3.0]}, [1, 2, 4]),
        ("DirichletMultinomial", {"n": [5, 2], "a": [1.0, 1.0, 1.0, 1.0]}, [[2, 1, 1, 1], [2, 0, 0, 0]]),
    ]
    for name, parameters, expected in given:
        assert bound(name, parameters).test_value().numpy().tolist() == expected


OUTSIDE: list[tuple[str, dict[str, Any], Any]] = [
    ("MvNormal", {"mu": [0.0, 0.0], "cov": NOT_DEFINITE}, [0.1, 0.2]),
    ("MvNormal", {"mu": [0.0, 0.0], "cov": np.full((2, 2), np.nan)}, [0.1, 0.2]),
    ("MvNormal", {"mu": [0.0, 0.0], "tau": NOT_DEFINITE}, [0.1, 0.2]),
    ("MvNormal", {"mu": [0.0, 0.0], "chol": NEGATIVE}, [0.1, 0.2]),
    ("MvStudentT", {"nu": -1.0, "mu": [0.0, 0.0], "cov": K1}, [0.1, 0.2]),
    ("MvStudentT", {"nu": 3.0, "mu": [0.0, 0.0], "tau": NOT_DEFINITE}, [0.1, 0.2]),
    ("Dirichlet", {"a": [1.0, 2.0, 0.5]}, [0.5, 0.5, 0.0]),
    ("Dirichlet", {"a": [1.0, 2.0, 3.0]}, [0.5, 0.5, 0.0]),
    ("Dirichlet", {"a": [1.0, -2.0, 0.5]}, [0.2, 0.3, 0.5]),
    ("Multinomial", {"n": 3, "p": [0.2, 0.3, 0.5]}, [1, 1, 2]),
    ("Multinomial", {"n": 3, "p": [0.2, 0.3, 0.5]}, [-1, 2, 2]),
    ("Multinomial", {"n": 3, "p": [0.2, 0.8, 0.0]}, [1, 1, 1]),
    ("Multinomial", {"n": 3, "p": [-0.2, 0.7, 0.5]}, [1, 1, 1]),
    ("DirichletMultinomial", {"n": 3, "a": [1.0, 2.0, 0.5]}, [1, 1, 2]),
    ("DirichletMultinomial", {"n": 3, "a": [0.0, 2.0, 0.5]}, [1, 1, 1]),
    ("Wishart", {"nu": 3.0, "V": K1}, [[1.0, 0.2], [0.3, 1.0]]),
    ("Wishart", {"nu": 3.0, "V": K1}, NOT_DEFINITE),
    ("Wishart", {"nu": 1.0, "V": K1}, K1),
    ("Wishart", {"nu": 3.0, "V": NOT_DEFINITE}, K1),
    ("LKJCorr", {"eta": 1.5, "n": 3}, [0.9, -0.9, 0.9]),
    ("LKJCorr", {"eta": 1.5, "n": 3}, [1.1, 0.0, 0.0]),
    ("LKJCorr", {"eta": -1.0, "n": 3}, [0.1, 0.0, 0.0]),
    ("MatrixNormal", {"mu": 0.0, "rowcov": NOT_DEFINITE, "colchol": K1}, np.ones((2, 2))),
    ("MatrixNormal", {"mu": 0.0, "rowcov": K1, "colchol": NEGATIVE}, np.ones((2, 2))),
]


@pytest.mark.parametrize("jit", [False, True], ids=["eager", "xla"])
@pytest.mark.parametrize(("name", "given", "value"), OUTSIDE)
def test_outside_is_minus_infinity_with_a_finite_gradient(
    name: str, given: dict[str, Any], value: Any, jit: bool
) -> None:
    logp, gradient = with_gradient(name, given, value, jit)
    assert float(logp) == -np.inf
    assert all(np.all(np.isfinite(g)) for g in gradient.values())


def test_edges_that_have_a_density() -> None:
    # Dirichlet(1, 2, 3) at x_1 = 0: Gamma(6) / (Gamma(1) Gamma(2) Gamma(3)) x_2 x_3**2
    logp, gradient = with_gradient("Dirichlet", {"a": [1.0, 2.0, 3.0]}, [0.0, 0.25, 0.75])
    np.testing.assert_allclose(logp, np.log(120 / 2 * 0.25 * 0.75**2), rtol=1e-14)
    assert all(np.all(np.isfinite(g)) for g in gradient.values())
    assert float(with_gradient("Multinomial", {"n": 0, "p": [0.5, 0.5]}, [0, 0])[0]) == 0.0
    assert float(with_gradient("DirichletMultinomial", {"n": 0, "a": [0.5, 0.5]}, [0, 0])[0]) == 0.0
    np.testing.assert_allclose(
        with_gradient("Multinomial", {"n": 3, "p": [0.2, 0.8, 0.0]}, [1, 2, 0])[0], np.log(0.384)
    )


def test_student_t_far_out_and_with_many_degrees_of_freedom() -> None:
    # the square of 1e200 overflows; with one coordinate the density is the Student's t
    logp, gradient = with_gradient("MvStudentT", {"nu": 3.0, "mu": [0.0], "chol": [[1.0]]}, [1e200])
    expected = (
        special.gammaln(2.0) - special.gammaln(1.5) - 0.5 * np.log(3 * np.pi) - 2.0 * (400 * np.log(10) - np.log(3))
    )
    np.testing.assert_allclose(logp, expected, rtol=1e-14)
    assert np.all(np.isfinite(gradient["value"]))
    # the limit is normal; a difference of log-gammas at 1e12 would be off by 1e-3
    many, _ = with_gradient("MvStudentT", {"nu": 1e12, "mu": [0.0, 0.0], "chol": np.eye(2)}, [1.0, -1.0])
    np.testing.assert_allclose(many, -1.0 - np.log(2 * np.pi), rtol=1e-11)


@pytest.mark.parametrize("size", [1, 2, 50])
def test_sizes(size: int) -> None:
    rng = np.random.default_rng(size)
    root = rng.normal(size=(size, size))
    cov = root @ root.T + np.eye(size)
    cov = (cov + cov.T) / 2
    mu, x = rng.normal(size=(2, size))
    scipy: list[tuple[str, dict[str, Any], Any, float]] = [
        ("MvNormal", {"mu": mu, "cov": cov}, x, stats.multivariate_normal(mu, cov).logpdf(x)),
        ("MvStudentT", {"nu": 3.0, "mu": mu, "cov": cov}, x, stats.multivariate_t(mu, cov, 3.0).logpdf(x)),
        ("Wishart", {"nu": size + 2.0, "V": cov}, cov / 2, stats.wishart(size + 2.0, cov).logpdf(cov / 2)),
    ]
    for name, given, value, expected in scipy:
        np.testing.assert_allclose(with_gradient(name, given, value)[0], expected, rtol=1e-11, err_msg=name)


def test_the_volume_of_correlation_matrices() -> None:
    # of a 2 x 2 one: the integral of (1 - r**2)**(eta - 1) is B(1/2, eta); of 3 x 3 ones: pi**2 / 2
    for eta in (0.3, 1.0, 4.0, 1e4):
        volume = matrices.log_lkj_volume(tf.constant(eta, tf.float64), 2)
        np.testing.assert_allclose(volume, special.betaln(0.5, eta), rtol=1e-11)
    np.testing.assert_allclose(
        matrices.log_lkj_volume(tf.constant(1.0, tf.float64), 3), np.log(np.pi**2 / 2), rtol=1e-14
    )


def test_the_fault_of_the_lkj_normaliser_is_kept_unless_mended() -> None:
    given = {"eta": 2.0, "n": 2}
    with quirks("fixed"):
        mended = bound("LKJCorr", given)
    kept = bound("LKJCorr", given)
    # the density of one correlation is (1 - r**2)**(eta - 1) / B(1/2, eta)
    right = np.log(1 - 0.3**2) - special.betaln(0.5, 2.0)
    np.testing.assert_allclose(mended.log_prob([0.3]), right, rtol=1e-14)
    np.testing.assert_allclose(kept.log_prob([0.3]), right + 2 * special.betaln(0.5, 2.0), rtol=1e-14)


def draws(distribution: Any, shape: tuple[int, ...]) -> np.ndarray:
    return tf.function(lambda: distribution.sample(shape, SEED), jit_compile=True, autograph=False)().numpy()


def follows(sample: np.ndarray, truth: Any) -> bool:
    return bool(stats.kstest(sample, truth.cdf).pvalue > ERROR_RATE)


def counts_follow(sample: np.ndarray, truth: Any, n: int) -> bool:
    expected = truth.pmf(np.arange(n + 1)) * len(sample)
    keep = expected >= 5
    observed = np.bincount(sample.astype(int), minlength=n + 1)
    parts = (np.append(a[keep], a[~keep].sum()) for a in (observed, expected))
    seen, wanted = (p[np.append(np.ones(keep.sum(), bool), (~keep).any())] for p in parts)
    return bool(stats.chisquare(seen, wanted * seen.sum() / wanted.sum()).pvalue > ERROR_RATE)


WEIGHTS = np.array([0.7, -1.1, 0.4])  # a projection shows means and covariances at once


def test_normal_and_student_draws() -> None:
    mu = np.array([0.1, -0.2, 3.0])
    scale = np.sqrt(WEIGHTS @ K2 @ WEIGHTS)
    for given in ({"mu": mu, "cov": K2}, {"mu": mu, "tau": np.linalg.inv(K2)}, {"mu": mu, "chol": C2}):
        projected = draws(bound("MvNormal", given), (DRAWS, 3)) @ WEIGHTS
        assert follows(projected, stats.norm(WEIGHTS @ mu, scale))
    student = draws(bound("MvStudentT", {"nu": 3.5, "mu": mu, "cov": K2}), (DRAWS, 3))
    assert follows(student @ WEIGHTS, stats.t(3.5, WEIGHTS @ mu, scale))
    scalar_mean = draws(bound("MvNormal", {"mu": 2.0, "cov": K2}), (DRAWS, 3))
    assert follows(scalar_mean @ WEIGHTS, stats.norm(2.0 * WEIGHTS.sum(), scale))


def test_dirichlet_draws() -> None:
    a = np.array([0.5, 2.0, 3.0])
    sample = draws(bound("Dirichlet", {"a": a}), (DRAWS, 3))
    np.testing.assert_allclose(sample.sum(axis=-1), 1.0, rtol=1e-12)
    assert all(follows(sample[:, i], stats.beta(a[i], a.sum() - a[i])) for i in range(3))


def test_count_draws_with_a_number_of_trials_for_each_row() -> None:
    n, a = np.array([7.0, 40.0]), np.array([0.5, 2.0, 3.0])
    sample = draws(bound("Multinomial", {"n": n, "p": a}), (DRAWS, 2, 3))
    compound = draws(bound("DirichletMultinomial", {"n": n, "a": a}), (DRAWS, 2, 3))
    for row, trials in enumerate(n.astype(int)):
        for i in range(3):
            assert counts_follow(sample[:, row, i], stats.binom(trials, a[i] / a.sum()), trials)
            assert counts_follow(compound[:, row, i], stats.betabinom(trials, a[i], a.sum() - a[i]), trials)
    assert np.all(sample.sum(axis=-1) == n) and np.all(compound.sum(axis=-1) == n)


def test_wishart_draws() -> None:
    sample = draws(bound("Wishart", {"nu": 4.5, "V": K2}), (DRAWS, 3, 3))
    assert np.array_equal(sample, np.swapaxes(sample, 1, 2))
    # w' S w is w' V w times a chi-squared variable (Anderson 2003, theorem 7.3.4)
    share = np.einsum("i,nij,j->n", WEIGHTS, sample, WEIGHTS) / (WEIGHTS @ K2 @ WEIGHTS)
    assert follows(share, stats.chi2(4.5))
    # and log det S / det V that of a product of independent ones: compare its mean, of known variance
    log_det = np.linalg.slogdet(sample)[1] - np.linalg.slogdet(K2)[1]
    halves = (4.5 - np.arange(3)) / 2
    z = (log_det.mean() - (special.digamma(halves) + np.log(2)).sum()) / np.sqrt(
        special.polygamma(1, halves).sum() / DRAWS
    )
    assert abs(z) < stats.norm.isf(ERROR_RATE / 2)


def test_lkj_draws() -> None:
    n, eta = 4, 1.7
    sample = draws(bound("LKJCorr", {"eta": eta, "n": n}), (DRAWS, 6))
    # every correlation is 2 Beta - 1 (Lewandowski, Kurowicka & Joe 2009, section 3.2)
    marginal = stats.beta(eta - 1 + n / 2, eta - 1 + n / 2)
    assert all(follows((sample[:, k] + 1) / 2, marginal) for k in range(6))
    matrix = matrices.correlation_matrix(tf.constant(sample)).numpy()
    assert np.all(np.linalg.eigvalsh(matrix) > 0)
    # the determinant is a product of independent Beta(eta + (n - 1 - i) / 2, i / 2)
    i = np.arange(1, n)
    top, rest = eta + (n - 1 - i) / 2, i / 2
    mean = (special.digamma(top) - special.digamma(top + rest)).sum()
    variance = (special.polygamma(1, top) - special.polygamma(1, top + rest)).sum()
    z = (np.linalg.slogdet(matrix)[1].mean() - mean) / np.sqrt(variance / DRAWS)
    assert abs(z) < stats.norm.isf(ERROR_RATE / 2)


def test_matrix_normal_draws() -> None:
    sample = draws(bound("MatrixNormal", {"mu": 0.5, "rowcov": K1, "colcov": K2}), (DRAWS, 2, 3))
    left = np.array([1.0, -0.6])
    scale = np.sqrt((left @ K1 @ left) * (WEIGHTS @ K2 @ WEIGHTS))
    assert follows(np.einsum("i,nij,j->n", left, sample, WEIGHTS), stats.norm(0.5 * left.sum() * WEIGHTS.sum(), scale))


KRONECKER: dict[str, Callable[[], dict[str, Any]]] = {
    "covs": lambda: {"covs": [K1, K2]},
    "chols": lambda: {"chols": [np.linalg.cholesky(K1), C2]},
    "evds": lambda: {"evds": [np.linalg.eigh(K1), np.linalg.eigh(K2)]},
}


@pytest.mark.parametrize("sigma", [None, 0.5])
@pytest.mark.parametrize("kind", KRONECKER)
def test_kronecker_normal_is_the_dense_normal(kind: str, sigma: float | None) -> None:
    mu, x = np.linspace(-1, 1, 6), np.arange(12.0).reshape(2, 6) / 4
    dist = multivariate.KroneckerNormal.dist(mu=mu, **KRONECKER[kind](), sigma=sigma, shape=(2, 6))
    dense = np.kron(K1, K2) + (0.0 if sigma is None else sigma**2) * np.eye(6)
    np.testing.assert_allclose(dist.logp(x).eval(), stats.multivariate_normal(mu, dense).logpdf(x), rtol=1e-13)
    weights = np.array([0.3, -1.0, 0.7, 0.2, -0.4, 0.9])
    sample = draws(dist.bound_at_test_point(), (DRAWS, 6))
    assert follows(sample @ weights, stats.norm(weights @ mu, np.sqrt(weights @ dense @ weights)))
    # PyMC3 3.11.6 at mu = 0 and these values
    recorded = {None: -7.428370868504975, 0.5: -7.899067088897859}[sigma]
    centred = multivariate.KroneckerNormal.dist(mu=np.zeros(6), **KRONECKER[kind](), sigma=sigma, shape=6)
    np.testing.assert_allclose(centred.logp(x[0]).eval(), recorded, rtol=1e-13)


def test_kronecker_gradient_with_equal_eigenvalues() -> None:
    """The derivative of eigenvectors is NaN there; that of the density is that of the dense one."""
    first, second = tf.constant(np.eye(2)), tf.constant(np.eye(3))
    x, noise = tf.constant([0.1, -0.4, 0.8, 1.5, -0.3, 0.2], tf.float64), tf.constant(0.25, tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([first, second, x, noise])
        ours, ok = matrices.kronecker_normal_by_covariances(x, [first, second], noise)
        whole = tf.reshape(first[:, None, :, None] * second[None, :, None, :], (6, 6)) + noise * tf.eye(
            6, dtype=tf.float64
        )
        root = tf.linalg.cholesky(whole)
        z = tf.linalg.triangular_solve(root, x[:, None])
        dense = (
            -0.5 * tf.reduce_sum(z**2) - tf.reduce_sum(tf.math.log(tf.linalg.diag_part(root))) - 3 * np.log(2 * np.pi)
        )
    assert bool(ok)
    np.testing.assert_allclose(ours, dense, rtol=1e-14)
    for a, b in zip(
        tape.gradient(ours, [first, second, x, noise]), tape.gradient(dense, [first, second, x, noise]), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def test_kronecker_of_what_is_not_definite_is_minus_infinity() -> None:
    for given in (
        {"covs": [NOT_DEFINITE, K2]},
        {"chols": [NEGATIVE, C2]},
        {"covs": [NOT_DEFINITE * 9, K2], "sigma": 0.1},
    ):
        assert multivariate.KroneckerNormal.dist(mu=np.zeros(6), **given, shape=6).logp(np.ones(6)).eval() == -np.inf


def test_kronecker_wants_exactly_one_parametrisation() -> None:
    with pytest.raises(ValueError, match="exactly one of covs, chols, or evds"):
        multivariate.KroneckerNormal.dist(mu=0.0, covs=[K1], chols=[K1])


def test_covariance_factor_recorded() -> None:
    """PyMC3 3.11.6: _LKJCholeskyCov.dist(eta, 3, Exponential.dist(lam)).logp, both float64 variables."""
    dist = multivariate._LKJCholeskyCov.dist(eta=2.5, n=3, sd_dist=pm.Exponential.dist(2.0))
    np.testing.assert_allclose(dist.logp([1.0, 0.2, 0.8, -0.3, 0.4, 1.5]).eval(), -5.524842770947694, rtol=1e-14)
    assert dist.logp([1.0, 0.2, -0.8, -0.3, 0.4, 1.5]).eval() == -np.inf


def test_covariance_factor_of_nearly_singular_matrices() -> None:
    """Against the density written with 50 digits, where squares of ratios overflow and where they vanish."""
    import mpmath

    eta, packed = 1e4, np.array([1.0, 1e-9, 0.5])
    steep = np.array([1.0, 0.7, 1e-200])
    for x in (packed, steep):
        with mpmath.workdps(450):
            b, c = map(mpmath.mpf, x[1:].tolist())
            deviation = mpmath.sqrt(b * b + c * c)
            share = mpmath.log(c / deviation)
            volume = mpmath.log(mpmath.beta(0.5, eta))
            exact = float(2 * (eta - 0.5) * share - mpmath.log(deviation) + volume)
        ours, deviations, ok = matrices.lkj_cholesky_cov(tf.constant(x), tf.constant(eta, tf.float64), 2, fixed=False)
        assert bool(ok)
        np.testing.assert_allclose(ours, exact, rtol=1e-13)
        np.testing.assert_allclose(deviations[1], float(deviation), rtol=1e-13)


def test_covariance_factor_draws() -> None:
    dist = multivariate._LKJCholeskyCov.dist(
        eta=1.7, n=3, sd_dist=pm.Exponential.dist(np.array([1.0, 2.0, 3.0]), shape=3)
    )
    factor = matrices.unpack_lower(tf.constant(draws(dist.bound_at_test_point(), (DRAWS, 6))), 3).numpy()
    deviations = np.linalg.norm(factor, axis=-1)
    assert all(follows(deviations[:, i], stats.expon(scale=1 / (i + 1.0))) for i in range(3))
    unit = factor / deviations[..., None]
    correlation = np.einsum("nij,nkj->nik", unit, unit)
    assert all(follows((correlation[:, i, j] + 1) / 2, stats.beta(2.2, 2.2)) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_lkj_cholesky_cov_in_a_model() -> None:
    with pm.Model() as model:
        chol, corr, stds = multivariate.LKJCholeskyCov(
            "c", eta=2.0, n=3, sd_dist=pm.Exponential.dist(1.0), compute_corr=True
        )
        multivariate.LKJCholeskyCov("d", 2.0, 2, pm.Exponential.dist(1.0), compute_corr=True, store_in_trace=False)
    assert [v.name for v in model.free_RVs] == ["c_cholesky-cov-packed__", "d_cholesky-cov-packed__"]
    assert {"c", "c_stds", "c_corr", "d"} <= set(model.named_vars) and "d_corr" not in model.named_vars
    assert chol.tag.test_value.shape == corr.tag.test_value.shape == (3, 3) and stds.tag.test_value.shape == (3,)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"shape": 3}, "shape"),
        ({"transform": pm.distributions.transforms.log}, "transform"),
        ({"sd_dist": 1.0}, "sd_dist"),
    ],
)
def test_lkj_cholesky_cov_refuses(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises((ValueError, TypeError), match=complaint):
        multivariate._LKJCholeskyCov.dist(**{"eta": 1.0, "n": 2, "sd_dist": pm.Exponential.dist(1.0), **arguments})


def test_a_random_eta_is_said_and_mended() -> None:
    from pm_migrate.shims import quirks as module

    module._said.discard("LKJCholeskyCov")
    with pm.Model():
        eta = pm.Exponential("eta", 1.0)
        with pytest.warns(QuirkWarning, match="LKJ normaliser"):
            kept = multivariate._LKJCholeskyCov.dist(eta=eta, n=2, sd_dist=pm.Exponential.dist(1.0))
        with quirks("fixed"):
            mended = multivariate._LKJCholeskyCov.dist(eta=eta, n=2, sd_dist=pm.Exponential.dist(1.0))
    at = np.array([1.0, 0.3, 0.5])
    difference = kept.bound_at_test_point().log_prob(at) - mended.bound_at_test_point().log_prob(at)
    np.testing.assert_allclose(difference, 2 * special.betaln(0.5, eta.tag.test_value), rtol=1e-12)
    with warnings.catch_warnings():  # a fixed eta changes no posterior
        warnings.simplefilter("error")
        module._said.discard("LKJCholeskyCov")
        multivariate._LKJCholeskyCov.dist(eta=2.0, n=2, sd_dist=pm.Exponential.dist(1.0))


def test_wishart_bartlett_keeps_the_fault_unless_mended() -> None:
    from pm_migrate.shims import quirks as module

    def matrix_of(c: np.ndarray, z: np.ndarray, factor: np.ndarray) -> np.ndarray:
        a = np.diag(np.sqrt(c))
        a[np.tril_indices(3, -1)] = z
        return factor @ a @ a.T @ factor.T

    module._said.discard("WishartBartlett")
    with pytest.warns(QuirkWarning, match="degrees of freedom"), pm.Model() as kept:
        multivariate.WishartBartlett("w", K2, 6)
    with quirks("fixed"), pm.Model() as mended:
        multivariate.WishartBartlett("w", K2, 6)
    c, z = np.array([1.0, 2.0, 3.0]), np.array([0.5, -0.4, 0.2])
    point = {"w_c_log__": np.log(c), "w_z": z}
    for model, degrees, factor in ((kept, [4.0, 3.0, 2.0], C2.T), (mended, [6.0, 5.0, 4.0], C2)):
        expected = stats.chi2(degrees).logpdf(c).sum() + np.log(c).sum() + stats.norm.logpdf(z).sum()
        np.testing.assert_allclose(model.logp(point), expected, rtol=1e-13)
        recorded = model.log_density().evaluate({k: tf.constant(v) for k, v in point.items()}).values
        np.testing.assert_allclose(recorded["w"], matrix_of(c, z, factor), rtol=1e-13)


def test_wishart_bartlett_starts_at_a_given_matrix() -> None:
    with quirks("fixed"), pm.Model() as model:
        multivariate.WishartBartlett("w", K2, 6, testval=2.5 * K2)
    np.testing.assert_allclose(model.w.tag.test_value, 2.5 * K2, rtol=1e-13)


def test_constructors_beyond_their_rows() -> None:
    assert pm.LKJCorr.dist(eta=2.0, n=4).shape == (6,)
    with pytest.raises(TypeError, match="shape"):
        pm.LKJCorr.dist(eta=2.0, n=4, shape=6)
    with pytest.raises(ValueError, match="rowtau not supported"):
        pm.MatrixNormal.dist(mu=0, rowtau=K1, colcov=K2, shape=(2, 3))
    with pytest.raises(TypeError, match="shape is a required"):
        pm.MatrixNormal.dist(mu=0, rowcov=K1, colcov=K2)
    assert pm.DirichletMultinomial.dist(7, np.ones(3), (3,)).shape == (3,)
    with pytest.warns(UserWarning, match="never symmetric"):
        assert pm.Wishart.dist(4.0, K1, shape=(2, 2)).mean.eval().tolist() == (4.0 * K1).tolist()


def test_positional_arguments_and_upper_factors() -> None:
    x = np.array([1.0, 0.5, -0.3])
    wanted = stats.multivariate_t(np.zeros(3), K2, 3.0).logpdf(x)
    np.testing.assert_allclose(pm.MvStudentT.dist(3.0, K2, np.zeros(3), shape=3).logp(x).eval(), wanted, rtol=1e-14)
    upper = pm.MvStudentT.dist(nu=3.0, mu=np.zeros(3), chol=C2.T, lower=False, shape=3)
    np.testing.assert_allclose(upper.logp(x).eval(), wanted, rtol=1e-14)


def test_a_column_of_trial_numbers() -> None:
    with pm.Model() as model:
        p = pm.Dirichlet("p", a=np.ones(3), shape=3)
        pm.Multinomial("x", n=np.array([[5], [9]]), p=p, observed=np.array([[1, 2, 2], [3, 3, 3]]))
    uniform = stats.multinomial([5, 9], np.ones(3) / 3).logpmf([[1, 2, 2], [3, 3, 3]]).sum()
    np.testing.assert_allclose(model.x.logp(model.test_point), uniform, rtol=1e-13)


def test_moments() -> None:
    """As PyMC3 3.11.6 has them."""
    dirichlet = pm.Dirichlet.dist(a=np.array([2.0, 3.0, 5.0]), shape=3)
    np.testing.assert_allclose(dirichlet.mean.eval(), [0.2, 0.3, 0.5], rtol=1e-15)
    np.testing.assert_allclose(dirichlet.mode.eval(), [1 / 7, 2 / 7, 4 / 7], rtol=1e-15)
    assert np.all(np.isnan(pm.Dirichlet.dist(a=np.array([1.0, 3.0, 5.0]), shape=3).mode.eval()))
    normal = pm.MvNormal.dist(mu=np.array([1.0, 2.0]), cov=K1, shape=2)
    assert normal.mean.eval().tolist() == normal.median.eval().tolist() == normal.mode.eval().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("shape", [(), (3,)])
def test_deviations_by_a_density_of_a_program(shape: tuple[int, ...]) -> None:
    """An exponential density, one number for each deviation or their sum."""

    def number(deviations: Any) -> float:
        with pm.Model() as m:
            pm.LKJCholeskyCov("x", eta=2.0, n=3, sd_dist=deviations)
        return float(m.logp({"x_cholesky-cov-packed__": np.array([0.2, 0.5, -0.3, 0.1, 0.4, 0.6])}))

    written = pm.DensityDist.dist(lambda v: -v.sum() if shape else -v, shape=shape)
    assert number(written) == pytest.approx(number(pm.Exponential.dist(1.0)), rel=1e-14)
