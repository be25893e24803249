"""Runs of samplers on a density: with the compiled program, or with step methods draw by draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims import inference
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.inference.noise import resolve_seed
from pm_migrate.shims.inference.sampling import INITS
from pm_migrate.shims.inference.starts import Starts
from pm_migrate.shims.inference.stepping import Plan, sample_many
from pm_migrate.shims.pymc4.mcmc.arguments import Options
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.step_methods.flat_logp import FlatLogp
from pm_migrate.shims.step_methods.of_density import DensityModel

#: Statistics of step methods that say nothing of the draws.
_LEFT_OUT = frozenset("tune perf_counter_start perf_counter_diff process_time_diff".split())


@dataclass(frozen=True)
class Call:
    """What is asked of a run, whatever the sampler.

    Parameters
    ----------
    draws, tune, chains
        Draws that the sampler makes in each chain after the warm-up, warm-up draws, and number of chains.
    seed
        An integer.
    start
        Unconstrained start point, or None for the test point.
    init
        See :data:`~pm_migrate.shims.inference.sampling.INITS`.
    jit
        Whether to compile with XLA.
    progress
        Whether to show a bar.
    """

    draws: int
    tune: int
    chains: int
    seed: int
    start: Mapping[str, np.ndarray] | None = None
    init: str = "auto"
    jit: bool = True
    progress: bool = True


def compiled(density: LogDensity, call: Call, how: Options) -> Chains:
    """Run NUTS, and Metropolis for discrete variables, in the compiled program."""
    chains = inference.sample_chains(
        density,
        draws=call.draws,
        tune=call.tune,
        chains=call.chains,
        seed=call.seed,
        target_accept=how.target_accept_prob,
        max_treedepth=how.max_tree_depth,
        start=call.start,
        init=call.init,
        adapt_metric=how.adapt_mass_matrix,
        first_step=None if how.step_size is None else float(how.step_size),
        progress=call.progress,
        jit=call.jit,
        discard_tuned=True,
    )
    inference.warn(density, chains, target_accept=how.target_accept_prob)
    return chains


def stepwise(
    density: LogDensity, call: Call, how: Options, make: Callable[[DensityModel, bool], Sequence[Any]]
) -> Chains:
    """Run step methods.

    Parameters
    ----------
    density, call, how
        The target, what is asked, and the options.
    make
        ``make(model, dense)`` gives the step methods, which together take all variables.

    Raises
    ------
    ModelError
        For a density without variables, or numbers that make no sense.
    """
    check(density, call)
    began = time.perf_counter()
    model = DensityModel.of(density, jit=call.jit)
    methods = list(make(model, INITS[call.init][1]))
    step = methods[0] if len(methods) == 1 else CompoundStep(methods)
    key = resolve_seed(call.seed)
    seeds = [int(s) for s in np.random.SeedSequence(key).generate_state(call.chains)]
    points = _starts(density, model, call, key)
    plan = Plan(step, call.draws + call.tune, call.tune, model, list(model.free_RVs), progress=call.progress)
    with _own_random_state():
        trace = sample_many(plan, call.chains, 0, points, seeds, cores=2)  # copies of the steps for each chain
    kept = len(trace) - call.tune
    if kept < 1:
        raise KeyboardInterrupt("sampling was interrupted before the first draw after the warm-up")
    values = {
        v.name: np.stack(trace.get_values(v.name, burn=call.tune, combine=False, squeeze=False))
        for v in density.variables
    }
    stats = _stats(trace, call.tune, len(methods), how)
    chains = Chains(values, stats, duration=time.perf_counter() - began, tune=call.tune)
    _warn(density, chains, how)
    return chains


def check(density: LogDensity, call: Call) -> None:
    """Refuse what cannot be run.

    Raises
    ------
    ModelError
        For a density without variables, or numbers that make no sense.
    NotSupported
        For another ``init``.
    """
    if not density.variables:
        raise ModelError("The model has no unobserved values: there is nothing to sample")
    for name, value, least in (
        ("num_samples", call.draws, 1),
        ("burn_in", call.tune, 0),
        ("num_chains", call.chains, 1),
    ):
        if value < least:
            raise ModelError(f"{name} = {value}, but must be at least {least}")
    if call.init not in INITS:
        raise NotSupported(f"init={call.init!r} is not supported; use one of {', '.join(map(repr, INITS))}")


def _starts(density: LogDensity, model: DensityModel, call: Call, key: int) -> list[dict[str, np.ndarray]]:
    """A start point for each chain, where the density is finite."""
    starts = Starts(density, call.chains, call.start, INITS[call.init][0], key)
    logp = FlatLogp.of(model)
    while True:
        points = [_point(density, *row) for row in zip(starts.flat, starts.counts, strict=True)]
        failed = ~np.isfinite([float(logp(point)) for point in points])
        if not failed.any():
            return points
        starts.retry(failed)


def _point(density: LogDensity, flat: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    point = {}
    for variables, values in ((density.continuous, flat), (density.discrete, counts)):
        offset = 0
        for v in variables:
            point[v.name] = values[offset : offset + v.size].reshape(v.shape).astype(v.dtype)
            offset += v.size
    return {v.name: point[v.name] for v in density.variables}


@contextmanager
def _own_random_state() -> Iterator[None]:
    """Leave NumPy's global state, which step methods seed and draw from, as it was."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


