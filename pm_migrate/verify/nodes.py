"""What runs where tasks run: a function, given by name, and its argument and result in JSON."""

from __future__ import annotations

import importlib
import json
import threading
import traceback
from typing import Any

from pm_migrate import __version__


def perform(name: str, text: str) -> str:
    """Call a function, given by ``module:name``, with an argument in JSON; the result, or the traceback, in JSON."""
    try:
        module, _, attribute = name.partition(":")
        function = getattr(importlib.import_module(module), attribute)
        return json.dumps({"result": function(json.loads(text))})
    except Exception:  # the caller is on another machine: whatever was raised is the answer
        return json.dumps({"error": traceback.format_exc()})


#: Seconds after which a node that gets no more tasks ends the workers that tasks have left there for the next.
IDLE = 60.0

_lock = threading.Lock()
_running = 0
_timer: threading.Timer | None = None


def perform_on_node(name: str, text: str) -> str:
    """Like :func:`perform`, on a node of a cluster, which is to be left as it was once nobody needs it any more."""
    global _running, _timer
    with _lock:
        _running += 1
        if _timer is not None:
            _timer.cancel()
    try:
        return perform(name, text)
    finally:
        with _lock:
            _running -= 1
            _timer = threading.Timer(IDLE, _end_workers)
            _timer.daemon = True
            _timer.start()


def _end_workers() -> None:
    from pm_migrate.reference.process import close_all

    with _lock:  # a task that begins now waits, and starts workers of its own
        if not _running:
            close_all()


def version(_: Any = None) -> str:
    """The version of pm-migrate where this runs."""
    return __version__
