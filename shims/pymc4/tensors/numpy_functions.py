"""NumPy's ufuncs and functions on the tensors of a model: a TensorFlow counterpart, or an error, never a constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp

from pm_migrate.shims.pymc4.tensors.arithmetic import BINARY, GUARDED, matmul, negative
from pm_migrate.shims.pymc4.tensors.promotion import as_float, promote, to_tensor
from pm_migrate.shims.theano.ops import reductions

Tensor = Any

_SAME_IN_TNP = """sin cos tan sinh cosh tanh arctan arcsinh floor ceil sign square exp2 cbrt
    deg2rad rad2deg isnan isinf isfinite logaddexp logaddexp2 arctan2 hypot""".split()


def _floats(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda *tensors: function(*(as_float(t) for t in tensors))


def _truth(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda *tensors: function(*(tf.cast(t, tf.bool) for t in tensors))


def _counted(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Booleans count as integers, as in NumPy."""

    def apply(a: Any, *args: Any, **kwargs: Any) -> Tensor:
        return function(tf.cast(a, tf.int64) if a.dtype == tf.bool else a, *args, **kwargs)

    return apply


def _ndtr(x: Tensor) -> Tensor:
    return 0.5 * tf.math.erfc(-x * 0.7071067811865476)


#: ufuncs of NumPy and of ``scipy.special``.
UFUNCS: Mapping[str, Callable[..., Tensor]] = {
    **{name: _floats(getattr(tnp, name)) for name in _SAME_IN_TNP},
    **BINARY,
    **GUARDED,
    "trunc": _floats(lambda x: tf.where(x < 0, tf.math.ceil(x), tf.floor(x))),
    "rint": _floats(tf.round),
    "negative": negative,
    "positive": lambda x: x,
    **dict.fromkeys(("absolute", "fabs"), tf.abs),
    "invert": tf.logical_not,
    **{f"logical_{name}": _truth(getattr(tf.math, f"logical_{name}")) for name in ("and", "or", "xor")},
    "logical_not": lambda x: tf.logical_not(tf.cast(x, tf.bool)),
    "matmul": matmul,
    "expit": _floats(tf.sigmoid),
    "logit": lambda x: GUARDED["log"](x) - GUARDED["log1p"](-as_float(x)),
    "erf": _floats(tf.math.erf),
    "erfc": _floats(tf.math.erfc),
    "erfinv": _floats(tf.math.erfinv),
    "ndtr": _floats(_ndtr),
    "ndtri": _floats(tf.math.ndtri),
    "xlogy": _floats(tf.math.xlogy),
    "xlog1py": _floats(tf.math.xlog1py),
    "i0": _floats(lambda x: tf.exp(tf.abs(x)) * tf.math.bessel_i0e(x)),  # bessel_i0 has no XLA kernel
    "i0e": _floats(tf.math.bessel_i0e),
    "i1": _floats(lambda x: tf.exp(tf.abs(x)) * tf.math.bessel_i1e(x)),
    "i1e": _floats(tf.math.bessel_i1e),
}

_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
_ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod"}


def _clip(a: Tensor, a_min: Any = None, a_max: Any = None, **ends: Any) -> Tensor:
    for end, function in (
        (ends.get("min", a_min), BINARY["maximum"]),
        (ends.get("max", a_max), BINARY["minimum"]),
    ):
        if end is not None:
            a = function(a, to_tensor(end))
    return a


def _where(condition: Tensor, x: Any = None, y: Any = None) -> Tensor:
    if x is None or y is None:
        raise TypeError("np.where(condition) alone has no fixed shape here; give it both branches")
    return tf.where(tf.cast(condition, tf.bool), *promote(to_tensor(x), to_tensor(y)))


def _round(a: Tensor, decimals: int = 0) -> Tensor:
    return tf.round(a * 10.0**decimals) / 10.0**decimals if decimals else tf.round(a)


def _take(a: Tensor, indices: Any, axis: int | None = None) -> Tensor:
    from pm_migrate.shims.pymc4.tensors.indexing import getitem

    if axis is None:
        a, axis = tf.reshape(a, [-1]), 0
    axis %= a.shape.rank
    return getitem(a, (*[slice(None)] * axis, indices))


def _dot(a: Any, b: Any) -> Tensor:
    return tnp.dot(as_float(to_tensor(a)), as_float(to_tensor(b)))


