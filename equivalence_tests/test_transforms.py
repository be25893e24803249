"""Transforms: ours against their formulas in high precision, against PyMC3, in eager, graph and XLA mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from equivalence_tests import tolerances
from equivalence_tests.domains_series import ends, unconstrained
from equivalence_tests.judging import EPS, SMALLEST, Inputs, exactly, wrong_bits
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.shims import transforms
from pm_migrate.verify import jets

MODES = ("eager", "graph", "xla")
Vector = Sequence[Any]
Formula = Callable[..., tuple[Vector, Any]]


def each(function: Callable[..., tuple[Any, Any]]) -> Formula:
    """A formula of a vector from one of its elements; the Jacobian is a list."""

    def formula(y: Vector, *params: Any) -> tuple[Vector, Any]:
        both = [function(v, *params) for v in y]
        return [x for x, _ in both], [j for _, j in both]

    return formula


def log_slope(y: Any) -> Any:
    """Log derivative of the logistic function."""
    return -jets.softplus(y) - jets.softplus(-y)


def ordered(y: Vector) -> tuple[Vector, Any]:
    x = [y[0]]
    for v in y[1:]:
        x.append(x[-1] + jets.exp(v))
    return x, sum(y[1:], mpf(0) * y[0])


def stick_breaking(y: Vector) -> tuple[Vector, Any]:
    weights = [jets.exp(v) for v in [*y, -sum(y[1:], y[0])]]
    total = sum(weights[1:], weights[0])
    size = len(weights)
    return [w / total for w in weights], mpmath.log(size) - size * jets.log(total)


def sum_to_1(y: Vector) -> tuple[Vector, Any]:
    return [*y, 1 - sum(y[1:], y[0])], mpf(0) * y[0]


def cholesky_cov_packed(y: Vector) -> tuple[Vector, Any]:
    rows = {1: 1, 3: 2, 6: 3}[len(y)]
    diagonal = [i * (i + 3) // 2 for i in range(rows)]
    x = [jets.exp(v) if i in diagonal else v for i, v in enumerate(y)]
    return x, sum((y[i] for i in diagonal[1:]), y[0])


def chained(first: Formula, second: Formula) -> Formula:
    """``backward`` applies the second transform of the list first."""

    def formula(y: Vector, *params: Any) -> tuple[Vector, Any]:
        inner, jacobian = second(y)
        x, others = first(inner, *params)
        return x, sum(others, jacobian)

    return formula


LOG = each(lambda y: (jets.exp(y), y))
LOGODDS = each(lambda y: (jets.sigmoid(y), log_slope(y)))
INTERVAL = each(lambda y, a, b: (a * jets.sigmoid(-y) + b * jets.sigmoid(y), jets.log(b - a) + log_slope(y)))


@dataclass(frozen=True)
class Case:
    """A transform, its formula, and where it is judged."""

    name: str
    make: Callable[..., transforms.Transform]
    formula: Formula
    source: str  #: as a PyMC3 program writes it; ``a`` and ``b`` are arrays there
    ends: tuple[str, ...] = ()
    reach: float = 1e6  #: largest |y|
    reach32: float = 20.0  #: the same in float32, where results still have to be numbers
    sizes: tuple[int, ...] = (4,)
    elementwise: bool = True
    pymc3_reach: float = 30.0


CASES = [
    Case("log", lambda: transforms.log, LOG, "tr.log", reach=700.0),
    Case(
        "log_exp_m1",
        lambda: transforms.log_exp_m1,
        each(lambda y: (jets.softplus(y), -jets.softplus(-y))),
        "tr.log_exp_m1",
    ),
    Case("logodds", lambda: transforms.logodds, LOGODDS, "tr.logodds"),
    Case("interval", transforms.interval, INTERVAL, "tr.interval(a, b)", ends=("a", "b")),
    Case(
        "lowerbound",
        transforms.lowerbound,
        each(lambda y, a: (jets.exp(y) + a, y)),
        "tr.lowerbound(a)",
        ends=("a",),
        reach=700.0,
    ),
    Case(
        "upperbound",
        transforms.upperbound,
        each(lambda y, b: (b - jets.exp(y), y)),
        "tr.upperbound(b)",
        ends=("b",),
        reach=700.0,
    ),
    Case(
        "circular",
        lambda: transforms.circular,
        each(lambda y: (y - 2 * mpmath.pi * mpmath.nint(y.value / (2 * mpmath.pi)), mpf(0) * y)),
        "tr.circular",
        reach=1e4,
    ),
    Case("ordered", lambda: transforms.ordered, ordered, "tr.ordered", reach=300.0, sizes=(1, 2, 4), elementwise=False),
    Case(
        "stickbreaking",
        lambda: transforms.stick_breaking,
        stick_breaking,
        "tr.stick_breaking",
        reach=200.0,
        sizes=(1, 2, 4),
        elementwise=False,
    ),
    Case("sumto1", lambda: transforms.sum_to_1, sum_to_1, "tr.sum_to_1", sizes=(1, 3), elementwise=False),
    Case(
        "cholesky-cov-packed",
        lambda: transforms.CholeskyCovPacked(2),
        cholesky_cov_packed,
        "tr.CholeskyCovPacked(2)",
        reach=300.0,
        sizes=(3,),
        elementwise=False,
    ),
    Case(
        "log+ordered",
        lambda: transforms.Chain([transforms.log, transforms.ordered]),
        chained(LOG, ordered),
        "tr.Chain([tr.log, tr.ordered])",
        reach=5.0,
        reach32=3.0,
        sizes=(1, 3),
        elementwise=False,
        pymc3_reach=2.0,
    ),
    Case(
        "interval+ordered",
        lambda a, b: transforms.Chain([transforms.Interval(a, b), transforms.ordered]),
        chained(INTERVAL, ordered),
        "tr.Chain([tr.interval(a, b), tr.ordered])",
        ends=("a", "b"),
        reach=6.0,
        sizes=(3,),
        elementwise=False,
        pymc3_reach=2.0,
    ),
]
BY_NAME = {case.name: case for case in CASES}
PARAMETRISED = [pytest.param(case, id=case.name) for case in CASES]
#: Weights of the elements of ``backward`` in the scalar that is differentiated.
WEIGHTS = (1.0, -0.5, 0.25, 2.0, -1.0)


@cache
def compiled(name: str, mode: str, dtype: str) -> Callable[..., Any]:
    """Everything about a transform at one point: values, and the gradients of a weighted sum and of the Jacobian."""
    case = BY_NAME[name]

    def all_of(y: Any, *params: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([y, *params])
            transform = case.make(*params)
            x = transform.backward(y)
            jacobian = transform.jacobian_det(y)
            weighted = tf.reduce_sum(x * tf.constant(WEIGHTS[: x.shape[-1]], dtype))
            total = tf.reduce_sum(jacobian)
        wanted = [y, *params]
        slopes = tape.gradient(weighted, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        jacobian_slopes = tape.gradient(total, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return x, jacobian, slopes, jacobian_slopes

    if mode == "eager":
        return all_of
    return tf.function(all_of, autograph=False, jit_compile=mode == "xla")


@dataclass(frozen=True)
class Exact:
    """The numbers of :func:`compiled` in high precision, each with the size that its rounding is measured in."""

    values: list[tuple[Any, float]]
    jacobian: list[tuple[Any, float]]
    slopes: list[tuple[Any, float]]
    jacobian_slopes: list[tuple[Any, float]]


def truth_at(case: Case, inputs: Inputs) -> Exact:
    """Evaluate a case's formula."""
    known = inputs.jets()
    x, jacobian = case.formula(known["y"], *(known[end] for end in case.ends))
    jacobians = jacobian if isinstance(jacobian, list) else [jacobian]
    weights = WEIGHTS[: len(x)]
    slopes, jacobian_slopes = [], []
    for index in range(len(inputs.flat)):
        # next to an end, a value near 1 is rounded to 1, and its slope with it: hence the size of the value
        sizes = [
            abs(w) * (abs(float(v.first.get(index, 0))) + inputs.scaled_curvature(v, index) + abs(float(v.value)))
            for w, v in zip(weights, x, strict=True)
        ]
        slopes.append(
            (sum((mpf(w) * v.first.get(index, 0) for w, v in zip(weights, x, strict=True)), mpf(0)), sum(sizes))
        )
        parts = [v.first.get(index, mpf(0)) for v in jacobians]
        size = sum(abs(float(p)) for p in parts) + sum(inputs.scaled_curvature(v, index) for v in jacobians)
        jacobian_slopes.append((sum(parts, mpf(0)), 1.0 + size))
    return Exact(
        [(v.value, abs(float(v.value)) + inputs.scaled_slopes(v)) for v in x],
        # a summand of a log density: an error of one rounding of 1 is none
        [(v.value, 1.0 + abs(float(v.value)) + inputs.scaled_slopes(v)) for v in jacobians],
        slopes,
        jacobian_slopes,
    )


