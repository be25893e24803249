"""Composite distributions: numbers against formulas, masks, draws, and both front ends.

Whole models are compared with PyMC3 in ``equivalence_tests/test_composites.py``.
"""

from __future__ import annotations

import doctest
import warnings
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import pm_migrate.pymc4 as pm4
import pm_migrate.shims as pm
from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims.distributions import base, bound, composite, custom, mixture
from pm_migrate.shims.distributions.binding import bind
from pm_migrate.shims.pymc4 import composites
from pm_migrate.shims.quirks import QuirkWarning, _said, quirks
from pm_migrate.shims.theano import tensor as tt

ERROR_RATE = 1e-6
DRAWS = 4000
SEED = tf.constant([3, 5], tf.int32)


@pytest.mark.parametrize("module", [base, bound, custom, mixture, composites], ids=lambda m: m.__name__)
def test_examples_in_docstrings(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def normal(mu: Any, sigma: Any = 1.0) -> Any:
    row = DISTRIBUTIONS["Normal"]
    return bind(row, row.form_for(frozenset({"mu", "sigma"})), {"mu": mu, "sigma": sigma})


def exponential(lam: Any) -> Any:
    row = DISTRIBUTIONS["Exponential"]
    return bind(row, row.forms[0], {"lam": lam})


# --- the numbers -----------------------------------------------------------------------------------------------------


def weights(*values: float) -> tf.Tensor:
    return tf.constant(values, tf.float64)


def value_and_gradients(function: Any, *at: Any, jit: bool = False) -> list[np.ndarray]:
    tensors = [tf.constant(a, tf.float64) for a in at]

    def both(*inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = function(*inputs)
        zeros = tf.UnconnectedGradients.ZERO
        return [result, *tape.gradient(result, list(inputs), unconnected_gradients=zeros)]

    if jit:
        both = tf.function(both, jit_compile=True, autograph=False)
    return [r.numpy() for r in both(*tensors)]


@pytest.mark.parametrize("jit", [False, True])
def test_a_mixture_and_its_gradients(jit: bool) -> None:
    def density(x: Any, w: Any, mu: Any) -> Any:
        return composite.MixedList(w, [normal(mu), normal(3.0, 2.0)]).log_prob(x)

    x, w, mu = 0.7, np.array([0.3, 0.7]), -1.0
    first, second = stats.norm.pdf(x, mu), stats.norm.pdf(x, 3.0, 2.0)
    total = w[0] * first + w[1] * second
    logp, by_x, by_w, by_mu = value_and_gradients(density, x, w, mu, jit=jit)
    assert logp == pytest.approx(np.log(total), rel=1e-14)
    assert by_w == pytest.approx(np.array([first, second]) / total, rel=1e-13)
    assert by_mu == pytest.approx(w[0] * first * (x - mu) / total, rel=1e-13)
    assert by_x == pytest.approx((-w[0] * first * (x - mu) - w[1] * second * (x - 3) / 4) / total, rel=1e-13)


def test_a_component_out_of_its_support_leaves_the_others_alone() -> None:
    def density(x: Any, lam: Any, mu: Any) -> Any:
        return composite.MixedList(weights(0.4, 0.6), [exponential(lam), normal(mu)]).log_prob(x)

    logp, by_x, by_lam, by_mu = value_and_gradients(density, -2.0, 1.5, 0.0)
    assert logp == pytest.approx(np.log(0.6) + stats.norm.logpdf(-2.0), rel=1e-14)
    assert by_x == pytest.approx(2.0, rel=1e-14)
    assert by_lam == 0.0
    assert by_mu == pytest.approx(-2.0, rel=1e-14)


def test_a_component_with_invalid_parameters_is_impossible() -> None:
    def density(sigma: Any) -> Any:
        return composite.MixedList(weights(0.4, 0.6), [normal(0.0, sigma), normal(0.0)]).log_prob(1.0)

    logp, by_sigma = value_and_gradients(density, -1.0)
    assert logp == pytest.approx(np.log(0.6) + stats.norm.logpdf(1.0), rel=1e-14)
    assert by_sigma == 0.0


def test_everything_impossible_is_minus_infinity_with_no_gradient() -> None:
    def density(x: Any, lam: Any) -> Any:
        return composite.MixedList(weights(0.4, 0.6), [exponential(lam), exponential(2.0 * lam)]).log_prob(x)

    logp, by_x, by_lam = value_and_gradients(density, -1.0, 1.0)
    assert logp == -np.inf
    assert by_x == by_lam == 0.0


@pytest.mark.parametrize("far", [0.0, 30.0, 60.0, 1e5])
def test_a_weight_of_zero_has_a_finite_gradient(far: float) -> None:
    def density(w: Any) -> Any:
        return composite.MixedList(w, [normal(0.0), normal(far)]).log_prob(far)

    logp, by_w = value_and_gradients(density, np.array([1.0, 0.0]))
    assert logp == pytest.approx(stats.norm.logpdf(far), rel=1e-14)
    assert by_w[0] == pytest.approx(1.0, rel=1e-14)
    assert np.isfinite(by_w[1])
    if far < 30:
        assert by_w[1] == pytest.approx(1.0, rel=1e-13)


def test_far_tails_do_not_underflow() -> None:
    mixed = composite.MixedList(weights(0.5, 0.5), [normal(0.0), normal(1.0)])
    assert float(mixed.log_prob(1e4)) == pytest.approx(np.log(0.5) + stats.norm.logpdf(1e4, 1.0), rel=1e-14)


def test_tiny_weights_count() -> None:
    mixed = composite.MixedList(weights(1.0 - 1e-300, 1e-300), [normal(0.0), normal(100.0)])
    assert float(mixed.log_prob(100.0)) == pytest.approx(np.log(1e-300) + stats.norm.logpdf(0.0), rel=1e-13)


@pytest.mark.parametrize(
    ("w", "valid"),
    [
        ([0.3, 0.7], True),
        ([0.3, 0.700009], True),
        ([0.3, 0.70002], False),
        ([0.3, 0.6], False),
        ([-0.1, 1.1], False),
        ([np.nan, 0.5], False),
        ([0.0, 1.0], True),
    ],
)
def test_weights_are_checked_by_pymc3s_tolerance(w: list[float], valid: bool) -> None:
    def density(w: Any) -> Any:
        return tf.reduce_sum(composite.MixedList(w, [normal(0.0), normal(1.0)]).log_prob([0.5, 1.0]))

    logp, by_w = value_and_gradients(density, w)
    assert np.isfinite(logp) == valid
    assert not np.isnan(logp)
    assert np.all(np.isfinite(by_w))


def test_one_invalid_set_of_weights_rules_all_of_them_out() -> None:
    w = tf.constant([[0.5, 0.5], [0.5, 0.6]], tf.float64)
    mixed = composite.MixedList(w, [normal(0.0), normal(1.0)])
    assert mixed.log_prob([0.0, 0.0]).numpy().tolist() == [-np.inf, -np.inf]


def test_bounds_are_closed_and_do_not_normalise() -> None:
    bounded = composite.Bounded(normal(0.0), tf.constant(-1.0, tf.float64), tf.constant(2.0, tf.float64))
    logp = bounded.log_prob([-1.0, 0.3, 2.0, -1.5, 2.5, np.nan]).numpy()
    assert logp[:3] == pytest.approx(stats.norm.logpdf([-1.0, 0.3, 2.0]), rel=1e-14)
    assert logp[3:].tolist() == [-np.inf] * 3


def test_gradients_stay_finite_outside_the_bounds() -> None:
    def density(x: Any, mu: Any) -> Any:
        return composite.Bounded(normal(mu), tf.constant(0.0, tf.float64), None).log_prob(x)

    for x in (-1.0, -1e300):
        logp, by_x, by_mu = value_and_gradients(density, x, 0.5)
        assert logp == -np.inf
        assert by_x == by_mu == 0.0


@pytest.mark.parametrize("jit", [False, True])
def test_bounded_draws_follow_the_truncated_distribution(jit: bool) -> None:
    def draw() -> Any:
        return composite.Bounded(normal(0.5, 2.0), tf.constant(1.0, tf.float64), tf.constant(4.0, tf.float64)).sample(
            (DRAWS,), SEED
        )

    draws = (tf.function(draw, jit_compile=True) if jit else draw)().numpy()
    truth = stats.truncnorm(0.25, 1.75, 0.5, 2.0)
    assert stats.kstest(draws, truth.cdf).pvalue > ERROR_RATE


def test_bounds_without_mass_say_so() -> None:
    bounded = composite.Bounded(exponential(1.0), tf.constant(-3.0, tf.float64), tf.constant(-2.0, tf.float64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="no mass"):
        tf.function(lambda: bounded.sample((2,), SEED))()


def test_mixture_draws_follow_the_mixture() -> None:
    draws = composite.MixedList(weights(0.3, 0.7), [normal(-2.0), normal(3.0, 0.5)]).sample((DRAWS,), SEED).numpy()
    pvalue = stats.kstest(draws, lambda x: 0.3 * stats.norm.cdf(x, -2) + 0.7 * stats.norm.cdf(x, 3, 0.5)).pvalue
    assert pvalue > ERROR_RATE


def test_each_element_has_its_own_component() -> None:
    component = normal(tf.constant([-100.0, 100.0], tf.float64))
    mixed = composite.MixedAxis(weights(0.5, 0.5), component, (DRAWS, 2))
    draws = mixed.sample((DRAWS,), SEED).numpy()
    assert stats.binomtest(int(np.sum(draws > 0)), DRAWS, 0.5).pvalue > ERROR_RATE


def test_components_on_an_inner_axis() -> None:
    mu = np.array([[0.0, 1.0, 2.0], [100.0, 101.0, 102.0]])
    mixed = composite.MixedAxis(weights(0.2, 0.8), normal(mu), (2, 3), axis=-2)
    x = np.array([0.5, 1.5, 101.0])
    expected = np.log(0.2 * stats.norm.pdf(x, mu[0]) + 0.8 * stats.norm.pdf(x, mu[1]))
    assert mixed.log_prob(x).numpy() == pytest.approx(expected, rel=1e-13)
    batch = np.stack([x, x + 1.0])
    assert mixed.log_prob(batch).numpy()[0] == pytest.approx(expected, rel=1e-13)
    draws = mixed.sample((DRAWS, 3), SEED).numpy()
    for column in range(3):
        low = int(np.sum(draws[:, column] < 50))
        assert stats.binomtest(low, DRAWS, 0.2).pvalue > ERROR_RATE
        assert np.abs(np.mean(draws[draws[:, column] < 50, column]) - column) < 0.2


# --- the with front end ----------------------------------------------------------------------------------------------


def test_bound_twice_and_in_place() -> None:
    positive = pm.Bound(pm.Normal, lower=0.0)
    with pm.Model() as m:
        positive("a", mu=1.0, sigma=1.0)
        positive("b", mu=-1.0, sigma=2.0, shape=2)
        pm.Bound(pm.Poisson, 2, 5)("c", mu=1.0)
    assert [v.name for v in m.free_RVs] == ["a_lowerbound__", "b_lowerbound__", "c"]
    assert m.test_point["c"] == 3
    assert str(m.a) == "a ~ Bound-Normal"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pm.Bound(3), ValueError, "subclass"),
        (lambda: pm.Bound(pm.Normal.dist(0, 1), lower=0), ValueError, "second call"),
        (lambda: pm.Bound(pm.Normal, lower=0)("x", observed=1.0), ValueError, "Observed Bound"),
        (lambda: pm.Bound(pm.Poisson, lower=0)("x", 1, transform=pm.distributions.transforms.log), ValueError, "disc"),
        (lambda: pm.Bound(pm.Normal, lower=0)("x", mu=0, nu=1), TypeError, "nu"),
        (lambda: pm.Mixture("x", [0.5, 0.5], 3), TypeError, "comp_dists must be a Distribution"),
        (lambda: pm.Mixture("x", [0.5, 0.5], [pm.Normal.dist(0, 1), 2]), TypeError, "int"),
        (lambda: pm.Mixture("x", [0.5, 0.5], [pm.Normal.dist(0, 1)]), ValueError, "1 components"),
        (
            lambda: pm.Mixture("x", [0.5, 0.5], [pm.Normal.dist(0, 1, shape=2), pm.Normal.dist(0, 1, shape=3)]),
            TypeError,
            "do not broadcast",
        ),
        (
            lambda: pm.Mixture(
                "x", [0.5, 0.5], pm.Normal.dist(0, 1, shape=(4, 2)), shape=(3, 4), observed=np.ones((3, 4))
            ),
            ValueError,
            r"value of shape \(3, 4\).*components of shape \(4, 2\)",
        ),
        (lambda: pm.NormalMixture("x", [0.5, 0.5], [0.0, 1.0], sigma=1, tau=1), ValueError, "both tau and sigma"),
        (lambda: pm.MixtureSameFamily("x", [0.5, 0.5], [pm.Normal.dist(0, 1)]), TypeError, "only accepts Distribution"),
        (lambda: pm.MixtureSameFamily("x", [1.0], pm.Normal.dist(0, 1, shape=1)), TypeError, "'shape'"),
        (
            lambda: pm.MixtureSameFamily("x", [1.0], pm.Normal.dist(0, 1, shape=1), mixture_axis=2, shape=()),
            ValueError,
            "mixture_axis",
        ),
        (lambda: pm.DensityDist("x", 3.0), TypeError, "needs a function"),
        (lambda: pm.DensityDist("x", lambda value: None), ValueError, "returned None"),
        (lambda: pm.DensityDist("x", lambda value: value + np.zeros(2), shape=3), ValueError, "operands"),
        (lambda: pm.Simulator("x", lambda a: a, params=[1.0]), TypeError, "observed="),
        (
            lambda: pm.Simulator("x", lambda a: a, params=[1.0], distance="far", observed=np.ones(3)),
            ValueError,
            "far",
        ),
        (
            lambda: pm.Simulator("x", lambda a: a, params=[1.0], sum_stat="max", observed=np.ones(3)),
            ValueError,
            "max",
        ),
    ],
)
def test_errors_name_what_is_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pm.Model() as m, pytest.raises(error, match=message):
        call()
    assert m.named_vars == {}


