"""Values of tensors that are known while a program is traced.

``tf.get_static_value`` knows constants and what few operations make of them; an element of constant data, or a sum of
two of them, it does not: ``x[start[i] : start[i] + size]`` would have no shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any

#: Operations of which nothing but their inputs and attributes says what they give.
_FOLDED = frozenset(
    """Abs Add AddV2 Cast Cumsum Equal ExpandDims FloorDiv FloorMod GatherV2 Greater GreaterEqual Identity Less
    LessEqual LogicalAnd LogicalNot LogicalOr Max Maximum Min Minimum Mul Neg NotEqual Prod Reshape ReverseV2 Round
    SelectV2 Sign StridedSlice Sub Sum Transpose""".split()
)
#: How many operations deep a value is followed: a loop that is not rolled up may be thousands.
_DEPTH = 50
#: Arguments that TensorFlow's Python has by another name than the operation.
_RENAMED = {"dim": "axis", "reduction_indices": "axis"}


def static_value(tensor: Tensor) -> np.ndarray | None:
    """The value of a tensor where that is the same in every run of the program, otherwise None.

    Examples
    --------
    >>> import tensorflow as tf
    >>> @tf.function
    ... def cut(x):
    ...     ends = tf.constant([2, 3])
    ...     print(tf.get_static_value(ends[1] - 1), static_value(ends[1] - 1), static_value(x[0]))
    >>> cut(tf.constant([4, 5]))
    None 2 None
    """
    return _folded(tensor, {})


def _folded(tensor: Tensor, found: dict[int, np.ndarray | None], depth: int = 0) -> np.ndarray | None:
    value = tf.get_static_value(tensor)
    if value is not None or tf.executing_eagerly():
        return value
    operation = tensor.op
    if operation.type == "Placeholder":
        return _captured(tensor, found, depth + 1)
    if operation.type not in _FOLDED or depth > _DEPTH:
        return None
    if id(tensor) not in found:
        found[id(tensor)] = None
        inputs = [_folded(i, found, depth + 1) for i in operation.inputs]
        if all(i is not None for i in inputs):
            found[id(tensor)] = _evaluated(operation, inputs)
    return found[id(tensor)]


def _captured(tensor: Tensor, found: dict[int, np.ndarray | None], depth: int) -> np.ndarray | None:
    """The value of what a function, or the body of a loop, takes from around it: larger constants come that way."""
    around = (outside for outside, inside in getattr(tensor.graph, "captures", ()) if inside is tensor)
    outside = next(around, None)
    return None if outside is None or outside.dtype == tf.resource else _folded(outside, found, depth)


def _evaluated(operation: Any, inputs: list[Any]) -> np.ndarray:
    """What an operation makes of arrays."""
    definition = operation.op_def
    names = [_RENAMED.get(a.name, a.name) for a in definition.input_arg]
    inferred = {a.type_attr for a in definition.input_arg}
    attributes = {a.name: operation.get_attr(a.name) for a in definition.attr if a.name not in inferred}
    with tf.init_scope():
        return getattr(tf.raw_ops, operation.type)(**dict(zip(names, inputs, strict=True)), **attributes).numpy()
