"""The functions of the catalogue's expression grammar, on variables.

They mean what they mean on tensors: ``sum``, ``count`` and ``argmax`` work on the last axis, the matrix functions on
matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops import creation, elemwise, joining, linalg, reductions, shaping


def logit(p: Any) -> Variable:
    """``log(p / (1 - p))``."""
    p = as_variable(p)
    return elemwise.log(p) - elemwise.log1p(-p)


def logpow(base: Any, exponent: Any) -> Variable:
    """``log(base ** exponent)``: 0 for exponent 0, and -inf at base 0 for every other exponent, as PyMC3 has it."""
    base, exponent = as_variable(base), as_variable(exponent)
    at_zero = elemwise.switch(elemwise.eq(exponent, 0), 0.0, float("-inf"))
    return elemwise.switch(base > 0, exponent * elemwise.log(base), at_zero)


def _take(weights: Any, index: Any) -> Variable:
    weights, index = as_variable(weights), as_variable(index)
    last = weights.shape[-1] - 1
    position = elemwise.cast(elemwise.clip(index, 0, last), "int64")
    if weights.ndim == 1:
        return weights[position]
    columns = creation.arange(weights.shape[-1])
    chosen = elemwise.eq(columns, shaping.shape_padright(position))
    return reductions.sum(elemwise.switch(chosen, weights, 0.0), axis=-1)


def _transpose(x: Any) -> Variable:
    x = as_variable(x)
    return x if x.ndim < 2 else shaping.swapaxes(x, -1, -2)


def _diagonal(x: Any) -> Variable:
    return shaping.diagonal(x, 0, -2, -1)


def _solve_lower(factor: Any, right: Any) -> Variable:
    right = as_variable(right)
    if right.ndim < 2:
        return linalg.solve_lower_triangular(factor, right)
    return _transpose(linalg.solve_lower_triangular(factor, _transpose(right)))


def _between(cumulative: Any) -> Variable:
    cumulative = as_variable(cumulative)
    ends = creation.zeros_like(cumulative[..., :1])
    padded = joining.concatenate([ends, cumulative, ends + 1.0], axis=-1)
    return padded[..., 1:] - padded[..., :-1]


#: Function on variables by its name in the grammar.
TENSOR_FUNCTIONS: Mapping[str, Callable[..., Variable]] = {
    "log": elemwise.log,
    "log1p": elemwise.log1p,
    "exp": elemwise.exp,
    "expm1": elemwise.expm1,
    "sqrt": elemwise.sqrt,
    "abs": elemwise.abs_,
    "floor": elemwise.floor,
    "round": elemwise.round,
    "sigmoid": elemwise.sigmoid,
    "logit": logit,
    "gammaln": elemwise.gammaln,
    "ndtr": elemwise.ndtr,
    "minimum": elemwise.minimum,
    "maximum": elemwise.maximum,
    "where": elemwise.switch,
    "sum": lambda x: reductions.sum(x, axis=-1, keepdims=True),
    "cholesky": linalg.cholesky,
    "inverse": linalg.matrix_inverse,
    "matmul": linalg.dot,
    "transpose": _transpose,
    "ones_like": creation.ones_like,
    "argmax": lambda x: elemwise.cast(reductions.argmax(x, axis=-1), "floatX"),
    "logpow": logpow,
    "count": lambda x: elemwise.cast(as_variable(x).shape[-1], "floatX"),
    "take": _take,
    "diagonal": _diagonal,
    "column": shaping.shape_padright,
    "between": _between,
    "solve_lower": _solve_lower,
    "i0e": elemwise.i0e,
    "i1e": elemwise.i1e,
}
