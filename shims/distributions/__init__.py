"""Distributions: catalogue rows bound to TFP, and PyMC3's classes over them."""

from __future__ import annotations

import importlib
from typing import Any

from pm_migrate.catalog import DISTRIBUTIONS


def __getattr__(name: str) -> Any:
    if name == "transforms":
        return importlib.import_module("pm_migrate.shims.transforms")
    if name in DISTRIBUTIONS:
        return importlib.import_module(f"{__name__}.frontend").CLASSES[name]
    if name in {"Continuous", "Discrete", "Distribution"}:
        return getattr(importlib.import_module(f"{__name__}.frontend"), name)
    raise AttributeError(f"module 'pymc3.distributions' has no attribute {name!r}")
