"""The log density of a model as a function, as PyMC4's samplers made it for themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.pymc4.calls import density_of
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.flow import evaluate_model_transformed
from pm_migrate.shims.pymc4.flow.state import SamplingState
from pm_migrate.shims.pymc4.mcmc.utils import initialize_sampling_state
from pm_migrate.shims.pymc4.tensors import to_tensor

Tensor = Any


def build_logp_and_deterministic_functions(
    model: Model,
    num_chains: int | None = None,
    observed: Mapping[str, Any] | None = None,
    state: SamplingState | None = None,
    collect_reduced_log_prob: bool = True,
    parent_inds: Sequence[int] | None = None,
) -> tuple[Callable[..., Tensor], dict[str, Tensor], Callable[..., list[Tensor]], list[str], SamplingState]:
    """The log density, its variables, and what follows from them.

    Parameters
    ----------
    model
        A model.
    num_chains
        With ``collect_reduced_log_prob=False``, data are repeated so many times along a new first axis.
    observed, state
        Data, or data and values; not both.
    collect_reduced_log_prob
        Whether the log density is a scalar; otherwise its terms are broadcast against each other and added, for a model
        that is written for batches.
    parent_inds
        An order of the variables.

    Returns
    -------
    (callable, dict, callable, list of str, SamplingState)
        The log density, of unconstrained values by position or by name; these values at the start, by name in the
        order of positions; a function of the same arguments that gives deterministics and constrained values; their
        names; and the state of :func:`~pm_migrate.shims.pymc4.mcmc.utils.initialize_sampling_state`.

    Raises
    ------
    TypeError
        For something else than a model.
    ValueError
        For both ``state`` and ``observed``, and for a model without unobserved variables.
    """
    if not isinstance(model, Model):
        raise TypeError(f"`sample` function only supports `pm.Model` objects, but you've passed `{type(model)}`")
    if state is not None and observed is not None:
        raise ModelError("Can't use both `state` and `observed` arguments")
    found, names_after = initialize_sampling_state(model, observed=observed, state=state)
    data = dict(observed or {}) if state is None else dict(state.observed_values)
    density = density_of(model, data)
    if not density.variables:
        raise ModelError(f"Can not calculate a log probability: the model {model.name or ''} has no unobserved values.")
    names = [v.name for v in density.variables]
    if parent_inds:
        names = [names[i] for i in parent_inds]
    batched = {
        name: tf.repeat(to_tensor(x)[tf.newaxis], num_chains, axis=0)
        for name, x in density.observed.items()
        if num_chains is not None and not collect_reduced_log_prob
    }

    def by_name(values: tuple[Tensor, ...], named: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if values and named:
            raise TypeError("Either list state should be passed or a dict one")
        return dict(zip(names, values, strict=True)) if values else dict(named)

    def logpfn(*values: Tensor, **named: Tensor) -> Tensor:
        given = by_name(values, named)
        if collect_reduced_log_prob:
            return density.logp(given)
        at = SamplingState.from_values(given, {**data, **batched})
        return evaluate_model_transformed(model, state=at)[1].collect_unreduced_log_prob()

    def deterministics_callback(*values: Tensor, **named: Tensor) -> list[Tensor]:
        recorded = density.recorded(by_name(values, named))
        return [recorded[name] for name in names_after]

    initial = {name: to_tensor(found.all_unobserved_values[name]) for name in names}
    return logpfn, initial, deterministics_callback, names_after, found


def vectorize_logp_function(logpfn: Callable[..., Any]) -> Callable[..., Any]:
    """A function of values with one more axis in front, mapped over it."""

    def vectorized_logpfn(*state: Tensor) -> Any:
        return tf.vectorized_map(lambda one: logpfn(*one), state)

    return vectorized_logpfn


def tile_init(init: Sequence[Tensor], num_repeats: int) -> list[Tensor]:
    """Values repeated along a new first axis."""
    return [tf.repeat(tf.convert_to_tensor(x)[tf.newaxis], num_repeats, axis=0) for x in init]
