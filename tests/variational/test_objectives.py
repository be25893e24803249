"""Objectives at given parameters and noise, where they are known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from variational_targets import DATA, corners

import pm_migrate.shims as pm
from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt


def loss_at(operator: Any, noise: np.ndarray, more: Mapping[Any, Any] | None = None) -> Any:
    """The loss of an operator, with this noise in place of random numbers."""
    approx = operator.approx
    replaced = {approx.groups[0].symbolic_initial: tt.constant(noise), **(more or {})}
    return operator(None)(len(noise), more_replacements=replaced)


def test_elbo_of_mean_field_is_the_analytic_one(conjugate: pm.Model) -> None:
    m, s = 1.1, 0.4
    approx = pm.MeanField(model=conjugate)
    approx.params[0].set_value(np.array([m]))
    approx.params[1].set_value(np.array([np.log(np.expm1(s))]))
    # E log N(y; mu, v) = log N(y; m, v) - s**2 / (2 v)
    elbo = stats.norm.logpdf(m, 0.5, 2.0) - s**2 / (2 * 2.0**2)
    elbo += stats.norm.logpdf(DATA, m, 0.7).sum() - len(DATA) * s**2 / (2 * 0.7**2)
    elbo += 0.5 * np.log(2 * np.pi * np.e * s**2)
    loss = loss_at(pm.operators.KL(approx), corners(1))
    np.testing.assert_allclose(loss.eval(), -elbo, rtol=1e-12)

    precision = 1 / 2.0**2 + len(DATA) / 0.7**2
    center = (0.5 / 2.0**2 + DATA.sum() / 0.7**2) / precision
    by_mean, by_rho = theano.grad(loss, approx.params)
    np.testing.assert_allclose(by_mean.eval(), [precision * (m - center)], rtol=1e-12)
    # d s / d rho = 1 - exp(-s)
    np.testing.assert_allclose(by_rho.eval(), [(precision * s - 1 / s) * -np.expm1(-s)], rtol=1e-12)


@pytest.fixture
def plane() -> pm.Model:
    """A normal distribution of a pair, and its second half seen with noise."""
    with pm.Model() as model:
        x = pm.MvNormal("x", np.array([0.3, -0.2]), np.array([[2.0, 0.6], [0.6, 1.0]]), shape=2)
        pm.Normal("y", x[1], 0.5, observed=0.8)
    return model


def test_elbo_of_full_rank_is_the_analytic_one(plane: pm.Model) -> None:
    m, L = np.array([0.7, -0.4]), np.array([[0.9, 0.0], [-0.3, 0.6]])
    approx = pm.FullRank(model=plane)
    approx.shared_params["mu"].set_value(m)
    approx.shared_params["L_tril"].set_value(L[np.tril_indices(2)])
    cov = L @ L.T
    prior = np.array([[2.0, 0.6], [0.6, 1.0]])
    elbo = stats.multivariate_normal.logpdf(m, [0.3, -0.2], prior) - 0.5 * np.trace(np.linalg.solve(prior, cov))
    elbo += stats.norm.logpdf(0.8, m[1], 0.5) - cov[1, 1] / (2 * 0.25)
    elbo += stats.multivariate_normal.entropy(m, cov)
    loss = loss_at(pm.operators.KL(approx), corners(2))
    np.testing.assert_allclose(loss.eval(), -elbo, rtol=1e-12)

    target = np.linalg.inv(prior) + np.diag([0.0, 4.0])
    by_triangle, by_mean = theano.grad(loss, approx.params)
    score = np.linalg.solve(prior, m - [0.3, -0.2]) + np.array([0.0, (m[1] - 0.8) / 0.25])
    np.testing.assert_allclose(by_mean.eval(), score, rtol=1e-12)
    by_factor = target @ L - np.linalg.inv(L).T
    np.testing.assert_allclose(by_triangle.eval(), by_factor[np.tril_indices(2)], rtol=1e-12)


def test_beta_is_the_weight_of_the_divergence_from_the_prior(conjugate: pm.Model) -> None:
    approx = pm.MeanField(model=conjugate)
    losses = [loss_at(pm.operators.KL(approx, beta=beta), corners(1)).eval() for beta in (0.0, 1.0, 3.0)]
    np.testing.assert_allclose(losses[2] - losses[1], 2 * (losses[1] - losses[0]), rtol=1e-12)
    m, s = conjugate.test_point["mu"], np.log(2.0)
    likelihood = stats.norm.logpdf(DATA, m, 0.7).sum() - len(DATA) * s**2 / (2 * 0.7**2)
    np.testing.assert_allclose(losses[0], -likelihood, rtol=1e-12)


@pytest.mark.parametrize("scaled", [True, False])
def test_losses_of_minibatches_average_to_that_of_all_data(scaled: bool) -> None:
    y = np.array([0.2, 1.9, -0.5, 2.2, 1.1, 0.4])
    batch = theano.shared(y)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 1.0)
        pm.Normal("y", mu, 1.0, observed=batch, total_size=len(y))
    approx = pm.MeanField(model=model)
    approx.scale_cost_to_minibatch = scaled
    assert approx.scale_cost_to_minibatch is scaled
    loss = theano.function([], loss_at(pm.operators.KL(approx), corners(1)))
    whole = loss()
    losses = []
    for i in range(0, len(y), 2):
        batch.set_value(y[i : i + 2])
        losses.append(loss())
    assert np.ptp(losses) > 0.01
    # a batch counts three times, and PyMC3 divides the loss by that unless it is told not to
    np.testing.assert_allclose(np.mean(losses) * (3.0 if scaled else 1.0), whole, rtol=1e-12)


def test_every_sample_has_a_minibatch_of_its_own() -> None:
    """As in PyMC3's loop over the samples. Pairs of equal seeds stay pairs, and gradients belong to values."""
    x, y = np.random.RandomState(2).normal(size=(2, 50))
    y -= 2 * x
    with pm.Model() as model:
        slope = pm.Normal("slope")
        pm.Normal("y", slope * pm.Minibatch(x, 1), observed=pm.Minibatch(y, 1), total_size=50)
    approx = pm.Empirical(size=8, jitter=0, model=model, random_seed=3)
    approx.scale_cost_to_minibatch = False
    stein = pm.variational.stein.Stein(approx)
    step = theano.function([], [stein.logp_norm, stein.dlogp])
    at = model.test_point["slope"]
    values = 50 * stats.norm.logpdf(y - at * x) + stats.norm.logpdf(at)
    slopes = 50 * (y - at * x) * x - at
    calls = []
    for _ in range(2):
        value, gradient = step()
        row = [int(np.abs(values - v).argmin()) for v in value]
        np.testing.assert_allclose(value, values[row], rtol=1e-10)
        np.testing.assert_allclose(gradient[:, 0], slopes[row], rtol=1e-10)
        assert len(set(row)) > 2  # equal by chance: below 1e-8
        calls.append(row)
    assert calls[0] != calls[1]


