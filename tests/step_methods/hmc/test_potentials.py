"""Potentials and what they learn, against formulas."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from scipy import stats

from pm_migrate.shims.blocking import VarMap
from pm_migrate.shims.step_methods.hmc import estimators
from pm_migrate.shims.step_methods.hmc import quadpotential as qp
from pm_migrate.shims.step_methods.step_sizes import DualAverageAdaptation

DIAGONAL = np.array([0.5, 1.0, 3.0])
COVARIANCE = np.array([[1.0, 0.3, 0.0], [0.3, 0.5, -0.2], [0.0, -0.2, 2.0]])
ALARM = 1e-4  # probability of a false alarm of a test, split over its comparisons; the seeds are fixed


def dense_adapt(n: int, *args: object, **kwargs: object) -> qp.QuadPotentialFullAdapt:
    with pytest.warns(UserWarning, match="experimental"):
        return qp.QuadPotentialFullAdapt(n, np.zeros(n), *args, **kwargs)


POTENTIALS = {
    "diagonal": (lambda: qp.quad_potential(DIAGONAL, True), np.diag(DIAGONAL)),
    "diagonal, inverse": (lambda: qp.quad_potential(1 / DIAGONAL, False), np.diag(DIAGONAL)),
    "dense": (lambda: qp.quad_potential(COVARIANCE, True), COVARIANCE),
    "dense, inverse": (lambda: qp.quad_potential(np.linalg.inv(COVARIANCE), False), COVARIANCE),
    "learnt diagonal": (lambda: qp.QuadPotentialDiagAdapt(3, np.zeros(3), DIAGONAL, 10), np.diag(DIAGONAL)),
    "learnt dense": (lambda: dense_adapt(3, COVARIANCE, 10), COVARIANCE),
}


@pytest.mark.parametrize("name", POTENTIALS)
def test_velocities_and_energies(name: str) -> None:
    potential, matrix = POTENTIALS[name][0](), POTENTIALS[name][1]
    momentum, out = np.array([0.4, -1.0, 2.0]), np.empty(3)
    velocity, energy = matrix @ momentum, 0.5 * momentum @ matrix @ momentum
    np.testing.assert_allclose(potential.velocity(momentum), velocity, rtol=1e-13)
    potential.velocity(momentum, out=out)
    np.testing.assert_allclose(out, velocity, rtol=1e-13)
    np.testing.assert_allclose(potential.energy(momentum), energy, rtol=1e-13)
    np.testing.assert_allclose(potential.energy(momentum, velocity=velocity), energy, rtol=1e-13)
    out[:] = 0
    np.testing.assert_allclose(potential.velocity_energy(momentum, out), energy, rtol=1e-13)
    np.testing.assert_allclose(out, velocity, rtol=1e-13)
    assert qp.isquadpotential(potential) and not qp.isquadpotential(matrix)


@pytest.mark.parametrize("name", POTENTIALS)
def test_momenta_have_the_inverse_covariance_matrix(name: str) -> None:
    potential, matrix = POTENTIALS[name][0](), POTENTIALS[name][1]
    np.random.seed(4)
    draws, count = np.array([potential.random() for _ in range(3000)]), 3000
    expected = np.linalg.inv(matrix)
    # variance of an element of a Wishart matrix (Muirhead 1982, section 3.2)
    error = np.sqrt((expected**2 + np.outer(np.diag(expected), np.diag(expected))) / count)
    z = np.abs(draws.T @ draws / count - expected) / error
    assert z.max() < stats.norm.isf(ALARM / 2 / 6)


def test_potentials_that_are_none() -> None:
    with pytest.raises(qp.PositiveDefiniteError, match=r"indexes \[0 2\]") as caught:
        qp.quad_potential(np.array([0.0, 1.0, np.nan]), True)
    assert caught.value.idx.tolist() == [0, 2]
    with pytest.raises(qp.PositiveDefiniteError):
        qp.quad_potential(np.diag([1.0, -1.0]), False)
    with pytest.raises(np.linalg.LinAlgError):
        qp.quad_potential(np.array([[1.0, 2.0], [2.0, 1.0]]), True)
    with pytest.raises(ImportError, match="toarray"):
        qp.quad_potential(scipy.sparse.eye(2, format="csc"), True)


def test_running_moments() -> None:
    x = np.random.default_rng(1).normal(size=(40, 3))
    variance, covariance = estimators._WeightedVariance(3), estimators._WeightedCovariance(3)
    for row in x:
        variance.add_sample(row, 1)
        covariance.add_sample(row, 1)
    np.testing.assert_allclose(variance.current_variance(), x.var(0), rtol=1e-12)
    np.testing.assert_allclose(covariance.current_covariance(), np.cov(x.T), rtol=1e-12)
    np.testing.assert_allclose([variance.current_mean(), covariance.current_mean()], [x.mean(0)] * 2, rtol=1e-12)


def test_running_moments_go_on_from_earlier_ones() -> None:
    x = np.random.default_rng(2).normal(size=(40, 3))
    early = x[:15]
    variance = estimators._WeightedVariance(3, early.mean(0), early.var(0), 15)
    covariance = estimators._WeightedCovariance(3, early.mean(0), np.cov(early.T, bias=True), 15)
    for row in x[15:]:
        variance.add_sample(row, 1)
        covariance.add_sample(row, 1)
    np.testing.assert_allclose(variance.current_variance(), x.var(0), rtol=1e-12)
    np.testing.assert_allclose(covariance.current_covariance(), np.cov(x.T), rtol=1e-12)


def test_nothing_is_known_before_the_first_sample() -> None:
    with pytest.raises(ValueError, match="without samples"):
        estimators._WeightedVariance(2).current_variance()
    with pytest.raises(ValueError, match="shape"):
        estimators._WeightedCovariance(2, initial_covariance=np.eye(3))


def test_a_diagonal_forgets_windows() -> None:
    x = np.random.default_rng(3).normal(size=(25, 2)) * [1.0, 3.0]
    potential = qp.QuadPotentialDiagAdapt(2, np.zeros(2), np.ones(2), 10, adaptation_window=10)
    for number, row in enumerate(x):
        potential.update(row, None, tune=True)
        if number == 4:  # the identity counts as ten draws of mean 0
            moment = (10 * np.ones(2) + (x[:5] ** 2).sum(0)) / 15
            np.testing.assert_allclose(potential._var, moment - (x[:5].sum(0) / 15) ** 2, rtol=1e-12)
    np.testing.assert_allclose(potential._var, x[11:].var(0), rtol=1e-12)  # windows ended after draws 11 and 21
    learnt = potential._var.copy()
    potential.update(x[0], None, tune=False)
    assert (potential._var == learnt).all()
    potential.reset()
    assert potential._var.tolist() == [1.0, 1.0]


def test_a_matrix_forgets_windows() -> None:
    x = np.random.default_rng(3).normal(size=(40, 2)) @ np.array([[1.0, 0.4], [0.0, 2.0]])
    potential = dense_adapt(2, adaptation_window=10)
    for row in x:
        potential.update(row, None, tune=True)
    # windows of 10 and 20: they ended after draws 11 and 31
    np.testing.assert_allclose(potential._cov, np.cov(x[11:].T), rtol=1e-12)
    np.testing.assert_allclose(potential._chol @ potential._chol.T, potential._cov, rtol=1e-12)
    assert potential.adaptation_window == 40


def test_a_diagonal_of_gradients() -> None:
    rng = np.random.default_rng(5)
    draws, gradients = rng.normal(size=(200, 2)), rng.normal(size=(200, 2)) * [1.0, 4.0]
    potential = qp.QuadPotentialDiagAdaptGrad(2, np.zeros(2), np.ones(2), 10)
    for draw, gradient in zip(draws, gradients, strict=True):
        potential.update(draw, gradient, tune=True)
    np.testing.assert_allclose(potential._var, np.abs(gradients).mean(0) ** -2.0, rtol=1e-12)


def test_a_scale_that_went_wrong_names_its_variables() -> None:
    places = [VarMap("a", slice(0, 1), (), "float64"), VarMap("b", slice(1, 4), (3,), "float64")]
    potential = qp.QuadPotentialDiagAdapt(4, np.zeros(4), np.array([1.0, 1.0, 0.0, 1.0]), 1)
    with pytest.raises(ValueError, match=r"zeros on the diagonal.*\n.*`b`\.ravel\(\)\[1\] is zero"):
        potential.raise_ok(places)
    potential = qp.QuadPotentialDiagAdapt(4, np.zeros(4), np.array([np.inf, 1.0, 1.0, 1.0]), 1)
    with pytest.raises(ValueError, match=r"`a`\.ravel\(\)\[0\] is non-finite"):
        potential.raise_ok(places)


def test_the_step_size_follows_dual_averaging() -> None:
    # with a constant shortfall d of the acceptance, equation 6 of Hoffman & Gelman (2014) sums to
    # log step_t = mu - sqrt(t) / gamma * t d / (t + t0)
    adaptation = DualAverageAdaptation(0.3, target=0.8, gamma=0.05, k=0.75, t0=10)
    expected = []
    for t in range(1, 31):
        adaptation.update(0.75, tune=True)
        expected.append(np.log(3.0) - np.sqrt(t) / 0.05 * t * 0.05 / (t + 10))
        assert np.isclose(np.log(adaptation.current(tune=True)), expected[-1], rtol=1e-12)
    share = np.arange(1, 31) ** -0.75
    weights = share * np.append(np.cumprod((1 - share)[::-1])[::-1][1:], 1.0)
    assert np.isclose(np.log(adaptation.current(tune=False)), weights @ expected, rtol=1e-10)
    adaptation.reset()
    assert np.isclose(adaptation.current(tune=True), 0.3, rtol=1e-12)


@pytest.mark.parametrize(("mean", "count", "said"), [(0.78, 500, 0), (0.6, 500, 1), (0.95, 500, 1), (0.6, 5, 0)])
def test_a_missed_target_is_said(mean: float, count: int, said: int) -> None:
    adaptation = DualAverageAdaptation(0.3, target=0.8, gamma=0.05, k=0.75, t0=10)
    for _ in range(count):
        adaptation.update(mean, tune=False)
    found = adaptation.warnings()
    assert [w.kind.name for w in found] == ["BAD_ACCEPTANCE"] * said
    assert all(w.level == "warn" and w.extra["target"] == 0.8 for w in found)
    assert DualAverageAdaptation(0.3, 0.8, 0.05, 0.75, 10).warnings() == []