def judge(case: Case, point: Mapping[str, np.ndarray], modes: Sequence[str], dtype: str = "float64") -> None:
    """Compare with the formula, in every mode."""
    tensors = [tf.constant(v, dtype) for v in point.values()]
    exact = exactly(truth_at, case, Inputs({n: t.numpy() for n, t in zip(point, tensors, strict=True)}))
    value_bits = tolerances.LOG_DENSITY_BITS if dtype == "float64" else tolerances.FLOAT32_BITS
    slope_bits = tolerances.GRADIENT_BITS
    # a logistic function that TensorFlow flushes to zero is multiplied with an end
    flushed = SMALLEST[dtype] / EPS[dtype] * sum(abs(float(point[end])) for end in case.ends)
    for mode in modes:
        x, jacobian, slopes, jacobian_slopes = compiled(case.name, mode, dtype)(*tensors)
        for what, ours, truth, allowed in (
            ("backward", [x], exact.values, value_bits),
            ("jacobian_det", [jacobian], exact.jacobian, value_bits),
            ("gradient of backward", slopes, exact.slopes, slope_bits),
            ("gradient of jacobian_det", jacobian_slopes, exact.jacobian_slopes, slope_bits),
        ):
            numbers = np.concatenate([np.ravel(tensor.numpy()) for tensor in ours])
            unresolved = flushed if what.endswith("backward") else 0.0
            for i, (number, (right, size)) in enumerate(zip(numbers, truth, strict=True)):
                bits = wrong_bits(number, right, size + unresolved, dtype)
                assert bits <= allowed, (
                    f"{case.name}, {mode}: {what}[{i}] is {number!r}, not {float(right)!r}: {bits:.1f} wrong bits"
                )


