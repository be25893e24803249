"""Time series of the generator front end, over the numeric cores of the other one.

Time is the first axis of a value, whose shape ``shape=`` gives, or the data. ``init`` is an anonymous distribution,
such as ``pm.Normal.dist(0.0, 10.0)``, of the first value; flat by default.

None of them is in PyMC4, whose ``AR`` (:class:`pm_migrate.shims.pymc4.upstream.AR`) is another model, a state space
with a prior on the initial state. Hence :class:`ConditionalAR`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.binding import Bound, bind
from pm_migrate.shims.distributions.special import series
from pm_migrate.shims.pymc4.bases import ContinuousDistribution
from pm_migrate.shims.pymc4.distribution import Distribution, full_signature
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor, wrap
from pm_migrate.shims.transforms import Transform

Tensor = Any
_REQUIRED: Any = object()

__all__ = [
    "AR1",
    "GARCH11",
    "ConditionalAR",
    "EulerMaruyama",
    "GaussianRandomWalk",
    "MvGaussianRandomWalk",
    "MvStudentTRandomWalk",
]


class _Series(ContinuousDistribution):
    """A time series: one event of the shape of a whole value."""

    #: Arguments in positional order, with their defaults.
    signature: ClassVar[Mapping[str, Any]]
    #: The arguments that are tensors, by the name that the numeric core has for them.
    tensors: ClassVar[Mapping[str, str]] = {}
    _draws: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        empty = inspect.Parameter.empty
        defaults = {name: empty if value is _REQUIRED else value for name, value in cls.signature.items()}
        cls.__signature__ = full_signature(defaults)

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        names = list(cls.signature)
        wanted = ", ".join(names)
        if len(args) > len(names):
            raise TypeError(f"{cls.__name__} takes a name and ({wanted}); got {len(args)} positional arguments")
        given = dict(zip(names, args, strict=False))
        for keyword, value in parameters.items():
            if keyword not in cls.signature:
                raise TypeError(f"{cls.__name__} has no argument {keyword!r}; it takes ({wanted})")
            if keyword in given:
                raise TypeError(f"{cls.__name__} got two values for {keyword!r}")
            given[keyword] = value
        given = {**cls.signature, **given}
        missing = [name for name, value in given.items() if value is _REQUIRED]
        if missing:
            raise TypeError(f"{cls.__name__} misses {', '.join(map(repr, missing))}; it takes ({wanted})")
        return None, given

    def _bind(self) -> tuple[Any, Any]:
        if self.batch_stack or self.event_stack or self.reinterpreted_batch_ndims:
            raise ModelError(f"{type(self).__name__}({self.name!r}): a time series takes shape=, and no stacks")
        bound = self._core()
        if not bound.fixed and self._counts(bound) > 1:
            quirks.say_once(
                type(self).__name__,
                "as in PyMC3, the density of the innovations of several series is counted once for each series.",
            )
        return bound, bound

    def _core(self) -> Any:
        """The numeric core at the arguments' values."""
        raise NotImplementedError

    def _counts(self, bound: Any) -> int:
        """How often the innovations are counted."""
        return 1

    def _common(self) -> dict[str, Any]:
        params = {core: tf.cast(to_tensor(self.conditions[name]), FLOATX) for core, name in self.tensors.items()}
        return {"params": params, "rank": len(self._series_shape()), "fixed": self.quirks == "fixed"}

    def _series_shape(self) -> tuple[int, ...]:
        if self.total_shape is not None:
            return self.total_shape
        if self.observed is None:
            raise ModelError(f"{type(self).__name__}({self.name!r}): give the number of steps as shape=")
        return tuple(to_tensor(self.observed).shape)

    def _value_shape(self, plain: Any) -> tuple[int, ...]:
        return self._series_shape()

    @property
    def discrete(self) -> bool:
        return False

    @property
    def kind(self) -> str:
        return "continuous"

    @property
    def event_rank(self) -> int:
        return len(self.value_shape)

    @property
    def has_random(self) -> bool:
        return self._draws

    @property
    def counts_per_element(self) -> bool:
        return self.quirks != "fixed"

    def _default_transform(self) -> Transform | None:
        return None

    def log_prob(self, value: Any) -> Tensor:
        """Log density: one number per series; axes in front of the series' own are independent."""
        value = to_tensor(value)
        rank = len(self.value_shape)
        lead = value.shape[: value.shape.rank - rank]

        def one(series: Tensor) -> Tensor:
            return tf.reduce_sum(self._bound.log_prob(series))

        if not lead.rank:
            return one(value)
        flat = tf.reshape(value, (-1, *value.shape[lead.rank :]))
        return tf.reshape(tf.vectorized_map(one, flat), lead)

    def observation_shape(self, observed: Tensor) -> tuple[int, ...]:
        """Shape of draws like the data: theirs."""
        return tuple(observed.shape)


def _initial(init: Any) -> Any:
    """The distribution of first values."""
    if init is None:
        row = DISTRIBUTIONS["Flat"]
        return bind(row, row.forms[0], {}, FLOATX)
    if not isinstance(init, Distribution):
        raise TypeError(f"init needs a distribution, such as pm.Normal.dist(0.0, 10.0), not {type(init).__name__}")
    return init


