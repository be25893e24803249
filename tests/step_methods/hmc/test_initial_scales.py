"""init_nuts, and the scaling functions of pymc3.tuning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pm_migrate.shims as pm
from pm_migrate.shims.step_methods.hmc import initialising
from pm_migrate.shims.step_methods.hmc import quadpotential as qp
from pm_migrate.shims.tuning import scaling


@pytest.fixture(scope="module")
def model() -> Any:
    with pm.Model() as model:
        pm.Normal("a", mu=np.array([1.0, -2.0]), sigma=np.array([0.5, 2.0]), shape=2)
        pm.Gamma("b", 3.0, 2.0)
    return model


# how NUTS starts


@pytest.mark.parametrize(
    ("init", "kind"),
    [
        ("adapt_diag", qp.QuadPotentialDiagAdapt),
        ("auto", qp.QuadPotentialDiagAdapt),
        ("JITTER+adapt_diag", qp.QuadPotentialDiagAdapt),
        ("adapt_full", qp.QuadPotentialFullAdapt),
        ("jitter+adapt_full", qp.QuadPotentialFullAdapt),
    ],
)
@pytest.mark.filterwarnings("ignore:QuadPotentialFullAdapt is an experimental feature")
def test_starts_and_potentials(model: Any, init: str, kind: type, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="pymc3"):
        start, step = pm.init_nuts(init, chains=3, model=model, random_seed=[7, 8, 9], target_accept=0.9)
    moved = init not in ("adapt_diag", "adapt_full")
    assert type(step.potential) is kind and step.target_accept == 0.9 and step.compiled_options() is None
    flat = np.array([model.dict_to_array(point) for point in start])
    away = flat - model.dict_to_array(model.test_point)
    assert flat.shape == (3, 3) and (np.abs(away) <= 1).all()
    assert (np.abs(away) > 1e-3).all() if moved else (away == 0).all()
    np.testing.assert_allclose(step.potential._initial_mean, flat.mean(0))
    assert any(record.message.startswith("Initializing NUTS using ") for record in caplog.records)
    again, _ = pm.init_nuts(init, chains=3, model=model, random_seed=7)
    np.testing.assert_equal(again, start)


def test_the_maximum(model: Any) -> None:
    (start,), step = pm.init_nuts("map", model=model)
    # without the Jacobian, Gamma(3, 2) is largest at (3 - 1) / 2; the curvature of the logarithm with it is 2 exp(v)
    assert np.isclose(start["b"], 1.0, rtol=1e-4) and np.allclose(start["a"], [1.0, -2.0], atol=1e-4)
    curvature = {"a": [4.0, 0.25], "b_log__": [2.0]}
    expected = np.concatenate([curvature[v.name] for v in model.vars])
    np.testing.assert_allclose(step.potential._cov, np.diag(expected), rtol=1e-4, atol=1e-8)


def test_jitter_stays_where_there_is_a_density(monkeypatch: pytest.MonkeyPatch) -> None:
    with pm.Model() as model:
        pm.HalfNormal("x", transform=None, testval=0.0)
    for retries, expected in ((0, -1.0), (1, -0.5), (2, 0.5), (5, 0.5)):
        numbers = iter([0.0, 0.25, 0.75])
        monkeypatch.setattr(np.random, "rand", lambda *shape, numbers=numbers: next(numbers))
        (start,) = initialising._init_jitter(model, 1, retries)
        assert start["x"] == expected


def test_what_cannot_be_initialised(model: Any) -> None:
    with pytest.raises(ValueError, match="Unknown initializer: nuts"):
        pm.init_nuts("nuts", model=model)
    with pytest.raises(TypeError, match="must be a string"):
        pm.init_nuts(None, model=model)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="all variables"):
        pm.init_nuts(model=model, vars=[model["a"]])
    with pm.Model():
        pm.Normal("x")
        pm.Poisson("k", 2.0)
        with pytest.raises(ValueError, match="continuous variables; k are discrete"):
            pm.init_nuts()


# scales


def test_hessians(model: Any) -> None:
    point = {"a": np.array([0.3, 0.4]), "b_log__": np.array(-0.7)}
    curvature = {"a": [4.0, 0.25], "b_log__": [2 * np.exp(-0.7)]}  # of Gamma(3, 2): 3 v - 2 exp(v)
    expected = np.concatenate([curvature[v.name] for v in model.vars])
    np.testing.assert_allclose(pm.find_hessian(point, model=model), np.diag(expected), rtol=1e-12)
    np.testing.assert_allclose(pm.guess_scaling(point, model=model), expected, rtol=1e-12)
    part = scaling.find_hessian_diag(point, vars=[model["b_log__"]], model=model)
    np.testing.assert_allclose(part, [2 * np.exp(-0.7)], rtol=1e-12)
    assert scaling.fixed_hessian(point, model=model).tolist() == [0.1, 0.1, 0.1]


def test_a_dense_hessian() -> None:
    covariance = np.array([[2.0, 0.6], [0.6, 0.5]])
    with pm.Model() as model:
        pm.MvNormal("x", mu=np.zeros(2), cov=covariance, shape=2)
        found = pm.find_hessian(model.test_point)
    np.testing.assert_allclose(found, np.linalg.inv(covariance), rtol=1e-12)


def test_a_derivative_by_a_constrained_variable_leaves_its_prior_out() -> None:
    """As in PyMC3's graph, where the prior depends on the unconstrained value only."""
    data, scale = np.array([0.5, 1.5, -0.3]), 0.7
    with pm.Model() as model:
        sd = pm.HalfNormal("sd", 1.0)
        pm.Normal("y", 0.2, sd, observed=data)
    likelihood = -len(data) / scale**2 + 3 * np.sum((data - 0.2) ** 2) / scale**4
    at = {"sd": scale, "sd_log__": np.log(scale)}
    np.testing.assert_allclose(pm.find_hessian(at, vars=[sd], model=model), [[likelihood]], rtol=1e-12)
    np.testing.assert_allclose(model.logp_nojac(at), model.logp(at) - np.log(scale), rtol=1e-12)


