"""``pymc3.math``: the functions that models call on random variables.

Most are those of ``theano.tensor``; the rest follow PyMC3 3.11.6, in double precision throughout (PyMC3 computes
``probit`` with a ``sqrt(2)`` in float32).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops.creation import arange, ones_like, zeros, zeros_like
from pm_migrate.shims.theano.ops.elemwise import (
    abs_,
    and_,
    ceil,
    clip,
    cos,
    cosh,
    eq,
    erf,
    erfc,
    erfcinv,
    erfinv,
    exp,
    expm1,
    floor,
    ge,
    gt,
    isinf,
    le,
    log,
    log1p,
    lt,
    maximum,
    minimum,
    neq,
    or_,
    round,
    sgn,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqr,
    sqrt,
    switch,
    tan,
    tanh,
    where,
)
from pm_migrate.shims.theano.ops.indexing import set_subtensor
from pm_migrate.shims.theano.ops.joining import concatenate, stack
from pm_migrate.shims.theano.ops.linalg import (
    block_diag,
    det,
    dot,
    extract_diag,
    kron,
    logdet,
    matrix_dot,
    matrix_inverse,
    outer,
    solve_lower_triangular,
    solve_upper_triangular,
    trace,
)
from pm_migrate.shims.theano.ops.reductions import max as _max
from pm_migrate.shims.theano.ops.reductions import prod, sum
from pm_migrate.shims.theano.ops.shaping import flatten, reshape
from pm_migrate.shims.theano.tensor import constant
from pm_migrate.shims.theanof import floatX, ix_, largest_common_dtype

__all__ = [
    "BatchedDiag",
    "BlockDiagonalMatrix",
    "LogDet",
    "abs_",
    "and_",
    "batched_diag",
    "block_diagonal",
    "cartesian",
    "ceil",
    "clip",
    "concatenate",
    "constant",
    "cos",
    "cosh",
    "det",
    "dot",
    "eq",
    "erf",
    "erfc",
    "erfcinv",
    "erfinv",
    "exp",
    "expand_packed_triangular",
    "extract_diag",
    "flat_outer",
    "flatten",
    "flatten_list",
    "floatX",
    "floor",
    "ge",
    "gt",
    "invlogit",
    "invprobit",
    "ix_",
    "kron_diag",
    "kron_dot",
    "kron_matrix_op",
    "kron_solve_lower",
    "kron_solve_upper",
    "kronecker",
    "largest_common_dtype",
    "le",
    "log",
    "log1mexp",
    "log1mexp_numpy",
    "log1pexp",
    "logaddexp",
    "logbern",
    "logdet",
    "logdiffexp",
    "logdiffexp_numpy",
    "logit",
    "logsumexp",
    "lt",
    "matrix_dot",
    "matrix_inverse",
    "maximum",
    "minimum",
    "neq",
    "ones_like",
    "or_",
    "probit",
    "prod",
    "sgn",
    "sigmoid",
    "sin",
    "sinh",
    "sqr",
    "sqrt",
    "stack",
    "sum",
    "switch",
    "tan",
    "tanh",
    "trace",
    "tround",
    "where",
    "zeros_like",
]

_LN2 = float(np.log(2.0))
_SQRT2 = float(np.sqrt(2.0))

# probabilities


def logit(p: Any) -> Variable:
    """``log(p / (1 - p))``."""
    p = as_variable(p)
    return log(p / (1.0 - p))


def invlogit(x: Any, eps: float = sys.float_info.epsilon) -> Variable:
    """The logistic function, kept ``eps`` away from 0 and 1: ``(1 - 2 eps) / (1 + exp(-x)) + eps``.

    Examples
    --------
    >>> float(invlogit(-800.0).eval())
    2.220446049250313e-16
    """
    return (1.0 - 2.0 * eps) * sigmoid(x) + eps


def probit(p: Any) -> Variable:
    """Quantile function of the standard normal distribution."""
    return -_SQRT2 * erfcinv(2.0 * as_variable(p))


def invprobit(x: Any) -> Variable:
    """Distribution function of the standard normal distribution."""
    return 0.5 * erfc(-as_variable(x) / _SQRT2)


def logbern(log_p: float) -> bool:
    """Draw a Bernoulli variable from the logarithm of its probability, with NumPy's global random state."""
    if np.isnan(log_p):
        raise FloatingPointError("log_p can't be nan.")
    return bool(np.log(np.random.uniform()) < log_p)


