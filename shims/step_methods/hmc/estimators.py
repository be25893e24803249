"""Running means and (co)variances, from which Hamiltonian steps learn their scale.

References
----------
Welford, B. P. (1962). Note on a method for calculating corrected sums of squares and products. Technometrics 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class _Running:
    """A running mean, and a running sum of products of deviations from it.

    Parameters
    ----------
    nelem
        Length of the samples.
    mean
        Mean of what was seen before, ``(nelem,)``; zeros by default.
    spread
        The (co)variance of that.
    weight
        How many samples it counts as.
    shape
        Of ``spread``.
    dtype
        Of the results; sums are kept in double precision.
    """

    def __init__(self, nelem: int, mean: Any, spread: Any, weight: float, shape: tuple[int, ...], dtype: Any) -> None:
        self._dtype = dtype
        self.n_samples = float(weight)
        self.mean = np.zeros(nelem) if mean is None else np.array(mean, dtype="d")
        self._sum = self.n_samples * (np.zeros(shape) if spread is None else np.array(spread, dtype="d"))
        if self._sum.shape != shape:
            raise ValueError(f"The initial (co)variance has the shape {self._sum.shape}, but it should be {shape}.")
        if self.mean.shape != (nelem,):
            raise ValueError(f"The initial mean has the shape {self.mean.shape}, but it should be {(nelem,)}.")

    def _move(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take a sample into the mean; its deviations from the old and the new one."""
        self.n_samples += 1
        before = np.asarray(x) - self.mean
        self.mean += before / self.n_samples
        return before, x - self.mean

    def _divided(self, count: float, out: np.ndarray | None) -> np.ndarray:
        if self.n_samples == 0:
            raise ValueError("Can not compute variance or covariance without samples.")
        # of one sample there is no covariance: NaN, which the caller meets in its factorisation
        with np.errstate(divide="ignore", invalid="ignore"):
            if out is None:
                return (self._sum / count).astype(self._dtype)
            return np.divide(self._sum, count, out=out)

    def current_mean(self) -> np.ndarray:
        """The mean so far."""
        return np.array(self.mean, dtype=self._dtype)


class _WeightedVariance(_Running):
    """Running mean and variance (divided by the number of samples) of each element.

    Parameters
    ----------
    nelem
        Number of elements.
    initial_mean, initial_variance, initial_weight
        What was known before, and how many samples that counts as.
    dtype
        Of the results.

    Raises
    ------
    ValueError
        For an initial mean or variance of another shape.
    """

    def __init__(
        self,
        nelem: int,
        initial_mean: Any = None,
        initial_variance: Any = None,
        initial_weight: float = 0,
        dtype: Any = "d",
    ) -> None:
        super().__init__(nelem, initial_mean, initial_variance, initial_weight, (nelem,), dtype)

    @property
    def raw_var(self) -> np.ndarray:
        """Sum of squared deviations."""
        return self._sum

    def add_sample(self, x: np.ndarray, weight: float) -> None:
        """Take in a sample, ``(nelem,)``."""
        before, after = self._move(x)
        self._sum += weight * before * after

    def current_variance(self, out: np.ndarray | None = None) -> np.ndarray:
        """The variance so far.

        Raises
        ------
        ValueError
            Before the first sample.
        """
        return self._divided(self.n_samples, out)


class _WeightedCovariance(_Running):
    """Running mean and covariance matrix (divided by the number of samples less one).

    Parameters
    ----------
    nelem
        Number of elements.
    initial_mean, initial_covariance, initial_weight
        What was known before, and how many samples that counts as.
    dtype
        Of the results.

    Raises
    ------
    ValueError
        For an initial mean or covariance of another shape.
    """

    def __init__(
        self,
        nelem: int,
        initial_mean: Any = None,
        initial_covariance: Any = None,
        initial_weight: float = 0,
        dtype: Any = "d",
    ) -> None:
        super().__init__(nelem, initial_mean, initial_covariance, initial_weight, (nelem, nelem), dtype)

    @property
    def raw_cov(self) -> np.ndarray:
        """Sum of products of deviations."""
        return self._sum

    def add_sample(self, x: np.ndarray, weight: float) -> None:
        """Take in a sample, ``(nelem,)``."""
        before, after = self._move(x)
        self._sum += weight * after[:, None] * before[None, :]

    def current_covariance(self, out: np.ndarray | None = None) -> np.ndarray:
        """The covariance matrix so far.

        Raises
        ------
        ValueError
            Before the first sample.
        """
        return self._divided(self.n_samples - 1, out)
