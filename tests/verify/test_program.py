"""Whole programs on fake sides: every verdict, and nothing that a program does disturbs another."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from pm_migrate.errors import VerificationError, WorkerCrashed, WorkerTimeout
from pm_migrate.reference.records import ModelInfo, Point, ProgramInfo
from pm_migrate.verify import Report, Verdict, render, to_json, verify_program
from pm_migrate.verify.program import Side

from .fakes import Density, FakeSide, model, variable

BEFORE, AFTER = Path("before.py"), Path("after.py")
MU, SIGMA = variable("mu", (2,)), variable("sigma", transform="log")


def normal(
    info: ModelInfo, names: Mapping[str, str] | None = None, *, shift: float = 0.0, slope: float = 1.0
) -> Density:
    """``mu`` standard normal (2,), ``sigma`` log normal with its Jacobian; value variables under other names."""
    mu, sigma = (names or {"mu": "mu", "sigma": "sigma_log__"}).values()

    def terms(point: Point) -> dict[str, float]:
        return {"mu": -0.5 * float(np.sum(point[mu] ** 2)) + shift, "sigma": -0.5 * slope * float(point[sigma]) ** 2}

    return Density(info, terms, lambda point: {mu: -point[mu], sigma: -slope * point[sigma]})


def original(index: int = 0, *aliases: str) -> Density:
    return normal(model(MU, SIGMA, index=index, aliases=aliases or ("m",)))


def rewritten(index: int = 0, *aliases: str, **change: float) -> Density:
    other = model(
        variable("sigma", transform="log", value_name="__log_sigma"), MU, index=index, aliases=aliases or ("m",)
    )
    return normal(other, {"mu": "mu", "sigma": "__log_sigma"}, **change)


def sides(**roads: FakeSide) -> Callable[[str], Side]:
    return lambda mode: roads[mode.replace("-", "_")]


def run(
    before: Sequence[Density],
    *,
    drop_in: FakeSide | None = None,
    rewrite: FakeSide | None = None,
    reference: FakeSide | None = None,
    points: int = 5,
) -> Report:
    roads = {name: side for name, side in (("drop_in", drop_in), ("rewrite", rewrite)) if side}
    return verify_program(
        BEFORE,
        AFTER if rewrite else None,
        reference=reference or FakeSide({"before.py": before}),
        points=points,
        seed=7,
        drop_in=drop_in is not None,
        candidate=sides(**roads),
    )


def test_all_equal() -> None:
    before = [original()]
    report = run(before, drop_in=FakeSide({"before.py": before}), rewrite=FakeSide({"after.py": [rewritten()]}))
    assert report.ok and report.notes == ()
    assert [(c.model, c.road, c.verdict, c.variables, c.points) for c in report.comparisons] == [
        ("m", "drop-in", Verdict.EQUAL, 2, 6),
        ("m", "rewrite", Verdict.EQUAL, 2, 6),
    ]


def test_the_same_points_under_other_names() -> None:
    reference, rewrite = FakeSide({"before.py": [original()]}), FakeSide({"after.py": [rewritten()]})
    run([], reference=reference, rewrite=rewrite)
    assert reference.drawn == [(5, 7, 1.0)] and len(rewrite.points) == 6
    assert all(np.array_equal(v, np.zeros_like(v)) for v in rewrite.points[0].values()), "the test point comes first"
    for a, b in zip(rewrite.points, reference.points, strict=True):
        assert set(a) == {"mu", "__log_sigma"}
        assert np.array_equal(a["__log_sigma"], b["sigma_log__"]) and np.array_equal(a["mu"], b["mu"])


@pytest.mark.parametrize(("change", "term"), [({"shift": 0.5}, "mu"), ({"slope": 1.01}, "sigma")])
def test_a_wrong_rewrite_is_different_and_the_drop_in_is_not(change: dict[str, Any], term: str) -> None:
    before = [original()]
    report = run(before, drop_in=FakeSide({"before.py": before}), rewrite=FakeSide({"after.py": [rewritten(**change)]}))
    assert not report.ok
    assert [c.verdict for c in report.comparisons] == [Verdict.EQUAL, Verdict.DIFFERENT]
    assert [t.name for t in report.comparisons[1].terms] == [term]


def test_models_are_reported_in_order_with_their_roads() -> None:
    before = [original(0, "a"), original(1, "b")]
    after = [rewritten(0, "b"), rewritten(1, "a", shift=1.0)]
    report = run(before, drop_in=FakeSide({"before.py": before}), rewrite=FakeSide({"after.py": after}))
    assert [(c.model, c.road, c.ok) for c in report.comparisons] == [
        ("a", "drop-in", True), ("a", "rewrite", False), ("b", "drop-in", True), ("b", "rewrite", True),
    ]  # fmt: skip


def test_variables_differ() -> None:
    report = run([original()], rewrite=FakeSide({"after.py": [normal(model(MU, variable("sigma")))]}))
    (comparison,) = report.comparisons
    assert comparison.verdict is Verdict.VARIABLES_DIFFER and not report.ok
    assert comparison.detail == "sigma has the transform None instead of log"


def test_not_paired() -> None:
    side = FakeSide({"after.py": [rewritten(0, "a")]}, error="Traceback\nValueError: late\n")
    report = run([original(0, "a"), original(1, "b")], rewrite=side)
    assert [c.verdict for c in report.comparisons] == [Verdict.EQUAL, Verdict.NOT_PAIRED]
    assert report.comparisons[1].detail == "the rewrite has no model for it; it raised: ValueError: late"
    assert report.notes == ("the rewrite raised: ValueError: late",)


def test_more_models_than_the_original_are_noted() -> None:
    report = run([original()], rewrite=FakeSide({"after.py": [rewritten(), rewritten(1, "again")]}))
    assert report.ok and "1 more model(s) than the original, which were not compared: again" in report.notes[0]


def test_an_original_that_raises_late_is_compared_and_noted() -> None:
    before = [original()]
    reference = FakeSide({"before.py": before}, error="Traceback\nKeyError: 'plot'\n")
    report = run(before, reference=reference, drop_in=FakeSide({"before.py": before}))
    assert report.ok
    assert report.notes == ("the original under PyMC3 raised: KeyError: 'plot'",)


def test_a_program_of_float32_is_compared_in_float64_and_noted() -> None:
    asked: list[object] = []

    class Single(FakeSide):
        def load_program(self, path: Path, **how: object) -> ProgramInfo:
            asked.append(how.get("double"))
            return replace(super().load_program(path, **how), float_x="float32")

    before = [original()]
    report = run(before, reference=Single({"before.py": before}), drop_in=Single({"before.py": before}))
    assert report.ok and asked == [True, True]
    assert report.notes == ("the program computes in float32: compared in float64, where rounding hides no difference",)


@pytest.mark.parametrize("error", [WorkerCrashed("it was ended by SIGSEGV"), WorkerTimeout("no answer")])
def test_an_original_that_is_lost(error: Exception) -> None:
    report = run([], reference=FakeSide({"before.py": error}), drop_in=FakeSide({}))
    (comparison,) = report.comparisons
    assert (comparison.road, comparison.verdict) == ("original", Verdict.ERROR) and not report.ok
    assert str(error) in comparison.detail


@pytest.mark.parametrize("error", [None, "Traceback\nImportError: no data\n"])
def test_an_original_without_models(error: str | None) -> None:
    report = run([], reference=FakeSide({"before.py": []}, error=error), drop_in=FakeSide({}))
    assert not report.ok and "made no model" in report.comparisons[0].detail
    assert (error or "") in report.comparisons[0].detail


def test_a_candidate_that_is_lost_leaves_the_other_road_alone() -> None:
    before = [original(0, "a"), original(1, "b")]
    crash = WorkerCrashed("gone")
    report = run(
        before,
        drop_in=FakeSide({"before.py": crash}),
        rewrite=FakeSide({"after.py": [rewritten(0, "a"), rewritten(1, "b")]}),
    )
    assert [(c.road, c.verdict, c.detail) for c in report.comparisons] == [
        ("drop-in", Verdict.ERROR, "gone"), ("rewrite", Verdict.EQUAL, ""),
    ] * 2  # fmt: skip


def test_a_candidate_that_raises_before_its_models() -> None:
    side = FakeSide({"after.py": []}, error="Traceback\nNotSupported: pm.Simulator\n")
    (comparison,) = run([original()], rewrite=side).comparisons
    assert comparison.verdict is Verdict.ERROR and "NotSupported: pm.Simulator" in comparison.detail


def test_an_evaluation_that_is_lost() -> None:
    before = [original()]
    for who in ("reference", "candidate"):
        failing = WorkerTimeout("too slow")
        reference = FakeSide({"before.py": before}, fails=failing if who == "reference" else None)
        side = FakeSide({"before.py": before}, fails=failing if who == "candidate" else None)
        (comparison,) = run(before, reference=reference, drop_in=side).comparisons
        assert comparison.verdict is Verdict.ERROR and "too slow" in comparison.detail
        assert ("under PyMC3" in comparison.detail) == (who == "reference")


def test_a_test_point_that_differs() -> None:
    """An error of the drop-in; of a rewrite, PyMC4's other start values."""
    before = [original()]
    moved = normal(model(MU, SIGMA, test={"mu": [0.0, 0.1]}))
    report = run(before, drop_in=FakeSide({"before.py": [moved]}), rewrite=FakeSide({"after.py": [moved]}))
    drop_in, rewrite = report.comparisons
    assert drop_in.verdict is Verdict.DIFFERENT and drop_in.detail == "the test point differs: mu by 0.1"
    assert rewrite.verdict is Verdict.EQUAL and rewrite.notes == ("the test point differs: mu by 0.1",)
    close = normal(model(MU, SIGMA, test={"mu": [0.0, 1e-7]}))
    assert run(before, drop_in=FakeSide({"before.py": [close]})).ok


