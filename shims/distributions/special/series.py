"""Numeric cores of the time series, which no catalogue row can carry: time is the first axis of a value.

TFP's ``AutoregressiveStateSpaceModel`` and its kind put a distribution on the first values, where PyMC3 conditions on
them, and they have no random walk with drift, no GARCH and no multivariate walk. Everything here is vectorised over
time, so that it compiles under XLA inside ``tf.vectorized_map``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported

Tensor = Any

_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


def normal(residual: Tensor, sigma: Tensor) -> Tensor:
    """Elementwise log density of centred normal residuals; ``-inf`` where sigma is not positive."""
    ok = sigma > 0
    safe = tf.where(ok, sigma, tf.ones_like(sigma))
    each = -0.5 * tf.square(residual / safe) - tf.math.log(safe) - _HALF_LOG_TWO_PI
    return tf.where(ok, each, tf.constant(-np.inf, each.dtype))


def ar1(x: Tensor, k: Tensor, tau_e: Tensor) -> tuple[Tensor, Tensor]:
    """AR(1) from its stationary distribution (Hamilton 1994, Time Series Analysis, eq. 5.2.9).

    Returns
    -------
    (tensor, tensor)
        Log densities of the first values, and of all innovations together.
    """
    tau = tau_e * (1.0 - k) * (1.0 + k)
    return _normal_precision(x[0], tau), tf.reduce_sum(_normal_precision(x[1:] - k * x[:-1], tau_e))


def _normal_precision(residual: Tensor, tau: Tensor) -> Tensor:
    ok = tau > 0
    safe = tf.where(ok, tau, tf.ones_like(tau))
    each = 0.5 * tf.math.log(safe) - 0.5 * tf.square(tf.sqrt(safe) * residual) - _HALF_LOG_TWO_PI
    return tf.where(ok, each, tf.constant(-np.inf, each.dtype))


def ar(x: Tensor, rho: Tensor, sigma: Tensor, lags: int, constant: bool) -> Tensor:
    """Innovations of an AR(p) given its first ``lags`` values, all together (Hamilton 1994, eq. 5.3.2)."""
    rho = rho[None] if rho.shape.rank == 0 else rho
    steps = x.shape[0] - lags
    residual = x[lags:]
    if constant:
        residual, rho = residual - rho[0], rho[1:]
    for i in range(lags):
        residual = residual - rho[i] * x[lags - 1 - i : lags - 1 - i + steps]
    return tf.reduce_sum(normal(residual, sigma))


def random_walk(x: Tensor, mu: Tensor, sigma: Tensor) -> Tensor:
    """Innovations of a Gaussian random walk, all together; drifts and scales along time lose their first entry."""
    return tf.reduce_sum(normal(x[1:] - x[:-1] - _after_first(mu), _after_first(sigma)))


def _after_first(parameter: Tensor) -> Tensor:
    return parameter[1:] if parameter.shape.rank else parameter


def garch11_variance(x: Tensor, omega: Tensor, alpha_1: Tensor, beta_1: Tensor, initial_vol: Tensor) -> Tensor:
    """Variances after the first of a GARCH(1,1) (Bollerslev 1986, Journal of Econometrics 31, eq. 2.1-2.2).

    ``v_t = omega + alpha_1 x_{t-1}^2 + beta_1 v_{t-1}`` is a linear recurrence: maps ``v -> a v + b`` compose to such
    maps, so that all of them follow from a prefix scan of logarithmic depth. A loop would need lists of tensors, which
    XLA cannot compile inside ``tf.vectorized_map``.
    """
    from tensorflow_probability import math as tfp_math

    shifts = omega + alpha_1 * tf.square(x[:-1])
    if not shifts.shape[0]:
        return shifts
    first = shifts[:1] + beta_1 * tf.square(initial_vol)
    slopes = tf.broadcast_to(beta_1, tf.broadcast_static_shape(shifts[1:].shape, first.shape))
    shifts = tf.concat([first, tf.broadcast_to(shifts[1:], (shifts.shape[0] - 1, *first.shape[1:]))], axis=0)
    slopes = tf.broadcast_to(beta_1, shifts.shape)

    def compose(earlier: tuple[Tensor, Tensor], later: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return earlier[0] * later[0], later[0] * earlier[1] + later[1]

    return tfp_math.scan_associative(compose, (slopes, shifts), axis=0)[1]


def garch11(x: Tensor, omega: Tensor, alpha_1: Tensor, beta_1: Tensor, initial_vol: Tensor) -> Tensor:
    """Log density of a GARCH(1,1) series with a given first volatility."""
    variance = garch11_variance(x, omega, alpha_1, beta_1, initial_vol)
    ok = variance > 0
    safe = tf.where(ok, variance, tf.ones_like(variance))
    each = -0.5 * tf.square(x[1:]) / safe - 0.5 * tf.math.log(safe) - _HALF_LOG_TWO_PI
    later = tf.where(ok, each, tf.constant(-np.inf, each.dtype))
    return tf.reduce_sum(normal(x[0], initial_vol)) + tf.reduce_sum(later)


def euler_maruyama(x: Tensor, drift: Tensor, diffusion: Tensor, dt: Tensor) -> Tensor:
    """Increments of a discretised diffusion, all together (Kloeden & Platen 1992, eq. 9.1.2)."""
    return tf.reduce_sum(normal(x[1:] - x[:-1] - dt * drift, tf.sqrt(dt) * diffusion))


def accumulated(innovations: Tensor, axis: int) -> Tensor:
    """Sums of innovations along an axis, the first left out: walks that start at 0."""
    sums = tf.cumsum(innovations, axis=axis)
    return sums - tf.gather(sums, [0], axis=axis)


@dataclass(frozen=True, eq=False)
class Series:
    """A time series at values of its parameters: what a front end binds.

    Parameters
    ----------
    params
        Its own parameters, tensors of the dtype of values.
    rank
        Number of axes of one series, the time axis, which is the first of them, included.
    initial
        The bound distribution of the first values, for those that have one.
    fixed
        Whether innovations count once where PyMC3 counts them once per first value.
    """

    params: Mapping[str, Tensor]
    rank: int = 1
    initial: Any = None
    fixed: bool = False
    batch_shape: tuple[int, ...] = ()
    event_shape: tuple[int, ...] = ()
    categories: int | None = None

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density of one series; a vector where PyMC3 adds the innovations to the density of each first value."""
        raise NotImplementedError

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw series; axes in front of the last ``rank`` are independent."""
        raise NotSupported(f"{type(self).__name__} has no random method, as in PyMC3: it cannot be drawn from")

    def test_value(self) -> Tensor:
        """PyMC3's start value."""
        return tf.zeros((), next(iter(self.params.values())).dtype)

    def _with_first(self, first: Tensor, innovations: Tensor) -> Tensor:
        return tf.reduce_sum(first) + innovations if self.fixed else first + innovations


