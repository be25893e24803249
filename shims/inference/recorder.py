"""What a trace records of one draw, compiled: for samplers that make one draw at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.blocking import ArrayOrdering
from pm_migrate.shims.model.value_grad import FlatProgram
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Variable


class Recorder:
    """A function from a point to the values of some variables.

    Parameters
    ----------
    model
        The model.
    variables
        What to evaluate. Free value variables are read off the point.
    """

    def __init__(self, model: Any, variables: Sequence[Variable]) -> None:
        self._free = list(model.free_RVs)
        self._ordering = ArrayOrdering(self._free)
        own = set(self._free)
        self._names = [str(v.name) if v in own else None for v in variables]
        self._computed = [v for v in variables if v not in own]
        self._program = FlatProgram(self._evaluate, self._computed, [])

    @classmethod
    def of(cls, model: Any, variables: Sequence[Variable]) -> Recorder:
        """The one that the model keeps."""
        key = ("recorder", model._signature(), *variables)
        if key not in model._functions:
            model._functions[key] = cls(model, variables)
        kept: Recorder = model._functions[key]
        return kept

    def _evaluate(self, flat: Any, others: Mapping[Variable, Any]) -> tuple[Any, ...]:
        givens = dict(others)
        for variable, place in zip(self._free, self._ordering.vmap, strict=True):
            givens[variable] = tf.cast(tf.reshape(flat[place.slc], place.shp), variable.dtype)
        return tuple(evaluate(self._computed, givens))

    def __call__(self, point: Mapping[str, Any]) -> list[np.ndarray]:
        """The values, in the order of the variables."""
        values = iter(())
        if self._computed:
            flat = np.empty(self._ordering.size)
            for place in self._ordering.vmap:
                flat[place.slc] = np.ravel(point[place.var])
            values = iter(self._program(flat))
        return [next(values) if name is None else np.asarray(point[name]) for name in self._names]
