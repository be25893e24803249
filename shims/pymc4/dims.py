"""Shapes of variables by the names of their dimensions, from the coordinates of the model that is evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pm_migrate.shims.pymc4.names import Scope


def note_data(coords: Mapping[str, Any], dims: Sequence[str] | None, shape: Sequence[int]) -> None:
    """Add what named data say to the coordinates of the model that is evaluated.

    A dimension of another length, since other data are in their place, is not known any more.
    """
    known: dict[str, Any] = next(reversed(list(Scope.chain("coords", drop_none=True))), {})
    known.update(coords)
    for name, length in zip(dims or (), shape, strict=False):
        if known.get(name) is not None and len(known[name]) != length:
            known[name] = None


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
