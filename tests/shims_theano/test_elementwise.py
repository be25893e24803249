"""Every elementwise function against NumPy and SciPy, in TensorFlow and in its NumPy form; and which dtype it has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import NotSupported
from pm_migrate.shims import theano
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Input, Variable
from pm_migrate.shims.theano.ops import elemwise

REAL = np.array([-3.5, -1.0, -0.3, 0.0, 0.4, 1.0, 2.5, 30.0])
POSITIVE = np.array([1e-8, 0.3, 1.0, 2.5, 40.0])
UNIT = np.array([-0.95, -0.2, 0.0, 0.3, 0.99])

ORACLES = {
    "exp": (np.exp, REAL),
    "exp2": (np.exp2, REAL),
    "expm1": (np.expm1, REAL),
    "log": (np.log, POSITIVE),
    "log2": (np.log2, POSITIVE),
    "log10": (np.log10, POSITIVE),
    "log1p": (np.log1p, POSITIVE),
    "sqrt": (np.sqrt, POSITIVE),
    "sqr": (np.square, REAL),
    "inv": (np.reciprocal, POSITIVE),
    "abs_": (np.abs, REAL),
    "sgn": (np.sign, REAL),
    "ceil": (np.ceil, REAL),
    "floor": (np.floor, REAL),
    "trunc": (np.trunc, REAL),
    "round": (np.round, np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.51])),
    "sin": (np.sin, REAL),
    "cos": (np.cos, REAL),
    "tan": (np.tan, REAL),
    "sinh": (np.sinh, REAL),
    "cosh": (np.cosh, REAL),
    "tanh": (np.tanh, REAL),
    "arcsin": (np.arcsin, UNIT),
    "arccos": (np.arccos, UNIT),
    "arctan": (np.arctan, REAL),
    "arcsinh": (np.arcsinh, REAL),
    "arccosh": (np.arccosh, POSITIVE + 1.0),
    "arctanh": (np.arctanh, UNIT),
    "deg2rad": (np.deg2rad, REAL),
    "rad2deg": (np.rad2deg, REAL),
    "sigmoid": (scipy.special.expit, REAL),
    "softplus": (lambda x: np.logaddexp(x, 0.0), REAL),
    "gammaln": (scipy.special.gammaln, np.array([-2.5, 0.0, 0.3, 1.0, 7.5, 1e6])),
    "gamma": (scipy.special.gamma, np.array([-2.5, -1.5, -0.5, 0.3, 1.0, 7.5])),
    "psi": (scipy.special.psi, np.array([-2.5, 0.0, 0.3, 1.0, 7.5])),
    "tri_gamma": (lambda x: scipy.special.polygamma(1, x), POSITIVE),
    "erf": (scipy.special.erf, REAL),
    "erfc": (scipy.special.erfc, REAL),
    "erfinv": (scipy.special.erfinv, UNIT),
    "erfcinv": (scipy.special.erfcinv, UNIT + 1.0),
    "erfcx": (scipy.special.erfcx, np.array([-2.0, 0.0, 0.5, 30.0])),
    "i0": (scipy.special.i0, REAL),
    "i1": (scipy.special.i1, REAL),
    "j0": (scipy.special.j0, REAL),
    "j1": (scipy.special.j1, REAL),
    "ndtr": (scipy.special.ndtr, REAL),
    "isnan": (np.isnan, np.array([0.0, np.nan, np.inf])),
    "isinf": (np.isinf, np.array([0.0, np.nan, -np.inf])),
}


def both(y: Variable, givens: dict[Input, Any]) -> Any:
    """The value by NumPy (``eval`` of arrays) and by TensorFlow, which must be the same."""
    tensors = {x: tf.constant(np.asarray(value, x.dtype)) for x, value in givens.items()}
    computed = evaluate([y], tensors)[0].numpy()
    np.testing.assert_allclose(y.eval(givens), computed, rtol=1e-14)
    return computed.tolist()


@pytest.mark.parametrize("name", ORACLES)
def test_function_of_one_argument(name: str) -> None:
    oracle, points = ORACLES[name]
    x = Input("x", "float64", points.shape, points)
    y = getattr(elemwise, name)(x)
    expected = oracle(points)
    # 1e-13: special functions are good to some tens of roundings
    np.testing.assert_allclose(y.tag.test_value, expected, rtol=1e-13, atol=1e-15)
    computed = evaluate([y], {x: tf.constant(points)})[0].numpy()
    np.testing.assert_allclose(computed, expected, rtol=1e-12, atol=1e-14)
    assert computed.dtype.name == y.dtype


def test_arithmetic_of_integers() -> None:
    a = theano.shared(np.array([7, -7, 7, -7, 5]))
    b = np.array([2, 2, -2, -2, 0])
    assert (a // b).eval().tolist() == [3, -4, -4, 3, 0]
    assert (a % b).eval().tolist() == [1, 1, -1, -1, 0]
    x = tt.lvector("x")
    assert both(x // b, {x: a.get_value()}) == [3, -4, -4, 3, 0]
    assert both(x % b, {x: a.get_value()}) == [1, 1, -1, -1, 0]
    base, power = np.array([2, -2, 1, -1, -1, 3]), np.array([-1, 3, -4, -3, -2, 0])
    assert tt.pow(base, power).eval().tolist() == [0, -8, 1, -1, 1, 1]
    assert both(x**power, {x: base}) == [0, -8, 1, -1, 1, 1]
    assert ((x**power).dtype, (x / b).dtype) == ("int64", "float64")


def test_floor_division_of_floats_is_the_floor_of_the_quotient() -> None:
    x = tt.dscalar("x")
    assert both(x // 0.1, {x: 1.5}) == 15.0
    assert both(x % -0.4, {x: 1.0}) == pytest.approx(-0.2, rel=1e-14)


def test_sums_and_means_of_integers_and_masks() -> None:
    big = tt.as_tensor_variable(np.array([2**31 - 1, 1], "int32"))
    assert (big.sum().dtype, big.sum().eval()) == ("int64", 2**31)
    assert (big.mean().dtype, tt.as_tensor_variable([1, 2]).mean().eval()) == ("float64", 1.5)
    mask = tt.as_tensor_variable(np.array([True, True, False]))
    assert (mask.sum().dtype, mask.sum().eval()) == ("int64", 2)
    assert (mask + mask).dtype == "bool"
    assert (1 - mask).eval().tolist() == [0, 0, 1]
    assert (mask * np.array([2.5, 3.5, 4.5])).eval().tolist() == [2.5, 3.5, 0.0]


def test_python_numbers_keep_their_value() -> None:
    assert tt.log(2).eval() == np.log(2.0)
    assert (tt.constant(100) * tt.constant(2)).eval() == 200
    narrow = tt.as_tensor_variable(np.array([100], "int8"))
    assert (narrow * 2).eval().tolist() == [200]
    unsigned = tt.as_tensor_variable(np.array([3], "uint32"))
    assert (unsigned * -1).eval().tolist() == [-3]
    single = tt.as_tensor_variable(np.array([1.5], "float32"))
    assert ((single * 2).dtype, (single + single).dtype) == ("float32", "float32")
    assert (tt.as_tensor_variable(np.array([1], "int32")) + 1).dtype == "int32"
    assert (tt.constant(2**40) + 1).eval() == 2**40 + 1


def test_float_x_decides_the_dtype_of_python_floats() -> None:
    with theano.config.change_flags(floatX="float32"):
        assert (tt.zeros(2) * 0.1).dtype == "float32"
        assert tt.dscalar().dtype == "float64"
        assert tt.scalar().dtype == "float32"
        assert tt.cast(tt.constant(1), "floatX").dtype == "float32"
    assert tt.scalar().dtype == "float64"
    with pytest.raises(NotSupported, match="float16"):
        theano.config.floatX = "float16"


def test_rounding_modes() -> None:
    halves = np.array([0.5, 1.5, 2.5, -0.5, -2.5])
    x = tt.dvector("x")
    assert both(tt.round(x), {x: halves}) == [0.0, 2.0, 2.0, -0.0, -2.0]
    assert both(tt.round(x, "half_away_from_zero"), {x: halves}) == [1.0, 2.0, 3.0, -1.0, -3.0]
    assert tt.round(halves).eval().tolist() == [0.0, 2.0, 2.0, -0.0, -2.0]
    assert tt.round(halves, mode="half_away_from_zero").eval().tolist() == [1.0, 2.0, 3.0, -1.0, -3.0]
    assert tt.iround(halves).eval().tolist() == [0, 2, 2, 0, -2]
    with pytest.raises(ValueError, match="mode"):
        tt.round(halves, mode="up")


def test_casts_truncate_toward_zero() -> None:
    assert tt.cast(np.array([-1.9, 1.9]), "int32").eval().tolist() == [-1, 1]
    assert tt.cast(np.array([0.5, 0.0]), "bool").eval().tolist() == [True, False]
    with pytest.raises(NotSupported, match="complex128"):
        tt.cast(1.0, "complex128")


def test_x_to_the_power_of_zero_has_no_slope() -> None:
    x = tt.dvector("x")
    for exponent in (0, 0.0):
        gradient = theano.grad((x**exponent).sum(), x)
        assert gradient.eval({x: [0.0, 2.0]}).tolist() == [0.0, 0.0]


def test_tied_maxima_each_get_the_whole_gradient() -> None:
    x = tt.dvector("x")
    assert theano.grad(x.max(), x).eval({x: [3.0, 3.0, 1.0]}).tolist() == [1.0, 1.0, 0.0]
    assert theano.grad(x.min(), x).eval({x: [1.0, 3.0, 1.0]}).tolist() == [1.0, 0.0, 1.0]
    assert both(x.max(), {x: [-np.inf, -np.inf]}) == -np.inf
    assert both(tt.clip(x, 0, 1), {x: [-1.0, 0.5, 2.0]}) == [0.0, 0.5, 1.0]
    assert theano.grad(tt.clip(x, 0, 1).sum(), x).eval({x: [-1.0, 0.0, 1.0, 2.0]}).tolist() == [0.0, 1.0, 1.0, 0.0]