# logarithms of sums and differences


def logsumexp(x: Any, axis: Any = None, keepdims: bool = True) -> Variable:
    """``log(sum(exp(x)))`` over axes, without overflow. Reduced axes are *kept* by default.

    With ``keepdims=False`` every axis of length 1 is dropped, not only the reduced ones, as in PyMC3.

    Examples
    --------
    >>> logsumexp([[0.0, 0.0]]).eval().shape
    (1, 1)
    """
    x = as_variable(x)
    largest = _max(x, axis=axis, keepdims=True)
    largest = switch(isinf(largest), 0.0, largest)
    result = log(sum(exp(x - largest), axis=axis, keepdims=True)) + largest
    return result if keepdims else result.squeeze()


def logaddexp(a: Any, b: Any) -> Variable:
    """``log(exp(a) + exp(b))`` without overflow."""
    a, b = as_variable(a), as_variable(b)
    difference = b - a
    return switch(difference > 0, b + log1p(exp(-difference)), a + log1p(exp(difference)))


def logdiffexp(a: Any, b: Any) -> Variable:
    """``log(exp(a) - exp(b))`` for ``a > b``."""
    a, b = as_variable(a), as_variable(b)
    return a + log1mexp(a - b)


def log1pexp(x: Any) -> Variable:
    """``log(1 + exp(x))`` without overflow."""
    return softplus(x)


def log1mexp(x: Any) -> Variable:
    """``log(1 - exp(-x))`` for ``x > 0``, by the better of two formulas (Mächler 2012, equation 7)."""
    x = as_variable(x)
    return switch(x < _LN2, log(-expm1(-x)), log1p(-exp(-x)))


def log1mexp_numpy(x: Any) -> np.ndarray:
    """:func:`log1mexp` of an array."""
    x = np.asarray(x, dtype="float64")
    small = x < _LN2
    return np.where(small, np.log(-np.expm1(-np.where(small, x, 1.0))), np.log1p(-np.exp(-np.where(small, 1.0, x))))


def logdiffexp_numpy(a: Any, b: Any) -> np.ndarray:
    """:func:`logdiffexp` of arrays."""
    return np.asarray(a) + log1mexp_numpy(np.asarray(a) - np.asarray(b))


# rounding and joining


def tround(*args: Any, **kwargs: Any) -> Variable:
    """Round, halves to even."""
    kwargs["mode"] = "half_to_even"
    return round(*args, **kwargs)


def flatten_list(tensors: Sequence[Any]) -> Variable:
    """All elements of several tensors, in one vector."""
    return concatenate([flatten(t) for t in tensors])


