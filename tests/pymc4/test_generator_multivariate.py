"""Multivariate distributions of the generator front end, against the ``with`` front end and TFP's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, special, stats
from tensorflow_probability import distributions as tfd

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3
from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks as quirks_module
from pm_migrate.shims.distributions import transforms
from pm_migrate.shims.pymc4 import multivariate, timeseries
from pm_migrate.shims.quirks import QuirkWarning, quirks

tt = pm3.theano.tensor

K1 = np.array([[1.0, 0.5], [0.5, 2.0]])
K2 = np.array([[1.0, 0.4, 0.2], [0.4, 2.0, 0.3], [0.2, 0.3, 1.0]])
C1, C2 = np.linalg.cholesky(K1), np.linalg.cholesky(K2)
LOC = np.linspace(-1.0, 1.0, 6)
DATA = np.arange(12.0).reshape(2, 6) / 4
NOT_DEFINITE = np.array([[1.0, 2.0], [2.0, 1.0]])

Generate = Callable[[], Any]


def kronecker(kind: str, factors: list[Any], sigma: Any) -> tuple[Generate, Generate]:
    """A mean and noise that are random, and data."""

    def old() -> None:
        mu = pm3.Normal("mu", 0.0, 1.0)
        s = pm3.HalfNormal("s", 1.0)
        noise = s if sigma == "random" else sigma
        pm3.distributions.KroneckerNormal("x", mu=mu + LOC, **{kind: factors}, sigma=noise, shape=6)
        pm3.distributions.KroneckerNormal("y", mu=LOC, **{kind: factors}, sigma=noise, observed=DATA, shape=(2, 6))

    def new() -> Any:
        loc = yield pm.Normal("mu", 0.0, 1.0)
        s = yield pm.HalfNormal("s", 1.0)
        noise = s if sigma == "random" else sigma
        yield pm.KroneckerNormal("x", loc + LOC, **{kind: factors}, sigma=noise)
        yield pm.KroneckerNormal("y", LOC, **{kind: factors}, sigma=noise, observed=DATA)

    return old, new


def random_covariance() -> tuple[Generate, Generate]:
    def old() -> None:
        s = pm3.HalfNormal("s", 1.0)
        pm3.distributions.KroneckerNormal("x", mu=0.0, covs=[s * K1, K2], sigma=0.3, shape=6)

    def new() -> Any:
        s = yield pm.HalfNormal("s", 1.0)
        yield pm.KroneckerNormal("x", 0.0, covs=[s * K1, K2], sigma=0.3)

    return old, new


def covariance_factor(scales: Any, event: bool = False) -> tuple[Generate, Generate]:
    def old() -> None:
        eta = pm3.Exponential("eta", 1.0)
        rate = pm3.Exponential("rate", 1.0)
        sd_dist = pm3.Gamma.dist(alpha=scales, beta=rate, shape=np.shape(scales))
        chol, _, _ = pm3.LKJCholeskyCov("L", eta=eta, n=3, sd_dist=sd_dist, compute_corr=True)
        pm3.MvNormal("y", mu=np.zeros(3), chol=chol, observed=DATA[:, :3])

    def new() -> Any:
        eta = yield pm.Exponential("eta", 1.0)
        rate = yield pm.Exponential("rate", 1.0)
        sd_dist = pm.Gamma.dist(scales, rate, **({"event_stack": 3} if event else {}))
        chol, _, _ = yield from pm.lkj_cholesky_cov("L", eta=eta, n=3, sd_dist=sd_dist, compute_corr=True)
        yield pm.MvNormalCholesky("y", np.zeros(3), chol, observed=DATA[:, :3])

    return old, new


def bartlett(**options: Any) -> tuple[Generate, Generate]:
    def old() -> None:
        nu = pm3.Uniform("nu", 7.0, 12.0)
        w = pm3.WishartBartlett("w", K2, nu, **options)
        pm3.MvNormal("y", mu=np.zeros(3), cov=tt.dot(w, w.T), observed=DATA[:, :3])

    def new() -> Any:
        nu = yield pm.Uniform("nu", 7.0, 12.0)
        w = yield from pm.WishartBartlett("w", K2, nu, **options)
        yield pm.MvNormal("y", np.zeros(3), w @ w.T, observed=DATA[:, :3])

    return old, new


def wishart(argument: str) -> tuple[Generate, Generate]:
    """The value has to be symmetric, so it is data."""

    def old() -> None:
        nu = pm3.Uniform("nu", 3.0, 9.0)
        s = pm3.HalfNormal("s", 1.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            pm3.Wishart("w", nu=nu, V=s * K2, observed=K2 / 3, shape=(3, 3))

    def new() -> Any:
        nu = yield pm.Uniform("nu", 3.0, 9.0)
        s = yield pm.HalfNormal("s", 1.0)
        if argument == "position":
            yield pm.Wishart("w", nu, np.sqrt(s) * C2, observed=K2 / 3)
        else:
            yield pm.Wishart("w", nu, **{argument: np.sqrt(s) * C2 if argument == "scale" else s * K2}, observed=K2 / 3)

    return old, new


def series() -> tuple[Generate, Generate]:
    """Exported; its numbers are tested with the other time series."""

    def old() -> None:
        s = pm3.HalfNormal("s", 1.0)
        pm3.GaussianRandomWalk("walk", mu=0.1, sigma=s, shape=5)

    def new() -> Any:
        s = yield pm.HalfNormal("s", 1.0)
        yield pm.GaussianRandomWalk("walk", 0.1, s, shape=5)

    return old, new


PAIRS: dict[str, Callable[[], tuple[Generate, Generate]]] = {
    "Kronecker covs": lambda: kronecker("covs", [K1, K2], None),
    "Kronecker covs, no noise": lambda: kronecker("covs", [K1, K2], 0),
    "Kronecker covs, noise": lambda: kronecker("covs", [K1, K2], "random"),
    "Kronecker chols": lambda: kronecker("chols", [C1, C2], None),
    "Kronecker chols, noise": lambda: kronecker("chols", [C1, C2], 0.5),
    "Kronecker evds": lambda: kronecker("evds", [np.linalg.eigh(K1), np.linalg.eigh(K2)], None),
    "Kronecker evds, noise": lambda: kronecker("evds", [np.linalg.eigh(K1), np.linalg.eigh(K2)], "random"),
    "Kronecker random covariance": random_covariance,
    "LKJCholeskyCov": lambda: covariance_factor(2.0),
    "LKJCholeskyCov, a vector of scales": lambda: covariance_factor(np.array([1.0, 2.0, 3.0])),
    "WishartBartlett": bartlett,
    "WishartBartlett, factor in": lambda: bartlett(is_cholesky=True),
    "WishartBartlett, factor out": lambda: bartlett(return_cholesky=True),
    "Wishart scale_matrix": lambda: wishart("scale_matrix"),
    "Wishart scale": lambda: wishart("scale"),
    "Wishart by position": lambda: wishart("position"),
    "GaussianRandomWalk": series,
}


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.quirks.QuirkWarning")
@pytest.mark.parametrize("mode", ["pymc3", "fixed"])
@pytest.mark.parametrize("pair", PAIRS)
def test_density_and_gradient_are_the_with_front_ends(pair: str, mode: Any) -> None:
    old, new = PAIRS[pair]()
    rng = np.random.default_rng(7)
    with quirks(mode):
        with pm3.Model() as model:
            old()
        theirs, ours = model.log_density(), pm.model(new, name=None)().log_density()
        assert [v.shape for v in ours.variables] == [v.shape for v in theirs.variables]
        names = {v.name: w.name for v, w in zip(ours.variables, theirs.variables, strict=True)}
        for _ in range(5):
            point = {v.name: rng.normal(scale=0.6, size=v.shape) for v in ours.variables}
            logp, gradient = ours.logp_and_gradient(point)
            wanted, by = theirs.logp_and_gradient({names[n]: x for n, x in point.items()})
            assert np.isfinite(logp)
            np.testing.assert_allclose(logp, wanted, rtol=1e-13)
            for name in point:
                scale = max(1.0, float(np.max(np.abs(by[names[name]]))))
                np.testing.assert_allclose(gradient[name], by[names[name]], rtol=1e-12, atol=1e-13 * scale)
        np.testing.assert_allclose(
            ours.logp_and_gradient(ours.test_point)[0], theirs.logp_and_gradient(theirs.test_point)[0], rtol=1e-13
        )


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.quirks.QuirkWarning")
@pytest.mark.parametrize("pair", ["LKJCholeskyCov", "WishartBartlett"])
def test_quirks_change_the_density(pair: str) -> None:
    """So that equality in both modes says something."""
    _, new = PAIRS[pair]()
    values = []
    for mode in ("pymc3", "fixed"):
        with quirks(mode):
            density = pm.model(new, name=None)().log_density()
            values.append(density.logp_and_gradient(density.test_point)[0])
    assert abs(values[0] - values[1]) > 0.1


def test_an_event_of_deviations_is_the_same_density() -> None:
    with quirks("fixed"):
        plain, stacked = (
            pm.model(covariance_factor(2.0, event)[1], name=None)().log_density() for event in (False, True)
        )
        point = {v.name: np.full(v.shape, 0.3) for v in plain.variables}
        assert plain.logp_and_gradient(point)[0] == pytest.approx(stacked.logp_and_gradient(point)[0], rel=1e-14)


def test_compiled_by_xla_and_under_vectorized_map() -> None:
    with quirks("fixed"):
        for pair in ("Kronecker covs, noise", "LKJCholeskyCov", "WishartBartlett", "Wishart scale"):
            density = pm.model(PAIRS[pair]()[1], name=None)().log_density()
            points = {v.name: np.random.default_rng(3).normal(size=(4, *v.shape)) / 2 for v in density.variables}
            batch = tf.vectorized_map(density.logp, {n: tf.constant(x) for n, x in points.items()})
            each = [density.logp_and_gradient({n: x[i] for n, x in points.items()}, jit=True)[0] for i in range(4)]
            np.testing.assert_allclose(batch, each, rtol=1e-12)


def test_names_are_pymc3s() -> None:
    @pm.model
    def m() -> Any:
        yield from pm.lkj_cholesky_cov("a", 2.0, 2, pm.Exponential.dist(1.0), compute_corr=True)
        packed = yield from pm.lkj_cholesky_cov("b", 2.0, 2, pm.Exponential.dist(1.0))
        yield from pm.lkj_cholesky_cov("c", 2.0, 2, pm.Exponential.dist(1.0), compute_corr=True, store_in_trace=False)
        chol, corr, stds = yield pm.lkj_cholesky_cov("d", 2.0, 2, pm.Exponential.dist(1.0), compute_corr=True)
        assert tuple(packed.shape) == (3,) and tuple(stds.shape) == (2,)
        np.testing.assert_allclose(
            tf.convert_to_tensor(chol @ chol.T), tf.convert_to_tensor(corr * stds * stds[:, None])
        )
        with quirks("fixed"):
            yield from pm.WishartBartlett("w", K1, 5.0)

    _, state = pm.evaluate_model_transformed(m(), seed=1)
    assert list(state.transformed_values) == [f"m/__cholesky-cov-packed_{x}" for x in "abcd"] + ["m/__log_w_c"]
    assert set(state.deterministics_values) == {"m/a_stds", "m/a_corr", "m/d_stds", "m/d_corr", "m/w"}
    assert set(state.untransformed_values) == {f"m/{x}" for x in ("a", "b", "c", "d", "w_c", "w_z")}
    corr, w = state.deterministics_values["m/a_corr"], state.deterministics_values["m/w"]
    np.testing.assert_allclose(np.diagonal(corr), 1.0, rtol=1e-14)
    np.testing.assert_allclose(w, np.transpose(w), rtol=1e-15)


def test_bartlett_starts_at_a_given_matrix() -> None:
    def new() -> Any:
        yield from pm.WishartBartlett("w", K2, 6, testval=2.5 * K2)

    with quirks("fixed"):
        density = pm.model(new, name=None)().log_density()
        values = density.evaluate({n: tf.constant(x) for n, x in density.test_point.items()}).values
    np.testing.assert_allclose(values["w"], 2.5 * K2, rtol=1e-13)


def test_faults_are_said_once() -> None:
    for name, pair in (("LKJCholeskyCov", "normaliser"), ("WishartBartlett", "degrees of freedom")):
        quirks_module._said.discard(name)
        new = PAIRS[name]()[1]
        with pytest.warns(QuirkWarning, match=pair):
            pm.model(new, name=None)().log_density()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pm.model(new, name=None)().log_density()
    quirks_module._said.discard("LKJCholeskyCov")
    with warnings.catch_warnings():  # a fixed eta changes no posterior
        warnings.simplefilter("error")
        pm.LKJCholeskyCov("L", 2.0, 3, pm.Exponential.dist(1.0))
    with pytest.warns(UserWarning, match="never symmetric"):
        pm.Wishart("w", 4.0, C2)


@pytest.mark.parametrize(
    ("build", "batch", "event"),
    [
        (lambda: pm.KroneckerNormal.dist(0.0, covs=[K1, K2]), (), (6,)),
        (lambda: pm.KroneckerNormal.dist(DATA, chols=[C1, C2], sigma=0.1), (2,), (6,)),
        (lambda: pm.KroneckerNormal.dist(LOC, covs=[K1, K2], batch_stack=4), (4,), (6,)),
        (lambda: pm.KroneckerNormal.dist(LOC, covs=[K1, K2], shape=(4, 6)), (4,), (6,)),
        (lambda: pm.LKJCholeskyCov.dist(2.0, 3, pm.Exponential.dist(1.0)), (), (6,)),
        (lambda: pm.LKJCholeskyCov.dist(2.0, 3, pm.Exponential.dist(np.ones(3)), batch_stack=2), (2,), (6,)),
        (lambda: pm.LKJCholeskyCov.dist([2.0, 3.0], 3, pm.Exponential.dist(1.0)), (2,), (6,)),
        (lambda: pm.LKJ.dist(3, 2.0), (), (3, 3)),
        (lambda: pm.LKJ.dist(3, [2.0, 0.5]), (2,), (3, 3)),
        (lambda: pm.LKJCholesky.dist(4, 2.0, batch_stack=2), (2,), (4, 4)),
        (lambda: pm.Wishart.dist(5.0, C2), (), (3, 3)),
        (lambda: pm.Wishart.dist([5.0, 6.0], C2, event_stack=4), (2,), (4, 3, 3)),
        (lambda: pm.Wishart.dist([5.0, 6.0], scale_matrix=K2, batch_stack=4), (4, 2), (3, 3)),
    ],
)
def test_shapes(build: Any, batch: tuple[int, ...], event: tuple[int, ...]) -> None:
    dist = build()
    assert (tuple(dist.batch_shape), tuple(dist.event_shape)) == (batch, event)
    assert tuple(dist.test_value.shape) == batch + event
    assert tuple(dist.sample(seed=1).shape) == batch + event
    more = dist.sample((5, 2), seed=1)
    assert tuple(more.shape) == (5, 2, *batch, *event)
    each = dist.log_prob_numpy(more)
    assert each.shape == (5, 2, *batch) and np.all(np.isfinite(each))
    assert np.all(np.isfinite(dist.log_prob_numpy(dist.test_value)))


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("eta", [0.7, 1.0, 2.5])
def test_lkj_is_tfps(n: int, eta: float) -> None:
    draws = pm.LKJCholesky.dist(n, eta).sample(20, seed=3)
    matrices = pm.LKJ.dist(n, eta).sample(20, seed=3)
    np.testing.assert_allclose(matrices, draws @ tf.linalg.matrix_transpose(draws), rtol=1e-13, atol=1e-14)
    wanted = tfd.CholeskyLKJ(n, np.float64(eta)).log_prob(draws)
    np.testing.assert_allclose(pm.LKJCholesky.dist(n, eta).log_prob(draws), wanted, rtol=1e-12, atol=1e-12)
    wanted = tfd.LKJ(n, np.float64(eta)).log_prob(matrices)
    np.testing.assert_allclose(pm.LKJ.dist(n, eta).log_prob(matrices), wanted, rtol=1e-11, atol=1e-12)


def test_lkj_is_that_of_the_packed_correlations_with_quirks_fixed() -> None:
    with quirks("fixed"):
        packed = pm.LKJCorr.dist(dimension=4, concentration=1.7)
        matrices = pm.LKJ.dist(4, 1.7).sample(5, seed=2).numpy()
    rows, columns = np.triu_indices(4, k=1)
    np.testing.assert_allclose(
        pm.LKJ.dist(4, 1.7).log_prob(matrices), packed.log_prob(matrices[:, rows, columns]), rtol=1e-13
    )


def test_lkj_draws_follow_the_density() -> None:
    """A correlation of n rows is Beta(eta - 1 + n / 2) on (-1, 1) (Lewandowski et al. 2009); error rate 1e-6."""
    draws = pm.LKJ.dist(3, 1.7).sample(20_000, seed=5).numpy()
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert stats.kstest((draws[:, i, j] + 1) / 2, stats.beta(2.2, 2.2).cdf).pvalue > 1e-6


@pytest.mark.parametrize("cls", [pm.LKJ, pm.LKJCholesky])
def test_the_transform_of_correlations(cls: Any) -> None:
    """Back and forth, and its Jacobian: that of the strict lower triangle, differentiated automatically."""
    transform = cls("R", 4, 2.0).transform
    y = tf.constant([[0.3, -1.2, 0.5, 2.0, -0.4, 0.1], [0.0, 0.0, 0.0, 0.0, 0.0, 40.0]], tf.float64)
    x = transform.backward(y)
    assert x.shape == (2, 4, 4) and np.all(np.isfinite(cls.dist(4, 2.0).log_prob_numpy(x)))
    np.testing.assert_allclose(transform.forward(x), y, rtol=1e-11, atol=1e-13)
    rows, columns = np.tril_indices(4, k=-1)
    for i in range(2):
        with tf.GradientTape() as tape:
            tape.watch(y)
            below = tf.gather_nd(transform.backward(y)[i], np.stack([rows, columns], axis=-1))
        jacobian = tape.jacobian(below, y)[:, i, :]
        np.testing.assert_allclose(transform.log_jacobian(y)[i], tf.linalg.slogdet(jacobian)[1], rtol=1e-10)


@pytest.mark.parametrize("cls", [pm.LKJ, pm.LKJCholesky])
def test_lkj_variables_are_sampled_where_they_integrate_to_one(cls: Any) -> None:
    def new() -> Any:
        yield cls("R", 2, 1.3)

    density = pm.model(new, name=None)().log_density()
    assert [(v.name, v.shape) for v in density.variables] == [("__correlation_R", (1,))]
    whole, _ = integrate.quad(
        lambda y: np.exp(density.logp_and_gradient({"__correlation_R": [y]})[0]), -np.inf, np.inf, epsabs=1e-9
    )
    assert whole == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize(
    ("dist", "value"),
    [
        (lambda: pm.LKJ.dist(2, 1.5), NOT_DEFINITE),
        (lambda: pm.LKJ.dist(2, 1.5), [[1.0, 0.3], [0.2, 1.0]]),
        (lambda: pm.LKJ.dist(2, 1.5), [[1.1, 0.3], [0.3, 1.0]]),
        (lambda: pm.LKJ.dist(2, -0.5), np.eye(2)),
        (lambda: pm.LKJCholesky.dist(2, 1.5), [[1.0, 0.0], [0.6, -0.8]]),
        (lambda: pm.LKJCholesky.dist(2, 1.5), [[1.0, 0.0], [0.6, 0.7]]),
        (lambda: pm.LKJCholesky.dist(2, 1.5), [[1.0, 0.1], [0.6, 0.8]]),
        (lambda: pm.LKJCholesky.dist(2, 0.0), np.eye(2)),
        (lambda: pm.Wishart.dist(4.0, -np.eye(2)), K1),
        (lambda: pm.Wishart.dist(0.5, np.eye(2)), K1),
        (lambda: pm.Wishart.dist(4.0, np.eye(2)), NOT_DEFINITE),
        (lambda: pm.KroneckerNormal.dist(0.0, covs=[NOT_DEFINITE, K1]), np.zeros(4)),
        (lambda: pm.LKJCholeskyCov.dist(2.0, 2, pm.Exponential.dist(1.0)), [1.0, 0.3, -0.5]),
        (lambda: pm.LKJCholeskyCov.dist(-2.0, 2, pm.Exponential.dist(1.0)), [1.0, 0.3, 0.5]),
    ],
)
def test_out_of_the_support(dist: Any, value: Any) -> None:
    x = tf.constant(value, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logp = dist().log_prob(x)
    assert float(logp) == -np.inf
    gradient = tape.gradient(logp, x)
    assert gradient is None or np.all(np.isfinite(gradient))


def test_a_wishart_of_an_ill_conditioned_factor_keeps_its_digits() -> None:
    """Its square, [[1, 1], [1, 1 + 1e-18]], is singular in float64 (Anderson 2003, theorem 7.2.2)."""
    factor = np.array([[1.0, 0.0], [1.0, 1e-9]])
    trace = K1[0, 0] + 1e18 * (K1[0, 0] - 2.0 * K1[0, 1] + K1[1, 1])
    wanted = 0.5 * np.log(np.linalg.det(K1)) - 4.0 * np.log(1e-9) - 0.5 * trace - 4.0 * np.log(2.0)
    wanted -= special.multigammaln(2.0, 2)
    np.testing.assert_allclose(pm.Wishart.dist(4.0, factor).log_prob(K1), wanted, rtol=1e-14)
    assert pm.Wishart.dist(4.0, scale_matrix=factor @ factor.T).log_prob(K1) == -np.inf


def test_a_column_of_trial_numbers_is_one_for_each_row() -> None:
    counts, p = np.array([[1, 2, 3], [4, 3, 2]]), np.array([0.2, 0.3, 0.5])

    @pm.model(name=None)
    def build() -> Any:
        yield pm.Multinomial("y", counts.sum(axis=1, keepdims=True), p, observed=counts)

    expected = stats.multinomial.logpmf(counts, counts.sum(axis=1), p).sum()
    assert pm.density(build()).logp({}) == pytest.approx(expected, rel=1e-12)
    # without data it is a batch of one column
    assert pm.Multinomial.dist(counts.sum(axis=1, keepdims=True), p).batch_shape == (2, 1)


def test_exports() -> None:
    for name in (*multivariate.MULTIVARIATE, *multivariate.GENERATORS, *timeseries.__all__):
        assert name in dir(pm) and getattr(pm.distributions, name) is getattr(pm, name)
    assert pm.Wishart.__mro__[1] is multivariate.REFINED["Wishart"]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: pm.KroneckerNormal("x", 0.0), ModelError, "exactly one of covs, chols and evds"),
        (lambda: pm.KroneckerNormal("x", 0.0, covs=[K1], chols=[C1]), ModelError, "exactly one of covs"),
        (lambda: pm.KroneckerNormal("x", np.zeros(5), covs=[K1, K2]), ModelError, r"mean of shape \(5,\).*for 6"),
        (lambda: pm.KroneckerNormal("x", mu=0.0, covs=[K1]), TypeError, r"no argument 'mu'; it takes \(loc, covs"),
        (lambda: pm.LKJCholeskyCov("L", 1.0, 3, 1.0), TypeError, "made by .dist"),
        (lambda: pm.LKJCholeskyCov("L", 1.0, 3, pm.Exponential("s", 1.0)), TypeError, "'s', which has a name"),
        (lambda: pm.LKJCholeskyCov("L", 1.0, 3, pm.Exponential.dist(np.ones(2))), ModelError, r"the shape \(2,\)"),
        (lambda: pm.LKJCholeskyCov("L", 1.0, 2.5, pm.Exponential.dist(1.0)), TypeError, "whole number"),
        (
            lambda: pm.LKJCholeskyCov("L", 1.0, 3, pm.Exponential.dist(1.0), transform=transforms.log),
            ModelError,
            "no transform=",
        ),
        (lambda: pm.LKJCholeskyCov("L", 1.0, 3, pm.Exponential.dist(1.0), shape=6), ModelError, "no shape="),
        (
            lambda: pm.LKJCholeskyCov("L", 1.0, 3, pm.Exponential.dist(1.0), compute_corr=True),
            TypeError,
            "yield from pm.lkj_cholesky_cov",
        ),
        (lambda: pm.LKJ("R", 1, 2.0), TypeError, "dimension must be a whole number from 2 on"),
        (lambda: pm.LKJ("R", 2), TypeError, "misses 'concentration'"),
        (lambda: pm.Wishart("w", 3.0, C2, scale_matrix=K2), TypeError, r"\(df, scale\) or \(df, scale_matrix\)"),
    ],
)
def test_errors(call: Callable[[], Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_a_random_size_or_scale_is_refused() -> None:
    @pm.model(name=None)
    def sized() -> Any:
        n = yield pm.Poisson("n", 3.0)
        yield pm.LKJ("R", n, 2.0)

    @pm.model(name=None)
    def scaled() -> Any:
        s = yield pm.HalfNormal("s", 1.0)
        yield from pm.WishartBartlett("w", s * K2, 5.0)

    with pytest.raises(TypeError, match="it is the matrix size"):
        sized().log_density()
    with pytest.raises(TypeError, match="S must be an array"):
        scaled().log_density()


class Cubed(pm3.distributions.transforms.Transform):
    """Written with Theano's operations, without parameters; or times a shared number."""

    name = "cubed"

    def __init__(self, factor: Any = 1.0) -> None:
        self.factor = factor

    def forward(self, x: Any) -> Any:
        return tt.sgn(x) * abs(x / self.factor) ** (1 / 3)

    def backward(self, y: Any) -> Any:
        return self.factor * y**3

    def jacobian_det(self, y: Any) -> Any:
        return tt.log(3.0 * self.factor * y**2)


