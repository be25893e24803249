"""Discrete rows: recorded PyMC3 values, edges, distribution functions, draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
import tensorflow as tf
from mpmath import mpf
from scipy import stats

from pm_migrate.catalog import DISTRIBUTIONS, expr
from pm_migrate.shims.distributions.binding import as_float, bind
from pm_migrate.shims.distributions.functions import TF_FUNCTIONS

INF = np.inf
EPS = 2.0**-52
CUTS = [-1.0, 0.5, 2.0]


def bound(name: str, given: Mapping[str, Any]) -> Any:
    row = DISTRIBUTIONS[name]
    return bind(row, row.form_for(frozenset(given)), given)


def with_gradient(name: str, given: Mapping[str, Any], value: Any, method: str = "log_prob") -> tuple[Any, Any]:
    inputs = {k: as_float(v) for k, v in given.items()}
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        result = getattr(bound(name, inputs), method)(value)
    return result.numpy(), tape.gradient(result, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)


#: ``pm.<name>.dist(**given).logp(values)``, PyMC3 3.11.6 on Theano-PyMC 1.1.2, evaluated one value at a time. Where a
#: parameter is an integer it was a variable of int64: of small constants PyMC3 takes log-gammas in float32 (7e-7 off).
RECORDED: list[tuple[str, dict[str, Any], list[int], list[float]]] = [
    (
        "HyperGeometric",
        {"N": 10, "k": 4, "n": 5},
        [-1, 0, 1, 2, 3, 4, 5],
        [
            -INF,
            -3.7376696182833697,
            -1.435084525289323,
            -0.7419373447293793,
            -1.435084525289323,
            -3.7376696182833697,
            -INF,
        ],
    ),
    ("HyperGeometric", {"N": 10, "k": 12, "n": 5}, [0, 3, 5], [-INF] * 3),
    ("HyperGeometric", {"N": 10, "k": 4, "n": 12}, [0, 3, 5], [-INF] * 3),
    ("HyperGeometric", {"N": 0, "k": 0, "n": 0}, [0], [0.0]),
    (
        "BetaBinomial",
        {"alpha": 2.0, "beta": 0.5, "n": 4},
        [-1, 0, 1, 2, 3, 4, 5],
        [
            -INF,
            -3.4965075614664793,
            -2.669828988282011,
            -2.0820423233798926,
            -1.5066781784763306,
            -0.5903874466021763,
            -INF,
        ],
    ),
    ("BetaBinomial", {"alpha": 2.0, "beta": 0.5, "n": 0}, [0], [0.0]),
    ("BetaBinomial", {"alpha": -1.0, "beta": 0.5, "n": 2}, [0], [-INF]),
    ("BetaBinomial", {"alpha": 0.0, "beta": 0.5, "n": 2}, [0], [-INF]),
    (
        "DiscreteWeibull",
        {"q": 0.4, "beta": 1.3},
        [-1, 0, 1, 2, 50],
        [-INF, -0.5108256237659907, -1.219935055182021, -2.4905217895229965, -148.16871195178987],
    ),
    ("DiscreteWeibull", {"q": 1.0, "beta": 1.3}, [1], [-INF]),
    ("DiscreteWeibull", {"q": 0.0, "beta": 1.3}, [0], [-INF]),
    ("DiscreteWeibull", {"q": 0.5, "beta": 0.0}, [0], [-INF]),
    ("ZeroInflatedPoisson", {"psi": 0.0, "theta": 2.0}, [-1, 0, 3], [-INF, 0.0, -INF]),
    ("ZeroInflatedPoisson", {"psi": 1.0, "theta": 2.0}, [-1, 0, 3], [-INF, -2.0, -1.7123179275482192]),
    ("ZeroInflatedPoisson", {"psi": 0.3, "theta": 2.0}, [-1, 0, 3], [-INF, -0.30029382064203497, -2.916290731874155]),
    ("ZeroInflatedPoisson", {"psi": 0.3, "theta": 0.0}, [-1, 0, 3], [-INF, 0.0, -INF]),
    ("ZeroInflatedPoisson", {"psi": 1.2, "theta": 2.0}, [0, 3], [-INF, -INF]),
    ("ZeroInflatedPoisson", {"psi": 0.3, "theta": -1.0}, [0, 3], [-INF, -INF]),
    (
        "ZeroInflatedBinomial",
        {"psi": 0.3, "n": 5, "p": 0.2},
        [-1, 0, 3, 5, 6],
        [-INF, -0.22526580169531088, -4.175988551262611, -9.251162366496438, -INF],
    ),
    ("ZeroInflatedBinomial", {"psi": 0.3, "n": 5, "p": 0.0}, [0, 3], [0.0, -INF]),
    (
        "ZeroInflatedBinomial",
        {"psi": 0.3, "n": 5, "p": 1.0},
        [0, 3, 5],
        [-0.3566749439387324, -INF, -1.203972804325936],
    ),
    (
        "ZeroInflatedNegativeBinomial",
        {"psi": 0.3, "mu": 2.0, "alpha": 0.2},
        [-1, 0, 3, 5],
        [-INF, -0.12136210967665273, -4.399900862802516, -4.988018160870153],
    ),
    ("ZeroInflatedNegativeBinomial", {"psi": 0.0, "mu": 2.0, "alpha": 0.2}, [0, 3], [0.0, -INF]),
    ("ZeroInflatedNegativeBinomial", {"psi": 0.3, "mu": 2.0, "alpha": 0.0}, [0, 3], [-INF, -INF]),
    ("Geometric", {"p": 0.3}, [0, 1, 2, 5], [-INF, -1.203972804325936, -1.5606477482646683, -2.6306725800808657]),
    ("Geometric", {"p": 1.0}, [0, 1, 2], [-INF, 0.0, -INF]),
    ("Geometric", {"p": 0.0}, [0, 1, 2], [-INF, -INF, -INF]),
    ("Geometric", {"p": 1.1}, [1], [-INF]),
    ("DiscreteUniform", {"lower": 2.7, "upper": 6.2}, [1, 2, 7], [-INF, -1.6094379124341003, -INF]),
    ("DiscreteUniform", {"lower": 3, "upper": 2}, [2], [-INF]),
    ("Categorical", {"p": [0.0, 0.0, 0.0]}, [1], [-INF]),
    ("Categorical", {"p": [0.0, 0.5, 0.5]}, [0], [-INF]),
    ("Categorical", {"p": [1.0, 1.0, 2.0]}, [-1, 1, 2, 3], [-INF, -1.3862943611198906, -0.6931471805599453, -INF]),
    (
        "OrderedLogistic",
        {"eta": 0.3, "cutpoints": CUTS},
        [-1, 0, 1, 2, 3, 4],
        [-INF, -1.5410084538329922, -1.0916297821400378, -1.218407357693312, -1.8677860293862656, -INF],
    ),
    (
        "OrderedLogistic",
        {"eta": 50.0, "cutpoints": CUTS},
        [0, 1, 2, 3],
        [-51.0, -49.75248245892545, -48.25248245892545, 0.0],
    ),
    ("OrderedLogistic", {"eta": 0.3, "cutpoints": [0.0, -1.0, 2.0]}, [0, 1, 2, 3], [-INF] * 4),
    (
        "OrderedLogistic",
        {"eta": 0.3, "cutpoints": [0.0, 0.0, 2.0]},
        [0, 1, 2, 3],
        [-0.8543552444685271, -INF, -0.8675547317236523, -1.8677860293862656],
    ),
    ("OrderedLogistic", {"eta": 0.3, "cutpoints": [0.0]}, [0, 1, 2], [-0.8543552444685271, -0.5543552444685272, -INF]),
    (
        "OrderedProbit",
        {"eta": 0.3, "cutpoints": CUTS},
        [-1, 0, 1, 2, 3, 4],
        [-INF, -2.335103289126556, -0.7288588610774883, -0.9777012742855224, -3.1107961094915417, -INF],
    ),
    # between decreasing cutpoints PyMC3 gives NaN
    (
        "OrderedProbit",
        {"eta": 0.3, "cutpoints": [0.0, -1.0, 2.0]},
        [0, 1, 2, 3],
        [-0.9621028232937155, -INF, -0.15241245758023458, -3.1107961094915417],
    ),
    (
        "OrderedProbit",
        {"eta": 0.3, "cutpoints": [0.0, 0.0, 2.0]},
        [0, 1, 2, 3],
        [-0.9621028232937155, -INF, -0.5562659695397488, -3.1107961094915417],
    ),
    ("Constant", {"c": 3}, [2, 3, 4], [-INF, 0.0, -INF]),
]


@pytest.mark.parametrize(("name", "given", "values", "expected"), RECORDED)
def test_recorded_values_and_finite_gradients(
    name: str, given: dict[str, Any], values: list[int], expected: list[float]
) -> None:
    for value, wanted in zip(values, expected, strict=True):
        logp, gradients = with_gradient(name, given, value)
        # PyMC3's own error: a square root of 2 in float32 in OrderedProbit, rounded probabilities in OrderedLogistic
        allowed = 3e-8 if name == "OrderedProbit" else 1e-13
        assert logp == wanted or abs(logp - wanted) <= allowed * max(1.0, abs(wanted)), value
        assert all(np.all(np.isfinite(g)) for g in gradients.values()), value


def test_categories_of_a_matrix_of_weights() -> None:
    """PyMC3's numbers; its leading axis of length 1 is not kept."""
    p = [[0.2, 0.3, 0.5], [1.0, 1.0, 2.0]]
    cases: list[tuple[Any, Any]] = [
        ([0, 1], [-1.6094379124341003, -1.3862943611198906]),
        (1, [-1.203972804325936, -1.3862943611198906]),
        (
            [[0, 1], [2, 2], [1, 0]],
            [
                [-1.6094379124341003, -1.3862943611198906],
                [-0.6931471805599453, -0.6931471805599453],
                [-1.203972804325936, -1.3862943611198906],
            ],
        ),
    ]
    for value, expected in cases:
        assert np.allclose(bound("Categorical", {"p": p}).log_prob(value), expected, rtol=1e-15, atol=0)
    eta = [0.3, -2.0]
    logp = bound("OrderedLogistic", {"eta": eta, "cutpoints": CUTS}).log_prob([1, 2])
    assert np.allclose(logp, [-1.0916297821400378, -2.849522121135815], rtol=1e-13, atol=0)
    logp = bound("OrderedLogistic", {"eta": eta, "cutpoints": [CUTS, [0.0, 1.0, 2.0]]}).log_prob([1, 2])
    assert np.allclose(logp, [-1.0916297821400378, -3.5254124248786383], rtol=1e-13, atol=0)


