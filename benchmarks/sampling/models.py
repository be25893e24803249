"""The benchmark models: data made by NumPy, and one program for PyMC3, the drop-in, current PyMC and nutpie.

The program is in the words that PyMC3 and current PyMC have in common; NumPyro's are in ``numpyro_models.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Data = dict[str, Any]


def eight_schools(size: int) -> Data:
    """Effects of coaching in eight schools (Rubin 1981)."""
    effects = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]
    return {"y": np.array(effects), "sigma": np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])}


def radon(size: int) -> Data:
    """Simulated log radon of ``size`` houses in 85 groups, with a floor and varying intercepts."""
    rng = np.random.default_rng(1)
    group = np.concatenate([np.arange(85), rng.integers(0, 85, size - 85)])
    floor = rng.integers(0, 2, size).astype(float)
    y = 1.3 - 0.6 * floor + rng.normal(0.0, 0.3, 85)[group] + rng.normal(0.0, 0.7, size)
    return {"group": group, "floor": floor, "y": y}


def logistic(size: int) -> Data:
    """A logistic regression of ``size`` rows on 100 columns."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(size, 100))
    beta = rng.normal(0.0, 0.3, 100)
    return {"x": x, "y": (rng.uniform(size=size) < 1.0 / (1.0 + np.exp(-x @ beta))).astype(int)}


def mvnormal(size: int) -> Data:
    """An autoregressive covariance of dimension ``size`` with scales from 0.1 to 10."""
    lags = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    scales = np.logspace(-1, 1, size)
    return {"cov": 0.5**lags * np.outer(scales, scales)}


def mixture(size: int) -> Data:
    """A mixture of three normals, ``size`` points."""
    rng = np.random.default_rng(3)
    component = rng.choice(3, size, p=[0.3, 0.5, 0.2])
    return {"y": rng.normal(np.array([-4.0, 0.0, 5.0])[component], np.array([1.0, 0.7, 1.2])[component])}


def volatility(size: int) -> Data:
    """Returns whose log volatility walks, ``size`` days."""
    rng = np.random.default_rng(4)
    walk = np.cumsum(rng.normal(0.0, 0.1, size))
    return {"y": rng.standard_t(8, size) * np.exp(walk) * 0.01}


def independent(size: int) -> Data:
    """``size`` standard normals."""
    return {"size": size}


def _eight_schools(pm: Any, d: Data) -> None:
    mu = pm.Normal("mu", 0.0, 5.0)
    tau = pm.HalfCauchy("tau", 5.0)
    z = pm.Normal("z", 0.0, 1.0, shape=8)
    pm.Normal("y", mu + tau * z, sigma=d["sigma"], observed=d["y"])


def _radon(pm: Any, d: Data) -> None:
    mu, scale = pm.Normal("mu", 0.0, 10.0), pm.HalfCauchy("scale", 5.0)
    a = pm.Normal("a", mu, sigma=scale, shape=85)
    slope, noise = pm.Normal("slope", 0.0, 10.0), pm.HalfCauchy("noise", 5.0)
    pm.Normal("y", a[d["group"]] + slope * d["floor"], sigma=noise, observed=d["y"])


def _logistic(pm: Any, d: Data) -> None:
    intercept, beta = pm.Normal("intercept", 0.0, 2.0), pm.Normal("beta", 0.0, 1.0, shape=d["x"].shape[1])
    pm.Bernoulli("y", logit_p=intercept + pm.math.dot(d["x"], beta), observed=d["y"])


def _mvnormal(pm: Any, d: Data) -> None:
    pm.MvNormal("x", mu=np.zeros(len(d["cov"])), cov=d["cov"], shape=len(d["cov"]))


def _mixture(pm: Any, d: Data) -> None:
    w = pm.Dirichlet("w", np.ones(3) * 2.0, shape=3)
    mu = pm.Normal("mu", np.array([-3.0, 0.0, 3.0]), 2.0, shape=3)
    sigma = pm.HalfNormal("sigma", 2.0, shape=3)
    pm.NormalMixture("y", w=w, mu=mu, sigma=sigma, observed=d["y"])


def _volatility(pm: Any, d: Data) -> None:
    step = pm.Exponential("step", 10.0)
    nu = pm.Exponential("nu", 0.1)
    z = pm.Normal("z", 0.0, 1.0, shape=len(d["y"]))
    volatility = pm.math.exp(step * z.cumsum()) * 0.01
    pm.StudentT("y", nu=nu + 2.0, mu=0.0, sigma=volatility, observed=d["y"])


def _independent(pm: Any, d: Data) -> None:
    pm.Normal("x", 0.0, 1.0, shape=d["size"])


#: Name to data, program, and the size of the model of that name in the tables.
MODELS: dict[str, tuple[Callable[[int], Data], Callable[[Any, Data], None], int]] = {
    "eight_schools": (eight_schools, _eight_schools, 8),
    "radon": (radon, _radon, 919),
    "logistic": (logistic, _logistic, 10_000),
    "mvnormal": (mvnormal, _mvnormal, 500),
    "mixture": (mixture, _mixture, 1000),
    "volatility": (volatility, _volatility, 1000),
    "independent": (independent, _independent, 100),
}
