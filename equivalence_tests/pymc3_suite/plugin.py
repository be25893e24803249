"""The pytest plugin of the child process: serves ``pymc3`` from the drop-in and writes down each test's outcome."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.testing
import pytest

import pm_migrate.shims

TESTS = Path(os.environ["PM_MIGRATE_PYMC3_TESTS"])
OUTCOMES = Path(os.environ["PM_MIGRATE_OUTCOMES"])
SECONDS = int(os.environ["PM_MIGRATE_SECONDS_PER_TEST"])


def _names_of_old_numpy() -> None:
    """The tests were written for NumPy 1.15 to 1.22, which still had these."""
    for name, meaning in {"int": int, "float": float, "bool": bool, "object": object, "product": np.prod}.items():
        if name not in vars(np):
            setattr(np, name, meaning)
    if not hasattr(numpy.testing, "Tester"):
        numpy.testing.Tester = type("Tester", (), {"test": None})  # type: ignore[attr-defined]


class _TestsOfPymc3(importlib.abc.MetaPathFinder):
    """``pymc3.tests`` is the copied folder; everything else of ``pymc3`` is the drop-in."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name == "pymc3.tests":
            place = TESTS / "__init__.py"
            return importlib.util.spec_from_file_location(name, place, submodule_search_locations=[str(TESTS)])
        if name.startswith("pymc3.tests."):
            place = TESTS.joinpath(*name.split(".")[2:]).with_suffix(".py")
            return importlib.util.spec_from_file_location(name, place)
        return None


def pytest_configure() -> None:
    import sys

    _names_of_old_numpy()
    pm_migrate.shims.install()
    sys.meta_path.insert(0, _TestsOfPymc3())


class TookTooLong(Exception):
    """A test ran longer than it may."""


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TookTooLong(f"not done after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    with _limited():
        yield


def _write(test: str, outcome: str, report: Any, seconds: float) -> None:
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message) if crash is not None else str(report.longrepr or "")
    line = {"test": test, "outcome": outcome, "message": message[:500], "seconds": round(seconds, 2)}
    with OUTCOMES.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _write(f"{Path(report.nodeid).stem}::(import)", "error", report, 0.0)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" and report.outcome == "passed":
        return
    path, _, test = report.nodeid.partition("::")
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "skipped" if report.skipped else "passed"
    elif report.when != "call" and outcome == "failed":
        outcome = "error"
    _write(f"{Path(path).stem}::{test}", outcome, report, report.duration)
