"""TFP distributions, joint distributions and Edward2-style random variables in models; PyMC4's own distributions."""

from __future__ import annotations

import doctest
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, special, stats
from tensorflow_probability import distributions as tfd
from tensorflow_probability import sts

import pm_migrate.pymc4 as pm
from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims.pymc4.float64 import in_float64

F32 = np.float32


def one(build: Any) -> Any:
    @pm.model(name=None)
    def single() -> Any:
        yield build()

    return single()


# class, an equal distribution of ours, a value
EQUAL = [
    (lambda: tfd.Normal(0.5, 2.0), lambda: pm.Normal.dist(0.5, 2.0), 1.3),
    (lambda: tfd.Normal(1, 2), lambda: pm.Normal.dist(1, 2), 1.3),
    (lambda: tfd.Gamma(2.0, [3.0, 4.0]), lambda: pm.Gamma.dist(2.0, [3.0, 4.0]), 0.7),
    (lambda: tfd.Poisson(3.5), lambda: pm.Poisson.dist(3.5), 2),
    (lambda: tfd.Binomial(10, probs=0.25), lambda: pm.Binomial.dist(10, 0.25), 3),
    (lambda: tfd.Categorical(probs=[0.25, 0.75]), lambda: pm.Categorical.dist([0.25, 0.75]), 1),
    (lambda: tfd.Bernoulli(logits=-1.0), lambda: pm.Bernoulli.dist(logits=-1.0), 1),
    (lambda: tfd.Dirichlet([1.5, 2.0, 3.0]), lambda: pm.Dirichlet.dist([1.5, 2.0, 3.0]), [0.25, 0.25, 0.5]),
    (
        lambda: tfd.MultivariateNormalTriL([0.0, 1.0], [[1.0, 0.0], [0.5, 2.0]]),
        lambda: pm.MvNormalCholesky.dist([0.0, 1.0], [[1.0, 0.0], [0.5, 2.0]]),
        [0.3, 0.4],
    ),
    (
        lambda: tfd.MultivariateNormalLinearOperator([0.0, 1.0], tf.linalg.LinearOperatorDiag([1.0, 2.0])),
        lambda: pm.MvNormal.dist([0.0, 1.0], np.diag([1.0, 4.0])),
        [0.3, 0.4],
    ),
    (
        lambda: tfd.Independent(tfd.Normal([0.0, 1.0], 2.0), 1),
        lambda: pm.Normal.dist([0.0, 1.0], 2.0, reinterpreted_batch_ndims=1),
        [0.3, 0.4],
    ),
    (lambda: tfd.Sample(tfd.Exponential(2.0), 3), lambda: pm.Exponential.dist(2.0, event_stack=3), [0.1, 0.2, 0.3]),
    (
        lambda: tfd.MixtureSameFamily(tfd.Categorical(probs=[0.25, 0.75]), tfd.Normal([0.0, 4.0], [1.0, 2.0])),
        lambda: pm.NormalMixture.dist([0.25, 0.75], [0.0, 4.0], [1.0, 2.0]),
        1.7,
    ),
    (
        lambda: tfd.TransformedDistribution(tfd.Normal(0.5, 2.0), tfp.bijectors.Exp()),
        lambda: pm.LogNormal.dist(0.5, 2.0),
        1.7,
    ),
]


@pytest.mark.parametrize(("theirs", "ours", "value"), EQUAL, ids=[f"{i}" for i in range(len(EQUAL))])
def test_a_tfp_distribution_is_a_distribution_in_float64(theirs: Any, ours: Any, value: Any) -> None:
    theirs, ours = theirs(), ours()
    dist = pm.from_tfp(None, theirs)
    assert isinstance(dist, pm.distributions.Distribution) and dist.is_anonymous
    assert (dist.batch_shape, dist.event_shape) == (ours.batch_shape, ours.event_shape)
    assert (dist.discrete, dist.kind, dist.categories, dist.dtype) == (
        ours.discrete,
        ours.kind,
        ours.categories,
        ours.dtype,
    )
    np.testing.assert_allclose(dist.log_prob_numpy(value), ours.log_prob_numpy(value), rtol=1e-13)
    assert dist.test_value.shape == ours.test_value.shape and np.isfinite(dist.log_prob_numpy(dist.test_value)).all()
    draws = dist.sample((2, 5), seed=3)
    assert draws.shape == (2, 5, *ours.value_shape) and draws.dtype == ours.dtype
    assert np.isfinite(ours.log_prob_numpy(draws)).all()
    np.testing.assert_array_equal(draws, dist.sample((2, 5), seed=3))