def draws_of(build: Any, name: str, count: int = 500) -> np.ndarray:
    with pm.Model():
        build()
        return pm.sample_prior_predictive(count, random_seed=1)[name]


def test_prior_draws_of_composites() -> None:
    def build() -> None:
        w = pm.Dirichlet("w", np.ones(2))
        low = pm.Normal("low", 0.0, 1.0)
        pm.Bound(pm.Normal, lower=low)("x", mu=low, sigma=1.0)
        pm.Mixture("y", w, [pm.Normal.dist(-50.0, 1.0), pm.Normal.dist(50.0, 1.0)], observed=np.zeros(4))

    with pm.Model():
        build()
        drawn = pm.sample_prior_predictive(300, random_seed=1)
    assert np.all(drawn["x"] >= drawn["low"])
    share = np.mean(drawn["y"] > 0, axis=1)
    assert np.corrcoef(share, drawn["w"][:, 1])[0, 1] > 0.6


def test_a_density_dist_draws_with_its_function() -> None:
    def build() -> None:
        mu = pm.Normal("mu", 0.0, 100.0)

        def random(point: Any = None, size: Any = None) -> np.ndarray:
            return np.random.normal(point["mu"], 1.0, size=size)

        pm.DensityDist("x", lambda value: -0.5 * tt.sqr(value - mu), shape=3, random=random)

    with pm.Model():
        build()
        drawn = pm.sample_prior_predictive(200, random_seed=1)
        again = pm.sample_prior_predictive(200, random_seed=1)
    assert drawn["x"].shape == (200, 3)
    assert np.max(np.abs(drawn["x"] - drawn["mu"][:, None])) < 6.0
    assert len(np.unique(drawn["x"])) == 600
    assert np.array_equal(drawn["x"], again["x"])


