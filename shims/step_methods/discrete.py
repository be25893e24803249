"""Metropolis steps of binary and categorical variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.step_methods.arraystep import ArrayStep, Competence, metrop_select
from pm_migrate.shims.step_methods.flat_logp import FlatLogp
from pm_migrate.shims.theano.graph import as_variable, get_test_value
from pm_migrate.shims.theanof import inputvars
from pm_migrate.shims.vartypes import bool_types, discrete_types

Logp = Callable[[np.ndarray], Any]


def kind_of(var: Any) -> tuple[bool, int | None]:
    """Whether a variable is binary by its distribution or dtype, and the number of categories of a categorical one."""
    from pm_migrate.shims import Bernoulli, Categorical

    known = getattr(var, "value_variable", None)
    if known is not None:
        return known.kind == "binary", known.categories if known.kind == "categorical" else None
    distribution = getattr(var.distribution, "parent_dist", var.distribution)
    if isinstance(distribution, Categorical):
        return False, int(get_test_value(as_variable(distribution.k)))
    return isinstance(distribution, Bernoulli) or var.dtype in bool_types, None


def _check_discrete(vars: Sequence[Any], method: str) -> None:
    wrong = [v.name for v in vars if v.dtype not in discrete_types]
    if wrong:
        raise ValueError(f"All variables must be binary for {method}; these are not: {', '.join(wrong)}")


class BinaryMetropolis(ArrayStep):
    """Metropolis steps that flip each element of binary variables with one probability.

    Parameters
    ----------
    vars
        The variables.
    scaling
        Sets the probability, ``1 - 0.5**scaling``.
    tune, tune_interval
        Kept; nothing is tuned, as in PyMC3.
    model
        The model; the open one by default.

    Raises
    ------
    ValueError
        For a variable that is not discrete.
    """

    name = "binary_metropolis"
    generates_stats = True
    stats_dtypes: ClassVar[list[dict[str, Any]]] = [{"accept": np.float64, "tune": bool, "p_jump": np.float64}]

    def __init__(
        self, vars: Any, scaling: float = 1.0, tune: bool = True, tune_interval: int = 100, model: Any = None
    ) -> None:
        model = modelcontext(model)
        self.scaling = scaling
        self.tune = tune
        self.tune_interval = tune_interval
        self.steps_until_tune = tune_interval
        self.accepted: Any = 0
        _check_discrete(vars, type(self).__name__)
        super().__init__(vars, [FlatLogp.of(model)])

    def astep(self, q0: np.ndarray, logp: Logp) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """The next array, and the statistics ``accept`` (a ratio), ``tune`` and ``p_jump``."""
        p_jump = 1.0 - 0.5**self.scaling
        flips = np.random.random(q0.shape) < p_jump
        q = np.where(flips, 1 - q0, q0)
        log_ratio = logp(q) - logp(q0)
        q_new, accepted = metrop_select(log_ratio, q, q0)
        self.accepted += accepted
        return q_new, [{"tune": self.tune, "accept": np.exp(log_ratio), "p_jump": p_jump}]

    @staticmethod
    def competence(var: Any) -> Competence:
        """Suits binary variables, and categorical ones of two categories."""
        binary, categories = kind_of(var)
        return Competence.COMPATIBLE if binary or categories == 2 else Competence.INCOMPATIBLE


class BinaryGibbsMetropolis(ArrayStep):
    """Metropolis steps of one binary element after the other.

    Parameters
    ----------
    vars
        The variables.
    order
        In which order the elements are stepped, or ``random`` for a new one each time.
    transit_p
        Probability that a flip is proposed at all; the antithetic moves of values above 0.5 mix faster.
    model
        The model; the open one by default.

    Raises
    ------
    ValueError
        For an order that is no permutation, or a variable that is not discrete.
    """

    name = "binary_gibbs_metropolis"

    def __init__(self, vars: Any, order: Any = "random", transit_p: float = 0.8, model: Any = None) -> None:
        model = modelcontext(model)
        self.transit_p = transit_p
        self.dim = sum(v.dsize for v in vars)
        self.shuffle_dims, self.order = _ordered(order, list(range(self.dim)))
        _check_discrete(vars, type(self).__name__)
        super().__init__(vars, [FlatLogp.of(model)])

    def astep(self, q0: np.ndarray, logp: Logp) -> np.ndarray:
        """The next array."""
        if self.shuffle_dims:
            np.random.shuffle(self.order)
        q = np.copy(q0)
        logp_now = logp(q)
        for i in self.order:
            if np.random.rand() >= self.transit_p:
                continue
            before, q[i] = q[i], 1 - q[i]
            proposed = logp(q)
            q[i], accepted = metrop_select(proposed - logp_now, q[i], before)
            if accepted:
                logp_now = proposed
        return q

    @staticmethod
    def competence(var: Any) -> Competence:
        """The best for binary variables, and categorical ones of two categories."""
        binary, categories = kind_of(var)
        return Competence.IDEAL if binary or categories == 2 else Competence.INCOMPATIBLE


class CategoricalGibbsMetropolis(ArrayStep):
    """Metropolis steps of one categorical element after the other; binary ones too.

    Parameters
    ----------
    vars
        The variables.
    proposal
        ``uniform`` over the other categories, or ``proportional`` to their probabilities (Liu 1996, "Metropolized
        Gibbs sampler"), which evaluates the density at all of them.
    order
        In which order the elements are stepped, or ``random`` for a new one each time.
    model
        The model; the open one by default.

    Raises
    ------
    ValueError
        For an order that is no permutation, another proposal, or a variable of another kind.
    """

    name = "categorical_gibbs_metropolis"

    def __init__(self, vars: Any, proposal: str = "uniform", order: Any = "random", model: Any = None) -> None:
        model = modelcontext(model)
        variables = inputvars(vars)
        categories = [k for v in variables for k in [_number_of_categories(v)] * v.dsize]
        self.shuffle_dims, self.dimcats = _ordered(order, list(enumerate(categories)))
        self.astep: Callable[..., Any]
        if proposal == "uniform":
            self.astep = self.astep_unif
        elif proposal == "proportional":
            self.astep = self.astep_prop
        else:
            raise ValueError(f"Argument 'proposal' should either be 'uniform' or 'proportional', not {proposal!r}")
        super().__init__(variables, [FlatLogp.of(model)])

    def astep_unif(self, q0: np.ndarray, logp: Logp) -> np.ndarray:
        """The next array, by uniform proposals."""
        if self.shuffle_dims:
            np.random.shuffle(self.dimcats)
        q = np.copy(q0)
        logp_now = logp(q)
        for dim, k in self.dimcats:
            before, q[dim] = q[dim], sample_except(k, q[dim])
            proposed = logp(q)
            q[dim], accepted = metrop_select(proposed - logp_now, q[dim], before)
            if accepted:
                logp_now = proposed
        return q

    def astep_prop(self, q0: np.ndarray, logp: Logp) -> np.ndarray:
        """The next array, by proportional proposals."""
        if self.shuffle_dims:
            np.random.shuffle(self.dimcats)
        q = np.copy(q0)
        logp_now = logp(q)
        for dim, k in self.dimcats:
            logp_now = self.metropolis_proportional(q, logp, logp_now, dim, k)
        return q

    def metropolis_proportional(self, q: np.ndarray, logp: Logp, logp_curr: Any, dim: int, k: int) -> Any:
        """Step one element of ``q`` in place; returns the log density there."""
        given = int(q[dim])
        logps = np.zeros(k)
        for category in range(k):
            q[dim] = category
            logps[category] = logp_curr if category == given else logp(q)
        q[dim] = given
        probs = softmax(np.where(np.isnan(logps), -np.inf, logps))
        leave = np.delete(probs, given).sum()
        if not leave > 0:
            return logp_curr
        others = np.where(np.arange(k) == given, 0.0, probs / leave)
        proposed = np.random.choice(list(range(k)), p=others)
        # Liu (1996), (1 - p(given)) / (1 - p(proposed)). PyMC3 divides by 1 - others[proposed], which is another
        # number: its chains are not from the target, and with two categories they never move.
        if np.random.uniform() * np.delete(probs, proposed).sum() >= leave:
            return logp_curr
        q[dim] = proposed
        return logps[proposed]

    @staticmethod
    def competence(var: Any) -> Competence:
        """The best for categorical variables of more than two categories; suits those of two, and binary ones."""
        binary, categories = kind_of(var)
        if categories is not None:
            return Competence.IDEAL if categories > 2 else Competence.COMPATIBLE
        return Competence.COMPATIBLE if binary else Competence.INCOMPATIBLE


def _ordered(order: Any, elements: list[Any]) -> tuple[bool, list[Any]]:
    """Whether to shuffle at each step, and the elements in their order."""
    if isinstance(order, str) and order == "random":
        return True, elements
    if sorted(order) != list(range(len(elements))):
        raise ValueError(f"Argument 'order' has to be a permutation of {len(elements)} elements, not {order!r}")
    return False, [elements[i] for i in order]


def _number_of_categories(var: Any) -> int:
    binary, categories = kind_of(var)
    if categories is not None:
        return categories
    if not binary:
        raise ValueError(
            f"All variables must be categorical or binary for CategoricalGibbsMetropolis; {var.name} is not"
        )
    return 2


def sample_except(limit: int, excluded: Any) -> Any:
    """A number below ``limit`` other than ``excluded``, uniformly."""
    candidate = np.random.choice(limit - 1)
    return candidate + 1 if candidate >= excluded else candidate


def softmax(x: np.ndarray) -> np.ndarray:
    """``exp(x)``, normalised along the first axis."""
    weights = np.exp(x - np.max(x))
    return weights / np.sum(weights, axis=0)
