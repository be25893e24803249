"""Gaussian processes whose values are variables of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from pm_migrate.shims.gaussian import conditioning
from pm_migrate.shims.gaussian.factors import cholesky
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.distributions import CLASSES
from pm_migrate.shims.pymc4.gp.cov import Covariance
from pm_migrate.shims.pymc4.gp.covariance import Mode, called, evaluate
from pm_migrate.shims.pymc4.gp.mean import Mean, Zero
from pm_migrate.shims.pymc4.gp.rotation import Rotated, Standardised
from pm_migrate.shims.pymc4.gp.util import floats

Tensor = Any

__all__ = ["LatentGP"]

_ZERO = Zero(1)


class BaseGP:
    """What Gaussian processes have in common.

    Parameters
    ----------
    cov_fn
        Covariance function.
    mean_fn
        Mean function, of the same ``feature_ndims``.

    Raises
    ------
    ValueError
        When mean and covariance function take other points.
    """

    def __init__(self, cov_fn: Covariance, mean_fn: Mean = _ZERO) -> None:
        if isinstance(cov_fn, Mean) and isinstance(mean_fn, Covariance):  # the order of PyMC4's own example
            cov_fn, mean_fn = mean_fn, cov_fn
        if mean_fn is _ZERO:
            mean_fn = Zero(cov_fn.feature_ndims)
        if mean_fn.feature_ndims != cov_fn.feature_ndims:
            raise ValueError(
                "The feature_ndims of mean and covariance functions should be equal, not "
                f"{mean_fn.feature_ndims} and {cov_fn.feature_ndims}"
            )
        self.feature_ndims = cov_fn.feature_ndims
        self.mean_fn = mean_fn
        self.cov_fn = cov_fn

    def __add__(self, other: Any) -> Any:
        """The sum of two independent processes (not in PyMC4, where it is made of the sums of their functions)."""
        if type(other) is not type(self):
            return NotImplemented
        return type(self)(self.cov_fn + other.cov_fn, self.mean_fn + other.mean_fn)

    def prior(
        self, name: Any, X: Any, *, reparametrize: bool = True, jitter: float | None = None, **kwargs: Any
    ) -> Distribution:
        """The distribution of the values at ``X``."""
        raise NotImplementedError(f"{type(self).__name__} has no prior")

    def conditional(
        self,
        name: Any,
        Xnew: Any,
        given: Mapping[str, Any],
        *,
        reparametrize: bool = True,
        jitter: float | None = None,
        **kwargs: Any,
    ) -> Distribution:
        """The distribution of the values at ``Xnew`` given others."""
        raise NotImplementedError(f"{type(self).__name__} has no conditional")

    def predict(self, Xnew: Any, **kwargs: Any) -> Tensor:
        """Values at ``Xnew``; no process has this, as in PyMC4."""
        raise NotImplementedError(f"{type(self).__name__} has no predict")

    def marginal_likelihood(
        self, name: Any, X: Any, *, reparametrize: bool = True, jitter: float | None = None, **kwargs: Any
    ) -> Distribution:
        """The distribution of noisy values at ``X``; no process has this, as in PyMC4."""
        raise NotImplementedError(f"{type(self).__name__} has no marginal_likelihood")


class _Given(NamedTuple):
    """The points with known values, those values, and the process that they belong to."""

    X: Tensor
    f: Tensor
    cov_fn: Covariance
    mean_fn: Mean


class LatentGP(BaseGP):
    """A Gaussian process without noise, whose values are variables of the model.

    Parameters
    ----------
    cov_fn
        Covariance function.
    mean_fn
        Mean function; zero when it is left out.

    Examples
    --------
    >>> import numpy as np
    >>> import pm_migrate.pymc4 as pm
    >>> X, Xnew = np.linspace(0, 1, 5)[:, None], np.array([[0.1], [0.7]])
    >>> @pm.model(name=None)
    ... def model():
    ...     scale = yield pm.HalfNormal("scale", 1.0)
    ...     gp = pm.gp.LatentGP(pm.gp.cov.ExpQuad(scale))
    ...     f = yield gp.prior("f", X)
    ...     yield gp.conditional("f_new", Xnew, given={"X": X, "f": f})
    >>> [v.name for v in model().log_density().variables]
    ['__log_scale', '__rotated_f', '__rotated_f_new']
    """

    def prior(
        self, name: Any, X: Any, *, reparametrize: bool = True, jitter: float | None = None, **kwargs: Any
    ) -> Distribution:
        """The distribution of the values at ``X``, to be yielded.

        Parameters
        ----------
        name
            Name of the variable.
        X
            Points of shape ``(..., n, features)``.
        reparametrize
            With True, :class:`MvNormalCholesky` with the transform ``f = mean + L z``: a sampler sees ``z``, which is
            standard normal, so that it need not follow how the values depend on each other and on the length scale.
            With False, :class:`MvNormal`, sampled as it is, which is what PyMC4 does in either case.
        jitter
            Added to the diagonal of the covariance matrix; None for 1e-6 (float32: 1e-4).
        **kwargs
            Of the distribution: ``observed``, ``transform``, ``batch_stack`` ...

        Returns
        -------
        Distribution
            Of shape ``(..., n)``; for one point a :class:`Normal` of shape ``(...)``.
        """
        x = floats(X)
        covariance = conditioning.stabilize(evaluate(self.cov_fn, x, x, Mode()), jitter)
        return self._distribution(name, x, called(self.mean_fn, x), covariance, reparametrize, kwargs)

    def conditional(
        self,
        name: Any,
        Xnew: Any,
        given: Mapping[str, Any],
        *,
        reparametrize: bool = True,
        jitter: float | None = None,
        **kwargs: Any,
    ) -> Distribution:
        """The distribution of the values at new points given those at others, to be yielded.

        Rasmussen and Williams 2006, (2.19). White noise of the covariance function is independent at new points.

        Parameters
        ----------
        name
            Name of the variable.
        Xnew
            Points of shape ``(..., m, features)``.
        given
            ``"X"``, points; ``"f"``, the values there, shape ``(..., n)``; and perhaps ``"gp"``, the process that
            those are of, which this one is a summand of.
        reparametrize, jitter, **kwargs
            As of :meth:`prior`; the jitter is added to both covariance matrices.

        Returns
        -------
        Distribution
            Of shape ``(..., m)``; for one point a :class:`Normal` of shape ``(...)``.

        Raises
        ------
        ValueError
            When ``given`` misses a key, or ``f`` is a distribution that was not yielded.
        """
        known = self._known(given)
        x = floats(Xnew)
        shift, covariance = conditioning.condition(
            evaluate(known.cov_fn, known.X, known.X, Mode()),
            evaluate(self.cov_fn, known.X, x, Mode(cross=True)),
            evaluate(self.cov_fn, x, x, Mode()),
            known.f - called(known.mean_fn, known.X),
            jitter,
        )
        loc = called(self.mean_fn, x) + shift
        return self._distribution(name, x, loc, conditioning.stabilize(covariance, jitter), reparametrize, kwargs)

    def _is_univariate(self, X: Tensor) -> bool:
        """Whether there is one point only."""
        return bool(X.shape[-(self.feature_ndims + 1)] == 1)

    def _known(self, given: Mapping[str, Any] | None) -> _Given:
        given = given or {}
        if not {"X", "f"} <= set(given):
            raise ValueError(f"given must contain 'X' and 'f' keys. found {list(given)} only.")
        if isinstance(given["f"], Distribution):
            raise ValueError("Prior `f` must be a numpy array or tensor: yield it, as f = yield gp.prior('f', X)")
        total = given.get("gp", self)
        X, f = floats(given["X"]), floats(given["f"])
        if self._is_univariate(X) and f.shape.rank < X.shape.rank - self.feature_ndims:
            f = f[..., None]
        return _Given(X, f, total.cov_fn, total.mean_fn)

    def _distribution(
        self, name: Any, X: Tensor, loc: Tensor, covariance: Tensor, reparametrize: bool, kwargs: dict[str, Any]
    ) -> Distribution:
        if self._is_univariate(X):
            loc, scale = loc[..., 0], tf.sqrt(covariance[..., 0, 0])
            if reparametrize:
                kwargs = {"transform": Standardised(loc, scale), **kwargs}
            return CLASSES["Normal"](name, loc, scale, **kwargs)
        if not reparametrize:
            return CLASSES["MvNormal"](name, loc, covariance, **kwargs)
        factor = cholesky(covariance)
        return CLASSES["MvNormalCholesky"](name, loc, factor, **{"transform": Rotated(loc, factor), **kwargs})
