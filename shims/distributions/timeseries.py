"""Time series of the ``with`` front end: PyMC3's classes over the numeric cores in ``special/series``.

Time is the first axis of a value. ``init`` is the distribution of the first value, of an AR(p) of each of the first p.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions import drawing
from pm_migrate.shims.distributions.base import UNSET, Continuous, Distribution
from pm_migrate.shims.distributions.binding import FLOAT, as_float
from pm_migrate.shims.distributions.frontend import CLASSES
from pm_migrate.shims.distributions.special import series
from pm_migrate.shims.theano.graph import Op, Variable, apply
from pm_migrate.shims.theano.tensor import as_tensor_variable, sqrt

Tensor = Any

__all__ = [
    "AR",
    "AR1",
    "GARCH11",
    "EulerMaruyama",
    "GaussianRandomWalk",
    "MvGaussianRandomWalk",
    "MvStudentTRandomWalk",
]

_COUNTED = (
    "of several series at once (or with several distributions of the first value), the density of the innovations of "
    "all of them is counted once for each."
)


class _Series(Continuous):
    """A time series: own parameters, and perhaps distributions that it is made of."""

    #: Names of attributes that hold the parameters of the density.
    own: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fixed = quirks.fixed()
        self._rank = len(self.shape)

    @property
    def _parts(self) -> Mapping[str, Distribution]:
        """The distributions that the density is made of, by attribute."""
        return {"init": self.init} if hasattr(self, "init") else {}

    @property
    def _written(self) -> bool:
        """Whether a program's subclass writes the log density itself."""
        return type(self).logp is not _Series.logp

    @property
    def draws_in_python(self) -> bool:
        return self._written

    @property
    def params(self) -> Mapping[str, Variable]:
        if self._written:
            return super().params
        found = {name: getattr(self, name) for name in self.own}
        for part, dist in self._parts.items():
            found.update({f"{part}.{name}": variable for name, variable in dist.params.items()})
        return found

    def bound(self, values: Mapping[Variable, Any]) -> Any:
        return super().bound(values) if self._written else self._bind(values, self._rank)

    def _bind(self, values: Mapping[Variable, Any], rank: int) -> series.Series:
        raise NotImplementedError

    def _common(self, values: Mapping[Variable, Any], rank: int) -> dict[str, Any]:
        """Arguments of every bound series."""
        own = {name: as_float(values[getattr(self, name)]) for name in self.own}
        return {"params": own, "rank": rank, "fixed": self._fixed}

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise for a value without a time axis; remember how many axes a series has."""
        super().check(shape)
        if not shape:
            raise IndexError(f"{self.label}: a value needs a time axis; pass shape=")
        self._rank = len(shape)
        if not self._written and not self._fixed and self._counts(shape) > 1:
            quirks.say_once(self.label, _COUNTED)

    def _counts(self, shape: tuple[int, ...]) -> int:
        """How often PyMC3 counts the innovations of a value of a shape."""
        return 1

    def logp(self, value: Any) -> Variable:
        """Log density as an expression.

        Parameters
        ----------
        value
            A variable or array, time along its first axis.
        """
        value = as_tensor_variable(value)
        variables, dtype = list(self.params.values()), self.density_dtype(value)

        def impl(x: Any, *tensors: Any) -> Any:
            bound = self._bind(dict(zip(variables, tensors, strict=True)), value.ndim)
            return tf.cast(bound.log_prob(as_float(x)), dtype)

        return apply(Op(f"logp:{self.label}", impl, dtype=dtype), value, *variables)


class AR1(_Series):
    """Autoregressive process with one lag, stationary.

    Parameters
    ----------
    k
        Effect of the value before.
    tau_e
        Precision of the innovations.
    """

    own = ("k", "tau_e")

    def __init__(self, k: Any, tau_e: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.k = as_tensor_variable(k)
        self.tau_e = as_tensor_variable(tau_e)
        self.tau = self.tau_e * (1 - self.k**2)
        self.mode = as_tensor_variable(0.0)

    def _bind(self, values: Mapping[Variable, Any], rank: int) -> series.Series:
        return series.AR1(**self._common(values, rank))

    def _counts(self, shape: tuple[int, ...]) -> int:
        return int(np.prod(np.broadcast_shapes(shape[1:], self.tau.tag.test_value.shape)))


class AR(_Series):
    """Autoregressive process with p lags, given its first p values.

    Parameters
    ----------
    rho
        Coefficients, the nearest lag first; with ``constant``, the constant in front of them.
    sigma, tau, sd
        Standard deviation of the innovations, or their precision; 1 by default.
    constant
        Whether ``rho`` begins with a constant.
    init
        Distribution of each of the first p values; flat by default.
    """

    own = ("rho", "sigma")

    def __init__(
        self,
        rho: Any,
        sigma: Any = None,
        tau: Any = None,
        constant: bool = False,
        init: Any = UNSET,
        sd: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.tau, self.sigma = _tau_and_sigma(tau, sigma if sd is None else sd)
        self.sd = self.sigma
        self.mean = as_tensor_variable(0.0)
        self.rho = as_tensor_variable(rho)
        length = 1 if self.rho.ndim == 0 else self.rho.tag.test_value.shape[0]
        self.p = int(length) - bool(constant)
        if self.p < 1:
            raise ModelError("AR: rho holds a constant alone; it needs at least one coefficient")
        self.constant = constant
        self.init = _initial(init)

    def _bind(self, values: Mapping[Variable, Any], rank: int) -> series.Series:
        initial = self.init.bound(values)
        common = self._common(values, rank)
        return series.AR(initial=initial, lags=self.p, constant=bool(self.constant), **common)


class GaussianRandomWalk(_Series):
    """Random walk with normal innovations.

    Parameters
    ----------
    tau, sigma, sd
        Precision of the innovations, or their standard deviation; 1 by default. Along time, the first is discarded.
    init
        Distribution of the first value; flat by default.
    mu
        Drift; along time, the first is discarded.
    """

    own = ("mu", "sigma")

    def __init__(
        self,
        tau: Any = None,
        init: Any = UNSET,
        sigma: Any = None,
        mu: Any = 0.0,
        sd: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if not args:
            kwargs.setdefault("shape", 1)
        super().__init__(*args, **kwargs)
        if sum(self.shape) == 0:
            raise TypeError("GaussianRandomWalk must be supplied a non-zero shape argument!")
        self.tau, self.sigma = _tau_and_sigma(tau, sigma if sd is None else sd)
        self.sd = self.sigma
        self.mu = as_tensor_variable(mu)
        self.init = _initial(init)
        self.mean = as_tensor_variable(0.0)

    def _bind(self, values: Mapping[Variable, Any], rank: int) -> series.Series:
        return series.GaussianRandomWalk(initial=self.init.bound(values), **self._common(values, rank))

    def _counts(self, shape: tuple[int, ...]) -> int:
        first = self.init.bound_at_test_point().log_prob(tf.zeros(shape[1:], FLOAT))
        return int(np.prod(first.shape))

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw walks, which start at 0 whatever ``init`` is (as in PyMC3).

        Parameters
        ----------
        point
            Values of other random variables by name; those that are missing are drawn.
        size
            Shape in front.
        """
        return drawing.draw(self, None, point, size)


