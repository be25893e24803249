"""The table of PyMC4's API: complete, honest and fresh."""

from __future__ import annotations

import importlib
import inspect
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pm_migrate.pymc4 as pm
from pm_migrate.catalog.pymc4_api import DISTRIBUTIONS, MODULES, TOP

ROOT = Path(__file__).parents[2]
TABLE = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "pymc4_api.py")))
ENTRIES = TABLE.entries()


def test_no_name_is_missing_without_a_reason() -> None:
    missing = [
        f"{module}.{row.name}".lstrip(".")
        for module, rows in ENTRIES.items()
        for row in rows
        if row.status == "missing" and not row.reason
    ]
    assert not missing


def test_no_signature_differs_without_a_reason() -> None:
    differs = [
        f"{module}.{row.name}: {row.there} there, {row.here} here"
        for module, rows in ENTRIES.items()
        for row in rows
        if row.status == "differs" and not row.reason
    ]
    assert not differs


def test_no_reason_is_stale() -> None:
    qualified = {f"{module}.{row.name}".lstrip("."): row for module, rows in ENTRIES.items() for row in rows}
    for name in TABLE.MISSING:
        assert qualified[name].status == "missing", name
    for name in TABLE.DIFFERS:
        rows = [row for full, row in qualified.items() if name in {full, row.name}]
        assert any(row.status == "differs" for row in rows), name


def test_the_page_is_fresh() -> None:
    assert TABLE.page() == TABLE.PAGE.read_text(encoding="utf-8"), "run `python docs/pymc4_api.py`"


def test_every_distribution_takes_what_all_of_pymc4s_take() -> None:
    common = next(n for n in MODULES["distributions.distribution"] if n.name == "Distribution").signature
    _, defaults, keywords = TABLE.theirs(common)
    assert len(keywords) == 9
    for name in DISTRIBUTIONS:
        parameters = inspect.signature(getattr(pm, name)).parameters
        assert keywords <= set(parameters), name
        assert {k: repr(parameters[k].default) for k in keywords} == defaults, name


def test_the_top_has_all_distributions() -> None:
    for name in TOP:
        assert hasattr(pm, name.name), name.name


@pytest.mark.parametrize(
    ("signature", "function", "status"),
    [
        ("(a, b=1)", lambda a, b=1: None, "same"),
        ("(a, b=1)", lambda a, b=1, c=2: None, "extended"),
        ("(a, b=1)", lambda a, b=2: None, "differs"),
        ("(a, b)", lambda b, a: None, "differs"),
        ("(a, b)", lambda a: None, "differs"),
        ("(a, *, k=None)", lambda a: None, "differs"),
        ("(a, *, k=None)", lambda a, *, k=None: None, "same"),
        ("(a, **kwargs)", lambda a, **options: None, "same"),
    ],
)
def test_signatures_are_compared(signature: str, function: Any, status: str) -> None:
    parameters = list(inspect.signature(function).parameters.values())
    assert TABLE.compare(signature, parameters, False) == status


def test_modules_are_imported_as_pymc4s_were() -> None:
    normal = importlib.import_module("pm_migrate.pymc4.distributions").Normal
    assert normal is pm.Normal
    assert importlib.import_module("pm_migrate.pymc4.distributions.continuous").Gamma is pm.Gamma
    executor = importlib.import_module("pm_migrate.pymc4.flow.executor")
    assert executor.EvaluationError is pm.EvaluationError and pm.flow.executor is executor
    home = importlib.import_module("pm_migrate.shims.pymc4.distributions")
    assert sys.modules["pm_migrate.pymc4.distributions"] is home
    assert home.__spec__ is not None and home.__spec__.name == "pm_migrate.shims.pymc4.distributions"
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'pm_migrate\.pymc4\.banana'"):
        importlib.import_module("pm_migrate.pymc4.banana")
    with pytest.raises(AttributeError, match="Banana"):
        _ = importlib.import_module("pm_migrate.pymc4.distributions.discrete").Banana


def test_a_submodule_can_be_the_first_import() -> None:
    code = (
        "from pm_migrate.pymc4.distributions.transforms import Log\n"
        "from pm_migrate.pymc4 import distributions\n"
        "import pm_migrate.pymc4 as pm\n"
        "assert pm.HalfNormal.dist(1).transform.__class__ is Log is distributions.transforms.Log\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
