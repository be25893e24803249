"""Draws of two runs: equal ones pass at the stated rate, unequal ones do not, chains that have not mixed wait."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import arviz
import numpy as np
import pytest

from pm_migrate.errors import RemoteError
from pm_migrate.verify.posterior import Runs, Settings, _holm, compare_draws


def autoregressive(generator: np.random.Generator, shape: tuple[int, ...], rho: float) -> np.ndarray:
    """Standard normal chains, (4, 500, *shape), with correlation ``rho`` between successive draws."""
    noise = generator.standard_normal((4, 500, *shape))
    draws = noise.copy()
    for i in range(1, 500):
        draws[:, i] = rho * draws[:, i - 1] + np.sqrt(1 - rho**2) * noise[:, i]
    return draws


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(5)


def test_equal_posteriors_are_called_different_no_more_often_than_stated() -> None:
    """At a rate of 0.2, of 30 pairs of runs: more than 13 false alarms have a probability of 0.0009 (binomial)."""
    alarms = 0
    for seed in range(30):
        a, b = (autoregressive(np.random.default_rng([seed, side]), (2,), 0.7) for side in (1, 2))
        found = compare_draws({"x": a}, {"x": b}, error_rate=0.2)
        assert found["compared"] == 4 and not found["unsettled"]
        alarms += bool(found["rejected"])
    assert alarms <= 13


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_a_mean_or_a_scale_that_differs_is_found(generator: np.random.Generator, rho: float) -> None:
    a, b = autoregressive(generator, (2,), rho), autoregressive(generator, (2,), rho)
    shifted = compare_draws({"x": a}, {"m/x": b + np.array([0.0, 0.7])}, 1e-3)
    assert shifted["rejected"] == ["mean of x[1]"] and shifted["worst"]["z"] < -4
    assert "the posteriors differ in the mean of x[1]" in shifted["text"][1]
    wider = compare_draws({"x": a}, {"x": b * np.array([1.0, 1.8])}, 1e-3)
    assert wider["rejected"] == ["variance of x[1]"]
    assert compare_draws({"x": a}, {"x": b}, 1e-3)["rejected"] == []


def test_chains_that_have_not_mixed_are_not_judged(generator: np.random.Generator) -> None:
    a, b = autoregressive(generator, (), 0.3), autoregressive(generator, (), 0.3)
    stuck = a + np.arange(4)[:, None]
    slow = np.cumsum(generator.standard_normal((4, 500)), axis=1)
    found = compare_draws({"x": stuck, "y": slow, "z": a}, {"x": b, "y": b, "z": b}, 1e-3)
    assert found["unsettled"] == ["x", "y"] and found["compared"] == 2 and not found["rejected"]
    assert "2 scalar(s) have not mixed and were not compared: x, y" in found["text"][1]


def test_chains_in_modes_of_their_own_are_not_judged(generator: np.random.Generator) -> None:
    """A quarter of a standard deviation between two modes, of which each chain sees one: R-hat is 1.01."""
    modes = np.array([[0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0]])
    a, b = (0.25 * mode[:, None] + generator.standard_normal((4, 2000)) for mode in modes)
    assert arviz.rhat(a) < 1.02 and arviz.rhat(b) < 1.02
    found = compare_draws({"x": a}, {"x": b}, 1e-3)
    assert found["unsettled"] == ["x"] and not found["compared"]


def test_constants_discrete_values_and_what_is_not_compared(generator: np.random.Generator) -> None:
    ones = np.ones((4, 500))
    k, other = (generator.poisson(3.0, (4, 500)) for _ in range(2))
    mine = {"c": ones, "k": k, "k_log__": k, "gone": k, "shape": np.ones((4, 500, 2))}
    theirs = {"c": ones, "k": other, "k_log__": other + 100, "shape": np.ones((4, 500, 3))}
    found = compare_draws(mine, theirs, 1e-3)
    assert found["compared"] == 3 and not found["rejected"] and not found["unsettled"]
    assert compare_draws(mine, {**theirs, "c": ones + 1e-3}, 1e-3)["rejected"] == ["mean of c"]
    rounded = {"r": 1.0 + 1e-16 * generator.integers(-4, 1, (4, 500))}
    found = compare_draws({"r": 1.0 + 2e-16 * generator.integers(-4, 9, (4, 500))}, rounded, 1e-3)
    assert found["compared"] == 1 and not found["rejected"] and not found["unsettled"]
    renamed = compare_draws({"k": k}, {"count": other + 9}, 1e-3, {"k": "count"})
    assert renamed["rejected"][0] == "mean of k"


def test_many_scalars_are_thinned(generator: np.random.Generator) -> None:
    a = generator.standard_normal((2, 300, 30, 20))
    assert compare_draws({"x": a[:, :, :2, :1]}, {"x": a[:, :, :2, :1]}, 1e-3)["compared"] == 4
    found = compare_draws({"x": a}, {"x": generator.standard_normal(a.shape)}, 1e-3)
    assert found["compared"] + 2 * len(found["unsettled"]) == 400 and not found["rejected"]


def test_holm_steps_down() -> None:
    tests = [(0.012, 0.0, "b"), (0.01, 0.0, "a"), (0.04, 0.0, "d"), (0.03, 0.0, "c")]
    assert _holm(tests, 0.05) == ["a", "b"]  # 0.01 <= 0.05/4, 0.012 <= 0.05/3, 0.03 > 0.05/2
    assert _holm(tests, 0.03) == [] and _holm([], 0.05) == []


class WithoutNuts:
    """A side whose model is sampled by other step methods: it refuses what NUTS would take."""

    def __init__(self, why: str) -> None:
        self.why = why
        self.asked: list[dict[str, Any]] = []

    def sample(self, *_: Any, **options: Any) -> dict[str, np.ndarray]:
        self.asked.append(options)
        if "target_accept" in options:
            raise RemoteError(self.why)
        return {"x": np.random.default_rng(options["seed"]).standard_normal((4, 500))}


def test_a_model_without_nuts_is_sampled_all_the_same() -> None:
    program, model = Mock(), Mock(variables=(), index=0)
    side = WithoutNuts("ValueError: Unused step method arguments: {'target_accept'}")
    found = Runs(side, program, Settings()).compare(model, side, program, model, {})
    assert found["compared"] == 2 and not found["rejected"]
    assert ["target_accept" in options for options in side.asked] == [True, False] * 2
    found = Runs(WithoutNuts("ValueError: no"), program, Settings()).compare(model, side, program, model, {})
    assert found["error"] == "no short run: ValueError: no"
