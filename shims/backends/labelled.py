"""Traces and predictions as ArviZ ``InferenceData``: what ``az.from_pymc3`` of earlier versions of ArviZ did."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import arviz
import numpy as np

from pm_migrate.shims import arviz_names
from pm_migrate.shims.inference import trace as labels
from pm_migrate.shims.util import is_transformed_name

_log = logging.getLogger("pymc3")
arviz_names.serve(arviz)

MADE = ("posterior", "sample_stats", "log_likelihood", "observed_data", "constant_data")
"""Groups of a trace that are made when they are asked for."""


@dataclass(frozen=True)
class Labels:
    """What names the axes of variables, and the data that was observed; without a model, all that is known of it."""

    dims: Mapping[str, Sequence[str]] = field(default_factory=dict)
    coords: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    observed: Mapping[str, np.ndarray] = field(default_factory=dict)
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, density: Any) -> Labels:
        """From a :class:`~pm_migrate.shims.density.LogDensity`."""
        dims = {name: tuple(names) for name, names in density.dims.items()}
        coords = {name: labels.along_axis(x) for name, x in density.coords.items()}
        return cls(dims, coords, dict(density.observed), dict(density.constants))

    def extended(self, dims: Mapping[str, Any] | None, coords: Mapping[str, Any] | None) -> Labels:
        """With names of a caller, which win."""
        own = {name: (x,) if isinstance(x, str) else tuple(x) for name, x in (dims or {}).items()}
        given = {name: labels.along_axis(x) for name, x in (coords or {}).items()}
        return replace(self, dims={**self.dims, **own}, coords={**self.coords, **given})


class LabelledTrace(arviz.InferenceData):
    """The side of a ``MultiTrace`` that ArviZ sees: groups that are made on demand.

    Without a model of the ``with`` front end, ``_labels`` says what is known of it, and ``_pointwise`` is the log
    density of the data: a function of unconstrained draws by name, each ``(n, *shape)``, and of the names wanted.
    """

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self._labels = Labels()
        self._pointwise: Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]] | None = None
        super().__init__()

    @property
    def _groups(self) -> list[str]:
        converter = Converter(self) if self.__dict__.get("_straces") else None
        return [name for name in MADE if converter is not None and converter.has(name)]

    @_groups.setter
    def _groups(self, value: Any) -> None:
        """Ignore what InferenceData sets: the groups follow from the chains."""

    def _changed(self) -> None:
        self._made.clear()

    def _group(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = Converter(self).make(name)
        return self._made[name]

    @property
    def posterior(self) -> Any:
        """Random variables and deterministics as an xarray dataset."""
        return self._group("posterior")

    @property
    def sample_stats(self) -> Any:
        """Sampler statistics as an xarray dataset, by ArviZ's names."""
        return self._group("sample_stats")

    @property
    def log_likelihood(self) -> Any:
        """Log density of each observation at each draw, as an xarray dataset."""
        return self._group("log_likelihood")

    @property
    def observed_data(self) -> Any:
        """The observed data as an xarray dataset."""
        return self._group("observed_data")

    @property
    def constant_data(self) -> Any:
        """Data that was not observed, as an xarray dataset."""
        return self._group("constant_data")

    def keys(self) -> Any:
        """Names of the groups."""
        return list(self._groups_all)


