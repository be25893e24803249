"""PyMC3's inference calls, on the one log density."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pm_migrate.errors import IncorrectArgumentsError, ModelError, NotSupported
from pm_migrate.shims import placeholders, recording
from pm_migrate.shims.distributions.simulator import Simulator
from pm_migrate.shims.model import Model, modelcontext
from pm_migrate.shims.predictive import (
    fast_sample_posterior_predictive,
    sample_posterior_predictive,
    sample_posterior_predictive_w,
    sample_prior_predictive,
)
from pm_migrate.shims.util import get_var_name

__all__ = [
    "NUTS",
    "fast_sample_posterior_predictive",
    "sample",
    "sample_posterior_predictive",
    "sample_posterior_predictive_w",
    "sample_prior_predictive",
]

#: With fewer draws, r-hat and effective sample sizes say nothing.
_ENOUGH = 100

_NUTS_DEFAULTS = {"target_accept": 0.8, "max_treedepth": 10}

#: Arguments of step methods that PyMC3 takes and the sampler here has no use for.
_STEP_OPTIONS = frozenset(
    """
    DEMetropolis DEMetropolisZ adapt_step_size binary_gibbs_metropolis binary_metropolis categorical_gibbs_metropolis
    early_max_treedepth gamma hmc is_cov k metropolis path_length potential scaling slice step_rand step_scale t0
    """.split()
)


class NUTS:
    """Options of the No-U-Turn sampler, for ``step=pm.NUTS(...)``.

    Parameters
    ----------
    vars
        Must be None: all continuous variables are stepped together.
    target_accept
        Target acceptance probability of the step-size adaptation.
    max_treedepth
        Largest tree depth.
    """

    def __init__(
        self, vars: Any = None, target_accept: float = 0.8, max_treedepth: int = 10, model: Any = None, **kwargs: Any
    ) -> None:
        if vars is not None:
            raise NotSupported("pm.NUTS(vars=...) is not supported: leave vars out, the sampler steps all variables")
        if kwargs:
            raise NotSupported(f"pm.NUTS does not support {sorted(kwargs)}; it takes target_accept and max_treedepth")
        self.options = {"target_accept": target_accept, "max_treedepth": max_treedepth}


def default_chains(cores: int | None = None) -> int:
    """Number of chains when none is asked for: PyMC3's rule, at least 2 and one per core up to 4."""
    return max(2, min(4, os.cpu_count() or 1) if cores is None else cores)


