"""Strategies of the plain domains, and of the rows of one or two joint constraints."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from pm_migrate.catalog import Distribution, Domain, Form
from pm_migrate.catalog.schema import Param

REAL = st.one_of(st.floats(-5, 5), st.floats(-1e3, 1e3), st.sampled_from([0.0, 1.0, -1.0]))
POSITIVE = st.one_of(st.floats(-3, 3), st.floats(-12, 9)).map(np.exp).map(float) | st.sampled_from([1.0, 2.0])
OPEN_UNIT = st.one_of(st.floats(0.01, 0.99), st.floats(-14, 14).map(lambda x: 1 / (1 + np.exp(-x)))).map(float)
COUNT = st.one_of(st.integers(0, 20), st.integers(0, 3000)).map(float)
SIZE = 3  # of vectors: one more than the smallest with an interior


@st.composite
def cholesky(draw: st.DrawFn, size: int = SIZE) -> np.ndarray:
    """A lower triangular factor of moderate condition."""
    factor = np.zeros((size, size))
    for i in range(size):
        factor[i, i] = draw(st.floats(0.2, 4))
        for j in range(i):
            factor[i, j] = draw(st.floats(-2, 2))
    return factor


def symmetric(factor: np.ndarray) -> np.ndarray:
    """A matrix that equals its transpose exactly."""
    product = factor @ factor.T
    return (product + product.T) / 2


def scalar(domain: Domain) -> st.SearchStrategy[Any]:
    """A number of a domain; ends that belong to it are drawn now and then."""
    if domain.integer:
        return COUNT if domain.lower == "0" else st.integers(-20, 20).map(float)
    if (domain.lower, domain.upper) == ("0", "1"):
        return OPEN_UNIT
    return POSITIVE if domain.lower == "0" else REAL


def parameter(param: Param) -> st.SearchStrategy[Any]:
    """Valid values of one parameter."""
    domain = param.domain
    if domain.structure == "cholesky":
        return cholesky()
    if domain.structure == "positive_definite":
        return cholesky().map(symmetric)
    if domain.structure == "increasing":
        steps = st.lists(st.floats(-4, 2).map(np.exp), min_size=SIZE, max_size=SIZE)
        return st.tuples(st.floats(-4, 2), steps).map(lambda t: t[0] + np.cumsum(t[1]))
    if domain.rank == 1:
        entries = st.floats(0.05, 20) if domain.lower == "0" else st.floats(-5, 5)
        return st.lists(entries, min_size=SIZE, max_size=SIZE).map(np.array)
    return scalar(domain)


def _truncated_normal(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    given = {name: draw(parameter(row.param(name))) for name in form.given}
    sigma = given.get("sigma", given.get("tau", 1.0) ** -0.5)
    # the truncated part within 35 standard deviations of the mean
    given["lower"] = given["mu"] + sigma * draw(st.floats(-30, 30))
    given["upper"] = given["lower"] + min(draw(st.floats(-5, 5).map(np.exp)), 5.0) * sigma
    return given


def _beta(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    given = {name: draw(parameter(row.param(name))) for name in form.given}
    if "mu" in given:
        largest = np.sqrt(given["mu"] * (1 - given["mu"]))
        given["sigma"] = float(largest * draw(st.floats(0.01, 0.99)))
    return given


def _negative_binomial(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    given = {name: draw(parameter(row.param(name))) for name in form.given}
    if "n" in given:
        given["n"] = float(draw(st.integers(1, 500)))
    return given


def _simplex(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> np.ndarray:
    weights = np.exp(np.array(draw(st.lists(st.floats(-6, 6), min_size=SIZE, max_size=SIZE))))
    return weights / weights.sum()


def _around_mean(draw: st.DrawFn, row: Distribution, form: Form, given: dict[str, Any]) -> np.ndarray:
    return given["mu"] + np.array(draw(st.lists(st.floats(-4, 4), min_size=SIZE, max_size=SIZE)))


GIVEN = {"TruncatedNormal": _truncated_normal, "Beta": _beta, "NegativeBinomial": _negative_binomial}
VALUE = {"Dirichlet": _simplex, "MvNormal": _around_mean}
