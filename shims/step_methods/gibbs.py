"""Gibbs sampling of categorical variables (``pymc3.step_methods.gibbs``)."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.quirks import user_level
from pm_migrate.shims.step_methods.arraystep import ArrayStep, Competence
from pm_migrate.shims.step_methods.discrete import kind_of
from pm_migrate.shims.theano.graph.basic import graph_inputs

__all__ = ["ElemwiseCategorical"]


class ElemwiseCategorical(ArrayStep):
    """Gibbs steps of a categorical variable whose elements are independent given the others: all at once.

    The terms of the density in which the variable stands must have its shape, or broadcast with it.

    Parameters
    ----------
    vars
        The variable, in a list.
    values
        Its categories; ``0 .. k-1`` by default.
    model
        The model; the open one by default.
    """

    def __init__(self, vars: Any, values: Sequence[Any] | None = None, model: Any = None) -> None:
        warnings.warn(
            "ElemwiseCategorical is deprecated, switch to CategoricalGibbsMetropolis.",
            DeprecationWarning,
            stacklevel=user_level(),
        )
        model = modelcontext(model)
        self.var = vars[0]
        self.sh = np.ones(self.var.dshape, self.var.dtype)
        self.values = np.arange(kind_of(self.var)[1]) if values is None else values
        super().__init__(vars, [elemwise_logp(model, self.var)])

    def astep(self, q: np.ndarray, logp: Callable[[np.ndarray], Any]) -> np.ndarray:
        """The next array."""
        return categorical(np.array([logp(v * self.sh) for v in self.values]), self.var.dshape)

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Suits categorical variables."""
        from pm_migrate.shims import Categorical

        return Competence.COMPATIBLE if isinstance(var.distribution, Categorical) else Competence.INCOMPATIBLE


def elemwise_logp(model: Any, var: Any) -> Any:
    """Compile the terms of a model's log density in which a variable stands, element by element."""
    terms = [v.logp_elemwiset for v in model.basic_RVs if var in list(graph_inputs([v.logpt]))]
    return model.fn(functools.reduce(operator.add, terms))


def categorical(prob: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Draw categories from NumPy's global state, element by element.

    Parameters
    ----------
    prob
        Log probabilities up to a constant, ``(k, *shape)``.
    shape
        Of the result.
    """
    flat = np.broadcast_to(prob, (len(prob), *shape)).reshape(len(prob), -1)
    drawn = np.empty(flat.shape[1])
    for i, logps in enumerate(flat.T):
        ends = np.cumsum(np.exp(logps - logps.max()))
        drawn[i] = np.searchsorted(ends, np.random.uniform() * ends[-1])
    return drawn.reshape(tuple(shape))
