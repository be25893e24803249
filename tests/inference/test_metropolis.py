"""Discrete variables against enumeration, and the invariance of single transitions."""

from __future__ import annotations

from itertools import product

import arviz
import numpy as np
import pytest
import tensorflow as tf
from inference_targets import (
    correlated,
    discrete,
    flat_flips,
    mixture,
    mixture_data,
    switch_counts,
    switchpoint,
    table,
)
from scipy import special, stats

from pm_migrate.shims import inference
from pm_migrate.shims.inference import adaptation, metropolis, nuts, trajectory
from pm_migrate.shims.inference.chains import by_step
from pm_migrate.shims.inference.running import settings

LIMIT = 4.5  # standard errors: a false alarm in 1e-5 comparisons, and the seeds are fixed
ALARM = 1e-4  # probability of a false alarm of an invariance test, split over its comparisons


def z_score(draws: np.ndarray, expected: float) -> float:
    error = draws.std() / np.sqrt(float(arviz.ess(draws, method="mean")))
    return float((draws.mean() - expected) / error)


@pytest.fixture(scope="module")
def joint() -> np.ndarray:
    p = np.random.default_rng(5).uniform(0.3, 1.0, size=(2, 3, 4))
    p[1, 2] *= 3.0  # the three variables depend on each other
    return p / p.sum()


@pytest.fixture(scope="module")
def table_run(joint):
    return inference.sample_chains(table(joint), draws=2000, tune=500, seed=1, progress=False)


def test_a_discrete_model_has_its_enumerated_probabilities(joint, table_run):
    v = table_run.values
    assert all(x.dtype == np.int64 for x in v.values())
    for b, c, k in product(range(2), range(3), range(4)):
        cell = ((v["b"] == b) & (v["c"] == c) & (v["k"] == k)).astype(float)
        assert abs(z_score(cell, joint[b, c, k])) < LIMIT


def test_statistics_of_a_discrete_model(joint, table_run):
    s, v = table_run.stats, table_run.values
    assert set(s) == {"model_logp", "accept", "accepted", "scaling", "tune"}
    np.testing.assert_allclose(s["model_logp"], np.log(joint[v["b"], v["c"], v["k"]]), rtol=1e-12)
    assert s["accepted"].dtype == bool and s["accepted"].shape == v["k"].shape
    moved = v["k"][:, 1:] != v["k"][:, :-1]
    assert moved.any() and not (moved & ~s["accepted"][:, 1:]).any()  # a rejected step leaves the value
    assert s["accepted"][s["accept"] >= 1].all() and s["accept"].mean() > 0
    assert np.ptp(s["scaling"], axis=1).max() == 0


def test_coins_reach_all_their_states():
    # with every flip tried and accepted, the pair would alternate between two states for ever
    b = inference.sample_chains(flat_flips(), draws=1000, tune=100, seed=2, progress=False, jit=False).values["b"]
    for state in product(range(2), range(2)):
        assert abs(z_score(np.all(b == state, axis=-1).astype(float), 0.25)) < LIMIT


def switch_posterior() -> np.ndarray:
    """Exact posterior of the switchpoint: the rates integrate out (Gamma-Poisson conjugacy)."""
    counts = switch_counts()
    size = len(counts)
    log_p = []
    for s in range(size):
        early, late = counts[:s], counts[s:]
        log_p.append(sum(special.gammaln(x.sum() + 1) - (x.sum() + 1) * np.log(len(x) + 1) for x in (early, late)))
    return np.exp(log_p - special.logsumexp(log_p))


