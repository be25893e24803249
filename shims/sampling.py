"""PyMC3's inference calls, on the one log density."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims import recording
from pm_migrate.shims.distributions.simulator import Simulator
from pm_migrate.shims.model import Model, modelcontext

_log = logging.getLogger("pm_migrate")


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
    target_accept: float = 0.8,
    max_treedepth: int = 10,
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
    random_seed
        An integer, or a list of them; None draws one from NumPy's global state.
    return_inferencedata
        True for ``InferenceData``, False or None for a ``MultiTrace`` as PyMC3 3.11 did.
    step
        None or :class:`NUTS`.

    Returns
    -------
    MultiTrace or InferenceData

    Raises
    ------
    NotSupported
        For options that are not supported, naming them.
    """
    _refuse(trace=trace, callback=callback, idata_kwargs=idata_kwargs)
    if kwargs:
        raise NotSupported(f"pm.sample does not support {sorted(kwargs)}")
    options = {"target_accept": target_accept, "max_treedepth": max_treedepth, **(nuts or {}), **(nuts_kwargs or {})}
    if isinstance(step, NUTS):
        options.update(step.options)
    elif step is not None:
        raise NotSupported(f"pm.sample(step={step!r}) is not supported: leave step out, or use pm.NUTS(...)")
    model = modelcontext(model)
    simulated = [v.name for v in model.observed_RVs if isinstance(v.distribution, Simulator)]
    if simulated:
        raise NotSupported(
            f"pm.sample cannot use the data of {simulated}: a Simulator has no density, and the draws would be from "
            "the prior; it needs sequential Monte Carlo (pm.sample_smc)"
        )
    density = model.log_density()
    chains = default_chains(cores) if chains is None else chains
    from pm_migrate.shims import inference

    if recording.active:
        result = inference.chains_from_values(recording.stand_in(density, chains, draws))
    else:
        result = inference.sample_chains(
            density,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=random_seed,
            start=_starts(model, initvals if initvals is not None else start),
            init=init,
            progress=progressbar,
            discard_tuned=discard_tuned_samples,
            **options,
        )
        if compute_convergence_checks:
            inference.warn(density, result, target_accept=options["target_accept"])
    if return_inferencedata:
        return inference.to_inference_data(density, result)
    return inference.MultiTrace(density, result)


def _refuse(**options: Any) -> None:
    for name, value in options.items():
        if value is not None:
            raise NotSupported(f"pm.sample({name}=...) is not supported")


def _seed(random_seed: Any) -> int:
    """One integer seed; from NumPy's global state when none is given, so that ``np.random.seed`` reproduces.

    A recording draws nothing from it: the data that a program simulates later must be the original's.
    """
    if random_seed is None and recording.active:
        return 0
    if random_seed is None:
        return int(np.random.randint(2**31 - 1))
    return int(np.atleast_1d(random_seed)[0])


def _starts(model: Model, start: Any) -> Any:
    if start is None:
        return None
    if isinstance(start, Mapping):
        return model.complete(start)
    return [model.complete(point) for point in start]


def sample_prior_predictive(
    samples: int = 500, model: Model | None = None, var_names: Sequence[str] | None = None, random_seed: Any = None
) -> dict[str, np.ndarray]:
    """Draw all variables from the prior.

    Returns
    -------
    dict
        Variable name to draws of shape ``(samples, *shape)``.
    """
    from pm_migrate.shims import inference

    model = modelcontext(model)
    drawn = inference.prior_predictive(model.log_density(), samples, _seed(random_seed))
    return {name: drawn[name] for name in (drawn if var_names is None else var_names)}


def sample_posterior_predictive(
    trace: Any,
    samples: int | None = None,
    model: Model | None = None,
    var_names: Sequence[str] | None = None,
    size: int | None = None,
    keep_size: bool = False,
    random_seed: Any = None,
    progressbar: bool = True,
) -> dict[str, np.ndarray]:
    """Draw observed variables given posterior draws.

    Parameters
    ----------
    trace
        A ``MultiTrace``, an ``InferenceData`` or a list of points.
    samples
        Number of draws; posterior draws are taken in order, cyclically. All of them when None.
    var_names
        Names to draw; the observed variables by default.
    keep_size
        Return shape ``(chains, draws, *shape)``.

    Returns
    -------
    dict
        Variable name to draws of shape ``(samples, *shape)``.
    """
    from pm_migrate.shims import inference

    _refuse(size=size)
    model = modelcontext(model)
    density = model.log_density()
    posterior, chains = _posterior(trace)
    total = len(next(iter(posterior.values())))
    if samples is not None and not keep_size:
        index = np.arange(samples) % total
        posterior = {name: values[index] for name, values in posterior.items()}
    names = list(density.observed) if var_names is None else list(var_names)
    kept = {name: values for name, values in posterior.items() if name not in names}
    drawn = inference.posterior_predictive(density, kept, _seed(random_seed), names)
    if keep_size:
        return {name: values.reshape(chains, total // chains, *values.shape[1:]) for name, values in drawn.items()}
    return drawn


fast_sample_posterior_predictive = sample_posterior_predictive


def _posterior(trace: Any) -> tuple[dict[str, np.ndarray], int]:
    """Draws by name, chains joined, and the number of chains."""
    if hasattr(trace, "posterior"):
        posterior = trace.posterior
        chains = posterior.sizes["chain"]
        return {str(k): v.values.reshape(-1, *v.shape[2:]) for k, v in posterior.data_vars.items()}, chains
    if hasattr(trace, "get_values"):
        return {name: trace.get_values(name) for name in trace.varnames}, trace.nchains
    points = list(trace)
    return {name: np.stack([p[name] for p in points]) for name in points[0]}, 1
