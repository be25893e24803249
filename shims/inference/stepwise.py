"""A run of ``pm.sample`` that the compiled sampler does not know: which step methods, and from chains to a trace."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.inference import diagnostics
from pm_migrate.shims.inference.stepping import Plan, is_population, methods_of, sample_many, sample_population
from pm_migrate.shims.quirks import user_level
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.step_methods.differential_evolution import DEMetropolis
from pm_migrate.shims.util import get_untransformed_name, is_transformed_name

_log = logging.getLogger("pymc3")


def sample_stepwise(
    plan: Plan,
    *,
    chains: int,
    first: int,
    starts: Sequence[Mapping[str, Any]],
    seeds: Sequence[Any],
    cores: int,
    discard_tuned: bool,
    enough: int | None,
) -> MultiTrace:
    """Make the chains of a run.

    Parameters
    ----------
    plan
        The run; its step method takes all free variables.
    chains, first
        Number of chains, and the number of the first.
    starts, seeds
        Start values and seed of each chain.
    cores
        See :func:`~pm_migrate.shims.inference.stepping.sample_many`.
    discard_tuned
        Whether to drop the warm-up. A trace that is continued is returned whole.
    enough
        With so many draws, look for trouble; None does not look.

    Returns
    -------
    MultiTrace
        With its report.
    """
    began = time.perf_counter()
    continued = isinstance(plan.trace, MultiTrace)
    if is_population(plan.step):
        _check_population(plan, chains)
        _log.info("Population sampling (%d chains)", chains)
        _say_hierarchy(plan.step)
        trace = sample_population(plan, chains, first, starts, list(seeds))
    else:
        _log.info("Sequential sampling (%d chains in 1 job)", chains)
        _say_hierarchy(plan.step)
        trace = sample_many(plan, chains, first, starts, seeds, cores)
    n_tune = min(plan.tune, len(trace))
    n_draws = len(trace) - n_tune
    if discard_tuned and not continued:
        trace = trace[n_tune:]
    report = trace.report
    report._n_tune, report._n_draws, report._t_sampling = n_tune, n_draws, time.perf_counter() - began
    if enough is not None and n_draws >= enough:
        report._add_findings(_find(plan.model, trace, n_draws))
    return trace


def _find(model: Any, trace: MultiTrace, draws: int) -> list[diagnostics.Finding]:
    """What the draws after the warm-up say of convergence."""
    known = set(trace.varnames)
    free = {
        v.rv_name: trace.get_values(v.name, combine=False, squeeze=False) for v in model.free_RVs if v.name in known
    }
    values = {name: np.stack([x[len(x) - draws :] for x in drawn]) for name, drawn in free.items()}
    return diagnostics.convergence(values) if values else []


def _check_population(plan: Plan, chains: int) -> None:
    """Refuse populations that are too small for differential evolution, and warn of small ones."""
    ndim = plan.model.ndim
    if not any(isinstance(method, DEMetropolis) for method in methods_of(plan.step)):
        return
    if chains < 3:
        raise ValueError(
            f"DEMetropolis requires at least 3 chains. For this {ndim}-dimensional model you should use ≥{ndim + 1} "
            "chains"
        )
    if chains <= ndim:
        warnings.warn(
            f"DEMetropolis should be used with more chains than dimensions! (The model has {ndim} dimensions.)",
            UserWarning,
            stacklevel=user_level(),
        )


def _say_hierarchy(step: Any, level: int = 0) -> None:
    """Log which step method takes which variables."""
    if isinstance(step, CompoundStep):
        _log.info("%sCompoundStep", ">" * level)
        for method in step.methods:
            _say_hierarchy(method, level + 1)
        return
    names = [get_untransformed_name(v.name) if is_transformed_name(v.name) else v.name for v in step.vars]
    _log.info("%s%s: [%s]", ">" * level, type(step).__name__, ", ".join(names))
