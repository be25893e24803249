"""Python's search for garbage in cycles, which costs more than it finds here."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Make objects without looking for garbage among them.

    All that the rewriting of a program makes is in use until its end: the search was a twelfth of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
