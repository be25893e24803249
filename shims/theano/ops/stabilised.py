"""Expressions that Theano computes by another formula than the one that was written.

Theano rewrites a graph before it compiles it. Most rewritings change a number by a rounding; those here change it where
a probability rounds to 0 or 1, or an exponential overflows: ``log(sigmoid(x))`` is ``-softplus(-x)`` for it, -80 at
x = -80 where the formula as written ends in ``log(0)``. The rewritings are those of ``theano/tensor/nnet/sigm.py`` (log
of a sigmoid, softplus, sigmoids written with ``exp``), ``theano/tensor/nnet/nnet.py`` (log of a softmax) and
``theano/tensor/opt.py`` (sums of exponentials, ``log1p``, ``expm1``, error functions), of Theano-PyMC 1.1.2.

What a tensor was computed from is read from TensorFlow's own graph, so that a program's names and deterministics in
between make no difference; nor is there any difference for Theano. Nothing is read past a tensor by which a gradient
is asked (:func:`opaque`), nor through a function with a gradient of its own: the result would not depend on it any
more. In eager mode there is no graph, and each function here answers None: compute it as it was written.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any

#: Above, ``erfc`` is subnormal or 0, and its logarithm is that of the asymptotic series (Theano's thresholds).
_FAR = {"float64": 26.641747557, "float32": 10.0541949}


_OPAQUE, _GUARD = "opaque", "guard"


def opaque(tensor: Tensor) -> Tensor:
    """The same tensor, whose origin does not count: for what a tape watches, which may be the result of anything."""
    return tf.identity(tensor, name=_OPAQUE)


def transparent() -> Any:
    """Name scope of functions whose own gradient only guards that of the operation inside."""
    return tf.name_scope(_GUARD)


def _hands_on(operation: Any) -> bool:
    *scopes, name = operation.name.split("/")
    if operation.type == "Identity":
        return not name.startswith(_OPAQUE)
    return operation.type == "IdentityN" and bool(scopes) and scopes[-1].startswith(_GUARD)


def _bare(tensor: Tensor) -> Tensor:
    """A tensor of a graph before it was handed on."""
    while _hands_on(tensor.op):
        tensor = tensor.op.inputs[tensor.value_index]
    return tensor


def _operation(tensor: Tensor) -> Any:
    """The operation that a tensor of a graph is the result of; None for one that has a value."""
    if not isinstance(tensor, tf.Tensor) or isinstance(tensor, tf.__internal__.EagerTensor):
        return None
    return _bare(tensor).op


def _operand(tensor: Tensor, kind: str) -> Tensor | None:
    """What a unary operation of a kind was applied to, if a tensor is the result of one."""
    operation = _operation(tensor)
    return operation.inputs[0] if operation is not None and operation.type == kind else None


def _same(a: Tensor | None, b: Tensor) -> bool:
    if a is None or a.graph is not b.graph:
        return False
    return bool(_bare(a).name == _bare(b).name)


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


def _exponent_of_rest(tensor: Tensor) -> Tensor | None:
    """``y``, if a tensor is ``1 + exp(y)``."""
    rest = _rest_of_one(tensor)
    return None if rest is None else _operand(rest, "Exp")


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
    inside = _operand(x, "Softmax")
    if inside is not None:
        return tf.nn.log_softmax(inside)
    inside = _operand(x, "Erfc")
    if inside is not None and inside.dtype.name in _FAR:
        return _log_erfc(inside)
    exponents = _exponents(x)
    if exponents is not None:
        return exponents
    rest = _rest_of_one(x)
    if rest is not None:
        softplus = log1p(rest)
        return tf.math.log1p(rest) if softplus is None else softplus
    rest = _rest_of_one(x, minus=True)
    return None if rest is None else tf.math.log1p(-rest)


def log1p(x: Tensor) -> Tensor | None:
    """``log1p(exp(y))`` as a softplus."""
    exponent = _operand(x, "Exp")
    return None if exponent is None else tf.math.softplus(exponent)


def _scaled_by_one(x: Tensor) -> Tensor | None:
    """The log-odds in ``1 * sigmoid(x)``, which is what :func:`divide` makes of ``1 / (1 + exp(-x))``."""
    operation = _operation(x)
    if operation is None or operation.type != "Mul" or not _is_one(operation.inputs[0]):
        return None
    return _log_odds(operation.inputs[1])


def _exponents(x: Tensor) -> Tensor | None:
    """``log(exp(a) + exp(b))`` and ``log(sum(exp(a)))`` without overflow."""
    operation = _operation(x)
    if operation.type in ("AddV2", "Add"):
        a, b = (_operand(each, "Exp") for each in operation.inputs)
        if a is None or b is None:
            return None
        both = tf.stack([a + tf.zeros_like(b), b + tf.zeros_like(a)])  # of one shape, known or not
        return tf.reduce_logsumexp(both, axis=0)
    if operation.type == "Sum":
        inside, axes = _operand(operation.inputs[0], "Exp"), operation.inputs[1]
        if inside is None:
            return None
        return tf.reduce_logsumexp(inside, axis=axes, keepdims=operation.get_attr("keep_dims"))
    return None


def _log_erfc(x: Tensor) -> Tensor:
    """``log(erfc(x))``, far out by its asymptotic series (Abramowitz & Stegun 1964, 7.1.23)."""
    edge = tf.constant(_FAR[x.dtype.name], x.dtype)
    far = x > edge
    outer, inner = tf.where(far, x, edge), tf.where(far, tf.zeros_like(x), x)
    square = outer * outer
    series = 1.0 - 1.0 / (2.0 * square) + 3.0 / (4.0 * square**2) - 15.0 / (8.0 * square**3)
    asymptotic = -square - tf.math.log(outer) - 0.5 * math.log(math.pi) + tf.math.log(series)
    return tf.where(far, asymptotic, tf.math.log(tf.math.erfc(inner)))


def divide(a: Tensor, b: Tensor) -> Tensor | None:
    """``exp(x) / (1 + exp(x))`` as a sigmoid, and ``a / (1 + exp(x))`` as a multiple of one."""
    exponent = _exponent_of_rest(b)
    if exponent is None:
        return None
    above = _operand(a, "Exp")
    return tf.sigmoid(exponent) if _same(above, exponent) else a * tf.sigmoid(-exponent)


def add(a: Tensor, b: Tensor) -> Tensor | None:
    """``1 + erf(x)`` as ``erfc(-x)``."""
    for one, other in ((a, b), (b, a)):
        inside = _operand(other, "Erf")
        if inside is not None and _is_one(one) and one.shape.rank <= inside.shape.rank:
            return tf.math.erfc(-inside)
    return None


def subtract(a: Tensor, b: Tensor) -> Tensor | None:
    """``1 - erf(x)``, ``1 - erfc(x)``, ``erf(x) - 1`` and ``exp(x) - 1`` without a difference."""
    for kind, function in (("Erf", tf.math.erfc), ("Erfc", tf.math.erf)):
        inside = _operand(b, kind)
        if inside is not None and _is_one(a) and a.shape.rank <= inside.shape.rank:
            return function(inside)
    for kind, function in (("Erf", lambda x: -tf.math.erfc(x)), ("Exp", tf.math.expm1)):
        inside = _operand(a, kind)
        if inside is not None and _is_one(b) and b.shape.rank <= inside.shape.rank:
            return function(inside)
    return None
