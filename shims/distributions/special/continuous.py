"""Continuous scalar rows, gathered from the modules of their supports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pm_migrate.shims.distributions.special import bounded, cumulative, half_line, interpolated, real_line

Tensor = Any

LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    **real_line.LOG_PROB,
    **half_line.LOG_PROB,
    **bounded.LOG_PROB,
    "Interpolated": interpolated.log_density,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    **real_line.SAMPLE,
    **half_line.SAMPLE,
    **bounded.SAMPLE,
    "Interpolated": interpolated.sample,
}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = cumulative.LOG_CDF

TEST_VALUE: Mapping[str, Callable[[Mapping[str, Tensor]], Tensor]] = {"Interpolated": interpolated.median}
