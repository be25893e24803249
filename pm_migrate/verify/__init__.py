"""Proof of a migration: the original under PyMC3 on Theano against what it became, point by point.

Names are loaded when first used: the records of the report need no NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pm_migrate.verify.program import verify_program
    from pm_migrate.verify.report import Comparison, Report, Verdict, render, to_json
    from pm_migrate.verify.tasks import KINDS, Task, close_workers, run_task

_HOMES = {
    "verify_program": "program",
    "Comparison": "report",
    "Report": "report",
    "Verdict": "report",
    "render": "report",
    "to_json": "report",
    "KINDS": "tasks",
    "Task": "tasks",
    "close_workers": "tasks",
    "run_task": "tasks",
}

__all__ = [
    "KINDS",
    "Comparison",
    "Report",
    "Task",
    "Verdict",
    "close_workers",
    "render",
    "run_task",
    "to_json",
    "verify_program",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"pm_migrate.verify.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'pm_migrate.verify' has no attribute {name!r}")
