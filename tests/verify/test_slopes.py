"""Gradients that differ: the log density says which one is its derivative."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pm_migrate.reference.records import Point, PointEvaluation
from pm_migrate.verify.slopes import MOST, settle

AT = np.array([0.3, -1.2, 2.0])


def logp(x: np.ndarray) -> float:
    return float(-0.5 * np.sum(x**2) + np.sin(x[0]) - 400.0)


def slope(x: np.ndarray) -> np.ndarray:
    return -x + np.array([np.cos(x[0]), 0.0, 0.0])


def evaluation(x: np.ndarray, gradient: np.ndarray, value: float | None = None) -> PointEvaluation:
    return PointEvaluation(logp(x) if value is None else value, {"x": gradient}, {}, {})


def asked(points: Sequence[Point]) -> list[PointEvaluation]:
    return [evaluation(point["x"], np.full(3, np.nan)) for point in points]


def rounded(points: Sequence[Point]) -> list[PointEvaluation]:
    """What is left of a log density that is a small difference of large numbers."""
    return [evaluation(point["x"], AT, logp(point["x"]) + 1e12) for point in points]


def one(mine: np.ndarray, theirs: np.ndarray, value: float | None = None) -> tuple[np.ndarray, list[str]]:
    points = [{"x": AT}]
    settled, notes = settle(points, [evaluation(AT, mine, value)], [evaluation(AT, theirs, value)], {"x": "x"}, asked)
    return settled[0].gradient["x"], notes


@pytest.mark.parametrize("lacking", [1e-3, 0.7, 50.0])
def test_a_gradient_of_pymc3_that_is_no_derivative_gives_way(lacking: float) -> None:
    wrong = slope(AT) + np.array([0.0, lacking, 0.0])
    gradient, notes = one(wrong, slope(AT))
    np.testing.assert_array_equal(gradient, slope(AT))
    assert len(notes) == 1 and "x is not the derivative of its log density at 1 point(s)" in notes[0]


@pytest.mark.parametrize("lacking", [1e-6, 1e-3, 0.7, 50.0])
def test_a_wrong_gradient_of_the_candidate_stays_a_difference(lacking: float) -> None:
    wrong = slope(AT) + np.array([0.0, lacking, 0.0])
    gradient, notes = one(slope(AT), wrong)
    np.testing.assert_array_equal(gradient, slope(AT))
    assert not notes


def test_two_wrong_gradients_stay_a_difference() -> None:
    mine, theirs = slope(AT) + 1.0, slope(AT) - 0.5
    gradient, notes = one(mine, theirs)
    np.testing.assert_array_equal(gradient, mine)
    assert not notes


def test_what_the_log_density_cannot_tell_stays() -> None:
    """A difference below the rounding of the log density, points of none, NaN, and gradients that differ everywhere."""
    off = slope(AT) + 1e-3
    settled, notes = settle([{"x": AT}], [evaluation(AT, off)], [evaluation(AT, slope(AT))], {"x": "x"}, rounded)
    np.testing.assert_array_equal(settled[0].gradient["x"], off)
    assert not notes
    nowhere = slope(AT) + 1.0
    np.testing.assert_array_equal(one(nowhere, slope(AT), -np.inf)[0], nowhere)
    holes = np.where([True, False, False], np.nan, slope(AT) + 1.0)
    assert np.isnan(one(holes, slope(AT))[0][0])
    points = [{"x": AT + i} for i in range(MOST + 1)]
    mine = [evaluation(p["x"], slope(p["x"]) + 1.0) for p in points]
    theirs = [evaluation(p["x"], slope(p["x"])) for p in points]
    settled, notes = settle(points, mine, theirs, {"x": "x"}, asked)
    assert settled == mine and not notes
