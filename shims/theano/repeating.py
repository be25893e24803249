"""A compiled function with updates, called many times as one program.

A call of a small function costs some hundred microseconds for the way into TensorFlow and out of it. The program here
makes any number of calls before it comes out, and stops where a value is no longer a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano.calling import Caller, caller
from pm_migrate.shims.theano.compilation import Function
from pm_migrate.shims.theano.evaluation import evaluate, uses_python
from pm_migrate.shims.theano.graph import SharedVariable

#: Bytes of earlier values that one program keeps.
_KEPT = 2**24
_MOST = 1000


@dataclass(frozen=True)
class Calls:
    """What some calls did.

    Parameters
    ----------
    results
        The first output of each, ``(calls,)``; None for a function without outputs.
    states
        Values of the updated variables after each, ``(calls, *shape)``; None when only the last ones are kept.
    failed
        Whether the last call gave NaN.
    """

    results: np.ndarray | None
    states: list[np.ndarray] | None
    failed: bool

    def __len__(self) -> int:
        return self.count

    count: int = 0


class Repeated:
    """A function of no arguments, to be called many times.

    Parameters
    ----------
    function
        The function: of scalar or no output, with updates.
    watched
        The calls end after one that gives this variable a NaN; None for one that returns NaN.
    """

    def __init__(self, function: Function, watched: SharedVariable | None) -> None:
        self._function = function
        self._watched = watched
        self._programs: dict[Any, Caller] = {}
        self._jit = True

    @property
    def possible(self) -> bool:
        """Whether the calls can be one program: they need nothing from Python in between."""
        function = self._function
        return not (function.inputs or function._changing or uses_python(function.results))

    @property
    def updated(self) -> list[SharedVariable]:
        """The variables that change."""
        return self._function._updated

    def limit(self, *, keep: bool) -> int:
        """The largest number of calls of one program, with the values after each call kept or not."""
        size = sum(v.data.nbytes for v in self.updated) if keep else 8
        return int(np.clip(_KEPT // max(size, 1), 1, _MOST))

    def signature(self) -> tuple[Any, ...]:
        """Changes when a variable that the function reads or changes is set."""
        return tuple((id(v.data), v.version) for v in (*self._function._arguments, *self._function._fixed))

    def __call__(self, count: int, *, keep: bool) -> Calls:
        """Make up to ``count`` calls, at most :meth:`limit`; the variables have their new values then.

        Parameters
        ----------
        count
            Number of calls; fewer when one gives NaN.
        keep
            Keep the values after each call. The variables then keep theirs: :meth:`set` gives them those of a call.
        """
        function = self._function
        values = [v.data for v in function._arguments]
        key = keep, tuple(v.shape for v in values), tuple(v.version for v in function._fixed)
        arguments = [np.asarray(count, np.int32), *values]
        done, failed, scores, *states = (t.numpy() for t in self._run(key, values, arguments, keep))
        done = int(done)
        results = scores[:done] if self._scored else None
        if keep:
            return Calls(results, [state[:done] for state in states], bool(failed), done)
        self._assign(states)
        return Calls(results, None, bool(failed), done)

    def set(self, calls: Calls, index: int) -> None:
        """Give the variables their values after call ``index``."""
        assert calls.states is not None
        self._assign([state[index] for state in calls.states])

    def _assign(self, values: Sequence[np.ndarray]) -> None:
        for shared, value in zip(self.updated, values, strict=True):
            shared.set_value(np.asarray(value, shared.dtype))

    @property
    def _scored(self) -> bool:
        return len(self._function.results) > len(self.updated)

    def _run(self, key: Any, values: Sequence[np.ndarray], arguments: Sequence[np.ndarray], keep: bool) -> Any:
        if key in self._programs:
            return self._programs[key](arguments, ())
        self._programs.clear()
        if self._jit:
            try:
                program = self._compile(values, keep, jit=True)
                outputs = program(arguments, ())
                self._programs[key] = program
                return outputs
            except (tf.errors.OpError, ValueError, TypeError):  # what XLA cannot compile
                self._jit = False
        self._programs[key] = self._compile(values, keep, jit=False)
        return self._programs[key](arguments, ())

    def _compile(self, values: Sequence[np.ndarray], keep: bool, *, jit: bool) -> Caller:
        """The program: a loop whose state are the updated variables."""
        function, most = self._function, self.limit(keep=keep)
        places = [function._arguments.index(v) for v in self.updated]
        first = len(function.results) - len(places)
        watched = None if self._watched is None else self.updated.index(self._watched)

        def one(state: Sequence[Any], arguments: Sequence[Any]) -> tuple[Any, list[Any]]:
            given = list(arguments)
            for place, value in zip(places, state, strict=True):
                given[place] = value
            results = evaluate(function.results, dict(zip(function._arguments, given, strict=True)))
            new = [tf.ensure_shape(tf.cast(r, s.dtype), s.shape) for r, s in zip(results[first:], state, strict=True)]
            score = tf.cast(results[0], tf.float64) if self._scored else tf.constant(0.0, tf.float64)
            return tf.reshape(score, []), new

        def run(count: Any, *arguments: Any) -> list[Any]:
            def body(i: Any, _: Any, scores: Any, state: list[Any], kept: list[Any]) -> tuple[Any, ...]:
                score, new = one(state, arguments)
                scores = tf.tensor_scatter_nd_update(scores, [[i]], [score])
                kept = (
                    [tf.tensor_scatter_nd_update(k, [[i]], x[None]) for k, x in zip(kept, new, strict=True)]
                    if kept
                    else []
                )
                failed = tf.math.is_nan(score) if watched is None else tf.reduce_any(tf.math.is_nan(new[watched]))
                return i + 1, failed, scores, new, kept

            start = [arguments[place] for place in places]
            room = [tf.zeros((most, *x.shape), x.dtype) for x in start] if keep else []
            done, failed, scores, state, kept = tf.while_loop(
                lambda i, failed, *_: tf.logical_and(i < count, tf.logical_not(failed)),
                body,
                (tf.constant(0), tf.constant(False), tf.zeros([most], tf.float64), start, room),
            )
            return [done, failed, scores, *(kept if keep else state)]

        specs = [tf.TensorSpec((), tf.int32), *(tf.TensorSpec(value.shape, value.dtype) for value in values)]
        return caller(tf.function(run, autograph=False, jit_compile=jit).get_concrete_function(*specs))
