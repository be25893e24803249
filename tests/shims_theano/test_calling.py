"""The short ways into compiled functions give what the public ones give, also where TensorFlow has none of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pm_migrate.shims.theano import calling


def compiled(jit: bool = True) -> Any:
    """A function of a vector and a scalar, with a captured tensor."""
    kept = tf.constant(np.arange(3.0))

    def function(x: Any, by: Any) -> Any:
        return tf.reduce_sum(x * kept) * by, x + by

    spec = tf.TensorSpec((3,), tf.float64)
    made = tf.function(function, jit_compile=jit, autograph=False)
    return made.get_concrete_function(spec, tf.TensorSpec((), tf.float64))


@pytest.fixture(params=["short", "kept memory refused", "public"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "kept memory refused":
        monkeypatch.setattr(calling, "_kept", lambda example, tensor_of: None)
    if request.param == "public":
        monkeypatch.setattr(calling, "_entry", lambda concrete, jit: None)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("jit", [True, False])
def test_every_way_gives_the_same(jit: bool) -> None:
    call = calling.vector_caller(compiled(jit), np.zeros(3), jit=jit)
    several = calling.caller(compiled(jit))
    by = tf.constant(2.0, tf.float64)
    for x in (np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 4.0])):
        total, moved = call(x, [by])
        assert total == 2.0 * (x @ np.arange(3.0)) and moved.tolist() == (x + 2.0).tolist()
        assert [t.numpy().tolist() for t in several([x], [by])] == [total.tolist(), moved.tolist()]


def test_results_stay_when_the_function_is_called_again() -> None:
    call = calling.vector_caller(compiled(), np.zeros(3), jit=True)
    by = tf.constant(0.0, tf.float64)
    first = call(np.ones(3), [by])[1]
    call(np.full(3, 7.0), [by])
    assert first.tolist() == [1.0, 1.0, 1.0]
    first[:] = 5.0  # and belong to the caller
    assert call(np.ones(3), [by])[1].tolist() == [1.0, 1.0, 1.0]


def test_threads_do_not_see_each_others_vectors() -> None:
    call = calling.vector_caller(compiled(), np.zeros(3), jit=True)
    by = tf.constant(0.0, tf.float64)
    with ThreadPoolExecutor(4) as pool:
        moved = pool.map(lambda k: call(np.full(3, float(k)), [by])[1].tolist(), range(500))
        assert list(moved) == [[float(k)] * 3 for k in range(500)]


def test_the_memory_of_a_vector_is_kept_on_the_cpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda: [tf.config.LogicalDevice("/device:GPU:0", "GPU")])
    assert calling._kept(np.zeros(3), tf.constant) is None


def test_errors_are_tensorflows_public_ones() -> None:
    function = tf.function(lambda x: tf.debugging.check_numerics(x, "seen"), autograph=False)
    call = calling.caller(function.get_concrete_function(tf.TensorSpec((2,), tf.float64)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="seen"):
        call([np.array([1.0, np.nan])], [])


@pytest.mark.parametrize(
    ("program", "decides"),
    [
        (lambda v: tf.reduce_sum(v), False),
        (lambda v: tf.gather(v, tf.cast(v[0], tf.int64)), False),
        (lambda v: v[tf.cast(v[0], tf.int64)], True),
        (lambda v: tf.reduce_sum(tf.range(tf.cast(v[0], tf.int64))), True),
        (lambda v: tf.reshape(v, tf.shape(v)), False),
    ],
    ids=["sum", "gather", "part", "length", "own shape"],
)
def test_values_that_decide_shapes_are_seen(program: Any, decides: bool) -> None:
    traced = tf.function(program, autograph=False).get_concrete_function(tf.TensorSpec((3,), tf.float64))
    assert calling.decides_shapes(traced) is decides
