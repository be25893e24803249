"""A generator model and the same model of the ``with`` front end, sampled with one seed: the same draws, bit for bit.

So it is under XLA, the default. As TensorFlow graphs, sums may be taken in another order: the draws differ by rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pm_migrate.pymc4 as pm4
import pm_migrate.shims as pm3

DATA = np.array([1.2, 0.4, 2.0, 1.1])
GROUP = np.array([0, 0, 1, 1])


@pm4.model(name=None)
def transformed() -> Any:
    mu = yield pm4.Normal("mu", 0.0, 2.0)
    sigma = yield pm4.HalfNormal("sigma", 1.5)
    p = yield pm4.Beta("p", 2.0, 3.0)  # concentration0, which is beta, comes first
    u = yield pm4.Uniform("u", -1.0, 4.0)
    yield pm4.Deterministic("sum", mu + p)
    yield pm4.Normal("y", mu + p + u, sigma, observed=DATA)


def transformed_with() -> None:
    mu = pm3.Normal("mu", 0.0, 2.0)
    sigma = pm3.HalfNormal("sigma", 1.5)
    p = pm3.Beta("p", alpha=3.0, beta=2.0)
    u = pm3.Uniform("u", -1.0, 4.0)
    pm3.Deterministic("sum", mu + p)
    pm3.Normal("y", mu + p + u, sigma, observed=DATA)


@pm4.model(name=None)
def compound() -> Any:
    k = yield pm4.Bernoulli("k", 0.4)
    n = yield pm4.Poisson("n", 3.0)
    c = yield pm4.Categorical("c", np.array([0.2, 0.3, 0.5]))
    x = yield pm4.Normal("x", 0.5 * k + n, 1.0)
    yield pm4.Normal("y", x + c, 1.0, observed=DATA)


def compound_with() -> None:
    k = pm3.Bernoulli("k", 0.4)
    n = pm3.Poisson("n", 3.0)
    c = pm3.Categorical("c", np.array([0.2, 0.3, 0.5]))
    x = pm3.Normal("x", 0.5 * k + n, 1.0)
    pm3.Normal("y", x + c, 1.0, observed=DATA)


COVARIANCE = np.array([[2.0, 0.5], [0.5, 1.0]])


@pm4.model(name=None)
def multivariate() -> Any:
    b = yield pm4.MvNormal("b", np.zeros(2), COVARIANCE)
    w = yield pm4.Dirichlet("w", np.ones(3))
    yield pm4.Normal("y", b[0] + w[1] * b[1], 1.0, observed=DATA)


def multivariate_with() -> None:
    b = pm3.MvNormal("b", np.zeros(2), cov=COVARIANCE, shape=2)
    w = pm3.Dirichlet("w", np.ones(3))
    pm3.Normal("y", b[0] + w[1] * b[1], 1.0, observed=DATA)


@pm4.model(name=None)
def with_data(values: Any, group: Any) -> Any:
    mu = yield pm4.Normal("mu", 0.0, 5.0)
    tau = yield pm4.HalfCauchy("tau", 2.0)
    a = yield pm4.Normal("a", mu, tau, batch_stack=2)
    yield pm4.Normal("y", a[group], 0.5, observed=values)


def with_data_with() -> None:
    values, group = pm3.Data("values", DATA), pm3.Data("group", GROUP)
    mu = pm3.Normal("mu", 0.0, 5.0)
    tau = pm3.HalfCauchy("tau", 2.0)
    a = pm3.Normal("a", mu, tau, shape=2)
    pm3.Normal("y", a[group], 0.5, observed=values)


@pm4.model(name=None)
def with_potential() -> Any:
    x = yield pm4.Normal("x", 0.0, 1.0, batch_stack=3)
    rate = yield pm4.Exponential("rate", 2.0)
    yield pm4.Potential(-rate * (x[0] - x[1]) ** 2)
    yield pm4.Potential("named", -0.5 * (x[2] - 1.0) ** 2)


def with_potential_with() -> None:
    x = pm3.Normal("x", 0.0, 1.0, shape=3)
    rate = pm3.Exponential("rate", 2.0)
    pm3.Potential("first", -rate * (x[0] - x[1]) ** 2)
    pm3.Potential("named", -0.5 * (x[2] - 1.0) ** 2)


MODELS = {
    "transformed": (transformed, transformed_with),
    "compound": (compound, compound_with),
    "multivariate": (multivariate, multivariate_with),
    "data": (lambda: with_data(DATA, GROUP), with_data_with),
    "potential": (with_potential, with_potential_with),
}


@pytest.mark.parametrize("name", MODELS)
def test_same_seed_same_draws(name: str) -> None:
    generator, body = MODELS[name]
    four = pm4.sample(generator(), num_samples=40, num_chains=2, burn_in=40, seed=7, progressbar=False).posterior
    with pm3.Model():
        body()
        three = pm3.sample(
            40,
            tune=40,
            chains=2,
            random_seed=7,
            progressbar=False,
            return_inferencedata=True,
            compute_convergence_checks=False,
        ).posterior
    assert set(four.data_vars) == set(three.data_vars)
    for variable in four.data_vars:
        assert len(np.unique(four[variable])) > 1
        np.testing.assert_array_equal(four[variable], three[variable], err_msg=str(variable))
