"""Every step method leaves its target invariant: exact draws that take a few steps are exact draws.

A start is drawn from the target by its formulas, steps are taken, and where many such starts end is compared with the
target: Kolmogorov-Smirnov tests of probability integral transforms, chi-square tests of tables. Each test alarms by
chance with probability ``ALARM``, split over its comparisons; the seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.shims.inference.stepping import PopulationStepper, copy_of

ALARM = 1e-4
STARTS = 1200
STEPS = 4

Point = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def seed() -> None:
    np.random.seed(20240)


def after(step: Any, start: Callable[[np.random.Generator], Point], starts: int = STARTS, steps: int = STEPS) -> Any:
    """Where exact draws are after some steps, by variable name."""
    rng = np.random.default_rng(7)
    ends = []
    for _ in range(starts):
        point = start(rng)
        for _ in range(steps):
            result = step.step(point)
            point = result[0] if step.generates_stats else result
        ends.append(point)
    return {name: np.stack([end[name] for end in ends]) for name in ends[0]}


def check_uniform(*transforms: np.ndarray) -> None:
    """Refuse probability integral transforms that are not uniform."""
    p = [stats.kstest(np.ravel(u), "uniform").pvalue for u in transforms]
    assert min(p) > ALARM / len(p), p


def check_table(states: np.ndarray, table: np.ndarray) -> None:
    """Refuse states ``(draws, variables)`` that are not from a table of probabilities."""
    counts = np.zeros(table.shape)
    np.add.at(counts, tuple(np.asarray(states, int).T), 1)
    assert stats.chisquare(counts.ravel(), len(states) * table.ravel()).pvalue > ALARM


# continuous variables: sigma is half normal, x given sigma is normal; a Jacobian left out moves sigma


@pytest.fixture(scope="module")
def funnel_model() -> Any:
    with pm.Model() as model:
        sigma = pm.HalfNormal("sigma", 1.0)
        pm.Normal("x", 0.0, sigma, shape=2)
    return model


@pytest.fixture
def funnel(funnel_model: Any) -> Iterator[Any]:
    with funnel_model:
        yield funnel_model


def funnel_start(rng: np.random.Generator) -> Point:
    sigma = abs(rng.standard_normal())
    return {"sigma_log__": np.array(np.log(sigma)), "x": sigma * rng.standard_normal(2)}


def check_funnel(ends: dict[str, np.ndarray]) -> None:
    sigma = np.exp(ends["sigma_log__"])
    check_uniform(2 * stats.norm.cdf(sigma) - 1, *stats.norm.cdf(ends["x"] / sigma[:, None]).T)


@pytest.mark.parametrize("dist", ["Normal", "Uniform", "Cauchy", "Laplace"])
def test_metropolis_leaves_a_funnel(funnel: Any, dist: str) -> None:
    step = pm.Metropolis(S=np.full(3, 0.7), proposal_dist=getattr(pm, f"{dist}Proposal"), blocked=True, tune=False)
    check_funnel(after(step, funnel_start, steps=8))


def test_metropolis_with_a_covariance_leaves_a_funnel(funnel: Any) -> None:
    cov = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 1.0]])
    check_funnel(after(pm.Metropolis(S=cov, blocked=True, tune=False), funnel_start))


def test_a_compound_of_metropolis_and_slice_leaves_a_funnel(funnel: Any) -> None:
    step = pm.CompoundStep([pm.Metropolis([funnel["sigma"]], scaling=2.0, tune=False), pm.Slice([funnel["x"]])])
    check_funnel(after(step, funnel_start, starts=600, steps=2))


@pytest.mark.parametrize("tune", [True, False])
def test_slice_leaves_a_funnel(funnel: Any, tune: bool) -> None:
    check_funnel(after(pm.Slice(blocked=True, tune=tune), funnel_start, starts=500, steps=2))


def test_differential_evolution_of_the_past_leaves_a_funnel(funnel: Any) -> None:
    rng = np.random.default_rng(3)
    step = pm.DEMetropolisZ(tune=None, scaling=0.1)
    past = []
    for _ in range(500):  # independent of the start, so that the moves are symmetric
        point = funnel_start(rng)
        past.append(np.concatenate([np.ravel(point[v.name]) for v in step.vars]))

    def start(rng: np.random.Generator) -> Point:
        step._history = list(past)
        return funnel_start(rng)

    check_funnel(after(step, start))


def test_differential_evolution_of_a_population_leaves_a_funnel(funnel: Any) -> None:
    rng = np.random.default_rng(4)
    points = [funnel_start(rng) for _ in range(STARTS)]
    step = pm.DEMetropolis(scaling=0.1)
    steppers = [copy_of(step) for _ in points]
    for chain, stepper in enumerate(steppers):
        stepper.link_population(points, chain)
    population = PopulationStepper(steppers)
    for _ in range(STEPS):
        points[:] = [point for point, _ in population.step(False, points)]
    check_funnel({name: np.stack([point[name] for point in points]) for name in points[0]})


def test_elliptical_slice_leaves_a_normal_posterior() -> None:
    prior, noise, data = np.array([[1.0, 0.8], [0.8, 1.0]]), 0.7, np.array([1.0, -1.0])
    precision = np.linalg.inv(prior) + np.eye(2) / noise**2
    cov = np.linalg.inv(precision)
    mean, chol = cov @ data / noise**2, np.linalg.cholesky(cov)
    with pm.Model():
        f = pm.Flat("f", shape=2)
        pm.Normal("y", f, noise, observed=data)
        step = pm.EllipticalSlice(prior_cov=prior)
    ends = after(step, starts=600, start=lambda rng: {"f": mean + chol @ rng.standard_normal(2)})["f"]
    check_uniform(*stats.norm.cdf(np.linalg.solve(chol, (ends - mean).T)))


def test_slice_finds_both_pieces_of_a_slice() -> None:
    """Of two modes, the slice is in two pieces; PyMC3's bracket, longer on the right, takes 0.70 to 0.66 here."""
    weight, centre, scale = np.array([0.7, 0.3]), np.array([-2.0, 2.0]), np.array([0.5, 1.0])

    def logp(q: np.ndarray) -> float:
        return float(np.log(np.sum(weight / scale * np.exp(-0.5 * ((q[0] - centre) / scale) ** 2))))

    with pm.Model():
        x = pm.Normal("x")
        step = pm.Slice([x], w=3.0, tune=False)
    rng = np.random.default_rng(2)
    starts, left = 1500, 0
    for _ in range(starts):
        k = int(rng.uniform() > weight[0])
        q = np.array([centre[k] + scale[k] * rng.standard_normal()])
        for _ in range(20):
            q = step.astep(q, logp)
        left += q[0] < 0
    below = float(np.sum(weight * stats.norm.cdf(-centre / scale)))
    assert stats.binomtest(left, starts, below).pvalue > ALARM


