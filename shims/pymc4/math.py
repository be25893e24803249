"""``pm.math``: elementwise functions and reductions, on values of a model, tensors and arrays.

PyMC4 has no such module; it is here so that ``pm.math`` code needs few changes. Functions take what NumPy's do and
give values of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special
import tensorflow as tf

from pm_migrate.shims.pymc4.tensors import GeneratorTensor, to_tensor, wrap


def _value(x: Any) -> GeneratorTensor:
    return GeneratorTensor(to_tensor(x))


def _numpy(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(x: Any, *others: Any, **options: Any) -> Any:
        return function(_value(x), *others, **options)

    apply.__doc__ = f"As ``{getattr(function, '__name__', function)}`` of NumPy or SciPy."
    return apply


exp, log, sqrt, abs_ = map(_numpy, (np.exp, np.log, np.sqrt, np.abs))
log1p, expm1, sqr, sign = map(_numpy, (np.log1p, np.expm1, np.square, np.sign))
sin, cos, tan, sinh, cosh, tanh = map(_numpy, (np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh))
floor, ceil, dot, clip = _numpy(np.floor), _numpy(np.ceil), _numpy(np.dot), _numpy(np.clip)
sum, prod, mean = _numpy(np.sum), _numpy(np.prod), _numpy(np.mean)
maximum, minimum = _numpy(np.maximum), _numpy(np.minimum)
erf, erfc = _numpy(scipy.special.erf), _numpy(scipy.special.erfc)
sigmoid, logit, gammaln = _numpy(scipy.special.expit), _numpy(scipy.special.logit), _numpy(scipy.special.gammaln)
invlogit = sigmoid


def switch(condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` where the condition holds, ``no`` elsewhere."""
    return tf.where(_value(condition), yes, no)


where = switch


def logsumexp(x: Any, axis: Any = None, keepdims: bool = True) -> Any:
    """Logarithm of the sum of exponentials; ``keepdims`` is True by default, as in PyMC3."""
    return wrap(tf.reduce_logsumexp(to_tensor(x), axis=axis, keepdims=keepdims))


def stack(tensors: Any, axis: int = 0) -> Any:
    """Stack along a new axis."""
    return np.stack([_value(t) for t in tensors], axis=axis)


def concatenate(tensors: Any, axis: int = 0) -> Any:
    """Join along an axis."""
    return np.concatenate([_value(t) for t in tensors], axis=axis)


def softmax(x: Any, axis: int = -1) -> Any:
    """Exponentials that sum to one along an axis."""
    return wrap(tf.nn.softmax(to_tensor(x), axis=axis))


def expand_packed_triangular(n: int, packed: Any, lower: bool = True, diagonal_only: bool = False) -> Any:
    """A triangular matrix from its elements in a vector, row by row: of ``pm.LKJCholeskyCov``, the Cholesky factor.

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

    Raises
    ------
    ValueError
        When ``packed`` has another length.

    Examples
    --------
    >>> expand_packed_triangular(2, [1.0, 2.0, 3.0]).numpy().tolist()
    [[1.0, 0.0], [2.0, 3.0]]
    """
    elements = to_tensor(packed)
    count = n * (n + 1) // 2
    if elements.shape.rank != 1 or elements.shape[0] != count:
        raise ValueError(f"a triangle of {n} rows has {count} elements in a vector; got the shape {elements.shape}")
    rows = np.tril_indices(n) if lower else np.triu_indices(n)
    if diagonal_only:
        return wrap(tf.gather(elements, np.flatnonzero(rows[0] == rows[1])))
    index = np.full((n, n), count)
    index[rows] = np.arange(count)
    return wrap(tf.gather(tf.concat([elements, tf.zeros_like(elements[:1])], axis=0), index))
