"""Approximate Bayesian computation where the kernel's posterior has a formula.

With ``n`` normal data of scale ``s``, their mean as summary and a Gaussian kernel of scale ``epsilon``, the mean of the
data is normal around ``mu`` with variance ``s**2 / n + epsilon**2`` once the simulation is integrated out. Error rates
as in ``test_sample_smc.py``: six comparisons by Student's t of 16 independent populations, each below 1e-3 / 15.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.errors import ModelError
from pm_migrate.shims.smc.simulation import PseudoLikelihood, caller
from pm_migrate.shims.smc.smc import SMC

CHAINS, DRAWS, LIMIT = 16, 200, 5.46
SIZE, NOISE, EPSILON, WIDTH = 20, 2.0, 0.3, 1.5
DATA = np.random.default_rng(5).normal(0.8, NOISE, SIZE)
SPREAD = NOISE**2 / SIZE + EPSILON**2
EVIDENCE = stats.norm(0.0, np.sqrt(WIDTH**2 + SPREAD)).logpdf(DATA.mean()) + np.log(np.sqrt(2 * np.pi) * EPSILON)
VARIANCE = 1 / (1 / WIDTH**2 + 1 / SPREAD)
MEAN = VARIANCE * DATA.mean() / SPREAD


def t_score(found: np.ndarray, expected: float) -> float:
    return float((found.mean() - expected) / (found.std(ddof=1) / np.sqrt(len(found))))


def simulate(mu):
    return np.random.normal(mu, NOISE, SIZE)


def by_chain(trace, name: str) -> np.ndarray:
    return np.stack(trace.get_values(name, combine=False))


@pytest.fixture(scope="module")
def run():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, WIDTH)
        pm.Simulator("y", simulate, params=(mu,), sum_stat="mean", epsilon=EPSILON, observed=DATA)
        trace, simulated = pm.sample_smc(DRAWS, kernel="ABC", chains=CHAINS, random_seed=1, save_sim_data=True)
    return model, trace, simulated


def test_the_posterior_and_the_marginal_likelihood(run):
    _, trace, _ = run
    drawn = by_chain(trace, "mu")
    assert abs(t_score(np.exp(trace.report.log_marginal_likelihood - EVIDENCE), 1.0)) < LIMIT
    assert abs(t_score(drawn.mean(axis=1), MEAN)) < LIMIT
    assert abs(t_score(((drawn - MEAN) ** 2).mean(axis=1), VARIANCE)) < LIMIT


def test_simulated_data_belong_to_their_draws(run):
    _, trace, simulated = run
    assert list(simulated) == ["y"] and simulated["y"].shape == (CHAINS, DRAWS, SIZE)
    for data, kept in zip(simulated["y"], trace.report.log_pseudolikelihood, strict=True):
        assert kept.shape == (DRAWS,)
        np.testing.assert_allclose(kept, -0.5 * ((DATA.mean() - data.mean(axis=1)) / EPSILON) ** 2, rtol=1e-10)
    residual = simulated["y"].mean(axis=2) - by_chain(trace, "mu")
    # given mu, the mean of accepted data is between mu and the observed mean
    share = NOISE**2 / SIZE / SPREAD
    assert abs(t_score((residual - share * (DATA.mean() - by_chain(trace, "mu"))).mean(axis=1), 0.0)) < LIMIT


def test_potentials_are_a_part_of_the_prior():
    with pm.Model():
        mu = pm.Normal("mu", 0.0, WIDTH)
        pm.Potential("positive", pm.math.switch(mu > 0.5, 0.0, -np.inf))
        pm.Simulator("y", simulate, params=(mu,), sum_stat="mean", epsilon=EPSILON, observed=DATA)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trace = pm.sample_smc(DRAWS, kernel="ABC", chains=CHAINS, random_seed=2)
    drawn = by_chain(trace, "mu")
    assert np.all(drawn > 0.5)
    posterior, prior = stats.norm(MEAN, np.sqrt(VARIANCE)), stats.norm(0.0, WIDTH)
    exact = stats.truncnorm((0.5 - MEAN) / np.sqrt(VARIANCE), np.inf, MEAN, np.sqrt(VARIANCE))
    assert abs(t_score(drawn.mean(axis=1), exact.mean())) < LIMIT
    evidence = EVIDENCE + posterior.logsf(0.5) - prior.logsf(0.5)
    assert abs(t_score(np.exp(trace.report.log_marginal_likelihood - evidence), 1.0)) < LIMIT


def test_summaries_distances_and_parameters_of_a_program(caplog):
    calls = []

    def quantiles(x):
        return np.quantile(x, [0.25, 0.5, 0.75])

    def apart(epsilon, observed, simulated):
        calls.append(observed.shape)
        return -np.abs((observed - simulated) / epsilon).mean()

    def shifted(centre, scale, more):
        return np.random.normal(centre, scale, SIZE) + more

    with pm.Model():
        a = pm.Normal("a", 0.0, 1.0, shape=2)
        b = pm.HalfNormal("b", 1.0)
        centre = pm.Deterministic("centre", a.sum())
        data = {"sum_stat": quantiles, "distance": apart, "epsilon": np.array([0.1, 0.2, 0.3]), "observed": DATA}
        pm.Simulator("y", shifted, params=(centre, 2 * b, 0.0), **data)
        trace = pm.sample_smc(40, kernel="abc", n_steps=3, chains=1, random_seed=3)
    assert set(calls) == {(3,)}
    assert trace.report.log_pseudolikelihood[0].shape == (40,)
    assert {"a", "b", "b_log__", "centre"} == set(trace.varnames)
    assert abs(trace["centre"].mean() - np.median(DATA)) < 1.5


def test_a_run_without_saving_keeps_nothing():
    with pm.Model():
        mu = pm.Normal("mu", 0.0, WIDTH)
        pm.Simulator("y", simulate, params=(mu,), sum_stat="sort", distance="laplace", epsilon=3.0, observed=DATA)
        trace = pm.sample_smc(20, "ABC", n_steps=2, random_seed=1, chains=2, save_log_pseudolikelihood=False)
    assert [list(x) for x in trace.report.log_pseudolikelihood] == [[], []]


def test_seeds_hold_for_the_simulator():
    def drawn(seed):
        with pm.Model():
            mu = pm.Normal("mu", 0.0, WIDTH)
            pm.Simulator("y", simulate, params=(mu,), sum_stat="mean", epsilon=EPSILON, observed=DATA)
            return pm.sample_smc(20, "ABC", n_steps=2, random_seed=seed, chains=2)["mu"]

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert not np.array_equal(drawn(1), drawn(2))


def test_parameters_are_passed_by_name_where_the_names_are_those_of_the_variables():
    def backwards(b, a):
        return a, b

    assert caller(backwards, ["a", "b"])([1, 2]) == (1, 2)
    assert caller(backwards, ["x", "b"])([1, 2]) == (2, 1)
    assert caller(lambda *values: values, ["a", None])([1, 2]) == (1, 2)
    assert caller(lambda **named: named, ["a", "b"])([1, 2]) == {"a": 1, "b": 2}
    assert caller(min, ["a", "b"])([1, 2]) == 1


def test_a_pseudo_likelihood_alone(run):
    model, _, _ = run
    smc = SMC(draws=5, kernel="ABC", model=model, random_seed=1)
    smc.initialize_population()
    dist = model.observed_RVs[0].distribution
    options = (dist.distance, dist.sum_stat, 2, True, True)
    one = PseudoLikelihood(0.3, DATA, simulate, ["mu"], model, smc.var_info, smc.variables, *options)
    assert one.posterior_to_function(np.array([0.25])) == {"mu": 0.25}
    values = [one(np.array([0.25])) for _ in range(3)]
    assert one.get_data().shape == (1, SIZE) and one.get_lpl().shape == (1,)  # the third begins anew
    np.testing.assert_allclose(values[-1], -0.5 * ((DATA.mean() - one.get_data()[0].mean()) / 0.3) ** 2)


def test_what_a_simulator_cannot_do():
    with pm.Model():
        mu = pm.Normal("mu", 0.0, WIDTH)
        pm.Simulator("y", simulate, params=(mu,), observed=DATA)
        with pytest.warns(UserWarning, match=r"data of \['y'\] are ignored"):
            pm.sample_smc(10, chains=1, random_seed=1)
        pm.Normal("z", mu, 1.0, observed=0.0)
        with pytest.warns(UserWarning, match="one observed variable"):
            pm.sample_smc(10, "ABC", chains=1, n_steps=1, random_seed=1)
    with pm.Model():
        mu = pm.Normal("mu", 0.0, WIDTH)
        pm.Simulator("y", None, params=None, observed=DATA)
        with pytest.raises(ModelError, match="without a function"):
            pm.sample_smc(10, "ABC")


def test_a_model_with_a_python_operation_runs_uncompiled(caplog):
    import pm_migrate.shims.theano as theano
    import pm_migrate.shims.theano.tensor as tt

    @theano.compile.ops.as_op(itypes=[tt.dscalar], otypes=[tt.dscalar])
    def doubled(x):
        return np.asarray(2.0 * x)

    with pm.Model():
        x = pm.Normal("x", 0.0, 1.0)
        pm.Normal("y", doubled(x), 0.1, observed=2.0)
        trace = pm.sample_smc(50, chains=1, n_steps=5, random_seed=1)
    assert abs(trace["x"].mean() - 1.0) < 0.1
