"""Behaviour at the edges is PyMC3's: invalid parameters, values outside, ends of the support, extreme scales, shapes.

The points are derived from the catalogue's domains. At each, ours is never NaN; it equals PyMC3's number, or the exact
one where PyMC3's own fault is declared in :mod:`equivalence_tests.known_edges` (a declaration that no point needs
fails). Where PyMC3's gradient is finite, ours is. TensorFlow takes subnormal numbers for zeros: so they are tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from equivalence_tests import engine, fixed_points, known_faults, strategies, tolerances
from equivalence_tests.engine import Point, Result
from equivalence_tests.known_edges import KNOWN
from equivalence_tests.oracle import Oracle, Truth, wrong_bits
from equivalence_tests.test_density import CASES, explain
from pm_migrate.catalog import ROWS, Distribution, Domain, Form, expr
from pm_migrate.catalog.schema import POSITIVE, UNIT
from pm_migrate.errors import RemoteError
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.shims.distributions.binding import bind

#: Sizes near the ends of the doubles and of what squares can bear.
EXTREMES = (1e-300, 1e-30, 1e30, 1e300)
#: The smallest normal number.
TINY = float(np.finfo(float).tiny)
#: Digits for the formula at extreme scales: terms of 1e300 log(1e300) may cancel to one of order one.
DIGITS_AT_EXTREMES = 360
SUBNORMALS = (5e-324, -5e-324, 1e-310, -1e-310)


@dataclass(frozen=True)
class Edge:
    """A point, and what it is the edge of.

    Parameters
    ----------
    kind
        ``invalid`` parameters; a value ``outside`` the support; the ``end`` of the support, or a matrix with a part
        that is not read; ``extreme`` scales.
    parameters, value
        The point.
    """

    kind: str
    parameters: dict[str, Any]
    value: Any


def invalid_numbers(domain: Domain) -> list[float]:
    """Numbers just outside and far outside a domain with constant ends."""
    found: list[float] = []
    if domain.lower == "0":
        far = [-(2.0**40)] if domain.integer else [-1e300, -np.inf]  # PyMC3 takes 64-bit integers
        found += [-1.0, *far] + ([] if domain.closed_lower else [0.0])
    if domain.upper == "1":
        found += [1.5, 1e300] + ([] if domain.closed_upper else [1.0])
    return found


def with_entry(array: Any, index: tuple[int, ...], entry: float) -> Any:
    """A changed copy."""
    changed = np.array(array, float)
    changed[index] = entry
    return changed[()]


def edges(row: Distribution, form: Form) -> Iterator[Edge]:
    """Edge points of one parametrisation, around a fixed valid point."""
    given, value = fixed_points.usual(row, form)[0]
    for edge in edges_of_parameters(row, form, given, value):
        infinite = edge.kind in {"extreme", "end"} and not np.all(np.isfinite(scales(row, form, edge.parameters)))
        yield Edge("invalid", edge.parameters, edge.value) if infinite else edge
    yield from edges_of_support(row, form, given, value)


def scales(row: Distribution, form: Form, given: Mapping[str, Any]) -> list[Any]:
    """The numbers that a form makes of its parameters; an infinite one is invalid."""
    with np.errstate(all="ignore"):
        made = strategies.canonical_parameters(row, form, {n: np.asarray(v, float)[()] for n, v in given.items()})
    return [made[name] for name, text in row.canonical_of(form).items() if text != name and not np.ndim(made[name])]


def edges_of_parameters(row: Distribution, form: Form, given: dict[str, Any], value: Any) -> Iterator[Edge]:
    """Invalid parameters, ends of their domains, and extreme scales."""
    sized = engine.SIZES.get((row.name, form.given), ())
    for name in form.given:
        domain = row.param(name).domain
        if name in sized or name in engine.TABLES.get(row.name, ()):
            continue
        if domain.structure in {"positive_definite", "cholesky"}:
            yield from edges_of_matrix(domain, given, name, value)
            continue
        for bad in invalid_numbers(domain):
            yield Edge("invalid", {**given, name: with_entry(given[name], (0,) * domain.rank, bad)}, value)
        if domain.structure == "increasing":
            # the category between the first two has a negative width
            yield Edge("invalid", {**given, name: given[name][::-1]}, 1.0)
        if domain == Domain(lower="0") or domain == Domain():
            for size in EXTREMES:
                for at in {float(value), 0.0, 1.0} if row.kind == "categorical" else (value,):
                    yield Edge("extreme", {**given, name: size}, at)
        if domain == UNIT:
            for size in EXTREMES:
                yield Edge("extreme" if size < 1 else "invalid", {**given, name: size}, value)
            for end in (0.0, 1.0):
                yield Edge("end", {**given, name: end}, value)


def edges_of_matrix(domain: Domain, given: Mapping[str, Any], name: str, value: Any) -> Iterator[Edge]:
    """A parameter that is not positive definite, not symmetric, or not a Cholesky factor."""
    matrix = given[name]
    for bad in (-1.0, 0.0):
        yield Edge("invalid", {**given, name: with_entry(matrix, (1, 1), bad)}, value)
    kind = "end" if domain.structure == "cholesky" else "asymmetric"
    yield Edge(kind, {**given, name: with_entry(matrix, (0, 1), matrix[0, 1] + 0.25)}, value)


def edges_of_support(row: Distribution, form: Form, given: dict[str, Any], value: Any) -> Iterator[Edge]:
    """Values at the ends of the support and beyond."""
    support = row.support
    if row.rank:
        for changed, kind in edges_of_vector(row, value):
            yield Edge(kind, given, changed)
        return
    canonical = strategies.canonical_parameters(row, form, given)
    low, high = (
        float(expr.evaluate(end, canonical, strategies.NUMPY_FUNCTIONS)) for end in (support.lower, support.upper)
    )
    for end, outwards, closed in ((low, -1.0, support.closed_lower), (high, 1.0, support.closed_upper)):
        if not np.isfinite(end):
            if not row.discrete:
                yield Edge("extreme", given, outwards * 1e300)
                yield Edge("extreme", given, outwards * 1e30)
            continue
        far = end + outwards * max(1.0, abs(end))
        yield Edge("outside", given, far)
        if not row.discrete:
            yield Edge("outside", given, beside(end, outwards))
            yield Edge("outside", given, outwards * 1e300)
            yield Edge("end", given, beside(end, -outwards))
        yield Edge("end" if closed else "outside", given, end)
        if closed and not row.discrete and form == row.forms[0]:
            shapes = [n for n in form.given if row.param(n).domain == POSITIVE and n not in expr.names(support.lower)]
            for size in (0.5, 1.0, 2.0) if shapes else ():
                # where a density has a pole, a jump, or none of them
                yield Edge("end", {**given, **dict.fromkeys(shapes, size)}, end)
    if not row.discrete and low == 0.0:
        for size in EXTREMES:
            yield Edge("extreme" if size < high else "outside", given, size)


def beside(end: float, direction: float) -> float:
    """The next number that is not subnormal."""
    return direction * TINY if end == 0.0 else float(np.nextafter(end, direction * np.inf))


def edges_of_vector(row: Distribution, value: Any) -> Iterator[tuple[Any, str]]:
    """Values beside the support of a distribution of vectors or matrices."""
    structure = row.support.structure
    if structure == "simplex":
        yield np.append(value[:-2], [value[-2] + value[-1], 0.0]), "end"
        yield np.append(value[:-2], [value[-2] + value[-1] + 0.25, -0.25]), "outside"
    elif structure == "composition":
        yield with_entry(value, (0,), value[0] + 1.0), "outside"
        yield np.append(value[:-2], [value[-2] + value[-1] + 1.0, -1.0]), "outside"
    elif structure == "positive_definite":
        yield with_entry(value, (1, 1), -1.0), "outside"
        yield with_entry(value, (0, 1), value[0, 1] + 0.25), "outside"
    elif row.name == "LKJCorr":
        yield with_entry(value, (0,), 1.5), "outside"
        yield with_entry(0.0 * value + 0.9, (0,), -0.9), "outside"  # no three can be so


def truth_at(row: Distribution, form: Form, edge: Edge) -> Truth:
    """The exact numbers at an edge."""
    oracle = Oracle(row, form, edge.parameters, edge.value)
    if edge.kind == "extreme":
        oracle.digits = max(oracle.digits, DIGITS_AT_EXTREMES)
    return oracle.truth


def beyond_the_doubles(row: Distribution, form: Form, edge: Edge) -> bool:
    """Whether a term of the exact gradient overflows, by what is given or by the canonical parameters between."""
    given = {n: np.asarray(v, float)[()] for n, v in edge.parameters.items()}
    canonical = strategies.canonical_parameters(row, form, given)
    whole = Form(row.canonical)
    truths = [truth_at(row, form, edge), truth_at(row, whole, Edge(edge.kind, canonical, edge.value))]
    sizes = [size for truth in truths for size in truth.gradient_condition.values()]
    return not all(np.all(np.isfinite(size)) for size in sizes)


def verdict(row: Distribution, form: Form, edge: Edge, ours: Result, theirs: Result) -> tuple[str, bool]:
    """What is wrong at an edge (empty for nothing), and whether PyMC3's own fault had to be excused."""
    if np.isnan(ours.logp):
        return "NaN", False
    for name, slope in theirs.gradient.items():
        if np.all(np.isfinite(slope)) and not np.all(np.isfinite(ours.gradient[name])):
            if edge.kind == "extreme" and beyond_the_doubles(row, form, edge):
                continue
            return f"the gradient by {name} is not finite where PyMC3's is", False
    if ours.logp == theirs.logp:
        return "", False
    if edge.kind in {"invalid", "outside"}:
        if abs(ours.logp - theirs.logp) <= known_faults.CONSTANTS * abs(theirs.logp):
            return "", False  # of a parameter that only its square is computed with
        if ours.logp != -np.inf:
            return "not -inf", False
    else:
        truth = truth_at(row, form, edge)
        if not wrong_bits(ours.logp, truth.logp, truth.condition) <= tolerances.LOG_DENSITY_BITS:
            return f"neither PyMC3's number nor the exact {truth.logp!r}", False
        allowed = tolerances.pymc3_allowance(row, (edge.parameters, edge.value), truth)
        near = np.isfinite(allowed) and abs(truth.logp - theirs.logp) <= allowed
        if near or wrong_bits(theirs.logp, truth.logp, truth.condition) <= tolerances.LOG_DENSITY_BITS:
            return "", False
    return ("" if edge.kind in KNOWN.get(row.name, {}) else "PyMC3 differs and no known difference says why"), True


