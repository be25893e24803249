"""Gaussian processes that are conditioned on what the model has of them.

A process keeps what its prior was taken at (``X``, ``f``), so that :meth:`conditional` can be called later, in the same
model.

Both front ends share these classes: a method that makes variables is written as steps, a generator that yields each
variable and is sent it back. :meth:`Base._run` of the ``with`` front end runs the steps at once; generator models yield
them (:mod:`pm_migrate.shims.pymc4.gp.yielded`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from pm_migrate.shims import quirks
from pm_migrate.shims.gp.cov import Constant, Covariance, WhiteNoise
from pm_migrate.shims.gp.mean import Mean, Zero
from pm_migrate.shims.gp.util import cholesky, conditioned_vars, infer_shape, solve_lower, stabilize
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.ops.elemwise import sqr, sqrt
from pm_migrate.shims.theano.ops.linalg import dot
from pm_migrate.shims.theano.ops.reductions import sum
from pm_migrate.shims.theano.ops.shaping import transpose

Steps = Generator[Any, Any, Any]
Given = Mapping[str, Any] | None

_ZERO = Zero()
_NOTHING = Constant(0.0)


class Base:
    """What Gaussian processes have in common.

    Parameters
    ----------
    mean_func
        Mean function; zero where it is left out.
    cov_func
        Covariance function; zero where it is left out.
    """

    def __init__(self, mean_func: Any = _ZERO, cov_func: Any = _NOTHING) -> None:
        self.mean_func = mean_func
        self.cov_func = cov_func

    def __add__(self, other: Any) -> Any:
        """The sum of independent processes of one kind."""
        if not isinstance(self, type(other)) or set(vars(self)) != set(vars(other)):
            raise TypeError("Cannot add different GP types")
        return type(self)(self.mean_func + other.mean_func, self.cov_func + other.cov_func)

    def prior(self, name: str, X: Any, *args: Any, **kwargs: Any) -> Any:
        """Values at ``X``, a variable of the model."""
        raise NotImplementedError(f"{type(self).__name__} has no prior")

    def marginal_likelihood(self, name: str, X: Any, *args: Any, **kwargs: Any) -> Any:
        """Noisy values at ``X``, a variable of the model."""
        raise NotImplementedError(f"{type(self).__name__} has no marginal_likelihood")

    def conditional(self, name: str, Xnew: Any, *args: Any, **kwargs: Any) -> Any:
        """Values at ``Xnew`` given those of the model, a variable of the model."""
        raise NotImplementedError(f"{type(self).__name__} has no conditional")

    def predict(self, Xnew: Any, point: Any = None, given: Given = None, diag: bool = False) -> Any:
        """Mean and covariance of :meth:`conditional` at a point of the model's parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no predict")

    def _make(self, kind: str, name: str, /, **parameters: Any) -> Any:
        """A variable, as the front end makes it: of a distribution, under PyMC3's names of its parameters."""
        from pm_migrate import shims

        return getattr(shims, kind)(name, **parameters)

    def _run(self, steps: Steps) -> Any:
        """Make the variables that steps ask for; what they return."""
        made = None
        while True:
            try:
                made = steps.send(made)
            except StopIteration as stop:
                return stop.value

    def _at_point(self, moments: tuple[Any, Any], point: Any) -> list[Any]:
        from pm_migrate.shims.distributions.drawn_values import draw_values

        return draw_values(list(moments), point=point)

    def _functions(self, given: Given) -> tuple[Covariance, Mean]:
        """Covariance and mean function of what is given: of this process, or of a sum that it is a part of."""
        total = (given or {}).get("gp", self)
        return total.cov_func, total.mean_func

    def _conditional_steps(self, name: str, moments: tuple[Any, Any], Xnew: Any, kwargs: dict[str, Any]) -> Steps:
        mu, cov = moments
        shape = infer_shape(Xnew, kwargs.pop("shape", None))
        return (yield self._make("MvNormal", name, mu=mu, cov=cov, shape=shape, **kwargs))


