"""Covariance and mean functions of ``pm.gp``: formulas, PyMC3's matrices, batches, gradients, compilation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from gp_programs import COVARIANCES, NOISE, POINTS, RECORD
from numpy.testing import assert_allclose, assert_array_equal

import pm_migrate.pymc4 as pm
from pm_migrate.errors import ModelError, ShapeError

cov = pm.gp.cov

RECORDED = json.loads(RECORD.read_text())
X1, X2 = POINTS[2]

#: Names of those that take the root of a squared distance, to which PyMC3 adds 1e-12.
ROOTS = ("Matern", "Exponential", "Cosine", "ScaledCov", "sum", "square")


def ours(text: str) -> Any:
    return eval(text, {"cov": pm.gp.cov, "np": np})


@pytest.mark.parametrize("name", COVARIANCES)
def test_matrices_are_those_of_pymc3(name: str) -> None:
    # PyMC3 adds 1e-12 to r^2, which moves r by 1e-12 / (2 r), and r is 0.2 or more between two points; the steepest
    # function has the slope 2 pi. A point's distance to itself becomes 1e-6.
    rounding, own = (2e-11, 2e-6) if name.startswith(ROOTS) else (1e-13, 1e-13)
    features, _, text = COVARIANCES[name]
    points, new = POINTS[features]
    k, known = ours(text), RECORDED[name]
    assert_allclose(k(points, new), known["cross"], rtol=rounding, atol=rounding)
    apart = ~np.eye(len(points), dtype=bool)
    matrix = k(points, points).numpy()
    assert_allclose(matrix[apart], np.array(known["matrix"])[apart], rtol=rounding, atol=rounding)
    assert_allclose(np.diagonal(matrix), np.diagonal(known["matrix"]), rtol=own)
    assert_allclose(np.diagonal(matrix), known["diagonal"], rtol=1e-14)
    assert_allclose(k(points, points, diag=True), known["diagonal"], rtol=1e-14)


def test_white_noise_is_that_of_pymc3() -> None:
    (name,) = NOISE
    features, _, text = NOISE[name]
    points, new = POINTS[features]
    k = ours(text)
    assert_allclose(k(points, points), RECORDED[name]["matrix"], rtol=1e-15)
    assert_allclose(k(points, points, diag=True), RECORDED[name]["diagonal"], rtol=1e-15)
    # PyMC4's goes by position; conditionals use PyMC3's, which is zero
    assert_allclose(k(points, new), 0.09 * np.eye(5, 3))
    assert_array_equal(RECORDED[name]["cross"], np.zeros((5, 3)))


def test_the_record_is_complete() -> None:
    processes = {n for n in RECORDED if n.startswith("process ")}
    assert RECORDED.keys() - processes == {*COVARIANCES, *NOISE}


# Rasmussen and Williams 2006, chapter 4, and PyMC4's two functions that are not there, in 30 digits
def _matern(nu: str) -> Callable[..., Any]:
    def formula(x: Any, y: Any, length: Any) -> Any:
        n = mpmath.mpf(nu)
        r = mpmath.sqrt(2 * n) * mpmath.sqrt(sum((a - b) ** 2 for a, b in zip(x, y, strict=True))) / length
        return 2 ** (1 - n) / mpmath.gamma(n) * r**n * mpmath.besselk(n, r)

    return formula


def _distance(x: Any, y: Any) -> Any:
    return mpmath.sqrt(sum((a - b) ** 2 for a, b in zip(x, y, strict=True)))


def _gibbs(x: Any, y: Any, _: Any) -> Any:
    value = mpmath.mpf(1)
    for a, b in zip(x, y, strict=True):
        p, q = (1 + a**2) ** 2, (1 + b**2) ** 2
        value *= mpmath.sqrt(2 * (1 + a**2) * (1 + b**2) / (p + q)) * mpmath.exp(-((a - b) ** 2) / (p + q))
    return value


FORMULAS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "ExpQuad": (cov.ExpQuad, lambda x, y, s: mpmath.exp(-(_distance(x, y) ** 2) / (2 * s**2))),
    "RatQuad": (
        lambda s: cov.RatQuad(s, scale_mixture_rate=0.5),
        lambda x, y, s: (1 + _distance(x, y) ** 2 / (2 * mpmath.mpf("0.5") * s**2)) ** mpmath.mpf("-0.5"),
    ),
    "Matern12": (cov.Matern12, _matern("0.5")),
    "Matern32": (cov.Matern32, _matern("1.5")),
    "Matern52": (cov.Matern52, _matern("2.5")),
    "Exponential": (cov.Exponential, lambda x, y, s: mpmath.exp(-_distance(x, y) / (2 * s**2))),
    "Cosine": (cov.Cosine, lambda x, y, s: mpmath.cos(2 * mpmath.pi * _distance(x, y) / s**2)),
    "Periodic": (
        lambda s: cov.Periodic(s, period=1.5),
        lambda x, y, s: mpmath.exp(
            -2 * sum(mpmath.sin(mpmath.pi * (a - b) / mpmath.mpf("1.5")) ** 2 for a, b in zip(x, y, strict=True)) / s**2
        ),
    ),
    "Linear": (
        lambda s: cov.Linear(1.5, s, 0.25),
        lambda x, y, s: mpmath.mpf("2.25") + s**2 * sum((a - 0.25) * (b - 0.25) for a, b in zip(x, y, strict=True)),
    ),
    "Polynomial": (
        lambda s: cov.Polynomial(1.5, s, 0.25, 3),
        lambda x, y, s: (
            mpmath.mpf("2.25") + s**2 * sum((a - 0.25) * (b - 0.25) for a, b in zip(x, y, strict=True)) ** 3
        ),
    ),
    "Gibbs": (lambda s: cov.Gibbs(lambda x: 1 + x**2), _gibbs),
}


@pytest.mark.parametrize("length", [0.75, 1.0, 2.5])
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(name: str, length: float) -> None:
    make, formula = FORMULAS[name]
    with mpmath.workdps(30):
        expected = [
            [float(formula([mpmath.mpf(float(v)) for v in x], [mpmath.mpf(float(v)) for v in y], mpmath.mpf(length)))
             for y in X2] for x in X1
        ]  # fmt: skip
    assert_allclose(make(length)(X1, X2), expected, rtol=2e-14, atol=1e-15)
    assert_allclose(make(length).evaluate_kernel(X1[:2], X2), np.diagonal(expected), rtol=2e-14, atol=1e-15)


# values of PyMC4's documentation, in float32 there
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: cov.ExpQuad(1.0), [[1.0, 0.01831564], [0.01831564, 1.0]]),
        (lambda: cov.RatQuad(length_scale=1.0), [[1.0, 0.2], [0.2, 1.0]]),
        (lambda: cov.Matern12(1.0), [[1.0, 0.05910575], [0.05910575, 1.0]]),
        (lambda: cov.Matern32(1.0), [[1.0, 0.0439721], [0.0439721, 1.0]]),
        (lambda: cov.Matern52(1.0), [[1.0, 0.03701403], [0.03701403, 1.0]]),
        (lambda: cov.Exponential(1.0, 1.0), [[1.0, 0.24311674], [0.24311674, 1.0]]),
        (lambda: cov.Linear(1.5, 2.0, 1.0), [[6.25, 14.25], [14.25, 54.25]]),
        (lambda: cov.Polynomial(1.5, 2.0, 1.0, 2.0), [[6.25, 38.25], [38.25, 678.25]]),
        (lambda: cov.Periodic(1.0, 1.0, 1.0), [[1.0, 1.0], [1.0, 1.0]]),
        (lambda: cov.Gibbs(lambda x: tf.ones(x.shape)), [[1.0, 0.01831564], [0.01831564, 1.0]]),
        (lambda: cov.Cosine(1.0), [[1.0, 0.47307032], [0.47307032, 1.0]]),
        (lambda: cov.ScaledCov(cov.ExpQuad(1.0), lambda x: tf.ones(x.shape)), [[2.0, 0.03663128], [0.03663128, 2.0]]),
        (lambda: cov.WarpedInput(cov.ExpQuad(1.0), lambda x: x[:, :1]), [[1.0, 0.13533528], [0.13533528, 1.0]]),
        (lambda: cov.WhiteNoise(1e-4), [[1e-4, 0.0], [0.0, 1e-4]]),
        (lambda: cov.Constant(coef=5.0), [[5.0, 5.0], [5.0, 5.0]]),
    ],
)
def test_documented_values(make: Callable[[], Any], expected: Any) -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    k = make()
    matrix = k(x, x)
    assert matrix.dtype == tf.float64
    assert_allclose(matrix, expected, rtol=1e-6)
    assert_allclose(k(x, x, diag=True), np.diagonal(expected), rtol=1e-6)


PARAMETRISED: dict[str, Callable[[Any], Any]] = {
    "ExpQuad": lambda p: cov.ExpQuad(p, p),
    "RatQuad": lambda p: cov.RatQuad(p, p, p),
    "Matern12": lambda p: cov.Matern12(p, p),
    "Matern32": lambda p: cov.Matern32(p, p),
    "Matern52": lambda p: cov.Matern52(p, p),
    "Exponential": lambda p: cov.Exponential(p, p),
    "Cosine": lambda p: cov.Cosine(p, p),
    "Periodic": lambda p: cov.Periodic(p, p, p),
    "Constant": lambda p: cov.Constant(p),
    "WhiteNoise": lambda p: cov.WhiteNoise(p),
    "Linear": lambda p: cov.Linear(p, p, p),
    "Polynomial": lambda p: cov.Polynomial(p, p, p, 2),
    "sum": lambda p: cov.ExpQuad(p) + cov.Matern12(p) * p,
    "power": lambda p: cov.ExpQuad(p) ** 2,
}


@pytest.mark.parametrize("name", PARAMETRISED)
def test_arrays_of_parameters_are_batches_of_matrices(name: str) -> None:
    parameters = np.array([0.5, 1.5, 2.5])
    make = PARAMETRISED[name]
    if name == "sum":  # a factor that is an array is one of the matrix, not of the batch
        parameters = parameters[:, None, None]
        stacked = cov.ExpQuad(parameters[:, 0, 0]) + cov.Matern12(parameters[:, 0, 0]) * parameters
    else:
        stacked = make(parameters)
    singles = [make(float(p)) for p in parameters.ravel()]
    assert_allclose(stacked(X1, X2), [k(X1, X2) for k in singles], rtol=1e-14)
    assert_allclose(stacked(X1, X1)[2], singles[2](X1, X1), rtol=1e-14)


@pytest.mark.parametrize("name", [*PARAMETRISED, "Gibbs", "ScaledCov", "WarpedInput"])
@pytest.mark.parametrize("feature_ndims", [1, 2])
def test_batches_of_points_and_several_feature_axes(name: str, feature_ndims: int) -> None:
    rng = np.random.default_rng(1)
    shape = (3, 2)[:feature_ndims]
    x, y = rng.normal(size=(2, 5, *shape)), rng.normal(size=(2, 4, *shape))
    flat = [a.reshape(2, a.shape[1], -1) for a in (x, y)]

    def make(n: int) -> Any:
        k: Any = {
            "Gibbs": cov.Gibbs(lambda x: 1 + x**2, feature_ndims=n),
            "ScaledCov": cov.ScaledCov(cov.ExpQuad(0.7, feature_ndims=n), lambda x: x**2),
            "WarpedInput": cov.WarpedInput(cov.ExpQuad(0.7, feature_ndims=n), lambda x: x**3),
            "ExpQuad": cov.ExpQuad(0.7, 1.3, n),
            "RatQuad": cov.RatQuad(0.7, 1.3, 0.4, n),
            "Matern12": cov.Matern12(0.7, 1.3, n),
            "Matern32": cov.Matern32(0.7, 1.3, n),
            "Matern52": cov.Matern52(0.7, 1.3, n),
            "Exponential": cov.Exponential(0.7, 1.3, n),
            "Cosine": cov.Cosine(0.7, 1.3, n),
            "Periodic": cov.Periodic(0.7, 1.3, 0.4, n),
            "Constant": cov.Constant(0.7, n),
            "WhiteNoise": cov.WhiteNoise(0.7, n),
            "Linear": cov.Linear(0.7, 1.3, 0.4, n),
            "Polynomial": cov.Polynomial(0.7, 1.3, 0.4, 2, n),
            "sum": cov.ExpQuad(0.7, 1.3, n) + 2 * cov.Matern12(0.7, 1.3, n),
            "power": cov.ExpQuad(0.7, 1.3, n) ** 2,
        }[name]
        return k

    k, plain = make(feature_ndims), make(1)
    assert k(x, y).shape == (2, 5, 4)
    for i in range(2):
        assert_allclose(k(x, y)[i], plain(flat[0][i], flat[1][i]), rtol=1e-13, atol=1e-15)
    matrix = k(x, x).numpy()
    assert_allclose(matrix, np.swapaxes(matrix, -1, -2), rtol=1e-13)
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    assert_allclose(k(x, x, diag=True), diagonal, rtol=1e-13)
    if name == "WhiteNoise":
        with pytest.raises(NotImplementedError, match="cannot be evaluated at a point"):
            k.evaluate_kernel(x, x)
    else:
        assert_allclose(k.evaluate_kernel(x, x), diagonal, rtol=1e-13)


def test_evaluate_kernel_takes_several_axes_of_points() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 3, 4, 2))
    k = cov.Periodic([0.7, 0.9], period=[1.1, 1.2])
    found = k.evaluate_kernel(x, y, example_ndims=2)
    assert found.shape == (2, 3, 4)
    expected = [cov.Periodic(s, period=p)(x[1, 2:3], y[1, 2:3])[0, 0] for s, p in ((0.7, 1.1), (0.9, 1.2))]
    assert_allclose(found[:, 1, 2], expected, rtol=1e-14)


@pytest.mark.parametrize("name", [n for n in PARAMETRISED if n not in {"Cosine", "WhiteNoise"}])
def test_matrices_are_positive_definite(name: str) -> None:
    x = np.random.default_rng(3).normal(size=(8, 2))
    values = np.linalg.eigvalsh(PARAMETRISED[name](0.8)(x, x))
    assert values.min() > -1e-12 * values.max()


@pytest.mark.parametrize("name", [*PARAMETRISED, "Gibbs"])
def test_gradients_are_finite_where_points_coincide(name: str) -> None:
    make = PARAMETRISED.get(name, lambda p: cov.Gibbs(lambda x: p + x**2))
    x = tf.constant(np.concatenate([X1, X1[:2]]))

    def total(parameter: Any, points: Any) -> Any:
        weights = tf.reshape(tf.cast(tf.range(36), tf.float64), (6, 6))
        return tf.reduce_sum(weights * make(parameter)(points, points))

    parameter = tf.constant(0.7, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([parameter, x])
        value = total(parameter, x)
    gradients = tape.gradient(value, [parameter, x], unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert np.isfinite(gradients[1]).all()
    step = 1e-6
    difference = (total(parameter + step, x) - total(parameter - step, x)) / (2 * step)
    assert_allclose(gradients[0], difference, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["ExpQuad", "Matern12", "Matern52", "Periodic"])
def test_compiled_and_vectorised(name: str) -> None:
    make = PARAMETRISED[name]

    def one(parameter: Any) -> Any:
        return make(parameter)(X1, X2)

    parameters = tf.constant([0.5, 0.7, 2.0], tf.float64)
    expected = [one(p) for p in parameters]
    mapped = tf.function(lambda p: tf.vectorized_map(one, p, fallback_to_while_loop=False), jit_compile=True)
    assert_allclose(mapped(parameters), expected, rtol=1e-13)


def test_distances_of_close_points_far_from_zero() -> None:
    x = np.array([[1e6], [1e6 + 0.5]])
    assert_allclose(cov.ExpQuad(1.0)(x, x)[0, 1], np.exp(-0.125), rtol=1e-15)


class TestCombinations:
    x = X1

    @pytest.mark.parametrize(
        "other",
        [2.0, 3, np.float64(2.0), np.array([2.0]), np.eye(4) + 1.0, tf.constant(2.0), tf.constant(2.0, tf.float64)],
        ids=lambda o: type(o).__name__,
    )
    def test_with_numbers_and_matrices_on_both_sides(self, other: Any) -> None:
        k = cov.ExpQuad(0.7)
        matrix, number = k(self.x, self.x).numpy(), np.asarray(other, float)
        for combined, expected in (
            (k + other, matrix + number),
            (other + k, matrix + number),
            (k * other, matrix * number),
            (other * k, matrix * number),
        ):
            assert isinstance(combined, cov.Covariance)
            assert_allclose(combined(self.x, self.x), expected, rtol=1e-15)
            assert_allclose(combined(self.x, self.x, diag=True), np.diagonal(expected), rtol=1e-15)

    def test_sums_and_products_are_flat(self) -> None:
        a, b, c = cov.ExpQuad(0.7), cov.Matern12(0.3), cov.Linear(1.0, 1.0, 0.0)
        assert (a + b + c).factors == [a, b, c]
        assert (a * (b * c)).factors == [a, b, c]
        mixed = a + b * c
        assert mixed.factors[0] is a
        assert len(mixed.factors) == 2
        expected = a(self.x, X2).numpy() + b(self.x, X2).numpy() * c(self.x, X2).numpy()
        assert_allclose(mixed(self.x, X2), expected, rtol=1e-14)
        assert_allclose(mixed.evaluate_kernel(self.x[:2], X2), np.diagonal(expected), rtol=1e-14)
        assert [m.shape for m in mixed.merge_factors(self.x, X2)] == [(4, 2), (4, 2)]
        assert mixed.active_dims == [None, [None, None]]

    def test_each_function_chooses_its_own_features(self) -> None:
        first, second = cov.ExpQuad(0.7, active_dims=[[0]]), cov.Matern12(0.3, active_dims=[[1]])
        expected = cov.ExpQuad(0.7)(X1[:, :1], X2[:, :1]) * cov.Matern12(0.3)(X1[:, 1:], X2[:, 1:])
        assert_allclose((first * second)(X1, X2), expected, rtol=1e-15)
        warped = cov.WarpedInput(first * second, lambda x: 2 * x)
        assert_allclose(warped(X1, X2), (first * second)(2 * X1, 2 * X2), rtol=1e-15)

    def test_different_feature_axes_are_refused(self) -> None:
        with pytest.raises(ValueError, match="Cannot combine kernels with different feature_ndims"):
            cov.ExpQuad(1.0) + cov.ExpQuad(1.0, feature_ndims=2)

    @pytest.mark.parametrize("power", ["2", [1, 2], np.ones(3), cov.ExpQuad(1.0)])
    def test_powers_are_numbers(self, power: Any) -> None:
        with pytest.raises(ValueError, match="exponentiated by a scalar"):
            cov.ExpQuad(1.0) ** power


def test_active_dims() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(2, 4, 5, 5, 3))
    plain = cov.ExpQuad(1.0, 1.0, 3)

    def matrix(active: Any) -> Any:
        return cov.ExpQuad(1.0, 1.0, 3, active)(x, y)

    assert_array_equal(matrix(4), plain(x[:, :4], y[:, :4]))
    assert_array_equal(matrix([4, 3]), plain(x[:, :4, :3], y[:, :4, :3]))
    assert_array_equal(matrix([[1, 3], 2, 2]), plain(x[:, [1, 3], :2, :2], y[:, [1, 3], :2, :2]))
    assert_array_equal(matrix([slice(1, None), [-1]]), plain(x[:, 1:, [-1]], y[:, 1:, [-1]]))
    assert_array_equal(cov.ExpQuad(1.0, 1.0, 3, 4).evaluate_kernel(x, y), plain.evaluate_kernel(x[:, :4], y[:, :4]))
    with pytest.raises(ShapeError, match=r"active_dims \[7\] of an axis of 5"):
        matrix([[7]])
    with pytest.raises(ValueError, match=r"more entries than number of feature dimensions.*active_dims=\[\[0, 1\]\]"):
        cov.ExpQuad(1.0, active_dims=[0, 1])


def test_length_scales_of_features() -> None:
    scale = np.array([0.5, 2.0])
    expected = cov.Matern32(1.0)(X1 / scale, X2 / scale)
    for k in (cov.Matern32(1.0, scale_diag=scale), cov.Matern32(1.0, scale_diag=scale, ARD=True)):
        assert k.ard
        assert_allclose(k(X1, X2), expected, rtol=1e-14)
        assert_allclose(k.evaluate_kernel(X1[:2], X2), np.diagonal(expected), rtol=1e-14)
    assert_allclose(cov.Matern32(scale, ARD=True)(X1, X2), expected, rtol=1e-14)
    assert cov.Matern32(1.0, ARD=True).scale_diag == 1.0
    ignored = cov.Matern32(1.0, scale_diag=scale, ARD=False)
    assert not ignored.ard
    assert_array_equal(ignored(X1, X2), cov.Matern32(1.0)(X1, X2))
    batch = cov.Matern32(1.0, scale_diag=np.stack([scale, 2 * scale, 3 * scale]))
    assert_allclose(batch(X1, X2)[1], cov.Matern32(2.0)(X1 / scale, X2 / scale), rtol=1e-14)
    assert_allclose(batch.evaluate_kernel(X1[:2], X2)[1], np.diagonal(batch(X1, X2)[1]), rtol=1e-14)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: cov.ExpQuad(-1.0, validate_args=True), "length_scale must be positive"),
        (lambda: cov.ExpQuad(1.0, [1.0, 0.0], validate_args=True), "amplitude must be positive"),
        (lambda: cov.WhiteNoise(0.0, validate_args=True), "noise must be positive"),
        (lambda: cov.ExpQuad(1.0, feature_ndims=0), "expected 'feature_ndims' to be an integer"),
        (lambda: cov.ExpQuad(1.0, feature_ndims=1.0), "expected 'feature_ndims' to be an integer"),
        (lambda: cov.ExpQuad(1.0)(np.zeros(3), np.zeros(3)), r"make them by x\[:, None\]"),
        (lambda: cov.ScaledCov(cov.ExpQuad(1.0), lambda x: x[:, 0])(X1, X2), "keep the feature axes"),
    ],
)
def test_refused_values(make: Callable[[], Any], match: str) -> None:
    with pytest.raises((ModelError, ShapeError, ValueError), match=match):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: cov.ExpQuad(1.0, ls=2.0),
        lambda: cov.ExpQuad(),
        lambda: cov.ExpQuad(1.0)(X1, X2, full=True),
        lambda: cov.ScaledCov(2.0, lambda x: x),
        lambda: cov.WarpedInput(cov.ExpQuad(1.0), 2.0),
    ],
)
def test_refused_arguments(make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        make()


def test_properties() -> None:
    k = cov.RatQuad(1.0, 2.0, 3.0, 2, [1, 2], name="k")
    assert (k.length_scale, k.amplitude, k.scale_mixture_rate) == (1.0, 2.0, 3.0)
    assert (k.feature_ndims, k.active_dims, k.ard, k.scale_diag) == (2, (slice(0, 1), slice(0, 2)), False, None)
    p = cov.Polynomial(1.0, 2.0, 3.0, 4.0)
    assert (p.bias_variance, p.slope_variance, p.shift, p.exponent) == (1.0, 2.0, 3.0, 4.0)
    assert cov.Periodic(1.0, period=3.0).period == 3.0
    assert (cov.Constant(2.0).coef, cov.WhiteNoise(2.0).noise) == (2.0, 2.0)
    inner = cov.ExpQuad(1.0, active_dims=1)
    s, w = cov.ScaledCov(inner, np.abs, (1,)), cov.WarpedInput(inner, np.abs)
    assert (s.kernel, s.scaling_fn, s.fn_args, s.active_dims) == (inner, np.abs, (1,), inner.active_dims)
    assert (w.kernel, w.warp_fn, w.fn_args) == (inner, np.abs, ())


def test_classes_of_a_program_itself() -> None:
    class Kernel(cov.Covariance):
        def __init__(self) -> None:
            super().__init__(1, None, None)

        def _init_kernel(self, feature_ndims: int, **kwargs: Any) -> Any:
            return tfp.math.psd_kernels.ExponentiatedQuadratic(np.float64(1.0), np.float64(0.7))

    class Matrix(cov.Covariance):
        def __init__(self) -> None:
            super().__init__(1, None, None)

        def __call__(self, X1: Any, X2: Any, diag: bool = False, **kwargs: Any) -> Any:
            return cov.ExpQuad(0.7)(X1, X2, diag=diag)

    expected = cov.ExpQuad(0.7)(X1, X2)
    assert_allclose(Kernel()(X1, X2), expected, rtol=1e-13)
    assert_allclose(Kernel()(X1, X1, diag=True), np.ones(4), rtol=1e-13)
    for k in (Kernel(), Matrix()):
        assert_allclose((2 * k)(X1, X2), 2 * expected, rtol=1e-13)
        assert_allclose(cov.WarpedInput(k, lambda x: 2 * x)(X1, X2), cov.ExpQuad(0.35)(X1, X2), rtol=1e-13)
    with pytest.raises(NotImplementedError, match="_init_kernel or __call__"):
        cov.Covariance(1, None, None)(X1, X2)


def test_results_within_a_model_are_values_of_the_model() -> None:
    seen = {}

    @pm.model(name=None)
    def model() -> Any:
        scale = yield pm.HalfNormal("scale", 1.0)
        k = np.eye(4) + scale * cov.WarpedInput(cov.ExpQuad(scale), lambda x: x[:, [1]] / scale)
        seen["matrix"] = k(X1, X1)
        yield pm.MvNormal("x", np.zeros(4), seen["matrix"][np.array([0, 1, 2, 3])])

    pm.evaluate_model(model(), values={"scale": 0.7, "x": np.zeros(4)})
    assert isinstance(seen["matrix"], pm.GeneratorTensor)
    expected = np.eye(4) + 0.7 * cov.ExpQuad(0.49)(X1[:, 1:], X1[:, 1:]).numpy()
    assert_allclose(seen["matrix"].numpy(), expected, rtol=1e-13)
    assert tf.is_tensor(cov.ExpQuad(1.0)(X1, X1))


class TestMeans:
    mean = pm.gp.mean

    def test_values(self) -> None:
        x = np.zeros((3, 5, 2))
        zero, two = self.mean.Zero(), self.mean.Constant(2.0)
        assert_array_equal(zero(x), np.zeros((3, 5)))
        assert_array_equal(two(x), np.full((3, 5), 2.0))
        assert_array_equal(self.mean.Constant(2.0, feature_ndims=2)(x), np.full(3, 2.0))
        assert_array_equal(self.mean.Constant()(x), np.ones((3, 5)))
        assert_array_equal((two + self.mean.Constant(0.5))(x), np.full((3, 5), 2.5))
        assert_array_equal((two * self.mean.Constant(0.5) + zero)(x), np.ones((3, 5)))
        assert (two + zero).feature_ndims == 1
        assert zero(np.zeros((3, 2), np.float32)).dtype == tf.float64

    def test_different_feature_axes_are_refused(self) -> None:
        for combine in (lambda a, b: a + b, lambda a, b: a * b):
            with pytest.raises(ValueError, match="Cannot combine means with different feature_ndims"):
                combine(self.mean.Zero(1), self.mean.Zero(2))

    def test_the_base_class_has_no_values(self) -> None:
        with pytest.raises(NotImplementedError, match="has to define __call__"):
            self.mean.Mean()(X1)


def test_stabilize() -> None:
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert_array_equal(pm.gp.util.stabilize(matrix), matrix + 1e-6 * np.eye(2))
    assert_array_equal(pm.gp.util.stabilize(matrix, shift=1), matrix + np.eye(2))


def test_gp_and_plots_are_imported_when_they_are_used() -> None:
    script = """
import sys
import pm_migrate.pymc4 as pm
pm.Normal
loaded = [m for m in sys.modules if m.startswith(("pm_migrate.shims.pymc4.gp", "pm_migrate.shims.pymc4.plots"))]
assert not loaded, loaded
pm.gp.cov.ExpQuad, pm.gp.LatentGP, pm.gp.mean.Zero, pm.gp.util.stabilize, pm.gp.gp.LatentGP
pm.plots.plot_gp_dist, pm.plots.gp_plots.plot_gp_dist
assert {"gp", "plots"} <= set(dir(pm))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
