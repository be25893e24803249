"""TensorFlow functions on values of a model, and none of it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.special as special
import tensorflow as tf

from pm_migrate.shims.pymc4.tensors import GeneratorTensor, evaluating, unwrap

X = np.array([0.5, 2.0, 3.0])
A = np.arange(6.0).reshape(2, 3)
K = np.array([0, 1, 1, 2])

# name -> (with TensorFlow, with NumPy)
CASES: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], Any]]] = {
    "exp": (lambda x: tf.exp(x), np.exp),
    "math.log": (lambda x: tf.math.log(x), np.log),
    "sqrt": (lambda x: tf.sqrt(x), np.sqrt),
    "sigmoid": (lambda x: tf.sigmoid(x), special.expit),
    "lgamma": (lambda x: tf.math.lgamma(x), special.gammaln),
    "square": (lambda x: tf.square(x), np.square),
    "pow": (lambda x: tf.pow(x, 2), lambda x: x**2),
    "divide": (lambda x: tf.divide(1, x), lambda x: 1 / x),
    "maximum": (lambda x: tf.maximum(x, 1), lambda x: np.maximum(x, 1)),
    "tensordot": (lambda x: tf.tensordot(A, x, axes=1), lambda x: A @ x),
    "tensordot of integers": (lambda x: tf.tensordot(A.astype(int), x, axes=1), lambda x: A @ x),
    "tensordot of float32": (lambda x: tf.tensordot(A.astype(np.float32), x, axes=1), lambda x: A @ x),
    "tensordot of a frame": (lambda x: tf.tensordot(pd.DataFrame(A), x, axes=1), lambda x: A @ x),
    "matvec": (lambda x: tf.linalg.matvec(A, x), lambda x: A @ x),
    "matmul": (lambda x: tf.matmul(A, x[:, None]), lambda x: A @ x[:, None]),
    "einsum": (lambda x: tf.einsum("ij,j->i", A.astype(np.float32), x), lambda x: A @ x),
    "where": (lambda x: tf.where(x > 1, x, 0.0), lambda x: np.where(x > 1, x, 0.0)),
    "where with integers": (lambda x: tf.where(x > 1, x, 0), lambda x: np.where(x > 1, x, 0)),
    "where of numbers": (lambda x: tf.where(np.arange(3) >= x[0], 1, 2.5), lambda x: np.where([0, 1, 1], 1, 2.5)),
    "stack": (lambda x: tf.stack([x[0], x[1], 1.0]), lambda x: np.stack([x[0], x[1], 1.0])),
    "stack with an integer": (lambda x: tf.stack([x[0], 1]), lambda x: np.stack([x[0], 1])),
    "concat": (lambda x: tf.concat([x, [0]], axis=0), lambda x: np.append(x, 0)),
    "concat by keywords": (lambda x: tf.concat(values=[x, np.arange(2)], axis=0), lambda x: np.append(x, [0, 1])),
    "list beside integers": (
        lambda x: tf.concat([[x[0]], tf.cast(x, tf.int64)], 0),
        lambda x: np.array([0.5, 0, 2, 3]),
    ),
    "list behind integers": (lambda x: tf.concat([K, [x[0], x[1]]], 0), lambda x: np.array([0, 1, 1, 2, 0.5, 2])),
    "list beside booleans": (lambda x: tf.concat([x > 1, [x[0]]], 0), lambda x: np.array([0, 1, 1, 0.5])),
    "list beside float32": (
        lambda x: tf.concat([np.float32([0.5]), [x[0] / 3]], 0),
        lambda x: np.array([0.5, x[0] / 3]),
    ),
    "list in a function of integers": (
        lambda x: tf.math.squared_difference(tf.cast(x, tf.int64), [x[0], x[0], x[0]]),
        lambda x: (x.astype(int) - 0.5) ** 2,
    ),
    "lists of a number and a value": (lambda x: tf.concat([[0.1], [x[0]]], 0), lambda x: np.r_[0.1, x[0]]),
    "number beside a value": (lambda x: tf.math.xlogy(0.1, x), lambda x: special.xlogy(0.1, x)),
    "numbers beside a value": (lambda x: tf.tensordot([0.1, 0.2, 3], x, 1), lambda x: np.dot([0.1, 0.2, 3], x)),
    "numbers in rows": (lambda x: tf.linalg.matvec([[0.1, 0.2, 3.0]], x), lambda x: np.dot([[0.1, 0.2, 3]], x)),
    "numbers by a value": (
        lambda x: tf.gather([0.1, 0.2, 0.3], tf.cast(x[:1], tf.int64)) * x[0],
        lambda x: np.array([0.1]) * x[0],
    ),
    "scan from a number": (
        lambda x: tf.scan(lambda a, b: a * 0.1 + b, x, initializer=0.7),
        lambda x: np.array([0.57, 2.057, 3.2057]),
    ),
    "list as a shape": (lambda x: tf.reshape(x, [tf.constant(3, tf.int64), 1]), lambda x: x.reshape(3, 1)),
    "gather": (lambda x: tf.gather(x, K), lambda x: x[K]),
    "gather of a series": (lambda x: tf.gather(x, pd.Series(K)), lambda x: x[K]),
    "gather by a value": (lambda x: tf.gather(A, tf.cast(x, tf.int64)[:2] % 2), lambda x: A[[0, 0]]),
    "one_hot": (
        lambda x: tf.one_hot(tf.cast(x, tf.int64), 4) * x[:, None],
        lambda x: np.eye(4)[[0, 2, 3]] * x[:, None],
    ),
    "tensor of booleans * x": (lambda x: tf.constant([True, False, True]) * x, lambda x: x * [1, 0, 1]),
    "x * tensor of booleans": (lambda x: tf.multiply(x > 1, x), lambda x: (x > 1) * x),
    "tensor of integers + x": (lambda x: tf.constant([1, 2, 3]) + x, lambda x: np.add(x, [1, 2, 3])),
    "tensor of float32 * x": (lambda x: tf.constant([1.0, 2.0, 3.0]) * x, lambda x: x * [1, 2, 3]),
    "tensor[value]": (lambda x: tf.constant(X)[tf.cast(x[1], tf.int64)], lambda x: X[2]),
    "reduce_sum": (lambda x: tf.reduce_sum(x, axis=0), np.sum),
    "reduce_sum of booleans": (lambda x: tf.reduce_sum(x > 1), lambda x: np.sum(x > 1)),
    "reduce_mean of integers": (lambda x: tf.reduce_mean(tf.cast(x[:2], tf.int64)), lambda x: 1.0),
    "reduce_logsumexp": (lambda x: tf.reduce_logsumexp(x), special.logsumexp),
    "softmax": (lambda x: tf.nn.softmax(x), special.softmax),
    "clip_by_value": (lambda x: tf.clip_by_value(x, 1, 2), lambda x: np.clip(x, 1, 2)),
    "cumsum": (lambda x: tf.cumsum(x), np.cumsum),
    "reshape": (lambda x: tf.reshape(x, [3, 1]), lambda x: x.reshape(3, 1)),
    "repeat": (lambda x: tf.repeat(x, [1, 2, 1]), lambda x: np.repeat(x, [1, 2, 1])),
    "unstack": (lambda x: tf.unstack(x), list),
    "add_n": (lambda x: tf.add_n([x, x]), lambda x: 2 * x),
    "zeros_like": (lambda x: tf.zeros_like(x), np.zeros_like),
    "fill": (lambda x: tf.fill([3], x[0]), lambda x: np.full(3, x[0])),
    "linalg.diag": (lambda x: tf.linalg.diag(x), np.diag),
    "sigmoid of integers": (lambda x: tf.sigmoid(tf.cast(x, tf.int64)), lambda x: special.expit(x.astype(int))),
    "xlogy": (lambda x: tf.math.xlogy(x, x), lambda x: special.xlogy(x, x)),
    "convert_to_tensor": (lambda x: tf.convert_to_tensor(x) * 2.0, lambda x: 2 * x),
    "scan": (lambda x: tf.scan(lambda a, v: a * x[0] + v, np.arange(3.0)), lambda x: np.array([0, 1, 2.5])),
    "scan over x": (lambda x: tf.scan(lambda a, v: a + v, x), np.cumsum),
}


def _plain(function: Callable[[Any], Any]) -> Callable[[tf.Tensor], Any]:
    def apply(x: tf.Tensor) -> Any:
        with evaluating():
            return unwrap(function(GeneratorTensor(x)))

    return apply


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, Any]]:
    def everything(x: tf.Tensor) -> dict[str, Any]:
        return {name: _plain(ours)(x) for name, (ours, _) in CASES.items()}

    x = tf.constant(X)
    mapped = tf.function(
        lambda batch: tf.vectorized_map(
            lambda v: {k: r for k, r in everything(v).items() if not k.startswith("scan")},
            batch,
            fallback_to_while_loop=False,
        ),
        autograph=False,
    )
    return {
        "eager": everything(x),
        "XLA": tf.function(everything, autograph=False, jit_compile=True)(x),
        "vectorised": tf.nest.map_structure(lambda t: t[1], mapped(tf.stack([x, x]))),
    }


@pytest.mark.parametrize("mode", ["eager", "XLA", "vectorised"])
@pytest.mark.parametrize("name", list(CASES))
def test_as_numpy(name: str, mode: str, results: dict[str, dict[str, Any]]) -> None:
    if name not in results[mode]:
        assert mode == "vectorised" and name.startswith("scan")  # a loop in a vectorised map is not vectorised
        return
    expected = [np.asarray(e) for e in tf.nest.flatten(CASES[name][1](X))]
    for tensor, array in zip(tf.nest.flatten(results[mode][name]), expected, strict=True):
        assert tuple(tensor.shape) == array.shape
        assert tensor.dtype in (tf.float64, tf.int64)
        np.testing.assert_allclose(tensor.numpy(), array, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("loop", [tf.scan, tf.foldl, tf.foldr])
def test_loops_leave_no_state_behind(loop: Callable[..., Any]) -> None:
    # seen with TensorFlow 2.21: a loop that fails while it is traced leaves its caching device in the variable
    # scope of the process, and sample_chain then refuses to work; a value of a model makes the first attempt fail
    tf.function(_plain(lambda x: loop(lambda a, v: a * x[0] + v, np.arange(3.0))), autograph=False)(tf.constant(X))
    assert tf.compat.v1.get_variable_scope().caching_device is None


def test_results_are_values_of_a_model() -> None:
    x = GeneratorTensor(tf.constant(X))
    assert isinstance(tf.exp(x), GeneratorTensor)
    assert all(isinstance(v, GeneratorTensor) for v in tf.unstack(x))
    assert isinstance(tf.convert_to_tensor(x), tf.Tensor)


def _gradient(function: Callable[[Any], Any], at: list[float], jit: bool) -> np.ndarray:
    @tf.function(autograph=False, jit_compile=jit)
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(unwrap(function(GeneratorTensor(x))))
        return tape.gradient(total, x)

    return gradient(tf.constant(at, tf.float64)).numpy()


# Theano's gradient of switch(mask, f(x), 0) is 0 where the mask hides f: seen with Theano-PyMC 1.1.2 at these points
MASKED: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[float], float]]] = {
    "log": (lambda x: x > 0, lambda x: tf.math.log(x), lambda x: 1 / x),
    "np.log": (lambda x: x > 0, lambda x: np.log(x), lambda x: 1 / x),
    "reciprocal": (lambda x: x > 0, lambda x: 1 / x, lambda x: -1 / x**2),
    "sqrt": (lambda x: x > 0, lambda x: tf.sqrt(x), lambda x: 0.5 / x**0.5),
    "lgamma": (lambda x: x > 0, lambda x: tf.math.lgamma(x), special.digamma),
    "power": (lambda x: x > 0, lambda x: x**1.5, lambda x: 1.5 * x**0.5),
    "exp": (lambda x: x < 100, lambda x: tf.exp(x), np.exp),
}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", list(MASKED))
def test_masked_branches_have_finite_gradients(name: str, jit: bool) -> None:
    mask, function, derivative = MASKED[name]
    at = [-1.0, 0.0, 2.5, 1000.0]
    got = _gradient(lambda x: tf.where(mask(x), function(x), 0.0), at, jit)
    expected = [derivative(v) if mask(v) else 0.0 for v in at]
    np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_plain_tensorflow_keeps_its_own_masked_gradient() -> None:
    x = tf.constant([-1.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.where(x > 0, 1.0 / x, 0.0)
    assert np.isnan(tape.gradient(y, x).numpy()[1])


@pytest.mark.parametrize("at", [[0.7, 1.3], [2.0, 0.4]])
def test_guarded_gradients_are_the_plain_ones_elsewhere(at: list[float]) -> None:
    def function(x: Any, module: Any) -> Any:
        return module.exp(x[0]) / x[1] + module.sqrt(x[0]) ** x[1] - module.math.log(x[0] * x[1]) * 2.0 / x[0]

    plain = tf.constant(at, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(plain)
        y = function(plain, tf)
    np.testing.assert_allclose(
        _gradient(lambda x: function(x, tf), at, jit=False), tape.gradient(y, plain).numpy(), rtol=1e-13
    )


def test_second_derivatives_exist() -> None:
    x = tf.constant(0.8, tf.float64)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = (np.log(GeneratorTensor(x)) / GeneratorTensor(x)).tensor
        first = inner.gradient(y, x)
    # d2/dx2 (log x / x) = (2 log x - 3) / x^3
    np.testing.assert_allclose(outer.gradient(first, x), (2 * np.log(0.8) - 3) / 0.8**3, rtol=1e-13)


def test_gradient_through_gather_is_dense() -> None:
    np.testing.assert_allclose(_gradient(lambda x: (2 * x)[K] * np.arange(4.0), [1.0, 2.0, 3.0], True), [0.0, 6.0, 6.0])


def test_other_tensorflow_code_is_untouched() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="string is not in the list"):
        tf.exp("text")
    with pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)):
        tf.add(tf.constant(1), tf.constant(1.0))
    assert isinstance(tf.exp(tf.constant(1.0)), tf.Tensor)
    assert not hasattr(tf.Tensor, "sum")


def test_functions_in_arguments_are_adapted_only_while_a_model_is_evaluated() -> None:
    def call() -> Any:
        x = GeneratorTensor(tf.constant(X))
        return tf.scan(lambda a, v: a * x[0] + v, np.arange(3.0))

    with pytest.raises(TypeError):
        call()
    with evaluating():
        assert isinstance(call(), GeneratorTensor)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: tf.map_fn(lambda v: v * 2, x),
        lambda x: tf.vectorized_map(lambda v: v * 2, x),
        lambda x: tf.constant(x),
        lambda x: tf.function(lambda v: v * 2)(x),
    ],
)
def test_what_tensorflow_does_not_dispatch_fails_loudly(call: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"GeneratorTensor|NumPy array"):
        call(GeneratorTensor(tf.constant(X)))


def test_a_list_of_plain_tensors_is_not_cut_off_either() -> None:
    parts = [[tf.constant(0.87, tf.float64)], tf.constant([1, 0], tf.int64)]
    with evaluating(), pytest.raises(TypeError, match="int64"):
        tf.concat(parts, 0)
    assert tf.concat(parts, 0).numpy().tolist() == [0, 1, 0]  # elsewhere TensorFlow does as it always does