def test_a_switchpoint_with_continuous_rates():
    target = switchpoint()
    drawn = inference.sample_chains(target, draws=2000, tune=1000, seed=3, progress=False)
    exact = switch_posterior()
    s = drawn.values["s"]
    assert abs(z_score(s.astype(float), float(exact @ np.arange(len(exact))))) < LIMIT
    for value in np.flatnonzero(exact > 0.02):
        assert abs(z_score((s == value).astype(float), exact[value])) < LIMIT
    counts = switch_counts()
    early = [(counts[:at].sum() + 1) / (at + 1) for at in range(len(counts))]
    assert abs(z_score(inference.record(target, drawn)["early"], float(exact @ early))) < LIMIT
    assert set(drawn.stats) >= {"scaling", "accept", "accepted", "tree_size", "energy", "diverging"}
    kinds = [v.kind for v in target.variables]
    parts = by_step({name: x[0] for name, x in drawn.stats.items()}, target.variables)
    place = int(kinds[0] != "integer")
    assert set(parts[place]) == {"accept", "accepted", "scaling", "tune"} and len(parts) == 2
    assert {"tune", "energy"} <= set(parts[1 - place]) and "accept" not in parts[1 - place]


def test_statistics_of_several_integers_are_those_of_a_step_each():
    x = np.arange(6.0).reshape(3, 2)
    stats = {"model_logp": x[:, 0], "accept": x, "accepted": x > 1, "scaling": x + 1, "tune": x[:, 0] > 9}
    first, second = by_step(stats)
    assert set(first) == set(second) == {"accept", "accepted", "scaling", "tune"}
    assert by_step({**stats, "energy": x[:, 0]})[0].keys() == {"model_logp", "energy", "tune"}
    assert first["accept"].tolist() == [0, 2, 4] and second["scaling"].tolist() == [2, 4, 6]
    assert by_step({}) == [] and [set(part) for part in by_step({"energy": x[:, 0]})] == [{"energy"}]


def mixture_posterior() -> tuple[np.ndarray, float]:
    """Exact membership probabilities and mean of mu: all 64 memberships, with mu integrated out by conjugacy."""
    y = mixture_data()
    weights, memberships, means = [], [], []
    for z in product(range(2), repeat=len(y)):
        member = np.array(z)
        residual = y - np.where(member == 1, 1.0, -1.0)
        precision = 1 + len(y)
        mean = residual.sum() / precision
        log_w = np.log(np.where(member == 1, 0.4, 0.6)).sum()
        log_w += -0.5 * (residual @ residual) + 0.5 * precision * mean**2
        weights.append(log_w)
        memberships.append(member)
        means.append(mean)
    p = np.exp(weights - special.logsumexp(weights))
    return p @ np.array(memberships), float(p @ means)


def test_a_mixture_with_membership_of_each_point():
    drawn = inference.sample_chains(mixture(), draws=2000, tune=500, seed=4, progress=False)
    membership, mean = mixture_posterior()
    assert abs(z_score(drawn.values["mu"], mean)) < LIMIT
    for i, expected in enumerate(membership):
        assert abs(z_score(drawn.values["z"][:, :, i].astype(float), expected)) < LIMIT


def test_tuning_follows_pymc3_and_settles():
    rates = tf.constant([0.0005, 0.03, 0.1, 0.3, 0.6, 0.8, 0.99], tf.float64)
    np.testing.assert_array_equal(metropolis.tuning_factor(rates), [0.1, 0.5, 0.9, 1.0, 1.1, 2.0, 10.0])


def test_proposals_move_one_step_of_the_sweep_only():
    plan = metropolis.Plan(
        [discrete("n", "integer", (2,)), discrete("c", "categorical", (2,), 5), discrete("b", "binary")]
    )
    assert (plan.size, plan.steps) == (5, 4)
    chains = 2000
    rng = np.random.default_rng(0)
    counts = tf.constant(np.tile([7, -3, 2, 4, 1], (chains, 1)))
    sweep = metropolis.Sweep(*map(tf.constant, plan.initial(chains)))
    moved = []
    for step in range(plan.steps):
        at = sweep._replace(index=tf.fill([chains], step))
        noise = tf.constant(rng.normal(size=(chains, 5)) * 3), tf.constant(rng.uniform(size=chains))
        moved.append(plan.propose(at, counts, *noise).numpy())
    assert np.all(moved[0][:, 2:] == [2, 4, 1]) and np.std(moved[0][:, 0]) > 2 and np.std(moved[0][:, 1]) > 2
    assert sorted(np.unique(moved[1][:, 2])) == [0, 1, 3, 4] and np.all(moved[1][:, [0, 1, 3, 4]] == [7, -3, 4, 1])
    assert stats.chisquare(np.bincount(moved[1][:, 2])[[0, 1, 3, 4]]).pvalue > ALARM
    assert np.all(moved[3] == [7, -3, 2, 4, 0])


