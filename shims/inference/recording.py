"""From unconstrained draws to what a trace records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.batching import in_chunks, over_batch
from pm_migrate.shims.inference.chains import Chains


def record(density: LogDensity, chains: Chains) -> dict[str, np.ndarray]:
    """Constrained random variables and deterministics of all draws.

    Parameters
    ----------
    density
        The density that ``chains`` was drawn from.
    chains
        The draws. The result is remembered with them: a second call is free.

    Returns
    -------
    dict
        Name to array ``(chains, draws, *shape)``, for every name in ``Evaluation.values``.
    """
    if chains.recorded is None:
        chains.recorded = record_values(density, chains.values)
    return chains.recorded


def record_values(density: LogDensity, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """As :func:`record`, for unconstrained values ``(chains, draws, *shape)`` by name."""
    lead = next(iter(values.values())).shape[:2]
    total = lead[0] * lead[1]
    joined = {name: x.reshape(total, *x.shape[2:]) for name, x in values.items()}
    one = _first(density, {name: x[0] for name, x in joined.items()} if total else density.test_point)
    if total == 0:
        return {name: np.zeros((*lead, *x.shape), x.dtype) for name, x in one.items()}

    def program_for(size: int) -> Callable[..., Any]:
        return density.compiled(f"record {size}", lambda: _program(density, size))

    recorded = in_chunks(program_for, one, joined, total)
    return {name: x.reshape(*lead, *x.shape[1:]) for name, x in recorded.items()}


def _first(density: LogDensity, point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What one draw records, evaluated eagerly."""
    return {name: x.numpy() for name, x in density.recorded(density.tensors(point)).items()}


def _program(density: LogDensity, size: int) -> Callable[..., Any]:
    return lambda values: over_batch(density.recorded, values, size)
