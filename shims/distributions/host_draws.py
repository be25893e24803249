"""Draws of elementary distributions by NumPy's generator, for ``random`` and what is drawn for it.

The samplers of :mod:`~pm_migrate.shims.distributions.special` and of TFP are for compiled programs. ``x.random()`` is
not compiled: NumPy draws in microseconds what eager TensorFlow draws in tens of milliseconds, and ``np.random.seed``
seeds it as it does PyMC3. Where PyMC3 asks NumPy or SciPy for the same numbers in the same order, the draws are PyMC3's
for the same seed; that is not promised.

Every function takes the row's canonical parameters, valid ones, and the shape of the draws, to which they broadcast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import special

Given = Mapping[str, np.ndarray]
Shape = tuple[int, ...]


def _uniform(shape: Shape) -> np.ndarray:
    """From [0, 1)."""
    return np.random.uniform(size=shape)


def _normal(shape: Shape) -> np.ndarray:
    return np.random.standard_normal(size=shape)


def _between(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Draws that rounding moved onto an open end, moved back inside."""
    return np.clip(value, np.nextafter(low, high), np.nextafter(high, low))


def _student_t(g: Given, shape: Shape) -> np.ndarray:
    return np.random.standard_t(g["nu"], size=shape) * g["sigma"]


def _wald(g: Given, shape: Shape) -> np.ndarray:
    return g["alpha"] + np.random.wald(g["mu"], g["lam"], size=shape)


def _inverse_gamma(g: Given, shape: Shape) -> np.ndarray:
    return g["beta"] / np.maximum(np.random.standard_gamma(g["alpha"], size=shape), np.finfo(float).tiny)


def _rice(g: Given, shape: Shape) -> np.ndarray:
    first, second = _normal(shape), _normal(shape)
    return g["sigma"] * np.hypot(g["nu"] / g["sigma"] + first, second)


def _ex_gaussian(g: Given, shape: Shape) -> np.ndarray:
    return g["mu"] + g["sigma"] * _normal(shape) + np.random.exponential(g["nu"], size=shape)


def _asymmetric_laplace(g: Given, shape: Shape) -> np.ndarray:
    """A difference of two exponentials (Kotz, Kozubowski and Podgorski 2001, section 3.1.1)."""
    right = np.random.exponential(1.0 / g["kappa"], size=shape)
    left = np.random.exponential(g["kappa"], size=shape)
    return g["mu"] + (right - left) / g["b"]


def _skew_normal(g: Given, shape: Shape) -> np.ndarray:
    """From two normals (Azzalini 1985, section 2)."""
    first, second = _normal(shape), _normal(shape)
    delta = g["alpha"] / np.sqrt(1.0 + g["alpha"] ** 2)
    return g["mu"] + g["sigma"] * (delta * np.abs(first) + np.sqrt(1.0 - delta**2) * second)


def _triangular(g: Given, shape: Shape) -> np.ndarray:
    return np.random.triangular(g["lower"], g["c"], g["upper"], size=shape)


def _von_mises(g: Given, shape: Shape) -> np.ndarray:
    return np.random.vonmises(g["mu"], g["kappa"], size=shape)


def _negative_binomial(g: Given, shape: Shape) -> np.ndarray:
    """The gamma-Poisson mixture that defines it."""
    return np.random.poisson(np.random.gamma(g["alpha"], g["mu"] / g["alpha"], size=shape))


def _beta_binomial(g: Given, shape: Shape) -> np.ndarray:
    return np.random.binomial(_count(g["n"]), np.random.beta(g["alpha"], g["beta"], size=shape), size=shape)


def _count(n: np.ndarray) -> np.ndarray:
    return np.floor(n).astype(np.int64)


def _discrete_uniform(g: Given, shape: Shape) -> np.ndarray:
    return np.random.randint(_count(g["lower"]), _count(g["upper"]) + 1, size=shape)


def _discrete_weibull(g: Given, shape: Shape) -> np.ndarray:
    """Inversion: the survival function is ``q ** x**beta``."""
    below = np.log1p(-_uniform(shape))
    return np.maximum(np.ceil(np.power(below / np.log(g["q"]), 1.0 / g["beta"])) - 1.0, 0.0)


def _hypergeometric(g: Given, shape: Shape) -> np.ndarray:
    good = _count(g["k"])
    return np.random.hypergeometric(good, _count(g["N"]) - good, _count(g["n"]), size=shape)