@pytest.mark.parametrize("shared", [False, True])
def test_transforms_written_with_theanos_operations(shared: bool) -> None:
    factor = pm3.theano.shared(2.0) if shared else 1.0

    def new() -> Any:
        yield pm.Normal("x", 1.0, 1.5, shape=3, transform=Cubed(factor))

    with pm3.Model() as model:
        pm3.Normal("x", 1.0, 1.5, shape=3, transform=Cubed(factor), testval=np.ones(3))
    ours, theirs = pm.model(new, name=None)().log_density(), model.log_density()
    assert [v.name for v in ours.variables] == ["__cubed_x"]
    y, a = np.array([0.5, -1.2, 1.7]), 2.0 if shared else 1.0
    expected = np.sum(stats.norm(1.0, 1.5).logpdf(a * y**3) + np.log(3.0 * a * y**2))
    for jit in (False, True):
        logp, gradient = ours.logp_and_gradient({"__cubed_x": y}, jit=jit)
        assert logp == pytest.approx(expected, rel=1e-13)
        by = theirs.logp_and_gradient({"x_cubed__": y}, jit=jit)[1]["x_cubed__"]
        np.testing.assert_allclose(gradient["__cubed_x"], by, rtol=1e-13)
    np.testing.assert_allclose(ours.test_point["__cubed_x"], np.sign(1.0) * (1.0 / a) ** (1 / 3), rtol=1e-13)