def test_the_stacks_come_in_pymc4s_order() -> None:
    loc = np.arange(8.0).reshape(2, 4)
    dist = pm.from_tfp(None, tfd.Normal(loc, 1.0), reinterpreted_batch_ndims=1, batch_stack=3, event_stack=5)
    assert (dist.batch_shape, dist.event_shape) == ((3, 2), (5, 4))
    value = dist.sample_numpy(seed=1)
    expected = stats.norm.logpdf(value, loc[:, None], 1.0).sum(axis=(-2, -1))
    np.testing.assert_allclose(dist.log_prob_numpy(value), expected, rtol=1e-13)
    shaped = pm.from_tfp(None, tfd.Normal(loc, 1.0), shape=(3, 2, 4))
    assert shaped.batch_shape == (3, 2, 4) and shaped.sample(seed=1).shape == (3, 2, 4)
    with pytest.raises(ModelError, match=r"shape=\(3,\) does not hold the parameters"):
        pm.from_tfp("x", tfd.Normal(loc, 1.0), shape=3)


@pytest.mark.parametrize(
    ("distribution", "name"),
    [
        (lambda: tfd.Normal(0.0, 1.0), "x"),
        (lambda: tfd.Gamma(2.0, 3.0), "__softplus_x"),
        (lambda: tfd.LogNormal(0.0, 1.0), "__exp_x"),
        (lambda: tfd.Beta(1.0, 2.0), "__sigmoid_x"),
        (lambda: tfd.Uniform(-1.0, 2.0), "__sigmoid_x"),
        (lambda: tfd.HalfCauchy(1.0, 2.0), "__shift-exp_x"),
        (lambda: tfd.Dirichlet([1.0, 2.0]), "__stickbreaking_x"),
        (lambda: tfd.CholeskyLKJ(3, 2.0), "__correlation-cholesky_x"),
        (lambda: tfd.Mixture(tfd.Categorical(probs=[0.5, 0.5]), [tfd.Gamma(1.0, 1.0), tfd.Chi2(2.0)]), "__softplus_x"),
        (lambda: tfd.Mixture(tfd.Categorical(probs=[0.5, 0.5]), [tfd.Gamma(1.0, 1.0), tfd.Normal(1.0, 2.0)]), "x"),
        (lambda: tfd.Poisson(2.0), "x"),
    ],
)
def test_the_default_transform_is_the_bijector(distribution: Any, name: str) -> None:
    (variable,) = one(lambda: pm.from_tfp("x", distribution())).log_density().variables
    assert variable.name == name
    chosen = one(lambda: pm.from_tfp("x", distribution(), transform=pm.NO_TRANSFORM))
    assert chosen.log_density().variables[0].name == "x"


def test_the_density_in_the_unconstrained_space() -> None:
    """Of a Gamma distribution by softplus, of a matrix by TFP's bijector: both by the change of variables."""
    density = one(lambda: pm.from_tfp("x", tfd.Gamma(2.0, 3.0), batch_stack=2)).log_density()
    z = np.array([-0.4, 1.1])
    expected = np.sum(stats.gamma(2.0, scale=1 / 3.0).logpdf(np.log1p(np.exp(z))) - np.log1p(np.exp(-z)))
    for jit in (False, True):
        assert density.logp_and_gradient({"__softplus_x": z}, jit=jit)[0] == pytest.approx(expected, rel=1e-13)

    lkj = one(lambda: pm.from_tfp("x", tfd.CholeskyLKJ(2, 2.0))).log_density()

    def probability(y: float) -> float:
        return float(np.exp(lkj.logp_and_gradient({"__correlation-cholesky_x": [y]})[0]))

    assert integrate.quad(probability, -40, 40, epsabs=1e-7, limit=100)[0] == pytest.approx(1.0, rel=1e-4)


