"""Statistics of draws that old releases had, against their definitions."""

from __future__ import annotations

import logging
from typing import Any

import arviz as az
import numpy as np
import pytest

import pm_migrate.pymc4 as pm

RNG = np.random.default_rng(8)
SERIES = RNG.normal(size=203)
TABLE = RNG.normal(size=(60, 3))


def test_geweke_compares_the_beginning_with_the_end() -> None:
    rows = pm.geweke(SERIES, first=0.2, last=0.4, intervals=9)
    end, farthest = 202, 0.6 * 202
    assert list(rows[:, 0]) == list(range(0, int(farthest), int(farthest / 8)))
    for start, score in rows:
        a = SERIES[int(start) : int(start) + int(0.2 * (end - start))]
        b = SERIES[int(end - 0.4 * (end - start)) :]
        assert score == pytest.approx((a.mean() - b.mean()) / np.sqrt(a.var() + b.var()))
    for column, found in zip(TABLE.T, pm.geweke(TABLE), strict=True):
        np.testing.assert_array_equal(found, pm.geweke(column))


def test_quantiles_are_draws() -> None:
    found = pm.quantiles(TABLE)
    assert list(found) == [2.5, 25, 50, 75, 97.5]
    for q, x in found.items():
        np.testing.assert_array_equal(x, np.sort(TABLE, axis=0)[int(60 * q / 100)])
    assert pm.quantiles(SERIES, [50], np.exp)[50] == np.exp(np.sort(SERIES)[101])


def test_the_error_is_that_of_means_of_batches() -> None:
    means = SERIES[:200].reshape(5, 40).mean(axis=1)
    assert pm.mc_error(SERIES) == pytest.approx(means.std() / np.sqrt(5))
    assert pm.mc_error(SERIES, 1) == pytest.approx(SERIES.std() / np.sqrt(203))
    np.testing.assert_allclose(pm.mc_error(TABLE, 7), [pm.mc_error(column, 7) for column in TABLE.T])


def test_results_of_sampling_are_taken_chain_by_chain() -> None:
    @pm.model(name=None)
    def line() -> Any:
        yield pm.Normal("mu", 0.0, 1.0)
        yield pm.HalfNormal("sd", 1.0, batch_stack=2)

    options = {"num_samples": 40, "burn_in": 20, "num_chains": 2, "seed": 2}
    trace = pm.sample(line(), return_inferencedata=False, **options)
    found = pm.mc_error(trace)
    assert list(found) == [0, 1] and set(found[0]) == {"mu", "sd", "sd_log__"}
    assert found[1]["mu"] == pm.mc_error(trace.get_values("mu", chains=[1]))
    assert pm.mc_error(trace, 4, chains=[1], vars=["mu"], burn=10, thin=2) == {
        "mu": pm.mc_error(trace.get_values("mu", chains=[1])[10::2], 4)
    }
    np.testing.assert_array_equal(pm.quantiles(trace, combine=True)["sd"][50], pm.quantiles(trace["sd"])[50])
    data = pm.sample(line(), **options)
    assert set(pm.geweke(data)) == {0, 1} and set(pm.geweke(data)[0]) == {"mu", "sd"}
    np.testing.assert_array_equal(pm.geweke(data)[1]["mu"], pm.geweke(trace)[1]["mu"])
    assert pm.quantiles(data, chains=[0])["mu"][50] == pm.quantiles(data.posterior["mu"].values[0])[50]


def test_bad_input_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match=r"first=0\.6 and last=0\.5"):
        pm.geweke(SERIES, first=0.6)
    with pytest.raises(ValueError, match="10 draws are too few for intervals=20"):
        pm.geweke(SERIES[:10])
    with pytest.raises(ValueError, match="3 axes"):
        pm.geweke(np.zeros((30, 2, 2)))
    with pytest.raises(ValueError, match="3 draws are too few for batches=5"):
        pm.mc_error(SERIES[:3])
    with caplog.at_level(logging.WARNING, logger="pm_migrate"):
        assert pm.quantiles(SERIES, [100]) is None
    assert "Too few elements" in caplog.text
    assert pm.quantiles(az.from_dict({"x": SERIES[None]}))["x"][50] == pm.quantiles(SERIES)[50]
