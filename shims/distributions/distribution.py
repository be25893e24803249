"""``pymc3.distributions.distribution``: base classes, and what a ``random`` method is written with."""

from __future__ import annotations

from pm_migrate.shims.distributions.base import Continuous, Discrete, Distribution, NoDistribution, TensorType
from pm_migrate.shims.distributions.custom import DensityDist
from pm_migrate.shims.distributions.drawing import draw_values, generate_samples

__all__ = [
    "Continuous",
    "DensityDist",
    "Discrete",
    "Distribution",
    "NoDistribution",
    "TensorType",
    "draw_values",
    "generate_samples",
]