def bounded(limit: float) -> Density:
    """A model that rejects beyond ``limit``, with a slope where it does not."""
    info = model(variable("z", (3,)))

    def terms(point: Point) -> dict[str, float]:
        return {"z": float(np.sum(point["z"])) if np.max(np.abs(point["z"])) < limit else -math.inf}

    return Density(info, terms, lambda point: {"z": np.ones(3) if math.isfinite(terms(point)["z"]) else np.zeros(3)})


def test_points_are_drawn_nearer_until_enough_are_finite() -> None:
    before = [bounded(0.8)]
    reference = FakeSide({"before.py": before})
    report = run(before, reference=reference, drop_in=FakeSide({"before.py": before}), points=30)
    assert [scale for _, _, scale in reference.drawn] == [0.5**i for i in range(len(reference.drawn))]
    assert len({seed for _, seed, _ in reference.drawn}) == len(reference.drawn) > 1
    (comparison,) = report.comparisons
    assert comparison.verdict is Verdict.EQUAL and comparison.points == 31 and comparison.outside > 0


def test_too_few_finite_points_are_said() -> None:
    before = [bounded(1e-6)]
    (comparison,) = run(before, drop_in=FakeSide({"before.py": before})).comparisons
    assert comparison.points == 1 and comparison.notes == ("PyMC3 is finite at 0 of 5 points only",)


