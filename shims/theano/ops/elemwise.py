"""Elementwise operations on variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Kind, Op, Variable, apply, as_variable
from pm_migrate.shims.theano.ops.scalars import SCALARS, guard, guarded_pow


def broadcast_flags(inputs: Sequence[Variable]) -> tuple[bool, ...]:
    """Flags of the result of broadcasting: a dimension has length 1 if it has so in every operand."""
    first = inputs[0].broadcastable
    if len(inputs) == 1 or all([v.broadcastable == first for v in inputs]):  # noqa: C419 - a hot path
        return first
    ndim = max(v.ndim for v in inputs)
    padded = [(True,) * (ndim - v.ndim) + v.broadcastable for v in inputs]
    return tuple([all(flags) for flags in zip(*padded, strict=True)])


@lru_cache(maxsize=1024)
def _op(name: str, compute: str, result: str) -> Op:
    """The operation for operands brought to one dtype; one object per function and dtype."""
    scalar = SCALARS[name]
    array_dtype = promotion.DTYPES[compute]

    def bring(operands: Sequence[Any]) -> list[Any]:
        return [
            x.astype(array_dtype, copy=False) if isinstance(x, np.ndarray) else tf.cast(x, compute) for x in operands
        ]

    stable = scalar.stable

    def on_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
        def compute_from(*operands: Any) -> Any:
            brought = bring(operands)
            found = None if stable is None else stable(*brought)
            return function(*brought) if found is None else found

        return compute_from

    def infer(inputs: Sequence[Variable]) -> Kind:
        return result, broadcast_flags(inputs)

    guarded = None
    if scalar.regular is not None and promotion.is_float(compute):
        if name == "pow":
            guarded = on_tensors(guarded_pow)
        else:
            guarded = on_tensors(guard(scalar.tensor, scalar.regular, scalar.harmless))
    array = scalar.array
    fast = None if array is None else lambda *operands: array(*bring(operands))
    return Op(name, on_tensors(scalar.tensor), infer=infer, fast=fast, guarded=guarded, raw=scalar.raw)


def elementwise(name: str, *inputs: Any) -> Variable:
    """Apply an elementwise function by name, operands promoted by its rule."""
    operands = [v if isinstance(v, Variable) else as_variable(v) for v in inputs]
    compute, result = SCALARS[name].rule(operands)
    return apply(_op(name, compute, result), *operands)


def _define(name: str, arity: int) -> Callable[..., Variable]:
    if arity == 1:

        def function(x: Any) -> Variable:
            return elementwise(name, x)

    else:

        def function(x: Any, y: Any) -> Variable:  # type: ignore[misc]
            return elementwise(name, x, y)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Elementwise ``{name}``."
    return function


def _variadic(name: str) -> Callable[..., Variable]:
    def function(x: Any, *others: Any) -> Variable:
        result = as_variable(x)
        for other in others:
            result = elementwise(name, result, other)
        return result

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Elementwise ``{name}`` of any number of operands."
    return function


add = _variadic("add")
mul = _variadic("mul")
and_ = _variadic("and_")
or_ = _variadic("or_")
xor = _variadic("xor")

sub = _define("sub", 2)
true_div = _define("true_div", 2)
int_div = _define("int_div", 2)
mod = _define("mod", 2)
pow = _define("pow", 2)
maximum = _define("maximum", 2)
minimum = _define("minimum", 2)
lt = _define("lt", 2)
le = _define("le", 2)
gt = _define("gt", 2)
ge = _define("ge", 2)
eq = _define("eq", 2)
neq = _define("neq", 2)
arctan2 = _define("arctan2", 2)
gammainc = _define("gammainc", 2)
gammaincc = _define("gammaincc", 2)

neg = _define("neg", 1)
abs_ = _define("abs_", 1)
sgn = _define("sgn", 1)
sqr = _define("sqr", 1)
inv = _define("inv", 1)
ceil = _define("ceil", 1)
floor = _define("floor", 1)
trunc = _define("trunc", 1)
invert = _define("invert", 1)
isnan = _define("isnan", 1)
isinf = _define("isinf", 1)
exp = _define("exp", 1)
exp2 = _define("exp2", 1)
expm1 = _define("expm1", 1)
log = _define("log", 1)
log2 = _define("log2", 1)
log10 = _define("log10", 1)
log1p = _define("log1p", 1)
sqrt = _define("sqrt", 1)
sigmoid = _define("sigmoid", 1)
softplus = _define("softplus", 1)
sin = _define("sin", 1)
cos = _define("cos", 1)
tan = _define("tan", 1)
arcsin = _define("arcsin", 1)
arccos = _define("arccos", 1)
arctan = _define("arctan", 1)
sinh = _define("sinh", 1)
cosh = _define("cosh", 1)
tanh = _define("tanh", 1)
arcsinh = _define("arcsinh", 1)
arccosh = _define("arccosh", 1)
arctanh = _define("arctanh", 1)
deg2rad = _define("deg2rad", 1)
rad2deg = _define("rad2deg", 1)
gammaln = _define("gammaln", 1)
gamma = _define("gamma", 1)
psi = _define("psi", 1)
tri_gamma = _define("tri_gamma", 1)
erf = _define("erf", 1)
erfc = _define("erfc", 1)
erfinv = _define("erfinv", 1)
erfcinv = _define("erfcinv", 1)
erfcx = _define("erfcx", 1)
i0 = _define("i0", 1)
i1 = _define("i1", 1)
i0e = _define("i0e", 1)
i1e = _define("i1e", 1)
j0 = _define("j0", 1)
j1 = _define("j1", 1)
ndtr = _define("ndtr", 1)

_ROUND = ("half_to_even", "half_away_from_zero")


def round(a: Any, mode: str | None = None) -> Variable:
    """Round to integers that keep the dtype; halves go to even by default."""
    mode = mode or "half_to_even"
    if mode not in _ROUND:
        raise ValueError(f"round: mode is {mode!r}, but must be one of {_ROUND}")
    return elementwise(f"round_{mode}", a)


def iround(a: Any, mode: str | None = None) -> Variable:
    """Round to int64; halves go to even by default."""
    mode = mode or "half_to_even"
    if mode not in _ROUND:
        raise ValueError(f"iround: mode is {mode!r}, but must be one of {_ROUND}")
    return elementwise(f"iround_{mode}", a)


def ceil_intdiv(a: Any, b: Any) -> Variable:
    """Integer division, rounded up."""
    return -int_div(-as_variable(a), b)


def divmod(a: Any, b: Any) -> tuple[Variable, Variable]:
    """Floor division and remainder."""
    return int_div(a, b), mod(a, b)


def chi2sf(x: Any, k: Any) -> Variable:
    """Survival function of the chi-squared distribution with ``k`` degrees of freedom."""
    return gammaincc(as_variable(k) / 2.0, as_variable(x) / 2.0)


@lru_cache(maxsize=16)
def _switch_op(dtype: str) -> Op:
    def impl(condition: Any, a: Any, b: Any) -> Any:
        return tf.where(_truth(condition), tf.cast(a, dtype), tf.cast(b, dtype))

    def fast(condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(condition, a.astype(dtype), b.astype(dtype))

    return Op("switch", impl, infer=lambda inputs: (dtype, broadcast_flags(inputs)), fast=fast, branches=(1, 2))


def _truth(condition: Any) -> Any:
    return condition if condition.dtype == tf.bool else tf.not_equal(condition, 0)


def switch(cond: Any, ift: Any, iff: Any) -> Variable:
    """``ift`` where the condition holds, ``iff`` elsewhere; gradients of what is not selected are 0.

    Examples
    --------
    >>> x = as_variable([0.0, 1.0])
    >>> switch(x > 0, log(x), -1.0).eval().tolist()
    [-1.0, 0.0]
    """
    operands = [as_variable(cond), as_variable(ift), as_variable(iff)]
    return apply(_switch_op(promotion.upcast(operands[1:])), *operands)


def where(cond: Any, ift: Any = None, iff: Any = None, **kwargs: Any) -> Any:
    """``switch``, or with the condition alone its ``nonzero``."""
    if ift is None and iff is None:
        from pm_migrate.shims.theano.ops.selection import nonzero

        return nonzero(as_variable(cond), **kwargs)
    return switch(cond, ift, iff)


def clip(x: Any, min: Any, max: Any) -> Variable:
    """Limit to the interval ``[min, max]``; the gradient at its ends is 1."""
    operands = [as_variable(x), as_variable(min), as_variable(max)]
    return apply(_clip_op(promotion.upcast(operands)), *operands)


@lru_cache(maxsize=16)
def _clip_op(dtype: str) -> Op:
    def impl(x: Any, low: Any, high: Any) -> Any:
        x, low, high = (tf.cast(v, dtype) for v in (x, low, high))
        if not x.dtype.is_floating:
            return tf.where(x < low, low, tf.where(x > high, high, x))
        return tf.where(x < low, low + tf.zeros_like(x), tf.where(x > high, high + tf.zeros_like(x), x))

    def fast(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        return np.where(x < low, low, np.where(x > high, high, x))

    return Op("clip", impl, infer=lambda inputs: (dtype, broadcast_flags(inputs)), fast=fast)


def cast(x: Any, dtype: Any) -> Variable:
    """Convert the dtype, truncating toward zero; ``'floatX'`` is the configured one."""
    x = as_variable(x)
    dtype = config.floatX if dtype == "floatX" else np.dtype(dtype).name
    if dtype == x.dtype and not x.weak:
        return x
    if dtype not in promotion.SUPPORTED:
        raise NotSupported(f"cast to {dtype}: the dtypes are {', '.join(sorted(promotion.SUPPORTED))}")
    return apply(_cast_op(dtype), x)


@lru_cache(maxsize=16)
def _cast_op(dtype: str) -> Op:
    def impl(x: Any) -> Any:
        return tf.not_equal(x, 0) if dtype == "bool" and x.dtype != tf.bool else tf.cast(x, dtype)

    return Op(
        f"cast:{dtype}",
        impl,
        infer=lambda inputs: (dtype, inputs[0].broadcastable),
        fast=lambda x: x.astype(dtype),
    )


_IDENTITY = Op(
    "tensor_copy",
    tf.identity,
    infer=lambda inputs: (inputs[0].dtype, inputs[0].broadcastable),
    fast=lambda x: x,
)


def tensor_copy(a: Any, name: str | None = None) -> Variable:
    """A new variable with the same value."""
    return apply(_IDENTITY, a, name=name)


def isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Variable:
    """Whether ``abs(a - b) <= atol + rtol * abs(b)``, elementwise; infinities are close to themselves."""
    a, b = as_variable(a), as_variable(b)
    close = and_(le(abs_(a - b), atol + rtol * abs_(b)), invert(isinf(b)))
    close = or_(close, eq(a, b))
    return or_(close, and_(isnan(a), isnan(b))) if equal_nan else close


def allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Variable:
    """Whether all elements are close, see :func:`isclose`."""
    return isclose(a, b, rtol, atol, equal_nan).all()
