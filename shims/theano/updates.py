"""``theano.updates``: updates of shared variables, in order."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from pm_migrate.shims.theano.graph import SharedVariable

__all__ = ["OrderedUpdates"]


class OrderedUpdates(OrderedDict[Any, Any]):
    """Shared variables with their new values; sums of updates refuse two different ones of a variable."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, SharedVariable):
            raise TypeError(f"OrderedUpdates: the keys must be shared variables, not {key!r}")
        super().__setitem__(key, value)

    def update(self, other: Any = None, **kwargs: Any) -> None:  # type: ignore[override]
        """Add updates."""
        for key, value in dict(other or {}).items():
            if key in self and self[key] is not value:
                raise KeyError(f"OrderedUpdates: {key} has two different updates")
            self[key] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        result = OrderedUpdates()
        result.update(self)
        result.update(other)
        return result

    def __radd__(self, other: Any) -> OrderedUpdates:
        result = OrderedUpdates()
        result.update(other)
        result.update(self)
        return result
