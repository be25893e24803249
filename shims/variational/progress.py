"""The progress bar of a fit: in a terminal or a notebook, nothing in logs."""

from __future__ import annotations

from pm_migrate.shims.inference.progress import Bar


class FitProgress(Bar):
    """Shows how far a fit is, and its loss.

    Parameters
    ----------
    wanted
        Whether to show anything at all.
    total
        Number of iterations.
    """

    def __init__(self, wanted: bool, total: int) -> None:
        super().__init__(wanted, total, ("BarColumn", "MofNCompleteColumn", "TimeRemainingColumn"))

    def show(self, done: int, loss: float | None) -> None:
        """Move the bar."""
        if self.shown:
            text = "Fitting" if loss is None else f"Average loss {loss:,.5g}"
            self._move(done, text)
