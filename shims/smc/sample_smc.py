"""``pm.sample_smc``: populations one after the other, as a trace."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims import recording
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.labelled import Labels
from pm_migrate.shims.distributions.simulator import Simulator
from pm_migrate.shims.inference.multitraces import multitrace
from pm_migrate.shims.inference.stand_ins import stand_in
from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.smc.progress import StageBar
from pm_migrate.shims.smc.smc import SMC

_log = logging.getLogger("pymc3")


def sample_smc(
    draws: int = 2000,
    kernel: str = "metropolis",
    n_steps: int = 25,
    start: Any = None,
    tune_steps: bool = True,
    p_acc_rate: float = 0.85,
    threshold: float = 0.5,
    save_sim_data: bool = False,
    save_log_pseudolikelihood: bool = True,
    model: Any = None,
    random_seed: Any = -1,
    parallel: bool = False,
    chains: int | None = None,
    cores: int | None = None,
) -> Any:
    """Draw from the posterior with sequential Monte Carlo, and estimate the marginal likelihood.

    Parameters
    ----------
    draws, kernel, n_steps, tune_steps, p_acc_rate, threshold, save_sim_data, save_log_pseudolikelihood
        As for :class:`~pm_migrate.shims.smc.smc.SMC`. ``kernel="ABC"`` is for a model with a ``pm.Simulator``.
    start
        Particles by value-variable name, ``(draws, *shape)``, for all chains; or a list of such, one for each chain.
        Drawn from the prior by default.
    model
        The model; the open one by default.
    random_seed
        An integer, or one for each chain; -1 and None draw them from NumPy's global state, which each chain then sets
        to its own, as in PyMC3.
    parallel
        Kept for PyMC3's signature: populations follow one another in one process, and share its compiled program.
    chains
        Number of populations; ``cores``, at least 2, by default.
    cores
        Half of the number of processors by default.

    Returns
    -------
    MultiTrace
        Its ``report`` has, by chain: ``log_marginal_likelihood``, an array; ``betas``, ``accept_ratios`` and
        ``nsteps``, lists with a number for each stage; ``log_pseudolikelihood``.
    dict
        With ``save_sim_data``, as the second of two: simulated data by name, ``(chains, draws, *shape)``.

    Raises
    ------
    NotSupported
        For a model with a name, as in PyMC3.
    TypeError
        For another kind of seed.
    ValueError
        For arguments out of their range, or fewer seeds or starts than chains.
    SamplingError
        When all draws from the prior are impossible.
    """
    _log.info("Initializing SMC sampler...")
    model = modelcontext(model)
    if model.name:
        raise NotSupported("pm.sample_smc does not support named models: leave the name of the outermost model out")
    cores = max(recording.cores() // 2, 1) if cores is None else cores
    chains = max(2, cores) if chains is None else chains
    if recording.active:
        return _stand_in(model, draws, chains, save_sim_data)
    seeds = _seeds(random_seed, chains)
    starts = [start] * chains if start is None or isinstance(start, Mapping) else list(start)
    for what, given in (("random_seed", seeds), ("start", starts)):
        if len(given) < chains:
            raise ValueError(f"{what} has {len(given)} entries for {chains} chains")
    _log.info("Sampling %d chain%s", chains, "" if chains == 1 else "s")
    _warn(model, kernel)
    began = time.time()
    options: dict[str, Any] = {
        "draws": draws,
        "kernel": kernel,
        "n_steps": n_steps,
        "tune_steps": tune_steps,
        "p_acc_rate": p_acc_rate,
        "threshold": threshold,
        "save_sim_data": save_sim_data,
        "save_log_pseudolikelihood": save_log_pseudolikelihood,
        "model": model,
    }
    results: list[Any] = []
    with StageBar(chains) as bar:
        try:
            for i in range(chains):
                own = {"start": starts[i], "random_seed": seeds[i], "chain": i}
                results.append(_population({**options, **own}, _log, bar.show))
        except KeyboardInterrupt:
            if not results:
                raise
            _log.warning("Interrupted: returning the %d of %d chains that were finished.", len(results), chains)
    traces, simulated, evidence, elementwise, betas, rates, steps = zip(*results, strict=True)
    trace = MultiTrace(traces)
    trace._labels = Labels.of(model.log_density())
    report: Any = trace.report
    report._n_draws, report._n_tune, report._t_sampling = draws, 0, time.time() - began
    report.log_marginal_likelihood = np.array(evidence)
    report.log_pseudolikelihood = elementwise
    report.betas, report.accept_ratios, report.nsteps = betas, rates, steps
    return (trace, {_observed_name(model): np.array(simulated)}) if save_sim_data else trace


def sample_smc_int(
    draws: int,
    kernel: str,
    n_steps: int,
    start: Mapping[str, Any] | None,
    tune_steps: bool,
    p_acc_rate: float,
    threshold: float,
    save_sim_data: bool,
    save_log_pseudolikelihood: bool,
    model: Any,
    random_seed: int | None,
    chain: int,
    _log: logging.Logger | None,
) -> tuple[Any, ...]:
    """Take one population from the prior to the posterior.

    Parameters are those of :class:`~pm_migrate.shims.smc.smc.SMC`, and a logger for its stages, or None.

    Returns
    -------
    tuple
        The trace, simulated data, the log marginal likelihood, log pseudo-likelihoods; and for each stage the inverse
        temperature, the acceptance rate and the number of moves of the next one.
    """
    options = {
        "draws": draws,
        "kernel": kernel,
        "n_steps": n_steps,
        "start": start,
        "tune_steps": tune_steps,
        "p_acc_rate": p_acc_rate,
        "threshold": threshold,
        "save_sim_data": save_sim_data,
        "save_log_pseudolikelihood": save_log_pseudolikelihood,
        "model": model,
        "random_seed": random_seed,
        "chain": chain,
    }
    return _population(options, _log, None)


def _population(
    options: Mapping[str, Any], log: logging.Logger | None, show: Callable[[int, int, float, float], None] | None
) -> tuple[Any, ...]:
    """As :func:`sample_smc_int`, with what to call after each stage."""
    smc = SMC(**options)
    smc.initialize_population()
    smc.setup_kernel()
    smc.initialize_logp()
    betas: list[float] = []
    rates: list[float] = []
    steps: list[int] = []
    while smc.beta < 1:
        smc.update_weights_beta()
        if log is not None:
            log.info("Stage: %3d Beta: %.3f", len(betas), smc.beta)
        smc.update_proposal()
        smc.resample()
        smc.mutate()
        smc.tune()
        betas.append(smc.beta)
        rates.append(smc.acc_rate)
        steps.append(smc.n_steps)
        if show is not None:
            show(smc.chain, len(betas), smc.beta, smc.acc_rate)
    kept = smc.posterior_to_trace(), smc.sim_data, smc.log_marginal_likelihood, smc.log_pseudolikelihood
    return (*kept, betas, rates, steps)


def _seeds(random_seed: Any, chains: int) -> Sequence[int]:
    """A seed for each chain; an integer sets NumPy's global state, from which they come, as in PyMC3."""
    whole = isinstance(random_seed, (int, np.integer))
    if random_seed is None or (whole and random_seed == -1):
        random_seed, whole = None, False
    if whole and chains == 1:
        return [int(random_seed)]
    if random_seed is None or whole:
        if whole:
            np.random.seed(random_seed)
        return [np.random.randint(2**30) for _ in range(chains)]
    if not isinstance(random_seed, Iterable) or isinstance(random_seed, str):
        raise TypeError(f"Invalid value for `random_seed`: {random_seed!r}. Must be tuple, list or int")
    return [int(seed) for seed in random_seed]