class Converter:
    """Makes groups from a trace and its model.

    Parameters
    ----------
    trace
        A ``MultiTrace``, or None for predictions alone.
    model
        The model; the trace's own by default.
    dims, coords
        Names of axes and of positions along them, besides the model's.
    log_likelihood
        Whether, or of which variables, to compute it.
    """

    def __init__(
        self,
        trace: Any = None,
        model: Any = None,
        dims: Mapping[str, Any] | None = None,
        coords: Mapping[str, Any] | None = None,
        log_likelihood: bool | Collection[str] = True,
    ) -> None:
        if model is None and trace is not None:
            model = next(iter(trace._straces.values())).model
        self.trace, self.model = trace, model
        known = trace._labels if model is None and trace is not None else Labels()
        self.labels = (Labels.of(model.log_density()) if model is not None else known).extended(dims, coords)
        self._likelihood = log_likelihood
        draws, report = (0, None) if trace is None else (_length(trace), trace.report)
        kept = draws if report is None or report.n_draws is None else report.n_draws
        self.draws, self.warm = kept, max(draws - kept, 0)
        self._attrs = labels.attributes(None)
        if report is not None and report.n_draws is not None:
            self._attrs |= {"sampling_time": report.t_sampling, "tuning_steps": report.n_tune}

    def has(self, group: str) -> bool:
        """Whether there is anything for a group."""
        observed = self.model.observed_RVs if self.model is not None else self.labels.observed
        if group == "posterior":
            return True
        if group == "sample_stats":
            return bool(self.trace.stat_names)
        if group == "log_likelihood":
            known = self.model is not None or getattr(self.trace, "_pointwise", None) is not None
            return known and bool(observed) and bool(self._likelihood) and self.draws > 0 and not self.missing()
        return bool(observed) if group == "observed_data" else bool(self._constants())

    def missing(self) -> list[str]:
        """Variables of the model that ``trace=`` did not keep, so that there is no log-likelihood."""
        free = [] if self.model is None or self.trace is None else [str(v.name) for v in self.model.free_RVs]
        return [name for name in free if name not in self.trace.varnames]

    def make(self, group: str, warm: bool = False) -> Any:
        """A group as an xarray dataset; with ``warm``, of the warm-up.

        Raises
        ------
        AttributeError
            When there is nothing for it.
        """
        if not self.has(group):
            raise AttributeError(f"'MultiTrace' object has no attribute '{group}': there is nothing for such a group")
        if group == "observed_data":
            return self._dataset(self._observed(), lead=())
        if group == "constant_data":
            return self._dataset(self._constants(), lead=())
        part = slice(0, self.warm) if warm else slice(self.warm, None)
        values = {"posterior": self._posterior, "sample_stats": self._stats, "log_likelihood": self._pointwise}[group]
        return self._dataset(values(part), dims=group != "sample_stats")

    def _dataset(self, values: Mapping[str, Any], lead: tuple[str, ...] = ("chain", "draw"), dims: bool = True) -> Any:
        arrays = {name: np.atleast_1d(x) for name, x in values.items()}
        return labels.dataset(arrays, self.labels if dims else None, self._attrs, lead)

    def _each_chain(self, name: str, part: slice) -> np.ndarray:
        return np.stack(self.trace.get_values(name, combine=False, squeeze=False))[:, part]

    def _posterior(self, part: slice) -> dict[str, np.ndarray]:
        return {name: self._each_chain(name, part) for name in self.trace.varnames if not is_transformed_name(name)}

    def _stats(self, part: slice) -> dict[str, np.ndarray]:
        found = {}
        for name in sorted(self.trace.stat_names - {"tune"}):
            values = np.stack(self.trace.get_sampler_stats(name, combine=False, squeeze=False))
            found[labels.STAT_NAMES.get(name, name)] = values[:, part]
        return found

    def _pointwise(self, part: slice) -> dict[str, np.ndarray]:
        from pm_migrate.shims.backends.likelihood import log_likelihood

        names = None if self._likelihood is True else set(self._likelihood)  # type: ignore[arg-type]
        kept = self.trace.varnames if self.model is None else [str(v.name) for v in self.model.free_RVs]
        values = {name: self._each_chain(name, part) for name in kept}
        lead = next(iter(values.values())).shape[:2]
        joined = {name: x.reshape(-1, *x.shape[2:]) for name, x in values.items()}
        if self.model is None:
            found = {n: x for n, x in self.trace._pointwise(joined).items() if names is None or n in names}
        else:
            found = log_likelihood(self.model, joined, names)
        return {name: _at_least_3d(x.reshape(*lead, *x.shape[1:])) for name, x in found.items()}

    def _observed(self) -> dict[str, Any]:
        if self.model is None:
            return dict(self.labels.observed)
        found: dict[str, Any] = {}
        for v in self.model.observed_RVs:
            parts = getattr(v, "data", None)
            if hasattr(v, "observations"):
                found[str(v.name)] = v.observations
            elif isinstance(parts, Mapping):
                found.update({key: x.eval() if hasattr(x, "eval") else x for key, x in parts.items()})
        return {name: x.get_value() if hasattr(x, "get_value") else np.asarray(x) for name, x in found.items()}

    def _constants(self) -> dict[str, Any]:
        from pm_migrate.shims.theano.evaluation import ancestors
        from pm_migrate.shims.theano.graph import SharedVariable
        from pm_migrate.shims.variables import FreeRV, ObservedRV

        if self.model is None:
            return dict(self.labels.constants)
        random = (FreeRV, ObservedRV)
        found = {}
        for name, v in self.model.named_vars.items():
            if isinstance(v, SharedVariable) and v not in self.model.potentials:
                found[name] = v.get_value()
            elif v in self.model.deterministics and not any(isinstance(a, random) for a in ancestors([v])):
                found[name] = v.eval()
        return found

    def prior(self, prior: Mapping[str, Any]) -> dict[str, Any]:
        """Draws from the prior, those of observed variables in a group of their own."""
        own = self.labels.observed if self.model is None else [v.name for v in self.model.observed_RVs]
        observed = {str(name) for name in own}
        groups = {
            "prior": {name: np.asarray(x)[None] for name, x in prior.items() if name not in observed},
            "prior_predictive": {name: np.asarray(x)[None] for name, x in prior.items() if name in observed},
        }
        return {name: self._dataset(values) for name, values in groups.items() if values or name == "prior"}

    def predictive(self, drawn: Mapping[str, Any], lead: tuple[int, int] | None = None) -> Any:
        """Draws for each posterior draw, with or without an axis of chains.

        ``lead`` are the numbers of chains and draws where there is no trace that says them.
        """
        arrays = {name: np.asarray(x) for name, x in drawn.items()}
        chains, draws = lead or (1, len(next(iter(arrays.values()))))
        if self.trace is not None:
            chains, draws = self.trace.nchains, self.draws
        found = {}
        for name, x in arrays.items():
            if x.shape[:2] == (chains, draws):
                found[name] = x
            elif len(x) == chains * draws:
                found[name] = x.reshape(chains, draws, *x.shape[1:])
            else:
                found[name] = x[None]
                _log.warning(
                    "posterior predictive variable %s's shape not compatible with number of chains and draws. "
                    "This can mean that some draws or even whole chains are not represented.",
                    name,
                )
        return self._dataset(found)