def pymc3(reference: ReferenceClient, row: Distribution, form: Form, points: Sequence[Point]) -> list[Result]:
    """PyMC3's numbers; NaN for a point where it raises."""
    try:
        return engine.pymc3(reference, row, form, points)
    except RemoteError:
        if len(points) == 1:
            return [Result(np.nan, {})]
        return [result for point in points for result in pymc3(reference, row, form, [point])]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_edges(row: Distribution, reference: ReferenceClient) -> None:
    problems, excused = [], set()
    for form in row.forms:
        found = list(edges(row, form))
        points = [(e.parameters, e.value) for e in found]
        if not points:
            continue
        for edge, ours, theirs in zip(
            found,
            engine.batch(row, form, points, jit=False),
            pymc3(reference, row, form, points),
            strict=True,
        ):
            problem, needed = verdict(row, form, edge, ours, theirs)
            if needed:
                excused.add(edge.kind)
            if problem:
                shown = {n: np.asarray(v).tolist() for n, v in edge.parameters.items()}
                problems.append(
                    f"{edge.kind}: {row.name}({shown}) at {edge.value!r}: {problem}; ours {ours.logp!r} PyMC3 "
                    f"{theirs.logp!r}; gradients {ours.gradient} and {theirs.gradient}"
                )
    assert not problems, "\n".join(problems)
    assert excused == set(KNOWN.get(row.name, {})), "a declared difference that PyMC3 no longer shows"


