"""Multilevel delayed acceptance (``pymc3.step_methods.mlda``)."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.quirks import user_level
from pm_migrate.shims.step_methods.arraystep import ArrayStepShared, Competence, metrop_select
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.step_methods.delayed_acceptance import (
    DEMetropolisZMLDA,
    MetropolisMLDA,
    RecursiveDAProposal,
    RecursiveSampleMoments,
    own_copy,
    subsample,
)
from pm_migrate.shims.step_methods.flat_logp import LogpDifference
from pm_migrate.shims.step_methods.metropolis import delta_logp
from pm_migrate.shims.theano.graph import SharedVariable
from pm_migrate.shims.theanof import inputvars
from pm_migrate.shims.vartypes import discrete_types

__all__ = [
    "MLDA",
    "DEMetropolisZMLDA",
    "MetropolisMLDA",
    "RecursiveDAProposal",
    "RecursiveSampleMoments",
    "delta_logp_inverse",
    "extract_Q_estimate",
    "subsample",
]

#: The difference of an expression at two arrays: one order of evaluation or the other is the same number.
delta_logp_inverse = delta_logp


class MLDA(ArrayStepShared):
    """Multilevel delayed acceptance (Dodwell et al. 2019): proposals by chains of coarser models.

    A chain of the next coarser model, some steps long, proposes a state; the ratio of the densities of both models
    decides. That model is stepped likewise, by the next coarser one, and the coarsest by Metropolis or DEMetropolisZ.

    Parameters
    ----------
    coarse_models
        The coarser models, the coarsest first, with variables of the same names.
    vars
        Variables; all free ones by default.
    base_sampler
        ``DEMetropolisZ`` or ``Metropolis``, of the coarsest model.
    base_S, base_proposal_dist, base_scaling, base_tune_interval
        Its arguments.
    tune
        Whether it is tuned; ``pm.sample`` decides anew. DEMetropolisZ needs True.
    base_tune_target, base_lamb, base_tune_drop_fraction
        Arguments of DEMetropolisZ.
    model, mode
        The finest model, the open one by default; without meaning.
    subsampling_rates
        Number of steps of each subchain, the coarsest first, or one number for all.
    base_blocked
        Whether Metropolis steps all variables together.
    variance_reduction
        Keep the quantity of interest of each level for :func:`extract_Q_estimate`: each model has it as
        ``pm.Data("Q", ...)``, and its forward model (an operation in Python) sets it. A state of the subchain is
        proposed at random then, not the last one.
    store_Q_fine
        Keep that of the finest model.
    adaptive_error_model
        While tuning, learn how the output of each forward model differs from the next finer one (Cui, Fox & O'Sullivan
        2012): all models have it as ``pm.Data("model_output", ...)``, and the coarser ones ``pm.Data`` of the names
        ``mu_B`` and ``Sigma_B``, the mean and covariance of the difference, in their likelihood.

    Raises
    ------
    ValueError
        For arguments that do not go together.
    AttributeError, TypeError
        For models without those data.
    """

    name = "mlda"
    default_blocked = True
    generates_stats = True

    def __init__(
        self,
        coarse_models: list[Any],
        vars: Sequence[Any] | None = None,
        base_sampler: str = "DEMetropolisZ",
        base_S: Any = None,
        base_proposal_dist: Any = None,
        base_scaling: Any = None,
        tune: bool = True,
        base_tune_target: str = "lambda",
        base_tune_interval: int = 100,
        base_lamb: float | None = None,
        base_tune_drop_fraction: float = 0.9,
        model: Any = None,
        mode: Any = None,
        subsampling_rates: int | list[int] = 5,
        base_blocked: bool = False,
        variance_reduction: bool = False,
        store_Q_fine: bool = False,
        adaptive_error_model: bool = False,
        **kwargs: Any,
    ) -> None:
        self.is_child = kwargs.get("is_child", False)
        if not self.is_child:
            warnings.warn(
                "The MLDA implementation in PyMC3 is still immature. You should be particularly critical of its "
                "results.",
                stacklevel=user_level(),
            )
        if not isinstance(coarse_models, list):
            raise ValueError("MLDA step method cannot use coarse_models if it is not a list")
        if not coarse_models:
            raise ValueError("MLDA step method was given an empty list of coarse models. Give at least one.")
        self.model = modelcontext(model)
        self.coarse_models = coarse_models
        self.model_below = coarse_models[-1]
        self.num_levels = len(coarse_models) + 1
        self.variance_reduction, self.store_Q_fine = variance_reduction, store_Q_fine
        if variance_reduction or store_Q_fine:
            _check_data(self.model, "Q")
        if self.is_child and variance_reduction:
            self.subsampling_rate_above = kwargs.pop("subsampling_rate_above", None)
        self.adaptive_error_model = adaptive_error_model
        if adaptive_error_model:
            self._prepare_error_model(kwargs.pop("bias_all", None))
        self.subsampling_rates = (
            [subsampling_rates] * len(coarse_models) if isinstance(subsampling_rates, int) else subsampling_rates
        )
        if len(self.subsampling_rates) != len(coarse_models):
            raise ValueError(
                "List of subsampling rates needs to have the same length as list of coarse models but the lengths were "
                f"{len(self.subsampling_rates)}, {len(coarse_models)}"
            )
        self.subsampling_rate = self.subsampling_rates[-1]
        self.subchain_selection: int | None = None
        self.base_sampler = base_sampler
        self.base_blocked = base_blocked
        if variance_reduction and base_sampler == "Metropolis" and not base_blocked:
            warnings.warn(
                "Variance reduction is not compatible with non-blocked (compound) samplers. Automatically switching to "
                "a blocked Metropolis sampler.",
                stacklevel=user_level(),
            )
            self.base_blocked = True
        self.base_S, self.base_proposal_dist = base_S, base_proposal_dist
        default_scaling = 1.0 if base_sampler == "Metropolis" else 0.001
        self.base_scaling = default_scaling if base_scaling is None else float(base_scaling)
        self.tune = tune
        if not tune and base_sampler == "DEMetropolisZ":
            raise ValueError("tune=False does not go with base_sampler='DEMetropolisZ', which needs tune=True")
        self.base_tune_target, self.base_tune_interval = base_tune_target, base_tune_interval
        self.base_lamb, self.base_tune_drop_fraction = base_lamb, float(base_tune_drop_fraction)
        self.base_tuning_stats: list[dict[str, Any]] = []
        self.mode = mode
        variables = inputvars(self.model.vars if vars is None else vars)
        self.var_names = [v.name for v in variables]
        self.accepted: Any = 0
        # a forward model leaves its output and its quantity where it was evaluated last: that is to be the proposal
        fresh = variance_reduction or store_Q_fine or adaptive_error_model
        difference = LogpDifference(self.model, variables, fresh=fresh)
        self.delta_logp: Callable[[Any, Any], Any] = difference
        below = [v for v in self.model_below.vars if v.name in self.var_names]
        self.delta_logp_below: Callable[[Any, Any], Any] = LogpDifference(
            self.model_below, sorted(below, key=lambda v: self.var_names.index(v.name)), fresh=fresh, second_last=True
        )
        super().__init__(variables, difference.shared)
        with self.model_below:
            self.step_method_below = self._base(below) if self.num_levels == 2 else self._intermediate(below)
        self.proposal_dist = RecursiveDAProposal(
            self.step_method_below, self.model_below, self.tune, self.subsampling_rate
        )
        self.stats_dtypes = self._kinds_of_stats()
        if variance_reduction:
            self.sub_counter = 0
            self.Q_diff: list[Any] = []
            if self.is_child:
                self.Q_reg: list[Any] = [np.nan] * self.subsampling_rate_above
            if self.num_levels == 2:
                self.Q_base_full: list[Any] = []
        if variance_reduction or store_Q_fine:
            self.Q_last: Any = np.nan
            self.Q_diff_last: Any = np.nan

    def _prepare_error_model(self, bias_all: list[RecursiveSampleMoments] | None) -> None:
        for name in ("mu_B", "Sigma_B"):
            _check_data(self.model_below, name)
        self.bias = RecursiveSampleMoments(self.model_below.mu_B.get_value(), self.model_below.Sigma_B.get_value())
        # one list for all levels, the finest first
        self.bias_all = [] if bias_all is None else bias_all
        self.bias_all.append(self.bias)
        self.last_synced_output_diff: Any = None
        self.adaptation_started = False

    def _base(self, variables: list[Any]) -> Any:
        """The sampler of the coarsest model."""
        common: dict[str, Any] = {
            "vars": variables,
            "S": self.base_S,
            "proposal_dist": self.base_proposal_dist,
            "scaling": self.base_scaling,
            "tune_interval": self.base_tune_interval,
            "mode": self.mode,
        }
        if self.variance_reduction:
            common |= {"mlda_variance_reduction": True, "mlda_subsampling_rate_above": self.subsampling_rate}
        if self.base_sampler == "Metropolis":
            return MetropolisMLDA(**common, tune=self.tune, blocked=self.base_blocked)
        return DEMetropolisZMLDA(
            **common,
            tune=self.base_tune_target,
            lamb=self.base_lamb,
            tune_drop_fraction=self.base_tune_drop_fraction,
        )

    def _intermediate(self, variables: list[Any]) -> Any:
        """The sampler of a model between the finest and the coarsest."""
        more: dict[str, Any] = {"is_child": True}
        if self.variance_reduction:
            more["subsampling_rate_above"] = self.subsampling_rate
        if self.adaptive_error_model:
            more["bias_all"] = self.bias_all
        return MLDA(
            vars=variables,
            coarse_models=self.coarse_models[:-1],
            subsampling_rates=self.subsampling_rates[:-1],
            base_sampler=self.base_sampler,
            base_S=self.base_S,
            base_proposal_dist=self.base_proposal_dist,
            base_scaling=self.base_scaling,
            tune=self.tune,
            base_tune_target=self.base_tune_target,
            base_tune_interval=self.base_tune_interval,
            base_lamb=self.base_lamb,
            base_tune_drop_fraction=self.base_tune_drop_fraction,
            mode=self.mode,
            base_blocked=self.base_blocked,
            variance_reduction=self.variance_reduction,
            adaptive_error_model=self.adaptive_error_model,
            **more,
        )

    def _kinds_of_stats(self) -> list[dict[str, Any]]:
        if isinstance(self.step_method_below, MLDA):
            kinds = [dict(part) for part in self.step_method_below.stats_dtypes]
        else:
            kinds = [{"accept": np.float64, "accepted": bool, "tune": bool}]
            kinds += [dict.fromkeys(stats, np.float64) for stats in _tuning_of(self.step_method_below)]
        if self.is_child:
            return kinds
        levels = range(self.num_levels - 1, 0, -1)
        if self.variance_reduction:
            kinds[0].update({**{f"Q_{level}_{level - 1}": object for level in levels}, "Q_0": object})
        if self.store_Q_fine:
            kinds[0][f"Q_{self.num_levels - 1}"] = object
        return kinds

    def __copy__(self) -> MLDA:
        """A hierarchy that tunes on its own, with the same compiled functions."""
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.step_method_below = own_copy(self.step_method_below)
        new.proposal_dist = copy.copy(self.proposal_dist)
        new.proposal_dist.step_method_below = new.step_method_below
        return new

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """The next array; statistics of the finest level, then those of the tuning of the coarsest."""
        assert self.bij is not None
        if self.proposal_dist.tune != self.tune:
            self.proposal_dist.tune = self.tune
            for method in _single(self.step_method_below):
                method.tune = self.tune
            self.accepted = 0
        rate = self.subsampling_rate
        self.subchain_selection = np.random.randint(0, rate) if self.variance_reduction else rate - 1
        self.proposal_dist.subchain_selection = self.subchain_selection
        q = self.bij.map(self.proposal_dist(self.bij.rmap(q0)))
        moved = bool((q != q0).any())
        log_ratio = self.delta_logp(q, q0) + self.delta_logp_below(q0, q) if moved else 0.0
        q_new, accepted = metrop_select(log_ratio, q, q0)
        accepted = accepted and moved
        if accepted and (self.variance_reduction or self.store_Q_fine):
            self.Q_last = self.model.Q.get_value()
        if self.variance_reduction:
            self._keep_quantities(accepted)
        if self.tune and self.adaptive_error_model:
            self._learn_error(accepted)
        self.accepted += accepted
        stats = {"tune": self.tune, "accept": np.exp(log_ratio), "accepted": accepted, **self._quantities()}
        self.base_tuning_stats = _tuning_of(self.step_method_below)
        return q_new, [stats, *self.base_tuning_stats]

    def _keep_quantities(self, accepted: bool) -> None:
        """Keep the quantity of this level for the one above, and its difference from that of the level below."""
        if self.is_child:
            if self.sub_counter == self.subsampling_rate_above:
                self.sub_counter = 0
            self.Q_reg[self.sub_counter] = self.Q_last
            self.sub_counter += 1
        if self.num_levels == 2:
            self.Q_base_full.extend(self.step_method_below.Q_reg)
        if accepted:
            self.Q_diff_last = self.Q_last - self.step_method_below.Q_reg[self.subchain_selection]
        self.Q_diff.append(self.Q_diff_last)

    def _quantities(self) -> dict[str, np.ndarray]:
        """The quantities of all levels since the last step of the finest one."""
        found: dict[str, np.ndarray] = {}
        if self.is_child:
            return found
        if self.variance_reduction:
            level: Any = self
            for number in range(self.num_levels - 1, 0, -1):
                found[f"Q_{number}_{number - 1}"] = np.array(level.Q_diff)
                level.Q_diff = []
                if number == 1:
                    found["Q_0"] = np.array(level.Q_base_full)
                    level.Q_base_full = []
                level = level.step_method_below
        if self.store_Q_fine:
            found[f"Q_{self.num_levels - 1}"] = np.array(self.Q_last)
        return found

    def _learn_error(self, accepted: bool) -> None:
        """Learn from the outputs of the two models at the proposal, and tell the model below."""
        if accepted:
            self.last_synced_output_diff = (
                self.model.model_output.get_value() - self.model_below.model_output.get_value()
            )
            self.adaptation_started = True
        if not self.adaptation_started:
            return
        self.bias.update(self.last_synced_output_diff)
        finer = self.bias_all[: len(self.bias_all) - self.num_levels + 2]
        self.model_below.mu_B.set_value(sum(bias.get_mu() for bias in finer))
        self.model_below.Sigma_B.set_value(sum(bias.get_sigma() for bias in finer))

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Suits continuous variables."""
        return Competence.INCOMPATIBLE if var.dtype in discrete_types else Competence.COMPATIBLE


