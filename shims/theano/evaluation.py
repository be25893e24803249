"""Computing the graph with TensorFlow, and walking over it.

:func:`evaluate` is pure and traceable: inside ``tf.function``, under XLA and inside ``tf.vectorized_map``. What does
not depend on a given value is computed while tracing, in NumPy, so that shapes, index arrays and masks are static; what
a ``switch`` may mask is computed with guarded gradients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.theano.graph import (
    Apply,
    Given,
    Op,
    SharedVariable,
    Tensor,
    Variable,
    apply,
    apply_multiple,
    run_numpy,
)
from pm_migrate.shims.theano.operation import as_model_error

# TensorFlow writes smaller arrays into the graph as constants, larger ones become arguments of the compiled function
_INLINE = 128


def toposort(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Variable]:
    """Everything the outputs are computed from, and themselves, inputs first; the search ends at ``stop``."""
    done: set[Variable] = set()
    ends = set(stop)
    order: list[Variable] = []
    stack: list[tuple[Variable, bool]] = [(v, False) for v in reversed(list(outputs))]
    while stack:
        variable, expanded = stack.pop()
        if expanded:
            order.append(variable)
            continue
        if variable in done:
            continue
        done.add(variable)
        stack.append((variable, True))
        if variable.owner is not None and variable not in ends:
            stack.extend((v, False) for v in reversed(variable.owner.inputs) if v not in done)
    return order


def ancestors(outputs: Iterable[Variable]) -> list[Variable]:
    """All variables that the outputs depend on, themselves included, in topological order."""
    return toposort(outputs)


def shared_inputs(outputs: Iterable[Variable]) -> list[SharedVariable]:
    """The shared variables that the outputs read."""
    return [v for v in toposort(outputs) if isinstance(v, SharedVariable)]


def is_constant(variable: Variable) -> bool:
    """Whether the value depends neither on inputs nor on shared variables."""
    return variable.is_constant


def uses_python(outputs: Iterable[Variable]) -> bool:
    """Whether an operation leaves TensorFlow (``as_op``), so that XLA cannot compile the outputs."""
    return any(v.owner is not None and v.owner.op.python for v in toposort(outputs))


def replace(outputs: Sequence[Variable], mapping: Mapping[Variable, Variable]) -> list[Variable]:
    """Copies of the outputs with variables replaced by others; what does not depend on them is not copied."""
    new: dict[Variable, Variable] = dict(mapping)
    for variable in toposort(outputs, stop=mapping):
        if variable in new:
            continue
        owner = variable.owner
        if owner is None or not any(v in new and new[v] is not v for v in owner.inputs):
            new[variable] = variable
            continue
        inputs = [new[v] for v in owner.inputs]
        if owner.op is not owner.lowered:  # an operation of the program
            new.update(zip(owner.outputs, owner.op(*inputs, return_list=True), strict=True))
        elif owner.op.outputs is None:
            new[variable] = apply(owner.op, *inputs, name=variable.name)
        else:
            new.update(zip(owner.outputs, apply_multiple(owner.op, *inputs), strict=True))
    return [new[v] for v in outputs]


@tf.autograph.experimental.do_not_convert
def evaluate(
    outputs: Sequence[Variable], givens: Mapping[Variable, Any] | None = None, *, guarded: bool = False
) -> list[Tensor]:
    """Compute variables, given the values of others.

    Parameters
    ----------
    outputs
        What to compute.
    givens
        Values by variable. Any variable may be given, not only inputs: the search for its own inputs ends there. A
        tensor is what gradients and batches flow through; a NumPy array is taken as known while tracing.
    guarded
        Everything may be masked later: take the gradients that stay finite.

    Returns
    -------
    list of tf.Tensor
        In the order of ``outputs``, with their dtypes.

    Raises
    ------
    ModelError
        If an input that is needed was not given.
    """
    givens = givens or {}
    values: dict[Variable, Any] = {}
    tensors: dict[Variable, Tensor] = {}
    for variable, given in givens.items():
        values[variable] = _given(variable, given)
    folded = not any(v.is_constant for v in values)  # else what is made of a given constant is not constant
    order = toposort(outputs, stop=values)
    masked = set(order) if guarded else _masked(order)
    for variable in order:
        if variable in values:
            continue
        owner = variable.owner
        if variable.is_constant and (folded or owner is None):
            values[variable] = variable.tag.test_value
        elif isinstance(variable, SharedVariable):
            values[variable] = variable.data
        elif isinstance(variable, Given):
            values[variable] = variable.tensor
        elif owner is None:
            raise ModelError(f"a value is needed for the input {variable} ({variable.dtype}, {variable.ndim}-d)")
        else:
            _compute(owner, values, tensors, variable in masked)
    return [_tensor(v, values, tensors) for v in outputs]


def _given(variable: Variable, given: Any) -> Any:
    if isinstance(given, np.ndarray):
        return np.asarray(given, variable.dtype)
    tensor = tf.convert_to_tensor(given)
    return tensor if tensor.dtype.name == variable.dtype else tf.cast(tensor, variable.dtype)


def _masked(order: Sequence[Variable]) -> set[Variable]:
    """The variables that a branch of a ``switch`` is computed from."""
    branches = [v.owner.inputs[i] for v in order if v.owner is not None for i in v.owner.op.branches]
    return set(toposort(branches)) if branches else set()


def _compute(owner: Apply, values: dict[Variable, Any], tensors: dict[Variable, Tensor], masked: bool) -> None:
    """Compute all outputs of one node into ``values``."""
    op = owner.lowered
    operands = [values[v] for v in owner.inputs]
    foldable = op.folds or tf.executing_eagerly()
    if foldable and not op.python and all([isinstance(x, np.ndarray) for x in operands]):  # noqa: C419 - hot
        result = _checked_call(op, lambda *arrays: run_numpy(op, arrays), operands)
        if op.outputs is None:
            values[owner.outputs[0]] = np.asarray(result, owner.outputs[0].dtype)
        else:
            values.update(zip(owner.outputs, [np.asarray(r) for r in result], strict=True))
        return
    impl = op.guarded if masked and op.guarded is not None else op.impl
    if not op.raw:
        operands = [_tensor(v, values, tensors) for v in owner.inputs]
    result = _checked_call(op, impl, operands)
    if op.outputs is None:
        values[owner.outputs[0]] = result
    else:
        values.update(zip(owner.outputs, result, strict=True))


def _checked_call(op: Op, impl: Any, operands: Sequence[Any]) -> Any:
    try:
        return impl(*operands)
    except (ValueError, TypeError, IndexError, tf.errors.InvalidArgumentError) as error:
        if isinstance(error, ModelError):
            raise
        shown = ", ".join(f"{np.dtype(getattr(x.dtype, 'name', x.dtype)).name} {tuple(x.shape)}" for x in operands)
        raise as_model_error(f"{op.name}: {str(error).strip()}\n  operands: {shown}", error) from error


def _tensor(variable: Variable, values: Mapping[Variable, Any], tensors: dict[Variable, Tensor]) -> Tensor:
    """The value of a variable as a tensor; an array is converted once per evaluation."""
    value = values[variable]
    if not isinstance(value, np.ndarray):
        return value
    if variable not in tensors:
        if value.size > _INLINE:
            with tf.init_scope():
                tensors[variable] = tf.constant(value)
        else:
            tensors[variable] = tf.constant(value)
    return tensors[variable]
