"""Optimisers against their formulas, over several steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import pm_migrate.shims as pm
from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.variational import updates

STEPS = 7
START = np.array([[1.5, -0.3, 0.8], [0.1, 2.0, -1.0]])


def slope(x: np.ndarray) -> np.ndarray:
    """Gradient of ``sum(x**4 / 4 + x)``."""
    return x**3 + 1.0


def sgd(x: np.ndarray) -> Iterator[np.ndarray]:
    while True:
        x = x - 0.02 * slope(x)
        yield x


def momentum(x: np.ndarray) -> Iterator[np.ndarray]:
    v = np.zeros_like(x)
    while True:
        v = 0.8 * v - 0.02 * slope(x)
        x = x + v
        yield x


def nesterov_momentum(x: np.ndarray) -> Iterator[np.ndarray]:
    v = np.zeros_like(x)
    while True:
        g = slope(x)
        v = 0.8 * v - 0.02 * g
        x = x + 0.8 * v - 0.02 * g
        yield x


def adagrad(x: np.ndarray) -> Iterator[np.ndarray]:
    r = np.zeros_like(x)
    while True:
        g = slope(x)
        r = r + g**2
        x = x - 0.02 * g / np.sqrt(r + 1e-3)
        yield x


def adagrad_window(x: np.ndarray) -> Iterator[np.ndarray]:
    seen: list[np.ndarray] = []
    while True:
        g = slope(x)
        seen = [*seen, g**2][-3:]
        x = x - 0.02 * g / np.sqrt(sum(seen) + 0.1)
        yield x


def rmsprop(x: np.ndarray) -> Iterator[np.ndarray]:
    r = np.zeros_like(x)
    while True:
        g = slope(x)
        r = 0.7 * r + 0.3 * g**2
        x = x - 0.02 * g / np.sqrt(r + 1e-3)
        yield x


def adadelta(x: np.ndarray) -> Iterator[np.ndarray]:
    r, s = np.zeros_like(x), np.zeros_like(x)
    while True:
        g = slope(x)
        r = 0.7 * r + 0.3 * g**2
        step = g * np.sqrt(s + 1e-3) / np.sqrt(r + 1e-3)
        s = 0.7 * s + 0.3 * step**2
        x = x - 0.5 * step
        yield x


def adam(x: np.ndarray) -> Iterator[np.ndarray]:
    m, v, t = np.zeros_like(x), np.zeros_like(x), 0
    while True:
        t, g = t + 1, slope(x)
        m = 0.8 * m + 0.2 * g
        v = 0.95 * v + 0.05 * g**2
        # epsilon is added before the second average is corrected, as in the faster form of the article
        size = 0.02 * np.sqrt(1 - 0.95**t) / (1 - 0.8**t)
        x = x - size * m / (np.sqrt(v) + 1e-3)
        yield x


def adamax(x: np.ndarray) -> Iterator[np.ndarray]:
    m, u, t = np.zeros_like(x), np.zeros_like(x), 0
    while True:
        t, g = t + 1, slope(x)
        m = 0.8 * m + 0.2 * g
        u = np.maximum(0.95 * u, np.abs(g))
        x = x - 0.02 / (1 - 0.8**t) * m / (u + 1e-3)
        yield x


SETTINGS: list[tuple[Callable[[np.ndarray], Iterator[np.ndarray]], dict[str, float]]] = [
    (sgd, {"learning_rate": 0.02}),
    (momentum, {"learning_rate": 0.02, "momentum": 0.8}),
    (nesterov_momentum, {"learning_rate": 0.02, "momentum": 0.8}),
    (adagrad, {"learning_rate": 0.02, "epsilon": 1e-3}),
    (adagrad_window, {"learning_rate": 0.02, "epsilon": 0.1, "n_win": 3}),
    (rmsprop, {"learning_rate": 0.02, "rho": 0.7, "epsilon": 1e-3}),
    (adadelta, {"learning_rate": 0.5, "rho": 0.7, "epsilon": 1e-3}),
    (adam, {"learning_rate": 0.02, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
    (adamax, {"learning_rate": 0.02, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
]


@pytest.mark.parametrize(("formula", "settings"), SETTINGS, ids=lambda x: getattr(x, "__name__", ""))
def test_steps_are_those_of_the_formula(
    formula: Callable[[np.ndarray], Iterator[np.ndarray]], settings: dict[str, float]
) -> None:
    optimiser = getattr(pm, formula.__name__)(**settings)
    # two parameters of different shapes, so that what is kept for one is not used for the other
    matrix, number = theano.shared(START), theano.shared(0.7)
    cost = (matrix**4 / 4 + matrix).sum() + (number**4 / 4 + number)
    step = theano.function([], updates=optimiser(cost, [matrix, number]))
    expected_matrix, expected_number = formula(START), formula(np.asarray(0.7))
    for _ in range(STEPS):
        step()
        np.testing.assert_allclose(matrix.get_value(), next(expected_matrix), rtol=1e-12)
        np.testing.assert_allclose(number.get_value(), next(expected_number), rtol=1e-12)


@pytest.mark.parametrize("name", [formula.__name__ for formula, _ in SETTINGS])
def test_loss_and_parameters_go_together(name: str) -> None:
    optimiser, x = getattr(updates, name), theano.shared(1.0)
    for arguments in ({"loss_or_grads": x**2}, {"params": [x]}):
        with pytest.raises(ValueError, match="both `loss_or_grads` and `params`"):
            optimiser(**arguments)


def test_gradients_in_place_of_a_loss() -> None:
    x = theano.shared(1.0)
    step = theano.function([], updates=pm.sgd([tt.constant(3.0)], [x], learning_rate=0.5))
    step()
    assert x.get_value() == -0.5
    with pytest.raises(ValueError, match="Got 1 gradient expressions for 2 parameters"):
        pm.sgd([x], [x, theano.shared(1.0)])
    with pytest.raises(ValueError, match="shared variables only"):
        pm.sgd(x**2, [x * 1.0])


def test_momentum_of_some_parameters() -> None:
    x, y = theano.shared(1.0), theano.shared(1.0)
    plain = pm.sgd(x**2 + y**2, [x, y], learning_rate=0.1)
    step = theano.function([], updates=pm.apply_momentum(plain, [x], momentum=0.5))
    step()
    step()
    # 1 -> 0.8, then 0.8 - 0.16, and half of the velocity -0.2 more
    np.testing.assert_allclose([x.get_value(), y.get_value()], [0.54, 0.64], rtol=1e-14)


@pytest.mark.parametrize(
    ("shape", "axes", "over"), [((3, 4), None, (0,)), ((2, 3, 4), None, (1, 2)), ((5,), [0], (0,)), ((3, 4), [1], (1,))]
)
def test_norm_constraint(shape: tuple[int, ...], axes: list[int] | None, over: tuple[int, ...]) -> None:
    x = np.random.RandomState(1).normal(size=shape)
    norms = np.sqrt((x**2).sum(axis=over, keepdims=True))
    assert (norms > 1.3).any()  # else nothing is rescaled
    got = pm.norm_constraint(tt.constant(x), 1.3, axes).eval()
    np.testing.assert_allclose(got, x * np.minimum(norms, 1.3) / (norms + 1e-7), rtol=1e-12)


def test_norm_constraint_needs_axes_of_a_vector() -> None:
    with pytest.raises(ValueError, match="Must specify `norm_axes`"):
        pm.norm_constraint(tt.constant(np.ones(3)), 1.0)


def test_total_norm_constraint() -> None:
    x, y = np.array([3.0, 0.0]), np.array(4.0)
    (a, b), norm = pm.total_norm_constraint([tt.constant(x), tt.constant(y)], 1.0, return_norm=True)
    assert norm.eval() == 5.0
    np.testing.assert_allclose(a.eval(), x / 5, rtol=1e-7)
    np.testing.assert_allclose(b.eval(), 0.8, rtol=1e-7)
    (same,) = pm.total_norm_constraint([tt.constant(x)], 10.0)
    np.testing.assert_allclose(same.eval(), x, rtol=1e-7)
