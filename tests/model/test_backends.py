"""Traces as PyMC3's programs use them: made by hand, merged, added to, saved, tabulated, handed to ArviZ."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import subprocess
import sys
from pathlib import Path

import arviz
import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.errors import TraceDirectoryError
from pm_migrate.shims.backends.base import MultiTrace, merge_traces
from pm_migrate.shims.backends.labelled import from_pymc3, from_pymc3_predictions
from pm_migrate.shims.backends.ndarray import NDArray, point_list_to_multitrace
from pm_migrate.shims.backends.report import SamplerReport, SamplerWarning, WarningType

DATA = np.array([0.5, -1.0, 2.0])


def build() -> pm.Model:
    with pm.Model(coords={"city": ["Ulm", "Bonn", "Jena"]}) as model:
        factor = pm.Data("factor", [1.0, 2.0, 3.0])
        mu = pm.Normal("mu", 0.0, 1.0)
        sigma = pm.HalfNormal("sigma", 1.0)
        pm.Deterministic("twice", 2 * mu)
        pm.Normal("y", mu * factor, sigma, observed=DATA, dims="city")
    return model


@pytest.fixture(scope="module")
def model() -> pm.Model:
    return build()


def chain(model: pm.Model, number: int, draws: int = 4, offset: float = 0.0) -> NDArray:
    trace = NDArray(model=model)
    trace.setup(draws, number, [{"energy": np.float64, "tune": bool}, {"accept": np.float64}])
    for i in range(draws):
        point = {"mu": np.array(offset + i), "sigma_log__": np.array(0.1 * i)}
        trace.record(point, [{"energy": float(i), "tune": i < 1}, {"accept": 0.5}])
    trace.close()
    return trace


@pytest.fixture(scope="module")
def trace(model: pm.Model) -> MultiTrace:
    return MultiTrace([chain(model, 0), chain(model, 1, offset=10.0)])


def test_recording_by_hand_keeps_constrained_values_too(model: pm.Model, trace: MultiTrace) -> None:
    assert trace.varnames == [v.name for v in model.unobserved_RVs]
    np.testing.assert_array_equal(trace["mu"], [0, 1, 2, 3, 10, 11, 12, 13])
    np.testing.assert_allclose(trace["sigma"], np.exp(trace["sigma_log__"]), rtol=1e-14)
    np.testing.assert_array_equal(trace["twice"], 2 * trace["mu"])
    assert trace.stat_names == {"energy", "tune", "accept"}
    assert list(trace.get_sampler_stats("tune", chains=1)) == [True, False, False, False]
    assert trace.get_values("mu", chains=1)[0] == 10.0 and len(list(trace.points())) == 8


def test_a_chain_refuses_other_statistics_than_it_was_set_up_for(model: pm.Model) -> None:
    trace = NDArray(model=model)
    with pytest.raises(ValueError, match="a appears with different types"):
        trace.setup(2, 0, [{"a": float}, {"a": bool}])
    trace.setup(2, 0, [{"a": float}])
    with pytest.raises(ValueError, match="Can't change sampler_vars"):
        trace.setup(2, 0, [{"b": float}])
    with pytest.raises(ValueError, match="Expected sampler_stats"):
        trace.record(model.test_point)
    with pytest.raises(ValueError, match="slice or an integer"):
        trace["mu"]


def test_a_chain_goes_on_where_it_ended(model: pm.Model) -> None:
    trace = chain(model, 0, draws=2)
    trace.setup(2, 0, [{"energy": np.float64, "tune": bool}, {"accept": np.float64}])
    trace.record({"mu": np.array(7.0), "sigma_log__": np.array(0.0)}, [{"energy": 9.0, "tune": False}, {"accept": 1.0}])
    trace.close()
    np.testing.assert_array_equal(trace.get_values("mu"), [0, 1, 7])
    np.testing.assert_array_equal(trace.get_sampler_stats("energy"), [0, 1, 9])


def test_slices_forwards_and_backwards(trace: MultiTrace) -> None:
    np.testing.assert_array_equal(trace[::-1].get_values("mu", chains=0), [3, 2, 1, 0])
    np.testing.assert_array_equal(trace[-2:]["mu"], [2, 3, 12, 13])
    np.testing.assert_array_equal(trace[1:3].get_sampler_stats("energy", chains=0), [1, 2])


def test_chains_are_unique_when_made_and_merged(model: pm.Model) -> None:
    with pytest.raises(ValueError, match="two of number 0"):
        MultiTrace([chain(model, 0), chain(model, 0)])
    merged = merge_traces([MultiTrace([chain(model, 3)]), MultiTrace([chain(model, 1)])])
    assert merged.chains == [1, 3] and merged.posterior.sizes["chain"] == 2
    for traces, message in (
        ([], "empty set"),
        ([MultiTrace([chain(model, 0)]), MultiTrace([chain(model, 0)])], "not unique"),
        ([MultiTrace([chain(model, 0)]), MultiTrace([chain(model, 1, draws=3)])], "different lengths"),
    ):
        with pytest.raises(ValueError, match=message):
            merge_traces(traces)


def test_values_are_added_and_removed(model: pm.Model) -> None:
    trace = MultiTrace([chain(model, 0), chain(model, 1)])
    trace.posterior  # noqa: B018  so that a stale group would be noticed
    trace.add_values({"pair": np.arange(16.0).reshape(8, 2)})
    np.testing.assert_array_equal(trace.pair, np.arange(16.0).reshape(8, 2))
    assert trace.posterior["pair"].shape == (2, 4, 2)
    with pytest.raises(ValueError, match="pair already exists"):
        trace.add_values({"pair": np.zeros(8)})
    trace.add_values({"pair": np.zeros((8, 1))}, overwrite=True)
    assert trace["pair"].shape == (8,)
    with pytest.warns(UserWarning, match=r"length of the values you are trying to add \(16\)"):
        trace.add_values({"long": np.arange(16.0)})
    trace.remove_values("pair")
    assert "pair" not in trace.varnames and "pair" not in trace.posterior
    with pytest.raises(KeyError, match="pair"):
        trace.remove_values("pair")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_saving_and_loading(tmp_path: Path, model: pm.Model, trace: MultiTrace) -> None:
    folder = str(tmp_path / "saved")
    assert pm.save_trace(trace, folder) == folder
    with pytest.raises(OSError, match="overwrite"):
        pm.save_trace(trace, folder)
    with model:
        again = pm.load_trace(folder)
    for name in trace.varnames:
        np.testing.assert_array_equal(again[name], trace[name])
    assert again.stat_names == trace.stat_names and again.get_sampler_stats("tune").dtype == bool
    assert json.loads((tmp_path / "saved/0/metadata.json").read_text())["sampler_vars"][1] == {"accept": "float64"}
    with pytest.raises(TraceDirectoryError, match="nowhere"):
        pm.load_trace(str(tmp_path / "nowhere"), model)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tables_have_a_column_for_every_scalar(model: pm.Model) -> None:
    trace = MultiTrace([chain(model, 0), chain(model, 1)])
    frame = pm.trace_to_dataframe(trace)
    assert list(frame.columns) == ["mu", "sigma", "twice"] and len(frame) == 8
    assert "sigma_log__" in pm.trace_to_dataframe(trace, include_transformed=True)
    np.testing.assert_array_equal(pm.trace_to_dataframe(trace, chains=1, varnames=["mu"])["mu"], trace["mu"][4:])


def test_points_make_a_trace(model: pm.Model) -> None:
    trace = point_list_to_multitrace([{"mu": np.array(1.0)}, {"mu": np.array(2.0)}], model)
    assert trace.nchains == 1 and list(trace["mu"]) == [1.0, 2.0]


def test_arviz_sees_the_groups_of_a_trace(trace: MultiTrace) -> None:
    assert trace.groups() == ["posterior", "sample_stats", "log_likelihood", "observed_data", "constant_data"]
    assert list(trace.posterior.data_vars) == ["mu", "sigma", "twice"]
    np.testing.assert_array_equal(trace.constant_data["factor"], [1.0, 2.0, 3.0])
    assert list(trace.observed_data["city"].values) == ["Ulm", "Bonn", "Jena"]
    assert "tune" not in trace.sample_stats and trace.sample_stats["accept"].shape == (2, 4)


def test_the_log_likelihood_is_that_of_every_observation(trace: MultiTrace) -> None:
    found = trace.log_likelihood["y"]
    assert found.dims == ("chain", "draw", "city")
    mu, sigma = trace["mu"].reshape(2, 4, 1), trace["sigma"].reshape(2, 4, 1)
    expected = stats.norm.logpdf(DATA, mu * [1.0, 2.0, 3.0], sigma)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_information_criteria_come_from_it(model: pm.Model) -> None:
    rng = np.random.default_rng(1)
    points = [{"mu": rng.normal(0.3, 0.2), "sigma_log__": rng.normal(0.0, 0.1)} for _ in range(200)]
    trace = NDArray(model=model)
    trace.setup(200, 0)
    for point in points:
        trace.record(point)
    both = MultiTrace([trace])
    pointwise = np.asarray(both.log_likelihood["y"])[0]
    # Gelman, Hwang & Vehtari (2014), eq. 5 and 12
    lppd = np.log(np.mean(np.exp(pointwise), axis=0)).sum()
    expected = lppd - np.var(pointwise, axis=0).sum()
    assert pm.waic(both).elpd_waic == pytest.approx(expected, rel=1e-12)
    assert pm.loo(both).elpd_loo == pytest.approx(expected, abs=0.5)


def test_conversion_takes_predictions_and_the_prior(model: pm.Model, trace: MultiTrace) -> None:
    drawn = {"y": np.zeros((8, 3))}
    prior = {"mu": np.zeros(5), "y": np.zeros((5, 3))}
    data = from_pymc3(trace, model=model, posterior_predictive=drawn, prior=prior, dims={"mu": []}, save_warmup=True)
    assert set(data.groups()) >= {"posterior", "log_likelihood", "posterior_predictive", "prior", "prior_predictive"}
    assert data.posterior_predictive["y"].shape == (2, 4, 3) and list(data.prior.data_vars) == ["mu"]
    assert "log_likelihood" not in from_pymc3(trace, model=model, log_likelihood=False)
    alone = from_pymc3(prior=prior, model=model)
    assert alone.prior_predictive["y"].shape == (1, 5, 3)
    predictions = from_pymc3_predictions(drawn, trace, model, idata_orig=data)
    assert "predictions" in predictions and "predictions_constant_data" in predictions and "predictions" not in data
    for wrong, message in (({}, "at least one"), ({"trace": data}, "not InferenceData")):
        with pytest.raises(ValueError, match=message):
            from_pymc3(**wrong, model=model)


def test_predictions_of_another_length_are_kept_with_a_warning(
    model: pm.Model, trace: MultiTrace, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "pymc3"):
        data = from_pymc3(trace, model=model, posterior_predictive={"y": np.zeros((5, 3))})
    assert data.posterior_predictive["y"].shape == (1, 5, 3) and "y's shape not compatible" in caplog.text


def test_a_kept_warm_up_is_not_in_the_posterior(model: pm.Model) -> None:
    trace = MultiTrace([chain(model, 0)])
    trace.report._n_draws, trace.report._n_tune = 3, 1
    assert trace.posterior.sizes["draw"] == 3
    data = from_pymc3(trace, model=model, save_warmup=True)
    np.testing.assert_array_equal(data.warmup_posterior["mu"], [[0.0]])
    assert data.warmup_log_likelihood["y"].shape == (1, 1, 3)


def test_a_pickled_trace_keeps_its_draws(trace: MultiTrace) -> None:
    again = pickle.loads(pickle.dumps(trace))
    np.testing.assert_array_equal(again["twice"], trace["twice"])
    assert again.posterior.equals(trace.posterior) and again.observed_data.equals(trace.observed_data)
    assert again.log_likelihood.equals(trace.log_likelihood)  # the model comes along
    copied = copy.deepcopy(trace)
    copied._straces[0].samples["mu"][0] = 99.0
    assert trace["mu"][0] == 0.0 and copied._straces[0].model is trace._straces[0].model


def test_a_report_knows_what_is_serious() -> None:
    report = SamplerReport()
    report._add_warnings([SamplerWarning(WarningType.CONVERGENCE, "slight", "info")])
    assert report.ok
    report._add_warnings([SamplerWarning(WarningType.DIVERGENCE, "far", "warn", step=7)], chain=0)
    assert not report.ok and [w.step for w in report._slice(5, 9, 2)._warnings] == [2, None]
    report.raise_ok()
    with pytest.raises(ValueError, match="far"):
        report.raise_ok("warn")


def test_arviz_gets_its_old_functions_back() -> None:
    program = """
