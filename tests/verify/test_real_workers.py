"""Verification end to end, with PyMC3 and TensorFlow in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pm_migrate.reference import provision
from pm_migrate.verify import Task, close_workers, run_task

ERRORS = """
import numpy as np
import pymc3 as pm
import theano.tensor as tt
from theano.compile.ops import as_op

@as_op(itypes=[tt.dscalar], otypes=[tt.dscalar])
def fussy(x):
    if x > 0.3:
        raise ValueError("too large for me")
    return np.asarray(-x * x)

with pm.Model() as operation:
    x = pm.Normal("x")
    pm.Potential("p", fussy(x))

class Slope(tt.Op):
    itypes = otypes = [tt.dscalar]
    def perform(self, node, inputs, outputs):
        if inputs[0] > 0.3:
            raise ValueError("no slope here")
        outputs[0][0] = np.asarray(-2.0 * inputs[0])

class Square(tt.Op):
    itypes = otypes = [tt.dscalar]
    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(-inputs[0] ** 2)
    def grad(self, inputs, gradients):
        return [gradients[0] * Slope()(inputs[0])]

with pm.Model() as slope:
    x = pm.Normal("x")
    pm.Potential("p", Square()(x))

with pm.Model() as factor:
    x = pm.Normal("x")
    pm.Potential("p", tt.log(tt.diag(tt.slinalg.cholesky(tt.stack([[1.0, x], [x, 1.0]])))).sum())
"""

WIDE = """
import pymc3 as pm
with pm.Model() as model:
    x = pm.Normal("x", 0.0, 1.0)
"""
#: Has the log density and the slope of WIDE at 0, and half of its standard deviation.
NARROW = """
import math
import pm_migrate.pymc4 as pm
@pm.model(name=None)
def build_model():
    x = yield pm.Flat("x")
    yield pm.Potential("p", -0.5 * math.log(2.0 * math.pi) - 2.0 * x**2)
model = build_model()
"""


@pytest.fixture(scope="module")
def workers() -> Iterator[None]:
    if provision.find() is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    yield
    close_workers()


def verified(folder: Path, original: str, rewritten: str | None = None, **options: Any) -> dict[tuple[str, str], Any]:
    """The comparisons of a program with what it became, by model and road."""
    (folder / "before.py").write_text(original, encoding="utf-8")
    if rewritten is not None:
        (folder / "after.py").write_text(rewritten, encoding="utf-8")
        options["rewritten"] = str(folder / "after.py")
    result = run_task(Task(str(folder / "before.py"), **options).to_json())
    return {(each["model"], each["road"]): each for each in result["report"]["models"]}


@pytest.mark.usefixtures("workers")
def test_an_error_at_a_point_is_a_result_of_that_point(tmp_path: Path) -> None:
    found = verified(tmp_path, ERRORS, at=("test", "near"), points=8)
    operation, slope, factor = (found[name, "drop-in"] for name in ("operation", "slope", "factor"))
    assert operation["verdict"] == "equal, without a gradient" and operation["ok"], operation["detail"]
    assert operation["points"] > 1 and operation["raised"] > 0 and operation["gradient"] is None
    notes = "\n".join(operation["notes"])
    assert "both sides raise an error" in notes and "ValueError: too large for me" in notes
    assert "PyMC3 has no gradient, which was not compared: NotImplementedError" in notes
    assert slope["verdict"] == "equal" and slope["points"] == 9 and slope["gradient"] < 1e-12, slope["detail"]
    assert any("no gradient at" in note and "ValueError: no slope here" in note for note in slope["notes"])
    # no factor where abs(x) > 1: scipy raises, TensorFlow gives NaN
    assert factor["verdict"] == "equal" and factor["points"] > 1 and factor["outside"] > 0, factor["detail"]
    assert any("PyMC3 raises an error" in note and "LinAlgError" in note for note in factor["notes"])


@pytest.mark.usefixtures("workers")
def test_short_runs_of_equal_posteriors_agree_and_of_others_do_not(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("both sides sample, which takes half a minute; with --profile deep")
    # at the test point alone: anywhere else the densities already differ, and nothing would be run
    found = verified(tmp_path, WIDE, NARROW, at=("test",), posterior=True, draws=500)
    same, other = found["model", "drop-in"], found["model", "rewrite"]
    assert same["verdict"] == "equal" and same["posterior"]["compared"] == 2, same
    assert not same["posterior"]["rejected"] and not same["posterior"]["unsettled"]
    assert other["verdict"] == "different" and not other["ok"], other
    assert other["posterior"]["rejected"] == ["variance of x"]
    assert "the posteriors differ in the variance of x" in other["detail"]
