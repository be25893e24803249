"""The result of sampling, and how the rows of the compiled loop become it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pm_migrate.shims.density import LogDensity, ValueVariable

FLAGS = ("diverging", "reached_max_treedepth")
COUNTS = ("depth",)
#: Statistics of the steps of integer variables, each with one for each of them.
STEP_STATS = ("accept", "accepted", "scaling")
#: Statistics of PyMC3 about when a draw was made.
CLOCK = ("perf_counter_start", "perf_counter_diff", "process_time_diff")


@dataclass
class Chains:
    """Draws of all chains, in unconstrained space.

    Parameters
    ----------
    values
        Draws by value-variable name, ``(chains, draws, *shape)``.
    stats
        Sampler statistics by PyMC3's name, ``(chains, draws)``; :data:`STEP_STATS` of several integer variables
        ``(chains, draws, variables)``.
    tune_values, tune_stats
        The same for the warm-up, or None if it was discarded.
    duration
        Seconds of sampling, compilation included.
    tune
        Number of warm-up draws per chain.
    timing
        Seconds by stage: ``trace``, ``compile``, ``run``.
    clock
        Statistics of the times of all draws made, ``(chains, tune + draws, 3)`` by :data:`CLOCK`, or None.
    interrupted
        Whether sampling was interrupted before all draws were made.
    recorded
        What :func:`~pm_migrate.shims.inference.recording.record` made of the draws, once it has.
    """

    values: dict[str, np.ndarray]
    stats: dict[str, np.ndarray]
    tune_values: dict[str, np.ndarray] | None = None
    tune_stats: dict[str, np.ndarray] | None = None
    duration: float = 0.0
    tune: int = 0
    timing: dict[str, float] = field(default_factory=dict)
    clock: np.ndarray | None = None
    interrupted: bool = False
    recorded: dict[str, np.ndarray] | None = field(default=None, repr=False)

    @property
    def chains(self) -> int:
        """Number of chains."""
        return next(iter(self.values.values())).shape[0]

    @property
    def draws(self) -> int:
        """Number of draws per chain, warm-up excluded."""
        return next(iter(self.values.values())).shape[1]


def chains_from_values(values: Mapping[str, np.ndarray], stats: Mapping[str, np.ndarray] | None = None) -> Chains:
    """Wrap draws that did not come from a sampler: by value-variable name, ``(chains, draws, *shape)``."""
    return Chains(values=dict(values), stats=dict(stats or {}))


def chains_from_rows(
    density: LogDensity,
    rows: np.ndarray,
    stat_names: Sequence[str],
    *,
    tune: int,
    discard_tuned: bool,
    duration: float,
    timing: dict[str, float],
    interrupted: bool,
    clock: np.ndarray | None = None,
) -> Chains:
    """Cut the rows ``(chains, tune + draws, width)`` of the sampler into variables and statistics."""
    dim = sum(v.size for v in density.continuous)
    count = sum(v.size for v in density.discrete)
    warm, kept = rows[:, :tune], rows[:, tune:]

    def values(part: np.ndarray) -> dict[str, np.ndarray]:
        cut = {}
        for variables, offset in ((density.continuous, 0), (density.discrete, dim)):
            for v in variables:
                column = part[:, :, offset : offset + v.size].reshape(*part.shape[:2], *v.shape)
                cut[v.name] = column.astype(v.dtype)
                offset += v.size
        return {v.name: cut[v.name] for v in density.variables}

    def stats(part: np.ndarray, tuning: bool) -> dict[str, np.ndarray]:
        columns: dict[str, list[np.ndarray]] = {}
        for name, column in zip(stat_names, np.moveaxis(part[:, :, dim + count :], -1, 0), strict=True):
            columns.setdefault(name, []).append(column)
        flags = (*FLAGS, "accepted") if "scaling" in columns else FLAGS
        named = {n: a[0] if len(a) == 1 else np.stack(a, axis=-1) for n, a in columns.items()}
        typed = {n: a.astype(bool if n in flags else int if n in COUNTS else float) for n, a in named.items()}
        return {**typed, "tune": np.full(part.shape[:2], tuning)}

    return Chains(
        values=values(kept),
        stats=stats(kept, False),
        tune_values=None if discard_tuned else values(warm),
        tune_stats=None if discard_tuned else stats(warm, True),
        duration=duration,
        tune=tune,
        timing=timing,
        clock=clock,
        interrupted=interrupted,
    )


def by_step(stats: Mapping[str, np.ndarray], variables: Sequence[ValueVariable] = ()) -> list[dict[str, np.ndarray]]:
    """Statistics told apart by the steps that PyMC3 would have made: a trajectory, and one for each integer variable.

    Parameters
    ----------
    stats
        Of one chain: ``(draws,)``, or ``(draws, variables)``.
    variables
        Those that are sampled: the kind that comes first has its steps first.
    """
    if "scaling" not in stats:
        return [dict(stats)] if stats else []
    own = {name: stats[name].reshape(len(stats[name]), -1) for name in STEP_STATS}
    steps = [
        {**{name: x[:, i] for name, x in own.items()}, "tune": stats["tune"]} for i in range(own["scaling"].shape[1])
    ]
    if "energy" not in stats:  # no trajectory
        return steps
    rest = {name: x for name, x in stats.items() if name not in own}
    kinds = [v.kind for v in variables if v.kind in ("continuous", "integer")]
    return [*steps, rest] if kinds[:1] == ["integer"] else [rest, *steps]


def spread(began: float, seconds: float, working: float, rows: int) -> np.ndarray:
    """The times of a block of draws, each of which gets the same part of it; columns as :data:`CLOCK`.

    Parameters
    ----------
    began
        When the block began, by ``time.perf_counter``.
    seconds, working
        How long it took, and how long the processors worked.
    rows
        Number of draws in it.
    """
    each = np.array([seconds, working]) / max(rows, 1)
    return np.column_stack([began + each[0] * np.arange(rows), np.tile(each, (rows, 1))])
