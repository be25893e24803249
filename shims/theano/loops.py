"""``theano.scan``: a loop over the first axis of sequences, as one node of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.evaluation import evaluate, toposort
from pm_migrate.shims.theano.graph import Input, Op, Variable, apply_multiple, as_variable, get_test_value, known
from pm_migrate.shims.theano.ops.elemwise import cast

# longer loops become a tf.while_loop, which XLA cannot compile inside vectorized_map (TensorListReserve)
UNROLL = 200


@dataclass(frozen=True, eq=False)
class _Sequence:
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
class _Output:
    """A result; a recurrent one has an initial value and is read at earlier steps ``taps``."""

    initial: Variable | None
    taps: tuple[int, ...] = ()

    @property
    def depth(self) -> int:
        """How many earlier values are kept."""
        return -min(self.taps) if self.taps else 0


def _sequences(given: Any) -> list[_Sequence]:
    result = []
    for item in _as_list(given):
        if isinstance(item, dict):
            unknown = set(item) - {"input", "taps"}
            if unknown:
                raise NotSupported(f"theano.scan: {sorted(unknown)} in a sequence; use input= and taps=")
            taps = item.get("taps", [0])
            result.append(_Sequence(as_variable(item["input"]), tuple(_as_list(taps))))
        else:
            result.append(_Sequence(as_variable(item), (0,)))
    return result


def _outputs(given: Any) -> list[_Output]:
    result = []
    for item in _as_list(given, keep_none=True):
        if item is None or (isinstance(item, dict) and item.get("initial") is None):
            result.append(_Output(None))
        elif isinstance(item, dict):
            taps = tuple(_as_list(item.get("taps", [-1])))
            if any(t >= 0 for t in taps):
                raise ValueError(f"theano.scan: taps of an output must be negative, not {taps}")
            result.append(_Output(as_variable(item["initial"]), taps))
        else:
            result.append(_Output(as_variable(item), (-1,)))
    return result


def _as_list(value: Any, keep_none: bool = False) -> list[Any]:
    if value is None:
        return [None] if keep_none else []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _placeholder(model: Variable, name: str, drop_axis: bool, at: int = 0) -> Input:
    """An input that stands for a variable, or for one element along its first axis."""
    value = get_test_value(model)
    shape: tuple[int | None, ...] = model.static_shape
    if drop_axis:
        value = value[at] if value is not None and len(value) > at else None
        shape = shape[1:]
    return Input(name, model.dtype, shape, value)


def _returned(result: Any) -> list[Variable]:
    """The outputs of the step function; updates and ``until`` are not available."""
    if isinstance(result, dict):
        raise NotSupported("theano.scan: the step function returned updates of shared variables only")
    items = list(result) if isinstance(result, (list, tuple)) else [result]
    if items and isinstance(items[-1], dict):
        if items[-1]:
            raise NotSupported("theano.scan: updates of shared variables in a step; carry them as an output")
        items = items[:-1]
    if len(items) == 1 and isinstance(items[0], (list, tuple)):
        items = list(items[0])
    return [as_variable(v) for v in items]


@dataclass(frozen=True, eq=False)
class _Loop:
    """The step as a graph, and how its inputs are fed."""

    sequences: Sequence[_Sequence]
    outputs: Sequence[_Output]
    slices: Sequence[Sequence[Input]]  # per sequence and tap
    previous: Sequence[Sequence[Input]]  # per output and tap
    results: Sequence[Variable]
    outside: Sequence[Variable]
    backwards: bool

    def __call__(self, steps: Any, *operands: Any) -> tuple[Any, ...]:
        count = self._count(known(steps), operands)
        whole = operands[: len(self.sequences)]
        recurrent = [o for o in self.outputs if o.initial is not None]
        initial = operands[len(whole) : len(whole) + len(recurrent)]
        outside = dict(zip(self.outside, operands[len(whole) + len(recurrent) :], strict=True))
        sequences = [s[::-1] if self.backwards else s for s in whole]

        def step(i: Any, histories: list[list[Any]]) -> list[Any]:
            givens = dict(outside)
            for sequence, tensor, inputs in zip(self.sequences, sequences, self.slices, strict=True):
                for tap, variable in zip(sequence.taps, inputs, strict=True):
                    givens[variable] = tensor[sequence.start + i + tap]
            for output, history, inputs in zip(recurrent, histories, self.previous, strict=True):
                for tap, variable in zip(output.taps, inputs, strict=True):
                    givens[variable] = history[output.depth + tap]
            return evaluate(self.results, givens)

        start = [
            [tf.convert_to_tensor(x)] if o.taps == (-1,) else [tf.convert_to_tensor(x[i]) for i in range(o.depth)]
            for o, x in zip(recurrent, initial, strict=True)
        ]
        if tf.executing_eagerly() or count <= UNROLL:
            return self._unrolled(count, step, start)
        sequences = [tf.convert_to_tensor(s) for s in sequences]  # read at a step that is a tensor
        return self._while(count, step, start)

    def _count(self, steps: Any, operands: Sequence[Any]) -> int:
        lengths = [x.shape[0] - s.lost for s, x in zip(self.sequences, operands, strict=False)]
        if steps is None or any(n is None for n in lengths):
            raise ValueError("the number of steps must be known when the model is compiled")
        wanted = int(steps)
        if wanted < 0:
            return int(min(lengths))
        if any(n < wanted for n in lengths):
            raise ValueError(f"a sequence is too short: {wanted} steps, sequences of {lengths}")
        return wanted

    def _shift(self, histories: list[list[Any]], values: Sequence[Any]) -> list[list[Any]]:
        new = [v for v, o in zip(values, self.outputs, strict=True) if o.initial is not None]
        return [[*history[1:], value] for history, value in zip(histories, new, strict=True)]

    def _unrolled(self, count: int, step: Callable[..., list[Any]], histories: list[list[Any]]) -> tuple[Any, ...]:
        collected = []
        for i in range(count):
            values = step(i, histories)
            histories = self._shift(histories, values)
            collected.append(values)
        if not collected:
            return tuple(tf.zeros((0, *(n or 0 for n in v.static_shape)), v.dtype) for v in self.results)
        return tuple(tf.stack(c) for c in zip(*collected, strict=True))

    def _while(self, count: int, step: Callable[..., list[Any]], histories: list[list[Any]]) -> tuple[Any, ...]:
        # the first step is outside of the loop: it gives the shapes of what the loop collects
        first = step(0, histories)
        histories = self._shift(histories, first)
        arrays = [tf.TensorArray(v.dtype, count, element_shape=v.shape).write(0, v) for v in first]

        def body(i: Any, arrays: list[Any], histories: list[list[Any]]) -> tuple[Any, ...]:
            values = step(i, histories)
            return i + 1, [a.write(i, v) for a, v in zip(arrays, values, strict=True)], self._shift(histories, values)

        _, arrays, _ = tf.while_loop(
            lambda i, *_: i < count, body, (tf.constant(1), arrays, histories), maximum_iterations=count - 1
        )
        return tuple(a.stack() for a in arrays)


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: Any = False,
    allow_gc: Any = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, dict[Any, Any]]:
    """Apply a step function along the first axis of sequences.

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
        A tensor, or a list of them, with the steps on the first axis; initial values are not included.
    updates
        An empty dict.

    Examples
    --------
    >>> total, _ = scan(lambda x, before: before + x, sequences=as_variable([1.0, 2.0, 3.0]), outputs_info=0.0)
    >>> total.eval().tolist()
    [1.0, 3.0, 6.0]
    """
    if truncate_gradient != -1:
        raise NotSupported("theano.scan(truncate_gradient=): only whole gradients are available")
    reads = _sequences(sequences)
    others = [as_variable(v) for v in _as_list(non_sequences)]
    declared = _outputs(outputs_info) if outputs_info is not None else []
    if not reads and n_steps is None:
        raise ValueError("theano.scan: give sequences or n_steps")

    def build(declared: list[_Output]) -> tuple[list[list[Input]], list[list[Input]], list[Variable]]:
        slices = [[_placeholder(s.variable, f"step[{tap:+d}]", True, s.start + tap) for tap in s.taps] for s in reads]
        previous = [
            [_placeholder(o.initial, f"previous[{tap}]", o.taps != (-1,), o.depth + tap) for tap in o.taps]
            for o in declared
            if o.initial is not None
        ]
        arguments = [v for group in (*slices, *previous) for v in group]
        return slices, previous, _returned(fn(*arguments, *others))

    slices, previous, results = build(declared)
    if not declared:
        declared = [_Output(None)] * len(results)
    if len(declared) != len(results):
        raise ValueError(f"theano.scan: {len(declared)} outputs_info for {len(results)} outputs")
    wider = [
        o if o.initial is None or o.initial.dtype == r.dtype else _Output(cast(o.initial, r.dtype), o.taps)
        for o, r in zip(declared, results, strict=True)
    ]
    if wider != declared:
        declared = wider
        slices, previous, results = build(declared)
    outside = _outside(results, [v for group in (*slices, *previous) for v in group])
    loop = _Loop(reads, declared, slices, previous, results, outside, go_backwards)
    kinds = [(r.dtype, (False, *r.broadcastable)) for r in results]
    op = Op("scan", loop, infer=lambda inputs: kinds, raw=True, outputs=len(results))
    initial = [o.initial for o in declared if o.initial is not None]
    steps = as_variable(-1 if n_steps is None else n_steps)
    outputs = apply_multiple(op, steps, *(s.variable for s in reads), *initial, *outside)
    return (outputs[0] if len(outputs) == 1 and not return_list else outputs), {}


def _outside(results: Sequence[Variable], placeholders: Sequence[Variable]) -> list[Variable]:
    """What the step reads that does not change from step to step; computed once, outside of the loop."""
    inside = set(placeholders)
    border: dict[Variable, None] = {}
    for variable in toposort(results, stop=placeholders):
        if variable.owner is not None and any(v in inside for v in variable.owner.inputs):
            inside.add(variable)
            border.update(dict.fromkeys(v for v in variable.owner.inputs if v not in inside and not v.is_constant))
    border.update(dict.fromkeys(v for v in results if v not in inside and not v.is_constant))
    return list(border)


def map(fn: Callable[..., Any], sequences: Any, non_sequences: Any = None, **options: Any) -> tuple[Any, Any]:
    """``scan`` without recurrence."""
    return scan(fn, sequences, None, non_sequences, **options)


def reduce(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, **options: Any
) -> tuple[Any, Any]:
    """The last step of a ``scan``."""
    outputs, updates = scan(fn, sequences, outputs_info, non_sequences, **options)
    return ([o[-1] for o in outputs] if isinstance(outputs, list) else outputs[-1]), updates


foldl = reduce


def foldr(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, **options: Any
) -> tuple[Any, Any]:
    """The last step of a ``scan`` from the end."""
    return reduce(fn, sequences, outputs_info, non_sequences, go_backwards=True, **options)
