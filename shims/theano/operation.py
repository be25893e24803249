"""Operations and their application: what a node of the graph does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError

if TYPE_CHECKING:
    from pm_migrate.shims.theano.graph import Variable

Tensor = Any  # tf.Tensor, spelled loosely: TensorFlow ships no usable stubs
Kind = tuple[str, tuple[bool, ...]]  #: dtype and broadcastable flags


@dataclass(frozen=True, eq=False, slots=True)
class Op:
    """One operation of the graph.

    Parameters
    ----------
    name
        Stable name, for messages and ``str(variable)``: ``exp``, ``logp:Normal``.
    impl
        ``impl(*tensors) -> tensor`` (a tuple of tensors when ``outputs`` is set): pure TensorFlow, traceable, without
        ``py_function``. Shapes are static while tracing unless a mask or a random index decides them.
    dtype, ndim, shape
        The kind of the result, for an operation that knows it: NumPy dtype name, number of dimensions or full shape.
        What is not given is taken from the test value, so it may be left out only where inputs always have one.
    infer
        Instead of those: a function of the input variables that gives ``(dtype, broadcastable)`` (a list of them when
        ``outputs`` is set).
    fast
        The same function for NumPy arrays, used for test values and for what is known while tracing. Without it
        ``impl`` runs eagerly.
    guarded
        ``impl`` with gradients that stay finite where the value is not; used in what a ``switch`` may mask.
    raw
        ``impl`` wants operands that are known while tracing as NumPy arrays (see :func:`known`), not as tensors.
    branches
        Indices of the inputs whose values this operation may mask, as ``switch`` does: everything these inputs are
        computed from is evaluated with ``guarded`` gradients.
    outputs
        Number of results, or None for exactly one that is not wrapped in a tuple.
    folds
        May be computed while tracing when all operands are known. Not a derivative: no tape records there.
    python
        The implementation leaves TensorFlow (``as_op``): it cannot be compiled by XLA.
    info
        What other operations need to know about this one: the index of ``subtensor``.
    """

    name: str
    impl: Callable[..., Any]
    dtype: str | None = None
    ndim: int | None = None
    shape: tuple[int | None, ...] | None = None
    infer: Callable[[Sequence[Any]], Any] | None = None
    fast: Callable[..., Any] | None = None
    guarded: Callable[..., Any] | None = None
    raw: bool = False
    branches: tuple[int, ...] = ()
    outputs: int | None = None
    folds: bool = True
    python: bool = False
    info: Any = None

    def kind(self, inputs: Sequence[Variable], value: np.ndarray | None) -> Kind:
        """Dtype and broadcastable flags of the one result."""
        if self.infer is not None:
            return self.infer(inputs)
        dtype = self.dtype if self.dtype is not None else (None if value is None else value.dtype.name)
        if self.shape is not None:
            broadcastable = tuple(n == 1 for n in self.shape)
        else:
            ndim = self.ndim if self.ndim is not None else (None if value is None else value.ndim)
            if ndim is None or dtype is None:
                raise ModelError(
                    f"{self.name}: the dtype and number of dimensions of the result are not known; give dtype= and "
                    "ndim= to the Op, or test values to its inputs"
                )
            broadcastable = (False,) * ndim
        if dtype is None:
            raise ModelError(f"{self.name}: the dtype of the result is not known; give dtype= to the Op")
        return dtype, broadcastable


class Apply:
    """An operation applied to inputs; ``outputs`` are the variables it makes.

    Parameters
    ----------
    op
        An :class:`Op` of this module, or one that a program defined (:class:`pm_migrate.shims.theano.graph.op.Op`).
    inputs
        Variables.
    outputs
        Variables without an owner, which become the results.
    """

    __slots__ = ("gradients", "inputs", "lowered", "op", "outputs")

    def __init__(self, op: Any, inputs: Sequence[Variable], outputs: Sequence[Variable] = ()) -> None:
        self.op = op
        self.inputs = tuple(inputs)
        self.outputs: tuple[Variable, ...] = tuple(outputs)
        self.gradients: Any = None
        for index, output in enumerate(self.outputs):
            if output.owner is not None:
                raise ValueError(f"output {index} of {op} is already the result of {output.owner.op}")
            output.owner, output.index = self, index
        #: what is evaluated
        self.lowered: Op = op if isinstance(op, Op) else op.lower(self)


def as_model_error(message: str, error: Exception) -> ModelError:
    """A :class:`ModelError` that is also an ``IndexError``, ``TypeError`` or ``LinAlgError``, as NumPy's error was."""
    kind = next((k for k in (IndexError, TypeError, np.linalg.LinAlgError) if isinstance(error, k)), None)
    return (ModelError if kind is None else _combined(kind))(message)


@lru_cache(maxsize=8)
def _combined(kind: type[Exception]) -> type[ModelError]:
    return type("ModelError", (ModelError, kind), {"__doc__": ModelError.__doc__, "__module__": ModelError.__module__})


def known(operand: Any) -> np.ndarray | None:
    """The value of an operand of a ``raw`` op when it is known while tracing, else None."""
    if isinstance(operand, np.ndarray):
        return operand
    if isinstance(operand, tf.__internal__.EagerTensor):
        return operand.numpy()
    return None
