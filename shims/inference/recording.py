"""From unconstrained draws to what a trace records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.batching import over_batch
from pm_migrate.shims.inference.chains import Chains

CHUNK = 1024
CHUNK_SCALARS = 2**22  # scalars that one chunk may return: 32 MiB


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
    if total == 0:
        return {name: np.zeros((*lead, *x.shape), x.dtype) for name, x in _first(density, density.test_point).items()}
    chunk = _chunk_size(_first(density, {name: x[0] for name, x in joined.items()}), total)
    program = density.compiled(f"record {chunk}", lambda: _program(density, chunk))
    parts = []
    for begin in range(0, total, chunk):
        piece = {name: x[begin : begin + chunk] for name, x in joined.items()}
        missing = max(begin + chunk - total, 0)
        filled = {name: np.concatenate([x, np.repeat(x[-1:], missing, axis=0)]) for name, x in piece.items()}
        parts.append({name: x.numpy()[: chunk - missing] for name, x in program(filled).items()})
    return {name: np.concatenate([p[name] for p in parts]).reshape(*lead, *x.shape[1:]) for name, x in parts[0].items()}


def _first(density: LogDensity, point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What one draw records, evaluated eagerly: only its shapes matter."""
    return {
        name: tf.convert_to_tensor(x).numpy() for name, x in density.evaluate(density.tensors(point)).values.items()
    }


def _chunk_size(recorded: Mapping[str, np.ndarray], total: int) -> int:
    """Draws per call: a power of two, so that few programs are built, within a bound on memory."""
    scalars = max(sum(x.size for x in recorded.values()), 1)
    most = max(min(CHUNK, CHUNK_SCALARS // scalars, total), 1)
    return 2 ** (most.bit_length() - 1)


def _program(density: LogDensity, chunk: int) -> Callable[..., Any]:
    def one(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: tf.convert_to_tensor(x) for name, x in density.evaluate(values).values.items()}

    return lambda values: over_batch(one, values, chunk)
