"""Time series, whose densities are recursions over an axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Tensor = Any

LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}

EVENT_SHAPE: Mapping[str, Callable[[Mapping[str, Tensor]], tuple[int, ...]]] = {}
