"""Sampling with step methods, draw by draw: what PyMC3 does with ``step=``.

Chains are made one after another, or all in step where the step methods of a chain look at the others. The compiled
sampler (:mod:`pm_migrate.shims.inference.sampling`) is far faster for what it knows; this is for everything else.
"""

from __future__ import annotations

import copy
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pm_migrate.shims.backends.base import BaseTrace, MultiTrace
from pm_migrate.shims.backends.ndarray import NDArray
from pm_migrate.shims.inference.progress import ProgressBar, Snapshot
from pm_migrate.shims.inference.recorder import Recorder
from pm_migrate.shims.inference.watching import Draw
from pm_migrate.shims.model.functions import Point
from pm_migrate.shims.step_methods.arraystep import PopulationArrayStepShared
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.util import update_start_vals

#: Seconds between two looks at the progress bar.
_GLANCE = 0.1

_log = logging.getLogger("pm_migrate")


@dataclass(frozen=True)
class Plan:
    """What all chains of a run have in common.

    Parameters
    ----------
    step
        The step method.
    draws, tune
        Draws of each chain, warm-up included, and how many of them are warm-up.
    model
        The model.
    trace
        Variables to record, or what to record in: a backend, or a trace of chains that is continued.
    callback
        Called as ``callback(trace=, draw=)`` after each draw.
    progress
        Whether to show a bar.
    """

    step: Any
    draws: int
    tune: int
    model: Any
    trace: Any = None
    callback: Callable[..., Any] | None = None
    progress: bool = True


def methods_of(step: Any) -> list[Any]:
    """The step methods that a step consists of."""
    return list(step.methods) if isinstance(step, CompoundStep) else [step]


def stop_tuning(step: Any) -> Any:
    """End the tuning of a step method, and return it."""
    step.stop_tuning()
    return step


def choose_backend(trace: Any, chain: int, model: Any = None, **kwargs: Any) -> Any:
    """Where the draws of a chain go.

    Parameters
    ----------
    trace
        A backend; a ``MultiTrace`` that has the chain, which is continued; or variables to record, None for all.
    chain
        Number of the chain.
    model, **kwargs
        For the backend.
    """
    if isinstance(trace, BaseTrace):
        if len(trace) > 0:
            warnings.warn("Trace-continuation is not supported in v4.", FutureWarning, stacklevel=2)
        return trace
    if isinstance(trace, MultiTrace):
        warnings.warn("Starting from MultiTrace objects is not supported in v4.", FutureWarning, stacklevel=2)
        return trace._straces[chain]
    variables = None if trace is None else [model[v] if isinstance(v, str) else v for v in trace]
    return NDArray(vars=variables, model=model, **kwargs)


def iterate(
    plan: Plan, chain: int = 0, start: Mapping[str, Any] | None = None, seed: Any = None
) -> Iterator[tuple[Any, bool]]:
    """Make one chain, draw by draw.

    Parameters
    ----------
    plan
        The run.
    chain
        Number of the chain.
    start
        Start values, constrained or unconstrained; by default, and for variables that are left out, the last point of
        a trace that is continued, else the test point.
    seed
        Of NumPy's global state; None leaves it as it is.

    Yields
    ------
    (trace, bool)
        The trace of the chain so far, and whether the last draw was divergent, after the warm-up.

    Raises
    ------
    ValueError
        For fewer draws than one.
    """
    model, draws, tune = plan.model, int(plan.draws), plan.tune
    if seed is not None:
        np.random.seed(seed)
    if draws < 1:
        raise ValueError("Argument `draws` must be greater than 0.")
    strace = choose_backend(plan.trace, chain, model)
    point = _start(start, strace, model)
    step = CompoundStep(plan.step) if isinstance(plan.step, (list, tuple)) else plan.step
    kept = _set_up(strace, draws, chain, step)
    step.tune = bool(tune)
    if hasattr(step, "reset_tuning"):
        step.reset_tuning()
    if hasattr(step, "iter_count"):
        step.iter_count = 0
    try:
        for i in range(draws):
            if i == tune:
                step = stop_tuning(step)
            point, stats = _advance(step, point, strace, kept)
            if plan.callback is not None:
                _tell(plan, strace, chain, i, step, stats, point)
            yield strace, bool(i > tune and stats and stats[0].get("diverging"))
    finally:
        strace.close()
        _take_warnings(strace, step)


