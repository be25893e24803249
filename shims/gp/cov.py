"""Covariance functions of Gaussian processes, with PyMC3's names, parameters and formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pm_migrate.shims.gp.covariance import Add, Combination, Covariance, Exponentiated, Kron, Prod, handle_args
from pm_migrate.shims.gp.stationary import (
    Cosine,
    Exponential,
    ExpQuad,
    Matern12,
    Matern32,
    Matern52,
    Periodic,
    RatQuad,
    Stationary,
    square_dist,
)
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops.creation import alloc
from pm_migrate.shims.theano.ops.creation import diag as diag_of
from pm_migrate.shims.theano.ops.elemwise import abs_, cast, clip, exp, pow, sqr, sqrt
from pm_migrate.shims.theano.ops.linalg import dot, outer
from pm_migrate.shims.theano.ops.reductions import sum
from pm_migrate.shims.theano.ops.shaping import flatten, reshape, transpose

__all__ = [
    "Add",
    "Circular",
    "Combination",
    "Constant",
    "Coregion",
    "Cosine",
    "Covariance",
    "ExpQuad",
    "Exponential",
    "Exponentiated",
    "Gibbs",
    "Kron",
    "Linear",
    "Matern12",
    "Matern32",
    "Matern52",
    "Periodic",
    "Polynomial",
    "Prod",
    "RatQuad",
    "ScaledCov",
    "Stationary",
    "WarpedInput",
    "WhiteNoise",
    "handle_args",
]


class Constant(Covariance):
    """One value for all pairs.

    Parameters
    ----------
    c
        The value.
    """

    def __init__(self, c: Any) -> None:
        super().__init__(1)
        self.c = c

    def diag(self, X: Any) -> Variable:
        return alloc(self.c, X.shape[0])

    def full(self, X: Any, Xs: Any = None) -> Variable:
        return alloc(self.c, X.shape[0], (X if Xs is None else Xs).shape[0])


class WhiteNoise(Covariance):
    """Independent noise: ``sigma^2`` at each point with itself, zero between points, and with all other points.

    Parameters
    ----------
    sigma
        Standard deviation.
    """

    def __init__(self, sigma: Any) -> None:
        super().__init__(1)
        self.sigma = sigma

    def diag(self, X: Any) -> Variable:
        return alloc(sqr(self.sigma), X.shape[0])

    def full(self, X: Any, Xs: Any = None) -> Variable:
        return diag_of(self.diag(X)) if Xs is None else alloc(0.0, X.shape[0], Xs.shape[0])


class Circular(Covariance):
    """``(1 + tau t / c) (1 - t / c)^tau`` of the distance ``t`` on a circle, of which ``c`` is half.

    Padonou and Roustant 2015, *Polar Gaussian Processes for Predicting on Circular Domains*.

    Parameters
    ----------
    period
        Length of the circle.
    tau
        At least 4: the larger, the shorter correlations reach.
    input_dim, active_dims
        As of :class:`Covariance`.
    """

    def __init__(self, input_dim: int, period: Any, tau: Any = 4, active_dims: Any = None) -> None:
        super().__init__(input_dim, active_dims)
        self.c = as_variable(period / 2)
        self.tau = tau

    def dist(self, X: Any, Xs: Any) -> Variable:
        """Distance on the circle, of all pairs."""
        return abs_((X - transpose(X if Xs is None else Xs) + self.c) % (self.c * 2) - self.c)

    def weinland(self, t: Any) -> Variable:
        """The function of the distance."""
        return (1 + self.tau * t / self.c) * clip(1 - t / self.c, 0, np.inf) ** self.tau

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        return self.weinland(self.dist(X, Xs))

    def diag(self, X: Any) -> Variable:
        return alloc(1.0, X.shape[0])


class Linear(Covariance):
    """``(x - c) . (x' - c)``.

    Parameters
    ----------
    c
        Where all lines meet: one for all columns, or one for each.
    input_dim, active_dims
        As of :class:`Covariance`.
    """

    def __init__(self, input_dim: int, c: Any, active_dims: Any = None) -> None:
        super().__init__(input_dim, active_dims)
        self.c = c

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        centred = X - self.c
        return dot(centred, transpose(centred if Xs is None else Xs - self.c))

    def diag(self, X: Any) -> Variable:
        X, _ = self._slice(X, None)
        return sum(sqr(X - self.c), 1)


class Polynomial(Linear):
    """``((x - c) . (x' - c) + offset)^d``.

    Parameters
    ----------
    d, offset
        Of the formula.
    input_dim, c, active_dims
        As of :class:`Linear`.
    """

    def __init__(self, input_dim: int, c: Any, d: Any, offset: Any, active_dims: Any = None) -> None:
        super().__init__(input_dim, c, active_dims)
        self.d = d
        self.offset = offset

    def full(self, X: Any, Xs: Any = None) -> Variable:
        return pow(super().full(X, Xs) + self.offset, self.d)

    def diag(self, X: Any) -> Variable:
        return pow(super().diag(X) + self.offset, self.d)


def _check(name: str, function: Any, inner: Any = None) -> None:
    if not callable(function):
        raise TypeError(f"{name} must be callable")
    if inner is not None and not isinstance(inner, Covariance):
        raise TypeError("Must be or inherit from the Covariance class")


class WarpedInput(Covariance):
    """A covariance function of transformed points.

    Parameters
    ----------
    cov_func
        The covariance function.
    warp_func
        A function of points, and of ``args``, that gives points.
    args
        Further arguments of it: a tuple, or one that is not a tuple.
    input_dim, active_dims
        As of :class:`Covariance`.
    """

    def __init__(
        self,
        input_dim: int,
        cov_func: Any,
        warp_func: Callable[..., Any],
        args: Any = None,
        active_dims: Any = None,
    ) -> None:
        super().__init__(input_dim, active_dims)
        _check("warp_func", warp_func, cov_func)
        self.w = handle_args(warp_func, args)
        self.args = args
        self.cov_func = cov_func

    def full(self, X: Any, Xs: Any = None) -> Any:
        X, Xs = self._slice(X, Xs)
        return self.cov_func(self.w(X, self.args), None if Xs is None else self.w(Xs, self.args))

    def diag(self, X: Any) -> Any:
        X, _ = self._slice(X, None)
        return self.cov_func(self.w(X, self.args), diag=True)


class Gibbs(Covariance):
    """``sqrt(2 l l' / (l^2 + l'^2)) exp(-(x - x')^2 / (l^2 + l'^2))`` of length scales that vary over the line.

    Rasmussen and Williams 2006, (4.32), in one dimension.

    Parameters
    ----------
    lengthscale_func
        A function of points, and of ``args``, that gives length scales.
    args
        Further arguments of it: a tuple, or one that is not a tuple.
    input_dim, active_dims
        As of :class:`Covariance`; one column alone.
    """

    def __init__(
        self, input_dim: int, lengthscale_func: Callable[..., Any], args: Any = None, active_dims: Any = None
    ) -> None:
        super().__init__(input_dim, active_dims)
        if (input_dim if active_dims is None else len(active_dims)) != 1:
            raise NotImplementedError("Gibbs: Higher dimensional inputs are untested; give it one column")
        _check("lengthscale_func", lengthscale_func)
        self.lfunc = handle_args(lengthscale_func, args)
        self.args = args

    def square_dist(self, X: Any, Xs: Any = None) -> Variable:
        """Squared distance of all pairs of rows."""
        return square_dist(as_variable(X), None if Xs is None else as_variable(Xs))

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        scale = self.lfunc(X, self.args)
        other = scale if Xs is None else self.lfunc(Xs, self.args)
        total = reshape(sqr(scale), (-1, 1)) + reshape(sqr(other), (1, -1))
        return sqrt(2.0 * outer(scale, other) / total) * exp(-self.square_dist(X, Xs) / total)

    def diag(self, X: Any) -> Variable:
        return alloc(1.0, X.shape[0])


class ScaledCov(Covariance):
    """``s(x) k(x, x') s(x')``.

    Parameters
    ----------
    cov_func
        The covariance function ``k``.
    scaling_func
        The function ``s`` of points, and of ``args``.
    args
        Further arguments of it: a tuple, or one that is not a tuple.
    input_dim, active_dims
        As of :class:`Covariance`.
    """

    def __init__(
        self,
        input_dim: int,
        cov_func: Any,
        scaling_func: Callable[..., Any],
        args: Any = None,
        active_dims: Any = None,
    ) -> None:
        super().__init__(input_dim, active_dims)
        _check("scaling_func", scaling_func, cov_func)
        self.cov_func = cov_func
        self.scaling_func = handle_args(scaling_func, args)
        self.args = args

    def diag(self, X: Any) -> Any:
        X, _ = self._slice(X, None)
        return self.cov_func(X, diag=True) * sqr(flatten(self.scaling_func(X, self.args)))

    def full(self, X: Any, Xs: Any = None) -> Any:
        X, Xs = self._slice(X, Xs)
        scale = self.scaling_func(X, self.args)
        other = scale if Xs is None else self.scaling_func(Xs, self.args)
        return outer(scale, other) * self.cov_func(X, Xs)


class Coregion(Covariance):
    """``B[x, x']`` of points that are whole numbers: the covariance of outputs with each other.

    Parameters
    ----------
    W
        Of shape ``(outputs, rank)``, in ``B = W W^T + diag(kappa)``.
    kappa
        Of length ``outputs``.
    B
        The matrix itself, in place of both.
    input_dim, active_dims
        As of :class:`Covariance`; one active column.

    Raises
    ------
    ValueError
        Unless either ``B``, or ``W`` and ``kappa``, are given, or for more active columns than one.
    """

    def __init__(
        self, input_dim: int, W: Any = None, kappa: Any = None, B: Any = None, active_dims: Any = None
    ) -> None:
        super().__init__(input_dim, active_dims)
        if len(self.active_dims) != 1:
            raise ValueError("Coregion requires exactly one dimension to be active")
        if (W is None and kappa is None) == (B is None):
            raise ValueError("Exactly one of (W, kappa) and B must be provided to Coregion")
        if B is None:
            self.W = as_variable(W)
            self.kappa = as_variable(kappa)
            self.B = dot(self.W, self.W.T) + diag_of(self.kappa)
        else:
            self.B = as_variable(B)

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        return self.B[cast(X, "int32"), transpose(cast(X if Xs is None else Xs, "int32"))]

    def diag(self, X: Any) -> Variable:
        X, _ = self._slice(X, None)
        return diag_of(self.B)[flatten(cast(X, "int32"))]
