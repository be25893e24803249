"""Inference on generator models: posterior sampling, forward sampling, and arrays out of results."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.pymc4.compilation import compile_model, complete, pointwise
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.flow.state import SamplingState

#: Samplers of PyMC4 that the default one stands for: NUTS, with Metropolis steps for discrete variables.
_SAME_SAMPLER = frozenset({"nuts", "compound"})
_DRAWS = ("chain", "draw")
_GROUPS = ("posterior", "posterior_predictive", "prior", "prior_predictive")


def sample(
    model: Model,
    sampler_type: str | None = None,
    num_samples: int = 1000,
    num_chains: int = 10,
    burn_in: int = 100,
    observed: Mapping[str, Any] | None = None,
    state: SamplingState | None = None,
    xla: bool = True,
    use_auto_batching: bool = True,
    sampler_methods: Any = None,
    trace_discrete: Sequence[str] | None = None,
    seed: int | None = None,
    include_log_likelihood: bool = False,
    *,
    target_accept: float = 0.8,
    max_treedepth: int = 10,
    init: str = "auto",
    start: Mapping[str, Any] | None = None,
    progressbar: bool = True,
    **kwargs: Any,
) -> Any:
    """Draw from the posterior with NUTS, and Metropolis for discrete variables.

    Parameters
    ----------
    model
        A model.
    sampler_type
        None, ``nuts`` or ``compound``: they mean the same.
    num_samples, num_chains, burn_in
        Draws per chain, chains, and warm-up draws per chain.
    observed
        Data that replace those in the model, by full name.
    state
        Start values and data, from an evaluation.
    xla
        Compile with XLA.
    use_auto_batching
        Has no effect: chains are always batched.
    trace_discrete
        Has no effect: discrete variables are always integers in the result.
    seed
        For reproducible draws; from NumPy's global state when None.
    include_log_likelihood
        Add the group ``log_likelihood``, element by element.
    target_accept, max_treedepth, init, start, progressbar
        As in PyMC3's ``pm.sample`` (not in PyMC4). ``start`` takes names of random variables or of their transforms.

    Returns
    -------
    InferenceData
        ``posterior`` has random variables and deterministics; their unconstrained values are in
        ``unconstrained_posterior``.

    Raises
    ------
    StopExecution
        When ``model`` is not a model, for instance a template that was not called.
    NotSupported
        For other samplers and options.
    """
    if sampler_type is not None and sampler_type not in _SAME_SAMPLER:
        raise NotSupported(
            f"sampler_type={sampler_type!r} is not supported; leave it out (NUTS, with Metropolis for discrete "
            "variables), or give 'nuts' or 'compound'"
        )
    if sampler_methods is not None:
        raise NotSupported("sampler_methods= is not supported; leave it out: discrete variables get Metropolis steps")
    if kwargs:
        raise NotSupported(f"pm.sample does not support {sorted(kwargs)}; NUTS takes target_accept= and max_treedepth=")
    from pm_migrate.shims import inference

    observed, start = _from_state(state, observed, start)
    density = _density(model, observed)
    if recording.active:
        chains = inference.chains_from_values(recording.stand_in(density, num_chains, num_samples))
    else:
        chains = inference.sample_chains(
            density,
            draws=num_samples,
            tune=burn_in,
            chains=num_chains,
            seed=_integer_seed(seed),
            target_accept=target_accept,
            max_treedepth=max_treedepth,
            start=None if start is None else complete(model, start, observed),
            init=init,
            progress=progressbar,
            jit=xla,
            discard_tuned=True,
        )
        inference.warn(density, chains, target_accept=target_accept)
    data = inference.to_inference_data(density, chains)
    _add_unconstrained(data, density, chains)
    if include_log_likelihood:
        _add_group(data, "log_likelihood", _log_likelihood(model, density, chains, observed), density, _DRAWS)
    return data


def sample_prior_predictive(
    model: Model,
    sample_shape: int | tuple[int, ...] = 1000,
    sample_from_observed: bool = True,
    var_names: str | Sequence[str] | None = None,
    state: SamplingState | None = None,
    use_auto_batching: bool = True,
    seed: int | None = None,
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

    Returns
    -------
    InferenceData
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
    if not sample_from_observed and var_names is None:
        drawn = {name: values for name, values in drawn.items() if name not in density.observed}
    wanted = _names(var_names, drawn, ValueError)
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
) -> Any:
    """Draw the variables with data anew, given posterior draws.

    Parameters
    ----------
    model
        The model.
    trace
        Result of :func:`sample`.
    var_names
        Names to draw; the variables with data by default.
    observed
        Data that replace those in the model, by full name; only their shapes matter for what is drawn.
    use_auto_batching
        Has no effect: draws are always batched.
    inplace
        Add the group to ``trace`` (replacing one that is there) and return it; with False return a new object.
    num_draws
        Use that many posterior draws, in order and cyclically as PyMC3's ``samples=`` (not in PyMC4); the group then
        has leading axes ``(1, num_draws)``.
    seed
        For reproducible draws; from NumPy's global state when None (not in PyMC4).

    Returns
    -------
    InferenceData
        With the group ``posterior_predictive``, leading axes ``(chain, draw)``.

    Raises
    ------
    KeyError
        For a name that is not in the model.
    ValueError
        For an empty ``var_names``.
    """
    from pm_migrate.shims import inference
    from pm_migrate.shims.inference.trace import add_constants

    if var_names is not None and len(var_names) == 0:
        raise ValueError("Supplied an empty var_names list to sample from")
    density = _density(model, observed)
    posterior = trace.posterior
    lead = (posterior.sizes["chain"], posterior.sizes["draw"])
    given = {str(k): v.values.reshape(-1, *v.shape[2:]) for k, v in posterior.data_vars.items()}
    if num_draws is not None:
        index = np.arange(num_draws) % math.prod(lead)
        given = {name: values[index] for name, values in given.items()}
        lead = (1, num_draws)
    known = [*dict.fromkeys([*(v.rv_name for v in density.variables), *density.observed, *given])]
    names = list(density.observed) if var_names is None else _names(var_names, known, KeyError)
    given = {name: values for name, values in given.items() if name not in names}
    drawn = inference.posterior_predictive(density, given, _integer_seed(seed), names)
    values = {name: np.reshape(drawn[name], (*lead, *np.shape(drawn[name])[1:])) for name in names}
    data = trace if inplace else _empty()
    _add_group(data, "posterior_predictive", values, density, _DRAWS)
    add_constants(data, density)
    return data


def draws(data: Any, name: str, group: str | None = None) -> np.ndarray:
    """The draws of one variable as an array, chains one after the other: what PyMC3's ``trace["x"]`` gave.

    Parameters
    ----------
    data
        An InferenceData.
    name
        Name of the variable.
    group
        Its group; by default the first that has it of posterior, posterior_predictive, prior and prior_predictive.

    Returns
    -------
    ndarray
        Shape ``(chains * draws, *shape)``.

    Raises
    ------
    KeyError
        When there is no such variable, with the names that there are.
    """
    groups = [g for g in ((group,) if group is not None else _GROUPS) if hasattr(data, g)]
    for found in groups:
        dataset = getattr(data, found)
        if name in dataset.data_vars:
            values = dataset[name].values
            return values.reshape(-1, *values.shape[2:])
    there = "; ".join(f"{g} has {[str(v) for v in getattr(data, g).data_vars]}" for g in groups)
    where = f"group {group!r}" if group is not None else f"any of {', '.join(_GROUPS)}"
    raise KeyError(f"no variable {name!r} in {where}: {there or 'there is no such group'}")


def _density(model: Any, observed: Mapping[str, Any] | None) -> LogDensity:
    if isinstance(model, Model) and not observed:
        return recording.density(model)
    return compile_model(model, observed)


def _from_state(
    state: SamplingState | None, observed: Mapping[str, Any] | None, start: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Data and start values, those of a state where none were given."""
    if state is None:
        return observed, start
    if observed is None and state.observed_values:
        observed = state.observed_values
    if start is None and state.all_unobserved_values:
        start = {**state.untransformed_values, **state.transformed_values}
    return observed, start


