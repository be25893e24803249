"""The functions of ``theano.tensor`` and ``extra_ops`` that models seldom need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import scipy.special
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import Constant, Op, Variable, apply, apply_multiple, as_variable
from pm_migrate.shims.theano.ops import elemwise, linalg, reductions
from pm_migrate.shims.theano.ops.creation import arange
from pm_migrate.shims.theano.ops.joining import stack
from pm_migrate.shims.theano.ops.shaping import flatten, shape_padaxis

# counting and searching


def bincount(x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False) -> Variable:
    """How often each of the integers 0, 1, 2 ... is in a vector, or the sums of weights by integer.

    Examples
    --------
    >>> bincount(np.array([0, 2, 2])).eval().tolist()
    [1, 0, 2]
    """
    x = as_variable(x)
    if x.ndim != 1 or x.dtype not in promotion.INTEGERS:
        raise TypeError(f"bincount: a vector of integers is wanted, not {x.type}")
    least = as_variable(0 if minlength is None else minlength)
    dtype = "int64" if weights is None else as_variable(weights).dtype

    def impl(values: Any, low: Any, *weight: Any) -> Any:
        values = tf.cast(values, tf.int64)
        size = tf.maximum(tf.reduce_max(tf.concat([values, [-1]], 0)) + 1, tf.cast(low, tf.int64))
        amounts = weight[0] if weight else tf.ones_like(values)
        return tf.math.unsorted_segment_sum(amounts, values, size)

    op = Op("bincount", impl, infer=lambda inputs: (dtype, (False,)))
    return apply(op, x, least, *([] if weights is None else [weights]))


def searchsorted(x: Any, v: Any, side: Literal["left", "right"] = "left", sorter: Any = None) -> Variable:
    """Where values would have to be inserted into a sorted vector to keep it sorted."""
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side is {side!r}, but must be 'left' or 'right'")
    x, v = as_variable(x), as_variable(v)
    if sorter is not None:
        x = x[as_variable(sorter)]
    dtype = promotion.upcast([x, v])

    def impl(sequence: Any, values: Any) -> Any:
        sequence, values = tf.cast(sequence, dtype), tf.cast(values, dtype)
        found = tf.searchsorted(sequence, tf.reshape(values, [-1]), side=side, out_type=tf.int64)
        return tf.reshape(found, tf.shape(values))

    kind = ("int64", v.broadcastable)
    op = Op("searchsorted", impl, infer=lambda i: kind, fast=lambda a, b: np.searchsorted(a, b, side).astype("int64"))
    return apply(op, x, v)


class Unique:
    """The sorted different elements of a tensor: ``Unique(return_index, return_inverse, return_counts)(x)``.

    Examples
    --------
    >>> Unique()(np.array([3, 1, 3])).eval().tolist()
    [1, 3]
    """

    def __init__(
        self, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None
    ) -> None:
        if axis is not None:
            raise NotSupported("extra_ops.Unique(axis=); instead: np.unique of data")
        self.wanted = [True, return_index, return_inverse, return_counts]

    def __call__(self, x: Any) -> Any:
        x = as_variable(x)

        def impl(tensor: Any) -> tuple[Any, ...]:
            flat = tf.reshape(tensor, [-1])
            values, _, counts = tf.unique_with_counts(tf.sort(flat), out_idx=tf.int64)
            inverse = tf.searchsorted(values, flat, out_type=tf.int64)
            places = tf.range(tf.size(flat, tf.int64))
            first = tf.math.unsorted_segment_min(places, inverse, tf.size(values, tf.int64))
            return tuple(r for r, want in zip((values, first, inverse, counts), self.wanted, strict=True) if want)

        def fast(array: np.ndarray) -> tuple[Any, ...]:
            results = np.unique(array, True, True, True)
            return tuple(np.ravel(r) for r, want in zip(results, self.wanted, strict=True) if want)

        kinds = [(x.dtype, (False,)), *[("int64", (False,))] * (sum(self.wanted) - 1)]
        results = apply_multiple(Op("Unique", impl, infer=lambda i: kinds, fast=fast, outputs=len(kinds)), x)
        return results[0] if len(results) == 1 else results


def topk_and_argtopk(
    x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> list[Variable]:
    """The ``kth`` largest elements along an axis and their indices; the smallest for a negative number."""
    x = as_variable(x)
    if kth == 0:
        raise ValueError("topk: the number of elements must not be 0")
    if axis is None:
        x, axis = flatten(x), -1
    axis = axis % x.ndim
    order = reductions.argsort(x, axis)
    index: list[Any] = [slice(None)] * x.ndim
    index[axis] = slice(-kth, None) if kth > 0 else slice(None, -kth)
    places = order[tuple(index)]
    grid: list[Any] = []
    for d in range(x.ndim):
        others = [i for i in range(x.ndim) if i != d]
        grid.append(places if d == axis else _along(arange(x.shape[d]), d, others, x.ndim))
    return [x[tuple(grid)], elemwise.cast(places, idx_dtype)]


def _along(vector: Variable, axis: int, others: Sequence[int], ndim: int) -> Variable:
    for other in others:
        vector = shape_padaxis(vector, other)
    return vector


def topk(x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64") -> Variable:
    """The ``kth`` largest elements along an axis."""
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[0]


def argtopk(x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64") -> Variable:
    """The indices of the ``kth`` largest elements along an axis."""
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[1]


def choose(a: Any, choices: Any, mode: str = "raise") -> Variable:
    """Elements of several tensors, by the number of the tensor: ``choices[a[i]][i]``."""
    if mode != "raise":
        raise NotSupported(f"choose(mode={mode!r}); instead: mode='raise', after clipping or wrapping the numbers")
    a = as_variable(a)
    options = stack(list(choices)) if isinstance(choices, (list, tuple)) else as_variable(choices)
    if a.ndim != options.ndim - 1:
        raise NotSupported("choose with broadcasting; instead: tensors of one number of dimensions")
    ndim = a.ndim
    rest = [_along(arange(options.shape[d + 1]), d, [i for i in range(ndim) if i != d], ndim) for d in range(ndim)]
    return options[(a, *rest)]


# positions and permutations


def ravel_multi_index(multi_index: Sequence[Any], dims: Any, mode: str = "raise", order: str = "C") -> Variable:
    """Positions in the flattened tensor, from one index tensor for each dimension."""
    if mode != "raise" or order != "C":
        raise NotSupported("ravel_multi_index(mode=, order=); instead: their defaults")
    result = as_variable(multi_index[0])
    for d, index in enumerate(multi_index[1:], 1):
        result = result * dims[d] + index
    return elemwise.cast(result, "int64")


def unravel_index(indices: Any, dims: Any, order: str = "C") -> tuple[Variable, ...]:
    """One index tensor for each dimension, from positions in the flattened tensor."""
    if order != "C":
        raise NotSupported("unravel_index(order='F'); instead: order='C' with the dimensions reversed")
    rest = as_variable(indices)
    found: list[Variable] = []
    for n in reversed(list(dims)):
        found.append(elemwise.cast(rest % n, "int64"))
        rest = rest // n
    return tuple(reversed(found))


def inverse_permutation(perm: Any) -> Variable:
    """The permutation that undoes another."""
    return elemwise.cast(reductions.argsort(perm), as_variable(perm).dtype)


def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Variable:
    """The elements of a vector, or of each row of a matrix, in the order of a permutation."""
    x, y = as_variable(x), as_variable(y)
    if not isinstance(inverse, (int, bool)):
        raise NotSupported("permute_row_elements with a symbolic inverse; instead: a Python number")
    if y.ndim != 1:
        raise NotSupported("permute_row_elements with several permutations; instead: pm.take_along_axis")
    return x[..., inverse_permutation(y) if inverse else y]


class _Grid:
    """``mgrid`` and ``ogrid``: coordinates by slices, ``mgrid[0:2, 0:3]``."""

    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse

    def __getitem__(self, item: Any) -> list[Variable]:
        slices = item if isinstance(item, tuple) else (item,)
        if any(isinstance(part, Variable) for s in slices for part in (s.start, s.stop, s.step)):
            raise NotSupported("mgrid and ogrid of symbolic lengths; instead: tt.arange and reshape")
        grids = np.ogrid[slices] if self.sparse else np.mgrid[slices]
        return [Constant(np.asarray(g)) for g in ([grids] if len(slices) == 1 and self.sparse else grids)]


mgrid, ogrid = _Grid(sparse=False), _Grid(sparse=True)

# statistics and special functions


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Variable:
    """The covariance matrix of variables in rows (in columns without ``rowvar``)."""
    if fweights is not None or aweights is not None:
        raise NotSupported("cov with weights; instead: the weighted sums written out")
    rows = _rows(m, rowvar)
    if y is not None:
        from pm_migrate.shims.theano.ops.joining import concatenate

        rows = concatenate([rows, _rows(y, rowvar)], axis=0)
    lost = (0 if bias else 1) if ddof is None else ddof
    centred = rows - rows.mean(axis=1, keepdims=True)
    result = linalg.dot(centred, centred.T) / (elemwise.cast(rows.shape[1], rows.dtype) - lost)
    return result[0, 0] if all(rows.broadcastable[:1]) else result


def _rows(m: Any, rowvar: bool) -> Variable:
    m = as_variable(m)
    if m.ndim > 2:
        raise ValueError(f"cov: a vector or a matrix is wanted, not {m.ndim} dimensions")
    if not promotion.is_float(m.dtype):
        m = elemwise.cast(m, "float64")
    if m.ndim == 1:
        return m.dimshuffle("x", 0)
    return m if rowvar else m.T


def bartlett(M: Any) -> Variable:
    """The Bartlett window: a triangle of ``M`` points."""
    size = elemwise.cast(M, "floatX")
    n = elemwise.cast(arange(M), "floatX")
    half = (size - 1.0) / 2.0
    return 1.0 - elemwise.abs_(n - half) / elemwise.maximum(half, 0.5)


def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """Counts of pairs of actual and predicted labels, and the labels in order."""
    from pm_migrate.shims.theano.ops.joining import concatenate

    actual, pred = as_variable(actual), as_variable(pred)
    if actual.ndim != 1 or pred.ndim != 1:
        raise ValueError("confusion_matrix: two vectors are wanted")
    order = Unique()(concatenate([actual, pred]))
    rows = elemwise.cast(elemwise.eq(actual.dimshuffle("x", 0), order.dimshuffle(0, "x")), "int64")
    columns = elemwise.cast(elemwise.eq(pred.dimshuffle("x", 0), order.dimshuffle(0, "x")), "int64")
    return [linalg.dot(rows, columns.T), order]


def xlogx(x: Any) -> Variable:
    """``x log(x)``, 0 at 0."""
    x = as_variable(x)
    return elemwise.switch(elemwise.eq(x, 0), 0.0, x * elemwise.log(x))


def xlogy0(x: Any, y: Any) -> Variable:
    """``x log(y)``, 0 where ``x`` is 0."""
    x = as_variable(x)
    return elemwise.switch(elemwise.eq(x, 0), 0.0, x * elemwise.log(y))


def gammau(k: Any, x: Any) -> Variable:
    """The upper incomplete gamma function, not regularised."""
    return elemwise.gammaincc(k, x) * elemwise.gamma(k)


def gammal(k: Any, x: Any) -> Variable:
    """The lower incomplete gamma function, not regularised."""
    return elemwise.gammainc(k, x) * elemwise.gamma(k)


def iv(v: Any, x: Any) -> Variable:
    """The modified Bessel function of the first kind of real order, for positive ``x``."""
    operands = [as_variable(v), as_variable(x)]
    dtype = promotion.float_upcast(operands)

    def impl(order: Any, argument: Any) -> Any:
        import tensorflow_probability as tfp  # costs a second, and few models need it

        argument = tf.cast(argument, dtype)
        return tfp.math.bessel_ive(tf.cast(order, dtype), argument) * tf.exp(tf.abs(argument))

    op = Op("iv", impl, infer=lambda inputs: (dtype, elemwise.broadcast_flags(inputs)), fast=scipy.special.iv)
    return apply(op, *operands)


# matrices


def eig(a: Any) -> list[Variable]:
    """Eigenvalues and eigenvectors of a matrix whose eigenvalues are real; there is no gradient."""
    a = as_variable(a)
    if a.ndim != 2:
        raise TypeError(f"eig: a matrix is wanted, not {a.ndim} dimensions")
    dtype = promotion.float_of(a)

    def impl(x: Any) -> tuple[Any, Any]:
        values, vectors = tf.linalg.eig(tf.stop_gradient(tf.cast(x, dtype)))
        return tf.math.real(values), tf.math.real(vectors)

    def fast(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, vectors = np.linalg.eig(x)
        if np.iscomplexobj(values):
            raise NotSupported("tt.nlinalg.eig of a matrix with complex eigenvalues; instead: np.linalg.eig of data")
        return values, vectors

    kinds = [(dtype, (False,)), (dtype, (False, False))]
    return apply_multiple(Op("eig", impl, infer=lambda inputs: kinds, fast=fast, outputs=2), a)


def eigvalsh(a: Any, b: Any = None, lower: bool = True) -> Variable:
    """Eigenvalues (ascending) of ``a x = w b x``, for a symmetric and a positive definite matrix."""
    a = as_variable(a)
    if b is not None:
        factor = linalg.cholesky(b)
        half = linalg.solve_lower_triangular(factor, a)
        a = linalg.solve_lower_triangular(factor, half.T)
    return linalg.eigh(a, "L" if lower else "U")[0]


class lstsq:
    """Least squares: ``lstsq()(a, b, rcond)[0]`` is the solution; residuals, rank and singular values follow."""

    def __call__(self, x: Any, y: Any, rcond: Any = -1.0) -> list[Variable]:
        x, y = as_variable(x), as_variable(y)
        solution = linalg.dot(linalg.pinv(x), y)
        residuals = elemwise.sqr(linalg.dot(x, solution) - y).sum(axis=0)
        singular = linalg.svd(x, compute_uv=False)
        rank = elemwise.cast(elemwise.gt(singular, singular[0] * 1e-15), "int32").sum()
        return [solution, residuals if residuals.ndim else residuals.dimshuffle("x"), rank, singular]


def tensorinv(a: Any, ind: int = 2) -> Variable:
    """The inverse of a tensor, for ``tensordot`` over ``ind`` axes."""
    a = as_variable(a)
    rows, columns = [a.shape[i] for i in range(ind)], [a.shape[i] for i in range(ind, a.ndim)]
    size = reductions.prod(stack(rows))
    inverse = linalg.matrix_inverse(a.reshape([size, -1], ndim=2))
    return inverse.reshape([*columns, *rows], ndim=a.ndim)


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Variable:
    """The solution of ``tensordot(a, x, x.ndim) = b``."""
    if axes is not None:
        raise NotSupported("tensorsolve(axes=); instead: a transposed first")
    a, b = as_variable(a), as_variable(b)
    rest = [a.shape[i] for i in range(b.ndim, a.ndim)]
    matrix = a.reshape([b.size, -1], ndim=2)
    return linalg.solve(matrix, flatten(b)).reshape(rest, ndim=a.ndim - b.ndim)
