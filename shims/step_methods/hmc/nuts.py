"""The No-U-Turn sampler, driven from Python (``pymc3.step_methods.hmc.nuts``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.backends.report import SamplerWarning, WarningType
from pm_migrate.shims.step_methods.arraystep import Competence
from pm_migrate.shims.step_methods.hmc.base_hmc import BaseHMC, HMCStepData
from pm_migrate.shims.step_methods.hmc.integration import State
from pm_migrate.shims.step_methods.hmc.tree import Proposal, Subtree, Trajectory
from pm_migrate.shims.vartypes import continuous_types

__all__ = ["NUTS", "Proposal", "Subtree"]

#: While tuning, trees stay below ``early_max_treedepth`` for so many transitions.
_EARLY = 200
_EARLY_DEPTH = 8
#: Share of the transitions that may reach the largest depth without a warning.
_DEEP = 0.05


class NUTS(BaseHMC):
    """A step of the No-U-Turn sampler: multinomial, with the generalised criterion, as PyMC3's.

    ``pm.sample`` steps a model that is left to its defaults with the compiled sampler; this class steps one chain from
    Python, draw by draw: alone, in a ``CompoundStep``, or with a potential of its own.

    Parameters
    ----------
    vars
        Value variables to step; all continuous ones by default.
    max_treedepth
        Largest number of doublings of a trajectory.
    early_max_treedepth
        The same for the first 200 transitions of the tuning.
    **kwargs
        For :class:`~pm_migrate.shims.step_methods.hmc.base_hmc.BaseHMC`: ``target_accept``, ``scaling``, ``potential``,
        ``step_scale`` and others.

    Attributes
    ----------
    reversible : bool
        True, so that the draws are from the posterior. PyMC3's criterion is not quite reversible for several elements
        (see :class:`~pm_migrate.shims.step_methods.hmc.tree.Trajectory`), and the variances of its draws may be off by
        a per cent or so; with False it is taken, and the draws are PyMC3's, of the same seed, up to rounding.

    References
    ----------
    Hoffman, M. D. & Gelman, A. (2014). The No-U-Turn Sampler. JMLR 15, 1593-1623.
    Betancourt, M. (2017). A conceptual introduction to Hamiltonian Monte Carlo. arXiv:1701.02434.
    """

    name = "nuts"
    reversible = True
    default_blocked = True
    generates_stats = True
    stats_dtypes: ClassVar[list[dict[str, Any]]] = [
        {
            "depth": np.int64,
            "step_size": np.float64,
            "tune": bool,
            "mean_tree_accept": np.float64,
            "step_size_bar": np.float64,
            "tree_size": np.float64,
            "diverging": bool,
            "energy_error": np.float64,
            "energy": np.float64,
            "max_energy_error": np.float64,
            "model_logp": np.float64,
            "process_time_diff": np.float64,
            "perf_counter_diff": np.float64,
            "perf_counter_start": np.float64,
        }
    ]

    def __init__(
        self,
        vars: Sequence[Any] | None = None,
        max_treedepth: int = 10,
        early_max_treedepth: int = _EARLY_DEPTH,
        **kwargs: Any,
    ) -> None:
        super().__init__(vars, **kwargs)
        self.max_treedepth = max_treedepth
        self.early_max_treedepth = early_max_treedepth
        self._reached_max_treedepth = 0
        defaults = set(kwargs) <= {"target_accept", "model", "blocked"} and early_max_treedepth == _EARLY_DEPTH
        self._default_potential = self.potential if defaults else None

    def compiled_options(self) -> dict[str, Any] | None:
        """Options of the compiled sampler if it can step in for this object, else None.

        It can when all continuous variables of the model are stepped, with nothing but ``target_accept`` and
        ``max_treedepth`` chosen.
        """
        plain = type(self) is NUTS and self.potential is self._default_potential
        if not plain or set(self.vars) != set(self._model.cont_vars):
            return None
        return {"target_accept": self.target_accept, "max_treedepth": self.max_treedepth}

    def _hamiltonian_step(self, start: State, p0: np.ndarray, step_size: float) -> HMCStepData:
        early = self.tune and self.iter_count < _EARLY
        tree = Trajectory(self.integrator, start, step_size, self.Emax, self.reversible)
        divergence = None
        for _ in range(self.early_max_treedepth if early else self.max_treedepth):
            divergence, turning = tree.double()
            if divergence or turning:
                break
        else:
            if not self.tune:
                self._reached_max_treedepth += 1
        stats = tree.stats()
        return HMCStepData(tree.proposal, stats["mean_tree_accept"], divergence, stats)

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Ideal for continuous variables that have a gradient."""
        return Competence.IDEAL if has_grad and var.dtype in continuous_types else Competence.INCOMPATIBLE

    def warnings(self) -> list[SamplerWarning]:
        found = super().warnings()
        count = self._samples_after_tune
        if count > 0 and self._reached_max_treedepth / count > _DEEP:
            message = (
                "The chain reached the maximum tree depth. Increase max_treedepth, increase target_accept or "
                "reparameterize."
            )
            found.append(SamplerWarning(WarningType.TREEDEPTH, message, "warn"))
        return found
