"""The Cholesky factor that densities are compiled with."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from pm_migrate.shims.gaussian.factors import cholesky


def positive(rows: int, seed: int = 1) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(rows, rows + 3))
    return root @ root.T


@pytest.mark.parametrize("rows", [1, 2, 32, 33, 70])
@pytest.mark.parametrize("jit", [False, True])
def test_factor_and_gradient_are_those_of_tensorflow(rows: int, jit: bool) -> None:
    weights = tf.constant(np.random.default_rng(2).normal(size=(rows, rows)))

    def value_and_gradient(factor, matrix):
        with tf.GradientTape() as tape:
            tape.watch(matrix)
            total = tf.reduce_sum(weights * tf.sin(factor(matrix)))
        return factor(matrix), tape.gradient(total, matrix)

    matrix = tf.constant(positive(rows))
    compiled = tf.function(lambda x: value_and_gradient(cholesky, x), jit_compile=jit, autograph=False)
    for ours, theirs in zip(compiled(matrix), value_and_gradient(tf.linalg.cholesky, matrix), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def test_second_derivatives() -> None:
    """Of ``log |A(t)|`` with ``A = B + t C``: the trace of ``-(A^-1 C)^2``."""
    b, c = positive(40), positive(40, seed=3) / 40.0

    @tf.function(autograph=False)
    def second(t):
        with tf.GradientTape() as outer:
            outer.watch(t)
            with tf.GradientTape() as inner:
                inner.watch(t)
                total = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(cholesky(b + t * c))))
            first = inner.gradient(total, t)
        return outer.gradient(first, t)

    ratio = np.linalg.solve(b + 0.5 * c, c)
    np.testing.assert_allclose(second(tf.constant(0.5, tf.float64)), -np.trace(ratio @ ratio), rtol=1e-8)


def test_no_factor_is_nan_and_has_no_gradient() -> None:
    good, bad = positive(3), np.diag([1.0, -1.0, 1.0])
    matrices = tf.constant(np.stack([good, bad]))

    @tf.function(jit_compile=True, autograph=False)
    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            factor = cholesky(x)
            total = tf.reduce_sum(tf.where(tf.math.is_finite(factor), factor, tf.zeros_like(factor)))
        return factor, tape.gradient(total, x)

    factor, gradient = both(matrices)
    np.testing.assert_allclose(factor[0], np.linalg.cholesky(good))
    assert np.isnan(factor[1]).all()
    assert np.isfinite(gradient).all() and not np.any(gradient[1])


def test_a_constant_is_factorised_while_tracing() -> None:
    matrices = np.stack([positive(50), -positive(50)])
    traced = tf.function(lambda x: x + cholesky(tf.constant(matrices)), autograph=False)
    graph = traced.get_concrete_function(tf.zeros([], tf.float64)).graph
    assert not [op for op in graph.get_operations() if op.type == "Cholesky"]
    factor = traced(tf.zeros([], tf.float64))
    np.testing.assert_allclose(factor[0], np.linalg.cholesky(matrices[0]))
    assert np.isnan(factor[1]).all()
