"""Modelling faults of PyMC3: kept by default, since keeping the posterior is the promise, and said once.

``set_quirks("fixed")`` or ``with quirks("fixed"):`` before the model is built gives the right density instead. The
choice is taken when a distribution is made, not when it is evaluated.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Literal

Mode = Literal["pymc3", "fixed"]
_mode: ContextVar[str] = ContextVar("quirks", default="pymc3")
_said: set[str] = set()


class QuirkWarning(UserWarning):
    """PyMC3 computes something else than its documentation says, and so do we."""


def set_quirks(mode: Mode) -> None:
    """Choose ``"pymc3"`` (the default) or ``"fixed"`` for distributions made from now on.

    Raises
    ------
    ValueError
        For any other mode.
    """
    if mode not in ("pymc3", "fixed"):
        raise ValueError(f"quirks mode {mode!r}: expected 'pymc3' or 'fixed'")
    _mode.set(mode)


@contextlib.contextmanager
def quirks(mode: Mode) -> Iterator[None]:
    """Choose a mode for the distributions made inside the block."""
    before = _mode.get()
    set_quirks(mode)
    try:
        yield
    finally:
        _mode.set(before)


def fixed() -> bool:
    """Whether modelling faults are to be mended."""
    return _mode.get() == "fixed"


def say_once(name: str, fault: str) -> None:
    """Warn, once per process and distribution, at the line of the user's program."""
    if name in _said:
        return
    _said.add(name)
    warnings.warn(
        f"{name}: {fault} The same number is computed here; pm_migrate.shims.quirks.set_quirks('fixed') mends it.",
        QuirkWarning,
        stacklevel=user_level(),
    )


def user_level() -> int:
    """The ``stacklevel`` with which a warning of the caller shows the line of the user's program."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("pm_migrate."):
        level, frame = level + 1, frame.f_back
    return level
