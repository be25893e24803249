"""``pm.sample``: draws from the posterior of a generator model, by any sampler."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pm_migrate.errors import IncorrectArgumentsError
from pm_migrate.shims import recording
from pm_migrate.shims.pymc4.calls import density_of, from_state
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.errors import StopExecution
from pm_migrate.shims.pymc4.flow.driver import not_a_model
from pm_migrate.shims.pymc4.flow.state import SamplingState
from pm_migrate.shims.pymc4.inference import pymc3_sampling
from pm_migrate.shims.pymc4.mcmc.samplers import reg_samplers, sampler_class

__all__ = ["auto_assign_sampler", "check_proposal_functions", "reg_samplers", "sample"]

_log = logging.getLogger("pm_migrate")


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
    sampler_methods: Sequence[Any] | None = None,
    trace_discrete: Sequence[str] | None = None,
    seed: int | None = None,
    include_log_likelihood: bool = False,
    *,
    target_accept: float | None = None,
    max_treedepth: int | None = None,
    init: str | None = None,
    start: Mapping[str, Any] | None = None,
    progressbar: bool = True,
    adapt_mass_matrix: bool | None = None,
    include_transformed: bool | None = None,
    log_accept_ratio: bool | None = None,
    defaults: str = "pm_migrate",
    return_inferencedata: bool | None = True,
    **kwargs: Any,
) -> Any:
    """Draw from the posterior.

    Parameters
    ----------
    model
        A model.
    sampler_type
        ``nuts``, ``hmc``, ``nuts_simple``, ``hmc_simple``, ``rwm`` (or ``randomwalkm``) or ``compound``. By default
        ``nuts``, and ``compound`` for a model with discrete variables or where ``sampler_methods`` is given: NUTS, with
        Metropolis steps for discrete variables. Those two run in one compiled program, all chains at once; the others,
        and ``sampler_methods``, draw by draw.
    num_samples, num_chains, burn_in
        Draws per chain, chains, and warm-up draws per chain. With ``burn_in=0`` nothing is adapted.
    observed
        Data that replace those in the model, by full name.
    state
        Start values and data, from an evaluation; not together with ``observed``.
    xla
        Compile with XLA; otherwise it runs as a TensorFlow graph (PyMC4's default was False).
    use_auto_batching
        Has no effect: chains are always batched, and a model need not be written for it.
    sampler_methods
        Tuples ``(variables, sampler class)`` or ``(variables, sampler class, keywords)``; see
        :class:`~pm_migrate.shims.pymc4.mcmc.samplers.CompoundStep`.
    trace_discrete
        Variables whose draws become int32, by their names with or without the path. Discrete ones are integers (int64)
        in any case.
    seed
        For reproducible draws; from NumPy's global state when None.
    include_log_likelihood
        Add the group ``log_likelihood``, element by element.
    target_accept, max_treedepth
        PyMC3's names of ``target_accept_prob`` (0.8 by default, 0.75 where NUTS does not run in the compiled program)
        and ``max_tree_depth`` (10).
    init, start, progressbar
        As in PyMC3's ``pm.sample`` (not in PyMC4). ``start`` takes names of random variables or of their transforms.
    adapt_mass_matrix
        Whether a mass matrix is learnt in the warm-up, and the scale of random walks (not in PyMC4, which did neither).
    include_transformed
        Keep unconstrained values (``m/__log_sd``) in ``posterior`` too, as PyMC4 did. They are in
        ``unconstrained_posterior`` in any case.
    log_accept_ratio
        Give ``mean_tree_accept`` and ``mean_accept`` as logarithms of the acceptance ratio, as PyMC4 did, and not as
        acceptance probabilities.
    defaults
        With ``"pymc4"``, PyMC4's behaviour where nothing else is said: ``adapt_mass_matrix=False``,
        ``target_accept=0.75``, ``step_size=0.1`` (which does not vary in HMC from draw to draw, by 15 % otherwise),
        ``init="adapt_diag"`` (starts are not jittered), ``include_transformed=True``, ``log_accept_ratio=True``.
    return_inferencedata
        With False, PyMC3's ``MultiTrace`` for code that reads one, unconstrained values under PyMC3's names
        (``sigma_log__``); None is False, as in PyMC3. The default is PyMC4's.
    **kwargs
        Keywords of the sampler, by the names that they have in TensorFlow Probability: ``step_size`` (of the first
        draws; found by a search in NUTS when it is left out, 0.1 in other samplers), ``num_leapfrog_steps``,
        ``max_tree_depth``, ``max_energy_diff``, ``target_accept_prob``, ``exploration_shrinkage``,
        ``step_count_smoothing``, ``decay_rate``, ``adaptation_rate``, ``new_state_fn``, and
        ``num_steps_between_results`` for thinning. ``num_adaptation_steps`` is replaced by ``burn_in``, as in PyMC4.
        And PyMC3's further arguments (not in PyMC4): ``step`` (step methods, as ``pm.Metropolis(["x"], model=model)``),
        ``trace``, ``callback``, ``discard_tuned_samples``, ``idata_kwargs``, ``chain_idx``, ``nuts_kwargs``,
        ``step_kwargs``, ``cores``, ``n_init``, ``jitter_max_retries``, ``compute_convergence_checks``; then, and with a
        list of starts or seeds, the draws are made as PyMC3 makes them.

    Returns
    -------
    InferenceData or MultiTrace
        ``posterior`` has random variables and deterministics; their unconstrained values are in
        ``unconstrained_posterior``. ``sample_stats`` has ArviZ's names of statistics, and PyMC4's beside them: ``lp``,
        ``tree_size``, ``diverging``, ``energy``, ``mean_tree_accept``, and ``mean_accept`` of random walks.

    Raises
    ------
    StopExecution
        When ``model`` is not a model, for instance a template that was not called.
    KeyError
        For a sampler that there is not.
    ValueError
        For ``state`` together with ``observed``, discrete variables where the sampler needs gradients, a model without
        unobserved variables, and numbers that make no sense.
    TypeError
        For a keyword that the sampler does not have.
    NotSupported
        For a keyword of TensorFlow Probability's that has no counterpart; it says what to do.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model
    ... def coin():
    ...     p = yield pm.Beta("p", 1, 1)
    ...     yield pm.Bernoulli("heads", p, observed=[1, 0, 1, 1])
    >>> trace = pm.sample(coin(), num_samples=20, num_chains=2, burn_in=20, seed=1, progressbar=False)
    >>> trace.posterior["coin/p"].shape
    (2, 20)
    """
    if not isinstance(model, Model):
        raise StopExecution(not_a_model(model))
    num_samples, num_chains, burn_in = _whole(num_samples), _whole(num_chains), _whole(burn_in)
    if pymc3_sampling.asked(kwargs, start, init, seed):
        return pymc3_sampling.sample(
            model,
            num_samples=num_samples,
            num_chains=num_chains,
            burn_in=burn_in,
            observed=observed,
            seed=seed,
            init=init,
            start=start,
            progressbar=progressbar,
            include_log_likelihood=include_log_likelihood,
            return_inferencedata=return_inferencedata,
            target_accept=target_accept,
            max_treedepth=max_treedepth,
            **kwargs,
        )
    for name in (*pymc3_sampling.PYMC3_ARGUMENTS, *pymc3_sampling.WITH_THEM):
        kwargs.pop(name, None)
    if sampler_type is None and recording.active:
        sampler_type = "compound"  # which takes any model
    own = {} if sampler_methods is None else {"sampler_methods": sampler_methods}
    if sampler_type is None and own:
        sampler_type = "compound"
    cls = sampler_class(_assigned(model, sampler_type, observed, state))
    if own and cls._name == "rwm":
        cls = sampler_class("compound")
    if own and cls._name != "compound":
        raise IncorrectArgumentsError(
            f"sampler_methods= are the parts of a compound step, and sampler_type is {sampler_type!r}; leave one out"
        )
    sampler = cls(
        model,
        target_accept=target_accept,
        max_treedepth=max_treedepth,
        adapt_mass_matrix=adapt_mass_matrix,
        defaults=defaults,
        _check_now=False,
        **own,
        **kwargs,
    )
    return sampler(
        num_samples=num_samples,
        num_chains=num_chains,
        burn_in=burn_in,
        observed=observed,
        state=state,
        use_auto_batching=use_auto_batching,
        xla=xla,
        seed=seed,
        trace_discrete=trace_discrete,
        include_log_likelihood=include_log_likelihood,
        start=start,
        init=init,
        include_transformed=include_transformed,
        log_accept_ratio=log_accept_ratio,
        progressbar=progressbar,
        return_inferencedata=return_inferencedata,
    )


def _whole(number: Any) -> Any:
    """A number of draws, which PyMC3 takes as ``3e3``, too."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def auto_assign_sampler(model: Model, sampler_type: str | None = None) -> str:
    """The sampler that :func:`sample` chooses: ``nuts``, or ``compound`` for a model with discrete variables.

    Parameters
    ----------
    model
        A model.
    sampler_type
        A name, which is returned.

    Raises
    ------
    KeyError
        For a sampler that there is not.
    """
    return _assigned(model, sampler_type, None, None)


def check_proposal_functions(
    model: Model, state: SamplingState | None = None, observed: Mapping[str, Any] | None = None
) -> bool:
    """Whether a random walk of the model's variables needs other proposals than normal moves: those of integers.

    Parameters
    ----------
    model
        A model.
    state, observed
        As for :func:`sample`.
    """
    return bool(density_of(model, from_state(state, observed, None)[0]).discrete)


def _assigned(
    model: Model, sampler_type: str | None, observed: Mapping[str, Any] | None, state: SamplingState | None
) -> str:
    if sampler_type is not None:
        _log.info("Working with %s sampler", sampler_class(sampler_type).__name__)
        return sampler_type
    if density_of(model, from_state(state, observed, None)[0]).discrete:
        _log.info("The model contains discrete distributions. Compound step is chosen.")
        return "compound"
    _log.info("Auto-assigning NUTS sampler")
    return "nuts"