def cartesian(*arrays: Any) -> np.ndarray:
    """Cartesian product of the rows of arrays, earlier ones changing slower.

    Examples
    --------
    >>> cartesian([1, 2], [3, 4]).tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    columns = [np.asarray(a).reshape(len(a), -1) for a in arrays]
    grids = np.meshgrid(*(np.arange(len(c)) for c in columns), indexing="ij")
    return np.concatenate([c[g.ravel()] for c, g in zip(columns, grids, strict=True)], axis=-1)


# matrices


def kronecker(*Ks: Any) -> Variable:
    """Kronecker product of matrices, from left to right."""
    return reduce(kron, Ks)


def flat_outer(a: Any, b: Any) -> Variable:
    """Products of all pairs of elements, in a vector."""
    return flatten(outer(a, b))


def kron_diag(*diags: Any) -> Variable:
    """Diagonal of the Kronecker product of matrices with given diagonals."""
    return reduce(flat_outer, diags)


def kron_matrix_op(krons: Sequence[Any], m: Any, op: Callable[[Any, Any], Variable]) -> Variable:
    """Apply ``op(kronecker(*krons), m)`` without building the product; ``op`` is a product or a solver.

    Parameters
    ----------
    krons
        Square matrices.
    m
        A vector or a matrix with as many rows as the product.
    op
        Function of a matrix and a right-hand side.
    """
    m = as_variable(m)
    if m.ndim == 1:
        m = m[:, None]
    if m.ndim != 2:
        raise ValueError(f"m must have ndim <= 2, not {m.ndim}")
    columns = m.shape[1]
    # the rows of m run over the index tuples of the factors; each pass applies one factor and rotates the tuple
    flat = m.T
    for matrix in map(as_variable, krons):
        size = matrix.shape[1]
        blocks = reshape(flat, [columns, size, -1])
        turned = reshape(blocks.dimshuffle(1, 0, 2), [size, -1])
        applied = reshape(op(matrix, turned), [size, columns, -1])
        flat = reshape(applied.dimshuffle(1, 2, 0), [columns, -1])
    return flat.T


def kron_dot(krons: Sequence[Any], m: Any) -> Variable:
    """``dot(kronecker(*krons), m)``."""
    return kron_matrix_op(krons, m, dot)


def kron_solve_lower(krons: Sequence[Any], m: Any) -> Variable:
    """Solution of ``kronecker(*krons) x = m`` for lower triangular factors."""
    return kron_matrix_op(krons, m, solve_lower_triangular)


def kron_solve_upper(krons: Sequence[Any], m: Any) -> Variable:
    """Solution of ``kronecker(*krons) x = m`` for upper triangular factors."""
    return kron_matrix_op(krons, m, solve_upper_triangular)


class LogDet:
    """Logarithm of the absolute value of a determinant, as an object: ``LogDet()(matrix)``."""

    def __call__(self, x: Any) -> Variable:
        x = as_variable(x)
        if x.ndim != 2:
            raise TypeError(f"LogDet: a matrix is wanted, not {x.ndim} dimensions")
        return logdet(x)


class BlockDiagonalMatrix:
    """:func:`block_diagonal` as an object: ``BlockDiagonalMatrix()(a, b)``."""

    def __init__(self, sparse: bool = False, format: str = "csr") -> None:
        self.sparse, self.format = sparse, format

    def __call__(self, *matrices: Any) -> Variable:
        if not matrices:
            raise ValueError("no matrices to allocate")
        if any(as_variable(m).ndim != 2 for m in matrices):
            raise TypeError("BlockDiagonalMatrix: all data arguments must be matrices")
        return block_diagonal(matrices, self.sparse, self.format)


class BatchedDiag:
    """Rows of a matrix as the diagonals of matrices, as an object: ``BatchedDiag()(rows)``."""

    def __call__(self, diag: Any) -> Variable:
        diag = as_variable(diag)
        if diag.ndim != 2:
            raise TypeError(f"BatchedDiag: a matrix is wanted, not {diag.ndim} dimensions")
        return batched_diag(diag)


def block_diagonal(matrices: Sequence[Any], sparse: bool = False, format: str = "csr") -> Any:
    """Matrices along the diagonal of a larger one, zero elsewhere."""
    if sparse:
        raise NotSupported("pm.math.block_diagonal(sparse=True): the dense matrix is available with sparse=False")
    return matrices[0] if len(matrices) == 1 else block_diag(matrices)


def batched_diag(C: Any) -> Variable:
    """Rows of a matrix as the diagonals of matrices, or the diagonals of a batch of matrices as rows."""
    C = as_variable(C)
    index = arange(C.shape[-1])
    if C.ndim == 3:
        return C[..., index, index]
    if C.ndim != 2:
        raise ValueError("Input should be 2 or 3 dimensional")
    return C.dimshuffle(0, 1, "x") * eq(index[:, None], index[None, :])


def expand_packed_triangular(n: int, packed: Any, lower: bool = True, diagonal_only: bool = False) -> Variable:
    """A triangular matrix from its elements in a vector, row by row.

    Parameters
    ----------
    n
        Number of rows.
    packed
        Vector of ``n (n + 1) / 2`` elements.
    lower
        Whether the matrix is lower triangular, otherwise upper.
    diagonal_only
        Return the diagonal alone.

    Examples
    --------
    >>> expand_packed_triangular(2, np.array([1.0, 2.0, 3.0])).eval().tolist()
    [[1.0, 0.0], [2.0, 3.0]]
    """
    packed = as_variable(packed)
    if packed.ndim != 1:
        raise ValueError("Packed triangular is not one dimensional.")
    if not isinstance(n, int):
        raise TypeError("n must be an integer")
    rows = np.tril_indices(n) if lower else np.triu_indices(n)
    if diagonal_only:
        return packed[np.flatnonzero(rows[0] == rows[1])]
    return set_subtensor(zeros((n, n), dtype=config.floatX)[rows], packed)
