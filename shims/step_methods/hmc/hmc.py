"""Hamiltonian Monte Carlo with trajectories of a fixed length (``pymc3.step_methods.hmc.hmc``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.step_methods.arraystep import Competence
from pm_migrate.shims.step_methods.hmc.base_hmc import BaseHMC, DivergenceInfo, HMCStepData
from pm_migrate.shims.step_methods.hmc.integration import IntegrationError, State
from pm_migrate.shims.vartypes import discrete_types

__all__ = ["HamiltonianMC"]


def unif(step_size: float, elow: float = 0.85, ehigh: float = 1.15) -> float:
    """A step size times a uniform number between ``elow`` and ``ehigh``, from NumPy's global state."""
    return np.random.uniform(elow, ehigh) * step_size


class HamiltonianMC(BaseHMC):
    """A step of Hamiltonian Monte Carlo: a trajectory of a given length, accepted or rejected as a whole.

    Parameters
    ----------
    vars
        Value variables to step; all continuous ones by default.
    path_length
        Length of a trajectory: step size times number of steps.
    max_steps
        Largest number of leapfrog steps.
    **kwargs
        For :class:`~pm_migrate.shims.step_methods.hmc.base_hmc.BaseHMC`; here ``target_accept`` is 0.65 and
        ``step_rand`` varies the step size by 15 % unless they are given.

    References
    ----------
    Neal, R. M. (2011). MCMC using Hamiltonian dynamics. Handbook of Markov Chain Monte Carlo, chapter 5.
    """

    name = "hmc"
    default_blocked = True
    generates_stats = True
    stats_dtypes: ClassVar[list[dict[str, Any]]] = [
        {
            "step_size": np.float64,
            "n_steps": np.int64,
            "tune": bool,
            "step_size_bar": np.float64,
            "accept": np.float64,
            "diverging": bool,
            "energy_error": np.float64,
            "energy": np.float64,
            "path_length": np.float64,
            "accepted": bool,
            "model_logp": np.float64,
            "process_time_diff": np.float64,
            "perf_counter_diff": np.float64,
            "perf_counter_start": np.float64,
        }
    ]

    def __init__(
        self, vars: Sequence[Any] | None = None, path_length: float = 2.0, max_steps: int = 1024, **kwargs: Any
    ) -> None:
        super().__init__(vars, **{"step_rand": unif, "target_accept": 0.65, **kwargs})
        self.path_length = path_length
        self.max_steps = max_steps

    def _hamiltonian_step(self, start: State, p0: np.ndarray, step_size: float) -> HMCStepData:
        n_steps = min(self.max_steps, max(1, int(self.path_length / step_size)))
        last = state = start
        gain = -np.inf
        divergence = None
        try:
            for _ in range(n_steps):
                last = state
                state = self.integrator.step(step_size, state)
        except IntegrationError as error:
            divergence = DivergenceInfo("Integration failed.", error, last, None)
        else:
            gain = start.energy - state.energy
            gain = -np.inf if np.isnan(gain) else gain
            divergence = self._divergence(gain, last, state)
        accept = min(1, np.exp(min(gain, 0.0)))
        accepted = divergence is None and np.random.rand() < accept
        stats = {
            "path_length": self.path_length,
            "n_steps": n_steps,
            "accept": accept,
            "energy_error": gain,
            "energy": state.energy,
            "accepted": accepted,
            "model_logp": state.model_logp,
        }
        return HMCStepData(state if accepted else start, accept, divergence, stats)

    def _divergence(self, gain: float, last: State, end: State) -> DivergenceInfo | None:
        if np.abs(gain) > self.Emax:
            return DivergenceInfo("Divergence encountered, large integration error.", None, last, end)
        if not np.isfinite(end.energy):  # with Emax=inf
            return DivergenceInfo("Divergence encountered, bad energy.", None, last, end)
        return None

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Compatible with continuous variables that have a gradient."""
        return Competence.COMPATIBLE if has_grad and var.dtype not in discrete_types else Competence.INCOMPATIBLE