#: ``mode`` and the like of PyMC3 3.11.6, which are its start values.
MOMENTS: list[tuple[str, dict[str, Any], str, Any]] = [
    ("Binomial", {"n": 10, "p": 0.35}, "mode", 4),
    ("BetaBinomial", {"alpha": 2.0, "beta": 1.0, "n": 8}, "mode", 1),
    ("Poisson", {"mu": 2.7}, "mode", 2),
    ("NegativeBinomial", {"mu": 2.7, "alpha": 1.0}, "mode", 2),
    ("ZeroInflatedPoisson", {"psi": 0.3, "theta": 2.7}, "mode", 2),
    ("ZeroInflatedBinomial", {"psi": 0.3, "n": 10, "p": 0.35}, "mode", 4),
    ("ZeroInflatedNegativeBinomial", {"psi": 0.2, "mu": 3.3, "alpha": 1.0}, "mode", 3),
    ("Geometric", {"p": 0.2}, "mode", 1),
    ("HyperGeometric", {"N": 20, "k": 8, "n": 11}, "mode", 4),
    ("DiscreteUniform", {"lower": -3, "upper": 6}, "mode", 1),
    ("Bernoulli", {"p": 0.6}, "mode", 1),
    ("DiscreteWeibull", {"q": 0.9, "beta": 0.5}, "median", 43),
    ("DiscreteWeibull", {"q": 0.4, "beta": 1.3}, "median", 0),
    ("DiscreteWeibull", {"q": 0.5, "beta": 1.0}, "median", 0),
    ("Categorical", {"p": [0.2, 0.5, 0.3]}, "mode", 1),
    ("OrderedLogistic", {"eta": 0.3, "cutpoints": CUTS}, "mode", 1),
    ("OrderedLogistic", {"eta": [0.3, -2.0], "cutpoints": CUTS}, "mode", [1, 0]),
    ("OrderedProbit", {"eta": [0.3, -2.0], "cutpoints": CUTS}, "mode", [1, 0]),
    ("Constant", {"c": 3}, "median", 3),
]