def eight_schools() -> Any:
    """Parameters of TFP distributions that are values of the model."""
    effect = np.array([28.0, 8.0, -3.0])

    @pm.model(name="m")
    def theirs() -> Any:
        mu = yield pm.from_tfp("mu", tfd.Normal(0.0, 5.0))
        tau = yield pm.from_tfp("tau", tfd.LogNormal(0.0, 1.0))
        theta = yield pm.from_tfp("theta", tfd.Independent(tfd.Normal(mu * np.ones(3), tau), 1))
        k = yield pm.from_tfp("k", tfd.Poisson(tau))
        scale = 10.0 + tf.cast(k > 2, tf.float64)
        yield pm.from_tfp("y", tfd.Normal(theta, scale), observed=effect)

    @pm.model(name="m")
    def ours() -> Any:
        exp = pm.distributions.transforms.log
        mu = yield pm.Normal("mu", 0.0, 5.0)
        tau = yield pm.LogNormal("tau", 0.0, 1.0, transform=exp)
        theta = yield pm.Normal("theta", mu * np.ones(3), tau)
        k = yield pm.Poisson("k", tau)
        yield pm.Normal("y", theta, 10.0 + (k > 2), observed=effect)

    return theirs(), ours()


def test_a_model_of_tfp_distributions_is_the_model_of_ours() -> None:
    theirs, ours = eight_schools()
    a, b = theirs.log_density(), ours.log_density()
    assert [v.name for v in a.variables] == ["m/mu", "m/__exp_tau", "m/theta", "m/k"]
    assert [(v.shape, v.dtype, v.kind) for v in a.variables] == [(v.shape, v.dtype, v.kind) for v in b.variables]
    point = {"m/mu": 1.0, "m/__exp_tau": 0.3, "m/theta": np.array([0.1, -0.2, 2.0]), "m/k": 3}
    same = {("m/__log_tau" if name == "m/__exp_tau" else name): v for name, v in point.items()}
    (x, dx), (y, dy) = a.logp_and_gradient(point), b.logp_and_gradient(same)
    assert x == pytest.approx(y, rel=1e-13)
    for name, gradient in dx.items():
        np.testing.assert_allclose(gradient, dy[name.replace("__exp", "__log")], rtol=1e-12)


def test_evaluation() -> None:
    theirs, _ = eight_schools()
    _, state = pm.evaluate_model(theirs, seed=3)
    assert state.untransformed_values["m/theta"].shape == (3,) and state.untransformed_values["m/k"].dtype == tf.int64
    assert list(state.discrete_distributions) == ["m/k"]
    _, state = pm.evaluate_model_transformed(theirs, values={"m/__exp_tau": 0.3, "m/mu": 0.0}, seed=3)
    assert float(state.untransformed_values["m/tau"]) == pytest.approx(np.exp(0.3), rel=1e-14)
    assert np.isfinite(float(state.collect_log_prob()))
    _, state = pm.evaluate_model_posterior_predictive(theirs, seed=3)
    assert state.untransformed_values["m/y"].shape == (3,)
    _, state = pm.evaluate_meta_model(theirs)
    assert float(state.untransformed_values["m/tau"]) == pytest.approx(np.exp(0.5))  # the mean


def test_sampling() -> None:
    """A conjugate model: the posterior of the mean is normal, with a known mean and deviation."""
    data = np.array([1.0, 2.5, 3.0, 0.5])

    @pm.model(name=None)
    def build() -> Any:
        mu = yield pm.from_tfp("mu", tfd.Normal(0.0, 2.0))
        yield pm.from_tfp("y", tfd.Normal(mu, 1.0), observed=data)

    trace = pm.sample(build(), num_samples=400, num_chains=4, burn_in=300, seed=1, progressbar=False)
    precision = 1 / 4 + len(data)
    draws = pm.draws(trace, "mu")
    # 4 standard errors at an effective size of 400 of the 1600 draws
    assert draws.mean() == pytest.approx(data.sum() / precision, abs=4 * precision**-0.5 / 20)
    assert draws.std() == pytest.approx(precision**-0.5, rel=0.15)
    predicted = pm.sample_posterior_predictive(build(), trace, seed=1).posterior_predictive["y"]
    assert predicted.shape == (4, 400, 4)
    prior = pm.sample_prior_predictive(build(), 50, seed=1)
    assert prior.prior_predictive["y"].shape == (1, 50, 4) and prior.prior["mu"].shape == (1, 50)


