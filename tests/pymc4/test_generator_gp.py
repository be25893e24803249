"""``pm.gp.LatentGP``: priors and conditionals against PyMC3 and the textbook, and whole programs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gp_programs import LINE, NEW_LINE, PROCESSES, RECORD, VALUES
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import pm_migrate.pymc4 as pm
from pm_migrate.shims.gaussian.factors import cholesky

RECORDED = json.loads(RECORD.read_text())

#: PyMC3 adds 1e-12 under the root of Matérn's: the diagonal differs by 5 / 3 * 1e-12 / 2 there, and 1e-6 of jitter in
#: the matrix makes of that a relative 1e-6 at most.
ROUNDING = 1e-7


def process(name: str) -> Any:
    _, _, covariance, mean = PROCESSES[name]
    names = {"cov": pm.gp.cov, "mean": pm.gp.mean}
    return pm.gp.LatentGP(mean_fn=eval(mean, names), cov_fn=eval(covariance, names))


@pytest.mark.parametrize("name", PROCESSES)
class TestAgainstPyMC3:
    def test_prior(self, name: str) -> None:
        known, gp = RECORDED[f"process {name}"], process(name)
        for reparametrize in (True, False):
            dist = gp.prior("f", LINE, reparametrize=reparametrize)
            assert_allclose(dist.log_prob(VALUES), known["logp"], rtol=ROUNDING)

    def test_rotated_prior(self, name: str) -> None:
        known, gp = RECORDED[f"process {name}"], process(name)

        @pm.model(name=None)
        def model() -> Any:
            yield gp.prior("f", LINE)

        density = model().log_density()
        assert [v.name for v in density.variables] == ["__rotated_f"]
        found = density.evaluate({"__rotated_f": tf.constant(VALUES)})
        assert_allclose(found.terms["f"], known["rotated logp"], rtol=1e-10)
        assert_allclose(found.terms["f"], stats.norm.logpdf(VALUES).sum(), rtol=1e-10)
        assert_allclose(found.values["f"], known["rotated f"], rtol=ROUNDING)

    def test_conditional(self, name: str) -> None:
        known, gp = RECORDED[f"process {name}"], process(name)
        dist = gp.conditional("f_new", NEW_LINE, given={"X": LINE, "f": VALUES}, reparametrize=False)
        assert_allclose(dist.conditions["loc"], known["mean"], rtol=ROUNDING)
        # PyMC3 adds the jitter in conditional
        covariance = np.array(known["covariance"]) + 1e-6 * np.eye(3)
        assert_allclose(dist.conditions["covariance_matrix"], covariance, rtol=ROUNDING, atol=1e-11)


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Matérn 5/2 of length 0.8 and amplitude 1.3, over all features."""
    r = np.sqrt(5 * ((x[:, None] - y[None]) ** 2).reshape(len(x), len(y), -1).sum(-1)) / 0.8
    return 1.69 * (1 + r + r**2 / 3) * np.exp(-r)