def _fixing(density: LogDensity, values: Mapping[str, Any]) -> LogDensity:
    """The density with ``values`` given to every forward draw."""
    if not values:
        return density
    fixed = {name: tf.convert_to_tensor(value) for name, value in values.items()}
    return replace(density, forward=lambda given, seed: density.forward({**fixed, **given}, seed), _compiled={})


def _integer_seed(seed: int | None) -> int:
    """An integer seed; from NumPy's global state when None, so that ``np.random.seed`` reproduces.

    A recording draws nothing from it: the data that a program simulates later must be the original's.
    """
    if seed is None and recording.active:
        return 0
    return int(np.random.randint(2**31 - 1)) if seed is None else int(seed)


def _names(wanted: str | Sequence[str] | None, known: Any, error: type[Exception]) -> list[str]:
    if wanted is None:
        return list(known)
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise error(f"var_names {unknown} are not defined in the model; it has {list(known)}")
    return names


def _empty() -> Any:
    import arviz

    return arviz.InferenceData()


def _add_group(
    data: Any, group: str, values: Mapping[str, np.ndarray], density: LogDensity | None, lead: tuple[str, ...]
) -> None:
    """Add a labelled group, replacing one of that name."""
    from pm_migrate.shims.inference.trace import attributes, dataset

    if group in data.groups():
        delattr(data, group)
    with warnings.catch_warnings():
        # ArviZ knows no name for unconstrained draws
        warnings.filterwarnings("ignore", message=".*not defined in the InferenceData scheme", category=UserWarning)
        data.add_groups({group: dataset(values, density, attributes(None), lead)})


def _add_unconstrained(data: Any, density: LogDensity, chains: Any) -> None:
    transformed = {v.name: np.asarray(chains.values[v.name]) for v in density.variables if v.transform is not None}
    if transformed:
        _add_group(data, "unconstrained_posterior", transformed, None, _DRAWS)


def _log_likelihood(
    model: Model, density: LogDensity, chains: Any, observed: Mapping[str, Any] | None
) -> dict[str, np.ndarray]:
    """Log density of the data at every draw, element by element."""
    one = pointwise(model, density, observed)
    values = {v.name: np.asarray(chains.values[v.name], v.dtype) for v in density.variables}
    lead = next(iter(values.values())).shape[:2]
    flat = {name: tf.constant(v.reshape(-1, *v.shape[2:])) for name, v in values.items()}
    mapped = tf.function(lambda batch: tf.vectorized_map(one, batch), autograph=False)(flat)
    return {name: v.numpy().reshape(*lead, *v.shape[1:]) for name, v in mapped.items()}