@pytest.mark.parametrize(("row", "form"), CASES)
def test_a_subnormal_number_is_zero(row: Distribution, form: Form) -> None:
    """TensorFlow flushes subnormal numbers, so that a scale of 1e-310 is as invalid as one of 0."""
    given, value = fixed_points.usual(row, form)[0]
    scalars = [n for n in form.given if row.param(n).domain.lower == "0" and not row.param(n).domain.rank]
    points = [({**given, name: size}, value) for name in scalars for size in (0.0, *SUBNORMALS)]
    if not row.rank and not row.discrete and row.support.lower == "0":
        points += [(given, size) for size in (0.0, *SUBNORMALS)]
    results = engine.batch(row, form, points, jit=False) if points else []
    for i in range(0, len(results), 1 + len(SUBNORMALS)):
        zero, *others = results[i : i + 1 + len(SUBNORMALS)]
        for other in others:
            # up to the rounding of vector instructions
            assert other.logp == zero.logp or abs(other.logp - zero.logp) <= 1e-14 * abs(zero.logp)
            assert all(np.all(np.isfinite(g)) for g in other.gradient.values()), (points[i], other)


@pytest.mark.parametrize(("row", "form"), CASES)
def test_the_smallest_normal_number_is_right_or_zero(row: Distribution, form: Form) -> None:
    """Its fractions are subnormal: the density is exact, or as at 0 where a step of the computation is flushed."""
    given, value = fixed_points.usual(row, form)[0]
    names = [n for n in form.given if row.param(n).domain in (POSITIVE, UNIT)]
    edges_of_it = [Edge("extreme", {**given, name: TINY}, value) for name in names]
    if not row.rank and not row.discrete and row.support.lower == "0":
        edges_of_it.append(Edge("extreme", given, np.float64(TINY)))
    if not edges_of_it:
        return
    for edge, ours in zip(
        edges_of_it, engine.batch(row, form, [(e.parameters, e.value) for e in edges_of_it], jit=False), strict=True
    ):
        assert not np.isnan(ours.logp), edge
        if not np.all(np.isfinite(scales(row, form, edge.parameters))):
            assert ours.logp == -np.inf, edge
            continue
        if ours.logp != -np.inf:
            truth = truth_at(row, form, edge)
            assert wrong_bits(ours.logp, truth.logp, truth.condition) <= tolerances.LOG_DENSITY_BITS, (edge, ours)
        finite = all(np.all(np.isfinite(g)) for g in ours.gradient.values())
        assert finite or beyond_the_doubles(row, form, edge), (edge, ours)


