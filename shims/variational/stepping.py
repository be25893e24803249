"""The iterations of a fit: many steps as one program, and every callback at its own iteration all the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from pm_migrate.shims.theano.compilation import Function
from pm_migrate.shims.theano.graph import SharedVariable
from pm_migrate.shims.theano.repeating import Calls, Repeated

#: Seconds that one program may take: in between the progress bar moves, and Ctrl-C is heard.
SECONDS = 0.2
#: A fit of fewer iterations is made one by one: the loop takes a second longer to compile than a step.
FEW = 50


class Iterations(NamedTuple):
    """Iterations that have been made.

    Parameters
    ----------
    losses
        Of each; NaN for a step without one.
    failed
        Whether the last one gave NaN.
    """

    losses: np.ndarray
    failed: bool


class Stepper:
    """Makes the steps of a fit.

    Parameters
    ----------
    step
        Compiled function that makes one step, and returns the loss before it when ``scored`` is set.
    watched
        Without a loss, the parameter that must not become NaN.
    scored
        Whether the function returns a loss.
    """

    def __init__(self, step: Callable[[], Any], watched: SharedVariable | None, scored: bool) -> None:
        self.step = step
        self.scored = scored
        self._watched = None if scored else watched
        self._repeated: Repeated | None = None
        if isinstance(step, Function):
            repeated = Repeated(step, self._watched if self._watched in step._updated else None)
            self._repeated = repeated if repeated.possible else None
        self._seconds: dict[bool, float | None] = {}  # for a step, by whether the values after each are kept

    def iterate(self, n: int, *, one_by_one: bool) -> Iterator[Iterations]:
        """Make ``n`` steps, or fewer when one gives NaN.

        Parameters
        ----------
        n
            Number of steps.
        one_by_one
            Hand out each iteration alone, the variables as they are after it. When the caller sets one of them, or one
            that the steps read, the steps go on from there.
        """
        done = 0
        while done < n:
            if self._repeated is None or n < FEW:
                blocks = iter([self._single()])
            else:
                blocks = self._block(self._repeated, n - done, keep=one_by_one)
            for block in blocks:
                done += len(block.losses)
                yield block
                if block.failed:
                    return

    def _single(self) -> Iterations:
        loss = self.step()
        if self.scored:
            return Iterations(np.asarray([loss], float), bool(np.isnan(loss)))
        failed = self._watched is not None and bool(np.isnan(self._watched.get_value(borrow=True)).any())
        return Iterations(np.array([np.nan]), failed)

    def _block(self, repeated: Repeated, most: int, *, keep: bool) -> Iterator[Iterations]:
        calls = self._timed(repeated, most, keep)
        losses = np.full(calls.count, np.nan) if calls.results is None else calls.results
        if not keep:
            yield Iterations(losses, calls.failed)
            return
        for i in range(calls.count):
            repeated.set(calls, i)
            before = repeated.signature()
            yield Iterations(losses[i : i + 1], calls.failed and i == calls.count - 1)
            if repeated.signature() != before:
                return

    def _timed(self, repeated: Repeated, most: int, keep: bool) -> Calls:
        """As many steps as go into the time; one and then ten before it is known how long they take."""
        seconds, count = self._seconds.get(keep), 1
        if keep in self._seconds:
            count = 10 if seconds is None else max(int(SECONDS / seconds), 1)
        start = time.perf_counter()
        calls = repeated(min(count, most, repeated.limit(keep=keep)), keep=keep)
        # the first call compiles
        self._seconds[keep] = (time.perf_counter() - start) / calls.count if keep in self._seconds else None
        return calls
