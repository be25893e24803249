"""Draws of a sampler as labelled results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.pymc4.calls import DRAWS, add_group
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.mcmc.multitraces import log_likelihood, multi_trace
from pm_migrate.shims.pymc4.names import NameParts


@dataclass(frozen=True)
class Wanted:
    """What the results are to hold.

    Parameters
    ----------
    include_transformed
        Unconstrained values in ``posterior`` too, as in PyMC4. They are in ``unconstrained_posterior`` in any case.
    log_accept_ratio
        ``mean_tree_accept`` and ``mean_accept`` as the logarithm of an acceptance ratio, as in PyMC4.
    include_log_likelihood
        The group ``log_likelihood``, element by element.
    trace_discrete
        Variables that become int32, by their names with or without the path.
    multi_trace
        PyMC3's ``MultiTrace`` instead of an InferenceData.
    target_accept
        What the sampler aimed at, for the warnings of a ``MultiTrace``.
    """

    include_transformed: bool = False
    log_accept_ratio: bool = False
    include_log_likelihood: bool = False
    trace_discrete: Sequence[str] | None = None
    multi_trace: bool = False
    target_accept: float | None = None


def thinned(chains: Chains, left_out: int) -> Chains:
    """Every draw that comes after ``left_out`` others, the first included."""
    if not left_out:
        return chains
    step = left_out + 1
    values = {name: x[:, ::step] for name, x in chains.values.items()}
    return replace(
        chains, values=values, stats={n: x[:, ::step] for n, x in chains.stats.items()}, clock=None, recorded=None
    )


def inference_data(
    model: Model, density: LogDensity, chains: Chains, observed: Mapping[str, Any] | None, wanted: Wanted
) -> Any:
    """An InferenceData of draws, or a ``MultiTrace``.

    Raises
    ------
    ValueError
        For a name in ``trace_discrete`` that no random variable has.
    """
    from pm_migrate.shims.inference import to_inference_data

    integers = _chosen(density, wanted.trace_discrete or ())
    if wanted.multi_trace:
        trace = multi_trace(model, density, chains, observed, wanted.target_accept)
        if wanted.include_log_likelihood:
            trace.log_likelihood  # noqa: B018 - made now, and kept
        return trace
    log_ratio = chains.stats.pop("log_accept_ratio", None)
    data = to_inference_data(density, chains, include_transformed=wanted.include_transformed)
    if chains.stats:
        _add_names(data.sample_stats, wanted.log_accept_ratio, log_ratio)
    for name in integers:
        data.posterior[name] = data.posterior[name].astype("int32")
    transformed = {v.name: np.asarray(chains.values[v.name]) for v in density.variables if v.transform is not None}
    if transformed:
        add_group(data, "unconstrained_posterior", transformed, None, DRAWS)
    if wanted.include_log_likelihood:
        add_group(data, "log_likelihood", _log_likelihood(model, density, chains, observed), density, DRAWS)
    return data


def _add_names(stats: Any, logarithm: bool, log_ratio: np.ndarray | None) -> None:
    """Statistics under PyMC4's names, beside those of ArviZ."""
    if "n_steps" in stats:
        stats["tree_size"] = stats["n_steps"]
    if "acceptance_rate" in stats:
        stats["mean_tree_accept"] = stats["acceptance_rate"]
    if not logarithm:
        return
    with np.errstate(divide="ignore"):
        for name in {"mean_tree_accept", "mean_accept"} & set(stats):
            stats[name] = np.log(stats[name])
    if log_ratio is not None:  # of a single proposal: it may be above 0
        stats["mean_tree_accept"] = (stats["mean_tree_accept"].dims, log_ratio)


def _chosen(density: LogDensity, names: Sequence[str]) -> list[str]:
    """Full names of random variables for names with or without the path."""
    known = [v.rv_name for v in density.variables]
    found = []
    for name in [names] if isinstance(names, str) else names:
        own = [full for full in known if name in (full, NameParts.from_name(full).untransformed_name)]
        if not own:
            raise ModelError(f"trace_discrete names {name!r}, which is no random variable of the model; it has {known}")
        found += own
    return found


def _log_likelihood(
    model: Model, density: LogDensity, chains: Chains, observed: Mapping[str, Any] | None
) -> dict[str, np.ndarray]:
    """Log density of the data at every draw, element by element."""
    values = {v.name: np.asarray(chains.values[v.name], v.dtype) for v in density.variables}
    lead = next(iter(values.values())).shape[:2]
    flat = {name: x.reshape(-1, *x.shape[2:]) for name, x in values.items()}
    found = log_likelihood(model, density, flat, observed)
    return {name: x.reshape(*lead, *x.shape[1:]) for name, x in found.items()}
