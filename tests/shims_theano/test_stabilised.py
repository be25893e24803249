"""Expressions that are computed by another formula than the one that was written: values, and what depends on them.

Numbers are those of the written formula with 60 digits (mpmath). ``equivalence_tests/test_tails.py`` compares with
Theano itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm4
import pm_migrate.shims.theano as theano
import pm_migrate.shims.theano.tensor as tt
from pm_migrate.shims.theano.ops import stabilised

POINTS = (-800.0, -80.0, -3.0, 0.4, 6.0, 80.0, 800.0)

#: As a program writes it, and as mpmath does.
WRITTEN: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "log of a sigmoid": (lambda x: tt.log(tt.nnet.sigmoid(x)), lambda x: -mpmath.log(1 + mpmath.exp(-x))),
    "log of the rest": (lambda x: tt.log(1 - tt.nnet.sigmoid(x)), lambda x: -mpmath.log(1 + mpmath.exp(x))),
    "softplus": (lambda x: tt.log(1 + tt.exp(x)), lambda x: mpmath.log(1 + mpmath.exp(x))),
    "softplus by log1p": (lambda x: tt.log1p(tt.exp(x)), lambda x: mpmath.log(1 + mpmath.exp(x))),
    "logistic curve": (lambda x: tt.exp(x) / (1 + tt.exp(x)), lambda x: 1 / (1 + mpmath.exp(-x))),
    "log of a quotient": (lambda x: tt.log(1 / (1 + tt.exp(-x))), lambda x: -mpmath.log(1 + mpmath.exp(-x))),
    "two exponentials": (
        lambda x: tt.log(tt.exp(x) + tt.exp(2 * x)),
        lambda x: mpmath.log(mpmath.exp(x) + mpmath.exp(2 * x)),
    ),
    "normal cumulative": (
        lambda x: tt.log(0.5 * (1 + tt.erf(x / 40))),
        lambda x: mpmath.log(mpmath.erfc(-x / 40) / 2),
    ),
    "log of erfc": (lambda x: tt.log(tt.erfc(x / 10)), lambda x: mpmath.log(mpmath.erfc(x / 10))),
    "small exponential": (lambda x: tt.exp(1e-15 * x) - 1, lambda x: mpmath.expm1(mpmath.mpf(1e-15) * x)),
    "log of nearly one": (lambda x: tt.log(1 + 1e-12 * x), lambda x: mpmath.log1p(mpmath.mpf(1e-12) * x)),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_values_and_slopes_hold_far_out(name: str) -> None:
    written, exact = WRITTEN[name]
    x = tt.dvector("x")
    y = written(x)
    value, slope = theano.function([x], [y, tt.grad(y.sum(), x)])(np.array(POINTS))
    with mpmath.workdps(60):
        values = [float(exact(mpmath.mpf(point))) for point in POINTS]
        slopes = [float(mpmath.diff(exact, mpmath.mpf(point), h=mpmath.mpf(10) ** -20)) for point in POINTS]
    assert value == pytest.approx(values, rel=1e-12)
    assert slope == pytest.approx(slopes, rel=1e-9)


@pytest.mark.parametrize(
    ("inside", "outside", "slope"),
    [
        (tt.nnet.sigmoid, tt.log, lambda p: 1 / p),
        (lambda x: 1 - tt.nnet.sigmoid(x), tt.log, lambda q: 1 / q),
        (tt.exp, lambda e: tt.log(1 + e), lambda e: 1 / (1 + e)),
        (tt.exp, lambda e: e / (1 + e), lambda e: 1 / (1 + e) ** 2),
        (tt.exp, tt.log1p, lambda e: 1 / (1 + e)),
        (lambda x: tt.nnet.softmax(x[None])[0], tt.log, lambda p: 1 / p),
        (tt.erf, lambda e: 1 - e, lambda e: -np.ones_like(e)),
    ],
)
def test_a_gradient_by_what_lies_in_between(inside: Any, outside: Any, slope: Any) -> None:
    x = tt.dvector("x")
    between = inside(x)
    cost = outside(between).sum()
    by_between, value = theano.function([x], [tt.grad(cost, between), between])(np.array([0.3, -2.0]))
    assert by_between == pytest.approx(slope(value), rel=1e-12)


def test_sums_of_exponentials_of_shapes_that_are_not_known() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float64), tf.TensorSpec([None, 1], tf.float64)])
    def both(a, b):
        return stabilised.log(tf.exp(a) + tf.exp(b))

    a, b = np.array([800.0, -800.0]), np.array([[0.0], [1.0], [-900.0]])
    assert both(a, b).numpy() == pytest.approx(np.logaddexp(a, b), rel=1e-13)


def test_a_gradient_that_a_program_clips_stays_clipped() -> None:
    x = tt.dscalar("x")
    clipped = theano.gradient.grad_clip(tt.nnet.sigmoid(x), -0.5, 0.5)
    slope = theano.function([x], tt.grad(tt.log(clipped), x))(-2.0)
    p = 1 / (1 + np.exp(2.0))
    assert slope == pytest.approx(0.5 * p * (1 - p), rel=1e-12)


def test_an_own_transform_of_what_a_sigmoid_gave_has_its_jacobian() -> None:
    class Logit(pm4.transforms.ElemwiseTransform):
        name = "logit"

        def forward(self, x):
            return tf.sigmoid(x)

        def backward(self, y):
            return pm4.math.log(y) - pm4.math.log(1 - y)

    @tf.function
    def jacobian(x):
        return Logit().jacobian_det(tf.sigmoid(x))

    p = 1 / (1 + np.exp(-0.7))
    assert float(jacobian(tf.constant(0.7, tf.float64))) == pytest.approx(-np.log(p * (1 - p)), rel=1e-12)
