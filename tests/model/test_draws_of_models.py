"""Prior and posterior predictive draws of models: many draws at once, data that change, parameters at their limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.shims import theano
from pm_migrate.shims.model import forward
from pm_migrate.shims.theano import tensor as tt

#: Of each comparison with a mean, in standard errors: fails in one of 1e9 runs.
ERRORS = float(stats.norm.isf(0.5e-9))


@pytest.fixture(autouse=True)
def seeded() -> None:
    np.random.seed(3)


def test_many_draws_of_an_expression_of_several_variables() -> None:
    with pm.Model():
        a = pm.Normal("a", 1.0, 0.1)
        b = pm.Normal("b", 2.0, 0.1, shape=2)
        terms = [a * k + b for k in range(20)]  # enough of them that all draws go through one compiled map
        pm.Deterministic("total", sum(terms))
        pm.Normal("x", tt.sum(b) - a, 1.0)
        draws = pm.sample_prior_predictive(1000)
    a_draws, b_draws = draws["a"][:, None], draws["b"]
    np.testing.assert_allclose(draws["total"], 190 * a_draws + 20 * b_draws, rtol=1e-12)
    residual = draws["x"] - b_draws.sum(1) + draws["a"]
    assert abs(residual.mean()) < ERRORS / np.sqrt(1000)


def test_observed_draws_follow_the_parameters_when_only_these_have_new_data() -> None:
    x = theano.shared(np.zeros(5))
    with pm.Model():
        b = pm.Normal("b", 0.0, 1e-9)
        pm.Normal("y", b + x, 1e-9, observed=np.zeros(5))
        assert pm.sample_prior_predictive(3)["y"].shape == (3, 5)
        x.set_value(np.arange(7.0))
        drawn = pm.sample_prior_predictive(3)["y"]
        posterior = pm.sample_posterior_predictive([{"b": 0.0}] * 4)["y"]
    np.testing.assert_allclose(drawn, np.tile(np.arange(7.0), (3, 1)), atol=1e-7)
    np.testing.assert_allclose(posterior, np.tile(np.arange(7.0), (4, 1)), atol=1e-7)


def test_data_are_not_drawn() -> None:
    with pm.Model():
        data = pm.Data("data", np.ones(3))
        pm.Normal("y", pm.Normal("mu"), 1.0, observed=data)
        draws = pm.sample_prior_predictive(2)
    assert set(draws) == {"mu", "y"}


@pytest.mark.parametrize(
    "make",
    [
        lambda psi: pm.ZeroInflatedPoisson("x", psi=psi, theta=1e3, shape=4),
        lambda psi: pm.ZeroInflatedBinomial("x", psi=psi, n=1000, p=0.9, shape=4),
        lambda psi: pm.ZeroInflatedNegativeBinomial("x", psi=psi, mu=1e3, alpha=1e3, shape=4),
    ],
)
def test_a_psi_above_1_draws_as_1(make: object) -> None:
    # under PyMC3 a HalfNormal prior of psi can be drawn from: it compares uniform numbers with psi
    with pm.Model():
        make(pm.HalfNormal("psi", 1.0))  # type: ignore[operator]
        draws = pm.sample_prior_predictive(200)
    above = draws["psi"] > 1
    assert above.sum() > 20 and np.all(draws["x"][above] > 0) and np.any(draws["x"][~above] == 0)


def test_a_list_is_a_new_value_of_a_shared_variable_when_its_numbers_fit() -> None:
    truths = theano.shared(np.array([True, False]))
    truths.set_value([0, 1, 1])
    assert truths.get_value().dtype == bool and truths.get_value().tolist() == [False, True, True]
    with pytest.raises(TypeError, match="may lose digits"):
        truths.set_value([0, 2])
    with pytest.raises(TypeError, match="may lose digits"):
        theano.shared(np.array([1, 2])).set_value([0.5])


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_program_draws_once_for_each_point_of_a_trace(monkeypatch: pytest.MonkeyPatch, wrapped: bool) -> None:
    monkeypatch.setattr(forward, "_AT_ONCE", 3 * 70)  # rounds of 70 draws, of which 40 are of one point
    calls = []

    def draw(point: dict, size: tuple | None) -> np.ndarray:
        calls.append(size)
        return np.random.normal(
            point["mu"], 1e-3, size=size if wrapped else (*np.atleast_1d(size or ()).astype(int), 3)
        )

    with pm.Model():
        mu = pm.Normal("mu")
        logp, options = pm.Normal.dist(mu).logp, {"random": draw, "wrap_random_with_dist_shape": wrapped}
        pm.DensityDist("x", logp, observed=np.zeros(3), **options)
        points = [{"mu": np.array(5.0)}, {"mu": np.array(-5.0)}]
        drawn = pm.sample_posterior_predictive(points, samples=2, size=40)["x"]
        each = 1 + wrapped  # one of the two calls for a point finds the shape of a draw
        assert len(calls) == 2 * each
        pm.sample_posterior_predictive(points[:1] * 3, samples=3)
        assert len(calls) == 5 * each  # without a size, every point is asked for by itself
    assert drawn.shape == (2, 40, 3) and len(np.unique(drawn)) == drawn.size
    np.testing.assert_allclose(drawn[:, :, 0].mean(1), [5.0, -5.0], rtol=1e-3)


@pytest.mark.parametrize(
    "make, wrong",
    [
        # under PyMC3 the first two raise a ValueError, of the third the sign of the scale is lost
        (lambda: pm.Mixture.dist([0.5, 0.5], [pm.Poisson.dist(1.0), pm.Poisson.dist(-1.0)]), "Poisson, a part of"),
        (lambda: pm.Mixture.dist([0.5, 0.5], pm.Gamma.dist(np.array([1.0, -1.0]), 1.0)), "Gamma, a part of Mixture"),
        (lambda: pm.NormalMixture.dist([0.5, 0.5], [0.0, 1.0], sigma=[1.0, -1.0]), r"sigma=\[ 1. -1.\]"),
        (lambda: pm.Bound(pm.Normal, lower=0.0).dist(mu=np.nan, sigma=1.0), "Normal, a part of Bound-Normal"),
        # PyMC3: probabilities are not non-negative, do not sum to 1, contain NaN
        (lambda: pm.Mixture.dist([1.5, -0.5], [pm.Normal.dist(0.0, 1.0)] * 2), r"invalid weights \[ 1.5 -0.5\]"),
        (lambda: pm.Mixture.dist([1.5, 0.5], pm.Normal.dist(0.0, 1.0, shape=2)), "weights"),
        (lambda: pm.NormalMixture.dist([np.nan, 0.5], [0.0, 1.0], sigma=1.0), "weights"),
    ],
)
def test_invalid_parameters_of_parts_are_refused_before_a_draw(make: Callable[[], Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=f"Cannot draw from .*{wrong}"):
        make().random(size=3)


def test_invalid_parameters_of_parts_are_refused_in_draws_of_a_model() -> None:
    with pm.Model():
        s = pm.Normal("s", 0.0, 1.0)
        pm.NormalMixture("y", np.array([0.5, 0.5]), np.array([0.0, 1.0]), sigma=tt.stack([s, 1.0]))
        with pytest.raises(ValueError, match="Cannot draw from NormalMixture"):
            pm.sample_prior_predictive(50)


@pytest.mark.parametrize("shape", [(), (2,)])
def test_parameters_may_be_unconstrained_values(shape: tuple[int, ...]) -> None:
    with pm.Model() as model:
        s = pm.HalfNormal("s", 1.0, shape=shape)
        d = pm.Deterministic("d", 2.0 * s.transformed)
        y = pm.Normal("y", d, 1e-9, shape=shape)
        pm.Normal("z", s.transformed, 1e-9, observed=np.zeros((3, *shape)))
        draws = pm.sample_prior_predictive(20)
        alone = pm.sample_prior_predictive(20, var_names=["d"])["d"]
    # PyMC3 has no draws without a value of s_log__ (ValueError)
    assert draws["s_log__"] == pytest.approx(np.log(draws["s"]), rel=1e-12)
    assert draws["d"] == pytest.approx(2.0 * draws["s_log__"], rel=1e-12)
    assert draws["y"] == pytest.approx(draws["d"], abs=1e-7)
    assert draws["z"] == pytest.approx(np.broadcast_to(draws["s_log__"][:, None], draws["z"].shape), abs=1e-7)
    assert alone.shape == (20, *shape) and len(np.unique(alone)) == alone.size
    assert y.random(size=4).shape == (4, *shape)
    # at a point of both, of the unconstrained or of the constrained value
    both = {"s_log__": np.full(shape, 0.5), "s": np.full(shape, np.exp(0.5))}
    for point in (both, {"s_log__": both["s_log__"]}, {"s": both["s"]}):
        assert y.random(point=point) == pytest.approx(np.full(shape, 1.0), abs=1e-7)
        at = pm.sample_posterior_predictive([point] * 2, model=model, var_names=["y", "z"], progressbar=False)
        assert at["y"] == pytest.approx(np.full((2, *shape), 1.0), abs=1e-7)
        assert at["z"] == pytest.approx(np.full((2, 3, *shape), 0.5), abs=1e-7)
