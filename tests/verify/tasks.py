"""Tasks for the executors: functions that other processes can import."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

_running = 0
_lock = threading.Lock()


def double(x: Any) -> Any:
    """Twice the argument."""
    return x + x


def sleepy(seconds: float) -> float:
    """Wait, then say for how long."""
    time.sleep(seconds)
    return seconds


def picky(x: int) -> int:
    """Refuse odd numbers."""
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x


def fragile(x: int) -> int:
    """Take the process along, for the number 3."""
    if x == 3:
        os._exit(11)
    return x


def unsayable(x: int) -> object:
    """Give what JSON has no word for."""
    return {x}


def process(_: Any) -> int:
    """The process that this runs in."""
    return os.getpid()


def crowd(_: Any) -> int:
    """How many of these run at a time."""
    global _running
    with _lock:
        _running += 1
    time.sleep(0.05)
    with _lock:
        seen, _running = _running, _running - 1
    return seen
