"""Products of tensors, and linear algebra on matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import scipy.linalg
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.gaussian import factors
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import Kind, Op, Variable, apply, apply_multiple, as_variable
from pm_migrate.shims.theano.ops import elemwise, reductions
from pm_migrate.shims.theano.ops.shaping import diagonal, dimshuffle, flatten, reshape, shape, transpose

# products


def dot(a: Any, b: Any) -> Variable:
    """Product over the last axis of ``a`` and the last but one of ``b`` (its only one, for a vector), as ``np.dot``."""
    a, b = as_variable(a), as_variable(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    dtype = promotion.arithmetic([a, b])
    flags = a.broadcastable[:-1] + b.broadcastable[:-2] + b.broadcastable[-1:] * (b.ndim > 1)
    kinds = (a.ndim, b.ndim)

    def impl(x: Any, y: Any) -> Any:
        x, y = tf.cast(x, dtype), tf.cast(y, dtype)
        if x.shape[-1] != y.shape[-2 if kinds[1] > 1 else 0] and None not in (x.shape[-1], y.shape[0]):
            raise ValueError(f"shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit: the inner lengths differ")
        if kinds == (1, 1):
            return tf.reduce_sum(x * y)
        if kinds == (2, 1):
            return tf.linalg.matvec(x, y)
        if kinds == (1, 2):
            return tf.linalg.matvec(y, x, transpose_a=True)
        if kinds == (2, 2):
            return tf.matmul(x, y)
        return tf.tensordot(x, y, [[kinds[0] - 1], [max(kinds[1] - 2, 0)]])

    def fast(x: np.ndarray, y: np.ndarray) -> Any:
        return np.dot(x.astype(dtype, copy=False), y.astype(dtype, copy=False))

    return apply(Op("dot", impl, infer=lambda inputs: (dtype, flags), fast=fast), a, b)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Variable:
    """Sum of products over pairs of axes, as ``np.tensordot``."""
    a, b = as_variable(a), as_variable(b)
    if isinstance(axes, (int, np.integer)):
        left, right = list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))
    else:
        left, right = ([int(i) for i in np.atleast_1d(x)] for x in axes)
    left, right = [i % a.ndim for i in left], [i % b.ndim for i in right]
    dtype = promotion.arithmetic([a, b])
    flags = tuple(f for i, f in enumerate(a.broadcastable) if i not in left)
    flags += tuple(f for i, f in enumerate(b.broadcastable) if i not in right)
    op = Op(
        "tensordot",
        lambda x, y: tf.tensordot(tf.cast(x, dtype), tf.cast(y, dtype), [left, right]),
        infer=lambda inputs: (dtype, flags),
        fast=lambda x, y: np.tensordot(x.astype(dtype), y.astype(dtype), (left, right)),
    )
    return apply(op, a, b)


def batched_dot(a: Any, b: Any) -> Variable:
    """``dot`` of each pair ``a[i]``, ``b[i]``."""
    a, b = as_variable(a), as_variable(b)
    if a.ndim == 0 or b.ndim == 0:
        raise TypeError("batched_dot: both operands need a batch axis")
    if a.ndim > 3 or b.ndim > 3:
        return batched_tensordot(a, b, [[a.ndim - 1], [max(1, b.ndim - 2)]])
    if a.ndim == 1 or b.ndim == 1:
        narrow, wide = (a, b) if a.ndim == 1 else (b, a)
        return dimshuffle(narrow, [0] + ["x"] * (wide.ndim - 1)) * wide
    left = dimshuffle(a, [0, "x", 1]) if a.ndim == 2 else a
    right = dimshuffle(b, [0, 1, "x"]) if b.ndim == 2 else b
    result = _batched_matmul(left, right)
    kept = [0] + ([] if a.ndim == 2 else [1]) + ([] if b.ndim == 2 else [2])
    lengths = shape(result)
    return result if len(kept) == 3 else reshape(result, [lengths[i] for i in kept])


def _batched_matmul(a: Variable, b: Variable) -> Variable:
    dtype = promotion.arithmetic([a, b])
    op = Op(
        "batched_dot",
        lambda x, y: tf.matmul(tf.cast(x, dtype), tf.cast(y, dtype)),
        infer=lambda inputs: (dtype, (False,) * 3),
        fast=np.matmul,
    )
    return apply(op, a, b)


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Variable:
    """``tensordot`` of each pair ``x[i]``, ``y[i]``; axes count the batch axis."""
    x, y = as_variable(x), as_variable(y)
    if isinstance(axes, (int, np.integer)):
        left, right = list(range(x.ndim - int(axes), x.ndim)), list(range(1, int(axes) + 1))
    else:
        left, right = ([int(i) for i in np.atleast_1d(a)] for a in axes)
    free_x = [i for i in range(1, x.ndim) if i not in left]
    free_y = [i for i in range(1, y.ndim) if i not in right]
    shape_x, shape_y = shape(x), shape(y)
    a = reshape(transpose(x, [0, *free_x, *left]), [shape_x[0], _product(shape_x, free_x), -1])
    b = reshape(transpose(y, [0, *right, *free_y]), [shape_y[0], -1, _product(shape_y, free_y)])
    lengths = [shape_x[0], *(shape_x[i] for i in free_x), *(shape_y[i] for i in free_y)]
    return reshape(_batched_matmul(a, b), lengths)


def _product(lengths: Variable, axes: Sequence[int]) -> Any:
    result: Any = 1
    for i in axes:
        result = result * lengths[i]
    return result


def outer(x: Any, y: Any) -> Variable:
    """Products of all pairs of elements."""
    x, y = as_variable(x), as_variable(y)
    left = flatten(x) if x.ndim != 1 else x
    right = flatten(y) if y.ndim != 1 else y
    return dimshuffle(left, [0, "x"]) * dimshuffle(right, ["x", 0])


def matrix_dot(*args: Any) -> Variable:
    """Product of several matrices, from left to right."""
    result = as_variable(args[0])
    for other in args[1:]:
        result = dot(result, other)
    return result


def matrix_power(M: Any, n: int) -> Variable:
    """A matrix to an integer power."""
    M = as_variable(M)
    if n < 0:
        M, n = matrix_inverse(M), -n
    result = None
    while n:
        if n & 1:
            result = M if result is None else dot(result, M)
        M, n = dot(M, M) if n > 1 else M, n >> 1
    if result is None:
        from pm_migrate.shims.theano.ops.creation import identity_like

        return identity_like(M)
    return result


def kron(a: Any, b: Any) -> Variable:
    """Kronecker product of matrices (of a vector and a matrix, too)."""
    a, b = as_variable(a), as_variable(b)
    if a.ndim + b.ndim <= 2:
        raise TypeError(f"kron: {a.ndim} and {b.ndim} dimensions; at least one matrix is wanted")
    product = tensordot(a, b, [[], []])
    la, lb = shape(a), shape(b)
    if (a.ndim, b.ndim) == (2, 2):
        return reshape(transpose(product, [0, 2, 1, 3]), [la[0] * lb[0], la[1] * lb[1]])
    if (a.ndim, b.ndim) == (2, 1):
        return reshape(product, [la[0], la[1] * lb[0]])
    if (a.ndim, b.ndim) == (1, 2):
        return reshape(transpose(product, [1, 0, 2]), [lb[0], la[0] * lb[1]])
    raise NotSupported(f"kron of {a.ndim} and {b.ndim} dimensions: reshape to matrices")


def trace(X: Any) -> Variable:
    """Sum of the diagonal of a matrix."""
    return reductions.sum(diagonal(X))


# one matrix in


def _matrix(
    name: str,
    x: Any,
    tensor: Callable[[Any], Any],
    array: Callable[[np.ndarray], Any] | None,
    flags: tuple[bool, ...] = (False, False),
) -> Variable:
    x = _square_operand(name, x)
    dtype = x.dtype
    return apply(Op(name, tensor, infer=lambda inputs: (dtype, flags), fast=array), x)


def _square_operand(name: str, x: Any) -> Variable:
    """A matrix of a float dtype."""
    x = as_variable(x)
    if x.ndim != 2:
        raise TypeError(f"{name}: a matrix is wanted, not {x.ndim} dimensions")
    return x if promotion.is_float(x.dtype) else elemwise.cast(x, promotion.float_of(x))


def matrix_inverse(x: Any) -> Variable:
    """Inverse of a square matrix."""
    return _matrix("matrix_inverse", x, tf.linalg.inv, np.linalg.inv)


def pinv(x: Any) -> Variable:
    """Moore-Penrose inverse."""
    return _matrix("pinv", x, tf.linalg.pinv, np.linalg.pinv)


def det(x: Any) -> Variable:
    """Determinant of a square matrix."""

    def tensor(t: Any) -> Any:
        sign, logarithm = tf.linalg.slogdet(t)  # batches and compiles where tf.linalg.det does not
        return sign * tf.exp(logarithm)

    return _matrix("det", x, tensor, np.linalg.det, ())


def logdet(x: Any) -> Variable:
    """Logarithm of the absolute value of the determinant."""
    return _matrix("logdet", x, lambda t: tf.linalg.slogdet(t)[1], lambda a: np.linalg.slogdet(a)[1], ())


def expm(x: Any) -> Variable:
    """Matrix exponential."""
    return _matrix("expm", x, tf.linalg.expm, scipy.linalg.expm)


def cholesky(x: Any, lower: bool = True, on_error: str = "raise") -> Variable:
    """Cholesky factor of a positive definite matrix, of which one triangle is read.

    For a matrix that is not positive definite it is an error on test values, and NaN in compiled code.
    """

    def tensor(t: Any) -> Any:
        if not lower:
            t = tf.linalg.matrix_transpose(t)
        # LAPACK reads one triangle only; so must the gradient, which TensorFlow gives for a symmetric argument
        below = tf.linalg.band_part(t, -1, 0)
        symmetric = below + tf.linalg.matrix_transpose(below) - tf.linalg.diag(tf.linalg.diag_part(t))
        factor = factors.cholesky(symmetric)
        return factor if lower else tf.linalg.matrix_transpose(factor)

    def array(a: np.ndarray) -> np.ndarray:
        try:
            return scipy.linalg.cholesky(a, lower=lower)
        except np.linalg.LinAlgError:
            if on_error == "nan":
                return np.full_like(a, np.nan)
            raise

    return _matrix("cholesky", x, tensor, array)


_STRUCTURES = ("general", "lower_triangular", "upper_triangular", "symmetric")


def solve(a: Any, b: Any, structure: str = "general", lower: bool = False) -> Variable:
    """Solution ``x`` of ``a x = b`` for a vector or matrix ``b``; of a triangular matrix one triangle is read."""
    if structure not in _STRUCTURES:
        raise ValueError(f"solve: A_structure is {structure!r}, but must be one of {_STRUCTURES}")
    a, b = _square_operand("solve", a), as_variable(b)
    if b.ndim not in (1, 2):
        raise TypeError(f"solve: b must be a vector or a matrix, not {b.ndim} dimensions")
    dtype = promotion.float_upcast([a, b])
    vector = b.ndim == 1
    triangle = {"lower_triangular": True, "upper_triangular": False}.get(structure)

    def impl(matrix: Any, right: Any) -> Any:
        matrix, right = tf.cast(matrix, dtype), tf.cast(right, dtype)
        right = tf.expand_dims(right, -1) if vector else right
        if triangle is None:
            result = tf.linalg.solve(matrix, right)
        else:
            result = tf.linalg.triangular_solve(matrix, right, lower=triangle)
        return tf.squeeze(result, -1) if vector else result

    def fast(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
        if triangle is None:
            return np.linalg.solve(matrix, right[:, None])[:, 0] if vector else np.linalg.solve(matrix, right)
        return scipy.linalg.solve_triangular(matrix, right, lower=triangle)

    op = Op("solve", impl, infer=lambda inputs: (dtype, inputs[1].broadcastable), fast=fast)
    return apply(op, a, b)


def solve_lower_triangular(a: Any, b: Any) -> Variable:
    """Solution of ``a x = b``, reading the lower triangle of ``a``."""
    return solve(a, b, "lower_triangular")


def solve_upper_triangular(a: Any, b: Any) -> Variable:
    """Solution of ``a x = b``, reading the upper triangle of ``a``."""
    return solve(a, b, "upper_triangular")


def solve_symmetric(a: Any, b: Any) -> Variable:
    """Solution of ``a x = b`` for a symmetric ``a``."""
    return solve(a, b, "symmetric")


# several results


def _several(
    name: str, x: Any, kinds: Callable[[str], list[Kind]], tensor: Callable[[Any], Any], array: Callable[..., Any]
) -> list[Variable]:
    x = _square_operand(name, x)
    infer = kinds(x.dtype)
    return apply_multiple(Op(name, tensor, infer=lambda inputs: infer, fast=array, outputs=len(infer)), x)


def eigh(a: Any, UPLO: Literal["L", "U"] = "L") -> list[Variable]:
    """Eigenvalues (ascending) and eigenvectors (in columns) of a symmetric matrix."""
    return _several(
        "eigh",
        a,
        lambda dtype: [(dtype, (False,)), (dtype, (False, False))],
        lambda t: tf.linalg.eigh(t if UPLO == "L" else tf.linalg.matrix_transpose(t)),
        lambda x: np.linalg.eigh(x, UPLO),
    )


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Singular value decomposition ``U, s, V^T``, or ``s`` alone."""
    full = bool(full_matrices)
    if not compute_uv:
        return _matrix(
            "svd",
            a,
            lambda t: tf.linalg.svd(t, compute_uv=False),
            lambda x: np.linalg.svd(x, compute_uv=False),
            (False,),
        )

    def tensor(t: Any) -> tuple[Any, Any, Any]:
        s, u, v = tf.linalg.svd(t, full_matrices=full)
        return u, s, tf.linalg.matrix_transpose(v)

    def kinds(dtype: str) -> list[Kind]:
        return [(dtype, (False, False)), (dtype, (False,)), (dtype, (False, False))]

    return _several("svd", a, kinds, tensor, lambda x: np.linalg.svd(x, full))


