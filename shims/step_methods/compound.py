"""Several step methods, one after another (``pymc3.step_methods.compound``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["CompoundStep"]


class CompoundStep:
    """Step methods that are applied in turn, each to the point that the one before it left.

    Parameters
    ----------
    methods
        The step methods, in order.

    Attributes
    ----------
    methods : list
        The same.
    generates_stats : bool
        Whether any of them has statistics.
    stats_dtypes : list of dict
        Dtypes of the statistics by name, for each method that has some.
    """

    def __init__(self, methods: Iterable[Any]) -> None:
        self.methods = list(methods)
        telling = [method for method in self.methods if method.generates_stats]
        self.generates_stats = bool(telling)
        self.stats_dtypes: list[dict[str, Any]] = [kinds for method in telling for kinds in method.stats_dtypes]

    def step(self, point: Mapping[str, np.ndarray]) -> Any:
        """Apply all methods to a point.

        Returns
        -------
        dict, or (dict, list of dict)
            The new point; with the statistics of each method that has some. ``model_logp`` stays in the last ones
            only: it is that of the new point.
        """
        found: list[dict[str, Any]] = []
        for method in self.methods:
            if method.generates_stats:
                point, stats = method.step(point)
                found.extend(stats)
            else:
                point = method.step(point)
        if not self.generates_stats:
            return point
        for stats in found[:-1]:
            stats.pop("model_logp", None)
        return point, found

    def warnings(self) -> list[Any]:
        """What the methods have to say of the run."""
        return [warning for method in self.methods if hasattr(method, "warnings") for warning in method.warnings()]

    def stop_tuning(self) -> None:
        """End the tuning of all methods."""
        for method in self.methods:
            method.stop_tuning()

    def reset_tuning(self) -> None:
        """Begin the tuning anew, of those methods that can."""
        for method in self.methods:
            if hasattr(method, "reset_tuning"):
                method.reset_tuning()

    @property
    def vars_shape_dtype(self) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
        """Shape and dtype of each variable that is stepped, by name."""
        return {name: kind for method in self.methods for name, kind in method.vars_shape_dtype.items()}
