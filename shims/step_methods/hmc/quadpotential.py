"""Kinetic energies of Hamiltonian steps: ``p . C p / 2`` (``pymc3.step_methods.hmc.quadpotential``).

``C`` is an estimate of the covariance matrix of the target, the inverse of the mass matrix. The momentum is normal with
covariance matrix ``C^-1``. Everything is drawn from NumPy's global state.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.linalg
from numpy.random import normal
from scipy.sparse import issparse

from pm_migrate.shims.quirks import user_level
from pm_migrate.shims.step_methods.hmc.estimators import _WeightedCovariance, _WeightedVariance
from pm_migrate.shims.theano.config import config, floatX

__all__ = [
    "QuadPotentialDiag",
    "QuadPotentialDiagAdapt",
    "QuadPotentialFull",
    "QuadPotentialFullAdapt",
    "QuadPotentialFullInv",
    "isquadpotential",
    "quad_potential",
]

#: Whether sparse matrices can be factorised. PyMC3's sparse potential has no velocity that its integrator can call.
chol_available = False

#: Samples after which QuadPotentialDiagAdaptGrad looks at gradients only.
_SAMPLES_FIRST = 150


class PositiveDefiniteError(ValueError):
    """A scaling with a diagonal that is not positive.

    Parameters
    ----------
    msg
        What is wrong.
    idx
        Where.
    """

    def __init__(self, msg: str, idx: np.ndarray) -> None:
        super().__init__(msg)
        self.msg = msg
        self.idx = idx

    def __str__(self) -> str:
        return f"Scaling is not positive definite: {self.msg}. Check indexes {self.idx}."


def partial_check_positive_definite(C: np.ndarray) -> None:
    """Raise unless a vector, or the diagonal of a matrix, is positive: necessary, not sufficient.

    Raises
    ------
    PositiveDefiniteError
        With the places.
    """
    diagonal = C if C.ndim == 1 else np.diag(C)
    (places,) = np.nonzero(~(diagonal > 0))
    if len(places):
        raise PositiveDefiniteError("Simple check failed. Diagonal contains negatives", places)


def quad_potential(C: Any, is_cov: bool) -> QuadPotential:
    """The potential of a scaling.

    Parameters
    ----------
    C
        A matrix, or its diagonal as a vector.
    is_cov
        Whether it is a covariance matrix of the target, otherwise a precision matrix.

    Raises
    ------
    PositiveDefiniteError
        When the diagonal is not positive.
    LinAlgError
        When the matrix is not positive definite.

    Examples
    --------
    >>> quad_potential(np.array([1.0, 4.0]), is_cov=True).velocity(np.ones(2))
    array([1., 4.])
    """
    if issparse(C):
        if not is_cov:
            raise ValueError("Sparse precision matrices are not supported")
        raise ImportError("Sparse mass matrices are not supported (PyMC3 needs scikits.sparse): pass C.toarray()")
    partial_check_positive_definite(C)
    if C.ndim == 1:
        return QuadPotentialDiag(C if is_cov else 1.0 / C)
    return QuadPotentialFull(C) if is_cov else QuadPotentialFullInv(C)


def isquadpotential(value: Any) -> bool:
    """Whether something is a potential."""
    return isinstance(value, QuadPotential)


class QuadPotential:
    """A kinetic energy: subclasses give ``velocity``, ``energy``, ``random`` and ``velocity_energy``."""

    dtype: Any

    def velocity(self, x: np.ndarray, out: np.ndarray | None = None) -> Any:
        """Velocity ``C x`` of a momentum ``x``, written to ``out`` when given."""
        raise NotImplementedError(f"{type(self).__name__} has no velocity")

    def energy(self, x: np.ndarray, velocity: np.ndarray | None = None) -> Any:
        """Kinetic energy of a momentum, from its velocity when that is known."""
        raise NotImplementedError(f"{type(self).__name__} has no energy")

    def random(self) -> np.ndarray:
        """Draw a momentum."""
        raise NotImplementedError(f"{type(self).__name__} has no random")

    def velocity_energy(self, x: np.ndarray, v_out: np.ndarray) -> Any:
        """Write the velocity to ``v_out`` and return the kinetic energy."""
        raise NotImplementedError(f"{type(self).__name__} has no velocity_energy")

    def update(self, sample: np.ndarray, grad: np.ndarray, tune: bool) -> None:
        """Learn from a draw and its gradient; called after each draw, with ``tune`` while tuning."""

    def raise_ok(self, vmap: Any = None) -> None:
        """Raise if the scale has gone wrong.

        Parameters
        ----------
        vmap
            Entries of ``ArrayOrdering.vmap``: which variable each element belongs to.

        Raises
        ------
        ValueError
            When it has.
        """

    def reset(self) -> None:
        """Forget what was learnt."""


class QuadPotentialDiag(QuadPotential):
    """A diagonal matrix ``C``.

    Parameters
    ----------
    v
        Its diagonal.
    dtype
        ``floatX`` by default.
    """

    def __init__(self, v: np.ndarray, dtype: Any = None) -> None:
        self.dtype = config.floatX if dtype is None else dtype
        self.v = v.astype(self.dtype)
        self.s = self.v**0.5
        self.inv_s = 1.0 / self.s

    def velocity(self, x: np.ndarray, out: np.ndarray | None = None) -> Any:
        return np.multiply(x, self.v, out=out)

    def random(self) -> np.ndarray:
        return floatX(normal(size=self.s.shape)) * self.inv_s

    def energy(self, x: np.ndarray, velocity: np.ndarray | None = None) -> Any:
        return 0.5 * np.dot(x, self.v * x if velocity is None else velocity)

    def velocity_energy(self, x: np.ndarray, v_out: np.ndarray) -> Any:
        np.multiply(x, self.v, out=v_out)
        return 0.5 * np.dot(x, v_out)


class _Dense(QuadPotential):
    """The energy of a potential that computes velocities from a matrix."""

    def energy(self, x: np.ndarray, velocity: np.ndarray | None = None) -> Any:
        return 0.5 * np.dot(x, self.velocity(x) if velocity is None else velocity)

    def velocity_energy(self, x: np.ndarray, v_out: np.ndarray) -> Any:
        self.velocity(x, out=v_out)
        return self.energy(x, v_out)


class QuadPotentialFullInv(_Dense):
    """A matrix ``C`` given by its inverse.

    Parameters
    ----------
    A
        The inverse of ``C``: the precision matrix of the target.
    dtype
        ``floatX`` by default.
    """

    def __init__(self, A: np.ndarray, dtype: Any = None) -> None:
        self.dtype = config.floatX if dtype is None else dtype
        self.L = floatX(scipy.linalg.cholesky(A, lower=True))

    def velocity(self, x: np.ndarray, out: np.ndarray | None = None) -> Any:
        found = scipy.linalg.cho_solve((self.L, True), x)
        if out is None:
            return found
        out[:] = found
        return out

    def random(self) -> np.ndarray:
        return np.dot(self.L, floatX(normal(size=self.L.shape[0])))


class QuadPotentialFull(_Dense):
    """A dense matrix ``C``.

    Parameters
    ----------
    cov
        The matrix.
    dtype
        ``floatX`` by default.
    """

    def __init__(self, cov: np.ndarray, dtype: Any = None) -> None:
        self.dtype = config.floatX if dtype is None else dtype
        self._cov = np.array(cov, dtype=self.dtype)
        self._chol = scipy.linalg.cholesky(self._cov, lower=True)
        self._n = len(self._cov)

    def velocity(self, x: np.ndarray, out: np.ndarray | None = None) -> Any:
        return np.dot(self._cov, x, out=out)

    def random(self) -> np.ndarray:
        draw = normal(size=self._n).astype(self.dtype)
        return scipy.linalg.solve_triangular(self._chol.T, draw, overwrite_b=True)

    __call__ = random


def _check_initial(n: int, mean: np.ndarray, spread: np.ndarray | None, shape: tuple[int, ...], name: str) -> None:
    words = {1: "one", 2: "two"}[len(shape)]
    if spread is not None and spread.ndim != len(shape):
        raise ValueError(f"Initial {name} must be {words}-dimensional, but it has {spread.ndim} dimensions.")
    if mean.ndim != 1:
        raise ValueError(f"Initial mean must be one-dimensional, but it has {mean.ndim} dimensions.")
    if spread is not None and spread.shape != shape:
        raise ValueError(f"Wrong shape for the initial {name}: expected {shape} got {spread.shape}")
    if len(mean) != n:
        raise ValueError(f"Wrong shape for initial_mean: expected {n} got {len(mean)}")


class QuadPotentialDiagAdapt(QuadPotential):
    """A diagonal matrix that is learnt while tuning: the variances of the draws.

    Two running estimates are fed; every ``adaptation_window`` draws, the second takes the place of the first and a new
    one begins, so that early draws are forgotten.

    Parameters
    ----------
    n
        Number of elements.
    initial_mean, initial_diag
        Mean and variances before the first draw, ``(n,)``; ones by default.
    initial_weight
        How many draws they count as.
    adaptation_window
        Draws of the first window.
    adaptation_window_multiplier
        How much longer each next window is.
    dtype
        ``floatX`` by default.

    Raises
    ------
    ValueError
        For an initial mean or diagonal of another shape.
    """

    def __init__(
        self,
        n: int,
        initial_mean: np.ndarray,
        initial_diag: np.ndarray | None = None,
        initial_weight: float = 0,
        adaptation_window: int = 101,
        adaptation_window_multiplier: float = 1,
        dtype: Any = None,
    ) -> None:
        _check_initial(n, initial_mean, initial_diag, (n,), "diagonal")
        self.dtype = config.floatX if dtype is None else dtype
        if initial_diag is None:
            initial_diag, initial_weight = np.ones(n, dtype=self.dtype), 1
        self._n = n
        self._initial_mean = initial_mean
        self._initial_diag = initial_diag
        self._initial_weight = initial_weight
        self.adaptation_window = adaptation_window
        self.adaptation_window_multiplier = float(adaptation_window_multiplier)
        self.reset()

    def reset(self) -> None:
        self._set(np.array(self._initial_diag, dtype=self.dtype))
        self._foreground_var = _WeightedVariance(
            self._n, self._initial_mean, self._initial_diag, self._initial_weight, self.dtype
        )
        self._background_var = _WeightedVariance(self._n, dtype=self.dtype)
        self._n_samples = 0

    def _set(self, variances: np.ndarray) -> None:
        self._var = variances
        self._stds = np.sqrt(variances)
        with np.errstate(divide="ignore"):  # raise_ok names the variables
            self._inv_stds = floatX(1.0) / self._stds

    def velocity(self, x: np.ndarray, out: np.ndarray | None = None) -> Any:
        return np.multiply(self._var, x, out=out)

    def energy(self, x: np.ndarray, velocity: np.ndarray | None = None) -> Any:
        return 0.5 * x.dot(self._var * x if velocity is None else velocity)

    def velocity_energy(self, x: np.ndarray, v_out: np.ndarray) -> Any:
        np.multiply(self._var, x, out=v_out)
        return 0.5 * np.dot(x, v_out)

    def random(self) -> np.ndarray:
        return self._inv_stds * normal(size=self._n).astype(self.dtype)

    def update(self, sample: np.ndarray, grad: np.ndarray, tune: bool) -> None:
        if not tune:
            return
        self._foreground_var.add_sample(sample, weight=1)
        self._background_var.add_sample(sample, weight=1)
        self._set(self._foreground_var.current_variance())
        if self._n_samples > 0 and self._n_samples % self.adaptation_window == 0:
            self._foreground_var = self._background_var
            self._background_var = _WeightedVariance(self._n, dtype=self.dtype)
            self.adaptation_window = int(self.adaptation_window * self.adaptation_window_multiplier)
        self._n_samples += 1

    def raise_ok(self, vmap: Any = None) -> None:
        for wrong, what, slope in (
            (self._stds == 0, "zeros", "zero"),
            (~np.isfinite(self._stds), "non-finite values", "non-finite"),
        ):
            if not np.any(wrong):
                continue
            owners = [(entry.var, i) for entry in vmap for i in range(len(range(self._n)[entry.slc]))]
            lines = [f"Mass matrix contains {what} on the diagonal. "]
            for place in np.flatnonzero(wrong):
                name, element = owners[place]
                lines.append(f"The derivative of RV `{name}`.ravel()[{element}] is {slope}.")
            raise ValueError("\n".join(lines))


class QuadPotentialDiagAdaptGrad(QuadPotentialDiagAdapt):
    """A diagonal matrix that is learnt from gradients: experimental in PyMC3.

    After the first 150 draws, the standard deviations are the reciprocals of the mean absolute gradients; those too
    are estimated twice, over windows of 100 draws.
    """

    def reset(self) -> None:
        super().reset()
        self._grads1, self._ngrads1 = np.zeros(self._n, dtype=self.dtype), 0
        self._grads2, self._ngrads2 = np.zeros(self._n, dtype=self.dtype), 0

    def update(self, sample: np.ndarray, grad: np.ndarray, tune: bool) -> None:
        if not tune:
            return
        size = np.abs(grad)
        self._grads1 += size
        self._grads2 += size
        self._ngrads1 += 1
        self._ngrads2 += 1
        if self._n_samples <= _SAMPLES_FIRST:
            super().update(sample, grad, tune)
        else:
            # the count of draws rests here, as in PyMC3: the windows below are not reached any more
            self._set(((self._ngrads1 / self._grads1) ** 2).astype(self.dtype))
        if self._n_samples > 100 and self._n_samples % 100 == 50:
            self._grads1, self._ngrads1 = self._grads2, self._ngrads2
            self._grads2, self._ngrads2 = np.ones(self._n, dtype=self.dtype), 1


class QuadPotentialFullAdapt(QuadPotentialFull):
    """A dense matrix that is learnt while tuning: the covariance matrix of the draws.

    Parameters
    ----------
    n
        Number of elements.
    initial_mean, initial_cov
        Mean and covariance matrix before the first draw; the identity by default.
    initial_weight
        How many draws they count as.
    adaptation_window
        Draws of the first window, after which a second running estimate takes the place of the first.
    adaptation_window_multiplier
        How much longer each next window is.
    update_window
        Draws between factorisations.
    dtype
        ``floatX`` by default.

    Raises
    ------
    ValueError
        For an initial mean or matrix of another shape.
    """

    def __init__(
        self,
        n: int,
        initial_mean: np.ndarray,
        initial_cov: np.ndarray | None = None,
        initial_weight: float = 0,
        adaptation_window: int = 101,
        adaptation_window_multiplier: float = 2,
        update_window: int = 1,
        dtype: Any = None,
    ) -> None:
        warnings.warn("QuadPotentialFullAdapt is an experimental feature", stacklevel=user_level())
        _check_initial(n, initial_mean, initial_cov, (n, n), "covariance")
        self.dtype = config.floatX if dtype is None else dtype
        if initial_cov is None:
            initial_cov, initial_weight = np.eye(n, dtype=self.dtype), 1
        self._n = n
        self._initial_mean = initial_mean
        self._initial_cov = initial_cov
        self._initial_weight = initial_weight
        self.adaptation_window = int(adaptation_window)
        self.adaptation_window_multiplier = float(adaptation_window_multiplier)
        self._update_window = int(update_window)
        self.reset()

    def reset(self) -> None:
        self._previous_update = 0
        self._cov = np.array(self._initial_cov, dtype=self.dtype)
        self._chol = scipy.linalg.cholesky(self._cov, lower=True)
        self._chol_error: Exception | None = None
        self._foreground_cov = _WeightedCovariance(
            self._n, self._initial_mean, self._initial_cov, self._initial_weight, self.dtype
        )
        self._background_cov = _WeightedCovariance(self._n, dtype=self.dtype)
        self._n_samples = 0

    def update(self, sample: np.ndarray, grad: np.ndarray, tune: bool) -> None:
        if not tune:
            return
        since = self._n_samples - self._previous_update
        self._foreground_cov.add_sample(sample, weight=1)
        self._background_cov.add_sample(sample, weight=1)
        if (since + 1) % self._update_window == 0:
            self._foreground_cov.current_covariance(out=self._cov)
            try:
                self._chol = scipy.linalg.cholesky(self._cov, lower=True)
            except (scipy.linalg.LinAlgError, ValueError) as error:
                self._chol_error = error  # the old factor stays; raise_ok says it when sampling cannot go on
        if since >= self.adaptation_window:
            self._foreground_cov = self._background_cov
            self._background_cov = _WeightedCovariance(self._n, dtype=self.dtype)
            self._previous_update = self._n_samples
            self.adaptation_window = int(self.adaptation_window * self.adaptation_window_multiplier)
        self._n_samples += 1

    def raise_ok(self, vmap: Any = None) -> None:
        if self._chol_error is not None:
            raise ValueError(str(self._chol_error))