@conditioned_vars(["X", "f"])
class Latent(Base):
    """A Gaussian process without noise, whose values are variables of the model.

    Parameters
    ----------
    mean_func, cov_func
        As of :class:`Base`.
    """

    def prior(self, name: str, X: Any, reparameterize: bool = True, **kwargs: Any) -> Any:
        """Values at ``X``.

        Parameters
        ----------
        name
            Name of the variable.
        X
            Points, one a row.
        reparameterize
            Make them of standard normal variables ``<name>_rotated_``, times the Cholesky factor of the covariance
            (to whose diagonal 1e-6 is added); otherwise a multivariate normal variable.
        **kwargs
            Of the distribution; ``shape=`` where ``X`` is a variable.
        """
        return self._run(self._prior_steps(name, X, reparameterize, kwargs))

    def _prior_steps(self, name: str, X: Any, reparameterize: bool, kwargs: dict[str, Any]) -> Steps:
        mu, cov = self.mean_func(X), stabilize(self.cov_func(X))
        shape = infer_shape(X, kwargs.pop("shape", None))
        if reparameterize:
            v = yield self._make("Normal", name + "_rotated_", mu=0.0, sigma=1.0, shape=shape, **kwargs)
            f = yield self._make("Deterministic", name, var=mu + dot(cholesky(cov), v))
        else:
            f = yield self._make("MvNormal", name, mu=mu, cov=cov, shape=shape, **kwargs)
        self.X, self.f = X, f
        return f

    def conditional(self, name: str, Xnew: Any, given: Given = None, **kwargs: Any) -> Any:
        """Values at ``Xnew``, given those of :meth:`prior`.

        Parameters
        ----------
        name
            Name of the variable.
        Xnew
            Points, one a row.
        given
            ``X`` and ``f``, points and values there, in place of those of :meth:`prior`; and perhaps ``gp``, the sum
            of processes that they are of.
        **kwargs
            Of the distribution, :class:`MvNormal`; ``shape=`` where ``Xnew`` is a variable.
        """
        moments = self._build_conditional(Xnew, *self._get_given_vals(given))
        return self._run(self._conditional_steps(name, moments, Xnew, kwargs))

    def _get_given_vals(self, given: Given) -> tuple[Any, Any, Covariance, Mean]:
        given = given or {}
        X, f = (given["X"], given["f"]) if {"X", "f"} <= set(given) else (self.X, self.f)
        return (X, f, *self._functions(given))

    def _build_conditional(
        self, Xnew: Any, X: Any, f: Any, cov_total: Covariance, mean_total: Mean
    ) -> tuple[Variable, Variable]:
        """Rasmussen and Williams 2006, (2.19), by their algorithm 2.1."""
        L = cholesky(stabilize(cov_total(X)))
        A = solve_lower(L, self.cov_func(X, Xnew))
        v = solve_lower(L, f - mean_total(X))
        mu = self.mean_func(Xnew) + dot(transpose(A), v)
        return mu, self.cov_func(Xnew) - dot(transpose(A), A)


