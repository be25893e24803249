"""What sampling returns: recorded values, InferenceData, MultiTrace."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys

import arviz
import matplotlib
import numpy as np
import pytest
from inference_targets import regression

from pm_migrate.shims import inference
from pm_migrate.shims.inference.chains import CLOCK

matplotlib.use("Agg")


class Named:
    """As a random variable: something with a name."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture(scope="module")
def run():
    target = regression()
    options = {"draws": 60, "tune": 40, "chains": 3, "seed": 1, "progress": False, "jit": False}
    return target, inference.sample_chains(target, discard_tuned=False, **options)


@pytest.fixture(scope="module")
def plain(run):
    target, drawn = run
    taken = {"duration": drawn.duration, "tune": drawn.tune, "clock": drawn.clock}
    return target, inference.Chains(drawn.values, drawn.stats, **taken)


@pytest.fixture(scope="module")
def trace(plain):
    return inference.multitrace(*plain)


def test_recording_gives_constrained_values_in_their_places(plain):
    target, drawn = plain
    recorded = inference.record(target, drawn)
    assert {name: x.shape for name, x in recorded.items()} == {"a": (3, 60, 2), "s": (3, 60), "twice": (3, 60, 2)}
    np.testing.assert_allclose(recorded["s"], np.exp(drawn.values["s_log__"]), rtol=1e-14)
    np.testing.assert_array_equal(recorded["twice"], 2 * drawn.values["a"])
    assert inference.record(target, drawn) is recorded


def test_recording_in_pieces_is_recording_at_once(plain, monkeypatch):
    from pm_migrate.shims.inference import batching

    target, drawn = plain
    whole = inference.record(target, drawn)
    monkeypatch.setattr(batching, "CHUNK_SCALARS", 5 * 37)  # five scalars in a draw: pieces of 32, the last one short
    pieces = inference.record(target, inference.chains_from_values(drawn.values))
    for name, x in whole.items():
        np.testing.assert_allclose(pieces[name], x, rtol=1e-15)


def test_draws_from_elsewhere_make_a_trace():
    values = {"a": np.zeros((2, 5, 2)), "s_log__": np.zeros((2, 5))}
    trace = inference.multitrace(regression(), inference.chains_from_values(values))
    np.testing.assert_array_equal(trace["s"], np.ones(10))
    assert trace.stat_names == set() and trace.groups() == ["posterior", "observed_data"]


def test_inference_data_has_groups_labels_and_attributes(plain):
    target, drawn = plain
    data = inference.to_inference_data(target, drawn)
    assert data.groups() == ["posterior", "sample_stats", "observed_data"]
    assert list(data.posterior.data_vars) == ["a", "s", "twice"]
    assert data.posterior["a"].dims == ("chain", "draw", "city")
    assert list(data.posterior["city"].values) == ["Ulm", "Bonn"]
    assert data.posterior["twice"].dims == ("chain", "draw", "twice_dim_0")
    assert data.observed_data["y"].dims == ("city", "y_dim_1")
    np.testing.assert_array_equal(data.observed_data["y"], target.observed["y"])
    assert data.posterior.attrs["inference_library"] == "pm_migrate"
    assert data.posterior.attrs["tuning_steps"] == 40
    assert data.posterior.attrs["sampling_time"] > 0
    # ArviZ's names for what PyMC3 calls model_logp, tree_size, depth, mean_tree_accept
    assert {"lp", "n_steps", "tree_depth", "acceptance_rate", "diverging", "energy", "step_size"} <= set(
        data.sample_stats
    )
    np.testing.assert_array_equal(data.sample_stats["lp"], drawn.stats["model_logp"])
    assert data.sample_stats["diverging"].dtype == bool


def test_inference_data_options(plain):
    target, drawn = plain
    data = inference.to_inference_data(
        target, drawn, include_transformed=True, stat_names={"tree_size": "tree_size", "depth": "depth"}
    )
    assert list(data.posterior.data_vars) == ["a", "s_log__", "s", "twice"]
    assert {"tree_size", "depth", "lp"} <= set(data.sample_stats) and "n_steps" not in data.sample_stats


def test_a_kept_warm_up_has_groups_of_its_own(run):
    target, drawn = run
    data = inference.to_inference_data(target, drawn)
    assert data.warmup_posterior.sizes["draw"] == 40 and data.posterior.sizes["draw"] == 60
    np.testing.assert_array_equal(data.warmup_posterior["a"], drawn.tune_values["a"])
    np.testing.assert_array_equal(data.warmup_sample_stats["lp"], drawn.tune_stats["model_logp"])


def test_a_multitrace_has_its_kept_warm_up_in_front(run):
    target, drawn = run
    trace = inference.multitrace(target, drawn)
    assert len(trace) == 100
    assert list(trace.get_sampler_stats("tune", chains=0)) == [True] * 40 + [False] * 60
    np.testing.assert_array_equal(trace[40:]["s_log__"], drawn.values["s_log__"].ravel())


def test_multitrace_joins_chains_in_order(plain, trace):
    values = plain[1].values
    np.testing.assert_array_equal(trace["a"], values["a"].reshape(180, 2))
    for same in (trace[Named("a")], trace.a, trace.get_values("a"), trace.get_values(Named("a"))):
        np.testing.assert_array_equal(same, trace["a"])
    assert trace.varnames == ["a", "s_log__", "s", "twice"]
    assert (len(trace), trace.nchains, trace.chains) == (60, 3, [0, 1, 2])
    assert "s_log__" in trace and "s" in trace and "nobody" not in trace
    assert repr(trace) == "<MultiTrace: 3 chains, 60 iterations, 4 variables>"


