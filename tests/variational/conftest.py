"""Shared by the tests of variational inference."""

from __future__ import annotations

import os

import pytest
from variational_targets import DATA

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pm_migrate.shims as pm


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
