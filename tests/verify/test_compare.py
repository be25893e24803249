"""Two lists of evaluations: each way to agree and to disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from pm_migrate.reference.records import PointEvaluation
from pm_migrate.verify import tolerances
from pm_migrate.verify.compare import Agreement, compare
from pm_migrate.verify.report import Verdict

X = (-1.0, 0.0, 0.5, 2.0)


def evaluations(
    terms: Sequence[Mapping[str, float]],
    slopes: Sequence[object] | None = None,
    elements: Mapping[str, int] | None = None,
) -> list[PointEvaluation]:
    slopes = slopes if slopes is not None else [0.0] * len(terms)
    return [
        PointEvaluation(sum(t.values()), {"x": np.asarray(s, float)}, t, elements or dict.fromkeys(t, 1))
        for t, s in zip(terms, slopes, strict=True)
    ]


def standard(shift: float = 0.0, scale: float = 1.0) -> list[PointEvaluation]:
    """A standard normal term and a likelihood of a thousand rows, one of them changed."""
    terms = [{"x": -0.5 * x * x * scale + shift, "y": -1000.0 - x} for x in X]
    return evaluations(terms, [-x * scale - 1 for x in X], {"x": 1, "y": 1000})


def agree(a: list[PointEvaluation], b: list[PointEvaluation]) -> Agreement:
    """Compare candidate ``a`` with reference ``b``."""
    return compare(b, a, {"x": "x"})


def test_the_same_numbers_are_equal() -> None:
    result = agree(standard(), standard())
    assert replace(result, kinds=(), heat=(), densities=()) == Agreement(Verdict.EQUAL, 4, 0, 0.0, 0.0, 0.0, 0.0)
    assert result.kinds == (("near", 4),) and {each.bits for each in result.heat} == {0.0}
    assert {(each.name, each.what) for each in result.heat} == {
        ("x", "log density"), ("y", "log density"), ("x", "gradient"),
    }  # fmt: skip
    assert [(a, b) for _, a, b in result.densities] == [(e.logp, e.logp) for e in standard()]


def test_rounding_is_equal() -> None:
    result = agree(standard(shift=1e-12), standard())
    assert result.verdict is Verdict.EQUAL and 0 < result.logp < 1e-14 and result.terms == ()


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("size", [-2e3, 0.3])
def test_the_limit_is_relative_for_large_and_absolute_for_small(size: float, factor: float) -> None:
    """A change that is not constant, so that no constant can explain it."""
    error = tolerances.LOGP * max(1.0, abs(size)) * factor
    b = evaluations([{"x": size}, {"x": size}])
    a = evaluations([{"x": size + error}, {"x": size - error}])
    assert agree(a, b).verdict is (Verdict.EQUAL if factor < 1 else Verdict.DIFFERENT)


def test_a_lost_constant_is_named_with_its_term() -> None:
    result = agree(standard(shift=math.log(2)), standard())
    assert result.verdict is Verdict.DIFFERENT
    assert "off by +0.693147 at every point" in result.detail
    (term,) = result.terms
    assert term.name == "x" and term.offset == pytest.approx(math.log(2))
    assert str(term) == "x: off by +0.693147 at every point"


def test_a_wrong_term_is_no_constant() -> None:
    result = agree(standard(scale=1.001), standard())
    assert result.verdict is Verdict.DIFFERENT and "not by a constant" in result.detail
    (term,) = result.terms
    assert term.name == "x" and term.offset is None and term.worst == pytest.approx(0.002)
    assert "not by a constant" in str(term)
    assert "gradient of x" in result.detail


def test_a_single_point_does_not_show_whether_it_is_a_constant() -> None:
    result = agree(evaluations([{"x": 1.5}]), evaluations([{"x": 1.0}]))
    assert result.verdict is Verdict.DIFFERENT and "off by +0.5 at the only point" in result.detail
    assert str(result.terms[0]) == "x: off by 0.5 at the only point"


def test_terms_that_cancel_are_both_named() -> None:
    """The sum is right at some points by accident: it is the terms that say where."""
    a = evaluations([{"x": x + 1.0, "y": -2 * x} for x in X], [0.0] * 4)
    b = evaluations([{"x": x, "y": -x} for x in X], [0.0] * 4)
    assert [term.name for term in agree(a, b).terms] == ["y", "x"]


def test_large_terms_that_cancel() -> None:
    """A sum is known to what its terms are, and these leave less than a hundredth of themselves."""
    size = 1e119
    there = [{"x": -size - 1e117 * x * x, "y": size} for x in X]
    here = [
        {"x": -size - 1e117 * x * x, "y": size * (1 + off)} for x, off in zip(X, (0.0, 0.0, 5e-10, 0.0), strict=True)
    ]
    assert agree(evaluations(here), evaluations(there)).verdict is Verdict.EQUAL
    apart = [{**term, "y": term["y"] + 5e-8 * size * x} for term, x in zip(there, X, strict=True)]
    result = agree(evaluations(apart), evaluations(there))
    assert result.verdict is Verdict.DIFFERENT and [term.name for term in result.terms] == ["y"]


def test_terms_on_one_side_only() -> None:
    b = evaluations([{"x": x, "extra": -3.0} for x in X])
    a = evaluations([{"m/x": x, "m/pot": 1.0} for x in X])
    assert {term.name: term.offset for term in agree(a, b).terms} == {
        "extra (only in the original)": 3.0,
        "m/pot (not in the original)": 1.0,
    }


def test_a_float32_constant_is_told_apart() -> None:
    """1001 elements, 1.8e-8 each: beyond the limit relative to 1001, and of no consequence."""
    offset = 1001 * 1.8e-8
    result = agree(standard(shift=offset), standard())
    assert offset > tolerances.LOGP * 1001
    assert result.verdict is Verdict.EQUAL_BUT_CONSTANT and result.detail == ""
    assert "+1.8e-05 at every point" in result.notes[0]


def test_a_larger_constant_is_no_float32_constant() -> None:
    assert agree(standard(shift=1001 * 2.2e-8), standard()).verdict is Verdict.DIFFERENT


def test_a_constant_may_be_as_wrong_as_half_a_unit_of_the_constants_that_the_reference_found() -> None:
    offset = 1001 * 6e-7
    b = [replace(evaluation, rounding={"y": offset * 1.01}) for evaluation in standard()]
    assert agree(standard(shift=offset), b).verdict is Verdict.EQUAL_BUT_CONSTANT
    assert agree(standard(shift=1.02 * offset), b).verdict is Verdict.DIFFERENT
    assert agree(standard(shift=offset), standard()).verdict is Verdict.DIFFERENT


def test_a_float32_constant_with_wrong_gradients_is_different() -> None:
    b, a = standard(), standard(shift=1001 * 1.8e-8)
    a[0].gradient["x"][...] += 1e-3
    assert agree(a, b).verdict is Verdict.DIFFERENT


def test_a_single_point_cannot_show_a_constant() -> None:
    offset = 1001 * 1.8e-8
    assert agree(standard(shift=offset)[:1], standard()[:1]).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(("error", "equal"), [(0.9e-7, True), (1.1e-7, False)])
def test_the_limit_of_gradients_is_that_of_their_block(error: float, equal: bool) -> None:
    b = evaluations([{"x": 0.0}], [[1e-3, 50.0]])
    a = evaluations([{"x": 0.0}], [[1e-3 + 50 * error, 50.0]])
    result = agree(a, b)
    assert result.verdict is (Verdict.EQUAL if equal else Verdict.DIFFERENT)
    assert result.gradient == pytest.approx(error)


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("candidate", "reference", "verdict"),
    [
        (-INF, -INF, Verdict.EQUAL),
        (INF, INF, Verdict.EQUAL),
        (-3.0, -INF, Verdict.DIFFERENT),
        (-INF, -3.0, Verdict.DIFFERENT),
        (NAN, -3.0, Verdict.DIFFERENT),
        (NAN, -INF, Verdict.DIFFERENT),
        (INF, -INF, Verdict.DIFFERENT),
        (NAN, NAN, Verdict.EQUAL),
        (-3.0, NAN, Verdict.EQUAL),
        (-INF, NAN, Verdict.EQUAL),
    ],
)
def test_points_that_are_not_finite(candidate: float, reference: float, verdict: Verdict) -> None:
    """One such point among finite ones; where PyMC3 has no number there is nothing to be equal to."""
    b = [*standard(), *evaluations([{"x": reference}], [NAN])]
    a = [*standard(), *evaluations([{"x": candidate}], [5.0])]
    result = agree(a, b)
    assert result.verdict is verdict and result.points == 4
    assert result.outside == (1 if candidate == reference else 0)
    assert ("NaN at 1 of 5 points" in "".join(result.notes)) == math.isnan(reference)
    assert ("1 of 5 points are like this" in result.detail) == (verdict is Verdict.DIFFERENT)


def test_nothing_finite_proves_nothing() -> None:
    nowhere = evaluations([{"x": -INF}, {"x": NAN}])
    result = agree(nowhere, nowhere)
    assert result.verdict is Verdict.DIFFERENT and "finite at no point" in result.detail
    assert math.isnan(result.logp) and math.isnan(result.logp_bits)


def test_slopes_that_are_not_finite() -> None:
    b = evaluations([{"x": 1.0}], [[1.0, NAN, INF]])
    same = agree(evaluations([{"x": 1.0}], [[1.0, 7.0, INF]]), b)
    assert same.verdict is Verdict.EQUAL and "NaN for 1 slopes" in same.notes[0]
    for wrong in ([NAN, 7.0, INF], [1.0, 7.0, -INF], [1.0, 7.0, 3.0], [INF, 7.0, INF]):
        assert agree(evaluations([{"x": 1.0}], [wrong]), b).verdict is Verdict.DIFFERENT


def test_wrong_bits_are_those_of_the_conditioning() -> None:
    """8 units in the last place of 1 are 3 bits; of a sum of cancelling terms of size 4, one."""
    eps = 2.0**-52
    assert agree(evaluations([{"x": 1.0 + 8 * eps}]), evaluations([{"x": 1.0}])).logp_bits == 3.0
    cancelling = evaluations([{"x": 2.5, "y": -1.5}])
    off = [PointEvaluation(1.0 + 8 * eps, cancelling[0].gradient, cancelling[0].terms)]
    assert agree(off, cancelling).logp_bits == 1.0
    assert agree(evaluations([{"x": 2.0}]), evaluations([{"x": 1.0}])).logp_bits == 52.0
    assert agree(evaluations([{"x": 1e-300}]), evaluations([{"x": 0.0}])).logp_bits > 52
    slopes = agree(evaluations([{"x": 0.0}], [[4.0 + 8 * eps, 0.0]]), evaluations([{"x": 0.0}], [[4.0, 0.0]]))
    assert slopes.gradient_bits == 1.0
    small = agree(evaluations([{"x": 0.0}], [4 * eps]), evaluations([{"x": 0.0}], [0.0]))
    assert small.gradient_bits == 2.0


def test_names_of_the_candidate() -> None:
    b = standard()
    a = [PointEvaluation(e.logp, {"m/__log_x": e.gradient["x"]}, e.terms) for e in b]
    assert compare(b, a, {"x": "m/__log_x"}).verdict is Verdict.EQUAL


def test_without_continuous_variables_there_is_no_gradient() -> None:
    result = compare(standard(), standard(), {})
    assert result.verdict is Verdict.EQUAL and math.isnan(result.gradient)


def test_lists_of_unlike_length_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        agree(standard()[:2], standard())


def with_values(*numbers: float) -> list[PointEvaluation]:
    """The standard model with a deterministic ``d`` at each of the first points."""
    return [replace(e, values={"d": np.array([n, 1.0])}) for e, n in zip(standard(), numbers, strict=False)]


def test_deterministics_are_compared() -> None:
    def compared(mine: list[PointEvaluation], theirs: list[PointEvaluation]) -> Agreement:
        return compare(mine, theirs, {"x": "x"}, deterministics=["d"], kinds=["near", "tails"])

    here = with_values(1.0, math.nan)
    assert compared(here, here).verdict is Verdict.EQUAL
    off = compared(here, with_values(1.001, math.nan))
    assert off.verdict is Verdict.DIFFERENT and "the value of d is off by 0.001 relative" in off.detail
    assert [(e.kind, e.bits > 40) for e in off.heat if e.what == "value"] == [("near", True), ("tails", False)]
    renamed = [replace(e, values={"m/d": e.values["d"]}) for e in here]
    assert compared(here, renamed).verdict is Verdict.EQUAL
    lost = compared(here, [replace(e, values={"other": e.values["d"]}) for e in here])
    assert lost.verdict is Verdict.DIFFERENT and "d is missing among the deterministics" in lost.detail
    shorter = compared(here, [replace(e, values={"d": np.array([1.0])}) for e in here])
    assert "the value of d has another shape" in shorter.detail


def test_wrong_bits_by_variable_and_kind_of_point() -> None:
    wrong = [*standard()[:2], *standard(shift=1.0)[2:]]
    result = compare(standard(), wrong, {"x": "x"}, kinds=["test", "near", "prior", "tails"])
    bits = {(e.name, e.what, e.kind): e.bits for e in result.heat}
    assert bits["x", "log density", "near"] == 0.0 < 50 < bits["x", "log density", "tails"]
    assert bits["y", "log density", "tails"] == bits["x", "gradient", "tails"] == 0.0
    assert result.kinds == (("test", 1), ("near", 1), ("prior", 1), ("tails", 1))


def raising(at: Sequence[int], count: int = 5) -> list[PointEvaluation]:
    """Evaluations of which some are errors."""
    return [
        PointEvaluation(NAN, {"x": np.array(NAN)}, {"x": NAN}, error="ValueError: too far") if i in at else each
        for i, each in enumerate(evaluations([{"x": 1.0}] * count, [0.0] * count))
    ]


@pytest.mark.parametrize(
    ("theirs", "ours", "verdict", "words"),
    [
        ([1, 2], [1, 2], Verdict.EQUAL, "both sides raise an error, so that nothing was compared, at 2 of 5 points"),
        ([1], [], Verdict.DIFFERENT, "PyMC3 raises an error, and the other side gives a number, at 1 of 5 points"),
        ([], [4], Verdict.DIFFERENT, "an error is raised, and PyMC3 gives a number, at 1 of 5 points: ValueError"),
    ],
)
def test_an_error_at_a_point_is_said_of_the_side_that_raised_it(
    theirs: list[int], ours: list[int], verdict: Verdict, words: str
) -> None:
    result = agree(raising(ours), raising(theirs))
    assert result.verdict is verdict and result.raised == len({*theirs} & {*ours})
    assert words in (result.detail if verdict is Verdict.DIFFERENT else result.notes[0])


def test_pymc3_raising_where_the_candidate_rejects_is_no_difference() -> None:
    rejected = [replace(e, logp=-INF, error="") if e.error else e for e in raising([2])]
    result = agree(rejected, raising([2]))
    assert result.verdict is Verdict.EQUAL and result.outside == 1 and "at 1 of 5 points" in result.notes[0]


def test_a_gradient_that_pymc3_lacks_is_not_compared_and_the_verdict_says_so() -> None:
    whole = raising([])
    lacking = [replace(e, gradient={"x": np.array(NAN)}, no_gradient="NotImplementedError: square") for e in whole]
    result = agree(whole, lacking)
    assert result.verdict is Verdict.EQUAL_WITHOUT_GRADIENT and math.isnan(result.gradient)
    assert "PyMC3 has no gradient, which was not compared: NotImplementedError: square" in result.notes
    at_one = agree(whole, [lacking[0], *whole[1:]])
    assert at_one.verdict is Verdict.EQUAL and "no gradient at 1 of 5 points" in at_one.notes[0]
    assert agree(lacking, whole).verdict is Verdict.DIFFERENT
