"""Minibatches in generator models: parts of data, drawn anew at each evaluation, those of x and y alike."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm
from pm_migrate.shims import recording

X = np.arange(40.0)


def model():
    x, y = pm.Minibatch(X, 5), pm.Minibatch(10.0 * X, 5)

    @pm.model(name=None)
    def build():
        slope = yield pm.Normal("slope", 0.0, 1.0)
        yield pm.Normal("y", slope * x, 1.0, observed=y, total_size=37)

    return build()


def evaluated(density):
    @tf.function(jit_compile=True)
    def term(slope):
        return density.evaluate({"slope": slope}).terms["y"]

    return term


def test_parts_of_x_and_y_belong_together() -> None:
    term = evaluated(model().log_density())
    right = [float(term(tf.constant(10.0, tf.float64))) for _ in range(3)]
    # no residual is left at the true slope, whatever rows were drawn
    assert right == pytest.approx([-37 * 0.5 * np.log(2 * np.pi)] * 3, rel=1e-12)


def test_each_evaluation_has_other_rows() -> None:
    term = evaluated(model().log_density())
    assert len({float(term(tf.constant(9.0, tf.float64))) for _ in range(6)}) > 1


def test_a_comparison_has_the_first_rows() -> None:
    recording.start()
    try:
        term = evaluated(model().log_density())
        found = float(term(tf.constant(9.0, tf.float64)))
    finally:
        recording.stop()
    expected = 7.4 * np.sum(-0.5 * X[:5] ** 2 - 0.5 * np.log(2 * np.pi))
    assert found == pytest.approx(expected, rel=1e-12)