@pytest.mark.parametrize(("name", "given", "moment", "expected"), MOMENTS)
def test_moments_are_start_values(name: str, given: dict[str, Any], moment: str, expected: Any) -> None:
    made = bound(name, given)
    assert list(DISTRIBUTIONS[name].moments) == (["mean", "median", "mode"] if name == "Constant" else [moment])
    value = expr.evaluate(DISTRIBUTIONS[name].moments[moment], made.canonical, TF_FUNCTIONS)
    assert np.array_equal(value, np.asarray(expected, float))
    assert np.array_equal(made.test_value(), np.asarray(expected, float))


#: Slopes where a parameter is at the end of its range, by hand.
SLOPES: list[tuple[str, dict[str, Any], float, str, float]] = [
    ("Poisson", {"mu": 0.0}, 0.0, "mu", -1.0),
    ("Binomial", {"n": 7.0, "p": 0.0}, 0.0, "p", -7.0),
    ("Binomial", {"n": 7.0, "p": 1.0}, 7.0, "p", 7.0),
    ("Bernoulli", {"p": 0.0}, 0.0, "p", -1.0),
    ("Bernoulli", {"p": 1.0}, 1.0, "p", 1.0),
    ("Geometric", {"p": 1.0}, 1.0, "p", 1.0),
    # log(1 - psi + psi exp(-theta)) and log(psi) + log Poisson
    ("ZeroInflatedPoisson", {"psi": 0.0, "theta": 2.0}, 0.0, "psi", float(np.expm1(-2.0))),
    ("ZeroInflatedPoisson", {"psi": 1.0, "theta": 2.0}, 0.0, "psi", float(-np.expm1(2.0))),
    ("ZeroInflatedPoisson", {"psi": 1.0, "theta": 0.5}, 0.0, "psi", float(-np.expm1(0.5))),
    ("ZeroInflatedPoisson", {"psi": 1.0, "theta": 2.0}, 3.0, "psi", 1.0),
]


