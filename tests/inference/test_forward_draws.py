"""Prior and posterior predictive draws."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from inference_targets import regression
from scipy import stats

from pm_migrate.shims import inference
from pm_migrate.shims.inference import batching

ALARM = 1e-5  # probability of a false alarm of each test; the seeds are fixed


@pytest.fixture(scope="module")
def model():
    return regression()


@pytest.fixture(scope="module")
def prior(model):
    return inference.prior_predictive(model, 4000, seed=1)


def test_prior_draws_have_the_prior_distribution(prior):
    assert {name: x.shape for name, x in prior.items()} == {
        "a": (4000, 2),
        "s": (4000,),
        "twice": (4000, 2),
        "y": (4000, 2, 3),
    }
    assert stats.kstest(prior["a"].ravel(), stats.norm.cdf).pvalue > ALARM
    assert stats.kstest(prior["s"], stats.expon.cdf).pvalue > ALARM
    standard = (prior["y"] - prior["a"][:, :, None]) / prior["s"][:, None, None]
    assert stats.kstest(standard.ravel(), stats.norm.cdf).pvalue > ALARM
    np.testing.assert_array_equal(prior["twice"], 2 * prior["a"])


def test_each_draw_has_a_seed_of_its_own(prior):
    assert len(np.unique(prior["s"])) == 4000
    assert abs(np.corrcoef(prior["s"][1:], prior["s"][:-1])[0, 1]) < 0.08


def test_seeds_reproduce(model, prior):
    again = inference.prior_predictive(model, 4000, seed=1)
    np.testing.assert_array_equal(prior["y"], again["y"])
    assert not np.array_equal(prior["y"], inference.prior_predictive(model, 4000, seed=2)["y"])
    np.random.seed(3)
    one = inference.prior_predictive(model, 10)["y"]
    np.random.seed(3)
    np.testing.assert_array_equal(one, inference.prior_predictive(model, 10)["y"])


def test_posterior_draws_follow_the_given_values(model):
    rng = np.random.default_rng(4)
    given = {"a": rng.normal(size=(2000, 2)) * 50, "s": rng.uniform(0.5, 1.5, 2000), "twice": np.zeros((2000, 2))}
    drawn = inference.posterior_predictive(model, given, seed=5)
    assert set(drawn) == {"y"}
    standard = (drawn["y"] - given["a"][:, :, None]) / given["s"][:, None, None]
    assert stats.kstest(standard.ravel(), stats.norm.cdf).pvalue > ALARM
    named = inference.posterior_predictive(model, given, seed=5, names=["twice", "y"])
    np.testing.assert_array_equal(named["twice"], 2 * given["a"])  # computed, not taken from the draws
    np.testing.assert_array_equal(named["y"], drawn["y"])


def test_variables_without_values_are_drawn(model):
    drawn = inference.posterior_predictive(model, {"a": np.zeros((3000, 2))}, seed=6, names=["s"])
    assert stats.kstest(drawn["s"], stats.expon.cdf).pvalue > ALARM


def test_an_unknown_name_is_an_error(model):
    with pytest.raises(KeyError, match="nobody"):
        inference.posterior_predictive(model, {"a": np.zeros((3, 2))}, names=["nobody"])


def test_draws_come_in_pieces_of_bounded_size(model, monkeypatch):
    whole = inference.prior_predictive(model, 100, seed=7)
    monkeypatch.setattr(batching, "CHUNK_SCALARS", 11 * 20)
    pieces = inference.prior_predictive(model, 100, seed=7)
    for name, x in whole.items():
        assert pieces[name].shape == x.shape
        np.testing.assert_allclose(pieces[name], x, rtol=1e-14)


def test_a_forward_function_that_cannot_be_vectorised_is_mapped(model, monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise ValueError("no converter")

    expected = inference.prior_predictive(model, 33, seed=8)
    monkeypatch.setattr(tf, "vectorized_map", refuse)
    mapped = inference.prior_predictive(regression(), 33, seed=8)
    assert "no converter" in caplog.text
    for name, x in expected.items():
        np.testing.assert_allclose(mapped[name], x, rtol=1e-14)
