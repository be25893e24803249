"""The runtime and PyMC3 at many points: one compilation per row, parametrisation, mode and dtype."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.catalog import Distribution, Form
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.shims.distributions.binding import as_float, bind

Point = tuple[dict[str, Any], Any]


@dataclass(frozen=True)
class Result:
    """Log density and gradient of one point.

    Parameters
    ----------
    logp
        Summed over the event.
    gradient
        By input name; ``value`` is the value's. Empty where there is none.
    """

    logp: float
    gradient: Mapping[str, np.ndarray]


def eager(row: Distribution, form: Form, parameters: Mapping[str, Any], value: Any, dtype: Any = tf.float64) -> Result:
    """One point, operation by operation."""
    inputs = {name: as_float(v, dtype) for name, v in {**parameters, "value": value}.items()}
    logp, gradients = _with_gradient(row, form, inputs, dtype)
    return Result(float(logp), {name: g.numpy() for name, g in gradients.items()})


def _with_gradient(
    row: Distribution, form: Form, inputs: Mapping[str, Any], dtype: Any, batch: bool = False, method: str = "log_prob"
) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        logp = getattr(bind(row, form, inputs, dtype), method)(inputs["value"])
        total = tf.reduce_sum(logp)
    gradients = tape.gradient(total, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return (logp if batch else total), gradients


@lru_cache(maxsize=8)  # those of a case or two: the tests of one follow each other
def compiled(
    row_name: str, given: tuple[str, ...], jit: bool, dtype: Any, device: str | None, method: str = "log_prob"
) -> Any:
    """A compiled function from stacked inputs to log densities (or distribution functions) and gradients per point.

    Without a device it runs where its caller does.
    """
    row, form = _case(row_name, given)

    @tf.function(jit_compile=jit, autograph=False)
    def evaluate(inputs: Mapping[str, Any]) -> Any:
        with tf.device(device):
            return _with_gradient(row, form, inputs, dtype, batch=True, method=method)

    return evaluate


_CASES: dict[tuple[str, tuple[str, ...]], tuple[Distribution, Form]] = {}


def _case(name: str, given: tuple[str, ...]) -> tuple[Distribution, Form]:
    return _CASES[name, given]


def batch(
    row: Distribution,
    form: Form,
    points: Sequence[Point],
    jit: bool,
    dtype: Any = tf.float64,
    device: str | None = None,
    method: str = "log_prob",
) -> list[Result]:
    """Many points by one compiled function: one call for all points of a shape."""
    _CASES[row.name, form.given] = row, form
    groups: dict[Any, list[int]] = {}
    for i, point in enumerate(points):
        groups.setdefault(shapes(form, point), []).append(i)
    results: dict[int, Result] = {}
    for members in groups.values():
        # repeated up to one length, so that each shape is compiled once
        padded = [points[i] for i in members] + [points[members[-1]]] * (len(points) - len(members))
        results.update(zip(members, _batch(row, form, padded, jit, dtype, device, method), strict=False))
    return [results[i] for i in range(len(points))]


def shapes(form: Form, point: Point) -> tuple[tuple[int, ...], ...]:
    """Shapes of a point's parameters and value."""
    parameters, value = point
    return (*(np.shape(parameters[n]) for n in form.given), np.shape(value))


def _batch(
    row: Distribution, form: Form, points: Sequence[Point], jit: bool, dtype: Any, device: str | None, method: str
) -> list[Result]:
    names = [*form.given, "value"]
    columns = {n: np.stack([np.asarray({**p, "value": v}[n], float) for p, v in points]) for n in names}
    inputs = {n: tf.convert_to_tensor(c.astype(dtype.as_numpy_dtype)) for n, c in columns.items()}
    logp, gradients = compiled(row.name, form.given, jit, dtype, device, method)(inputs)
    # parameters alone may decide the density (a flat one): then it is one number for all
    logps = np.broadcast_to(logp.numpy().reshape(logp.shape), (len(points),))
    slopes = {n: g.numpy() for n, g in gradients.items()}
    return [Result(float(logps[i]), {n: g[i] for n, g in slopes.items()}) for i in range(len(points))]


_REFERENCE: dict[tuple[Any, ...], Any] = {}

#: Sizes, which PyMC3 wants as Python numbers.
SIZES = {("LKJCorr", ("eta", "n")): ("n",), ("LKJCorr", ("n", "p")): ("p",)}
#: Arrays that PyMC3's constructor computes with.
TABLES = {"Interpolated": ("x_points", "pdf_points")}
#: Rows whose constructor needs ``shape=``.
SHAPED = frozenset({"DirichletMultinomial", "MatrixNormal"})


def pymc3(
    reference: ReferenceClient, row: Distribution, form: Form, points: Sequence[Point], method: str = "logp"
) -> list[Result]:
    """Many points in PyMC3, through one compiled function per parametrisation (and ``method``: logp or logcdf)."""
    sizes = SIZES.get((row.name, form.given), ())
    results = []
    for parameters, value in points:
        constants: dict[str, Any] = {n: int(parameters[n]) for n in sizes}
        constants |= {n: np.asarray(parameters[n]) for n in TABLES.get(row.name, ())}
        if row.name in SHAPED:
            constants["shape"] = np.shape(value)
        # shapes and constants alone make the function: Categorical may take its number of categories from a test value
        fixed_key = tuple((n, repr(np.asarray(v).tolist())) for n, v in constants.items())
        key = (row.name, form.given, shapes(form, (parameters, value)), fixed_key, method, reference.life)
        typed = {n: np.asarray(v, _dtype(row, n)) for n, v in parameters.items() if n not in constants}
        typed["value"] = np.asarray(value, "int64" if row.discrete else "float64")
        if key not in _REFERENCE:
            kinds = {n: {"dtype": v.dtype.name, "ndim": v.ndim, "test_value": v} for n, v in typed.items()}
            kind = kinds.pop("value")
            fixed = {n: {"constant": v} for n, v in constants.items()}
            _REFERENCE[key] = reference.compile_distribution(
                row.name, {**kinds, **fixed}, kind, method, gradient=method == "logp"
            )
        results.append((_REFERENCE[key], typed))
    answers = []
    for function in dict.fromkeys(f for f, _ in results):
        mine = [i for i, (f, _) in enumerate(results) if f is function]
        evaluated = reference.evaluate_distribution(function, [results[i][1] for i in mine])
        answers += zip(mine, evaluated, strict=True)
    ordered = [answer for _, answer in sorted(answers, key=lambda pair: pair[0])]
    return [Result(float(np.sum(a.logp)), dict(a.gradient)) for a in ordered]


def _dtype(row: Distribution, name: str) -> str:
    """Integers where PyMC3 has integers; LKJCorr's old form calls its concentration n."""
    whole = row.param(name).domain.integer and row.name != "LKJCorr"
    return "int64" if whole else "float64"


def vectorized(row: Distribution, form: Form, points: Sequence[Point]) -> list[Result]:
    """Many points through ``tf.vectorized_map`` over the density of one, as chains are run."""
    names = [*form.given, "value"]
    columns = {n: np.stack([np.asarray({**p, "value": v}[n], float) for p, v in points]) for n in names}
    inputs = {n: tf.convert_to_tensor(c) for n, c in columns.items()}
    logp, gradients = tf.vectorized_map(lambda one: _with_gradient(row, form, one, tf.float64), inputs)
    logps = np.broadcast_to(logp.numpy(), (len(points),))
    slopes = {n: g.numpy() for n, g in gradients.items()}
    return [Result(float(logps[i]), {n: g[i] for n, g in slopes.items()}) for i in range(len(points))]
