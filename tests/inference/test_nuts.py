"""NUTS on targets with known answers."""

from __future__ import annotations

import logging

import arviz
import numpy as np
import pytest
import tensorflow as tf
from inference_targets import correlated, density, funnel, gaussian, half_normal_raw, log_gamma, variable
from scipy import stats

from pm_migrate.errors import ModelError, NotSupported, SamplingError
from pm_migrate.shims import inference
from pm_migrate.shims.inference import running

SCALES = np.logspace(-2, 2, 10)


@pytest.fixture(scope="module")
def ill_conditioned():
    target = gaussian(SCALES)
    return target, inference.sample_chains(target, seed=1, progress=False)


@pytest.fixture(scope="module")
def pair():
    target = correlated(0.9)
    return target, inference.sample_chains(target, seed=2, progress=False)


def z_score(draws: np.ndarray, expected: float) -> float:
    """Distance of a mean from its expectation in Monte Carlo standard errors; ``draws`` is (chains, draws)."""
    error = draws.std() / np.sqrt(float(arviz.ess(draws, method="mean")))
    return float((draws.mean() - expected) / error)


# |z| > 4.5 has probability 7e-6: below 1e-3 for all comparisons of this file together, and the seeds are fixed.
LIMIT = 4.5


def test_moments_of_an_ill_conditioned_gaussian(ill_conditioned):
    x = ill_conditioned[1].values["x"] / SCALES
    for i in range(len(SCALES)):
        assert abs(z_score(x[:, :, i], 0.0)) < LIMIT
        assert abs(z_score(x[:, :, i] ** 2, 1.0)) < LIMIT


def test_moments_of_a_rotated_gaussian():
    # 20 dimensions, condition number 1e4 and no axis along a coordinate, so that a diagonal mass matrix is of no help;
    # 40 comparisons, each in the Monte Carlo errors of its own effective sample size
    rng = np.random.default_rng(6)
    axes = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    scales = np.logspace(-1, 1, 20)
    whiten = tf.constant((axes / scales).T)

    def terms(v):
        return {"x": -0.5 * tf.reduce_sum(tf.square(tf.linalg.matvec(whiten, v["x"])))}

    drawn = inference.sample_chains(
        density([variable("x", (20,))], terms), draws=500, tune=500, seed=6, target_accept=0.9, progress=False
    )
    assert drawn.stats["tree_size"].mean() > 30
    along = drawn.values["x"] @ axes / scales
    for i in range(20):
        assert abs(z_score(along[:, :, i], 0.0)) < LIMIT
        assert abs(z_score(along[:, :, i] ** 2, 1.0)) < LIMIT


def test_the_mass_matrix_makes_trajectories_short(ill_conditioned):
    # with the identity, a condition number of 1e4 would need thousands of steps
    assert ill_conditioned[1].stats["tree_size"].mean() < 20


def test_moments_of_a_correlated_pair(pair):
    x, y = pair[1].values["x"], pair[1].values["y"]
    for draws, expected in ((x, 0.0), (y, 0.0), (x * x, 1.0), (y * y, 1.0), (x * y, 0.9)):
        assert abs(z_score(draws, expected)) < LIMIT


def test_quantiles_of_a_skewed_target():
    target = log_gamma(0.7)
    drawn = inference.sample_chains(target, seed=3, progress=False)
    g = inference.record(target, drawn)["g"]
    np.testing.assert_allclose(g, np.exp(drawn.values["g_log__"]), rtol=1e-14)
    for p in (0.05, 0.25, 0.5, 0.75, 0.95):
        below = (g < stats.gamma(0.7).ppf(p)).astype(float)
        assert abs(z_score(below, p)) < LIMIT


def test_the_funnel_diverges_and_is_reported(caplog):
    target = funnel(5)
    drawn = inference.sample_chains(target, draws=500, tune=500, seed=4, progress=False)
    assert drawn.stats["diverging"].sum() > 0
    error = drawn.stats["max_energy_error"]
    assert np.all(error[drawn.stats["diverging"]] > 1000)
    assert np.all(error[~drawn.stats["diverging"]] <= 1000)
    with caplog.at_level(logging.INFO, "pm_migrate"):
        messages = inference.warn(target, drawn)
    assert any("after tuning" in m and "divergence" in m for m in messages)
    assert any(r.levelno == logging.ERROR for r in caplog.records)


