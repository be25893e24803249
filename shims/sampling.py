"""PyMC3's inference calls, on the one log density."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from pm_migrate.errors import IncorrectArgumentsError, ModelError, NotSupported
from pm_migrate.shims import placeholders, recording
from pm_migrate.shims.backends.base import BaseTrace, MultiTrace
from pm_migrate.shims.backends.text import Text
from pm_migrate.shims.distributions.simulator import Simulator
from pm_migrate.shims.inference.stepping import Plan, PopulationStepper, iterate, stop_tuning
from pm_migrate.shims.model import Model, modelcontext
from pm_migrate.shims.predictive import (
    fast_sample_posterior_predictive,
    sample_posterior_predictive,
    sample_posterior_predictive_w,
    sample_prior_predictive,
)
from pm_migrate.shims.step_methods.assignment import (
    FITTED_INITS,
    STEP_METHODS,
    as_list,
    assign_step_methods,
    compiled_options,
    instantiate_steppers,
    select,
)
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.step_methods.hmc import NUTS
from pm_migrate.shims.util import check_start_vals, get_var_name

__all__ = [
    "NUTS",
    "STEP_METHODS",
    "PopulationStepper",
    "assign_step_methods",
    "fast_sample_posterior_predictive",
    "init_nuts",  # noqa: F822 - see __getattr__
    "instantiate_steppers",
    "iter_sample",
    "sample",
    "sample_posterior_predictive",
    "sample_posterior_predictive_w",
    "sample_prior_predictive",
    "stop_tuning",
]

#: With fewer draws, r-hat and effective sample sizes say nothing.
_ENOUGH = 100

#: Arguments of NUTS beside those.
_NUTS_OPTIONS = frozenset(
    """
    Emax adapt_step_size early_max_treedepth gamma is_cov k potential scaling step_rand step_scale t0
    """.split()
)


def default_chains(cores: int | None = None) -> int:
    """Number of chains when none is asked for: PyMC3's rule, at least 2 and one per core up to 4."""
    return max(2, default_cores() if cores is None else cores)


