"""Imports as programs for PyMC4 write them, of the package and of its submodules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import {root} as pm
import {root}.distributions as dist
from {root} import flow
from {root}.distributions import *
from {root}.flow.executor import EvaluationError
from {root}.scopes import name_scope

assert Normal is pm.Normal is dist.Normal
assert flow is pm.flow and EvaluationError is pm.flow.EvaluationError and name_scope is pm.name_scope

@pm.model
def coin():
    p = yield Beta("p", 2.0, 2.0)
    yield Bernoulli("heads", p, observed=[1, 0, 1])

print(sorted(pm.evaluate_model(coin())[1].all_values), pm.__version__)
"""


def run(tmp_path: Path, source: str, *command: str) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "program.py"
    script.write_text(source, encoding="utf-8")
    return subprocess.run(
        [sys.executable, *command, str(script)], capture_output=True, text=True, cwd=tmp_path, timeout=300
    )


@pytest.mark.parametrize(
    ("root", "command"),
    [("pm_migrate.pymc4", ()), ("pymc4", ("-m", "pm_migrate", "run"))],
    ids=["import changed", "nothing changed"],
)
def test_programs_import_it_and_its_submodules(root: str, command: tuple[str, ...], tmp_path: Path) -> None:
    done = run(tmp_path, PROGRAM.format(root=root), *command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['coin/heads', 'coin/p'] 4.0a2"


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "import pm_migrate.pymc4.gpp")
    assert "No module named 'pm_migrate.pymc4.gpp'" in done.stderr


def test_the_package_itself_is_light(tmp_path: Path) -> None:
    done = run(tmp_path, "import sys, pm_migrate.pymc4\nprint('tensorflow' in sys.modules)")
    assert done.stdout.strip() == "False"
