"""Sequential Monte Carlo with exact answers: marginal likelihoods, moments, and what PyMC3 accepts and returns.

A run's error follows from the runs: each test draws `CHAINS` populations, which are independent, and compares their
mean with the exact value by Student's t. |t| > LIMIT has probability 1e-3 / 15 for 15 degrees of freedom, hence for the
at most fifteen comparisons of this module together below 1e-3; the seeds are fixed.
"""

from __future__ import annotations

import inspect
import logging
from functools import cache

import numpy as np
import pytest
from scipy import special, stats

import pm_migrate.shims as pm
import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import ModelError, NotSupported, SamplingError
from pm_migrate.shims import recording
from pm_migrate.shims.smc import smc as smc_module
from pm_migrate.shims.smc.particles import OverParticles, Proposal
from pm_migrate.shims.smc.sample_smc import sample_smc_int
from pm_migrate.shims.smc.smc import SMC

CHAINS, DRAWS = 16, 250
LIMIT = 5.46


def t_score(found: np.ndarray, expected: float) -> float:
    """Distance of the mean of independent results from its expectation, in its own standard errors."""
    return float((found.mean() - expected) / (found.std(ddof=1) / np.sqrt(len(found))))


def evidence_score(trace, expected: float) -> float:
    """The same of the marginal likelihood: its estimate, not its logarithm's, has the right expectation."""
    return t_score(np.exp(trace.report.log_marginal_likelihood - expected), 1.0)


def by_chain(trace, name: str) -> np.ndarray:
    return np.stack(trace.get_values(name, combine=False))


DATA = np.array([1.0, 2.0, 3.0, 4.0])


def test_a_normal_mean_and_its_marginal_likelihood():
    with pm.Model():
        mu = pm.Normal("mu", 0.0, 2.0)
        pm.Normal("y", mu, 0.5, observed=DATA)
        trace = pm.sample_smc(draws=DRAWS, chains=CHAINS, random_seed=1)
    # y = mu + noise is normal with covariance 4 + 0.25 I
    exact = stats.multivariate_normal(np.zeros(4), 4.0 + 0.25 * np.eye(4)).logpdf(DATA)
    assert abs(evidence_score(trace, exact)) < LIMIT
    precision = 1 / 4 + 4 / 0.25
    mean = DATA.sum() / 0.25 / precision
    drawn = by_chain(trace, "mu")
    assert abs(t_score(drawn.mean(axis=1), mean)) < LIMIT
    assert abs(t_score(((drawn - mean) ** 2).mean(axis=1), 1 / precision)) < LIMIT
    assert np.std(trace.report.log_marginal_likelihood) < 0.15  # else the comparison would say little


@pytest.fixture(scope="module")
def scale():
    """A scale with a conjugate prior, which is log-transformed."""
    with pm.Model() as model:
        variance = pm.InverseGamma("variance", alpha=3.0, beta=2.0)
        pm.Normal("y", 0.0, tt.sqrt(variance), observed=DATA)
    with model:
        return pm.sample_smc(draws=DRAWS, chains=CHAINS, random_seed=2)


def test_a_transformed_scale_and_its_marginal_likelihood(scale):
    alpha, beta = 3.0 + 2.0, 2.0 + 0.5 * np.sum(DATA**2)
    exact = 3 * np.log(2.0) - special.gammaln(3.0) + special.gammaln(alpha) - alpha * np.log(beta)
    exact -= 2.0 * np.log(2 * np.pi)
    assert abs(evidence_score(scale, exact)) < LIMIT
    drawn = by_chain(scale, "variance")
    np.testing.assert_allclose(drawn, np.exp(by_chain(scale, "variance_log__")), rtol=1e-14)
    assert abs(t_score(drawn.mean(axis=1), beta / (alpha - 1))) < LIMIT
    assert abs(t_score((1 / drawn).mean(axis=1), alpha / beta)) < LIMIT
    median = stats.invgamma(alpha, scale=beta).median()
    assert abs(t_score((drawn < median).mean(axis=1), 0.5)) < LIMIT


