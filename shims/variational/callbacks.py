"""``pymc3.variational.callbacks``: what ``fit(callbacks=...)`` calls after every iteration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["Callback", "CheckParametersConvergence", "Tracker"]


class Callback:
    """Called as ``callback(approx, losses, i)`` after iteration ``i``; ``StopIteration`` from it ends the fit."""

    def __call__(self, approx: Any, loss: np.ndarray | None, i: int) -> None:
        raise NotImplementedError


def relative(current: np.ndarray, prev: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    """Change relative to the earlier value, elementwise."""
    return (np.abs(current - prev) + eps) / (np.abs(prev) + eps)


def absolute(current: np.ndarray, prev: np.ndarray) -> np.ndarray:
    """Absolute change, elementwise."""
    return np.abs(current - prev)


_CHANGES: dict[str, Callable[..., np.ndarray]] = {"relative": relative, "absolute": absolute}


class CheckParametersConvergence(Callback):
    """Ends a fit when the parameters of the approximation stay where they are.

    Parameters
    ----------
    every
        Number of iterations between two looks.
    tolerance
        The fit ends when the norm of the change is below it.
    diff
        ``relative`` or ``absolute`` change.
    ord
        Of the norm, as for ``np.linalg.norm``.

    Examples
    --------
    ``pm.fit(callbacks=[CheckParametersConvergence(diff="absolute", tolerance=1e-4)])``
    """

    def __init__(self, every: int = 100, tolerance: float = 1e-3, diff: str = "relative", ord: Any = np.inf) -> None:
        self._diff = _CHANGES[diff]
        self.ord = ord
        self.every = every
        self.prev: np.ndarray | None = None
        self.tolerance = tolerance

    def __call__(self, approx: Any, _: Any, i: int) -> None:
        if self.prev is None:
            self.prev = self.flatten_shared(approx.params)
            return
        if i % self.every or i < self.every:
            return
        current = self.flatten_shared(approx.params)
        change = self._diff(current, self.prev)
        self.prev = current
        if np.linalg.norm(change, self.ord) < self.tolerance:
            raise StopIteration(f"Convergence achieved at {i}")

    @staticmethod
    def flatten_shared(shared_list: Sequence[Any]) -> np.ndarray:
        """The values of shared variables in one vector."""
        return np.concatenate([shared.get_value().ravel() for shared in shared_list])


class Tracker(Callback):
    """Records values during a fit.

    Parameters
    ----------
    **kwargs
        Functions by the name of what they give. Each is called without arguments; where that fails, with the
        approximation, the losses so far and the number of the iteration.

    Examples
    --------
    >>> tracker = Tracker(iteration=lambda approx, losses, i: i)
    >>> for i in range(3):
    ...     tracker(None, None, i)
    >>> tracker["iteration"]
    [0, 1, 2]
    """

    def __init__(self, **kwargs: Callable[..., Any]) -> None:
        self.whatchdict = kwargs  # PyMC3's spelling
        self.hist: defaultdict[str, list[Any]] = defaultdict(list)

    def __call__(self, approx: Any, loss: np.ndarray | None, i: int) -> None:
        for key, function in self.whatchdict.items():
            try:
                value = function()
            except Exception:  # most often for the missing arguments
                value = function(approx, loss, i)
            self.hist[key].append(value)

    def record(self, approx: Any, hist: np.ndarray | None, i: int) -> None:
        """Call the functions, and keep what they give."""
        self(approx, hist, i)

    def clear(self) -> None:
        """Forget what was recorded."""
        self.hist = defaultdict(list)

    def __getitem__(self, item: str) -> list[Any]:
        return self.hist[item]