def from_pymc3(
    trace: Any = None,
    *,
    prior: Mapping[str, Any] | None = None,
    posterior_predictive: Mapping[str, Any] | None = None,
    log_likelihood: bool | Collection[str] | None = None,
    coords: Mapping[str, Any] | None = None,
    dims: Mapping[str, Any] | None = None,
    model: Any = None,
    save_warmup: bool | None = None,
    density_dist_obs: bool = True,
) -> Any:
    """A trace and predictions as ``InferenceData``: ``az.from_pymc3``, which ArviZ no longer has.

    Parameters
    ----------
    trace
        A ``MultiTrace``.
    prior, posterior_predictive
        Draws by variable name, as ``pm.sample_prior_predictive`` and ``pm.sample_posterior_predictive`` return them.
    log_likelihood
        Whether, or of which observed variables, to compute it at every draw; ArviZ's ``data.log_likelihood`` (True) by
        default.
    coords, dims
        Besides the model's: coordinate values by dimension, and names of dimensions by variable.
    model
        By default the open one, or else that of the trace.
    save_warmup
        Whether a warm-up in the trace gets groups of its own; ArviZ's ``data.save_warmup`` (False) by default.
    density_dist_obs
        Whether data given as a dictionary goes into ``observed_data``.

    Raises
    ------
    ValueError
        When there is nothing to convert, or ``trace`` is an InferenceData already.
    """
    from pm_migrate.shims.model import Model

    if trace is not None and not hasattr(trace, "_straces"):
        raise ValueError(
            f"from_pymc3 takes a MultiTrace, not {type(trace).__name__}; an InferenceData is extended with its "
            "`extend` method"
        )
    if trace is None and prior is None and posterior_predictive is None:
        raise ValueError("from_pymc3 needs at least one of trace, prior and posterior_predictive")
    wanted = setting("data.log_likelihood", log_likelihood)
    model = Model.get_context(error_if_none=False) if model is None else model
    converter = Converter(trace, model, dims, coords, wanted)
    groups: dict[str, Any] = {}
    if trace is not None:
        groups = trace_groups(converter, bool(setting("data.save_warmup", save_warmup)))
    if posterior_predictive is not None:
        groups["posterior_predictive"] = converter.predictive(posterior_predictive)
    if prior is not None:
        groups |= converter.prior(prior)
    for name in ("observed_data", "constant_data"):
        if converter.has(name) and (density_dist_obs or name != "observed_data" or converter.labels.observed):
            groups[name] = converter.make(name)
    return arviz.InferenceData(**{**groups, "save_warmup": True})


