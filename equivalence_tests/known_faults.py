"""Numerical faults of PyMC3 3.11.6 by distribution: how far it may be from the formula, and why.

Each entry is an absolute allowance on the log density of one point; infinity excuses anything there. The page
docs/known-differences.md lists them for users. What is not here may differ by :data:`CONSTANTS` only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

#: PyMC3's error in ordinary rows, relative to the conditioning: its float32 constants (log(2): 1.9e-9 absolute,
#: sqrt(2): 2.4e-8 relative in the argument of an error function).
CONSTANTS = 5e-8

_ULP = 2.0**-52


def _truncated_normal(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """An error of 2.4e-8 in the argument z of log(erfc(z)) moves it by up to z**2 times that.

    On the two sides of one standard deviation PyMC3 has two formulas, which it moves by unequal amounts; the mass of an
    interval across is their difference, and that much more off as the interval is narrow.
    """
    sigma, mu = _sigma(given), float(given["mu"])
    ends = [(float(given[end]) - mu) / sigma for end in ("lower", "upper") if end in given]
    z = max(abs(end) for end in ends)
    across = any(min(ends) <= switch <= max(ends) for switch in (-1.0, 1.0))
    narrow = min(1.0, max(ends) - min(ends)) if across and len(ends) == 2 else 1.0
    return CONSTANTS * (1.0 + z * z) / narrow


def _skew_normal(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """As TruncatedNormal, with z = alpha (x - mu) / sigma."""
    z = float(given["alpha"]) * (float(value) - float(given["mu"])) / _sigma(given)
    return CONSTANTS * (1.0 + z * z)


def _large_shape(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """The difference of lgamma(a + b) and lgamma(a) loses what lgamma's size exceeds it by; squares overflow."""
    if "mu" in given and "nu" in given and abs(float(value) - float(given["mu"])) / _sigma(given) > 1e150:
        return math.inf
    size = max(float(given.get(p, 1.0)) for p in ("nu", "alpha", "n"))
    return CONSTANTS + 2.0**-45 * size * (1.0 + abs(math.log(size)))