@pytest.mark.parametrize("jitter", [None, 0.01])
@pytest.mark.parametrize("features", [(1,), (2,), (2, 2)], ids=str)
@pytest.mark.parametrize("new", [1, 4])
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("batch", [(), (2,)], ids=str)
def test_against_the_textbook(batch: Any, size: int, new: int, features: Any, jitter: float | None) -> None:
    rng = np.random.default_rng(5)
    X, Xnew = rng.normal(size=(*batch, size, *features)), rng.normal(size=(*batch, new, *features))
    gp = pm.gp.LatentGP(
        pm.gp.cov.Matern52(0.8, 1.3, feature_ndims=len(features)), pm.gp.mean.Constant(0.4, len(features))
    )
    shift = 1e-6 if jitter is None else jitter
    prior = gp.prior("f", X, jitter=jitter)
    assert type(prior).__name__ == ("Normal" if size == 1 else "MvNormalCholesky")
    assert prior.sample(3).shape == (3, *batch, *((size,) if size > 1 else ()))
    f = rng.normal(size=prior.value_shape)
    dist = gp.conditional("g", Xnew, given={"X": X, "f": f}, jitter=jitter)
    plain = gp.conditional("g", Xnew, given={"X": X, "f": f}, jitter=jitter, reparametrize=False)
    assert type(plain).__name__ == ("Normal" if new == 1 else "MvNormal")
    assert dist.sample(3).shape == (3, *batch, *((new,) if new > 1 else ()))
    g = rng.normal(size=dist.value_shape)
    parts = zip(X, f, Xnew, g, strict=True) if batch else [(X, f, Xnew, g)]
    expected_prior, expected = [], []
    for x, values, x_new, new_values in parts:
        values, new_values = np.atleast_1d(values), np.atleast_1d(new_values)
        K = _kernel(x, x) + shift * np.eye(size)
        Ks = _kernel(x, x_new)
        mean = 0.4 + Ks.T @ np.linalg.solve(K, values - 0.4)
        covariance = _kernel(x_new, x_new) - Ks.T @ np.linalg.solve(K, Ks) + shift * np.eye(new)
        expected_prior.append(stats.multivariate_normal(np.full(size, 0.4), K).logpdf(values))
        expected.append(stats.multivariate_normal(mean, covariance).logpdf(new_values))
    shape = batch if batch else ()
    assert_allclose(prior.log_prob(f), np.reshape(expected_prior, shape), rtol=1e-8)
    assert_allclose(dist.log_prob(g), np.reshape(expected, shape), rtol=1e-8)
    assert_allclose(plain.log_prob(g), np.reshape(expected, shape), rtol=1e-8)


def test_a_batch_of_parameters_is_a_batch_of_functions() -> None:
    gp = pm.gp.LatentGP(pm.gp.cov.ExpQuad([0.5, 0.8, 1.1]))
    f = np.stack([VALUES, VALUES + 1, VALUES + 2])
    prior = gp.prior("f", LINE)
    new = gp.conditional("g", NEW_LINE, given={"X": LINE, "f": f})
    assert prior.batch_shape == (3,)
    assert new.batch_shape == (3,)
    one = pm.gp.LatentGP(pm.gp.cov.ExpQuad(0.8))
    assert_allclose(prior.log_prob(f)[1], one.prior("f", LINE).log_prob(f[1]), rtol=1e-9)
    expected = one.conditional("g", NEW_LINE, given={"X": LINE, "f": f[1]}).log_prob(np.zeros(3))
    assert_allclose(new.log_prob(np.zeros((3, 3)))[1], expected, rtol=1e-9)


def test_summands_of_a_sum() -> None:
    # Duvenaud 2014, section 2.4.5: the mean of one part given the sum is k1 (k1 + k2)^-1 f
    part = pm.gp.LatentGP(pm.gp.cov.ExpQuad(0.5), pm.gp.mean.Constant(0.3))
    other = pm.gp.LatentGP(pm.gp.cov.Matern12(2.0), pm.gp.mean.Constant(0.2))
    total = part + other
    dist = part.conditional("g", NEW_LINE, given={"X": LINE, "f": VALUES, "gp": total}, reparametrize=False)

    def k1(x: Any, y: Any) -> Any:
        return np.exp(-0.5 * (x - y.T) ** 2 / 0.25)

    K = k1(LINE, LINE) + np.exp(-abs(LINE - LINE.T) / 2.0) + 1e-6 * np.eye(5)
    Ks = k1(LINE, NEW_LINE)
    assert_allclose(dist.conditions["loc"], 0.3 + Ks.T @ np.linalg.solve(K, VALUES - 0.5), rtol=1e-9)
    expected = k1(NEW_LINE, NEW_LINE) - Ks.T @ np.linalg.solve(K, Ks) + 1e-6 * np.eye(3)
    assert_allclose(dist.conditions["covariance_matrix"], expected, rtol=1e-9, atol=1e-12)
    with pytest.raises(TypeError):
        part + 1.0


