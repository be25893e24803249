"""Calling a program's function at every draw, as ``pm.sample(callback=...)`` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from pm_migrate.shims.backends.ndarray import NDArray
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import by_step, chains_from_rows
from pm_migrate.shims.inference.recording import record_values


class Draw(NamedTuple):
    """What a callback is told of a draw, by PyMC3's names."""

    chain: int
    is_last: bool
    draw_idx: int
    tuning: bool
    stats: list[dict[str, Any]]
    point: dict[str, np.ndarray]
    warnings: list[Any] | None


class Stopped(KeyboardInterrupt):
    """A callback ended the run after so many draws."""

    def __init__(self, draws: int) -> None:
        super().__init__(f"stopped after {draws} draws")
        self.draws = draws


class Watcher:
    """Calls ``callback(trace=, draw=)`` for every draw of every chain, after the block that made it.

    Parameters
    ----------
    callback
        The program's function; a ``KeyboardInterrupt`` from it ends the run at that draw.
    density
        The density that is sampled.
    tune, total
        Warm-up draws, and all draws, of each chain.
    model, first
        The model, and the number of the first chain.
    """

    def __init__(
        self, callback: Callable[..., Any], density: LogDensity, tune: int, total: int, model: Any, first: int = 0
    ) -> None:
        self._callback, self._density, self._model, self._first = callback, density, model, first
        self._tune, self._total = tune, total
        self._seen = 0

    def __call__(self, rows: np.ndarray, stat_names: tuple[str, ...]) -> None:
        """Tell of the rows ``(chains, draws, width)`` that are new."""
        made = rows.shape[1]
        if made == self._seen:
            return
        traces = [self._trace(i, part, stat_names) for i, part in enumerate(rows)]
        free = [v.name for v in self._density.variables]
        for draw in range(self._seen, made):
            for i, trace in enumerate(traces):
                trace.draw_idx = draw + 1
                stats = [{name: x[draw] for name, x in part.items()} for part in trace._stats or ()]
                point = {name: trace.samples[name][draw] for name in free}
                last, tuning = draw + 1 == self._total, draw < self._tune
                told = Draw(self._first + i, last, draw, tuning, stats, point, None)
                try:
                    self._callback(trace=trace, draw=told)
                except KeyboardInterrupt:
                    raise Stopped(draw + 1) from None
        self._seen = made

    def _trace(self, i: int, rows: np.ndarray, stat_names: tuple[str, ...]) -> NDArray:
        chains = chains_from_rows(
            self._density,
            rows[None],
            stat_names,
            tune=0,
            discard_tuned=True,
            duration=0.0,
            timing={},
            interrupted=False,
        )
        chains.stats["tune"][:, : self._tune] = True
        samples = {**chains.values, **record_values(self._density, chains.values)}
        variables = [self._model.named_vars[name] for name in samples]
        stats = by_step({name: x[0] for name, x in chains.stats.items()}, self._density.variables)
        return NDArray.filled(
            self._first + i, {name: x[0] for name, x in samples.items()}, stats, self._model, variables
        )