def _warn(model: Any, kernel: str) -> None:
    """Say what a kernel makes of a model's data."""
    simulated = [str(v.name) for v in model.observed_RVs if isinstance(v.distribution, Simulator)]
    if kernel.lower() != "abc":
        if simulated:
            warnings.warn(
                f"The data of {simulated} are ignored: a Simulator has no density. Use kernel='ABC'",
                UserWarning,
                stacklevel=3,
            )
        return
    if len(model.observed_RVs) != 1:
        text = "SMC-ABC only works properly with models with one observed variable"
        warnings.warn(text, UserWarning, stacklevel=3)
    if model.potentials:
        _log.info("Potentials will be added to the prior term")


def _observed_name(model: Any) -> str:
    simulated = [v for v in model.observed_RVs if isinstance(v.distribution, Simulator)]
    return str((simulated or model.observed_RVs)[0].name)


def _stand_in(model: Any, draws: int, chains: int, save_sim_data: bool) -> Any:
    """What a recording gets instead."""
    recording.use(model)
    density = model.log_density()
    trace = multitrace(density, stand_in(model, density, chains, draws, statistics=False), model)
    report: Any = trace.report
    report.log_marginal_likelihood = np.zeros(chains)
    report.log_pseudolikelihood = tuple([] for _ in range(chains))
    report.betas = report.accept_ratios = tuple([1.0] for _ in range(chains))
    report.nsteps = tuple([1] for _ in range(chains))
    if not save_sim_data:
        return trace
    name = _observed_name(model)
    data = np.asarray(density.observed[name])
    return trace, {name: np.broadcast_to(data, (chains, draws, *data.shape)).copy()}