def joints() -> dict[str, Any]:
    root = tfd.JointDistributionCoroutine.Root

    def coroutine() -> Any:
        a = yield root(tfd.Normal(0.0, 1.0, name="a"))
        b = yield root(tfd.Gamma(2.0, 1.0, name="b"))
        yield tfd.Normal(a, b, name="c")

    def plain() -> Any:
        a = yield tfd.Normal(0.0, 1.0, name="a")
        b = yield tfd.Gamma(2.0, 1.0, name="b")
        yield tfd.Normal(a, b, name="c")

    named = {"a": tfd.Normal(0.0, 1.0), "b": tfd.Gamma(2.0, 1.0), "c": lambda a, b: tfd.Normal(a, b)}
    listed = [tfd.Normal(0.0, 1.0), tfd.Gamma(2.0, 1.0), lambda b, a: tfd.Normal(a, b, name="c")]
    return {
        "named": tfd.JointDistributionNamed(named),
        "sequential": tfd.JointDistributionSequential(listed),
        "coroutine": tfd.JointDistributionCoroutine(coroutine),
        "named batched": tfd.JointDistributionNamedAutoBatched(named),
        "sequential batched": tfd.JointDistributionSequentialAutoBatched(listed),
        "coroutine batched": tfd.JointDistributionCoroutineAutoBatched(plain),
    }


@pytest.mark.parametrize("kind", joints())
def test_the_parts_of_a_joint_distribution_are_variables(kind: str) -> None:
    received: list[Any] = []

    @pm.model(name=None)
    def build() -> Any:
        value = yield pm.from_tfp("j", joints()[kind], observed={"c": 0.7})
        received.append(value)
        first = value["a"] if isinstance(value, dict) else value[0]
        yield pm.Normal("y", first, 1.0, observed=1.5)

    density = build().log_density()
    assert {v.name for v in density.variables} == {"j/a", "j/__softplus_b"}
    a, z = 0.4, 0.9
    b = np.log1p(np.exp(z))
    expected = (
        stats.norm.logpdf(a)
        + stats.gamma.logpdf(b, 2.0)
        - np.log1p(np.exp(-z))
        + stats.norm.logpdf(0.7, a, b)
        + stats.norm.logpdf(1.5, a, 1.0)
    )
    assert density.logp_and_gradient({"j/a": a, "j/__softplus_b": z})[0] == pytest.approx(expected, rel=1e-13)
    assert len(received[0]) == 3


def test_joint_distributions_without_a_name_and_with_options() -> None:
    joint = joints()["named"]

    @pm.model(name=None)
    def build() -> Any:
        yield pm.from_tfp(None, joint, parts={"b": {"transform": pm.distributions.transforms.Log(), "testval": 2.0}})

    density = build().log_density()
    assert {v.name for v in density.variables} == {"a", "__log_b", "c"}
    assert density.test_point["__log_b"] == pytest.approx(np.log(2.0))
    with pytest.raises(ModelError, match=r"no parts \['d'\]; it has"):
        pm.from_tfp("j", joint, observed={"d": 1.0})
    with pytest.raises(TypeError, match="several variables"):
        pm.TfpDistribution("j", joint)


@dataclass
class RandomVariable:
    """What Edward2's random variables have."""

    distribution: Any
    value: Any


def test_edward2_random_variables() -> None:
    variable = RandomVariable(tfd.Normal(1.0, 2.0), tf.constant(0.3))
    dist = pm.from_tfp("x", variable)
    assert float(dist.log_prob(0.0)) == pytest.approx(stats.norm.logpdf(0.0, 1.0, 2.0), rel=1e-14)
    joint = RandomVariable(joints()["named"], None)
    assert isinstance(pm.from_tfp("x", joint), pm.Model)


