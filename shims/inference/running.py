"""Running the compiled loop: groups of chains, each a state that one program carries from block to block.

Chains are dealt into as many groups as there are processors for them. All groups have the same size and share one
compiled program, which lets go of Python's lock: each runs in a thread of its own, and no group waits for another.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference import adaptation
from pm_migrate.shims.inference.chains import CLOCK, spread
from pm_migrate.shims.inference.nuts import DONE, FAILED, FIRST_STEP, START, WAITING, Machine, Settings
from pm_migrate.shims.inference.progress import Snapshot
from pm_migrate.shims.inference.starts import Starts

BLOCK = 100  # draws per chain that one call of the program can return
BLOCK_SECONDS = 0.4  # how long a call should take: a call cannot be interrupted
FIRST_TURNS = 64
LOOK_SECONDS = 0.1  # how often the runs are looked at

_log = logging.getLogger("pm_migrate")
_not_compilable: weakref.WeakSet[LogDensity] = weakref.WeakSet()


def processors() -> int:
    """Number of processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def group_size(chains: int, cores: int | None = None) -> int:
    """How many chains go into one group; on a GPU all of them do."""
    if tf.config.list_logical_devices("GPU"):
        return chains
    groups = min(chains, processors() if cores is None else cores)
    return -(-chains // groups)


def settings(
    draws: int, tune: int, target_accept: float, key: int, *, learn: bool = True, search: bool = True
) -> Settings:
    """The arguments of the compiled program that may change between runs.

    Parameters
    ----------
    draws, tune, target_accept
        As for :func:`~pm_migrate.shims.inference.sampling.sample_chains`.
    key
        Key of the random numbers.
    learn
        Whether the metric is learnt in the warm-up.
    search
        Whether a first step size is searched for.
    """
    windows = adaptation.schedule(tune) if learn else adaptation.Schedule(tune, tune, -1, 0)
    return Settings(
        tune=tf.constant(tune, tf.int32),
        total=tf.constant(draws + tune, tf.int32),
        target=tf.constant(target_accept, tf.float64),
        plan=adaptation.Schedule(*(tf.constant(x, tf.int32) for x in windows)),
        key=tf.constant(key, tf.int64),
        searches=tf.constant(search),
    )


class Run:
    """A run of one group in progress: the state of the machine and the rows it has made.

    Parameters
    ----------
    machine, starts, settings
        What runs, from where, and how. A machine of more chains than there are starts leaves the rest idle.
    jit
        Whether to compile with XLA.
    metric
        Inverse mass to begin with, ``(dim,)``, or ``(dim, dim)`` for a dense machine; the identity by default.
    first_step
        First step size, or where the search for one begins.
    """

    def __init__(
        self,
        machine: Machine,
        starts: Starts,
        settings: Settings,
        jit: bool,
        metric: np.ndarray | None = None,
        first_step: float = FIRST_STEP,
    ) -> None:
        self.machine, self._starts, self._settings = machine, starts, settings
        self.timing = {"trace": 0.0, "compile": 0.0, "run": 0.0}
        plan = adaptation.Schedule(*(int(x) for x in settings.plan))
        self.chains = len(starts.flat)
        self._tune = int(settings.tune)
        self._state = machine.initial(starts.flat, starts.counts, plan, metric, first_step)
        self._window = np.full(self.chains, plan.first)
        self._turn = tf.constant(0, tf.int64)
        self._turns = FIRST_TURNS
        self._blocks: list[list[np.ndarray]] = [[] for _ in range(self.chains)]
        self._clock: list[list[np.ndarray]] = [[] for _ in range(self.chains)]
        self.made = np.zeros(self.chains, int)
        self.divergences = 0
        self.step_size = float("nan")
        self.finished = False
        self._program = self._compile(jit and machine.density not in _not_compilable)

    def advance(self) -> None:
        """Run the program once and take its rows; help on the chains that cannot go on alone."""
        began, began_working = time.perf_counter(), time.process_time()
        state, turn, rows, filled = self._call(self._turns)
        # copies: a view would keep all the rows that there is room for
        taken = [r[:n].copy() for r, n in zip(rows.numpy(), filled.numpy()[: self.chains], strict=False)]
        turns = int(turn - self._turn)
        self._state, self._turn = state, turn
        for block, part in zip(self._blocks, taken, strict=True):
            block.append(part)
        phase = state.phase.numpy()[: self.chains]
        self.finished = bool(np.all(phase == DONE))
        self._watch_trajectories(taken)
        if np.any(phase == FAILED):
            self._starts.retry(phase == FAILED)
            self._restart(phase == FAILED, self._starts.flat)
        if np.any(phase == WAITING):
            self._renew_metric(phase == WAITING, self.made + [len(part) for part in taken])
            self._restart(phase == WAITING, state.draw.position.numpy()[: self.chains])
        seconds = time.perf_counter() - began
        for clock, part in zip(self._clock, taken, strict=True):
            clock.append(spread(began, seconds, time.process_time() - began_working, len(part)))
        # last, since another thread reads as many rows as this says there are
        self.made = self.made + [len(part) for part in taken]
        self.timing["run"] += seconds
        self._turns = int(np.clip(turns * BLOCK_SECONDS / max(seconds, 1e-3), 1, 8 * self._turns))

    def rows(self, made: int) -> Iterator[np.ndarray]:
        """The first ``made`` rows of each chain."""
        return (_first(block, made, self.machine.width) for block in self._blocks)

    def clock(self, made: int) -> Iterator[np.ndarray]:
        """When those were made, by the columns of :data:`~pm_migrate.shims.inference.chains.CLOCK`."""
        return (_first(clock, made, len(CLOCK)) for clock in self._clock)

    def _watch_trajectories(self, taken: Sequence[np.ndarray]) -> None:
        names = self.machine.stat_names
        if "diverging" not in names:
            return
        first = self.machine.width - len(names)
        for made, part in zip(self.made, taken, strict=True):
            if len(part):
                self.divergences += int(part[max(self._tune - made, 0) :, first + names.index("diverging")].sum())
                self.step_size = float(part[-1, first + names.index("step_size")])

    def _restart(self, which: np.ndarray, positions: np.ndarray) -> None:
        """Let chains begin at other positions."""
        tree = self._state.tree
        mask = self._padded(which)
        at = np.where(mask[:, None], self._padded(positions), tree.end.position.numpy())
        tree = tree._replace(end=tree.end._replace(position=tf.constant(at)))
        phase = tf.constant(np.where(mask, START, self._state.phase.numpy()))
        self._state = self._state._replace(phase=phase, tree=tree)

    def _renew_metric(self, which: np.ndarray, made: np.ndarray) -> None:
        """Learn the dense metric of some chains from the draws of the window that has just ended."""
        inverse, root = self._state.inverse_mass.numpy(), self._state.mass_root.numpy()
        for chain in np.flatnonzero(which):
            window = np.concatenate(self._blocks[chain])[self._window[chain] : made[chain], : self.machine.dim]
            self._window[chain] = made[chain]
            inverse[chain] = adaptation.shrunk_covariance(window)
            root[chain] = adaptation.mass_root(inverse[chain])
        self._state = self._state._replace(inverse_mass=tf.constant(inverse), mass_root=tf.constant(root))

    def _padded(self, x: np.ndarray) -> np.ndarray:
        """With zeros for the idle chains."""
        return np.concatenate([x, np.zeros((self.machine.chains - self.chains, *x.shape[1:]), x.dtype)])

    def _call(self, turns: int) -> Any:
        return self._program(self._state, self._turn, tf.constant(turns, tf.int64), self._settings)

    def _compile(self, jit: bool) -> Callable[..., Any]:
        machine, began = self.machine, time.perf_counter()
        example = (self._state, self._turn, tf.constant(0, tf.int64), self._settings)
        if jit:
            self._program = machine.density.compiled_for(example, machine.description, machine.program)
        else:
            self._program = machine.density.compiled(machine.description, machine.program, jit_compile=False)
            self._program.get_concrete_function(*example)  # type: ignore[attr-defined]
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


def _first(parts: Sequence[np.ndarray], made: int, width: int) -> np.ndarray:
    """The first rows of several blocks; there are none before the first block is made."""
    return np.concatenate(parts)[:made] if parts else np.empty((0, width))


class Runs:
    """The runs of all groups, each in a thread of its own.

    Parameters
    ----------
    runs
        One for each group.
    total
        Draws that each chain is to make.
    """

    def __init__(self, runs: Sequence[Run], total: int) -> None:
        self._runs, self._total = list(runs), total
        self._halt = threading.Event()
        self._threads = ThreadPoolExecutor(len(self._runs), thread_name_prefix="pm-migrate-chains")

    def follow(self) -> Iterator[Snapshot]:
        """Run, and tell again and again how far it is, the last time at the end.

        The iterator may be left at any time; then call :meth:`stop`.
        """
        pending = {self._threads.submit(self._work, run) for run in self._runs}
        while pending:
            done, pending = wait(pending, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            yield self.snapshot()

    def stop(self) -> None:
        """End the threads, after the blocks that they are in."""
        self._halt.set()
        self._threads.shutdown()

    def snapshot(self) -> Snapshot:
        """How far the runs are."""
        return Snapshot(
            draws=np.concatenate([run.made for run in self._runs]),
            total=self._total,
            divergences=sum(run.divergences for run in self._runs),
            step_size=float(np.mean([run.step_size for run in self._runs])),
        )

    @property
    def made(self) -> int:
        """Number of draws that all chains have made."""
        return min(int(run.made.min()) for run in self._runs)

    @property
    def timing(self) -> dict[str, float]:
        """Seconds by stage; those of the longest run."""
        return {stage: max(run.timing[stage] for run in self._runs) for stage in self._runs[0].timing}

    def rows(self, made: int) -> np.ndarray:
        """The first ``made`` rows of all chains."""
        return np.stack([x for run in self._runs for x in run.rows(made)])

    def clock(self, made: int) -> np.ndarray:
        """When those were made, by the columns of :data:`~pm_migrate.shims.inference.chains.CLOCK`."""
        return np.stack([x for run in self._runs for x in run.clock(made)])

    def _work(self, run: Run) -> None:
        while not run.finished and not self._halt.is_set():
            run.advance()
