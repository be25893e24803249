"""``theano.raise_op``: conditions that are checked whenever a value is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import Op, Variable, apply, as_variable

__all__ = ["Assert", "CheckAndRaise", "assert_op"]


class CheckAndRaise:
    """A value, and an error when a condition does not hold: ``CheckAndRaise(ValueError, "message")(x, condition)``.

    Where a model is compiled, TensorFlow raises ``InvalidArgumentError`` with the message; XLA leaves the check out.

    Parameters
    ----------
    exc_type
        Class of the error.
    msg
        Its message.
    """

    def __init__(self, exc_type: type[Exception] = AssertionError, msg: str = "") -> None:
        self.exc_type, self.msg = exc_type, msg

    def __call__(self, value: Any, *conditions: Any) -> Variable:
        value = as_variable(value)
        kind = (value.dtype, value.broadcastable)

        def fast(array: np.ndarray, *checks: np.ndarray) -> np.ndarray:
            if not all(np.all(c) for c in checks):
                raise self.exc_type(self.msg)
            return array

        def impl(tensor: Any, *checks: Any) -> Any:
            asserts = [tf.debugging.Assert(tf.reduce_all(tf.cast(c, tf.bool)), [self.msg]) for c in checks]
            with tf.control_dependencies([a for a in asserts if a is not None]):
                return tf.identity(tensor)

        op = Op("Assert", impl, infer=lambda inputs: kind, fast=fast)
        return apply(op, value, *conditions)


class Assert(CheckAndRaise):
    """A value, and an ``AssertionError`` when a condition does not hold: ``Assert("message")(x, condition)``."""

    def __init__(self, msg: str = "Theano Assert failed!") -> None:
        super().__init__(AssertionError, msg)


assert_op = Assert()

__getattr__ = names.missing("theano.raise_op")