@pytest.mark.parametrize("thing", [3.0, "Normal", tfp.bijectors.Exp(), RandomVariable(1.0, 2.0), tfd.Normal])
def test_other_things_are_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="from_tfp takes a TFP distribution"):
        pm.from_tfp("x", thing)


def test_a_bare_tfp_object_says_how_it_is_yielded() -> None:
    with pytest.raises(pm.EvaluationError, match=r"Normal can't be processed.*pm\.from_tfp\(name, distribution\)"):
        one(lambda: tfd.Normal(0.0, 1.0)).log_density()


def test_float32_parameters_keep_their_digits() -> None:
    """A float32 tensor is taken for the number that it holds, a Python number for itself."""
    assert in_float64(tfd.Normal(0.1, 1.0)).loc.numpy() == 0.1
    assert in_float64(tfd.Normal(tf.constant(0.1), 1.0)).loc.numpy() == float(F32(0.1))
    inner = in_float64(tfd.TransformedDistribution(tfd.Normal(0.0, 1.0), tfp.bijectors.Shift(0.1)))
    assert inner.bijector.shift.numpy() == 0.1 and inner.dtype == tf.float64
    already = tfd.Normal(tf.constant(0.1, tf.float64), tf.constant(1.0, tf.float64))
    assert in_float64(already) is already


def test_what_stays_float32_says_so() -> None:
    inflated = tfd.ZeroInflatedNegativeBinomial(inflated_loc_probs=0.25, total_count=3.0, probs=0.5)
    with pytest.warns(UserWarning, match=r"ZeroInflatedNegativeBinomial cannot be built again in float64.*seventh"):
        dist = pm.from_tfp("x", inflated)
    ours = pm.ZeroInflatedNegativeBinomial.dist(0.75, 3.0, 3.0)
    np.testing.assert_allclose(dist.log_prob_numpy([0, 2]), ours.log_prob_numpy([0, 2]), rtol=1e-5)


def test_what_has_no_place_in_a_model() -> None:
    with pytest.raises(NotSupported, match="outcomes that are not integers"):
        pm.from_tfp("x", tfd.FiniteDiscrete([0.5, 1.5], probs=[0.5, 0.5]))
    with pytest.raises(NotSupported, match="covers a part of the sphere only"):
        pm.from_tfp("x", tfd.VonMisesFisher([0.0, 1.0], 2.0))
    pm.from_tfp("x", tfd.VonMisesFisher([0.0, 1.0], 2.0), observed=[1.0, 0.0], transform=pm.NO_TRANSFORM)


class Triangle(pm.distributions.BoundedContinuousDistribution):
    """A program's own distribution, as PyMC4 lets one write it."""

    def __init__(self, name: Any, low: Any, high: Any, **kwargs: Any) -> None:
        super().__init__(name, low=low, high=high, **kwargs)

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        low, high = conditions["low"], conditions["high"]
        return tfd.Triangular(low=low, high=high, peak=0.5 * (low + high), **kwargs)

    def lower_limit(self) -> Any:
        return self.conditions["low"]

    def upper_limit(self) -> Any:
        return self.conditions["high"]


class Shifted(pm.distributions.DiscreteDistribution):
    _test_value = 4

    def __init__(self, name: Any, rate: Any, **kwargs: Any) -> None:
        super().__init__(name, rate=rate, **kwargs)

    def _init_transform(self, transform: Any) -> Any:
        raise AssertionError("discrete distributions have no transform")

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        return tfd.Poisson(conditions["rate"], **kwargs)


def test_subclasses_of_the_abstract_distributions() -> None:
    @pm.model(name=None)
    def build() -> Any:
        top = yield pm.HalfNormal("top", 2.0)
        yield Triangle("x", 0.0, top, batch_stack=2)
        yield Shifted("k", top)

    density = build().log_density()
    assert [v.name for v in density.variables] == ["__log_top", "__interval_x", "k"]
    np.testing.assert_allclose(density.test_point["__interval_x"], [0.0, 0.0], atol=1e-15)
    assert density.test_point["k"] == 4
    top, z = np.exp(0.2), np.array([0.3, -0.4])
    x = top / (1 + np.exp(-z))
    expected = (
        stats.halfnorm(scale=2).logpdf(top)
        + 0.2
        + np.sum(stats.triang(0.5, 0, top).logpdf(x) + np.log(x * (1 - x / top)))
        + stats.poisson(top).logpmf(3)
    )
    point = {"__log_top": 0.2, "__interval_x": z, "k": 3}
    assert density.logp_and_gradient(point)[0] == pytest.approx(expected, rel=1e-13)
    assert Triangle.dist(0.0, 2.0).sample((3,), seed=1).shape == (3,)
    with pytest.raises(NotImplementedError, match="no method lower_limit"):
        pm.distributions.BoundedDistribution.lower_limit(Triangle.dist(0.0, 1.0))