def sample(
    draws: int = 1000,
    step: Any = None,
    init: str = "auto",
    n_init: int = 200_000,
    start: Any = None,
    trace: Any = None,
    chain_idx: int = 0,
    chains: int | None = None,
    cores: int | None = None,
    tune: int = 1000,
    progressbar: bool = True,
    model: Model | None = None,
    random_seed: Any = None,
    discard_tuned_samples: bool = True,
    compute_convergence_checks: bool = True,
    callback: Any = None,
    jitter_max_retries: int = 10,
    *,
    initvals: Any = None,
    return_inferencedata: bool | None = None,
    idata_kwargs: Mapping[str, Any] | None = None,
    mp_ctx: Any = None,
    pickle_backend: str = "pickle",
    target_accept: float | None = None,
    max_treedepth: int | None = None,
    nuts: Mapping[str, Any] | None = None,
    nuts_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Draw from the posterior with NUTS, and Metropolis for discrete variables.

    Parameters
    ----------
    draws, tune, chains
        Draws and warm-up draws per chain, and number of chains (PyMC3's rule when None).
    init
        ``auto``, ``adapt_diag`` or ``jitter+adapt_diag``.
    start, initvals
        Start point, or one per chain; constrained or unconstrained names.
    trace
        Variables to keep; all when None.
    chain_idx
        Number of the first chain.
    model
        The model; the open one by default.
    random_seed
        An integer, or a list of them; None draws one from NumPy's global state.
    discard_tuned_samples
        Whether to drop the warm-up. Otherwise a ``MultiTrace`` has it in front, an ``InferenceData`` in its own groups.
    compute_convergence_checks
        Whether to look for trouble; what is found is logged and kept in ``trace.report``.
    callback
        Called as ``callback(trace=, draw=)`` for every draw, after the block that made it; a ``KeyboardInterrupt`` from
        it ends the run.
    return_inferencedata
        True for ``InferenceData``, False or None for a ``MultiTrace`` as PyMC3 3.11 did.
    idata_kwargs
        Arguments of :func:`~pm_migrate.shims.backends.labelled.from_pymc3` for the ``InferenceData``.
    step
        None or :class:`NUTS`.
    target_accept, max_treedepth, nuts, nuts_kwargs
        Options of NUTS, 0.8 and 10 by default. The first two are refused beside ``step=`` and with ``init=None``.
    n_init, cores, progressbar, jitter_max_retries, mp_ctx, pickle_backend
        How PyMC3 does its work; ``cores`` decides how many chains there are when ``chains`` is None.

    Returns
    -------
    MultiTrace or InferenceData

    Raises
    ------
    NotSupported
        For options that are not supported, naming them.
    ValueError
        For a model without free variables, start values of another shape, or unknown arguments.
    """
    direct = {"target_accept": target_accept, "max_treedepth": max_treedepth}
    direct = {name: value for name, value in direct.items() if value is not None}
    if direct and (step is not None or init is None):
        instead = "give them to the step method" if step is not None else f"pass nuts={direct}"
        raise IncorrectArgumentsError(f"Unused step method arguments: {sorted(direct)}; {instead}")
    options = _nuts_options(step, {**_NUTS_DEFAULTS, **direct, **(nuts or {}), **(nuts_kwargs or {})}, kwargs)
    model = modelcontext(model)
    _check_model(model)
    kept = _recorded_names(trace)
    if not discard_tuned_samples and not return_inferencedata:
        warnings.warn(
            "Tuning samples will be included in the returned `MultiTrace` object, which can lead to complications in "
            "your downstream analysis. Please consider to switch to `InferenceData`:\n"
            "`pm.sample(..., return_inferencedata=True)`",
            UserWarning,
            stacklevel=2,
        )
    density = model.log_density()
    chains = default_chains(cores) if chains is None else chains
    from pm_migrate.shims import inference

    found: list[Any] = []
    if recording.active:
        result = inference.chains_from_values(recording.stand_in(density, chains, draws))
    else:
        result = inference.sample_chains(
            density,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=_chain_seed(random_seed),
            start=_starts(model, initvals if initvals is not None else start),
            init="adapt_diag" if init is None else init,
            progress=progressbar,
            discard_tuned=discard_tuned_samples,
            watch=_watcher(callback, density, tune, draws + tune, model, chain_idx),
            **options,
        )
        if compute_convergence_checks:
            found = inference.find(density, result, target_accept=options["target_accept"])
            if draws < _ENOUGH:
                found = [finding for finding in found if finding.kind != "CONVERGENCE"]
                text = "The number of samples is too small to check convergence reliably."
                warnings.warn(text, UserWarning, stacklevel=2)
    drawn = inference.multitrace(density, result, model, kept, chain_idx)
    drawn.report._add_findings(found)
    drawn.report._log_summary()
    if not return_inferencedata:
        return drawn
    from pm_migrate.shims.backends.labelled import from_pymc3

    return from_pymc3(drawn, **{"model": model, "save_warmup": not discard_tuned_samples, **(idata_kwargs or {})})


def _nuts_options(step: Any, options: dict[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    if unknown:
        later = sorted(set(unknown) & _STEP_OPTIONS)
        if later:
            raise NotSupported(
                f"pm.sample does not support {later}: it takes target_accept and max_treedepth for NUTS, and leaves "
                "discrete variables to Metropolis steps that tune themselves"
            )
        raise IncorrectArgumentsError(f"Unused step method arguments: {sorted(unknown)}")
    if isinstance(step, NUTS):
        options.update(step.options)
    elif step is not None:
        raise NotSupported(f"pm.sample(step={step!r}) is not supported: leave step out, or use pm.NUTS(...)")
    more = sorted(options.keys() - {"target_accept", "max_treedepth"})
    if more:
        raise NotSupported(f"NUTS does not support {more}: it takes target_accept and max_treedepth")
    return options


def _check_model(model: Model) -> None:
    simulated = [v.name for v in model.observed_RVs if isinstance(v.distribution, Simulator)]
    if simulated:
        raise NotSupported(
            f"pm.sample cannot use the data of {simulated}: a Simulator has no density, and the draws would be from "
            "the prior; it needs sequential Monte Carlo (pm.sample_smc)"
        )
    if not model.free_RVs:
        raise ModelError("The model does not contain any free variables.")


def _recorded_names(trace: Any) -> list[str] | None:
    if trace is None:
        return None
    if hasattr(trace, "get_values"):
        raise NotSupported(
            "pm.sample(trace=...) does not continue an earlier trace: pass start=trace.point(-1) and join the two with "
            "pm.backends.base.merge_traces, or sample once with more draws"
        )
    return [get_var_name(variable) for variable in trace]


def _chain_seed(random_seed: Any) -> Any:
    """The seed of the chains; an integer sets NumPy's global state too, as in PyMC3."""
    if random_seed is None or (isinstance(random_seed, int) and random_seed == -1):
        return None
    if isinstance(random_seed, (int, np.integer)):
        np.random.seed(random_seed)
    elif not isinstance(random_seed, Iterable):
        raise TypeError(f"Invalid value for `random_seed`: {random_seed!r}. Must be tuple, list or int")
    return random_seed


def _watcher(callback: Any, *about: Any) -> Any:
    if callback is None:
        return None
    from pm_migrate.shims.inference.watching import Watcher

    return Watcher(callback, *about)


def _check_start_shape(model: Model, start: Any) -> None:
    """Refuse start values of another shape than their variables'.

    Raises
    ------
    TypeError
        For something else than a dictionary.
    ValueError
        Naming the variables.
    """
    if not isinstance(start, Mapping):
        raise TypeError(f"start must be a dict or a list of dicts, not {start!r}")
    wrong = [
        f"Expected shape {v.tag.test_value.shape} for var '{v.name}', got: {np.shape(start[v.name])}"
        for v in model.free_RVs
        if v.name in start and np.shape(start[v.name]) != v.tag.test_value.shape
    ]
    if wrong:
        raise ModelError("\n".join(["Bad shape for start argument:", *wrong]))


def _starts(model: Model, start: Any) -> Any:
    if start is None:
        return None
    for point in [start] if isinstance(start, Mapping) else start:
        _check_start_shape(model, point)
    if isinstance(start, Mapping):
        return model.complete(start)
    return [model.complete(point) for point in start]


__getattr__ = placeholders.fallback("sampling")
