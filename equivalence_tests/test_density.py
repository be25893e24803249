"""Every catalogue row, in every parametrisation: log density and gradient against the formula and against PyMC3.

One test per case draws batches of points; each batch goes through the compiled runtime (graph and XLA, float64), PyMC3
and the high-precision formula. A second test does the same in float32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings

from equivalence_tests import engine, strategies, tolerances
from equivalence_tests.engine import Point, Result
from equivalence_tests.oracle import EPS, Oracle, Truth, comparable, wrong_bits
from equivalence_tests.recording import record
from pm_migrate.catalog import ROWS, Distribution, Form
from pm_migrate.reference.client import ReferenceClient

CASES = [pytest.param(row, form, id=f"{row.name}({','.join(form.given)})") for row in ROWS for form in row.forms]

#: Points that one Hypothesis example draws: one call of each compiled function serves them all.
BATCH = 20
EXAMPLES = max(1, settings.default.max_examples // BATCH)
EPS32 = 2.0**-23
LARGEST32 = float(np.finfo(np.float32).max)
#: A failing batch names its failing point: shrinking all its points would take minutes and show no more.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


def explain(row: Distribution, form: Form, point: Point, truth: Truth, results: Mapping[str, Result]) -> str:
    """What a failure prints: the point, everybody's numbers, and a snippet to paste."""
    parameters, value = point
    shown = {n: np.asarray(v).tolist() for n, v in parameters.items()}
    lines = [f"{row.name}({shown}) at {np.asarray(value).tolist()}"]
    lines += [f"  formula        logp {truth.logp!r}  gradient { {n: g.tolist() for n, g in truth.gradient.items()} }"]
    lines += [
        f"  {who:14} logp {r.logp!r}  gradient { {n: np.asarray(g).tolist() for n, g in r.gradient.items()} }"
        for who, r in results.items()
    ]
    lines += [
        f"  condition {truth.condition:.3g}, of the gradient "
        f"{ {n: g.tolist() for n, g in truth.gradient_condition.items()} }",
        "  from pm_migrate.catalog import DISTRIBUTIONS",
        "  from equivalence_tests import engine, oracle",
        f"  row = DISTRIBUTIONS[{row.name!r}]; form = row.form_for(frozenset({sorted(form.given)!r}))",
        f"  given, value = {shown!r}, {np.asarray(value).tolist()!r}",
        "  print(engine.eager(row, form, given, value), oracle.Oracle(row, form, given, value).truth)",
    ]
    return "\n".join(lines)


def bits_of(row: Distribution, result: Result, truth: Truth, dtype: tf.DType = tf.float64) -> tuple[float, float]:
    """Wrong bits of the log density, and the worst of the gradient's entries."""
    precision = (EPS32, LARGEST32) if dtype == tf.float32 else (EPS,)
    worst = 0.0
    for name, slopes in truth.gradient.items():
        ours = np.broadcast_to(comparable(row, name, result.gradient[name]), slopes.shape)
        for index in np.ndindex(slopes.shape):
            condition = float(truth.gradient_condition[name][index])
            worst = max(worst, wrong_bits(float(ours[index]), float(slopes[index]), condition, *precision))
    return wrong_bits(result.logp, truth.logp, truth.condition, *precision), worst


@pytest.mark.parametrize(("row", "form"), CASES)
def test_density_and_gradient(
    row: Distribution, form: Form, reference_beside: ReferenceClient | None, device: str
) -> None:
    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(points=strategies.points(row, form, BATCH))
    def check(points: list[Point]) -> None:
        truths = [Oracle(row, form, *p).truth for p in points]
        answers = {
            "graph": engine.batch(row, form, points, jit=False, device=device),
            "XLA": engine.batch(row, form, points, jit=True, device=device),
        }
        if reference_beside is not None:
            answers["PyMC3"] = engine.pymc3(reference_beside, row, form, points)
        for i, (point, truth) in enumerate(zip(points, truths, strict=True)):
            results = {who: answer[i] for who, answer in answers.items()}
            for mode in ("graph", "XLA"):
                logp_bits, gradient_bits = bits_of(row, results[mode], truth)
                record(row, form, point, f"{mode} float64 {device}", logp_bits, gradient_bits)
                within = logp_bits <= tolerances.LOG_DENSITY_BITS and gradient_bits <= tolerances.GRADIENT_BITS
                assert within, f"{mode}: {logp_bits:.1f} and {gradient_bits:.1f} wrong bits\n" + explain(
                    row, form, point, truth, results
                )
            if "PyMC3" in results:
                problem = tolerances.pymc3_problem(row, point, results["PyMC3"], truth)
                assert not problem, f"PyMC3 and the formula: {problem}\n" + explain(row, form, point, truth, results)

    check()


def single_precision(row: Distribution, points: Sequence[Point]) -> list[Point]:
    """The points rounded to float32: both sides get the same numbers."""

    def rounded(x: Any) -> Any:
        return np.asarray(np.clip(np.asarray(x, float), -LARGEST32, LARGEST32).astype(np.float32), float)[()]

    return [
        strategies.normal_numbers(row, ({n: rounded(v) for n, v in p.items()}, rounded(v)), np.float32)
        for p, v in points
    ]


