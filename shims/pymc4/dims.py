"""Shapes of variables by the names of their dimensions, from the coordinates of the model that is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pm_migrate.shims.pymc4.names import Scope


def known_coords() -> dict[str, Any]:
    """The coordinates of the innermost model that is evaluated, to be added to; outside of models, none."""
    return next((c for c in reversed(list(Scope.chain("coords", drop_none=True)))), {})


def shape_of(dims: Sequence[str | None]) -> tuple[int, ...] | None:
    """Lengths of dimensions; None when the coordinates of one of them are not known.

    Examples
    --------
    >>> with Scope(coords={"city": ["Bern", "Genf"]}):
    ...     print(shape_of(["city"]), shape_of(["city", "year"]))
    (2,) None
    """
    coords: dict[str, Any] = {}
    for found in Scope.chain("coords", drop_none=True):
        coords.update(found)
    if any(name not in coords or coords[name] is None for name in dims):
        return None
    return tuple(len(coords[name]) for name in dims if name is not None)
