"""Metropolis steps along the difference of two other states: those of other chains, or the chain's own past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.step_methods.arraystep import (
    ArrayStepShared,
    Competence,
    PopulationArrayStepShared,
    metrop_select,
)
from pm_migrate.shims.step_methods.flat_logp import LogpDifference
from pm_migrate.shims.step_methods.proposals import UniformProposal
from pm_migrate.shims.step_methods.scaling import tune as retuned
from pm_migrate.shims.theanof import floatX, inputvars
from pm_migrate.shims.vartypes import discrete_types

_STATS: list[dict[str, Any]] = [
    {"accept": np.float64, "accepted": bool, "tune": bool, "scaling": np.float64, "lambda": np.float64}
]


class _Evolution(ArrayStepShared):
    """What the two methods share; ``_difference`` of a subclass says where to look for the direction."""

    default_blocked = True
    generates_stats = True
    stats_dtypes: ClassVar[list[dict[str, Any]]] = _STATS
    tune: Any

    def _prepare(
        self,
        vars: Any,
        S: Any,
        proposal_dist: Callable[[Any], Callable[[], Any]] | None,
        lamb: float | None,
        scaling: Any,
        tune: str | None,
        tune_interval: int,
        model: Any,
        mode: Any,
    ) -> None:
        """Check and keep the arguments of the constructors."""
        model = modelcontext(model)
        variables = inputvars(model.cont_vars if vars is None else vars)
        S = np.ones(sum(v.dsize for v in variables)) if S is None else S
        self.proposal_dist: Callable[[], Any] = (UniformProposal if proposal_dist is None else proposal_dist)(S)
        self.scaling = np.atleast_1d(scaling).astype("d")
        # the optimum for normal targets, ter Braak (2006)
        self.lamb = float(2.38 / np.sqrt(2 * model.ndim) if lamb is None else lamb)
        if tune not in (None, "scaling", "lambda"):
            raise ValueError(f'The parameter "tune" must be one of {{None, scaling, lambda}}, not {tune!r}')
        self.tune_interval = tune_interval
        self.steps_until_tune = tune_interval
        self.accepted: Any = 0
        self.mode = mode
        difference = LogpDifference(model, variables)
        self.delta_logp: Callable[[Any, Any], Any] = difference
        super().__init__(variables, difference.shared)

    def _retune(self, target: Any) -> None:
        """Renew what is to be tuned when its time has come."""
        if self.steps_until_tune or not self.tune:
            return
        rate = self.accepted / float(self.tune_interval)
        if target == "scaling":
            self.scaling = retuned(self.scaling, rate)
        elif target == "lambda":
            self.lamb = retuned(self.lamb, rate)
        self.steps_until_tune = self.tune_interval
        self.accepted = 0

    def _choose(self, q: np.ndarray, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """Accept the proposal or not; the statistics."""
        log_ratio = self.delta_logp(q, q0)
        q_new, accepted = metrop_select(log_ratio, q, q0)
        self.accepted += accepted
        self.steps_until_tune -= 1
        stats = {
            "tune": self.tune,
            "scaling": self.scaling,
            "lambda": self.lamb,
            "accept": np.exp(log_ratio),
            "accepted": accepted,
        }
        return q_new, [stats]

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Suits continuous variables, none well."""
        return Competence.INCOMPATIBLE if var.dtype in discrete_types else Competence.COMPATIBLE


class DEMetropolis(_Evolution, PopulationArrayStepShared):
    """Differential evolution of a population of chains (ter Braak 2006): moves along the difference of two others.

    Parameters
    ----------
    vars
        Variables; all continuous ones by default.
    S, proposal_dist
        Scales and class of the noise on the moves; uniform between ``-S`` and ``S`` by default, ones.
    lamb
        Factor on the difference; ``2.38 / sqrt(2 * ndim)`` by default.
    scaling
        Factor on the noise.
    tune
        What to tune: None, ``scaling`` or ``lambda``.
    tune_interval
        Steps between two tunings.
    model, mode
        The model, the open one by default; without meaning.

    Raises
    ------
    ValueError
        For another ``tune``.
    """

    name = "DEMetropolis"

    def __init__(
        self,
        vars: Any = None,
        S: Any = None,
        proposal_dist: Any = None,
        lamb: float | None = None,
        scaling: Any = 0.001,
        tune: str | None = None,
        tune_interval: int = 100,
        model: Any = None,
        mode: Any = None,
        **kwargs: Any,
    ) -> None:
        self._prepare(vars, S, proposal_dist, lamb, scaling, tune, tune_interval, model, mode)
        self.tune = tune

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """The next array and the statistics, of this chain of the population."""
        assert self.bij is not None and self.population is not None and self.other_chains is not None
        self._retune(self.tune)
        noise = self.proposal_dist() * self.scaling
        first, second = (self.population[i] for i in np.random.choice(self.other_chains, 2, replace=False))
        return self._choose(floatX(q0 + self.lamb * (self.bij.map(first) - self.bij.map(second)) + noise), q0)


class DEMetropolisZ(_Evolution):
    """Differential evolution of one chain (ter Braak & Vrugt 2008): moves along the difference of two past states.

    Parameters
    ----------
    vars
        Variables; all continuous ones by default.
    S, proposal_dist, lamb, scaling, tune_interval, model, mode
        As for :class:`DEMetropolis`.
    tune
        What to tune: None, ``scaling`` or ``lambda``.
    tune_drop_fraction
        Part of the past that is forgotten when the tuning ends, the earliest first.

    Raises
    ------
    ValueError
        For another ``tune``.
    """

    name = "DEMetropolisZ"

    def __init__(
        self,
        vars: Any = None,
        S: Any = None,
        proposal_dist: Any = None,
        lamb: float | None = None,
        scaling: Any = 0.001,
        tune: str | None = "lambda",
        tune_interval: int = 100,
        tune_drop_fraction: float = 0.9,
        model: Any = None,
        mode: Any = None,
        **kwargs: Any,
    ) -> None:
        self._prepare(vars, S, proposal_dist, lamb, scaling, tune, tune_interval, model, mode)
        self.tune = True
        self.tune_target = tune
        self.tune_drop_fraction = tune_drop_fraction
        self._history: list[np.ndarray] = []
        self._untuned_settings = {
            "scaling": self.scaling,
            "lamb": self.lamb,
            "steps_until_tune": tune_interval,
            "accepted": self.accepted,
        }

    def reset_tuning(self) -> None:
        """Begin the tuning anew, without a past."""
        self._history = []
        for attribute, value in self._untuned_settings.items():
            setattr(self, attribute, value)

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """The next array and the statistics; the noise is the whole move while there are fewer than two past states."""
        self._retune(self.tune_target)
        move = self.proposal_dist() * self.scaling
        past = len(self._history)
        if past < 2:
            q = floatX(q0 + move)
        else:
            first, second = np.random.randint(past), np.random.randint(past)
            while second == first:
                second = np.random.randint(past)
            q = floatX(q0 + self.lamb * (self._history[first] - self._history[second]) + move)
        q_new, stats = self._choose(q, q0)
        self._history.append(q_new)
        return q_new, stats

    def stop_tuning(self) -> None:
        """Forget the first part of the past, which had not converged."""
        self._history = self._history[int(self.tune_drop_fraction * len(self._history)) :]
        super().stop_tuning()
