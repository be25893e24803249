"""The elementwise functions: what each computes, in which dtype, and where its derivative is not finite.

Theano's optimiser moves a ``switch`` past the functions in its branches, so that the gradient of
``switch(x > 0, log(x), 0)`` is 0 at ``x = 0``. Automatic differentiation of ``tf.where`` gives ``0 * inf = nan`` there.
So each function that can overflow or has a pole says where it is *regular*. Inside a branch of a ``switch`` it is
computed as

    where(regular, f(where(regular, x, harmless)), stop_gradient(f(x)))

which has the same value everywhere and gradient 0 outside the regular points. These are ordinary TensorFlow operations,
so it also holds when the gradient is taken outside of ``vectorized_map``, where a custom gradient would be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special
import tensorflow as tf

from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.graph import known
from pm_migrate.shims.theano.ops import stabilised

Tensor = Any

_LN2, _LN10 = float(np.log(2.0)), float(np.log(10.0))


def _arithmetic(inputs: Sequence[Any]) -> tuple[str, str]:
    dtype = promotion.arithmetic(inputs)
    return dtype, dtype


def _upcast(inputs: Sequence[Any]) -> tuple[str, str]:
    dtype = promotion.upcast(inputs)
    return dtype, dtype


def _division(inputs: Sequence[Any]) -> tuple[str, str]:
    dtype = promotion.division(inputs)
    return dtype, dtype


def _real(inputs: Sequence[Any]) -> tuple[str, str]:
    dtype = promotion.float_of(inputs[0]) if len(inputs) == 1 else promotion.float_upcast(inputs)
    return dtype, dtype


def _comparison(inputs: Sequence[Any]) -> tuple[str, str]:
    return promotion.upcast(inputs), "bool"


def _test(inputs: Sequence[Any]) -> tuple[str, str]:
    return promotion.float_of(inputs[0]), "bool"


def _rounded(inputs: Sequence[Any]) -> tuple[str, str]:
    return promotion.float_of(inputs[0]), "int64"


@dataclass(frozen=True, eq=False, slots=True)
class Scalar:
    """One elementwise function.

    Parameters
    ----------
    name
        Theano's name.
    tensor, array
        The function in TensorFlow, and in NumPy where that is at hand.
    rule
        From the operands to the dtype it is computed in and the dtype of the result.
    regular
        Where value and derivative are finite; None if that is everywhere.
    harmless
        A regular point, one value per operand.
    raw
        ``tensor`` takes operands that are known while tracing as arrays.
    stable
        What Theano computes instead, from what the operands were computed from; answers None where it is nothing else.
        See :mod:`~pm_migrate.shims.theano.ops.stabilised`.
    """

    name: str
    tensor: Callable[..., Tensor]
    array: Callable[..., Any] | None
    rule: Callable[[Sequence[Any]], tuple[str, str]]
    regular: Callable[..., Tensor] | None = None
    harmless: tuple[float, ...] = ()
    raw: bool = False
    stable: Callable[..., Tensor | None] | None = None


def guard(
    function: Callable[..., Tensor], regular: Callable[..., Tensor], harmless: Sequence[float]
) -> Callable[..., Tensor]:
    """The function with gradient 0 outside its regular points (see the top of the module)."""

    def guarded(*operands: Tensor) -> Tensor:
        ok = regular(*operands)
        inner = [tf.where(ok, x, tf.constant(safe, x.dtype)) for x, safe in zip(operands, harmless, strict=True)]
        return tf.where(ok, function(*inner), tf.stop_gradient(function(*operands)))

    return guarded


def _finite(*tensors: Tensor) -> Tensor:
    ok = tf.math.is_finite(tensors[0])
    for tensor in tensors[1:]:
        ok = tf.logical_and(ok, tf.math.is_finite(tensor))
    return ok


def _tiny(x: Tensor) -> Tensor:
    """The smallest positive number whose reciprocal is finite."""
    return tf.constant(float(np.finfo(x.dtype.as_numpy_dtype).tiny), x.dtype)


def _positive(x: Tensor) -> Tensor:
    return tf.logical_and(x >= _tiny(x), tf.math.is_finite(x))


def _both_positive(a: Tensor, x: Tensor) -> Tensor:
    return tf.logical_and(_positive(a), _positive(x))


def _no_pole(x: Tensor) -> Tensor:
    """Away from 0, -1, -2 ..., where the gamma function has poles."""
    return tf.logical_and(tf.logical_or(x >= _tiny(x), tf.not_equal(x, tf.floor(x))), tf.math.is_finite(x))


def _is_float(x: Tensor) -> bool:
    return x.dtype.is_floating


# functions that TensorFlow lacks, or has with another meaning


def _logical(boolean: Callable[..., Tensor], other: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda a, b: boolean(a, b) if a.dtype == tf.bool else other(a, b)


def _int_div(a: Tensor, b: Tensor) -> Tensor:
    if _is_float(a):
        return tf.floor(a / b)
    zero = tf.equal(b, 0)
    return tf.where(zero, tf.zeros_like(a), tf.math.floordiv(a, tf.where(zero, tf.ones_like(b), b)))


def _int_div_array(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.floor(a / b) if a.dtype.kind == "f" else np.floor_divide(a, b)


def _mod(a: Tensor, b: Tensor) -> Tensor:
    if _is_float(a):
        return tf.math.floormod(a, b)
    zero = tf.equal(b, 0)
    return tf.where(zero, tf.zeros_like(a), tf.math.floormod(a, tf.where(zero, tf.ones_like(b), b)))


def _pow(x: Any, y: Any) -> Tensor:
    exponent = known(y)
    x = tf.convert_to_tensor(x)
    if not _is_float(x):
        return _int_pow(x, tf.convert_to_tensor(y))
    if exponent is not None and exponent.ndim == 0:
        if exponent == 2.0:
            return tf.square(x)
        if exponent == 0.5:
            return tf.sqrt(x)
        if exponent == 1.0:
            return tf.identity(x)
    if exponent is not None and (exponent == 0.0).any():
        # the derivative y * x**(y - 1) of x**0 is 0, also at x = 0
        x = tf.where(tf.convert_to_tensor(exponent == 0.0), tf.ones_like(x), x)
    return tf.pow(x, tf.convert_to_tensor(y))


def _int_pow(x: Tensor, y: Tensor) -> Tensor:
    """Integer powers; a negative exponent truncates the fraction (to 0, or +-1 for a base of +-1)."""
    negative = y < 0
    whole = tf.pow(x, tf.where(negative, tf.zeros_like(y), y))
    odd = tf.equal(tf.math.floormod(y, 2), 1)
    fraction = tf.where(tf.equal(x, 1), 1, tf.where(tf.equal(x, -1), tf.where(odd, -1, 1), 0))
    return tf.where(negative, tf.cast(fraction, x.dtype), whole)


def _pow_array(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if x.dtype.kind == "f":
        return np.power(x, y)
    whole = np.power(x, np.maximum(y, 0))
    fraction = np.where(x == 1, 1, np.where(x == -1, np.where(y % 2 == 1, -1, 1), 0))
    return np.where(y < 0, fraction, whole)


def _pow_regular(x: Any, y: Any) -> Tensor:
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    value = tf.pow(x, y)
    return _finite(value, y * tf.pow(x, y - 1.0))


def guarded_pow(x: Any, y: Any) -> Tensor:
    """``pow`` with guarded gradients; a known exponent needs none."""
    if known(y) is None:
        return guard(_pow, _pow_regular, (1.0, 1.0))(tf.convert_to_tensor(x), y)
    return guard(lambda base: _pow(base, y), lambda base: _pow_regular(base, y), (1.0,))(tf.convert_to_tensor(x))


def _psi(x: Tensor) -> Tensor:
    pole = tf.equal(x, 0)
    return tf.where(pole, tf.constant(-np.inf, x.dtype), tf.math.digamma(tf.where(pole, tf.ones_like(x), x)))


def _tri_gamma(x: Tensor) -> Tensor:
    return tf.math.polygamma(tf.ones_like(x), x)


def _gamma(x: Tensor) -> Tensor:
    negative = tf.logical_and(x < 0, tf.equal(tf.math.floormod(tf.floor(x), 2.0), 1.0))
    return tf.where(negative, -tf.exp(tf.math.lgamma(x)), tf.exp(tf.math.lgamma(x)))


def _erfcx(x: Tensor) -> Tensor:
    import tensorflow_probability as tfp  # costs seconds, and few models need it

    return tfp.math.erfcx(x)


def _exp2(x: Tensor) -> Tensor:
    return tf.exp(x * tf.constant(_LN2, x.dtype))


def _trunc(x: Tensor) -> Tensor:
    return tf.where(x < 0, tf.math.ceil(x), tf.floor(x))


def _away_from_zero(x: Tensor) -> Tensor:
    return tf.sign(x) * tf.floor(tf.abs(x) + 0.5)


def _on_floats(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Functions that leave integers as they are."""
    return lambda x: function(x) if _is_float(x) else tf.identity(x)


