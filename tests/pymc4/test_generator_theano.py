"""Theano's functions, shared variables, loops and operations among the values of generator models."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import pm_migrate.pymc4 as pm
from pm_migrate.catalog.functions import MATH
from pm_migrate.errors import NotSupported, ShapeError
from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt


def value(*numbers):
    return pm.GeneratorTensor(tf.constant(numbers, tf.float64))


X = np.array([0.2, 0.5, 0.9])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda x: pm.math.logit(x), scipy.special.logit(X)),
        (lambda x: pm.math.invlogit(x - 800.0), np.full(3, 2.220446049250313e-16)),
        (lambda x: pm.math.softmax(x), scipy.special.softmax(X)[None]),
        (lambda x: pm.math.logsumexp(x), scipy.special.logsumexp(X, keepdims=True)),
        (lambda x: pm.math.outer(x, x), np.outer(X, X)),
        (lambda x: pm.math.diag(x), np.diag(X)),
        (lambda x: pm.math.tile(x, (2, 1)), np.tile(X, (2, 1))),
        (lambda x: pm.math.cumsum(x), np.cumsum(X)),
        (lambda x: pm.math.dot(np.arange(6.0).reshape(2, 3), x), np.arange(6.0).reshape(2, 3) @ X),
        (lambda x: pm.math.set_subtensor(x, slice(1, None), 7.0), [0.2, 7.0, 7.0]),
        (lambda x: pm.math.inc_subtensor(x, np.array([0, 0]), 1.0), [2.2, 0.5, 0.9]),
        (lambda x: pm.math.set_subtensor(np.zeros((2, 3)), (0, slice(None)), x), [X, [0, 0, 0]]),
        (lambda x: pm.math.stack(x[0], x[1]), X[:2]),
        (lambda x: pm.math.as_tensor_variable([[x[0], 1], [0, x[1]]]), [[0.2, 1.0], [0.0, 0.5]]),
        (lambda x: pm.math.sort(-x), -X[::-1]),
        (lambda x: pm.math.solve_lower_triangular(np.eye(3) * 2, x), X / 2),
        (lambda x: x.dimshuffle(0, "x"), X[:, None]),
        (lambda x: x.dimshuffle("x", 0).flatten(), X),
        (lambda x: x.norm(2), np.linalg.norm(X)),
    ],
)
def test_functions_of_theano(made, expected):
    np.testing.assert_allclose(made(value(*X)).numpy(), expected, rtol=1e-14)


def test_they_are_the_same_while_compiled():
    @tf.function(autograph=False, jit_compile=True)
    def compiled(x):
        v = pm.GeneratorTensor(x)
        return (pm.math.logit(v) * pm.math.set_subtensor(v, 0, 1.0)).sum().tensor

    expected = (scipy.special.logit(X) * [1.0, 0.5, 0.9]).sum()
    assert float(compiled(tf.constant(X))) == pytest.approx(expected, rel=1e-14)


def test_masked_gradients_are_finite():
    x = tf.constant([-1.0, 2.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        v = pm.GeneratorTensor(x)
        total = pm.math.switch(v > 0, pm.math.log(v), 0.0).sum().tensor
    np.testing.assert_allclose(tape.gradient(total, x).numpy(), [0.0, 0.5])


@pytest.mark.parametrize(
    "function",
    [tf.reduce_max, lambda v: tf.reduce_max(v, axis=0), lambda v: -tf.reduce_min(-v), np.max, lambda v: v.max(axis=-1)],
)
def test_equal_maxima_have_the_whole_gradient_each(function):
    """As under Theano, where a start of zeros makes them equal; TensorFlow splits the gradient."""
    x = tf.constant([1.0, 1.0, 0.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        largest = function(pm.GeneratorTensor(x)).tensor
    assert tape.gradient(largest, x).numpy().tolist() == [1.0, 1.0, 0.0]


def test_names():
    for name in ("dvector", "grad", "nothing", "config", "Op"):
        assert not hasattr(pm.math, name)
    assert {name for name in MATH if not hasattr(pm.math, name)} == set()
    assert "set_subtensor" in dir(pm.math)


def line(x, y):
    @pm.model(name=None)
    def build():
        slope = yield pm.Normal("slope", 0.0, 1.0)
        yield pm.Normal("y", x * slope, 1.0, observed=y)

    return build()


def expected(x, y, slope):
    return scipy.stats.norm.logpdf(slope) + scipy.stats.norm.logpdf(y, np.multiply(x, slope)).sum()


def test_shared_variables_are_read_anew():
    x, y = pm.shared(np.array([1.0, 2.0])), pm.shared(np.array([0.5, 0.5]))
    model = line(x, y)
    assert model.logp({"slope": 2.0}) == pytest.approx(expected([1, 2], [0.5, 0.5], 2.0))
    x.set_value(np.array([1.0, 2.0, 3.0]))
    y.set_value(np.zeros(3))
    assert model.logp({"slope": 2.0}) == pytest.approx(expected([1, 2, 3], np.zeros(3), 2.0))
    assert model.log_density().observed["y"].tolist() == [0.0, 0.0, 0.0]
    assert x.get_value().tolist() == [1.0, 2.0, 3.0]


def test_predictions_at_more_places():
    """As in PyMC3: the data keep their length, the draws have the new one."""
    x = pm.shared(np.array([1.0, 2.0]))
    model = line(x, np.array([0.5, 0.5]))
    trace = pm.sample(model, num_samples=4, burn_in=4, num_chains=2, seed=1)
    assert pm.sample_posterior_predictive(model, trace, seed=1).posterior_predictive["y"].shape == (2, 4, 2)
    x.set_value(np.array([100.0, 200.0, 300.0]))
    drawn = pm.sample_posterior_predictive(model, trace, seed=1).posterior_predictive["y"]
    assert drawn.shape == (2, 4, 3)
    noise = drawn.values - trace.posterior["slope"].values[..., None] * [100.0, 200.0, 300.0]
    assert np.abs(noise).max() < 6.0


def test_what_is_computed_of_a_shared_variable_follows_it():
    x = pm.shared(np.array([1.0, 2.0]))
    doubled = pm.math.exp(x) * 2
    model = line(doubled, np.zeros(2))
    before = model.logp({"slope": 0.3})
    x.set_value(np.array([0.0, 0.0]))
    after = model.logp({"slope": 0.3})
    assert before == pytest.approx(expected(2 * np.exp([1, 2]), 0, 0.3))
    assert after == pytest.approx(expected([2, 2], 0, 0.3))


def test_shared_variables_as_index_and_in_functions():
    group, data = pm.shared(np.array([1, 0, 1])), pm.shared(np.eye(3))

    @pm.model(name=None)
    def build():
        mu = yield pm.Normal("mu", 0.0, 1.0, batch_stack=2)
        yield pm.Normal(
            "y", data.dot(mu[group]) + np.dot(data, mu[group]) + tf.exp(data)[0, 0], 1.0, observed=[0, 0, 0]
        )

    model = build()
    mu = np.array([1.0, 2.0])
    there = 2 * mu[[1, 0, 1]] + math.e
    assert model.logp({"mu": mu}) == pytest.approx(
        scipy.stats.norm.logpdf(mu).sum() + scipy.stats.norm.logpdf(0, there).sum()
    )


def test_tensorflow_refuses_them_outside_of_a_model():
    with pytest.raises((TypeError, ValueError)):
        tf.exp(pm.shared(1.0))


def test_named_data_are_replaced():
    @pm.model(name=None)
    def build():
        x = yield pm.Data("x", [1.0, 2.0])
        slope = yield pm.Normal("slope", 0.0, 1.0)
        yield pm.Normal("y", x * slope, 1.0, observed=np.zeros(2))

    model = build()
    model.logp({"slope": 1.0})
    pm.set_data({"x": [3.0, 4.0]}, model)
    assert model.logp({"slope": 1.0}) == pytest.approx(expected([3, 4], np.zeros(2), 1.0))
    with pytest.raises(KeyError, match="no_data"):
        pm.set_data({"no_data": 1.0}, model)
    with pytest.raises(ShapeError, match="1 dimensions"):
        pm.set_data({"x": 1.0}, model)


def test_integer_data_take_no_floats():
    # PyMC3 3.11.6: TensorType(int64, vector) cannot store a value of dtype float64
    @pm.model(name=None)
    def counts():
        x = yield pm.Data("x", np.array([1, 2]))
        yield pm.Normal("a", tf.reduce_sum(x), 1.0)

    model = counts()
    pm.set_data({"x": [3, 4, 5]}, model)
    with pytest.raises(TypeError, match="'x' holds integers"):
        pm.set_data({"x": [0.5]}, model)


def test_minibatches_are_drawn_in_every_run():
    data = np.arange(100.0)
    x, y = pm.Minibatch(data, 10), pm.Minibatch(2.0 * data, 10)

    @pm.model(name=None)
    def build():
        slope = yield pm.Normal("slope", 0.0, 1.0)
        yield pm.Deterministic("rows", x)
        yield pm.Normal("y", x * slope, 1.0, observed=y, total_size=100)

    density = build().log_density()
    for jit in (False, True):
        # where inputs and outputs are of the same rows, the data fit exactly
        logp = {density.logp_and_gradient({"slope": 2.0}, jit=jit)[0] for _ in range(3)}
        np.testing.assert_allclose(list(logp), scipy.stats.norm.logpdf(2.0) + 100 * scipy.stats.norm.logpdf(0.0))
    run = density.compiled("rows", lambda: lambda values: density.evaluate(values).values["rows"])
    rows = [run({"slope": tf.constant(2.0, tf.float64)}).numpy() for _ in range(3)]
    assert len({tuple(r) for r in rows}) == 3
    assert set(np.concatenate(rows)) <= set(data)


def recurrence(x, a):
    out, before = [], 0.0
    for item in x:
        before = a * before + item
        out.append(before)
    return np.array(out)


@pytest.mark.parametrize("unroll", [1000, 0])
def test_scan(monkeypatch, unroll):
    monkeypatch.setattr("pm_migrate.shims.pymc4.loops._UNROLL", unroll)
    a = value(0.5)[0]
    x = np.array([1.0, -1.0, 2.0])
    result, updates = pm.scan(lambda x, before, a: a * before + x, sequences=x, outputs_info=0.0, non_sequences=a)
    np.testing.assert_allclose(result.numpy(), recurrence(x, 0.5))
    assert updates == {}
    backwards, _ = pm.scan(lambda x, b, a: a * b + x, x, np.float64(0.0), a, go_backwards=True)
    np.testing.assert_allclose(backwards.numpy(), recurrence(x[::-1], 0.5))
    # Fibonacci, with two earlier values
    taps = {"initial": np.array([0.0, 1.0]), "taps": [-2, -1]}
    numbers, _ = pm.scan(lambda p, q, a: p + q + 0 * a, outputs_info=taps, non_sequences=a, n_steps=5)
    assert numbers.numpy().tolist() == [1.0, 2.0, 3.0, 5.0, 8.0]
    pairs, _ = pm.scan(lambda x, b, a: [x * a, b + x], x, [None, 1.0], a)
    np.testing.assert_allclose([p.numpy() for p in pairs], [x * 0.5, 1.0 + np.cumsum(x)])


def test_scan_of_theanos_variables_stays_an_expression():
    x = pm.shared(np.array([1.0, 2.0]))
    result, _ = pm.scan(lambda x, before: before + x, sequences=x, outputs_info=np.float64(0.0))
    x.set_value(np.array([5.0, 6.0, 7.0]))
    assert result.eval().tolist() == [5.0, 11.0, 18.0]


def test_scan_refuses_what_ends_a_loop():
    with pytest.raises(NotSupported, match="ends the loop"):
        pm.scan(lambda b: (b, {pm.shared(1.0): b}), outputs_info=value(1.0)[0], n_steps=2)
    with pytest.raises(NotSupported, match="n_steps"):

        @pm.model(name=None)
        def build():
            n = yield pm.Poisson("n", 3.0)
            yield pm.Deterministic("s", pm.scan(lambda b: b, outputs_info=1.0, n_steps=n)[0])

        build().log_density().logp_and_gradient({"n": 2})


class Cube(tt.Op):
    itypes, otypes = [tt.dvector], [tt.dvector]

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] ** 3

    def grad(self, inputs, gradients):
        return [3.0 * inputs[0] ** 2 * gradients[0]]


def test_operations_of_the_program():
    @pm.model(name=None)
    def build():
        a = yield pm.Normal("a", 0.0, 1.0, batch_stack=2)
        yield pm.Potential("cubes", Cube()(a))

    density = build().log_density()
    assert density.python
    logp, gradient = density.logp_and_gradient({"a": np.array([1.0, 2.0])})
    assert logp == pytest.approx(scipy.stats.norm.logpdf([1, 2]).sum() + 9.0)
    np.testing.assert_allclose(gradient["a"], [-1.0 + 3.0, -2.0 + 12.0])


def test_python_functions_as_operations():
    @theano.compile.ops.as_op(itypes=[tt.dscalar], otypes=[tt.dvector])
    def powers(x):
        return x ** np.arange(3)

    @pm.model(name=None)
    def build():
        a = yield pm.Uniform("a", 0.0, 5.0, transform=pm.NO_TRANSFORM)
        yield pm.Poisson("y", powers(a), observed=[1, 2, 3])

    terms = build().log_density().terms_at({"a": 2.0})
    assert terms["y"] == pytest.approx(scipy.stats.poisson.logpmf([1, 2, 3], [1, 2, 4]).sum())
