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

#: Number of different draws of a stand-in; more are repetitions, so that slices of a trace are what they would be.
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
        Value-variable name to array of shape ``(chains, draws, *shape)``. Continuous values vary by 1e-3, so that
        summaries do not divide by a zero variance. NumPy's global random state is left alone.
    """
    rng = np.random.default_rng(0)
    order = np.arange(int(draws)) % STAND_IN_DRAWS
    values = {}
    for variable in log_density.variables:
        shape = (chains, STAND_IN_DRAWS, *variable.shape)
        noise = 0.0 if variable.discrete else 1e-3 * rng.standard_normal(shape)
        distinct = np.broadcast_to(variable.test_value, shape) + noise
        values[variable.name] = np.asarray(distinct[:, order], dtype=variable.dtype)
    return values


def stand_in_statistics(chains: int, draws: int) -> dict[str, np.ndarray]:
    """Sampler statistics by PyMC3's name, ``(chains, draws)``, for programs that plot or count them."""
    shape = (chains, int(draws))
    energy = np.broadcast_to(np.arange(shape[1], dtype=float) % STAND_IN_DRAWS, shape)
    ones = dict.fromkeys(("mean_tree_accept", "step_size", "step_size_bar"), np.ones(shape))
    return {
        **ones,
        "energy": energy.copy(),
        "model_logp": -energy,
        "energy_error": np.zeros(shape),
        "max_energy_error": np.zeros(shape),
        "tree_size": np.ones(shape),
        "depth": np.ones(shape, int),
        "diverging": np.zeros(shape, bool),
        "tune": np.zeros(shape, bool),
    }