def test_bounds_that_differ_are_found() -> None:
    """Nearer points would never show it: rejected ones are compared, too."""
    before = [bounded(0.8)]
    (comparison,) = run(before, drop_in=FakeSide({"before.py": [bounded(1.5)]}), points=30).comparisons
    assert comparison.verdict is Verdict.DIFFERENT and "where PyMC3 has -inf" in comparison.detail


def test_discrete_variables_have_values_and_no_gradient() -> None:
    info = model(variable("k", discrete=True))
    before = [Density(info, lambda point: {"k": -float(point["k"])}, lambda point: {})]
    side = FakeSide({"before.py": before})
    (comparison,) = run(before, drop_in=side).comparisons
    assert comparison.ok and math.isnan(comparison.gradient)
    assert sorted(int(point["k"]) for point in side.points) == [0, 0, 1, 2, 3, 4]


def test_a_model_without_free_variables() -> None:
    before = [Density(model(), lambda point: {"y": -4.0}, lambda point: {})]
    (comparison,) = run(before, drop_in=FakeSide({"before.py": before})).comparisons
    assert comparison.ok and comparison.points == 1


def test_bad_arguments() -> None:
    with pytest.raises(VerificationError, match="nothing to compare with"):
        run([original()])
    with pytest.raises(VerificationError, match="points is 0"):
        run([original()], drop_in=FakeSide({}), points=0)


@pytest.fixture
def mixed() -> Report:
    before = [original(0, "good"), original(1, "[bad]")]
    return run(
        before,
        drop_in=FakeSide({"before.py": before}),
        rewrite=FakeSide({"after.py": [rewritten(0, "good"), rewritten(1, "[bad]", shift=0.25)]}),
        reference=FakeSide({"before.py": before}, error="x\nValueError: late [red]"),
    )


def test_the_table(mixed: Report) -> None:
    console = Console(width=140, file=io.StringIO())
    console.print(render(mixed))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "before.py" in text and "late [red]" in text
    rows = [line for line in text.splitlines() if "drop-in" in line or "rewrite" in line]
    assert ["good" in row and "equal" in row for row in rows[:2]] == [True, True]
    assert "[bad]" in rows[3] and "different" in rows[3] and "0 / 0" in rows[2]
    assert "[bad] (rewrite): the log density is off by +0.25 at every point" in text
    assert "mu: off by +0.25 at every point" in text


def test_json(mixed: Report) -> None:
    data = json.loads(json.dumps(to_json(mixed), allow_nan=False))
    assert data["ok"] is False and data["original"] == "before.py" and data["rewritten"] == "after.py"
    assert [m["ok"] for m in data["models"]] == [True, True, True, False]
    assert data["models"][3]["verdict"] == "different"
    (term,) = data["models"][3]["terms"]
    assert (term["name"], term["worst"], term["offset"]) == ("mu", 0.25, 0.25)
    assert term["text"] == [
        "mu: off by +0.25 at every point, in the density of its distribution",
        "at the test point: PyMC3 has 0, it has 0.25",
    ]
    lost = run([], reference=FakeSide({"before.py": WorkerCrashed("x")}), drop_in=FakeSide({}))
    assert json.loads(json.dumps(to_json(lost), allow_nan=False))["models"][0]["logp"] is None
