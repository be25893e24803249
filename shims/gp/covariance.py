"""Covariance functions as objects: evaluated at points, added, multiplied, and raised to powers."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from pm_migrate.shims import quirks
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops.creation import diag as diag_of
from pm_migrate.shims.theano.ops.shaping import squeeze


class Covariance:
    """Base class: a subclass writes ``full(self, X, Xs=None)`` and ``diag(self, X)``.

    Parameters
    ----------
    input_dim
        Number of columns of the points that the function looks at.
    active_dims
        Which ones; the first ``input_dim`` where it is left out.
    """

    # NumPy arrays on the left leave sums and products to this class
    __array_ufunc__ = None

    def __init__(self, input_dim: int, active_dims: Any = None) -> None:
        self.input_dim = input_dim
        self.active_dims = np.arange(input_dim) if active_dims is None else np.asarray(active_dims, int)

    def __call__(self, X: Any, Xs: Any = None, diag: bool = False) -> Any:
        """The covariance of each row of ``X`` with each of ``Xs``.

        Parameters
        ----------
        X
            Points, one a row.
        Xs
            Other points; ``X`` itself where it is left out.
        diag
            Only the variances at ``X``, as a vector.
        """
        return self.diag(X) if diag else self.full(X, Xs)

    def diag(self, X: Any) -> Any:
        """The variance at each row of ``X``."""
        raise NotImplementedError(f"{type(self).__name__} has to define diag(self, X)")

    def full(self, X: Any, Xs: Any = None) -> Any:
        """The matrix of covariances."""
        raise NotImplementedError(f"{type(self).__name__} has to define full(self, X, Xs=None)")

    def _slice(self, X: Any, Xs: Any) -> tuple[Variable, Variable | None]:
        """The active columns of points, as variables."""
        columns = X.shape[-1]
        if isinstance(columns, (int, np.integer)) and self.input_dim != columns:
            warnings.warn(
                f"{type(self).__name__}: Only {self.input_dim} column(s) out of {columns} are being used to compute "
                "the covariance function; where all are meant, give input_dim as many as there are",
                UserWarning,
                quirks.user_level(),
            )
        chosen = as_variable(X[:, self.active_dims])
        return chosen, None if Xs is None else as_variable(Xs[:, self.active_dims])

    def __add__(self, other: Any) -> Add:
        return Add([self, other])

    def __mul__(self, other: Any) -> Prod:
        return Prod([self, other])

    def __radd__(self, other: Any) -> Add:
        return Add([self, _from_left(other)])

    def __rmul__(self, other: Any) -> Prod:
        return Prod([self, _from_left(other)])

    def __pow__(self, other: Any) -> Exponentiated:
        if not isinstance(other, Covariance):
            exponent = squeeze(as_variable(other))
            if exponent.ndim == 0:
                return Exponentiated(self, exponent)
        raise ValueError("A covariance function can only be exponentiated by a scalar value")


def _from_left(other: Any) -> Any:
    """A summand or factor on the left; of arrays, matrices and numbers alone can be combined."""
    if not isinstance(other, np.ndarray):
        return other
    array = np.squeeze(other)
    if array.ndim > 2 or (array.ndim == 1 and array.size > 1):
        raise ValueError(f"cannot combine a covariance function with array of shape {other.shape}")
    return array if array.ndim == 2 else array.reshape(1, 1)


class Combination(Covariance):
    """A sum or a product; those of the same kind inside are taken apart.

    Parameters
    ----------
    factor_list
        Covariance functions, and numbers, matrices or variables, at least one a covariance function.
    """

    @staticmethod
    def _combine(a: Any, b: Any) -> Any:
        raise NotImplementedError

    def __init__(self, factor_list: Sequence[Any]) -> None:
        super().__init__(max(factor.input_dim for factor in factor_list if isinstance(factor, Covariance)))
        self.factor_list: list[Any] = []
        for factor in factor_list:
            self.factor_list.extend(factor.factor_list if isinstance(factor, type(self)) else [factor])

    def merge_factors(self, X: Any, Xs: Any = None, diag: bool = False) -> list[Any]:
        """The values of all factors at points."""
        return [self._value(factor, X, Xs, diag) for factor in self.factor_list]

    @staticmethod
    def _value(factor: Any, X: Any, Xs: Any, diag: bool) -> Any:
        if isinstance(factor, Covariance):
            return factor(X, Xs, diag)
        if diag and getattr(factor, "ndim", 0) == 2:
            return np.diag(factor) if isinstance(factor, np.ndarray) else diag_of(factor)
        return factor

    def __call__(self, X: Any, Xs: Any = None, diag: bool = False) -> Any:
        """As of :class:`Covariance`."""
        return reduce(self._combine, self.merge_factors(X, Xs, diag))


class Add(Combination):
    """Sum of covariance functions, numbers and matrices."""

    @staticmethod
    def _combine(a: Any, b: Any) -> Any:
        return a + b


class Prod(Combination):
    """Product, element by element, of covariance functions, numbers and matrices."""

    @staticmethod
    def _combine(a: Any, b: Any) -> Any:
        return a * b


class Exponentiated(Covariance):
    """A covariance function to a power, element by element."""

    def __init__(self, kernel: Covariance, power: Any) -> None:
        self.kernel = kernel
        self.power = power
        super().__init__(kernel.input_dim, kernel.active_dims)

    def __call__(self, X: Any, Xs: Any = None, diag: bool = False) -> Any:
        """As of :class:`Covariance`."""
        return self.kernel(X, Xs, diag=diag) ** self.power


class Kron(Covariance):
    """Product of covariance functions of which each has columns of its own: on a full grid, a Kronecker product.

    Parameters
    ----------
    factor_list
        Covariance functions; the columns of the points are dealt out by their ``input_dim``.
    """

    def __init__(self, factor_list: Sequence[Covariance]) -> None:
        self.input_dims = [factor.input_dim for factor in factor_list]
        super().__init__(sum(self.input_dims))
        self.factor_list = factor_list

    def _split(self, X: Any, Xs: Any) -> tuple[list[Any], list[Any]]:
        ends = np.cumsum(self.input_dims)
        parts = [slice(int(end - width), int(end)) for end, width in zip(ends, self.input_dims, strict=True)]
        others = [None] * len(parts) if Xs is None else [Xs[:, part] for part in parts]
        return [X[:, part] for part in parts], others

    def __call__(self, X: Any, Xs: Any = None, diag: bool = False) -> Any:
        """As of :class:`Covariance`."""
        parts, others = self._split(X, Xs)
        return reduce(operator.mul, [f(x, xs, diag) for f, x, xs in zip(self.factor_list, parts, others, strict=True)])


def handle_args(func: Callable[..., Any], args: Any) -> Callable[[Any, Any], Any]:
    """A function of points and a tuple of further arguments, or None or one argument in its place."""

    def called(x: Any, args: Any) -> Any:
        if args is None:
            return func(x)
        return func(x, *(args if isinstance(args, tuple) else (args,)))

    return called
