"""Functions of eager tensors that programs call again and again, with other numbers of the same shapes.

A program that asks ``pm.Gamma.dist(a, b).logcdf(x).eval()`` in a loop makes a new distribution each time. Eager
TensorFlow computes an incomplete gamma function in tenths of a second, a compiled function in a thousandth of that.
What is asked for often enough to pay for its compilation is compiled, once for all distributions of the same kind.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import tensorflow as tf

Tensor = Any

#: Eager calls before a function is compiled, which takes as long as some tens of them.
EAGER_CALLS = 5
_KEPT = 256

_calls: OrderedDict[Hashable, int] = OrderedDict()
_compiled: OrderedDict[Hashable, Callable[..., Any]] = OrderedDict()


def often(key: Hashable, function: Callable[..., Tensor], tensors: Sequence[Tensor]) -> Tensor:
    """``function(*tensors)``; compiled from the sixth eager call with tensors of the same shapes on.

    Parameters
    ----------
    key
        What the function is: two functions with the same key compute the same thing.
    function
        Pure and traceable.
    tensors
        Its arguments.
    """
    if not tf.executing_eagerly() or not all(isinstance(x, tf.Tensor) for x in tensors):
        return function(*tensors)
    key = (key, tuple((x.dtype, tuple(x.shape)) for x in tensors))
    compiled = _compiled.get(key)
    if compiled is None:
        _calls[key] = _calls.get(key, 0) + 1
        if _calls[key] <= EAGER_CALLS:
            _bounded(_calls)
            return function(*tensors)
        compiled = _compiled[key] = tf.function(function, autograph=False)
        _bounded(_compiled)
    return compiled(*tensors)


def _bounded(memory: OrderedDict[Hashable, Any]) -> None:
    while len(memory) > _KEPT:
        memory.popitem(last=False)
