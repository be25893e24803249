"""What PyMC3 programs ask of distributions, and PyMC4 did not have: draws by NumPy, shapes from dims, joint densities.

Numbers are from independent formulas or NumPy's own generator, of which PyMC3 3.11.6 gives the same draws.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import pm_migrate.pymc4 as pm
from pm_migrate.errors import NotSupported


@pytest.mark.parametrize(
    ("dist", "theirs"),
    [
        (lambda: pm.Normal.dist(1.0, 2.0), lambda n: 1.0 + 2.0 * np.random.standard_normal(n)),
        (lambda: pm.Poisson.dist(3.0), lambda n: np.random.poisson(3.0, n)),
        (lambda: pm.Uniform.dist(1.0, 3.0), lambda n: 1.0 + 2.0 * np.random.uniform(size=n)),
        (lambda: pm.Beta.dist(concentration1=2.0, concentration0=3.0), lambda n: np.random.beta(2.0, 3.0, n)),
    ],
)
def test_random_draws_as_numpy_does(dist, theirs):
    np.random.seed(3)
    drawn = dist().random(size=5)
    np.random.seed(3)
    np.testing.assert_allclose(drawn, theirs(5), rtol=1e-14)
    assert drawn.dtype == ("int64" if isinstance(dist(), pm.distributions.DiscreteDistribution) else "float64")


@pytest.mark.parametrize(("size", "shape"), [(None, (3,)), (4, (4, 3)), ((2, 4), (2, 4, 3))])
@pytest.mark.parametrize(
    "dist",
    [
        lambda: pm.Normal.dist(np.zeros(3), 1.0),
        lambda: pm.MvNormal.dist(np.zeros(3), np.eye(3)),
        lambda: pm.Mixture.dist(np.full((3, 2), 0.5), [pm.Normal.dist(0, 1), pm.Normal.dist(4, 1)]),
        lambda: pm.GaussianRandomWalk.dist(shape=3, init=pm.Normal.dist(0.0, 1.0)),
    ],
)
def test_random_has_pymc3s_shapes(dist, size, shape):
    np.random.seed(0)
    first = dist().random(size=size)
    np.random.seed(0)
    assert first.shape == shape and np.array_equal(first, dist().random(size=size))
    assert not np.array_equal(first, dist().random(size=size))


def test_random_refuses_what_it_cannot_do():
    with pytest.raises(NotSupported, match="point"):
        pm.Normal.dist(0, 1).random(point={"mu": 1.0})
    with pytest.raises(ValueError, match="sigma"):
        pm.Normal.dist(0, -1.0).random()


def test_log_cdf():
    found = pm.Gamma.dist(2.0, 3.0).log_cdf([0.5, -1.0])
    np.testing.assert_allclose(found, [scipy.stats.gamma(2.0, scale=1 / 3).logcdf(0.5), -np.inf], rtol=1e-12)
    with pytest.raises(NotSupported, match="log_cdf"):
        pm.GaussianRandomWalk.dist(shape=3).log_cdf(np.zeros(3))


def test_dims_say_the_shape():
    @pm.model(name=None, coords={"city": ["a", "b", "c"], "k": [0, 1]})
    def build(data):
        x = yield pm.Normal("x", 0, 1, dims="city")
        y = yield pm.Normal("y", x[0], 1, dims=("city", "k"))
        yield pm.Normal("seen", y[0, 0], 1, observed=data, dims="city")
        yield pm.Normal("other", 0, 1, shape=4, dims="unknown")

    density = build(np.zeros(3)).log_density()
    assert {v.name: v.shape for v in density.variables} == {"x": (3,), "y": (3, 2), "other": (4,)}


def test_dims_outside_of_models_say_nothing():
    assert pm.Normal.dist(np.zeros(2), 1, dims="city").value_shape == (2,)


def test_a_density_of_several_things_is_a_term():
    @pm.model(name=None)
    def build():
        rate = yield pm.Exponential("rate", 1.0)

        def survival(failure, value, rate):
            return failure * tf.math.log(rate) - rate * value

        observed = {"failure": np.array([1, 0]), "value": np.array([2.0, 3.0]), "rate": rate}
        yield pm.DensityDist("seen", survival, observed=observed)

    rate = 0.7
    expected = (
        np.log(rate) - rate * 5.0 - rate + np.log(rate)
    )  # the last two: its prior and the Jacobian of its logarithm
    assert build().logp({"__log_rate": np.log(rate)}) == pytest.approx(expected, rel=1e-14)


def test_a_density_of_several_things_counts_as_often_as_told():
    def term(x):
        return -x

    once = pm.DensityDist("d", term, observed={"x": np.ones(4)}).value
    ten = pm.DensityDist("d", term, observed={"x": np.ones(4)}, total_size=40).value
    np.testing.assert_allclose(ten, 10 * once)
    with pytest.raises(NotSupported, match="missing"):
        pm.DensityDist("d", term, observed={"x": [1.0, np.nan]})
    with pytest.raises(TypeError, match="dims"):
        pm.DensityDist("d", term, observed={"x": 1.0}, dims="k")


def test_draws_of_a_density_can_be_those_of_another_distribution():
    other = pm.Normal.dist(0.0, 1.0)
    dist = pm.DensityDist.dist(other.log_prob, other.random, shape=3)
    assert dist.sample(2, seed=1).shape == (2, 3)


def column_of_mixtures():
    rng = np.random.default_rng(0)
    weights, means = rng.dirichlet(np.ones(2), size=5), rng.normal(size=(5, 2))
    return weights, means, rng.normal(size=5)


def test_a_column_of_data_is_taken_for_a_vector():
    weights, means, values = column_of_mixtures()
    expected = np.log(np.sum(weights * scipy.stats.norm(means, 1.0).pdf(values[:, None]), axis=1)).sum()
    one = pm.NormalMixture.dist(weights, means, 1.0)
    several = pm.Mixture.dist(weights, [pm.Normal.dist(means[:, k], 1.0) for k in range(2)])
    for mixture in (one, several):
        for data in (values, values[:, None]):
            assert float(tf.reduce_sum(mixture.log_prob(data))) == pytest.approx(expected, rel=1e-13)
        assert mixture.sample_total((5, 1), 0).shape == (5, 1)


def test_a_last_axis_as_long_as_the_components_is_spoken_of():
    mixture = pm.NormalMixture.dist([0.5, 0.5], [0.0, 1.0], 1.0)
    with pytest.warns(UserWarning, match="as long as there are components"):
        assert mixture.log_prob(np.zeros((4, 2))).shape == (4, 2)
    assert mixture.log_prob(np.zeros((4, 3))).shape == (4, 3)


@pytest.mark.parametrize("lower", [True, False])
def test_packed_triangles(lower):
    rows = np.tril_indices(3) if lower else np.triu_indices(3)
    expected = np.zeros((3, 3))
    expected[rows] = np.arange(6.0)
    np.testing.assert_array_equal(pm.expand_packed_triangular(3, np.arange(6.0), lower=lower).numpy(), expected)
    diagonal = pm.expand_packed_triangular(3, np.arange(6.0), lower=lower, diagonal_only=True)
    np.testing.assert_array_equal(diagonal.numpy(), np.diag(expected))
    with pytest.raises(ValueError, match="6 elements"):
        pm.expand_packed_triangular(3, np.arange(5.0))


def test_chained_transforms_have_pymc3s_tags():
    chain = pm.transforms.Chain([pm.transforms.logodds, pm.transforms.ordered])
    dist = pm.Beta("x", 2.0, 2.0, batch_stack=2, transform=chain, testval=[0.2, 0.6])
    assert dist.transform.tag == "logodds+ordered" and dist.transform.generator_tag == "sigmoid+ordered"
