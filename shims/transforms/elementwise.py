"""Transforms of each element by itself."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pm_migrate.shims.theano.graph import as_variable
from pm_migrate.shims.transforms.base import ElemwiseTransform, Native, is_tensor

Tensor = Any


class Elementwise(Native, ElemwiseTransform):
    """An elementwise transform given by functions of tensors."""

    def _end(self, index: int) -> Any:
        end = self._params[index]
        return end if is_tensor(end) else as_variable(end)


class Log(Elementwise):
    """``y = log(x)`` for x > 0."""

    name = "log"

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return tf.math.log(x)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.exp(y)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.identity(y)


class LogExpM1(Elementwise):
    """``y = log(exp(x) - 1)`` for x > 0.

    PyMC3 takes ``log(1 - exp(-x)) + x``, which loses the digits of a small x.
    """

    name = "log_exp_m1"

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        large = x > 1.0
        far = tf.where(large, x, tf.ones_like(x))
        near = tf.where(large, tf.ones_like(x), x)
        return tf.where(large, far + tf.math.log1p(-tf.exp(-far)), tf.math.log(tf.math.expm1(near)))

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.nn.softplus(y)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return -tf.nn.softplus(-y)


def logistic(y: Tensor) -> Tensor:
    """``1 / (1 + exp(-y))``, whose derivative keeps its digits near 1 too, where TensorFlow has ``x * (1 - x)``."""
    return tf.where(y > 0, 1.0 - tf.sigmoid(-y), tf.sigmoid(y))


def _log_sigmoid_slope(y: Tensor) -> Tensor:
    """Logarithm of the derivative of the logistic function: a sum of terms of one sign at any size of y."""
    return -tf.nn.softplus(y) - tf.nn.softplus(-y)


class LogOdds(Elementwise):
    """``y = log(x / (1 - x))`` for x in (0, 1).

    PyMC3's Jacobian is the logarithm of a gradient that underflows: ``-inf`` from about y = -360 and NaN from -710.
    """

    name = "logodds"

    @property
    def generator_tag(self) -> str:
        return "sigmoid"

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return tf.math.log(x) - tf.math.log1p(-x)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return logistic(y)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return _log_sigmoid_slope(y)


class Interval(Elementwise):
    """``y = log(x - a) - log(b - x)`` for x in (a, b).

    PyMC3 computes ``log(b - a)`` of Python numbers in float32.

    Parameters
    ----------
    a, b
        Ends: numbers, arrays, tensors or graph variables.
    """

    name = "interval"

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(a, b)

    @property
    def a(self) -> Any:
        """Lower end."""
        return self._end(0)

    @property
    def b(self) -> Any:
        """Upper end."""
        return self._end(1)

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        a, b = params
        return tf.math.log(x - a) - tf.math.log(b - x)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        a, b = params
        return logistic(y) * b + logistic(-y) * a

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        a, b = params
        return tf.math.log(b - a) + _log_sigmoid_slope(y)


class LowerBound(Elementwise):
    """``y = log(x - a)`` for x > a.

    Parameters
    ----------
    a
        Lower end: a number, array, tensor or graph variable.
    """

    name = "lowerbound"
    jacobian_has_params = False

    def __init__(self, a: Any) -> None:
        super().__init__(a)

    @property
    def a(self) -> Any:
        """Lower end."""
        return self._end(0)

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return tf.math.log(x - params[0])

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.exp(y) + params[0]

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.identity(y)


class UpperBound(Elementwise):
    """``y = log(b - x)`` for x < b.

    Parameters
    ----------
    b
        Upper end: a number, array, tensor or graph variable.
    """

    name = "upperbound"
    jacobian_has_params = False

    def __init__(self, b: Any) -> None:
        super().__init__(b)

    @property
    def b(self) -> Any:
        """Upper end."""
        return self._end(0)

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return tf.math.log(params[0] - x)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return params[0] - tf.exp(y)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.identity(y)


class Circular(Elementwise):
    """Angles, wrapped into (-pi, pi] by ``backward``."""

    name = "circular"
    identity_forward = True

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        return tf.identity(x)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.atan2(tf.sin(y), tf.cos(y))

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        return tf.zeros_like(y)
