"""What is said of a difference: its part, the smallest point, and the third opinion of the catalogue's formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pm_migrate.reference.records import ModelInfo, Point, ProgramInfo
from pm_migrate.reference.worker.graphs import summary_of
from pm_migrate.verify import Report, Verdict, tiebreak, verify_program
from pm_migrate.verify.report import TermDisagreement

from .fakes import Density, FakeSide, model, variable

pytest.importorskip("mpmath", reason="the formulas are evaluated in high precision: pip install mpmath")

INFO = model(variable("a"), variable("s", transform="log"), variable("c", (2,)))
Function = Callable[[float], float]


def normal(x: float, sigma: float = 2.0) -> float:
    """Log density of a normal variable with mean 1."""
    return -0.5 * ((x - 1.0) / sigma) ** 2 - math.log(sigma) - 0.5 * math.log(2 * math.pi)


@dataclass
class Parts(FakeSide):
    """A model of a normal ``a``, an exponential ``s`` on the log scale and ``c``; each part may be another function."""

    a: Function = normal
    density: Function = lambda s: -s
    jacobian: Function = lambda y: y
    value: Function = math.exp

    def at(self, point: Point) -> dict[str, float]:
        a, y = float(point["a"]), float(point["s_log__"])
        return {
            "a": self.a(a),
            "s": self.density(self.value(y)) + self.jacobian(y),
            "c": -float(np.sum(point["c"] ** 2)),
        }

    def split_terms(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> dict[str, np.ndarray]:
        return {"s": np.array([self.density(self.value(float(p["s_log__"]))) for p in points])}

    def term_inputs(
        self, program: ProgramInfo, model: ModelInfo, name: str, names: Sequence[str], point: Point
    ) -> dict[str, object]:
        if name == "a":
            found: dict[str, object] = {"distribution": "Normal", "value": point["a"]}
            parameters = {"mu": np.array(1.0), "sigma": np.array(2.0), "tau": np.array(0.25)}
        else:
            found = {"distribution": "Exponential", "value": np.exp(point["s_log__"])}
            parameters = {"lam": np.array(1.0)}
        return {
            **found,
            "logp": 0.0,
            "scaled": False,
            "parameters": {n: p for n, p in parameters.items() if n in names},
        }


def side(**parts: Function) -> Parts:
    made = Parts({}, **parts)  # type: ignore[arg-type]
    slopes = {"a": 0.0, "s_log__": 0.0, "c": np.zeros(2)}
    made.programs = {"before.py": [Density(INFO, made.at, lambda point: slopes)]}
    return made


def run(reference: Parts, candidate: Parts, points: int = 6) -> Report:
    return verify_program(
        Path("before.py"), None, reference=reference, points=points, seed=2, candidate=lambda mode: candidate
    )


def term(reference: Parts, candidate: Parts) -> TermDisagreement:
    (comparison,) = run(reference, candidate).comparisons
    assert comparison.verdict is Verdict.DIFFERENT
    (found,) = comparison.terms
    return found


def test_the_parts_of_a_term() -> None:
    def where(**parts: Function) -> str:
        return term(side(), side(**parts)).where

    assert where(jacobian=lambda y: 0.0) == "the Jacobian of its transform"
    assert where(density=lambda s: -2 * s) == "the density of its distribution"
    assert "the density" in where(density=lambda s: -2 * s, jacobian=lambda y: 0.0)
    assert where(a=lambda x: normal(x, 3.0)) == "the density of its distribution"


def test_other_data_are_named() -> None:
    def seen(*data: float) -> ModelInfo:
        return replace(INFO, observed=("a",), data={"a": summary_of(np.array(data))})

    def where(*data: float) -> str:
        sides = [side(), side(a=lambda x: normal(x, 3.0))]
        for made, known in zip(sides, (seen(1.0, math.nan, 3.0), seen(*data)), strict=True):
            made.programs = {"before.py": [Density(known, made.at, made.programs["before.py"][0].gradient)]}
        return term(*sides).where

    assert where(1.0, 3.0) == "the density of its distribution"
    assert where(1.0, 3.0 + 1e-12) == "the density of its distribution"
    text = "its data: 2 numbers from 1 to 3 with mean 2 in the original, 3 numbers from 1 to 4 with mean 2.66667"
    assert where(1.0, 3.0, 4.0).startswith(text)


def test_what_is_known_of_data() -> None:
    assert summary_of(np.array([[1, 2], [3, 6]])).tolist() == [4.0, 3.0, 1.0, 6.0]
    assert summary_of([math.inf, math.nan]).tolist() == [0.0] * 4


def test_the_smallest_point_and_both_numbers() -> None:
    found = term(side(), side(jacobian=lambda y: 0.0))
    assert set(found.point) == {"s_log__"}, "neither a nor c has to leave the test point"
    y = float(found.point["s_log__"])
    assert (found.original, found.candidate) == (-math.exp(y) + y, -math.exp(y))
    constant = term(side(), side(a=lambda x: normal(x) + 0.5))
    assert constant.point == {} and constant.kind == "test" and constant.offset == pytest.approx(0.5)


def test_the_formula_says_who_is_right() -> None:
    wrong = term(side(), side(a=lambda x: normal(x, 3.0)))
    assert wrong.truth.endswith("PyMC3 is right") and "the formula of Normal gives" in wrong.truth
    (comparison,) = run(side(a=lambda x: normal(x, 3.0)), side(a=lambda x: normal(x, 4.0))).comparisons
    assert comparison.terms[0].truth.endswith("agrees with neither")


def test_points_where_pymc3_has_lost_its_digits_are_left_out_and_said() -> None:
    """PyMC3's number is off at one point far out; the formula agrees with the other side."""

    def lossy(x: float) -> float:
        return normal(x) + (0.1 if x > 0.8 else 0.0)

    (comparison,) = run(side(a=lossy), side()).comparisons
    assert comparison.verdict is Verdict.EQUAL and 0 < comparison.points < 7 and not comparison.terms
    assert "differences in a were left out: by the formula in high precision PyMC3 is wrong" in comparison.notes[0]
    (other_way,) = run(side(), side(a=lossy)).comparisons
    assert other_way.verdict is Verdict.DIFFERENT and other_way.terms[0].truth.endswith("PyMC3 is right")


