"""PyMC3's exceptions (``pymc3.exceptions``), from the one tree of :mod:`pm_migrate.errors`."""

from __future__ import annotations

from pm_migrate.errors import (
    DtypeError,
    IncorrectArgumentsError,
    SamplingError,
    ShapeError,
    TraceDirectoryError,
)

__all__ = [
    "DtypeError",
    "ImputationWarning",
    "IncorrectArgumentsError",
    "SamplingError",
    "ShapeError",
    "TraceDirectoryError",
]


class ImputationWarning(UserWarning):
    """Observed data have missing values, which become random variables of the model."""
