"""``pm.math`` against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import scipy.stats

import pm_migrate.shims.math as pmm
import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import NotSupported
from pm_migrate.shims import theano

M = np.array([[0.3, -0.7, 1.1], [2.0, 0.4, -0.2]])
N = np.array([[1.0, 2.0], [0.5, -1.0]])


def test_logsumexp_keeps_dimensions() -> None:
    assert pmm.logsumexp(M).eval().shape == (1, 1)
    assert pmm.logsumexp(M, axis=1).eval().shape == (2, 1)
    assert pmm.logsumexp(M, axis=1, keepdims=False).eval().shape == (2,)
    np.testing.assert_allclose(
        pmm.logsumexp(M * 1000, axis=0).eval(), scipy.special.logsumexp(M * 1000, axis=0, keepdims=True), rtol=1e-14
    )
    assert pmm.logsumexp(np.array([-np.inf, -np.inf])).eval().tolist() == [-np.inf]


def test_logistic_functions() -> None:
    x = np.array([-800.0, -1.0, 0.0, 3.0, 800.0])
    eps = np.finfo(float).eps
    # (1 - 2 eps) sigmoid(x) + eps, PyMC3's definition
    np.testing.assert_allclose(pmm.invlogit(x).eval(), (1 - 2 * eps) * scipy.special.expit(x) + eps, rtol=1e-15)
    assert (pmm.invlogit(x).eval() > 0).all()
    assert (pmm.invlogit(x).eval() < 1).all()
    value = tt.dvector("x")
    gradient = theano.grad(pmm.invlogit(value).sum(), value).eval({value: x})
    assert np.isfinite(gradient).all()
    p = np.array([0.1, 0.5, 0.99])
    np.testing.assert_allclose(pmm.logit(p).eval(), scipy.special.logit(p), rtol=1e-14)
    np.testing.assert_allclose(pmm.probit(p).eval(), scipy.stats.norm.ppf(p), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(pmm.invprobit(x[1:4]).eval(), scipy.stats.norm.cdf(x[1:4]), rtol=1e-14)


def test_logarithms_of_sums_and_differences() -> None:
    a, b = np.array([0.5, 1000.0, -1000.0]), np.array([0.2, 999.0, -1001.0])
    np.testing.assert_allclose(pmm.logaddexp(a, b).eval(), np.logaddexp(a, b), rtol=1e-15)
    np.testing.assert_allclose(pmm.logdiffexp(a, b).eval(), a + np.log1p(-np.exp(b - a)), rtol=1e-14)
    np.testing.assert_allclose(pmm.logdiffexp_numpy(a, b), a + np.log1p(-np.exp(b - a)), rtol=1e-14)
    x = np.array([1e-10, 0.5, 1.0, 40.0])
    # log(1 - exp(-x)), by the formula that is exact on either side of log 2
    exact = np.where(x < np.log(2), np.log(-np.expm1(-x)), np.log1p(-np.exp(-x)))
    np.testing.assert_allclose(pmm.log1mexp(x).eval(), exact, rtol=1e-14)
    np.testing.assert_allclose(pmm.log1mexp_numpy(x), exact, rtol=1e-14)
    np.testing.assert_allclose(pmm.log1pexp(a).eval(), np.logaddexp(a, 0), rtol=1e-15)


def test_triangular_matrices() -> None:
    packed = np.arange(1.0, 7.0)
    lower = pmm.expand_packed_triangular(3, packed)
    assert lower.eval().tolist() == [[1, 0, 0], [2, 3, 0], [4, 5, 6]]
    upper = pmm.expand_packed_triangular(3, packed, lower=False)
    assert upper.eval().tolist() == [[1, 2, 3], [0, 4, 5], [0, 0, 6]]
    assert pmm.expand_packed_triangular(3, packed, diagonal_only=True).eval().tolist() == [1, 3, 6]
    assert pmm.expand_packed_triangular(3, packed, lower=False, diagonal_only=True).eval().tolist() == [1, 4, 6]
    with pytest.raises(ValueError, match="one dimensional"):
        pmm.expand_packed_triangular(3, M)
    with pytest.raises(TypeError, match="integer"):
        pmm.expand_packed_triangular(3.0, packed)  # type: ignore[arg-type]


def test_kronecker_products() -> None:
    big = np.kron(M, N)
    np.testing.assert_allclose(pmm.kronecker(M, N).eval(), big)
    square = M @ M.T
    right = np.arange(8.0).reshape(4, 2)
    np.testing.assert_allclose(pmm.kron_dot([square, N], right).eval(), np.kron(square, N) @ right, rtol=1e-13)
    vector = right[:, :1]
    np.testing.assert_allclose(pmm.kron_dot([square, N], right[:, 0]).eval(), np.kron(square, N) @ vector, rtol=1e-13)
    factors = [np.linalg.cholesky(square), np.array([[2.0, 0.0], [1.0, 3.0]])]
    solved = scipy.linalg.solve_triangular(np.kron(*factors), right, lower=True)
    np.testing.assert_allclose(pmm.kron_solve_lower(factors, right).eval(), solved, rtol=1e-12)
    solved = scipy.linalg.solve_triangular(np.kron(*factors).T, right, lower=False)
    np.testing.assert_allclose(pmm.kron_solve_upper([f.T for f in factors], right).eval(), solved, rtol=1e-12)
    np.testing.assert_allclose(pmm.kron_diag([1.0, 2.0], [3.0, 4.0]).eval(), [3.0, 4.0, 6.0, 8.0])


def test_blocks_and_batches() -> None:
    np.testing.assert_array_equal(pmm.block_diagonal([M, N]).eval(), scipy.linalg.block_diag(M, N))
    assert pmm.block_diagonal([M]) is M
    with pytest.raises(NotSupported, match="sparse"):
        pmm.block_diagonal([M, N], sparse=True)
    stacked = pmm.batched_diag(M).eval()
    np.testing.assert_array_equal(stacked, np.stack([np.diag(row) for row in M]))
    np.testing.assert_array_equal(pmm.batched_diag(stacked).eval(), M)
    assert pmm.flatten_list([M, N[0]]).eval().tolist() == [*M.ravel(), *N[0]]
    assert pmm.cartesian([1, 2], [[3, 4], [5, 6]]).tolist() == [[1, 3, 4], [1, 5, 6], [2, 3, 4], [2, 5, 6]]
    np.testing.assert_allclose(pmm.logdet(N).eval(), np.log(abs(np.linalg.det(N))), rtol=1e-14)


def test_public_names_exist() -> None:
    for name in pmm.__all__:
        assert callable(getattr(pmm, name)), name
