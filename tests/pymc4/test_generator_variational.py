"""Variational inference of generator models: the drop-in's fits, PyMC4's names and results."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3
from pm_migrate.errors import NotSupported
from pm_migrate.shims import theano
from pm_migrate.shims.pymc4.variational.callbacks import CheckParametersConvergence, Tracker
from pm_migrate.shims.theano import tensor as tt

DATA = np.array([1.6, 1.4, 2.5])
QUIET = {"progressbar": False}


@pm.model
def conjugate() -> Any:
    mu = yield pm.Normal("mu", 0.5, 2.0)
    yield pm.Normal("y", mu, 0.7, observed=DATA)


def posterior() -> tuple[float, float]:
    """Mean and standard deviation of a normal mean with known variances (Gelman et al., 2013, section 2.5)."""
    precision = 1 / 2.0**2 + len(DATA) / 0.7**2
    return (0.5 / 2.0**2 + DATA.sum() / 0.7**2) / precision, precision**-0.5


def evidence() -> float:
    """Log of the probability of the data: they are jointly normal."""
    from scipy import stats

    cov = 0.7**2 * np.eye(3) + 2.0**2
    return float(stats.multivariate_normal(np.full(3, 0.5), cov).logpdf(DATA))


@pm.model(name=None)
def regression() -> Any:
    mu = yield pm.Normal("mu", 0.5, 2.0)
    sigma = yield pm.HalfNormal("sigma", 1.5)
    beta = yield pm.Normal("beta", mu, 1.0, batch_stack=2)
    yield pm.Deterministic("twice", 2 * mu)
    yield pm.Normal("y", beta[0], sigma, observed=DATA)


def regression_of_the_drop_in() -> Any:
    with pm3.Model() as model:
        mu = pm3.Normal("mu", 0.5, 2.0)
        sigma = pm3.HalfNormal("sigma", 1.5)
        beta = pm3.Normal("beta", mu, 1.0, shape=2)
        pm3.Normal("y", beta[0], sigma, observed=DATA)
    return model


def exact(approximation: Any) -> Any:
    """The objective of a normal model without noise: Gauss and Hermite's two points are exact for quadratics."""
    group = approximation.approx.groups[0]
    d = 2 if isinstance(approximation, pm.LowRank) else 1
    points = np.array(np.meshgrid(*[[-1.0, 1.0]] * d)).reshape(d, -1).T
    objective = approximation._inference.objective
    loss = objective(len(points), more_replacements={group.symbolic_initial: tt.constant(points)})
    return theano.function([], loss)


def set_params(approximation: Any, **values: Any) -> None:
    for param in approximation.approx.params:
        param.set_value(np.asarray(values[param.name], float))


@pytest.mark.parametrize("family", [pm.MeanField, pm.FullRank, pm.LowRank])
def test_the_loss_at_the_posterior_is_minus_the_evidence(family: type) -> None:
    """``-ELBO = KL(q, posterior) - log p(data)``, and the divergence is that of two normal distributions."""
    mean, sd = posterior()
    approximation = family(conjugate(), 1)
    loss = exact(approximation)
    for m, s in ((mean, sd), (mean + 0.3, 2 * sd)):
        spread = {"rho": [np.log(np.expm1(s))], "L_tril": [s]}
        if family is pm.LowRank:  # the variance half in the diagonal, half in the factor
            half = s / np.sqrt(2)
            spread = {"rho": [np.log(np.expm1(half))], "W": [[half]]}
        set_params(approximation, mu=[m], **spread)
        divergence = np.log(sd / s) + (s**2 + (m - mean) ** 2) / (2 * sd**2) - 0.5
        assert loss() == pytest.approx(divergence - evidence(), rel=1e-12)