_STABLE: Mapping[str, Callable[..., Tensor | None]] = {
    "add": stabilised.add,
    "sub": stabilised.subtract,
    "true_div": stabilised.divide,
    "log": stabilised.log,
    "log1p": stabilised.log1p,
}


def _s(
    name: str,
    tensor: Callable[..., Tensor],
    array: Callable[..., Any] | None,
    rule: Callable[[Sequence[Any]], tuple[str, str]] = _real,
    regular: Callable[..., Tensor] | None = None,
    *harmless: float,
    raw: bool = False,
) -> Scalar:
    return Scalar(name, tensor, array, rule, regular, harmless, raw, _STABLE.get(name))


def _overflows(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda x: _finite(function(x), x)


def _division_regular(a: Tensor, b: Tensor) -> Tensor:
    inverse = 1.0 / b
    return _finite(inverse, a, a * inverse * inverse)


_TABLE = [
    # arithmetic
    _s("add", _logical(tf.logical_or, tf.add), np.add, _upcast),
    _s("sub", tf.subtract, np.subtract, _arithmetic),
    _s("mul", _logical(tf.logical_and, tf.multiply), np.multiply, _upcast, _finite, 1.0, 1.0),
    _s("true_div", tf.math.truediv, np.true_divide, _division, _division_regular, 1.0, 1.0),
    _s("int_div", _int_div, _int_div_array, _arithmetic),
    _s("mod", _mod, np.mod, _arithmetic, lambda a, b: _finite(a / b), 1.0, 1.0),
    _s("pow", _pow, _pow_array, _arithmetic, _pow_regular, 1.0, 1.0, raw=True),
    _s("maximum", _logical(tf.logical_or, tf.maximum), np.maximum, _upcast),
    _s("minimum", _logical(tf.logical_and, tf.minimum), np.minimum, _upcast),
    _s("neg", tf.negative, np.negative, _arithmetic),
    _s("abs_", lambda x: x if x.dtype == tf.bool else tf.abs(x), np.abs, _upcast),
    _s("sgn", tf.sign, np.sign, _arithmetic),
    _s("sqr", tf.square, np.square, _arithmetic, _overflows(tf.square), 1.0),
    _s("inv", tf.math.reciprocal, np.reciprocal, _real, lambda x: _finite(1.0 / x, x), 1.0),
    _s("ceil", tf.math.ceil, np.ceil),
    _s("floor", tf.floor, np.floor),
    _s("trunc", _trunc, np.trunc),
    _s("round_half_to_even", _on_floats(tf.round), np.round, _arithmetic),
    _s("round_half_away_from_zero", _on_floats(_away_from_zero), None, _arithmetic),
    _s("iround_half_to_even", lambda x: tf.cast(tf.round(x), tf.int64), np.round, _rounded),
    _s("iround_half_away_from_zero", lambda x: tf.cast(_away_from_zero(x), tf.int64), None, _rounded),
    # comparison and logic
    _s("lt", tf.less, np.less, _comparison),
    _s("le", tf.less_equal, np.less_equal, _comparison),
    _s("gt", tf.greater, np.greater, _comparison),
    _s("ge", tf.greater_equal, np.greater_equal, _comparison),
    _s("eq", tf.equal, np.equal, _comparison),
    _s("neq", tf.not_equal, np.not_equal, _comparison),
    _s("and_", _logical(tf.logical_and, tf.bitwise.bitwise_and), np.bitwise_and, _upcast),
    _s("or_", _logical(tf.logical_or, tf.bitwise.bitwise_or), np.bitwise_or, _upcast),
    _s("xor", _logical(tf.math.logical_xor, tf.bitwise.bitwise_xor), np.bitwise_xor, _upcast),
    _s("invert", lambda x: tf.logical_not(x) if x.dtype == tf.bool else tf.bitwise.invert(x), np.invert, _upcast),
    _s("isnan", tf.math.is_nan, np.isnan, _test),
    _s("isinf", tf.math.is_inf, np.isinf, _test),
    # exponentials and logarithms
    _s("exp", tf.exp, np.exp, _real, _overflows(tf.exp), 0.0),
    _s("exp2", _exp2, np.exp2, _real, _overflows(_exp2), 0.0),
    _s("expm1", tf.math.expm1, np.expm1, _real, _overflows(tf.math.expm1), 0.0),
    _s("log", tf.math.log, np.log, _real, _positive, 1.0),
    _s("log2", lambda x: tf.math.log(x) / tf.constant(_LN2, x.dtype), np.log2, _real, _positive, 1.0),
    _s("log10", lambda x: tf.math.log(x) / tf.constant(_LN10, x.dtype), np.log10, _real, _positive, 1.0),
    _s("log1p", tf.math.log1p, np.log1p, _real, lambda x: tf.logical_and(x > -1.0, tf.math.is_finite(x)), 0.0),
    _s("sqrt", tf.sqrt, np.sqrt, _real, _positive, 1.0),
    _s("sigmoid", tf.sigmoid, scipy.special.expit, _real),
    _s("softplus", tf.math.softplus, lambda x: np.logaddexp(x, np.zeros_like(x)), _real),
    # trigonometry
    _s("sin", tf.sin, np.sin, _real, _finite, 0.0),
    _s("cos", tf.cos, np.cos, _real, _finite, 0.0),
    _s("tan", tf.tan, np.tan, _real, _finite, 0.0),
    _s("arcsin", tf.asin, np.arcsin, _real, lambda x: tf.abs(x) < 1.0, 0.0),
    _s("arccos", tf.acos, np.arccos, _real, lambda x: tf.abs(x) < 1.0, 0.0),
    _s("arctan", tf.atan, np.arctan),
    _s("arctan2", tf.atan2, np.arctan2, _real, lambda y, x: _finite(1.0 / (x * x + y * y), x * x + y * y), 1.0, 1.0),
    _s("sinh", tf.sinh, np.sinh, _real, _overflows(tf.sinh), 0.0),
    _s("cosh", tf.cosh, np.cosh, _real, _overflows(tf.cosh), 0.0),
    _s("tanh", tf.tanh, np.tanh),
    _s("arcsinh", tf.asinh, np.arcsinh),
    _s("arccosh", tf.acosh, np.arccosh, _real, lambda x: tf.logical_and(x > 1.0, tf.math.is_finite(x)), 2.0),
    _s("arctanh", tf.atanh, np.arctanh, _real, lambda x: tf.abs(x) < 1.0, 0.0),
    _s("deg2rad", lambda x: x * tf.constant(np.pi / 180, x.dtype), np.deg2rad),
    _s("rad2deg", lambda x: x * tf.constant(180 / np.pi, x.dtype), np.rad2deg),
    # special functions
    _s("gammaln", tf.math.lgamma, scipy.special.gammaln, _real, _no_pole, 1.0),
    _s("gamma", _gamma, scipy.special.gamma, _real, lambda x: tf.logical_and(_no_pole(x), _finite(_gamma(x))), 1.0),
    _s("psi", _psi, scipy.special.psi, _real, _no_pole, 1.0),
    _s("tri_gamma", _tri_gamma, lambda x: scipy.special.polygamma(1, x), _real, _no_pole, 1.0),
    _s("gammainc", tf.math.igamma, scipy.special.gammainc, _real, _both_positive, 1.0, 1.0),
    _s("gammaincc", tf.math.igammac, scipy.special.gammaincc, _real, _both_positive, 1.0, 1.0),
    _s("erf", tf.math.erf, scipy.special.erf),
    _s("erfc", tf.math.erfc, scipy.special.erfc),
    _s("erfinv", tf.math.erfinv, scipy.special.erfinv, _real, lambda x: tf.abs(x) < 1.0, 0.0),
    _s("erfcinv", tf.math.erfcinv, scipy.special.erfcinv, _real, lambda x: tf.logical_and(x > 0.0, x < 2.0), 1.0),
    _s("erfcx", _erfcx, scipy.special.erfcx, _real, _overflows(_erfcx), 1.0),
    _s("i0", tf.math.bessel_i0, scipy.special.i0, _real, _overflows(tf.math.bessel_i0), 1.0),
    _s("i1", tf.math.bessel_i1, scipy.special.i1, _real, _overflows(tf.math.bessel_i1), 1.0),
    _s("i0e", tf.math.bessel_i0e, scipy.special.i0e),
    _s("i1e", tf.math.bessel_i1e, scipy.special.i1e),
    _s("j0", tf.math.special.bessel_j0, scipy.special.j0),
    _s("j1", tf.math.special.bessel_j1, scipy.special.j1),
    _s("ndtr", lambda x: 0.5 * tf.math.erfc(-x * tf.constant(np.sqrt(0.5), x.dtype)), scipy.special.ndtr),
]  # fmt: skip

#: Elementwise functions by name.
SCALARS = {s.name: s for s in _TABLE}