def point_of(data: st.DataObject, case: Case, reach: float) -> dict[str, np.ndarray]:
    size = data.draw(st.sampled_from(case.sizes))
    y = data.draw(st.lists(unconstrained(reach), min_size=size, max_size=size))
    return {"y": np.array(y), **data.draw(ends(case.ends))}


@pytest.mark.parametrize("case", PARAMETRISED)
@given(data=st.data())
def test_values_and_gradients_equal_the_formula(case: Case, data: st.DataObject) -> None:
    judge(case, point_of(data, case, case.reach), MODES)


@pytest.mark.parametrize("case", PARAMETRISED)
@given(data=st.data())
def test_float32_keeps_its_digits(case: Case, data: st.DataObject) -> None:
    point = point_of(data, case, min(case.reach, case.reach32))
    if any(abs(v) > 1e9 or 0 < abs(v) < 1e-9 for end in case.ends for v in np.ravel(point[end])):
        point.update({end: np.float64(i + 0.25) for i, end in enumerate(case.ends)})
    judge(case, point, ("graph",), "float32")


@pytest.mark.parametrize("case", PARAMETRISED)
@given(data=st.data())
def test_forward_inverts_backward(case: Case, data: st.DataObject) -> None:
    """``forward(backward(y))`` is y, up to what rounding x and the ends moves it by."""
    # beyond these, x is rounded to an end
    reach = {"circular": 3.0, "log+ordered": 1.5, "interval+ordered": 1.5}.get(case.name, 12.0)
    point = {**point_of(data, case, reach), **data.draw(ends(case.ends, 10.0, 1e-2, 1e4))}
    if reach < 12.0:
        point["y"] = np.clip(point["y"], -reach, reach)
    transform = case.make(*(tf.constant(point[end], tf.float64) for end in case.ends))
    x = transform.backward(tf.constant(point["y"]))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        again = transform.forward(x)
    slopes = np.abs(tape.jacobian(again, x, experimental_use_pfor=False).numpy())
    # the ends shift x: rounding them counts as rounding x by their size
    sizes = np.abs(x.numpy()) + sum(abs(float(point[end])) for end in case.ends)
    moved = np.sum(slopes * sizes, axis=-1)
    assert np.all(np.isfinite(moved))
    scale = 1.0 + np.abs(point["y"]) + moved
    assert np.all(np.abs(again.numpy() - point["y"]) <= 2.0**tolerances.LOG_DENSITY_BITS * EPS["float64"] * scale)


