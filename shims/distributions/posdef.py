"""Whether a matrix is positive definite: what ``pymc3.distributions.multivariate`` asks of covariances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.theano.graph import Apply, Variable, as_variable
from pm_migrate.shims.theano.graph.op import Op
from pm_migrate.shims.theano.types import TensorType

__all__ = ["PosDefMatrix", "matrix_pos_def", "posdef"]


def posdef(AA: Any) -> int:
    """1 if an array is a positive definite matrix, by its Cholesky factorisation, else 0.

    Examples
    --------
    >>> posdef(np.eye(2)), posdef(-np.eye(2))
    (1, 0)
    """
    try:
        np.linalg.cholesky(AA)
    except np.linalg.LinAlgError:
        return 0
    return 1


class PosDefMatrix(Op):
    """:func:`posdef` of a tensor."""

    __props__ = ()

    def __str__(self) -> str:
        return "MatrixIsPositiveDefinite"

    def make_node(self, *inputs: Any) -> Apply:
        """The node for one matrix."""
        x = as_variable(inputs[0])
        if x.ndim != 2:
            raise TypeError(f"{self}: a matrix is wanted, not {x.ndim} dimensions")
        return Apply(self, [x], [TensorType("int8", ())()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        """Factorise the matrix."""
        output_storage[0][0] = np.array(posdef(inputs[0]), "int8")

    def grad(self, inputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Sequence[Any]:
        """Zero."""
        return [inputs[0].zeros_like()]


matrix_pos_def = PosDefMatrix()