def test_counts_and_their_marginal_likelihood():
    with pm.Model():
        k = pm.Poisson("k", 0.7)
        mu = pm.Normal("mu", k, 1.0)
        pm.Normal("y", mu, 1.0, observed=0.4)
        trace = pm.sample_smc(draws=DRAWS, chains=CHAINS, random_seed=3)
    ks = np.arange(40)
    joint = stats.poisson(0.7).logpmf(ks) + stats.norm(ks, np.sqrt(2.0)).logpdf(0.4)
    exact = special.logsumexp(joint)
    assert abs(evidence_score(trace, exact)) < LIMIT
    posterior = np.exp(joint - exact)
    drawn = by_chain(trace, "k")
    assert drawn.dtype == np.int64
    for value in (0, 1, 2):  # truncation instead of the floor would give 0 twice its weight
        assert abs(t_score((drawn == value).mean(axis=1), posterior[value])) < LIMIT


def test_both_of_two_far_modes_have_their_weight():
    def two(x):
        return tt.log(0.2 * tt.exp(-0.5 * ((x - 3.0) / 0.2) ** 2) + 0.8 * tt.exp(-0.5 * ((x + 3.0) / 0.2) ** 2))

    with pm.Model():
        x = pm.Uniform("x", -10.0, 10.0)
        pm.Potential("two", two(x))
        trace = pm.sample_smc(draws=DRAWS, chains=CHAINS, random_seed=4)
    drawn = by_chain(trace, "x")
    assert abs(evidence_score(trace, np.log(np.sqrt(2 * np.pi) * 0.2 / 20.0))) < LIMIT
    assert abs(t_score((drawn > 0).mean(axis=1), 0.2)) < LIMIT
    assert abs(t_score((np.abs(drawn) - 3.0).mean(axis=1), 0.0)) < LIMIT


def test_a_missing_jacobian_would_be_seen(monkeypatch):
    from pm_migrate.shims.model.terms import Term

    monkeypatch.setattr(Term, "_jacobian", lambda self, values: None)
    with pm.Model():
        variance = pm.InverseGamma("variance", alpha=3.0, beta=2.0)
        pm.Normal("y", 0.0, tt.sqrt(variance), observed=DATA)
        trace = pm.sample_smc(draws=DRAWS, chains=CHAINS, random_seed=2)
    alpha, beta = 3.0 + 2.0, 2.0 + 0.5 * np.sum(DATA**2)
    assert abs(t_score(by_chain(trace, "variance").mean(axis=1), beta / (alpha - 1))) > LIMIT


def test_a_wrong_ratio_would_be_seen(monkeypatch):
    monkeypatch.setattr(Proposal, "log_density", lambda self, population: np.zeros(len(population)))
    monkeypatch.setattr(Proposal, "log_density_of_noise", staticmethod(lambda noise: np.zeros(len(noise))))
    with pm.Model():
        mu = pm.Normal("mu", 0.0, 2.0)
        pm.Normal("y", mu, 0.5, observed=DATA)
        trace = pm.sample_smc(draws=DRAWS, chains=CHAINS, random_seed=1)
    drawn = by_chain(trace, "mu")
    precision = 1 / 4 + 4 / 0.25
    mean = DATA.sum() / 0.25 / precision
    assert abs(t_score(((drawn - mean) ** 2).mean(axis=1), 1 / precision)) > LIMIT


def test_a_move_leaves_the_tempered_target_invariant(monkeypatch):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 2.0)
        pm.Normal("y", mu, 0.5, observed=DATA)
    smc = SMC(draws=20000, n_steps=1, model=model, random_seed=9)
    smc.beta = 0.02
    precision = 1 / 4 + 4 * smc.beta / 0.25
    target = stats.norm(DATA.sum() * smc.beta / 0.25 / precision, precision**-0.5)
    smc.initialize_population()
    smc.posterior = target.rvs((smc.draws, 1), random_state=np.random.RandomState(1))
    smc.setup_kernel()
    smc.initialize_logp()
    monkeypatch.setattr(smc, "_resampled", lambda weights: np.arange(smc.draws))
    smc.update_proposal()
    smc.cov = 3.0 * smc.cov
    smc.resample()
    smc.mutate()
    assert 0.2 < smc.acc_rate < 0.9
    assert stats.kstest(smc.posterior[:, 0], target.cdf).pvalue > 1e-4