def trace_groups(converter: Converter, save_warmup: bool) -> dict[str, Any]:
    """The groups of a trace itself."""
    groups = {}
    missing = converter.missing() if converter._likelihood and converter.has("observed_data") else []
    if missing:
        warnings.warn(
            f"Could not compute log_likelihood, it will be omitted: the trace does not have {', '.join(missing)}",
            UserWarning,
            stacklevel=3,
        )
    for name in ("posterior", "sample_stats", "log_likelihood"):
        if converter.has(name) and converter.draws > 0:
            groups[name] = converter.make(name)
        if converter.has(name) and save_warmup and converter.warm > 0:
            groups[f"warmup_{name}"] = converter.make(name, warm=True)
    return groups


def from_pymc3_predictions(
    predictions: Mapping[str, Any],
    posterior_trace: Any = None,
    model: Any = None,
    coords: Mapping[str, Any] | None = None,
    dims: Mapping[str, Any] | None = None,
    idata_orig: Any = None,
    inplace: bool = False,
) -> Any:
    """Predictions for new data as ``InferenceData``: ``az.from_pymc3_predictions``, which ArviZ no longer has.

    Parameters
    ----------
    predictions
        Draws by variable name.
    posterior_trace
        The ``MultiTrace`` they were made from.
    model, coords, dims
        As for :func:`from_pymc3`.
    idata_orig
        An InferenceData to put them into; ``inplace`` into itself, else into a copy.
    """
    from pm_migrate.shims.model import modelcontext

    if inplace and idata_orig is None:
        raise ValueError("inplace=True needs idata_orig, an InferenceData to put the predictions into")
    converter = Converter(posterior_trace, modelcontext(model), dims, coords, False)
    groups = {"predictions": converter.predictive(predictions)}
    if converter.has("constant_data"):
        groups["predictions_constant_data"] = converter.make("constant_data")
    made = arviz.InferenceData(**groups)
    if idata_orig is None:
        return made
    result = idata_orig if inplace else idata_orig.copy()
    result.extend(made, join="right")
    return result


def setting(name: str, given: Any) -> Any:
    """What was given, or ArviZ's own setting."""
    return arviz.rcParams[name] if given is None else given


def _length(trace: Any) -> int:
    """Draws per chain; the length of a sliced trace can be one short of it."""
    name = trace.varnames[0]
    return len(trace.get_values(name, chains=trace.chains[-1:]))


def _at_least_3d(x: np.ndarray) -> np.ndarray:
    return x[..., None] if x.ndim == 2 else x