def _start(start: Mapping[str, Any] | None, strace: Any, model: Any) -> dict[str, np.ndarray]:
    """The full start point of a chain."""
    full = dict(start or {})
    update_start_vals(full, strace.point(-1) if len(strace) > 0 else model.test_point, model)
    return Point(full, model=model)


def _set_up(strace: Any, draws: int, chain: int, step: Any) -> bool:
    """Make room for a chain; whether its trace takes the statistics of the step method."""
    kept = bool(step.generates_stats and strace.supports_sampler_stats)
    strace.setup(draws, chain, *([step.stats_dtypes] if kept else []))
    if isinstance(strace, BaseTrace):
        strace.fn = Recorder.of(strace.model, strace.vars)
    return kept


def _advance(step: Any, point: Mapping[str, Any], strace: Any, kept: bool) -> tuple[Any, Any]:
    """Take one step and record it: the new point, and the statistics or None."""
    result = step.step(point)
    point, stats = result if step.generates_stats else (result, None)
    strace.record(point, *([stats] if kept else []))
    return point, stats


def _tell(plan: Plan, strace: Any, chain: int, i: int, step: Any, stats: Any, point: Any) -> None:
    """Call the program's function."""
    assert plan.callback is not None
    last = i + 1 == plan.draws
    said = step.warnings() if last and hasattr(step, "warnings") else None
    plan.callback(trace=strace, draw=Draw(chain, last, i, i < plan.tune, stats, point, said))


def _take_warnings(strace: Any, step: Any) -> None:
    if hasattr(step, "warnings") and isinstance(strace, BaseTrace):
        strace._add_warnings(step.warnings())


class _Progress:
    """The bar of a run, moved now and then."""

    def __init__(self, bar: ProgressBar, chains: int, total: int) -> None:
        self._bar, self._total = bar, total
        self._made = np.zeros(chains, int)
        self._divergences = 0
        self._shown = 0.0

    def drew(self, chain: int, diverging: bool) -> None:
        """One more draw of a chain."""
        self._made[chain] += 1
        self._divergences += diverging
        now = time.perf_counter()
        if now - self._shown > _GLANCE or self._made[chain] == self._total:
            self._shown = now
            self._bar.show(Snapshot(self._made, self._total, self._divergences))


def sample_many(
    plan: Plan, chains: int, first: int, starts: Sequence[Mapping[str, Any]], seeds: Sequence[Any], cores: int = 1
) -> MultiTrace:
    """Make chains one after another.

    Parameters
    ----------
    plan
        The run.
    chains, first
        Their number, and the number of the first.
    starts, seeds
        Start values and seed of each.
    cores
        With more than one, each chain has its own copy of the step methods, as in PyMC3's processes: what one chain
        has learnt is not known to the next, nor left in the objects of the program.

    Returns
    -------
    MultiTrace
        After a ``KeyboardInterrupt``, of the chains that were complete; of the first so far if there is none.

    Raises
    ------
    ValueError
        When it came before the first draw.
    """
    straces: list[Any] = []
    with ProgressBar(plan.progress, chains, plan.draws) as bar:
        progress = _Progress(bar, chains, plan.draws)
        tuned = [(method, method.tune) for method in _flat(plan.step) if hasattr(method, "tune")]
        for i in range(chains):
            for method, tune in tuned:  # in PyMC3 the second chain of a compound step is not tuned with cores=1
                method.tune = tune
            own = _own(plan, cores > 1 and chains > 1, chains > 1)
            strace = None
            try:
                for drawn, diverging in iterate(own, first + i, starts[i], seeds[i]):
                    strace = drawn
                    progress.drew(i, diverging)
            except KeyboardInterrupt:
                if strace is None and not straces:
                    raise ValueError("Sampling stopped before a sample was created.") from None
            made = 0 if strace is None else len(strace)
            if made >= plan.draws or not straces:
                straces.append(strace)
            if made < plan.draws:
                _log.warning("Interrupted: returning %d chains, of %d draws.", len(straces), len(straces[-1]))
                break
    return MultiTrace(straces)


def _flat(step: Any) -> list[Any]:
    """All single step methods in a step."""
    inner = step if isinstance(step, (list, tuple)) else getattr(step, "methods", None)
    return [step] if inner is None else [method for part in inner for method in _flat(part)]


