"""Draws by NumPy's generator follow the distribution, as those of TensorFlow do, and its seed.

Each test rejects a correct sampler with probability 1e-6 over the choice of seed; seeds are fixed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.shims.distributions.host_draws import HOST_DRAWS

DRAWS = 4000
ERROR_RATE = 1e-6
#: Parameters of every row, and SciPy's distribution of the same; None where SciPy has none.
CASES: dict[str, tuple[dict[str, float], Any]] = {
    "AsymmetricLaplace": ({"b": 2.0, "kappa": 1.5, "mu": 1.0}, stats.laplace_asymmetric(1.5, 1.0, 0.5)),
    "Bernoulli": ({"p": 0.3}, stats.bernoulli(0.3)),
    "Beta": ({"alpha": 2.0, "beta": 3.0}, stats.beta(2.0, 3.0)),
    "BetaBinomial": ({"alpha": 2.0, "beta": 3.0, "n": 9}, stats.betabinom(9, 2.0, 3.0)),
    "Binomial": ({"n": 7, "p": 0.3}, stats.binom(7, 0.3)),
    "Cauchy": ({"alpha": 1.0, "beta": 2.0}, stats.cauchy(1.0, 2.0)),
    "ChiSquared": ({"nu": 3.0}, stats.chi2(3.0)),
    "DiscreteUniform": ({"lower": 2, "upper": 6}, stats.randint(2, 7)),
    "DiscreteWeibull": ({"q": 0.7, "beta": 1.0}, stats.geom(0.3, loc=-1)),
    "ExGaussian": ({"mu": 1.0, "sigma": 0.5, "nu": 2.0}, stats.exponnorm(4.0, 1.0, 0.5)),
    "Exponential": ({"lam": 2.0}, stats.expon(scale=0.5)),
    "Gamma": ({"alpha": 4.0, "beta": 2.0}, stats.gamma(4.0, scale=0.5)),
    "Geometric": ({"p": 0.3}, stats.geom(0.3)),
    "Gumbel": ({"mu": 1.0, "beta": 2.0}, stats.gumbel_r(1.0, 2.0)),
    "HalfCauchy": ({"beta": 2.0}, stats.halfcauchy(scale=2.0)),
    "HalfNormal": ({"sigma": 2.0}, stats.halfnorm(scale=2.0)),
    "HalfStudentT": ({"nu": 3.0, "sigma": 2.0}, None),
    "HyperGeometric": ({"N": 20, "k": 8, "n": 5}, stats.hypergeom(20, 8, 5)),
    "InverseGamma": ({"alpha": 3.0, "beta": 2.0}, stats.invgamma(3.0, scale=2.0)),
    "Kumaraswamy": ({"a": 1.0, "b": 3.0}, stats.beta(1.0, 3.0)),
    "Laplace": ({"mu": 1.0, "b": 2.0}, stats.laplace(1.0, 2.0)),
    "Logistic": ({"mu": 1.0, "s": 2.0}, stats.logistic(1.0, 2.0)),
    "LogitNormal": ({"mu": 0.0, "sigma": 1.5}, None),
    "Lognormal": ({"mu": 0.5, "sigma": 0.3}, stats.lognorm(0.3, scale=np.exp(0.5))),
    "Moyal": ({"mu": 1.0, "sigma": 2.0}, stats.moyal(1.0, 2.0)),
    "NegativeBinomial": ({"mu": 3.0, "alpha": 2.0}, stats.nbinom(2.0, 2.0 / 5.0)),
    "Normal": ({"mu": 1.0, "tau": 4.0}, stats.norm(1.0, 0.5)),
    "Pareto": ({"alpha": 3.0, "m": 2.0}, stats.pareto(3.0, scale=2.0)),
    "Poisson": ({"mu": 2.5}, stats.poisson(2.5)),
    "Rice": ({"nu": 3.0, "sigma": 2.0}, stats.rice(1.5, scale=2.0)),
    "SkewNormal": ({"mu": 1.0, "sigma": 2.0, "alpha": 3.0}, stats.skewnorm(3.0, 1.0, 2.0)),
    "StudentT": ({"nu": 3.0, "mu": 1.0, "lam": 4.0}, stats.t(3.0, 1.0, 0.5)),
    "Triangular": ({"lower": 1.0, "upper": 5.0, "c": 2.0}, stats.triang(0.25, 1.0, 4.0)),
    "Uniform": ({"lower": -1.0, "upper": 2.0}, stats.uniform(-1.0, 3.0)),
    "VonMises": ({"mu": 0.0, "kappa": 2.0}, stats.vonmises(2.0)),
    "Wald": ({"mu": 2.0, "lam": 3.0}, stats.invgauss(2.0 / 3.0, scale=3.0)),
    "Weibull": ({"alpha": 1.5, "beta": 2.0}, stats.weibull_min(1.5, scale=2.0)),
    "ZeroInflatedBinomial": ({"psi": 1.0, "n": 7, "p": 0.3}, stats.binom(7, 0.3)),
    "ZeroInflatedNegativeBinomial": ({"psi": 1.0, "mu": 3.0, "alpha": 2.0}, stats.nbinom(2.0, 2.0 / 5.0)),
    "ZeroInflatedPoisson": ({"psi": 1.0, "theta": 2.5}, stats.poisson(2.5)),
}


def test_every_sampler_is_here() -> None:
    assert set(CASES) == set(HOST_DRAWS)


@pytest.mark.parametrize("name", CASES)
def test_draws_follow_the_distribution(name: str) -> None:
    given, truth = CASES[name]
    np.random.seed(11)
    draws = getattr(pm, name).dist(**given).random(size=DRAWS)
    if name == "HalfStudentT":  # SciPy has none: its two halves are Student's t
        draws, truth = draws * np.where(np.arange(DRAWS) % 2, 1.0, -1.0), stats.t(3.0, 0.0, 2.0)
    if name == "LogitNormal":
        draws, truth = np.log(draws / (1.0 - draws)), stats.norm(0.0, 1.5)
    if not hasattr(truth.dist, "pmf"):
        assert stats.kstest(draws, truth.cdf).pvalue > ERROR_RATE
        return
    values = [v for v in range(-1, 60) if truth.pmf(v) * DRAWS >= 5]
    expected = np.array([truth.pmf(v) * DRAWS for v in values])
    observed = np.array([np.sum(draws == v) for v in values], float)
    rest = np.array([DRAWS - expected.sum(), DRAWS - observed.sum()])
    statistic = np.sum((observed - expected) ** 2 / expected) + (rest[1] - rest[0]) ** 2 / max(rest[0], 1.0)
    assert stats.chi2(len(values)).sf(statistic) > ERROR_RATE


def test_inflation_keeps_its_share_of_zeros() -> None:
    np.random.seed(3)
    draws = pm.ZeroInflatedPoisson.dist(psi=0.25, theta=6.0).random(size=DRAWS)
    zeros = np.sum(draws == 0)
    assert stats.binom(DRAWS, 0.75 + 0.25 * np.exp(-6.0)).cdf(zeros) > ERROR_RATE
    assert stats.binom(DRAWS, 0.75 + 0.25 * np.exp(-6.0)).sf(zeros - 1) > ERROR_RATE


def test_joint_draws_are_pymc3s_for_the_same_seed() -> None:
    # PyMC3 draws these by np.random.standard_normal, in this order
    with pm.Model() as model:
        a = pm.Normal("a", 0.0, 100.0)
        b = pm.Normal("b", a, 2.0, shape=3)
        c = pm.Deterministic("c", a + b.sum())
    np.random.seed(5)
    drawn = pm.distributions.draw_values([a, b, c], size=50)
    np.random.seed(5)
    first = 100.0 * np.random.standard_normal(50)
    second = first[:, None] + 2.0 * np.random.standard_normal((50, 3))
    for ours, expected in zip(drawn, (first, second, first + second.sum(axis=1)), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-13)
    prior = pm.sample_prior_predictive((4, 2), model=model, random_seed=1)
    assert prior["b"].shape == (4, 2, 3)


def test_prior_draws_with_invalid_parameters_name_them() -> None:
    with pm.Model() as model:
        s = pm.Normal("s", -5.0, 1e-3)
        pm.Normal("x", 0.0, s)
    with pytest.raises(ValueError, match=r"Cannot draw from Normal: invalid parameters.*sigma"):
        pm.sample_prior_predictive(20, model=model)


def test_negative_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        pm.Normal.dist().random(size=(3, -2))
