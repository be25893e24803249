"""Continuous scalar distributions: recorded numbers of PyMC3, edges, modelling faults, draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.binding import Bound, bind
from pm_migrate.shims.distributions.special import common, incomplete


def bound(name: str, **given: Any) -> Bound:
    row = DISTRIBUTIONS[name]
    defaults = {p.name: float(p.default) for p in row.params if p.default is not None}
    form = row.form_for(frozenset(given))
    return bind(row, form, {n: given.get(n, defaults.get(n)) for n in form.given})


def logp(name: str, value: Any, **given: Any) -> float:
    return float(bound(name, **given).log_prob(value))


def gradients(name: str, value: float, method: str = "log_prob", **given: float) -> dict[str, float]:
    row = DISTRIBUTIONS[name]
    inputs = {n: tf.constant(v, tf.float64) for n, v in {**given, "value": value}.items()}
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        result = getattr(bind(row, row.form_for(frozenset(given)), inputs), method)(inputs["value"])
    found = tape.gradient(result, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return {n: float(g) for n, g in found.items()}


#: ``median``, ``mean``, ``mode``, ``variance`` of PyMC3 3.11.6, by ``getattr(Dist.dist(...), name).eval()``. Its
#: float32 constants (log(2), erfcinv(1 / 2)) are off by up to 4e-8.
MOMENTS: list[tuple[str, dict[str, float], dict[str, float]]] = [
    (
        "Weibull",
        {"alpha": 1.5, "beta": 2.0},
        {
            "mean": 1.8054905859018675,
            "median": 2.3933091831374846,
            "mode": 0.9614997135382722,
            "variance": 1.5027611392557265,
        },
    ),
    ("Pareto", {"alpha": 1.5, "m": 2.0}, {"mean": 6.0, "median": 3.1748021039363987, "variance": np.inf}),
    ("Rice", {"nu": 1.0, "sigma": 2.0}, {"mean": 2.6608946812214054, "variance": 1.919639495447636}),
    ("Rice", {"b": 1.0, "sigma": 2.0}, {"mean": 3.0971449211022906, "variance": 2.4076933376902847}),
    (
        "Moyal",
        {"mu": 1.0, "sigma": 2.0},
        {"mean": 3.5407256947322647, "median": 2.575195074081421, "mode": 1.0, "variance": 19.739208802178716},
    ),
    (
        "Gumbel",
        {"mu": 1.0, "beta": 2.0},
        {"mean": 2.1544313298030655, "median": 1.733025848865509, "mode": 1.0, "variance": 6.579736267392906},
    ),
    ("LogitNormal", {"mu": 1.0, "sigma": 2.0}, {"median": 0.7310585786300048}),
    ("SkewNormal", {"mu": 1.0, "sigma": 2.0, "alpha": 3.0}, {"mean": 2.513879513212096, "variance": 1.708168819476707}),
    (
        "AsymmetricLaplace",
        {"b": 2.0, "kappa": 3.0, "mu": 1.0},
        {"mean": -0.33333333333333326, "variance": 2.2777777777777777},
    ),
    ("Kumaraswamy", {"a": 2.0, "b": 3.0}, {"mean": 0.45714285714285696, "variance": 0.04102040816326544}),
    ("ExGaussian", {"mu": 1.0, "sigma": 2.0, "nu": 3.0}, {"mean": 4.0, "variance": 13.0}),
    ("Wald", {"mu": 1.0, "lam": 2.0, "alpha": 0.5}, {"mean": 1.5, "mode": 1.0, "variance": 0.5}),
    ("HalfStudentT", {"nu": 3.0, "sigma": 2.0}, {"median": 2.0, "mode": 0.0}),
    ("ChiSquared", {"nu": 3.0}, {"mean": 3.0, "mode": 1.0, "variance": 6.0}),
    ("VonMises", {"mu": 1.0, "kappa": 2.0}, {"mean": 1.0, "median": 1.0, "mode": 1.0}),
    ("Logistic", {"mu": 1.0, "s": 2.0}, {"mean": 1.0, "mode": 1.0, "variance": 13.159472534785811}),
    ("InverseGamma", {"alpha": 0.5, "beta": 2.0}, {"mean": 0.0, "mode": 1.3333333333333333, "variance": np.inf}),
]


@pytest.mark.parametrize(("name", "given", "expected"), MOMENTS)
def test_moments_are_those_of_pymc3(name: str, given: dict[str, float], expected: dict[str, float]) -> None:
    from pm_migrate.catalog import expr
    from pm_migrate.shims.distributions.functions import TF_FUNCTIONS

    row, made = DISTRIBUTIONS[name], bound(name, **given)
    assert set(row.moments) == set(expected)
    for moment, number in expected.items():
        ours = float(expr.evaluate(row.moments[moment], made.canonical, TF_FUNCTIONS))
        assert ours == pytest.approx(number, rel=1e-7, abs=1e-12)
    first = next(expected[m] for m in ("median", "mean", "mode") if m in expected)
    if name != "InverseGamma":  # the mode is the only default there
        assert float(made.test_value()) == pytest.approx(first, rel=1e-7)


@pytest.mark.parametrize(
    ("name", "given", "value", "expected"),
    [
        ("Kumaraswamy", {"a": 1.0, "b": 2.0}, 0.0, np.log(2.0)),
        ("Kumaraswamy", {"a": 2.0, "b": 1.0}, 1.0, np.log(2.0)),
        ("Kumaraswamy", {"a": 0.5, "b": 2.0}, 0.0, np.inf),
        ("Kumaraswamy", {"a": 2.0, "b": 0.5}, 1.0, np.inf),
        ("Kumaraswamy", {"a": 2.0, "b": 2.0}, 0.0, -np.inf),
        ("Weibull", {"alpha": 0.5, "beta": 2.0}, 0.0, np.inf),
        ("Weibull", {"alpha": 1.0, "beta": 2.0}, 0.0, -np.log(2.0)),
        ("Weibull", {"alpha": 2.0, "beta": 2.0}, 0.0, -np.inf),
        ("Triangular", {"lower": 0.0, "upper": 1.0, "c": 1.0}, 0.5, 0.0),
        ("Triangular", {"lower": 0.0, "upper": 1.0, "c": 1.0}, 1.0, np.log(2.0)),
        ("Triangular", {"lower": 0.0, "upper": 1.0, "c": 1.0}, 0.0, -np.inf),
        ("Triangular", {"lower": 1.0, "upper": 0.0, "c": 0.5}, 0.5, -np.inf),
        ("VonMises", {"mu": 1.0, "kappa": 1.0}, 3.2, -np.inf),
        ("VonMises", {"mu": 1.0, "kappa": 0.0}, 1.0, -np.inf),
        ("Wald", {"mu": 1.0, "lam": 2.0, "alpha": 0.5}, 0.5, -np.inf),
        ("Wald", {"mu": 1.0, "lam": 2.0, "alpha": -0.5}, 0.2, -np.inf),
        ("Pareto", {"alpha": 2.0, "m": 3.0}, 2.9, -np.inf),
        ("Pareto", {"alpha": 2.0, "m": 3.0}, 3.0, np.log(2.0 / 3.0)),
        ("Rice", {"nu": 1.0, "sigma": -1.0}, 1.0, -np.inf),
        ("Gamma", {"alpha": 0.5, "beta": 3.0}, 0.0, -np.inf),
        ("Gamma", {"alpha": 1.0, "beta": 3.0}, 0.0, np.log(3.0)),
        ("LogitNormal", {"mu": 40.0, "sigma": 1.0}, -0.5, -np.inf),
        ("Lognormal", {"mu": -800.0, "sigma": 1.0}, -0.5, -np.inf),
    ],
)
def test_edges(name: str, given: dict[str, float], value: float, expected: float) -> None:
    """Recorded from PyMC3 3.11.6 (its NaN at an end whose limit is finite apart), with finite gradients."""
    assert logp(name, value, **given) == pytest.approx(expected, rel=1e-15)
    assert all(np.isfinite(g) for g in gradients(name, value, **given).values())


def test_tails_that_pymc3_loses() -> None:
    assert logp("Rice", 200.0, nu=1.5, sigma=2.0) == pytest.approx(-4924.4, abs=0.1)
    assert logp("StudentT", 1.0, nu=1e20, mu=0.0, sigma=1.0) == pytest.approx(stats.norm.logpdf(1.0), rel=1e-15)
    assert logp("Cauchy", 1e200, alpha=0.0, beta=1.0) == pytest.approx(-np.log(np.pi) - 400 * np.log(10.0), rel=1e-15)
    # far below, Phi(alpha z) is phi(alpha z) / abs(alpha z) up to a factor 1 - 1 / (alpha z)**2
    z = -1000.0
    expected = np.log(2.0) - z * z - np.log(2.0 * np.pi) - np.log(-z) - 1.0 / z**2
    assert logp("SkewNormal", z, mu=0.0, sigma=1.0, alpha=1.0) == pytest.approx(expected, rel=1e-15)
    assert gradients("SkewNormal", z, mu=0.0, sigma=1.0, alpha=1.0)["value"] == pytest.approx(-2 * z - 1 / z, rel=1e-6)


def test_a_gamma_of_a_large_shape_keeps_its_digits() -> None:
    """Near the mean a gamma is a normal with corrections (Edgeworth) of 1 / shape: here below the tolerance."""
    mean, sd = 3.0, 3e-7
    expected = -0.5 * np.log(2.0 * np.pi) - np.log(sd) - 1.0 / (12.0 * (mean / sd) ** 2)
    assert logp("Gamma", mean, mu=mean, sigma=sd) == pytest.approx(expected, abs=2e-14)


@pytest.mark.parametrize("x", [1e-200, 1e-3, 0.7, 1.0, 2.0, 9.99, 10.0, 1e3, 1e18])
def test_stirling_remainder(x: float) -> None:
    from mpmath import log, loggamma, mpf, pi, workdps

    with workdps(60):
        m = mpf(x)
        expected = float(loggamma(m) - ((m - 0.5) * log(m) - m + log(2 * pi) / 2))
    ours = float(common.stirling_remainder(tf.constant(x, tf.float64)))
    assert ours == pytest.approx(expected, rel=1e-15, abs=1e-14)


@pytest.mark.parametrize(("x", "m"), [(5.0, 5.0000001), (0.0, 2.0), (1e-300, 1e300), (1e10, 1e10 + 1.0), (3.0, 1.0)])
def test_deviance(x: float, m: float) -> None:
    from mpmath import log, mpf, workdps

    with workdps(60):
        a, b = mpf(x), mpf(m)
        expected = float((a * log(a / b) if x else 0) + b - a)
    assert float(common.deviance(*(tf.constant(v, tf.float64) for v in (x, m)))) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("a", [1e-5, 0.3, 7.0, 150.0, 250.0, 4e6])
@pytest.mark.parametrize("offset", [-8.0, -1.0, 0.0, 1.0, 8.0])
def test_incomplete_gamma_functions_add_up(a: float, offset: float) -> None:
    x = a * np.exp(offset / np.sqrt(max(a, 1.0)))
    shape, argument = tf.constant(a, tf.float64), tf.constant(x, tf.float64)
    lower = float(incomplete.log_gammainc(shape, argument, tf.math.log(argument)))
    upper = float(incomplete.log_gammaincc(shape, argument))
    assert np.exp(lower) + np.exp(upper) == pytest.approx(1.0, abs=1e-13)
    if a < 1e3:
        assert np.exp(lower) == pytest.approx(special.gammainc(a, x), rel=1e-11)
        assert np.exp(upper) == pytest.approx(special.gammaincc(a, x), rel=1e-11)


CDF: list[tuple[str, dict[str, float], Any, list[float]]] = [
    ("Normal", {"mu": 1.0, "sigma": 2.0}, stats.norm(1.0, 2.0), [-60.0, 0.0, 3.0]),
    ("HalfNormal", {"sigma": 2.0}, stats.halfnorm(0.0, 2.0), [1e-8, 1.0, 9.0]),
    ("Uniform", {"lower": -1.0, "upper": 3.0}, stats.uniform(-1.0, 4.0), [-0.999, 0.0, 2.9]),
    ("Exponential", {"lam": 2.0}, stats.expon(0.0, 0.5), [1e-9, 0.3, 4.0]),
    ("Laplace", {"mu": 1.0, "b": 2.0}, stats.laplace(1.0, 2.0), [-700.0, 1.0, 5.0]),
    ("Lognormal", {"mu": 1.0, "sigma": 2.0}, stats.lognorm(2.0, 0.0, np.exp(1.0)), [1e-9, 1.0, 50.0]),
    ("StudentT", {"nu": 3.0, "mu": 1.0, "sigma": 2.0}, stats.t(3.0, 1.0, 2.0), [-50.0, 0.9, 1.1, 9.0]),
    ("Pareto", {"alpha": 2.0, "m": 3.0}, stats.pareto(2.0, 0.0, 3.0), [3.001, 4.0, 50.0]),
    ("Cauchy", {"alpha": 1.0, "beta": 2.0}, stats.cauchy(1.0, 2.0), [-1e6, 0.0, 9.0]),
    ("HalfCauchy", {"beta": 2.0}, stats.halfcauchy(0.0, 2.0), [1e-9, 1.0, 90.0]),
    ("Gamma", {"alpha": 3.0, "beta": 2.0}, stats.gamma(3.0, 0.0, 0.5), [1e-6, 1.0, 6.0]),
    ("ChiSquared", {"nu": 5.0}, stats.chi2(5.0), [1e-6, 3.0, 20.0]),
    ("InverseGamma", {"alpha": 3.0, "beta": 2.0}, stats.invgamma(3.0, 0.0, 2.0), [0.01, 1.0, 6.0]),
    ("Beta", {"alpha": 3.0, "beta": 2.0}, stats.beta(3.0, 2.0), [1e-4, 0.5, 0.99]),
    ("Weibull", {"alpha": 1.5, "beta": 2.0}, stats.weibull_min(1.5, 0.0, 2.0), [1e-6, 1.0, 5.0]),
    ("ExGaussian", {"mu": 1.0, "sigma": 2.0, "nu": 3.0}, stats.exponnorm(1.5, 1.0, 2.0), [-4.0, 1.0, 4.0, 20.0]),
    ("Triangular", {"lower": 0.0, "upper": 2.0, "c": 0.5}, stats.triang(0.25, 0.0, 2.0), [0.1, 0.5, 1.9]),
    ("Gumbel", {"mu": 1.0, "beta": 2.0}, stats.gumbel_r(1.0, 2.0), [-5.0, 1.0, 9.0]),
    ("Logistic", {"mu": 1.0, "s": 2.0}, stats.logistic(1.0, 2.0), [-50.0, 1.0, 9.0]),
    ("Moyal", {"mu": 1.0, "sigma": 2.0}, stats.moyal(1.0, 2.0), [-4.0, 1.0, 9.0]),
    ("Wald", {"mu": 1.5, "lam": 1.0, "alpha": 0.0}, stats.invgauss(1.5), [0.1, 1.0, 6.0]),
]


@pytest.mark.parametrize(("name", "given", "judge", "values"), CDF, ids=lambda x: x if isinstance(x, str) else "")
def test_log_distribution_functions(name: str, given: dict[str, float], judge: Any, values: list[float]) -> None:
    # SciPy's logcdf is the logarithm of a probability for most: good to 1e-10 where that is not tiny
    for value in values:
        assert float(bound(name, **given).log_cdf(value)) == pytest.approx(judge.logcdf(value), rel=1e-9, abs=1e-15)
        slope = gradients(name, value, "log_cdf", **given)
        assert slope["value"] == pytest.approx(np.exp(judge.logpdf(value) - judge.logcdf(value)), rel=1e-7)
        assert all(np.isfinite(g) for g in slope.values())


def test_improper_distribution_functions() -> None:
    assert [float(bound("Flat").log_cdf(v)) for v in (-np.inf, 3.0, np.inf)] == [-np.inf, np.log(0.5), 0.0]
    assert [float(bound("HalfFlat").log_cdf(v)) for v in (-1.0, 3.0, np.inf)] == [-np.inf, -np.inf, 0.0]


def test_exgaussian_switches_to_a_normal_as_pymc3_does() -> None:
    given = {"mu": 0.0, "sigma": 2.0, "nu": 0.0999}
    assert logp("ExGaussian", -50.0, **given) == pytest.approx(stats.norm.logpdf(-50.0, 0.0, 2.0), rel=1e-14)
    with quirks.quirks("fixed"):
        fixed = logp("ExGaussian", -50.0, **given)
    # the density of the sum, by quadrature over the exponential part
    t, w = np.polynomial.laguerre.laggauss(60)
    expected = np.log(np.sum(w * np.exp(stats.norm.logpdf(-50.0 - 0.0999 * t, 0.0, 2.0) + 300.0))) - 300.0
    assert fixed == pytest.approx(expected, rel=1e-12)
    assert DISTRIBUTIONS["ExGaussian"].fault


def test_triangular_with_its_peak_outside() -> None:
    """Recorded from PyMC3 3.11.6: c = 2 and c = -0.5 of the unit interval."""
    assert logp("Triangular", 0.5, lower=0.0, upper=1.0, c=2.0) == pytest.approx(-0.6931471805599453, rel=1e-15)
    assert logp("Triangular", 0.5, lower=0.0, upper=1.0, c=-0.5) == pytest.approx(-0.40546510810816444, rel=1e-15)
    with quirks.quirks("fixed"):
        assert logp("Triangular", 0.5, lower=0.0, upper=1.0, c=2.0) == -np.inf
    assert DISTRIBUTIONS["Triangular"].fault


def test_wald_distribution_function_has_the_reciprocal_of_lam() -> None:
    """Recorded from PyMC3 3.11.6: ``Wald.dist(2, 3).logcdf(1)`` is -0.421441, the logcdf of lam = 1 / 3."""
    given = {"mu": 2.0, "lam": 3.0, "alpha": 0.0}
    assert float(bound("Wald", **given).log_cdf(1.0)) == pytest.approx(-0.421441, abs=1e-6)
    right = bind(DISTRIBUTIONS["Wald"], DISTRIBUTIONS["Wald"].forms[0], given)
    from pm_migrate.shims.distributions.special import LOG_CDF

    with quirks.quirks("fixed"):
        fixed = float(LOG_CDF["Wald"](tf.constant(1.0, tf.float64), right.canonical))
    assert fixed == pytest.approx(stats.invgauss.logcdf(1.0, 2.0 / 3.0, scale=3.0), rel=1e-12)


def test_interpolated() -> None:
    """Recorded from PyMC3 3.11.6: the median; the density is linear between the points."""
    x, y = np.array([0.0, 1.0, 3.0]), np.array([0.2, 1.0, 0.3])
    made = bound("Interpolated", x_points=x, pdf_points=y)
    area = 0.6 + 1.3
    expected = np.log(np.array([0.2, 0.6, 0.65, 0.3]) / area)
    np.testing.assert_allclose(made.log_prob([0.0, 0.5, 2.0, 3.0]), expected, rtol=1e-14)
    assert np.all(np.isneginf(made.log_prob([-1.0, 3.1])))
    assert float(made.test_value()) == pytest.approx(1.3745504004310334, rel=1e-12)
    corner = bound("Interpolated", x_points=np.array([0.0, 1.0, 2.0, 4.0]), pdf_points=np.array([0.0, 1.0, 1.0, 0.0]))
    assert float(corner.log_prob(0.0)) == -np.inf
    draws = np.asarray(corner.sample((20000,), tf.constant([1, 2])))
    cdf = lambda v: np.interp(v, *_cumulative(corner))  # noqa: E731
    assert stats.kstest(draws, cdf).pvalue > ERROR_RATE


def _cumulative(made: Bound) -> tuple[np.ndarray, np.ndarray]:
    """A fine table of the distribution function from the density by the trapezoidal rule."""
    grid = np.linspace(0.0, 4.0, 40001)
    density = np.exp(made.log_prob(grid).numpy())
    return grid, np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid))])


#: Of a right sampler, for each test of draws; with the fixed seeds below each either always passes or never does.
ERROR_RATE = 1e-4


def _asymmetric_laplace_cdf(x: np.ndarray) -> np.ndarray:
    """b = 2, kappa = 3, mu = 1 (Kotz, Kozubowski & Podgorski 2001, eq. 3.1.11)."""
    y = x - 1.0
    return np.where(y < 0, 0.9 * np.exp(2.0 * np.minimum(y, 0) / 3.0), 1.0 - 0.1 * np.exp(-6.0 * np.maximum(y, 0)))


DRAWS: list[tuple[str, dict[str, float], Callable[[np.ndarray], np.ndarray]]] = [
    ("AsymmetricLaplace", {"b": 2.0, "kappa": 3.0, "mu": 1.0}, _asymmetric_laplace_cdf),
    ("SkewNormal", {"mu": 1.0, "sigma": 2.0, "alpha": -3.0}, stats.skewnorm(-3.0, 1.0, 2.0).cdf),
    ("Rice", {"nu": 1.5, "sigma": 2.0}, stats.rice(0.75, 0.0, 2.0).cdf),
    ("Wald", {"mu": 1.5, "lam": 2.0, "alpha": 0.5}, stats.invgauss(0.75, 0.5, 2.0).cdf),
    ("ExGaussian", {"mu": 1.0, "sigma": 2.0, "nu": 3.0}, stats.exponnorm(1.5, 1.0, 2.0).cdf),
    ("Kumaraswamy", {"a": 2.0, "b": 3.0}, lambda x: 1.0 - (1.0 - x**2) ** 3),
    ("Weibull", {"alpha": 1.5, "beta": 2.0}, stats.weibull_min(1.5, 0.0, 2.0).cdf),
    ("HalfStudentT", {"nu": 3.0, "sigma": 2.0}, lambda x: 2.0 * stats.t(3.0, 0.0, 2.0).cdf(x) - 1.0),
    ("ChiSquared", {"nu": 3.0}, stats.chi2(3.0).cdf),
    ("Pareto", {"alpha": 1.5, "m": 2.0}, stats.pareto(1.5, 0.0, 2.0).cdf),
    ("Triangular", {"lower": -1.0, "upper": 3.0, "c": 0.5}, stats.triang(0.375, -1.0, 4.0).cdf),
    ("Gumbel", {"mu": 1.0, "beta": 2.0}, stats.gumbel_r(1.0, 2.0).cdf),
    ("Logistic", {"mu": 1.0, "s": 2.0}, stats.logistic(1.0, 2.0).cdf),
    ("LogitNormal", {"mu": 1.0, "sigma": 2.0}, lambda x: stats.norm.cdf((special.logit(x) - 1.0) / 2.0)),
    ("Moyal", {"mu": 1.0, "sigma": 2.0}, stats.moyal(1.0, 2.0).cdf),
    ("VonMises", {"mu": 0.0, "kappa": 2.0}, stats.vonmises(2.0).cdf),
]


@pytest.mark.parametrize(("name", "given", "cdf"), DRAWS, ids=lambda x: x if isinstance(x, str) else "")
def test_draws(name: str, given: dict[str, float], cdf: Callable[[np.ndarray], np.ndarray]) -> None:
    draws = bound(name, **given).sample((20000,), tf.constant([3, 5]))
    assert draws.dtype == tf.float64 and draws.shape == (20000,)
    assert stats.kstest(draws.numpy(), cdf).pvalue > ERROR_RATE


def test_von_mises_draws_stay_on_the_circle() -> None:
    draws = bound("VonMises", mu=3.0, kappa=1.0).sample((5000,), tf.constant([3, 5])).numpy()
    assert np.all(np.abs(draws) <= np.pi)
    # the mean direction, whose error is 1 / sqrt(n kappa A(kappa)) = 0.02 (Mardia & Jupp 2000, eq. 5.3.17)
    assert np.angle(np.mean(np.exp(1j * draws))) == pytest.approx(3.0, abs=0.1)
