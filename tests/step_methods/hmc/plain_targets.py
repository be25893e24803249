"""Log densities in plain NumPy, in the place of a compiled ``ValueGradFunction``."""

from __future__ import annotations

from typing import Any

import numpy as np


class Target:
    """A log density and its gradient."""

    dtype = "float64"

    def __call__(self, q: np.ndarray, out: np.ndarray | None = None) -> Any:
        value, gradient = self.both(q)
        if out is None:
            return value, gradient
        out[:] = gradient
        return value

    def both(self, q: np.ndarray) -> tuple[float, np.ndarray]:
        raise NotImplementedError


class Gaussian(Target):
    def __init__(self, precision: np.ndarray) -> None:
        self.precision = precision

    def both(self, q: np.ndarray) -> tuple[float, np.ndarray]:
        slope = -self.precision @ q
        return 0.5 * q @ slope, slope


class Quartic(Target):
    def both(self, q: np.ndarray) -> tuple[float, np.ndarray]:
        around = np.roll(q, 1)
        return -float(np.sum(q**4) / 4 + np.sum(q * around) / 4), -(q**3) - (around + np.roll(q, -1)) / 4


class Failing(Target):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def both(self, q: np.ndarray) -> tuple[float, np.ndarray]:
        raise self.error