def _polyval(p: Any, x: Any) -> Tensor:
    """A polynomial by Horner's rule, the highest power first."""
    x = as_float(to_tensor(x))
    total = tf.zeros_like(x)
    for coefficient in tf.unstack(p) if tf.is_tensor(p) else p:
        total = total * x + tf.cast(to_tensor(coefficient), x.dtype)
    return total


def _extreme(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A maximum or minimum, whose gradient is Theano's where several elements are equal."""

    def apply(a: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
        a = to_tensor(a)
        axes = range(a.shape.rank) if axis is None else [axis] if isinstance(axis, (int, np.integer)) else list(axis)
        return function(a, [int(i) % a.shape.rank for i in axes], keepdims)

    return apply


largest, smallest = _extreme(reductions.largest), _extreme(reductions.smallest)

_TNP_FUNCTIONS = """std var all any argmax argmin count_nonzero ravel
    reshape transpose swapaxes moveaxis squeeze expand_dims broadcast_to repeat tile roll flip flipud fliplr rot90
    concatenate stack vstack hstack dstack split atleast_1d atleast_2d outer inner tensordot einsum vdot
    diag diagonal trace tril triu kron diff sort argsort average ptp zeros_like ones_like full_like meshgrid nansum
    nanmean isclose cross append select""".split()

#: NumPy functions that are not ufuncs.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: getattr(tnp, name) for name in _TNP_FUNCTIONS},
    **{name: _counted(getattr(tnp, name)) for name in ("sum", "prod", "mean", "cumsum", "cumprod")},
    **dict.fromkeys(("max", "amax"), largest),
    **dict.fromkeys(("min", "amin"), smallest),
    "clip": _clip,
    "where": _where,
    "take": _take,
    "dot": _dot,
    "polyval": _polyval,
    **dict.fromkeys(("round", "around"), _round),
    "shape": lambda a: tuple(a.shape),
    "ndim": lambda a: a.shape.rank,
    "size": lambda a: int(np.prod(a.shape)),
}

LINALG: Mapping[str, Callable[..., Any]] = {
    "inv": tf.linalg.inv,
    "cholesky": tf.linalg.cholesky,
    "solve": lambda a, b: tf.linalg.solve(a, b) if b.shape.rank > 1 else tf.linalg.solve(a, b[:, None])[:, 0],
    "det": tf.linalg.det,
    "slogdet": tf.linalg.slogdet,
    "norm": lambda x, ord=None, axis=None, keepdims=False: tf.norm(
        x, ord="euclidean" if ord is None else ord, axis=axis, keepdims=keepdims
    ),
}


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """What ``__array_ufunc__`` does, on plain tensors; an unknown ufunc or method is a TypeError."""
    name = ufunc.__name__
    if options.get("out") is not None:
        raise TypeError(
            f"np.{name} cannot write a value of the model into a NumPy array in place; "
            "write `a = a + x` instead of `a += x`"
        )
    extra = {k: v for k, v in options.items() if v is not None}
    if method == "__call__" and name in UFUNCS and not extra:
        return UFUNCS[name](*(to_tensor(v) for v in inputs))
    if method in {"reduce", "accumulate"}:
        function = (_REDUCTIONS if method == "reduce" else _ACCUMULATIONS).get(name)
        if function is not None:
            return FUNCTIONS[function](to_tensor(inputs[0]), **{"axis": 0, **extra})
    call = name if method == "__call__" else f"{name}.{method}"
    raise TypeError(
        f"np.{call}{' with ' + ', '.join(extra) if extra else ''} has no counterpart on the values of a model; "
        "use a TensorFlow function instead"
    )


def apply_function(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What ``__array_function__`` does, on plain tensors; an unknown function is a TypeError."""
    name = function.__name__
    in_linalg = function.__module__.startswith("numpy.linalg")
    table = LINALG if in_linalg else FUNCTIONS
    if name not in table:
        label = f"np.linalg.{name}" if in_linalg else f"np.{name}"
        raise TypeError(f"{label} has no counterpart on the values of a model; use a TensorFlow function instead")
    if in_linalg:
        args = tuple(as_float(to_tensor(a)) if i < 2 and _numeric(a) else a for i, a in enumerate(args))
    return table[name](*args, **kwargs)


def _numeric(value: Any) -> bool:
    return tf.is_tensor(value) or isinstance(value, np.ndarray)
