"""Keyword arguments of samplers: which of TensorFlow Probability's are honoured, and what to do about the others.

PyMC4 handed keywords on to the kernel, its adaptation and ``tfp.mcmc.sample_chain`` by their names, and dropped without
a word what none of them knew. Here each is honoured, accepted because it cannot change the draws, or refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from pm_migrate.errors import ArgumentError, ModelError, NotSupported

_TRACE = "energies, acceptance and step sizes are in sample_stats"
_RESULTS = "leave it out: there are no kernel results to read, " + _TRACE

#: Keywords of the kernels, of the rules of adaptation, and of ``tfp.mcmc.sample_chain``.
NUTS_KEYS = frozenset(
    "step_size max_tree_depth max_energy_diff unrolled_leapfrog_steps parallel_iterations target_log_prob_fn name "
    "experimental_shard_axis_names".split()
)
HMC_KEYS = frozenset(
    "step_size num_leapfrog_steps state_gradients_are_stopped step_size_update_fn store_parameters_in_results "
    "target_log_prob_fn name experimental_shard_axis_names".split()
)
RWM_KEYS = frozenset("new_state_fn target_log_prob_fn name experimental_shard_axis_names".split())
_STEP_SIZE_KEYS = frozenset(
    "inner_kernel num_adaptation_steps target_accept_prob step_size_setter_fn step_size_getter_fn "
    "log_accept_prob_getter_fn reduce_fn experimental_reduce_chain_axis_names validate_args name".split()
)
DUAL_KEYS = _STEP_SIZE_KEYS | frozenset(
    "exploration_shrinkage shrinkage_target step_count_smoothing decay_rate".split()
)
SIMPLE_KEYS = _STEP_SIZE_KEYS | {"adaptation_rate"}
CHAIN_KEYS = frozenset(
    "num_results current_state previous_kernel_results kernel num_burnin_steps num_steps_between_results trace_fn "
    "return_final_kernel_results parallel_iterations seed name".split()
)

#: What has no influence on the draws.
_WITHOUT_MEANING = frozenset(
    "parallel_iterations name validate_args store_parameters_in_results state_gradients_are_stopped".split()
)
_REFUSED = {
    "target_log_prob_fn": "leave it out: the log density is the model's; add a term with pm.Potential",
    "inner_kernel": "leave it out: the kernel is the sampler's",
    "kernel": "leave it out, and choose with sampler_type=",
    "step_size_update_fn": "leave it out: the step size is adapted for burn_in draws",
    "step_size_setter_fn": _RESULTS,
    "step_size_getter_fn": _RESULTS,
    "log_accept_prob_getter_fn": _RESULTS,
    "previous_kernel_results": _RESULTS,
    "return_final_kernel_results": _RESULTS,
    "trace_fn": "leave it out, and yield a pm.Deterministic for what is to be recorded; " + _TRACE,
    "reduce_fn": "leave it out: each chain adapts its own step size, so nothing is reduced over chains",
    "shrinkage_target": "give step_size= a tenth of it: the step size is drawn towards ten times the first one",
    "current_state": "give state= or start=",
    "num_results": "give num_samples=",
    "num_burnin_steps": "give burn_in=",
    "experimental_shard_axis_names": "leave it out: chains are batched on one device",
    "experimental_reduce_chain_axis_names": "leave it out: chains are batched on one device",
}
#: Where a keyword belongs that a sampler does not have.
_HOMES = {
    "num_leapfrog_steps": "hmc and hmc_simple",
    "max_tree_depth": "nuts and nuts_simple",
    "max_energy_diff": "nuts and nuts_simple",
    "adaptation_rate": "nuts_simple and hmc_simple",
    "exploration_shrinkage": "nuts and hmc",
    "step_count_smoothing": "nuts and hmc",
    "decay_rate": "nuts and hmc",
    "new_state_fn": "rwm",
    "step_size": "nuts, hmc and their simple forms",
    "target_accept_prob": "nuts, hmc and their simple forms",
    "num_adaptation_steps": "nuts, hmc and their simple forms",
}


@dataclass(frozen=True)
class Options:
    """How a sampler samples.

    Parameters
    ----------
    step_size
        Size of the first steps; None to search for it, or 0.1 where there is no search.
    num_leapfrog_steps
        Of a trajectory of HMC.
    target_accept_prob
        Acceptance probability that the step size is adapted to.
    max_tree_depth, max_energy_diff
        Where a trajectory of NUTS ends, and from which error of the energy on it counts as divergent.
    exploration_shrinkage, step_count_smoothing, decay_rate
        Of dual averaging: gamma, t0 and kappa of Hoffman & Gelman (2014).
    adaptation_rate
        By what share the simple rule changes the step size.
    new_state_fn
        Proposal of random-walk steps.
    num_steps_between_results
        Draws that are left out between two that are kept.
    adapt_mass_matrix
        Whether the metric is learnt in the warm-up, and proposals of random walks are tuned.
    vary_step_size
        Whether steps of HMC vary by 15 % from draw to draw. A trajectory of a fixed length may come back to where it
        began, or to the other side of the mode, again and again (Neal 2011, section 3.2).
    """

    step_size: float | None = None
    num_leapfrog_steps: int = 3
    target_accept_prob: float = 0.75
    max_tree_depth: int = 10
    max_energy_diff: float = 1000.0
    exploration_shrinkage: float = 0.05
    step_count_smoothing: float = 10
    decay_rate: float = 0.75
    adaptation_rate: float = 0.01
    new_state_fn: Any = None
    num_steps_between_results: int = 0
    adapt_mass_matrix: bool = True
    vary_step_size: bool = True

    def __post_init__(self) -> None:
        if self.step_size is not None and not self.step_size > 0:
            raise ModelError(f"step_size = {self.step_size}, but must be positive")
        if not 0 < self.target_accept_prob < 1:
            raise ModelError(f"target_accept_prob = {self.target_accept_prob}, but must be between 0 and 1")
        least = {"num_leapfrog_steps": 1, "max_tree_depth": 1, "num_steps_between_results": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ModelError(f"{name} = {getattr(self, name)}, but must be at least {bound}")

    @property
    def compiled(self) -> bool:
        """Whether the compiled sampler does all of it."""
        plain = Options()
        others = ("max_energy_diff", "exploration_shrinkage", "step_count_smoothing", "decay_rate")
        return all(getattr(self, name) == getattr(plain, name) for name in others)


def sort_keywords(
    sampler: str, kernel: Collection[str], adaptation: Collection[str], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Sort keywords into those of the kernel, of its adaptation, and of the chain.

    Parameters
    ----------
    sampler
        Name of the sampler.
    kernel, adaptation
        The keywords that those have.
    given
        What was given.

    Raises
    ------
    ValueError
        For a keyword that two of them have (``name``): PyMC4 refused it too.
    NotSupported
        For a keyword of TensorFlow Probability's that has no counterpart here.
    TypeError
        For one that the sampler does not have. PyMC4 dropped it.
    """
    groups = (kernel, adaptation, CHAIN_KEYS)
    unknown = sorted(set(given).difference(*groups))
    if unknown:
        name = unknown[0]
        known = sorted(set().union(*groups) - _REFUSED.keys() - _WITHOUT_MEANING - {"seed"})
        where = f"it is an argument of {_HOMES[name]}" if name in _HOMES else f"it takes {', '.join(known)}"
        raise ArgumentError(f"the sampler {sampler!r} has no argument {name!r}; {where}")
    twice = sorted(name for name in given if sum(name in group for group in groups) > 1)
    if twice:
        raise ModelError(
            f"Ambiguity in setting kwargs for `kernel`, `adaptation_kernel`, `chain_sampler`: {twice[0]!r} is an "
            "argument of more than one of them; leave it out, it has no influence on the draws"
        )
    for name in given:
        if name in _REFUSED:
            raise NotSupported(f"{name}= is not supported by the sampler {sampler!r}; {_REFUSED[name]}")
    if given.get("unrolled_leapfrog_steps", 1) != 1:
        raise NotSupported(
            f"unrolled_leapfrog_steps={given['unrolled_leapfrog_steps']} is not supported: a leaf of a trajectory is "
            "one leapfrog step; leave it out"
        )
    kernel_, adaptation_, chain = ({k: v for k, v in given.items() if k in group} for group in groups)
    return kernel_, adaptation_, chain


def options(*given: Mapping[str, Any], **defaults: Any) -> Options:
    """Options of the keywords that have a meaning, of ``defaults`` where they are not given."""
    known = {f.name for f in fields(Options)}
    named = {k: v for part in given for k, v in part.items() if k in known and v is not None}
    if np.ndim(named.get("step_size", 0.0)):
        raise NotSupported(
            "step_size= of several numbers is not supported; give one: the mass matrix, which is learnt, has a scale "
            "for each element"
        )
    return Options(**{**defaults, **named})
