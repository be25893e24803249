"""Sampling: the compiled loop, block by block."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.density import LogDensity, Point
from pm_migrate.shims.inference import adaptation
from pm_migrate.shims.inference.chains import Chains, chains_from_rows, spread
from pm_migrate.shims.inference.noise import resolve_seed
from pm_migrate.shims.inference.nuts import DONE, FAILED, START, Machine, Settings
from pm_migrate.shims.inference.progress import ProgressBar, Snapshot
from pm_migrate.shims.inference.starts import Starts

BLOCK = 100  # draws per chain that one call of the program can return
BLOCK_SECONDS = 0.4  # how long a call should take: a call cannot be interrupted
FIRST_TURNS = 64

_log = logging.getLogger("pm_migrate")
_not_compilable: weakref.WeakSet[LogDensity] = weakref.WeakSet()


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
        bit, on one machine.
    target_accept
        Acceptance statistic that the step size is adapted to.
    max_treedepth
        Doublings after which a trajectory ends.
    start
        Unconstrained start point, or one per chain; the test point by default.
    init
        ``auto``, ``jitter+adapt_diag`` or ``adapt_diag``; see :class:`~pm_migrate.shims.inference.starts.Starts`.
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
    key = resolve_seed(seed)
    began = time.perf_counter()
    starts = Starts(density, chains, start, init, key)
    machine = Machine(density, chains, max_treedepth, BLOCK)
    interrupted = False
    with ProgressBar(progress, chains, draws + tune) as bar:
        run = Run(machine, starts, settings(draws, tune, target_accept, key), jit)
        try:
            while not run.finished:
                run.advance()
                snapshot = run.snapshot(tune, draws + tune)
                bar.show(snapshot)
                if on_block is not None:
                    on_block(snapshot)
                if watch is not None:
                    watch(run.rows(), machine.stat_names)
        except KeyboardInterrupt as stop:
            interrupted = True
            made = getattr(stop, "draws", run.made.min())
            if made <= (tune if discard_tuned else 0):
                raise
            _log.warning("Interrupted: returning the %d draws per chain made so far.", max(made - tune, 0))
    return chains_from_rows(
        density,
        run.rows()[:, : made if interrupted else None],
        run.machine.stat_names,
        tune=tune,
        discard_tuned=discard_tuned,
        duration=time.perf_counter() - began,
        timing=run.timing,
        clock=run.clock()[:, : made if interrupted else None],
        interrupted=interrupted,
    )


def settings(draws: int, tune: int, target_accept: float, key: int) -> Settings:
    """The arguments of the compiled program that may change between runs."""
    plan = adaptation.Schedule(*(tf.constant(x, tf.int32) for x in adaptation.schedule(tune)))
    return Settings(
        tune=tf.constant(tune, tf.int32),
        total=tf.constant(draws + tune, tf.int32),
        target=tf.constant(target_accept, tf.float64),
        plan=plan,
        key=tf.constant(key, tf.int64),
    )


class Run:
    """A run in progress: the state of the machine and the rows it has made.

    Parameters
    ----------
    machine, starts, settings
        What runs, from where, and how.
    jit
        Whether to compile with XLA.
    """

    def __init__(self, machine: Machine, starts: Starts, settings: Settings, jit: bool) -> None:
        self.machine, self._starts, self._settings = machine, starts, settings
        self.timing = {"trace": 0.0, "compile": 0.0, "run": 0.0}
        plan = adaptation.Schedule(*(int(x) for x in settings.plan))
        self._state = machine.initial(starts.flat, starts.counts, plan)
        self._turn = tf.constant(0, tf.int64)
        self._turns = FIRST_TURNS
        self._blocks: list[list[np.ndarray]] = [[] for _ in range(machine.chains)]
        self._clock: list[list[np.ndarray]] = [[] for _ in range(machine.chains)]
        self.made = np.zeros(machine.chains, int)
        self.finished = False
        self._program = self._compile(jit and machine.density not in _not_compilable)

    def advance(self) -> None:
        """Run the program once and take its rows; restart chains that could not start."""
        began, began_working = time.perf_counter(), time.process_time()
        state, turn, rows, filled = self._call(self._turns)
        taken = [r[:n] for r, n in zip(rows.numpy(), filled.numpy(), strict=True)]
        phase = state.phase.numpy()
        if np.any(phase == FAILED):
            self._starts.retry(phase == FAILED)
            fresh = tf.constant(
                np.where((phase == FAILED)[:, None], self._starts.flat, state.tree.end.position.numpy())
            )
            tree = state.tree._replace(end=state.tree.end._replace(position=fresh))
            state = state._replace(phase=tf.constant(np.where(phase == FAILED, START, phase)), tree=tree)
        turns = int(turn - self._turn)
        self._state, self._turn = state, turn
        for block, part in zip(self._blocks, taken, strict=True):
            block.append(part)
        self.made = self.made + [len(part) for part in taken]
        self.finished = bool(np.all(phase == DONE))
        seconds = time.perf_counter() - began
        for clock, part in zip(self._clock, taken, strict=True):
            clock.append(spread(began, seconds, time.process_time() - began_working, len(part)))
        self.timing["run"] += seconds
        self._turns = int(np.clip(turns * BLOCK_SECONDS / max(seconds, 1e-3), 1, 8 * self._turns))

    def snapshot(self, tune: int, total: int) -> Snapshot:
        """How far the run is."""
        names = self.machine.stat_names
        divergences = 0
        if "diverging" in names:
            column = names.index("diverging") - len(names)
            divergences = int(sum(np.concatenate(b)[tune:, column].sum() for b in self._blocks))
        return Snapshot(self.made.copy(), total, divergences)

    def rows(self) -> np.ndarray:
        """The rows that all chains have made."""
        return np.stack([np.concatenate(b)[: self.made.min()] for b in self._blocks])

    def clock(self) -> np.ndarray:
        """When the rows were made, by the columns of :data:`~pm_migrate.shims.inference.chains.CLOCK`."""
        return np.stack([np.concatenate(c)[: self.made.min()] for c in self._clock])

    def _call(self, turns: int) -> Any:
        return self._program(self._state, self._turn, tf.constant(turns, tf.int64), self._settings)

    def _compile(self, jit: bool) -> Callable[..., Any]:
        machine = self.machine
        what = f"nuts {machine.chains} chains, depth {machine.max_treedepth}, blocks of {machine.block}"
        self._program = machine.density.compiled(what, machine.program, jit_compile=jit)
        began = time.perf_counter()
        arguments = (self._state, self._turn, tf.constant(0, tf.int64), self._settings)
        self._program.get_concrete_function(*arguments)  # type: ignore[attr-defined]
        traced = time.perf_counter()
        self.timing["trace"] += traced - began
        try:
            self._call(0)
        except tf.errors.OpError as error:
            if not jit:
                raise
            _not_compilable.add(machine.density)
            cause = str(error.message).strip().splitlines()[0]
            _log.warning("XLA cannot compile this model, it runs uncompiled and slower. The cause: %s", cause)
            return self._compile(False)
        self.timing["compile"] += time.perf_counter() - traced
        return self._program
