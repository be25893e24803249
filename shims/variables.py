"""Random variables of the ``with`` front end: another path to :mod:`pm_migrate.shims.model.variables`."""

from pm_migrate.shims.model.variables import (
    DeterministicVariable,
    FreeRV,
    MultiObservedRV,
    ObservedRV,
    OfTerm,
    RandomVariable,
    TransformedRV,
    givens_from_point,
    named,
)

__all__ = [
    "DeterministicVariable",
    "FreeRV",
    "MultiObservedRV",
    "ObservedRV",
    "OfTerm",
    "RandomVariable",
    "TransformedRV",
    "givens_from_point",
    "named",
]
