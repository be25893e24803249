"""The leapfrog integrator: what theory says of it."""

from __future__ import annotations

import numpy as np
import pytest
from plain_targets import Failing, Gaussian, Quartic

from pm_migrate.shims.step_methods.hmc.integration import CpuLeapfrogIntegrator, IntegrationError, State
from pm_migrate.shims.step_methods.hmc.quadpotential import (
    QuadPotential,
    QuadPotentialDiag,
    QuadPotentialFull,
    QuadPotentialFullInv,
)

COVARIANCE = np.array([[1.0, 0.3, 0.0], [0.3, 0.5, -0.2], [0.0, -0.2, 2.0]])
POTENTIALS = {
    "diagonal": QuadPotentialDiag(np.array([0.5, 1.0, 3.0])),
    "dense": QuadPotentialFull(COVARIANCE),
    "inverse": QuadPotentialFullInv(np.linalg.inv(COVARIANCE)),
}


def travel(integrator: CpuLeapfrogIntegrator, state: State, step: float, count: int) -> State:
    for _ in range(count):
        state = integrator.step(step, state)
    return state


@pytest.fixture(params=POTENTIALS)
def potential(request: pytest.FixtureRequest) -> QuadPotential:
    return POTENTIALS[request.param]


def test_steps_back_lead_back(potential: QuadPotential) -> None:
    integrator = CpuLeapfrogIntegrator(potential, Quartic())
    start = integrator.compute_state(np.array([0.3, -1.0, 0.8]), np.array([1.0, 0.2, -0.4]))
    there = travel(integrator, start, 0.1, 25)
    assert np.abs(there.q - start.q).max() > 0.5
    back = travel(integrator, there, -0.1, 25)
    np.testing.assert_allclose(np.concatenate([back.q, back.p]), np.concatenate([start.q, start.p]), rtol=1e-11)


def test_volume_is_preserved(potential: QuadPotential) -> None:
    integrator = CpuLeapfrogIntegrator(potential, Quartic())
    centre, width = np.array([0.3, -1.0, 0.8, 1.0, 0.2, -0.4]), 1e-5

    def moved(z: np.ndarray) -> np.ndarray:
        end = travel(integrator, integrator.compute_state(z[:3], z[3:]), 0.2, 5)
        return np.concatenate([end.q, end.p])

    columns = [(moved(centre + width * e) - moved(centre - width * e)) / (2 * width) for e in np.eye(6)]
    assert abs(np.linalg.det(np.array(columns)) - 1) < 1e-7  # differences of this width are good to 1e-9


def test_the_energy_error_is_of_second_order(potential: QuadPotential) -> None:
    integrator = CpuLeapfrogIntegrator(potential, Quartic())
    start = integrator.compute_state(np.array([0.3, -1.0, 0.8]), np.array([1.0, 0.2, -0.4]))
    coarse, fine = (travel(integrator, start, 1.0 / n, n).energy - start.energy for n in (200, 400))
    assert 3.99 < coarse / fine < 4.01


def test_an_oscillator_keeps_its_modified_energy() -> None:
    # of kick, drift, kick with q'' = -q: q**2 (1 - step**2 / 4) + p**2 (Leimkuhler & Reich 2004, section 2.4)
    integrator = CpuLeapfrogIntegrator(QuadPotentialDiag(np.ones(1)), Gaussian(np.eye(1)))
    state, step = integrator.compute_state(np.array([1.3]), np.array([-0.4])), 1.5
    kept = state.q**2 * (1 - step**2 / 4) + state.p**2
    for _ in range(50):
        state = integrator.step(step, state)
        np.testing.assert_allclose(state.q**2 * (1 - step**2 / 4) + state.p**2, kept, rtol=1e-12)


def test_a_state_knows_its_energy(potential: QuadPotential) -> None:
    integrator = CpuLeapfrogIntegrator(potential, Gaussian(np.diag([1.0, 2.0, 3.0])))
    state = integrator.step(0.2, integrator.compute_state(np.array([0.3, -1.0, 0.8]), np.array([1.0, 0.2, -0.4])))
    again = integrator.compute_state(state.q, state.p)
    for mine, anew in zip(state, again, strict=True):
        np.testing.assert_allclose(mine, anew, rtol=1e-13)


@pytest.mark.parametrize("error", [np.linalg.LinAlgError("no"), ValueError("array must not contain infs or NaNs")])
def test_failures_of_linear_algebra_end_the_integration(error: Exception) -> None:
    state = State(*(np.ones(2) for _ in range(4)), 1.0, -1.0)
    integrator = CpuLeapfrogIntegrator(QuadPotentialDiag(np.ones(2)), Failing(error))
    with pytest.raises(IntegrationError):
        integrator.step(0.1, state)


def test_other_failures_are_not_hidden() -> None:
    state = State(*(np.ones(2) for _ in range(4)), 1.0, -1.0)
    integrator = CpuLeapfrogIntegrator(QuadPotentialDiag(np.ones(2)), Failing(ValueError("shapes do not go together")))
    with pytest.raises(ValueError, match="shapes"):
        integrator.step(0.1, state)


def test_dtypes_have_to_agree() -> None:
    with pytest.raises(ValueError, match="float32"):
        CpuLeapfrogIntegrator(QuadPotentialDiag(np.ones(2), dtype="float32"), Quartic())
    integrator = CpuLeapfrogIntegrator(QuadPotentialDiag(np.ones(2)), Quartic())
    with pytest.raises(ValueError, match="float32"):
        integrator.compute_state(np.ones(2, "float32"), np.ones(2))