def test_a_point_is_a_scaling(model: Any) -> None:
    point = {"a": np.zeros(2), "b_log__": np.array(0.3)}
    with model:
        step = pm.NUTS(scaling=point)
    variances = {"a": [0.25, 4.0], "b_log__": [np.exp(-0.3) / 2]}
    expected = np.concatenate([variances[v.name] for v in step.vars])  # in the order in which it steps them
    np.testing.assert_allclose(step.potential.v, expected, rtol=1e-12)


def test_precisions_are_positive_and_bounded() -> None:
    tau = np.array([-4.0, 0.0, 9.0, np.inf, -np.inf])
    np.testing.assert_allclose(scaling.adjust_precision(tau, 1e-3), [4.0, 1e-6, 9.0, 1e6, 1e6], rtol=1e-12)
    vectors = np.array([[0.8, -0.6], [0.6, 0.8]])
    indefinite = vectors @ np.diag([-2.0, 5.0]) @ vectors.T
    expected = vectors @ np.diag([2.0, 5.0]) @ vectors.T
    np.testing.assert_allclose(scaling.adjust_scaling(indefinite, 1e-8), expected, rtol=1e-12)
    np.testing.assert_allclose(scaling.eig_recompose(np.array([-2.0, 5.0]), vectors), indefinite, rtol=1e-12)


def test_the_covariance_of_a_trace(model: Any) -> None:
    draws = np.random.default_rng(0).normal(size=(50, 3))
    trace = {"a": draws[:, :2], "b_log__": draws[:, 2]}
    order = [column for v in model.vars for column in ([0, 1] if v.name == "a" else [2])]
    np.testing.assert_allclose(pm.trace_cov(trace, model=model), np.cov(draws[:, order].T), rtol=1e-12)