def test_the_proposal_is_the_normal_of_the_population():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(3, 3))
    cov, mean = root @ root.T, np.array([1.0, -2.0, 0.5])
    proposal = Proposal(mean, cov)
    noise = rng.normal(size=(50, 3))
    placed = proposal.place(noise)
    exact = stats.multivariate_normal(mean, cov).logpdf(placed)
    np.testing.assert_allclose(np.diff(proposal.log_density(placed)), np.diff(exact), atol=1e-10)
    np.testing.assert_allclose(proposal.log_density_of_noise(noise), proposal.log_density(placed), atol=1e-10)
    whitened = (placed - mean) @ proposal._vectors / proposal._scales
    np.testing.assert_allclose(whitened, noise, atol=1e-10)


@cache
def small_model():
    with pm.Model() as model:
        a = pm.HalfNormal("a", 1.0, shape=2)
        b = pm.Deterministic("b", 2 * a.sum())
        pm.Normal("y", b, 0.4, observed=DATA)
    return model


def small(**options):
    """A quick run of a small model."""
    model = small_model()
    return model, pm.sample_smc(**{"draws": 60, "chains": 2, "random_seed": 5, "model": model, **options})


def test_the_trace_and_its_report():
    model, trace = small()
    assert isinstance(trace, pm.backends.base.MultiTrace)
    assert set(trace.varnames) == {"a_log__", "a", "b"}
    assert trace["a"].shape == (120, 2) and trace.nchains == 2 and len(trace) == 60
    np.testing.assert_allclose(trace["b"], 2 * trace["a"].sum(axis=1), rtol=1e-12)
    assert isinstance(trace._straces[0].name, str)
    report = trace.report
    assert report.n_draws == 60 and report.n_tune == 0 and report.t_sampling > 0 and report.ok
    assert report.log_marginal_likelihood.shape == (2,)
    for kept in (report.betas, report.accept_ratios, report.nsteps, report.log_pseudolikelihood):
        assert len(kept) == 2
    for betas, rates, steps in zip(report.betas, report.accept_ratios, report.nsteps, strict=True):
        assert betas == sorted(set(betas)) and betas[-1] == 1 and betas[0] > 0
        assert len(rates) == len(steps) == len(betas)
        assert all(0 <= r <= 1 for r in rates) and all(2 <= n <= 25 for n in steps)
    with model:
        data = pm.backends.labelled.from_pymc3(trace)
    assert data.posterior["a"].shape == (2, 60, 2) and data.log_likelihood["y"].shape == (2, 60, 4)


def test_seeds():
    _, one = small()
    _, same = small()
    _, other = small(random_seed=6)
    _, listed = small(random_seed=[7, 7])
    np.testing.assert_array_equal(one["a"], same["a"])
    assert not np.array_equal(one["a"], other["a"])
    first, second = listed.get_values("a", combine=False)
    np.testing.assert_array_equal(first, second)
    np.random.seed(8)
    _, unseeded = small(random_seed=-1)
    np.random.seed(8)
    _, again = small(random_seed=None)
    np.testing.assert_array_equal(unseeded["a"], again["a"])
    _, single = small(random_seed=7, chains=1)
    np.testing.assert_array_equal(single["a"], first)
    _, parallel = small(parallel=True, cores=2)
    np.testing.assert_array_equal(parallel["a"], one["a"])