from pm_migrate.shims import install, uninstall
install()
from arviz import from_pymc3
import arviz as az
assert az.from_pymc3 is from_pymc3
uninstall()
assert not hasattr(az, "from_pymc3")
install()
assert hasattr(az, "from_pymc3_predictions")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning", "ignore:The inplace keyword")
def test_old_names_of_plots_say_so(trace: MultiTrace) -> None:
    import matplotlib

    matplotlib.use("Agg")
    with pytest.warns(DeprecationWarning, match="just an alias for `plot_trace`"):
        assert pm.traceplot(trace, varnames=["mu"]).shape == (1, 2)
    table = arviz.compare({"a": trace, "b": trace}, ic="waic")
    with pytest.warns(DeprecationWarning, match="compareplot"):
        pm.compareplot(table)
    matplotlib.pyplot.close("all")
    assert pm.summary is pm.stats.summary and pm.plots.traceplot is pm.traceplot
    assert pm.ELPDData is arviz.ELPDData


def test_example_data_are_found_and_never_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pymc3/tests/data").mkdir(parents=True)
    (tmp_path / "pymc3/tests/data/here.csv").write_bytes(b"a,b\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert pm.get_data("here.csv").read() == b"a,b\n"

    with pytest.raises(FileNotFoundError, match=r"there\.csv'\): no installed PyMC3 carries that file"):
        pm.get_data("there.csv")
