"""Covariance functions of the distance between points, with PyMC3's names, parameters and formulas.

RW stands for Rasmussen and Williams 2006, *Gaussian Processes for Machine Learning*, chapter 4.
"""

from __future__ import annotations

import math
from typing import Any

from pm_migrate.shims.gp.covariance import Covariance
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops.creation import alloc
from pm_migrate.shims.theano.ops.elemwise import cos, exp, pow, sin, sqr, sqrt
from pm_migrate.shims.theano.ops.reductions import sum
from pm_migrate.shims.theano.ops.shaping import dimshuffle

#: What PyMC3 adds below the square root, so that the distance of a point from itself has a derivative.
_BELOW_ROOT = 1e-12


def differences(X: Variable, Xs: Variable | None) -> Variable:
    """``x - x'`` of all pairs of rows, of shape ``(n, m, columns)``."""
    return dimshuffle(X, (0, "x", 1)) - dimshuffle(X if Xs is None else Xs, ("x", 0, 1))


def square_dist(X: Variable, Xs: Variable | None, ls: Variable | None = None) -> Variable:
    """Squared distance of all pairs of rows, each column in units of ``ls``.

    PyMC3 expands the square into norms and a product, which loses the digits of points that are close to each other and
    far from zero, and cuts off what comes out negative.
    """
    if ls is None:
        return sum(sqr(differences(X, Xs)), 2)
    if ls.ndim == 0:
        return sum(sqr(differences(X, Xs)), 2) / sqr(ls)
    if ls.ndim == 1:
        return sum(sqr(differences(X, Xs)) / sqr(ls), 2)  # differences of data are constants: only the scale is not
    return sum(sqr(differences(X / ls, None if Xs is None else Xs / ls)), 2)


class Stationary(Covariance):
    """Base class of functions of the distance.

    Parameters
    ----------
    input_dim, active_dims
        As of :class:`~pm_migrate.shims.gp.cov.Covariance`.
    ls
        Length scale: one for all columns, or one for each.
    ls_inv
        Its inverse, in place of it.

    Raises
    ------
    ValueError
        Unless exactly one of ``ls`` and ``ls_inv`` is given.
    """

    def __init__(self, input_dim: int, ls: Any = None, ls_inv: Any = None, active_dims: Any = None) -> None:
        super().__init__(input_dim, active_dims)
        if (ls is None) == (ls_inv is None):
            raise ValueError("Only one of 'ls' or 'ls_inv' must be provided")
        self.ls = as_variable(ls) if ls_inv is None else 1.0 / as_variable(ls_inv)

    def square_dist(self, X: Any, Xs: Any) -> Variable:
        """Squared distance in units of the length scale, of all pairs of rows."""
        return square_dist(as_variable(X), None if Xs is None else as_variable(Xs), self.ls)

    def euclidean_dist(self, X: Any, Xs: Any) -> Variable:
        """Distance in units of the length scale; at least 1e-6, as in PyMC3."""
        return sqrt(self.square_dist(X, Xs) + _BELOW_ROOT)

    def diag(self, X: Any) -> Variable:
        """Ones."""
        return alloc(1.0, X.shape[0])

    def full(self, X: Any, Xs: Any = None) -> Variable:
        """The function of :meth:`_distance`'s points."""
        raise NotImplementedError(f"{type(self).__name__} has to define full(self, X, Xs=None)")


class ExpQuad(Stationary):
    """``exp(-r^2 / 2)``, RW (4.9)."""

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        return exp(-0.5 * self.square_dist(X, Xs))


class RatQuad(Stationary):
    """``(1 + r^2 / (2 alpha))^-alpha``, RW (4.19).

    Parameters
    ----------
    alpha
        Weight of long against short distances.
    input_dim, ls, ls_inv, active_dims
        As of :class:`Stationary`.
    """

    def __init__(self, input_dim: int, alpha: Any, ls: Any = None, ls_inv: Any = None, active_dims: Any = None) -> None:
        super().__init__(input_dim, ls, ls_inv, active_dims)
        self.alpha = alpha

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        return pow(1.0 + 0.5 * self.square_dist(X, Xs) * (1.0 / self.alpha), -1.0 * self.alpha)


class Matern52(Stationary):
    """``(1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r)``, RW (4.17)."""

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        r = math.sqrt(5.0) * self.euclidean_dist(X, Xs)
        return (1.0 + r + sqr(r) / 3.0) * exp(-r)


class Matern32(Stationary):
    """``(1 + sqrt(3) r) exp(-sqrt(3) r)``, RW (4.17)."""

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        r = math.sqrt(3.0) * self.euclidean_dist(X, Xs)
        return (1.0 + r) * exp(-r)


class Matern12(Stationary):
    """``exp(-r)``, RW (4.18)."""

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        return exp(-self.euclidean_dist(X, Xs))


class Exponential(Stationary):
    """``exp(-r / 2)``: PyMC3's own, not RW's, which is :class:`Matern12`."""

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        return exp(-0.5 * self.euclidean_dist(X, Xs))


class Cosine(Stationary):
    """``cos(2 pi r)``."""

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        return cos(2.0 * math.pi * self.euclidean_dist(X, Xs))


class Periodic(Stationary):
    """``exp(-sum(sin(pi (x - x') / period)^2 / ls^2) / 2)``.

    RW (4.31) has 2 in place of 1/2: the length scale here is twice that one.

    Parameters
    ----------
    period
        After which the function repeats.
    input_dim, ls, ls_inv, active_dims
        As of :class:`Stationary`.
    """

    def __init__(
        self, input_dim: int, period: Any, ls: Any = None, ls_inv: Any = None, active_dims: Any = None
    ) -> None:
        super().__init__(input_dim, ls, ls_inv, active_dims)
        self.period = period

    def full(self, X: Any, Xs: Any = None) -> Variable:
        X, Xs = self._slice(X, Xs)
        angle = math.pi * differences(X, Xs) / self.period
        return exp(-0.5 * sum(sqr(sin(angle) / self.ls), 2))
