"""``pymc3.distributions.discrete``: the distributions on the integers."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.distributions.base import Discrete
from pm_migrate.shims.distributions.frontend import CLASSES

_ROWS = {name: cls for name, cls in CLASSES.items() if cls.row.discrete and cls.row.rank == 0}

__all__ = ["Discrete", *_ROWS]


def __getattr__(name: str) -> Any:
    if name in _ROWS:
        return _ROWS[name]
    raise AttributeError(f"module 'pymc3.distributions.discrete' has no attribute {name!r}")