def _cauchy(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """The square of (x - alpha) / beta overflows."""
    z = abs(float(value) - float(given.get("alpha", 0.0))) / float(given["beta"])
    return math.inf if z > 1e150 else CONSTANTS


def _von_mises(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """log I0 by a short series below 5 and a short asymptotic one above: off by up to 5.9e-4 just below 5."""
    return 6.5e-4 if 0.5 < float(given["kappa"]) < 500 else CONSTANTS


def _rice(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """log(exp(-z**2 / 2)) underflows for z > 38; and log I0 as VonMises."""
    sigma = float(given["sigma"])
    nu = float(given["nu"]) if "nu" in given else float(given["b"]) * sigma
    return math.inf if abs(float(value) - nu) / sigma > 30 else 6.5e-4


def _discrete_weibull(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """log(q**a - q**b) of powers that are nearly equal, or underflow."""
    first = float(value) ** float(given["beta"]) * math.log(float(given["q"]))
    return math.inf if first < -600 else CONSTANTS + 16 * _ULP * math.exp(min(700.0, first - truth))


def _ordered_logistic(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """The logarithm of a difference of probabilities, which cancels."""
    return math.inf if truth < -30 else CONSTANTS + 16 * _ULP * math.exp(-truth)


def _ordered_probit(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """As OrderedLogistic, and the error function's argument as TruncatedNormal."""
    z = float(np.max(np.abs(np.asarray(given["cutpoints"]) - np.asarray(given["eta"]))))
    return math.inf if truth < -30 else CONSTANTS * (1.0 + z * z) + 16 * _ULP * math.exp(-truth)


def _wishart(given: Mapping[str, Any], value: Any, truth: float) -> float:
    """log(2) in float32, times half the degrees of freedom times the size."""
    return 5e-9 * float(given["nu"]) * len(np.asarray(value)) + CONSTANTS


LOG_DENSITY: Mapping[str, Callable[[Mapping[str, Any], Any, float], float]] = {
    "Cauchy": _cauchy,
    "DiscreteWeibull": _discrete_weibull,
    "HalfCauchy": _cauchy,
    "HalfStudentT": _large_shape,
    "NegativeBinomial": _large_shape,
    "OrderedLogistic": _ordered_logistic,
    "OrderedProbit": _ordered_probit,
    "Rice": _rice,
    "SkewNormal": _skew_normal,
    "StudentT": _large_shape,
    "TruncatedNormal": _truncated_normal,
    "VonMises": _von_mises,
    "Wishart": _wishart,
    "ZeroInflatedNegativeBinomial": _large_shape,
}


#: Rows whose fault is a wrong probability, by whose logarithm's slopes it then divides.
FACTORS = frozenset({"OrderedLogistic", "OrderedProbit", "TruncatedNormal"})

#: Below, an exponential is no normal number.
_UNDERFLOW = -600.0


def _underflow(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """The logarithm of a probability that underflows."""
    return math.inf if exact < _UNDERFLOW else CONSTANTS


def _cauchy_cdf(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """``0.5 + atan(z) / pi`` cancels in the left tail."""
    return math.inf if exact < -30 else CONSTANTS + 4 * _ULP * math.exp(-exact)


def _incomplete_beta(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """Its incomplete beta function stops early (off by up to 0.07); its power series cancels where F is nearly 1."""
    return math.inf if exact < _UNDERFLOW or exact > -1e-9 else 0.1


def _student_t_cdf(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """As the others of :func:`_incomplete_beta`; ``z**2`` overflows, or ``nu / (nu + z**2)`` is rounded away."""
    far = abs(float(value) - float(given["mu"])) / _sigma(given) > 1e50
    return math.inf if far else _incomplete_beta(given, value, exact)


def _negative_binomial_cdf(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """As the others of :func:`_incomplete_beta`; at large counts the series is far off: log probabilities of 54."""
    return math.inf if float(value) > 500 else _incomplete_beta(given, value, exact)


def _bernoulli_cdf(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """log(1 - p) of a p that is rounded to 1."""
    return math.inf if exact < -30 else CONSTANTS + 4 * _ULP * math.exp(-exact)


def _binomial_cdf(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """-inf for n = 0."""
    return math.inf if float(given["n"]) == 0 else _incomplete_beta(given, value, exact)


def _hypergeometric_cdf(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """-inf for an empty population."""
    return math.inf if float(given["N"]) == 0 else _underflow(given, value, exact)


def _ex_gaussian_cdf(given: Mapping[str, Any], value: Any, exact: float) -> float:
    """A difference of two normal probabilities.

    Of each the logarithm is off by up to 1.5 times the error of its float32 ``sqrt(2)``, and the mean of the second,
    ``mu + sigma**2 / nu``, is rounded.
    """
    mu, sigma, nu = (float(given[name]) for name in ("mu", "sigma", "nu"))
    z = (float(value) - mu) / sigma
    off = 1.5 * CONSTANTS + _ULP * abs(mu) / sigma * (1.0 + abs(z - sigma / nu))
    larger = 0.5 * math.erfc(-z / math.sqrt(2.0))
    return CONSTANTS + off * larger * math.exp(min(-exact, 700.0))


LOG_CDF: Mapping[str, Callable[[Mapping[str, Any], Any, float], float]] = {
    "Bernoulli": _bernoulli_cdf,
    "Beta": _incomplete_beta,
    "Binomial": _binomial_cdf,
    "Cauchy": _cauchy_cdf,
    "ChiSquared": _underflow,
    "ExGaussian": _ex_gaussian_cdf,
    "Gamma": _underflow,
    "HyperGeometric": _hypergeometric_cdf,
    "InverseGamma": _underflow,
    "NegativeBinomial": _negative_binomial_cdf,
    "Poisson": _underflow,
    "StudentT": _student_t_cdf,
    "ZeroInflatedBinomial": _binomial_cdf,
    "ZeroInflatedNegativeBinomial": _negative_binomial_cdf,
}


def _left_tail(given: Mapping[str, Any], value: Any) -> bool:
    return float(given["alpha"]) * (float(value) - float(given["mu"])) / _sigma(given) < -5


def _nearly_equal_powers(given: Mapping[str, Any], value: Any) -> bool:
    k, beta, log_q = float(value), float(given["beta"]), math.log(float(given["q"]))
    return ((k + 1) ** beta - k**beta) * -log_q < 1e-4 or k**beta * log_q < -600


#: Gradients of PyMC3 that are wrong or not finite: distribution and input, with a predicate on the point.
GRADIENT: Mapping[tuple[str, str], Callable[[Mapping[str, Any], Any], bool]] = {
    # a switch on alpha == 1 drops log(x) from the derivative there
    ("Beta", "alpha"): lambda given, value: given["alpha"] == 1.0,
    ("Beta", "beta"): lambda given, value: given["beta"] == 1.0,
    # log I0 by short series (see _von_mises): so is its derivative
    ("VonMises", "kappa"): lambda given, value: 0.5 < given["kappa"] < 500,
    ("Rice", "nu"): lambda given, value: True,
    ("Rice", "b"): lambda given, value: True,
    ("Rice", "sigma"): lambda given, value: True,
    ("Rice", "value"): lambda given, value: True,
    # log(q**a - q**b) of nearly equal powers
    ("DiscreteWeibull", "q"): _nearly_equal_powers,
    ("DiscreteWeibull", "beta"): _nearly_equal_powers,
    # the optimiser's stable log(1 + erf) has no stable derivative: NaN, or digits lost, in the far left tail
    **{("SkewNormal", name): _left_tail for name in ("mu", "sigma", "tau", "alpha", "value")},
}


def _ex_gaussian_slopes(given: Mapping[str, Any], value: Any) -> Mapping[str, float]:
    """An error of 2.4e-8 in the argument z of log(erfc(z)): the slope h by z is at most 1 + |z|, and its slope 1."""
    mu, sigma, nu = (float(given[name]) for name in ("mu", "sigma", "nu"))
    off = float(value) - mu
    z = off / sigma - sigma / nu
    by = {"mu": 1 / sigma, "value": 1 / sigma, "sigma": abs(off) / sigma**2 + 1 / nu, "nu": sigma / nu**2}
    return {name: CONSTANTS * (1.0 + 2.0 * abs(z)) * slope for name, slope in by.items()}


#: How far a gradient of PyMC3 may be off in each input, absolute, beyond :data:`CONSTANTS` times its conditioning.
SLOPES: Mapping[str, Callable[[Mapping[str, Any], Any], Mapping[str, float]]] = {"ExGaussian": _ex_gaussian_slopes}


def _sigma(given: Mapping[str, Any]) -> float:
    for name in ("sigma", "tau", "lam"):
        if name in given:
            return float(given[name]) if name == "sigma" else float(given[name]) ** -0.5
    return 1.0
