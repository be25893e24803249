"""Random moves of Metropolis steps, symmetric about zero, from NumPy's global state."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg


class Proposal:
    """A distribution of moves.

    Parameters
    ----------
    s
        Its scale, one for each element.
    """

    def __init__(self, s: Any) -> None:
        self.s = s


class NormalProposal(Proposal):
    """Normal moves of standard deviation ``s``."""

    def __call__(self) -> np.ndarray:
        return np.random.normal(scale=self.s)


class UniformProposal(Proposal):
    """Moves uniform between ``-s`` and ``s``."""

    def __call__(self) -> np.ndarray:
        return np.random.uniform(low=-self.s, high=self.s, size=len(self.s))


class CauchyProposal(Proposal):
    """Cauchy moves of scale ``s``."""

    def __call__(self) -> np.ndarray:
        return np.random.standard_cauchy(size=np.size(self.s)) * self.s


class LaplaceProposal(Proposal):
    """Laplace moves of scale ``s``: a difference of two exponential numbers."""

    def __call__(self) -> np.ndarray:
        size = np.size(self.s)
        return (np.random.standard_exponential(size=size) - np.random.standard_exponential(size=size)) * self.s


class PoissonProposal(Proposal):
    """Moves ``Poisson(s) - s``: of mean zero, and not symmetric.

    Metropolis steps do not correct for that, here as in PyMC3: their draws are not from the posterior. They say so.
    """

    def __call__(self) -> np.ndarray:
        return np.random.poisson(lam=self.s, size=np.size(self.s)) - self.s


class MultivariateNormalProposal(Proposal):
    """Normal moves of a covariance matrix ``s``.

    Raises
    ------
    ValueError
        For a matrix that is not square.
    """

    def __init__(self, s: np.ndarray) -> None:
        n, m = s.shape
        if n != m:
            raise ValueError(f"Covariance matrix is not symmetric: its shape is {s.shape}.")
        self.n = n
        self.chol = scipy.linalg.cholesky(s, lower=True)

    def __call__(self, num_draws: int | None = None) -> np.ndarray:
        """One move ``(n,)``, or several ``(num_draws, n)``."""
        shape = (self.n,) if num_draws is None else (self.n, num_draws)
        return np.dot(self.chol, np.random.randn(*shape)).T
