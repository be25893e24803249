"""Draws with a seed are PyMC3's own: recorded from PyMC3 3.11.6 by ``step_programs.py``."""

from __future__ import annotations

import json

import numpy as np
import pytest
from step_programs import PROGRAMS, RECORD, outcome

import pm_migrate.shims as pm
from pm_migrate.shims.step_methods.slicer import Slice

RECORDED = json.loads(RECORD.read_text())


@pytest.fixture(autouse=True)
def bracket_of_pymc3(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing in which Slice differs, see :meth:`Slice._bracket`."""

    def bracket(x: float, width: float) -> tuple[float, float]:
        return x - np.random.uniform(0, width), x + width

    monkeypatch.setattr(Slice, "_bracket", staticmethod(bracket))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_last_draws_are_those_of_pymc3(name: str) -> None:
    expected, found = RECORDED[name], outcome(pm, name)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        # a difference in the last bits of a density moves no draw until it decides an acceptance
        np.testing.assert_allclose(found[key], np.asarray(value, float), rtol=1e-9, atol=1e-12, err_msg=key)


def test_the_record_is_complete() -> None:
    assert RECORDED.keys() == PROGRAMS.keys()
