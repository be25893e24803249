"""Recording of models, for tools that want a program's models without waiting for its sampling.

After :func:`start`, every model of either front end is remembered and inference calls return a few draws around the
test point instead of sampling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pm_migrate.shims.density import LogDensity

active = False
models: list[Any] = []

#: Draws per chain of a stand-in, at most.
STAND_IN_DRAWS = 20


def start() -> None:
    """Begin to record; the list of models is emptied."""
    global active
    active = True
    models.clear()


def stop() -> None:
    """Stop recording; inference calls sample again."""
    global active
    active = False


def record(model: Any) -> None:
    """Remember a model while recording."""
    if active:
        models.append(model)


def density(model: Any) -> LogDensity:
    """The one log density of a model of either front end."""
    return model.log_density()


def stand_in(log_density: LogDensity, chains: int, draws: int) -> dict[str, np.ndarray]:
    """Unconstrained draws near the test point, in place of sampling.

    Returns
    -------
    dict
        Value-variable name to array of shape ``(chains, draws, *shape)``; draws are capped at
        :data:`STAND_IN_DRAWS`. Continuous values vary by 1e-3, so that summaries do not divide by a zero variance.
    """
    draws = max(2, min(int(draws), STAND_IN_DRAWS))
    rng = np.random.default_rng(0)
    values = {}
    for variable in log_density.variables:
        shape = (chains, draws, *variable.shape)
        noise = 0.0 if variable.discrete else 1e-3 * rng.standard_normal(shape)
        values[variable.name] = np.asarray(np.broadcast_to(variable.test_value, shape) + noise, dtype=variable.dtype)
    return values
