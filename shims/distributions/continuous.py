"""``pymc3.distributions.continuous``: the continuous distributions of numbers, and base classes for more."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.distributions.base import BoundedContinuous, Continuous, PositiveContinuous, UnitContinuous
from pm_migrate.shims.distributions.frontend import CLASSES

_ROWS = {name: cls for name, cls in CLASSES.items() if not cls.row.discrete and cls.row.rank == 0}

__all__ = ["BoundedContinuous", "Continuous", "PositiveContinuous", "UnitContinuous", *_ROWS]


def __getattr__(name: str) -> Any:
    if name in _ROWS:
        return _ROWS[name]
    raise AttributeError(f"module 'pymc3.distributions.continuous' has no attribute {name!r}")