def test_a_density_without_draws_says_so() -> None:
    with pm.Model():
        pm.DensityDist("x", lambda value: -0.5 * tt.sqr(value))
        with pytest.raises(ValueError, match="random"):
            pm.sample_prior_predictive(3)
    with pm.Model():
        lam = pm.Gamma("lam", 2.0, 1.0)
        pm.DensityDist("y", lambda t: tt.log(lam) - lam * t, observed={"t": np.ones(3)})
        with pytest.raises(ValueError, match="random"):
            pm.sample_prior_predictive(3)


@pytest.mark.parametrize(
    ("wrap", "check", "expected"), [(True, True, (5, 4, 3)), (False, False, (5, 3)), (False, True, RuntimeError)]
)
def test_shapes_of_given_draws(wrap: bool, check: bool, expected: Any) -> None:
    inner = pm.Normal.dist(0.0, 1.0, shape=3)
    dist = pm.DensityDist.dist(
        inner.logp,
        shape=(4, 3),
        random=inner.random,
        wrap_random_with_dist_shape=wrap,
        check_shape_in_random=check,
    )
    if expected is RuntimeError:
        with pytest.raises(RuntimeError, match="shape inconsistency"):
            dist.random(size=5)
    else:
        assert dist.random(size=5).shape == expected