@pytest.mark.parametrize(("name", "given", "value", "parameter", "slope"), SLOPES)
def test_slopes_at_the_ends_of_parameters(
    name: str, given: dict[str, Any], value: float, parameter: str, slope: float
) -> None:
    _, gradients = with_gradient(name, given, value)
    assert float(gradients[parameter]) == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("Poisson", {"mu": 0.0}, 2.0),
        ("Binomial", {"n": 7.0, "p": 0.0}, 3.0),
        ("Binomial", {"n": 7.0, "p": 1.0}, 3.0),
        ("Bernoulli", {"p": 0.0}, 1.0),
        ("Bernoulli", {"p": 1.0}, 0.0),
        ("Geometric", {"p": 1.0}, 3.0),
        ("Geometric", {"p": 0.0}, 3.0),
        ("Poisson", {"mu": 2.0}, 1.5),
        ("Poisson", {"mu": 2.0}, np.nan),
        ("OrderedLogistic", {"eta": np.nan, "cutpoints": CUTS}, 7.0),
        ("OrderedLogistic", {"eta": 0.0, "cutpoints": [0.0, np.nan, 1.0]}, 0.0),
        ("ZeroInflatedPoisson", {"psi": 0.0, "theta": 2.0}, 1.0),
        ("ZeroInflatedBinomial", {"psi": 1.0, "n": 4.0, "p": 1.0}, 0.0),
        ("DiscreteWeibull", {"q": 0.5, "beta": 1e4}, 5.0),
    ],
)
def test_impossible_values_are_minus_infinity(name: str, given: dict[str, Any], value: float) -> None:
    logp, gradients = with_gradient(name, given, value)
    assert logp == -INF
    assert all(np.all(np.isfinite(g)) for g in gradients.values())


