"""Random draws follow the distribution: against SciPy, an independent implementation.

Each test rejects a correct sampler with probability :data:`ERROR_RATE` over the choice of seed; seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from pm_migrate.catalog import DISTRIBUTIONS, ROWS
from pm_migrate.shims.distributions.binding import bind

ERROR_RATE = 1e-6
DRAWS = 20_000
SEED = tf.constant([3, 5], tf.int32)

CONTINUOUS: list[tuple[str, Mapping[str, float], Any]] = [
    ("Normal", {"mu": 1.0, "tau": 4.0}, stats.norm(1.0, 0.5)),
    ("HalfNormal", {"sigma": 2.0}, stats.halfnorm(scale=2.0)),
    ("Cauchy", {"alpha": 1.0, "beta": 2.0}, stats.cauchy(1.0, 2.0)),
    ("HalfCauchy", {"beta": 2.0}, stats.halfcauchy(scale=2.0)),
    ("StudentT", {"nu": 3.0, "mu": 1.0, "lam": 4.0}, stats.t(3.0, 1.0, 0.5)),
    ("Uniform", {"lower": -1.0, "upper": 2.0}, stats.uniform(-1.0, 3.0)),
    ("Exponential", {"lam": 2.0}, stats.expon(scale=0.5)),
    ("Laplace", {"mu": 1.0, "b": 2.0}, stats.laplace(1.0, 2.0)),
    ("Gamma", {"mu": 2.0, "sigma": 1.0}, stats.gamma(4.0, scale=0.5)),
    ("InverseGamma", {"alpha": 3.0, "beta": 2.0}, stats.invgamma(3.0, scale=2.0)),
    ("Beta", {"alpha": 2.0, "beta": 3.0}, stats.beta(2.0, 3.0)),
    ("Lognormal", {"mu": 0.5, "sigma": 0.3}, stats.lognorm(0.3, scale=np.exp(0.5))),
    ("TruncatedNormal", {"mu": 1.0, "sigma": 2.0, "lower": 0.0, "upper": 3.0}, stats.truncnorm(-0.5, 1.0, 1.0, 2.0)),
    ("TruncatedNormal", {"mu": 1.0, "sigma": 2.0}, stats.norm(1.0, 2.0)),
    ("TruncatedNormal", {"mu": 1.0, "sigma": 2.0, "lower": 9.0}, stats.truncnorm(4.0, np.inf, 1.0, 2.0)),
]

DISCRETE: list[tuple[str, Mapping[str, Any], Any]] = [
    ("Bernoulli", {"p": 0.3}, stats.bernoulli(0.3)),
    ("Bernoulli", {"logit_p": 1.0}, stats.bernoulli(1 / (1 + np.exp(-1.0)))),
    ("Binomial", {"n": 7.0, "p": 0.3}, stats.binom(7, 0.3)),
    ("Poisson", {"mu": 2.5}, stats.poisson(2.5)),
    ("NegativeBinomial", {"mu": 3.0, "alpha": 2.0}, stats.nbinom(2.0, 2.0 / 5.0)),
    ("NegativeBinomial", {"p": 0.4, "n": 3.0}, stats.nbinom(3.0, 0.4)),
    ("Categorical", {"p": [0.2, 0.3, 0.5]}, stats.rv_discrete(values=([0, 1, 2], [0.2, 0.3, 0.5]))),
    ("DiscreteUniform", {"lower": 2.0, "upper": 6.0}, stats.randint(2, 7)),
]


def draw(name: str, given: Mapping[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    row = DISTRIBUTIONS[name]
    defaults = {"mu": 0.0, "lower": -np.inf, "upper": np.inf}
    form = row.form_for(frozenset(given))
    return bind(row, form, {**defaults, **given}).sample(shape, SEED).numpy()


def test_every_row_with_draws_is_tested() -> None:
    modules = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    sources = "".join(text for text in modules if ".sample(" in text)
    assert [r.name for r in ROWS if r.has_random and f'"{r.name}"' not in sources] == []


@pytest.mark.parametrize(("name", "given", "truth"), CONTINUOUS, ids=[f"{c[0]}-{len(c[1])}" for c in CONTINUOUS])
def test_continuous_draws(name: str, given: Mapping[str, float], truth: Any) -> None:
    assert stats.kstest(draw(name, given, (DRAWS,)), truth.cdf).pvalue > ERROR_RATE


@pytest.mark.parametrize(("name", "given", "truth"), DISCRETE, ids=[f"{c[0]}-{'-'.join(c[1])}" for c in DISCRETE])
def test_discrete_draws(name: str, given: Mapping[str, Any], truth: Any) -> None:
    draws = draw(name, given, (DRAWS,))
    assert np.array_equal(draws, np.floor(draws))
    # values with at least five expected draws each, the rest together
    values = [v for v in range(-1, 40) if truth.pmf(v) * DRAWS >= 5]
    expected = np.array([truth.pmf(v) * DRAWS for v in values])
    observed = np.array([np.sum(draws == v) for v in values], float)
    rest = DRAWS - expected.sum()
    if rest > 1e-6:
        expected, observed = np.append(expected, rest), np.append(observed, DRAWS - observed.sum())
    assert observed.sum() == DRAWS
    statistic = float(np.sum((observed - expected) ** 2 / expected))
    assert stats.chi2(len(expected) - 1).sf(statistic) > ERROR_RATE


def test_multivariate_normal_draws() -> None:
    covariance = np.array([[2.0, 0.6], [0.6, 1.0]])
    draws = draw("MvNormal", {"mu": np.array([1.0, -1.0]), "cov": covariance}, (DRAWS, 2))
    # whitened draws are independent standard normals
    white = np.linalg.solve(np.linalg.cholesky(covariance), (draws - [1.0, -1.0]).T)
    for axis in white:
        assert stats.kstest(axis, "norm").pvalue > ERROR_RATE
    assert stats.pearsonr(white[0], white[1]).pvalue > ERROR_RATE


def test_dirichlet_draws_have_beta_marginals() -> None:
    draws = draw("Dirichlet", {"a": np.array([1.0, 2.0, 0.5])}, (DRAWS, 3))
    assert np.allclose(draws.sum(-1), 1.0, rtol=1e-12)
    for k, (a, rest) in enumerate([(1.0, 2.5), (2.0, 1.5), (0.5, 3.0)]):
        assert stats.kstest(draws[:, k], stats.beta(a, rest).cdf).pvalue > ERROR_RATE


def test_parameters_broadcast_to_the_shape() -> None:
    draws = draw("Normal", {"mu": np.array([0.0, 1000.0]), "sigma": 1.0}, (5, 2))
    assert np.all(draws[:, 1] > 900) and np.all(draws[:, 0] < 100)


@pytest.mark.parametrize("name", ["Flat", "HalfFlat"])
def test_improper_distributions_have_no_draws(name: str) -> None:
    with pytest.raises(ValueError, match="improper"):
        draw(name, {}, (2,))
