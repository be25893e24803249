"""Traces: what sampling returns, and how it is kept.

``pymc3.backends`` of PyMC3 3.11, whose one backend holds everything in memory, and the text files of those before 3.9.
"""

from __future__ import annotations

from typing import Any

from pm_migrate.catalog.older import why_missing
from pm_migrate.shims.backends import report, text, tracetab
from pm_migrate.shims.backends.ndarray import NDArray, load_trace, point_list_to_multitrace, save_trace
from pm_migrate.shims.backends.text import Text

__all__ = ["NDArray", "Text", "load_trace", "point_list_to_multitrace", "report", "save_trace", "text", "tracetab"]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module 'pymc3.backends' has no attribute {name!r}{why_missing(name, 'backends')}")