@conditioned_vars(["X", "f", "nu"])
class TP(Latent):
    """A Student's t process, whose values are variables of the model.

    Shah, Wilson and Ghahramani 2014, *Student-t processes as alternatives to Gaussian processes*.

    Parameters
    ----------
    mean_func, cov_func
        As of :class:`Base`.
    nu
        Degrees of freedom.

    """

    def __init__(self, mean_func: Any = _ZERO, cov_func: Any = _NOTHING, nu: Any = None) -> None:
        if nu is None:
            raise ValueError("Student's T process requires a degrees of freedom parameter, 'nu'")
        self.nu = nu
        super().__init__(mean_func, cov_func)

    def __add__(self, other: Any) -> Any:
        raise TypeError("Student's T processes aren't additive")

    def _prior_steps(self, name: str, X: Any, reparameterize: bool, kwargs: dict[str, Any]) -> Steps:
        mu, cov = self.mean_func(X), stabilize(self.cov_func(X))
        shape = infer_shape(X, kwargs.pop("shape", None))
        if reparameterize:
            chi2 = yield self._make("ChiSquared", name + "_chi2_", nu=self.nu)
            v = yield self._make("Normal", name + "_rotated_", mu=0.0, sigma=1.0, shape=shape, **kwargs)
            f = yield self._make("Deterministic", name, var=self._scaled(chi2, mu, dot(cholesky(cov), v)))
        else:
            f = yield self._make("MvStudentT", name, nu=self.nu, mu=mu, cov=cov, shape=shape, **kwargs)
        self.X, self.f = X, f
        return f

    def _scaled(self, chi2: Any, mu: Any, rotated: Any) -> Any:
        """The values of a reparameterized prior."""
        if quirks.fixed():
            return mu + sqrt(self.nu / chi2) * rotated
        quirks.say_once(
            "TP",
            "with reparameterize=True PyMC3's values are sqrt(nu) / chi2 times those of a Gaussian process, its mean "
            "included; Student's t has sqrt(nu / chi2), and not of the mean.",
        )
        return sqrt(self.nu) / chi2 * (mu + rotated)

    def conditional(self, name: str, Xnew: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Values at ``Xnew``, given those of :meth:`prior`.

        Parameters
        ----------
        name
            Name of the variable.
        Xnew
            Points, one a row.
        **kwargs
            Of the distribution, :class:`MvStudentT`; ``shape=`` where ``Xnew`` is a variable.
        """
        return self._run(self._conditional_t_steps(name, Xnew, kwargs))

    def _conditional_t_steps(self, name: str, Xnew: Any, kwargs: dict[str, Any]) -> Steps:
        nu, mu, cov = self._build_conditional_t(Xnew, self.X, self.f)
        shape = infer_shape(Xnew, kwargs.pop("shape", None))
        return (yield self._make("MvStudentT", name, nu=nu, mu=mu, cov=cov, shape=shape, **kwargs))

    def _build_conditional_t(self, Xnew: Any, X: Any, f: Any) -> tuple[Any, Variable, Variable]:
        mu, cov = self._build_conditional(Xnew, X, f, self.cov_func, self.mean_func)
        v = solve_lower(cholesky(stabilize(self.cov_func(X))), f - self.mean_func(X))
        nu = self.nu + X.shape[0]
        return nu, mu, (self.nu + dot(v, v) - 2) / (nu - 2) * cov


@conditioned_vars(["X", "y", "noise"])
class Marginal(Base):
    """A Gaussian process with noise, whose values are integrated out.

    Parameters
    ----------
    mean_func, cov_func
        As of :class:`Base`.
    """

    def marginal_likelihood(
        self, name: str, X: Any, y: Any, noise: Any, is_observed: bool = True, **kwargs: Any
    ) -> Any:
        """Noisy values at ``X``.

        Parameters
        ----------
        name
            Name of the variable.
        X
            Points, one a row.
        y
            Data.
        noise
            Standard deviation of white noise, or a covariance function.
        is_observed
            Whether ``y`` are observations; otherwise the values are a free variable.
        **kwargs
            Of the distribution, :class:`MvNormal`.
        """
        noise = noise if isinstance(noise, Covariance) else WhiteNoise(noise)
        self.X, self.y, self.noise = X, y, noise
        mu, cov = self._build_marginal_likelihood(X, noise)
        return self._run(self._likelihood_steps(name, is_observed, "MvNormal", {"mu": mu, "cov": cov, **kwargs}))

    def _build_marginal_likelihood(self, X: Any, noise: Covariance) -> tuple[Variable, Variable]:
        return self.mean_func(X), self.cov_func(X) + noise(X)

    def _likelihood_steps(self, name: str, is_observed: bool, kind: str, arguments: dict[str, Any]) -> Steps:
        if is_observed:
            arguments["observed"] = self.y
        else:
            arguments["shape"] = infer_shape(self.X, arguments.pop("shape", None))
        return (yield self._make(kind, name, **arguments))

    def _get_given_vals(self, given: Given) -> tuple[Any, ...]:
        given = given or {}
        if {"X", "y", "noise"} <= set(given):
            X, y, noise = given["X"], given["y"], given["noise"]
            noise = noise if isinstance(noise, Covariance) else WhiteNoise(noise)
        else:
            X, y, noise = self.X, self.y, self.noise
        return (X, y, noise, *self._functions(given))

    def _build_conditional(
        self, Xnew: Any, pred_noise: bool, diag: bool, X: Any, y: Any, noise: Any, cov_total: Any, mean_total: Any
    ) -> tuple[Variable, Variable]:
        """Rasmussen and Williams 2006, (2.23) and (2.24), by their algorithm 2.1."""
        L = cholesky(stabilize(cov_total(X)) + noise(X))
        A = solve_lower(L, self.cov_func(X, Xnew))
        v = solve_lower(L, y - mean_total(X))
        mu = self.mean_func(Xnew) + dot(transpose(A), v)
        if diag:
            cov = self.cov_func(Xnew, diag=True) - sum(sqr(A), 0)
            return mu, cov + noise(Xnew, diag=True) if pred_noise else cov
        cov = self.cov_func(Xnew) - dot(transpose(A), A)
        return mu, cov + noise(Xnew) if pred_noise else stabilize(cov)

    def conditional(self, name: str, Xnew: Any, pred_noise: bool = False, given: Given = None, **kwargs: Any) -> Any:
        """Values at ``Xnew``, given those of :meth:`marginal_likelihood`.

        Parameters
        ----------
        name
            Name of the variable.
        Xnew
            Points, one a row.
        pred_noise
            Whether the values have noise, too.
        given
            ``X``, ``y`` and ``noise`` in place of those of :meth:`marginal_likelihood`; and perhaps ``gp``, the sum of
            processes that they are of.
        **kwargs
            Of the distribution, :class:`MvNormal`; ``shape=`` where ``Xnew`` is a variable.
        """
        moments = self._build_conditional(Xnew, pred_noise, False, *self._get_given_vals(given))
        return self._run(self._conditional_steps(name, moments, Xnew, kwargs))

    def predict(  # type: ignore[override]
        self, Xnew: Any, point: Any = None, diag: bool = False, pred_noise: bool = False, given: Given = None
    ) -> Any:
        """Mean and covariance of :meth:`conditional`, as arrays.

        Parameters
        ----------
        Xnew
            Points, one a row.
        point
            Values of the parameters by name: of one draw, or of :func:`find_MAP`. Those that miss are drawn from their
            priors.
        diag
            The variances alone.
        pred_noise, given
            As of :meth:`conditional`.
        """
        return self._at_point(self.predictt(Xnew, diag, pred_noise, given), point)

    def predictt(self, Xnew: Any, diag: bool = False, pred_noise: bool = False, given: Given = None) -> tuple[Any, Any]:
        """Mean and covariance of :meth:`conditional`, as variables."""
        return self._build_conditional(Xnew, pred_noise, diag, *self._get_given_vals(given))
