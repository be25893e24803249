"""Points in the bulk of a posterior, found fast: a mode, roughly, and a few trajectories from there.

What is compared there is a log density, so the points need not be draws: they have to lie where draws do. One function
that is compiled already is asked some hundred times; the real samplers compile for longer than that takes.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping

import numpy as np

Point = dict[str, np.ndarray]
LogDensity = Callable[[Mapping[str, np.ndarray]], tuple[float, Mapping[str, np.ndarray]]]

#: Steps of the search for the mode: enough to leave a test point that is far away, too few to fall into a funnel.
CLIMB = 25
LEAPS = 8
WARM_UP = 8


class _Flat:
    """The continuous variables as one vector, the discrete ones held; counts nothing but time."""

    def __init__(self, logp: LogDensity, start: Point, discrete: Mapping[str, str], seconds: float) -> None:
        self.logp, self.point, self.end = logp, dict(start), time.monotonic() + seconds
        self.names = [name for name in start if name not in discrete]

    def vector(self) -> np.ndarray:
        """The continuous values of the point held."""
        return np.concatenate([np.zeros(0), *(np.ravel(self.point[n]).astype(float) for n in self.names)])

    def at(self, vector: np.ndarray) -> Point:
        """The point with other continuous values."""
        point, first = dict(self.point), 0
        for name in self.names:
            size = self.point[name].size
            point[name] = vector[first : first + size].reshape(self.point[name].shape)
            first += size
        return point

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        """Log density and gradient; minus infinity where it is not a number."""
        if time.monotonic() > self.end:
            raise TimeoutError
        value, slopes = self.logp(self.at(vector))
        slope = np.concatenate([np.zeros(0), *(np.ravel(slopes[n]) for n in self.names)])
        fine = math.isfinite(value) and bool(np.all(np.isfinite(slope)))
        return (value, slope) if fine else (-math.inf, np.zeros_like(vector))


def run(
    logp: LogDensity,
    starts: Mapping[str, np.ndarray],
    discrete: Mapping[str, str],
    *,
    n: int,
    seed: int,
    seconds: float,
) -> list[Point]:
    """Find points in the bulk of a density.

    Parameters
    ----------
    logp
        Log density and gradient by name at a point.
    starts
        Stacked values of every variable; the best of these points is the first.
    discrete
        Kind (``integer``, ``binary``, ``categorical``) of the variables without a gradient.
    n
        Number of points.
    seed
        Same seed, same points.
    seconds
        When they are over, what is there is returned, and the last point again for what is missing.
    """
    generator = np.random.default_rng(seed)
    count = len(next(iter(starts.values())))
    candidates = [{name: np.asarray(values[i]) for name, values in starts.items()} for i in range(count)]
    density = _Flat(logp, candidates[0], discrete, seconds)
    values = [_value(logp, point) for point in candidates]
    density.point = candidates[int(np.argmax(values))]
    if not math.isfinite(max(values)):
        return [density.point] * n
    found: list[Point] = []
    with contextlib.suppress(TimeoutError):
        position, scale = _climb(density)
        step = 0.5
        for i in range(WARM_UP + 2 * n):
            position, accepted = _trajectory(density, position, scale, step, generator)
            if i < WARM_UP:
                step *= 1.3 if accepted > 0.8 else 0.4 if accepted < 0.2 else 0.8
            density.point = density.at(position)
            _flip(logp, density.point, discrete, generator)
            if i >= WARM_UP and i % 2:
                found.append(dict(density.point))
    return (found + [density.point] * n)[:n]


def _value(logp: LogDensity, point: Point) -> float:
    value = logp(point)[0]
    return value if math.isfinite(value) else -math.inf


def _climb(density: _Flat) -> tuple[np.ndarray, np.ndarray]:
    """Towards the mode; the position, and the scale of each coordinate there."""
    from scipy import optimize

    start = density.vector()
    if not len(start):
        return start, start

    def objective(vector: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = density(vector)
        return (-value, -slope) if math.isfinite(value) else (1e300, np.zeros_like(vector))

    with np.errstate(all="ignore"):
        result = optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": CLIMB})
        basis = np.eye(len(start)) if len(start) <= 500 else np.zeros((0, len(start)))
        variances = np.array([row @ result.hess_inv.dot(row) for row in basis]) if len(basis) else np.ones_like(start)
    position = result.x if result.fun < 1e300 and np.all(np.isfinite(result.x)) else start
    usable = np.isfinite(variances) & (variances > 1e-12)
    return position, np.sqrt(np.clip(np.where(usable, variances, 1.0), 1e-8, 1e4))


def _trajectory(
    density: _Flat, position: np.ndarray, scale: np.ndarray, step: float, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """One step of Hamiltonian Monte Carlo; the new position, and the probability with which it was accepted."""
    if not len(position):
        return position, 1.0
    momentum = generator.standard_normal(len(position))
    value, slope = density(position)
    here, energy = position, value - 0.5 * momentum @ momentum
    step = step * generator.uniform(0.7, 1.3)
    with np.errstate(all="ignore"):
        for _ in range(LEAPS):
            momentum = momentum + 0.5 * step * scale * slope
            here = here + step * scale * momentum
            value, slope = density(here)
            momentum = momentum + 0.5 * step * scale * slope
            if not math.isfinite(value):
                return position, 0.0
        ratio = value - 0.5 * momentum @ momentum - energy
    accepted = math.exp(min(0.0, float(ratio))) if math.isfinite(ratio) else 0.0
    return (here, accepted) if generator.uniform() < accepted else (position, accepted)


def _flip(logp: LogDensity, point: Point, discrete: Mapping[str, str], generator: np.random.Generator) -> None:
    """A Metropolis step of each discrete variable, in place: another value for one of its elements."""
    if not discrete:
        return
    value = _value(logp, point)
    for name, kind in discrete.items():
        old = np.asarray(point[name])
        if not old.size:
            continue
        new = old.copy()
        at = np.unravel_index(generator.integers(old.size), old.shape) if old.shape else ()
        new[at] = 1 - new[at] if kind == "binary" else new[at] + generator.choice([-1, 1])
        there = _value(logp, {**point, name: new})
        if math.log(generator.uniform()) < there - value:
            point[name], value = new, there
