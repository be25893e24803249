"""Likelihoods by simulation, for approximate Bayesian computation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def caller(function: Callable[..., Any], names: Sequence[str | None]) -> Callable[[Sequence[Any]], Any]:
    """How to call a simulator with a list of values.

    By keyword when the parameters of the function have the names of the variables, as PyMC3's sampler does, and by
    position otherwise, as its predictive draws do.

    Examples
    --------
    >>> caller(lambda b, a: (a, b), ["a", "b"])([1, 2])
    (1, 2)
    >>> caller(lambda x, y: (x, y), ["a", None])([1, 2])
    (1, 2)
    """
    if None not in names and len(set(names)) == len(names):
        try:
            inspect.signature(function).bind(**{str(name): None for name in names})
        except (TypeError, ValueError):  # another signature, or one that Python cannot tell
            pass
        else:
            return lambda values: function(**dict(zip(map(str, names), values, strict=True)))
    return lambda values: function(*values)


class PseudoLikelihood:
    """A kernel of the distance between simulated and observed data, in place of a likelihood.

    Parameters
    ----------
    epsilon
        Scale of the distance.
    observations
        The data.
    function
        Simulates data.
    params
        Names of the variables that are its parameters, in their order.
    model
        The model.
    var_info
        Shape and size of each value variable, by name.
    variables
        The value variables, in the order in which they lie in a flat array.
    distance, sum_stat
        Functions as of :class:`~pm_migrate.shims.distributions.simulator.Simulator`.
    size
        Number of results that are kept; the next one begins anew.
    save_sim_data, save_log_pseudolikelihood
        Whether to keep simulated data, and the distances of their elements.
    """

    def __init__(
        self,
        epsilon: Any,
        observations: Any,
        function: Callable[..., Any],
        params: Sequence[str | None],
        model: Any,
        var_info: Mapping[str, tuple[tuple[int, ...], int]],
        variables: Sequence[Any],
        distance: Callable[..., Any],
        sum_stat: Callable[..., Any],
        size: int,
        save_sim_data: bool,
        save_log_pseudolikelihood: bool,
    ) -> None:
        self.epsilon, self.function, self.params = epsilon, function, list(params)
        self.model, self.var_info, self.variables = model, var_info, list(variables)
        self.varnames = [str(v.name) for v in self.variables]
        self.distance, self.sum_stat = distance, sum_stat
        self.size = size
        self.save_sim_data, self.save_log_pseudolikelihood = save_sim_data, save_log_pseudolikelihood
        self.sim_data_l: list[Any] = []
        self.lpl_l: list[Any] = []
        self.observations = sum_stat(observations)
        self._call = caller(function, self.params)
        self._values: Callable[..., Any] | None = None

    def posterior_to_function(self, posterior: np.ndarray) -> dict[str, np.ndarray]:
        """The parameters of the simulator at a flat array of value variables, by name."""
        if self._values is None:
            self._values = self.model.fastfn([self.model[name] for name in self.params])
        point, at = {}, 0
        for name in self.varnames:
            shape, size = self.var_info[name]
            point[name] = posterior[at : at + size].reshape(shape)
            at += size
        return {str(name): value for name, value in zip(self.params, self._values(point), strict=True)}

    def simulate(self, values: Sequence[Any]) -> float:
        """Simulate data at values of the parameters: the log pseudo-likelihood, which may be kept with the data."""
        simulated = self._call(values)
        if self.save_sim_data:
            self.save_data(simulated)
        elementwise = self.distance(self.epsilon, self.observations, self.sum_stat(simulated))
        if self.save_log_pseudolikelihood:
            self.save_lpl(elementwise)
        return float(np.sum(elementwise))

    def __call__(self, posterior: np.ndarray) -> float:
        """The log pseudo-likelihood at a flat array of value variables."""
        return self.simulate(list(self.posterior_to_function(posterior).values()))

    def save_data(self, sim_data: Any) -> None:
        """Keep simulated data."""
        self._keep(self.sim_data_l, sim_data)

    def get_data(self) -> np.ndarray:
        """The simulated data that are kept."""
        return np.array(self.sim_data_l)

    def save_lpl(self, elemwise: Any) -> None:
        """Keep the distances of elements."""
        self._keep(self.lpl_l, elemwise)

    def get_lpl(self) -> np.ndarray:
        """The distances that are kept."""
        return np.array(self.lpl_l)

    def _keep(self, kept: list[Any], new: Any) -> None:
        if len(kept) == self.size:
            kept.clear()
        kept.append(new)
