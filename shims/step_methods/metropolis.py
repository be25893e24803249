"""Metropolis steps (``pymc3.step_methods.metropolis``)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.quirks import user_level
from pm_migrate.shims.step_methods.arraystep import ArrayStepShared, Competence, metrop_select
from pm_migrate.shims.step_methods.differential_evolution import DEMetropolis, DEMetropolisZ
from pm_migrate.shims.step_methods.discrete import (
    BinaryGibbsMetropolis,
    BinaryMetropolis,
    CategoricalGibbsMetropolis,
    sample_except,
    softmax,
)
from pm_migrate.shims.step_methods.flat_logp import LogpDifference
from pm_migrate.shims.step_methods.proposals import (
    CauchyProposal,
    LaplaceProposal,
    MultivariateNormalProposal,
    NormalProposal,
    PoissonProposal,
    Proposal,
    UniformProposal,
)
from pm_migrate.shims.step_methods.scaling import tune
from pm_migrate.shims.theano import function
from pm_migrate.shims.theanof import CallableTensor, floatX, inputvars, join_nonshared_inputs
from pm_migrate.shims.vartypes import discrete_types

__all__ = [
    "BinaryGibbsMetropolis",
    "BinaryMetropolis",
    "CategoricalGibbsMetropolis",
    "CauchyProposal",
    "DEMetropolis",
    "DEMetropolisZ",
    "LaplaceProposal",
    "Metropolis",
    "MultivariateNormalProposal",
    "NormalProposal",
    "PoissonProposal",
    "Proposal",
    "UniformProposal",
    "delta_logp",
    "sample_except",
    "softmax",
    "tune",
]


class Metropolis(ArrayStepShared):
    """Random-walk Metropolis (Metropolis et al. 1953), discrete variables by rounded moves.

    Parameters
    ----------
    vars
        Variables; all free ones by default, each stepped on its own unless ``blocked=True``.
    S
        Standard deviations of the moves ``(n,)``, or their covariance ``(n, n)``; ones by default.
    proposal_dist
        Class of the moves, made with ``S``; normal by default.
    scaling
        Factor on the moves.
    tune
        Whether to tune it, see :func:`tune`.
    tune_interval
        Steps between two tunings.
    model
        The model; the open one by default.
    mode
        Without meaning.

    Raises
    ------
    ValueError
        For ``S`` of another rank.
    """

    name = "metropolis"
    default_blocked = False
    generates_stats = True
    stats_dtypes: ClassVar[list[dict[str, Any]]] = [
        {"accept": np.float64, "accepted": bool, "tune": bool, "scaling": np.float64}
    ]

    def __init__(
        self,
        vars: Any = None,
        S: Any = None,
        proposal_dist: Callable[[Any], Callable[[], Any]] | None = None,
        scaling: Any = 1.0,
        tune: bool = True,
        tune_interval: int = 100,
        model: Any = None,
        mode: Any = None,
        **kwargs: Any,
    ) -> None:
        model = modelcontext(model)
        variables = inputvars(model.vars if vars is None else vars)
        S = np.ones(sum(v.dsize for v in variables)) if S is None else np.asarray(S)
        self.proposal_dist: Callable[[], Any]
        if proposal_dist is not None:
            self.proposal_dist = proposal_dist(S)
        elif S.ndim == 1:
            self.proposal_dist = NormalProposal(S)
        elif S.ndim == 2:
            self.proposal_dist = MultivariateNormalProposal(S)
        else:
            raise ValueError(f"Invalid rank for variance: {S.ndim}; S has standard deviations (1) or a covariance (2)")
        if isinstance(self.proposal_dist, PoissonProposal):
            warnings.warn(
                "PoissonProposal is not symmetric, and Metropolis does not correct for that, as in PyMC3: the draws "
                "are not from the posterior. Leave proposal_dist out: normal moves of discrete variables are rounded.",
                UserWarning,
                stacklevel=user_level(),
            )
        self.scaling = np.atleast_1d(scaling).astype("d")
        self.tune = tune
        self.tune_interval = tune_interval
        self.steps_until_tune = tune_interval
        self.accepted: Any = 0
        self.discrete = np.concatenate([[v.dtype in discrete_types] * (v.dsize or 1) for v in variables])
        self.any_discrete = self.discrete.any()
        self.all_discrete = self.discrete.all()
        self._untuned_settings = {
            "scaling": self.scaling,
            "steps_until_tune": tune_interval,
            "accepted": self.accepted,
        }
        self.mode = mode
        difference = LogpDifference(model, variables)
        self.delta_logp: Callable[[Any, Any], Any] = difference
        super().__init__(variables, difference.shared)

    def reset_tuning(self) -> None:
        """Begin the tuning anew."""
        for attribute, value in self._untuned_settings.items():
            setattr(self, attribute, value)

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """The next array, and the statistics ``tune``, ``scaling``, ``accept`` (a ratio) and ``accepted``."""
        if not self.steps_until_tune and self.tune:
            self.scaling = tune(self.scaling, self.accepted / float(self.tune_interval))
            self.steps_until_tune = self.tune_interval
            self.accepted = 0
        delta = self.proposal_dist() * self.scaling
        if self.all_discrete:
            q0 = q0.astype("int64")
            q = q0 + np.round(delta, 0).astype("int64")
        elif self.any_discrete:
            delta[self.discrete] = np.round(delta[self.discrete], 0)
            q = q0 + delta
        else:
            q = floatX(q0 + delta)
        log_ratio = self.delta_logp(q, q0)
        q_new, accepted = metrop_select(log_ratio, q, q0)
        self.accepted += accepted
        self.steps_until_tune -= 1
        stats = {"tune": self.tune, "scaling": self.scaling, "accept": np.exp(log_ratio), "accepted": accepted}
        return q_new, [stats]

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Suits any variable, none well."""
        return Competence.COMPATIBLE


def delta_logp(logp: Any, vars: Sequence[Any], shared: Mapping[Any, Any]) -> Callable[[Any, Any], Any]:
    """Compile the difference of an expression at two flat arrays: ``f(q, q0) = logp(q) - logp(q0)``.

    Parameters
    ----------
    logp
        A scalar expression.
    vars
        Variables in it that the arrays hold, in order.
    shared
        Other replacements, see :func:`~pm_migrate.shims.theanof.make_shared_replacements`.
    """
    [before], q0 = join_nonshared_inputs([logp], vars, shared)
    q = q0.type("inarray1")
    compiled: Any = function([q, q0], CallableTensor(before)(q) - before)
    compiled.trust_input = True
    return compiled
