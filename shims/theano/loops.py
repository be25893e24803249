"""``theano.scan``: a loop over the first axis of sequences, as one node of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.evaluation import replace, shared_inputs, toposort
from pm_migrate.shims.theano.graph import (
    Input,
    Op,
    SharedVariable,
    Variable,
    apply_multiple,
    as_variable,
    get_test_value,
)
from pm_migrate.shims.theano.ops.elemwise import cast
from pm_migrate.shims.theano.scan_loop import Loop, Output, Read


def _sequences(given: Any) -> list[Read]:
    result = []
    for item in _as_list(given):
        if isinstance(item, dict):
            unknown = set(item) - {"input", "taps"}
            if unknown:
                raise NotSupported(f"theano.scan: {sorted(unknown)} in a sequence; use input= and taps=")
            taps = item.get("taps", [0])
            result.append(Read(as_variable(item["input"]), tuple(_as_list(taps))))
        else:
            result.append(Read(as_variable(item), (0,)))
    return result


def _outputs(given: Any) -> list[Output]:
    result = []
    for item in _as_list(given, keep_none=True):
        if item is None or (isinstance(item, dict) and item.get("initial") is None):
            result.append(Output(None))
        elif isinstance(item, dict):
            taps = tuple(_as_list(item.get("taps", [-1])))
            if any(t >= 0 for t in taps):
                raise ValueError(f"theano.scan: taps of an output must be negative, not {taps}")
            result.append(Output(as_variable(item["initial"]), taps))
        else:
            result.append(Output(as_variable(item), (-1,)))
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


class until:
    """What a step returns besides its outputs to end the loop: ``return x, until(x > 1)``.

    The step where the condition first holds is the last one, and its outputs are kept.
    """

    def __init__(self, condition: Any) -> None:
        self.condition = as_variable(condition)
        if self.condition.ndim != 0:
            raise ValueError(f"until: the condition must be a scalar, not {self.condition.ndim}-dimensional")


@dataclass(frozen=True)
class _Step:
    """What the step function returned."""

    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]
    until: Variable | None


def _parsed(result: Any) -> _Step:
    """Outputs, then updates, then ``until``, each of which may be left out."""
    items = list(result) if isinstance(result, (list, tuple)) else [result]
    condition = items.pop().condition if items and isinstance(items[-1], until) else None
    updates: dict[Any, Any] = {}
    if items and isinstance(items[-1], dict):
        updates = items.pop()
    elif items and _are_pairs(items[-1]):
        updates = dict(items.pop())
    elif _are_pairs(items):
        updates, items = dict(items), []
    if len(items) == 1 and isinstance(items[0], (list, tuple)):
        items = list(items[0])
    for shared in updates:
        if not isinstance(shared, SharedVariable):
            raise TypeError(f"theano.scan: an update must be of a shared variable, not of {shared}")
    return _Step([as_variable(v) for v in items], {s: as_variable(v) for s, v in updates.items()}, condition)


def _are_pairs(value: Any) -> bool:
    """Whether a value is a list of shared variables with their updates."""
    return (
        isinstance(value, (list, tuple))
        and bool(value)
        and all(isinstance(p, (list, tuple)) and len(p) == 2 and isinstance(p[0], SharedVariable) for p in value)
    )


@dataclass(frozen=True)
class _Body:
    """The step as a graph of placeholders."""

    slices: list[list[Input]]
    previous: list[list[Input]]
    step: _Step

    @property
    def placeholders(self) -> list[Input]:
        return [v for group in (*self.slices, *self.previous) for v in group]


def _with_updates(body: _Body, declared: list[Output]) -> tuple[_Body, list[Output], list[SharedVariable]]:
    """Shared variables that the step updates, as recurrent outputs after the others."""
    step = body.step
    updates = dict(step.updates)
    for shared in shared_inputs([*step.outputs, *updates.values()]):
        if shared.default_update is not None:  # of a random stream
            updates.setdefault(shared, shared.default_update)
    if not updates:
        return body, declared, []
    states = {s: Input(s.name, s.dtype, tuple(1 if b else None for b in s.broadcastable), s.data) for s in updates}
    results = [*step.outputs, *(cast(new, s.dtype) for s, new in updates.items())]
    ends = [] if step.until is None else [step.until]
    graphs = replace([*results, *ends], states)
    condition = graphs.pop() if ends else None
    previous = [*body.previous, *([p] for p in states.values())]
    changed = _Body(body.slices, previous, _Step(graphs, {}, condition))
    return changed, [*declared, *(Output(s, (-1,)) for s in updates)], list(updates)


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

    truncate_gradient
        How many steps, from the end, a gradient goes through; -1 for all.

    Returns
    -------
    outputs
        A tensor, or a list of them, with the steps on the first axis; initial values are not included.
    updates
        Shared variables that the step updates, with their last values: for the ``updates`` of ``theano.function``.

    Examples
    --------
    >>> total, _ = scan(lambda x, before: before + x, sequences=as_variable([1.0, 2.0, 3.0]), outputs_info=0.0)
    >>> total.eval().tolist()
    [1.0, 3.0, 6.0]
    """
    if truncate_gradient == 0 or truncate_gradient < -1:
        raise ValueError(f"theano.scan: truncate_gradient is {truncate_gradient}, but must be -1 or positive")
    reads = _sequences(sequences)
    others = [as_variable(v) for v in _as_list(non_sequences)]
    declared = _outputs(outputs_info) if outputs_info is not None else []
    if not reads and n_steps is None:
        raise ValueError("theano.scan: give sequences or n_steps")
    body, declared = _body(fn, reads, declared, others)
    count = len(body.step.outputs)
    body, declared, updated = _with_updates(body, declared)
    if not body.step.outputs:
        raise ValueError("theano.scan: the step gives neither outputs nor updates")
    results = body.step.outputs
    inside = [*results, *([] if body.step.until is None else [body.step.until])]
    outside = outside_of(inside, body.placeholders)
    loop = Loop(
        reads, declared, body.slices, body.previous, results, outside, go_backwards, body.step.until, truncate_gradient
    )
    kinds = [(r.dtype, (False, *r.broadcastable)) for r in results]
    op = Op("scan", loop, infer=lambda inputs: kinds, raw=True, outputs=len(results))
    initial = [o.initial for o in declared if o.initial is not None]
    steps = as_variable(-1 if n_steps is None else n_steps)
    outputs = apply_multiple(op, steps, *(s.variable for s in reads), *initial, *outside)
    updates = {shared: values[-1] for shared, values in zip(updated, outputs[count:], strict=True)}
    outputs = outputs[:count]
    return (outputs[0] if count == 1 and not return_list else outputs or None), updates