def _own(plan: Plan, step: bool, trace: bool) -> Plan:
    """The plan of one chain: with copies of the step methods, and of a backend."""
    changes: dict[str, Any] = {}
    if step:
        changes["step"] = copy_of(plan.step)
    if trace and isinstance(plan.trace, BaseTrace):
        changes["trace"] = copy.deepcopy(plan.trace)
    return Plan(**{**plan.__dict__, **changes}) if changes else plan


def copy_of(step: Any) -> Any:
    """A step method that tunes on its own, with the same compiled functions."""
    if isinstance(step, CompoundStep):
        return CompoundStep([copy.copy(method) for method in step.methods])
    if isinstance(step, (list, tuple)):
        return [copy_of(method) for method in step]
    return copy.copy(step)


class PopulationStepper:
    """Steps all chains of a population once.

    Parameters
    ----------
    steppers
        The step method of each chain.
    parallelize, progressbar
        Without meaning: there are no processes.
    """

    def __init__(self, steppers: Sequence[Any], parallelize: bool = False, progressbar: bool = True) -> None:
        self.nchains = len(steppers)
        self.is_parallelized = False
        self._steppers = list(steppers)

    def __enter__(self) -> PopulationStepper:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def step(self, tune_stop: bool, population: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Step every chain from its point, all of them seeing the points as they were before.

        Parameters
        ----------
        tune_stop
            Whether to end the tuning first.
        population
            The points of the chains.

        Returns
        -------
        list
            What the step method of each chain returned.
        """
        if tune_stop:
            self._steppers = [stop_tuning(step) for step in self._steppers]
        return [step.step(point) for step, point in zip(self._steppers, population, strict=True)]


def is_population(step: Any) -> bool:
    """Whether a step method looks at the other chains."""
    return any(isinstance(method, PopulationArrayStepShared) for method in methods_of(step))


def sample_population(
    plan: Plan, chains: int, first: int, starts: Sequence[Mapping[str, Any]], seed: Any = None
) -> MultiTrace:
    """Make chains in step, each with its own copy of the step methods, which see the others.

    Parameters
    ----------
    plan
        The run.
    chains, first
        Their number, and the number of the first.
    starts
        Start values of each.
    seed
        Of NumPy's global state: an integer, or one per chain.

    Returns
    -------
    MultiTrace
        After a ``KeyboardInterrupt``, the draws so far.

    Raises
    ------
    ValueError
        For fewer draws than one, or an interrupt before the first.
    """
    if seed is not None:
        np.random.seed(seed)
    if plan.draws < 1:
        raise ValueError("Argument `draws` should be above 0.")
    variables = plan.trace if isinstance(plan.trace, (list, tuple)) else None
    straces = [choose_backend(variables, first + c, plan.model) for c in range(chains)]
    points: list[Any] = [_start(start, s, plan.model) for start, s in zip(starts, straces, strict=True)]
    steppers = []
    for c in range(chains):
        stepper = copy_of(plan.step)
        for method in methods_of(stepper):
            if isinstance(method, PopulationArrayStepShared):
                method.link_population(points, c)
        steppers.append(stepper)
    kept = [_set_up(s, plan.draws, first + c, steppers[c]) for c, s in enumerate(straces)]
    population = PopulationStepper(steppers)
    made = 0
    try:
        with ProgressBar(plan.progress, chains, plan.draws) as bar, population:
            progress = _Progress(bar, chains, plan.draws)
            for i in range(plan.draws):
                results = population.step(i == plan.tune, points)
                made += 1
                split = [r if steppers[c].generates_stats else (r, None) for c, r in enumerate(results)]
                for c, (point, stats) in enumerate(split):
                    points[c] = point
                    straces[c].record(point, *([stats] if kept[c] else []))
                    progress.drew(c, False)
                if plan.callback is not None:
                    for c, (point, stats) in enumerate(split):
                        _tell(plan, straces[c], first + c, i, steppers[c], stats, point)
    except KeyboardInterrupt:
        if not made:
            raise ValueError("Sampling stopped before a sample was created.") from None
        _log.warning("Interrupted: returning the %d draws per chain made so far.", min(map(len, straces)))
    finally:
        for c, strace in enumerate(straces):
            strace.close()
            _take_warnings(strace, steppers[c])
    shortest = min(map(len, straces))
    return MultiTrace([s if len(s) == shortest else s[:shortest] for s in straces])
