"""The log density of a model for steps that evaluate it one point at a time.

One compiled program of the flat array of all free variables serves every step method of a model, whichever variables it
moves: to compile takes longer than a thousand steps. The last values are remembered, since a Metropolis step asks for
the density where the step before it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.blocking import ArrayOrdering
from pm_migrate.shims.model.value_grad import FlatProgram
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Variable

#: A proposal, where it came from, and one more for steps that look both ways.
_REMEMBERED = 4

Point = Mapping[str, np.ndarray]


class FlatLogp:
    """The log density of a model: of a point, or of the flat array of all its free variables.

    Parameters
    ----------
    model
        The model, which is not to change any more; :meth:`of` gives the one that a model keeps.
    expression
        What is evaluated instead of ``model.logpt``.

    Attributes
    ----------
    ordering : ArrayOrdering
        Where the variables lie in the array. It is of float64 whatever the variables are: that holds integers to 2**53.
    """

    def __init__(self, model: Any, expression: Variable | None = None) -> None:
        self._made_of = model, expression
        self._variables = list(model.free_RVs)
        self._expression = model.logpt if expression is None else expression
        self.ordering = ArrayOrdering(self._variables)
        self._program = FlatProgram(self._evaluate, [self._expression], [])
        self._known: dict[bytes, Any] = {}
        self._versions: list[int] = []

    @classmethod
    def of(cls, model: Any) -> FlatLogp:
        """The one that the model keeps, compiled once until something is added to the model."""
        key = ("flat logp", model._signature())
        if key not in model._functions:
            model._functions[key] = cls(model)
        kept: FlatLogp = model._functions[key]
        return kept

    def __reduce__(self) -> Any:
        model, expression = self._made_of
        return (type(self).of, (model,)) if expression is None else (type(self), (model, expression))

    def _evaluate(self, flat: Any, others: Mapping[Variable, Any]) -> tuple[Any, ...]:
        """Traceable."""
        givens = dict(others)
        for variable, place in zip(self._variables, self.ordering.vmap, strict=True):
            givens[variable] = tf.cast(tf.reshape(flat[place.slc], place.shp), variable.dtype)
        return tuple(evaluate([self._expression], givens))

    def __call__(self, point: Point) -> Any:
        """The log density of a point, a NumPy scalar."""
        return self.at(self.flatten(point))

    def at(self, flat: np.ndarray) -> Any:
        """The log density of a flat array, a NumPy scalar."""
        if not self._program.steady:
            return self.evaluate(flat)
        versions = self._program.versions()
        if versions != self._versions:
            self._known, self._versions = {}, versions
        key = flat.tobytes()
        known = self._known
        value = known.pop(key, None)
        if value is None:
            value = self.evaluate(flat)
            if len(known) >= _REMEMBERED:
                del known[next(iter(known))]
        known[key] = value  # the latest last
        return value

    def evaluate(self, flat: np.ndarray) -> Any:
        """As :meth:`at`, without looking at what is remembered."""
        return self._program(flat)[0][()]

    def flatten(self, point: Point) -> np.ndarray:
        """A point as a new flat array."""
        flat = np.empty(self.ordering.size)
        for place in self.ordering.vmap:
            flat[place.slc] = np.ravel(point[place.var])
        return flat

    def of_array(self, ordering: ArrayOrdering, point: Point) -> Callable[[np.ndarray], Any]:
        """The log density as a function of some variables, the others as in ``point``."""
        flat, where = self.flatten(point), self.places(ordering)

        def logp(array: np.ndarray) -> Any:
            flat[where] = array
            return self.at(flat)

        return logp

    def places(self, ordering: ArrayOrdering) -> Any:
        """Where the elements of an order of some variables lie: a slice if they are neighbours, else their indices."""
        slices = [self.ordering[place.var].slc for place in ordering.vmap]
        if all(a.stop == b.start for a, b in pairwise(slices)):
            return slice(slices[0].start, slices[-1].stop) if slices else slice(0, 0)
        return np.concatenate([np.arange(s.start, s.stop) for s in slices])


class _Place:
    """Part of a flat array under the interface of a shared variable."""

    def __init__(self, flat: np.ndarray, part: slice, shape: tuple[int, ...], dtype: str) -> None:
        self._flat, self._part, self._shape, self._dtype = flat, part, shape, dtype

    def set_value(self, value: Any) -> None:
        """Write it."""
        self._flat[self._part] = np.ravel(value)

    def get_value(self) -> np.ndarray:
        """Read it."""
        return self._flat[self._part].reshape(self._shape).astype(self._dtype)


class LogpDifference:
    """The difference of the log density at two arrays of some variables: ``difference(q, q0) = logp(q) - logp(q0)``.

    Parameters
    ----------
    model
        The model.
    vars
        The value variables of the arrays, in order.
    fresh
        Evaluate both each time, for operations of the program that leave something behind.
    second_last
        Evaluate at the second array last, not at the first.

    Attributes
    ----------
    shared : dict
        For each other value variable where its value is set (``set_value``); the test value at first.
    """

    def __init__(self, model: Any, vars: Sequence[Any], *, fresh: bool = False, second_last: bool = False) -> None:
        self._logp = FlatLogp.of(model)
        self._evaluate = self._logp.evaluate if fresh else self._logp.at
        self._second_last = second_last
        self._flat = self._logp.flatten(model.test_point)
        self._where = self._logp.places(ArrayOrdering(vars))
        chosen = {v.name for v in vars}
        order = self._logp.ordering
        self.shared = {
            v: _Place(self._flat, order[v.name].slc, order[v.name].shp, v.dtype)
            for v in model.free_RVs
            if v.name not in chosen
        }

    def __call__(self, q: np.ndarray, q0: np.ndarray) -> Any:
        """The difference, a NumPy scalar."""
        if self._second_last:
            after = self._at(q)
            return after - self._at(q0)
        before = self._at(q0)
        return self._at(q) - before

    def _at(self, q: np.ndarray) -> Any:
        self._flat[self._where] = q
        return self._evaluate(self._flat)
