"""``theano.ifelse``: choose between two expressions by one condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano import names, promotion
from pm_migrate.shims.theano.graph import Op, apply, as_variable, known
from pm_migrate.shims.theano.ops.elemwise import cast, switch


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """One of two expressions (or lists of them), chosen by a scalar condition.

    Both are computed, and the gradient of the other is zero. Branches of different shapes are possible where the
    condition is known when the model is compiled.
    """
    if isinstance(then_branch, (list, tuple)):
        return [ifelse(condition, a, b, name) for a, b in zip(then_branch, else_branch, strict=True)]
    condition, a, b = as_variable(condition), as_variable(then_branch), as_variable(else_branch)
    if condition.ndim != 0:
        raise TypeError(f"ifelse: the condition must be a scalar, not {condition.ndim}-dimensional; use tt.switch")
    if a.ndim != b.ndim:
        raise TypeError(f"ifelse: branches of {a.ndim} and {b.ndim} dimensions")
    dtype = promotion.upcast([a, b])
    a, b = cast(a, dtype), cast(b, dtype)
    if a.static_shape == b.static_shape and None not in a.static_shape:
        return switch(condition, a, b)
    flags = tuple(x and y for x, y in zip(a.broadcastable, b.broadcastable, strict=True))

    def impl(test: Any, first: Any, second: Any) -> Any:
        fixed = known(test)
        if fixed is not None:
            return tf.convert_to_tensor(first if fixed else second)
        first, second = tf.convert_to_tensor(first), tf.convert_to_tensor(second)
        return tf.cond(tf.cast(test, tf.bool), lambda: first, lambda: second)

    def fast(test: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return first if test else second

    op = Op("ifelse", impl, infer=lambda inputs: (dtype, flags), fast=fast, raw=True, branches=(1, 2))
    return apply(op, condition, a, b)


__all__ = ["ifelse"]


__getattr__ = names.missing("theano.ifelse")