@pytest.mark.parametrize("univariate", [True, False])
@pytest.mark.parametrize("stack", [(), (4,)], ids=str)
@pytest.mark.parametrize("batch", [(), (2,)], ids=str)
def test_the_transform_is_a_bijection(batch: Any, stack: Any, univariate: bool) -> None:
    rng = np.random.default_rng(6)
    X = rng.normal(size=(*batch, 1 if univariate else 3, 1))
    gp = pm.gp.LatentGP(pm.gp.cov.Matern12(0.8, 1.3), pm.gp.mean.Constant(0.4))
    dist = gp.prior("f", X, batch_stack=stack or None)
    z = tf.constant(rng.normal(size=dist.value_shape))
    value = dist.transform.backward(z)
    assert_allclose(dist.transform.forward(value), z, rtol=1e-10, atol=1e-10)
    whole = dist.log_prob(value) + dist.transform.log_jacobian(z)
    expected = stats.norm.logpdf(z)
    assert_allclose(whole, expected if univariate else expected.sum(-1), rtol=1e-10)
    own = gp.prior("f", X, transform=pm.NO_TRANSFORM)
    assert own.transform is None
    assert gp.prior("f", X, reparametrize=False).transform is None


def test_evaluation_of_a_model_in_the_unconstrained_space() -> None:
    gp = pm.gp.LatentGP(pm.gp.cov.ExpQuad(0.7), pm.gp.mean.Constant(0.4))

    @pm.model(name=None)
    def model() -> Any:
        yield gp.prior("f", LINE)

    _, state = pm.evaluate_model_transformed(model(), values={"f": VALUES})
    factor = np.linalg.cholesky(np.exp(-0.5 * (LINE - LINE.T) ** 2 / 0.49) + 1e-6 * np.eye(5))
    z = np.linalg.solve(factor, VALUES - 0.4)
    assert_allclose(state.transformed_values["__rotated_f"], z, rtol=1e-9)
    assert_allclose(state.collect_log_prob(), stats.norm.logpdf(z).sum(), rtol=1e-9)


def test_mean_functions_of_a_program_itself() -> None:
    class Wave(pm.gp.mean.Mean):
        def __init__(self, amplitude: Any) -> None:
            super().__init__()
            self.amplitude = amplitude

        def __call__(self, X: Any) -> Any:
            return self.amplitude * np.sin(X[:, [0]]).sum(axis=-1)

    @pm.model(name=None)
    def model() -> Any:
        amplitude = yield pm.HalfNormal("amplitude", 1.0)
        gp = pm.gp.LatentGP(pm.gp.cov.Matern12(0.7), Wave(amplitude) + pm.gp.mean.Constant(amplitude))
        yield gp.prior("f", LINE, reparametrize=False)

    value = model().log_density().evaluate({"__log_amplitude": tf.math.log(tf.constant(0.5, tf.float64)), "f": VALUES})
    normal = stats.multivariate_normal(
        0.5 + 0.5 * np.sin(LINE[:, 0]), np.exp(-abs(LINE - LINE.T) / 0.7) + 1e-6 * np.eye(5)
    )
    assert_allclose(value.terms["f"], normal.logpdf(VALUES), rtol=1e-10)


class TestCholeskyInBlocks:
    distances = abs(np.linspace(0.0, 4.0, 75)[:, None] - np.linspace(0.0, 4.0, 75))
    matrices = np.exp(-distances / np.array([0.5, 2.0, 5.0])[:, None, None]) + 1e-6 * np.eye(75)
    weights = tf.constant(np.random.default_rng(9).normal(size=(75, 75)))

    def test_is_the_factor(self) -> None:
        found = cholesky(tf.constant(self.matrices))
        assert_allclose(found, np.linalg.cholesky(self.matrices), rtol=1e-10, atol=1e-13)
        assert_array_equal(np.triu(found, 1), np.zeros_like(self.matrices))
        compiled = tf.function(cholesky, jit_compile=True)(tf.constant(self.matrices))
        assert_allclose(compiled, found, rtol=1e-10, atol=1e-13)
        mapped = tf.vectorized_map(cholesky, tf.constant(self.matrices), fallback_to_while_loop=False)
        assert_allclose(mapped, found, rtol=1e-10, atol=1e-13)

    def test_derivatives(self) -> None:
        def derivatives(factor: Any) -> tuple[Any, Any]:
            length = tf.constant(2.0, tf.float64)
            with tf.GradientTape() as outer:
                outer.watch(length)
                with tf.GradientTape() as inner:
                    inner.watch(length)
                    matrix = tf.exp(-self.distances / length) + 1e-6 * np.eye(75)
                    total = tf.reduce_sum(self.weights * tf.sin(factor(matrix)))
                first = inner.gradient(total, length)
            return first, outer.gradient(first, length)

        assert_allclose(derivatives(cholesky), derivatives(tf.linalg.cholesky), rtol=1e-8)

    def test_matrices_that_have_none(self) -> None:
        assert np.isnan(cholesky(tf.constant(self.matrices[0] - 2 * np.eye(75)))).any()