class AR1(Series):
    """See :func:`ar1`."""

    def log_prob(self, value: Tensor) -> Tensor:
        return self._with_first(*ar1(value, self.params["k"], self.params["tau_e"]))


@dataclass(frozen=True, eq=False)
class AR(Series):
    """See :func:`ar`; the first ``lags`` values have the distribution ``initial``, each by itself."""

    lags: int = 1
    constant: bool = False

    def log_prob(self, value: Tensor) -> Tensor:
        innovations = ar(value, self.params["rho"], self.params["sigma"], self.lags, self.constant)
        return tf.reduce_sum(self.initial.log_prob(value[: self.lags])) + innovations


class GaussianRandomWalk(Series):
    """See :func:`random_walk`."""

    def log_prob(self, value: Tensor) -> Tensor:
        if value.shape.rank == 0:
            return self.initial.log_prob(value)
        innovations = random_walk(value, self.params["mu"], self.params["sigma"])
        return self._with_first(self.initial.log_prob(value[0]), innovations)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Walks that start at 0, whatever the distribution of the first value, as in PyMC3.

        PyMC3 accumulates along the last axis, here as in the density the time axis is the first one of a series.
        """
        mu, sigma = self.params["mu"], self.params["sigma"]
        noise = tf.random.stateless_normal(shape, seed, dtype=sigma.dtype)
        return accumulated(mu + sigma * noise, len(shape) - max(self.rank, 1))


class GARCH11(Series):
    """See :func:`garch11`."""

    def log_prob(self, value: Tensor) -> Tensor:
        names = ("omega", "alpha_1", "beta_1", "initial_vol")
        return garch11(value, *(self.params[name] for name in names))


@dataclass(frozen=True, eq=False)
class EulerMaruyama(Series):
    """See :func:`euler_maruyama`; ``coefficients`` gives drift and diffusion at values."""

    coefficients: Any = None

    def log_prob(self, value: Tensor) -> Tensor:
        drift, diffusion = self.coefficients(value[:-1])
        return euler_maruyama(value, drift, diffusion, self.params["dt"])


@dataclass(frozen=True, eq=False)
class MvRandomWalk(Series):
    """A walk of vectors, whose innovations have the bound distribution ``innovations``."""

    innovations: Any = None

    def log_prob(self, value: Tensor) -> Tensor:
        if value.shape.rank == 1:
            value = value[None]
        first = tf.reduce_sum(self.initial.log_prob(value[0]))
        if value.shape[0] == 1:
            return first
        return first + tf.reduce_sum(self.innovations.log_prob(value[1:] - value[:-1]))

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Walks that start at 0, as in PyMC3; of a single vector, its innovation."""
        drawn = self.innovations.sample(shape, seed)
        return accumulated(drawn, len(shape) - self.rank) if self.rank > 1 else drawn

    def test_value(self) -> Tensor:
        return tf.zeros((), self.innovations.dtype)


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}

EVENT_SHAPE: Mapping[str, Callable[[Mapping[str, Tensor]], tuple[int, ...]]] = {}