def test_underflow_of_pymc3_is_not_kept() -> None:
    """PyMC3 gives -inf where its probabilities underflow; by the factors of the difference they do not."""
    weibull = bound("DiscreteWeibull", {"q": 0.4, "beta": 1.3}).log_prob(1000.0)
    with mpmath.workdps(5000):
        q, beta = mpf(0.4), mpf(1.3)
        exact = mpmath.log(q ** (mpf(1000) ** beta) - q ** (mpf(1001) ** beta))
    assert float(weibull) == pytest.approx(float(exact), rel=1e-15)
    logistic = bound("OrderedLogistic", {"eta": 900.0, "cutpoints": [0.0, 1.0]}).log_prob([0.0, 1.0, 2.0])
    with mpmath.workdps(1000):
        inner = mpmath.log(1 / (1 + mpmath.exp(899)) - 1 / (1 + mpmath.exp(900)))
    assert np.allclose(logistic, [-900.0, float(inner), 0.0], rtol=1e-15, atol=0)


# --- distribution functions --------------------------------------------------------------------------------------


def log_choose(n: Any, k: Any) -> Any:
    return mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1)


def mass(name: str, given: Mapping[str, Any], x: int) -> Any:
    """Probability of one value, from the definition, in high precision."""
    g = {k: mpf(v) for k, v in given.items()}
    if name == "Poisson":
        return mpmath.exp(-g["mu"]) * g["mu"] ** x / mpmath.factorial(x)
    if name == "Binomial":
        return mpmath.exp(log_choose(g["n"], x)) * g["p"] ** x * (1 - g["p"]) ** (g["n"] - x)
    if name == "NegativeBinomial":
        stop = g["alpha"] / (g["alpha"] + g["mu"])
        return mpmath.exp(log_choose(x + g["alpha"] - 1, x)) * stop ** g["alpha"] * (1 - stop) ** x
    if name == "BetaBinomial":
        a, b, n = g["alpha"], g["beta"], g["n"]
        return mpmath.exp(log_choose(n, x)) * mpmath.beta(x + a, n - x + b) / mpmath.beta(a, b)
    if name == "HyperGeometric":
        N, k, n = g["N"], g["k"], g["n"]
        return mpmath.exp(log_choose(k, x) + log_choose(N - k, n - x) - log_choose(N, n))
    if name == "Geometric":
        return g["p"] * (1 - g["p"]) ** (x - 1)
    if name == "DiscreteWeibull":
        return g["q"] ** (mpf(x) ** g["beta"]) - g["q"] ** (mpf(x + 1) ** g["beta"])
    assert name.startswith("ZeroInflated")
    base = {"Poisson": {"mu": given.get("theta")}}.get(name[12:], {k: v for k, v in given.items() if k != "psi"})
    inflated = g["psi"] * mass(name[12:], base, x)
    return inflated + (1 - g["psi"] if x == 0 else 0)


