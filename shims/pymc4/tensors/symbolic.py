"""Theano's variables among the values of a model: shared variables, what is computed from them, and Theano's functions.

A variable of the drop-in's :mod:`~pm_migrate.shims.theano` is computed where a model reads it, with the values that its
shared variables have then. What shared variables were read is noted, so that nothing compiled outlives their values.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.pymc4.tensors.promotion import normalise
from pm_migrate.shims.theano.evaluation import evaluate, shared_inputs, uses_python
from pm_migrate.shims.theano.graph import Given, SharedVariable, Variable

Tensor = Any


class _Reads(threading.local):
    """Per thread: what is noted by the innermost :class:`reading`."""

    current: reading | None = None
    place: tuple[int | None, Any] = (None, None)


_reads = _Reads()


class reading:
    """Context that notes what models read.

    Attributes
    ----------
    shared
        The shared variables, in the order of their first reading.
    python
        Whether an operation that is written in Python was computed.
    """

    def __init__(self) -> None:
        self.shared: dict[SharedVariable, None] = {}
        self.python = False

    def __enter__(self) -> reading:
        self._before, _reads.current = _reads.current, self
        return self

    def __exit__(self, *error: object) -> None:
        _reads.current = self._before

    def versions(self) -> tuple[int, ...]:
        """One number for each shared variable; it grows when the variable is set."""
        return tuple(s.version for s in self.shared)


def computed(variables: Iterable[Variable]) -> list[Tensor]:
    """The values of variables as plain tensors of normalised dtypes."""
    variables = list(variables)
    note = _reads.current
    if note is not None:
        note.shared.update(dict.fromkeys(shared_inputs(variables)))
        note.python = note.python or uses_python(variables)
    streams = [v for v in shared_inputs(variables) if v.default_update is not None]
    return [normalise(t) for t in evaluate(variables, _advanced(streams), guarded=True)]


def _advanced(streams: list[SharedVariable]) -> dict[Variable, Tensor]:
    """States of random streams (of minibatches) that are others in every run of a compiled program.

    Within one evaluation of a model all streams are at the same place, so that minibatches of inputs and outputs with
    one seed have the same rows.
    """
    from pm_migrate.shims.pymc4.tensors.dispatch import evaluation_number

    if not streams:
        return {}
    number = evaluation_number()
    if number is None or _reads.place[0] != number:
        place = tf.random.uniform([], 0, 2**31 - 1, tf.int64, seed=int(np.random.randint(2**31 - 1)))
        _reads.place = (number, place)
    return {state: tf.stack([tf.constant(state.data[0]), _reads.place[1]]) for state in streams}


def lifted(value: Any) -> Any:
    """Theano's variables for values of a model and tensors, also inside lists, tuples, dictionaries, object arrays."""
    from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor

    if isinstance(value, GeneratorTensor):
        return Given(value.tensor)
    if isinstance(value, (tf.Tensor, tf.Variable)):
        return Given(normalise(tf.convert_to_tensor(value)))
    if isinstance(value, dict):
        return {k: lifted(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        items = [lifted(v) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return lifted(value.tolist())
    return value


def settled(result: Any) -> Any:
    """Values of a model for Theano's variables, also inside lists and tuples."""
    from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor

    if isinstance(result, Variable):
        return GeneratorTensor(computed([result])[0])
    if isinstance(result, (list, tuple)):
        return type(result)(settled(r) for r in result)
    return result


def holds(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """Whether a value is of some kind, or a container of one that is."""
    if isinstance(value, kinds):
        return True
    if isinstance(value, dict):
        return any(holds(v, kinds) for v in value.values())
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.dtype == object):
        return any(holds(v, kinds) for v in value)
    return False


def on_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of Theano's variables as one of values of a model.

    Of Theano's variables alone it stays what it is, and computes nothing yet.
    """

    @functools.wraps(function)
    def applied(*args: Any, **kwargs: Any) -> Any:
        from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor

        given = (args, kwargs)
        if holds(given, Variable) and not holds(given, (GeneratorTensor, tf.Tensor, tf.Variable)):
            return function(*args, **kwargs)
        return settled(function(*lifted(args), **lifted(kwargs)))

    return applied
