"""The packages that programs are moved off."""

from __future__ import annotations

from functools import cache

ROOTS = ("pymc3", "theano")


@cache
def is_reference(name: str | None) -> bool:
    """Whether a dotted name belongs to PyMC3 or Theano."""
    return name is not None and name.split(".")[0] in ROOTS
