"""Every number of ours on docs/pymc4-differences.md."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3

PAGE = (Path(__file__).parents[2] / "docs" / "pymc4-differences.md").read_text(encoding="utf-8")
NUMBER = r"(-?(?:inf|[\d.]+))"
OURS = re.findall(rf"^\| `(pm\.[^`]+)` \| {NUMBER} \|", PAGE, flags=re.MULTILINE)
THEIRS = re.findall(rf"\| `(pm3\.[^`]+)` \| {NUMBER} \|", PAGE)


def shown(value: Any) -> str:
    """As the page writes numbers."""
    return f"{float(np.asarray(value)):.4g}"


def test_every_row_is_found() -> None:
    assert len(OURS) == len(re.findall(r"^\| `pm\.", PAGE, flags=re.MULTILINE)) == 31
    assert len(THEIRS) == PAGE.count("`pm3.") == 17


@pytest.mark.parametrize(("call", "value"), OURS, ids=[call for call, _ in OURS])
def test_our_numbers(call: str, value: str) -> None:
    assert shown(eval(call, {"pm": pm, "np": np})) == value


@pytest.mark.parametrize(("call", "value"), THEIRS, ids=[call for call, _ in THEIRS])
def test_pymc3s_numbers(call: str, value: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a Wishart variable, and of the sign of LKJ's constant
        assert shown(eval(call, {"pm3": pm3, "np": np}).eval()) == value


def test_the_transforms_of_the_page() -> None:
    rows = re.findall(r"^\| (`[\w`, ]+`) \| `__(\w+)_x`", PAGE, flags=re.MULTILINE)
    made = {
        "Dirichlet": lambda: pm.Dirichlet("x", [1, 1]),
        "LKJ": lambda: pm.LKJ("x", 2, 1),
        "LKJCholesky": lambda: pm.LKJCholesky("x", 2, 1),
        "VonMisesFisher": lambda: pm.VonMisesFisher("x", [1, 0], 1),
        "VonMises": lambda: pm.VonMises("x", 0, 1),
    }
    seen = {name: tag for names, tag in rows for name in re.findall(r"\w+", names)}
    assert {name: build().transform.generator_tag for name, build in made.items()} == seen


def test_invalid_arguments() -> None:
    with pytest.raises(TypeError, match="no argument 'banana'"):
        pm.Normal("x", 0, 1, banana=2)
    for error in (TypeError, NotImplementedError):
        with pytest.raises(error, match="improper"):
            pm.Flat("x").sample()
    with pytest.warns(UserWarning, match="dtype"):
        pm.AR("x", 3, [0.5], 1.0, dtype="float32")