def test_draws_of_the_prior_have_its_moments() -> None:
    gp = pm.gp.LatentGP(pm.gp.cov.ExpQuad(0.7, 2.0), pm.gp.mean.Constant(1.0))
    draws = gp.prior("f", LINE).sample(20_000, seed=1).numpy()
    # standard errors: 2 / sqrt(20000) = 0.014 of means, at most sqrt(2 / 20000) * 4 = 0.04 of covariances
    assert_allclose(draws.mean(0), 1.0, atol=0.06)
    assert_allclose(np.cov(draws.T), 4 * np.exp(-0.5 * (LINE - LINE.T) ** 2 / 0.49), atol=0.17)


def test_gradients_of_the_density() -> None:
    @pm.model(name=None)
    def model() -> Any:
        scale = yield pm.HalfNormal("scale", 1.0)
        gp = pm.gp.LatentGP(pm.gp.cov.Matern12(scale))
        f = yield gp.prior("f", LINE)
        g = yield gp.conditional("g", NEW_LINE, given={"X": LINE, "f": f})
        yield pm.Normal("y", tf.concat([f, g], 0), 0.5, observed=np.arange(8.0))

    density = model().log_density()
    point = {v.name: np.full(v.shape, 0.3) for v in density.variables}
    _, gradient = density.logp_and_gradient(point)
    flat = np.concatenate([np.ravel(gradient[n]) for n in point]) if isinstance(gradient, dict) else gradient
    step, differences = 1e-6, []
    for name, value in point.items():
        for i in range(max(value.size, 1)):
            move = np.zeros(value.size)
            move[i] = step
            ends = [
                float(density.logp_and_gradient({**point, name: value + s * move.reshape(value.shape)})[0])
                for s in (1, -1)
            ]
            differences.append((ends[0] - ends[1]) / (2 * step))
    assert_allclose(np.ravel(flat), differences, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({}, "given must contain 'X' and 'f' keys"),
        (None, "given must contain 'X' and 'f' keys"),
        ({"X": LINE}, r"found \['X'\] only"),
        ({"X": LINE, "f": "prior"}, "must be a numpy array or tensor"),
    ],
)
def test_refused_conditions(given: Any, match: str) -> None:
    gp = pm.gp.LatentGP(pm.gp.cov.ExpQuad(1.0))
    if given and given.get("f") == "prior":
        given = {**given, "f": gp.prior("f", LINE)}
    with pytest.raises(ValueError, match=match):
        gp.conditional("g", NEW_LINE, given)


def test_construction() -> None:
    k, m = pm.gp.cov.ExpQuad(1.0, feature_ndims=2), pm.gp.mean.Constant(1.0, feature_ndims=2)
    gp = pm.gp.LatentGP(m, k)  # as PyMC4's own example has it
    assert (gp.cov_fn, gp.mean_fn, gp.feature_ndims) == (k, m, 2)
    assert pm.gp.LatentGP(k).mean_fn.feature_ndims == 2
    with pytest.raises(ValueError, match="feature_ndims of mean and covariance functions should be equal"):
        pm.gp.LatentGP(k, pm.gp.mean.Constant(1.0))
    with pytest.raises(NotImplementedError):
        gp.predict(LINE)
    with pytest.raises(NotImplementedError):
        gp.marginal_likelihood("y", LINE)
    base = pm.gp.gp.BaseGP(k)
    with pytest.raises(NotImplementedError):
        base.prior("f", LINE)
    with pytest.raises(NotImplementedError):
        base.conditional("f", LINE, {})


def test_observed_values_and_names() -> None:
    gp = pm.gp.LatentGP(pm.gp.cov.ExpQuad(1.0))

    @pm.model
    def model() -> Any:
        yield gp.prior("f", LINE, observed=VALUES)
        yield gp.prior("plain", LINE, reparametrize=False)

    density = model().log_density()
    assert [v.name for v in density.variables] == ["model/plain"]
    assert_array_equal(density.observed["model/f"], VALUES)


