"""The progress bar of a fit: in a terminal or a notebook, nothing in logs."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class FitProgress:
    """Shows how far a fit is, and its loss; silent unless ``wanted`` and somebody can see it.

    Parameters
    ----------
    wanted
        Whether to show anything at all.
    total
        Number of iterations.
    """

    def __init__(self, wanted: bool, total: int) -> None:
        self._bar: Any = None
        self._task: Any = None
        if not wanted:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        if console.is_terminal or console.is_jupyter:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=console)
            self._task = self._bar.add_task("Compiling", total=total)

    def __enter__(self) -> FitProgress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def shown(self) -> bool:
        """Whether there is a bar."""
        return self._bar is not None

    def show(self, done: int, loss: float | None) -> None:
        """Move the bar."""
        if self._bar is not None:
            text = "Fitting" if loss is None else f"Average loss {loss:,.5g}"
            self._bar.update(self._task, completed=done, description=text)
