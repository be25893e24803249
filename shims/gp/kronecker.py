"""Gaussian processes on full grids, whose covariance matrices are Kronecker products."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

from pm_migrate.shims import quirks
from pm_migrate.shims.gp.cov import Covariance, Kron
from pm_migrate.shims.gp.processes import _NOTHING, _ZERO, Base, Steps
from pm_migrate.shims.gp.util import cholesky, conditioned_vars, stabilize
from pm_migrate.shims.math import cartesian, kron_diag, kron_dot, kron_solve_lower, kron_solve_upper
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.ops.creation import identity_like
from pm_migrate.shims.theano.ops.elemwise import sqr, sqrt
from pm_migrate.shims.theano.ops.linalg import dot, eigh
from pm_migrate.shims.theano.ops.reductions import sum
from pm_migrate.shims.theano.ops.shaping import flatten, transpose


class _OnGrid(Base):
    """What processes on grids have in common.

    Parameters
    ----------
    mean_func
        Mean function of points of the grid; zero where it is left out.
    cov_funcs
        Covariance functions, one for each axis of the grid, or a single one.
    """

    def __init__(self, mean_func: Any = _ZERO, cov_funcs: Any = _NOTHING) -> None:
        self.cov_funcs = [cov_funcs] if isinstance(cov_funcs, Covariance) else list(cov_funcs)
        super().__init__(mean_func, Kron(self.cov_funcs))

    def __add__(self, other: Any) -> Any:
        raise TypeError("Additive, Kronecker-structured processes not implemented")

    def _size(self, Xs: Any) -> int:
        """Number of points of the grid."""
        if len(Xs) != len(self.cov_funcs):
            raise ValueError("Must provide a covariance function for each X")
        return reduce(operator.mul, map(len, Xs), 1)


@conditioned_vars(["Xs", "f"])
class LatentKron(_OnGrid):
    """A Gaussian process on a grid without noise, whose values are variables of the model.

    Parameters
    ----------
    mean_func, cov_funcs
        Mean function, and covariance functions, one for each axis of the grid.
    """

    def prior(self, name: str, Xs: Any, **kwargs: Any) -> Any:
        """Values at all points of a grid, of which the last axis runs fastest.

        Parameters
        ----------
        name
            Name of the variable.
        Xs
            Points along each axis, one a row.
        **kwargs
            Of the standard normal variables that they are made of, ``<name>_rotated_``.
        """
        return self._run(self._prior_steps(name, Xs, self._size(Xs), kwargs))

    def _prior_steps(self, name: str, Xs: Any, size: int, kwargs: dict[str, Any]) -> Steps:
        self.N = size
        mu = self.mean_func(cartesian(*Xs))
        factors = [cholesky(stabilize(cov(X))) for cov, X in zip(self.cov_funcs, Xs, strict=True)]
        v = yield self._make("Normal", name + "_rotated_", mu=0.0, sigma=1.0, shape=size, **kwargs)
        f = yield self._make("Deterministic", name, var=mu + flatten(kron_dot(factors, v)))
        self.Xs, self.f = Xs, f
        return f

    def _build_conditional(self, Xnew: Any) -> tuple[Variable, Variable]:
        X = cartesian(*self.Xs)
        factors = [cholesky(stabilize(cov(x))) for cov, x in zip(self.cov_funcs, self.Xs, strict=True)]
        cross = self.cov_func(X, Xnew)
        alpha = kron_solve_lower(factors, self.f - self.mean_func(X))
        alpha = kron_solve_upper([transpose(factor) for factor in factors], alpha)
        mu = flatten(dot(transpose(cross), alpha)) + self.mean_func(Xnew)
        A = kron_solve_lower(factors, cross)
        return mu, stabilize(self.cov_func(Xnew) - dot(transpose(A), A))

    def conditional(self, name: str, Xnew: Any, **kwargs: Any) -> Any:
        """Values at ``Xnew``, which need not be a grid, given those of :meth:`prior`.

        Parameters
        ----------
        name
            Name of the variable.
        Xnew
            Points, one a row; the columns are dealt out to the covariance functions by their ``input_dim``.
        **kwargs
            Of the distribution, :class:`MvNormal`; ``shape=`` where ``Xnew`` is a variable.
        """
        return self._run(self._conditional_steps(name, self._build_conditional(Xnew), Xnew, kwargs))


@conditioned_vars(["Xs", "y", "sigma"])
class MarginalKron(_OnGrid):
    """A Gaussian process on a grid with white noise, whose values are integrated out.

    Parameters
    ----------
    mean_func, cov_funcs
        Mean function, and covariance functions, one for each axis of the grid.
    """

    def marginal_likelihood(
        self, name: str, Xs: Any, y: Any, sigma: Any, is_observed: bool = True, **kwargs: Any
    ) -> Any:
        """Noisy values at all points of a grid, of which the last axis runs fastest.

        Parameters
        ----------
        name
            Name of the variable.
        Xs
            Points along each axis, one a row.
        y
            Data.
        sigma
            Standard deviation of the noise.
        is_observed
            Whether ``y`` are observations; otherwise the values are a free variable.
        **kwargs
            Of the distribution, :class:`KroneckerNormal`.
        """
        size = self._size(Xs)
        if size != len(y):
            raise ValueError(f"Length of y ({len(y)}) must match length of cartesian product of Xs ({size})")
        self.X = cartesian(*Xs)
        self.Xs, self.y, self.sigma = Xs, y, sigma
        return self._run(self._likelihood_steps(name, size, is_observed, kwargs))

    def _likelihood_steps(self, name: str, size: int, is_observed: bool, kwargs: dict[str, Any]) -> Steps:
        covs = [cov(X) for cov, X in zip(self.cov_funcs, self.Xs, strict=True)]
        data = {"observed": self.y} if is_observed else {"shape": size}
        moments = {"mu": self.mean_func(self.X), "covs": covs, "sigma": self.sigma}
        return (yield self._make("KroneckerNormal", name, **moments, **data, **kwargs))

    def _build_conditional(self, Xnew: Any, pred_noise: bool, diag: bool) -> tuple[Variable, Variable]:
        X = cartesian(*self.Xs)
        parts = [eigh(cov(x)) for cov, x in zip(self.cov_funcs, self.Xs, strict=True)]
        eigenvalues, vectors = kron_diag(*(w for w, _ in parts)), [v for _, v in parts]
        if self.sigma is not None:
            eigenvalues = eigenvalues + sqr(self.sigma)
        turned = [transpose(v) for v in vectors]
        cross = self.cov_func(X, Xnew)
        alpha = kron_dot(turned, self.y - self.mean_func(X)) / eigenvalues[:, None]
        mu = flatten(dot(transpose(cross), kron_dot(vectors, alpha))) + self.mean_func(Xnew)
        A = kron_dot(turned, cross) / sqrt(eigenvalues[:, None])
        noise = self._predicted_noise() if pred_noise else None
        if diag:
            cov = self.cov_func(Xnew, diag=True) - sum(sqr(A), 0)
            return mu, cov if noise is None else cov + noise
        cov = self.cov_func(Xnew) - dot(transpose(A), A)
        return mu, cov if noise is None else cov + noise * identity_like(cov)

    def _predicted_noise(self) -> Any:
        """What ``pred_noise=True`` adds to variances."""
        if quirks.fixed():
            return sqr(self.sigma)
        quirks.say_once(
            "MarginalKron", "with pred_noise=True PyMC3 adds sigma, not its square, to the variances that it predicts."
        )
        return self.sigma

    def conditional(self, name: str, Xnew: Any, pred_noise: bool = False, **kwargs: Any) -> Any:
        """Values at ``Xnew``, which need not be a grid, given those of :meth:`marginal_likelihood`.

        Parameters
        ----------
        name
            Name of the variable.
        Xnew
            Points, one a row; the columns are dealt out to the covariance functions by their ``input_dim``.
        pred_noise
            Whether the values have noise, too.
        **kwargs
            Of the distribution, :class:`MvNormal`; ``shape=`` where ``Xnew`` is a variable.
        """
        return self._run(self._conditional_steps(name, self._build_conditional(Xnew, pred_noise, False), Xnew, kwargs))

    def predict(self, Xnew: Any, point: Any = None, diag: bool = False, pred_noise: bool = False) -> Any:
        """Mean and covariance of :meth:`conditional`, as arrays.

        Parameters
        ----------
        Xnew
            Points, one a row.
        point
            Values of the parameters by name; those that miss are drawn from their priors.
        diag
            The variances alone.
        pred_noise
            As of :meth:`conditional`.
        """
        return self._at_point(self.predictt(Xnew, diag, pred_noise), point)

    def predictt(self, Xnew: Any, diag: bool = False, pred_noise: bool = False) -> tuple[Any, Any]:
        """Mean and covariance of :meth:`conditional`, as variables."""
        return self._build_conditional(Xnew, pred_noise, diag)


__all__ = ["LatentKron", "MarginalKron"]