def as_finite(one: Any, other: Any) -> bool:
    """Whether two gradients are finite in the same places, but for numbers at the end of the doubles."""
    same = np.isfinite(one) == np.isfinite(other)
    return bool(np.all(same | (np.fmin(np.abs(one), np.abs(other)) > 1e300)))


@pytest.mark.parametrize(("row", "form"), CASES)
def test_xla_at_the_edges_equals_graph(row: Distribution, form: Form) -> None:
    points = [(e.parameters, e.value) for e in edges(row, form) if e.kind != "extreme"]
    if not points:
        assert row.rank or not form.given or list(edges(row, form)), "a scalar row with parameters has edges"
        return
    graph = engine.batch(row, form, points, jit=False)
    xla = engine.batch(row, form, points, jit=True)
    for point, one, other in zip(points, graph, xla, strict=True):
        same = one.logp == other.logp or abs(one.logp - other.logp) <= 1e-12 * abs(one.logp)
        assert same, (point, one, other)
        assert all(as_finite(g, other.gradient[n]) for n, g in one.gradient.items()), (point, one, other)


@pytest.mark.parametrize(("row", "form"), CASES)
def test_not_a_number_is_outside(row: Distribution, form: Form) -> None:
    given, value = fixed_points.usual(row, form)[0]
    result = engine.eager(row, form, given, np.full(np.shape(value), np.nan))
    bounded = row.support.lower != "-inf" or row.support.upper != "inf" or row.discrete or row.support.structure
    assert result.logp == -np.inf if bounded else np.isnan(result.logp) or row.logp == "0 * value"


@pytest.mark.parametrize(("row", "form"), CASES)
def test_shapes_and_dtypes(row: Distribution, form: Form) -> None:
    examples = fixed_points.usual(row, form)
    points = [p for p in examples if engine.shapes(form, p) == engine.shapes(form, examples[0])][:3]
    count = len(points)
    singles = [engine.eager(row, form, *p).logp for p in points]
    values = np.stack([np.asarray(v, float) for _, v in points])
    columns = {n: np.stack([np.asarray(g[n], float) for g, _ in points]) for n in form.given}
    event = values.shape[1:]

    def logp(given: dict[str, Any], value: Any) -> Any:
        return bind(row, form, given).log_prob(value)

    each = logp(columns, values)
    assert each.dtype == tf.float64
    np.testing.assert_allclose(np.broadcast_to(each, (count,)), singles, rtol=1e-12, atol=1e-12)
    # a column of parameters against a row of values
    ranks = {n: columns[n].ndim - 1 for n in form.given}
    spread = {n: c[:, None] for n, c in columns.items()}
    if all(rank < 2 for rank in ranks.values()):
        table = logp(spread, values)
        assert tuple(np.broadcast_shapes(table.shape, (count, count))) == (count, count)
        np.testing.assert_allclose(np.diagonal(np.broadcast_to(table, (count, count))), singles, rtol=1e-12, atol=1e-12)
    assert tuple(logp(points[0][0], np.zeros((0, *event))).shape) == (0,)
    if not event and not any(ranks.values()):
        whole = {n: round(float(v)) for n, v in points[0][0].items()}
        same = {n: float(v) for n, v in whole.items()}
        one, other = float(logp(whole, 1)), float(logp(same, 1.0))
        assert one == other or (np.isnan(one) and np.isnan(other))


def test_explain_names_the_point() -> None:
    row = next(r for r in ROWS if r.name == "Normal")
    point = ({"mu": 0.5, "sigma": 2.0}, 1.5)
    truth = Oracle(row, row.forms[0], *point).truth
    text = explain(row, row.forms[0], point, truth, {"ours": Result(-1.0, {})})
    assert "Normal({'mu': 0.5, 'sigma': 2.0}) at 1.5" in text
    assert repr(truth.logp) in text
