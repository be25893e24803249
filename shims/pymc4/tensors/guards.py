"""Elementwise operations whose gradients stay finite where a mask hides them.

``tf.where(x > 0, tf.math.log(x), 0.0)`` has a NaN gradient at x <= 0, because TensorFlow multiplies the zero that comes
back through the mask by an infinite derivative. Theano's optimiser avoids that, so PyMC3 models rely on it. Here the
product of a derivative and an incoming zero is zero. Derivatives are written in the input alone, so that second
derivatives exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pm_migrate.shims.pymc4.tensors.promotion import as_float, promote
from pm_migrate.shims.theano.ops import stabilised

Tensor = Any
Unary = Callable[[Tensor], Tensor]
_no_nan = tf.math.multiply_no_nan


def _guarded(function: Unary, derivative: Unary) -> Unary:
    @tf.custom_gradient
    def elementwise(x: Tensor) -> tuple[Tensor, Unary]:
        return function(x), lambda upstream: _no_nan(derivative(x), upstream)

    def guarded(x: Tensor) -> Tensor:
        with stabilised.transparent():
            return elementwise(as_float(x))

    return guarded


def _stable(stable: Callable[[Tensor], Tensor | None], otherwise: Unary) -> Unary:
    """Theano's formula, where it has another one for what the operand was computed from."""

    def function(x: Tensor) -> Tensor:
        x = as_float(x)
        found = stable(x)
        return otherwise(x) if found is None else found

    return function


log = _stable(stabilised.log, _guarded(tf.math.log, tf.math.reciprocal))
log1p = _stable(stabilised.log1p, _guarded(tf.math.log1p, lambda x: 1.0 / (1.0 + x)))
log2 = _guarded(lambda x: tf.math.log(x) / tf.math.log(tf.constant(2.0, x.dtype)), lambda x: 1.4426950408889634 / x)
log10 = _guarded(lambda x: tf.math.log(x) / tf.math.log(tf.constant(10.0, x.dtype)), lambda x: 0.4342944819032518 / x)
sqrt = _guarded(tf.sqrt, lambda x: 0.5 * tf.math.rsqrt(x))
rsqrt = _guarded(tf.math.rsqrt, lambda x: -0.5 * tf.math.rsqrt(x) / x)
reciprocal = _guarded(tf.math.reciprocal, lambda x: -1.0 / tf.square(x))
exp = _guarded(tf.exp, tf.exp)
expm1 = _guarded(tf.math.expm1, tf.exp)
lgamma = _guarded(tf.math.lgamma, tf.math.digamma)
digamma = _guarded(tf.math.digamma, lambda x: tf.math.polygamma(tf.ones_like(x), x))
asin = _guarded(tf.math.asin, lambda x: tf.math.rsqrt(1.0 - tf.square(x)))
acos = _guarded(tf.math.acos, lambda x: -tf.math.rsqrt(1.0 - tf.square(x)))
atanh = _guarded(tf.math.atanh, lambda x: 1.0 / (1.0 - tf.square(x)))
acosh = _guarded(tf.math.acosh, lambda x: tf.math.rsqrt(tf.square(x) - 1.0))


def _reduce_to(gradient: Tensor, shape: tf.TensorShape) -> Tensor:
    """Sum a gradient over the axes along which the input of ``shape`` was broadcast."""
    extra = gradient.shape.rank - shape.rank
    if extra:
        gradient = tf.reduce_sum(gradient, axis=list(range(extra)))
    stretched = [i for i, size in enumerate(shape) if size == 1 and gradient.shape[i] != 1]
    return tf.reduce_sum(gradient, axis=stretched, keepdims=True) if stretched else gradient


def _static(*tensors: Tensor) -> bool:
    return all(t.shape.is_fully_defined() for t in tensors)


@tf.custom_gradient
def _divide(a: Tensor, b: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
        by_a = _no_nan(1.0 / b, upstream)
        by_b = _no_nan(-a / tf.square(b), upstream)
        return _reduce_to(by_a, a.shape), _reduce_to(by_b, b.shape)

    return a / b, gradient


@tf.custom_gradient
def _power(a: Tensor, b: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
        # the derivative of a ** 0 is 0 also at a = 0, and of 0 ** b by b is 0 for b > 0
        by_a = _no_nan(_no_nan(tf.pow(a, b - 1.0), b), upstream)
        by_b = _no_nan(_no_nan(tf.math.log(a), tf.pow(a, b)), upstream)
        return _reduce_to(by_a, a.shape), _reduce_to(by_b, b.shape)

    return tf.pow(a, b), gradient


def divide(a: Tensor, b: Tensor) -> Tensor:
    """True division in ``floatX``."""
    a, b = as_float(a), as_float(b)
    found = stabilised.divide(a, b)
    if found is not None:
        return found
    return _divide(a, b) if _static(a, b) else a / b


def power(a: Tensor, b: Tensor) -> Tensor:
    """Power; integers to non-negative constant integers stay integers, as in NumPy."""
    exponent = tf.get_static_value(b)
    if a.dtype.is_integer and b.dtype.is_integer:
        if exponent is not None and (exponent >= 0).all():
            return tf.pow(*promote(a, b))
    elif exponent is not None and exponent.shape == () and exponent == 2:
        return tf.square(as_float(a))
    a, b = as_float(a), as_float(b)
    return _power(a, b) if _static(a, b) else tf.pow(a, b)
