"""``theano.tensor.nnet``: the activation functions and losses that models use."""

from __future__ import annotations

from typing import Any

import scipy.special
import tensorflow as tf

from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import Op, Variable, apply, as_variable
from pm_migrate.shims.theano.ops import elemwise
from pm_migrate.shims.theano.ops.elemwise import sigmoid, softplus
from pm_migrate.shims.theano.ops.reductions import sum as tensor_sum


def _rows(name: str, c: Any, tensor: Any, array: Any) -> Variable:
    """A function of the rows of a matrix; a vector is taken as a matrix of one row, and so is the result."""
    c = as_variable(c)
    if c.ndim == 1:
        c = c.dimshuffle("x", 0)
    if c.ndim != 2:
        raise ValueError(f"{name}: a vector or a matrix is wanted, not {c.ndim} dimensions")
    if not promotion.is_float(c.dtype):
        c = elemwise.cast(c, promotion.float_of(c))
    dtype = c.dtype
    return apply(Op(name, tensor, infer=lambda inputs: (dtype, inputs[0].broadcastable), fast=array), c)


def softmax(c: Any) -> Variable:
    """Softmax of each row. Of a vector of length n the result has shape (1, n), as in Theano."""
    return _rows("softmax", c, tf.nn.softmax, lambda x: scipy.special.softmax(x, axis=-1))


def logsoftmax(c: Any) -> Variable:
    """Logarithm of the softmax of each row; of a vector the result has shape (1, n)."""
    return _rows("logsoftmax", c, tf.nn.log_softmax, lambda x: scipy.special.log_softmax(x, axis=-1))


def relu(x: Any, alpha: Any = 0) -> Variable:
    """``x`` where it is positive, ``alpha * x`` elsewhere."""
    x = as_variable(x)
    if isinstance(alpha, (int, float)) and alpha == 0:
        return 0.5 * (x + elemwise.abs_(x))
    alpha = as_variable(alpha)
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * elemwise.abs_(x)


def elu(x: Any, alpha: Any = 1) -> Variable:
    """``x`` where it is positive, ``alpha * expm1(x)`` elsewhere."""
    x = as_variable(x)
    return elemwise.switch(x > 0, x, alpha * elemwise.expm1(x))


def selu(x: Any) -> Variable:
    """Scaled ``elu``, with the constants of Klambauer et al. (2017), appendix A1."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return scale * elu(x, alpha)


def hard_sigmoid(x: Any) -> Variable:
    """The line ``0.2 x + 0.5``, limited to [0, 1]."""
    return elemwise.clip(0.2 * as_variable(x) + 0.5, 0.0, 1.0)


def softsign(x: Any) -> Variable:
    """``x / (1 + abs(x))``."""
    x = as_variable(x)
    return x / (1.0 + elemwise.abs_(x))


def binary_crossentropy(output: Any, target: Any) -> Variable:
    """``-target log(output) - (1 - target) log(1 - output)``, elementwise."""
    output, target = as_variable(output), as_variable(target)
    return -(target * elemwise.log(output) + (1.0 - target) * elemwise.log(1.0 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Variable:
    """Cross entropy of ``sigmoid(output)``, without loss of digits."""
    output, target = as_variable(output), as_variable(target)
    return softplus(output) - output * target


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Variable:
    """Cross entropy of each row; ``true_dist`` holds probabilities (a matrix) or classes (an integer vector)."""
    coding_dist, true_dist = as_variable(coding_dist), as_variable(true_dist)
    if true_dist.ndim == coding_dist.ndim:
        return -tensor_sum(true_dist * elemwise.log(coding_dist), axis=coding_dist.ndim - 1)
    if true_dist.ndim == coding_dist.ndim - 1:
        from pm_migrate.shims.theano.ops.creation import arange

        return -elemwise.log(coding_dist)[arange(true_dist.shape[0]), true_dist]
    raise TypeError(f"categorical_crossentropy: {coding_dist.ndim} and {true_dist.ndim} dimensions")


__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softplus",
    "softsign",
]