class AR1(_Series):
    """Stationary autoregressive process with one lag: coefficient, and precision of the innovations."""

    signature: ClassVar[Mapping[str, Any]] = {"coefficient": _REQUIRED, "precision": _REQUIRED}
    tensors: ClassVar[Mapping[str, str]] = {"k": "coefficient", "tau_e": "precision"}

    def _core(self) -> Any:
        return series.AR1(**self._common())

    def _counts(self, bound: Any) -> int:
        shapes = (bound.params[name].shape for name in ("k", "tau_e"))
        return int(np.prod(np.broadcast_shapes(self._series_shape()[1:], *(tuple(s) for s in shapes))))


class ConditionalAR(_Series):
    """Autoregressive process given its first values.

    ``coefficients`` has the nearest lag first and, with ``constant``, the constant in front of them; ``level_scale`` is
    the standard deviation of the innovations; ``init`` the distribution of each first value.
    """

    signature: ClassVar[Mapping[str, Any]] = {
        "coefficients": _REQUIRED,
        "level_scale": 1.0,
        "constant": False,
        "init": None,
    }
    tensors: ClassVar[Mapping[str, str]] = {"rho": "coefficients", "sigma": "level_scale"}

    def _core(self) -> Any:
        common = self._common()
        rho = common["params"]["rho"]
        lags = (int(rho.shape[0]) if rho.shape.rank else 1) - bool(self.conditions["constant"])
        initial = _initial(self.conditions["init"])
        return series.AR(initial=initial, lags=lags, constant=bool(self.conditions["constant"]), **common)


class GaussianRandomWalk(_Series):
    """Random walk with normal innovations of a drift and scale; along time, their first entries are discarded."""

    signature: ClassVar[Mapping[str, Any]] = {"loc": 0.0, "scale": 1.0, "init": None}
    tensors: ClassVar[Mapping[str, str]] = {"mu": "loc", "sigma": "scale"}
    _draws = True

    def _core(self) -> Any:
        return series.GaussianRandomWalk(initial=_initial(self.conditions["init"]), **self._common())

    def _counts(self, bound: Any) -> int:
        return int(np.prod(bound.initial.log_prob(tf.zeros(self._series_shape()[1:], FLOATX)).shape))


class GARCH11(_Series):
    """GARCH(1, 1) with normal innovations and a given standard deviation of the first value."""

    signature: ClassVar[Mapping[str, Any]] = dict.fromkeys(("omega", "alpha_1", "beta_1", "initial_vol"), _REQUIRED)
    tensors: ClassVar[Mapping[str, str]] = {name: name for name in signature}

    def _core(self) -> Any:
        return series.GARCH11(**self._common())


class EulerMaruyama(_Series):
    """Stochastic differential equation in steps of ``dt``: ``sde_fn(x, *sde_pars)`` gives drift and diffusion."""

    signature: ClassVar[Mapping[str, Any]] = {"dt": _REQUIRED, "sde_fn": _REQUIRED, "sde_pars": ()}
    tensors: ClassVar[Mapping[str, str]] = {"dt": "dt"}

    def _core(self) -> Any:
        function: Callable[..., Any] = self.conditions["sde_fn"]
        pars = tuple(self.conditions["sde_pars"])

        def coefficients(x: Tensor) -> tuple[Tensor, Tensor]:
            drift, diffusion = function(wrap(x), *pars)
            return tf.cast(to_tensor(drift), FLOATX), tf.cast(to_tensor(diffusion), FLOATX)

        return series.EulerMaruyama(coefficients=coefficients, **self._common())


class MvGaussianRandomWalk(_Series):
    """Random walk of vectors with multivariate normal innovations, by their covariance or its Cholesky factor."""

    signature: ClassVar[Mapping[str, Any]] = {
        "loc": 0.0,
        "covariance_matrix": None,
        "scale_tril": None,
        "init": None,
    }
    _draws = True

    def _core(self) -> Any:
        initial = _initial(self.conditions["init"])
        return series.MvRandomWalk(initial=initial, innovations=self._innovations("MvNormal"), **self._common())

    def _innovations(self, row_name: str, **more: Any) -> Bound:
        given = {"cov": self.conditions["covariance_matrix"], "chol": self.conditions["scale_tril"]}
        given = {name: value for name, value in given.items() if value is not None}
        if len(given) != 1:
            raise TypeError(f"{type(self).__name__} takes covariance_matrix or scale_tril: one of them")
        given.update(more, mu=self.conditions["loc"])
        row = DISTRIBUTIONS[row_name]
        return bind(row, row.form_for(frozenset(given)), {n: to_tensor(v) for n, v in given.items()}, FLOATX)


class MvStudentTRandomWalk(MvGaussianRandomWalk):
    """Random walk of vectors with multivariate Student's t innovations of ``df`` degrees of freedom."""

    signature: ClassVar[Mapping[str, Any]] = {"df": _REQUIRED, **MvGaussianRandomWalk.signature}

    def _core(self) -> Any:
        innovations = self._innovations("MvStudentT", nu=self.conditions["df"])
        return series.MvRandomWalk(initial=_initial(self.conditions["init"]), innovations=innovations, **self._common())