def _stats(trace: Any, tune: int, steps: int, how: Options) -> dict[str, np.ndarray]:
    """Statistics ``(chains, draws)`` under the compiled sampler's names; with a third axis for several gradient steps.

    Random walks have their means: ``mean_accept``, an acceptance probability, and ``accepted``.
    """
    straces = [trace._straces[chain] for chain in trace.chains]
    kinds = straces[0].sampler_vars or []
    gradient: list[dict[str, np.ndarray]] = []
    walks: list[dict[str, np.ndarray]] = []
    for i, names in enumerate(kinds):
        part = {n: np.stack([s.get_sampler_stats(n, i, tune) for s in straces]) for n in names if n not in _LEFT_OUT}
        (gradient if "energy" in part else walks).append(_renamed(part, how))
    if steps > 1:  # what the others do afterwards is not in it
        gradient = [{name: x for name, x in part.items() if name != "model_logp"} for part in gradient]
    stats = dict(gradient[0]) if len(gradient) == 1 else {}
    if len(gradient) > 1:
        common = set.intersection(*(set(part) for part in gradient))
        stats = {name: np.stack([part[name] for part in gradient], axis=-1) for name in sorted(common)}
    ratios = [part["accept"] for part in walks if "accept" in part]
    if ratios:
        stats["mean_accept"] = np.mean([np.minimum(x, 1.0) for x in ratios], axis=0)
        stats["accepted"] = np.mean([part["accepted"] for part in walks if "accepted" in part], axis=0)
    return stats


def _renamed(part: dict[str, np.ndarray], how: Options) -> dict[str, np.ndarray]:
    """Statistics of a gradient step under the names that those of NUTS have."""
    if "n_steps" in part:
        part["tree_size"], part["mean_tree_accept"] = part.pop("n_steps"), part.pop("accept")
        part["log_accept_ratio"] = part.pop("energy_error")  # of HMC it is the start's minus the end's
        part["reached_max_treedepth"] = np.zeros(part["tree_size"].shape, bool)
    elif "depth" in part:
        part["reached_max_treedepth"] = part["depth"] >= how.max_tree_depth
    return part


def _warn(density: LogDensity, chains: Chains, how: Options) -> None:
    several = any(x.ndim > 2 for x in chains.stats.values())
    looked_at = Chains(chains.values, {}) if several else chains
    inference.warn(density, looked_at, target_accept=how.target_accept_prob)
