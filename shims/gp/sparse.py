"""Gaussian processes of many points, by way of a few."""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

from pm_migrate.shims import quirks
from pm_migrate.shims.gp.processes import _NOTHING, _ZERO, Given, Marginal
from pm_migrate.shims.gp.util import cholesky, conditioned_vars, solve_lower, solve_upper, stabilize
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.ops.creation import eye, identity_like, ones_like
from pm_migrate.shims.theano.ops.elemwise import clip, log, sqr
from pm_migrate.shims.theano.ops.linalg import dot, extract_diag
from pm_migrate.shims.theano.ops.reductions import sum
from pm_migrate.shims.theano.ops.shaping import transpose


@conditioned_vars(["X", "Xu", "y", "sigma"])
class MarginalSparse(Marginal):
    """A Gaussian process with noise, whose values at the points of the data depend on those at inducing points.

    Quinonero-Candela and Rasmussen 2005, *A unifying view of sparse approximate Gaussian process regression* (DTC,
    FITC); Titsias 2009, *Variational learning of inducing variables in sparse Gaussian processes* (VFE).

    Parameters
    ----------
    mean_func, cov_func
        As of :class:`~pm_migrate.shims.gp.processes.Base`.
    approx
        ``"FITC"``, ``"VFE"`` or ``"DTC"``.
    """

    _available_approx = ("FITC", "VFE", "DTC")

    def __init__(self, mean_func: Any = _ZERO, cov_func: Any = _NOTHING, approx: str = "FITC") -> None:
        if approx not in self._available_approx:
            raise NotImplementedError(f"MarginalSparse: approx={approx!r} is none of {self._available_approx}")
        self.approx = approx
        super().__init__(mean_func, cov_func)

    def __add__(self, other: Any) -> Any:
        total = super().__add__(other)
        if self.approx != other.approx:
            raise TypeError("Cannot add GPs with different approximations")
        total.approx = self.approx
        return total

    def _approximation(self, X: Any, Xu: Any, sigma: Any, cov_func: Any) -> tuple[Any, ...]:
        """The factor of the inducing points' covariance, ``A``, and the noise, of data of ``A^T A + diag(noise)``."""
        Luu = cholesky(stabilize(cov_func(Xu)))
        A = solve_lower(Luu, cov_func(Xu, X))
        explained = sum(sqr(A), 0)
        if self.approx == "FITC":
            noise = clip(cov_func(X, diag=True) - explained, 0.0, math.inf) + sqr(sigma)
        else:
            noise = ones_like(explained) * sqr(sigma)
        return Luu, A, noise

    @staticmethod
    def _projected(A: Any, noise: Any, residual: Any) -> tuple[Variable, Variable]:
        """A factor as large as there are inducing points, and the residuals of the data in its terms."""
        L_B = cholesky(eye(A.shape[0]) + dot(A / noise, transpose(A)))
        return L_B, solve_lower(L_B, dot(A, residual / noise))

    def _build_marginal_likelihood_logp(self, y: Any, X: Any, Xu: Any, sigma: Any) -> Variable:
        """The log density, the data first so that a partial of it can be pickled."""
        residual = y - self.mean_func(X)
        _, A, noise = self._approximation(X, Xu, sigma, self.cov_func)
        L_B, c = self._projected(A, noise, residual)
        lost: Any = 0.0
        if self.approx == "VFE":
            lost = (sum(self.cov_func(X, diag=True)) - sum(sqr(A))) / (2.0 * sqr(sigma))
        constant = 0.5 * X.shape[0] * math.log(2.0 * math.pi)
        logdet = 0.5 * sum(log(noise)) + sum(log(extract_diag(L_B)))
        quadratic = 0.5 * (dot(residual, residual / noise) - dot(c, c))
        return -(constant + logdet + quadratic + lost)

    def marginal_likelihood(
        self, name: str, X: Any, Xu: Any, y: Any, noise: Any = None, is_observed: bool = True, **kwargs: Any
    ) -> Any:
        """Noisy values at ``X``.

        Parameters
        ----------
        name
            Name of the variable.
        X, Xu
            Points of the data and inducing points, one a row.
        y
            Data.
        noise
            Standard deviation of the noise.
        is_observed
            Whether ``y`` are observations; otherwise the values are a free variable.
        **kwargs
            Of the distribution, :class:`DensityDist`.
        """
        if noise is None:
            noise = kwargs.pop("sigma", None)
            if noise is None:
                raise ValueError("noise argument must be specified")
            warnings.warn(
                "The 'sigma' argument has been deprecated. Use 'noise' instead.",
                DeprecationWarning,
                quirks.user_level(),
            )
        self.X, self.Xu, self.y, self.sigma = X, Xu, y, noise
        density = self._density(X, Xu, noise)
        return self._run(self._likelihood_steps(name, is_observed, "DensityDist", {**density, **kwargs}))

    def _density(self, X: Any, Xu: Any, sigma: Any) -> dict[str, Any]:
        """What the distribution of the data is made with."""
        return {"logp": functools.partial(self._build_marginal_likelihood_logp, X=X, Xu=Xu, sigma=sigma)}

    def _get_given_vals(self, given: Given) -> tuple[Any, ...]:
        given = given or {}
        if {"X", "Xu", "y", "sigma"} <= set(given):
            known = (given["X"], given["Xu"], given["y"], given["sigma"])
        else:
            known = (self.X, self.Xu, self.y, self.sigma)
        return (*known, *self._functions(given))

    def _build_conditional(
        self,
        Xnew: Any,
        pred_noise: bool,
        diag: bool,
        X: Any,
        Xu: Any,
        y: Any,
        sigma: Any,
        cov_total: Any,
        mean_total: Any,
    ) -> tuple[Variable, Variable]:
        Luu, A, noise = self._approximation(X, Xu, sigma, cov_total)
        L_B, c = self._projected(A, noise, y - mean_total(X))
        A = solve_lower(Luu, self.cov_func(Xu, Xnew))
        C = solve_lower(L_B, A)
        mu = self.mean_func(Xnew) + dot(transpose(A), solve_upper(transpose(L_B), c))
        if diag:
            cov = self.cov_func(Xnew, diag=True) - sum(sqr(A), 0) + sum(sqr(C), 0)
            return mu, cov + sqr(sigma) if pred_noise else cov
        cov = self.cov_func(Xnew) - dot(transpose(A), A) + dot(transpose(C), C)
        return mu, cov + sqr(sigma) * identity_like(cov) if pred_noise else stabilize(cov)
