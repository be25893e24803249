"""Shared by the tests of variational inference."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pm_migrate.shims as pm

DATA = np.array([1.6, 1.4, 2.5])


@pytest.fixture
def conjugate() -> pm.Model:
    """A normal mean with known variances: prior N(0.5, 2), data N(mu, 0.7)."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.5, 2.0)
        pm.Normal("y", mu, 0.7, observed=DATA)
    return model


@pytest.fixture
def posterior() -> tuple[float, float]:
    """Mean and standard deviation of the posterior of ``conjugate``."""
    precision = 1 / 2.0**2 + len(DATA) / 0.7**2
    return (0.5 / 2.0**2 + DATA.sum() / 0.7**2) / precision, precision**-0.5


def corners(d: int) -> np.ndarray:
    """Noise whose average over the rows is the exact mean of a quadratic function of standard normal noise, (2**d, d).

    Gauss and Hermite's rule of two points in each direction.
    """
    return np.array(list(product([-1.0, 1.0], repeat=d)))
