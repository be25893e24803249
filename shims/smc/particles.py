"""Functions of one draw over a population of particles, and the proposal that moves it."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.batching import over_batch, split

Tensor = Any

#: Particles times observations of one call of the program: 128 MiB for each array that it holds.
AT_ONCE = 2**24

_log = logging.getLogger("pm_migrate")
_not_compilable: weakref.WeakSet[LogDensity] = weakref.WeakSet()


class Layout:
    """The columns of a population: all value variables of a density, flat, in its order.

    A discrete variable is moved in a continuous coordinate of which it is the floor: so each integer owns an interval
    of length 1, and a density of integers is one of coordinates. (PyMC3 truncates instead, which gives 0 an interval
    of length 2.)

    Parameters
    ----------
    density
        The density.
    """

    def __init__(self, density: LogDensity) -> None:
        self.variables = density.variables
        self.discrete = np.repeat([v.discrete for v in self.variables], [v.size for v in self.variables]).astype(bool)

    def join(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Values ``(n, *shape)`` by name as a population ``(n, dim)``."""
        parts = [np.asarray(values[v.name], float).reshape(-1, v.size) for v in self.variables]
        return np.concatenate(parts, axis=1)

    def spread(self, population: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        """Integers moved to uniform places in their intervals."""
        if not self.discrete.any():
            return population
        return population + self.discrete * random.random_sample(population.shape)

    def rounded(self, population: np.ndarray) -> np.ndarray:
        """The integers of the discrete columns' coordinates, the other columns as they are."""
        return np.where(self.discrete, np.floor(population), population) if self.discrete.any() else population

    def split(self, population: np.ndarray) -> dict[str, np.ndarray]:
        """A population ``(n, dim)`` as values ``(n, *shape)`` by name, in the variables' dtypes."""
        ends = np.cumsum([v.size for v in self.variables])[:-1]
        parts = np.split(self.rounded(population), ends, axis=1)
        return {
            v.name: part.reshape(-1, *v.shape).astype(v.dtype) for v, part in zip(self.variables, parts, strict=True)
        }


class OverParticles:
    """A traceable function of one draw, applied to all particles by one compiled program.

    Parameters
    ----------
    density
        The density whose value variables the draw consists of. It keeps the program.
    what
        Distinguishes the function from others of the density.
    function
        Takes values by name and returns a tuple of tensors.
    """

    def __init__(
        self, density: LogDensity, what: str, function: Callable[[Mapping[str, Tensor]], Sequence[Tensor]]
    ) -> None:
        self._density, self._what, self._function = density, what, function
        self._layout = Layout(density)

    def __call__(self, population: np.ndarray) -> list[np.ndarray]:
        """The function's results, each ``(n, *shape)``, for a population ``(n, dim)``."""
        rows = max(sum(np.size(x) for x in self._density.observed.values()), population.shape[1], 1)
        most = max(AT_ONCE // rows, 1)
        pieces = -(-len(population) // most)
        size = -(-len(population) // pieces)
        rounded = self._layout.rounded(population)
        parts = [self._run(rounded[i : i + size], size) for i in range(0, len(rounded), size)]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    def _run(self, part: np.ndarray, size: int) -> list[np.ndarray]:
        padded = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)]) if len(part) < size else part
        jit = not self._density.python and self._density not in _not_compilable
        program = self._density.compiled(f"smc {self._what} {size}", lambda: self._program(size), jit_compile=jit)
        try:
            results = program(tf.constant(padded))
        except tf.errors.OpError as error:
            if not jit:
                raise
            _not_compilable.add(self._density)
            cause = str(error.message).strip().splitlines()[0]
            _log.warning("XLA cannot compile this model, it runs uncompiled and slower. The cause: %s", cause)
            return self._run(part, size)
        return [x.numpy()[: len(part)] for x in results]

    def _program(self, size: int) -> Callable[[Tensor], Any]:
        def one(row: Tensor) -> tuple[Tensor, ...]:
            return tuple(self._function(split(row, self._density.variables)))

        return lambda flat: over_batch(one, flat, size)


class Proposal:
    """A normal distribution with the mean and covariance of a population.

    Parameters
    ----------
    mean, cov
        ``(dim,)`` and ``(dim, dim)``.

    Raises
    ------
    ValueError
        When the covariance is not finite.
    """

    def __init__(self, mean: np.ndarray, cov: np.ndarray) -> None:
        if not (np.all(np.isfinite(cov)) and np.all(np.isfinite(mean))):
            raise ValueError('Sample covariances not valid! Likely "draws" is too small!')
        values, vectors = np.linalg.eigh(cov)
        scales = np.sqrt(np.maximum(values, values.max() * len(values) * np.finfo(float).eps))
        self._mean, self._vectors, self._scales = mean, vectors, scales

    def place(self, noise: np.ndarray) -> np.ndarray:
        """Standard normals ``(n, dim)`` as draws."""
        return self._mean + (noise * self._scales) @ self._vectors.T

    def log_density(self, population: np.ndarray) -> np.ndarray:
        """Log densities ``(n,)`` up to the constant that a ratio of two does not have."""
        return self.log_density_of_noise((population - self._mean) @ self._vectors / self._scales)

    @staticmethod
    def log_density_of_noise(noise: np.ndarray) -> np.ndarray:
        """The same, of the draws that :meth:`place` makes of ``noise``."""
        return -0.5 * np.einsum("ij,ij->i", noise, noise)
