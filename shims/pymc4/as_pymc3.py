"""Results of generator models in the forms that PyMC3 gave them: dictionaries of arrays, traces, tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import arviz
import numpy as np

from pm_migrate.errors import IncorrectArgumentsError, ModelError
from pm_migrate.shims import recording
from pm_migrate.shims.backends import labelled
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.labelled import Converter, Labels
from pm_migrate.shims.backends.ndarray import save_trace, saved_chains
from pm_migrate.shims.backends.tracetab import trace_to_dataframe
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.plots.posteriorplot import plot_posterior_predictive_glm
from pm_migrate.shims.predictive import Points
from pm_migrate.shims.pymc4.calls import density_to_draw
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.mcmc.multitraces import log_likelihood_of

__all__ = [
    "load_trace",
    "plot_posterior_predictive_glm",
    "posterior_predictive",
    "predictions_to_inference_data",
    "save_trace",
    "to_inference_data",
    "trace_to_dataframe",
]

Draws = dict[str, np.ndarray]


def posterior_predictive(
    density: LogDensity,
    points: Points,
    var_names: str | Sequence[str] | None,
    samples: int | None,
    size: int | Sequence[int] | None,
    keep_size: bool,
    seed: int,
) -> Draws:
    """Draws given posterior draws, as ``pm.sample_posterior_predictive`` of PyMC3 returns them.

    Parameters
    ----------
    density, points
        The model and the posterior draws.
    var_names
        Names to draw; the observed variables by default. Random variables that the trace has are taken from it.
    samples
        Number of draws; posterior draws are taken in order, cyclically.
    size
        Draws at each point, as axes after the first. A deterministic variable that follows from the trace has none.
    keep_size
        Return axes ``(chains, draws)``.
    seed
        An integer.

    Raises
    ------
    KeyError
        For a name that is not in the model.
    IncorrectArgumentsError
        For ``keep_size`` together with ``samples`` or ``size``.
    """
    from pm_migrate.shims import inference

    for name, value in (("samples", samples), ("size", size)):
        if keep_size and value is not None:
            raise IncorrectArgumentsError(f"Should not specify both keep_size and {name} arguments")
    random = {v.rv_name for v in density.variables} | set(density.observed)
    chosen = points.taken(samples)
    names = (
        list(density.observed) if var_names is None else [var_names] if isinstance(var_names, str) else list(var_names)
    )
    given = {name: x for name, x in chosen.items() if name in random}
    kept = {name: given[name] for name in names if name in given}
    wanted = [name for name in names if name not in kept]
    drawn: Draws = dict(kept)
    if wanted:
        count = len(next(iter(chosen.values())))
        axes = () if size is None else tuple(np.atleast_1d(size).tolist())
        times = int(np.prod(axes, dtype=int))
        repeated = {name: np.repeat(x, times, axis=0) for name, x in given.items()}
        raw = inference.posterior_predictive(density, repeated, seed, wanted, count=count * times)
        for name, x in raw.items():
            each = x.reshape(count, times, *x.shape[1:])
            fixed = times > 1 and name not in density.observed and bool(np.all(each == each[:, :1]))
            drawn[name] = each[:, 0] if fixed else x.reshape(count, *axes, *x.shape[1:])
    drawn = recording.forward(drawn)
    return {name: points.by_chain(drawn[name]) if keep_size else drawn[name] for name in names}


def load_trace(directory: str, model: Model | None = None) -> MultiTrace:
    """Load what :func:`save_trace` saved, here or under PyMC3.

    Parameters
    ----------
    directory
        The folder.
    model
        The model that was sampled, for the names of axes and the data; the draws do not need it.

    Raises
    ------
    TraceDirectoryError
        When the folder holds no trace.
    """
    trace = MultiTrace([chain.load(bare=True) for chain in saved_chains(directory)])
    if model is not None:
        density = model.log_density()
        trace._labels, trace._pointwise = Labels.of(density), log_likelihood_of(model, density, None)
    return trace


def to_inference_data(
    trace: Any = None,
    *,
    prior: Any = None,
    posterior_predictive: Any = None,
    log_likelihood: bool | Collection[str] | None = None,
    coords: Mapping[str, Any] | None = None,
    dims: Mapping[str, Any] | None = None,
    model: Model | None = None,
    save_warmup: bool | None = None,
    density_dist_obs: bool = True,
) -> Any:
    """Results as one ``InferenceData``: what ``az.from_pymc3`` made of those of PyMC3.

    Parameters
    ----------
    trace
        A ``MultiTrace``, or an InferenceData.
    prior, posterior_predictive
        Results of predictive sampling: InferenceData, or dictionaries of arrays.
    log_likelihood
        Whether, or of which observed variables, a ``MultiTrace`` is asked for it; ArviZ's ``data.log_likelihood``
        (True) by default.
    coords, dims
        Besides the model's: coordinate values by dimension, and names of dimensions by variable.
    model
        The model; that of a ``MultiTrace`` by default.
    save_warmup
        Whether a warm-up in a ``MultiTrace`` gets groups of its own; ArviZ's ``data.save_warmup`` by default.
    density_dist_obs
        As in ``az.from_pymc3``: has no effect.

    Raises
    ------
    ValueError
        When there is nothing to convert.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def coin():
    ...     p = yield pm.Beta("p", 1, 1)
    ...     yield pm.Bernoulli("heads", p, observed=[1, 0, 1, 1])
    >>> prior = pm.sample_prior_predictive(coin(), 5, seed=1, return_inferencedata=False)
    >>> pm.to_inference_data(prior=prior, model=coin()).groups()
    ['prior', 'prior_predictive', 'observed_data']
    """
    if trace is None and prior is None and posterior_predictive is None:
        raise ModelError("to_inference_data needs at least one of trace, prior and posterior_predictive")
    own = trace if hasattr(trace, "_straces") else None
    converter = _converter(own, model, dims, coords, labelled.setting("data.log_likelihood", log_likelihood))
    groups: dict[str, Any] = {}
    if own is not None:
        groups = labelled.trace_groups(converter, bool(labelled.setting("data.save_warmup", save_warmup)))
    elif trace is not None:
        groups = {name: _labelled(trace[name], converter.labels) for name in trace.groups()}
    lead = None
    if own is None and "posterior" in groups:
        lead = groups["posterior"].sizes["chain"], groups["posterior"].sizes["draw"]
    if posterior_predictive is not None:
        groups["posterior_predictive"] = _predictive(converter, posterior_predictive, lead)
    if isinstance(prior, Mapping) and not _is_data(prior):
        groups |= converter.prior(prior)
    elif prior is not None:
        groups |= {n: _labelled(prior[n], converter.labels) for n in prior.groups() if n.startswith("prior")}
        groups = {**{n: prior[n] for n in ("observed_data", "constant_data") if n in prior.groups()}, **groups}
    for name in ("observed_data", "constant_data"):
        if name not in groups and converter.has(name):
            groups[name] = converter.make(name)
    return arviz.InferenceData(**{**groups, "save_warmup": True})


def predictions_to_inference_data(
    predictions: Any,
    posterior_trace: Any = None,
    model: Model | None = None,
    coords: Mapping[str, Any] | None = None,
    dims: Mapping[str, Any] | None = None,
    idata_orig: Any = None,
    inplace: bool = False,
) -> Any:
    """Predictions for new data as ``InferenceData``: what ``az.from_pymc3_predictions`` made of those of PyMC3.

    Parameters
    ----------
    predictions
        Result of :func:`~pm_migrate.pymc4.sample_posterior_predictive`.
    posterior_trace
        The ``MultiTrace`` or InferenceData they were made from.
    model, coords, dims
        As for :func:`to_inference_data`.
    idata_orig
        An InferenceData to put them into; ``inplace`` into itself, else into a copy.
    """
    if inplace and idata_orig is None:
        raise ModelError("inplace=True needs idata_orig, an InferenceData to put the predictions into")
    own = posterior_trace if hasattr(posterior_trace, "_straces") else None
    converter = _converter(own, model, dims, coords, False)
    lead = None
    if own is None and posterior_trace is not None:
        lead = posterior_trace.posterior.sizes["chain"], posterior_trace.posterior.sizes["draw"]
    groups = {"predictions": _predictive(converter, predictions, lead)}
    if converter.has("constant_data"):
        groups["predictions_constant_data"] = converter.make("constant_data")
    made = arviz.InferenceData(**groups)
    if idata_orig is None:
        return made
    result = idata_orig if inplace else idata_orig.copy()
    result.extend(made, join="right")
    return result


def _converter(trace: Any, model: Model | None, dims: Any, coords: Any, likelihood: Any) -> Converter:
    converter = Converter(trace, None, dims, coords, likelihood)
    if model is not None:
        # new data may have another size than what was observed, which has no place in predictions then
        converter.labels = Labels.of(density_to_draw(model, None)).extended(dims, coords)
    return converter


def _is_data(found: Any) -> bool:
    return hasattr(found, "groups")


def _predictive(converter: Converter, drawn: Any, lead: tuple[int, int] | None) -> Any:
    if _is_data(drawn):
        return _labelled(drawn["posterior_predictive"], converter.labels)
    return converter.predictive(drawn, lead)


def _labelled(dataset: Any, labels: Labels) -> Any:
    """A group with the names of axes and positions that a caller gave."""
    named = {
        f"{name}_dim_{i}": dim
        for name, dims in labels.dims.items()
        if name in dataset.data_vars
        for i, dim in enumerate(dims)
        if f"{name}_dim_{i}" in dataset.dims
    }
    renamed = dataset.rename_dims(named).drop_vars([n for n in named if n in dataset.coords])
    return renamed.assign_coords({dim: list(x) for dim, x in labels.coords.items() if dim in renamed.dims})
