"""Densities that a program writes itself: subclasses with their own ``logp``, and ``DensityDist``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.distributions import drawing
from pm_migrate.shims.distributions.base import Distribution
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Input, SharedVariable, Variable
from pm_migrate.shims.theano.tensor import as_tensor_variable

Tensor = Any
_drawing = threading.RLock()


def leaves(expression: Variable) -> list[Variable]:
    """What an expression is computed from: random variables, shared variables and symbolic inputs."""
    from pm_migrate.shims.variables import RandomVariable

    found: dict[Variable, None] = {}
    seen: set[Variable] = set()
    stack = [expression]
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        if isinstance(variable, (RandomVariable, SharedVariable, Input)):
            found[variable] = None
        elif variable.owner is not None:
            stack.extend(reversed(variable.owner.inputs))
    return list(found)


@dataclass(frozen=True, eq=False)
class _Trace:
    """A log density written once, for values of one shape."""

    value: Input
    logp: Variable


def trace(dist: Any, shape: tuple[int, ...]) -> _Trace:
    """Call the distribution's ``logp`` with a symbolic value of a shape; kept for the next call.

    Raises
    ------
    ModelError
        When ``logp`` returns nothing that is a tensor.
    """
    traces: dict[Any, _Trace] = dist.__dict__.setdefault("_traces", {})
    if shape not in traces:
        start = np.zeros(shape, dist.dtype)
        try:
            start = start + np.asarray(dist.get_test_val(dist.testval, dist.defaults), dist.dtype)
        except (AttributeError, ValueError, TypeError):
            start = np.zeros(shape, dist.dtype)
        value = Input(None, dist.dtype, shape, start if start.shape == shape else np.zeros(shape, dist.dtype))
        written = dist.logp(value)
        if written is None:
            raise ModelError(f"{dist.label}: logp(value) returned None; it has to return the log density")
        traces[shape] = _Trace(value, as_tensor_variable(written))
    return traces[shape]


def parameters(dist: Any) -> dict[str, Variable]:
    """The variables that a written log density depends on, the value aside."""
    known: dict[str, Variable] | None = dist.__dict__.get("_leaves")
    if known is None:
        traces = list(dist.__dict__.get("_traces", {}).values()) or [trace(dist, tuple(dist.shape))]
        found = dict.fromkeys(v for t in traces for v in leaves(t.logp) if v is not t.value)
        known = dist.__dict__["_leaves"] = {str(v.name or i): v for i, v in enumerate(found)}
    return known


@dataclass(frozen=True, eq=False)
class Written:
    """A distribution whose log density is an expression, at values of the variables in it."""

    dist: Any
    values: Mapping[Variable, Tensor]
    batch_shape: tuple[int, ...] = ()
    event_shape: tuple[int, ...] = ()
    categories: int | None = None

    def log_prob(self, value: Any) -> Tensor:
        """The log density, of whatever shape the expression has."""
        value = tf.cast(value, self.dist.dtype)
        written = trace(self.dist, tuple(value.shape))
        return as_float(evaluate([written.logp], {**self.values, written.value: value})[0])

    def test_value(self) -> Tensor:
        """The start value."""
        return tf.constant(self.dist.default())

    def sample(self, shape: tuple[int, ...], seed: Tensor, times: int | None = None) -> Tensor:
        """Call the program's ``random`` method, seeded, with the values of the variables as its point.

        Parameters
        ----------
        shape
            Of a draw.
        seed
            For NumPy's generator.
        times
            How many draws to ask it for, by its ``size``; one, without an axis in front, when None.
        """
        self.dist.require_random()
        whole = shape if times is None else (times, *shape)
        dtype = self.dist.drawn_dtype
        names = [str(v.name) for v in self.values if hasattr(v, "model")]
        tensors = [t for v, t in self.values.items() if hasattr(v, "model")]

        def call(seed: np.ndarray, *values: np.ndarray) -> np.ndarray:
            point = dict(zip(names, values, strict=True))
            with seeded(seed), as_shape(self.dist, shape):
                drawn = np.asarray(self.dist.random(point=point, size=times), dtype)
            if drawn.shape != whole:
                try:
                    drawn = np.ascontiguousarray(np.broadcast_to(drawn, whole))
                except ValueError:
                    raise ModelError(
                        f"{self.dist.label}: random gave draws of shape {drawn.shape}, not of shape {whole}"
                    ) from None
            return drawn

        if tf.executing_eagerly():
            return tf.constant(call(np.asarray(seed), *(np.asarray(t) for t in tensors)))
        result = tf.numpy_function(call, [seed, *tensors], dtype)
        return tf.ensure_shape(result, whole)


@contextmanager
def seeded(seed: np.ndarray) -> Iterator[None]:
    """NumPy's global state set to a seed, and afterwards back to what it was."""
    with _drawing:
        before = np.random.get_state()
        np.random.seed(np.asarray(seed).astype(np.uint32))
        try:
            yield
        finally:
            np.random.set_state(before)


