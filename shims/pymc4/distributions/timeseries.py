"""PyMC4's module of this name: a part of what ``pm.distributions`` has."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.pymc4 import distributions


def __getattr__(name: str) -> Any:
    return getattr(distributions, name)
