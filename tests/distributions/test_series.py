"""Time series as programs use them. Expected numbers were printed by PyMC3 3.11.6 on Theano-PyMC 1.1.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.shims as pm
from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions import timeseries as ts
from pm_migrate.shims.pymc4 import distributions as generators
from pm_migrate.shims.pymc4 import timeseries as generator
from pm_migrate.shims.pymc4.coroutine_model import model as generator_model

X = np.array([0.3, -0.4, 1.2, 0.7, -2.0])
XS = np.arange(6.0).reshape(3, 2) ** 1.5
COV = np.array([[2.0, 0.3], [0.3, 1.0]])
MU = np.array([0.1, 0.2])


def drift(x: Any, a: Any) -> tuple[Any, float]:
    return a * x, 0.7


#: Distribution, its generator twin, value, PyMC3's logp.
RECORDED: dict[str, tuple[Callable[[], Any], Callable[[], Any], np.ndarray, float]] = {
    "AR": (
        lambda: ts.AR.dist([0.1, 0.5, -0.2], tau=2.0, constant=True, init=pm.Normal.dist(0, 3.0), shape=5),
        lambda: generator.ConditionalAR.dist(
            [0.1, 0.5, -0.2], 2.0**-0.5, constant=True, init=generators.CLASSES["Normal"].dist(0.0, 3.0), shape=5
        ),
        X,
        -12.506185361408553,
    ),
    "GARCH11": (
        lambda: ts.GARCH11.dist(0.3, 0.2, 0.6, 1.1, shape=5),
        lambda: generator.GARCH11.dist(0.3, 0.2, 0.6, 1.1, shape=5),
        X,
        -7.7123954532212595,
    ),
    "GaussianRandomWalk": (
        lambda: ts.GaussianRandomWalk.dist(tau=4.0, mu=0.2, shape=5),
        lambda: generator.GaussianRandomWalk.dist(0.2, 0.5, shape=5),
        X,
        -24.24316541057891,
    ),
    "EulerMaruyama": (
        lambda: ts.EulerMaruyama.dist(0.1, drift, (0.4,), shape=5),
        lambda: generator.EulerMaruyama.dist(0.1, drift, (0.4,), shape=5),
        X,
        -108.46723110985117,
    ),
    "MvGaussianRandomWalk": (
        lambda: ts.MvGaussianRandomWalk.dist(MU, COV, init=pm.MvNormal.dist(np.zeros(2), np.eye(2)), shape=(3, 2)),
        lambda: generator.MvGaussianRandomWalk.dist(
            MU, COV, init=generators.CLASSES["MvNormal"].dist(np.zeros(2), np.eye(2)), shape=(3, 2)
        ),
        XS,
        -34.90010624255783,
    ),
    "MvStudentTRandomWalk": (
        lambda: ts.MvStudentTRandomWalk.dist(4.0, MU, COV, shape=(3, 2)),
        lambda: generator.MvStudentTRandomWalk.dist(4.0, MU, scale_tril=np.linalg.cholesky(COV), shape=(3, 2)),
        XS,
        -16.469658242451658,
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_values(name: str) -> None:
    make, twin, value, expected = RECORDED[name]
    assert make().logp(value).eval() == pytest.approx(expected, rel=1e-13)
    assert float(twin().log_prob(value)) == pytest.approx(expected, rel=1e-13)


#: Series whose innovations PyMC3 counts once per column: distribution, twin, PyMC3's logp, its first values' part.
FAULTY: dict[str, tuple[Callable[[], Any], Callable[[], Any], list[float]]] = {
    "GaussianRandomWalk": (
        lambda: ts.GaussianRandomWalk.dist(sigma=1.5, mu=0.2, init=pm.Normal.dist(0.1, 2.0), shape=(3, 2)),
        lambda: generator.GaussianRandomWalk.dist(
            0.2, 1.5, init=generators.CLASSES["Normal"].dist(0.1, 2.0), shape=(3, 2)
        ),
        [-24.922333571777212, -25.022333571777214],
    ),
    "AR1": (
        lambda: ts.AR1.dist(0.6, 2.0, shape=(3, 2)),
        lambda: generator.AR1.dist(0.6, 2.0, shape=(3, 2)),
        [-136.9429847293928, -137.58298472939282],
    ),
}


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.quirks.QuirkWarning")
@pytest.mark.parametrize("name", FAULTY)
def test_innovations_of_several_series_are_counted_as_in_pymc3_or_once(name: str) -> None:
    make, twin, recorded = FAULTY[name]
    np.testing.assert_allclose(make().logp(XS).eval(), recorded, rtol=1e-13)
    assert float(twin().log_prob(XS)) == pytest.approx(sum(recorded), rel=1e-13)
    columns = [_one_column(name, XS[:, i]) for i in range(2)]
    with quirks.quirks("fixed"):
        fixed, fixed_twin = make(), twin()
    assert fixed.logp(XS).eval() == pytest.approx(sum(columns), rel=1e-13)
    assert float(fixed_twin.log_prob(XS)) == pytest.approx(sum(columns), rel=1e-13)
    assert sum(columns) > sum(recorded) + 10.0


def _one_column(name: str, x: np.ndarray) -> float:
    """A single series, where nothing is counted twice."""
    if name == "AR1":
        return float(ts.AR1.dist(0.6, 2.0, shape=3).logp(x).eval())
    walk = ts.GaussianRandomWalk.dist(sigma=1.5, mu=0.2, init=pm.Normal.dist(0.1, 2.0), shape=3)
    return float(walk.logp(x).eval())


def test_the_fault_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quirks, "_said", set())
    with pm.Model():
        ts.GaussianRandomWalk("one", sigma=1.0, shape=5)
        ts.GaussianRandomWalk("column", sigma=1.0, shape=(5, 1))
        with pytest.warns(quirks.QuirkWarning, match="GaussianRandomWalk: of several series.*counted once for each"):
            ts.GaussianRandomWalk("several", sigma=1.0, shape=(5, 2))
        ts.GaussianRandomWalk("again", sigma=1.0, observed=XS)
        with quirks.quirks("fixed"):
            monkeypatch.setattr(quirks, "_said", set())
            ts.GaussianRandomWalk("fixed", sigma=1.0, shape=(5, 2))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ts.AR1.dist(1.5, 1.0, shape=5),
        lambda: ts.AR1.dist(0.5, -1.0, shape=5),
        lambda: ts.AR.dist([0.5], sigma=-1.0, shape=5),
        lambda: ts.GaussianRandomWalk.dist(sigma=-1.0, shape=5),
        lambda: ts.GARCH11.dist(-1.0, 0.1, 0.1, 1.0, shape=5),
        lambda: ts.GARCH11.dist(1.0, 0.1, 0.1, -1.0, shape=5),
        lambda: ts.EulerMaruyama.dist(0.1, lambda x: (x, -1.0), (), shape=5),
    ],
)
def test_invalid_parameters_are_minus_infinity(make: Callable[[], Any]) -> None:
    assert make().logp(X).eval() == -np.inf


def test_gradients_are_finite_for_invalid_parameters() -> None:
    with pm.Model() as model:
        s = pm.Normal("s", 0.0, 1.0)
        ts.AR1("a", s, 1.0, observed=X)
        ts.GARCH11("g", s, 0.1, 0.1, 1.0, observed=X)
        ts.GaussianRandomWalk("w", sigma=s, observed=X)
    logp, gradient = model.log_density().logp_and_gradient({"s": np.array(-1.5)})
    assert logp == -np.inf and np.isfinite(gradient["s"])


def test_start_values_shapes_and_dtypes() -> None:
    with pm.Model() as model:
        ts.AR1("a", 0.5, 1.0, shape=3)
        ts.AR("b", [0.5, 0.1], shape=4)
        ts.GaussianRandomWalk("c")
        ts.GARCH11("d", 1.0, 0.1, 0.1, 1.0, shape=5)
        ts.MvGaussianRandomWalk("e", MU, COV, shape=(3, 2))
        ts.EulerMaruyama("f", 0.1, drift, (0.4,), shape=5, testval=X)
    shapes = {name: value.shape for name, value in model.test_point.items()}
    assert shapes == {"a": (3,), "b": (4,), "c": (1,), "d": (5,), "e": (3, 2), "f": (5,)}
    assert all(value.dtype == np.float64 for value in model.test_point.values())
    assert all(not np.any(model.test_point[name]) for name in "abcde")
    np.testing.assert_array_equal(model.test_point["f"], X)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ts.GaussianRandomWalk("x", sigma=1.0, tau=1.0, shape=3), ValueError, "both tau and sigma"),
        (lambda: ts.GaussianRandomWalk.dist(sigma=1.0, shape=()), TypeError, "non-zero shape"),
        (lambda: ts.AR("x", [0.1], constant=True, shape=3), ModelError, "constant alone"),
        (lambda: ts.AR("x", [0.1], init=1.0, shape=3), TypeError, "init needs a distribution"),
        (lambda: ts.AR1("x", 0.5, 1.0), IndexError, "needs a time axis"),
        (lambda: ts.EulerMaruyama("x", 0.1, drift, (0.4,), shape=3), AttributeError, "no finite default value"),
        (lambda: ts.MvGaussianRandomWalk("x", MU, shape=(3, 2)), ValueError, "Incompatible parameterization"),
        (lambda: ts.AR.dist([0.1], shape=3).random(), ValueError, "no random method"),
        (lambda: ts.AR1.dist(0.1, 1.0, shape=3).random(), ValueError, "no random method"),
        (lambda: ts.GARCH11.dist(1.0, 0.1, 0.1, 1.0, shape=3).random(), ValueError, "no random method"),
    ],
)
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pm.Model(), pytest.raises(error, match=message):
        call()


def test_random_walks_start_at_zero_and_have_the_variance_of_their_steps() -> None:
    np.random.seed(3)
    scale, mu = np.array([9.0, 1.0, 2.0, 0.5]), np.array([9.0, 0.5, -1.0, 2.0])
    draws = ts.GaussianRandomWalk.dist(sigma=scale, mu=mu, init=pm.Normal.dist(100.0, 1.0), shape=4).random(size=20_000)
    assert draws.shape == (20_000, 4)
    assert not np.any(draws[:, 0])
    steps = np.diff(draws, axis=1)
    # five standard errors: a right sampler fails once in a million for each of the entries
    np.testing.assert_allclose((steps.mean(axis=0) - mu[1:]) / scale[1:], 0.0, atol=5 / np.sqrt(20_000))
    np.testing.assert_allclose(steps.var(axis=0) / scale[1:] ** 2, 1.0, atol=5 * np.sqrt(2 / 20_000))
    assert abs(np.corrcoef(steps[:, 0], steps[:, 1])[0, 1]) < 5 / np.sqrt(20_000)


@pytest.mark.parametrize("nu", [None, 12.0])
def test_walks_of_vectors_have_the_covariance_of_their_steps(nu: float | None) -> None:
    np.random.seed(4)
    own = {"mu": MU, "cov": COV, "shape": (3, 2)}
    walk = ts.MvGaussianRandomWalk.dist(**own) if nu is None else ts.MvStudentTRandomWalk.dist(nu, **own)
    draws = walk.random(size=(2, 10_000)).reshape(-1, 3, 2)
    assert not np.any(draws[:, 0])
    steps = np.diff(draws, axis=1).reshape(-1, 2)
    factor, kurtosis = (1.0, 3.0) if nu is None else (nu / (nu - 2), 3.0 * (nu - 2) / (nu - 4))
    error = np.sqrt((kurtosis - 1.0) / len(steps))
    np.testing.assert_allclose(np.cov(steps.T) / (factor * 2.0), COV / 2.0, atol=5 * error)
    np.testing.assert_allclose(steps.mean(axis=0), MU, atol=5 * np.sqrt(2.0 * factor / len(steps)))


def test_draws_have_pymc3s_shapes() -> None:
    walk = ts.GaussianRandomWalk
    assert walk.dist(sigma=1.0).random().shape == (1,)
    assert walk.dist(sigma=1.0, shape=(4, 2)).random(size=3).shape == (3, 4, 2)
    several = walk.dist(sigma=1.0, shape=(4, 2)).random()
    assert not np.any(several[0]) and np.all(several[1:] != 0)  # time is the first axis, as in the density
    vectors = ts.MvGaussianRandomWalk
    assert vectors.dist(0.0, np.eye(2), shape=(4, 2)).random(size=(2, 3)).shape == (2, 3, 4, 2)
    one = vectors.dist(50.0 * np.ones(2), np.eye(2), shape=2).random()
    assert one.shape == (2,) and np.all(one > 40.0)


def test_get_volatility() -> None:
    series = ts.GARCH11.dist(0.3, 0.2, 0.6, 1.1, shape=3)
    second = np.sqrt(0.3 + 0.2 * 0.09 + 0.6 * 1.21)
    third = np.sqrt(0.3 + 0.2 * 0.16 + 0.6 * second**2)
    np.testing.assert_allclose(series.get_volatility(X[:3]).eval(), [1.1, second, third], rtol=1e-15)


def test_generator_models_compile_and_draw() -> None:
    @generator_model(name=None)
    def model() -> Any:
        s = yield generators.CLASSES["HalfNormal"]("s", 1.0)
        walk = yield generator.GaussianRandomWalk("walk", 0.1, s, shape=5)
        yield generator.ConditionalAR("ar", [0.2], s, init=generators.CLASSES["Normal"].dist(0.0, s), observed=X)
        yield generator.EulerMaruyama("sde", 0.1, lambda x, a: (a * x, 0.5 + s), (walk[1],), observed=X)

    density = model().log_density()
    plain, compiled = (density.logp_and_gradient(density.test_point, jit=jit) for jit in (False, True))
    assert plain[0] == pytest.approx(compiled[0], rel=1e-13)
    assert all(np.all(np.isfinite(g)) for g in plain[1].values())
    walk = generator.GaussianRandomWalk.dist(0.0, 1.0, shape=5)
    draws = walk.sample((2, 3), seed=1)
    assert draws.shape == (2, 3, 5)
    each = walk.log_prob(draws)
    assert each.shape == (2, 3)
    assert float(each[1, 2]) == pytest.approx(float(walk.log_prob(draws[1, 2])), rel=1e-13)
    assert tuple(walk.batch_shape) == () and tuple(walk.event_shape) == (5,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: generator.AR1("x", 0.5), TypeError, "misses 'precision'"),
        (lambda: generator.AR1("x", 0.5, 1.0), ModelError, "number of steps as shape="),
        (lambda: generator.AR1("x", 0.5, 1.0, sigma=1.0), TypeError, "has no argument 'sigma'"),
        (lambda: generator.AR1("x", 0.5, 1.0, batch_stack=3, observed=X), ModelError, "no stacks"),
        (lambda: generator.MvGaussianRandomWalk("x", 0.0, observed=XS), TypeError, "covariance_matrix or scale_tril"),
        (lambda: generator.ConditionalAR("x", [0.5], init=1.0, observed=X), TypeError, "init needs a distribution"),
        (lambda: generator.GARCH11.dist(1.0, 0.1, 0.1, 1.0, shape=3).sample(), NotImplementedError, "no random draws"),
    ],
)
def test_generator_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_float32_densities() -> None:
    from pm_migrate.shims.distributions.special import series

    x = tf.constant(X, tf.float32)
    walk = series.random_walk(x, tf.constant(0.2, tf.float32), tf.constant(0.5, tf.float32))
    assert walk.dtype == tf.float32 and float(walk) == pytest.approx(-24.24316541057891, rel=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ts.AR("x", [0.1], shape=3),
        lambda: ts.AR1("x", 0.1, 1.0, shape=3),
        lambda: ts.GARCH11("x", 1.0, 0.1, 0.1, 1.0, shape=3),
    ],
    ids=["AR", "AR1", "GARCH11"],
)
def test_prior_draws_of_a_series_without_draws_say_so(make: Callable[[], Any]) -> None:
    with pm.Model():
        make()
        with pytest.raises(ValueError, match="no random method"):
            pm.sample_prior_predictive(2)
