"""PyMC3's ``pymc3.backports``."""

from __future__ import annotations

from typing import Any


def logp(rv: Any, value: Any) -> Any:
    """Log density of a random variable or distribution at a value."""
    return rv.logp(value)