def default_cores() -> int:
    """Number of cores when it is not said: PyMC3's rule, at most 4."""
    return min(4, recording.cores())


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
    """Draw from the posterior, by default with NUTS, and Metropolis steps for discrete variables.

    All chains run in one compiled program where NUTS takes all continuous variables, by itself or by ``step=``, with no
    other options than ``target_accept`` and ``max_treedepth``, and the discrete ones are left to the assignment. In any
    other case step methods are called from Python, draw by draw and chain by chain.

    Parameters
    ----------
    draws, tune, chains
        Draws and warm-up draws per chain, and number of chains (PyMC3's rule when None).
    init
        How NUTS is initialised, where it is assigned; see ``init_nuts``. None leaves it at the start.
    start, initvals
        Start point, or one per chain; constrained or unconstrained names.
    trace
        Variables to keep; all when None. Or a backend to record in (:class:`~pm_migrate.shims.backends.text.Text` has
        files), or a ``MultiTrace`` to continue from its last points: it is returned with all draws that were in it, and
        those of the warm-up.
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
        Called as ``callback(trace=, draw=)`` for every draw, in the compiled program after the block that made it; a
        ``KeyboardInterrupt`` from it ends the run.
    return_inferencedata
        True for ``InferenceData``, False or None for a ``MultiTrace`` as PyMC3 3.11 did.
    idata_kwargs
        Arguments of :func:`~pm_migrate.shims.backends.labelled.from_pymc3` for the ``InferenceData``.
    step
        A step method, or several; variables that none of them takes are assigned by
        :func:`~pm_migrate.shims.step_methods.assignment.assign_step_methods`.
    target_accept, max_treedepth, nuts, nuts_kwargs
        Options of NUTS, 0.8 and 10 by default. The first two are refused beside ``step=`` and with ``init=None``.
    n_init, jitter_max_retries
        For ``init_nuts``.
    cores
        Threads that chains are dealt to; also decides how many chains there are when ``chains`` is None. Where step
        methods are called from Python, with ``cores=1`` those that were given are used themselves, else copies for each
        chain; there are no processes.
    progressbar
        Show a bar if there is a terminal or a notebook.
    mp_ctx, pickle_backend
        Without meaning.
    **kwargs
        Options of NUTS where it takes all variables, else options of step methods by their names:
        ``metropolis={"tune_interval": 50}``.

    Returns
    -------
    MultiTrace or InferenceData

    Raises
    ------
    NotSupported
        For a model with a Simulator.
    ValueError
        For a model without free variables, start values of another shape, or unknown arguments.
    SamplingError
        For a start where the density is not finite.
    """
    direct = {"target_accept": target_accept, "max_treedepth": max_treedepth}
    direct = {name: value for name, value in direct.items() if value is not None}
    if direct and (step is not None or init is None):
        instead = "give them to the step method" if step is not None else f"pass nuts={direct}"
        raise IncorrectArgumentsError(f"Unused step method arguments: {sorted(direct)}; {instead}")
    direct.update({**(nuts or {}), **(nuts_kwargs or {})})
    model = modelcontext(model)
    _check_model(model)
    if not discard_tuned_samples and not return_inferencedata:
        warnings.warn(
            "Tuning samples will be included in the returned `MultiTrace` object, which can lead to complications in "
            "your downstream analysis. Please consider to switch to `InferenceData`:\n"
            "`pm.sample(..., return_inferencedata=True)`",
            UserWarning,
            stacklevel=2,
        )
    points = _starts(model, initvals if initvals is not None else start)
    chains = default_chains(cores) if chains is None else chains
    cores = default_cores() if cores is None else cores
    _check_trace(trace, model)
    store, discarded = trace if isinstance(trace, Text) else None, discard_tuned_samples
    if store is not None:
        store.check(range(chain_idx, chain_idx + chains))
        trace, discard_tuned_samples = store.vars, False  # the files have the warm-up
    if recording.active:
        from pm_migrate.shims import inference

        recording.use(model)
        density = model.log_density()
        stand_in = inference.stand_in(model, density, chains, draws)
        drawn = inference.multitrace(density, stand_in, model, _recorded_names(trace), chain_idx)
    elif (options := compiled_options(model, step, init, direct, kwargs, trace)) is not None:
        drawn = _sample_compiled(
            model,
            options,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=_chain_seed(random_seed),
            start=points,
            init="adapt_diag" if init is None or step is not None else init,
            n_init=n_init,
            retries=jitter_max_retries,
            cores=cores,
            progress=progressbar,
            discard_tuned=discard_tuned_samples,
            names=_recorded_names(trace),
            first=chain_idx,
            callback=callback,
            check=compute_convergence_checks,
        )
        for method in as_list(step):
            method.stop_tuning()
    else:
        seeds = _chain_seeds(random_seed, chains)
        how = {"init": init, "n_init": n_init, "random_seed": seeds, "jitter_max_retries": jitter_max_retries}
        step, points = _stepper(model, step, points, chains, direct, kwargs, {**how, "progressbar": progressbar})
        from pm_migrate.shims.inference.stepwise import sample_stepwise

        drawn = sample_stepwise(
            Plan(step, draws + tune, tune, model, trace, callback, progressbar),
            chains=chains,
            first=chain_idx,
            starts=points,
            seeds=seeds,
            cores=cores,
            discard_tuned=discard_tuned_samples,
            enough=_ENOUGH if compute_convergence_checks else None,
        )
    if compute_convergence_checks and draws < _ENOUGH and not recording.active:
        warnings.warn("The number of samples is too small to check convergence reliably.", UserWarning, stacklevel=2)
    drawn.report._log_summary()
    if store is not None:
        drawn = store.keep(drawn, tune if discarded and not recording.active else 0)
    if not return_inferencedata:
        return drawn
    from pm_migrate.shims.backends.labelled import from_pymc3

    return from_pymc3(drawn, **{"model": model, "save_warmup": not discarded, **(idata_kwargs or {})})


def iter_sample(
    draws: int,
    step: Any,
    start: Mapping[str, Any] | None = None,
    trace: Any = None,
    chain: int = 0,
    tune: int | None = None,
    model: Model | None = None,
    random_seed: Any = None,
    callback: Any = None,
) -> Iterator[MultiTrace]:
    """Make one chain, and show the trace so far after each draw.

    Parameters
    ----------
    draws
        Number of draws, warm-up included.
    step
        Step method, or a list of them.
    start, trace, callback
        As for :func:`sample`, for one chain.
    chain
        Number of the chain.
    tune
        How many of the draws are warm-up.
    model, random_seed
        The model, the open one by default; seed of NumPy's global state.

    Yields
    ------
    MultiTrace
        Of one chain.
    """
    if recording.active:
        whole = sample(draws, chains=1, model=model)
        yield from (whole[:made] for made in range(1, min(int(draws), 3) + 1))
        return
    plan = Plan(step, draws, tune or 0, modelcontext(model), trace, callback)
    for made, (strace, _) in enumerate(iterate(plan, chain, start, random_seed), 1):
        yield MultiTrace([strace[:made]])


def _sample_compiled(
    model: Model,
    options: Mapping[str, Any],
    *,
    names: Sequence[str] | None,
    first: int,
    callback: Any,
    check: bool,
    **run: Any,
) -> MultiTrace:
    """Sample with the compiled program."""
    from pm_migrate.shims import inference

    density = model.log_density()
    n_init = run.pop("n_init")
    if run["init"] in FITTED_INITS:
        run.update(_fitted(model, run, n_init))
    tune, total = run["tune"], run["draws"] + run["tune"]
    watch = _watcher(callback, density, tune, total, model, first)
    result = inference.sample_chains(density, watch=watch, **run, **options)
    drawn = inference.multitrace(density, result, model, names, first)
    if check:
        found = inference.find(density, result, target_accept=options["target_accept"])
        enough = run["draws"] >= _ENOUGH
        drawn.report._add_findings([f for f in found if enough or f.kind != "CONVERGENCE"])
    return drawn


