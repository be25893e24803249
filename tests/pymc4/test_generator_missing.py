"""Missing observations of generator models: as the drop-in imputes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy import stats

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3
from pm_migrate.shims.exceptions import ImputationWarning
from pm_migrate.shims.pymc4.compilation import compile_model, complete, pointwise
from pm_migrate.shims.pymc4.observing import observations

pytestmark = pytest.mark.filterwarnings("ignore::pm_migrate.shims.exceptions.ImputationWarning")

Y = np.array([1.0, np.nan, 2.0, np.nan])
COUNTS = np.ma.masked_values([1, -1, 3], -1)
VECTORS = np.array([[1.0, np.nan], [0.3, 0.2], [np.nan, np.nan]])
COV = np.array([[1.0, 0.3], [0.3, 2.0]])
CODES = np.ma.masked_values([1, -1, 0], -1)
P = [0.2, 0.5, 0.3]


@pm.model(name=None)
def everything() -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    sigma = yield pm.HalfNormal("sigma", 1.5)
    y = yield pm.Normal("y", mu, sigma, observed=Y)
    k = yield pm.Poisson("k", np.exp(mu), observed=COUNTS)
    yield pm.MvNormal("z", np.zeros(2), COV, observed=VECTORS)
    yield pm.Categorical("c", P, observed=CODES)
    yield pm.Bernoulli("b", 0.3, observed=CODES)
    yield pm.Deterministic("s", y.sum() + k[1])
    yield pm.Normal("w", y, 1.0, observed=np.ones(4), total_size=8)


def everything_of_the_drop_in() -> Any:
    with pm3.Model() as model:
        mu = pm3.Normal("mu", 0.0, 2.0)
        sigma = pm3.HalfNormal("sigma", 1.5)
        y = pm3.Normal("y", mu, sigma, observed=Y)
        k = pm3.Poisson("k", pm3.math.exp(mu), observed=COUNTS)
        pm3.MvNormal("z", np.zeros(2), cov=COV, observed=VECTORS, shape=(3, 2))
        pm3.Categorical("c", P, observed=CODES)
        pm3.Bernoulli("b", 0.3, observed=CODES)
        pm3.Deterministic("s", y.sum() + k[1])
        pm3.Normal("w", y, 1.0, observed=np.ones(4), total_size=8)
    return model


def in_names_of_the_drop_in(name: str) -> str:
    return {"__log_sigma": "sigma_log__"}.get(name, name)


def points() -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    test = everything().log_density().test_point
    moved = [
        {
            n: x + (rng.normal(size=x.shape) if x.dtype.kind == "f" else rng.integers(0, 2, x.shape))
            for n, x in test.items()
        }
        for _ in range(3)
    ]
    return [test, *moved]


def test_the_log_density_is_that_of_the_drop_in() -> None:
    ours, theirs = everything().log_density(), everything_of_the_drop_in().log_density()
    for mine, other in zip(ours.variables, theirs.variables, strict=True):
        assert in_names_of_the_drop_in(mine.name) == other.name
        assert (mine.shape, mine.dtype, mine.kind, mine.categories) == (
            other.shape,
            other.dtype,
            other.kind,
            other.categories,
        )
        np.testing.assert_allclose(mine.test_value, other.test_value, rtol=1e-14)
    for point in points():
        same = {in_names_of_the_drop_in(n): x for n, x in point.items()}
        value, gradient = ours.logp_and_gradient(point)
        other, slope = theirs.logp_and_gradient(same)
        assert value == pytest.approx(other, rel=1e-13)
        for name, g in gradient.items():
            np.testing.assert_allclose(g, slope[in_names_of_the_drop_in(name)], rtol=1e-12, atol=1e-13)
        terms = ours.terms_at(point)
        assert terms == pytest.approx(theirs.terms_at(same), rel=1e-13)
        assert terms["y_missing"] == 0.0
    for name, data in theirs.observed.items():
        np.testing.assert_array_equal(ours.observed[name], data)


def test_the_density_is_that_of_the_whole_data() -> None:
    point = {"mu": 0.3, "__log_sigma": 0.1, "y_missing": [0.5, -1.0], "k_missing": [2]}
    terms = everything().log_density().terms_at({**everything().log_density().test_point, **point})
    assert terms["y"] == pytest.approx(stats.norm(0.3, np.exp(0.1)).logpdf([1.0, 0.5, 2.0, -1.0]).sum(), rel=1e-13)
    assert terms["k"] == pytest.approx(stats.poisson(np.exp(0.3)).logpmf([1, 2, 3]).sum(), rel=1e-13)
    assert terms["w"] == pytest.approx(2 * stats.norm([1.0, 0.5, 2.0, -1.0]).logpdf(1.0).sum(), rel=1e-13)


@pm.model
def line(y: Any = Y) -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    y = yield pm.Normal("y", mu, 1.0, observed=y)
    yield pm.Deterministic("total", y.sum())


@pytest.fixture(scope="module")
def posterior() -> Any:
    return pm.sample(
        line(), num_samples=400, num_chains=2, burn_in=300, seed=3, progressbar=False, include_log_likelihood=True
    )


def test_draws_are_those_of_the_drop_in(posterior: Any) -> None:
    with pm3.Model():
        mu = pm3.Normal("mu", 0.0, 2.0)
        y = pm3.Normal("y", mu, 1.0, observed=Y)
        pm3.Deterministic("total", y.sum())
        trace = pm3.sample(400, tune=300, chains=2, random_seed=3, progressbar=False, return_inferencedata=True)
    assert [f"line/{name}" for name in trace.posterior.data_vars] == list(posterior.posterior.data_vars)
    for name, draws in trace.posterior.data_vars.items():
        np.testing.assert_array_equal(draws, posterior.posterior[f"line/{name}"])
    np.testing.assert_array_equal(trace.observed_data["y"], posterior.observed_data["line/y"])


def test_imputed_values(posterior: Any) -> None:
    """They are ``N(mu, 1)``, and the known ones give ``mu`` its posterior N(12 / 9, 4 / 9)."""
    draws = posterior.posterior
    assert draws["line/y_missing"].shape == (2, 400, 2)
    np.testing.assert_allclose(draws["line/total"], 3.0 + draws["line/y_missing"].sum(axis=-1), rtol=1e-12)
    # 800 draws, of which autocorrelation leaves at least 150; 4.5 standard errors
    assert float(draws["line/mu"].mean()) == pytest.approx(12 / 9, abs=4.5 * np.sqrt(4 / 9 / 150))
    residuals = draws["line/y_missing"] - draws["line/mu"]
    assert float(residuals.mean()) == pytest.approx(0.0, abs=4.5 / np.sqrt(300))
    assert float(residuals.var()) == pytest.approx(1.0, abs=4.5 * np.sqrt(2 / 300))


def test_the_log_likelihood_has_no_missing_data(posterior: Any) -> None:
    found = posterior.log_likelihood["line/y"].values
    expected = stats.norm(posterior.posterior["line/mu"].values[..., None], 1.0).logpdf(Y)
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert np.isnan(found[..., [1, 3]]).all() and not np.isnan(found[..., [0, 2]]).any()


def test_a_vector_with_a_missing_entry_has_no_log_likelihood() -> None:
    density = everything().log_density()
    found = pointwise(everything(), density)(density.tensors(density.test_point))
    assert np.isnan(found["z"]).tolist() == [True, False, True]
    assert np.isnan(found["b"]).tolist() == [False, True, False]


def test_posterior_predictive_draws_all_of_the_data(posterior: Any) -> None:
    drawn = pm.sample_posterior_predictive(line(), posterior, seed=1, inplace=False).posterior_predictive["line/y"]
    assert drawn.shape == (2, 400, 4)
    residuals = drawn - posterior.posterior["line/mu"]
    assert float(residuals.var()) == pytest.approx(1.0, abs=5 * np.sqrt(2 / 3200))
    again = pm.sample_posterior_predictive(line(), posterior, ["line/y_missing", "line/total"], seed=1, inplace=False)
    new = again.posterior_predictive
    assert new["line/y_missing"].shape == (2, 400, 2)
    assert not np.isclose(new["line/y_missing"], posterior.posterior["line/y_missing"]).any()


def test_prior_predictive() -> None:
    drawn = pm.sample_prior_predictive(line(), 300, seed=1)
    y, missing = drawn.prior_predictive["line/y"], drawn.prior["line/y_missing"]
    assert y.shape == (1, 300, 4)
    np.testing.assert_array_equal(missing, y[..., [1, 3]])  # a part of the draw of the data
    np.testing.assert_allclose(drawn.prior["line/total"], y.sum(axis=-1), rtol=1e-12)
    np.testing.assert_array_equal(drawn.observed_data["line/y"], Y)
    fixed = pm.sample_prior_predictive(line(), 20, seed=1, sample_from_observed=False).prior
    assert "line/y" not in fixed and not np.isnan(fixed["line/y_missing"]).any()
    np.testing.assert_allclose(fixed["line/total"], 3.0 + fixed["line/y_missing"].sum(axis=-1), rtol=1e-12)


def test_evaluations() -> None:
    values = {"line/mu": 0.5, "line/y_missing": np.array([3.0, -1.0])}
    _, state = pm.evaluate_model_transformed(line(), values=values)
    expected = stats.norm(0.0, 2.0).logpdf(0.5) + stats.norm(0.5, 1.0).logpdf([1.0, 3.0, 2.0, -1.0]).sum()
    assert float(state.collect_log_prob()) == pytest.approx(expected, rel=1e-13)
    assert float(line().logp(values)) == pytest.approx(expected, rel=1e-13)
    np.testing.assert_array_equal(state.observed_values["line/y"], Y)
    np.testing.assert_array_equal(state.deterministics_values["line/y"], [1.0, 3.0, 2.0, -1.0])
    assert float(state.deterministics_values["line/total"]) == 5.0
    again, _ = state.as_sampling_state()
    _, same = pm.evaluate_model_transformed(line(), state=again)
    assert float(same.collect_log_prob()) == float(state.collect_log_prob())


def test_evaluations_draw_the_missing_entries() -> None:
    _, state = pm.evaluate_model(line(), seed=1)
    filled = state.deterministics_values["line/y"].numpy()
    np.testing.assert_array_equal(filled[[1, 3]], state.untransformed_values["line/y_missing"])
    np.testing.assert_array_equal(filled[[0, 2]], [1.0, 2.0])
    _, meta = pm.evaluate_meta_model(line())
    np.testing.assert_array_equal(meta.untransformed_values["line/y_missing"], [0.0, 0.0])
    _, predicted = pm.evaluate_model_posterior_predictive(line(), values={"line/y_missing": [5.0, 6.0]}, seed=1)
    assert predicted.untransformed_values["line/y"].shape == (4,)
    np.testing.assert_array_equal(predicted.untransformed_values["line/y_missing"], [5.0, 6.0])
    _, new = pm.evaluate_model_posterior_predictive(line(), seed=1)
    np.testing.assert_array_equal(
        new.untransformed_values["line/y"].numpy()[[1, 3]], new.untransformed_values["line/y_missing"]
    )


def test_evaluations_of_several_draws() -> None:
    @pm.model(name=None)
    def independent() -> Any:
        yield pm.Normal("y", 0.0, 1.0, observed=Y, conditionally_independent=True)

    _, state = pm.evaluate_model(independent(), sample_shape=(3,), seed=1)
    missing, filled = state.untransformed_values["y_missing"], state.deterministics_values["y"]
    assert missing.shape == (3, 2) and filled.shape == (3, 4)
    np.testing.assert_array_equal(filled.numpy()[:, [1, 3]], missing)
    np.testing.assert_array_equal(filled.numpy()[:, [0, 2]], [[1.0, 2.0]] * 3)


@pytest.mark.parametrize(
    "data",
    [
        np.ma.masked_invalid(Y),
        np.ma.masked_array([1.0, 7.0, 2.0, np.nan], [False, True, False, False]),
        [1.0, np.nan, 2.0, np.nan],
        pd.Series([1.0, None, 2.0, None]),
        tf.constant(Y, tf.float32),
    ],
    ids=["masked", "mask and NaN", "list", "pandas", "tensor"],
)
def test_forms_of_missing_data(data: Any) -> None:
    found = observations(data, discrete=False)
    assert found.known.dtype == tf.float64
    np.testing.assert_array_equal(found.with_nan, Y)
    np.testing.assert_array_equal(found.filled(tf.constant([3.0, 4.0], tf.float64)), [1.0, 3.0, 2.0, 4.0])
    np.testing.assert_array_equal(found.part(tf.range(4)), [1, 3])


@pytest.mark.parametrize("data", [np.ma.masked_array([1.0, 2.0], [False, False]), np.ma.masked_array([1, 2]), [1, 2]])
def test_a_mask_that_hides_nothing(data: Any) -> None:
    np.testing.assert_array_equal(observations(data, discrete=False), [1.0, 2.0])
    assert [v.name for v in line(data).log_density().variables] == ["line/mu"]


def test_counts_stay_integers() -> None:
    found = observations(COUNTS, discrete=True)
    assert found.known.dtype == tf.int64
    assert found.filled(tf.constant([9], tf.int64)).numpy().tolist() == [1, 9, 3]
    floats = observations(np.array([1.0, np.nan]), discrete=True)
    assert floats.known.dtype == tf.int64


def test_data_with_missing_entries_may_replace_others() -> None:
    assert [v.name for v in line(np.ones(4)).log_density().variables] == ["line/mu"]
    density = compile_model(line(np.ones(2)), {"line/y": Y})
    assert [v.name for v in density.variables] == ["line/mu", "line/y_missing"]


def test_a_start_value() -> None:
    assert complete(line(), {"line/y_missing": [7.0, 8.0]})["line/y_missing"].tolist() == [7.0, 8.0]


def test_a_warning_says_so() -> None:
    with pytest.warns(
        ImputationWarning, match="Data in line/y contains missing values and will be automatically imputed"
    ):
        line().log_density()


def test_the_name_must_be_free() -> None:
    @pm.model(name=None)
    def twice() -> Any:
        yield pm.Normal("y_missing", 0.0, 1.0)
        yield pm.Normal("y", 0.0, 1.0, observed=Y)

    with pytest.raises(pm.EvaluationError, match="duplicate variable 'y_missing'"):
        twice().log_density()
    with pytest.raises(pm.EvaluationError, match="duplicate variable 'y_missing'"):
        pm.evaluate_model(twice())


def test_missing_values_are_shown_as_in_pymc3() -> None:
    view = pm.density(everything())
    assert [v.name for v in view.missing_values] == ["y_missing", "k_missing", "z_missing", "c_missing", "b_missing"]
    assert [v.name for v in view.missing_values] == [v.name for v in everything_of_the_drop_in().missing_values]
    step = pm.Metropolis([view["k"].missing_values[0], "c_missing"], model=everything())
    assert {v.name for method in step.methods for v in method.vars} == {"k_missing", "c_missing"}
    with pytest.raises(ValueError, match="not sampled"):
        pm.Metropolis(["s"], model=everything())
