"""Samplers of generator models, and what they need: PyMC4's ``mcmc``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["samplers", "utils"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
