"""PyMC4's module of this name: the base class of distributions, the abstract ones, and what else a model yields."""

from __future__ import annotations

from pm_migrate.shims.pymc4.bases import (
    BoundedContinuousDistribution,
    BoundedDiscreteDistribution,
    BoundedDistribution,
    ContinuousDistribution,
    DiscreteDistribution,
    PositiveContinuousDistribution,
    PositiveDiscreteDistribution,
    SimplexContinuousDistribution,
    UnitContinuousDistribution,
)
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.terms import Deterministic, Potential

__all__ = [
    "BoundedContinuousDistribution",
    "BoundedDiscreteDistribution",
    "BoundedDistribution",
    "ContinuousDistribution",
    "Deterministic",
    "DiscreteDistribution",
    "Distribution",
    "PositiveContinuousDistribution",
    "PositiveDiscreteDistribution",
    "Potential",
    "SimplexContinuousDistribution",
    "UnitContinuousDistribution",
]