class GARCH11(_Series):
    """GARCH(1, 1) with normal innovations.

    Parameters
    ----------
    omega
        Constant of the variance.
    alpha_1
        Effect of the square of the value before.
    beta_1
        Effect of the variance before.
    initial_vol
        Standard deviation of the first value.
    """

    own = ("omega", "alpha_1", "beta_1", "initial_vol")

    def __init__(self, omega: Any, alpha_1: Any, beta_1: Any, initial_vol: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.omega = as_tensor_variable(omega)
        self.alpha_1 = as_tensor_variable(alpha_1)
        self.beta_1 = as_tensor_variable(beta_1)
        self.initial_vol = as_tensor_variable(initial_vol)
        self.mean = as_tensor_variable(0.0)

    def _bind(self, values: Mapping[Variable, Any], rank: int) -> series.Series:
        return series.GARCH11(**self._common(values, rank))

    def get_volatility(self, x: Any) -> Variable:
        """Standard deviations of a series as an expression."""

        def impl(x: Any, *params: Any) -> Any:
            params = tuple(map(as_float, params))
            later = tf.sqrt(series.garch11_variance(as_float(x), *params))
            volatility = tf.concat([tf.broadcast_to(params[-1], (1, *later.shape[1:])), later], axis=0)
            return tf.cast(volatility, dtype)

        x = as_tensor_variable(x)
        dtype = self.density_dtype(x)
        return apply(Op("volatility", impl, dtype=dtype, ndim=x.ndim), x, *(getattr(self, n) for n in self.own))


class EulerMaruyama(Continuous):
    """Stochastic differential equation, discretised by the Euler-Maruyama method.

    Parameters
    ----------
    dt
        Time step.
    sde_fn
        Function of a value and of ``sde_pars`` that gives drift and diffusion.
    sde_pars
        Further arguments of ``sde_fn``.
    """

    def __init__(self, dt: Any, sde_fn: Callable[..., Any], sde_pars: Any, *args: Any, **kwds: Any) -> None:
        super().__init__(*args, **kwds)
        self.dt = as_tensor_variable(dt)
        self.sde_fn = sde_fn
        self.sde_pars = sde_pars

    def logp(self, value: Any) -> Variable:
        """Log density of the increments as an expression; the first value has none.

        Parameters
        ----------
        value
            A variable or array, time along its first axis.
        """
        value = as_tensor_variable(value)
        before = value[:-1]
        drift, diffusion = self.sde_fn(before, *self.sde_pars)
        innovations = CLASSES["Normal"].dist(mu=self.dt * drift, sigma=sqrt(self.dt) * diffusion)
        return innovations.logp(value[1:] - before).sum()


class MvGaussianRandomWalk(_Series):
    """Random walk of vectors with multivariate normal innovations.

    Parameters
    ----------
    mu
        Drift.
    cov, tau, chol
        Covariance of the innovations, its inverse, or its Cholesky factor: one of them.
    lower
        Whether ``chol`` is lower triangular.
    init
        Distribution of the first vector; flat by default.
    """

    def __init__(
        self,
        mu: Any = 0.0,
        cov: Any = None,
        tau: Any = None,
        chol: Any = None,
        lower: bool = True,
        init: Any = UNSET,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.init = _initial(init)
        self.innovArgs = (mu, cov, tau, chol, lower)
        self.innov = CLASSES["MvNormal"].dist(mu=mu, cov=cov, tau=tau, chol=chol, lower=lower)
        self.mean = as_tensor_variable(0.0)

    @property
    def _parts(self) -> Mapping[str, Distribution]:
        return {"init": self.init, "innov": self.innov}

    def _bind(self, values: Mapping[Variable, Any], rank: int) -> series.Series:
        initial, innovations = self.init.bound(values), self.innov.bound(values)
        event = innovations.event_shape
        return series.MvRandomWalk(
            initial=initial, innovations=innovations, event_shape=event, **self._common(values, rank)
        )

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw walks, which start at 0 whatever ``init`` is; of the shape of one vector, innovations (as in PyMC3).

        Parameters
        ----------
        point
            Values of other random variables by name; those that are missing are drawn.
        size
            Shape in front.
        """
        return drawing.draw(self, None, point, size)


class MvStudentTRandomWalk(MvGaussianRandomWalk):
    """Random walk of vectors with multivariate Student's t innovations.

    PyMC3 cannot draw from it: its ``random`` raises for every shape.

    Parameters
    ----------
    nu
        Degrees of freedom.
    mu, cov, tau, chol, lower, init
        As for :class:`MvGaussianRandomWalk`.
    """

    def __init__(self, nu: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nu = as_tensor_variable(nu)
        mu, cov, tau, chol, lower = self.innovArgs
        self.innov = CLASSES["MvStudentT"].dist(nu=self.nu, mu=mu, cov=cov, tau=tau, chol=chol, lower=lower)


def _initial(init: Any) -> Distribution:
    """The distribution of first values; flat by default."""
    if init is UNSET:
        return CLASSES["Flat"].dist()
    if not isinstance(init, Distribution):
        raise TypeError(f"init needs a distribution, such as pm.Normal.dist(0, 10), but got: {type(init).__name__}")
    return init


def _tau_and_sigma(tau: Any, sigma: Any) -> tuple[Variable, Variable]:
    """Precision and standard deviation from one of them; both are 1 by default."""
    if tau is not None and sigma is not None:
        raise ValueError("Can't pass both tau and sigma")
    if tau is not None:
        tau = as_tensor_variable(tau)
        return tau, tau**-0.5
    sigma = as_tensor_variable(1.0 if sigma is None else sigma)
    return sigma**-2.0, sigma
