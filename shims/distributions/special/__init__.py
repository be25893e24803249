"""Rows that TFP does not serve, each with its reason.

``LOG_PROB`` and ``LOG_CDF`` map a row to ``f(value, canonical) -> tensor``, ``SAMPLE`` to
``f(canonical, shape, seed) -> tensor`` and ``EVENT_SHAPE`` to ``f(canonical) -> shape``; ``canonical`` are safe tensors
of one float dtype, which results have too, and ``value`` is in the support.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pm_migrate.shims.distributions.special import continuous, counts, series, vectors

Tensor = Any
_MODULES = (continuous, counts, vectors, series)

LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    name: function for module in _MODULES for name, function in module.LOG_PROB.items()
}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    name: function for module in _MODULES for name, function in module.LOG_CDF.items()
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    name: function for module in _MODULES for name, function in module.SAMPLE.items()
}

EVENT_SHAPE: Mapping[str, Callable[[Mapping[str, Tensor]], tuple[int, ...]]] = {
    **vectors.EVENT_SHAPE,
    **series.EVENT_SHAPE,
}