CUMULATIVE: list[tuple[str, dict[str, float], list[int]]] = [
    ("Poisson", {"mu": 2.0}, [0, 1, 3, 40]),
    ("Poisson", {"mu": 700.0}, [3, 300, 690, 700, 800, 2000]),
    ("Binomial", {"n": 7.0, "p": 0.3}, [0, 3, 6]),
    ("Binomial", {"n": 900.0, "p": 0.5}, [0, 100, 440, 450, 899]),
    ("NegativeBinomial", {"mu": 3.0, "alpha": 0.7}, [0, 2, 30]),
    ("NegativeBinomial", {"mu": 300.0, "alpha": 1e-3}, [0, 10, 900]),
    ("NegativeBinomial", {"mu": 300.0, "alpha": 50.0}, [0, 100, 300, 900]),
    ("BetaBinomial", {"alpha": 2.0, "beta": 0.5, "n": 4.0}, [0, 2, 3]),
    ("BetaBinomial", {"alpha": 0.01, "beta": 0.02, "n": 600.0}, [0, 300, 599]),
    ("HyperGeometric", {"N": 10.0, "k": 8.0, "n": 5.0}, [3, 4]),
    ("HyperGeometric", {"N": 900.0, "k": 400.0, "n": 500.0}, [20, 200, 222, 399]),
    ("Geometric", {"p": 0.3}, [1, 2, 20]),
    ("Geometric", {"p": 1e-9}, [1, 50]),
    ("DiscreteWeibull", {"q": 0.4, "beta": 1.3}, [0, 2, 9]),
    ("ZeroInflatedPoisson", {"psi": 0.3, "theta": 2.0}, [0, 3]),
    ("ZeroInflatedPoisson", {"psi": 1.0, "theta": 800.0}, [0, 3]),
    ("ZeroInflatedBinomial", {"psi": 0.3, "n": 5.0, "p": 0.2}, [0, 3]),
    ("ZeroInflatedNegativeBinomial", {"psi": 0.3, "mu": 2.0, "alpha": 0.2}, [0, 3, 5]),
]


@pytest.mark.parametrize(("name", "given", "values"), CUMULATIVE, ids=lambda x: x if isinstance(x, str) else "")
def test_log_cdf_is_the_exact_sum(name: str, given: dict[str, float], values: list[int]) -> None:
    low = 1 if name == "Geometric" else max(0, int(given.get("n", 0) - given.get("N", 0) + given.get("k", 0)))
    low = low if name in {"Geometric", "HyperGeometric"} else 0
    ours = bound(name, given).log_cdf(np.array(values, float)).numpy()
    with mpmath.workdps(60):
        total, exact = mpf(0), {}
        for x in range(low, max(values) + 1):
            total += mass(name, given, x)
            exact[x] = total
        wanted = [float(mpmath.log(exact[v])) for v in values]
    # a sum of terms with errors of the density's few bits: 2**6 ulps of the larger of the logarithm and 1
    assert np.all(np.abs(ours - wanted) <= 2.0**6 * EPS * np.maximum(1.0, np.abs(wanted)))


