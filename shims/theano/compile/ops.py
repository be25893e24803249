"""``theano.compile.ops``: Python functions as operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.graph import Op, Variable, apply, apply_multiple, as_variable
from pm_migrate.shims.theano.types import TensorType


def as_op(
    itypes: TensorType | Sequence[TensorType],
    otypes: TensorType | Sequence[TensorType],
    infer_shape: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an operation of a Python function of arrays: a decorator.

    The function has no gradient, and a model that uses it cannot be compiled by XLA.

    Examples
    --------
    >>> from pm_migrate.shims.theano.types import CONSTRUCTORS
    >>> @as_op([CONSTRUCTORS["dvector"]], [CONSTRUCTORS["dscalar"]])
    ... def spread(x):
    ...     return np.array(x.max() - x.min())
    >>> spread(as_variable([1.0, 4.0])).eval()
    array(3.)
    """
    inputs = list(itypes) if isinstance(itypes, (list, tuple)) else [itypes]
    outputs = list(otypes) if isinstance(otypes, (list, tuple)) else [otypes]

    def decorate(fn: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Variable | list[Variable]:
            variables = [as_variable(a) for a in args]
            _check(fn.__name__, variables, inputs)
            op = _python_op(fn, outputs)
            return apply(op, *variables) if op.outputs is None else apply_multiple(op, *variables)

        call.__name__ = fn.__name__
        call.__doc__ = fn.__doc__
        return call

    return decorate


def _check(name: str, variables: Sequence[Variable], types: Sequence[TensorType]) -> None:
    if len(variables) != len(types):
        raise ValueError(f"{name} takes {len(types)} tensors, but got {len(variables)}")
    for variable, kind in zip(variables, types, strict=True):
        if variable.ndim != kind.ndim or (variable.dtype != kind.dtype and not variable.weak):
            raise TypeError(f"{name}: an argument of type {kind} was declared, but {variable} is {variable.type}")


def _python_op(fn: Callable[..., Any], outputs: Sequence[TensorType]) -> Op:
    single = len(outputs) == 1

    def array(*values: np.ndarray) -> Any:
        result = fn(*values)
        results = [result] if single else list(result)
        cast = [np.asarray(r, kind.dtype) for r, kind in zip(results, outputs, strict=True)]
        return cast[0] if single else cast

    @tf.custom_gradient
    def tensor(*values: Any) -> Any:
        results = tf.numpy_function(array, values, outputs[0].dtype if single else [k.dtype for k in outputs])
        for result, kind in zip([results] if single else results, outputs, strict=True):
            result.set_shape([1 if b else None for b in kind.broadcastable])

        def no_gradient(*_: Any) -> Any:
            raise NotSupported(
                f"the gradient of {fn.__name__}, a Python function made an operation by as_op: write it with "
                "theano.tensor, or sample its inputs with a step method that needs no gradient"
            )

        return results, no_gradient

    if single:
        kind = outputs[0]
        return Op(fn.__name__, tensor, infer=lambda i: (kind.dtype, kind.broadcastable), fast=array, python=True)
    kinds = [(k.dtype, k.broadcastable) for k in outputs]
    return Op(fn.__name__, tensor, infer=lambda i: kinds, fast=array, outputs=len(kinds), python=True)
