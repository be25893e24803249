"""Expressions that Theano computes by another formula than the one that was written.

Theano rewrites a graph before it compiles it. Most rewritings change a number by a rounding; those here change it where
a probability rounds to 0 or 1, or an exponential overflows: ``log(sigmoid(x))`` is ``-softplus(-x)`` for it, -80 at
x = -80 where the formula as written ends in ``log(0)``. The
rewriting is that of ``theano/tensor/nnet/sigm.py`` (log of a sigmoid) of Theano-PyMC 1.1.2.

What a tensor was computed from is read from TensorFlow's own graph, so that a program's names and deterministics in
between make no difference; nor is there any difference for Theano. In eager mode there is no graph, and each function
here answers None: compute it as it was written.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any


def _bare(tensor: Tensor) -> Tensor:
    """A tensor of a graph before it was handed on; functions with a gradient of their own do that, too."""
    while tensor.op.type in ("Identity", "IdentityN"):
        tensor = tensor.op.inputs[tensor.value_index]
    return tensor


def _operation(tensor: Tensor) -> Any:
    """The operation that a tensor of a graph is the result of; None for one that has a value."""
    if not isinstance(tensor, tf.Tensor) or isinstance(tensor, tf.__internal__.EagerTensor):
        return None
    return _bare(tensor).op


def _is_one(tensor: Tensor) -> bool:
    if tensor.shape.rank is None or tensor.shape.num_elements() != 1:
        return False
    value = tf.get_static_value(tensor)
    return value is not None and bool(np.all(value == 1))


def _rest_of_one(tensor: Tensor, *, minus: bool = False) -> Tensor | None:
    """``y``, if a tensor is ``1 + y``, or with ``minus`` if it is ``1 - y``."""
    operation = _operation(tensor)
    if operation is None or operation.type not in (("Sub",) if minus else ("AddV2", "Add")):
        return None
    first, second = operation.inputs
    if first.shape.rank is None or second.shape.rank is None:
        return None
    if first.shape.rank <= second.shape.rank and _is_one(first):
        return second
    return first if not minus and second.shape.rank <= first.shape.rank and _is_one(second) else None


def _log_odds(tensor: Tensor) -> Tensor | None:
    """``x``, if a tensor is ``sigmoid(x)``, in another shape perhaps."""
    operation = _operation(tensor)
    if operation is None:
        return None
    if operation.type == "Sigmoid":
        return operation.inputs[0]
    if operation.type == "Reshape":
        inside = _log_odds(operation.inputs[0])
        return None if inside is None else tf.reshape(inside, operation.inputs[1])
    return None


def log_odds(probability: Tensor) -> Tensor | None:
    """The log-odds of a probability that Theano knows by them: ``sigmoid(x)``, or ``1 - sigmoid(x)``.

    An element or a row of ``sigmoid(x)`` is no such probability, as it is none for Theano; ``sigmoid`` of an element
    or a row is one.
    """
    found = _log_odds(probability)
    if found is not None:
        return found
    rest = _rest_of_one(probability, minus=True)
    inside = None if rest is None else _log_odds(rest)
    return None if inside is None else -inside


def log(x: Tensor) -> Tensor | None:
    """``log(x)`` by Theano's formula, where it is another one."""
    if _operation(x) is None:
        return None
    odds = log_odds(x)
    if odds is None:
        odds = _scaled_by_one(x)
    if odds is not None:
        return -tf.math.softplus(-odds)
    return None


def _scaled_by_one(x: Tensor) -> Tensor | None:
    """The log-odds in ``1 * sigmoid(x)``."""
    operation = _operation(x)
    if operation is None or operation.type != "Mul" or not _is_one(operation.inputs[0]):
        return None
    return _log_odds(operation.inputs[1])
