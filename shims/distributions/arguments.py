"""What is checked at the line of a program that makes a distribution, or draws from one.

TensorFlow would refuse most of it too, later and without the name of the argument; some it would take silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.catalog import Distribution as Row
from pm_migrate.catalog import expr
from pm_migrate.catalog.schema import Param
from pm_migrate.errors import ArgumentError, ModelError
from pm_migrate.shims.distributions.binding import Bound
from pm_migrate.shims.distributions.composite import MixedAxis, MixedList, Parts, valid_weights
from pm_migrate.shims.distributions.functions import TF_FUNCTIONS
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Constant, Variable, array_of, constant
from pm_migrate.shims.theano.tensor import as_tensor_variable

#: Parameters with a default that PyMC3 writes as None.
_NONE_BY_DEFAULT: frozenset[tuple[str, str]] = frozenset(
    {("TruncatedNormal", "lower"), ("TruncatedNormal", "upper"), ("Rice", "sigma")}
)

#: What draws ask for beyond the conditions of the row, whose density has a value there.
_OF_DRAWS: Mapping[str, tuple[str, ...]] = {
    "Geometric": ("p > 0",),
    "Triangular": ("c >= lower", "c <= upper"),
    "Wishart": ("nu > count(V) - 1",),
}


def refuse_none(row: Row, param: Param, keyword: str) -> None:
    """Raise for a None where PyMC3 has a number by default: it took that for NaN.

    Raises
    ------
    ArgumentError
        Naming the default.
    """
    if param.default is not None and (row.name, param.name) not in _NONE_BY_DEFAULT:
        raise ArgumentError(
            f"{row.name}: {keyword}=None is not a number; leave it out for its default, {param.default}"
        )


def parameter(row: Row, param: Param, value: Any) -> Variable:
    """A parameter as a variable, of floatX unless it counts something, as PyMC3 has it.

    Raises
    ------
    ArgumentError, ModelError
        For a value that is not numeric, or has not the axes of a vector or matrix.
    """
    try:
        variable = as_tensor_variable(value)
    except TypeError as error:
        raise ArgumentError(f"{row.name}: {param.name}={_short(value)} is not numeric: {error}") from None
    # PyMC3 converts the parameters of vectors and matrices less
    dtype = promotion.common(config.floatX, variable.dtype) if row.rank and not variable.weak else config.floatX
    if not param.domain.integer and variable.dtype != dtype:
        if isinstance(variable, Constant):
            variable = constant(np.asarray(variable.data, dtype), variable.name)
        else:
            variable = variable.astype(dtype)
    rank = param.domain.rank
    if rank == 2 and param.domain.structure:
        if variable.ndim != 2:
            raise ModelError(f"{row.name}: {param.name} must be two dimensional, got {variable.ndim} dimensions")
        rows, columns = variable.data.shape if isinstance(variable, Constant) else (0, 0)
        if rows != columns:
            raise ModelError(f"{row.name}: {param.name} must be a square matrix, got the shape {(rows, columns)}")
    if rank == 1 and param.name != "mu" and variable.ndim == 0:  # a mean may be the same number for all elements
        raise ArgumentError(
            f"{row.name}: {param.name} must have at least one dimension, got the number {_short(value)}"
        )
    return variable


def check_together(row: Row, given: dict[str, Variable], dimension: str | None = None) -> None:
    """Checks of single rows, of constants.

    Parameters
    ----------
    row, given
        The row and its parameters.
    dimension
        The parameter that is the size of a correlation matrix.

    Raises
    ------
    ModelError, TypeError
        Naming the argument, its value and what it has to be.
    """
    if dimension is not None and isinstance(given[dimension], Constant):
        size = np.asarray(given[dimension].data)
        if size.ndim or size != np.floor(size):
            raise TypeError(f"{row.name}: {dimension} must be an integer, the size of the matrix, got {_short(size)}")
        if size < 2:
            raise ModelError(f"{row.name}: {dimension} must be at least 2, the size of the matrix, got {size}")
    if row.name == "Interpolated" and all(isinstance(v, Constant) for v in given.values()):
        x, density = (np.asarray(given[name].data) for name in ("x_points", "pdf_points"))
        if x.shape != density.shape:
            raise ModelError(f"Interpolated: x_points has shape {x.shape}, pdf_points has {density.shape}")
        if np.any(np.diff(x) <= 0):
            raise ModelError(f"Interpolated: x_points must be increasing, got {_short(x)}")


def observed(name: str, data: Any) -> Any:
    """Data as the model takes them: constants and what is computed from them become arrays.

    Raises
    ------
    ArgumentError
        For data that are not numeric.
    """
    if isinstance(data, Variable):
        return data.eval() if data.is_constant else data
    if data is None or isinstance(data, (dict, np.ma.MaskedArray)) or hasattr(data, "__next__"):
        return data
    try:
        array_of(data)
    except TypeError as error:
        raise ArgumentError(f"{name}: observed={_short(data)} is not numeric: {error}") from None
    return data


def clipped(bound: Any) -> Any:
    """A bound row as PyMC3 draws from it: it compares uniform numbers with psi, so that psi = 1.2 draws as 1 does."""
    if isinstance(bound, Bound) and bound.row.name.startswith("ZeroInflated"):
        return replace(bound, given={**bound.given, "psi": tf.clip_by_value(bound.given["psi"], 0.0, 1.0)})
    return bound


def valid(bound: Any) -> Any:
    """Whether a bound row, or all that a mixture or a bounded one is made of, can be drawn from: a scalar tensor."""
    result = tf.constant(True)
    if isinstance(bound, Parts):
        for part in bound.parts:
            result &= valid(part)
    if isinstance(bound, (MixedAxis, MixedList)):
        result &= valid_weights(bound.weights)
    if isinstance(bound, Bound):
        conditions = [ok for ok, _ in bound._conditions]
        conditions += [~tf.math.is_nan(value) for value in bound.given.values()]
        conditions += [expr.evaluate(text, bound.canonical, TF_FUNCTIONS) for text in _OF_DRAWS.get(bound.row.name, ())]
        for ok in conditions:
            result &= tf.reduce_all(ok)
    return result


def refuse_draws(label: str, bound: Any, known: bool) -> None:
    """Raise for draws with invalid parameters.

    Parameters
    ----------
    label
        Name of the distribution.
    bound
        Its bound row, or what is made of bound rows.
    known
        Whether its parameters have values, to be named.

    Raises
    ------
    ValueError
        Naming what the row asks for.
    """
    if isinstance(bound, Parts):
        for part in bound.parts if known else ():
            if not valid(part):
                refuse_draws(f"{part.row.name}, a part of {label}" if isinstance(part, Bound) else label, part, known)
        weights = f" {_short(bound.weights.numpy())}" if known and isinstance(bound, (MixedAxis, MixedList)) else ""
        raise ValueError(
            f"Cannot draw from {label}: invalid weights{weights}, or parameters of a part; weights are from 0 to 1 and "
            "sum to 1"
        )
    row = bound.row
    needs = [text for text in (*row.conditions, *_OF_DRAWS.get(row.name, ())) if "cholesky" not in text]
    if any(param.domain.structure in {"cholesky", "positive_definite"} for param in row.params):
        needs.append("a positive definite matrix")
    given = " " + ", ".join(f"{name}={_short(value.numpy())}" for name, value in bound.given.items()) if known else ""
    raise ValueError(
        f"Cannot draw from {label}: invalid parameters{given}; it needs {', '.join(needs) or 'numbers, not NaN'}"
    )


def _short(value: Any) -> str:
    text = " ".join((repr(value) if isinstance(value, str) else str(value)).split())
    return text if len(text) < 60 else f"{text[:57]}..."
