"""HamiltonianMC and NUTS on models: invariance, adaptation, divergences."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.errors import SamplingError
from pm_migrate.shims.step_methods.arraystep import Competence
from pm_migrate.shims.step_methods.hmc import quadpotential as qp
from pm_migrate.shims.step_methods.hmc.base_hmc import BaseHMC
from pm_migrate.shims.step_methods.metropolis import Metropolis

ALARM = 1e-4  # probability of a false alarm of an invariance test, split over its comparisons; the seeds are fixed


@pytest.fixture(scope="module")
def scale_model() -> Any:
    """x of Gamma(3, 1), which is stepped as its logarithm, and y_1, y_2 of Normal(0, x)."""
    with pm.Model() as model:
        x = pm.Gamma("x", 3.0, 1.0)
        pm.Normal("y", 0.0, x, shape=2)
    return model


def p_values(model: Any, step: Any, count: int, moves: int, seed: int) -> np.ndarray:
    """Exact draws, moved: p-values of what their distribution still is. ``count`` independent chains."""
    np.random.seed(seed)
    rng = np.random.default_rng(seed)
    x = rng.gamma(3.0, size=count)
    y = rng.normal(size=(count, 2)) * x[:, None]
    for i in range(count):
        point = {**model.test_point, "x_log__": np.log(x[i]), "y": y[i]}
        for _ in range(moves):
            point, _ = step.step(point)
        x[i], y[i] = np.exp(point["x_log__"]), point["y"]
    z = y / x[:, None]
    return np.array(
        [
            stats.kstest(x, stats.gamma(3.0).cdf).pvalue,
            stats.kstest(z[:, 0], stats.norm.cdf).pvalue,
            stats.kstest((z**2).sum(1), stats.chi2(2).cdf).pvalue,
            stats.kstest(np.arctan2(z[:, 0], z[:, 1]), stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue,
        ]
    )


STEPS: dict[str, Callable[[], BaseHMC]] = {
    "hmc": lambda: pm.HamiltonianMC(path_length=2.0, step_scale=0.9, adapt_step_size=False),
    "hmc, dense": lambda: pm.HamiltonianMC(
        scaling=np.array([[1.0, 0.5, 0.0], [0.5, 2.0, 0.3], [0.0, 0.3, 0.7]]), step_scale=0.9, adapt_step_size=False
    ),
    "nuts": lambda: pm.NUTS(step_scale=0.9, adapt_step_size=False),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_leave_the_posterior_invariant(scale_model: Any, name: str) -> None:
    with scale_model:
        step = STEPS[name]()
    step.stop_tuning()
    p = p_values(scale_model, step, count=1200, moves=2, seed=11)
    assert p.min() > ALARM / len(p), p


def test_part_of_the_variables(scale_model: Any) -> None:
    with scale_model:
        own = pm.NUTS([scale_model["x"]], step_scale=0.9, adapt_step_size=False)
        other = pm.HamiltonianMC([scale_model["y"]], step_scale=0.9, adapt_step_size=False)
    step = pm.CompoundStep([own, other])
    step.stop_tuning()
    p = p_values(scale_model, step, count=700, moves=2, seed=12)
    assert p.min() > ALARM / len(p), p


@pytest.mark.parametrize("dense", [False, True])
def test_adaptation_finds_the_scale(dense: bool) -> None:
    covariance = np.array([[4.0, 0.9], [0.9, 0.25]])
    with pm.Model() as model:
        pm.MvNormal("a", mu=np.array([3.0, -1.0]), cov=covariance, shape=2)
        if dense:
            with pytest.warns(UserWarning, match="experimental"):
                step = pm.NUTS(potential=qp.QuadPotentialFullAdapt(2, np.zeros(2), adaptation_window_multiplier=1))
        else:
            step = pm.NUTS()
    np.random.seed(5)
    point, accepted = model.test_point, []
    for i in range(900):
        if i == 600:
            step.stop_tuning()
        point, (stat,) = step.step(point)
        accepted.append(stat["mean_tree_accept"])
    found = step.potential._cov if dense else np.diag(step.potential._var)
    expected = covariance if dense else np.diag(np.diag(covariance))
    # a window is of 101 to 202 draws, whose squares are correlated: counted as 40 independent ones, 4 standard errors
    error = np.sqrt((expected**2 + np.outer(np.diag(expected), np.diag(expected))) / 40)
    assert (np.abs(found - expected) < 4 * error).all()
    assert abs(np.mean(accepted[600:]) - 0.8) < 0.1


@pytest.mark.parametrize("kind", [pm.HamiltonianMC, pm.NUTS])
def test_divergences_are_reported(scale_model: Any, kind: Any) -> None:
    with scale_model:
        step = kind(Emax=1e-12, adapt_step_size=False, step_rand=None)
    start = point = {"x_log__": np.array(0.5), "y": np.array([1.0, -2.0])}
    np.random.seed(1)
    for i in range(105):
        if i == 2:
            step.stop_tuning()
        point, (stat,) = step.step(point)
        assert stat["diverging"]
        np.testing.assert_equal(point, start)
    found = step.warnings()
    assert [w.kind.name for w in found[:3]] == ["TUNING_DIVERGENCE"] * 2 + ["DIVERGENCE"]
    assert [w.step for w in found[:105]] == list(range(105))
    assert found[0].divergence_info is None and found[104].divergence_info is None  # of at most 99, states are kept
    info = found[2].divergence_info
    steps = [step.integrator.step(sign * step.step_size, info.state).q for sign in (1, -1)]
    assert any(np.allclose(q, info.state_div.q, rtol=1e-12) for q in steps)
    points = found[2].divergence_point_source, found[2].divergence_point_dest
    for point, state in zip(points, (info.state, info.state_div), strict=True):
        np.testing.assert_equal(step._logp_dlogp_func.dict_to_array(point), state.q)
    assert "only diverging samples" in found[105].message and found[105].level == "error"


def test_a_few_divergences_are_counted(scale_model: Any) -> None:
    with scale_model:
        step = pm.NUTS()
    step._samples_after_tune, step._num_divs_sample = 10, 1
    assert step.warnings()[0].message.startswith("There was 1 divergence after tuning.")
    step._num_divs_sample = 2
    assert step.warnings()[0].message.startswith("There were 2 divergences after tuning.")
    step._num_divs_sample, step._reached_max_treedepth = 0, 1
    assert [w.kind.name for w in step.warnings()] == ["TREEDEPTH"]


def test_trees_are_smaller_at_first(scale_model: Any) -> None:
    with scale_model:
        step = pm.NUTS(step_scale=1e-5, adapt_step_size=False, max_treedepth=3, early_max_treedepth=2)
    point = scale_model.test_point
    point, (early,) = step.step(point)
    step.iter_count = 200
    point, (late,) = step.step(point)
    step.stop_tuning()
    step.step(point)
    assert (early["tree_size"], late["tree_size"]) == (3, 7)
    assert "maximum tree depth" in step.warnings()[0].message


def test_a_start_without_density() -> None:
    with pm.Model() as model:
        pm.HalfNormal("a", 1.0, transform=None)
        step = pm.NUTS()
    with pytest.raises(SamplingError, match="Bad initial energy"):
        step.step({"a": np.array(-1.0)})
    assert step.warnings()[0].kind.name == "BAD_ENERGY"
    assert model.free_RVs == step.vars


def test_copies_learn_on_their_own(scale_model: Any) -> None:
    with scale_model:
        step = pm.NUTS()
    other = copy.copy(step)
    other.step(scale_model.test_point)
    assert (step.iter_count, step.potential._n_samples, step.step_adapt._count) == (0, 0, 1)
    assert (other.iter_count, other.potential._n_samples, other.step_adapt._count) == (1, 1, 2)
    assert other.integrator._potential is other.potential and other._logp_dlogp_func is step._logp_dlogp_func
    other.reset_tuning()
    assert other.step_adapt._count == 1 and other.potential._n_samples == 0


def test_what_the_compiled_sampler_can_step_in_for(scale_model: Any) -> None:
    with scale_model:
        assert pm.NUTS().compiled_options() == {"target_accept": 0.8, "max_treedepth": 10}
        chosen = pm.NUTS(target_accept=0.9, max_treedepth=5)
        assert chosen.compiled_options() == {"target_accept": 0.9, "max_treedepth": 5}
        others = [
            pm.NUTS([scale_model["x"]]),
            pm.NUTS(gamma=0.1),
            pm.NUTS(step_scale=0.1, adapt_step_size=False),
            pm.NUTS(scaling=np.ones(3)),
            pm.NUTS(early_max_treedepth=5),
            type("Mine", (pm.NUTS,), {})(),
        ]
        chosen.potential = qp.QuadPotentialDiag(np.ones(3))
    assert [step.compiled_options() for step in (*others, chosen)] == [None] * 7


def test_arguments_that_do_not_go_together(scale_model: Any) -> None:
    with scale_model, pytest.raises(ValueError, match="both potential and scaling"):
        pm.NUTS(scaling=np.ones(3), potential=qp.QuadPotentialDiag(np.ones(3)))


def test_competences() -> None:
    with pm.Model():
        real, count = pm.Normal("real"), pm.Poisson("count", 1.0)
        assert pm.NUTS.competence(real, True) is Competence.IDEAL
        assert pm.HamiltonianMC.competence(real, True) is Competence.COMPATIBLE
        for kind in (pm.NUTS, pm.HamiltonianMC):
            assert kind.competence(real, False) is kind.competence(count, True) is Competence.INCOMPATIBLE
        assert isinstance(pm.CompoundStep([pm.NUTS([real]), Metropolis([count])]).methods[0], pm.NUTS)


def test_pm_sample_reports_divergences(scale_model: Any, caplog: pytest.LogCaptureFixture) -> None:
    with scale_model:
        trace = pm.sample(
            5,
            tune=2,
            chains=2,
            step=pm.HamiltonianMC(Emax=1e-12, adapt_step_size=False),
            random_seed=1,
            compute_convergence_checks=False,
            progressbar=False,
        )
    assert trace["diverging"].all() and trace.stat_names >= {"n_steps", "accept", "path_length", "energy_error"}
    assert not trace.report.ok
    with pytest.raises(ValueError, match="only diverging samples"):
        trace.report.raise_ok()
    kinds = [[w.kind.name for w in found] for found in trace.report._chain_warnings.values()]
    assert [kind.count("DIVERGENCE") for kind in kinds] == [5, 5]
    assert sum("only diverging samples" in record.message for record in caplog.records) == 2
