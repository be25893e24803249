"""Warnings after sampling, at PyMC3's thresholds."""

from __future__ import annotations

import logging

import arviz
import numpy as np
import pytest
from inference_targets import gaussian

from pm_migrate.shims import inference

TARGET = gaussian([1.0])


def made_up(x: np.ndarray, **stats: np.ndarray) -> inference.Chains:
    """Chains with given draws ``(chains, draws)`` and blameless statistics, except those given."""
    good = {
        "diverging": np.zeros(x.shape, bool),
        "reached_max_treedepth": np.zeros(x.shape, bool),
        "mean_tree_accept": np.full(x.shape, 0.8),
    }
    return inference.Chains({"x": x[:, :, None]}, {**good, **stats})


def independent(chains: int = 4, draws: int = 500) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(chains, draws))


def levels(chains: inference.Chains, caplog: pytest.LogCaptureFixture, **options: float) -> list[tuple[int, str]]:
    with caplog.at_level(logging.INFO, "pm_migrate"):
        messages = inference.warn(TARGET, chains, **options)
    found = [(r.levelno, r.getMessage()) for r in caplog.records if r.name == "pm_migrate"]
    assert [text for _, text in found] == messages
    return found


def test_nothing_to_say_about_a_good_run(caplog):
    assert levels(made_up(independent()), caplog) == []


def test_divergences(caplog):
    diverging = np.zeros((4, 500), bool)
    diverging[0, :1], diverging[1, :7], diverging[2] = True, True, True
    found = levels(made_up(independent(), diverging=diverging), caplog)
    assert [level for level, _ in found] == [logging.ERROR] * 3
    assert "1 divergence after tuning in chain 0" in found[0][1]
    assert "7 divergences after tuning in chain 1" in found[1][1] and "reparameterize" in found[1][1]
    assert "only diverging samples" in found[2][1]


def test_tree_depth_above_five_percent(caplog):
    full = np.zeros((4, 500), bool)
    full[0, :25], full[1, :26] = True, True
    found = levels(made_up(independent(), reached_max_treedepth=full), caplog)
    assert len(found) == 1 and "Chain 1 reached the maximum tree depth" in found[0][1]


def test_acceptance_off_target(caplog):
    accept = np.full((4, 500), 0.8)
    accept[1], accept[2] = 0.6, 0.95
    found = levels(made_up(independent(), mean_tree_accept=accept), caplog)
    assert [(level, text[: len("The acceptance probability of chain 1 is 0.60")]) for level, text in found] == [
        (logging.WARNING, "The acceptance probability of chain 1 is 0.60"),
        (logging.INFO, "The acceptance probability of chain 2 is 0.95"),
    ]
    caplog.clear()
    assert levels(made_up(independent(), mean_tree_accept=np.full((4, 500), 0.95)), caplog, target_accept=0.95) == []


@pytest.mark.parametrize(
    ("shift", "level", "limit"),
    [(1.0, logging.INFO, "1.05"), (1.7, logging.WARNING, "1.2"), (3.0, logging.ERROR, "1.4")],
)
def test_chains_that_disagree(caplog, shift, level, limit):
    x = independent(draws=2000)
    x[0] += shift
    rhat = float(arviz.rhat(x))
    assert float(limit) < rhat
    found = [m for m in levels(made_up(x), caplog) if "rhat" in m[1]]
    assert found[0][0] == level and f"larger than {limit} for x" in found[0][1] and len(found) == 1


def slow(weight: float, draws: int) -> np.ndarray:
    """Autoregressive chains: effective sizes about ``(1 - weight) / (1 + weight)`` of their lengths."""
    x = independent(4, draws)
    for i in range(1, draws):
        x[:, i] = weight * x[:, i - 1] + np.sqrt(1 - weight**2) * x[:, i]
    return x


@pytest.mark.parametrize(
    ("weight", "draws", "level", "text"),
    [
        (0.9, 500, logging.ERROR, "smaller than 200 for x"),
        (0.9, 3000, logging.WARNING, "smaller than 10% for x"),
        (0.7, 3000, logging.INFO, "smaller than 25% for x"),
    ],
)
def test_few_effective_draws(caplog, weight, draws, level, text):
    found = [m for m in levels(made_up(slow(weight, draws)), caplog) if "effective" in m[1]]
    assert len(found) == 1 and found[0][0] == level and text in found[0][1]


def test_one_chain_cannot_be_compared(caplog):
    found = levels(made_up(independent(chains=1)), caplog)
    assert [level for level, _ in found] == [logging.INFO] and "Only one chain" in found[0][1]


def test_a_variable_that_never_moves_has_no_rhat(caplog):
    assert levels(made_up(np.zeros((4, 500))), caplog) == []
