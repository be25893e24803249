"""NUTS' trajectories: as probable from each of their states, which leaves a target invariant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from plain_targets import Gaussian

from pm_migrate.shims.step_methods.hmc import tree
from pm_migrate.shims.step_methods.hmc.integration import CpuLeapfrogIntegrator, State
from pm_migrate.shims.step_methods.hmc.quadpotential import QuadPotentialDiag

DEPTH = 5
Interval = tuple[int, int]


def orbit(dim: int, step: float, seed: int) -> list[State]:
    """States in a row, three times as many as the largest trajectory has."""
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.5, 2.0, dim)
    integrator = CpuLeapfrogIntegrator(QuadPotentialDiag(np.ones(dim)), Gaussian(np.diag(scale**-2.0)))
    states = [integrator.compute_state(rng.standard_normal(dim) * scale, rng.standard_normal(dim))]
    for _ in range(3 * 2**DEPTH):
        states.append(integrator.step(step, states[-1]))
    return states


def last_interval(
    states: list[State], place: int, directions: tuple[bool, ...], reversible: bool, patch: pytest.MonkeyPatch
) -> Interval | None:
    """Between which states a trajectory that goes in these directions ends; None if it does not."""
    where = {id(state): i for i, state in enumerate(states)}
    script = iter(directions)
    patch.setattr(tree, "logbern", lambda log_p: next(script) if log_p is tree._LOG_HALF else False)
    integrator = SimpleNamespace(step=lambda step, state: states[where[id(state)] + (1 if step > 0 else -1)])
    grown = tree.Trajectory(integrator, states[place], 1.0, np.inf, reversible)
    interval = (place, place)
    for _ in directions:
        weight = grown.log_size
        _, turning = grown.double()
        if grown.log_size == weight:  # the new half was thrown away
            return interval
        interval = (where[id(grown.left)], where[id(grown.right)])
        if turning:
            return interval
    return None


def one_sided(states: list[State], reversible: bool, patch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Of the states of all trajectories, how many start theirs with another probability than the others do."""
    starts: dict[Interval, Counter[int]] = defaultdict(Counter)
    inside = range(2**DEPTH, 2 * 2**DEPTH)
    for place, directions in product(inside, product((True, False), repeat=DEPTH)):
        interval = last_interval(states, place, directions, reversible, patch)
        if interval is not None:
            starts[interval][place] += 1
    whole = {i: c for i, c in starts.items() if i[0] in inside and i[1] in inside}
    odd = sum(count[s] != max(count.values()) for (a, b), count in whole.items() for s in range(a, b + 1))
    return odd, sum(b - a + 1 for a, b in whole)


@pytest.mark.parametrize(("dim", "step", "seed"), [(1, 0.5, 0), (2, 1.0, 0), (5, 0.7, 0)])
def test_a_trajectory_is_as_probable_from_each_of_its_states(
    dim: int, step: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, total = one_sided(orbit(dim, step, seed), True, monkeypatch)
    assert odd == 0 and total > 50


def test_pymc3s_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    states = orbit(5, 0.7, 0)
    odd, total = one_sided(states, False, monkeypatch)
    assert 0.1 < odd / total < 0.5


def scripted_leaves(errors: Iterator[float]) -> SimpleNamespace:
    """An integrator of states whose energies are given, and which never turn."""
    ones = np.ones(1)
    return SimpleNamespace(step=lambda step, state: State(ones, ones, ones, ones, next(errors), 0.0))


def test_statistics_of_a_trajectory() -> None:
    np.random.seed(0)
    errors = [0.3, -0.5, 1.2, 0.1, -0.2, 2.0, 0.4]
    start = State(*(np.ones(1) for _ in range(4)), 0.0, 0.0)
    grown = tree.Trajectory(scripted_leaves(iter(errors)), start, 0.1, 1000.0)
    for _ in range(3):
        assert grown.double() == (None, False)
    stats, weights = grown.stats(), np.exp(-np.array(errors))
    assert (stats["depth"], stats["tree_size"], stats["max_energy_error"]) == (3, 7, 2.0)
    np.testing.assert_allclose(stats["mean_tree_accept"], np.average(np.minimum(1, weights), weights=weights))
    assert stats["energy"] in (0.0, *errors) and stats["energy_error"] == stats["energy"]


@pytest.mark.parametrize("energy", [np.nan, np.inf, 1e4])
def test_a_leaf_of_too_much_energy_ends_the_trajectory(energy: float) -> None:
    np.random.seed(0)
    start = State(*(np.ones(1) for _ in range(4)), 0.0, 0.0)
    grown = tree.Trajectory(scripted_leaves(iter([0.1, energy])), start, 0.1, 1000.0)
    assert grown.double() == (None, False)
    kept = grown.proposal
    divergence, turning = grown.double()
    assert not turning and "too large" in divergence.message
    assert divergence.state_div.energy is energy and divergence.state is not None
    assert grown.proposal is kept and grown.stats()["tree_size"] == 2


def test_halves_are_chosen_by_their_weights() -> None:
    # a state of 3 times the weight is always taken, one of a third every third time
    start = State(*(np.ones(1) for _ in range(4)), 0.0, 0.0)
    np.random.seed(1)
    taken = dict.fromkeys((-np.log(3), np.log(3)), 0)
    for error in taken:
        for _ in range(2000):
            grown = tree.Trajectory(scripted_leaves(iter([error])), start, 0.1, 1000.0)
            grown.double()
            taken[error] += grown.proposal.energy == error
    assert taken[-np.log(3)] == 2000
    assert abs(taken[np.log(3)] - 2000 / 3) < 4.5 * np.sqrt(2000 * 2 / 9)  # a false alarm in 1e-5