def test_multitrace_burns_thins_and_selects(plain, trace):
    s = plain[1].values["s_log__"]
    np.testing.assert_array_equal(trace.get_values("s_log__", burn=10, thin=7), s[:, 10::7].ravel())
    np.testing.assert_array_equal(trace["s_log__", 10::7], s[:, 10::7].ravel())
    np.testing.assert_array_equal(trace.get_values("s_log__", chains=1), s[1])
    np.testing.assert_array_equal(trace.get_values("s_log__", chains=[2, 0]), s[[2, 0]].ravel())
    parts = trace.get_values("s_log__", combine=False)
    assert len(parts) == 3 and all(np.array_equal(p, q) for p, q in zip(parts, s, strict=True))
    assert isinstance(trace.get_values("s_log__", squeeze=False), list)
    np.testing.assert_array_equal(trace[20:]["s_log__"], s[:, 20:].ravel())
    np.testing.assert_array_equal(trace[::2].s_log__, s[:, ::2].ravel())
    assert len(trace[-10:]) == 10
    with pytest.raises(KeyError, match="nobody"):
        trace["nobody"]
    with pytest.raises(AttributeError, match="nobody"):
        trace.nobody  # noqa: B018


def test_multitrace_points(plain, trace):
    values = plain[1].values
    np.testing.assert_array_equal(trace[5]["a"], values["a"][2, 5])
    np.testing.assert_array_equal(trace.point(-1, chain=0)["s_log__"], values["s_log__"][0, -1])
    points = list(trace.points())
    assert len(points) == 180 and set(points[0]) == set(trace.varnames)
    np.testing.assert_array_equal(points[61]["a"], values["a"][1, 1])
    assert len(list(trace)) == 60


def test_multitrace_statistics(plain, trace):
    stats = plain[1].stats
    assert trace.stat_names == {*stats, *CLOCK} - {"reached_max_treedepth"}  # those of PyMC3
    assert {"depth", "tree_size", "mean_tree_accept", "model_logp", "step_size", "tune"} <= trace.stat_names
    np.testing.assert_array_equal(trace.get_sampler_stats("energy"), stats["energy"].ravel())
    np.testing.assert_array_equal(trace["diverging"], stats["diverging"].ravel())
    np.testing.assert_array_equal(trace.step_size, stats["step_size"].ravel())
    with pytest.raises(KeyError, match="nothing"):
        trace.get_sampler_stats("nothing")


def test_the_times_of_draws_follow_each_other(trace):
    start, lasted, worked = (trace.get_sampler_stats(name, chains=1) for name in CLOCK)
    assert len(start) == 60 and np.all(np.diff(start) > 0.0) and np.all(worked >= 0.0)
    assert 0.0 < lasted.sum() < trace.report.t_sampling


def test_a_variable_wins_over_what_inference_data_happens_to_have():
    values = {"a": np.zeros((2, 5, 2)), "s_log__": np.zeros((2, 5))}
    trace = inference.multitrace(regression(), inference.chains_from_values(values))
    trace.add_values({"mean": np.ones(10), "chains": np.ones(10)})
    np.testing.assert_array_equal(trace.mean, np.ones(10))
    assert trace.chains == [0, 1]  # but not over MultiTrace itself
    np.testing.assert_array_equal(trace["chains"], np.ones(10))


def test_a_name_of_both_kinds_is_ambiguous(trace):
    part = trace[:10]
    part.add_values({"energy": np.zeros(30)})
    with pytest.warns(UserWarning, match="energy is a variable and a sampler statistic"):
        np.testing.assert_array_equal(part["energy"], np.zeros(30))


def test_multitrace_survives_pickle(trace):
    again = pickle.loads(pickle.dumps(trace))
    np.testing.assert_array_equal(again["twice"], trace["twice"])
    assert again.posterior.equals(trace.posterior)


@pytest.mark.filterwarnings("ignore:.*tight_layout:UserWarning", "ignore::DeprecationWarning")
def test_arviz_takes_a_multitrace(plain, trace):
    data = inference.to_inference_data(*plain)
    assert arviz.convert_to_dataset(trace).equals(data.posterior)
    stats = arviz.convert_to_dataset(trace, group="sample_stats").drop_vars(CLOCK)
    assert stats.equals(data.sample_stats.drop_vars("reached_max_treedepth"))
    assert arviz.summary(trace).equals(arviz.summary(data))
    assert list(arviz.summary(trace[30:], var_names=["s"]).index) == ["s"]
    assert arviz.ess(trace).equals(arviz.ess(data)) and arviz.rhat(trace).equals(arviz.rhat(data))
    assert arviz.plot_trace(trace, var_names=["a", "s"]).shape == (2, 2)
    for plot in (arviz.plot_forest, arviz.plot_posterior, arviz.plot_autocorr, arviz.plot_energy, arviz.plot_pair):
        plot(trace)
    matplotlib.pyplot.close("all")


def test_importing_inference_is_cheap():
    code = (
        "import sys, pm_migrate.shims.inference as i\n"
        "i.sample_chains\n"
        "print([m for m in ('arviz', 'xarray') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_progress_is_silent_without_a_terminal(run, capfd, caplog):
    with caplog.at_level(logging.INFO, "pm_migrate"):
        inference.sample_chains(run[0], draws=5, tune=5, chains=3, seed=1, jit=False, progress=True)
    captured = capfd.readouterr()
    assert captured.out == "" and "Sampling" not in captured.err