def test_a_simulator_has_no_density_and_draws_with_its_function() -> None:
    data = np.array([1.0, 2.0, 3.0])

    def simulate(a: Any) -> np.ndarray:
        return a + np.zeros(3)

    with pm.Model() as m:
        a = pm.Normal("a", 0.0, 1.0)
        s = pm.Simulator("s", simulate, params=[a], sum_stat="sort", epsilon=2.0, observed=data)
        drawn = pm.sample_prior_predictive(4, random_seed=1)
        with pytest.raises(NotSupported, match="Simulator"):
            pm.sample(10, tune=10, chains=1)
    assert float(m.logp({"a": 0.0})) == pytest.approx(stats.norm.logpdf(0.0), rel=1e-14)
    assert np.array_equal(drawn["s"], np.repeat(drawn["a"][:, None], 3, axis=1))
    dist = s.distribution
    assert dist.distance(2.0, data, data + 2.0).tolist() == [-0.5] * 3
    assert dist.sum_stat(np.array([2.0, 1.0])).tolist() == [1.0, 2.0]


def test_a_simulator_is_shown_with_its_function_and_its_summary() -> None:
    def simulate(a: Any, b: Any) -> np.ndarray:
        return a + b + np.zeros(3)

    with pm.Model():
        s = pm.Simulator("s", simulate, params=[pm.Normal("a"), 2.0], sum_stat="sort", observed=np.ones(3))
    assert str(s) == "s ~ Simulator(simulate(a, 2.0), gaussian, sort)"
    names = (r"\text{simulate}(a, 2.0)", r"\text{gaussian}", r"\text{sort}")
    assert s._repr_latex_() == rf"$\text{{s}} \sim  \text{{Simulator}}({', '.join(names)})$"


def test_a_simulator_without_a_function_has_a_distance_and_no_draws() -> None:
    with pm.Model():
        s = pm.Simulator("s", None, params=None, distance="kullback_leibler", sum_stat="sort", observed=np.arange(3.0))
    assert s.distribution.sum_stat(np.array([2.0, 1.0])).tolist() == [2.0, 1.0]
    with pytest.raises(TypeError, match="no draws"):
        s.distribution.random()


def test_simulator_distances() -> None:
    observed, simulated = np.array([0.5, 1.5, 4.0]), np.array([0.0, 2.0, 3.0])
    with pm.Model():
        dist = pm.Simulator("s", np.sort, params=[1.0], distance="kullback_leibler", observed=observed).distribution
        laplace = pm.Simulator("t", np.sort, params=[1.0], distance="laplace", observed=observed).distribution
    assert laplace.distance(2.0, observed, simulated).tolist() == [-0.25, -0.25, -0.5]
    # nearest simulated: 0.5, 0.5, 1; nearest observed: 1, 1, 2.5; Perez-Cruz 2008, eq. 14
    expected = (np.log(2.0) + np.log(2.0) + np.log(2.5)) / 3 + np.log(1.5)
    assert dist.distance(1.0, observed, simulated) == pytest.approx(expected, rel=1e-14)