def test_a_local_variable_keeps_its_minibatch_in_all_samples() -> None:
    data = np.arange(50.0)
    with pm.Model() as model:
        z = pm.Normal("z", shape=4)
        pm.Normal("y", z, observed=pm.Minibatch(data, 4), total_size=50)
    local = {z: {"mu": tt.zeros(4), "rho": tt.zeros(4)}}
    approx = pm.ADVI(local_rv=local, model=model).approx
    group = approx.groups[0]
    more = {group.symbolic_initial: tt.zeros((6, 4, 1))}
    densities = approx.set_size_and_deterministic(approx.sized_symbolic_datalogp, 6, 0, more).eval()
    assert densities.shape == (6,) and np.ptp(densities) == 0.0


def test_random_noise_is_standard_normal_and_new_in_every_call(conjugate: pm.Model) -> None:
    approx = pm.MeanField(model=conjugate, random_seed=4)
    noise = approx.set_size_and_deterministic(approx.groups[0].symbolic_initial, 20000, 0)
    draw = theano.function([], noise)
    first, second = draw(), draw()
    assert first.shape == (20000, 1) and (first != second).all()
    # a probability below 1e-4 for a wrong alarm
    assert stats.kstest(np.concatenate([first, second])[:, 0], "norm").pvalue > 1e-4


def test_steins_direction() -> None:
    """Against the sums of Liu and Wang (2016), one by one."""
    with pm.Model() as model:
        pm.Normal("x", np.array([1.0, -1.0]), np.array([0.5, 2.0]), shape=2)
    inference = pm.SVGD(n_particles=6, model=model)
    x = inference.approx.histogram.get_value()
    squares = ((x[:, None] - x[None]) ** 2).sum(-1)
    h = 0.5 * np.median(squares) / np.log(len(x) + 1)
    score = -(x - [1.0, -1.0]) / np.array([0.25, 4.0])
    expected = np.zeros_like(x)
    for i in range(6):
        for j in range(6):
            k = np.exp(-squares[i, j] / h / 2)
            expected[i] += k * score[j] + k * (x[i] - x[j]) / h
    (direction,) = inference.objective(None, more_obj_params=[])
    np.testing.assert_allclose(direction.eval(), -expected / 6, rtol=1e-10)

    warm = pm.variational.operators.KSD(inference.approx, temperature=4.0)(pm.test_functions.rbf)
    (direction,) = warm(None, more_obj_params=[])
    kernel = np.exp(-squares / h / 2)
    attraction, repulsion = kernel @ score, np.einsum("ij,ijd->id", kernel, x[:, None] - x[None]) / h
    np.testing.assert_allclose(direction.eval(), -(attraction / 4 + repulsion) / 6, rtol=1e-10)


