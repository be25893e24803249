"""Elements by position or condition, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.graph import Op, Variable, apply, apply_multiple, as_variable
from pm_migrate.shims.theano.ops import elemwise
from pm_migrate.shims.theano.ops.creation import arange
from pm_migrate.shims.theano.ops.joining import stack
from pm_migrate.shims.theano.ops.shaping import flatten, static


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Variable:
    """Elements by index along an axis (of the flattened tensor without one)."""
    if mode != "raise":
        raise NotSupported(f"take(mode={mode!r}): only mode='raise' is available; clip or wrap the indices first")
    a, indices = as_variable(a), as_variable(indices)
    if axis is None:
        return flatten(a)[indices]
    return a[(*(slice(None),) * (axis % a.ndim), indices)]


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """Indices of the elements that are not zero: a tuple of vectors, or the rows of a matrix."""
    a = as_variable(a)
    if a.ndim == 0:
        raise ValueError("nonzero: a tensor of at least one dimension is wanted")
    ndim = a.ndim

    def impl(x: Any) -> Any:
        where = tf.where(tf.not_equal(x, tf.zeros_like(x)))
        return tuple(where[:, i] for i in range(ndim))

    op = Op(
        "nonzero",
        impl,
        infer=lambda inputs: [("int64", (False,))] * ndim,
        fast=lambda x: tuple(i.astype("int64") for i in x.nonzero()),
        outputs=ndim,
    )
    vectors = apply_multiple(op, a)
    return stack(vectors) if return_matrix else tuple(vectors)


def nonzero_values(a: Any) -> Variable:
    """The elements that are not zero, in a vector."""
    a = as_variable(a)
    return flatten(a)[flatnonzero(a)]


def flatnonzero(a: Any) -> Variable:
    """Indices, in the flattened tensor, of the elements that are not zero."""
    return nonzero(flatten(a))[0]


def compress(condition: Any, x: Any, axis: int | None = None) -> Variable:
    """The slices along an axis (the elements without one) where the condition holds."""
    return take(x, flatnonzero(condition), axis)


def fill_diagonal(a: Any, val: Any) -> Variable:
    """A copy of a matrix with its main diagonal set to a scalar."""
    return fill_diagonal_offset(a, val, 0)


def fill_diagonal_offset(a: Any, val: Any, offset: int) -> Variable:
    """A copy of a matrix with one diagonal set to a scalar."""
    a = as_variable(a)
    if a.ndim != 2:
        raise TypeError(f"fill_diagonal: a matrix is wanted, not {a.ndim} dimensions")
    dtype = a.dtype

    def impl(x: Any, value: Any) -> Any:
        shape = static(x)
        assert shape is not None
        on = np.eye(shape[0], shape[1], int(offset), dtype=bool)
        return tf.where(on, tf.cast(value, dtype), x)

    op = Op("fill_diagonal", impl, infer=lambda inputs: (dtype, inputs[0].broadcastable))
    return apply(op, a, val)


def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Variable:
    """A matrix with one row per element of ``y``, 1 at its column and 0 elsewhere."""
    y = as_variable(y)
    hot = elemwise.eq(y.dimshuffle(0, "x"), arange(nb_class).dimshuffle("x", 0))
    return elemwise.cast(hot, "floatX" if dtype is None else dtype)