def _inflated(counts: Callable[[Given, Shape], np.ndarray]) -> Callable[[Given, Shape], np.ndarray]:
    """Zeros in place of some of the counts."""
    return lambda g, shape: counts(g, shape) * (_uniform(shape) < g["psi"])


def _binomial(g: Given, shape: Shape) -> np.ndarray:
    return np.random.binomial(_count(g["n"]), g["p"], size=shape)


HOST_DRAWS: Mapping[str, Callable[[Given, Shape], np.ndarray]] = {
    "AsymmetricLaplace": _asymmetric_laplace,
    "Bernoulli": lambda g, shape: np.random.binomial(1, g["p"], size=shape),
    "Beta": lambda g, shape: _between(np.random.beta(g["alpha"], g["beta"], size=shape), 0.0, 1.0),
    "BetaBinomial": _beta_binomial,
    "Binomial": _binomial,
    "Cauchy": lambda g, shape: g["alpha"] + g["beta"] * np.tan(np.pi * (_uniform(shape) - 0.5)),
    "ChiSquared": lambda g, shape: np.random.chisquare(g["nu"], size=shape),
    "DiscreteUniform": _discrete_uniform,
    "DiscreteWeibull": _discrete_weibull,
    "ExGaussian": _ex_gaussian,
    "Exponential": lambda g, shape: np.random.exponential(1.0 / g["lam"], size=shape),
    "Gamma": lambda g, shape: np.random.standard_gamma(g["alpha"], size=shape) / g["beta"],
    "Geometric": lambda g, shape: np.random.geometric(g["p"], size=shape),
    "Gumbel": lambda g, shape: np.random.gumbel(g["mu"], g["beta"], size=shape),
    "HalfCauchy": lambda g, shape: g["beta"] * np.tan(0.5 * np.pi * _uniform(shape)),
    "HalfNormal": lambda g, shape: np.abs(_normal(shape)) * g["sigma"],
    "HalfStudentT": lambda g, shape: np.abs(_student_t(g, shape)),
    "HyperGeometric": _hypergeometric,
    "InverseGamma": _inverse_gamma,
    "Kumaraswamy": lambda g, shape: _between(
        (-np.expm1(np.log1p(-_uniform(shape)) / g["b"])) ** (1.0 / g["a"]), 0.0, 1.0
    ),
    "Laplace": lambda g, shape: np.random.laplace(g["mu"], g["b"], size=shape),
    "Logistic": lambda g, shape: np.random.logistic(g["mu"], g["s"], size=shape),
    "LogitNormal": lambda g, shape: _between(special.expit(g["mu"] + g["sigma"] * _normal(shape)), 0.0, 1.0),
    "Lognormal": lambda g, shape: np.exp(g["mu"] + g["sigma"] * _normal(shape)),
    "Moyal": lambda g, shape: g["mu"] - g["sigma"] * np.log(_normal(shape) ** 2),  # the logarithm of a chi-squared
    "NegativeBinomial": _negative_binomial,
    "Normal": lambda g, shape: g["mu"] + g["sigma"] * _normal(shape),
    "Pareto": lambda g, shape: g["m"] * (1.0 - _uniform(shape)) ** (-1.0 / g["alpha"]),
    "Poisson": lambda g, shape: np.random.poisson(g["mu"], size=shape),
    "Rice": _rice,
    "SkewNormal": _skew_normal,
    "StudentT": lambda g, shape: g["mu"] + _student_t(g, shape),
    "Triangular": _triangular,
    "Uniform": lambda g, shape: g["lower"] + (g["upper"] - g["lower"]) * _uniform(shape),
    "VonMises": _von_mises,
    "Wald": _wald,
    "Weibull": lambda g, shape: g["beta"] * (-np.log1p(-_uniform(shape))) ** (1.0 / g["alpha"]),
    "ZeroInflatedBinomial": _inflated(_binomial),
    "ZeroInflatedNegativeBinomial": _inflated(_negative_binomial),
    "ZeroInflatedPoisson": _inflated(lambda g, shape: np.random.poisson(g["theta"], size=shape)),
}


def draw(row: str, given: Mapping[str, Any], shape: Shape) -> np.ndarray:
    """Draw from a row of :data:`HOST_DRAWS`.

    Parameters
    ----------
    row
        Its name.
    given
        Canonical parameters that broadcast to the shape.
    shape
        Shape of the draws.
    """
    arrays = {name: np.asarray(value) for name, value in given.items()}
    return np.broadcast_to(np.asarray(HOST_DRAWS[row](arrays, shape), float), shape)
