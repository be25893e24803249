"""Sampling of generator models: what comes back, under which names, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pm_migrate.pymc4 as pm
from pm_migrate.shims import recording

DATA = np.array([1.2, 0.4, 2.0, 1.1])


@pm.model(name=None, coords={"obs": ["a", "b", "c", "d"]})
def model(data: Any = DATA) -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    sigma = yield pm.HalfNormal("sigma", 1.5)
    yield pm.Deterministic("twice", 2 * mu)
    yield pm.Normal("y", mu, sigma, observed=data, dims="obs" if len(data) == 4 else None)


@pytest.fixture(scope="module")
def posterior() -> Any:
    return pm.sample(
        model(), num_samples=300, num_chains=2, burn_in=300, seed=1, progressbar=False, include_log_likelihood=True
    )


def test_groups_and_names(posterior: Any) -> None:
    assert list(posterior.posterior.data_vars) == ["mu", "sigma", "twice"]
    assert list(posterior.unconstrained_posterior.data_vars) == ["__log_sigma"]
    assert list(posterior.observed_data.data_vars) == ["y"]
    assert posterior.posterior["mu"].shape == (2, 300)
    assert "diverging" in posterior.sample_stats
    np.testing.assert_allclose(
        posterior.unconstrained_posterior["__log_sigma"], np.log(posterior.posterior["sigma"]), rtol=1e-12, atol=1e-15
    )
    np.testing.assert_allclose(posterior.posterior["twice"], 2 * posterior.posterior["mu"], rtol=1e-12)
    assert posterior.observed_data["y"].dims == ("obs",)
    assert posterior.observed_data["obs"].values.tolist() == ["a", "b", "c", "d"]


@pm.model(name=None)
def several() -> Any:
    sigma = yield pm.HalfNormal("sigma", 1.0)
    a = yield pm.Normal("a", 0.0, 1.0)
    yield pm.Deterministic("twice", 2 * a)
    yield pm.Uniform("p", 0.0, 1.0)
    yield pm.Poisson("k", 3.0)
    yield pm.Normal("y", a, sigma, observed=DATA)


def test_variables_come_in_the_order_of_pymc3() -> None:
    # PyMC3 3.11.6: list(az.from_pymc3(trace).posterior) of the same model
    options = {"num_samples": 2, "num_chains": 2, "burn_in": 0, "seed": 1, "progressbar": False, "xla": False}
    found = pm.sample(several(), **options)
    assert list(found.posterior.data_vars) == ["a", "k", "sigma", "twice", "p"]
    trace = pm.sample(several(), **options, return_inferencedata=False)
    assert list(trace.posterior.data_vars) == ["a", "k", "sigma", "twice", "p"]


def test_numbers_of_draws_may_be_whole_floats() -> None:
    found = pm.sample(model(), num_samples=2e0, num_chains=2.0, burn_in=0.0, seed=1, progressbar=False, xla=False)
    assert found.posterior["mu"].shape == (2, 2)
    with pytest.raises((TypeError, ValueError)):
        pm.sample(model(), num_samples=2.5, num_chains=2, burn_in=0, seed=1, progressbar=False, xla=False)


def test_log_likelihood(posterior: Any) -> None:
    mu, sigma = (posterior.posterior[n].values[..., None] for n in ("mu", "sigma"))
    expected = -0.5 * ((DATA - mu) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(posterior.log_likelihood["y"], expected, rtol=1e-11)


def test_draws(posterior: Any) -> None:
    mu = posterior.posterior["mu"].values
    np.testing.assert_array_equal(pm.draws(posterior, "mu"), np.concatenate([mu[0], mu[1]]))
    assert pm.draws(posterior, "__log_sigma", group="unconstrained_posterior").shape == (600,)
    with pytest.raises(KeyError, match=r"no variable 'nu' in any of .*posterior has \['mu', 'sigma', 'twice'\]"):
        pm.draws(posterior, "nu")
    with pytest.raises(KeyError, match="there is no such group"):
        pm.draws(posterior, "mu", group="prior")


def test_posterior_predictive(posterior: Any) -> None:
    result = pm.sample_posterior_predictive(model(), posterior, seed=2)
    assert result is posterior
    y = posterior.posterior_predictive["y"]
    assert y.shape == (2, 300, 4) and y.dims == ("chain", "draw", "obs")
    residuals = (y - posterior.posterior["mu"]) / posterior.posterior["sigma"]
    # 2400 standard normal numbers: mean within 5 / sqrt(2400), variance within 5 * sqrt(2 / 2400)
    assert abs(float(residuals.mean())) < 0.11
    assert abs(float(residuals.var()) - 1) < 0.15
    again = pm.sample_posterior_predictive(model(), posterior, seed=2, inplace=False)
    assert again.groups() == ["posterior_predictive"]
    np.testing.assert_array_equal(again.posterior_predictive["y"], y)


def test_posterior_predictive_options(posterior: Any) -> None:
    thinned = pm.sample_posterior_predictive(model(), posterior, num_draws=7, inplace=False)
    assert thinned.posterior_predictive["y"].shape == (1, 7, 4)
    replaced = pm.sample_posterior_predictive(model(), posterior, observed={"y": np.zeros(9)}, inplace=False)
    assert replaced.posterior_predictive["y"].shape == (2, 300, 9)
    both = pm.sample_posterior_predictive(model(), posterior, var_names=["twice", "y"], inplace=False)
    np.testing.assert_allclose(both.posterior_predictive["twice"], posterior.posterior["twice"], rtol=1e-12)
    with pytest.raises(KeyError, match=r"var_names \['nu'\] are not defined"):
        pm.sample_posterior_predictive(model(), posterior, var_names="nu")
    with pytest.raises(ValueError, match="empty var_names"):
        pm.sample_posterior_predictive(model(), posterior, var_names=[])


def test_prior_predictive() -> None:
    prior = pm.sample_prior_predictive(model(), 500, seed=3)
    assert list(prior.prior.data_vars) == ["mu", "sigma", "twice"]
    assert list(prior.prior_predictive.data_vars) == ["y"]
    assert prior.prior["mu"].shape == (1, 500)
    assert prior.prior_predictive["y"].shape == (1, 500, 4)
    np.testing.assert_array_equal(prior.observed_data["y"], DATA)
    # standard error of the mean of 500 draws of N(0, 2) is 0.09
    assert abs(float(prior.prior["mu"].mean())) < 0.45
    assert (prior.prior["sigma"] > 0).all()
    assert pm.draws(prior, "y").shape == (500, 4)


def test_prior_predictive_options() -> None:
    shaped = pm.sample_prior_predictive(model(), (5, 3), seed=3)
    assert shaped.prior["mu"].shape == (1, 5, 3)
    assert shaped.prior_predictive["y"].shape == (1, 5, 3, 4)
    kept = pm.sample_prior_predictive(model(), 5, sample_from_observed=False)
    assert "prior_predictive" not in kept.groups()
    some = pm.sample_prior_predictive(model(), 5, var_names=["y"])
    assert "prior" not in some.groups()
    state = pm.SamplingState.from_values({"mu": 1.5})
    fixed = pm.sample_prior_predictive(model(), 5, state=state)
    np.testing.assert_array_equal(fixed.prior["twice"], np.full((1, 5), 3.0))
    with pytest.raises(ValueError, match=r"var_names \['nu'\] are not defined"):
        pm.sample_prior_predictive(model(), 5, var_names="nu")


def test_observed_state_and_start() -> None:
    common: dict[str, Any] = {"num_samples": 5, "num_chains": 1, "burn_in": 5, "seed": 1, "progressbar": False}
    replaced = pm.sample(model(), observed={"y": np.zeros(6)}, **common)
    assert replaced.observed_data["y"].shape == (6,)
    latent = pm.sample(model(), observed={"y": None}, **common)
    assert latent.posterior["y"].shape == (1, 5)
    _, state = pm.evaluate_model_transformed(model(), values={"mu": 0.5, "sigma": 2.0}, observed={"y": np.ones(3)})
    from_state = pm.sample(model(), state=state, **common)
    assert from_state.observed_data["y"].shape == (3,)
    pm.sample(model(), start={"sigma": 2.0}, **common)
    with pytest.raises(KeyError, match="no variable 'nu' in the model"):
        pm.sample(model(), start={"nu": 1.0}, **common)
    with pytest.raises(pm.EvaluationError, match=r"observed= names \['nu'\]"):
        pm.sample(model(), observed={"nu": 1.0}, **common)


def test_discrete_variables() -> None:
    @pm.model(name="m")
    def mixed() -> Any:
        k = yield pm.Bernoulli("k", 0.4)
        yield pm.Normal("x", 3.0 * k, 1.0)

    result = pm.sample(mixed(), "compound", num_samples=300, num_chains=2, burn_in=100, seed=1, progressbar=False)
    assert result.posterior["m/k"].dtype.kind == "i"
    assert set(np.unique(result.posterior["m/k"])) == {0, 1}


def test_recording_gives_stand_ins() -> None:
    recording.start()
    try:
        instance = model()
        result = pm.sample(instance, num_chains=3)
        assert recording.models == [instance]
        assert result.posterior["mu"].shape == (3, 1000)
        pm.sample_posterior_predictive(instance, result)
        assert pm.sample_prior_predictive(instance, 1000).prior["mu"].shape == (1, 1000)
    finally:
        recording.stop()
