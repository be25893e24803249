"""``pymc3.variational.test_functions``: kernels of Stein's method."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.graph import Op, Variable, apply
from pm_migrate.shims.variational.objectives import TestFunction

__all__ = ["rbf"]


class Kernel(TestFunction):
    """A kernel ``k``: of particles ``(n, d)`` it gives ``k`` of all pairs, and its derivatives."""


class RBF(Kernel):
    """The Gaussian kernel, with Liu and Wang's bandwidth (2016): ``h = median(squared distances) / log(n + 1) / 2``.

    Called with particles ``x`` of shape ``(n, d)``, it gives ``exp(-|x_i - x_j|**2 / (2 h))`` of shape ``(n, n)`` and,
    of shape ``(n, d)``, its derivative by the one argument summed over the other.
    """

    def __call__(self, X: Any) -> tuple[Variable, Variable]:
        products = X.dot(X.T)
        norms = tt.sum(X**2, axis=1).dimshuffle(0, "x")
        distances = norms + norms.T - 2.0 * products
        h = 0.5 * apply(_MEDIAN, distances) / tt.log(floatX(distances.shape[0]) + floatX(1))
        kernel = tt.exp(-distances / h / 2.0)
        derivative = (X * tt.sum(kernel, axis=-1, keepdims=True) - tt.dot(kernel, X)) / h
        return kernel, derivative


rbf = RBF()


@tf.custom_gradient
def _median(x: Any) -> Any:
    """The median of numbers that are not negative, without sorting them.

    The bits of such floats, read as an integer, are in the order of the floats: the middle one is found bit by bit.
    XLA's sort of all pairs of 500 particles takes four times as long.
    """
    bits = tf.bitcast(tf.maximum(tf.reshape(x, [-1]), 0.0), tf.int64 if x.dtype == tf.float64 else tf.int32)
    count = tf.size(bits)
    below, above = (count - 1) // 2, count // 2  # for an odd number both positions are the middle one

    def narrow(place: Any, found: Any) -> tuple[Any, Any]:
        tried = found + tf.bitwise.left_shift(tf.ones((), bits.dtype), place)
        fewer = tf.math.count_nonzero(bits < tried, dtype=tf.int32) <= below
        return place - 1, tf.where(fewer, tried, found)

    start = tf.constant(bits.dtype.size * 8 - 2, bits.dtype), tf.zeros((), bits.dtype)
    _, lower = tf.while_loop(lambda place, _: place >= 0, narrow, start)
    reaches = tf.math.count_nonzero(bits <= lower, dtype=tf.int32) > above
    upper = tf.where(reaches, lower, tf.reduce_min(tf.where(bits > lower, bits, bits.dtype.max)))

    def gradient(slope: Any) -> Any:
        shares = [tf.cast(bits == middle, x.dtype) for middle in (lower, upper)]
        return tf.reshape(slope * sum(s / tf.reduce_sum(s) for s in shares) / 2, tf.shape(x))

    return (tf.bitcast(lower, x.dtype) + tf.bitcast(upper, x.dtype)) / 2, gradient


_MEDIAN = Op(
    "median",
    _median,
    infer=lambda inputs: (inputs[0].dtype, ()),
    fast=lambda x: np.median(np.maximum(x, 0.0)).astype(x.dtype),
)
