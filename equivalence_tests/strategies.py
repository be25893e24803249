"""Hypothesis strategies from the catalogue's domains: valid by construction, nothing is filtered."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from pm_migrate.catalog import Distribution, Domain, Form, expr
from pm_migrate.catalog.schema import Param

_REAL = st.one_of(st.floats(-5, 5), st.floats(-1e3, 1e3), st.sampled_from([0.0, 1.0, -1.0]))
_POSITIVE = st.one_of(st.floats(-3, 3), st.floats(-12, 9)).map(np.exp).map(float)
_OPEN_UNIT = st.one_of(st.floats(0.01, 0.99), st.floats(-14, 14).map(lambda x: 1 / (1 + np.exp(-x)))).map(float)
_COUNT = st.one_of(st.integers(0, 20), st.integers(0, 3000))
_SIZE = 3  # of vectors: one more than the smallest with an interior


@st.composite
def _cholesky(draw: st.DrawFn) -> np.ndarray:
    factor = np.zeros((_SIZE, _SIZE))
    for i in range(_SIZE):
        factor[i, i] = draw(st.floats(0.2, 4))
        for j in range(i):
            factor[i, j] = draw(st.floats(-2, 2))
    return factor


def _scalar(domain: Domain) -> st.SearchStrategy[Any]:
    if domain.integer:
        return _COUNT.map(float) if domain.lower == "0" else st.integers(-20, 20).map(float)
    if (domain.lower, domain.upper) == ("0", "1"):
        return _OPEN_UNIT
    return _POSITIVE if domain.lower == "0" else _REAL


def parameter(param: Param) -> st.SearchStrategy[Any]:
    """Valid values of one parameter."""
    domain = param.domain
    if domain.structure == "cholesky":
        return _cholesky()
    if domain.structure == "positive_definite":
        return _cholesky().map(lambda factor: factor @ factor.T)
    if domain.rank == 1:
        entries = st.floats(0.05, 20) if domain.lower == "0" else st.floats(-5, 5)
        return st.lists(entries, min_size=_SIZE, max_size=_SIZE).map(np.array)
    return _scalar(domain)


@st.composite
def given_parameters(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    """Parameters of one form; joint constraints hold by construction."""
    given = {name: draw(parameter(row.param(name))) for name in form.given}
    if {"lower", "upper"} <= set(given):
        width = draw(st.integers(1, 40)) if row.discrete else draw(st.floats(-5, 5).map(np.exp))
        if row.name == "TruncatedNormal":  # the truncated part within 35 standard deviations of the mean
            sigma = given.get("sigma", given.get("tau", 1.0) ** -0.5)
            given["lower"] = given["mu"] + sigma * draw(st.floats(-30, 30))
            width = min(width, 5.0) * sigma
        given["upper"] = given["lower"] + float(width)
    if row.name == "Beta" and "mu" in given:
        largest = np.sqrt(given["mu"] * (1 - given["mu"]))
        given["sigma"] = float(largest * draw(st.floats(0.01, 0.99)))
    if row.name == "NegativeBinomial" and "n" in given:
        given["n"] = float(draw(st.integers(1, 500)))
    return given


@st.composite
def point(draw: st.DrawFn, row: Distribution, form: Form) -> tuple[dict[str, Any], Any]:
    """Parameters of one form, and a value in the interior of the support."""
    given = draw(given_parameters(row, form))
    functions = {
        "sigmoid": lambda x: np.exp(-np.logaddexp(0.0, -x)),
        "floor": np.floor,
        "count": lambda x: float(np.shape(x)[-1]),
        "cholesky": np.linalg.cholesky,
        "inverse": np.linalg.inv,
    }
    canonical = {c: expr.evaluate(text, given, functions) for c, text in row.canonical_of(form).items()}
    support = row.support
    if support.structure == "simplex":
        weights = np.array(draw(st.lists(st.floats(-6, 6), min_size=_SIZE, max_size=_SIZE)))
        return given, np.exp(weights) / np.exp(weights).sum()
    if support.rank == 1:
        offsets = np.array(draw(st.lists(st.floats(-4, 4), min_size=_SIZE, max_size=_SIZE)))
        return given, canonical["mu"] + offsets
    low = expr.evaluate(support.lower, canonical, functions)
    high = expr.evaluate(support.upper, canonical, functions)
    if support.integer:
        last = int(min(high, low + 3000))
        return given, float(draw(st.integers(int(low), last)))
    if np.isfinite(low) and np.isfinite(high):
        share = draw(_OPEN_UNIT)
        return given, float(low + (high - low) * share)
    if np.isfinite(low):
        return given, float(low + draw(_POSITIVE))
    centre = float(np.asarray(canonical.get("mu", canonical.get("alpha", 0.0))))
    scale = float(np.asarray(canonical.get("sigma", canonical.get("beta", canonical.get("b", 1.0)))))
    return given, float(centre + scale * draw(st.floats(-30, 30)))
