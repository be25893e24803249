"""Start points (``pymc3.tuning``)."""

from __future__ import annotations

from pm_migrate.shims import placeholders
from pm_migrate.shims.tuning.starting import find_MAP

__all__ = ["find_MAP"]

__getattr__ = placeholders.fallback("tuning")
