"""``pm.ode`` of both front ends: solutions, sensitivities and errors, by equations that are solved in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm4
import pm_migrate.shims as pm
from pm_migrate.errors import ShapeError

TIMES = np.array([0.5, 1.0, 2.5])
#: LSODA's default tolerances are 1.5e-8 for each step, relative and absolute; here are some dozens of steps.
CLOSE = {"rtol": 1e-6, "atol": 1e-6}
FRONT_ENDS = pytest.mark.parametrize("front_end", [pm, pm4], ids=["drop-in", "generators"])


def cooling(y: Any, t: Any, p: Any) -> list[Any]:
    return [-p[0] * (y[0] - p[1]), np.exp(-t) * y[0]]


def solver(front_end: Any, **options: Any) -> Any:
    return front_end.ode.DifferentialEquation(cooling, TIMES, **{"n_states": 2, "n_theta": 2, **options})


@FRONT_ENDS
def test_solutions_and_sensitivities(front_end: Any) -> None:
    k, room, start = 0.7, 20.0, 90.0
    y, sensitivities = solver(front_end)._simulate([start, 1.0], [k, room])
    decay, gap = np.exp(-k * TIMES), start - room
    np.testing.assert_allclose(y[:, 0], room + gap * decay, **CLOSE)
    fading, rest = 1 - np.exp(-TIMES), (1 - np.exp(-(k + 1) * TIMES)) / (k + 1)
    np.testing.assert_allclose(y[:, 1], 1.0 + room * fading + gap * rest, **CLOSE)
    expected = np.stack([decay, 0 * TIMES, -TIMES * gap * decay, 1 - decay], axis=1)
    np.testing.assert_allclose(sensitivities[:, 0], expected, **CLOSE)
    np.testing.assert_allclose(sensitivities[:, 1, :2], np.stack([rest, 1 + 0 * TIMES], axis=1), **CLOSE)


def test_both_front_ends_compute_the_same() -> None:
    data = 40.0 + np.arange(3.0)
    with pm.Model() as model:
        k = pm.Lognormal("k", -1, 0.5)
        start = pm.Normal("start", 80, 5)
        curve, moving = solver(pm)(y0=[start, 0], theta=[k, 20.0], return_sens=True)
        pm.Normal("y", curve[:, 0] + curve[:, 1], 2.0, observed=data)
        pm.Deterministic("moving", moving)
    solve = solver(pm4)

    @pm4.model(name=None)
    def build():
        k = yield pm4.LogNormal("k", -1, 0.5)
        start = yield pm4.Normal("start", 80, 5)
        curve, moving = solve(y0=[start, 0], theta=[k, 20.0], return_sens=True)
        yield pm4.Normal("y", curve[:, 0] + curve[:, 1], 2.0, observed=data)
        yield pm4.Deterministic("moving", moving)

    first, second = model.log_density(), build().log_density()
    assert first.python and second.python  # evaluated by Python, not by XLA
    mine, theirs = (
        d.logp_and_gradient(dict(zip((v.name for v in d.variables), (-0.8, 70.0), strict=True)))
        for d in (first, second)
    )
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-12)
    np.testing.assert_allclose([*mine[1].values()], [*theirs[1].values()], rtol=1e-10)
    # the gradient, by central differences of the log density
    step = np.array([1e-4, 1e-2])
    for i, slope in enumerate(mine[1].values()):
        ends = [np.array([-0.8, 70.0]) + sign * step * (np.arange(2) == i) for sign in (1, -1)]
        above, below = (model.logp(dict(zip(("k_log__", "start"), end, strict=True))) for end in ends)
        np.testing.assert_allclose((above - below) / (2 * step[i]), slope, rtol=1e-3)


@FRONT_ENDS
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda ode: ode([1.0], [1.0, 2.0]),
            ShapeError,
            r"Length of y0 is wrong. \(actual \(1,\) != expected \(2,\)\)",
        ),
        (lambda ode: ode([1.0, 2.0], []), ShapeError, "Length of theta is wrong"),
        (lambda ode: ode(np.ones(3), np.ones(2)), ShapeError, "Length of y0 is wrong"),
        (lambda ode: ode(1.0, np.ones(2)), ValueError, "y0 has to be a vector of length 2"),
    ],
)
def test_wrong_lengths(front_end: Any, call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(solver(front_end))


@FRONT_ENDS
@pytest.mark.parametrize(
    ("options", "message"),
    [({"n_states": 0}, "n_states must be at least 1"), ({"n_theta": 0}, "n_theta must be positive")],
)
def test_wrong_numbers(front_end: Any, options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solver(front_end, **options)


@FRONT_ENDS
def test_wrong_functions(front_end: Any) -> None:
    with pytest.raises(ValueError, match="func must be callable"):
        front_end.ode.DifferentialEquation(1, TIMES, n_states=1, n_theta=1)
    with pytest.raises(ShapeError, match=r"one number for each state. \(actual \(1,\) != expected \(2,\)\)"):
        front_end.ode.DifferentialEquation(lambda y, t, p: [y[0]], TIMES, n_states=2, n_theta=1)


def test_equal_ones_are_equal() -> None:
    assert solver(pm) == solver(pm) and hash(solver(pm)) == hash(solver(pm))
    assert solver(pm) != solver(pm, t0=0.1)


def tensors(y: Any, t: Any, p: Any) -> list[Any]:
    """Many kinds of operations, on vectors and on numbers."""
    matrix = tf.reshape(tf.concat([y, p], axis=0), (2, 2))
    mixed = tf.linalg.matmul(matrix, matrix, transpose_b=True)
    return [
        tf.reduce_sum(mixed) - tf.exp(-t) * tf.sigmoid(y[0]) / (1.0 + y[1] ** 2) + tf.tanh(p[0]) ** p[1],
        tf.where(y[0] > p[0], tf.sqrt(y[1]), tf.sin(y[0] * t))
        + tf.maximum(y[0], p[1]) * tf.reduce_mean(tf.stack([y, p])),
    ]


@pytest.mark.parametrize("func", [cooling, tensors])
def test_equations_written_out_are_the_compiled_ones(func: Any) -> None:
    system = pm4.ode.DifferentialEquation(func, TIMES, n_states=2, n_theta=2)._augmented_func
    assert system._written is not None
    for seed in range(5):
        state, p = np.random.RandomState(seed).uniform(0.1, 2, 10), np.random.RandomState(seed).uniform(0.1, 2, 4)
        compiled = system._run(tf.constant([*state, 0.7, *p], tf.float64)).numpy()
        np.testing.assert_allclose(system.derivatives(state, 0.7, p), compiled, rtol=1e-13, atol=1e-15)


def test_what_cannot_be_written_out_is_compiled() -> None:
    written = pm4.ode.DifferentialEquation(lambda y, t, p: [tf.math.lgamma(y[0]) * p[0]], [1.0], n_states=1, n_theta=1)
    assert written._augmented_func._written is None
    np.testing.assert_allclose(written._augmented_func([3.0], 0.0, [3.0, 2.0], [1.0, 0.0])[0], 2 * np.log(2.0))
    for func, value in (
        (lambda y, t, p: [p[0] / y[0]], np.inf),
        (lambda y, t, p: [tf.exp(p[0] / (y[0] + 1e-9))], np.inf),
    ):
        system = pm4.ode.DifferentialEquation(func, [1.0], n_states=1, n_theta=1)._augmented_func
        assert system._written is not None
        assert system([0.0], 0.0, [0.0, 1.0], [1.0, 0.0])[0] == value
