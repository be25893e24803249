"""Simulation-based calibration of the compiled sampler.

Parameters are drawn from the prior and data from the parameters; then the rank of each parameter among draws from the
posterior is uniform, whatever the model (Talts, Betancourt, Simpson, Vehtari & Gelman 2018, theorem 1). This takes many
data sets with few draws each. They are the chains of one compiled program: the data are rows of a table, and two equal
integers say which row a chain has. The sampler moves one discrete variable at a time, and the density is zero unless
the two are equal, so that a chain keeps its data.

Each quantity's ranks are compared with the uniform distribution by a chi-square test. A module of correct code fails
with a probability below 1e-3: the tests share that equally, and each shares its part between its quantities. The seeds
are fixed. Ranks of correlated draws are not uniform, hence the thinning; a discrete variable's rank among equal values
is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
import pm_migrate.shims.theano.tensor as tt
from pm_migrate.shims import inference
from pm_migrate.shims.model.terms import Term

BINS = 16  # and one draw fewer
ALARM = 1e-3 / 2  # two tests that ask for uniform ranks
NOISE = np.array([1.0, 0.7, 1.5, 0.4])
TIMES = 8


class Case(NamedTuple):
    """Parameters drawn from a prior by name, ``(replications, *shape)``, and the model of the data drawn from them."""

    truth: Mapping[str, np.ndarray]
    model: Any
    thin: int


def replications(request: pytest.FixtureRequest) -> int:
    return 4096 if request.config.getoption("--profile") == "deep" else 256


def row(table: np.ndarray) -> Any:
    """The row of a table that belongs to a chain; to be called in a model."""
    first = pm.DiscreteUniform("first", 0, len(table) - 1)
    second = pm.DiscreteUniform("second", 0, len(table) - 1)
    pm.Potential("same", tt.switch(tt.eq(first, second), 0.0, -np.inf))
    return tt.as_tensor_variable(table)[first]


def schools(count: int) -> Case:
    """Effects of four schools around a mean, by a scale that is log-transformed; not centred."""
    rng = np.random.default_rng(1)
    mu, tau = rng.normal(0.0, 2.0, count), rng.gamma(2.0, 1.0, count)
    eta = rng.normal(size=(count, 4))
    data = rng.normal(mu[:, None] + tau[:, None] * eta, NOISE)
    with pm.Model() as model:
        y = row(data)
        mean = pm.Normal("mu", 0.0, 2.0)
        scale = pm.Gamma("tau", 2.0, 1.0)
        raw = pm.Normal("eta", 0.0, 1.0, shape=4)
        effect = pm.Deterministic("theta", mean + scale * raw)
        fit = pm.Normal.dist(effect, NOISE).logp(y).sum()
        pm.Potential("y", pm.Deterministic("fit", fit) * 1.0)
    theta = mu[:, None] + tau[:, None] * eta
    truth = {"mu": mu, "tau": tau, "eta": eta, "theta": theta, "fit": stats.norm(theta, NOISE).logpdf(data).sum(axis=1)}
    return Case(truth, model, 5)


def change(count: int) -> Case:
    """Counts whose rate changes at an unknown time, and a measurement that is shifted or not."""
    rng = np.random.default_rng(2)
    early, late = rng.gamma(2.0, 1.0, count), rng.gamma(2.0, 1.0, count)
    time, shifted = rng.integers(0, TIMES, count), rng.random(count) < 0.3
    rates = np.where(np.arange(TIMES) < time[:, None], early[:, None], late[:, None])
    counts, measured = rng.poisson(rates), rng.normal(early + 2.0 * shifted, 1.0)
    with pm.Model() as model:
        y = row(np.column_stack([counts, measured]))
        before, after = pm.Gamma("early", 2.0, 1.0), pm.Gamma("late", 2.0, 1.0)
        when = pm.DiscreteUniform("time", 0, TIMES - 1)
        shift = pm.Bernoulli("shifted", 0.3)
        rate = tt.switch(np.arange(TIMES) < when, before, after)
        pm.Potential("counts", pm.Poisson.dist(rate).logp(tt.cast(y[:TIMES], "int64")).sum())
        pm.Potential("measured", pm.Normal.dist(before + 2.0 * shift, 1.0).logp(y[TIMES]))
    return Case({"early": early, "late": late, "time": time, "shifted": shifted.astype(int)}, model, 20)


def p_values(case: Case, seed: int) -> dict[str, float]:
    """The probability of so uneven ranks, for each scalar quantity."""
    density = case.model.log_density()
    count = len(next(iter(case.truth.values())))
    drawn = inference.sample_chains(
        density,
        draws=(BINS - 1) * case.thin,
        tune=200,
        chains=count,
        seed=seed,
        target_accept=0.85,
        start=[{"first": np.array(i), "second": np.array(i)} for i in range(count)],
        progress=False,
    )
    for name in ("first", "second"):
        np.testing.assert_array_equal(drawn.values[name], np.arange(count)[:, None] * np.ones(drawn.draws, int))
    recorded = inference.record(density, drawn)
    rng = np.random.default_rng(seed)
    found = {}
    for name, truth in case.truth.items():
        thinned = recorded[name][:, case.thin - 1 :: case.thin].reshape(count, BINS - 1, -1)
        for i, (draws, value) in enumerate(zip(np.moveaxis(thinned, 2, 0), truth.reshape(count, -1).T, strict=True)):
            equal = np.sum(draws == value[:, None], axis=1)
            ranks = np.sum(draws < value[:, None], axis=1) + rng.integers(0, equal + 1)
            found[f"{name}[{i}]"] = float(stats.chisquare(np.bincount(ranks, minlength=BINS)).pvalue)
    return found


@pytest.mark.parametrize("make", [schools, change])
def test_ranks_of_prior_draws_are_uniform(make: Callable[[int], Case], request: pytest.FixtureRequest) -> None:
    found = p_values(make(replications(request)), 3)
    assert min(found.values()) > ALARM / len(found), found


def test_ranks_without_a_jacobian_are_not_uniform(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(Term, "_jacobian", lambda self, values: None)
    found = p_values(schools(replications(request)), 3)
    assert found["tau[0]"] < ALARM / len(found), found
