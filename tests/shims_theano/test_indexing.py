"""Indexing against NumPy: values, gradients, and what is static."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import ModelError
from pm_migrate.shims import theano
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Input

SHAPE = (3, 4, 2)
DATA = np.arange(24.0).reshape(SHAPE) ** 1.5


def _inputs() -> Input:
    return Input("x", "float64", SHAPE, DATA)


def _gradient(x: Input, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, weights of its elements, gradient of the weighted sum."""
    weights = 1.0 + np.arange(y.tag.test_value.size).reshape(y.tag.test_value.shape)
    point = tf.constant(DATA)
    with tf.GradientTape() as tape:
        tape.watch(point)
        value = evaluate([y], {x: point})[0]
        total = tf.reduce_sum(value * tf.constant(weights))
    gradient = tape.gradient(total, point, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return value.numpy(), weights, gradient.numpy()


def _check(index: Any) -> None:
    x = _inputs()
    y = x[index]
    value, weights, gradient = _gradient(x, y)
    expected = DATA[index]
    np.testing.assert_array_equal(y.tag.test_value, expected)
    np.testing.assert_array_equal(value, expected)
    scattered = np.zeros(SHAPE)
    np.add.at(scattered, index, weights)
    np.testing.assert_allclose(gradient, scattered)
    assert all(n == 1 for n, flag in zip(expected.shape, y.broadcastable, strict=True) if flag)


@settings(max_examples=60, deadline=None)
@given(hnp.basic_indices(SHAPE, allow_newaxis=True, allow_ellipsis=True))
def test_basic_indices(index: Any) -> None:
    _check(index)


@st.composite
def mixed_indices(draw: st.DrawFn) -> Any:
    """Integers, slices, index arrays and masks side by side."""
    parts: list[Any] = []
    arrays = draw(hnp.integer_array_indices(SHAPE, result_shape=hnp.array_shapes(min_dims=1, max_dims=2, max_side=3)))
    for length, array in zip(SHAPE, arrays, strict=True):
        kind = draw(st.sampled_from(["array", "slice", "int", "new"]))
        if kind == "new":
            parts.append(None)
            kind = draw(st.sampled_from(["array", "slice"]))
        if kind == "array":
            parts.append(array)
        elif kind == "slice":
            parts.append(draw(st.slices(length)))
        else:
            parts.append(draw(st.integers(-length, length - 1)))
    return tuple(parts)


@settings(max_examples=120, deadline=None)
@given(mixed_indices())
def test_mixed_indices(index: Any) -> None:
    _check(index)


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(bool, SHAPE), st.integers(1, 3))
def test_masks(mask: np.ndarray, ndim: int) -> None:
    part = mask[(...,) + (0,) * (3 - ndim)]
    _check(part)
    if ndim == 1:
        _check((part, slice(1, 3)))


@settings(max_examples=60, deadline=None)
@given(mixed_indices(), st.booleans())
def test_updates(index: Any, add: bool) -> None:
    x = _inputs()
    part = DATA[index]
    value = Input("v", "float64", part.shape, 100.0 + np.arange(part.size).reshape(part.shape))
    y = (tt.inc_subtensor if add else tt.set_subtensor)(x[index], value)
    expected = DATA.copy()
    if add:
        np.add.at(expected, index, value.tag.test_value)
    else:
        expected[index] = value.tag.test_value
    np.testing.assert_allclose(y.tag.test_value, expected)
    computed = evaluate([y], {x: tf.constant(DATA), value: tf.constant(value.tag.test_value)})[0]
    np.testing.assert_allclose(computed.numpy(), expected)


@pytest.mark.parametrize("jit", [False, True])
def test_random_indices_wrap_and_out_of_range_gives_nan(jit: bool) -> None:
    x, i = tt.dvector("x"), tt.lvector("i")
    y = x[i]
    run = tf.function(lambda a, b: evaluate([y], {x: a, i: b})[0], jit_compile=jit)
    result = run(tf.constant([1.0, 2.0, 3.0], tf.float64), tf.constant([0, -1, 5, -4], tf.int64))
    np.testing.assert_array_equal(result.numpy(), [1.0, 3.0, np.nan, np.nan])