class Waiting(base.PositiveContinuous):
    """Lomax, as a PyMC3 program writes it."""

    def __init__(self, alpha: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.alpha = tt.as_tensor_variable(alpha)
        self.mean = tt.constant(1.0)

    def logp(self, value: Any) -> Any:
        return pm.distributions.dist_math.bound(
            tt.log(self.alpha) - (self.alpha + 1.0) * tt.log1p(value), value > 0, self.alpha > 0
        )

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        (alpha,) = pm.distributions.draw_values([self.alpha], point=point, size=size)
        return pm.distributions.generate_samples(np.random.pareto, alpha, dist_shape=self.shape, size=size)


def test_a_custom_class_in_every_place() -> None:
    with pm.Model() as m:
        alpha = pm.Gamma("alpha", 20.0, 5.0)
        x = Waiting("x", alpha, shape=2)
        Waiting("y", alpha, observed=np.array([0.1, 0.5, 2.0]))
        drawn = pm.sample_prior_predictive(2000, random_seed=2)
    assert [v.name for v in m.free_RVs] == ["alpha_log__", "x_log__"]
    assert str(x) == "x ~ Waiting"
    a = 3.0
    values = np.array([0.1, 0.5, 2.0])
    terms = m.check_test_point({**m.test_point, "alpha_log__": np.log(a)}, round_vals=12)
    assert terms["y"] == pytest.approx(3 * np.log(a) - (a + 1) * np.log1p(values).sum(), abs=1e-11)
    assert drawn["x"].shape == (2000, 2) and drawn["y"].shape == (2000, 3)
    uniform = (1.0 + drawn["x"]) ** -drawn["alpha"][:, None]
    assert stats.kstest(uniform.ravel(), "uniform").pvalue > ERROR_RATE


def test_a_custom_class_can_be_bounded_and_mixed() -> None:
    with pm.Model() as m:
        pm.Bound(Waiting, upper=2.0)("x", 1.5)
        pm.Mixture("y", [0.5, 0.5], [Waiting.dist(2.0), pm.Exponential.dist(1.0)], observed=[0.5])
    expected = np.log(0.5 * 2.0 * 1.5**-3.0 + 0.5 * np.exp(-0.5))
    assert m.check_test_point(round_vals=12)["y"] == pytest.approx(expected, abs=1e-11)
    assert m.x.transformed.name == "x_upperbound__"


def test_a_custom_density_reads_shared_data_as_they_are() -> None:
    with pm.Model() as m:
        scale = pm.Data("scale", 2.0)
        pm.DensityDist("x", lambda value: -scale * tt.sqr(value))
    assert float(m.logp({"x": 1.0})) == -2.0
    with m:
        pm.set_data({"scale": 5.0})
    assert float(m.logp({"x": 1.0})) == -5.0


def test_no_distribution_is_flat() -> None:
    parent = pm.Normal.dist(1.0, 2.0)
    dist = pm.NoDistribution.dist((), "float64", testval=0.5, parent_dist=parent)
    assert float(dist.logp(3.0).eval()) == 0.0
    assert dist.mu is parent.mu
    with pytest.raises(AttributeError):
        _ = pm.NoDistribution.dist((), "float64").mu


# --- modelling faults of PyMC3 ---------------------------------------------------------------------------------------


@pytest.fixture
def unsaid() -> Any:
    before = set(_said)
    _said.clear()
    yield
    _said.clear()
    _said.update(before)


def test_a_list_of_one_component_is_said_and_can_be_mended(unsaid: None) -> None:
    data = np.array([0.5, -1.0])
    with pm.Model() as m, pytest.warns(QuirkWarning, match="single component"):
        pm.Mixture("y", [1.0], [pm.Normal.dist(0.0, 1.0)], observed=data)
    assert float(m.logp(m.test_point)) == pytest.approx(np.log(stats.norm.pdf(data).sum()), rel=1e-14)
    with pm.Model() as m, quirks("fixed"):
        pm.Mixture("y", [1.0], [pm.Normal.dist(0.0, 1.0)], observed=data)
    assert float(m.logp(m.test_point)) == pytest.approx(stats.norm.logpdf(data).sum(), rel=1e-14)


def test_a_bound_of_vectors_is_said_and_can_be_mended(unsaid: None) -> None:
    point = {"x_lowerbound__": np.zeros(2)}
    truth = 2 * stats.norm.logpdf(1.0)
    with pm.Model() as m, pytest.warns(QuirkWarning, match="once for every element"):
        pm.Bound(pm.MvNormal, lower=0.0)("x", mu=np.zeros(2), cov=np.eye(2), shape=2)
    assert float(m.logp(point)) == pytest.approx(2 * truth, rel=1e-13)
    with pm.Model() as m, quirks("fixed"):
        pm.Bound(pm.MvNormal, lower=0.0)("x", mu=np.zeros(2), cov=np.eye(2), shape=2)
    assert float(m.logp(point)) == pytest.approx(truth, rel=1e-13)


def test_unweighted_vectors_are_said_and_can_be_mended(unsaid: None) -> None:
    mu = np.array([[0.0, 0.0], [2.0, 1.0]])

    def build() -> None:
        comp = pm.MvNormal.dist(mu=mu, cov=np.eye(2), shape=(2, 2))
        pm.MixtureSameFamily("x", np.array([0.3, 0.7]), comp, mixture_axis=0, shape=2, testval=np.zeros(2))

    each = np.array([stats.multivariate_normal.logpdf(np.ones(2), row) for row in mu])
    with pm.Model() as m, pytest.warns(QuirkWarning, match="leaves the weights out"):
        build()
    assert float(m.logp({"x": np.ones(2)})) == pytest.approx(each.sum(), rel=1e-13)
    with pm.Model() as m, quirks("fixed"):
        build()
    expected = np.log(np.array([0.3, 0.7]) @ np.exp(each))
    assert float(m.logp({"x": np.ones(2)})) == pytest.approx(expected, rel=1e-13)


def test_the_first_positional_argument_of_bound_dist_is_lost_in_pymc3(unsaid: None) -> None:
    bounded = pm.Bound(pm.Normal, lower=0.0)
    with pytest.warns(QuirkWarning, match="taken for the transform"):
        shifted = bounded.dist(5.0, 1.0)
    # recorded from PyMC3 3.11.6: Normal(mu=1, sigma=1)
    assert shifted.logp(np.array([-1.0, 0.0, 1.0])).eval() == pytest.approx(
        [-np.inf, -1.4189385332046727, -0.9189385332046727], rel=1e-15
    )
    with quirks("fixed"):
        mended = bounded.dist(5.0, 1.0)
    for dist in (mended, bounded.dist(mu=5.0, sigma=1.0)):
        assert float(dist.logp(1.0).eval()) == pytest.approx(stats.norm.logpdf(1.0, 5.0), rel=1e-15)
    with pm.Model() as m:
        bounded("x", 5.0, 1.0)
    assert float(m.logp({"x_lowerbound__": 0.0})) == pytest.approx(stats.norm.logpdf(1.0, 5.0), rel=1e-15)


LOG = pm.distributions.transforms.log
ORDERED = pm.distributions.transforms.ordered
SQUARES = (1.0**2 + 2.0**2 + 3.0**2) / 2
#: Densities at 1, 2, 3 (in every row), with how often PyMC3 counts them and the Jacobian of their transform.
JACOBIANS: dict[str, tuple[Any, tuple[int, ...], Any, float, float, int, int]] = {
    # name: function, shape, transform, log density, Jacobian, times of each
    "elementwise": (lambda v: -0.5 * v**2, (3,), LOG, -SQUARES, np.log(6.0), 1, 1),
    "summed": (lambda v: -0.5 * tt.sum(v**2), (3,), LOG, -SQUARES, np.log(6.0), 3, 1),
    "of rows": (lambda v: -0.5 * tt.sum(v**2, axis=1), (3, 3), LOG, -3 * SQUARES, 3 * np.log(6.0), 3, 1),
    "of rows, vectors mapped": (lambda v: -0.5 * tt.sum(v**2, axis=1), (2, 3), ORDERED, -2 * SQUARES, 0.0, 1, 1),
    "elementwise, vectors mapped": (lambda v: -0.5 * v**2, (2, 3), ORDERED, -2 * SQUARES, 0.0, 1, 1),
    "summed, vectors mapped": (lambda v: -0.5 * tt.sum(v**2), (2, 3), ORDERED, -2 * SQUARES, 0.0, 2, 1),
    "more axes than the value": (
        lambda v: -0.5 * (v * tt.ones((2, 1))) ** 2 / np.ones((2, 4)),
        (),
        LOG,
        -8 * 0.5 * 4.0,
        np.log(2.0),
        1,
        2,
    ),
    "does not broadcast": (lambda v: -0.5 * tt.sum(v**2, axis=1), (2, 3), LOG, -2 * SQUARES, 2 * np.log(6.0), 1, 1),
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_a_jacobian_is_added_as_in_pymc3_or_once(name: str, unsaid: None) -> None:
    density, shape, transform, logp, jacobian, times_density, times_jacobian = JACOBIANS[name]
    start = np.broadcast_to([1.0, 2.0, 3.0], shape) if shape else np.array(2.0)

    def build() -> float:
        with pm.Model() as m:
            pm.DensityDist("x", density, shape=shape, transform=transform, testval=start)
        return float(m.logp(m.test_point))

    with quirks("fixed"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert build() == pytest.approx(logp + jacobian, rel=1e-13)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert build() == pytest.approx(times_density * logp + times_jacobian * jacobian, rel=1e-13)
    said = [str(w.message) for w in caught if w.category is QuirkWarning]
    assert len(said) == (max(times_density, times_jacobian) > 1)
    assert all(f"counted {max(times_density, times_jacobian)} times" in text for text in said)


@pytest.mark.parametrize(
    ("build", "truth"),
    [
        (
            lambda: pm.Bound(pm.AR1, lower=-9.0)("x", k=0.5, tau_e=1.0, shape=4, transform=None, testval=0.0),
            4 * stats.norm.logpdf(0.0) + 0.5 * np.log(0.75),
        ),
        (
            lambda: pm.Bound(pm.AR, lower=-9.0)("x", rho=[0.5], shape=4, transform=None, testval=0.0),
            3 * stats.norm.logpdf(0.0),
        ),
        (lambda: pm.Bound(Summed, lower=-9.0)("x", shape=4, transform=None, testval=1.0), -4.0),
    ],
    ids=["AR1", "AR", "a program's own"],
)
def test_a_bound_of_a_summed_density_is_said_and_can_be_mended(build: Any, truth: float, unsaid: None) -> None:
    with pm.Model() as m, pytest.warns(QuirkWarning, match="once for every element"):
        build()
    assert float(m.logp(m.test_point)) == pytest.approx(4 * truth, rel=1e-13)
    with pm.Model() as m, quirks("fixed"):
        build()
    assert float(m.logp(m.test_point)) == pytest.approx(truth, rel=1e-13)
    assert float(m.logp({"x": np.array([0.0, 0.0, -10.0, 0.0])})) == -np.inf


class Summed(pm.Continuous):
    """A density of a program that is one number for a whole vector."""

    def logp(self, value: Any) -> Any:
        return -tt.sum(value**2)


# --- the generator front end -----------------------------------------------------------------------------------------


def both_front_ends(generator: Any, with_block: Any) -> tuple[Any, Any]:
    model = pm4.model(name=None)(generator)()
    with pm.Model() as m:
        with_block()
    return model.log_density(), m.log_density()


DATA = np.array([-1.3, 0.2, 0.9, 2.5])


def generator_mixture() -> Any:
    w = yield pm4.Dirichlet("w", np.ones(2))
    mu = yield pm4.Normal("mu", 0.0, 2.0)
    yield pm4.Mixture("y", w, [pm4.Normal.dist(mu, 1.0), pm4.StudentT.dist(mu, 2.0, 3.0)], observed=DATA)


def block_mixture() -> None:
    w = pm.Dirichlet("w", np.ones(2))
    mu = pm.Normal("mu", 0.0, 2.0)
    pm.Mixture("y", w, [pm.Normal.dist(mu, 1.0), pm.StudentT.dist(3.0, mu, sigma=2.0)], observed=DATA)


def generator_normal_mixture() -> Any:
    mu = yield pm4.Normal("mu", np.zeros(2), 2.0)
    yield pm4.NormalMixture("y", [0.3, 0.7], mu, 1.5, observed=DATA)


def block_normal_mixture() -> None:
    mu = pm.Normal("mu", 0.0, 2.0, shape=2)
    pm.NormalMixture("y", [0.3, 0.7], mu, 1.5, observed=DATA)


def generator_bound() -> Any:
    low = yield pm4.Normal("low", 0.0, 2.0)
    yield pm4.Bound("x", pm4.Normal.dist(low, 1.0), lower=low)
    yield pm4.Bound("k", pm4.Poisson.dist(2.0), lower=1, upper=5)


def block_bound() -> None:
    low = pm.Normal("low", 0.0, 2.0)
    pm.Bound(pm.Normal, lower=low)("x", low, 1.0)
    pm.Bound(pm.Poisson, lower=1, upper=5)("k", 2.0)


def generator_density() -> Any:
    mu = yield pm4.Normal("mu", 0.0, 2.0)
    yield pm4.DensityDist("x", lambda value: -abs(value - mu), shape=(3,), testval=0.5)


def block_density() -> None:
    mu = pm.Normal("mu", 0.0, 2.0)
    pm.DensityDist("x", lambda value: -abs(value - mu), shape=3, testval=0.5)


def generator_axis() -> Any:
    mu = yield pm4.Normal("mu", np.zeros((2, 3)), 2.0)
    yield pm4.MixtureSameFamily("x", [0.3, 0.7], pm4.Normal.dist(mu, 1.0), mixture_axis=0)


def block_axis() -> None:
    mu = pm.Normal("mu", 0.0, 2.0, shape=(2, 3))
    pm.MixtureSameFamily("x", np.array([0.3, 0.7]), pm.Normal.dist(mu, 1.0, shape=(2, 3)), mixture_axis=0, shape=3)


@pytest.mark.parametrize(
    ("generator", "with_block"),
    [
        (generator_mixture, block_mixture),
        (generator_normal_mixture, block_normal_mixture),
        (generator_bound, block_bound),
        (generator_density, block_density),
        (generator_axis, block_axis),
    ],
    ids=lambda f: f.__name__,
)
def test_both_front_ends_agree(generator: Any, with_block: Any) -> None:
    first, second = both_front_ends(generator, with_block)
    assert [v.rv_name for v in first.variables] == [v.rv_name for v in second.variables]
    rng = np.random.default_rng(0)
    point, same = {}, {}
    for mine, theirs in zip(first.variables, second.variables, strict=True):
        assert mine.shape == theirs.shape and mine.kind == theirs.kind and mine.transform == theirs.transform
        value = theirs.test_value if theirs.discrete else rng.normal(size=theirs.shape)
        point[mine.name] = same[theirs.name] = value
    ours, gradient = first.logp_and_gradient(point)
    theirs_logp, their_gradient = second.logp_and_gradient(same)
    assert ours == pytest.approx(theirs_logp, rel=1e-14)
    for mine, theirs in zip(first.continuous, second.continuous, strict=True):
        assert gradient[mine.name] == pytest.approx(their_gradient[theirs.name], rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    "ends",
    [(-np.inf, np.inf), (None, np.inf), (-np.inf, None), (np.float64(-np.inf), float("inf"))],
)
def test_infinite_ends_of_a_generator_bound_are_none(ends: tuple[Any, Any]) -> None:
    @pm4.model(name=None)
    def build() -> Any:
        yield pm4.Bound("x", pm4.Normal.dist(1.0, 2.0), *ends)

    density = build().log_density()
    assert [v.name for v in density.variables] == ["x"]
    assert density.test_point["x"] == 1.0
    assert density.logp_and_gradient({"x": 0.5})[0] == pytest.approx(stats.norm.logpdf(0.5, 1.0, 2.0), rel=1e-14)


@pytest.mark.parametrize(
    ("density", "shape", "times"),
    [
        (lambda v: -0.5 * v**2, (3,), 1),
        (lambda v: -0.5 * tf.reduce_sum(v**2), (3,), 3),
        (lambda v: -0.5 * tf.reduce_sum(v**2, axis=1), (3, 3), 3),
        (lambda v: -0.5 * tf.reduce_sum(v**2, axis=1), (2, 3), 1),
    ],
    ids=["elementwise", "summed", "of rows", "does not broadcast"],
)
def test_a_generator_density_keeps_pymc3s_sum_with_a_jacobian(
    density: Any, shape: tuple[int, ...], times: int, unsaid: None
) -> None:
    @pm4.model(name=None)
    def build() -> Any:
        yield pm4.DensityDist("x", density, shape=shape, transform=LOG, testval=np.broadcast_to([1.0, 2.0, 3.0], shape))

    def number() -> float:
        compiled = build().log_density()
        return float(compiled.logp_and_gradient(compiled.test_point)[0])

    rows = int(np.prod(shape)) // 3
    with quirks("fixed"):
        assert number() == pytest.approx(rows * (np.log(6.0) - SQUARES), rel=1e-13)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert number() == pytest.approx(rows * (np.log(6.0) - times * SQUARES), rel=1e-13)
    assert [w.category for w in caught].count(QuirkWarning) == (times > 1)


def test_generator_composites_draw() -> None:
    @pm4.model(name=None)
    def build() -> Any:
        low = yield pm4.Normal("low", 0.0, 2.0)
        yield pm4.Bound("x", pm4.Normal.dist(low, 1.0), lower=low)
        yield pm4.Mixture("y", [0.5, 0.5], [pm4.Normal.dist(-9.0, 1.0), pm4.Normal.dist(9.0, 1.0)], batch_stack=4)
        yield pm4.DensityDist("z", lambda v: -abs(v), lambda shape, seed: tf.zeros(shape, tf.float64), shape=(2,))

    drawn = build().log_density().forward({}, SEED)
    assert float(drawn["x"]) >= float(drawn["low"])
    assert drawn["y"].shape == (4,) and drawn["z"].shape == (2,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pm4.Mixture("x", [0.5, 0.5], [pm4.Normal.dist(0, 1)]), ModelError, "1 distributions"),
        (lambda: pm4.Mixture("x", [0.5, 0.5]), TypeError, "'distributions'"),
        (lambda: pm4.Mixture("x", [0.5, 0.5], [], 3), TypeError, "3 positional"),
        (lambda: pm4.Mixture("x", w=[0.5, 0.5]), TypeError, "no argument 'w'"),
        (lambda: pm4.Mixture("x", [0.5, 0.5], pm4.Normal.dist(np.zeros(3), 1.0)), ModelError, "as many components"),
        (
            lambda: pm4.MixtureSameFamily("x", [0.5, 0.5], pm4.Normal.dist(np.zeros(2), 1.0), 1),
            ModelError,
            "mixture_axis=1",
        ),
        (lambda: pm4.Bound("x", pm4.Normal), TypeError, "made by .dist"),
        (lambda: pm4.DensityDist("x", 3.0), TypeError, "function"),
        (lambda: pm4.Bound("x", pm4.Normal.dist(0, 1), event_stack=2), ModelError, "event_stack"),
    ],
)
def test_generator_errors_name_what_is_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
