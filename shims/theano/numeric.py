"""Gradients checked by finite differences: ``theano.gradient.verify_grad``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.compilation import function
from pm_migrate.shims.theano.gradient import grad
from pm_migrate.shims.theano.graph import SharedVariable, Variable, as_variable
from pm_migrate.shims.theano.types import TensorType

# step of the one-sided difference, and the error that it leaves, by dtype
_STEP = {"float16": 1e-1, "float32": 3e-4, "float64": 1e-7}
_ERROR = {"float16": 5e-2, "float32": 1e-2, "float64": 1e-4}


class GradientError(Exception):
    """A gradient differs from the finite difference.

    Attributes
    ----------
    arg, err_pos
        Number of the argument, and of the element in it, with the largest error.
    analytic, numeric
        The two derivatives there.
    abs_err, rel_err
        Their difference, and the same relative to the sum of their absolute values.
    """

    def __init__(self, arg: int, err_pos: int, analytic: float, numeric: float, abs_err: float, rel_err: float) -> None:
        super().__init__(arg, err_pos, analytic, numeric, abs_err, rel_err)
        self.arg, self.err_pos = arg, err_pos
        self.analytic, self.numeric = analytic, numeric
        self.abs_err, self.rel_err = abs_err, rel_err

    def __str__(self) -> str:
        return (
            f"the derivative with respect to element {self.err_pos} of argument {self.arg} is {self.analytic}, the "
            f"finite difference {self.numeric}: they differ by {self.abs_err} (relative {self.rel_err})"
        )


class numeric_grad:
    """Derivatives of a scalar function of arrays by one-sided differences, in ``gf``.

    Examples
    --------
    >>> point = np.array([1.0, 2.0])
    >>> [round(float(g), 4) for g in numeric_grad(lambda x: (x**2).sum(), point).gf]
    [2.0, 4.0]
    """

    type_eps = _STEP

    def __init__(self, f: Callable[..., Any], pt: Any, eps: float | None = None, out_type: Any = None) -> None:
        packed = not isinstance(pt, (list, tuple))
        points = [np.array(p) for p in ([pt] if packed else pt)]
        step = eps if eps is not None else max(_STEP[p.dtype.name] for p in points)
        base = f(*[p.copy() for p in points])
        slopes = [np.zeros_like(p) for p in points]
        for i, point in enumerate(points):
            for j in range(point.size):
                moved = [p.copy() for p in points]
                moved[i].flat[j] += step
                slopes[i].flat[j] = (f(*moved) - base) / step
        self.gf: Any = slopes[0] if packed else slopes

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
        """Absolute difference, and the same over the sum of the absolute values."""
        difference = np.abs(np.asarray(a) - np.asarray(b))
        return difference, difference / np.maximum(np.abs(a) + np.abs(b), 1e-8)

    def max_err(self, g_pt: Sequence[Any], abs_tol: float, rel_tol: float) -> tuple[int, int, float, float]:
        """Argument and element where the errors exceed both tolerances the most, and the errors there."""
        found: list[tuple[float, int, int, float, float]] = []
        for i, (analytic, numeric) in enumerate(zip(g_pt, self.gf, strict=True)):
            if np.shape(analytic) != np.shape(numeric):
                raise ValueError(f"gradient {i} has shape {np.shape(analytic)}, the argument {np.shape(numeric)}")
            absolute, relative = self.abs_rel_err(analytic, numeric)
            if not (np.isfinite(absolute).all() and np.isfinite(relative).all()):
                raise ValueError(f"the error of gradient {i} is not finite: {absolute}")
            if absolute.size == 0:
                continue
            excess = np.minimum(absolute / abs_tol, relative / rel_tol)
            j = int(excess.argmax())
            found.append((float(excess.flat[j]), i, j, float(absolute.flat[j]), float(relative.flat[j])))
        _, i, j, absolute_error, relative_error = max(found)
        return i, j, absolute_error, relative_error


def verify_grad(
    fun: Callable[..., Any],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: Any = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Compare the gradient of a function of tensors with finite differences, in random directions of its result.

    Parameters
    ----------
    fun
        Function of variables that returns one.
    pt
        Arrays of floats: the point.
    n_tests
        Number of directions.
    rng
        ``numpy.random.RandomState`` that draws them.
    eps
        Step of the difference; by dtype if not given.
    abs_tol, rel_tol
        Both have to be exceeded for an error; by dtype if not given.

    Raises
    ------
    GradientError
        Where they differ.

    Examples
    --------
    >>> verify_grad(lambda x: x**3, [np.array([1.0, 2.0])], rng=np.random.RandomState(0))
    """
    if rng is None:
        raise TypeError("verify_grad: give rng, a numpy.random.RandomState")
    points = [np.array(p) for p in pt]
    for i, point in enumerate(points):
        if point.dtype.name not in _STEP:
            raise TypeError(f"verify_grad: argument {i} has dtype {point.dtype}; only floats have gradients")
    inputs = [TensorType(p.dtype.name, [n == 1 for n in p.shape])(f"input {i}") for i, p in enumerate(points)]
    for variable, point in zip(inputs, points, strict=True):
        variable.tag.test_value = point
    output = fun(*inputs)
    if not isinstance(output, Variable):
        raise NotSupported("verify_grad of a function with several results; instead: one of them at a time")
    tolerance = max(_ERROR[p.dtype.name] for p in points)
    _compare(inputs, output, points, n_tests, rng, eps, abs_tol or tolerance, rel_tol or tolerance)


def _compare(
    inputs: Sequence[Variable],
    output: Variable,
    points: Sequence[np.ndarray],
    n_tests: int,
    rng: Any,
    eps: float | None,
    abs_tol: float,
    rel_tol: float,
) -> None:
    options: dict[str, Any] = {"allow_input_downcast": True, "on_unused_input": "ignore"}
    shape = function(inputs, output, **options)(*points).shape
    direction = SharedVariable(np.zeros(shape), "random_projection")
    cost = (direction * as_variable(output)).sum()
    value = function(inputs, cost, **options)
    slopes = function(inputs, grad(cost, list(inputs), disconnected_inputs="ignore"), **options)
    for _ in range(n_tests):
        # no small elements: they would lose the digits of the difference
        direction.set_value(np.asarray(rng.rand(*shape) + 0.5))
        numeric, analytic = numeric_grad(value, list(points), eps), slopes(*points)
        i, j, absolute, relative = numeric.max_err(analytic, abs_tol, rel_tol)
        if absolute > abs_tol and relative > rel_tol:
            pair = (float(analytic[i].flat[j]), float(numeric.gf[i].flat[j]))
            raise GradientError(i, j, *pair, absolute, relative)