def test_the_batch_stacker_is_a_tfp_distribution() -> None:
    stacker = pm.distributions.batchstack.BatchStacker
    inner = tfd.Independent(tfd.Normal(tf.zeros([3, 2], tf.float64), tf.ones([], tf.float64)), 1)
    stacked = stacker(inner, batch_stack=[5, 4])
    assert isinstance(stacked, tfd.Distribution) and stacked.name == "BatchStackerIndependentNormal"
    assert stacked.batch_shape == (5, 4, 3) and stacked.event_shape == (2,)
    draws = stacked.sample([6, 1], seed=[1, 2])
    assert draws.shape == (6, 1, 5, 4, 3, 2)
    np.testing.assert_allclose(stacked.log_prob(draws), stats.norm.logpdf(draws).sum(axis=-1), rtol=1e-13)
    assert stacked.mean().shape == (5, 4, 3, 2) and stacked.batch_stack.numpy().tolist() == [5, 4]
    assert float(stacked.copy(batch_stack=2).log_prob(tf.zeros([2, 3, 2], tf.float64))[0, 0]) < 0
    assert pm.distributions.half_student_t.HalfStudentT is tfd.HalfStudentT


# PyMC4's distributions that PyMC3 has not


def test_generalized_normal() -> None:
    x = np.array([-2.0, 0.3, 0.5, 4.0])
    for power in (0.5, 1.0, 2.0, 7.5):
        dist = pm.GeneralizedNormal.dist(0.5, 1.7, power)
        np.testing.assert_allclose(dist.log_prob_numpy(x), stats.gennorm(power, 0.5, 1.7).logpdf(x), rtol=1e-12)
        draws = dist.sample_numpy((4000,), seed=5)
        assert stats.kstest(draws, stats.gennorm(power, 0.5, 1.7).cdf).pvalue > 1e-3
    bad = pm.GeneralizedNormal.dist(0.0, [1.0, -1.0, 1.0], [1.0, 1.0, 0.0])
    assert np.isfinite(bad.log_prob_numpy(0.0)).tolist() == [True, False, False]


def test_geometric_counts_failures() -> None:
    k = np.arange(6)
    dist = pm.Geometric.dist(0.3)
    np.testing.assert_allclose(dist.log_prob_numpy(k), stats.geom(0.3, loc=-1).logpmf(k), rtol=1e-13)
    # PyMC3's counts trials
    trials = pm.ShiftedGeometric.dist(0.3)
    np.testing.assert_allclose(trials.log_prob_numpy(k + 1), dist.log_prob_numpy(k), rtol=1e-14)
    assert dist.log_prob_numpy([-1, 0.5]).tolist() == [-np.inf, -np.inf]
    assert pm.Geometric.dist([0.0, 1.0, 1.5]).log_prob_numpy(0).tolist() == [-np.inf, 0.0, -np.inf]
    assert dist.sample_numpy((4000,), seed=2).mean() == pytest.approx(0.7 / 0.3, rel=0.1)
    assert dist.sample(seed=1).dtype == tf.int64 and dist.kind == "integer"


