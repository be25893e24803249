"""Distribution functions: ours against the formula in high precision, and against PyMC3."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalence_tests import engine, fixed_points, strategies, tolerances
from equivalence_tests.engine import Point, Result
from equivalence_tests.oracle import EPS, Oracle, wrong_bits
from equivalence_tests.test_density import BATCH, EXAMPLES, PHASES
from equivalence_tests.verdicts import runtime_logcdf as eager_logcdf
from pm_migrate.catalog import ROWS, Distribution, Form, expr
from pm_migrate.errors import CatalogueError
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.shims.distributions.binding import bind

CASES = [
    pytest.param(row, form, id=f"{row.name}({','.join(form.given)})")
    for row in ROWS
    if row.logcdf is not None
    for form in row.forms
]
#: Points of a batch whose gradient is judged, which takes many evaluations of the formula.
SLOPES = 3
#: Largest size of these rows, whose probabilities the judge adds up one by one.
LARGEST_SIZE = {"BetaBinomial": 1000.0, "HyperGeometric": 1000.0}
#: Largest value of these rows, whose probabilities the runtime adds up: the tail may reach over all values.
LARGEST_VALUE = {"NegativeBinomial": 5e3, "ZeroInflatedNegativeBinomial": 5e3}
#: Rows whose probabilities the runtime adds up in a loop, block by block: a batch takes seconds operation by operation,
#: and a hundredth of that compiled. (The record and the mutants hold them operation by operation, too.)
COMPILED = frozenset(
    {f"{prefix}{name}" for prefix in ("", "ZeroInflated") for name in ("Binomial", "NegativeBinomial", "Poisson")}
)
#: Smallest standard deviation of these rows, in means: the judge's series has as many terms as there are means in it.
SMALLEST_DEVIATION = {"Gamma": 1e-3, "InverseGamma": 1e-3}


def summable(row: Distribution, form: Form, point: Point) -> Point:
    """The point with its sizes cut down to what can be added up soon, the value in the support again."""
    parameters, value = point
    if row.name in SMALLEST_DEVIATION and "mu" in parameters:
        least = SMALLEST_DEVIATION[row.name] * parameters["mu"]
        return {**parameters, "sigma": max(parameters["sigma"], least)}, value
    if row.name in LARGEST_VALUE:
        return parameters, min(value, LARGEST_VALUE[row.name])
    if row.name not in LARGEST_SIZE:
        return point
    sizes = {n for n in form.given if row.param(n).domain.integer}
    parameters = {n: min(v, LARGEST_SIZE[row.name]) if n in sizes else v for n, v in parameters.items()}
    canonical = strategies.canonical_parameters(row, form, parameters)
    ends = [
        float(expr.evaluate(end, canonical, strategies.NUMPY_FUNCTIONS))
        for end in (row.support.lower, row.support.upper)
    ]
    return parameters, float(np.clip(value, *ends))


def cdf_points(row: Distribution, form: Form) -> st.SearchStrategy[list[Point]]:
    """A batch of points whose distribution function the judge can compute."""
    return strategies.points(row, form, BATCH).map(lambda points: [summable(row, form, p) for p in points])


def runtime_logcdf(row: Distribution, form: Form, points: list[Point]) -> list[Result]:
    """The runtime's log distribution function and its gradient, in the quicker way."""
    if row.name in COMPILED:
        return engine.batch(row, form, points, jit=False, method="log_cdf")
    return eager_logcdf(row, form, points)


def conditioned(row: Distribution, form: Form, point: Point) -> tuple[float, float]:
    """The exact log distribution function F, and ``|F| + sum |x_i dF/dx_i|``."""
    oracle = Oracle(row, form, *point)
    return oracle.logcdf(), oracle.logcdf_condition()


@pytest.mark.parametrize(("row", "form"), CASES)
def test_log_distribution_function(row: Distribution, form: Form, reference: ReferenceClient) -> None:
    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(points=cdf_points(row, form))
    def check(points: list[Point]) -> None:
        for i, (point, mine) in enumerate(zip(points, runtime_logcdf(row, form, points), strict=True)):
            exact, condition = conditioned(row, form, point)
            bits = wrong_bits(mine.logp, exact, condition)
            assert bits <= tolerances.LOG_CDF_BITS, f"{bits:.1f} wrong bits: {row.name}{point}: {mine!r}, {exact!r}"
            if i < SLOPES:
                problem = slope_problem(row, form, point, mine)
                assert not problem, problem
        for point in points[:3]:  # one at a time: some of PyMC3's take no arrays
            (theirs,) = engine.pymc3(reference, row, form, [point], "logcdf")
            exact, condition = conditioned(row, form, point)
            allowed = tolerances.pymc3_cdf_allowance(row, point, exact) + 2.0**8 * EPS * max(condition, 1.0)
            near = allowed == np.inf or theirs.logp == exact or abs(theirs.logp - exact) <= allowed
            assert near, f"PyMC3 {theirs.logp!r}, formula {exact!r}: {row.name}{point}"

    check()


def slope_problem(row: Distribution, form: Form, point: Point, mine: Result) -> str:
    """What is wrong with the gradient of ``logcdf``, in logarithms of the inputs; empty for nothing."""
    parameters, value = point
    if not np.isfinite(mine.logp):
        return ""
    oracle = Oracle(row, form, *point)
    conditions = oracle.logcdf_slope_conditions()
    for (name, index), exact in oracle.logcdf_slopes().items():
        size = float(np.asarray({**parameters, "value": value}[name])[index])
        ours = float(mine.gradient[name][index]) * size
        bits = wrong_bits(ours, exact, conditions[name, index])
        if not bits <= tolerances.LOG_CDF_SLOPE_BITS:
            return f"{bits:.1f} wrong bits: slope of {row.name}{point} by {name}{index}: {ours!r}, {exact!r}"
    return ""


@pytest.mark.parametrize(("row", "form"), CASES)
def test_ends_of_the_distribution_function(row: Distribution, form: Form) -> None:
    parameters, _ = fixed_points.usual(row, form)[0]
    bound = bind(row, form, parameters)

    def at(value: Any) -> float:
        return float(tf.reshape(bound.log_cdf(value), [-1])[0])

    assert at(1e300) == pytest.approx(0.0, abs=1e-6) or row.support.upper == "inf"
    if row.support.lower != "-inf":
        assert at(-1e300) == -np.inf
    assert not np.isnan(at(0.5))


def test_a_row_without_one_says_so() -> None:
    row = next(r for r in ROWS if r.name == "Dirichlet")
    with pytest.raises(CatalogueError, match="Dirichlet has no logcdf"):
        bind(row, row.forms[0], {"a": [1.0, 2.0]}).log_cdf([0.5, 0.5])


def test_the_judge_knows_the_normal_distribution_function() -> None:
    with mpmath.workdps(30):
        assert float(mpmath.log(mpmath.ncdf(-5))) == pytest.approx(-15.064998393988727, rel=1e-15)
