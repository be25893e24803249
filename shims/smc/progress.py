"""A bar for each population in a terminal or a notebook, and nothing in logs."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class StageBar:
    """Shows how far the inverse temperatures are from 1; silent unless somebody can see it.

    Parameters
    ----------
    chains
        Number of populations.
    """

    def __init__(self, chains: int) -> None:
        from rich.console import Console

        self._bar: Any = None
        self._chains = chains
        console = Console(stderr=True)
        if console.is_terminal or console.is_jupyter:
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=console)
            self._task = self._bar.add_task("Compiling", total=chains)

    def __enter__(self) -> StageBar:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, chain: int, stage: int, beta: float, rate: float) -> None:
        """Move the bar.

        Parameters
        ----------
        chain, stage
            Number of the chain, from 0, and of its stages so far.
        beta, rate
            Inverse temperature, and how many of the proposals were accepted.
        """
        if self._bar is not None:
            text = f"Chain {chain + 1} of {self._chains}: stage {stage}, beta {beta:.3g}, {rate:.0%} accepted"
            self._bar.update(self._task, completed=chain + beta**0.25, description=text)
