"""The tree of a multinomial NUTS trajectory, built recursively with NumPy's global random state.

References
----------
Hoffman, M. D. & Gelman, A. (2014). The No-U-Turn Sampler. JMLR 15, 1593-1623.
Betancourt, M. (2017). A conceptual introduction to Hamiltonian Monte Carlo. arXiv:1701.02434 (appendix A.3: multinomial
choice within a subtree, biased progressive choice between subtrees; A.4.2: the generalised termination criterion).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pm_migrate.shims.math import logbern, logdiffexp_numpy
from pm_migrate.shims.step_methods.hmc.base_hmc import DivergenceInfo
from pm_migrate.shims.step_methods.hmc.integration import CpuLeapfrogIntegrator, IntegrationError, State
from pm_migrate.shims.theano.config import floatX

_LOG_HALF = np.log(0.5)


class Proposal(NamedTuple):
    """A state that a subtree proposes."""

    q: np.ndarray
    q_grad: np.ndarray
    energy: Any
    log_p_accept_weighted: Any
    logp: Any


class Subtree(NamedTuple):
    """States in a row: the first and last that were computed, sums, and one of them, chosen by its weight."""

    left: Any
    right: Any
    p_sum: Any
    proposal: Any
    log_size: Any
    log_weighted_accept_sum: Any
    n_proposals: int


def _turns(p_sum: np.ndarray, first: State, last: State) -> bool:
    """Whether a stretch of a trajectory with this sum of momenta turns back at one of its ends."""
    return bool(p_sum.dot(first.v) <= 0 or p_sum.dot(last.v) <= 0)


class Trajectory:
    """A trajectory that grows from ``start``, doubled at one of its ends each time.

    Parameters
    ----------
    integrator
        Makes leapfrog steps.
    start
        The first state.
    step_size
        Of the leapfrog steps.
    Emax
        Error of the energy from which the trajectory diverges.
    reversible
        Whether a trajectory ends at the same states from wherever it was started in it, which leaves the target
        invariant. PyMC3's does not always, with several elements: when it joins the two halves, the sum of the momenta
        of the old half is overwritten by that of both, and the check of the old half with the first state of the new
        one is made with it.

    Attributes
    ----------
    proposal : Proposal
        The next state of the chain.
    depth : int
        Number of doublings, the last one included that was thrown away.
    """

    def __init__(
        self, integrator: CpuLeapfrogIntegrator, start: State, step_size: float, Emax: float, reversible: bool = True
    ) -> None:
        self.integrator = integrator
        self.start = start
        self.step_size = step_size
        self.Emax = Emax
        self.reversible = reversible
        self.left = self.right = start
        self.proposal = Proposal(start.q, start.q_grad, start.energy, 1.0, start.model_logp)
        self.depth = 0
        self.log_size: Any = 0.0
        self.log_weighted_accept_sum: Any = -np.inf
        self.n_proposals = 0
        self.p_sum = start.p
        self.max_energy_change: Any = 0.0

    def double(self) -> tuple[DivergenceInfo | None, bool]:
        """Grow in a random direction; whether the new half diverged, and whether the trajectory turned."""
        forward = logbern(_LOG_HALF)
        end, step = (self.right, self.step_size) if forward else (self.left, -self.step_size)
        new, divergence, turning = self._grow(end, self.depth, floatX(np.asarray(step)))
        outer, joint = (self.left, self.right) if forward else (self.right, self.left)
        if forward:
            self.right = new.right
        else:
            self.left = new.right
        self.depth += 1
        self.n_proposals += new.n_proposals
        if divergence or turning:
            return divergence, turning
        if logbern(new.log_size - self.log_size):
            self.proposal = new.proposal
        self.log_size = np.logaddexp(self.log_size, new.log_size)
        self.log_weighted_accept_sum = np.logaddexp(self.log_weighted_accept_sum, new.log_weighted_accept_sum)
        old, self.p_sum = self.p_sum, self.p_sum + new.p_sum
        if not self.reversible:
            old = self.p_sum
        turning = (
            _turns(self.p_sum, self.left, self.right)
            or _turns(old + new.left.p, outer, new.left)
            or _turns(joint.p + new.p_sum, joint, new.right)
        )
        return None, turning

    def _grow(self, first: State, depth: int, step: Any) -> tuple[Subtree, DivergenceInfo | None, bool]:
        """A subtree of ``2**depth`` states that follows ``first``, or as much of it as there is before it ends."""
        if depth == 0:
            return self._leaf(first, step)
        one, divergence, turning = self._grow(first, depth - 1, step)
        if divergence or turning:
            return one, divergence, turning
        two, divergence, turning = self._grow(one.right, depth - 1, step)
        size = one.n_proposals + two.n_proposals
        if divergence or turning:
            return one._replace(right=two.right, n_proposals=size), divergence, turning
        p_sum = one.p_sum + two.p_sum
        turning = _turns(p_sum, one.left, two.right)
        if depth > 1:  # of two states, the other stretches are the whole
            turning = (
                turning
                or _turns(one.p_sum + two.left.p, one.left, two.left)
                or _turns(one.right.p + two.p_sum, one.right, two.right)
            )
        log_size = np.logaddexp(one.log_size, two.log_size)
        accepted = np.logaddexp(one.log_weighted_accept_sum, two.log_weighted_accept_sum)
        proposal = two.proposal if logbern(two.log_size - log_size) else one.proposal
        return Subtree(one.left, two.right, p_sum, proposal, log_size, accepted, size), None, turning

    def _leaf(self, before: State, step: Any) -> tuple[Subtree, DivergenceInfo | None, bool]:
        error, state = None, None
        try:
            state = self.integrator.step(step, before)
        except IntegrationError as failed:
            error, message = failed, str(failed)
        else:
            change = state.energy - self.start.energy
            change = np.inf if np.isnan(change) else change
            if np.abs(change) > np.abs(self.max_energy_change):
                self.max_energy_change = change
            if np.abs(change) < self.Emax:
                # the acceptance probability min(1, exp(-change)), weighted by the weight exp(-change) of the state
                accepted = -change + min(0.0, -change)
                proposal = Proposal(state.q, state.q_grad, state.energy, accepted, state.model_logp)
                return Subtree(state, state, state.p, proposal, -change, accepted, 1), None, False
            message = f"Energy change in leapfrog step is too large: {change}."
        nothing = Subtree(None, None, None, None, -np.inf, -np.inf, 1)
        return nothing, DivergenceInfo(message, error, before, state), False

    def stats(self) -> dict[str, Any]:
        """What PyMC3 says of a trajectory; ``mean_tree_accept`` weights the states by their density."""
        mean_accept: Any = 0.0
        if self.log_size > 0:  # the first state, of weight 1, is always accepted and does not count
            total = self.log_weighted_accept_sum - logdiffexp_numpy(self.log_size, 0.0)
            mean_accept = min(np.exp(total), 1.0)  # which roundings may exceed
        return {
            "depth": self.depth,
            "mean_tree_accept": mean_accept,
            "energy_error": self.proposal.energy - self.start.energy,
            "energy": self.proposal.energy,
            "tree_size": self.n_proposals,
            "max_energy_error": self.max_energy_change,
            "model_logp": self.proposal.logp,
        }
