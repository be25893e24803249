"""Timings of compiled functions: what ``Model.profile`` returns."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO


class ProfileStats:
    """How often a function was called, and for how long.

    Attributes
    ----------
    fct_callcount : int
        Number of calls.
    fct_call_time : float
        Seconds in all of them, the compilation in the first one included.
    first_call_time : float
        Seconds of the first one.
    """

    def __init__(self) -> None:
        self.fct_callcount = 0
        self.fct_call_time = 0.0
        self.first_call_time = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its calls counted here."""

        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            result = function(*args, **kwargs)
            seconds = time.perf_counter() - start
            if not self.fct_callcount:
                self.first_call_time = seconds
            self.fct_callcount += 1
            self.fct_call_time += seconds
            return result

        return call

    def summary(self, file: TextIO | None = None, **ignored: Any) -> None:
        """Print the figures. There are none by operation: the program runs as a whole."""
        later = self.fct_callcount - 1
        mean = (self.fct_call_time - self.first_call_time) / later if later > 0 else float("nan")
        print(
            f"{self.fct_callcount} calls in {self.fct_call_time:.6f} s; the first, with its compilation, "
            f"{self.first_call_time:.6f} s, then {mean:.3e} s each",
            file=file or sys.stderr,
        )
