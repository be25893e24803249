"""Hypothesis strategies from the catalogue's domains: valid by construction, nothing is filtered.

What independent domains cannot say (joint constraints, values of structured supports) stands in the ``domains_*``
modules: ``GIVEN`` makes the parameters of a row, ``VALUE`` a value in its support.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from hypothesis import strategies as st

from equivalence_tests.domains_basic import OPEN_UNIT, POSITIVE, parameter
from pm_migrate.catalog import Distribution, Form, expr

#: ``domains_basic`` first: the others may replace what it has.
_FAMILIES = [
    importlib.import_module(f"equivalence_tests.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("domains_*.py"))
]

#: Parameters of a form by row name: ``f(draw, row, form)``.
GIVEN: Mapping[str, Callable[..., dict[str, Any]]] = {k: f for family in _FAMILIES for k, f in family.GIVEN.items()}

#: A value in the support by row name: ``f(draw, row, form, given)``.
VALUE: Mapping[str, Callable[..., Any]] = {k: f for family in _FAMILIES for k, f in family.VALUE.items()}

#: The grammar's functions over floats, as far as parameter mappings and supports use them.
NUMPY_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "log": np.log,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
    "round": np.round,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "where": np.where,
    "sigmoid": lambda x: np.exp(-np.logaddexp(0.0, -x)),
    "sum": lambda x: np.sum(x, axis=-1),
    "count": lambda x: float(np.shape(x)[-1]),
    "take": lambda p, i: np.asarray(p)[..., int(i)],
    "cholesky": np.linalg.cholesky,
    "inverse": np.linalg.inv,
    "transpose": np.transpose,
    "diagonal": np.diagonal,
    "ones_like": np.ones_like,
    "column": lambda x: np.asarray(x)[..., None],
    "between": lambda c: np.diff(np.concatenate([[0.0], np.ravel(c), [1.0]])),
    "argmax": lambda x: np.argmax(x, axis=-1),
    "gammaln": np.vectorize(math.lgamma),
    "ndtr": np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2))),
    "logit": lambda p: np.log(p) - np.log1p(-p),
    "i0e": lambda x: np.i0(x) * np.exp(-np.abs(x)),
    "i1e": lambda x: float(mpmath.besseli(1, float(x))) * np.exp(-np.abs(x)),
}


def canonical_parameters(row: Distribution, form: Form, given: Mapping[str, Any]) -> dict[str, Any]:
    """Canonical parameters in double precision."""
    return {c: expr.evaluate(text, given, NUMPY_FUNCTIONS) for c, text in row.canonical_of(form).items()}


@st.composite
def given_parameters(draw: st.DrawFn, row: Distribution, form: Form) -> dict[str, Any]:
    """Parameters of one form; joint constraints hold by construction."""
    own = GIVEN.get(row.name)
    if own is not None:
        return own(draw, row, form)
    given = {name: draw(parameter(row.param(name))) for name in form.given}
    if {"lower", "upper"} <= set(given):
        width = draw(st.integers(1, 40)) if row.discrete else draw(st.floats(-5, 5).map(np.exp))
        given["upper"] = given["lower"] + float(width)
    return given


def normal_numbers(row: Distribution, at: tuple[dict[str, Any], Any], dtype: Any = float) -> tuple[dict[str, Any], Any]:
    """The point without numbers that TensorFlow flushes to zero, and whose differences it would flush.

    A positive number is at least the smallest normal one; what may have either sign is 0 or so large that its
    difference to another number of the dtype is normal. (What is smaller, ``test_edges`` draws on purpose.)
    """
    limits = np.finfo(dtype)

    def normal(name: str, x: Any) -> Any:
        try:
            lower = row.support.lower if name == "value" else row.param(name).domain.lower
        except KeyError:
            lower = "-inf"
        smallest = float(limits.tiny) if lower == "0" else float(limits.tiny / limits.eps)
        return np.where(np.abs(x) < smallest, 0.0, x)[()]

    parameters, value = at
    return {name: normal(name, v) for name, v in parameters.items()}, normal("value", value)


@st.composite
def point(draw: st.DrawFn, row: Distribution, form: Form) -> tuple[dict[str, Any], Any]:
    """Parameters of one form, and a value in the interior of the support."""
    return normal_numbers(row, draw(_any_point(row, form)))


@st.composite
def _any_point(draw: st.DrawFn, row: Distribution, form: Form) -> tuple[dict[str, Any], Any]:
    given = draw(given_parameters(row, form))
    own = VALUE.get(row.name)
    if own is not None:
        return given, own(draw, row, form, given)
    canonical = canonical_parameters(row, form, given)
    support = row.support
    low = expr.evaluate(support.lower, canonical, NUMPY_FUNCTIONS)
    high = expr.evaluate(support.upper, canonical, NUMPY_FUNCTIONS)
    if support.rank:
        raise NotImplementedError(f"{row.name}: write VALUE[{row.name!r}] in a domains_* module")
    if support.integer:
        first = int(low) if np.isfinite(low) else -20
        return given, float(draw(st.integers(first, int(min(high, first + 3000)))))
    if np.isfinite(low) and np.isfinite(high):
        share = draw(OPEN_UNIT)
        return given, float(low + (high - low) * share)
    if np.isfinite(low):
        return given, float(low + draw(POSITIVE))
    centre = float(np.asarray(canonical.get("mu", canonical.get("alpha", 0.0))))
    scale = next((canonical[n] for n in ("sigma", "beta", "b", "s") if n in canonical), 1.0)
    return given, float(centre + float(np.asarray(scale)) * draw(st.floats(-30, 30)))


def points(row: Distribution, form: Form, count: int) -> st.SearchStrategy[list[tuple[dict[str, Any], Any]]]:
    """A batch of points of one shape."""
    return st.lists(point(row, form), min_size=count, max_size=count)