def test_starts():
    rng = np.random.default_rng(0)
    start = {"a_log__": rng.normal(size=(70, 2))}
    model, trace = small(start=start, n_steps=1, threshold=0.0)
    assert len(trace) == 60
    smc = SMC(draws=60, start=start, model=model)
    smc.initialize_population()
    np.testing.assert_array_equal(smc.posterior, start["a_log__"][:60])
    _, listed = small(start=[start, start], random_seed=[3, 3])
    first, second = listed.get_values("a", combine=False)
    np.testing.assert_array_equal(first, second)
    for wrong, message in (
        ({"a": np.ones((60, 2))}, "start has no 'a_log__'"),
        ({"a_log__": np.ones((10, 2))}, "one value for each particle"),
        ({"a_log__": np.ones((60, 3))}, "one value for each particle"),
    ):
        with pytest.raises(ModelError, match=message):
            small(start=wrong)
    with pytest.raises(ValueError, match="start has 1 entries for 2 chains"):
        small(start=[start])


def test_stages_follow_the_threshold_and_moves_the_acceptance():
    _, few = small(threshold=0.1)
    _, many = small(threshold=0.9)
    assert len(few.report.betas[0]) < len(many.report.betas[0])
    _, fixed = small(tune_steps=False, n_steps=4)
    assert fixed.report.nsteps == tuple([4] * len(b) for b in fixed.report.betas)
    _, surer = small(p_acc_rate=0.999)
    assert max(surer.report.nsteps[0]) > max(few.report.nsteps[0])
    smc = SMC(draws=10, model=small()[0])
    smc.acc_rate, smc.proposed = 0.5, 100
    smc.tune()
    assert smc.n_steps == 2  # log(0.15) / log(0.5) = 2.7
    smc.acc_rate = 0.1
    smc.tune()
    assert smc.n_steps == 18  # log(0.15) / log(0.9) = 18.006
    for rate, expected in ((0.0, 25), (1.0, 2)):
        smc.acc_rate = rate
        smc.tune()
        assert smc.n_steps == expected


def test_beta_gives_the_effective_sample_size_asked_for():
    model, _ = small()
    smc = SMC(draws=1000, model=model, threshold=0.3, random_seed=1)
    smc.initialize_population()
    smc.setup_kernel()
    smc.initialize_logp()
    before = smc.likelihood_logp.copy()
    smc.update_weights_beta()
    assert 0 < smc.beta < 1
    assert int(1 / np.sum(smc.weights**2)) == 300
    np.testing.assert_allclose(smc.weights, special.softmax(smc.beta * before), rtol=1e-12)
    np.testing.assert_allclose(smc.log_marginal_likelihood, np.log(np.mean(np.exp(smc.beta * before))), rtol=1e-10)


def test_particles_in_pieces_are_the_same(monkeypatch):
    model, _ = small()
    density = model.log_density()
    population = np.random.default_rng(1).normal(size=(37, 2))

    def value(values):
        return density.logp(values), values["a_log__"]

    whole = OverParticles(density, "whole", value)(population)
    monkeypatch.setattr("pm_migrate.shims.smc.particles.AT_ONCE", 40)  # ten particles of four observations
    pieces = OverParticles(density, "pieces", value)(population)
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    np.testing.assert_array_equal(whole[1], population)
    np.testing.assert_allclose(whole[0][3], model.logp({"a_log__": population[3]}), rtol=1e-12)


def test_one_program_serves_all_chains_and_later_runs():
    model, _ = small()
    kept = set(model.log_density()._compiled)
    pm.sample_smc(draws=60, chains=3, random_seed=1, model=model)
    assert set(model.log_density()._compiled) == kept


def test_new_data_need_no_new_model():
    with pm.Model() as model:
        data = pm.Data("data", DATA)
        mu = pm.Normal("mu", 0.0, 10.0)
        pm.Normal("y", mu, 0.1, observed=data)
        pm.sample_smc(draws=100, chains=1, random_seed=1)
        pm.set_data({"data": DATA + 5.0})
        trace = pm.sample_smc(draws=100, chains=1, random_seed=1)
    assert abs(trace["mu"].mean() - 7.5) < 0.1
    assert model.log_density() is model.log_density()


def test_a_density_that_is_sometimes_nan_is_impossible_there():
    with pm.Model():
        x = pm.Normal("x", 0.0, 1.0)
        pm.Potential("half", tt.log(x) * 0.0)
        trace = pm.sample_smc(draws=200, chains=2, random_seed=1)
    assert np.all(trace["x"] > 0)


