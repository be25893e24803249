"""The leapfrog integrator of Hamiltonian steps (``pymc3.step_methods.hmc.integration``)."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from scipy import linalg


class State(NamedTuple):
    """A state of the Hamiltonian system: position, momentum, velocity, gradient, energy and log density."""

    q: np.ndarray
    p: np.ndarray
    v: np.ndarray
    q_grad: np.ndarray
    energy: Any
    model_logp: Any


class IntegrationError(RuntimeError):
    """A leapfrog step could not be computed: linear algebra failed, or met infinities or NaN."""


@functools.cache
def _axpy(dtype: str) -> Any:
    """BLAS's ``y += a * x`` of a dtype, which rounds as PyMC3's integrator does."""
    return linalg.blas.get_blas_funcs("axpy", dtype=dtype)


class CpuLeapfrogIntegrator:
    """Leapfrog steps of a potential and a log density.

    Parameters
    ----------
    potential
        A :class:`~pm_migrate.shims.step_methods.hmc.quadpotential.QuadPotential`.
    logp_dlogp_func
        A ``ValueGradFunction``: log density and gradient of a flat array.

    Raises
    ------
    ValueError
        When the two have different dtypes.
    """

    def __init__(self, potential: Any, logp_dlogp_func: Any) -> None:
        self._potential = potential
        self._logp_dlogp_func = logp_dlogp_func
        self._dtype = logp_dlogp_func.dtype
        if potential.dtype != self._dtype:
            raise ValueError(
                f"The potential is of dtype {potential.dtype}, the log density of {self._dtype}: they have to be the "
                "same. Give the potential dtype=, or set theano.config.floatX before both are made"
            )

    def compute_state(self, q: np.ndarray, p: np.ndarray) -> State:
        """The state of a position and a momentum.

        Raises
        ------
        ValueError
            When they are not of the dtype of the log density.
        """
        if q.dtype != self._dtype or p.dtype != self._dtype:
            raise ValueError(
                f"Invalid dtype. Must be {self._dtype}, but position and momentum are {q.dtype}, {p.dtype}"
            )
        logp, gradient = self._logp_dlogp_func(q)
        velocity = self._potential.velocity(p)
        energy = self._potential.energy(p, velocity=velocity) - logp
        return State(q, p, velocity, gradient, energy, logp)

    def step(self, epsilon: float, state: State) -> State:
        """One leapfrog step; backwards for a negative ``epsilon``.

        Raises
        ------
        IntegrationError
            When linear algebra fails on the way.
        """
        try:
            return self._step(epsilon, state)
        except linalg.LinAlgError as error:
            raise IntegrationError("LinAlgError during leapfrog step.") from error
        except ValueError as error:
            # what SciPy's functions say of infinities and NaN
            if error.args and "array must not contain infs or nans" in str(error.args[0]).lower():
                raise IntegrationError("Infs or nans in scipy.linalg during leapfrog step.") from error
            raise

    def _step(self, epsilon: float, state: State) -> State:
        axpy, potential, half = _axpy(str(self._dtype)), self._potential, 0.5 * epsilon
        position, momentum = state.q.copy(), state.p.copy()
        velocity, gradient = np.empty_like(position), np.empty_like(position)
        axpy(state.q_grad, momentum, a=half)
        potential.velocity(momentum, out=velocity)
        axpy(velocity, position, a=epsilon)
        logp = self._logp_dlogp_func(position, gradient)
        axpy(gradient, momentum, a=half)
        energy = potential.velocity_energy(momentum, velocity) - logp
        return State(position, momentum, velocity, gradient, energy, logp)