def test_steins_direction_through_an_approximation() -> None:
    """Samples in place of particles: the direction times the derivatives of the samples by the parameters."""
    with pm.Model() as model:
        pm.Normal("x", 1.0, 0.5)
    approx = pm.MeanField(model=model)
    noise = np.array([[0.3], [-1.2], [0.8]])
    with pytest.warns(UserWarning, match="experimental"):
        inference = pm.ASVGD(approx)
    more = {approx.groups[0].symbolic_initial: tt.constant(noise)}
    by_mean, by_rho = (g.eval() for g in inference.objective(3, more_obj_params=[], more_replacements=more))
    x = 1.0 + np.log(2) * noise
    squares = (x - x.T) ** 2
    h = 0.5 * np.median(squares) / np.log(4)
    kernel = np.exp(-squares / h / 2)
    direction = (kernel @ (-(x - 1.0) / 0.25) + (kernel * (x - x.T) / h).sum(1, keepdims=True)) / 3
    np.testing.assert_allclose(by_mean, -direction.sum(0), rtol=1e-10)
    np.testing.assert_allclose(by_rho, -(direction * noise * 0.5).sum(0), rtol=1e-10)


def test_operators_check_what_they_are_given(conjugate: pm.Model) -> None:
    particles = pm.Empirical(size=3, model=conjugate)
    with pytest.raises(pm.opvi.ExplicitInferenceError, match="requires logq"):
        pm.operators.KL(particles)
    with pytest.raises(pm.opvi.ParametrizationError, match="requires TestFunction"):
        pm.operators.KSD(particles)(None)
    with pytest.raises(pm.opvi.ParametrizationError, match="Need callable"):
        pm.operators.KSD(particles)(3)
    with pytest.warns(UserWarning, match="redundant"):
        pm.operators.KL(pm.MeanField(model=conjugate))(pm.test_functions.rbf)
    with pytest.raises(NotImplementedError, match="does not have loss"):
        pm.SVGD(n_particles=3, model=conjugate).objective.step_function(score=True)
    with pytest.warns(UserWarning, match="`tf_n_mc` is not used"):
        pm.operators.KL(pm.MeanField(model=conjugate))().updates(tf_n_mc=3)


def test_a_kernel_of_ones_own(conjugate: pm.Model) -> None:
    """A constant kernel moves all particles in the same direction, the mean of their scores."""

    def constant(x: Any) -> tuple[Any, Any]:
        return tt.ones((x.shape[0], x.shape[0])), tt.zeros_like(x)

    inference = pm.SVGD(n_particles=4, model=conjugate, kernel=constant)
    x = inference.approx.histogram.get_value()
    score = -(x - 0.5) / 4 + (DATA - x).sum(1, keepdims=True) / 0.49
    (direction,) = inference.objective(None, more_obj_params=[])
    np.testing.assert_allclose(direction.eval(), np.full((4, 1), -score.mean()), rtol=1e-10)


def test_scores_without_a_fit(conjugate: pm.Model) -> None:
    score = pm.operators.KL(pm.MeanField(model=conjugate, random_seed=2))().score_function(sc_n_mc=4000)
    m, s = 0.5, np.log(2)
    elbo = stats.norm.logpdf(m, 0.5, 2.0) - s**2 / 8 + stats.norm.logpdf(DATA, m, 0.7).sum() - 3 * s**2 / 0.98
    elbo += 0.5 * np.log(2 * np.pi * np.e * s**2)
    # the loss varies by its linear and its quadratic part in the noise
    slope, curve = s * (DATA - m).sum() / 0.49, 0.5 * s**2 * (0.25 + 3 / 0.49) - 0.5
    error = np.sqrt((slope**2 + 2 * curve**2) / 4000)
    assert abs(score() + elbo) < 4.5 * error  # 7e-6 for a wrong alarm


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (4, 5), (20, 20)])
def test_the_bandwidth_is_a_median(shape: tuple[int, int], dtype: str) -> None:
    """Of an even and an odd number of distances, of equal ones, and one that rounding made negative."""
    from pm_migrate.shims.variational.test_functions import _MEDIAN

    x = (np.random.RandomState(4).normal(size=shape) ** 2).astype(dtype)
    for values in (x, np.round(x), x * 1e-300 if dtype == "float64" else x * 1e-30, x - x.min() - 1e-9):
        values = values.astype(dtype)
        got = _MEDIAN.impl(tf.constant(values)).numpy()
        np.testing.assert_allclose(got, np.median(np.maximum(values, 0)), rtol=1e-6 if dtype == "float32" else 1e-15)
    with tf.GradientTape() as tape:
        given = tf.constant(x)
        tape.watch(given)
        middle = _MEDIAN.impl(given)
    slope = tape.gradient(middle, given).numpy()
    np.testing.assert_allclose(slope.sum(), 1.0)
    order = np.argsort(x, axis=None)
    assert set(np.flatnonzero(slope)) == {order[(x.size - 1) // 2], order[x.size // 2]}