def test_statistics_are_consistent(ill_conditioned):
    drawn = ill_conditioned[1]
    s = drawn.stats
    x = drawn.values["x"]
    np.testing.assert_allclose(s["model_logp"], -0.5 * np.sum((x / SCALES) ** 2, axis=-1), rtol=1e-9)
    kinetic = s["energy"] + s["model_logp"]
    assert np.all(kinetic >= 0)
    # kinetic energy is half a chi-square variable with as many degrees of freedom as dimensions
    assert abs(z_score(kinetic, len(SCALES) / 2)) < LIMIT
    assert np.all((s["mean_tree_accept"] > 0) & (s["mean_tree_accept"] <= 1))
    assert 0.7 < s["mean_tree_accept"].mean() < 0.95
    assert np.all(s["tree_size"] <= 2.0 ** s["depth"] - 1)
    assert np.all(s["tree_size"] >= 2.0 ** (s["depth"] - 1))
    assert np.all(np.abs(s["energy_error"]) <= np.abs(s["max_energy_error"]) + 1e-12)
    assert np.ptp(s["step_size"], axis=1).max() == 0  # after warm-up it stands
    np.testing.assert_array_equal(s["step_size"], s["step_size_bar"])
    assert not s["diverging"].any() and not s["tune"].any()


def test_same_seed_same_draws_however_the_run_is_cut(pair, monkeypatch):
    target, drawn = pair
    again = inference.sample_chains(target, seed=2, progress=False)
    calls, call = [], running.Run._call
    monkeypatch.setattr(running.Run, "_call", lambda run, turns: calls.append(turns) or call(run, turns))
    cut = {"draws": 40, "tune": 40, "seed": 2, "progress": False}
    whole = inference.sample_chains(target, **cut)
    monkeypatch.setattr(running, "BLOCK_SECONDS", 0.0)
    monkeypatch.setattr(running, "FIRST_TURNS", 7)
    few = len(calls)
    pieces = inference.sample_chains(target, **cut)
    assert few < 30 and len(calls) > 100
    for one, other in ((drawn, again), (whole, pieces)):
        for name in one.values:
            np.testing.assert_array_equal(one.values[name], other.values[name])
        for name in one.stats:
            np.testing.assert_array_equal(one.stats[name], other.stats[name])


def test_other_seeds_give_other_draws_and_numpy_seeds_the_rest(pair):
    target, drawn = pair
    runs = []
    for _ in range(2):
        np.random.seed(11)
        runs.append(inference.sample_chains(target, draws=20, tune=20, progress=False).values["x"])
    np.testing.assert_array_equal(runs[0], runs[1])
    other = inference.sample_chains(target, draws=20, tune=20, seed=3, progress=False).values["x"]
    listed = inference.sample_chains(target, draws=20, tune=20, seed=[3, 4], progress=False).values["x"]
    first = drawn.values["x"][:, :20]
    different = [runs[0], other, listed, first]
    for i, a in enumerate(different):
        assert not any(np.array_equal(a, b) for b in different[:i])
    assert len(np.unique(other)) > 0.9 * np.unique(other.ravel()).size
    assert not np.array_equal(other[0], other[1])  # chains differ


def test_a_second_run_does_not_trace_again():
    calls = []

    def terms(v):
        calls.append(1)
        return {"x": -0.5 * tf.square(v["x"])}

    target = density([variable("x")], terms)
    inference.sample_chains(target, draws=10, tune=10, chains=2, seed=1, progress=False, jit=False)
    traced = len(calls)
    assert traced > 0
    run = inference.sample_chains(target, draws=30, tune=15, chains=2, seed=2, target_accept=0.9, jit=False)
    assert len(calls) == traced
    assert run.values["x"].shape == (2, 30)


def test_the_tree_depth_is_bounded_and_reported(caplog):
    target = gaussian(np.full(3, 1.0))
    drawn = inference.sample_chains(target, draws=50, tune=0, seed=5, max_treedepth=2, target_accept=0.99, jit=False)
    assert drawn.stats["depth"].max() == 2
    assert drawn.stats["tree_size"].max() == 3
    full = drawn.stats["reached_max_treedepth"]
    assert np.all(drawn.stats["tree_size"][full] == 3)


def test_one_chain_and_a_kept_warm_up():
    drawn = inference.sample_chains(gaussian([1.0, 2.0]), draws=300, tune=200, chains=1, seed=6, discard_tuned=False)
    assert drawn.values["x"].shape == (1, 300, 2)
    assert drawn.tune_values["x"].shape == (1, 200, 2)
    assert drawn.tune_stats["tune"].all() and not drawn.stats["tune"].any()
    assert len(np.unique(drawn.tune_stats["step_size"])) > 50
    assert abs(z_score(drawn.values["x"][:, :, 0], 0.0)) < LIMIT


def test_nan_is_a_divergence_not_a_draw():
    drawn = inference.sample_chains(half_normal_raw(), draws=200, tune=200, chains=2, seed=7, jit=False)
    assert np.all(drawn.values["x"] >= 0)
    assert np.isfinite(drawn.stats["model_logp"]).all()
    assert drawn.stats["diverging"].any()


