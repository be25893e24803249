"""``theano.tensor.slinalg``."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.ops import linalg
from pm_migrate.shims.theano.ops.extras import eigvalsh
from pm_migrate.shims.theano.ops.linalg import (
    expm,
    kron,
    solve_lower_triangular,
    solve_symmetric,
    solve_upper_triangular,
)


class Cholesky:
    """The Cholesky factorisation as an object: ``Cholesky(lower=True, on_error="nan")(matrix)``."""

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in ("raise", "nan"):
            raise ValueError('on_error must be one of "raise" or "nan"')
        self.lower = lower
        self.on_error = on_error

    def __call__(self, x: Any) -> Variable:
        return linalg.cholesky(x, self.lower, self.on_error)


class Solve:
    """The solution of a linear system as an object: ``Solve(A_structure="lower_triangular")(a, b)``."""

    def __init__(
        self, A_structure: str = "general", lower: bool = False, overwrite_A: bool = False, overwrite_b: bool = False
    ) -> None:
        self.A_structure = A_structure
        self.lower = lower

    def __call__(self, a: Any, b: Any) -> Variable:
        return linalg.solve(a, b, self.A_structure)


cholesky = Cholesky()
solve = Solve()

__all__ = [
    "Cholesky",
    "Solve",
    "cholesky",
    "eigvalsh",
    "expm",
    "kron",
    "solve",
    "solve_lower_triangular",
    "solve_symmetric",
    "solve_upper_triangular",
]

__getattr__ = names.missing("theano.tensor.slinalg")
