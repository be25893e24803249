"""Strategies of distributions of vectors and matrices: joint sizes, definite matrices, counts of a given sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from equivalence_tests.domains_basic import POSITIVE, cholesky, parameter, symmetric
from pm_migrate.catalog import Distribution, Form

_CATEGORIES = 4
_ROWS, _COLUMNS = 3, 2  # of a matrix: unequal, so that a mistaken transpose shows

#: Sizes beside the ordinary: near the ends of what people use.
_SCALE = st.floats(-2, 2).map(np.exp) | st.sampled_from([1e-5, 1.0, 1e4])


def _offsets(draw: Any, size: int) -> np.ndarray:
    """Standardised residuals: mostly moderate, some at the centre and some far out."""
    each = st.floats(-4, 4) | st.sampled_from([0.0, 1e-8, -50.0])
    return np.array(draw(st.lists(each, min_size=size, max_size=size)))


def _as_form(factor: np.ndarray, kind: str) -> np.ndarray:
    """A covariance factor as the parameter that a form takes."""
    if kind == "chol":
        return factor
    return symmetric(factor if kind == "cov" else np.linalg.inv(factor).T)


def _vector_given(draw: Any, row: Distribution, form: Form) -> dict[str, Any]:
    given = {name: draw(parameter(row.param(name))) for name in form.given if name in {"mu", "nu"}}
    factor = draw(cholesky()) * draw(_SCALE)
    kind = next(name for name in form.given if name in {"chol", "cov", "tau"})
    return {name: given[name] if name in given else _as_form(factor, kind) for name in form.given}


def _vector_value(draw: Any, row: Distribution, form: Form, given: Mapping[str, Any]) -> np.ndarray:
    kind = next(name for name in form.given if name in {"chol", "cov", "tau"})
    matrix = given[kind]
    factor = {"chol": lambda: matrix, "cov": lambda: np.linalg.cholesky(matrix)}.get(
        kind, lambda: np.linalg.cholesky(np.linalg.inv(matrix))
    )()
    return given["mu"] + factor @ _offsets(draw, len(factor))


def _simplex(draw: Any, row: Distribution, form: Form, given: Mapping[str, Any]) -> np.ndarray:
    size = len(given["a"])
    weights = np.array(draw(st.lists(st.floats(-6, 6) | st.sampled_from([-80.0]), min_size=size, max_size=size)))
    shares = np.exp(weights - weights.max())
    return shares / shares.sum()


def _weights(draw: Any) -> np.ndarray:
    return np.array(draw(st.lists(POSITIVE, min_size=_CATEGORIES, max_size=_CATEGORIES)))


def _counts_given(draw: Any, row: Distribution, form: Form) -> dict[str, Any]:
    n = float(draw(st.integers(0, 30) | st.integers(0, 3000)))
    second = next(name for name in form.given if name != "n")
    weights = _weights(draw)
    return {"n": n, second: weights / weights.sum() if second == "p" else weights}


def _counts(draw: Any, row: Distribution, form: Form, given: Mapping[str, Any]) -> np.ndarray:
    size = len(next(v for k, v in given.items() if k != "n"))
    n = int(given["n"])
    cuts = sorted(draw(st.lists(st.integers(0, n), min_size=size - 1, max_size=size - 1)))
    return np.diff([0, *cuts, n]).astype(float)


def _wishart_given(draw: Any, row: Distribution, form: Form) -> dict[str, Any]:
    excess = draw(st.floats(-3, 3).map(np.exp) | st.sampled_from([1e-3, 1.0, 1e3]))
    return {"nu": _ROWS - 1 + float(excess), "V": symmetric(draw(cholesky()) * draw(_SCALE))}


def _wishart_value(draw: Any, row: Distribution, form: Form, given: Mapping[str, Any]) -> np.ndarray:
    return symmetric(np.linalg.cholesky(given["V"]) @ draw(cholesky()))


def _lkj_given(draw: Any, row: Distribution, form: Form) -> dict[str, Any]:
    shape, size = form.given
    eta = float(draw(st.integers(2, 40))) if shape == "n" else draw(POSITIVE)  # the old call: n is the shape parameter
    return {shape: eta, size: 4.0}


def _correlations(draw: Any, row: Distribution, form: Form, given: Mapping[str, Any]) -> np.ndarray:
    size = int(given[form.given[1]])
    factor = draw(cholesky(size))
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    return (factor @ factor.T)[np.triu_indices(size, k=1)]


def _matrix_normal_given(draw: Any, row: Distribution, form: Form) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name in form.given:
        if name == "mu":
            given[name] = np.array(draw(st.lists(st.floats(-5, 5), min_size=6, max_size=6))).reshape(_ROWS, _COLUMNS)
        else:
            factor = draw(cholesky(_ROWS if name.startswith("row") else _COLUMNS)) * draw(_SCALE)
            given[name] = _as_form(factor, name[3:])
    return given


def _matrix_normal_value(draw: Any, row: Distribution, form: Form, given: Mapping[str, Any]) -> np.ndarray:
    factors = {n[:3]: m if n.endswith("chol") else np.linalg.cholesky(m) for n, m in given.items() if n != "mu"}
    offsets = _offsets(draw, _ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS)
    return given["mu"] + factors["row"] @ offsets @ factors["col"].T


GIVEN: dict[str, Callable[..., dict[str, Any]]] = {
    "DirichletMultinomial": _counts_given,
    "LKJCorr": _lkj_given,
    "MatrixNormal": _matrix_normal_given,
    "Multinomial": _counts_given,
    "MvNormal": _vector_given,
    "MvStudentT": _vector_given,
    "Wishart": _wishart_given,
}

VALUE: dict[str, Callable[..., Any]] = {
    "Dirichlet": _simplex,
    "DirichletMultinomial": _counts,
    "LKJCorr": _correlations,
    "MatrixNormal": _matrix_normal_value,
    "Multinomial": _counts,
    "MvNormal": _vector_value,
    "MvStudentT": _vector_value,
    "Wishart": _wishart_value,
}
