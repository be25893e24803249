"""A program's own distributions, derived from PyMC3's base classes; numbers from their formulas."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import linalg, stats

import pm_migrate.pymc4 as pm
from pm_migrate.errors import ModelError


class Peaked(pm.Continuous):
    def __init__(self, mu, width=1.0, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mu, self.width = mu, width
        self.mean = mu

    def logp(self, value):
        return -tf.abs(value - self.mu) / self.width - tf.math.log(2 * self.width)


class Steep(pm.PositiveContinuous):
    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.mean = 1.0 / rate

    def logp(self, value):
        return tf.math.log(self.rate) - self.rate * value


class Trials(pm.Discrete):
    def __init__(self, p, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.p, self.mode = p, 1

    def logp(self, value):
        return tf.math.log(self.p) + (value - 1) * tf.math.log(1 - self.p)


def test_the_density_of_a_model():
    @pm.model(name=None)
    def build():
        a = yield pm.Normal("a", 0.0, 1.0)
        x = yield Peaked("x", a, width=0.3, shape=2)
        rate = yield Steep("rate", 0.7)
        yield Peaked("y", mu=x, observed=[1.0, 2.0])
        yield Trials("n", 0.2, observed=[1, 3])
        yield Steep("z", rate, observed=[0.5])

    a, x, log_rate = 0.3, np.array([0.1, -0.4]), -0.2
    rate = np.exp(log_rate)
    expected = -0.5 * a**2 - 0.5 * np.log(2 * np.pi)
    expected += np.sum(-np.abs(x - a) / 0.3 - np.log(0.6)) + np.log(0.7) - 0.7 * rate + log_rate
    expected += np.sum(-np.abs([1.0, 2.0] - x) - np.log(2.0)) + np.log(0.2) * 2 + 2 * np.log(0.8)
    expected += np.log(rate) - rate * 0.5
    found = build().logp({"a": a, "x": x, "__log_rate": log_rate})
    assert found == pytest.approx(expected, rel=1e-14)


def test_start_values_and_shapes():
    assert Peaked("x", np.array([1.0, 2.0]), shape=2).test_value.numpy().tolist() == [1.0, 2.0]
    assert Peaked("x", np.inf, testval=3.0).test_value.numpy() == 3.0
    assert Trials.dist(0.5).test_value.dtype == tf.int64
    assert Steep("s", 2.0).transform.name == "log"
    assert Steep("s", 2.0, transform=None).transform is None
    with pytest.raises(ModelError, match="no finite default value"):
        Peaked("x", np.inf)


def test_bounded_classes_have_their_ends():
    class Triangle(pm.BoundedContinuous):
        def __init__(self, upper, *args, **kwargs):
            super().__init__(lower=0.0, upper=upper, *args, **kwargs)  # noqa: B026 - as PyMC3 programs are written
            self.upper, self.mean = upper, upper / 2

        def logp(self, value):
            return tf.math.log(2 * value) - 2 * tf.math.log(self.upper)

    dist = Triangle("t", 3.0)
    assert dist.transform.name == "interval" and float(dist.test_value) == 1.5
    assert float(dist.log_prob(1.0)) == pytest.approx(np.log(2 / 9), rel=1e-14)


def test_components_and_errors():
    mixture = pm.Mixture.dist([0.5, 0.5], [Peaked.dist(0.0), Peaked.dist(4.0)])
    expected = np.log(0.25 * (np.exp(-1.0) + np.exp(-3.0)))
    assert float(mixture.log_prob(1.0)) == pytest.approx(expected, rel=1e-14)
    with pytest.raises(NotImplementedError, match="no random draws"):
        Peaked.dist(0.0).sample()

    class Empty(pm.Continuous):
        pass

    with pytest.raises(NotImplementedError, match="logp"):
        Empty.dist().log_prob(1.0)


class Choice(pm.Discrete):
    def __init__(self, taste, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.taste, self.mode = taste, 0.0

    def logp(self, facts, chosen):
        return tf.reduce_sum(tf.linalg.matvec(tf.cast(facts, tf.float64), self.taste) * tf.cast(chosen, tf.float64))


class Line(pm.Continuous):
    def __init__(self, slope, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.slope = slope

    def logp(self, x, y):
        return -((y - self.slope * x) ** 2)


def test_observed_things_by_name_are_arguments_of_the_log_density() -> None:
    @pm.model
    def model():
        taste = yield pm.Normal("taste", 0.0, 4.0, shape=2)
        facts = np.array([[1.9, 2.0], [3.0, -4.5]])  # a discrete one loses their fractions, as in PyMC3
        yield Choice("likelihood", taste, observed={"facts": facts, "chosen": np.array([1, 1])})

    prior = -2 * (np.log(4.0) + 0.5 * np.log(2 * np.pi)) - (0.5**2 + 1.0) / 32
    at = {"model/taste": np.array([0.5, 1.0])}
    assert float(pm.density(model()).logp(at)) == pytest.approx(prior + (0.5 + 2.0) + (1.5 - 4.0))


def test_observed_things_by_name_are_scaled_by_their_total_size() -> None:
    line = Line("y", 2.0, observed={"x": np.array([1.0, 2.0]), "y": np.array([1.5, 4.5])}, total_size=4)
    assert list(line.value_numpy) == pytest.approx([-0.5, -0.5])


class Neighbours(pm.Continuous):
    """A distribution whose parameters are arrays: NumPy's functions give arrays of them, SciPy takes them."""

    def __init__(self, w, tau, alpha=0.5, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.w = w = np.asarray(w)
        self.both = tf.exp(0.1 * np.array(w)) + np.sum(w, axis=1)
        self.eigenvalues = linalg.eigvalsh(w)
        self.alpha, self.tau = float(alpha), tau
        self.mode = 0.0
        assert isinstance(w, np.ndarray)

    def logp(self, x):
        return -self.tau * (x - self.alpha * pm.math.dot(self.w, x)) ** 2 + self.eigenvalues


def test_parameters_that_are_numbers_can_be_arrays() -> None:
    w = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])

    @pm.model(name=None)
    def model():
        tau = yield pm.Gamma("tau", 2.0, 2.0)
        yield Neighbours("x", w, tau, shape=3)

    x = np.array([0.1, 0.2, -0.3])
    logp = pm.density(model()).logp({"tau_log__": 0.0, "x": x})
    expected = (-((x - 0.5 * w @ x) ** 2) + linalg.eigvalsh(w)).sum()
    assert float(logp) == pytest.approx(expected + stats.gamma(2.0, scale=0.5).logpdf(1.0))


def test_a_parameter_that_is_a_variable_is_no_array() -> None:
    @pm.model(name=None)
    def model():
        w = yield pm.Normal("w", 0.0, 1.0, shape=(3, 3))
        yield Neighbours("x", w, 1.0, shape=3)

    with pytest.raises(TypeError, match="cannot become a NumPy array"):
        pm.density(model())
