"""The catalogue's reference formulas in mpmath: an evaluation that shares nothing with TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath as mp
import numpy as np

from pm_migrate.catalog import Distribution, Form, expr

mp.mp.dps = 40


def exact(value: Any) -> Any:
    """A number as mpf, an array as an object array of mpf."""
    array = np.asarray(value)
    if array.ndim == 0:
        return mp.mpf(array.item())
    return np.frompyfunc(mp.mpf, 1, 1)(array.astype(object))


def _each(function: Any) -> Any:
    ufunc = np.frompyfunc(function, 1, 1)
    return lambda x: ufunc(x) if isinstance(x, np.ndarray) else function(x)


def _logpow(x: Any, m: Any) -> Any:
    def scalar(a: Any, b: Any) -> Any:
        return mp.mpf(0) if b == 0 else b * mp.log(a) if a > 0 else -mp.inf

    result = np.frompyfunc(scalar, 2, 1)(x, m)
    return result


def _cholesky(matrix: np.ndarray) -> np.ndarray:
    factor = mp.cholesky(mp.matrix(matrix.tolist()))
    return np.array(factor.tolist(), dtype=object)


def _solve_lower(factor: np.ndarray, vector: np.ndarray) -> np.ndarray:
    solution = mp.lu_solve(mp.matrix(factor.tolist()), mp.matrix(vector.tolist()))
    return np.array(list(solution), dtype=object)


FUNCTIONS: Mapping[str, Any] = {
    "log": _each(mp.log),
    "log1p": _each(mp.log1p),
    "exp": _each(mp.exp),
    "expm1": _each(mp.expm1),
    "sqrt": _each(mp.sqrt),
    "abs": _each(abs),
    "floor": _each(mp.floor),
    "sigmoid": _each(lambda x: 1 / (1 + mp.exp(-x))),
    "logit": _each(lambda x: mp.log(x) - mp.log1p(-x)),
    "gammaln": _each(mp.loggamma),
    "ndtr": _each(mp.ncdf),
    "sum": lambda x: mp.fsum(x),
    "count": lambda x: mp.mpf(len(x)),
    "take": lambda p, i: p[int(i)],
    "diagonal": np.diagonal,
    "cholesky": _cholesky,
    "solve_lower": _solve_lower,
    "logpow": _logpow,
    "where": lambda condition, yes, no: yes if condition else no,
}


def log_density(row: Distribution, form: Form, given: Mapping[str, Any], value: Any) -> mp.mpf:
    """The row's formula at one value, parameters given in the form's names."""
    parameters = {name: exact(v) for name, v in given.items()}
    mapping = row.canonical_of(form)
    canonical = {name: expr.evaluate(text, parameters, FUNCTIONS) for name, text in mapping.items()}
    return mp.re(expr.evaluate(row.logp, {**canonical, "value": exact(value)}, FUNCTIONS))