@pytest.mark.parametrize("case", PARAMETRISED)
def test_batches_are_mapped_row_by_row(case: Case) -> None:
    rows = np.random.default_rng(1).normal(size=(2, 3, max(case.sizes)))
    transform = case.make(*(np.float64(v) for v, _ in zip((-1.5, 2.25), case.ends, strict=False)))
    x, jacobian = transform.backward(tf.constant(rows)), transform.jacobian_det(tf.constant(rows))
    for index in np.ndindex(2, 3):
        row = tf.constant(rows[index])
        # the exponential of a long vector is another routine, whose last digit may differ
        np.testing.assert_allclose(x[index], transform.backward(row), rtol=2.0**-48)
        np.testing.assert_allclose(jacobian[index], transform.jacobian_det(row), rtol=2.0**-48)
        np.testing.assert_allclose(transform.forward(x)[index], rows[index], rtol=2.0**-40)


PROGRAM = """
import numpy as np
import pymc3 as pm
import theano
import pymc3.distributions.transforms as tr

a, b = theano.shared(np.array(-1.5)), theano.shared(np.array(2.25))

with pm.Model() as backward:
    y = pm.Flat("y", shape={size})
    x = {source}.backward(y)
    for i in range({width}):
        pm.Potential("x%d" % i, x[i])

with pm.Model() as jacobian:
    y = pm.Flat("y", shape={size})
    j = {source}.jacobian_det(y)
    for i in range({count}):
        pm.Potential("j%d" % i, j[i] if j.ndim else j)
"""