def test_a_wrong_model_is_never_settled_by_formulas() -> None:
    def also(x: float) -> float:
        return normal(x) + (0.1 if x > 0.8 else 0.0)

    (comparison,) = run(side(a=also), side(jacobian=lambda y: y + 1e-3)).comparisons
    assert comparison.verdict is Verdict.DIFFERENT and {t.name for t in comparison.terms} == {"a", "s"}


@pytest.mark.parametrize(("units", "verdict"), [(1, Verdict.EQUAL), (1e6, Verdict.DIFFERENT)])
def test_a_few_roundings_of_a_parameter_are_no_difference(
    units: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``log(1 - p)`` for ``p = 1 - 2**-50``: one unit in the last place of p is an eighth of ``1 - p``."""
    rest = 2.0**-50

    def inputs(self: Parts, program: object, info: object, name: str, names: Sequence[str], point: Point) -> object:
        parameters = {"p": np.array(1.0 - rest), "logit_p": np.array(34.657)}
        return {"distribution": "Bernoulli", "value": 0, "logp": 0.0, "scaled": False, "parameters": parameters}

    monkeypatch.setattr(Parts, "term_inputs", inputs)

    def bernoulli(x: float) -> float:
        return math.log(rest)

    def rounded(x: float) -> float:
        return math.log(rest * (1.0 + 0.125 * units)) if x > 0.8 else math.log(rest)

    (comparison,) = run(side(a=bernoulli), side(a=rounded)).comparisons
    assert comparison.verdict is verdict, comparison


def _spread(monkeypatch: pytest.MonkeyPatch, of_a: float) -> None:
    def spread(self: Parts, program: object, info: object, points: Sequence[Point]) -> object:
        still = np.zeros(len(points))
        return {"a": still + of_a, "s": still, "c": still}, {"a": still, "s_log__": still, "c": still}

    monkeypatch.setattr(Parts, "spread", spread)


@pytest.mark.parametrize(("moves", "verdict"), [(0.1, Verdict.EQUAL), (0.1 / 9, Verdict.DIFFERENT)])
def test_what_moves_as_much_by_roundings_is_no_difference(
    moves: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spread(monkeypatch, moves)
    (comparison,) = run(side(), side(a=lambda x: normal(x) + (0.1 if x > 0.8 else 0.0))).comparisons
    assert comparison.verdict is verdict
    assert bool(comparison.notes) is (verdict is Verdict.EQUAL)
    (elsewhere,) = run(side(), side(density=lambda s: -s + (0.1 if s > 2.0 else 0.0))).comparisons
    assert elsewhere.verdict is Verdict.DIFFERENT, "the roundings of a say nothing about s"


def test_roundings_decide_few_points_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    _spread(monkeypatch, math.inf)
    (comparison,) = run(side(), side(a=lambda x: normal(x) + 0.1 * x)).comparisons
    assert comparison.verdict is Verdict.DIFFERENT and not comparison.notes


@pytest.mark.parametrize(("off", "verdict"), [(1e-5, Verdict.EQUAL), (1e-2, Verdict.DIFFERENT)])
def test_roundings_decide_many_points_that_are_close(
    off: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with the covariance of a Gaussian process at hundreds of points; one point is determined to its digits."""
    _spread(monkeypatch, math.inf)
    start = float(INFO.test_point["a"])
    (comparison,) = run(side(), side(a=lambda x: normal(x) * (1.0 if x == start else 1.0 + off))).comparisons
    assert comparison.verdict is verdict
    if verdict is Verdict.EQUAL:
        assert comparison.points == 1 and "differences in a" in comparison.notes[0]


@pytest.mark.parametrize(("moves", "verdict"), [(1.0, Verdict.EQUAL), (1e-5, Verdict.DIFFERENT)])
def test_slopes_that_roundings_decide_leave_the_log_density(
    moves: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spread(self: Parts, program: object, info: object, points: Sequence[Point]) -> object:
        still = np.zeros(len(points))
        return {"a": still, "s": still, "c": still}, {"a": still + moves, "s_log__": still, "c": still}

    def off(**parts: Function) -> Parts:
        slopes = {"a": 1e-3, "s_log__": 0.0, "c": np.zeros(2)}
        made = side(**parts)
        made.programs = {"before.py": [Density(INFO, made.at, lambda point: slopes)]}
        return made

    monkeypatch.setattr(Parts, "spread", spread)
    (comparison,) = run(side(), off()).comparisons
    assert comparison.verdict is verdict
    if verdict is Verdict.EQUAL:
        assert comparison.points == 7 and "at 7 of 7 points" in comparison.notes[0], "the log density was compared"
    (elsewhere,) = run(side(), off(a=lambda x: normal(x) + 0.1)).comparisons
    assert elsewhere.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("moves", "family", "verdict"),
    [
        (math.inf, "Normal", Verdict.EQUAL),  # finite under some roundings alone
        (0.0, "Normal", Verdict.DIFFERENT),  # outside of a support
        (0.0, "OrderedLogistic", Verdict.EQUAL),
    ],
)
def test_minus_infinity_where_the_other_side_is_finite(
    moves: float, family: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spread(monkeypatch, moves)
    inputs = {"distribution": family, "value": 0, "logp": 0.0, "scaled": False, "parameters": {}}
    monkeypatch.setattr(Parts, "term_inputs", lambda *_: inputs)
    rounded = side(a=lambda x: -math.inf if x > 0.8 else normal(x))
    (comparison,) = run(rounded, side(a=lambda x: -50.0 if x > 0.8 else normal(x))).comparisons
    assert comparison.verdict is verdict
    (large,) = run(rounded, side()).comparisons  # about -1: no probability that rounds to 0
    assert large.verdict is (Verdict.EQUAL if moves else Verdict.DIFFERENT)


@pytest.mark.parametrize(("size", "asked"), [(3, True), (30, False)])
def test_large_matrices_are_left_to_roundings(size: int, asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In high precision the factor of a covariance of a hundred points takes hours."""
    from pm_migrate.verify import oracle

    made: list[object] = []

    class Refusing:
        def __init__(self, *inputs: object) -> None:
            made.append(inputs)

        truth = oracle.Truth(0.0, 0.0, {}, {})

    monkeypatch.setattr(oracle, "Oracle", Refusing)
    _spread(monkeypatch, 0.1)
    parameters = {"mu": np.zeros(size), "cov": np.eye(size)}
    found = {
        "distribution": "MvNormal",
        "value": np.zeros(size),
        "logp": 0.0,
        "scaled": False,
        "parameters": parameters,
    }
    monkeypatch.setattr(Parts, "term_inputs", lambda *_: found)
    (comparison,) = run(side(), side(a=lambda x: normal(x) + (0.1 if x > 0.8 else 0.0))).comparisons
    assert comparison.verdict is Verdict.EQUAL and comparison.notes
    assert bool(made) is asked


@pytest.mark.parametrize(
    ("distribution", "parameters", "value", "expected"),
    [
        ("Interpolated", {"x_points": [0.0, 1.0, 3.0], "pdf_points": [0.0, 2.0, 0.0]}, 0.5, math.log(1 / 3)),
        ("Interpolated", {"x_points": [0.0, 1.0, 3.0], "pdf_points": [0.0, 2.0, 0.0]}, [0.5, 1.0], math.log(2 / 9)),
        ("Categorical", {"p": [0.2, 0.3, 0.5]}, [0, 2, 1], math.log(0.03)),
        ("Categorical", {"p": [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]}, [0, 2], math.log(0.16)),
    ],
)
def test_the_formula_takes_vectors_of_parameters_for_each_number(distribution, parameters, value, expected):
    class Side:
        def term_inputs(self, *_: object) -> dict[str, object]:
            return {"distribution": distribution, "value": value, "parameters": parameters, "scaled": False}

    found = tiebreak.opinion(SimpleNamespace(reference=Side(), program=None, info=None), "x", {})
    assert found is not None and found[0] == distribution and found[1] == pytest.approx(expected)


def test_points_that_are_many_are_left_to_roundings():
    points = {"x_points": np.arange(300.0), "pdf_points": np.ones(300)}

    class Side:
        def term_inputs(self, *_: object) -> dict[str, object]:
            return {"distribution": "Interpolated", "value": 1.5, "parameters": points, "scaled": False}

    assert tiebreak.opinion(SimpleNamespace(reference=Side(), program=None, info=None), "x", {}) is None