def qr(a: Any, mode: str = "reduced") -> Any:
    """QR decomposition: ``Q, R``, or ``R`` alone with ``mode='r'``."""
    if mode not in ("reduced", "complete", "full", "r"):
        raise NotSupported(f"qr(mode={mode!r}): use 'reduced', 'complete' or 'r'")
    complete = mode in ("complete", "full")
    q, r = _several(
        "qr",
        a,
        lambda dtype: [(dtype, (False, False))] * 2,
        lambda t: tuple(tf.linalg.qr(t, full_matrices=complete)),
        lambda x: tuple(np.linalg.qr(x, "complete" if complete else "reduced")),
    )
    return r if mode == "r" else [q, r]


def norm(x: Any, ord: Any) -> Variable:
    """``nlinalg.norm``: of a vector the p-norm, of a matrix None or ``'fro'``, 1, -1, ``'inf'``, ``'-inf'``."""
    x = as_variable(x)
    if x.ndim == 0 or x.ndim > 2:
        raise ValueError(f"norm: a vector or a matrix is wanted, not {x.ndim} dimensions")
    if x.ndim == 1 or ord in (None, "fro"):
        return reductions.norm(x, ord)
    sums = {1: 0, -1: 0, "inf": 1, "-inf": 1}
    if ord not in sums:
        raise ValueError(f"norm: ord={ord!r} for a matrix; use one of {[None, 'fro', *sums]}")
    totals = reductions.sum(elemwise.abs_(x), sums[ord])
    return reductions.max(totals) if ord in (1, "inf") else reductions.min(totals)


def extract_diag(x: Any) -> Variable:
    """The diagonal of a matrix."""
    return diagonal(x)


def block_diag(matrices: Sequence[Any]) -> Variable:
    """Matrices along the diagonal of a larger one, zero elsewhere."""
    operands = [as_variable(m) for m in matrices]
    if not operands or any(m.ndim != 2 for m in operands):
        raise TypeError("block_diagonal: at least one matrix is wanted, and matrices only")
    dtype = promotion.upcast(operands)

    def impl(*blocks: Any) -> Any:
        total = sum(b.shape[1] for b in blocks)
        rows, start = [], 0
        for block in blocks:
            width = block.shape[1]
            rows.append(tf.pad(tf.cast(block, dtype), [[0, 0], [start, total - start - width]]))
            start += width
        return tf.concat(rows, 0)

    op = Op(
        "block_diagonal",
        impl,
        infer=lambda inputs: (dtype, (False, False)),
        fast=lambda *blocks: scipy.linalg.block_diag(*blocks),
    )
    return apply(op, *operands)