def _check_data(model: Any, name: str) -> None:
    """Refuse a model without data of a name."""
    if not hasattr(model, name):
        raise AttributeError(f"The model has no variable {name!r}: give it one by pm.Data({name!r}, ...)")
    if not isinstance(getattr(model, name), SharedVariable):
        raise TypeError(f"The variable {name!r} of the model must be pm.Data, not {getattr(model, name)!r}")


def _single(step: Any) -> list[Any]:
    return list(step.methods) if isinstance(step, CompoundStep) else []


def _tuning_of(step: Any) -> list[dict[str, Any]]:
    """What a sampler of the coarsest level is tuned to."""
    if isinstance(step, MLDA):
        return step.base_tuning_stats
    if isinstance(step, MetropolisMLDA):
        return [{"base_scaling": step.scaling[0]}]
    if isinstance(step, DEMetropolisZMLDA):
        return [{"base_scaling": step.scaling[0], "base_lambda": step.lamb}]
    return [stats for method in _single(step) for stats in _tuning_of(method)]


def extract_Q_estimate(trace: Any, levels: int) -> tuple[float, float]:
    """Expectation and standard error of the quantity of interest, by the telescoping sum over the levels.

    Parameters
    ----------
    trace
        Of ``MLDA(variance_reduction=True)``.
    levels
        Number of levels.
    """
    import arviz

    def moments(name: str) -> tuple[float, float]:
        values = np.concatenate([np.atleast_1d(x) for x in trace.get_sampler_stats(name)]).astype(float)
        return float(values.mean()), float(values.var() / arviz.ess(values[np.newaxis]))

    found = [moments("Q_0"), *(moments(f"Q_{level}_{level - 1}") for level in range(1, levels))]
    return sum(mean for mean, _ in found), float(np.sqrt(sum(variance for _, variance in found)))
