"""Gradients of what a ``switch`` masks: 0, not NaN, however the gradient is taken and compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.shims import theano
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Input, Variable

# a function that is singular at some points, whether the mask keeps a point, the points, the derivative where kept
CASES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], list[float], Callable[[Any], Any]]] = {
    "log": (tt.log, lambda x: x > 0, [0.0, -1.0, 2.0], lambda x: 1 / x),
    "reciprocal": (lambda x: 1 / x, lambda x: x > 0, [0.0, 2.0], lambda x: -1 / x**2),
    "sqrt": (tt.sqrt, lambda x: x > 0, [0.0, -1.0, 4.0], lambda x: 0.5 / np.sqrt(x)),
    "power": (lambda x: x**1.5, lambda x: x > 0, [0.0, -1.0, 4.0], lambda x: 1.5 * np.sqrt(x)),
    "negative power": (lambda x: x**-2.0, lambda x: x > 0, [0.0, 2.0], lambda x: -2 / x**3),
    "exp": (tt.exp, lambda x: x < 100, [1000.0, 1.0], np.exp),
    "product": (lambda x: x * tt.exp(x), lambda x: x < 100, [1000.0, 1.0], lambda x: (1 + x) * np.exp(x)),
    "log1p": (tt.log1p, lambda x: x > -1, [-1.0, 1.0], lambda x: 1 / (1 + x)),
    "chain": (lambda x: tt.log(tt.sqrt(x)) * 3, lambda x: x > 0, [0.0, 2.0], lambda x: 1.5 / x),
    "sinc": (lambda x: tt.sin(x) / x, lambda x: tt.neq(x, 0), [0.0, np.pi], lambda x: -1 / np.pi + 0 * x),
    "arcsin": (tt.arcsin, lambda x: x < 1, [1.0, 2.0, 0.0], lambda x: 1 / np.sqrt(1 - x**2)),
    "sum": (lambda x: tt.log(x) + tt.log(x).sum() * 0, lambda x: x > 0, [0.0, 2.0], lambda x: 1 / x),
}


def _masked(name: str) -> tuple[Input, Variable, np.ndarray, np.ndarray]:
    function, keep, points, derivative = CASES[name]
    values = np.array(points)
    x = Input("x", "float64", values.shape, values)
    kept = keep(x)
    mask = kept.tag.test_value
    with np.errstate(all="ignore"):
        expected = np.where(mask, derivative(values), 0.0)
    return x, tt.switch(kept, function(x), 0.5), values, expected


def _gradient(x: Input, y: Variable, values: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(values)
        total = tf.reduce_sum(evaluate([y], {x: values})[0])
    return tape.gradient(total, values)


@pytest.mark.parametrize("name", [n for n in CASES if n != "sum"])
@pytest.mark.parametrize("how", ["eager", "graph", "xla", "batched inside", "batched outside", "xla batched outside"])
def test_masked_gradient(name: str, how: str) -> None:
    x, y, values, expected = _masked(name)

    def inside(batch: tf.Tensor) -> tf.Tensor:
        return tf.vectorized_map(lambda row: _gradient(x, y, row), batch)

    def outside(batch: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            total = tf.reduce_sum(tf.vectorized_map(lambda row: evaluate([y], {x: row})[0], batch))
        return tape.gradient(total, batch)

    batch = tf.constant(np.stack([values, values]))
    one = tf.constant(values)
    computed = {
        "eager": lambda: _gradient(x, y, one),
        "graph": lambda: tf.function(lambda v: _gradient(x, y, v))(one),
        "xla": lambda: tf.function(lambda v: _gradient(x, y, v), jit_compile=True)(one),
        "batched inside": lambda: tf.function(inside)(batch)[1],
        "batched outside": lambda: tf.function(outside)(batch)[1],
        "xla batched outside": lambda: tf.function(outside, jit_compile=True)(batch)[1],
    }[how]()
    np.testing.assert_allclose(computed.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_values_are_not_changed_by_the_guard() -> None:
    x = tt.dvector("x")
    y = tt.switch(tt.ge(x, -2), tt.log(x), 0.0)
    point = tf.constant([-3.0, -1.0, 0.0, 1.0], tf.float64)
    np.testing.assert_array_equal(evaluate([y], {x: point})[0].numpy(), [0.0, np.nan, -np.inf, 0.0])


def test_second_derivatives_of_the_kept_branch() -> None:
    x = tt.dvector("x")
    # (log x)**2 has first derivative 0 at 1, where a guard that tests the incoming gradient would lose the second
    cost = tt.switch(x > 0, tt.log(x) ** 2, 0.0).sum()
    hessian = theano.gradient.hessian(cost, x).eval({x: [1.0, 0.0]})
    np.testing.assert_allclose(hessian, [[2.0, 0.0], [0.0, 0.0]], atol=1e-12)


def test_outside_of_a_switch_nothing_is_guarded() -> None:
    x = tt.dscalar("x")
    assert theano.grad(tt.sqrt(x), x).eval({x: 0.0}) == np.inf


def test_a_branch_with_a_reduction_stays_singular() -> None:
    # the masked element enters the sum that the other element keeps: its derivative is not masked
    _, y, _, _ = _masked("sum")
    value = y.tag.test_value
    assert np.isnan(value[1])
