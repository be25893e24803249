"""Distributions that PyMC4 has and PyMC3 has not, so that no row of the catalogue describes them.

PyMC4 left their log densities as TFP computes them; here they are ``-inf`` out of support and for invalid parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.pymc4.backed import Backed
from pm_migrate.shims.pymc4.bases import (
    BoundedDiscreteDistribution,
    ContinuousDistribution,
    PositiveDiscreteDistribution,
)
from pm_migrate.shims.pymc4.composites import Composite, matched
from pm_migrate.shims.pymc4.distribution import full_signature
from pm_migrate.shims.pymc4.tensors import FLOATX, GeneratorTensor, to_tensor
from pm_migrate.shims.transforms import Transform
from pm_migrate.shims.transforms.base import Native

Tensor = Any

#: How far a direction's length may be from 1.
_ROUNDING = 1e-6


def _float(value: Any) -> Tensor:
    return tf.cast(to_tensor(value), FLOATX)


class _Masked(Backed):
    """A distribution by TFP's, masked: ``signature`` names its parameters, which become float64 tensors."""

    signature: ClassVar[tuple[str, ...]]
    conditions: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__signature__ = full_signature(dict.fromkeys(cls.signature, inspect.Parameter.empty))

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        return None, matched(cls.__name__, cls.signature, {}, args, parameters)

    def _bind(self) -> tuple[Any, Any]:
        try:
            given = {name: _float(value) for name, value in self.conditions.items()}
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}({self.name!r}): {error}") from None
        valid, self._safe = self._checked(**given)
        last = list(range(-self.reinterpreted_batch_ndims, 0))
        self._valid = tf.reduce_all(valid, axis=last) if last else valid
        raw, self.conditions = self.conditions, self._safe
        try:
            return super()._bind()
        finally:
            self.conditions = raw

    @staticmethod
    def _checked(**given: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Whether parameters are valid, one boolean per batch element; and parameters that are."""
        raise NotImplementedError

    def _inside(self, value: Tensor) -> Tensor:
        """Whether a value is in the support: one boolean per event of the distribution itself."""
        raise NotImplementedError

    _own_rank: ClassVar[int] = 0

    def log_prob(self, value: Any) -> Tensor:
        value = to_tensor(value)
        full = tf.broadcast_static_shape(value.shape, tf.TensorShape(self.value_shape))
        value = tf.broadcast_to(_float(value), full)
        inside = self._inside(value)
        where = tf.reshape(inside, (*inside.shape, *[1] * self._own_rank))
        start = tf.cast(self.test_value, FLOATX)
        log_prob = super().log_prob(tf.where(where, value, start))
        stacked = self._event_ndims - self._own_rank
        ok = tf.reduce_all(inside, axis=list(range(-stacked, 0))) if stacked else inside
        return tf.where(ok & self._valid, log_prob, tf.constant(-np.inf, FLOATX))


def _whole(value: Tensor, least: float) -> Tensor:
    return (value >= least) & (value == tf.floor(value)) & tf.math.is_finite(value)


class Geometric(_Masked, BoundedDiscreteDistribution):
    """Geometric(name, probs)

    Number of failures before the first success: ``probs * (1 - probs) ** x`` for x = 0, 1, 2, ...

    PyMC3's Geometric counts trials, from 1 on, and is ``ShiftedGeometric`` here.

    Parameters
    ----------
    probs
        Probability of success, in (0, 1].

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> float(pm.Geometric.dist(0.25).log_prob(0)), float(pm.Geometric.dist(0.25).log_prob(-1))
    (-1.3862943611198906, -inf)
    """

    signature = ("probs",)
    _test_value = 2

    @staticmethod
    def _checked(probs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:  # type: ignore[override]
        valid = (probs > 0) & (probs <= 1)
        return valid, {"probs": tf.where(valid, probs, tf.constant(0.5, FLOATX))}

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        from tensorflow_probability import distributions as tfd

        return tfd.Geometric(probs=conditions["probs"], **kwargs)

    def _inside(self, value: Tensor) -> Tensor:
        return _whole(value, 0.0)

    def lower_limit(self) -> int:
        return 0

    def upper_limit(self) -> float:
        return float("inf")


class Zipf(_Masked, PositiveDiscreteDistribution):
    """Zipf(name, power)

    ``x ** -power / zeta(power)`` for x = 1, 2, 3, ...

    Parameters
    ----------
    power
        Exponent, greater than 1.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> round(float(pm.Zipf.dist(2.0).log_prob(1)), 6)  # -log(pi**2 / 6)
    -0.4977
    """

    signature = ("power",)

    @staticmethod
    def _checked(power: Tensor) -> tuple[Tensor, dict[str, Tensor]]:  # type: ignore[override]
        valid = power > 1
        return valid, {"power": tf.where(valid, power, tf.constant(2.0, FLOATX))}

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        from tensorflow_probability import distributions as tfd

        return tfd.Zipf(power=conditions["power"], dtype=FLOATX, **kwargs)

    def _inside(self, value: Tensor) -> Tensor:
        return _whole(value, 1.0)

    def lower_limit(self) -> int:
        return 1


class GeneralizedNormal(_Masked, ContinuousDistribution):
    """GeneralizedNormal(name, loc, scale, power)

    ``power / (2 scale gamma(1 / power)) * exp(-abs((x - loc) / scale) ** power)``.

    Parameters
    ----------
    loc
        Location.
    scale
        Positive scale; the standard deviation of a normal distribution of the same shape times ``sqrt(2)``.
    power
        Positive shape: 1 is Laplace's distribution, 2 the normal one.

    Notes
    -----
    Source: Nadarajah 2005, Journal of Applied Statistics 32(7), eq. 2.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> round(float(pm.GeneralizedNormal.dist(0.0, 2.0, 1.0).log_prob(0.0)), 6)  # that of Laplace, -log(4)
    -1.386294
    """

    signature = ("loc", "scale", "power")

    @staticmethod
    def _checked(loc: Tensor, scale: Tensor, power: Tensor) -> tuple[Tensor, dict[str, Tensor]]:  # type: ignore[override]
        one = tf.constant(1.0, FLOATX)
        valid = (scale > 0) & (power > 0) & tf.math.is_finite(loc)
        scale, power = tf.where(scale > 0, scale, one), tf.where(power > 0, power, one)
        return valid, {"loc": loc, "scale": scale, "power": power}

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        from tensorflow_probability import distributions as tfd

        return tfd.GeneralizedNormal(**conditions, **kwargs)

    def _inside(self, value: Tensor) -> Tensor:
        return tf.math.is_finite(value)


class SphereTransform(Native):
    """Points of the unit sphere in n dimensions from n - 1 real numbers: the stereographic projection.

    Zero goes to ``centre``, infinity to the point opposite to it. With ``s = y'y`` the point is
    ``(2 y, 1 - s) / (1 + s)``, reflected so that the last axis becomes ``centre``; areas grow by
    ``(2 / (1 + s)) ** (n - 1)``.

    Parameters
    ----------
    centre
        A unit vector, or a batch of them.
    """

    name = "sphere"
    event_ndims = 1

    def __init__(self, centre: Any) -> None:
        super().__init__(centre)

    @staticmethod
    def _reflect(point: Tensor, centre: Tensor) -> Tensor:
        """Householder's reflection that exchanges the last axis and the centre."""
        axis = tf.one_hot(centre.shape[-1] - 1, centre.shape[-1], dtype=centre.dtype)
        normal = axis - centre
        length = tf.reduce_sum(tf.square(normal), axis=-1, keepdims=True)
        scale = tf.where(length > 0, 2.0 / tf.where(length > 0, length, tf.ones_like(length)), tf.zeros_like(length))
        return point - scale * normal * tf.reduce_sum(normal * point, axis=-1, keepdims=True)

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        turned = self._reflect(x, params[0])
        return turned[..., :-1] / (1.0 + turned[..., -1:])

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        square = tf.reduce_sum(tf.square(y), axis=-1, keepdims=True)
        return self._reflect(tf.concat([2.0 * y, 1.0 - square], axis=-1) / (1.0 + square), params[0])

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        square = tf.reduce_sum(tf.square(y), axis=-1)
        return y.shape[-1] * (np.log(2.0) - tf.math.log1p(square))


class VonMisesFisher(_Masked, ContinuousDistribution):
    """VonMisesFisher(name, mean_direction, concentration)

    Directions: a density proportional to ``exp(concentration * x'mean_direction)`` on the unit sphere, by its area.

    Parameters
    ----------
    mean_direction
        Unit vector, or a batch of them.
    concentration
        Non-negative; 0 is uniform.

    Notes
    -----
    Sampled by the stereographic projection, :class:`SphereTransform`. PyMC4 had no transform, so that its samplers left
    the sphere.

    Source: Mardia & Jupp 2000, Directional Statistics, eq. 9.3.4.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> round(float(pm.VonMisesFisher.dist([0.0, 0.0, 1.0], 0.0).log_prob([1.0, 0.0, 0.0])), 6)  # -log(4 pi)
    -2.531024
    """

    signature = ("mean_direction", "concentration")
    _test_value = None
    _own_rank = 1

    @staticmethod
    def _checked(mean_direction: Tensor, concentration: Tensor) -> tuple[Tensor, dict[str, Tensor]]:  # type: ignore[override]
        size = mean_direction.shape[-1] if mean_direction.shape.rank else None
        if size is None or size < 2:
            raise ModelError(f"VonMisesFisher: mean_direction is a vector of 2 or more entries, not {mean_direction}")
        unit = tf.abs(tf.norm(mean_direction, axis=-1) - 1.0) < _ROUNDING
        axis = tf.one_hot(size - 1, size, dtype=FLOATX)
        valid = unit & (concentration >= 0)
        safe = {
            "mean_direction": tf.where(unit[..., None], mean_direction, axis),
            "concentration": tf.where(concentration >= 0, concentration, tf.constant(1.0, FLOATX)),
        }
        return valid, safe

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        from tensorflow_probability import distributions as tfd

        return tfd.VonMisesFisher(**conditions, **kwargs)

    def _inside(self, value: Tensor) -> Tensor:
        return tf.abs(tf.norm(value, axis=-1) - 1.0) < _ROUNDING

    @property
    def test_value(self) -> Tensor:
        """The mean direction; PyMC4's zero is not on the sphere."""
        if self.testval is not None:
            return super().test_value
        return tf.broadcast_to(self._safe["mean_direction"], self.value_shape)

    def _default_transform(self) -> Transform:
        return SphereTransform(tf.broadcast_to(self._safe["mean_direction"], self.value_shape))


@dataclass(frozen=True, eq=False)
class _StateSpace:
    """The numbers of :class:`AR`: values of shape ``(steps, 1)`` in the last two axes.

    Given the state z before the first step has been taken, ``x[0] = z[0]`` and each later value is its prediction from
    the p values before it plus noise. Values before ``x[0]`` are ``z[1:]``, normal with mean ``state[1:]`` and the tiny
    standard deviation of the prior: integrated out, they add to the covariance of the p - 1 innovations that see them.
    """

    steps: int
    coefficients: Tensor
    variance: Tensor
    state: Tensor
    categories = None

    @property
    def lags(self) -> int:
        return int(self.coefficients.shape[-1])

    @property
    def batch_shape(self) -> tuple[int, ...]:
        shapes = (self.coefficients.shape[:-1], self.variance.shape, self.state.shape[:-1])
        return tuple(np.broadcast_shapes(*(tuple(s) for s in shapes)))

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.steps, 1

    @cached_property
    def _valid(self) -> Tensor:
        return self.variance > 0

    @property
    def _safe_variance(self) -> Tensor:
        return tf.where(self._valid, self.variance, tf.ones_like(self.variance))

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density of the whole series."""
        series = _float(value)[..., 0]
        batch = np.broadcast_shapes(tuple(series.shape[:-1]), self.batch_shape)
        series = tf.broadcast_to(series, (*batch, self.steps))
        state = tf.broadcast_to(self.state, (*batch, self.lags))
        first = _normal(series[..., 0], state[..., 0], tf.constant(AR.PRIOR_SCALE**2, FLOATX))
        # the values that the innovations see, oldest first: those before the first one come from the state
        padded = tf.concat([tf.reverse(state[..., 1:], axis=[-1]), series], axis=-1)
        steps, lags = self.steps, self.lags
        seen = tf.stack([padded[..., lags - 1 - i : lags - 1 - i + steps - 1] for i in range(lags)], axis=-1)
        innovations = series[..., 1:] - tf.reduce_sum(seen * self.coefficients[..., None, :], axis=-1)
        early = min(lags - 1, steps - 1)
        variance = tf.broadcast_to(self._safe_variance, batch)
        total = first + tf.reduce_sum(_normal(innovations[..., early:], 0.0, variance[..., None]), axis=-1)
        if early:
            total += self._early(innovations[..., :early], variance, early)
        return tf.where(self._valid, total, tf.constant(-np.inf, FLOATX))

    def _early(self, innovations: Tensor, variance: Tensor, early: int) -> Tensor:
        """The joint density of the innovations that see uncertain values from before the first step."""
        # the value j steps before the first one is t + j steps before step t
        rows = np.arange(1, early + 1)[:, None] + np.arange(self.lags - 1)[None, :]
        weights = tf.gather(self.coefficients, np.minimum(rows, self.lags - 1), axis=-1)
        weights = tf.where(rows < self.lags, weights, tf.zeros_like(weights)) * AR.PRIOR_SCALE
        noise = variance[..., None, None] * tf.eye(early, dtype=FLOATX)
        factor = tf.linalg.cholesky(noise + tf.linalg.matmul(weights, weights, transpose_b=True))
        white = tf.linalg.triangular_solve(factor, innovations[..., None])[..., 0]
        logs = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)), axis=-1)
        return -0.5 * tf.reduce_sum(tf.square(white), axis=-1) - logs - 0.5 * early * np.log(2 * np.pi)

    def _run(self, state: Tensor, noise: Tensor) -> Tensor:
        """The series of a state and of innovations, time on the first axis of ``noise``."""

        def step(lagged: Tensor, innovation: Tensor) -> Tensor:
            value = tf.reduce_sum(lagged * self.coefficients, axis=-1) + innovation
            return tf.concat([value[..., None], lagged[..., :-1]], axis=-1)

        later = tf.scan(step, noise, initializer=state)
        return tf.concat([state[None], later], axis=0)[..., 0] if noise.shape[0] else state[None][..., 0]

    def test_value(self) -> Tensor:
        """The series without noise."""
        state = tf.broadcast_to(self.state, (*self.batch_shape, self.lags))
        series = self._run(state, tf.zeros((self.steps - 1, *self.batch_shape), FLOATX))
        return tf.transpose(series, [*range(1, series.shape.rank), 0])[..., None]

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw the state, and run it."""
        batch = shape[:-2]
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        spread = AR.PRIOR_SCALE * tf.random.stateless_normal((*batch, self.lags), seeds[0], dtype=FLOATX)
        noise = tf.random.stateless_normal((self.steps - 1, *batch), seeds[1], dtype=FLOATX)
        series = self._run(self.state + spread, noise * tf.sqrt(self._safe_variance))
        return tf.transpose(series, [*range(1, series.shape.rank), 0])[..., None]


def _normal(value: Tensor, mean: Any, variance: Tensor) -> Tensor:
    return -0.5 * (tf.square(value - mean) / variance + tf.math.log(2 * np.pi * variance))


class AR(Composite, ContinuousDistribution):
    """AR(name, num_timesteps, coefficients, level_scale, initial_state=None, initial_step=0)

    Autoregressive process as PyMC4 has it: a state space whose first state is nearly known.

    The first value is normal around ``initial_state[0]`` with the standard deviation 1e-6, each later one is the sum of
    ``coefficients`` times the values before it, the nearest first, plus normal noise of ``level_scale``. The shape of a
    value is ``(num_timesteps, 1)``. PyMC3's AR is ``ConditionalAR`` here.

    Parameters
    ----------
    num_timesteps
        Number of values.
    coefficients
        Coefficients of the lags, shape ``(..., order)``.
    level_scale
        Standard deviation of the noise; its sign has no effect.
    initial_state
        First value and those before it, the latest first, shape ``(..., order)``; zeros by default.
    initial_step
        Has no effect on a process without seasons; kept for PyMC4's signature.

    Notes
    -----
    PyMC4's density comes from a Kalman filter; this is the same density in closed form.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> ar = pm.AR.dist(3, [0.5], 1.0, [1.0])
    >>> ar.event_shape, ar.test_value.numpy()[:, 0].tolist()
    (TensorShape([3, 1]), [1.0, 0.5, 0.25])
    """

    signature: ClassVar[tuple[str, ...]] = (
        "num_timesteps",
        "coefficients",
        "level_scale",
        "initial_state",
        "initial_step",
    )
    optional: ClassVar[Mapping[str, Any]] = {"initial_state": None, "initial_step": 0}
    #: Standard deviation of the prior of the initial state, PyMC4's.
    PRIOR_SCALE: ClassVar[float] = 1e-6

    def _numbers(
        self, num_timesteps: Any, coefficients: Any, level_scale: Any, initial_state: Any, initial_step: Any
    ) -> _StateSpace:
        label = f"AR({self.name!r})"
        steps = None if isinstance(num_timesteps, GeneratorTensor) else tf.get_static_value(to_tensor(num_timesteps))
        if steps is None or np.ndim(steps) or steps != int(steps) or steps < 1:
            raise TypeError(f"{label}: num_timesteps must be a whole number from 1 on, not {num_timesteps!r}")
        phi = _float(coefficients)
        if not phi.shape.rank:
            raise ModelError(f"{label}: coefficients is a vector, one for each lag; give [{coefficients}]")
        state = tf.zeros((phi.shape[-1],), FLOATX) if initial_state is None else _float(initial_state)
        if not state.shape.rank or state.shape[-1] not in (1, phi.shape[-1]):
            raise ModelError(f"{label}: initial_state of shape {state.shape} for {phi.shape[-1]} lags")
        state = tf.broadcast_to(state, (*state.shape[:-1], phi.shape[-1]))
        return _StateSpace(int(steps), phi, tf.square(_float(level_scale)), state)

    @property
    def has_random(self) -> bool:
        return True


#: The distributions of this module by name.
UPSTREAM: Mapping[str, type[Backed]] = {
    cls.__name__: cls for cls in (AR, GeneralizedNormal, Geometric, VonMisesFisher, Zipf)
}
