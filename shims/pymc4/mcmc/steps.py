"""Step methods of the samplers: those of PyMC3, with PyMC4's rules where the two differ.

The compiled sampler does NUTS with all continuous variables; everything else is these, draw by draw.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.pymc4.mcmc.arguments import Options
from pm_migrate.shims.pymc4.state_functions import Proposal
from pm_migrate.shims.step_methods.arraystep import ArrayStepShared, metrop_select
from pm_migrate.shims.step_methods.discrete import BinaryGibbsMetropolis, CategoricalGibbsMetropolis
from pm_migrate.shims.step_methods.flat_logp import LogpDifference
from pm_migrate.shims.step_methods.hmc import NUTS, HamiltonianMC
from pm_migrate.shims.step_methods.hmc.integration import State
from pm_migrate.shims.step_methods.hmc.quadpotential import QuadPotentialDiag
from pm_migrate.shims.step_methods.metropolis import Metropolis
from pm_migrate.shims.step_methods.of_density import DensityModel, ValueInput
from pm_migrate.shims.step_methods.step_sizes import DualAverageAdaptation, MultiplicativeAdaptation

FIRST_STEP = 0.1  # PyMC4's


class FixedStepsHMC(HamiltonianMC):
    """Hamiltonian Monte Carlo whose trajectories have a number of steps, and not a length.

    Parameters
    ----------
    num_leapfrog_steps
        That number.
    **kwargs
        For :class:`~pm_migrate.shims.step_methods.hmc.HamiltonianMC`.
    """

    def __init__(self, vars: Any = None, num_leapfrog_steps: int = 3, **kwargs: Any) -> None:
        super().__init__(vars, max_steps=num_leapfrog_steps, **kwargs)

    def _hamiltonian_step(self, start: State, p0: np.ndarray, step_size: float) -> Any:
        self.path_length = (self.max_steps + 0.5) * step_size  # half a step more: rounding must not lose one
        done = super()._hamiltonian_step(start, p0, step_size)
        done.stats["path_length"] = done.stats["n_steps"] * step_size
        return done


class StateFunctionStep(ArrayStepShared):
    """A Metropolis step with a proposal of the user's.

    Parameters
    ----------
    vars
        Value variables, all moved at once.
    new_state_fn
        A :class:`~pm_migrate.shims.pymc4.state_functions.Proposal`, or a function of TensorFlow Probability's form,
        ``(list of state parts, seed) -> list of new parts``, which is given parts with an axis of one chain in front.
        It must be symmetric: nothing corrects for one that is not, there as here.
    model
        The model.
    """

    name = "state_function"
    generates_stats = True
    stats_dtypes: ClassVar[list[dict[str, Any]]] = [{"accept": np.float64, "accepted": bool}]

    def __init__(self, vars: Sequence[Any], new_state_fn: Any, model: Any = None, blocked: bool = True) -> None:
        self._propose = _proposer(new_state_fn)
        self._difference = LogpDifference(model, vars)
        super().__init__(vars, self._difference.shared, blocked)

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """The next array, and the statistics ``accept`` (a ratio) and ``accepted``."""
        parts = [q0[place.slc].reshape(place.shp).astype(place.dtyp) for place in self.ordering.vmap]
        proposed = self._propose(parts)
        for place, before, after in zip(self.ordering.vmap, parts, proposed, strict=True):
            if np.shape(after) != before.shape:
                raise ValueError(
                    f"new_state_fn made {place.var!r}, of shape {before.shape}, one of shape {np.shape(after)}; it has "
                    "to keep the shape"
                )
        q = np.concatenate([np.ravel(part) for part in proposed]).astype(q0.dtype)
        log_ratio = self._difference(q, q0)
        chosen, accepted = metrop_select(log_ratio, q, q0)
        return chosen, [{"accept": np.exp(log_ratio), "accepted": accepted}]


def _proposer(new_state_fn: Any) -> Callable[[list[np.ndarray]], list[np.ndarray]]:
    """A function of arrays that draws from NumPy's global state."""
    proposal = getattr(new_state_fn, "__self__", new_state_fn)  # also what calling a proposal gave
    if isinstance(proposal, Proposal):
        return lambda parts: [proposal.draw(part, i) for i, part in enumerate(parts)]

    def propose(parts: list[np.ndarray]) -> list[np.ndarray]:
        seed = tf.constant(np.random.randint(2**31 - 1, size=2), tf.int32)
        proposed = new_state_fn([tf.constant(part[np.newaxis]) for part in parts], seed)
        return [np.asarray(part)[0] for part in proposed]

    return propose


def nuts(variables: Sequence[ValueInput], model: DensityModel, how: Options, simple: bool, dense: bool) -> list[Any]:
    """A NUTS step of continuous variables."""
    step = NUTS(
        vars=variables,
        model=model,
        max_treedepth=how.max_tree_depth,
        Emax=how.max_energy_diff,
        **_potential(variables, how, dense),
    )
    return [_adapting(step, how, simple)]


def hmc(variables: Sequence[ValueInput], model: DensityModel, how: Options, simple: bool, dense: bool) -> list[Any]:
    """A step of Hamiltonian Monte Carlo of continuous variables."""
    step = FixedStepsHMC(
        vars=variables,
        model=model,
        num_leapfrog_steps=how.num_leapfrog_steps,
        **({} if how.vary_step_size else {"step_rand": None}),
        **_potential(variables, how, dense),
    )
    return [_adapting(step, how, simple)]


def random_walk(variables: Sequence[ValueInput], model: DensityModel, how: Options) -> list[Any]:
    """Metropolis steps of any variables.

    With a proposal of the user's, they are moved all at once, as in PyMC4. Otherwise each is moved on its own by the
    step that suits it: a normal move, rounded for integers, whose scale is tuned, or another category of an element.
    """
    if how.new_state_fn is not None:
        return [StateFunctionStep(vars=variables, new_state_fn=how.new_state_fn, model=model)]
    interval = 100 if how.adapt_mass_matrix else sys.maxsize
    steps: list[Any] = []
    walking = [v for v in variables if v.value_variable.kind in ("continuous", "integer")]
    if walking and not how.adapt_mass_matrix:
        steps.append(Metropolis(vars=walking, model=model, blocked=True, tune_interval=interval))
    elif walking:
        steps += [Metropolis(vars=[v], model=model, tune_interval=interval) for v in walking]
    for kind, method in (("binary", BinaryGibbsMetropolis), ("categorical", CategoricalGibbsMetropolis)):
        chosen = [v for v in variables if v.value_variable.kind == kind]
        if chosen:
            steps.append(method(vars=chosen, model=model))
    return steps


def _potential(variables: Sequence[ValueInput], how: Options, dense: bool) -> dict[str, Any]:
    if dense:
        raise NotSupported(
            "init='adapt_full' is supported by the sampler 'nuts' without further options; leave it out: a diagonal "
            "mass matrix is learnt"
        )
    size = sum(v.dsize for v in variables)
    return {} if how.adapt_mass_matrix else {"potential": QuadPotentialDiag(np.ones(size))}


def _adapting(step: Any, how: Options, simple: bool) -> Any:
    """The step, with its first step size and the rule that adapts it."""
    first, target = FIRST_STEP if how.step_size is None else float(how.step_size), how.target_accept_prob
    step.target_accept, step.step_size = target, first
    if simple:
        step.step_adapt = MultiplicativeAdaptation(first, target, how.adaptation_rate)
    else:
        step.step_adapt = DualAverageAdaptation(
            first, target, how.exploration_shrinkage, how.decay_rate, how.step_count_smoothing
        )
    return step
