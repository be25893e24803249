"""Distributions of the ``with`` front end as objects: shapes, draws, moments, test values, dtypes, errors.

Shapes, kinds of errors and recorded values are those of PyMC3 3.11.6 for the same calls.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.catalog import ROWS
from pm_migrate.shims.distributions import dist_math
from pm_migrate.shims.distributions.base import shape_of
from pm_migrate.shims.distributions.drawn_values import draw_values, generate_samples
from pm_migrate.shims.theano import tensor as tt

SIZES = (None, 1, 4, (2, 5))


@pytest.mark.parametrize(
    ("args", "kwargs", "own"),
    [
        ((0.0, 1.0), {}, ()),
        ((np.zeros(3), 1.0), {}, (3,)),
        ((0.0, 1.0), {"shape": (2, 3)}, (2, 3)),
        ((np.zeros(3), 1.0), {"shape": (2, 3)}, (2, 3)),
        ((0.0, 1.0), {"shape": 4}, (4,)),
    ],
)
def test_draws_have_the_size_in_front(args: Any, kwargs: Any, own: tuple[int, ...]) -> None:
    dist = pm.Normal.dist(*args, **kwargs)
    leads = [(), (1,), (4,), (2, 5)]
    for size, lead in zip(SIZES, leads, strict=True):
        drawn = dist.random(size=size)
        assert isinstance(drawn, np.ndarray)
        assert drawn.shape == (*lead, *own)
        assert len(np.unique(drawn)) == drawn.size


@pytest.mark.parametrize(
    ("build", "own"),
    [
        (lambda: pm.Mixture.dist([0.3, 0.7], pm.Normal.dist([0.0, 5.0], 1.0, shape=(3, 2)), shape=3), (3,)),
        (lambda: pm.Mixture.dist([0.3, 0.7], pm.Normal.dist([0.0, 5.0], 1.0, shape=2)), ()),
        (lambda: pm.Mixture.dist([0.3, 0.7], [pm.Normal.dist(0, 1), pm.Normal.dist(3, 1)], shape=4), (4,)),
        (lambda: pm.Mixture.dist([0.3, 0.7], [pm.Normal.dist(0, 1), pm.Normal.dist(3, 1)]), ()),
        (lambda: pm.Bound(pm.Normal, lower=0.0).dist(mu=1.0, sigma=1.0, shape=2), (2,)),
        (lambda: pm.MvNormal.dist(np.zeros(2), cov=np.eye(2), shape=2), (2,)),
        (lambda: pm.Dirichlet.dist(np.ones(3)), (3,)),
    ],
)
def test_draws_of_composites_and_vectors(build: Any, own: tuple[int, ...]) -> None:
    for size, lead in zip(SIZES, [(), (1,), (4,), (2, 5)], strict=True):
        assert build().random(size=size).shape == (*lead, *own)


def test_draws_of_random_parameters_are_drawn_unless_given() -> None:
    with pm.Model():
        mu = pm.Normal("mu", 0.0, 1000.0, shape=3)
    dist = pm.Normal.dist(mu, 1.0, shape=3)
    assert dist.random().shape == (3,)
    free = dist.random(size=200)
    assert free.shape == (200, 3)
    assert np.std(free) > 500
    given = dist.random(point={"mu": np.array([-9e6, 0.0, 9e6])}, size=200)
    assert given.shape == (200, 3)
    assert np.all(np.abs(given - [-9e6, 0.0, 9e6]) < 8)
    assert mu.random(size=2).shape == (2, 3)


def test_draws_follow_numpys_seed() -> None:
    dist = pm.Gamma.dist(2.0, 1.0)
    np.random.seed(3)
    first = dist.random(size=3)
    np.random.seed(3)
    assert np.array_equal(dist.random(size=3), first)
    assert not np.array_equal(dist.random(size=3), first)


def test_observed_variables_draw_the_shape_of_their_data() -> None:
    with pm.Model():
        x = pm.Normal("x", 0.0, 1.0, observed=np.zeros((2, 3)))
    assert x.random().shape == (2, 3)
    assert x.random(size=4).shape == (4, 2, 3)


def test_draw_values_of_numbers_and_variables() -> None:
    with pm.Model():
        mu = pm.Normal("mu", 0.0, 1.0)
        s = pm.HalfNormal("s", 1.0, shape=2)
    number, fixed, twice, same = draw_values([3, tt.constant([1.0, 2.0]), 2.0 * mu, mu], size=5)
    assert number == 3 and fixed.tolist() == [1.0, 2.0]
    assert twice.shape == (5,)
    assert np.array_equal(twice, 2.0 * same)
    (given,) = draw_values([mu + 1.0], point={"mu": 4.0}, size=5)
    assert given == 5.0
    assert draw_values([s], size=(2, 3))[0].shape == (2, 3, 2)
    assert np.all(draw_values([s], size=50)[0] > 0)


@pytest.mark.parametrize(
    ("loc", "dist_shape", "size", "expected"),
    [
        (0.0, (), None, ()),
        (0.0, (3,), None, (3,)),
        (np.zeros(3), (), 4, (4, 3)),
        (np.zeros((4, 3)), (3,), 4, (4, 3)),
        (np.zeros((4, 3)), (2, 3), 4, (4, 2, 3)),
        (np.zeros(4), (2,), 4, (4, 2)),
    ],
)
def test_generate_samples(loc: Any, dist_shape: Any, size: Any, expected: tuple[int, ...]) -> None:
    drawn = generate_samples(stats.norm.rvs, loc=loc, scale=1.0, dist_shape=dist_shape, size=size)
    assert drawn.shape == expected


def test_generate_samples_refuses_shapes_that_do_not_fit() -> None:
    with pytest.raises(TypeError, match="incompatible shapes"):
        generate_samples(stats.norm.rvs, loc=np.zeros(3), dist_shape=(2,))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pm.Normal.dist(0, 1, tau=2), ValueError, "Can't pass both tau and sigma"),
        (lambda: pm.Beta.dist(alpha=1), ValueError, "Incompatible parameterization.*alpha, beta.*mu, sigma"),
        (lambda: pm.Gamma.dist(), ValueError, "Incompatible parameterization"),
        (lambda: pm.Exponential.dist(), TypeError, "missing.*'lam'"),
        (lambda: pm.Normal.dist(0, 1, nu=3), TypeError, "unexpected keyword argument 'nu'"),
        (lambda: pm.Normal.dist(0, 1, 2, 3, 4), TypeError, "arguments"),
        (lambda: pm.Flat.dist().random(), ValueError, "Cannot sample from Flat"),
        (lambda: pm.HalfFlat.dist().random(), ValueError, "Cannot sample from HalfFlat"),
        (lambda: pm.Normal.dist(0, 1, shape=2.5), TypeError, "Expected int elements in shape"),
        (lambda: pm.Poisson.dist(1.0, transform=pm.distributions.transforms.log), ValueError, "not allowed"),
        (lambda: pm.Discrete.dist(dtype="float64"), TypeError, "int16 or int64"),
        (lambda: pm.Gamma.dist(1, 1).median, AttributeError, "median"),
        (lambda: pm.Continuous.dist().logp(0.0), NotImplementedError, "define logp"),
        (lambda: pm.Continuous.dist().random(), ValueError, "random"),
        (lambda: pm.Continuous.dist().default(), AttributeError, "no finite default value to use"),
    ],
)
def test_errors_of_distributions(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pm.Normal("a", 0, 1, shape=0), ValueError, "invalid shape 0"),
        (lambda: pm.Normal("a", 0, 1, shape=(2, 0)), ValueError, r"invalid shape \(2, 0\)"),
        (lambda: pm.Normal("a", 0, 1, dims="k", shape=2), ValueError, "Specify only one of 'dims' or 'shape'"),
        (lambda: pm.Normal("a", 0, 1, observed=pm.Normal("b", 0, 1)), TypeError, "observed needs to be data"),
        (lambda: pm.Gamma("a", 1, 1, testval="median"), AttributeError, "median"),
    ],
)
def test_errors_in_a_model(call: Any, error: type[Exception], message: str) -> None:
    with pm.Model(coords={"k": [1, 2]}) as m:
        with pytest.raises(error, match=message):
            call()
        assert "a" not in m.named_vars


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda: pm.Normal("x", 3.0, 1.0, testval="mean"), 3.0),
        (lambda: pm.Gamma("x", 2.0, 4.0, transform=None, testval="mean"), 0.5),
        (lambda: pm.Normal("x", 0.0, 1.0, initval=2.0), 2.0),
        (lambda: pm.Poisson("x", 2.6, testval=2.7), 2),
        (lambda: pm.Poisson("x", 2.6), 2),
        (lambda: pm.Normal("x", 0.0, 1.0, testval=tt.constant(1.5)), 1.5),
    ],
)
def test_start_values(build: Any, expected: float) -> None:
    with pm.Model() as m:
        build()
    assert m.test_point["x"] == expected


@pytest.mark.parametrize("row", [r for r in ROWS if r.rank == 0], ids=lambda r: r.name)
def test_values_are_float64_or_int64(row: Any) -> None:
    cls = getattr(pm, row.name)
    assert issubclass(cls, pm.Discrete if row.discrete else pm.Continuous)
    assert not issubclass(cls, pm.Continuous if row.discrete else pm.Discrete)


def test_dtypes_of_draws_and_values() -> None:
    with pm.Model() as m:
        pm.Normal("x", 0, 1)
        pm.Poisson("k", 2)
    assert m.test_point["x"].dtype == np.float64 and m.test_point["k"].dtype == np.int64
    assert pm.Normal.dist(0, 1).random(size=2).dtype == np.float64
    assert pm.Poisson.dist(2).random(size=2).dtype == np.int64


def test_moments_are_expressions() -> None:
    with pm.Model() as m:
        mu = pm.Normal("mu", 2.0, 1.0)
    dist = pm.Normal.dist(mu * 2.0, 1.0)
    assert float(dist.mean.tag.test_value) == 4.0
    assert float(dist.mean.eval({m.mu: 5.0})) == 10.0


def test_a_distribution_function_is_an_expression() -> None:
    dist = pm.Exponential.dist(0.5)
    assert dist.logcdf(np.array([1.0, -1.0])).eval() == pytest.approx([np.log(-np.expm1(-0.5)), -np.inf], rel=1e-14)
    with pm.Model() as m:
        x = pm.Gamma("x", 2.0, 1.0)
        pm.Potential("censored", pm.Normal.dist(x, 1.0).logcdf(0.5))
    terms = m.log_density().terms_at(m.complete({"x": 2.0}))
    assert terms["censored"] == pytest.approx(stats.norm.logcdf(-1.5), rel=1e-13)


def test_a_distribution_without_a_distribution_function_has_no_such_attribute() -> None:
    assert not hasattr(pm.Dirichlet.dist(np.ones(2)), "logcdf")


@pytest.mark.parametrize(
    ("build", "value", "shape"),
    [
        (lambda: pm.Normal.dist(np.zeros(3), 1.0), 0.0, (3,)),
        (lambda: pm.Normal.dist(np.zeros((2, 1)), 1.0), np.zeros(3), (2, 3)),
        (lambda: pm.Poisson.dist(1.0), np.zeros((4, 2), int), (4, 2)),
        (lambda: pm.MvNormal.dist(np.zeros(2), cov=np.eye(2)), np.zeros((5, 2)), (5,)),
        (lambda: pm.MvNormal.dist(np.zeros(2), cov=np.eye(2)), np.zeros(2), ()),
        (lambda: pm.Dirichlet.dist(np.ones(2)), np.array([[0.5, 0.5]]), (1,)),
        (lambda: pm.Multinomial.dist(n=3, p=np.ones(3) / 3, shape=3), np.ones((4, 3), int), (4, 1)),
    ],
)
def test_shapes_of_log_densities(build: Any, value: Any, shape: tuple[int, ...]) -> None:
    logp = build().logp(value)
    assert logp.eval().shape == shape
    assert logp.ndim == len(shape)


def test_names_in_messages() -> None:
    with pm.Model() as m:
        pm.Normal("x", 0, 1)
        pm.HalfNormal("s", 1)
        pm.Normal("y", m.x, m.s, observed=1.0)
    assert str(m.x) == "x ~ Normal"
    assert str(m.s) == "s ~ HalfNormal"
    assert str(m["s_log__"]) == "s_log__ ~ TransformedDistribution"
    assert str(m.y) == "y ~ Normal"
    assert str(pm.Normal.dist(0, 1)) == "[unnamed] ~ Normal"


def test_a_named_distribution_needs_a_model() -> None:
    with pytest.raises(TypeError, match="No model on context stack"):
        pm.Bound(pm.Normal, lower=0)("x", 0, 1)


def test_a_symbolic_shape_is_evaluated() -> None:
    assert shape_of(tt.constant([2, 3])) == (2, 3)
    assert shape_of((tt.constant(2), 3)) == (2, 3)
    assert pm.Normal.dist(0, 1, shape=tt.constant(4)).shape == (4,)


def test_tensor_type_broadcasts_axes_of_length_one() -> None:
    kind = pm.TensorType("float64", (3, 1))
    assert kind.dtype == "float64" and kind.broadcastable == (False, True)


def test_bounds_are_checked_whatever_the_model_says() -> None:
    with pm.Model(check_bounds=False) as m:
        pm.HalfNormal("x", 1.0, transform=None)
    assert float(m.logp({"x": -1.0})) == -np.inf


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("continuous", ("Normal", "PositiveContinuous", "UnitContinuous", "BoundedContinuous")),
        ("discrete", ("Poisson", "Discrete")),
        ("distribution", ("Distribution", "draw_values", "generate_samples", "DensityDist")),
        ("mixture", ("Mixture", "all_discrete")),
        ("bound", ("Bound",)),
        ("dist_math", ("bound", "logpow", "normal_lcdf")),
        ("simulator", ("Simulator",)),
    ],
)
def test_submodules_are_where_programs_look(module: str, names: tuple[str, ...]) -> None:
    found = importlib.import_module(f"pm_migrate.shims.distributions.{module}")
    assert getattr(pm.distributions, module) is found
    for name in names:
        assert hasattr(found, name)


# --- dist_math: against SciPy ----------------------------------------------------------------------------------------


def test_functions_for_log_densities() -> None:
    z = np.array([-40.0, -2.0, 0.3, 9.0])
    assert dist_math.normal_lcdf(0.0, 1.0, z).eval() == pytest.approx(stats.norm.logcdf(z), rel=1e-13)
    assert dist_math.normal_lccdf(0.0, 1.0, z).eval() == pytest.approx(stats.norm.logsf(z), rel=1e-13)
    assert dist_math.std_cdf(z[1:]).eval() == pytest.approx(stats.norm.cdf(z[1:]), rel=1e-14)
    assert float(dist_math.binomln(5, 2).eval()) == pytest.approx(np.log(10.0), rel=1e-14)
    assert float(dist_math.betaln(2.0, 3.0).eval()) == pytest.approx(-np.log(12.0), rel=1e-14)
    assert float(dist_math.factln(4).eval()) == pytest.approx(np.log(24.0), rel=1e-14)
    for way, given in {"sigma": 2.0, "w": np.log(2.0), "tau": 0.5, "rho": np.log(np.expm1(2.0))}.items():
        logp = float(dist_math.log_normal(1.0, 0.0, **{way: given}).eval())
        assert logp == pytest.approx(stats.norm.logpdf(1.0, 0.0, 2.0), rel=1e-14)
    with pytest.raises(ValueError, match="exactly one"):
        dist_math.log_normal(1.0, 0.0, sigma=1.0, tau=1.0)


def test_bound_masks_elements_or_everything() -> None:
    logp, ok = tt.constant([1.0, 2.0]), tt.constant([1.0, -1.0])
    assert dist_math.bound(logp, ok > 0, ok < 5).eval().tolist() == [1.0, -np.inf]
    assert dist_math.bound(logp, ok > 0, broadcast_conditions=False).eval().tolist() == [-np.inf, -np.inf]
    assert dist_math.bound(logp, ok > -5, broadcast_conditions=False).eval().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["OrderedLogistic", "OrderedProbit"])
def test_ordered_categories_can_be_free(name: str) -> None:
    with pm.Model() as model:
        eta = pm.Normal("eta")
        getattr(pm, name)("y", eta=eta, cutpoints=np.array([-1.0, 0.0, 1.0]))
        pm.sample(draws=3, tune=3, chains=1, progressbar=False, compute_convergence_checks=False, random_seed=1)
    assert np.isfinite(model.logp(model.test_point))


def test_an_open_end_of_the_support_has_no_mass_below() -> None:
    assert pm.InverseGamma.dist(2.0, 1.0).logcdf(0.0).eval() == -np.inf
