"""The pytest plugin of the child process: serves ``pymc3`` from the drop-in and writes down each test's outcome."""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import types
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import numpy.testing
import pytest

import pm_migrate.shims

TESTS = Path(os.environ["PM_MIGRATE_PYMC3_TESTS"])
OUTCOMES = Path(os.environ["PM_MIGRATE_OUTCOMES"])
SECONDS = int(os.environ["PM_MIGRATE_SECONDS_PER_TEST"])
INSIDES = (("pymc3.distributions.posterior_predictive", "_TraceDict"),)


def _names_of_old_numpy() -> None:
    """The tests were written for NumPy 1.15 to 1.22, which still had these."""
    for name, meaning in {"int": int, "float": float, "bool": bool, "object": object, "product": np.prod}.items():
        if name not in vars(np):
            setattr(np, name, meaning)
    if not hasattr(numpy.testing, "Tester"):
        numpy.testing.Tester = type("Tester", (), {"test": None})  # type: ignore[attr-defined]


def _cached(cache: dict[Any, Any], key: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``cachetools.cached``, which one test uses."""

    def wrapper(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if key(*args) not in cache:
                cache[key(*args)] = function(*args)
            return cache[key(*args)]

        return call

    return wrapper


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


def _stand_ins_for_insides() -> None:
    """Private names that a module imports in its first lines: the tests that use one fail, and not all the others."""
    for module, name in INSIDES:
        refuse = mock.Mock(side_effect=NotImplementedError(f"{module}.{name} is an inside of PyMC3"))
        setattr(importlib.import_module(module), name, refuse)


def _stand_in_for_a_step_of_setups() -> None:
    """A setup makes a Metropolis step, which most of the tests after it leave aside: only ``pm.sample`` refuses it."""
    from pm_migrate.catalog.later import LATER

    if "Metropolis" in LATER.get("step_methods", ()):
        vars(importlib.import_module("pymc3.tests.models"))["Metropolis"] = mock.Mock(name="Metropolis")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:  # PyMC3's conftest imports pymc3, before pytest_configure is called
    _names_of_old_numpy()
    pm_migrate.shims.install()
    sys.meta_path.insert(0, _TestsOfPymc3())
    _stand_ins_for_insides()
    _stand_in_for_a_step_of_setups()
    if importlib.util.find_spec("cachetools") is None:
        sys.modules["cachetools"] = types.ModuleType("cachetools")
        vars(sys.modules["cachetools"])["cached"] = _cached


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """The points of most tests are drawn: the same in every run, and none of one test by another's number of draws."""
    path, _, test = item.nodeid.partition("::")
    np.random.seed(zlib.crc32(f"{Path(path).stem}::{test}".encode()))


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    try:
        with _limited():
            return (yield)
    except ImportError as error:
        if "graphviz" in str(error) and importlib.util.find_spec("graphviz") is None:
            pytest.skip("graphviz, which is optional, is not installed")
        raise


def _write(test: str, outcome: str, report: Any, seconds: float) -> None:
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message) if crash is not None else str(report.longrepr or "")
    if len(message) > 500:  # what failed to be imported comes last
        message = f"{message[:250]} ... {message[-250:]}"
    line = {"test": test, "outcome": outcome, "message": message, "seconds": round(seconds, 2)}
    with OUTCOMES.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if not report.passed:
        outcome = "error" if report.failed else "skipped"
        _write(f"{Path(report.nodeid).stem}::(import)", outcome, report, 0.0)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" and report.outcome == "passed":
        return
    path, _, test = report.nodeid.partition("::")
    outcome: str = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "skipped" if report.skipped else "passed"
    elif report.when != "call" and outcome == "failed":
        outcome = "error"
    _write(f"{Path(path).stem}::{test}", outcome, report, report.duration)
