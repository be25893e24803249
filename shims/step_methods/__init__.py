"""PyMC3's step methods.

A step method takes a point to the next one and leaves the posterior invariant. The names are imported when they are
used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pm_migrate.shims import placeholders

_HOMES = {
    "CompoundStep": "compound",
}

_placeholder = placeholders.fallback("step_methods")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return _placeholder(name)