@pytest.mark.parametrize("method, samples", [("advi", 1), ("fullrank_advi", 3)])
def test_losses_are_those_of_the_drop_in(method: str, samples: int) -> None:
    advi = pm.fit(
        regression(),
        method,
        num_steps=40,
        sample_size=samples,
        random_seed=4,
        optimizer=pm.updates.adam(learning_rate=0.05, beta_1=0.8),
        **QUIET,
    )
    other = pm3.fit(
        40,
        method=method,
        model=regression_of_the_drop_in(),
        obj_n_mc=samples,
        random_seed=4,
        obj_optimizer=pm3.adam(learning_rate=0.05, beta1=0.8),
        **QUIET,
    )
    assert advi.losses.shape == (40,)
    np.testing.assert_allclose(advi.losses, other.hist, rtol=1e-9)
    approx = advi.approximation.approx
    np.testing.assert_allclose(approx.mean.eval(), other.mean.eval(), rtol=1e-9)
    np.testing.assert_allclose(approx.cov.eval(), other.cov.eval(), rtol=1e-9)


@pytest.fixture(scope="module")
def fitted() -> Any:
    return pm.fit(
        conjugate(), num_steps=1500, sample_size=4, random_seed=2, optimizer=pm.sgd(learning_rate=0.02), **QUIET
    )


def test_advi_finds_the_posterior(fitted: Any) -> None:
    mean, sd = posterior()
    draws = fitted.approximation.sample(4000).posterior["conjugate/mu"]
    assert draws.shape == (1, 4000)
    # the fit moves by s * sqrt(rate * curvature / (2 * samples)) around the mean, about 0.05 s; draws by s / sqrt(4000)
    assert abs(float(draws.mean()) - mean) < 0.3 * sd
    assert float(draws.std()) == pytest.approx(sd, rel=0.15)


def test_samples_have_the_groups_of_pm_sample() -> None:
    advi = pm.fit(regression(), num_steps=5, random_seed=1, **QUIET)
    data = advi.approximation.sample(7)
    assert list(data.posterior.data_vars) == ["mu", "beta", "sigma", "twice"]
    assert data.posterior["beta"].shape == (1, 7, 2)
    np.testing.assert_allclose(data.posterior["twice"], 2 * data.posterior["mu"], rtol=1e-12)
    np.testing.assert_allclose(
        data.unconstrained_posterior["__log_sigma"], np.log(data.posterior["sigma"]), rtol=1e-10, atol=1e-12
    )
    np.testing.assert_array_equal(data.observed_data["y"], DATA)
    pm.sample_posterior_predictive(regression(), data, seed=1)
    assert data.posterior_predictive["y"].shape == (1, 7, 3)


def test_low_rank_finds_a_covariance_of_its_form() -> None:
    """Three normal numbers with covariance ``diag(v) + w w'`` and no data."""
    w, v = np.array([1.0, -0.8, 0.5]), np.array([0.3, 0.5, 0.4])
    cov = np.diag(v) + np.outer(w, w)

    @pm.model(name=None)
    def target() -> Any:
        yield pm.MvNormal("x", np.array([1.0, 0.0, -1.0]), cov)

    approximation = pm.LowRank(target(), 3, rank=1)
    group = approximation.approx.groups[0]
    corners = np.array(list(product([-1.0, 1.0], repeat=4)))  # the loss is quadratic in the noise: these are exact
    approximation._inference.fit(
        1500,
        obj_n_mc=len(corners),
        obj_optimizer=pm3.sgd(learning_rate=0.1),
        more_replacements={group.symbolic_initial: tt.constant(corners)},
        **QUIET,
    )
    np.testing.assert_allclose(group.cov.eval(), cov, atol=1e-6)
    np.testing.assert_allclose(group.mean.eval(), [1.0, 0.0, -1.0], atol=1e-6)
    draws = approximation.sample(20000).posterior["x"].values[0]
    np.testing.assert_allclose(np.cov(draws.T), cov, atol=0.06)  # 4.5 standard errors of the largest, 1.3 * sqrt(2 / n)


def test_the_log_density_of_low_rank_is_that_of_a_normal() -> None:
    from scipy import stats

    approximation = pm.LowRank(regression(), 3, rank=2)
    group = approximation.approx.groups[0]
    rng = np.random.default_rng(0)
    set_params(approximation, mu=rng.normal(size=4), rho=rng.normal(size=4), W=rng.normal(size=(4, 2)))
    noise = rng.normal(size=(5, 6))
    x, logq = theano.function(
        [], theano.clone([group.symbolic_random, group.symbolic_logq], {group.symbolic_initial: tt.constant(noise)})
    )()
    expected = stats.multivariate_normal(group.mean.eval(), group.cov.eval()).logpdf(x)
    np.testing.assert_allclose(logq, expected, rtol=1e-10)
    np.testing.assert_allclose(group.std.eval(), np.sqrt(np.diag(group.cov.eval())), rtol=1e-12)