@contextmanager
def as_shape(dist: Any, shape: tuple[int, ...]) -> Iterator[None]:
    """The distribution with the shape of the data: what a ``random`` method reads as ``self.shape``."""
    with _drawing:
        before, dist.shape = dist.shape, shape
        try:
            yield
        finally:
            dist.shape = before


class DensityDist(Distribution):
    """A distribution with a given log density.

    Parameters
    ----------
    logp
        Function of a variable (or of the keywords of ``observed={...}``) that gives the log density as an expression.
    shape, dtype, initval, testval
        As for every distribution; the start value is 0 by default.
    random
        Function ``random(point=None, size=None)`` that draws.
    wrap_random_with_dist_shape
        Whether ``random`` is called until the distribution's shape is filled; otherwise it is called once.
    check_shape_in_random
        Whether the shape of what an unwrapped ``random`` gives is checked.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> with pm.Model() as model:
    ...     x = pm.DensityDist("x", lambda value: -(value**2) / 2)
    >>> float(model.logp({"x": 3.0}))
    -4.5
    """

    def __init__(
        self,
        logp: Callable[..., Any],
        shape: Any = (),
        dtype: Any = None,
        initval: Any = 0,
        random: Callable[..., Any] | None = None,
        wrap_random_with_dist_shape: bool = True,
        check_shape_in_random: bool = True,
        *args: Any,
        testval: Any = None,
        **kwargs: Any,
    ) -> None:
        if not callable(logp):
            raise TypeError(f"DensityDist needs a function for its log density, got {type(logp).__name__}: {logp!r}")
        super().__init__(shape, dtype, initval, *args, testval=testval, **kwargs)
        self.logp = logp
        self.rand = random
        self.wrap_random_with_dist_shape = wrap_random_with_dist_shape
        self.check_shape_in_random = check_shape_in_random

    @property
    def has_random(self) -> bool:
        return self.rand is not None

    def require_random(self) -> None:
        """Raise unless there is a ``random``."""
        if self.rand is None:
            raise ValueError(
                "Distribution was not passed any random method. Define a custom random method and pass it as kwarg "
                "random"
            )

    def random(self, point: Any = None, size: Any = None, **kwargs: Any) -> np.ndarray:
        """Draw by the given function.

        Raises
        ------
        ValueError
            When none was given.
        RuntimeError
            When what it gives has another shape than ``size + shape`` and was to be checked.
        """
        self.require_random()
        assert self.rand is not None
        lead = drawing.lead_of(size)
        expected = (*lead, *self.shape)
        if not self.wrap_random_with_dist_shape:
            drawn = np.asarray(self.rand(point=point, size=size, **kwargs))
            if self.check_shape_in_random and drawn.shape != expected:
                raise RuntimeError(
                    "DensityDist encountered a shape inconsistency while drawing samples using the supplied random "
                    f"function. Was expecting to get samples of shape {expected} but got {drawn.shape} instead. Use "
                    "wrap_random_with_dist_shape=True, or switch the check off with check_shape_in_random=False."
                )
            return drawn
        one = np.shape(self.rand(point=point, size=None, **kwargs))
        # the function's own axes come last; what the distribution's shape has in front of them is drawn anew
        full = np.broadcast_shapes(self.shape, one)
        front = (*lead, *full[: len(full) - len(one)])
        drawn = np.asarray(self.rand(point=point, size=front or None, **kwargs))
        return np.broadcast_to(drawn.reshape(*front, *one), (*lead, *full)).copy()
