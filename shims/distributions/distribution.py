"""``pymc3.distributions.distribution``: base classes, and what a ``random`` method is written with."""

from __future__ import annotations

from pm_migrate.shims.distributions.base import Continuous, Discrete, Distribution, NoDistribution, TensorType
from pm_migrate.shims.distributions.custom import DensityDist
from pm_migrate.shims.distributions.drawn_values import (
    _draw_value,
    _DrawValuesContext,
    _DrawValuesContextBlocker,
    draw_values,
    generate_samples,
    is_fast_drawable,
)
from pm_migrate.shims.distributions.shape_utils import (
    broadcast_dist_samples_shape,
    get_broadcastable_dist_samples,
    to_tuple,
)

__all__ = [
    "Continuous",
    "DensityDist",
    "Discrete",
    "Distribution",
    "NoDistribution",
    "TensorType",
    "_DrawValuesContext",
    "_DrawValuesContextBlocker",
    "_draw_value",
    "broadcast_dist_samples_shape",
    "draw_values",
    "generate_samples",
    "get_broadcastable_dist_samples",
    "is_fast_drawable",
    "to_tuple",
]
