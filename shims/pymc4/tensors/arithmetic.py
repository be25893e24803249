"""Operators on tensors under NumPy's rules: what ``+``, ``*``, ``<`` mean for booleans, integers and floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
import tensorflow.experimental.numpy as tnp

from pm_migrate.shims.pymc4.tensors import guards
from pm_migrate.shims.pymc4.tensors.promotion import as_float, promote
from pm_migrate.shims.theano.ops import stabilised

Tensor = Any
Binary = Callable[[Tensor, Tensor], Tensor]


def _arithmetic(function: Binary, for_booleans: Binary | None = None, symbol: str = "") -> Binary:
    def apply(a: Tensor, b: Tensor) -> Tensor:
        a, b = promote(a, b)
        if a.dtype == tf.bool:
            if for_booleans is None:
                raise TypeError(f"two comparisons cannot be combined with {symbol!r}; use &, | and ~, as in NumPy")
            return for_booleans(a, b)
        return function(a, b)

    return apply


def _promoted(function: Binary) -> Binary:
    return lambda a, b: function(*promote(a, b))


def _of_integers(function: Binary) -> Binary:
    return lambda a, b: function(tf.cast(a, tf.int64), tf.cast(b, tf.int64))


def _integers_for(function: Binary) -> Binary:
    """Comparison of booleans through integers: TensorFlow orders numbers only."""
    return _arithmetic(function, _of_integers(function))


def _bitwise(logical: Binary, bits: Binary) -> Binary:
    def apply(a: Tensor, b: Tensor) -> Tensor:
        a, b = promote(a, b)
        if a.dtype.is_floating:
            raise TypeError("bitwise operators take booleans or integers; compare first, for example (x > 0) & (y > 0)")
        return logical(a, b) if a.dtype == tf.bool else bits(a, b)

    return apply


def _stable(stable: Callable[[Tensor, Tensor], Tensor | None], otherwise: Binary) -> Binary:
    """Theano's formula, where it has another one for what the operands were computed from."""

    def function(a: Tensor, b: Tensor) -> Tensor:
        found = stable(a, b)
        return otherwise(a, b) if found is None else found

    return function


add = _arithmetic(_stable(stabilised.add, tf.add), tf.logical_or)
subtract = _arithmetic(_stable(stabilised.subtract, tf.subtract), symbol="-")
multiply = _arithmetic(tf.multiply, tf.logical_and)
floordiv = _arithmetic(tf.math.floordiv, _of_integers(tf.math.floordiv))
mod = _arithmetic(tf.math.floormod, _of_integers(tf.math.floormod))
logical_and = _bitwise(tf.logical_and, tf.bitwise.bitwise_and)
logical_or = _bitwise(tf.logical_or, tf.bitwise.bitwise_or)
logical_xor = _bitwise(tf.math.logical_xor, tf.bitwise.bitwise_xor)


def power(a: Tensor, b: Tensor) -> Tensor:
    """Power; booleans count as integers."""
    a, b = (tf.cast(t, tf.int64) if t.dtype == tf.bool else t for t in (a, b))
    return guards.power(a, b)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """NumPy's ``@``: vectors allowed on either side."""
    return tnp.matmul(as_float(a), as_float(b))


def negative(a: Tensor) -> Tensor:
    """Minus; a comparison has none, as in NumPy."""
    if a.dtype == tf.bool:
        raise TypeError("a comparison has no negative; use ~ to invert it")
    return tf.negative(a)


#: Binary operations by every name they go by in Python, TensorFlow and NumPy.
BINARY: Mapping[str, Binary] = {
    **dict.fromkeys(("add", "add_v2"), add),
    **dict.fromkeys(("subtract", "sub"), subtract),
    **dict.fromkeys(("multiply", "mul", "_mul_dispatch"), multiply),
    **dict.fromkeys(("divide", "truediv", "true_divide", "div", "realdiv"), guards.divide),
    **dict.fromkeys(("floordiv", "floor_divide", "floor_div"), floordiv),
    **dict.fromkeys(("floormod", "mod", "remainder", "floor_mod"), mod),
    **dict.fromkeys(("pow", "power", "float_power"), power),
    "maximum": _integers_for(tf.maximum),
    "minimum": _integers_for(tf.minimum),
    "greater": _integers_for(tf.greater),
    "greater_equal": _integers_for(tf.greater_equal),
    "less": _integers_for(tf.less),
    "less_equal": _integers_for(tf.less_equal),
    "equal": _promoted(tf.equal),
    "not_equal": _promoted(tf.not_equal),
    **dict.fromkeys(("logical_and", "bitwise_and"), logical_and),
    **dict.fromkeys(("logical_or", "bitwise_or"), logical_or),
    **dict.fromkeys(("logical_xor", "bitwise_xor"), logical_xor),
}

#: Unary operations whose gradient needs a guard, by their names in TensorFlow, NumPy and SciPy.
GUARDED: Mapping[str, Callable[[Tensor], Tensor]] = {
    "log": guards.log,
    "log1p": guards.log1p,
    "log2": guards.log2,
    "log10": guards.log10,
    "sqrt": guards.sqrt,
    "rsqrt": guards.rsqrt,
    "reciprocal": guards.reciprocal,
    "exp": guards.exp,
    "expm1": guards.expm1,
    **dict.fromkeys(("lgamma", "gammaln"), guards.lgamma),
    **dict.fromkeys(("digamma", "psi"), guards.digamma),
    **dict.fromkeys(("asin", "arcsin"), guards.asin),
    **dict.fromkeys(("acos", "arccos"), guards.acos),
    **dict.fromkeys(("atanh", "arctanh"), guards.atanh),
    **dict.fromkeys(("acosh", "arccosh"), guards.acosh),
}
