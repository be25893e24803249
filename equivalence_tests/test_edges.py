"""Behaviour at the edges is PyMC3's: invalid parameters, values outside, ends of the support, extreme scales, shapes.

The points are derived from the catalogue's domains. At each, ours is never NaN; it equals PyMC3's number, or the exact
one where PyMC3's own fault is declared in :mod:`equivalence_tests.known_edges` (a declaration that no point needs
fails). Where PyMC3's gradient is finite, ours is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from equivalence_tests import engine, strategies, tolerances
from equivalence_tests.engine import Result
from equivalence_tests.known_edges import KNOWN
from equivalence_tests.oracle import Oracle, wrong_bits
from equivalence_tests.test_density import CASES, explain
from pm_migrate.catalog import ROWS, Distribution, Domain, Form, expr
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.shims.distributions.binding import bind

#: Numbers at the ends of the doubles, and at the ends of their normal range.
EXTREMES = (5e-324, 2.3e-308, 1e-300, 1e-30, 1e30, 1e300)


@dataclass(frozen=True)
class Edge:
    """A point, and what it is the edge of: ``invalid``, ``outside``, ``end`` or ``extreme``."""

    kind: str
    parameters: dict[str, Any]
    value: Any


def invalid_numbers(domain: Domain) -> list[float]:
    """Numbers just outside and far outside a domain with constant ends."""
    found: list[float] = []
    if domain.lower == "0":
        found += [-1.0, -1e300, -np.inf] + ([] if domain.closed_lower else [0.0])
    if domain.upper == "1":
        found += [1.5, 1e300] + ([] if domain.closed_upper else [1.0])
    return found


def edges(row: Distribution, form: Form) -> Iterator[Edge]:
    """Edge points of one parametrisation, around a fixed valid point."""
    given, value = strategies.example(row, form)
    for name in form.given:
        domain = row.param(name).domain
        array = np.asarray(given[name], float)
        for bad in invalid_numbers(domain) if not domain.structure or domain.rank == 1 else []:
            changed = array.copy()
            changed[(0,) * array.ndim] = bad
            yield Edge("invalid", {**given, name: changed[()]}, value)
        if domain == Domain(lower="0") or domain == Domain():
            for size in EXTREMES:
                yield Edge("extreme", {**given, name: size}, value)
    if row.rank:
        return
    support = row.support
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
            yield Edge("outside", given, float(np.nextafter(end, outwards * np.inf)))
            yield Edge("outside", given, outwards * 1e300)
            yield Edge("end", given, float(np.nextafter(end, -outwards * np.inf)))
        yield Edge("end" if closed else "outside", given, end)
    if not row.discrete and low == 0.0:
        for size in EXTREMES:
            yield Edge("extreme" if size < high else "outside", given, size)


def verdict(row: Distribution, form: Form, edge: Edge, ours: Result, theirs: Result) -> tuple[str, bool]:
    """What is wrong at an edge (empty for nothing), and whether PyMC3's own fault had to be excused."""
    if np.isnan(ours.logp):
        return "NaN", False
    for name, slope in theirs.gradient.items():
        if np.all(np.isfinite(slope)) and not np.all(np.isfinite(ours.gradient[name])):
            return f"the gradient by {name} is not finite where PyMC3's is", False
    if ours.logp == theirs.logp:
        return "", False
    exact = edge.kind in {"end", "extreme"}
    if exact:
        truth = Oracle(row, form, edge.parameters, edge.value).truth
        allowed = tolerances.pymc3_allowance(row, (edge.parameters, edge.value), truth)
        if np.isfinite(allowed) and np.isfinite(ours.logp) and abs(ours.logp - theirs.logp) <= allowed:
            return "", False
        if not wrong_bits(ours.logp, truth.logp, truth.condition) <= tolerances.LOG_DENSITY_BITS:
            return f"neither PyMC3's number nor the exact {truth.logp!r}", False
    elif ours.logp != -np.inf:
        return "not -inf", False
    return ("" if edge.kind in KNOWN.get(row.name, {}) else "PyMC3 differs and no known difference says why"), True


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
            engine.pymc3(reference, row, form, points),
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
def test_xla_at_the_edges_equals_graph(row: Distribution, form: Form) -> None:
    points = [(e.parameters, e.value) for e in edges(row, form) if e.kind != "extreme"]
    if not points:
        assert row.rank or not form.given, "a scalar row with parameters has edges"
        return
    graph = engine.batch(row, form, points, jit=False)
    xla = engine.batch(row, form, points, jit=True)
    for point, one, other in zip(points, graph, xla, strict=True):
        same = one.logp == other.logp or abs(one.logp - other.logp) <= 1e-12 * abs(one.logp)
        assert same, (point, one, other)
        assert all(np.all(np.isfinite(g)) == np.all(np.isfinite(other.gradient[n])) for n, g in one.gradient.items())


@pytest.mark.parametrize(("row", "form"), CASES)
def test_not_a_number_is_outside(row: Distribution, form: Form) -> None:
    given, value = strategies.example(row, form)
    result = engine.eager(row, form, given, np.full(np.shape(value), np.nan))
    bounded = row.support.lower != "-inf" or row.support.upper != "inf" or row.discrete
    assert result.logp == -np.inf if bounded else np.isnan(result.logp) or row.logp == "0 * value"


@pytest.mark.parametrize(("row", "form"), CASES)
def test_shapes_and_dtypes(row: Distribution, form: Form) -> None:
    examples = [strategies.example(row, form, number) for number in range(12)]
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
