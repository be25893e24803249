"""PyMC4's helpers around sampling: the state that a sampler starts from, and results in ArviZ's form."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.flow import evaluate_meta_model, evaluate_model_transformed
from pm_migrate.shims.pymc4.flow.state import SamplingState

__all__ = [
    "KERNEL_KWARGS_SET",
    "initialize_sampling_state",
    "initialize_state",
    "scope_remove_transformed_part_if_required",
    "trace_to_arviz",
]

#: A sampler as PyMC4's compound step keeps it.
KERNEL_KWARGS_SET = namedtuple("KERNEL_KWARGS_SET", ["kernel", "adaptive_kernel", "kernel_kwargs", "adaptive_kwargs"])


def initialize_sampling_state(
    model: Model, observed: Mapping[str, Any] | None = None, state: SamplingState | None = None
) -> tuple[SamplingState, list[str]]:
    """The state of a model at its test values: what a sampler moves, and the data.

    Parameters
    ----------
    model
        A model.
    observed
        Data that replace those in the model, by full name.
    state
        Values and data from an evaluation, in place of test values.

    Returns
    -------
    (SamplingState, list of str)
        The state, and the names of deterministics and of variables that are transformed back.

    Raises
    ------
    ValueError
        For a state together with ``observed``.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model
    ... def m():
    ...     sd = yield pm.HalfNormal("sd", 1.0)
    ...     yield pm.Deterministic("double", 2 * sd)
    >>> state, names = initialize_sampling_state(m())
    >>> list(state.all_unobserved_values), names
    (['m/__log_sd'], ['m/double', 'm/sd'])
    """
    _, evaluated = evaluate_meta_model(model, observed=observed, state=state)
    sampled, transformed = evaluated.as_sampling_state()
    return sampled, [*evaluated.deterministics_values, *transformed]


def initialize_state(
    model: Model, observed: Mapping[str, Any] | None = None, state: SamplingState | None = None
) -> tuple[SamplingState, SamplingState, list[str], list[str], dict[str, Distribution], dict[str, Distribution]]:
    """The variables of a model, sorted by whether they have a gradient.

    Parameters
    ----------
    model, observed, state
        As for :func:`initialize_sampling_state`. PyMC4 took the last two and did not look at them.

    Returns
    -------
    (SamplingState, SamplingState, list, list, dict, dict)
        The evaluated state, that of a sampler, the names of the discrete and of the continuous variables without data,
        and all continuous and all discrete distributions by name.
    """
    _, evaluated = evaluate_model_transformed(model, observed=observed, state=state)
    free = [name for name in evaluated.distributions if name not in evaluated.observed_values]
    return (
        evaluated,
        evaluated.as_sampling_state()[0],
        [name for name in free if name in evaluated.discrete_distributions],
        [name for name in free if name in evaluated.continuous_distributions],
        evaluated.continuous_distributions,
        evaluated.discrete_distributions,
    )


def trace_to_arviz(
    trace: Any = None,
    sample_stats: Mapping[str, Any] | None = None,
    observed_data: Mapping[str, Any] | None = None,
    prior_predictive: Mapping[str, Any] | None = None,
    posterior_predictive: Mapping[str, Any] | None = None,
    log_likelihood: Mapping[str, Any] | None = None,
    inplace: bool = True,
) -> Any:
    """Arrays as an InferenceData.

    Parameters
    ----------
    trace
        Draws by name, ``(draws, chains, *shape)`` as TensorFlow Probability makes them; or an InferenceData that
        ``posterior_predictive`` is added to.
    sample_stats, log_likelihood
        Statistics and pointwise log densities by name, ``(draws, chains, ...)``.
    observed_data
        Data by name.
    prior_predictive
        Draws by name, ``(draws, *shape)``.
    posterior_predictive
        Draws by name, ``(chains, draws, *shape)``; beside it, draws given as a dictionary are left out.
    inplace
        Whether an InferenceData given as ``trace`` is part of the result.

    Returns
    -------
    InferenceData
    """
    import arviz

    if posterior_predictive is not None:
        if isinstance(trace, arviz.InferenceData) and inplace:
            return trace + arviz.from_dict(posterior_predictive=_arrays(posterior_predictive))
        trace = None
    return arviz.from_dict(
        posterior=_swapped(trace),
        sample_stats=_swapped(sample_stats),
        prior_predictive=None if prior_predictive is None else _arrays(prior_predictive, lead=True),
        posterior_predictive=None if posterior_predictive is None else _arrays(posterior_predictive),
        log_likelihood=_swapped(log_likelihood),
        observed_data=None if observed_data is None else _arrays(observed_data),
    )


def scope_remove_transformed_part_if_required(name: str, transformed_values: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the random variable that a value variable belongs to, with its path and without.

    Examples
    --------
    >>> scope_remove_transformed_part_if_required("m/__log_sd", {"m/__log_sd": 0.0})
    ('m/sd', 'sd')
    """
    path, slash, leaf = name.rpartition("/")
    if transformed_values and name in transformed_values:
        leaf = leaf[2:].partition("_")[2]
    return f"{path}{slash}{leaf}", leaf


def _arrays(values: Mapping[str, Any], lead: bool = False) -> dict[str, np.ndarray]:
    arrays = {name: np.asarray(x) for name, x in values.items()}
    return {name: x[np.newaxis] for name, x in arrays.items()} if lead else arrays


def _swapped(values: Any) -> dict[str, np.ndarray] | None:
    """With the chains in front of the draws."""
    return None if values is None else {name: np.swapaxes(x, 0, 1) for name, x in _arrays(values).items()}
