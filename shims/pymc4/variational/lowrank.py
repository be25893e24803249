"""A normal distribution with a covariance of low rank and a diagonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.distributions.dist_math import rho2sigma
from pm_migrate.shims.theano import shared
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.graph import SharedVariable, Variable
from pm_migrate.shims.theano.ops import linalg
from pm_migrate.shims.variational.approximations import SingleGroupApproximation
from pm_migrate.shims.variational.group import Group
from pm_migrate.shims.variational.nodes import node_property

_HALF_LOG_2PI = 0.5 * float(np.log(2.0 * np.pi))
#: Standard deviation of the elements that the factor begins with: at zero its gradient vanishes.
_SMALL = 0.1


class LowRankGroup(Group):
    """A multivariate normal distribution with covariance ``diag(sigma**2) + W @ W.T``, ``W`` of shape ``(d, rank)``.

    Its log density needs a Cholesky factor of ``rank`` rows alone (Ong, Nott and Smith, 2018; the inverse and the
    determinant by Woodbury's identity). Parameters: ``mu``, ``rho`` with ``sigma = log(1 + exp(rho))``, ``W``.
    """

    supports_batched = False
    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"mu": ("d",), "rho": ("d",), "W": ("d", "rank")}

    def __init_group__(self, group: Sequence[Any]) -> None:
        super().__init_group__(group)
        rank = self._kwargs.get("rank")
        self.rank = max(int(np.sqrt(self.ddim)), 1) if rank is None else int(rank)
        if not 1 <= self.rank <= self.ddim:
            raise ValueError(f"rank={rank} is not between 1 and {self.ddim}, the number of dimensions")
        self.shared_params = self._parameters()
        self._finalize_init()

    def _parameters(self) -> dict[str, SharedVariable]:
        mu = floatX(self._start(self._kwargs.get("start")))
        rng = np.random.default_rng(self._kwargs.get("factor_seed"))
        factor = _SMALL * rng.standard_normal((self.ddim, self.rank))
        return {
            "mu": shared(mu, "mu"),
            "rho": shared(floatX(np.zeros(mu.shape)), "rho"),
            "W": shared(floatX(factor), "W"),
        }

    def _new_initial_shape(self, size: Any, dim: Any, more_replacements: Any = None) -> Variable:
        """Noise of the diagonal, then of the factor."""
        return tt.stack([size, dim + self.rank])

    @property
    def factor(self) -> Variable:
        """``W``."""
        return self.params_dict["W"]

    @property
    def sigma(self) -> Variable:
        """Roots of the diagonal."""
        return rho2sigma(self.params_dict["rho"])

    @node_property
    def mean(self) -> Variable:
        """Means, ``(d,)``."""
        return self.params_dict["mu"]

    @node_property
    def cov(self) -> Variable:
        """Covariance, ``(d, d)``."""
        return tt.diag(self.sigma**2) + self.factor.dot(self.factor.T)

    @node_property
    def std(self) -> Variable:
        """Standard deviations, ``(d,)``."""
        return tt.sqrt(self.sigma**2 + (self.factor**2).sum(axis=1))

    @property
    def _centered(self) -> Variable:
        noise = self.symbolic_initial
        return noise[:, : self.ddim] * self.sigma + noise[:, self.ddim :].dot(self.factor.T)

    @node_property
    def symbolic_random(self) -> Variable:
        """The samples."""
        return self._centered + self.mean

    @node_property
    def symbolic_logq_not_scaled(self) -> Variable:
        """Log density of each sample."""
        sigma = self.sigma
        scaled = self._centered / sigma
        factor = self.factor / sigma.dimshuffle(0, "x")
        root = linalg.cholesky(tt.eye(self.rank) + factor.T.dot(factor))
        along = linalg.solve_lower_triangular(root, scaled.dot(factor).T)
        square = (scaled**2).sum(axis=1) - (along**2).sum(axis=0)
        logdet = tt.log(sigma).sum() + tt.log(tt.diag(root)).sum()
        return -0.5 * square - self.ddim * _HALF_LOG_2PI - logdet


class LowRankNormal(SingleGroupApproximation):
    """:class:`LowRankGroup` for all variables.

    Parameters
    ----------
    random_seed
        Seed of its random numbers, and of the factor that it begins with.
    rank
        Rank of the factor; the whole part of the root of the number of dimensions by default.
    start, model
        As for the other families.
    """

    _group_class = LowRankGroup

    def __init__(self, *, random_seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(random_seed=random_seed, factor_seed=random_seed, **kwargs)
