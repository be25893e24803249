"""Multilevel delayed acceptance: its target, its statistics, and what it learns of the coarser models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.shims.step_methods.delayed_acceptance import RecursiveSampleMoments
from pm_migrate.shims.step_methods.mlda import extract_Q_estimate
from pm_migrate.shims.theano.compile.ops import as_op

ALARM = 1e-4

pytestmark = pytest.mark.filterwarnings("ignore:The MLDA implementation:UserWarning")


def normal(mean: float, sd: float) -> Any:
    with pm.Model() as model:
        pm.Normal("x", mean, sd)
    return model


@pytest.fixture(scope="module")
def levels() -> list[Any]:
    return [normal(0.8, 1.8), normal(0.3, 1.3), normal(0.0, 1.0)]


@pytest.fixture
def fine(levels: list[Any]) -> Iterator[Any]:
    with levels[-1] as model:
        yield model


def test_mlda_leaves_its_target(levels: list[Any], fine: Any) -> None:
    """Exact draws of the finest model stay so, though the coarser ones have other means and scales."""
    step = pm.MLDA(coarse_models=levels[:-1], base_sampler="Metropolis", base_blocked=True, subsampling_rates=2)
    step.tune = False
    np.random.seed(11)
    rng = np.random.default_rng(12)
    ends = []
    for _ in range(500):
        point = {"x": np.array(rng.standard_normal())}
        for _ in range(3):
            point, _ = step.step(point)
        ends.append(float(point["x"]))
    assert stats.kstest(ends, "norm").pvalue > ALARM


def test_the_hierarchy_and_its_statistics(levels: list[Any], fine: Any) -> None:
    step = pm.MLDA(coarse_models=levels[:-1], subsampling_rates=[2, 3])
    assert [s.subsampling_rate for s in (step, step.step_method_below)] == [3, 2]
    assert isinstance(step.step_method_below.step_method_below, pm.DEMetropolisZMLDA)
    trace = pm.sample(
        10, tune=5, chains=2, step=step, random_seed=1, progressbar=False, compute_convergence_checks=False
    )
    assert trace.stat_names == {"accept", "accepted", "tune", "base_scaling", "base_lambda"}
    assert not trace["tune"].any()


def test_arguments_that_do_not_go_together(levels: list[Any], fine: Any) -> None:
    for arguments, message in (
        ({"coarse_models": []}, "at least one|Give at least"),
        ({"coarse_models": tuple(levels[:-1])}, "not a list"),
        ({"coarse_models": levels[:-1], "subsampling_rates": [1]}, "same length"),
        ({"coarse_models": levels[:-1], "tune": False}, "tune=True"),
    ):
        with pytest.raises(ValueError, match=message):
            pm.MLDA(**arguments)
    with pytest.raises(AttributeError, match="Q"):
        pm.MLDA(coarse_models=levels[:-1], variance_reduction=True)


def test_the_quantity_of_interest_telescopes() -> None:
    """E[Q] of the finest model, from draws of the coarsest and differences: Q = 2 x there, 2 x + 1 in the finer."""

    def with_quantity(mean: float, extra: float) -> Any:
        with pm.Model() as model:
            quantity = pm.Data("Q", np.array(0.0))

            @as_op([pm.theano.tensor.dscalar], [pm.theano.tensor.dscalar])
            def forward(x: Any) -> Any:
                quantity.set_value(np.array(2 * x + extra))
                return np.asarray(x)

            x = pm.Normal("x", mean, 1.0)
            pm.Normal("y", forward(x), 1.0, observed=0.5)
        return model

    coarse = with_quantity(0.2, 0.0)
    with with_quantity(0.0, 1.0):
        step = pm.MLDA(
            coarse_models=[coarse],
            base_sampler="Metropolis",
            variance_reduction=True,
            store_Q_fine=True,
            base_blocked=True,
        )
        trace = pm.sample(
            300, tune=50, chains=1, step=step, random_seed=2, progressbar=False, compute_convergence_checks=False
        )
    mean, error = extract_Q_estimate(trace, 2)
    # the posterior of x is normal of mean 0.25, so that E[Q] = 1.5
    assert 0 < error < 0.3 and abs(mean - 1.5) < 4.5 * error
    fine = np.array([float(q) for q in trace.get_sampler_stats("Q_1")])
    np.testing.assert_allclose(fine, 2 * trace["x"] + 1, rtol=1e-12)


def test_moments_one_by_one() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3))
    moments = RecursiveSampleMoments(x[0], np.zeros((3, 3)))
    for row in x[1:]:
        moments.update(row)
    np.testing.assert_allclose(moments.get_mu(), x.mean(0))
    np.testing.assert_allclose(moments.get_sigma(), np.cov(x.T))
