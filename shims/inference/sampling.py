"""Sampling: the compiled loop, in groups of chains, block by block."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np

from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims.density import LogDensity, Point
from pm_migrate.shims.inference.chains import Chains, chains_from_rows
from pm_migrate.shims.inference.noise import resolve_seed
from pm_migrate.shims.inference.nuts import FIRST_STEP, Machine
from pm_migrate.shims.inference.progress import ProgressBar, Snapshot
from pm_migrate.shims.inference.running import BLOCK, Run, Runs, group_size, settings
from pm_migrate.shims.inference.starts import JITTER_RETRIES, Starts, points_of

#: Names of PyMC3 for how warm-up begins: whether starts are jittered, and whether the metric is a full matrix.
INITS = {
    "auto": (True, False),
    "jitter+adapt_diag": (True, False),
    "adapt_diag": (False, False),
    "jitter+adapt_full": (True, True),
    "adapt_full": (False, True),
}

_log = logging.getLogger("pm_migrate")


def sample_chains(
    density: LogDensity,
    *,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    seed: int | Sequence[int] | None = None,
    target_accept: float = 0.8,
    max_treedepth: int = 10,
    start: Point | Sequence[Point] | None = None,
    init: str = "auto",
    metric: np.ndarray | None = None,
    adapt_metric: bool = True,
    first_step: float | None = None,
    retries: int = JITTER_RETRIES,
    cores: int | None = None,
    progress: bool = True,
    jit: bool = True,
    discard_tuned: bool = True,
    on_block: Callable[[Snapshot], None] | None = None,
    watch: Callable[[np.ndarray, tuple[str, ...]], None] | None = None,
) -> Chains:
    """Draw from a density with NUTS, and Metropolis steps for its discrete variables.

    Parameters
    ----------
    density
        The target.
    draws, tune, chains
        Draws and warm-up draws per chain, and number of chains.
    seed
        An integer or integers; None draws one from NumPy's global state. The same seed gives the same draws, bit for
        bit, on one machine with the same number of ``cores``.
    target_accept
        Acceptance statistic that the step size is adapted to.
    max_treedepth
        Doublings after which a trajectory ends.
    start
        Unconstrained start point, or one per chain; the test point by default.
    init
        ``auto`` (which is ``jitter+adapt_diag``), ``adapt_diag``, ``jitter+adapt_full`` or ``adapt_full``: whether
        starts at the test point are jittered, and whether the metric that is learnt is diagonal or a full matrix.
    metric
        Inverse mass to begin with: ``(dim,)``, or ``(dim, dim)`` for a full matrix; the identity by default.
    adapt_metric
        Whether the metric is learnt in the warm-up.
    first_step
        Step size of the first draws; without a warm-up, of all. It is searched for by default.
    retries
        How many other jittered points a chain tries that cannot start.
    cores
        Threads that the chains are dealt to, as evenly as it goes; one for each processor by default.
    progress
        Show a bar if there is a terminal or a notebook.
    jit
        Compile with XLA. A density that XLA refuses runs as a TensorFlow graph, with a warning.
    discard_tuned
        Drop the warm-up draws.
    on_block
        Called after each block of draws; may raise ``KeyboardInterrupt`` to stop.
    watch
        Called after each block with the rows that all chains have made and the names of the statistics in them; may
        raise a ``KeyboardInterrupt`` with an attribute ``draws``, of which no more are returned.

    Returns
    -------
    Chains
        After ``KeyboardInterrupt``, the draws made so far; if there are none, the interrupt is raised again.

    Raises
    ------
    ModelError
        For a density without variables, or numbers that make no sense.
    SamplingError
        If a chain cannot start; the terms of the density that are not finite are named.
    NotSupported
        For another ``init``.
    """
    if not density.variables:
        raise ModelError("The model has no free random variables: there is nothing to sample")
    for name, value, least in (("draws", draws, 0 if tune else 1), ("tune", tune, 0), ("chains", chains, 1)):
        if value < least:
            raise ModelError(f"{name} = {value}, but must be at least {least}")
    if max_treedepth < 1 or not 0.0 < target_accept < 1.0:
        raise ModelError(f"max_treedepth = {max_treedepth} must be positive, target_accept = {target_accept} in (0, 1)")
    if first_step is not None and not first_step > 0.0:
        raise ModelError(f"first_step = {first_step}, but a step size must be positive")
    if cores is not None and cores < 1:
        raise ModelError(f"cores = {cores}, but must be at least 1")
    if init not in INITS:
        raise NotSupported(f"init={init!r} is not supported; use one of {', '.join(map(repr, INITS))}")
    jitter, dense = INITS[init]
    dense = dense if metric is None else np.ndim(metric) == 2
    key = resolve_seed(seed)
    began = time.perf_counter()
    points = points_of(start, chains)
    machine = Machine(density, group_size(chains, cores), max_treedepth, BLOCK, dense)
    interrupted = False
    with ProgressBar(progress, chains, draws + tune) as bar:
        groups = []
        for first in range(0, chains, machine.chains):
            own = resolve_seed([key, first]) if first else key
            here = points[first : first + machine.chains]
            given = None if start is None else here
            starts = Starts(density, len(here), given, jitter, own, retries=retries, first=first)
            how = settings(draws, tune, target_accept, own, learn=adapt_metric, search=first_step is None)
            groups.append(Run(machine, starts, how, jit, metric, FIRST_STEP if first_step is None else first_step))
        runs = Runs(groups, draws + tune)
        try:
            for snapshot in runs.follow():
                bar.show(snapshot)
                if on_block is not None:
                    on_block(snapshot)
                if watch is not None:
                    watch(runs.rows(runs.made), machine.stat_names)
            made = draws + tune
        except KeyboardInterrupt as stop:
            runs.stop()
            interrupted = True
            made = getattr(stop, "draws", runs.made)
            if made <= (tune if discard_tuned else 0):
                raise
            _log.warning("Interrupted: returning the %d draws per chain made so far.", max(made - tune, 0))
        finally:
            runs.stop()
    return chains_from_rows(
        density,
        runs.rows(made),
        machine.stat_names,
        tune=tune,
        discard_tuned=discard_tuned,
        duration=time.perf_counter() - began,
        timing=runs.timing,
        clock=runs.clock(made),
        interrupted=interrupted,
    )
