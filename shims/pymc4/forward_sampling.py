"""Forward sampling of generator models: draws from the prior, and of data given the posterior."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.pymc4.calls import DRAWS as _DRAWS
from pm_migrate.shims.pymc4.calls import add_group as _add_group
from pm_migrate.shims.pymc4.calls import density_of as _density
from pm_migrate.shims.pymc4.calls import density_to_draw as _density_to_draw
from pm_migrate.shims.pymc4.calls import empty as _empty
from pm_migrate.shims.pymc4.calls import from_state as _from_state
from pm_migrate.shims.pymc4.calls import integer_seed as _integer_seed
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.flow.state import SamplingState

__all__ = ["sample_posterior_predictive", "sample_prior_predictive"]


def sample_prior_predictive(
    model: Model,
    sample_shape: int | tuple[int, ...] = 1000,
    sample_from_observed: bool = True,
    var_names: str | Sequence[str] | None = None,
    state: SamplingState | None = None,
    use_auto_batching: bool = True,
    seed: int | None = None,
    *,
    return_inferencedata: bool = True,
) -> Any:
    """Draw all variables from the prior.

    Parameters
    ----------
    model
        A model.
    sample_shape
        Number of draws, or their shape.
    sample_from_observed
        Also draw variables with data, in the shape of the data; with False their data are used.
    var_names
        Names to keep; all by default.
    state
        Values that are kept fixed, and data, from an evaluation.
    use_auto_batching
        Has no effect: draws are always batched.
    seed
        For reproducible draws; from NumPy's global state when None (not in PyMC4).
    return_inferencedata
        With False, PyMC3's dictionary of arrays ``(draws, *shape)`` by name, without unconstrained values (not in
        PyMC4).

    Returns
    -------
    InferenceData or dict
        Groups ``prior``, and ``prior_predictive`` for variables with data; leading axes ``(1, *sample_shape)``.

    Raises
    ------
    ValueError
        For a name that is not in the model.
    """
    from pm_migrate.shims import inference
    from pm_migrate.shims.inference.trace import add_constants

    fixed = {} if state is None else dict(state.untransformed_values)
    observed, _ = _from_state(state, None, None)
    density = _density(model, observed)
    if not sample_from_observed:
        fixed.update(density.observed)
    shape = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
    drawn = inference.prior_predictive(_fixing(density, fixed), math.prod(shape), _integer_seed(seed))
    drawn = recording.forward(drawn)
    if not sample_from_observed and var_names is None:
        drawn = {name: values for name, values in drawn.items() if name not in density.observed}
    wanted = _names(var_names, drawn, ValueError)
    if not return_inferencedata:
        return {name: np.reshape(drawn[name], (*shape, *np.shape(drawn[name])[1:])) for name in wanted}
    parts: dict[str, dict[str, np.ndarray]] = {"prior": {}, "prior_predictive": {}}
    for name in wanted:
        group = "prior_predictive" if name in density.observed else "prior"
        parts[group][name] = np.reshape(drawn[name], (1, *shape, *np.shape(drawn[name])[1:]))
    data = _empty()
    for group, values in parts.items():
        if values:
            _add_group(data, group, values, density if len(shape) == 1 else None, _DRAWS)
    if density.observed:
        _add_group(data, "observed_data", dict(density.observed), density, ())
    add_constants(data, density)
    return data


def sample_posterior_predictive(
    model: Model,
    trace: Any,
    var_names: str | Sequence[str] | None = None,
    observed: Mapping[str, Any] | None = None,
    use_auto_batching: bool = True,
    inplace: bool = True,
    *,
    num_draws: int | None = None,
    seed: int | None = None,
    size: int | Sequence[int] | None = None,
    keep_size: bool = False,
    return_inferencedata: bool = True,
) -> Any:
    """Draw the variables with data anew, given posterior draws.

    Parameters
    ----------
    model
        The model.
    trace
        Result of :func:`~pm_migrate.shims.pymc4.inference.sampling.sample`, or what else PyMC3 takes: an xarray dataset
        or a list of points.
    var_names
        Names to draw; the variables with data by default.
    observed
        Data that replace those in the model, by full name; only their shapes matter for what is drawn.
    use_auto_batching
        Has no effect: draws are always batched.
    inplace
        Add the group to ``trace`` (replacing one that is there) and return it, if it is an InferenceData; with False
        return a new object.
    num_draws
        Use that many posterior draws, in order and cyclically as PyMC3's ``samples=`` (not in PyMC4); the group then
        has leading axes ``(1, num_draws)``.
    seed
        For reproducible draws; from NumPy's global state when None (not in PyMC4).
    return_inferencedata
        With False, PyMC3's dictionary of arrays by name: ``(draws, *size, *shape)``, chains one after the other. As in
        PyMC3, named variables that the trace has are taken from it; otherwise they are drawn anew, as in PyMC4.
    size, keep_size
        PyMC3's, of that dictionary: draws for each posterior draw, and whether there are axes ``(chains, draws)``.

    Returns
    -------
    InferenceData or dict
        With the group ``posterior_predictive``, leading axes ``(chain, draw)``.

    Raises
    ------
    KeyError
        For a name that is not in the model.
    ValueError
        For an empty ``var_names``, and for ``size`` or ``keep_size`` of an InferenceData.
    """
    from pm_migrate.shims import inference
    from pm_migrate.shims.inference.trace import add_constants
    from pm_migrate.shims.predictive import Points
    from pm_migrate.shims.pymc4 import as_pymc3

    if var_names is not None and len(var_names) == 0:
        raise ValueError("Supplied an empty var_names list to sample from")
    density = _density_to_draw(model, observed)
    points = Points.of(trace)
    if not return_inferencedata:
        seed = _integer_seed(seed)
        return as_pymc3.posterior_predictive(density, points, var_names, num_draws, size, keep_size, seed)
    if size is not None or keep_size:
        raise ModelError("size= and keep_size= belong to PyMC3's dictionaries: give return_inferencedata=False")
    lead = (points.chains, points.total // points.chains)
    given = dict(points.values)
    if num_draws is not None:
        index = np.arange(num_draws) % math.prod(lead)
        given = {name: values[index] for name, values in given.items()}
        lead = (1, num_draws)
    known = [*dict.fromkeys([*(v.rv_name for v in density.variables), *density.observed, *given])]
    names = list(density.observed) if var_names is None else _names(var_names, known, KeyError)
    given = {name: values for name, values in given.items() if name not in names}
    drawn = recording.forward(inference.posterior_predictive(density, given, _integer_seed(seed), names))
    values = {name: np.reshape(drawn[name], (*lead, *np.shape(drawn[name])[1:])) for name in names}
    data = trace if inplace and hasattr(trace, "add_groups") and not hasattr(trace, "_straces") else _empty()
    _add_group(data, "posterior_predictive", values, density, _DRAWS)
    add_constants(data, density)
    return data


def _fixing(density: LogDensity, values: Mapping[str, Any]) -> LogDensity:
    """The density with ``values`` given to every forward draw."""
    if not values:
        return density
    fixed = {name: tf.convert_to_tensor(value) for name, value in values.items()}
    return replace(density, forward=lambda given, seed: density.forward({**fixed, **given}, seed), _compiled={})


def _names(wanted: str | Sequence[str] | None, known: Any, error: type[Exception]) -> list[str]:
    if wanted is None:
        return list(known)
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise error(f"var_names {unknown} are not defined in the model; it has {list(known)}")
    return names