def test_jitter_is_drawn_again_until_the_start_is_finite():
    # each of 30 chains starts below zero, where the density is -inf, with probability 0.45
    starts = []
    target = half_normal_raw(-np.inf)
    inference.sample_chains(target, draws=1, tune=0, chains=30, seed=8, jit=False, on_block=starts.append)
    assert starts[-1].draws.min() == 1


def test_a_start_that_is_not_finite_names_the_term():
    def terms(v):
        return {"good": -0.5 * tf.square(v["x"]), "bad_term": -np.inf + 0.0 * v["x"]}

    with pytest.raises(SamplingError, match=r"^Initial evaluation of model.*bad_term = -inf") as caught:
        inference.sample_chains(density([variable("x")], terms), draws=5, tune=5, chains=2, seed=1, jit=False)
    assert "good =" not in str(caught.value)
    assert "10 other jittered starts" in str(caught.value)


def test_a_gradient_that_is_not_finite_names_the_variable():
    def terms(v):
        return {"x": -0.5 * tf.square(v["x"]), "y": -tf.sqrt(v["y"])}

    target = density([variable("x"), variable("y")], terms)
    with pytest.raises(SamplingError, match=r"gradient with respect to y is not finite"):
        inference.sample_chains(target, draws=5, tune=5, chains=2, seed=1, jit=False, init="adapt_diag")


def test_start_points_are_used_as_they_are():
    target = gaussian([1.0])
    given = [{"x": np.array([50.0])}, {"x": np.array([-50.0])}]
    drawn = inference.sample_chains(
        target, draws=1, tune=1, chains=2, seed=1, start=given, discard_tuned=False, jit=False
    )
    # the first trajectory from so far out has not lost all of its potential energy
    assert drawn.tune_stats["energy"].min() > 0.5 * 49**2
    with pytest.raises(ModelError, match="2 points for 3 chains"):
        inference.sample_chains(target, chains=3, start=given)
    with pytest.raises(ModelError, match="typo"):
        inference.sample_chains(target, start={"typo": 1.0})


def test_an_interrupt_returns_the_draws_so_far(pair, caplog):
    target, drawn = pair

    def interrupt(snapshot):
        if snapshot.draws.min() > 1300:
            raise KeyboardInterrupt

    part = inference.sample_chains(target, draws=10**6, seed=2, progress=False, on_block=interrupt)
    assert part.interrupted
    made = part.values["x"].shape[1]
    assert 300 < made < 10**6
    both = min(made, drawn.draws)
    np.testing.assert_array_equal(part.values["x"][:, :both], drawn.values["x"][:, :both])
    assert f"{made} draws per chain" in caplog.text


def test_an_interrupt_in_the_warm_up_is_an_interrupt(pair):
    def interrupt(snapshot):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inference.sample_chains(pair[0], tune=10**6, seed=2, progress=False, on_block=interrupt)


def test_a_density_that_xla_refuses_runs_as_a_graph(caplog):
    def terms(v):
        matrix = tf.linalg.diag(tf.exp(v["x"] * 0) * [1.0, 2.0])
        return {"x": -0.5 * tf.reduce_sum(tf.square(v["x"])), "det": 0.0 * tf.linalg.det(matrix)}

    target = density([variable("x", (2,))], terms)
    drawn = inference.sample_chains(target, draws=30, tune=30, chains=2, seed=1, progress=False)
    assert drawn.values["x"].shape == (2, 30, 2)
    assert "XLA cannot compile this model" in caplog.text and "MatrixDeterminant" in caplog.text
    caplog.clear()
    inference.sample_chains(target, draws=5, tune=5, chains=2, seed=1, progress=False)
    assert not caplog.text


def test_a_density_that_cannot_be_vectorised_is_mapped(caplog, monkeypatch):
    def refuse(*args, **kwargs):
        raise ValueError("no converter for this op\nand a long story")

    monkeypatch.setattr(tf, "vectorized_map", refuse)
    target = gaussian([1.0, 3.0])
    drawn = inference.sample_chains(target, draws=20, tune=20, chains=3, seed=1, jit=False)
    monkeypatch.undo()
    assert "could not be vectorised (no converter for this op)" in caplog.text
    vectorised = inference.sample_chains(gaussian([1.0, 3.0]), draws=20, tune=20, chains=3, seed=1, jit=False)
    np.testing.assert_allclose(drawn.values["x"], vectorised.values["x"], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"init": "advi"}, NotSupported, "jitter\\+adapt_diag"),
        ({"draws": -1}, ModelError, "draws = -1"),
        ({"tune": -1}, ModelError, "tune = -1"),
        ({"chains": 0}, ModelError, "chains = 0"),
        ({"target_accept": 1.0}, ModelError, "target_accept = 1.0"),
    ],
)
def test_arguments_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        inference.sample_chains(gaussian([1.0]), **options)


def test_a_model_without_variables_is_refused():
    with pytest.raises(ModelError, match="no free random variables"):
        inference.sample_chains(density([], lambda v: {}))