def test_a_fit_is_reproducible_and_can_go_on() -> None:
    first = pm.fit(conjugate(), num_steps=8, random_seed=5, **QUIET)
    again = pm.fit(method=pm.MeanField(conjugate(), 5), num_steps=8, **QUIET)
    np.testing.assert_array_equal(first.losses, again.losses)
    more = pm.fit(method=again.approximation, num_steps=4, **QUIET)
    assert more.losses.shape == (4,) and more.approximation is again.approximation
    assert len(more.approximation.losses) == 12
    np.random.seed(3)
    unseeded = pm.fit(conjugate(), num_steps=3, **QUIET).losses
    np.random.seed(3)
    np.testing.assert_array_equal(pm.fit(conjugate(), num_steps=3, **QUIET).losses, unseeded)


RULES = {
    "adadelta": ({"learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-5}, {}),
    "adagrad": ({"learning_rate": 0.3, "epsilon": 1e-5}, {}),
    "adam": (
        {"learning_rate": 0.3, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-5},
        {"beta_1": "beta1", "beta_2": "beta2"},
    ),
    "adamax": (
        {"learning_rate": 0.3, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-5},
        {"beta_1": "beta1", "beta_2": "beta2"},
    ),
    "sgd": ({"learning_rate": 0.3}, {}),
}


@pytest.mark.parametrize("name", RULES)
def test_optimisers_are_the_drop_ins_under_pymc4s_names(name: str) -> None:
    settings, names = RULES[name]

    def minimum(rule: Any) -> np.ndarray:
        x = theano.shared(np.array([3.0, -1.0]))
        step = theano.function([], x, updates=rule([2 * x], [x]))
        return np.array([step() for _ in range(5)])

    ours = minimum(getattr(pm.updates, name)(**settings))
    theirs = minimum(getattr(pm3, name)(**{names.get(k, k): v for k, v in settings.items()}))
    np.testing.assert_array_equal(ours, theirs)
    assert (np.abs(ours[-1]) < np.abs(ours[0])).all()
    assert getattr(pm, name) is getattr(pm.updates, name)
    with pytest.raises(NotSupported, match=r"does not take \['clipnorm'\].*tf.keras.optimizers."):
        getattr(pm, name)(clipnorm=1.0)


def keras_adam() -> Any:
    import tf_keras

    return tf_keras.optimizers.Adam(learning_rate=0.05, beta_1=0.9, beta_2=0.99, epsilon=1e-7, jit_compile=False)


def first_adam() -> Any:
    return tf.compat.v1.train.AdamOptimizer(0.05, beta1=0.9, beta2=0.99, epsilon=1e-7)


@pytest.mark.parametrize("make", [keras_adam, first_adam])
def test_optimisers_of_tensorflow_make_the_same_steps_as_ours(make: Any) -> None:
    theirs = pm.fit(conjugate(), num_steps=12, random_seed=1, optimizer=make(), **QUIET)
    rule = pm.adam(learning_rate=0.05, beta_1=0.9, beta_2=0.99, epsilon=1e-7)
    ours = pm.fit(conjugate(), num_steps=12, random_seed=1, optimizer=rule, **QUIET)
    np.testing.assert_allclose(theirs.losses, ours.losses, rtol=1e-6)  # settings of Keras are float32
    np.testing.assert_allclose(
        theirs.approximation.approx.mean.eval(), ours.approximation.approx.mean.eval(), rtol=1e-6
    )
    assert len(theirs.approximation.losses) == 12


def test_a_criterion_ends_the_fit() -> None:
    criterion = CheckParametersConvergence(every=10, tolerance=1e9, diff="absolute", min_num_steps=25)
    advi = pm.fit(conjugate(), num_steps=45, random_seed=1, convergence_criterion=criterion, **QUIET)
    assert advi.losses.shape == (45,)
    # steps are counted from zero, so that the look at 30 is after 31 iterations, the last of which keeps no loss
    assert len(advi.approximation.losses) == 30
    assert len(set(advi.losses.numpy()[29:])) == 1
    never = CheckParametersConvergence(every=10, tolerance=0.0, diff="absolute")
    assert len(set(pm.fit(conjugate(), num_steps=45, convergence_criterion=never, **QUIET).losses.numpy())) == 45


def test_a_criterion_of_tensorflow_probability() -> None:
    import tensorflow_probability as tfp

    criterion = tfp.optimizer.convergence_criteria.LossNotDecreasing(rtol=0.9, min_num_steps=20)
    advi = pm.fit(conjugate(), num_steps=80, random_seed=1, convergence_criterion=criterion, **QUIET)
    assert 20 <= len(advi.approximation.losses) < 80 and advi.losses.shape == (80,)


def test_callbacks_see_every_iteration() -> None:
    tracker = Tracker(i=lambda approx, losses, i: i, mean=lambda approx, losses, i: float(approx.mean.eval()[0]))
    pm.fit(conjugate(), num_steps=4, random_seed=1, callbacks=[tracker], **QUIET)
    assert tracker["i"] == [1, 2, 3, 4]
    assert len(set(tracker["mean"])) == 4


def test_where_a_fit_begins() -> None:
    def means(**kwargs: Any) -> np.ndarray:
        return pm.MeanField(regression(), 7, **kwargs).approx.mean.eval()

    np.testing.assert_allclose(means(), [0.5, np.log(1.5 * np.sqrt(2 / np.pi)), 0.5, 0.5], rtol=1e-12)
    np.testing.assert_allclose(means(start={"sigma": 2.0, "mu": -1.0})[:2], [-1.0, np.log(2.0)], rtol=1e-12)
    np.testing.assert_array_equal(means(start="random"), means(start="random"))
    assert not np.isclose(means(start="random"), means()).any()
    with pytest.raises(ValueError, match="neither a point"):
        means(start="prior")


def test_the_target() -> None:
    approximation = pm.MeanField(regression(), 1)
    assert approximation.unobserved_keys == ["mu", "__log_sigma", "beta"]
    mu, log_sigma = np.array([0.1, 1.0]), np.array([0.0, 0.2])
    beta = np.array([[0.1, 0.2], [1.0, -1.0]])
    expected = [float(regression().logp({"mu": mu[i], "__log_sigma": log_sigma[i], "beta": beta[i]})) for i in range(2)]
    np.testing.assert_allclose(approximation.target_log_prob(mu, log_sigma, beta), expected, rtol=1e-12)


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match=r"only supports `pymc4.Model` objects.*calling it"):
        pm.fit(conjugate)
    with pytest.raises(TypeError, match="only supports"):
        pm.fit()
    with pytest.raises(KeyError, match="method should be one of"):
        pm.fit(conjugate(), "svgd")
    with pytest.raises(TypeError, match="method should be one of"):
        pm.fit(conjugate(), 3)
    with pytest.raises(NotSupported, match="trace_fn"):
        pm.fit(conjugate(), trace_fn=lambda x: x)
    with pytest.raises(ValueError, match="rank=5 is not between 1 and 1"):
        pm.LowRank(conjugate(), rank=5)

    @pm.model
    def nothing() -> Any:
        yield pm.Normal("y", 0.0, 1.0, observed=DATA)

    @pm.model
    def counts() -> Any:
        yield pm.Poisson("k", 3.0)

    with pytest.raises(ValueError, match="no unobserved values"):
        pm.fit(nothing())
    with pytest.raises(ValueError, match=r"Discrete variables are not supported.*counts/k"):
        pm.fit(counts())


def test_nothing_of_it_is_imported_before_it_is_used() -> None:
    program = (
        "import sys, pm_migrate.pymc4 as pm; pm.Normal; "
        "assert 'pm_migrate.shims.variational' not in sys.modules; "
        "assert pm.fit is pm.variational.fit and pm.updates.sgd is pm.sgd"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_losses_are_a_tensor(fitted: Any) -> None:
    assert tf.is_tensor(fitted.losses) and fitted.losses.dtype == tf.float64
    assert fitted._fields == ("approximation", "losses")