#: ``logcdf`` of PyMC3 3.11.6 at the ends.
CDF_ENDS: list[tuple[str, dict[str, float], list[float], list[float]]] = [
    ("Bernoulli", {"p": 0.3}, [-1, 0, 1, 2], [-INF, -0.3566749439387324, 0.0, 0.0]),
    ("Bernoulli", {"p": 1.0}, [-1, 0, 1], [-INF, -INF, 0.0]),
    ("Bernoulli", {"logit_p": 1.0}, [-1, 0, 1], [-INF, -1.3132616875182228, 0.0]),
    ("Bernoulli", {"logit_p": 50.0}, [0], [-50.0]),  # PyMC3 rounds the probability to 1 and gives -inf
    ("Binomial", {"n": 3.0, "p": 0.3}, [-1, 3, 4], [-INF, 0.0, 0.0]),
    ("Binomial", {"n": 3.0, "p": 0.0}, [0, 2], [0.0, 0.0]),
    ("Binomial", {"n": 3.0, "p": 1.0}, [0, 2, 3], [-INF, -INF, 0.0]),
    ("Poisson", {"mu": 0.0}, [-1, 0, 3], [-INF, 0.0, 0.0]),
    ("Poisson", {"mu": 2.0}, [1.5], [-0.9013877113318907]),
    ("Poisson", {"mu": -1.0}, [0], [-INF]),
    ("Geometric", {"p": 1.0}, [-1, 0, 1, 2], [-INF, -INF, 0.0, 0.0]),
    ("Geometric", {"p": 0.0}, [0, 1, 2], [-INF, -INF, -INF]),
    ("HyperGeometric", {"N": 10.0, "k": 8.0, "n": 5.0}, [-1, 2, 5, 6], [-INF, -INF, 0.0, 0.0]),
    (
        "DiscreteUniform",
        {"lower": 2.7, "upper": 6.2},
        [1, 2, 4, 6, 7],
        [-INF, -1.6094379124341003, -0.5108256237659907, 0, 0],
    ),
    ("ZeroInflatedPoisson", {"psi": 0.0, "theta": 2.0}, [-1, 0, 3], [-INF, 0.0, 0.0]),
    ("ZeroInflatedPoisson", {"psi": 1.2, "theta": 2.0}, [0], [-INF]),
    (
        "ZeroInflatedBinomial",
        {"psi": 0.3, "n": 5.0, "p": 1.0},
        [0, 3, 5],
        [-0.3566749439387324, -0.3566749439387324, 0.0],
    ),
]


@pytest.mark.parametrize(("name", "given", "values", "expected"), CDF_ENDS)
def test_log_cdf_at_the_ends(name: str, given: dict[str, float], values: list[float], expected: list[float]) -> None:
    for value, wanted in zip(values, expected, strict=True):
        result, gradients = with_gradient(name, given, value, "log_cdf")
        assert result == wanted or abs(result - wanted) <= 4 * EPS * max(1.0, abs(wanted)), value
        assert all(np.all(np.isfinite(g)) for g in gradients.values()), value


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("Poisson", {"mu": 300.0}, 280.0),
        ("NegativeBinomial", {"mu": 30.0, "alpha": 0.7}, 28.0),
        ("BetaBinomial", {"alpha": 2.0, "beta": 0.5, "n": 700.0}, 600.0),
        ("ZeroInflatedBinomial", {"psi": 0.3, "n": 50.0, "p": 0.2}, 8.0),
    ],
)
def test_log_cdf_under_xla_and_its_slopes(name: str, given: dict[str, float], value: float) -> None:
    logcdf, gradients = with_gradient(name, given, value, "log_cdf")
    compiled = tf.function(lambda x: bound(name, given).log_cdf(x), jit_compile=True, autograph=False)
    assert float(compiled(as_float(value))) == pytest.approx(float(logcdf), rel=1e-13)
    with mpmath.workdps(40):
        for parameter in set(given) - {"n"}:

            def at(x: Any, parameter: str = parameter) -> Any:
                return mpmath.log(sum(mass(name, {**given, parameter: x}, k) for k in range(int(value) + 1)))

            step = mpf(10) ** -12
            slope = (at(given[parameter] + step) - at(given[parameter] - step)) / (2 * step)
            assert float(gradients[parameter]) == pytest.approx(float(slope), rel=1e-11)


# --- draws -------------------------------------------------------------------------------------------------------

#: Probability, over the choice of seed, that a test rejects a correct sampler.
ERROR_RATE = 1e-6
DRAWS = 20_000
SEED = tf.constant([3, 5], tf.int32)

