"""The programs of PyMC4's documentation, told anew in corpus/generators, run and find what was put in."""

from __future__ import annotations

import runpy
from pathlib import Path

import arviz
import numpy as np
import pytest

PROGRAMS = sorted((Path(__file__).parents[2] / "corpus" / "generators").glob("*.py"))

#: Posterior standard deviations between a posterior mean and the value that made the data (for exact means: Monte
#: Carlo errors) that a right program stays below; a wrong sign or parameter order is off by tens of them.
FAR = 5.0
EXACT = {"eight_schools", "compound_step", "nested_models"}
#: The mean of a fitted normal is where the optimiser stopped: within one of its standard deviations.
FITTED = {"variational"}


def test_there_are_ten_programs() -> None:
    assert len(PROGRAMS) == 10


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path) -> None:
    found, truth = runpy.run_path(str(path))["main"]()
    assert set(found) == set(truth)
    for name, draws in found.items():
        values = np.asarray(draws, float)
        mean, spread = values.mean(axis=(0, 1)), values.std(axis=(0, 1))
        if path.stem in EXACT:
            spread = np.asarray(arviz.mcse(draws.rename("x"))["x"]) + 1e-9
        if path.stem in FITTED:
            spread = spread / FAR
        distance = np.abs(mean - truth[name])
        assert np.all(distance < FAR * spread), f"{name}: {mean} is not {truth[name]}, spread {spread}"
