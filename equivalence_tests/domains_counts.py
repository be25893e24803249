"""Strategies of the discrete rows: joint constraints hold by construction, edges are drawn on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from pm_migrate.catalog import Distribution, Form

#: Positive reals from 1e-5 to 1e4, and the usual start values.
_POSITIVE = st.one_of(st.floats(-3, 3), st.floats(-11.5, 9.2)).map(np.exp).map(float) | st.sampled_from([1.0, 2.0])
_RATE = _POSITIVE | st.floats(9.0, 14.0).map(np.exp).map(float)
_UNIT = st.one_of(st.floats(0.01, 0.99), st.floats(-14, 14).map(lambda x: 1 / (1 + np.exp(-x)))).map(float)
_SIZE = st.one_of(st.integers(0, 3), st.integers(1, 40), st.integers(1, 10**6))
#: Where in its range a value lies: at an end, near it, or anywhere.
_SHARE = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)
#: How many standard deviations from the mean.
_DEVIATIONS = st.floats(-40.0, 40.0) | st.floats(-3.0, 3.0)


def _between(draw: st.DrawFn, low: float, high: float) -> float:
    """An integer from low to high, an end now and then."""
    return float(round(low + (high - low) * draw(_SHARE)))


def _near(draw: st.DrawFn, mean: float, deviation: float, high: float = 1e7) -> float:
    """A count near a mean, in its tails, or one of the first."""
    far = mean + deviation * draw(_DEVIATIONS)
    first = draw(st.integers(0, 3) | st.none())
    return float(np.clip(np.round(far) if first is None else first, 0.0, high))


def _sized(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    """Parameters of the rows with a number of trials or none."""
    made = {"n": _SIZE.map(float), "p": _UNIT, "psi": _UNIT, "mu": _RATE, "theta": _RATE}
    return {name: draw(made.get(name, _POSITIVE)) for name in form.given}


def _negative_binomial(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    made = {"p": _UNIT, "psi": _UNIT, "mu": _RATE, "n": st.integers(1, 500).map(float)}
    return {name: draw(made.get(name, _POSITIVE)) for name in form.given}


def _hypergeometric(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    total = float(draw(_SIZE))
    return {"N": total, "k": _between(draw, 0, total), "n": _between(draw, 0, total)}


def _discrete_weibull(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    return {"q": draw(_UNIT), "beta": float(np.exp(draw(st.floats(-5, 1.5))))}


def _ordered(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    """Cutpoints from touching to far apart; eta at most 35 standard deviations from any (the judge's digits)."""
    steps = np.exp(draw(st.lists(st.floats(-12, 1.5), min_size=1, max_size=3)))
    cutpoints = draw(st.floats(-3, 1)) + np.concatenate([[0.0], np.cumsum(steps)])
    return {"eta": draw(st.floats(-20, 20) | st.floats(-2, 2)), "cutpoints": cutpoints}


def _constant(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    return {"c": float(draw(st.integers(-20, 20)))}


def _moments(row: Distribution, given: Mapping[str, Any]) -> tuple[float, float, float]:
    """Mean, standard deviation and upper end."""
    if "beta" in given and "n" in given:
        share = given["alpha"] / (given["alpha"] + given["beta"])
        return given["n"] * share, given["n"], given["n"]
    if "n" in given and "p" in given and row.name.endswith("Binomial") and "Negative" not in row.name:
        mean = given["n"] * given["p"]
        return mean, float(np.sqrt(mean * (1 - given["p"]))), given["n"]
    alpha = given.get("alpha", given.get("n", np.inf))
    means = {"mu": given.get("mu"), "theta": given.get("theta")}
    if "p" in given:
        means["p"] = alpha * (1 - given["p"]) / given["p"]
    mean = next(m for m in means.values() if m is not None)
    return mean, float(np.sqrt(mean + mean * mean / alpha)), 1e7


def _count(draw: st.DrawFn, row: Distribution, form: Form, given: Mapping[str, Any]) -> float:
    mean, deviation, high = _moments(row, given)
    if np.isfinite(high) and high < 1e7 and draw(st.booleans()):
        return _between(draw, 0, high)
    return _near(draw, mean, deviation, high)


def _geometric_value(draw: st.DrawFn, row: Distribution, form: Form, given: Mapping[str, Any]) -> float:
    return float(1 + draw(st.integers(0, 5) | st.integers(0, 10**6)))


def _hypergeometric_value(draw: st.DrawFn, row: Distribution, form: Form, given: Mapping[str, Any]) -> float:
    N, k, n = given["N"], given["k"], given["n"]
    low, high = max(n - N + k, 0.0), min(k, n)
    if draw(st.booleans()):
        return _between(draw, low, high)
    mean = k * n / max(N, 1.0)
    return float(np.clip(np.round(mean + np.sqrt(mean) * draw(st.floats(-9, 9))), low, high))


def _weibull_value(draw: st.DrawFn, row: Distribution, form: Form, given: Mapping[str, Any]) -> float:
    """Quantiles, down to survival probabilities of exp(-1000)."""
    with np.errstate(over="ignore"):
        quantile = (draw(st.floats(0.0, 1000.0)) / -np.log(given["q"])) ** (1 / given["beta"])
    return float(np.floor(min(quantile, 1e6)))


def _category(draw: st.DrawFn, row: Distribution, form: Form, given: Mapping[str, Any]) -> float:
    return float(draw(st.integers(0, len(given["cutpoints"]))))


def _constant_value(draw: st.DrawFn, row: Distribution, form: Form, given: Mapping[str, Any]) -> float:
    return float(given["c"])


#: Parameters of a form, by row.
GIVEN: dict[str, Callable[[Any, Distribution, Form], dict[str, Any]]] = {
    "BetaBinomial": _sized,
    "Binomial": _sized,
    "Constant": _constant,
    "DiscreteWeibull": _discrete_weibull,
    "HyperGeometric": _hypergeometric,
    "NegativeBinomial": _negative_binomial,
    "OrderedLogistic": _ordered,
    "OrderedProbit": _ordered,
    "Poisson": _sized,
    "ZeroInflatedBinomial": _sized,
    "ZeroInflatedNegativeBinomial": _sized,
    "ZeroInflatedPoisson": _sized,
}

#: A value in the support, by row.
VALUE: dict[str, Callable[[Any, Distribution, Form, Mapping[str, Any]], Any]] = {
    "BetaBinomial": _count,
    "Binomial": _count,
    "Constant": _constant_value,
    "DiscreteWeibull": _weibull_value,
    "Geometric": _geometric_value,
    "HyperGeometric": _hypergeometric_value,
    "NegativeBinomial": _count,
    "OrderedLogistic": _category,
    "OrderedProbit": _category,
    "Poisson": _count,
    "ZeroInflatedBinomial": _count,
    "ZeroInflatedNegativeBinomial": _count,
    "ZeroInflatedPoisson": _count,
}
