"""PyMC4's abstract distributions: what a distribution is by its support, and what a program's own is derived from.

A program's own distribution is a subclass with a constructor that hands its parameters on, and
``_init_distribution(conditions, **kwargs)``, which makes a TFP distribution of them.

Examples
--------
>>> import tensorflow_probability as tfp
>>> import pm_migrate.pymc4 as pm
>>> isinstance(pm.Gamma.dist(2.0, 1.0), pm.distributions.PositiveContinuousDistribution)
True
>>> class LogLogistic(pm.distributions.PositiveContinuousDistribution):
...     def __init__(self, name, loc, scale, **kwargs):
...         super().__init__(name, loc=loc, scale=scale, **kwargs)
...     @staticmethod
...     def _init_distribution(conditions, **kwargs):
...         return tfp.distributions.LogLogistic(conditions["loc"], conditions["scale"], **kwargs)
>>> LogLogistic("x", 0.0, 1.0).transform
Log()
>>> float(LogLogistic.dist(0.0, 1.0).log_prob(1.0))  # log(1 / 4)
-1.3862943611198906
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pm_migrate.shims.pymc4.backed import Backed
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor
from pm_migrate.shims.pymc4.transforms import Log, Sigmoid, default_transform
from pm_migrate.shims.transforms import StickBreaking, Transform

Tensor = Any

__all__ = [
    "BoundedContinuousDistribution",
    "BoundedDiscreteDistribution",
    "BoundedDistribution",
    "ContinuousDistribution",
    "DiscreteDistribution",
    "PositiveContinuousDistribution",
    "PositiveDiscreteDistribution",
    "SimplexContinuousDistribution",
    "UnitContinuousDistribution",
]


class ContinuousDistribution(Backed):
    """Real values."""

    _test_value = 0.0


class DiscreteDistribution(Backed):
    """Integers."""

    _test_value = 0


class BoundedDistribution(Backed):
    """Values between two ends."""

    def lower_limit(self) -> Any:
        """The lower end of the support."""
        raise NotImplementedError(f"{type(self).__name__} has no method lower_limit")

    def upper_limit(self) -> Any:
        """The upper end of the support."""
        raise NotImplementedError(f"{type(self).__name__} has no method upper_limit")

    def _middle(self) -> Tensor:
        ends = (tf.cast(to_tensor(end), FLOATX) for end in (self.lower_limit(), self.upper_limit()))
        return 0.5 * sum(ends)


class BoundedDiscreteDistribution(DiscreteDistribution, BoundedDistribution):
    """Integers between two ends."""

    @property
    def _test_value(self) -> Any:  # type: ignore[override]
        return tf.round(self._middle())


class BoundedContinuousDistribution(ContinuousDistribution, BoundedDistribution):
    """Real values between two ends; an end may be infinite."""

    @property
    def _test_value(self) -> Any:  # type: ignore[override]
        return self._middle()

    def _default_transform(self) -> Transform | None:
        return default_transform("bounded", (self.lower_limit(), self.upper_limit()))


class UnitContinuousDistribution(BoundedContinuousDistribution):
    """Real values between 0 and 1."""

    def _default_transform(self) -> Transform | None:
        return Sigmoid()

    def lower_limit(self) -> float:
        return 0.0

    def upper_limit(self) -> float:
        return 1.0


class PositiveContinuousDistribution(BoundedContinuousDistribution):
    """Positive real values."""

    _test_value = 1.0

    def _default_transform(self) -> Transform | None:
        return Log()

    def lower_limit(self) -> float:
        return 0.0

    def upper_limit(self) -> float:
        return float("inf")


class PositiveDiscreteDistribution(BoundedDiscreteDistribution):
    """Counts."""

    _test_value = 1

    def lower_limit(self) -> int:
        return 0

    def upper_limit(self) -> float:
        return float("inf")


class SimplexContinuousDistribution(ContinuousDistribution):
    """Vectors of positive entries that sum to 1; PyMC4 had no transform for them."""

    @property
    def _test_value(self) -> Any:  # type: ignore[override]
        return tf.fill(self.value_shape, tf.constant(1.0 / self.value_shape[-1], FLOATX))

    def _default_transform(self) -> Transform | None:
        return StickBreaking()
