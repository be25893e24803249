"""NumPy and SciPy functions called on variables: ``np.exp(x)``, ``np.dot(X, x)``, ``scipy.special.expit(x)``.

A function in the tables gives a variable; any other raises :class:`~pm_migrate.errors.NotSupported`. Nothing is ever
computed from the test value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops import creation, elemwise, joining, linalg, reductions, selection, shaping


def _logical_not(x: Any) -> Variable:
    return elemwise.eq(x, 0) if as_variable(x).dtype != "bool" else elemwise.invert(x)


def _truth(x: Any) -> Variable:
    x = as_variable(x)
    return x if x.dtype == "bool" else elemwise.neq(x, 0)


def _logaddexp(a: Any, b: Any) -> Variable:
    a, b = as_variable(a), as_variable(b)
    high, low = elemwise.maximum(a, b), elemwise.minimum(a, b)
    return elemwise.switch(elemwise.eq(a, b), a + np.log(2.0), high + elemwise.log1p(elemwise.exp(low - high)))


def _xlogy(x: Any, y: Any) -> Variable:
    return elemwise.switch(elemwise.eq(x, 0), 0.0, as_variable(x) * elemwise.log(y))


def _xlog1py(x: Any, y: Any) -> Variable:
    return elemwise.switch(elemwise.eq(x, 0), 0.0, as_variable(x) * elemwise.log1p(y))


def _logit(p: Any) -> Variable:
    p = as_variable(p)
    return elemwise.log(p / (1.0 - p))


def _betaln(a: Any, b: Any) -> Variable:
    a, b = as_variable(a), as_variable(b)
    return elemwise.gammaln(a) + elemwise.gammaln(b) - elemwise.gammaln(a + b)


_SAME_NAME = """
    maximum minimum exp exp2 expm1 log log2 log10 log1p sqrt floor ceil trunc sin cos tan arcsin arccos arctan arctan2
    sinh cosh tanh arcsinh arccosh arctanh deg2rad rad2deg isnan isinf invert erf erfc erfinv erfcinv erfcx gammaln
    gamma gammainc gammaincc psi i0 i1 i0e i1e j0 j1 ndtr
