"""Distributions of the generator front end: arguments, shapes, draws."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm
from pm_migrate.errors import ModelError
from pm_migrate.shims.pymc4.distributions import CLASSES


def test_public_names_and_signatures() -> None:
    assert set(CLASSES) <= set(dir(pm))
    assert list(inspect.signature(pm.StudentT).parameters)[:4] == ["name", "loc", "scale", "df"]
    assert list(inspect.signature(pm.Beta).parameters)[:3] == ["name", "concentration0", "concentration1"]
    assert list(inspect.signature(pm.MvNormal).parameters)[:3] == ["name", "loc", "covariance_matrix"]
    assert list(inspect.signature(pm.MvNormalCholesky).parameters)[:3] == ["name", "loc", "scale_tril"]
    assert "Source: " in (pm.Normal.__doc__ or "")


def test_the_alias_is_lazy() -> None:
    code = "import sys, pm_migrate.pymc4; assert 'tensorflow' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_alias_has_the_names_of_its_home() -> None:
    from pm_migrate.pymc4 import Normal
    from pm_migrate.shims import pymc4 as home

    assert Normal is home.Normal
    assert set(dir(pm)) == set(home.__all__)
    with pytest.raises(AttributeError, match=r"'pm_migrate\.pymc4' has no attribute 'Banana'"):
        _ = pm.Banana


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: pm.Normal("x", 0), r"misses 'scale'; it takes \(loc, scale\)"),
        (lambda: pm.Normal("x", 0, 1, 2), "got 3 positional arguments"),
        (lambda: pm.Normal("x", 0, 1, loc=1), "two values for 'loc'"),
        (lambda: pm.Normal("x", mu=0, sd=1), r"no argument 'mu'.*PyMC3's mu is loc here"),
        (lambda: pm.Normal("x", 0, tau=1), "no argument 'tau'.*tau is an argument of PyMC3's Normal"),
        (lambda: pm.Normal("x", 0, 1, banana=1), "no argument 'banana'; it takes"),
        (lambda: pm.Bernoulli("x"), r"it takes \(probs\) or \(logits\)"),
        (lambda: pm.Bernoulli("x", probs=0.5, logits=0.0), r"it takes \(probs\) or \(logits\)"),
        (lambda: pm.Normal("x", "a", 1), "Normal\\('x'\\): loc: 'a' of type str is not numeric"),
    ],
)
def test_argument_errors(call: Any, match: str) -> None:
    with pytest.raises(TypeError, match=match):
        call()


@pytest.mark.parametrize(
    ("build", "batch", "event"),
    [
        (lambda: pm.Normal.dist(0, 1), (), ()),
        (lambda: pm.Normal.dist(np.zeros(3), 1), (3,), ()),
        (lambda: pm.Normal.dist(0, 1, batch_stack=3), (3,), ()),
        (lambda: pm.Normal.dist(0, 1, batch_stack=(3, 2)), (3, 2), ()),
        (lambda: pm.Normal.dist(np.zeros(4), 1, batch_stack=3), (3, 4), ()),
        (lambda: pm.Normal.dist(0, 1, event_stack=3), (), (3,)),
        (lambda: pm.Normal.dist(np.zeros(4), 1, event_stack=3), (4,), (3,)),
        (lambda: pm.Normal.dist(np.zeros(4), 1, batch_stack=2, event_stack=3), (2, 4), (3,)),
        (lambda: pm.Normal.dist(np.zeros((2, 4)), 1, reinterpreted_batch_ndims=1), (2,), (4,)),
        (lambda: pm.Normal.dist(np.zeros((2, 4)), 1, reinterpreted_batch_ndims=1, batch_stack=5), (5, 2), (4,)),
        (lambda: pm.Normal.dist(np.zeros((2, 4)), 1, reinterpreted_batch_ndims=1, event_stack=5), (2,), (5, 4)),
        (lambda: pm.Normal.dist(0, 1, shape=(2, 3)), (2, 3), ()),
        (lambda: pm.Normal.dist(np.zeros(3), 1, shape=(2, 3)), (2, 3), ()),
        (lambda: pm.Dirichlet.dist(np.ones(3)), (), (3,)),
        (lambda: pm.Dirichlet.dist(np.ones((2, 3))), (2,), (3,)),
        (lambda: pm.Dirichlet.dist(np.ones(3), batch_stack=2), (2,), (3,)),
        (lambda: pm.Dirichlet.dist(np.ones(3), event_stack=2), (), (2, 3)),
        (lambda: pm.Dirichlet.dist(np.ones((4, 3)), event_stack=2), (4,), (2, 3)),
        (lambda: pm.Dirichlet.dist(np.ones(3), shape=(2, 3)), (2,), (3,)),
        (lambda: pm.MvNormal.dist(np.zeros(2), np.eye(2)), (), (2,)),
        (lambda: pm.MvNormal.dist(np.zeros((5, 2)), np.eye(2), batch_stack=3), (3, 5), (2,)),
        (lambda: pm.Categorical.dist(np.ones((4, 3)) / 3), (4,), ()),
        (lambda: pm.Categorical.dist(np.ones(3) / 3, shape=6), (6,), ()),
    ],
)
def test_shapes(build: Any, batch: tuple[int, ...], event: tuple[int, ...]) -> None:
    dist = build()
    assert tuple(dist.batch_shape) == batch
    assert tuple(dist.event_shape) == event
    assert tuple(dist.test_value.shape) == batch + event
    draw = dist.sample(seed=1)
    assert tuple(draw.shape) == batch + event
    assert tuple(dist.log_prob(draw).shape) == batch
    more = dist.sample((6, 2), seed=1)
    assert tuple(more.shape) == (6, 2, *batch, *event)
    assert tuple(dist.log_prob(more).shape) == (6, 2, *batch)
    # the copies are the distribution itself: their log density is the sum of its own
    assert np.isfinite(dist.log_prob_numpy(draw)).all()


def test_stacks_do_not_change_the_total_density() -> None:
    loc = np.array([0.0, 1.0, 5.0, -2.0])
    value = np.random.default_rng(0).normal(size=(4, 3))
    stacked = pm.Normal.dist(loc, 2.0, event_stack=3).log_prob_numpy(value)
    plain = pm.Normal.dist(loc[:, None], 2.0).log_prob_numpy(value).sum(axis=-1)
    np.testing.assert_allclose(stacked, plain, rtol=1e-14)


def test_shape_is_checked() -> None:
    with pytest.raises(ModelError, match=r"shape=\(2,\) does not hold the parameters, whose shape is \(3,\)"):
        pm.Normal("x", np.zeros(3), 1, shape=2)
    with pytest.raises(ModelError, match="not both"):
        pm.Normal("x", 0, 1, shape=2, batch_stack=3)


def test_the_shape_of_data_is_their_own() -> None:
    """PyMC3 never looks at the ``shape=`` of a variable with data."""
    mean = np.array([0.0, 1.0, 2.0, 3.0])

    @pm.model(name=None)
    def build():
        yield pm.Normal("x", mean, 1.0, shape=2, observed=mean + 1.0)

    logp = pm.density(build()).logp({})
    assert logp == pytest.approx(4 * (-0.5 - 0.5 * np.log(2 * np.pi)), rel=1e-12)


def test_anonymous_distributions() -> None:
    anonymous = pm.HalfNormal.dist(2.0)
    assert anonymous.is_anonymous and anonymous.name is None
    named = anonymous.prior("s", observed=[1.0])
    assert named.name == "s" and named.is_observed and not anonymous.is_observed
    free = anonymous.prior("t", transform=pm.NO_TRANSFORM)
    assert free.transform is None and anonymous.transform is not None
    with pytest.raises(TypeError, match="already not anonymous"):
        named.prior("u")
    with pytest.raises(ValueError, match="without a name"):
        anonymous.prior(None)
    with pytest.raises(ValueError, match="not allowed for anonymous"):
        pm.Normal.dist(0, 1, observed=1.0)


def test_parameters_of_every_kind() -> None:
    expected = pm.Normal.dist(np.array([1.0, 2.0]), 3.0).log_prob_numpy(0.0)
    for loc in ([1, 2], (1.0, 2.0), pd.Series([1, 2]), np.array([1, 2]), tf.constant([1, 2]), tf.constant([1.0, 2.0])):
        np.testing.assert_array_equal(pm.Normal.dist(loc, 3).log_prob_numpy(0), expected)
    for value in (pd.Series([0, 0]), [0, 0], np.zeros(2, np.float32), tf.constant([0, 0])):
        np.testing.assert_array_equal(pm.Normal.dist([1, 2], 3).log_prob_numpy(value), expected)


def test_dtypes() -> None:
    assert pm.Normal.dist(0, 1).sample(seed=1).dtype == tf.float64
    assert pm.Bernoulli.dist(0.5).sample(seed=1).dtype == tf.int64
    assert pm.Poisson.dist(3.0).sample(seed=1).dtype == tf.int64
    with pytest.warns(UserWarning, match="dtype=float32 has no effect"):
        pm.Normal("x", 0, 1, dtype="float32")


def test_validate_args() -> None:
    with pytest.raises(ModelError, match="invalid parameters"):
        pm.Normal("x", 0.0, -1.0, validate_args=True)
    pm.Normal("x", 0.0, 1.0, validate_args=True)


def test_seeds() -> None:
    dist = pm.Gamma.dist(2.0, 3.0, batch_stack=4)
    np.testing.assert_array_equal(dist.sample_numpy(seed=1), dist.sample_numpy(seed=1))
    np.testing.assert_array_equal(dist.sample_numpy(seed=tf.constant([5, 6])), dist.sample_numpy(seed=[5, 6]))
    assert not np.array_equal(dist.sample_numpy(seed=1), dist.sample_numpy(seed=2))
    assert not np.array_equal(dist.sample_numpy(), dist.sample_numpy())


def test_improper_distributions_have_no_draws() -> None:
    with pytest.raises(NotImplementedError, match="improper"):
        pm.Flat("x").sample()


def test_bounded_transforms_follow_the_ends() -> None:
    def tag(**ends: Any) -> str | None:
        transform = pm.TruncatedNormal("x", 0.0, 1.0, **ends).transform
        return None if transform is None else transform.tag

    assert tag(low=0.0, high=1.0) == "interval"
    assert tag(low=0.0) == "lowerbound"
    assert tag(high=0.0) == "upperbound"
    assert tag() is None
    assert pm.Uniform("u", 0, 1).transform.tag == "interval"


def test_a_bound_that_is_random() -> None:
    @pm.model(name=None)
    def model() -> Any:
        top = yield pm.Exponential("top", 1.0)
        yield pm.Uniform("u", 0.0, top, shape=2)

    density = model().log_density()
    point = {"__log_top": 0.3, "__interval_u": [0.0, 1.0]}
    top, z = np.exp(0.3), np.array([0.0, 1.0])
    share = 1 / (1 + np.exp(-z))
    expected = -top + 0.3 + np.sum(-np.log(top) + np.log(top * share * (1 - share)))
    np.testing.assert_allclose(density.logp_and_gradient(point)[0], expected, rtol=1e-14)