GRID = np.linspace(0.0, 4.0, 15)[:, None]
BETWEEN = np.array([[0.4], [1.5], [2.6], [3.7]])
SAMPLING: dict[str, Any] = {
    "num_samples": 150,
    "num_chains": 2,
    "burn_in": 150,
    "target_accept": 0.9,
    "seed": 1,
    "progressbar": False,
}


def test_regression_recovers_the_function() -> None:
    noise = 0.2
    y = np.sin(2 * GRID[:, 0]) + noise * np.random.default_rng(7).normal(size=len(GRID))

    def latent() -> Any:
        scale = yield pm.InverseGamma("scale", 5.0, 4.0)
        gp = pm.gp.LatentGP(cov_fn=pm.gp.cov.ExpQuad(scale))
        f = yield gp.prior("f", GRID)
        return gp, f

    @pm.model(name=None)
    def model() -> Any:
        _, f = yield latent()
        yield pm.Normal("y", f, noise, observed=y)

    @pm.model(name=None)
    def prediction() -> Any:
        gp, f = yield latent()
        new = yield gp.conditional("new", BETWEEN, given={"X": GRID, "f": f})
        yield pm.Normal("y_new", new, noise)

    trace = pm.sample(model(), **SAMPLING)
    assert trace.posterior["f"].shape == (2, 150, 15)
    assert not trace.sample_stats["diverging"].any()
    pm.sample_posterior_predictive(prediction(), trace, var_names=["new", "y_new"], seed=2)
    new = pm.draws(trace, "new", group="posterior_predictive")
    truth = np.sin(2 * BETWEEN[:, 0])
    assert new.shape == (300, 4)
    assert new.std(0).max() < 0.25
    assert (abs(new.mean(0) - truth) < 3 * new.std(0)).all()
    residuals = pm.draws(trace, "y_new", group="posterior_predictive") - new
    assert_allclose(residuals.std(), noise, rtol=0.15)  # 5 standard errors of 1200 numbers are 0.1

    # the mean of f, and of new values, given the length scale is known: RW (2.25). Monte Carlo error is 0.2 / sqrt(100)
    scale = pm.draws(trace, "scale")[:, None, None]
    K = np.exp(-0.5 * (GRID - GRID.T) ** 2 / scale**2) + 1e-6 * np.eye(15)
    weights = np.linalg.solve(K + noise**2 * np.eye(15), y[None, :, None])
    assert_allclose(pm.draws(trace, "f").mean(0), (K @ weights)[..., 0].mean(0), atol=0.08)
    crossed = np.exp(-0.5 * (BETWEEN - GRID.T) ** 2 / scale**2)
    assert_allclose(new.mean(0), (crossed @ weights)[..., 0].mean(0), atol=0.08)


def test_counts_with_new_points_in_the_model() -> None:
    rate = np.exp(1.5 + np.sin(GRID[:, 0]))
    counts = np.random.default_rng(8).poisson(rate)

    @pm.model
    def model(X: Any, Xnew: Any) -> Any:
        scale = yield pm.InverseGamma("scale", 5.0, 5.0)
        gp = pm.gp.LatentGP(pm.gp.cov.Matern52(scale), pm.gp.mean.Constant(1.0))
        f = yield gp.prior("f", X)
        yield gp.conditional("new", Xnew, given={"X": X, "f": f})
        yield pm.Poisson("y", np.exp(f), observed=counts)

    trace = pm.sample(model(GRID, BETWEEN), **SAMPLING)
    new = pm.draws(trace, "model/new")
    truth = 1.5 + np.sin(BETWEEN[:, 0])
    assert new.shape == (300, 4)
    assert not trace.sample_stats["diverging"].any()
    assert (abs(new.mean(0) - truth) < 3 * new.std(0)).all()
    assert new.std(0).max() < 0.6
    predicted = pm.sample_posterior_predictive(model(GRID, BETWEEN), trace, seed=3, inplace=False)
    # the mean of 15 counts of about 6 has the standard deviation 0.6
    assert_allclose(predicted.posterior_predictive["model/y"].mean(), counts.mean(), atol=1.5)