"""
_UFUNCS: dict[str, Callable[..., Any]] = {name: getattr(elemwise, name) for name in _SAME_NAME.split()} | {
    "add": elemwise.add,
    "subtract": elemwise.sub,
    "multiply": elemwise.mul,
    "divide": elemwise.true_div,
    "true_divide": elemwise.true_div,
    "floor_divide": elemwise.int_div,
    "remainder": elemwise.mod,
    "mod": elemwise.mod,
    "divmod": elemwise.divmod,
    "power": elemwise.pow,
    "float_power": lambda x, y: elemwise.pow(elemwise.cast(x, "float64"), y),
    "negative": elemwise.neg,
    "positive": as_variable,
    "absolute": elemwise.abs_,
    "fabs": elemwise.abs_,
    "sign": elemwise.sgn,
    "square": elemwise.sqr,
    "reciprocal": elemwise.inv,
    "rint": elemwise.round,
    "degrees": elemwise.rad2deg,
    "radians": elemwise.deg2rad,
    "less": elemwise.lt,
    "less_equal": elemwise.le,
    "greater": elemwise.gt,
    "greater_equal": elemwise.ge,
    "equal": elemwise.eq,
    "not_equal": elemwise.neq,
    "logical_and": lambda a, b: elemwise.and_(_truth(a), _truth(b)),
    "logical_or": lambda a, b: elemwise.or_(_truth(a), _truth(b)),
    "logical_xor": lambda a, b: elemwise.xor(_truth(a), _truth(b)),
    "logical_not": _logical_not,
    "bitwise_and": elemwise.and_,
    "bitwise_or": elemwise.or_,
    "bitwise_xor": elemwise.xor,
    "isfinite": lambda x: elemwise.invert(elemwise.or_(elemwise.isnan(x), elemwise.isinf(x))),
    "logaddexp": _logaddexp,
    "matmul": linalg.dot,
    "expit": elemwise.sigmoid,
    "logit": _logit,
    "digamma": elemwise.psi,
    "xlogy": _xlogy,
    "xlog1py": _xlog1py,
    "betaln": _betaln,
}


def _vstack(tensors: Sequence[Any]) -> Variable:
    rows = [as_variable(t) for t in tensors]
    return joining.concatenate([r.dimshuffle("x", 0) if r.ndim == 1 else r for r in rows], 0)


def _hstack(tensors: Sequence[Any]) -> Variable:
    parts = [as_variable(t) for t in tensors]
    return joining.concatenate(parts, 0 if parts[0].ndim == 1 else 1)


def _column_stack(tensors: Sequence[Any]) -> Variable:
    columns = [as_variable(t) for t in tensors]
    return joining.concatenate([c.dimshuffle(0, "x") if c.ndim == 1 else c for c in columns], 1)


def _expand_dims(a: Any, axis: int) -> Variable:
    return shaping.shape_padaxis(a, axis)


def _linalg_norm(x: Any, ord: Any = None) -> Variable:
    if as_variable(x).ndim == 2 and ord == 2:
        raise NotSupported("np.linalg.norm(matrix, 2): the largest singular value; use tt.nlinalg.svd")
    names = {np.inf: "inf", -np.inf: "-inf"}
    return linalg.norm(x, names.get(ord, ord))


def _full_like(a: Any, fill_value: Any) -> Variable:
    a = as_variable(a)
    return creation.fill(a, elemwise.cast(fill_value, a.dtype))


def _round(a: Any, decimals: int = 0) -> Variable:
    if decimals:
        raise NotSupported("np.round with decimals: multiply, round and divide")
    return elemwise.round(a)


def _reduction(function: Callable[..., Variable], *options: str) -> Callable[..., Variable]:
    """A reduction with NumPy's keywords; those at their default are dropped, unknown ones are refused."""

    def reduce(a: Any, axis: Any = None, **keywords: Any) -> Variable:
        given = {k: v for k, v in keywords.items() if v is not None and v is not np._NoValue}
        unknown = set(given) - set(options)
        if unknown:
            raise NotSupported(f"np.{function.__name__} on a tensor with {', '.join(sorted(unknown))}=")
        return function(a, axis=axis, **given)

    return reduce


def _polyval(p: Any, x: Any) -> Any:
    """A polynomial by Horner's rule, the highest power first."""
    total = creation.zeros_like(x)
    for coefficient in np.atleast_1d(np.asarray(p)):
        total = total * x + coefficient
    return total


_FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: _reduction(reductions.sum, "keepdims", "dtype"),
    np.prod: _reduction(reductions.prod, "keepdims", "dtype"),
    np.mean: _reduction(reductions.mean, "keepdims", "dtype"),
    np.var: _reduction(reductions.var, "keepdims", "ddof"),
    np.std: _reduction(reductions.std, "keepdims", "ddof"),
    np.max: _reduction(reductions.max, "keepdims"),
    np.min: _reduction(reductions.min, "keepdims"),
    np.ptp: _reduction(reductions.ptp),
    np.any: _reduction(reductions.any, "keepdims"),
    np.all: _reduction(reductions.all, "keepdims"),
    np.argmax: _reduction(reductions.argmax, "keepdims"),
    np.argmin: _reduction(reductions.argmin, "keepdims"),
    np.cumsum: _reduction(reductions.cumsum),
    np.cumprod: _reduction(reductions.cumprod),
    np.sort: lambda a, axis=-1: reductions.sort(a, axis),
    np.argsort: lambda a, axis=-1: reductions.argsort(a, axis),
    np.diff: lambda a, n=1, axis=-1: reductions.diff(a, n, axis),
    np.dot: linalg.dot,
    np.polyval: _polyval,
    np.vdot: lambda a, b: linalg.dot(shaping.flatten(a), shaping.flatten(b)),
    np.inner: lambda a, b: linalg.tensordot(a, b, [[-1], [-1]]),
    np.outer: linalg.outer,
    np.tensordot: linalg.tensordot,
    np.kron: linalg.kron,
    np.trace: lambda a: linalg.trace(a),
    np.concatenate: lambda arrays, axis=0: joining.concatenate(arrays, axis),
    np.stack: lambda arrays, axis=0: joining.stack(list(arrays), axis=axis),
    np.vstack: _vstack,
    np.hstack: _hstack,
    np.column_stack: _column_stack,
    np.where: elemwise.where,
    np.clip: lambda a, a_min, a_max: elemwise.clip(a, a_min, a_max),
    np.round: _round,
    np.around: _round,
    np.reshape: lambda a, shape: shaping.reshape(a, shape),
    np.ravel: lambda a: shaping.flatten(a),
    np.transpose: lambda a, axes=None: shaping.transpose(a, axes),
    np.swapaxes: shaping.swapaxes,
    np.moveaxis: shaping.moveaxis,
    np.squeeze: lambda a, axis=None: shaping.squeeze(a, axis),
    np.expand_dims: _expand_dims,
    np.broadcast_to: lambda array, shape: creation.broadcast_to(array, shape),
    np.tile: lambda A, reps: joining.tile(A, reps),
    np.repeat: lambda a, repeats, axis=None: joining.repeat(a, repeats, axis),
    np.roll: lambda a, shift, axis=None: joining.roll(a, shift, axis),
    np.diag: creation.diag,
    np.diagonal: shaping.diagonal,
    np.tril: creation.tril,
    np.triu: creation.triu,
    np.take: lambda a, indices, axis=None: selection.take(a, indices, axis),
    np.nonzero: lambda a: selection.nonzero(a),
    np.zeros_like: lambda a, dtype=None: creation.zeros_like(a, dtype),
    np.ones_like: lambda a, dtype=None: creation.ones_like(a, dtype),
    np.full_like: _full_like,
    np.shape: shaping.shape,
    np.size: shaping.size,
    np.ndim: lambda a: a.ndim,
    np.isclose: elemwise.isclose,
    np.allclose: elemwise.allclose,
    np.linalg.det: linalg.det,
    np.linalg.inv: linalg.matrix_inverse,
    np.linalg.pinv: linalg.pinv,
    np.linalg.cholesky: lambda a: linalg.cholesky(a),
    np.linalg.solve: lambda a, b: linalg.solve(a, b),
    np.linalg.norm: _linalg_norm,
    np.linalg.matrix_power: linalg.matrix_power,
}


def _refuse(name: str) -> NoReturn:
    raise NotSupported(
        f"{name} has no form for tensors of a model; look for it in theano.tensor or pm.math, or apply it to data only"
    )


def ufunc(function: Any, method: str, inputs: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """What ``__array_ufunc__`` does: the operation of the same meaning, or an error."""
    name = f"{'scipy.special' if function.__name__ not in dir(np) else 'np'}.{function.__name__}"
    if method != "__call__":
        _refuse(f"{name}.{method}")
    if keywords:
        raise NotSupported(
            f"{name} on a tensor with {', '.join(keywords)}=; an array cannot be changed in place by a tensor: write "
            "a = a + x, not a += x"
        )
    if function.__name__ not in _UFUNCS:
        _refuse(name)
    return _UFUNCS[function.__name__](*inputs)


def function(func: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """What ``__array_function__`` does: the operation of the same meaning, or an error."""
    name = f"{func.__module__}.{func.__name__}".replace("numpy", "np")
    if func not in _FUNCTIONS:
        _refuse(name)
    try:
        return _FUNCTIONS[func](*args, **keywords)
    except TypeError as error:
        if "argument" in str(error):
            raise NotSupported(f"{name} on a tensor with these arguments: {error}") from error
        raise
