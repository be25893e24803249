"""Sampling as PyMC3 was asked for it: with step methods, callbacks, traces that are continued, kept warm-ups."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.shims.pymc4.backends.text import Text
from pm_migrate.shims.pymc4.calls import DRAWS, add_group
from pm_migrate.shims.pymc4.density_model import density

#: Arguments of PyMC3's ``pm.sample`` that the drop-in's machinery serves, with what they are when nothing is asked.
PYMC3_ARGUMENTS: Mapping[str, Any] = {
    "step": None,
    "trace": None,
    "callback": None,
    "discard_tuned_samples": True,
    "idata_kwargs": None,
    "chain_idx": 0,
    "nuts_kwargs": None,
    "step_kwargs": None,
}
#: Those that only say how; they have a meaning where one of the others is given, or ``init`` needs them.
WITH_THEM = ("cores", "n_init", "jitter_max_retries", "compute_convergence_checks")
#: Initialisations that fit or maximise something first.
FITTED = ("advi+adapt_diag", "advi+adapt_diag_grad", "advi", "advi_map", "map", "jitter+adapt_diag_grad")


def asked(kwargs: Mapping[str, Any], start: Any, init: Any, seed: Any) -> bool:
    """Whether a call needs the drop-in's machinery."""
    special = any(name in kwargs and kwargs[name] is not PYMC3_ARGUMENTS[name] for name in PYMC3_ARGUMENTS)
    several = isinstance(start, (list, tuple)) or not (seed is None or isinstance(seed, (int, np.integer)))
    return special or several or (init is not None and init.lower() in FITTED)


def sample(
    model: Any,
    *,
    num_samples: int,
    num_chains: int,
    burn_in: int,
    observed: Mapping[str, Any] | None,
    seed: Any,
    init: str | None,
    start: Any,
    progressbar: bool,
    include_log_likelihood: bool,
    return_inferencedata: bool | None,
    **kwargs: Any,
) -> Any:
    """Draw with the drop-in's ``pm.sample`` from the model that :func:`pm.density` shows.

    Parameters
    ----------
    model, num_samples, num_chains, burn_in, observed, seed, init, start, progressbar, include_log_likelihood
        As for :func:`pm_migrate.shims.pymc4.inference.sampling.sample`.
    return_inferencedata
        With False, PyMC3's ``MultiTrace``.
    **kwargs
        The rest of PyMC3's arguments, for :func:`pm_migrate.shims.sampling.sample`.

    Returns
    -------
    InferenceData or MultiTrace
    """
    from pm_migrate.shims.backends.labelled import from_pymc3
    from pm_migrate.shims.sampling import sample as drawn

    view = density(model, observed)
    labelled = kwargs.pop("idata_kwargs", None)
    on = "discard_tuned_samples"  # where None means off, and not the default
    options = {name: value for name, value in kwargs.items() if value is not None or name == on}
    step_options = options.pop("step_kwargs", None)
    if isinstance(options.get("trace"), Text):
        options["trace"] = options["trace"].of(view)
    _to_continue(options.get("trace"), view)
    with warnings.catch_warnings():
        if return_inferencedata:  # which keeps the warm-up in groups of its own
            warnings.filterwarnings("ignore", message="Tuning samples will be included", category=UserWarning)
        trace = drawn(
            draws=num_samples,
            tune=burn_in,
            chains=num_chains,
            model=view,
            random_seed=seed,
            init="auto" if init is None else init.lower(),
            start=start,
            progressbar=progressbar,
            return_inferencedata=False,
            **{**options, **(step_options or {})},
        )
    if not return_inferencedata:
        return trace
    kept = not kwargs.get("discard_tuned_samples", True)
    asked_for = {"log_likelihood": include_log_likelihood, "save_warmup": kept, **(labelled or {})}
    data = from_pymc3(trace, model=view, **asked_for)
    transformed = [str(v.name) for v in view.free_RVs if v.value_variable.transform is not None]
    transformed = [name for name in transformed if name in trace.varnames]  # of those that trace= keeps
    if transformed:
        own = dict(zip(transformed, (view.generator_variables()[name] for name in transformed), strict=True))
        part = slice(len(trace) - num_samples if kept else 0, None)
        values = {own[n]: np.stack(trace.get_values(n, combine=False, squeeze=False))[:, part] for n in transformed}
        add_group(data, "unconstrained_posterior", values, None, DRAWS)
    return data


def _to_continue(trace: Any, view: Any) -> None:
    """Give the chains of a ``MultiTrace`` that the compiled sampler made the model whose draws come after theirs."""
    for strace in getattr(trace, "_straces", {}).values():
        if strace.model is None and all(name in view.named_vars for name in strace.varnames):
            strace.model, strace.vars = view, [view.named_vars[name] for name in strace.varnames]
