"""Warm-up: windows, variances, step size."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from pm_migrate.shims.inference import adaptation


def window_ends(tune: int) -> list[int]:
    plan = adaptation.schedule(tune)
    window = adaptation.Window(tf.constant([plan.size]), tf.constant([plan.end]))
    ends = []
    for draw in range(plan.first, plan.last):
        if draw == int(window.end[0]):
            ends.append(draw)
            window = adaptation.next_window(window, plan)
    return ends


def test_windows_double():
    plan = adaptation.schedule(1000)
    assert (plan.first, plan.last) == (30, 950)
    assert window_ends(1000) == [49, 89, 169, 329, 949]  # 20, 40, 80, 160 draws and the rest


@pytest.mark.parametrize("tune", [20, 60, 99, 100, 101, 199, 500, 1500])
def test_the_last_window_ends_where_the_final_step_size_begins(tune):
    plan = adaptation.schedule(tune)
    assert window_ends(tune)[-1] == plan.last - 1
    assert 0 < plan.first < plan.last < tune


@pytest.mark.parametrize("tune", [0, 1, 19])
def test_a_short_warm_up_leaves_the_mass_matrix_alone(tune):
    assert window_ends(tune) == []


def test_variance_is_shrunk_towards_one_thousandth():
    draws = np.random.default_rng(1).normal(size=(30, 2, 3)) * [1.0, 10.0, 0.1]
    moments = adaptation.no_moments(tf.zeros((2, 3), tf.float64))
    for draw in draws:
        moments = adaptation.add_draw(moments, tf.constant(draw))
    expected = (30 * draws.var(axis=0, ddof=1) + 5 * 1e-3) / 35
    np.testing.assert_allclose(adaptation.shrunk_variance(moments), expected, rtol=1e-12)


def test_averaging_finds_the_step_with_the_wanted_acceptance():
    state = adaptation.restart(tf.math.log(tf.constant([0.01, 3.0], tf.float64)))

    @tf.function
    def once(state):
        acceptance = tf.exp(-tf.exp(state.log_step))  # 0.8 at a step of -log 0.8
        return adaptation.average(state, acceptance, tf.constant(0.8, tf.float64))

    for _ in range(2000):
        state = once(state)
    np.testing.assert_allclose(tf.exp(state.log_mean), -np.log(0.8), rtol=0.02)


def test_search_stops_where_the_acceptance_crosses():
    state = adaptation.Search(tf.zeros(3, tf.float64), tf.zeros(3, tf.int32))
    step = adaptation.restart(tf.math.log(tf.constant([1e-3, 50.0, 0.2], tf.float64)))
    over = np.zeros(3, bool)
    found = np.zeros(3)
    for _ in range(40):
        gain = -tf.exp(step.log_step)
        state, step, now = adaptation.search(state, step, gain)
        newly = now.numpy() & ~over
        found[newly] = np.exp(step.log_step.numpy()[newly])
        over |= now.numpy()
    assert over.all()
    limit = -np.log(0.8)
    assert limit < found[0] <= 2 * limit  # doubled until it is too large
    assert limit / 2 <= found[1] < limit  # halved until it is small enough
    assert limit < found[2] <= 2 * limit


def test_search_gives_up_on_a_flat_density():
    state = adaptation.Search(tf.zeros(1, tf.float64), tf.zeros(1, tf.int32))
    step = adaptation.restart(tf.zeros(1, tf.float64))
    for _ in range(adaptation.SEARCH_TRIES + 1):
        state, step, over = adaptation.search(state, step, tf.zeros(1, tf.float64))
    assert bool(over[0])
    assert np.isfinite(np.exp(step.log_step.numpy()[0]))