def truth_inside(row: Distribution, form: Form, point: Point, double: Result) -> Truth | None:
    """What is true at a point, None where rounding has moved it onto an end of the support, or out of it.

    There the formula is no number, or infinite, or divides by zero.
    """
    if not np.isfinite(double.logp):
        return None
    try:
        truth = Oracle(row, form, *point).truth
    except (ZeroDivisionError, ValueError):
        return None
    return truth if np.isfinite(truth.logp) else None


@pytest.mark.parametrize(("row", "form"), CASES)
def test_density_and_gradient_in_float32(row: Distribution, form: Form, device: str) -> None:
    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(points=strategies.points(row, form, BATCH).map(lambda points: single_precision(row, points)))
    def check(points: list[Point]) -> None:
        doubles = engine.batch(row, form, points, jit=False, device=device)
        answers = engine.batch(row, form, points, jit=True, dtype=tf.float32, device=device)
        for point, result, double in zip(points, answers, doubles, strict=True):
            truth = truth_inside(row, form, point, double)
            if truth is None:  # test_edges holds float64 against PyMC3 there
                size = abs(double.logp) if np.isfinite(double.logp) else 1.0
                same = wrong_bits(result.logp, double.logp, size, EPS32, LARGEST32) <= tolerances.FLOAT32_BITS
                assert same, f"float32 {result!r}, float64 {double!r}: {row.name}{point}"
                continue
            if max(abs(truth.logp), truth.condition) > tolerances.FLOAT32_RANGE:
                assert not np.isnan(result.logp), f"float32 {result!r}, formula {truth.logp!r}: {row.name}{point}"
                continue  # squares overflow in float32
            logp_bits, gradient_bits = bits_of(row, result, truth, tf.float32)
            record(row, form, point, f"XLA float32 {device}", logp_bits, gradient_bits)
            within = max(logp_bits, gradient_bits) <= tolerances.FLOAT32_BITS
            assert within, f"float32: {logp_bits:.1f} and {gradient_bits:.1f} wrong bits\n" + explain(
                row, form, point, truth, {"XLA float32": result}
            )

    check()


@pytest.mark.parametrize(("row", "form"), CASES)
def test_eager_and_vectorized_map_equal_compiled(row: Distribution, form: Form) -> None:
    @settings(max_examples=1, phases=PHASES)
    @given(points=strategies.points(row, form, 4))
    def check(points: list[Point]) -> None:
        shapes = engine.shapes(form, points[0])
        points = [p for p in points if engine.shapes(form, p) == shapes]
        graph = engine.batch(row, form, points, jit=False)
        mapped = engine.vectorized(row, form, points)
        for point, one, other in zip(points, graph, mapped, strict=True):
            truth = Oracle(row, form, *point).truth
            for result in (engine.eager(row, form, *point), other):
                logp_bits, gradient_bits = bits_of(row, result, truth)
                within = logp_bits <= tolerances.LOG_DENSITY_BITS and gradient_bits <= tolerances.GRADIENT_BITS
                assert within, explain(row, form, point, truth, {"graph": one, "other": result})

    check()


def test_bits_of_a_wrong_number() -> None:
    row = next(r for r in ROWS if r.name == "Normal")
    truth = Truth(1.0, 2.0, {"value": np.array(1.0)}, {"value": np.array(1.0)})
    assert bits_of(row, Result(1.0, {"value": np.array(1.0)}), truth) == (0.0, 0.0)
    assert bits_of(row, Result(float("nan"), {"value": np.array(np.nan)}), truth) == (np.inf, np.inf)
    assert bits_of(row, Result(1.0 + 2.0**-40, {"value": np.array(1.0)}), truth) == (11.0, 0.0)


def test_a_number_beyond_the_range_may_be_infinite() -> None:
    assert wrong_bits(np.inf, 2 * LARGEST32, 1.0, EPS32, LARGEST32) == 0.0
    assert wrong_bits(np.inf, 0.9 * LARGEST32, LARGEST32, EPS32, LARGEST32) == pytest.approx(20, abs=1)
    assert wrong_bits(np.inf, 1.0, LARGEST32, EPS32, LARGEST32) == np.inf
    assert wrong_bits(1.0, np.inf, 1.0, EPS32, LARGEST32) == np.inf


def test_numbers_that_are_flushed_to_zero_are_not_drawn() -> None:
    row = next(r for r in ROWS if r.name == "Weibull")
    at = strategies.normal_numbers(row, ({"alpha": 1e-38, "beta": 1.0}, 1e-44), np.float32)
    assert at == ({"alpha": 0.0, "beta": 1.0}, 0.0)
    normal = next(r for r in ROWS if r.name == "Normal")
    at = strategies.normal_numbers(normal, ({"mu": 1e-35, "sigma": 1e-35}, -1e-30), np.float32)
    assert at == ({"mu": 0.0, "sigma": 1e-35}, -1e-30)


def test_a_knot_belongs_to_the_piece_on_its_right() -> None:
    row = next(r for r in ROWS if r.name == "Interpolated")
    given = {"x_points": [0.0, 1.0, 2.0], "pdf_points": [1.0, 2.0, 5.0]}
    slopes = [float(Oracle(row, row.forms[0], given, x).truth.gradient["value"]) for x in (0.0, 1.0, 2.0)]
    assert slopes == pytest.approx([1.0, 3.0 / 2.0, 3.0 / 5.0])
