"""Every row against the record of PyMC3, without PyMC3; and the record against PyMC3 itself, for three rows."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from equivalence_tests.fixed_points import POINTS, lines
from equivalence_tests.formula_mutation import judge_transform
from equivalence_tests.record import RECORD, TRANSFORMS, classes_of, record_row, record_transforms
from equivalence_tests.test_transforms import CASES
from equivalence_tests.verdicts import facts, judge
from pm_migrate.catalog import ROWS
from pm_migrate.reference.client import ReferenceClient

#: A recorded number made anew on another machine: some hundred roundings of numbers around 1.
LAST_DIGITS = 1e-12


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_record_does_not_contradict_the_row(row) -> None:
    assert judge(row, facts()[row.name]) == ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_record_does_not_contradict_the_transform(case) -> None:
    assert judge_transform(case) == ""


def test_the_record_holds_every_row_and_no_other() -> None:
    assert list(facts()) == [row.name for row in ROWS]
    for row in ROWS:
        forms = facts()[row.name]["forms"]
        assert list(forms) == [",".join(form.given) for form in row.forms]
        for form in forms.values():
            assert any(point["kind"] == "interior" for point in form["points"])
            assert "unavailable" not in form["defaults"]


def test_the_record_is_small_and_written_as_it_is_read() -> None:
    for path in (RECORD, TRANSFORMS, POINTS):
        text = path.read_text(encoding="utf-8")
        assert len(text) < 1_500_000
        assert "\n".join(lines(json.loads(text))) + "\n" == text


def assert_same(now: Any, recorded: Any, where: str) -> None:
    """The same structure, and the same numbers but for last digits: those depend on the processor's instructions."""
    if isinstance(recorded, dict):
        assert isinstance(now, dict) and now.keys() == recorded.keys(), where
        for key, value in recorded.items():
            assert_same(now[key], value, f"{where}, {key}")
    elif isinstance(recorded, list):
        assert isinstance(now, list) and len(now) == len(recorded), where
        for i, value in enumerate(recorded):
            assert_same(now[i], value, f"{where}, {i}")
    elif isinstance(recorded, float) and isinstance(now, float):
        close = math.isclose(now, recorded, rel_tol=LAST_DIGITS, abs_tol=LAST_DIGITS)
        assert close or (math.isnan(now) and math.isnan(recorded)), f"{where}: {now!r} now, {recorded!r} recorded"
    else:
        assert now == recorded, f"{where}: {now!r} now, {recorded!r} recorded"


@pytest.mark.parametrize("name", ["Beta", "Poisson", "MvNormal"])
def test_pymc3_still_says_what_is_recorded(name: str, reference: ReferenceClient) -> None:
    row = next(row for row in ROWS if row.name == name)
    again = record_row(reference, row, classes_of(reference))
    assert_same(json.loads(json.dumps(again)), facts()[name], name)


def test_pymc3_still_transforms_as_is_recorded(reference: ReferenceClient) -> None:
    again = json.loads(json.dumps(record_transforms(reference)))
    assert_same(again, json.loads(TRANSFORMS.read_text(encoding="utf-8")), "transforms")