def test_errors():
    for options, message in (
        ({"kernel": "gibbs"}, "kernel = 'gibbs', but must be one of metropolis, abc"),
        ({"draws": 1}, "draws = 1"),
        ({"n_steps": 0}, "n_steps = 0"),
        ({"p_acc_rate": 1.5}, "p_acc_rate = 1.5"),
        ({"threshold": 1.0}, "threshold = 1.0"),
        ({"kernel": "abc"}, "pm.Simulator"),
        ({"random_seed": [1]}, "random_seed has 1 entries for 2 chains"),
    ):
        with pytest.raises(ValueError, match=message):
            small(**options)
    with pytest.raises(TypeError, match="Invalid value for `random_seed`"):
        small(random_seed=1.5)
    with pytest.raises(ValueError, match='Likely "draws" is too small'):
        Proposal(np.zeros(1), np.array([[np.nan]]))
    with pytest.raises(ModelError, match="no free random variables"):
        pm.sample_smc(model=pm.Model())
    with pm.Model(name="named"):
        pm.Normal("x", 0.0, 1.0)
        with pytest.raises(NotSupported, match="named models"):
            pm.sample_smc()
    with pm.Model():
        x = pm.Normal("x", 0.0, 1.0)
        pm.Potential("never", tt.switch(x > 100.0, 0.0, -np.inf))
        with pytest.raises(SamplingError, match="all 50 particles"):
            pm.sample_smc(draws=50)


def test_ctrl_c_returns_the_chains_that_are_finished(monkeypatch, caplog):
    made = []
    mutate = SMC.mutate

    def interrupted(self):
        if self.chain == interrupted.at:
            raise KeyboardInterrupt
        made.append(self.chain)
        mutate(self)

    monkeypatch.setattr(SMC, "mutate", interrupted)
    interrupted.at = 1
    with caplog.at_level(logging.WARNING, "pymc3"):
        _, trace = small(chains=3)
    assert trace.nchains == 1 and trace.report.log_marginal_likelihood.shape == (1,)
    assert "1 of 3 chains" in caplog.text
    interrupted.at = 0
    with pytest.raises(KeyboardInterrupt):
        small()


def test_stages_are_logged_and_nothing_is_printed(caplog, capsys):
    with caplog.at_level(logging.INFO, "pymc3"):
        _, trace = small(chains=1)
    messages = [r.message for r in caplog.records if r.name == "pymc3"]
    assert messages[:2] == ["Initializing SMC sampler...", "Sampling 1 chain"]
    stages = [m for m in messages if m.startswith("Stage:")]
    assert stages == [f"Stage: {i:3d} Beta: {b:.3f}" for i, b in enumerate(trace.report.betas[0])]
    assert capsys.readouterr() == ("", "")


def test_a_recording_gets_draws_near_the_test_point():
    recording.start()
    try:
        model, trace = small(draws=30)
        assert trace["a"].shape == (60, 2) and trace.report.log_marginal_likelihood.shape == (2,)
        np.testing.assert_allclose(
            trace["a_log__"], np.broadcast_to(model.test_point["a_log__"], (60, 2)), rtol=0, atol=0.1
        )
    finally:
        recording.stop()


def test_the_pieces_that_programs_import():
    model, _ = small()
    result = sample_smc_int(50, "metropolis", 5, None, True, 0.85, 0.5, False, True, model, 1, 3, None)
    assert result[0].chain == 3 and result[0].get_values("a").shape == (50, 2)
    assert len(result) == 7 and result[4][-1] == 1
    forward = smc_module.logp_forw([model.varlogpt], model.vars, {})
    np.testing.assert_allclose(
        forward(np.array([0.1, -0.3])), model.free_RVs[0].logp({"a_log__": np.array([0.1, -0.3])}), rtol=1e-12
    )
    signature = inspect.signature(pm.sample_smc)
    assert (
        list(signature.parameters)
        == (
            "draws kernel n_steps start tune_steps p_acc_rate threshold save_sim_data save_log_pseudolikelihood model "
            "random_seed parallel chains cores"
        ).split()
    )