def _body(
    fn: Callable[..., Any], reads: list[Read], declared: list[Output], others: list[Variable]
) -> tuple[_Body, list[Output]]:
    """The step, called on placeholders; initial values are brought to the dtypes of the results."""

    def build(declared: list[Output]) -> _Body:
        slices = [[_placeholder(s.variable, f"step[{tap:+d}]", True, s.start + tap) for tap in s.taps] for s in reads]
        previous = [
            [_placeholder(o.initial, f"previous[{tap}]", o.taps != (-1,), o.depth + tap) for tap in o.taps]
            for o in declared
            if o.initial is not None
        ]
        arguments = [v for group in (*slices, *previous) for v in group]
        return _Body(slices, previous, _parsed(fn(*arguments, *others)))

    body = build(declared)
    results = body.step.outputs
    if not declared:
        declared = [Output(None)] * len(results)
    if len(declared) != len(results):
        raise ValueError(f"theano.scan: {len(declared)} outputs_info for {len(results)} outputs")
    wider = [
        o if o.initial is None or o.initial.dtype == r.dtype else Output(cast(o.initial, r.dtype), o.taps)
        for o, r in zip(declared, results, strict=True)
    ]
    return (body, declared) if wider == declared else (build(wider), wider)


def outside_of(results: Sequence[Variable], placeholders: Sequence[Variable]) -> list[Variable]:
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