def test_random_indices_of_many_draws() -> None:
    x, i = tt.dvector("x"), tt.lvector("i")
    data = np.arange(600.0)  # large enough to be an argument of the compiled program, not a constant in it
    total = (x[i] * (1.0 + data)).sum()

    def one(values: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(values[0])
            result = evaluate([total], {x: values[0], i: values[1]})[0]
        return tape.gradient(result, values[0])

    draws = np.stack([np.arange(600) % 3, np.arange(600) % 2])
    run = tf.function(lambda v: tf.vectorized_map(one, v), jit_compile=True, autograph=False)
    gradient = run((tf.ones((2, 3), tf.float64), tf.constant(draws)))
    expected = [[(1.0 + data)[row == k].sum() for k in range(3)] for row in draws]
    np.testing.assert_allclose(gradient.numpy(), expected)


def test_a_random_row_and_column() -> None:
    m, i, j = tt.dmatrix("m"), tt.lscalar("i"), tt.lvector("j")
    data = np.arange(6.0).reshape(2, 3)
    assert m[i].eval({m: data, i: -1}).tolist() == [3.0, 4.0, 5.0]
    assert m[i, j].eval({m: data, i: 1, j: [2, 0]}).tolist() == [5.0, 3.0]
    assert m[:, j].eval({m: data, j: [2, 0]}).tolist() == [[2.0, 0.0], [5.0, 3.0]]
    assert tt.set_subtensor(m[i, j], 9.0).eval({m: data, i: 0, j: [1, 2]}).tolist() == [
        [0.0, 9.0, 9.0],
        [3.0, 4.0, 5.0],
    ]
    assert tt.inc_subtensor(m[i], 1.0).eval({m: data, i: 0}).tolist() == [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize(
    "index_of",
    [
        lambda i, j: i,
        lambda i, j: (slice(None), i),
        lambda i, j: (1, slice(None, None, -1), j),
        lambda i, j: (i, None, slice(1, 3), j),
        lambda i, j: (i, i, j),
        lambda i, j: (Ellipsis, j),
    ],
)
def test_random_integers_of_many_draws_without_a_loop(index_of: Any) -> None:
    x, i, j = _inputs(), Input("i", "int64", (), np.array(0)), Input("j", "int64", (), np.array(1))
    y = x[index_of(i, j)]
    draws = np.array([[-3, 0], [0, 1], [1, -2], [2, -1]])

    def one(draw: Any) -> Any:
        return evaluate([y], {x: tf.constant(DATA), i: draw[0], j: draw[1]})[0]

    program = tf.function(lambda each: tf.vectorized_map(one, each, fallback_to_while_loop=False), jit_compile=True)
    np.testing.assert_array_equal(program(tf.constant(draws)), np.stack([DATA[index_of(*draw)] for draw in draws]))
    assert np.all(np.isnan(program(tf.constant(np.array([[4, 4], [5, -5], [-6, 7], [9, 9]])))))


def test_known_indices_out_of_range_are_errors() -> None:
    x = tt.dvector("x")
    with pytest.raises(ModelError, match="out of bounds"):
        x[np.array([0, 3])].eval({x: [1.0, 2.0, 3.0]})
    with pytest.raises(ModelError, match="index 3 is out of bounds"):
        x[3].eval({x: [1.0, 2.0, 3.0]})
    with pytest.raises(IndexError, match="too many indices"):
        x[0, 0]
    with pytest.raises(TypeError, match="integer or a mask"):
        x[0.5]


def test_updates_need_an_indexed_tensor() -> None:
    x = tt.dvector("x")
    with pytest.raises(TypeError, match=r"x\[1:\]"):
        tt.set_subtensor(x, 1.0)
    with pytest.raises(ValueError, match="2 dimensions"):
        tt.set_subtensor(x[1:], np.ones((2, 2)))


def test_updates_of_integers_truncate() -> None:
    n = tt.as_tensor_variable(np.array([5, 6]))
    assert tt.set_subtensor(n[0], 1.7).eval().tolist() == [1, 6]


def test_the_gradient_of_gather_is_dense() -> None:
    x = tt.dvector("x")
    point = tf.constant([1.0, 2.0], tf.float64)
    for y in (x[[0, 0, 1]], tt.repeat(x, np.array([2, 1]))):
        with tf.GradientTape() as tape:
            tape.watch(point)
            total = tf.reduce_sum(evaluate([y], {x: point})[0])
        assert tf.is_tensor(tape.gradient(total, point))


def test_numbers_known_at_run_time_index_as_numpy_does() -> None:
    x = np.arange(60.0).reshape(3, 4, 5)
    i, j = tt.lscalar("i"), tt.lscalar("j")
    tensor = tt.as_tensor_variable(x)
    for index in (
        lambda i, j: i,
        lambda i, j: (1, i),
        lambda i, j: (slice(None), i),
        lambda i, j: (i, slice(1, 3), j),
        lambda i, j: (i, slice(None), 2),
        lambda i, j: (2, slice(None, None, 2), j),
        lambda i, j: (i, None, j),
        lambda i, j: (None, i, ..., j),
        lambda i, j: (i, [0, 1]),
    ):
        compiled = theano.function([i, j], tensor[index(i, j)], on_unused_input="ignore")
        for numbers in ((0, 3), (2, -1), (-1, 0), (-2, 2)):
            np.testing.assert_array_equal(compiled(*numbers), x[index(*numbers)])