def test_zipf() -> None:
    k = np.arange(1, 7)
    dist = pm.Zipf.dist([[1.5], [3.0]])
    expected = -np.array([[1.5], [3.0]]) * np.log(k) - np.log(special.zeta([[1.5], [3.0]]))
    np.testing.assert_allclose(dist.log_prob_numpy(k), expected, rtol=1e-12)
    assert pm.Zipf.dist(2.0).log_prob_numpy([0, 1.5, -1]).tolist() == [-np.inf] * 3
    assert pm.Zipf.dist(1.0).log_prob_numpy(1) == -np.inf
    draws = pm.Zipf.dist(3.0).sample_numpy((3000,), seed=2)
    assert (draws == 1).mean() == pytest.approx(1 / special.zeta(3.0), abs=0.03)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_von_mises_fisher(size: int) -> None:
    direction = np.ones(size) / np.sqrt(size)
    dist = pm.VonMisesFisher.dist(direction, 2.5)
    x = dist.sample_numpy((5,), seed=1)
    order = size / 2 - 1
    log_norm = order * np.log(2.5) - size / 2 * np.log(2 * np.pi) - np.log(special.iv(order, 2.5))
    np.testing.assert_allclose(dist.log_prob_numpy(x), log_norm + 2.5 * x @ direction, rtol=1e-9)
    assert dist.log_prob_numpy(1.1 * x[0]) == -np.inf
    assert pm.VonMisesFisher.dist(2 * direction, 1.0).log_prob_numpy(x[0]) == -np.inf
    assert pm.VonMisesFisher.dist(direction, -1.0).log_prob_numpy(x[0]) == -np.inf
    np.testing.assert_allclose(dist.test_value, direction)
    with pytest.raises(ModelError, match="vector of 2 or more entries"):
        pm.VonMisesFisher("x", 1.0, 2.0)


def test_von_mises_fisher_integrates_to_one_in_the_unconstrained_plane() -> None:
    density = one(lambda: pm.VonMisesFisher("x", [0.6, 0.8], 1.5)).log_density()

    def probability(y: float) -> float:
        return float(np.exp(density.logp_and_gradient({"__sphere_x": [y]})[0]))

    total = integrate.quad(probability, -np.inf, np.inf, epsabs=1e-8)[0]
    assert total == pytest.approx(1.0, abs=1e-7)


def state_space(steps: int, phi: Any, scale: float, state: Any) -> Any:
    """PyMC4's AR, through TFP's Kalman filter."""
    phi = tf.constant(phi, tf.float64)
    order = int(phi.shape[-1])
    prior = tfd.MultivariateNormalDiag(tf.constant(state, tf.float64), tf.constant([1e-6] * order, tf.float64))
    return sts.Autoregressive(order=order).make_state_space_model(
        num_timesteps=steps,
        param_vals={"coefficients": phi, "level_scale": tf.constant(scale, tf.float64)},
        initial_state_prior=prior,
    )


@pytest.mark.parametrize(
    ("steps", "phi", "state"),
    [
        *((steps, [0.6], [1.0]) for steps in (1, 2, 7)),
        *((steps, [0.5, -0.3, 0.1], [1.0, 0.4, -0.2]) for steps in (1, 2, 3, 7)),
        # coefficients that make the tiny uncertainty of the state as large as the noise
        *((steps, [1e5, 3e5, 5e5], [0.0, 0.0, 0.0]) for steps in (2, 3)),
    ],
)
def test_ar_is_pymc4s_state_space(steps: int, phi: Any, state: Any) -> None:
    ours, theirs = pm.AR.dist(steps, phi, 0.7, state), state_space(steps, phi, 0.7, state)
    assert (ours.batch_shape, ours.event_shape) == (theirs.batch_shape, theirs.event_shape)
    value = ours.sample((4,), seed=3)
    value += 1e-6 * np.random.default_rng(0).normal(size=value.shape)
    # the filter's own digits: its innovations have variances down to 1e-12, of sums around 1
    np.testing.assert_allclose(ours.log_prob(value), theirs.log_prob(value), rtol=1e-6)
    negative = pm.AR.dist(steps, phi, -0.7, state).log_prob(value)
    np.testing.assert_array_equal(negative, ours.log_prob(value))


