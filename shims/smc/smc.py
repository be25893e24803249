"""One population: stages from the prior to the posterior."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import logsumexp

from pm_migrate.errors import ModelError, SamplingError
from pm_migrate.shims.backends.ndarray import NDArray
from pm_migrate.shims.inference.chains import chains_from_values
from pm_migrate.shims.inference.forward import posterior_predictive
from pm_migrate.shims.inference.multitraces import multitrace
from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.smc.kernels import DensityKernel, SimulatorKernel
from pm_migrate.shims.smc.particles import Layout, Proposal
from pm_migrate.shims.smc.simulation import PseudoLikelihood
from pm_migrate.shims.theano.compilation import function
from pm_migrate.shims.theanof import inputvars, join_nonshared_inputs

__all__ = ["SMC", "PseudoLikelihood", "logp_forw"]

KERNELS = ("metropolis", "abc")

#: How near the bisection comes to the next inverse temperature.
_NEAR = 1e-6
#: Added to variances, so that a population that has become one particle, or lies in a plane, has a proposal.
_RIDGE = 1e-6


class SMC:
    """A population of particles that is taken from the prior to the posterior.

    Tempered targets ``p(y | x)**beta p(x)`` lead from ``beta = 0`` to 1. At each stage beta grows until the effective
    sample size of the importance weights is a part ``threshold`` of the population; this is resampled by the weights
    and moved by independent Metropolis-Hastings steps, whose proposal is a normal distribution with its mean and
    covariance (Ching & Chen 2007; Minson, Simons & Beck 2013).

    Parameters
    ----------
    draws
        Number of particles.
    kernel
        ``metropolis`` or ``abc``.
    n_steps
        Moves of the first stage, and most moves of later ones.
    start
        Particles by value-variable name, ``(draws, *shape)``; drawn from the prior by default.
    tune_steps, p_acc_rate
        Whether, after the first stage, there are as many moves as it takes until a particle has moved with the
        probability ``p_acc_rate``.
    threshold
        Between 0 and 1: the higher, the more stages.
    save_sim_data, save_log_pseudolikelihood
        What to keep of each simulation under ``abc``.
    model
        The model; the open one by default.
    random_seed
        Sets NumPy's global state, from which all random numbers come; -1 leaves it.
    chain
        Number of the chain.

    Raises
    ------
    ValueError
        For an unknown kernel, or numbers out of their range.
    """

    def __init__(
        self,
        draws: int = 2000,
        kernel: str = "metropolis",
        n_steps: int = 25,
        start: Mapping[str, Any] | None = None,
        tune_steps: bool = True,
        p_acc_rate: float = 0.85,
        threshold: float = 0.5,
        save_sim_data: bool = False,
        save_log_pseudolikelihood: bool = True,
        model: Any = None,
        random_seed: int | None = -1,
        chain: int = 0,
    ) -> None:
        self.draws, self.kernel, self.n_steps = draws, kernel.lower(), n_steps
        self.start, self.tune_steps, self.p_acc_rate, self.threshold = start, tune_steps, p_acc_rate, threshold
        self.save_sim_data, self.save_log_pseudolikelihood = save_sim_data, save_log_pseudolikelihood
        self.random_seed, self.chain = random_seed, chain
        self.model = modelcontext(model)
        if not self.model.free_RVs:
            raise ModelError("The model has no free random variables: there is nothing to sample")
        _check(self)
        if random_seed != -1:
            np.random.seed(random_seed)
        self.beta: float = 0
        self.max_steps = n_steps
        self.proposed = draws * n_steps
        self.acc_rate: float = 1
        self.variables = inputvars(self.model.vars)
        self.var_info = {str(v.name): (v.tag.test_value.shape, v.tag.test_value.size) for v in self.variables}
        self.weights = np.ones(draws) / draws
        self.log_marginal_likelihood: float = 0
        self.sim_data: Any = []
        self.log_pseudolikelihood: Any = []
        self._density = self.model.log_density()
        self._layout = Layout(self._density)

    def initialize_population(self) -> None:
        """Draw the population from the prior, or take the one that was given."""
        names = [v.name for v in self._density.variables]
        values = self.start
        if values is None:
            values = posterior_predictive(self._density, {}, None, names, count=self.draws)
        population = self._layout.join(_particles(self._density, values, self.draws))
        self.posterior = self._layout.spread(population, np.random.mtrand._rand)

    def setup_kernel(self) -> None:
        """Compile the terms of the target."""
        self.kernel_terms: DensityKernel | SimulatorKernel
        if self.kernel == "metropolis":
            self.kernel_terms = DensityKernel(self._density)
        else:
            self.kernel_terms = SimulatorKernel(
                self.model,
                self._density,
                self.var_info,
                self.variables,
                self.draws,
                self.save_sim_data,
                self.save_log_pseudolikelihood,
            )

    def initialize_logp(self) -> None:
        """Evaluate the first population.

        Potentials under ``abc`` belong to the prior, which the particles were drawn from without them: they are
        weights of the first population.

        Raises
        ------
        SamplingError
            When all of it is impossible.
        """
        terms = self.kernel_terms
        if isinstance(terms, SimulatorKernel) and terms.has_potentials and self.start is None:
            log_weights = terms.log_potentials(self.posterior)
            _require_possible(log_weights, "the potentials")
            weights = np.exp(log_weights - logsumexp(log_weights))
            self.posterior = self.posterior[self._resampled(weights / weights.sum())]
        found = terms(self.posterior)
        self.prior_logp, self.likelihood_logp = found.prior, found.likelihood
        _require_possible(self.prior_logp + self.likelihood_logp, "the log density")
        if found.simulated is not None:
            self.sim_data = found.simulated
        if found.elementwise is not None:
            self.log_pseudolikelihood = found.elementwise

    def update_weights_beta(self) -> None:
        """Choose the next inverse temperature, by bisection; update the weights and the marginal likelihood."""
        low, high, old = self.beta, 2.0, self.beta
        wanted = int(len(self.likelihood_logp) * self.threshold)
        new = old
        while high - low > _NEAR:
            new = (low + high) / 2
            size = int(np.exp(-logsumexp(2 * _log_weights(new - old, self.likelihood_logp)[1])))
            if size == wanted:
                break
            low, high = (low, new) if size < wanted else (new, high)
        self.beta = min(new, 1)
        total, log_weights = _log_weights(self.beta - old, self.likelihood_logp)
        self.log_marginal_likelihood += total - np.log(self.draws)
        self.weights = np.exp(log_weights)
        self.weights /= self.weights.sum()

    def resample(self) -> None:
        """Take particles as often as their weights say."""
        taken = self._resampled(self.weights)
        self.posterior = self.posterior[taken]
        self.prior_logp, self.likelihood_logp = self.prior_logp[taken], self.likelihood_logp[taken]
        self.posterior_logp = self.prior_logp + self.likelihood_logp * self.beta
        if len(self.sim_data):
            self.sim_data = self.sim_data[taken]
        if len(self.log_pseudolikelihood):
            self.log_pseudolikelihood = self.log_pseudolikelihood[taken]

    def _resampled(self, weights: np.ndarray) -> np.ndarray:
        return np.random.choice(self.draws, size=self.draws, p=weights)

    def update_proposal(self) -> None:
        """Compute the covariance of the weighted population.

        Raises
        ------
        ValueError
            When it is not finite.
        """
        cov = np.atleast_2d(np.cov(self.posterior, ddof=0, aweights=self.weights, rowvar=False))
        if not np.all(np.isfinite(cov)):
            raise ModelError('Sample covariances not valid! Likely "draws" is too small!')
        self.cov = cov + _RIDGE * np.eye(len(cov))

    def tune(self) -> None:
        """Choose the number of moves by the acceptance rate."""
        if self.tune_steps:
            rate = max(1.0 / self.proposed, self.acc_rate)
            with np.errstate(divide="ignore"):
                needed = np.log(1 - self.p_acc_rate) / np.log(1 - rate)
            self.n_steps = int(min(self.max_steps, max(2, needed)))
        self.proposed = self.draws * self.n_steps

    def mutate(self) -> None:
        """Move the population by independent Metropolis-Hastings steps.

        The proposal stays the same for all steps of a stage, which makes the ratio exact. (PyMC3 takes another mean
        for the way back, that of the proposals.)
        """
        accepted = np.empty((self.n_steps, self.draws), bool)
        log_uniform = np.log(np.random.random_sample(accepted.shape))
        proposal = Proposal(self.posterior.mean(axis=0), self.cov)
        backward = proposal.log_density(self.posterior)
        for step in range(self.n_steps):
            noise = np.random.standard_normal(self.posterior.shape)
            proposed, forward = proposal.place(noise), proposal.log_density_of_noise(noise)
            terms = self.kernel_terms(proposed)
            logp = terms.prior + terms.likelihood * self.beta
            with np.errstate(invalid="ignore"):  # from one impossible place to another
                moves = log_uniform[step] < (logp + backward) - (self.posterior_logp + forward)
            accepted[step] = moves
            self.posterior[moves], self.posterior_logp[moves] = proposed[moves], logp[moves]
            self.prior_logp[moves], self.likelihood_logp[moves] = terms.prior[moves], terms.likelihood[moves]
            backward[moves] = forward[moves]
            if terms.simulated is not None:
                self.sim_data[moves] = terms.simulated[moves]
            if terms.elementwise is not None:
                self.log_pseudolikelihood[moves] = terms.elementwise[moves]
        self.acc_rate = float(accepted.mean())

    def posterior_to_trace(self) -> NDArray:
        """The population as the trace of a chain."""
        values = {name: x[None] for name, x in self._layout.split(self.posterior).items()}
        traces = multitrace(self._density, chains_from_values(values), self.model, first=self.chain)._straces
        strace: NDArray = traces[self.chain]
        strace.name = self.model.name
        return strace


def logp_forw(out_vars: Sequence[Any], vars: Sequence[Any], shared: Mapping[Any, Any]) -> Callable[..., np.ndarray]:
    """Compile an expression to a function of one flat array.

    Parameters
    ----------
    out_vars
        A list of one expression.
    vars
        The variables that the array holds, one after the other.
    shared
        Replacements of other variables.
    """
    outputs, joined = join_nonshared_inputs(out_vars, vars, shared)
    compiled: Callable[..., np.ndarray] = function([joined], outputs[0])
    return compiled


def _check(smc: SMC) -> None:
    if smc.kernel not in KERNELS:
        raise ModelError(f"kernel = {smc.kernel!r}, but must be one of {', '.join(KERNELS)}")
    for name, least in (("draws", 2), ("n_steps", 1)):
        value = getattr(smc, name)
        if value < least:
            raise ModelError(f"{name} = {value}, but must be at least {least}")
    if not 0 <= smc.p_acc_rate <= 1:
        raise ModelError(f"p_acc_rate = {smc.p_acc_rate}, but must be between 0 and 1")
    if not 0 <= smc.threshold < 1:  # no step of beta, however small, leaves all weights equal
        raise ModelError(f"threshold = {smc.threshold}, but must be at least 0 and less than 1")


def _particles(density: Any, values: Mapping[str, Any], draws: int) -> dict[str, np.ndarray]:
    """The first ``draws`` particles of those given."""
    found = {}
    for v in density.variables:
        if v.name not in values:
            raise ModelError(
                f"start has no {v.name!r}; it must have the value variables {[v.name for v in density.variables]}"
            )
        given = np.asarray(values[v.name])
        if given.shape[1:] != v.shape or len(given) < draws:
            raise ModelError(
                f"start[{v.name!r}] has the shape {given.shape}, but must have {(draws, *v.shape)}: one value for each "
                "particle"
            )
        found[v.name] = given[:draws]
    return found


def _log_weights(step: float, likelihood: np.ndarray) -> tuple[float, np.ndarray]:
    """The logarithms of the sum of the importance weights, and of each of them when their sum is 1."""
    unnormalised = step * likelihood
    total = logsumexp(unnormalised)
    return float(total), unnormalised - total


def _require_possible(logp: np.ndarray, what: str) -> None:
    if not np.any(logp > -np.inf):
        raise SamplingError(
            f"{what} of the model is -inf or NaN at all {len(logp)} particles drawn from the prior: no draw of the "
            "prior can have made the data. Check the model, or raise draws"
        )