# Invariance: thousands of chains start from exact draws, make a few transitions, and must still be exact draws.


def transitions(target, flat: np.ndarray, counts: np.ndarray, step: float, draws: int) -> np.ndarray:
    """The rows of each chain after ``draws`` transitions with a fixed step size and a unit mass matrix."""
    machine = nuts.Machine(target, len(flat), 6, draws + 1)
    state = machine.initial(flat, counts, adaptation.schedule(0))
    log_step = tf.fill([len(flat)], tf.constant(np.log(step), tf.float64))
    # a search that has used up its tries ends at once, with the step size that it began with
    state = state._replace(
        step=adaptation.restart(log_step),
        search=state.search._replace(tries=tf.fill([len(flat)], adaptation.SEARCH_TRIES)),
    )
    program = tf.function(machine.program(), autograph=False, jit_compile=True)
    state, _, rows, filled = program(
        state, tf.constant(0, tf.int64), tf.constant(10**6, tf.int64), settings(draws, 0, 0.8, 99)
    )
    assert np.all(filled.numpy() == draws)
    return rows.numpy()[:, :draws]


def pair_p_values() -> list[float]:
    """Kolmogorov-Smirnov tests after one transition of a correlated pair that starts exact, with a coarse step."""
    rho, chains = 0.8, 20000
    rng = np.random.default_rng(7)
    x = rng.normal(size=chains)
    flat = np.stack([x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=chains)], axis=1)
    after = transitions(correlated(rho), flat, np.zeros((chains, 0)), 0.75, 1)
    moved = after[:, 0, :2]
    assert np.mean(np.any(moved != flat, axis=1)) > 0.5
    plus, minus = (moved[:, 0] + moved[:, 1]) / np.sqrt(2 + 2 * rho), (moved[:, 0] - moved[:, 1]) / np.sqrt(2 - 2 * rho)
    parts = (moved[:, 0], moved[:, 1], plus, minus)
    radius = stats.kstest(plus**2 + minus**2, stats.chi2(2).cdf).pvalue
    return [*(stats.kstest(part, stats.norm.cdf).pvalue for part in parts), radius]


def cell_p_value(joint: np.ndarray) -> float:
    """Chi-square test of the 24 cells after one sweep from exact draws."""
    chains = 20000
    rng = np.random.default_rng(8)
    cells = rng.choice(joint.size, size=chains, p=joint.ravel())
    counts = np.stack(np.unravel_index(cells, joint.shape), axis=1)
    after = transitions(table(joint), np.zeros((chains, 0)), counts, 1.0, 1)[:, 0, :3].astype(int)
    assert np.mean(np.any(after != counts, axis=1)) > 0.3
    seen = np.bincount(np.ravel_multi_index(tuple(after.T), joint.shape), minlength=joint.size)
    return float(stats.chisquare(seen, joint.ravel() * chains).pvalue)


def test_a_trajectory_leaves_the_target_invariant():
    p = pair_p_values()
    assert min(p) > ALARM / len(p)


def test_a_sweep_leaves_the_target_invariant(joint):
    assert cell_p_value(joint) > ALARM


def test_a_wrong_weight_would_be_seen(monkeypatch):
    def backwards(tree, energy):
        return tf.maximum(energy - tree.start_energy, trajectory.NOTHING)

    monkeypatch.setattr(trajectory, "log_weight", backwards)
    p = pair_p_values()
    assert min(p) < ALARM / len(p)


def test_a_wrong_ratio_would_be_seen(monkeypatch, joint):
    monkeypatch.setattr(
        metropolis.Plan, "log_attempt", lambda self, sweep: tf.cast(tf.where(sweep.index == 0, 0.5, 0.0), tf.float64)
    )
    assert cell_p_value(joint) < ALARM
