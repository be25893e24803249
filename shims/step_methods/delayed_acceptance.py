"""What MLDA is made of: base samplers, the proposal by a coarser chain, and recursive moments."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.model.functions import Point
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.step_methods.differential_evolution import DEMetropolisZ
from pm_migrate.shims.step_methods.flat_logp import LogpDifference
from pm_migrate.shims.step_methods.metropolis import Metropolis
from pm_migrate.shims.step_methods.proposals import Proposal
from pm_migrate.shims.theanof import inputvars
from pm_migrate.shims.util import update_start_vals


class _Quantities:
    """A base sampler that can keep the quantity of interest ``model.Q`` of its last draws, for the level above.

    The quantity is what the forward model left in ``model.Q`` when it was evaluated at the state.
    """

    mlda_variance_reduction: bool

    def _take_options(self, kwargs: dict[str, Any]) -> None:
        self.mlda_variance_reduction = kwargs.pop("mlda_variance_reduction", False)
        if self.mlda_variance_reduction:
            self.mlda_subsampling_rate_above = kwargs.pop("mlda_subsampling_rate_above")
            self.sub_counter = 0
            self.Q_last: Any = np.nan
            self.Q_reg: list[Any] = [np.nan] * self.mlda_subsampling_rate_above

    def _observe(self, vars: Any, model: Any) -> None:
        """Evaluate at the proposal last, and every time: that is when the quantity is set."""
        if self.mlda_variance_reduction:
            self.model = modelcontext(model)
            variables = inputvars(self.model.vars if vars is None else vars)
            difference = LogpDifference(self.model, variables, fresh=True)
            self.delta_logp = difference
            self.shared = {v.name: place for v, place in difference.shared.items()}

    def _keep(self, accepted: bool) -> None:
        """Keep the quantity of the state that the step ended in."""
        if not self.mlda_variance_reduction:
            return
        if accepted:
            self.Q_last = self.model.Q.get_value()
        if self.sub_counter == self.mlda_subsampling_rate_above:
            self.sub_counter = 0
        self.Q_reg[self.sub_counter] = self.Q_last
        self.sub_counter += 1


class MetropolisMLDA(_Quantities, Metropolis):
    """Metropolis as the coarsest level of :class:`~pm_migrate.shims.step_methods.mlda.MLDA`.

    Its tuning goes on from one subchain to the next. The arguments are those of ``Metropolis``.
    """

    name = "metropolis_mlda"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._take_options(kwargs)
        super().__init__(*args, **kwargs)
        self._observe(kwargs.get("vars", args[0] if args else None), kwargs.get("model"))

    def reset_tuning(self) -> None:
        """Nothing: a subchain begins where the one before it ended."""

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """As ``Metropolis``."""
        q, stats = super().astep(q0)
        self._keep(stats[0]["accepted"])
        return q, stats


class DEMetropolisZMLDA(_Quantities, DEMetropolisZ):
    """DEMetropolisZ as the coarsest level of :class:`~pm_migrate.shims.step_methods.mlda.MLDA`.

    Its tuning and its past go on from one subchain to the next. The arguments are those of ``DEMetropolisZ``.
    """

    name = "DEMetropolisZ_mlda"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.tuning_end_trigger = False
        self._take_options(kwargs)
        super().__init__(*args, **kwargs)
        self._observe(kwargs.get("vars", args[0] if args else None), kwargs.get("model"))

    def reset_tuning(self) -> None:
        """Nothing: a subchain begins where the one before it ended."""

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """As ``DEMetropolisZ``."""
        q, stats = super().astep(q0)
        self._keep(stats[0]["accepted"])
        return q, stats

    def stop_tuning(self) -> None:
        """Forget the first part of the past, once: when the tuning of the whole hierarchy ends."""
        if self.tuning_end_trigger:
            self.tuning_end_trigger = False
            super().stop_tuning()


def own_copy(step: Any) -> Any:
    """A step method, or a compound of them, that tunes on its own."""
    if isinstance(step, CompoundStep):
        return CompoundStep([copy.copy(method) for method in step.methods])
    return copy.copy(step)


class RecursiveDAProposal(Proposal):
    """A proposal by a chain of the level below: ``subsampling_rate`` steps from the current state.

    Parameters
    ----------
    step_method_below
        The step method of the level below.
    model_below
        Its model.
    tune
        Whether it tunes.
    subsampling_rate
        Number of its steps.

    Attributes
    ----------
    subchain_selection : int
        Which of the states is proposed.
    """

    def __init__(self, step_method_below: Any, model_below: Any, tune: bool, subsampling_rate: int) -> None:
        self.step_method_below = step_method_below
        self.model_below = model_below
        self.tune = tune
        self.subsampling_rate = subsampling_rate
        self.subchain_selection = subsampling_rate - 1
        self.tuning_end_trigger = True

    def __call__(self, q0_dict: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A state of the chain below that starts at a point."""
        if not self.tune and self.tuning_end_trigger:
            if isinstance(self.step_method_below, DEMetropolisZMLDA):
                self.step_method_below.tuning_end_trigger = True
            self.tuning_end_trigger = False
        with self.model_below:
            points = subsample(self.step_method_below, q0_dict, self.subsampling_rate, self.tune, self.model_below)
        return points[self.subchain_selection]


def subsample(
    step: Any, start: Mapping[str, np.ndarray], draws: int, tune: bool, model: Any
) -> list[dict[str, np.ndarray]]:
    """The points of a short chain.

    PyMC3 keeps all subchains in one trace that grows; the points are enough.

    Parameters
    ----------
    step
        Step method.
    start
        Where it starts; what the model below has beside it is at its test value.
    draws, tune
        Number of steps, and whether they tune.
    model
        The model.
    """
    np.random.seed(np.random.randint(2**30))  # as PyMC3 seeds each of its chains
    full = dict(start)
    update_start_vals(full, model.test_point, model)
    point = Point(full, model=model)
    step.tune = tune
    if hasattr(step, "reset_tuning"):
        step.reset_tuning()
    points = []
    for i in range(draws):
        if i == 0 and not tune:
            step.stop_tuning()
        result = step.step(point)
        point = result[0] if step.generates_stats else result
        points.append(point)
    return points


class RecursiveSampleMoments:
    """Mean and covariance of samples that come one by one (Haario, Saksman & Tamminen 2001, equation 3).

    Parameters
    ----------
    mu_0, sigma_0
        Mean ``(n,)`` and covariance ``(n, n)`` before the first.
    t
        Number of samples that they stand for.
    """

    def __init__(self, mu_0: np.ndarray, sigma_0: np.ndarray, t: int = 1) -> None:
        self.mu, self.sigma, self.t = mu_0, sigma_0, t

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance."""
        return self.mu, self.sigma

    def get_mu(self) -> np.ndarray:
        """The mean."""
        return self.mu

    def get_sigma(self) -> np.ndarray:
        """The covariance."""
        return self.sigma

    def update(self, x: np.ndarray) -> None:
        """Take one more sample ``(n,)``."""
        t, before = self.t, np.array(self.mu)
        self.mu = (t * before + x) / (t + 1)
        spread = t * np.outer(before, before) - (t + 1) * np.outer(self.mu, self.mu) + np.outer(x, x)
        self.sigma = (t - 1) / t * self.sigma + spread / t
        self.t += 1
