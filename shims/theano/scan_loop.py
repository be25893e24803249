"""The loop of ``theano.scan``: a step, evaluated again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Input, Variable, known

# longer loops become a tf.while_loop, which XLA cannot compile inside vectorized_map (TensorListReserve)
UNROLL = 200


@dataclass(frozen=True, eq=False)
class Read:
    """A tensor that is read step by step, at the offsets ``taps`` from the current step."""

    variable: Variable
    taps: tuple[int, ...]

    @property
    def start(self) -> int:
        return max(0, -min(self.taps))

    @property
    def lost(self) -> int:
        """Steps at the ends that have no complete set of taps."""
        return self.start + max(0, *self.taps)


@dataclass(frozen=True, eq=False)
class Output:
    """A result; a recurrent one has an initial value and is read at earlier steps ``taps``."""

    initial: Variable | None
    taps: tuple[int, ...] = ()

    @property
    def depth(self) -> int:
        """How many earlier values are kept."""
        return -min(self.taps) if self.taps else 0


@dataclass(frozen=True, eq=False)
class Loop:
    """The step as a graph, and how its inputs are fed.

    Called with the number of steps (negative: as many as the sequences give), the sequences, the initial values of the
    recurrent outputs and what does not change, it gives all outputs, with the steps on the first axis.
    """

    sequences: Sequence[Read]
    outputs: Sequence[Output]
    slices: Sequence[Sequence[Input]]  # per sequence and tap
    previous: Sequence[Sequence[Input]]  # per recurrent output and tap
    results: Sequence[Variable]
    outside: Sequence[Variable]
    backwards: bool
    until: Variable | None = None  # the loop ends after the step where it is true
    truncate: int = -1  # gradients go through that many steps at the end

    def __call__(self, steps: Any, *operands: Any) -> tuple[Any, ...]:
        whole = operands[: len(self.sequences)]
        count = self._count(steps, whole)
        recurrent = [o for o in self.outputs if o.initial is not None]
        initial = operands[len(whole) : len(whole) + len(recurrent)]
        outside = dict(zip(self.outside, operands[len(whole) + len(recurrent) :], strict=True))
        sequences = [s[::-1] if self.backwards else s for s in whole]
        fixed = isinstance(count, int) and (self.until is None or tf.executing_eagerly())
        unrolled = fixed and (tf.executing_eagerly() or count <= UNROLL)
        if not unrolled:
            sequences = [tf.convert_to_tensor(s) for s in sequences]  # read at a step that is a tensor

        def step(i: Any, histories: list[list[Any]]) -> tuple[list[Any], Any]:
            givens = dict(outside)
            for sequence, tensor, inputs in zip(self.sequences, sequences, self.slices, strict=True):
                for tap, variable in zip(sequence.taps, inputs, strict=True):
                    givens[variable] = tensor[sequence.start + i + tap]
            for output, history, inputs in zip(recurrent, histories, self.previous, strict=True):
                for tap, variable in zip(output.taps, inputs, strict=True):
                    givens[variable] = history[output.depth + tap]
            return self._evaluated(givens, i, count)

        start = [
            [tf.convert_to_tensor(x)] if o.taps == (-1,) else [tf.convert_to_tensor(x[i]) for i in range(o.depth)]
            for o, x in zip(recurrent, initial, strict=True)
        ]
        return self._unrolled(count, step, start) if unrolled else self._while(count, step, start)

    def _evaluated(self, givens: dict[Any, Any], i: Any, count: Any) -> tuple[list[Any], Any]:
        """The outputs of step ``i``, and whether it is the last."""
        wanted = [*self.results] if self.until is None else [*self.results, self.until]
        values = evaluate(wanted, givens)
        stop = False if self.until is None else tf.cast(values.pop(), tf.bool)
        if self.truncate >= 0:
            early = tf.convert_to_tensor(i < count - self.truncate)
            values = [tf.where(early, tf.stop_gradient(v), v) for v in values]
        return values, stop

    def _count(self, steps: Any, operands: Sequence[Any]) -> Any:
        """The number of steps: an int, or a tensor if it is not known while tracing."""
        lengths = [x.shape[0] for x in operands]
        if any(n is None for n in lengths):
            lengths = [tf.shape(x)[0] if n is None else n for x, n in zip(operands, lengths, strict=True)]
        lengths = [n - s.lost for s, n in zip(self.sequences, lengths, strict=True)]
        wanted = known(steps)
        if wanted is None:
            return tf.cast(steps, tf.int32)
        if wanted < 0:
            if all(isinstance(n, int) for n in lengths):
                return int(min(lengths))
            return tf.reduce_min(tf.stack(lengths))
        if any(isinstance(n, int) and n < wanted for n in lengths):
            raise ValueError(f"a sequence is too short: {wanted} steps, sequences of {lengths}")
        return int(wanted)

    def _shift(self, histories: list[list[Any]], values: Sequence[Any]) -> list[list[Any]]:
        new = [v for v, o in zip(values, self.outputs, strict=True) if o.initial is not None]
        return [[*history[1:], value] for history, value in zip(histories, new, strict=True)]

    def _unrolled(self, count: int, step: Callable[..., Any], histories: list[list[Any]]) -> tuple[Any, ...]:
        collected = []
        for i in range(count):
            values, stop = step(i, histories)
            histories = self._shift(histories, values)
            collected.append(values)
            if stop:
                break
        if not collected:
            return tuple(tf.zeros((0, *(n or 0 for n in v.static_shape)), v.dtype) for v in self.results)
        return tuple(tf.stack(c) for c in zip(*collected, strict=True))

    def _while(self, count: Any, step: Callable[..., Any], histories: list[list[Any]]) -> tuple[Any, ...]:
        # the first step is outside of the loop: it gives the shapes of what the loop collects
        first, stop = step(0, histories)
        histories = self._shift(histories, first)
        arrays = [tf.TensorArray(v.dtype, count, element_shape=v.shape).write(0, v) for v in first]

        def body(i: Any, _: Any, arrays: list[Any], histories: list[list[Any]]) -> tuple[Any, ...]:
            values, stop = step(i, histories)
            arrays = [a.write(i, v) for a, v in zip(arrays, values, strict=True)]
            return i + 1, tf.convert_to_tensor(stop), arrays, self._shift(histories, values)

        done, _, arrays, _ = tf.while_loop(
            lambda i, stop, *_: tf.logical_and(i < count, tf.logical_not(stop)),
            body,
            (tf.constant(1), tf.convert_to_tensor(stop), arrays, histories),
            maximum_iterations=count - 1,
        )
        if self.until is None:
            return tuple(a.stack() for a in arrays)
        return tuple(a.gather(tf.range(done)) for a in arrays)
