"""``Simulator``: a likelihood that is known only through a program that simulates data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError
from pm_migrate.shims.distributions import drawing
from pm_migrate.shims.distributions.base import NoDistribution
from pm_migrate.shims.distributions.custom import leaves
from pm_migrate.shims.distributions.drawn_values import draw_values
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.util import get_repr_for_variable


def identity(x: Any) -> Any:
    """The data themselves as their summary."""
    return x


def gaussian(epsilon: Any, obs_data: Any, sim_data: Any) -> Any:
    """Gaussian kernel of the scaled distance."""
    return -0.5 * ((obs_data - sim_data) / epsilon) ** 2


def laplace(epsilon: Any, obs_data: Any, sim_data: Any) -> Any:
    """Laplace kernel of the scaled distance."""
    return -np.abs((obs_data - sim_data) / epsilon)


class KullbackLeibler:
    """Estimate of the Kullback-Leibler divergence from distances to nearest neighbours.

    Perez-Cruz 2008, Kullback-Leibler divergence estimation of continuous distributions, eq. 14.

    Parameters
    ----------
    obs_data
        The data, one row for each observation.
    """

    def __init__(self, obs_data: np.ndarray) -> None:
        from scipy.spatial import cKDTree

        self.obs_data = obs_data[:, None] if obs_data.ndim == 1 else obs_data
        count, dim = self.obs_data.shape
        distances, _ = cKDTree(self.obs_data).query(self.obs_data, 2)
        self.within = distances[:, 1]
        self.share = dim / count
        self.log_r = np.log(count / (count - 1))

    def __call__(self, epsilon: Any, obs_data: Any, sim_data: np.ndarray) -> Any:
        from scipy.spatial import cKDTree

        simulated = sim_data[:, None] if sim_data.ndim == 1 else sim_data
        between, _ = cKDTree(simulated).query(self.obs_data, 1)
        return self.share * np.sum(-np.log(between / self.within) / epsilon) + self.log_r


_DISTANCES: Mapping[str, Callable[..., Any]] = {"gaussian": gaussian, "laplace": laplace}
_SUMMARIES: Mapping[str, Callable[..., Any]] = {
    "identity": identity,
    "sort": np.sort,
    "mean": np.mean,
    "median": np.median,
}


class Simulator(NoDistribution):
    """Data simulated by a Python function, for approximate Bayesian computation.

    Its log density is 0, as in PyMC3: what ties it to the data is the distance between simulated and observed ones,
    which only sequential Monte Carlo (``pm.sample_smc(kernel="ABC")``) takes into account.

    Parameters
    ----------
    function
        Python function of the parameters' values that returns simulated data. None is one that cannot be drawn from.
    params
        The parameters: variables or numbers.
    distance
        ``gaussian``, ``laplace``, ``kullback_leibler``, or a function of epsilon and the summaries of the observed and
        simulated data.
    sum_stat
        ``identity``, ``sort``, ``mean``, ``median``, or a function of data.
    epsilon
        Scale of the distance.
    observed
        The data. Required.

    Raises
    ------
    TypeError
        Without ``observed=``.
    ValueError
        For an unknown distance or summary.
    """

    def __init__(
        self,
        function: Callable[..., Any] | None,
        *args: Any,
        params: Sequence[Any] | None = None,
        distance: Any = "gaussian",
        sum_stat: Any = "identity",
        epsilon: Any = 1,
        data: Any = None,
        **kwargs: Any,
    ) -> None:
        if data is None:
            raise TypeError("Simulator needs observed=: it compares simulated with observed data")
        if function is not None and not callable(function):
            raise TypeError(f"Simulator needs a function that simulates data, got {type(function).__name__}")
        self.function = function
        self.data = np.asarray(data)
        self._given = [as_tensor_variable(p) for p in params or ()]
        self.epsilon = epsilon
        if isinstance(distance, str) and distance == "kullback_leibler":
            distance, sum_stat = KullbackLeibler(self.data), "identity"
        self.distance = self._chosen("distance metric", distance, _DISTANCES)
        self.sum_stat = self._chosen("summary statistics", sum_stat, _SUMMARIES)
        super().__init__(int(np.prod(self.data.shape)), self.data.dtype.name, *args, **kwargs)

    @staticmethod
    def _chosen(what: str, choice: Any, known: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
        if callable(choice):
            return choice
        if choice not in known:
            raise ModelError(f"The {what} {choice} is not implemented; choose from {sorted(known)}, or pass a function")
        return known[choice]

    @classmethod
    def _create(cls, data: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return cls.dist(*args, data=data, **kwargs)

    @property
    def params(self) -> Mapping[str, Variable]:
        found = dict.fromkeys(leaf for p in self._given for leaf in leaves(p))
        return {str(v.name or i): v for i, v in enumerate(found)}

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Simulate data.

        Parameters
        ----------
        point
            Values of random variables by name; those that are missing are drawn.
        size
            Number of data sets; one without an axis in front when None.
        """
        lead = drawing.lead_of(size)
        if self.function is None:
            raise TypeError("Simulator without a function has no draws")
        if not lead:
            return self.function(*draw_values(self._given, point=point))
        return np.array([self.function(*draw_values(self._given, point=point)) for _ in range(lead[0])])

    def _str_repr(self, name: str | None = None, dist: Any = None, formatting: str = "plain") -> str:
        shown = [getattr(f, "__name__", type(f).__name__) for f in (self.function, self.distance, self.sum_stat)]
        params = ", ".join(str(get_repr_for_variable(p)) for p in self._given)
        if "latex" not in formatting:
            return f"{name} ~ Simulator({shown[0]}({params}), {shown[1]}, {shown[2]})"
        function, distance, summary = (rf"\text{{{text}}}" for text in shown)
        return rf"$\text{{{name}}} \sim  \text{{Simulator}}({function}({params}), {distance}, {summary})$"
