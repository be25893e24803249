# ruff: noqa: UP006, UP035, UP045 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""What stands in for the results of inference: numbers of the right shape, made by fixed formulas."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np


def standin_offset(draw: int, size: int) -> np.ndarray:
    """Unconstrained distance from the test point of the draw number ``draw`` that stands in for a posterior draw.

    A fixed formula, so that both sides stand in with the same numbers and a later model that is built from
    "posterior means" comes out the same.
    """
    return 0.1 * np.cos(1.0 + draw + np.arange(size, dtype=np.float64))


STANDIN_POINTS = 16
STANDIN_FORWARD = 4
STANDIN_NUMBERS = 10_000_000

#: The number of chains follows from that of the cores; a comparison must not depend on the machine. PyMC3 takes at most
#: four, and rewritten calls say so.
STANDIN_CORES = 4
NUTS_STATISTICS = {
    "depth": "int64", "step_size": "float64", "tune": "bool", "mean_tree_accept": "float64",
    "step_size_bar": "float64", "tree_size": "float64", "diverging": "bool", "energy_error": "float64",
    "energy": "float64", "max_energy_error": "float64", "model_logp": "float64",
    "process_time_diff": "float64", "perf_counter_diff": "float64", "perf_counter_start": "float64",
}  # fmt: skip


def repeated(array: Any, count: int) -> np.ndarray:
    """Repeat the rows of an array to ``count`` rows, or to as many as fit."""
    array = np.asarray(array)
    count = min(count, max(1, STANDIN_NUMBERS // max(1, array[0].size)))
    return array[np.arange(count) % len(array)]


def can_be_sent(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in "biuf"


def standin_log_likelihood(converter: Any, trace: Any) -> Optional[Dict[str, np.ndarray]]:
    """Values around those at the test point, in the shape of the log likelihood that ArviZ extracts from a trace."""
    model, wanted = converter.model, converter.log_likelihood
    if converter.trace is None or model is None or not trace:
        return None
    chains, draws = len(trace.chains), len(trace)
    ripple = 0.1 * np.cos(1.0 + np.arange(chains * draws, dtype=np.float64)).reshape(chains, draws)
    known = model.__dict__.setdefault("_standin_log_likelihood", {})  # to compile takes a second, summaries are many
    values: Dict[str, np.ndarray] = {}
    for variable in model.observed_RVs:
        if wanted is not True and variable.name not in wanted:
            continue
        if variable.name not in known:
            known[variable.name] = converter.log_likelihood_vals_point(
                model.test_point, variable, variable.logp_elemwise
            )
        base = known[variable.name]
        if base.size * chains * draws > STANDIN_NUMBERS:
            return None
        values[variable.name] = ripple.reshape(chains, draws, *[1] * base.ndim) + base
    return values


def trace_shape(trace: Any) -> Tuple[int, int]:
    """Chains and draws of a MultiTrace, InferenceData, Dataset, list of points, or the first of a list of these."""
    if hasattr(trace, "nchains"):
        return trace.nchains, len(trace)
    trace = getattr(trace, "posterior", trace)
    if hasattr(trace, "sizes"):
        return trace.sizes["chain"], trace.sizes["draw"]
    if isinstance(trace, (list, tuple)) and trace:
        return (1, len(trace)) if isinstance(trace[0], Mapping) else trace_shape(trace[0])
    return (1, 1)


def points_around(model: Any, count: int) -> List[Dict[str, np.ndarray]]:
    points = []
    for draw in range(count):
        point = {}
        for name, value in model.test_point.items():
            value = np.asarray(value)
            if value.dtype.kind == "f":
                value = (value + standin_offset(draw, value.size).reshape(value.shape)).astype(value.dtype)
            point[name] = value
        points.append(point)
    return points


def standin_fit(inference: Any, n: int = 10000, score: Any = None, callbacks: Any = None, **_: Any) -> Any:
    """Stand in for the optimisation of a variational approximation: leave it as it was initialised."""
    inference.hist = np.linspace(1.0, 0.0, max(1, min(int(n), 100_000)))
    inference.approx.hist = inference.hist
    with contextlib.suppress(StopIteration):
        for step in range(1, 4):
            for callback in callbacks or ():
                callback(inference.approx, inference.hist[:step], step)
    return inference.approx
