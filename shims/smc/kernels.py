"""What the target of a population is made of: a prior, and what is tempered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.distributions.simulator import Simulator
from pm_migrate.shims.smc.particles import OverParticles
from pm_migrate.shims.smc.simulation import PseudoLikelihood
from pm_migrate.shims.theano.evaluation import evaluate

Tensor = Any


class Terms(NamedTuple):
    """Log densities of a population, ``(n,)`` each, and what a simulator left; impossible is ``-inf``, never NaN."""

    prior: np.ndarray
    likelihood: np.ndarray
    simulated: np.ndarray | None = None
    elementwise: np.ndarray | None = None


class DensityKernel:
    """The prior of the free variables; the likelihood, with the potentials, is tempered.

    Parameters
    ----------
    density
        The density.
    """

    def __init__(self, density: LogDensity) -> None:
        self._terms = OverParticles(density, "density", lambda values: _prior_and_rest(density, values))

    def __call__(self, population: np.ndarray) -> Terms:
        """The terms at each particle."""
        prior, likelihood = self._terms(population)
        return Terms(_possible(prior), _possible(likelihood))


class SimulatorKernel:
    """The prior of the free variables, with the potentials; a distance from simulated data is tempered.

    Parameters
    ----------
    model, density
        The model and its density.
    var_info, variables
        As for :class:`~pm_migrate.shims.smc.simulation.PseudoLikelihood`.
    draws
        Size of the population.
    save_sim_data, save_log_pseudolikelihood
        What to keep of each particle.

    Raises
    ------
    ModelError
        For a model without a ``Simulator``.
    """

    def __init__(
        self,
        model: Any,
        density: LogDensity,
        var_info: Mapping[str, Any],
        variables: Any,
        draws: int,
        save_sim_data: bool,
        save_log_pseudolikelihood: bool,
    ) -> None:
        simulators = [v for v in model.observed_RVs if isinstance(v.distribution, Simulator)]
        if not simulators:
            raise ModelError('kernel="ABC" needs a model with a pm.Simulator, and this one has none')
        dist = simulators[0].distribution
        if dist.function is None:
            raise ModelError(f"{simulators[0].name}: a Simulator without a function cannot be sampled")
        params = list(dist._given)
        self.likelihood = PseudoLikelihood(
            dist.epsilon,
            dist.data,
            dist.function,
            [None if p.name is None else str(p.name) for p in params],
            model,
            var_info,
            variables,
            dist.distance,
            dist.sum_stat,
            draws,
            save_sim_data,
            save_log_pseudolikelihood,
        )
        potentials = {str(p.name) for p in model.potentials}
        self.has_potentials = bool(potentials)
        free = {str(v.name): v for v in model.free_RVs}

        def one(values: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
            terms = density.evaluate(values).terms
            prior = _sum(terms[v.rv_name] for v in density.variables if v.rv_name in terms)
            potential = _sum(x for name, x in terms.items() if name in potentials)
            return prior, potential, *evaluate(params, {free[name]: x for name, x in values.items()})

        self._program = OverParticles(density, "simulator", one)

    def log_potentials(self, population: np.ndarray) -> np.ndarray:
        """The sum of the potentials at each particle."""
        return _possible(self._program(population)[1])

    def __call__(self, population: np.ndarray) -> Terms:
        """The terms at each particle: one call of the simulator for each."""
        prior, potential, *params = self._program(population)
        likelihood = [self.likelihood.simulate([x[i] for x in params]) for i in range(len(population))]
        return Terms(
            _possible(prior + potential),
            _possible(np.asarray(likelihood)),
            self.likelihood.get_data() if self.likelihood.save_sim_data else None,
            self.likelihood.get_lpl() if self.likelihood.save_log_pseudolikelihood else None,
        )


def _prior_and_rest(density: LogDensity, values: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    free = {v.rv_name for v in density.variables}
    terms = density.evaluate(values).terms
    prior = _sum(x for name, x in terms.items() if name in free)
    return prior, _sum(x for name, x in terms.items() if name not in free)


def _sum(terms: Any) -> Tensor:
    return tf.add_n([tf.constant(0.0, tf.float64), *(tf.cast(as_float(x), tf.float64) for x in terms)])


def _possible(logp: np.ndarray) -> np.ndarray:
    """With ``-inf`` where a program's own term is NaN: PyMC3 never accepts such a proposal either."""
    return np.where(np.isnan(logp), -np.inf, logp)
