"""Results of generator models in PyMC3's forms: MultiTrace, dictionaries, tables, files."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import arviz as az
import numpy as np
import pandas
import pytest
from scipy import stats

import pm_migrate.pymc4 as pm
from pm_migrate.errors import IncorrectArgumentsError, ModelError, TraceDirectoryError

DATA = np.array([0.5, -1.0, 2.0])


@pm.model(name=None)
def build():
    sigma = yield pm.HalfNormal("sigma", 1.0)
    mu = yield pm.Normal("mu", 0.0, 1.0)
    b = yield pm.Normal("b", 0.0, 1.0, event_stack=2)
    k = yield pm.Poisson("k", 3.0)
    yield pm.Deterministic("twice", 2 * mu + 0 * b[0] + 0 * k)
    yield pm.Normal("y", mu, sigma, observed=DATA)


@pytest.fixture(scope="module")
def model():
    return build()


@pytest.fixture(scope="module")
def trace(model):
    return pm.sample(
        model, num_samples=30, burn_in=50, num_chains=2, seed=1, progressbar=False, return_inferencedata=False
    )


def test_a_trace_has_the_names_shapes_and_types_of_pymc3(trace):
    # PyMC3 3.11.6: free variables in order, then the others in the order in which they were made
    assert trace.varnames == ["sigma_log__", "mu", "b", "k", "sigma", "twice"]
    assert (len(trace), trace.nchains, trace.chains) == (30, 2, [0, 1])
    assert trace["b"].shape == (60, 2) and trace["k"].dtype == np.int64 and trace["mu"].dtype == np.float64
    np.testing.assert_allclose(np.exp(trace["sigma_log__"]), trace["sigma"])
    np.testing.assert_array_equal(trace.twice, 2 * trace["mu"])


def test_a_trace_is_read_in_every_way(trace):
    assert set(trace[3]) == set(trace.varnames) and trace[-1]["b"].shape == (2,)
    np.testing.assert_array_equal(trace[5]["mu"], trace.get_values("mu", chains=1)[5])
    np.testing.assert_array_equal(trace[10::2]["mu"], trace["mu", 10::2])
    first, second = trace.get_values("mu", burn=4, thin=3, combine=False)
    assert first.shape == second.shape == (9,)
    assert len(list(trace.points())) == 60 and trace.point(2, chain=0)["mu"] == trace.get_values("mu", chains=0)[2]
    assert [point["mu"] for point in trace] == list(trace.get_values("mu", chains=1))
    assert {"depth", "energy", "diverging", "step_size", "tune"} <= trace.stat_names
    assert trace.get_sampler_stats("energy").shape == trace["diverging"].shape == (60,)
    assert trace.report.n_draws == 30


def test_values_are_added_and_removed(trace):
    own = trace[:]
    own.add_values({"new": own["mu"] ** 2})
    np.testing.assert_array_equal(own["new"], own["mu"] ** 2)
    own.remove_values("new")
    assert "new" not in own.varnames


def test_arviz_takes_a_trace(trace):
    assert list(az.summary(trace, var_names=["mu", "b"]).index) == ["mu", "b[0]", "b[1]"]
    np.testing.assert_array_equal(trace.observed_data["y"], DATA)
    flat = stats.norm(trace["mu"][:, None], trace["sigma"][:, None]).logpdf(DATA)
    np.testing.assert_allclose(trace.log_likelihood["y"].values.reshape(60, 3), flat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert az.loo(trace).n_data_points == 3


def test_a_trace_is_pickled(trace):
    again = pickle.loads(pickle.dumps(trace))
    np.testing.assert_array_equal(again["mu"], trace["mu"])
    np.testing.assert_array_equal(again.observed_data["y"], DATA)
    np.testing.assert_array_equal(again.log_likelihood["y"], trace.log_likelihood["y"])  # made before: kept


def test_a_table(trace):
    with pytest.deprecated_call():
        table = pm.trace_to_dataframe(trace, varnames=["b", "mu"])
    assert list(table.columns) == ["b__0", "b__1", "mu"] and len(table) == 60
    np.testing.assert_array_equal(table["b__1"], trace["b"][:, 1])


def test_files(trace, model, tmp_path):
    with pytest.deprecated_call():
        folder = pm.save_trace(trace, str(tmp_path / "saved"))
    for given in (None, model):
        with pytest.deprecated_call():
            again = pm.load_trace(folder, given)
        assert again.varnames == trace.varnames
        np.testing.assert_array_equal(again["b"], trace["b"])
        np.testing.assert_array_equal(again["energy"], trace["energy"])
    np.testing.assert_array_equal(again.observed_data["y"], DATA)
    with pytest.raises(TraceDirectoryError), pytest.deprecated_call():
        pm.load_trace(str(tmp_path / "nothing"))


def test_dictionaries_of_posterior_draws(trace, model):
    def drawn(**options):
        return pm.sample_posterior_predictive(model, trace, seed=1, return_inferencedata=False, **options)

    assert {name: x.shape for name, x in drawn().items()} == {"y": (60, 3)}
    with pytest.warns(UserWarning, match="smaller than"):
        assert drawn(num_draws=7)["y"].shape == (7, 3)
    assert drawn(keep_size=True)["y"].shape == (2, 30, 3)
    several = drawn(var_names=["mu", "twice", "y"], size=2)
    assert {name: x.shape for name, x in several.items()} == {"mu": (60,), "twice": (60,), "y": (60, 2, 3)}
    np.testing.assert_array_equal(several["mu"], trace["mu"])  # from the trace, as in PyMC3
    np.testing.assert_array_equal(several["twice"], trace["twice"])
    with pytest.raises(IncorrectArgumentsError):
        drawn(keep_size=True, size=3)
    with pytest.raises(ModelError):
        pm.sample_posterior_predictive(model, trace, size=3)


def test_draws_are_given_the_posterior(trace, model):
    many = pm.sample_posterior_predictive(model, trace, size=4000, seed=1, return_inferencedata=False)["y"]
    error = 6 * trace["sigma"] / np.sqrt(3 * 4000)
    assert np.all(np.abs(many.mean(axis=(1, 2)) - trace["mu"]) < error)


def test_points_and_data_sets_are_drawn_from(trace, model):
    points = [trace[i] for i in range(4)]
    assert pm.sample_posterior_predictive(model, points, return_inferencedata=False)["y"].shape == (4, 3)
    assert pm.sample_posterior_predictive(model, trace.posterior).posterior_predictive["y"].shape == (2, 30, 3)
    assert pm.sample_posterior_predictive(model, trace).groups() == ["posterior_predictive"]  # not into the trace


def test_dictionaries_of_prior_draws(model):
    drawn = pm.sample_prior_predictive(model, 9, seed=1, return_inferencedata=False)
    assert {name: x.shape for name, x in drawn.items()} == {
        **dict.fromkeys(("sigma", "mu", "k", "twice"), (9,)),
        "b": (9, 2),
        "y": (9, 3),
    }
    assert list(pm.sample_prior_predictive(model, 9, var_names=["b"], return_inferencedata=False)) == ["b"]


def test_everything_as_inference_data(trace, model):
    prior = pm.sample_prior_predictive(model, 5, return_inferencedata=False)
    drawn = pm.sample_posterior_predictive(model, trace, return_inferencedata=False)
    data = pm.to_inference_data(
        trace, prior=prior, posterior_predictive=drawn, coords={"who": ["u", "v"]}, dims={"b": ["who"]}
    )
    assert data.groups() == [
        *("posterior", "posterior_predictive", "log_likelihood", "sample_stats"),
        *("prior", "prior_predictive", "observed_data"),
    ]
    assert list(data.posterior["b"].sel(who="v").shape) == [2, 30]
    np.testing.assert_array_equal(data.posterior_predictive["y"].values.reshape(60, 3), drawn["y"])
    assert "log_likelihood" not in pm.to_inference_data(trace, log_likelihood=False).groups()
    with pytest.raises(ModelError):
        pm.to_inference_data()


def test_inference_data_is_joined(model):
    data = pm.sample(model, num_samples=10, burn_in=10, num_chains=2, seed=1, progressbar=False)
    prior = pm.sample_prior_predictive(model, 5)
    drawn = pm.sample_posterior_predictive(model, data, return_inferencedata=False)
    joined = pm.to_inference_data(data, prior=prior, posterior_predictive=drawn, dims={"b": ["who"]})
    assert {"posterior", "prior", "prior_predictive", "posterior_predictive", "observed_data"} <= set(joined.groups())
    assert joined.posterior["b"].dims == ("chain", "draw", "who") and "who" not in data.posterior.dims
    assert joined.posterior_predictive["y"].shape == (2, 10, 3)
    made = pm.predictions_to_inference_data(drawn, posterior_trace=data, idata_orig=joined)
    assert made.predictions["y"].shape == (2, 10, 3) and "predictions" not in joined.groups()
    assert pm.predictions_to_inference_data(drawn, idata_orig=joined, inplace=True) is joined


@pm.model(name=None, coords={"obs": np.arange(4), "group": ["u", "v"]})
def build_slopes():
    x = yield pm.Data("x", np.arange(4.0), dims="obs")
    g = yield pm.Data("g", [0, 1, 0, 1], dims="obs")
    b = yield pm.Normal("b", 0.0, 1.0, dims="group")
    yield pm.Deterministic("fixed", b[0] * np.ones(4), dims="obs")
    yield pm.Normal("y", b[g] * x, 1.0, observed=np.arange(4.0), dims="obs")


@pytest.mark.parametrize(("coords", "dim"), [({"obs": ["p", "q", "r"]}, "obs"), (None, "y_dim_0")])
def test_predictions_for_data_of_another_length(coords, dim):
    """``az.from_pymc3_predictions`` of ArviZ 0.14 with PyMC3 3.11.6 gives these names to the axes."""
    model = build_slopes()
    data = pm.sample(model, num_samples=10, burn_in=10, num_chains=1, seed=1, progressbar=False)
    pm.set_data({"x": [1.0, 2.0, 3.0], "g": [0, 0, 1]}, model)
    drawn = pm.sample_posterior_predictive(model, data, return_inferencedata=False)
    pm.predictions_to_inference_data(drawn, idata_orig=data, inplace=True, coords=coords, model=model)
    assert data.predictions["y"].dims == ("chain", "draw", dim)
    assert list(data.predictions[dim].values) == (["p", "q", "r"] if coords else [0, 1, 2])
    np.testing.assert_array_equal(data.predictions["y"].values.reshape(10, 3), drawn["y"])
    np.testing.assert_array_equal(data.predictions_constant_data["x"], [1.0, 2.0, 3.0])
    assert data.predictions_constant_data["x"].dims == (dim if coords else "x_dim_0",)
    assert data.posterior.sizes["obs"] == 4 and list(data.observed_data["y"].values) == [0, 1, 2, 3]


def test_draws_of_another_length_are_converted_without_the_data_that_they_left():
    model = build_slopes()
    data = pm.sample(model, num_samples=10, burn_in=10, num_chains=1, seed=1, progressbar=False)
    pm.set_data({"x": [1.0, 2.0], "g": [0, 1]}, model)
    drawn = pm.sample_posterior_predictive(model, data, return_inferencedata=False)
    made = pm.to_inference_data(posterior_predictive=drawn, model=model)
    assert made.posterior_predictive["y"].shape == (1, 10, 2) and "observed_data" not in made.groups()
    np.testing.assert_array_equal(made.constant_data["x"], [1.0, 2.0])


def test_coordinates_of_a_multi_index_are_its_tuples():
    """As ArviZ 0.14 has them for PyMC3 3.11.6: objects along one axis."""
    places = pandas.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["who", "round"])

    @pm.model(name=None, coords={"place": places, "day": pandas.date_range("2020-01-01", periods=2)})
    def build():
        b = yield pm.Normal("b", 0.0, 1.0, dims="place")
        yield pm.Normal("y", b[:2], 1.0, observed=np.zeros(2), dims="day")

    data = pm.sample(build(), num_samples=5, burn_in=5, num_chains=2, seed=1, progressbar=False)
    assert list(data.posterior["place"].values) == [("a", 1), ("a", 2), ("b", 1)]
    assert data.observed_data["day"].dtype.kind == "M"
    trace = pm.sample(
        build(), num_samples=5, burn_in=5, num_chains=2, seed=1, progressbar=False, return_inferencedata=False
    )
    for made in (trace, pm.to_inference_data(trace, coords={"place": places}), pm.to_inference_data(data)):
        assert made.posterior["b"].dims == ("chain", "draw", "place")
        assert list(made.posterior["place"].values) == [("a", 1), ("a", 2), ("b", 1)]


def test_predictions_for_new_data_of_another_size_are_converted() -> None:
    """The data of the model stay as many as they were: ``pm.set_data({"x": new})`` alone."""

    @pm.model(name=None)
    def line() -> Any:
        x = yield pm.Data("x", np.arange(4.0), dims="at")
        b = yield pm.Normal("b", 0, 1)
        yield pm.Normal("y", b * x, 1.0, observed=np.zeros(4), dims="at")

    model = line()
    trace = pm.sample(model, num_samples=5, burn_in=5, num_chains=2, seed=1, progressbar=False)
    pm.set_data({"x": np.arange(6.0)}, model)
    drawn = pm.sample_posterior_predictive(model, trace, return_inferencedata=False)
    made = pm.predictions_to_inference_data(drawn, idata_orig=trace, model=model)
    assert made.predictions["y"].shape == (1, 10, 6) and made.predictions["y"].dims[-1] == "at"
    assert made.predictions_constant_data["x"].shape == (6,) and made.observed_data["y"].shape == (4,)
    joined = pm.to_inference_data(posterior_predictive=drawn, model=model)
    assert joined.posterior_predictive["y"].shape == (1, 10, 6)


def test_draws_are_asked_for_by_a_variable_that_the_density_shows() -> None:
    model = build_slopes()
    data = pm.sample(model, num_samples=5, burn_in=5, num_chains=2, seed=1, progressbar=False)
    np.testing.assert_array_equal(pm.draws(data, pm.density(model)["b"]), pm.draws(data, "b"))
    with pytest.raises(KeyError, match="no variable 'c'"):
        pm.draws(data, "c")
