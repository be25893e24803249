"""Chains that stand in for a run while models are recorded."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.inference.recording import record_values


def stand_in(model: Any, density: LogDensity, chains: int, draws: int, *, statistics: bool = True) -> Chains:
    """A few different draws near the test point, repeated as often as was asked for.

    What a trace records is computed for those alone. Where the whole would be very large, there are fewer draws.

    Parameters
    ----------
    model, density
        The model, of either front end.
    chains, draws
        Number of chains, and of draws of each.
    statistics
        Whether there are statistics of NUTS.
    """
    distinct = recording.stand_in_draws(model, density)
    recorded = record_values(density, {name: x[None] for name, x in distinct.items()})
    numbers = sum(x[0, 0].size for x in recorded.values())
    numbers += sum(v.size for v in density.variables if v.transform is not None)
    order = recording.stand_in_order(model, density, chains, draws, numbers)
    return Chains(
        values={name: x[order] for name, x in distinct.items()},
        stats=recording.stand_in_statistics(*order.shape) if statistics else {},
        recorded={name: x[0][order] for name, x in recorded.items()},
    )
