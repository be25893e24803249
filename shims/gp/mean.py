"""Mean functions of Gaussian processes: functions of points, one a row."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.ops.creation import alloc
from pm_migrate.shims.theano.ops.elemwise import add, mul
from pm_migrate.shims.theano.ops.linalg import dot
from pm_migrate.shims.theano.ops.shaping import squeeze

__all__ = ["Add", "Constant", "Linear", "Mean", "Prod", "Zero"]


class Mean:
    """Base class: a subclass writes ``__call__``."""

    def __call__(self, X: Any) -> Any:
        """The mean at each row of ``X``, a vector."""
        raise NotImplementedError(f"{type(self).__name__} has to define __call__(self, X)")

    def __add__(self, other: Any) -> Add:
        return Add(self, other)

    def __mul__(self, other: Any) -> Prod:
        return Prod(self, other)


class Zero(Mean):
    """Zero everywhere."""

    def __call__(self, X: Any) -> Variable:
        return alloc(0.0, X.shape[0])


class Constant(Mean):
    """One value everywhere.

    Parameters
    ----------
    c
        The value: a number or a variable.
    """

    def __init__(self, c: Any = 0) -> None:
        self.c = c

    def __call__(self, X: Any) -> Variable:
        return alloc(1.0, X.shape[0]) * self.c


class Linear(Mean):
    """``X . coeffs + intercept``.

    Parameters
    ----------
    coeffs
        One for each column, or one for all.
    intercept
        The value at the origin.
    """

    def __init__(self, coeffs: Any, intercept: Any = 0) -> None:
        self.b = intercept
        self.A = coeffs

    def __call__(self, X: Any) -> Variable:
        return squeeze(dot(X, self.A) + self.b)


class Add(Mean):
    """Sum of two mean functions."""

    def __init__(self, first_mean: Mean, second_mean: Mean) -> None:
        self.m1 = first_mean
        self.m2 = second_mean

    def __call__(self, X: Any) -> Variable:
        return add(self.m1(X), self.m2(X))


class Prod(Mean):
    """Product of two mean functions."""

    def __init__(self, first_mean: Mean, second_mean: Mean) -> None:
        self.m1 = first_mean
        self.m2 = second_mean

    def __call__(self, X: Any) -> Variable:
        return mul(self.m1(X), self.m2(X))
