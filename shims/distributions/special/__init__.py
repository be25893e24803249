"""Rows that TFP does not serve, each with its reason.

``LOG_PROB`` and ``LOG_CDF`` map a row to ``f(value, canonical) -> tensor``, ``SAMPLE`` to
``f(canonical, shape, seed) -> tensor``, ``EVENT_SHAPE`` to ``f(canonical) -> shape`` and ``TEST_VALUE`` to
``f(canonical) -> tensor``; ``canonical`` are safe tensors of one float dtype, which results have too, and ``value`` is
in the support.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from pm_migrate.shims.distributions.special import continuous, counts, half_line, labels, matrices, series, vectors

Tensor = Any
_MODULES = (continuous, counts, labels, vectors, matrices, series)

LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    name: function for module in _MODULES for name, function in module.LOG_PROB.items()
}

#: Parametrisations that would lose digits in the canonical parameters: ``f(value, given) -> tensor``, by row and names.
LOG_PROB_OF_FORM: Mapping[tuple[str, tuple[str, ...]], Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    **half_line.LOG_PROB_OF_FORM,
    **vectors.LOG_PROB_OF_FORM,
}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    name: function for module in _MODULES for name, function in module.LOG_CDF.items()
}

#: Of rows with one: the probability whose log-odds are another canonical parameter, and that parameter.
LOG_ODDS: Mapping[str, tuple[str, str]] = {"Bernoulli": ("p", "logit_p")}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {
    name: function for module in _MODULES for name, function in module.SAMPLE.items()
}

EVENT_SHAPE: Mapping[str, Callable[[Mapping[str, Tensor]], tuple[int, ...]]] = {
    **vectors.EVENT_SHAPE,
    **matrices.EVENT_SHAPE,
    **series.EVENT_SHAPE,
}

TEST_VALUE: Mapping[str, Callable[[Mapping[str, Tensor]], Tensor]] = {
    **continuous.TEST_VALUE,
    **vectors.TEST_VALUE,
    **matrices.TEST_VALUE,
}

#: What ``pymc3.distributions.special`` has: functions of variables, which need the front end's graph.
_OF_VARIABLES = frozenset({"gammaln", "log_i0", "multigammaln", "psi"})


def __getattr__(name: str) -> Any:
    if name in _OF_VARIABLES:
        return getattr(importlib.import_module(f"{__name__}.expressions"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
