"""Labelled results: ArviZ InferenceData."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.inference.recording import record, record_values

STAT_NAMES = {
    "model_logp": "lp",
    "mean_tree_accept": "acceptance_rate",
    "depth": "tree_depth",
    "tree_size": "n_steps",
}
"""PyMC3's names of sampler statistics and ArviZ's, where they differ."""


def to_inference_data(
    density: LogDensity,
    chains: Chains,
    *,
    include_transformed: bool = False,
    stat_names: Mapping[str, str] | None = None,
) -> Any:
    """The draws as ArviZ InferenceData.

    Parameters
    ----------
    density, chains
        The density and the draws from it.
    include_transformed
        Also keep the unconstrained values of transformed variables (``sigma_log__``).
    stat_names
        New names of sampler statistics, on top of ArviZ's; for instance ``{"tree_size": "tree_size"}``.

    Returns
    -------
    arviz.InferenceData
        Groups ``posterior``, ``sample_stats``, ``observed_data``, ``constant_data``; and ``warmup_posterior``,
        ``warmup_sample_stats`` if the warm-up was kept.
    """
    import arviz

    names = {**STAT_NAMES, **(stat_names or {})}
    groups: dict[str, Any] = {
        "posterior": posterior_dataset(density, chains, record(density, chains), include_transformed)
    }
    if chains.stats:
        groups["sample_stats"] = stats_dataset(chains, names)
    if chains.tune_values is not None and chains.tune > 0:
        warm = Chains(chains.tune_values, chains.tune_stats or {}, duration=chains.duration, tune=chains.tune)
        recorded = record_values(density, warm.values)
        groups["warmup_posterior"] = posterior_dataset(density, warm, recorded, include_transformed)
        groups["warmup_sample_stats"] = stats_dataset(warm, names)
    if density.observed:
        groups["observed_data"] = observed_dataset(density)
    if density.constants:
        groups["constant_data"] = constant_dataset(density)
    groups["save_warmup"] = True
    return arviz.InferenceData(**groups)


def posterior_dataset(
    density: LogDensity, chains: Chains, recorded: Mapping[str, np.ndarray], include_transformed: bool = False
) -> Any:
    """Constrained draws as an xarray dataset with dimensions ``chain`` and ``draw``.

    Variables come in PyMC3's order, in which tables have rows and figures have axes: random variables without a
    transform, then all others with the deterministics.
    """
    plain = (v.rv_name for v in density.variables if v.transform is None)
    values = {**{name: recorded[name] for name in plain if name in recorded}, **recorded}
    if include_transformed:
        values = {**{v.name: chains.values[v.name] for v in density.variables}, **values}
    return dataset(values, density, attributes(chains))


def stats_dataset(chains: Chains, names: Mapping[str, str]) -> Any:
    """Sampler statistics as an xarray dataset; ``tune`` is left out, as groups tell it."""
    values = {names.get(name, name): x for name, x in chains.stats.items() if name != "tune"}
    return dataset(values, None, attributes(chains))


def observed_dataset(density: LogDensity) -> Any:
    """The observed data as an xarray dataset."""
    return dataset({name: np.asarray(x) for name, x in density.observed.items()}, density, attributes(None), lead=())


def constant_dataset(density: LogDensity) -> Any:
    """Named data as an xarray dataset."""
    return dataset(dict(density.constants), density, attributes(None), lead=())


def add_constants(data: Any, density: LogDensity) -> None:
    """Record named data in the results of forward draws; where others are recorded, as those of predictions."""
    if not density.constants:
        return
    group = "constant_data"
    if group in data.groups():
        there = data[group]
        if all(name in there and np.array_equal(there[name], x) for name, x in density.constants.items()):
            return
        group = "predictions_constant_data"
    if group in data.groups():
        delattr(data, group)
    data.add_groups({group: constant_dataset(density)})


def dataset(
    values: Mapping[str, np.ndarray],
    density: LogDensity | None,
    attrs: Mapping[str, Any],
    lead: tuple[str, ...] = ("chain", "draw"),
) -> Any:
    """An xarray dataset of arrays whose leading axes are ``lead``.

    The remaining axes are named by ``density.dims``, and as ArviZ does (``x_dim_0``) where that says nothing.
    Coordinates come from ``density.coords``, or are positions.
    """
    import xarray

    dims = density.dims if density is not None else {}
    known = density.coords if density is not None else {}
    variables, coords = {}, {}
    for name, x in values.items():
        named = list(dims.get(name, ()))[: x.ndim - len(lead)]
        own = [
            named[i] if i < len(named) and named[i] is not None else f"{name}_dim_{i}"
            for i in range(x.ndim - len(lead))
        ]
        variables[name] = ([*lead, *own], x)
        for dim, size in zip([*lead, *own], x.shape, strict=True):
            coords[dim] = along_axis(known[dim]) if dim in known else np.arange(size)
    return xarray.Dataset(variables, coords=coords, attrs=dict(attrs))


def along_axis(values: Iterable[Any]) -> Any:
    """Coordinate values of one axis; tuples, as those of a pandas ``MultiIndex`` are, stay one value each."""
    made = list(values)
    if not any(isinstance(value, tuple) for value in made):
        return made
    objects = np.empty(len(made), object)
    for place, value in enumerate(made):
        objects[place] = value
    return objects


def attributes(chains: Chains | None) -> dict[str, Any]:
    """Attributes of a group: who made it, when, and how long it took."""
    from importlib.metadata import version

    made = {
        "created_at": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "inference_library": "pm_migrate",
        "inference_library_version": version("pm-migrate"),
    }
    if chains is not None:
        made |= {"sampling_time": chains.duration, "tuning_steps": chains.tune}
    return made