@pytest.mark.parametrize("case", PARAMETRISED)
def test_values_and_gradients_equal_pymc3(case: Case, reference: ReferenceClient, tmp_path: Path) -> None:
    size = max(case.sizes)
    y = np.random.default_rng(7).uniform(-case.pymc3_reach, case.pymc3_reach, size=(25, size))
    y[0], y[1] = 0.0, 0.5 * y[1]
    point_ends = {"a": np.float64(-1.5), "b": np.float64(2.25)}
    params = [tf.constant(point_ends[end]) for end in case.ends]
    width = int(case.make(*params).backward(tf.constant(y[0])).shape[-1])
    path = tmp_path / "program.py"
    text = PROGRAM.format(source=case.source, size=size, width=width, count=size if case.elementwise else 1)
    path.write_text(text, encoding="utf-8")
    program = reference.load_program(path)
    assert not program.error, program.error
    backward, jacobian = program.models
    points = [{"y": v} for v in y]
    theirs = reference.evaluate(program, backward, points), reference.evaluate(program, jacobian, points)
    for value, of_x, of_j in zip(y, *theirs, strict=True):
        with tf.GradientTape(persistent=True) as tape:
            v = tf.constant(value)
            tape.watch(v)
            x = case.make(*params).backward(v)
            j = case.make(*params).jacobian_det(v)
            sums = tf.reduce_sum(x), tf.reduce_sum(j)
        expected = [of_x.terms[f"x{i}"] for i in range(width)]
        np.testing.assert_allclose(x.numpy(), expected, rtol=1e-12, atol=1e-15)
        expected = [of_j.terms[f"j{i}"] for i in range(len(of_j.terms) - 1)]
        np.testing.assert_allclose(np.atleast_1d(j.numpy()), expected, rtol=1e-12, atol=1e-13)
        for ours, answer in zip(sums, (of_x, of_j), strict=True):
            slope = tape.gradient(ours, v, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            np.testing.assert_allclose(slope.numpy(), answer.gradient["y"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("source", "y", "pymc3", "right"),
    [
        # the logarithm of a gradient that underflows
        ("tr.logodds", -800.0, -np.inf, -800.0),
        # log(b - a) of numbers that float32 holds is taken in float32
        ("tr.interval(0.0, 0.5)", 0.0, -2.0794415435844904, -3.0 * np.log(2.0)),
    ],
)
def test_where_pymc3_is_inaccurate(
    source: str, y: float, pymc3: float, right: float, reference: ReferenceClient, tmp_path: Path
) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(source=source, size=1, width=1, count=1), encoding="utf-8")
    program = reference.load_program(path)
    (theirs,) = reference.evaluate(program, program.models[1], [{"y": np.array([y])}])
    ours = eval(source, {"tr": transforms}).jacobian_det(tf.constant([y], tf.float64)).numpy()
    assert ours == pytest.approx([right], rel=1e-15)
    assert theirs.terms["j0"] == pymc3


@pytest.mark.parametrize("mode", MODES)
def test_stick_breaking_of_fifty_dimensions(mode: str) -> None:
    """The simplex is accurate to its last coordinate; d jac / d y_i = K (x_K - x_i)."""
    y = np.random.default_rng(3).normal(scale=3.0, size=49)
    x, jacobian, _, slopes = (compiled_wide(mode))(tf.constant(y))

    def formula() -> tuple[list[Any], Any]:
        true_x, true_jacobian = stick_breaking([jets.Jet(mpf(float(v))) for v in y])
        return [v.value for v in true_x], true_jacobian.value

    true_x, true_jacobian = exactly(formula)
    reach = float(np.sum(np.abs(y)))
    for ours, truth in zip(x.numpy(), true_x, strict=True):
        assert wrong_bits(ours, truth, float(truth) * (1.0 + reach)) <= tolerances.LOG_DENSITY_BITS
    assert wrong_bits(jacobian.numpy(), true_jacobian, 50.0 * (1.0 + reach)) <= tolerances.LOG_DENSITY_BITS
    for ours, truth in zip(slopes.numpy(), true_x, strict=False):
        assert wrong_bits(ours, 50 * (true_x[-1] - truth), 50.0 * float(true_x[-1] + truth) * (1.0 + reach)) <= 12.0


def compiled_wide(mode: str) -> Callable[..., Any]:
    def all_of(y: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(y)
            jacobian = transforms.stick_breaking.jacobian_det(y)
        return transforms.stick_breaking.backward(y), jacobian, None, tape.gradient(jacobian, y)

    return all_of if mode == "eager" else tf.function(all_of, autograph=False, jit_compile=mode == "xla")
