"""What rewritten PyMC3 programs need beyond PyMC4: named data, scaling, bounds, start values, floatX and others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy import stats

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3
from pm_migrate.errors import ModelError, NotSupported, ShapeError
from pm_migrate.shims import theano
from pm_migrate.shims.model.observing import get_scaling, scaling_of

pytestmark = pytest.mark.filterwarnings("ignore::pm_migrate.shims.exceptions.ImputationWarning")

X = np.array([-1.0, 0.0, 1.0, 2.0])
Y = np.array([0.1, 1.2, 2.8, 4.1])


def compare(generator: Any, drop_in: Any, rename: dict[str, str] | None = None, seed: int = 0) -> None:
    """Log density, terms and gradient of a generator model and of a ``with`` model at points around the test point."""
    ours, theirs = generator.log_density(), drop_in.log_density()
    names = {v.name: (rename or {}).get(v.name, v.name) for v in ours.variables}
    assert [*names.values()] == [v.name for v in theirs.variables]
    rng = np.random.default_rng(seed)
    for scale in (0.0, 0.5):
        point = {
            n: x + (scale * rng.normal(size=x.shape) if x.dtype.kind == "f" else 0) for n, x in ours.test_point.items()
        }
        value, gradient = ours.logp_and_gradient(point)
        other, slope = theirs.logp_and_gradient({names[n]: x for n, x in point.items()})
        assert value == pytest.approx(other, rel=1e-12)
        for name, g in gradient.items():
            np.testing.assert_allclose(g, slope[names[name]], rtol=1e-11, atol=1e-12)


# named data


@pm.model(name=None)
def line(x: Any, y: Any = None, **options: Any) -> Any:
    x = yield pm.Data("x", x, **options)
    slope = yield pm.Normal("slope", 0.0, 2.0)
    mu = yield pm.Deterministic("mu", slope * x, dims=options.get("dims"))
    yield pm.Normal("y", mu, 0.5, observed=y, dims=options.get("dims"))


@pytest.fixture(scope="module")
def posterior() -> Any:
    return pm.sample(line(X, Y, dims="obs"), num_samples=200, num_chains=2, burn_in=200, seed=1, progressbar=False)


def test_data_are_recorded(posterior: Any) -> None:
    assert posterior.constant_data["x"].dims == ("obs",)
    np.testing.assert_array_equal(posterior.constant_data["x"], X)
    assert list(posterior.posterior.data_vars) == ["slope", "mu"]
    prior = pm.sample_prior_predictive(line(X, Y), 3, seed=1)
    np.testing.assert_array_equal(prior.constant_data["x"], X)
    density = line(X, Y).log_density()
    assert [v.name for v in density.variables] == ["slope"] and list(density.observed) == ["y"]
    advi = pm.fit(line(X, Y), num_steps=2, random_seed=1, progressbar=False)
    np.testing.assert_array_equal(advi.approximation.sample(2).constant_data["x"], X)


def test_predictions_at_other_data(posterior: Any) -> None:
    new = np.array([10.0, 20.0])
    result = pm.sample_posterior_predictive(line(new), posterior, "y", seed=1, inplace=False)
    y = result.posterior_predictive["y"]
    assert y.shape == (2, 200, 2)
    # 400 standard normal residuals, 4.5 standard errors
    residuals = (y.values - posterior.posterior["slope"].values[..., None] * new) / 0.5
    assert abs(residuals.mean()) < 4.5 / np.sqrt(800) and abs(residuals.var() - 1) < 4.5 * np.sqrt(2 / 800)
    np.testing.assert_array_equal(result.constant_data["x"], new)
    mu = pm.sample_posterior_predictive(line(new), posterior, ["mu"], seed=1, inplace=False).posterior_predictive["mu"]
    np.testing.assert_allclose(mu, posterior.posterior["slope"].values[..., None] * new, rtol=1e-12)


def test_predictions_beside_the_data_that_were_fitted(posterior: Any) -> None:
    data = posterior.copy()
    pm.sample_posterior_predictive(line(X, Y, dims="obs"), data, seed=1)
    assert "predictions_constant_data" not in data.groups()
    pm.sample_posterior_predictive(line([5.0, 6.0, 7.0]), data, "y", seed=1)
    assert data.posterior_predictive["y"].shape == (2, 200, 3)
    np.testing.assert_array_equal(data.constant_data["x"], X)
    np.testing.assert_array_equal(data.predictions_constant_data["x"], [5.0, 6.0, 7.0])


def test_data_are_replaced_by_name(posterior: Any) -> None:
    replaced = pm.sample_posterior_predictive(
        line(X, Y, dims="obs"), posterior, "y", {"x": [3.0], "y": None}, seed=2, inplace=False
    )
    called = pm.sample_posterior_predictive(line([3.0], dims="obs"), posterior, "y", seed=2, inplace=False)
    np.testing.assert_array_equal(replaced.posterior_predictive["y"], called.posterior_predictive["y"])
    _, state = pm.evaluate_model(line(X), values={"slope": 2.0}, observed={"x": [7.0]})
    assert state.constants["x"].numpy().tolist() == [7.0]
    assert state.deterministics_values["mu"].numpy().tolist() == [14.0]
    again, _ = pm.evaluate_model_transformed(line(X), values={"slope": 2.0}, observed={"x": [7.0]})[
        1
    ].as_sampling_state()
    assert pm.evaluate_model(line(X), state=again)[1].deterministics_values["mu"].numpy().tolist() == [14.0]
    with pytest.raises(pm.EvaluationError, match=r"observed= names \['z'\].*\['slope', 'y', 'x'\]"):
        pm.sample(line(X, Y), observed={"z": 1.0})


def test_coordinates_of_replaced_data() -> None:
    @pm.model(name=None, coords={"obs": list("abcd")})
    def labelled(x: Any, y: Any = None) -> Any:
        x = yield pm.Data("x", x, dims="obs")
        yield pm.Normal("y", x, 1.0, observed=y, dims="obs")

    assert labelled(X, Y).log_density().dims == {"x": ("obs",), "y": ("obs",)}
    prior = pm.sample_prior_predictive(labelled(X, Y), 2, seed=1)
    assert prior.constant_data["obs"].values.tolist() == list("abcd")
    from pm_migrate.shims.pymc4.compilation import compile_model

    assert compile_model(labelled(X), {"x": [1.0]}).dims == {}  # y has the new length too
    with pytest.raises(ModelError, match="'x' has 1 entries along 'obs', whose coords= are 4"):
        labelled([1.0]).log_density()


def test_coordinates_from_pandas() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=pd.Index(["u", "v"], name="row"))

    @pm.model(name=None)
    def model() -> Any:
        x = yield pm.Data("x", frame, dims=("row", "column"), export_index_as_coords=True)
        yield pm.Normal("y", x, 1.0, dims=("row", "column"))

    density = model().log_density()
    assert density.coords == {"row": ["u", "v"], "column": ["a", "b"]}
    drawn = pm.sample_prior_predictive(model(), 2, seed=1)
    assert drawn.prior["y"].sel(row="v", column="b").shape == (1, 2)
    by_name = pm.Data("x", frame["a"], export_index_as_coords=True)
    assert by_name.coords == {"row": ["u", "v"]}


def test_names_of_data() -> None:
    @pm.model
    def outer() -> Any:
        x = yield pm.Data("x", [1, 2])
        yield pm.Deterministic("index", tf.range(3)[1] + x[0])
        yield pm.Normal("x", 0.0, 1.0)

    with pytest.raises(pm.EvaluationError, match="duplicate variable 'outer/x'"):
        pm.evaluate_model(outer())

    @pm.model
    def indexed() -> Any:
        index = yield pm.Data("index", np.array([0, 1, 1]))
        assert index.dtype == tf.int64
        a = yield pm.Normal("a", 0.0, 1.0, batch_stack=2)
        yield pm.Normal("y", a[index], 1.0, observed=np.zeros(3))

    assert list(indexed().log_density().constants) == ["indexed/index"]
    terms = indexed().log_density().terms_at({"indexed/a": [1.0, 3.0]})
    assert terms["indexed/y"] == pytest.approx(stats.norm([1.0, 3.0, 3.0]).logpdf(0.0).sum())


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: pm.Data("x", [1.0, np.nan]), NotImplementedError, "Masked arrays or arrays with `nan`"),
        (lambda: pm.Data("x", np.ma.masked_array([1, 2], [0, 1])), NotImplementedError, "trigger auto-imputation"),
        (lambda: pm.Data("x", [1.0], dims=("a", "b")), ShapeError, "must match the dimensions of the dataset"),
        (lambda: pm.evaluate_model(pm.Data(None, 1.0) for _ in range(1)), pm.EvaluationError, "anonymous Data"),
    ],
)
def test_data_that_are_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# scaling


SIZES = [None, 50, [20], [20, 6], [20, None], [20, ..., 6], [..., 6], [None, ..., None], (20,)]


@pytest.mark.parametrize("total_size", SIZES, ids=str)
def test_scaling_is_that_of_the_drop_in(total_size: Any) -> None:
    data = np.arange(12.0).reshape(4, 3)

    @pm.model(name=None)
    def model() -> Any:
        mu = yield pm.HalfNormal("mu", 1.0, total_size=7)
        yield pm.Normal("y", mu, 1.0, observed=data, total_size=total_size)

    with pm3.Model() as drop_in:
        mu = pm3.HalfNormal("mu", 1.0, total_size=7)
        pm3.Normal("y", mu, 1.0, observed=data, total_size=total_size)
    compare(model(), drop_in, {"__log_mu": "mu_log__"})
    point = {"__log_mu": 0.3}
    assert model().log_density().terms_at(point) == pytest.approx(drop_in.log_density().terms_at({"mu_log__": 0.3}))
    expected = get_scaling(total_size, data.shape, data.ndim)
    assert scaling_of(total_size, data.shape) == (1.0 if expected is None else float(expected.eval()))
    _, state = pm.evaluate_model_transformed(model(), values=point)
    assert float(state.collect_log_prob()) == pytest.approx(float(model().logp(point)), rel=1e-13)


@pytest.mark.parametrize("wrong", ["all", 2.5, [20, 6, 1], [..., ...], [2.5]])
def test_sizes_that_are_refused(wrong: Any) -> None:
    @pm.model(name=None)
    def model() -> Any:
        yield pm.Normal("x", 0.0, 1.0)
        yield pm.Normal("y", 0.0, 1.0, observed=np.ones((4, 3)), total_size=wrong)

    with pytest.raises((TypeError, ValueError), match="total_size"):
        model().log_density()


def test_the_objective_of_a_minibatch_is_that_of_the_drop_in() -> None:
    @pm.model(name=None)
    def model() -> Any:
        mu = yield pm.Normal("mu", 0.0, 1.0)
        yield pm.Normal("y", mu, 1.0, observed=Y, total_size=100)

    with pm3.Model() as drop_in:
        mu = pm3.Normal("mu", 0.0, 1.0)
        pm3.Normal("y", mu, 1.0, observed=Y, total_size=100)
    assert model().log_density().scaling == 25.0
    ours = pm.fit(model(), num_steps=20, random_seed=1, optimizer=pm.adam(learning_rate=0.1), progressbar=False)
    theirs = pm3.fit(
        20, model=drop_in, random_seed=1, obj_optimizer=pm3.adam(learning_rate=0.1), obj_n_mc=1, progressbar=False
    )
    np.testing.assert_allclose(ours.losses, theirs.hist, rtol=1e-9)


# bounds and other distributions


def test_both_forms_of_bound() -> None:
    positive = pm.Bound(pm.Normal, lower=0.0)

    @pm.model(name=None)
    def called() -> Any:
        a = yield positive("a", 1.0, 2.0)
        yield pm.Bound(pm.Normal, -1.0, upper=np.ones(2))("b", loc=a, scale=1.0, shape=2, testval=0.5)
        yield pm.Bound(distribution=pm.Normal, upper=3.0)("c", 0.0, 1.0)
        yield pm.Bound(pm.Poisson, lower=1)("k", 3.0, dims="one")
        yield pm.Bound(pm.Normal, lower=-np.inf, upper=np.inf)("free", 0.0, 1.0)

    @pm.model(name=None)
    def direct() -> Any:
        a = yield pm.Bound("a", pm.Normal.dist(1.0, 2.0), lower=0.0)
        yield pm.Bound("b", pm.Normal.dist(a, 1.0), -1.0, np.ones(2), shape=2, testval=0.5)
        yield pm.Bound("c", pm.Normal.dist(0.0, 1.0), upper=3.0)
        yield pm.Bound("k", pm.Poisson.dist(3.0), lower=1)
        yield pm.Bound("free", pm.Normal.dist(0.0, 1.0))

    with pm3.Model() as drop_in:
        a = pm3.Bound(pm3.Normal, lower=0.0)("a", mu=1.0, sigma=2.0)
        pm3.Bound(pm3.Normal, lower=-1.0, upper=np.ones(2))("b", mu=a, sigma=1.0, shape=2, testval=0.5 * np.ones(2))
        pm3.Bound(pm3.Normal, upper=3.0)("c", mu=0.0, sigma=1.0)
        pm3.Bound(pm3.Poisson, lower=1)("k", mu=3.0)
        pm3.Bound(pm3.Normal)("free", mu=0.0, sigma=1.0)
    names = {"__lowerbound_a": "a_lowerbound__", "__interval_b": "b_interval__", "__upperbound_c": "c_upperbound__"}
    for model in (called(), direct()):
        compare(model, drop_in, names)
    for name, value in called().log_density().test_point.items():
        np.testing.assert_array_equal(direct().log_density().test_point[name], value)
    assert isinstance(positive("a", 1.0, 2.0), pm.Bound) and positive.dist(1.0, 2.0).is_anonymous
    assert called().log_density().dims == {"k": ("one",)}


def test_bounds_that_are_refused() -> None:
    with pytest.raises(ModelError, match="second call"):
        pm.Bound(dict, lower=0)
    with pytest.raises(ModelError, match="Observed Bound"):
        pm.Bound(pm.Normal, lower=0)("x", 0.0, 1.0, observed=[1.0])
    with pytest.raises(TypeError, match="no argument 'mu'"):
        pm.Bound(pm.Normal, lower=0)("x", mu=0.0, scale=1.0)
    with pytest.raises(TypeError, match=r"made by \.dist"):
        pm.Bound("x", pm.Normal, 0.0)


@pytest.mark.filterwarnings("ignore:Bound")
def test_a_bound_vector_counts_as_in_pymc3() -> None:
    @pm.model(name=None)
    def model() -> Any:
        yield pm.Bound(pm.MvNormal, lower=0.0)("x", np.zeros(2), np.eye(2))

    with pm3.Model() as drop_in:
        pm3.Bound(pm3.MvNormal, lower=0.0)("x", mu=np.zeros(2), cov=np.eye(2), shape=2)
    compare(model(), drop_in, {"__lowerbound_x": "x_lowerbound__"})


def test_mixtures_densities_and_potentials() -> None:
    @pm.model(name=None)
    def model() -> Any:
        w = yield pm.Dirichlet("w", np.ones(2))
        m = yield pm.Normal("m", 0.0, 1.0, batch_stack=2)
        yield pm.NormalMixture("y", w, m, 0.7, observed=Y)
        d = yield pm.DensityDist("d", lambda v: -tf.abs(v - m[0]))
        yield pm.Potential("soft", -(d**2))

    with pm3.Model() as drop_in:
        w = pm3.Dirichlet("w", np.ones(2), shape=2)
        m = pm3.Normal("m", 0.0, 1.0, shape=2)
        pm3.NormalMixture("y", w, mu=m, sigma=0.7, observed=Y)
        d = pm3.DensityDist("d", lambda v: -abs(v - m[0]))
        pm3.Potential("soft", -(d**2))
    compare(model(), drop_in, {"__stickbreaking_w": "w_stickbreaking__"})
    assert list(model().log_density().terms_at(model().log_density().test_point)) == ["w", "m", "y", "d", "soft"]


def test_no_transform_and_start_values() -> None:
    @pm.model(name=None)
    def model() -> Any:
        s = yield pm.HalfNormal("s", 1.0, transform=pm.NO_TRANSFORM, testval=0.3)
        yield pm.Gamma("g", 2.0, 1.0, testval=0.2)
        yield pm.Normal("x", 0.0, s, observed=Y)

    with pm3.Model() as drop_in:
        s = pm3.HalfNormal("s", 1.0, transform=None, testval=0.3)
        pm3.Gamma("g", 2.0, 1.0, testval=0.2)
        pm3.Normal("x", 0.0, s, observed=Y)
    density = model().log_density()
    assert density.test_point == {"s": 0.3, "__log_g": np.log(0.2)}
    for s in (0.5, 2.0):
        point = {"s": s, "__log_g": 0.1}
        other = drop_in.log_density().logp_and_gradient({"s": s, "g_log__": 0.1})[0]
        assert density.logp_and_gradient(point)[0] == pytest.approx(other, rel=1e-13)
    data = pm.fit(model(), num_steps=1, random_seed=1, progressbar=False).approximation.sample(2)
    assert list(data.posterior.data_vars) == ["s", "g"]
    assert list(data.unconstrained_posterior.data_vars) == ["__log_g"]


def test_prior_draws_have_the_shape_of_the_data() -> None:
    drawn = pm.sample_prior_predictive(line(X, Y), 6, seed=1)
    assert drawn.prior_predictive["y"].shape == (1, 6, 4)


# floatX


@pytest.fixture
def float32() -> Iterator[None]:
    pm.set_floatx("float32")
    yield
    pm.set_floatx("float64")


@pm.model(name=None)
def mixed() -> Any:
    x = yield pm.Data("x", X)
    mu = yield pm.Normal("mu", 0.1, 2.0, batch_stack=2)
    s = yield pm.HalfNormal("s", 2.0)
    k = yield pm.Poisson("k", 3.0)
    w = yield pm.Dirichlet("w", np.ones(2))
    eta = yield pm.Deterministic("eta", np.exp(0.1 * mu[0] * x) + X @ np.ones(4) + tf.linalg.matvec(np.eye(2), mu)[1])
    assert mu.dtype == eta.dtype == (x * k).dtype == (tf.constant(1.5) * mu).dtype
    yield pm.Mixture("mix", w, [pm.Normal.dist(mu[0], 1.0), pm.StudentT.dist(0.0, 1.0, 4.0)])
    yield pm.Bound("b", pm.Normal.dist(mu[1], 1.0), lower=0.0)
    yield pm.DensityDist("d", lambda v: -0.5 * (v - mu[0]) ** 2, lambda shape, seed: tf.zeros(shape))
    yield pm.GaussianRandomWalk("g", scale=1.0, shape=3)
    yield pm.MvNormal("v", mu, np.eye(2))
    yield pm.Potential("p", -0.01 * mu[0] ** 2)
    yield pm.Normal("y", eta, s, observed=Y)
    yield pm.Poisson("c", s, observed=[1, 2])


def test_float32_rounds_values_and_computes_in_float64() -> None:
    exact = mixed()
    with theano.config.change_flags(floatX="float32"):
        model = mixed()
    assert (exact.floatx, model.floatx) == ("float64", "float32")  # the flag is put back before they are used
    density = model.log_density()
    assert {v.name: v.dtype for v in density.variables} == {
        v.name: "int64" if v.discrete else "float32" for v in exact.log_density().variables
    }
    assert {v.test_value.dtype.name for v in density.continuous} == {"float32"}
    rng = np.random.default_rng(0)
    for _ in range(2):
        point = {
            n: x + rng.normal(0, 0.5, x.shape).astype(x.dtype) if x.dtype.kind == "f" else x
            for n, x in density.test_point.items()
        }
        value, gradient = density.logp_and_gradient(point)
        reference, slope = exact.log_density().logp_and_gradient(point)
        size = sum(abs(float(term)) for term in density.evaluate(density.tensors(point)).terms.values())
        assert value == pytest.approx(reference, abs=1e-6 * size)
        largest = max(np.abs(g).max() for g in slope.values())
        for name, g in gradient.items():
            assert g.dtype == np.float32
            np.testing.assert_allclose(g, slope[name], rtol=2e-6, atol=2e-6 * largest)
        assert model.logp(point).dtype == np.float32 and exact.logp(point).dtype == np.float64


def test_float32_is_the_drop_ins_on_the_same_program(float32: None) -> None:
    @pm.model(name=None)
    def model() -> Any:
        mu = yield pm.Normal("mu", 0.1, 2.0)
        s = yield pm.HalfNormal("s", 1.5)
        y = yield pm.Normal("y", mu / 3, s, observed=np.array([0.1, np.nan, 2.3]))
        yield pm.Deterministic("d", y.sum() * mu)

    with pm3.Model() as drop_in:
        mu = pm3.Normal("mu", 0.1, 2.0)
        s = pm3.HalfNormal("s", 1.5)
        y = pm3.Normal("y", mu / 3, s, observed=np.array([0.1, np.nan, 2.3]))
        pm3.Deterministic("d", y.sum() * mu)
    ours, theirs = model().log_density(), drop_in.log_density()
    point = {"mu": np.float32(0.7), "__log_s": np.float32(0.2), "y_missing": np.float32([0.4])}
    other = {"mu": point["mu"], "s_log__": point["__log_s"], "y_missing": point["y_missing"]}
    (value, gradient), (same, slope) = ours.logp_and_gradient(point), theirs.logp_and_gradient(other)
    assert value == pytest.approx(same, rel=1e-12)
    for name, g in slope.items():  # float32 sums of the same terms, in another order
        np.testing.assert_allclose(gradient[{"s_log__": "__log_s"}.get(name, name)], g, rtol=1e-5)
    draws = pm.sample(model(), num_samples=300, num_chains=2, burn_in=200, seed=1, progressbar=False)
    assert {v.dtype.name for v in draws.posterior.data_vars.values()} == {"float32"}
    assert draws.observed_data["y"].dtype == np.float32
    y = 0.1 + 2.3 + draws.posterior["y_missing"].values[..., 0]
    np.testing.assert_allclose(draws.posterior["d"], y * draws.posterior["mu"], rtol=1e-4, atol=1e-5)


def test_dtypes_under_float32(float32: None) -> None:
    _, state = pm.evaluate_model_transformed(mixed(), seed=1)
    dtypes = {x.dtype.name for x in [*state.all_values.values(), *state.deterministics_values.values()]}
    assert dtypes == {"float32", "int64"} and state.constants["x"].dtype == tf.float32
    assert state.collect_log_prob().dtype == state.clone().collect_log_prob().dtype == tf.float32
    assert {x.dtype for x in state.collect_log_prob_elemwise()} == {tf.float32}
    prior = pm.sample_prior_predictive(narrow(), 4, seed=1)
    for group in (prior.prior, prior.prior_predictive, prior.observed_data):
        assert {v.dtype.name for v in group.data_vars.values()} == {"float32"}
    normal = pm.Normal.dist(0.1, 2.0)
    assert normal.sample(3, seed=1).dtype == normal.test_value.dtype == tf.float32
    assert float(normal.log_prob(0.5)) == pytest.approx(stats.norm(0.1, 2.0).logpdf(0.5), rel=1e-6)
    advi = pm.fit(narrow(), num_steps=2, progressbar=False)
    assert advi.losses.dtype == tf.float32
    assert {v.dtype.name for v in advi.approximation.sample(2).posterior.data_vars.values()} == {"float32"}


@pm.model(name=None)
def narrow() -> Any:
    mu = yield pm.Normal("mu", 0.1, 2.0)
    yield pm.Deterministic("d", mu * 2.5)
    yield pm.Normal("y", mu, 1.0, observed=Y)


def test_draws_under_float32_are_those_of_float64(float32: None) -> None:
    narrow = pm.Gamma.dist(2.0, 1.5).sample(50, seed=3)
    pm.set_floatx("float64")
    np.testing.assert_allclose(narrow, pm.Gamma.dist(2.0, 1.5).sample(50, seed=3), rtol=1e-5)


def test_the_switch() -> None:
    for wrong in ("float16", "int32"):
        with pytest.raises(NotSupported, match="only float64 and float32"):
            pm.set_floatx(wrong)
    pm.set_floatx(tf.float32)
    assert theano.config.floatX == "float32"
    pm.set_floatx("float64")
    assert pm.Normal.dist(0, 1).log_prob(0).dtype == tf.float64


@pytest.mark.parametrize(
    ("ends", "start"), [({"lower": 2.0}, 3.0), ({"upper": 2.0}, 1.0), ({"lower": 2.0, "upper": 6.0}, 4.0)]
)
def test_a_bounded_variable_starts_where_pymc3s_does(ends, start):
    """One inside a single end, in the middle of two: ``pymc3.distributions.bound._ContinuousBounded``."""
    assert float(pm.Bound.dist(pm.Normal.dist(0.0, 1.0), **ends).test_value) == start
