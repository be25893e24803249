"""A progress bar in a terminal or a notebook, and nothing in logs."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from typing_extensions import Self

#: Seconds after which :class:`LateBar` appears.
PATIENCE = 2.0


class Snapshot(NamedTuple):
    """How far a run is, after a block.

    Parameters
    ----------
    draws
        Draws made by each chain, warm-up included.
    total
        Draws that each chain is to make.
    divergences
        Divergent trajectories after warm-up, all chains together.
    step_size
        Step size of the last trajectories, the mean of the groups of chains; NaN without one.
    """

    draws: np.ndarray
    total: int
    divergences: int
    step_size: float = float("nan")


class Bar:
    """A bar of rich that is there only if it is wanted and somebody can see it.

    Parameters
    ----------
    wanted
        Whether to show anything at all.
    total
        What the bar counts to.
    columns
        Names of classes of ``rich.progress`` that stand behind the description.
    **fields
        Further texts, each shown before the last column.
    """

    def __init__(self, wanted: bool, total: float, columns: Sequence[str], **fields: str) -> None:
        self._bar: Any = None
        self._task: Any = None
        if not wanted:
            return
        from rich import progress
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal or console.is_jupyter:
            shown = [getattr(progress, name)() for name in columns]
            shown[-1:-1] = [progress.TextColumn(f"{{task.fields[{name}]}}") for name in fields]
            self._bar = progress.Progress(progress.TextColumn("{task.description}"), *shown, console=console)
            self._task = self._bar.add_task("Compiling", total=total, **fields)

    def __enter__(self) -> Self:
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

    def _move(self, completed: float, description: str, **fields: str) -> None:
        self._bar.update(self._task, completed=completed, description=description, **fields)


class ProgressBar(Bar):
    """Shows snapshots.

    Parameters
    ----------
    wanted
        Whether to show anything at all.
    chains, total
        Number of chains and of draws of each.
    """

    def __init__(self, wanted: bool, chains: int, total: int) -> None:
        super().__init__(wanted, chains * total, ("BarColumn", "MofNCompleteColumn", "TimeRemainingColumn"), speed="")
        self._first: tuple[int, float] | None = None  # draws and time when sampling was first looked at

    def show(self, snapshot: Snapshot) -> None:
        """Move the bar."""
        if self.shown:
            made = int(snapshot.draws.sum())
            found = f", {snapshot.divergences} divergences" if snapshot.divergences else ""
            step = "" if math.isnan(snapshot.step_size) else f", step size {snapshot.step_size:.2g}"
            text = f"Sampling {len(snapshot.draws)} chains{found}{step}"
            now = time.perf_counter()
            self._first = self._first or (made, now)
            before, began = self._first
            speed = f"{(made - before) / (now - began):,.0f} draws/s" if made > before else ""
            self._move(made, text, speed=speed)


class LateBar:
    """Says what is going on, and for how long, once that has taken a while; gone when it ends.

    For work of which nobody can say how far it is: most of it is one call of a compiled program.

    Parameters
    ----------
    wanted
        Whether to show anything at all.
    text
        What is going on.
    """

    def __init__(self, wanted: bool, text: str) -> None:
        self._wanted, self._text = wanted, text
        self._bar: Any = None
        self._over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(PATIENCE, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> LateBar:
        if self._wanted:
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.errors import LiveError
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock, suppress(LiveError):  # another bar is there already
            console = Console(stderr=True)
            if self._over or not (console.is_terminal or console.is_jupyter):
                return
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            bar = Progress(*columns, console=console, transient=True)
            bar.add_task(self._text, total=None)
            bar.start()
            self._bar = bar
