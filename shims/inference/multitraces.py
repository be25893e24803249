"""From draws of a density to PyMC3's ``MultiTrace``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.labelled import Labels
from pm_migrate.shims.backends.ndarray import NDArray
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import CLOCK, Chains, by_step
from pm_migrate.shims.inference.recording import record, record_values


def multitrace(
    density: LogDensity,
    chains: Chains,
    model: Any = None,
    names: Sequence[str] | None = None,
    first: int = 0,
    value_names: Mapping[str, str] | None = None,
) -> MultiTrace:
    """Draws as a ``MultiTrace``.

    Parameters
    ----------
    density
        The density that was sampled.
    chains
        The draws. A warm-up that was kept comes before them, as in PyMC3.
    model
        The model of the density, in the ``with`` front end.
    names
        Variables to keep; all by default.
    first
        Number of the first chain.
    value_names
        Other names of value variables: PyMC3's, for a density of the generator front end.
    """

    def renamed(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {(value_names or {}).get(name, name): x for name, x in values.items()}

    recorded = {**renamed(chains.values), **record(density, chains)}
    stats = chains.stats
    if chains.tune_values is not None and chains.tune_stats is not None:
        warm = {**renamed(chains.tune_values), **record_values(density, chains.tune_values)}
        recorded = {name: np.concatenate([warm[name], x], axis=1) for name, x in recorded.items()}
        stats = {name: np.concatenate([chains.tune_stats[name], x], axis=1) for name, x in stats.items()}
    stats = {name: x for name, x in stats.items() if name != "reached_max_treedepth"}  # a statistic of later versions
    if stats and chains.clock is not None:
        clock = chains.clock if chains.tune_values is not None else chains.clock[:, chains.tune :]
        stats.update(zip(CLOCK, np.moveaxis(clock, -1, 0), strict=True))
    kept = {name: x for name, x in recorded.items() if names is None or name in names}
    variables = [] if model is None else [model.named_vars[name] for name in kept]
    straces = [
        NDArray.filled(
            first + i,
            {name: x[i] for name, x in kept.items()},
            by_step({name: x[i] for name, x in stats.items()}, density.variables) or None,
            model,
            variables,
        )
        for i in range(chains.chains)
    ]
    trace = MultiTrace(straces)
    trace._labels = Labels.of(density)
    report = trace.report
    report._n_tune, report._n_draws, report._t_sampling = chains.tune, chains.draws, chains.duration
    report._timing = chains.timing
    return trace