def test_ar_draws_batches_and_errors() -> None:
    dist = pm.AR.dist(400, [[0.5, 0.2], [0.9, 0.0]], [1.0, 2.0], batch_stack=3)
    draws = dist.sample((5,), seed=1)
    assert draws.shape == (5, 3, 2, 400, 1) and dist.log_prob(draws).shape == (5, 3, 2)
    deviations = draws.numpy()[..., 100:, 0].std(axis=(0, 1, 3))
    # of the stationary processes: Brockwell & Davis 1991, example 3.3.5
    expected = [np.sqrt(0.8 / (1.2 * (0.8**2 - 0.5**2))), np.sqrt(4.0 / (1 - 0.81))]
    np.testing.assert_allclose(deviations, expected, rtol=0.15)
    np.testing.assert_allclose(draws[..., 0, 0], 0.0, atol=1e-5)
    np.testing.assert_allclose(pm.AR.dist(3, [0.5], 1.0, [1.0]).test_value[:, 0], [1.0, 0.5, 0.25])
    assert pm.AR.dist(3, [0.5], 0.0).log_prob_numpy(np.zeros((3, 1))) == -np.inf
    with pytest.raises(TypeError, match=r"num_timesteps must be a whole number"):
        pm.AR("x", 0, [0.5], 1.0)
    with pytest.raises(ModelError, match="coefficients is a vector"):
        pm.AR("x", 3, 0.5, 1.0)
    with pytest.raises(ModelError, match=r"initial_state of shape \(3,\) for 2 lags"):
        pm.AR("x", 3, [0.5, 0.1], 1.0, [0.0, 0.0, 0.0])


def test_ar_in_a_model() -> None:
    series = pm.AR.dist(30, [0.6], 0.5, [1.0]).sample_numpy(seed=4)

    @pm.model(name=None)
    def build() -> Any:
        phi = yield pm.Normal("phi", 0.0, 1.0, batch_stack=1)
        scale = yield pm.HalfNormal("scale", 1.0)
        yield pm.AR("y", 30, phi, scale, [1.0], observed=series)

    density = build().log_density()
    logp, gradient = density.logp_and_gradient({"phi": [0.4], "__log_scale": -0.3})
    step = 1e-6
    ends = [density.logp_and_gradient({"phi": [0.4 + s * step], "__log_scale": -0.3})[0] for s in (1, -1)]
    assert np.isfinite(logp) and gradient["phi"][0] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)


def test_mixtures_take_components_with_names() -> None:
    """As PyMC4's own examples write them."""
    p = [0.4, 0.6]
    named = pm.Mixture.dist(p, [pm.Normal("comp1", 0.0, 1.0), pm.StudentT("comp2", 1.0, 1.0, 3.0)])
    anonymous = pm.Mixture.dist(p, [pm.Normal.dist(0.0, 1.0), pm.StudentT.dist(1.0, 1.0, 3.0)])
    x = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(named.log_prob_numpy(x), anonymous.log_prob_numpy(x))
    batch = pm.Mixture.dist(p, pm.Normal("comps", [0.0, 1.0], 1.0))
    expected = np.log(0.4 * stats.norm.pdf(x) + 0.6 * stats.norm.pdf(x, 1.0))
    np.testing.assert_allclose(batch.log_prob_numpy(x), expected, rtol=1e-13)
    weights = np.array([[0.8, 0.2], [0.4, 0.6], [0.5, 0.5]])
    higher = pm.Mixture.dist(weights, [pm.Normal("d1", np.zeros(3), 1.0), pm.StudentT("d2", np.zeros(3), 1.0, 3.0)])
    assert higher.batch_shape == (3,) and higher.log_prob_numpy(x).shape == (3,)
    for wrong in ([tfd.Normal(0.0, 1.0)], 3.0, [1.0, 2.0]):
        with pytest.raises(TypeError, match="Mixture"):
            pm.Mixture("m", p, wrong)


def test_the_examples_of_the_page_run() -> None:
    page = Path(__file__).parents[2] / "docs" / "tfp-in-models.md"
    examples = re.findall(r"```pycon\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    space: dict[str, Any] = {}
    for text in examples:
        example = doctest.DocTestParser().get_doctest(text, space, page.name, str(page), 0)
        results = doctest.DocTestRunner().run(example, clear_globs=False)
        assert results.attempted and not results.failed, text
        space = example.globs
    assert len(examples) == 3


def test_no_warning_is_given_for_what_is_right() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for theirs, _, _ in EQUAL:
            pm.from_tfp("x", theirs())
