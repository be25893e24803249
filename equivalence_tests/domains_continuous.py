"""Strategies of continuous scalar rows: joint constraints, and values far in the tails.

Values are drawn through the distribution's own scale, so that they are in its bulk, and far out where the density is
still a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from equivalence_tests.domains_basic import OPEN_UNIT, POSITIVE, REAL, parameter
from pm_migrate.catalog import Distribution, Form

_WIDTH = st.floats(-5, 5).map(np.exp).map(float)
#: Standardised values: around the centre, far out, and where squares overflow.
_HEAVY = st.one_of(st.floats(-5, 5), st.floats(-1e4, 1e4), st.sampled_from([0.0, 1e100, -1e200]))
#: With an exponential in one tail: not so far that it overflows.
_ONE_SIDED = st.one_of(st.floats(-3, 10), st.floats(-30, 300), st.sampled_from([0.0, 1e6]))
#: Multiples of a scale.
_SCALED = st.one_of(st.floats(-2, 2), st.floats(-40, 6)).map(np.exp).map(float)


def _plain(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    return {name: draw(parameter(row.param(name))) for name in form.given}


def _triangular(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    lower = draw(REAL)
    width = draw(_WIDTH)
    share = draw(OPEN_UNIT)
    return {"lower": lower, "upper": lower + width, "c": lower + width * share}


def _wald(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    given = _plain(draw, row, form)
    return {**given, "alpha": draw(st.one_of(st.just(0.0), st.floats(0, 3)))}


def _vonmises(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    return {"mu": draw(st.floats(-7, 7)), "kappa": draw(POSITIVE)}


def _rice(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    given = _plain(draw, row, form)
    first = form.given[0]
    if draw(st.integers(0, 9)) == 0:
        given[first] = 0.0
    return given


def _ex_gaussian(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    """Both sides of PyMC3's switch at nu = 0.05 sigma, and never on it."""
    sigma = draw(POSITIVE)
    ratio = draw(st.one_of(st.floats(0.051, 20), st.floats(-8, -3.1).map(np.exp), st.floats(3, 10).map(np.exp)))
    return {"mu": draw(REAL), "sigma": sigma, "nu": float(sigma * ratio)}


def _around(centre: str, scale: str, offsets: st.SearchStrategy[float]) -> Callable[..., float]:
    def value(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
        size = given.get(scale)
        if size is None:
            precision = given.get("tau", given.get("lam"))
            size = 1.0 if precision is None else precision**-0.5
        return float(given[centre] + size * draw(offsets))

    return value


def _times(scale: str) -> Callable[..., float]:
    def value(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
        return float(given[scale] * draw(_SCALED))

    return value


def _asymmetric(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    return float(given["mu"] + draw(st.floats(-100, 100)) / given["b"])


def _weibull(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    """``(value / beta)**alpha`` between 1e-13 and 1e4, the value between 1e-40 and 1e40 times beta."""
    power = draw(st.one_of(st.floats(-3, 2), st.floats(-30, 9)))
    return float(given["beta"] * np.exp(np.clip(power / given["alpha"], -90, 90)))


def _log_normal(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    sigma = given.get("sigma", given.get("tau", 1.0) ** -0.5)
    return float(np.exp(np.clip(given["mu"] + sigma * draw(st.floats(-30, 30)), -600, 600)))


def _logit_normal(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    sigma = given.get("sigma", given.get("tau", 1.0) ** -0.5)
    logit = given["mu"] + sigma * draw(st.floats(-30, 30))
    return float(1.0 / (1.0 + np.exp(-np.clip(logit, -600, 36))))


def _gamma(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    """Around the mean, within and far outside the standard deviations."""
    if "nu" in given:
        mean, sd = given["nu"], (2.0 * given["nu"]) ** 0.5
    elif "mu" in given:
        mean, sd = given["mu"], given["sigma"]
    else:
        mean, sd = given["alpha"] / given["beta"], given["alpha"] ** 0.5 / given["beta"]
    if draw(st.booleans()):
        near = mean + sd * draw(st.floats(-8, 30))
        if near > 0:
            return float(near)
    return float(mean * draw(_SCALED))


def _inverse_gamma(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    if "mu" in given:
        return float(given["mu"] * draw(st.one_of(st.floats(-1, 1), st.floats(-5, 10)).map(np.exp)))
    mode = given.get("beta", 1.0) / (given["alpha"] + 1.0)
    return float(mode * draw(st.one_of(st.floats(-1, 1), st.floats(-5, 40)).map(np.exp)))


def _wald_value(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    mu = given["mu"] if "mu" in given else given["lam"] / given["phi"]
    return float(given["alpha"] + mu * draw(st.one_of(st.floats(-1, 1), st.floats(-6, 6)).map(np.exp)))


def _rice_value(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> float:
    sigma = given["sigma"]
    nu = given["nu"] if "nu" in given else given["b"] * sigma
    return float(abs(nu + sigma * draw(st.floats(-50, 50))) + sigma * draw(st.floats(-12, 0).map(np.exp)))


GIVEN: dict[str, Callable[..., dict[str, Any]]] = {
    "ExGaussian": _ex_gaussian,
    "Rice": _rice,
    "Triangular": _triangular,
    "VonMises": _vonmises,
    "Wald": _wald,
}

VALUE: dict[str, Callable[..., Any]] = {
    "AsymmetricLaplace": _asymmetric,
    "Cauchy": _around("alpha", "beta", _HEAVY),
    "ChiSquared": _gamma,
    "Exponential": lambda draw, row, form, given: float(draw(_SCALED) / given["lam"]),
    "Gamma": _gamma,
    "Gumbel": _around("mu", "beta", _ONE_SIDED),
    "HalfCauchy": _times("beta"),
    "InverseGamma": _inverse_gamma,
    "LogitNormal": _logit_normal,
    "Lognormal": _log_normal,
    "Moyal": _around("mu", "sigma", _ONE_SIDED),
    "Rice": _rice_value,
    "StudentT": _around("mu", "sigma", _HEAVY),
    "Wald": _wald_value,
    "Weibull": _weibull,
}