DRAWN: list[tuple[str, dict[str, Any]]] = [
    ("Bernoulli", {"p": 0.3}),
    ("Binomial", {"n": 30.0, "p": 0.7}),
    ("Poisson", {"mu": 25.0}),
    ("NegativeBinomial", {"mu": 3.0, "alpha": 0.4}),
    ("BetaBinomial", {"alpha": 0.6, "beta": 0.9, "n": 12.0}),
    ("Geometric", {"p": 0.3}),
    ("Geometric", {"p": 1.0}),
    ("HyperGeometric", {"N": 40.0, "k": 25.0, "n": 20.0}),
    ("HyperGeometric", {"N": 40_000.0, "k": 2_500.0, "n": 3_000.0}),
    ("DiscreteWeibull", {"q": 0.8, "beta": 0.7}),
    ("ZeroInflatedPoisson", {"psi": 0.6, "theta": 3.0}),
    ("ZeroInflatedBinomial", {"psi": 0.6, "n": 9.0, "p": 0.4}),
    ("ZeroInflatedNegativeBinomial", {"psi": 0.6, "mu": 3.0, "alpha": 2.0}),
    ("OrderedLogistic", {"eta": 0.3, "cutpoints": CUTS}),
    ("OrderedProbit", {"eta": 0.3, "cutpoints": CUTS}),
    ("DiscreteUniform", {"lower": -3.0, "upper": 4.0}),
    ("Categorical", {"p": [2.0, 0.0, 3.0, 5.0]}),
    ("Constant", {"c": 3.0}),
]


@pytest.mark.parametrize(("name", "given"), DRAWN, ids=[f"{n}-{i}" for i, (n, _) in enumerate(DRAWN)])
def test_compiled_draws_follow_the_density(name: str, given: dict[str, Any]) -> None:
    """Chi-square against the density, which other tests hold to the exact one."""
    made = bound(name, given)
    sample = tf.function(lambda seed: bound(name, given).sample((DRAWS,), seed), jit_compile=True, autograph=False)
    draws = sample(SEED).numpy()
    values, counts = np.unique(draws, return_counts=True)
    support = np.arange(values.min() - 50, values.max() + 50)
    expected = np.exp(made.log_prob(support).numpy()) * DRAWS
    assert np.all(made.log_prob(values).numpy() > -INF)
    observed = np.zeros(len(support))
    observed[np.searchsorted(support, values)] = counts
    often = expected >= 5
    cells = np.append(expected[often], DRAWS - expected[often].sum())
    seen = np.append(observed[often], DRAWS - observed[often].sum())
    if cells[-1] < 1e-6:  # nothing else is possible
        assert seen[-1] == 0
        cells, seen = cells[:-1], seen[:-1]
    statistic = float(np.sum((seen - cells) ** 2 / cells))
    assert len(cells) == 1 or stats.chi2(len(cells) - 1).sf(statistic) > ERROR_RATE


def test_draws_at_the_edges_and_of_batches() -> None:
    assert np.array_equal(bound("Binomial", {"n": [0.0, 5.0, 5.0], "p": [0.3, 0.0, 1.0]}).sample((3,), SEED), [0, 0, 5])
    assert np.array_equal(bound("Poisson", {"mu": [0.0, 1e-300]}).sample((4, 2), SEED), np.zeros((4, 2)))
    zeros = bound("ZeroInflatedPoisson", {"psi": 0.0, "theta": 30.0}).sample((5,), SEED)
    assert np.array_equal(zeros, np.zeros(5))
    far = bound("HyperGeometric", {"N": [10.0, 1e6], "k": [10.0, 5e5], "n": [4.0, 5e5]}).sample((50, 2), SEED).numpy()
    assert np.all(far[:, 0] == 4) and np.all(np.abs(far[:, 1] - 250_000) < 6 * 250)
    ordered = bound("OrderedProbit", {"eta": [-50.0, 50.0], "cutpoints": CUTS}).sample((6, 2), SEED).numpy()
    assert np.all(ordered[:, 0] == 0) and np.all(ordered[:, 1] == 3)