# discrete variables against a table


@pytest.fixture(scope="module")
def joint() -> np.ndarray:
    p = np.random.default_rng(5).uniform(0.2, 1.0, size=(2, 2, 3, 5))
    p[1, 0, 2] *= 3.0  # the variables depend on each other
    p[0, 1, :, 4] *= 3.0
    return p / p.sum()


@pytest.fixture(scope="module")
def table_model(joint: np.ndarray) -> Any:
    with pm.Model() as model:
        b = pm.Bernoulli("b", 0.5, shape=2)
        c = pm.Categorical("c", np.full(3, 1 / 3))
        k = pm.DiscreteUniform("k", 0, 4)
        pm.Potential("joint", pm.math.log(pm.theanof.as_variable(joint)[b[0], b[1], c, k]))
    return model


def methods_of_the_table(model: Any) -> dict[str, Any]:
    b, c, k = model["b"], model["c"], model["k"]
    return {
        "Metropolis": pm.Metropolis([k], tune=False),
        "Metropolis of all": pm.Metropolis([b, c, k], blocked=True, tune=False, scaling=0.7),
        "BinaryMetropolis": pm.BinaryMetropolis([b], scaling=0.7),
        "BinaryGibbsMetropolis": pm.BinaryGibbsMetropolis([b]),
        "BinaryGibbsMetropolis in order": pm.BinaryGibbsMetropolis([b], order=[1, 0], transit_p=0.6),
        "CategoricalGibbsMetropolis": pm.CategoricalGibbsMetropolis([b, c]),
        "CategoricalGibbsMetropolis, proportional": pm.CategoricalGibbsMetropolis([b, c], proposal="proportional"),
    }


@pytest.mark.parametrize(
    "method",
    [
        "Metropolis",
        "Metropolis of all",
        "BinaryMetropolis",
        "BinaryGibbsMetropolis",
        "BinaryGibbsMetropolis in order",
        "CategoricalGibbsMetropolis",
        "CategoricalGibbsMetropolis, proportional",
    ],
)
def test_discrete_methods_leave_a_table(table_model: Any, joint: np.ndarray, method: str) -> None:
    with table_model:
        step = methods_of_the_table(table_model)[method]
    states = np.array(list(product(*map(range, joint.shape))))

    def start(rng: np.random.Generator) -> Point:
        state = states[rng.choice(len(states), p=joint.ravel())]
        return {"b": state[:2], "c": state[2], "k": state[3]}

    ends = after(step, start, starts=1000 if "proportional" in method else 2000, steps=3)
    check_table(np.column_stack([ends["b"], ends["c"], ends["k"]]), joint)


def test_elementwise_gibbs_draws_from_the_conditional_distribution() -> None:
    prior, data = np.array([0.2, 0.3, 0.5]), np.array([1.0, 0.0, 2.5, 1.5])
    with pm.Model():
        c = pm.Categorical("c", prior, shape=4)
        pm.Normal("y", 1.0 * c, 1.0, observed=data)
        with pytest.warns(DeprecationWarning, match="CategoricalGibbsMetropolis"):
            step = pm.ElemwiseCategorical([c])
    draws = np.stack([step.step({"c": np.zeros(4, int)})["c"] for _ in range(STARTS)])
    exact = prior * stats.norm.pdf(data[:, None], np.arange(3))
    for column, p in zip(draws.T, exact / exact.sum(1, keepdims=True), strict=True):
        assert stats.chisquare(np.bincount(column, minlength=3), STARTS * p).pvalue > ALARM / 4