def _fitted(model: Model, run: Mapping[str, Any], n_init: int) -> dict[str, Any]:
    """Start points and metric for the compiled program, where something is fitted or maximised for them."""
    if model.disc_vars:
        return {"init": "adapt_diag"}  # as PyMC3, which initialises NUTS only where it takes all variables
    potentials = import_module("pm_migrate.shims.step_methods.hmc.quadpotential")
    seed = run["seed"] if run["seed"] is None else int(np.atleast_1d(run["seed"])[0])
    found, step = sys.modules[__name__].init_nuts(
        run["init"], run["chains"], n_init, model=model, random_seed=seed, progressbar=run["progress"]
    )
    dense = isinstance(step.potential, potentials.QuadPotentialFull)
    metric = np.array([step.potential.velocity(row) for row in np.eye(model.ndim)])
    points = [{v.name: point[v.name] for v in model.free_RVs} for point in found]
    return {
        "init": "adapt_diag",
        "start": points if run["start"] is None else run["start"],
        "metric": metric if dense else np.diag(metric),
        "adapt_metric": "adapt" in run["init"],
    }


def _stepper(
    model: Model,
    step: Any,
    points: Sequence[Mapping[str, Any]] | None,
    chains: int,
    nuts: Mapping[str, Any],
    kwargs: Mapping[str, Any],
    how: Mapping[str, Any],
) -> tuple[Any, list[Mapping[str, Any]]]:
    """The step method of all variables, and the start of each chain."""
    points = [points] * chains if isinstance(points, Mapping) else points
    automatic = not as_list(step) and how["init"] is not None and set(select(model, set())) == {NUTS}
    if automatic:
        unknown = sorted(kwargs.keys() - _NUTS_OPTIONS)
        if unknown:
            raise IncorrectArgumentsError(f"Unused step method arguments: {unknown}")
        initialise = sys.modules[__name__].init_nuts
        found, step = initialise(chains=chains, model=model, **how, **nuts, **kwargs)
        points = found if points is None else points
    else:
        step = assign_step_methods(model, step, step_kwargs={**({"nuts": nuts} if nuts else {}), **kwargs})
    check_start_vals(model.test_point if points is None else list(points), model)
    if points is not None and len(points) < chains:
        raise ModelError(f"start has {len(points)} points for {chains} chains; give one point, or one per chain")
    return CompoundStep(step) if isinstance(step, list) else step, [{}] * chains if points is None else list(points)


def _check_model(model: Model) -> None:
    simulated = [v.name for v in model.observed_RVs if isinstance(v.distribution, Simulator)]
    if simulated:
        raise NotSupported(
            f"pm.sample cannot use the data of {simulated}: a Simulator has no density, and the draws would be from "
            "the prior; it needs sequential Monte Carlo (pm.sample_smc)"
        )
    if not model.free_RVs:
        raise ModelError("The model does not contain any free variables.")


def _check_trace(trace: Any, model: Model) -> None:
    """Refuse a name in place of a store, and variables that the model does not have."""
    if isinstance(trace, str):
        raise IncorrectArgumentsError(
            f"trace={trace!r}: give a list of variables, or pm.backends.Text(folder), which 'text' stood for before 3.9"
        )
    known = {str(v.name) for v in model.unobserved_RVs}
    unknown = [name for name in _recorded_names(trace) or () if name not in known]
    if unknown:
        raise ModelError(f"trace= has {', '.join(unknown)}, and the model {', '.join(sorted(known))}")


def _recorded_names(trace: Any) -> list[str] | None:
    if trace is None or isinstance(trace, (BaseTrace, MultiTrace)):
        return None
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


def _chain_seeds(random_seed: Any, chains: int) -> list[Any]:
    """A seed for each chain, as PyMC3 makes them; an integer sets NumPy's global state too."""
    given = _chain_seed([random_seed] if chains == 1 and _is_integer(random_seed) else random_seed)
    if given is None or _is_integer(given):
        return [np.random.randint(2**30) for _ in range(chains)]
    seeds = list(given)
    if len(seeds) < chains:
        raise ModelError(f"random_seed has {len(seeds)} seeds for {chains} chains")
    return seeds


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and value != -1


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


_placeholder = placeholders.fallback("sampling")


def __getattr__(name: str) -> Any:
    if name in ("init_nuts", "_init_jitter"):
        return getattr(import_module("pm_migrate.shims.step_methods.hmc.initialising"), name)
    return _placeholder(name)
