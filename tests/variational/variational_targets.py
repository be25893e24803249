"""Data, and noise that makes losses exact."""

from __future__ import annotations

from itertools import product

import numpy as np

DATA = np.array([1.6, 1.4, 2.5])


def corners(d: int) -> np.ndarray:
    """Noise whose average over the rows is the exact mean of a quadratic function of standard normal noise, (2**d, d).

    Gauss and Hermite's rule of two points in each direction.
    """
    return np.array(list(product([-1.0, 1.0], repeat=d)))
