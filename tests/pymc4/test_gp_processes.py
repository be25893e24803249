"""PyMC3's Gaussian processes in generator models: the drop-in's numbers, predictions, draws, errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3
import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import ModelError

X = np.linspace(0.0, 3.0, 8)[:, None]
NEW = np.array([[0.2], [1.4], [3.5]])
Y = np.sin(2.0 * X[:, 0])
AXES = [X[::2], np.array([[0.0], [0.4]])]

pytestmark = pytest.mark.filterwarnings("ignore::pm_migrate.shims.quirks.QuirkWarning")


def _run(steps: Iterator[Any]) -> None:
    """What a generator yields is made at once under the ``with`` front end."""
    value = None
    try:
        while True:
            value = steps.send(value)  # type: ignore[attr-defined]
    except StopIteration:
        return


# Each program is written once: `p` is the front end, `k` and `m` its covariance and mean functions.


def _marginal(p: Any, k: Any, m: Any) -> Iterator[Any]:
    ls = yield p.Gamma("ls", 2.0, 1.0)
    trend = p.gp.Marginal(mean_func=m.Linear(0.4), cov_func=k.Linear(1, c=0.5))
    wiggle = p.gp.Marginal(cov_func=ls**2 * k.Matern52(1, ls=ls) + k.Constant(0.1))
    total = trend + wiggle
    yield total.marginal_likelihood("y", X=X, y=Y, noise=0.3 * ls)
    yield total.conditional("new", NEW, pred_noise=True)
    yield wiggle.conditional("part", NEW, given={"X": X, "y": Y, "noise": 0.3 * ls, "gp": total})


def _latent(p: Any, k: Any, m: Any) -> Iterator[Any]:
    ls = yield p.Gamma("ls", 2.0, 1.0)
    gp = p.gp.Latent(mean_func=m.Constant(ls), cov_func=k.Exponential(1, ls=[ls]) ** 2)
    f = yield gp.prior("f", X=X)
    other = p.gp.Latent(cov_func=k.RatQuad(1, alpha=ls, ls=0.5))
    g = yield other.prior("g", X=X, reparameterize=False)
    yield p.Normal("y", f + g, 1.0, observed=Y)
    yield gp.conditional("f_new", NEW)


def _student(p: Any, k: Any, m: Any) -> Iterator[Any]:
    nu = yield p.Gamma("nu", 2.0, 0.5)
    gp = p.gp.TP(mean_func=m.Constant(0.3), cov_func=k.Matern12(1, ls=nu), nu=nu + 2.0)
    f = yield gp.prior("f", X=X)
    yield p.Normal("y", f, 1.0, observed=Y)
    yield gp.conditional("f_new", NEW)


def _sparse(p: Any, k: Any, m: Any) -> Iterator[Any]:
    ls = yield p.Gamma("ls", 2.0, 1.0)
    for approx in ("FITC", "VFE", "DTC"):
        gp = p.gp.MarginalSparse(cov_func=k.ExpQuad(1, ls=ls), approx=approx)
        yield gp.marginal_likelihood(approx, X=X, Xu=X[::3], y=Y, noise=0.2)
        yield gp.conditional(approx + "_new", NEW)


def _grid(p: Any, k: Any, m: Any) -> Iterator[Any]:
    ls = yield p.Gamma("ls", 2.0, 1.0)
    covs = [k.Matern32(1, ls=ls), k.Matern52(1, ls=1.0)]
    gp = p.gp.MarginalKron(cov_funcs=covs)
    yield gp.marginal_likelihood("y", Xs=AXES, y=Y, sigma=ls)
    yield gp.conditional("y_new", np.array([[0.1, 0.2], [1.0, 1.5]]))
    free = p.gp.LatentKron(cov_funcs=covs)
    f = yield free.prior("f", Xs=AXES)
    yield p.Normal("z", f, 0.5, observed=Y)


PROGRAMS = {"marginal": _marginal, "latent": _latent, "student": _student, "sparse": _sparse, "grid": _grid}


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_front_ends_have_the_same_density(name: str) -> None:
    with pm3.Model() as ours:
        _run(PROGRAMS[name](pm3, pm3.gp.cov, pm3.gp.mean))
    generator = pm.density(pm.model(PROGRAMS[name], name=None)(pm, pm.gp.kernels, pm.gp.means))
    point = {key: np.asarray(value) + 0.1 for key, value in ours.test_point.items()}
    assert list(generator.test_point) == list(ours.test_point)
    assert np.isfinite(ours.logp(point))
    np.testing.assert_allclose(generator.logp(point), ours.logp(point), rtol=1e-10)
    np.testing.assert_allclose(generator.dlogp()(point), ours.dlogp()(point), rtol=1e-8, atol=1e-9)


@pytest.fixture(scope="module")
def marginal() -> Any:
    return pm.model(_marginal, name=None)(pm, pm.gp.kernels, pm.gp.means)


def test_predictions_are_those_of_the_other_front_end(marginal: Any) -> None:
    with pm3.Model():
        ls = pm3.Gamma("ls", 2.0, 1.0)
        cov = pm3.gp.cov.Linear(1, c=0.5) + ls**2 * pm3.gp.cov.Matern52(1, ls=ls) + pm3.gp.cov.Constant(0.1)
        gp = pm3.gp.Marginal(mean_func=pm3.gp.mean.Linear(0.4), cov_func=cov)
        gp.marginal_likelihood("y", X=X, y=Y, noise=0.3 * ls)
    for options in ({}, {"diag": True}, {"pred_noise": True}):
        theirs = gp.predict(NEW, point={"ls": 0.7}, **options)
        for a, b in zip(pm.gp.of(marginal, "y").predict(NEW, point={"ls": 0.7}, **options), theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10)


def test_a_prediction_without_a_point_draws_the_parameters(marginal: Any) -> None:
    found = [pm.gp.of(marginal, "y").predict(NEW, diag=True)[1][2] for _ in range(3)]
    assert len(set(map(float, found))) == 3


def test_a_process_is_asked_for_by_its_variable(marginal: Any) -> None:
    with pytest.raises(ModelError, match=r"no Gaussian process of the model made 'ls'; .* 'y'"):
        pm.gp.of(marginal, "ls").predict(NEW)
    with pytest.raises(ValueError, match="takes no given="):
        pm.gp.of(marginal, "y").predict(NEW, given={"X": X})


def test_predict_within_a_model_says_where_it_belongs() -> None:
    @pm.model(name=None)
    def model() -> Any:
        gp = pm.gp.Marginal(cov_func=pm.gp.kernels.ExpQuad(1, 1.0))
        yield gp.marginal_likelihood("y", X=X, y=Y, noise=0.3)
        gp.predict(NEW)

    with pytest.raises(ModelError, match=r"pm\.gp\.of\(model, 'y'\)\.predict"):
        pm.evaluate_model(model())


def test_functions_of_points_may_be_written_in_either_language() -> None:
    @pm.model(name=None, keep_return=False)
    def model(warp: Any) -> Any:
        rate = yield pm.Gamma("rate", 2.0, 1.0)
        cov = pm.gp.kernels.WarpedInput(1, pm.gp.kernels.ExpQuad(1, 0.5), warp, args=(rate,))
        gp = pm.gp.Latent(cov_func=pm.gp.kernels.ScaledCov(1, cov, lambda x: np.exp(-x)))
        yield gp.prior("f", X=X, reparameterize=False)

    found = [model(warp).logp({}) for warp in (lambda x, r: tf.tanh(r * x), lambda x, r: tt.tanh(r * x))]
    assert np.isfinite(found[0]) and found[0] == found[1]


@pytest.mark.parametrize("approx", ["FITC", "DTC"])
def test_draws_of_a_sparse_process_have_its_covariance(approx: str) -> None:
    @pm.model(name=None)
    def model() -> Any:
        gp = pm.gp.MarginalSparse(pm.gp.means.Constant(2.0), pm.gp.kernels.ExpQuad(1, 1.0), approx)
        yield gp.marginal_likelihood("y", X=X, Xu=X[::3], y=Y, noise=0.5)

    drawn = pm.sample_prior_predictive(model(), 4000, seed=1).prior_predictive["y"].to_numpy()[0]
    kernel, Xu = pm3.gp.cov.ExpQuad(1, 1.0), X[::3]
    cross = kernel(Xu, X).eval()
    explained = cross.T @ np.linalg.solve(kernel(Xu).eval() + 1e-6 * np.eye(len(Xu)), cross)
    noise = 0.25 + (np.clip(1.0 - np.diag(explained), 0.0, None) if approx == "FITC" else 0.0)
    expected = explained + noise * np.eye(len(X))
    # an entry of the covariance of n draws has a variance of at most 2 / n times the square of the variance, 1.3
    assert np.abs(np.cov(drawn.T) - expected).max() < 5 * 1.3 * np.sqrt(2 / 4000)
    assert np.abs(drawn.mean(0) - 2.0).max() < 5 * np.sqrt(1.3 / 4000)
