"""``pm.scan``: Theano's loop over the first axis of sequences, on values of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.pymc4.tensors import GeneratorTensor, is_evaluating, to_tensor
from pm_migrate.shims.pymc4.tensors.promotion import promote
from pm_migrate.shims.pymc4.tensors.promotion import stack as _stack
from pm_migrate.shims.pymc4.tensors.static import static_value
from pm_migrate.shims.pymc4.tensors.symbolic import holds
from pm_migrate.shims.theano import loops as lazy

Tensor = Any

# longer loops become a loop of TensorFlow, which traces the step once
_UNROLL = 1000


@dataclass(frozen=True, eq=False)
class _Read:
    """A tensor that is read step by step, at offsets from the current step."""

    tensor: Tensor
    taps: tuple[int, ...]

    @property
    def start(self) -> int:
        return max(0, -min(self.taps))

    @property
    def steps(self) -> int:
        """How many steps have all taps."""
        return max(0, int(self.tensor.shape[0]) - self.start - max(0, *self.taps))

    def at(self, step: Any) -> list[GeneratorTensor]:
        """The slices of one step."""
        return [GeneratorTensor(self.tensor[self.start + step + tap]) for tap in self.taps]


@dataclass(frozen=True, eq=False)
class _Result:
    """A result; a recurrent one has an initial value, and is read at earlier steps."""

    initial: Any
    taps: tuple[int, ...] = ()

    @property
    def depth(self) -> int:
        return -min(self.taps) if self.taps else 0

    def history(self) -> list[Tensor]:
        """The values before the first step, oldest first."""
        if self.taps == (-1,):
            return [self.initial]
        return [self.initial[i] for i in range(self.depth)]

    def earlier(self, history: Sequence[Tensor]) -> list[GeneratorTensor]:
        """What a step reads of the values before it."""
        return [GeneratorTensor(history[self.depth + tap]) for tap in self.taps]


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    return_list: bool = False,
    **ignored: Any,
) -> tuple[Any, dict[Any, Any]]:
    """Apply a step function along the first axis of sequences (not in PyMC4; ``theano.scan``).

    Parameters
    ----------
    fn
        ``fn(slices..., previous outputs..., non_sequences...)`` gives one output or a list.
    sequences
        Tensors, or dicts ``{"input": x, "taps": [0, -1]}``.
    outputs_info
        For each output its initial value, a dict ``{"initial": x, "taps": [-1, -2]}``, or None if it is not recurrent.
    non_sequences
        Tensors that every step gets whole.
    n_steps
        Number of steps, otherwise the length of the shortest sequence.
    go_backwards
        Read the sequences from their ends.

    Returns
    -------
    outputs
        A value, or a list of them, with the steps on the first axis; initial values are not included.
    updates
        An empty dict, so that ``outputs, _ = pm.scan(...)`` reads as under Theano.

    Raises
    ------
    NotSupported
        For ``until``, updates of shared variables and ``truncate_gradient``.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> x = pm.math.sqrt([1.0, 4.0, 9.0])
    >>> total, _ = pm.scan(lambda x, before: before + x, sequences=x, outputs_info=0.0)
    >>> total.numpy().tolist()
    [1.0, 3.0, 6.0]
    """
    given = (sequences, outputs_info, non_sequences, n_steps)
    if not is_evaluating() and not holds(given, (GeneratorTensor, tf.Tensor, tf.Variable)):
        return lazy.scan(
            fn,
            sequences,
            outputs_info,
            non_sequences,
            n_steps,
            truncate_gradient,
            go_backwards,
            return_list=return_list,
        )
    if truncate_gradient != -1:
        raise NotSupported("pm.scan: truncate_gradient; leave it out, gradients go through all steps")
    reads = [_read(item, go_backwards) for item in _items(sequences)]
    others = [GeneratorTensor(to_tensor(v)) for v in _items(non_sequences)]
    declared = [_declared(item) for item in _items(outputs_info, none_is_one=True)] if outputs_info is not None else []
    count = min((r.steps for r in reads), default=0) if n_steps is None else _integer(n_steps)
    if not reads and n_steps is None:
        raise ValueError("pm.scan: give sequences or n_steps")

    def step(i: Any, histories: Sequence[Sequence[Tensor]]) -> list[Tensor]:
        recurrent = [d for d in declared if d.initial is not None]
        slices = [v for r in reads for v in r.at(i)]
        before = [v for d, h in zip(recurrent, histories, strict=True) for v in d.earlier(h)]
        return _outputs(fn(*slices, *before, *others))

    results = _unrolled(step, declared, count) if count <= _UNROLL else _looped(step, declared, count)
    values = [GeneratorTensor(r) for r in results]
    return (values[0] if len(values) == 1 and not return_list else values), {}


def _items(given: Any, none_is_one: bool = False) -> list[Any]:
    if given is None:
        return [None] if none_is_one else []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _integer(value: Any) -> int:
    known = static_value(to_tensor(value))
    if known is None:
        raise NotSupported("pm.scan: n_steps must not depend on random variables")
    return int(known)


def _read(item: Any, backwards: bool) -> _Read:
    taps = tuple(_items(item.get("taps", [0]))) if isinstance(item, dict) else (0,)
    tensor = to_tensor(item["input"] if isinstance(item, dict) else item)
    return _Read(tf.reverse(tensor, [0]) if backwards else tensor, taps)


def _declared(item: Any) -> _Result:
    if not isinstance(item, dict):
        return _Result(None) if item is None else _Result(to_tensor(item), (-1,))
    if item.get("initial") is None:
        return _Result(None)
    return _Result(to_tensor(item["initial"]), tuple(_items(item.get("taps", [-1]))))


def _outputs(result: Any) -> list[Tensor]:
    items = list(result) if isinstance(result, (list, tuple)) else [result]
    if items and isinstance(items[-1], dict) and not items[-1]:
        items.pop()
    if len(items) == 1 and isinstance(items[0], (list, tuple)):
        items = list(items[0])
    if any(isinstance(v, (dict, lazy.until)) for v in items):
        raise NotSupported("pm.scan: a step that ends the loop or updates shared variables; write a Python loop")
    return [to_tensor(v) for v in items]


def _histories(declared: Sequence[_Result]) -> list[list[Tensor]]:
    return [d.history() for d in declared if d.initial is not None]


def _moved(
    declared: Sequence[_Result], histories: Sequence[Sequence[Tensor]], results: Sequence[Tensor]
) -> list[list[Tensor]]:
    """The histories after a step."""
    if declared and len(declared) != len(results):
        raise ValueError(f"pm.scan: {len(declared)} outputs_info for {len(results)} outputs")
    new = [r for d, r in zip(declared, results, strict=False) if d.initial is not None]
    return [[*h[1:], r] for h, r in zip(histories, new, strict=True)]


def _unrolled(step: Callable[..., list[Tensor]], declared: Sequence[_Result], count: int) -> list[Tensor]:
    histories = _histories(declared)
    every = []
    for i in range(count):
        results = step(i, histories)
        histories = _moved(declared, histories, results)
        every.append(results)
    return [_stack(list(column)) for column in zip(*every, strict=True)]


def _looped(step: Callable[..., list[Tensor]], declared: Sequence[_Result], count: int) -> list[Tensor]:
    first = step(0, _histories(declared))
    second = step(0, _moved(declared, _histories(declared), first))
    dtypes = [promote(a, b)[0].dtype for a, b in zip(first, second, strict=True)]
    histories = [
        [tf.cast(v, dtype) for v in history]
        for history, dtype in zip(
            _histories(declared),
            [t for d, t in zip(declared, dtypes, strict=False) if d.initial is not None],
            strict=True,
        )
    ]

    def body(state: Any, i: Tensor) -> Any:
        before, _ = state
        results = [tf.cast(r, dtype) for r, dtype in zip(step(i, before), dtypes, strict=True)]
        return _moved(declared, before, results), results

    start = (histories, [tf.zeros(r.shape, dtype) for r, dtype in zip(second, dtypes, strict=True)])
    _, results = tf.scan(body, tf.range(count), start)
    return results
