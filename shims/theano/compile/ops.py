"""``theano.compile.ops``: Python functions as operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import Apply, Variable
from pm_migrate.shims.theano.graph.op import Op
from pm_migrate.shims.theano.ops.shaping import specify_shape
from pm_migrate.shims.theano.types import TensorType

__all__ = ["FromFunctionOp", "as_op", "specify_shape"]


class FromFunctionOp(Op):
    """A function of arrays as an operation without a gradient: what :func:`as_op` makes.

    Parameters
    ----------
    fn
        The function.
    itypes, otypes
        Types of its arguments and results.
    infer_shape
        Kept for Theano's signature; shapes are found by running the function.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        itypes: Sequence[TensorType],
        otypes: Sequence[TensorType],
        infer_shape: Callable[..., Any] | None = None,
    ) -> None:
        self.fn = fn
        self.itypes, self.otypes = itypes, otypes
        self.__name__ = fn.__name__
        self.__doc__ = fn.__doc__

    def __str__(self) -> str:
        return self.fn.__name__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FromFunctionOp) and self.fn == other.fn

    def __hash__(self) -> int:
        return hash((type(self), self.fn))

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        """Call the function."""
        results = self.fn(*inputs)
        results = results if isinstance(results, (list, tuple)) else [results]
        if len(results) != len(output_storage):
            raise ValueError(f"{self} gave {len(results)} results, {len(output_storage)} were declared")
        for cell, result in zip(output_storage, results, strict=True):
            cell[0] = result

    def grad(self, inputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Sequence[Any]:
        """Not defined."""
        raise NotSupported(
            f"the gradient of {self}, a Python function made an operation by as_op: write it with theano.tensor, as an "
            "Op with a grad method, or sample its inputs with a step method that needs no gradient"
        )


def as_op(
    itypes: TensorType | Sequence[TensorType],
    otypes: TensorType | Sequence[TensorType],
    infer_shape: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """Make an operation of a Python function of arrays: a decorator.

    The function has no gradient, and a model that uses it cannot be compiled by XLA.

    Examples
    --------
    >>> from pm_migrate.shims.theano.types import CONSTRUCTORS
    >>> @as_op([CONSTRUCTORS["dvector"]], [CONSTRUCTORS["dscalar"]])
    ... def spread(x):
    ...     return x.max() - x.min()
    >>> import numpy as np
    >>> spread(np.array([1.0, 4.0])).eval()
    array(3.)
    """
    inputs = list(itypes) if isinstance(itypes, (list, tuple)) else [itypes]
    outputs = list(otypes) if isinstance(otypes, (list, tuple)) else [otypes]
    return lambda fn: FromFunctionOp(fn, inputs, outputs, infer_shape)


__getattr__ = names.missing("theano.compile.ops")
