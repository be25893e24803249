"""Where chains start, and what to say when they cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError, SamplingError
from pm_migrate.shims.density import LogDensity, Point

JITTER_RETRIES = 10


class Starts:
    """Start points of all chains, and new ones for chains that could not start.

    Parameters
    ----------
    density
        The target.
    chains
        Number of chains.
    start
        A point, or one per chain (values by value-variable name; missing ones are taken from the test point). None is
        the test point.
    jitter
        Whether test points are moved by uniform(-1, 1) in each continuous coordinate. Points that the caller gives are
        used as they are, as in PyMC3.
    key
        Seed of the jitter.
    retries
        How many other jittered points are tried.
    first
        Number of the first chain, for messages.

    Raises
    ------
    ModelError
        If the number of points is not that of the chains, or a name is not a value variable.
    """

    def __init__(
        self,
        density: LogDensity,
        chains: int,
        start: Point | Sequence[Point] | None,
        jitter: bool,
        key: int,
        *,
        retries: int = JITTER_RETRIES,
        first: int = 0,
    ) -> None:
        points = points_of(start, chains)
        self.density = density
        self._points = [complete(density, point) for point in points]
        self._jitters = start is None and jitter and bool(density.continuous)
        self._retries, self._first = retries, first
        self._rng = np.random.default_rng(key)
        self._tries = 0
        self.flat = np.stack([self._place(point) for point in self._points])
        self.counts = np.stack([_join(density.discrete, point, np.int64) for point in self._points])

    def retry(self, failed: np.ndarray) -> None:
        """Give the chains in ``failed`` another start.

        Raises
        ------
        SamplingError
            When there is nothing left to try; it names the terms of the log density that are not finite.
        """
        self._tries += 1
        if not self._jitters or self._tries > self._retries:
            raise SamplingError(self._explain(int(np.flatnonzero(failed)[0])))
        for chain in np.flatnonzero(failed):
            self.flat[chain] = self._place(self._points[chain])

    def _place(self, point: Point) -> np.ndarray:
        flat = self.density.flatten(point).astype(float)
        return flat + self._rng.uniform(-1.0, 1.0, flat.shape) if self._jitters else flat

    def _explain(self, chain: int) -> str:
        point, offset = dict(self._points[chain]), 0
        for v in self.density.continuous:
            point[v.name] = self.flat[chain, offset : offset + v.size].reshape(v.shape)
            offset += v.size
        terms = {name: value for name, value in self.density.terms_at(point).items() if not np.isfinite(value)}
        where = ", ".join(f"{name} = {np.array2string(np.asarray(x), threshold=6)}" for name, x in point.items())
        tried = f" after {self._retries} other jittered starts" if self._jitters else ""
        if terms:
            found = ", ".join(f"{name} = {value}" for name, value in terms.items())
            advice = "Check the data and bounds of these variables, or give a start point where they are finite."
            return (
                f"Initial evaluation of model at starting point failed: the log density is not finite at the start of "
                f"chain {self._first + chain}{tried}: {found}, at {where}. {advice}"
            )
        gradient = self.density.logp_and_gradient(point)[1]
        names = ", ".join(name for name, g in gradient.items() if not np.all(np.isfinite(g)))
        found = f"The gradient with respect to {names or 'the continuous variables'} is not finite"
        return f"{found} at the start of chain {self._first + chain}{tried}, at {where}. Give another start point."


def points_of(start: Point | Sequence[Point] | None, chains: int) -> list[Point]:
    """One start point for each chain, without what comes from the test point.

    Raises
    ------
    ModelError
        If the number of points is not that of the chains.
    """
    points = [{}] * chains if start is None else [start] * chains if isinstance(start, Mapping) else list(start)
    if len(points) != chains:
        raise ModelError(f"start has {len(points)} points for {chains} chains; give one point, or one per chain")
    return points


def complete(density: LogDensity, point: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """A full point: values from ``point``, the rest from the test point."""
    unknown = sorted(set(point) - {v.name for v in density.variables})
    if unknown:
        known = ", ".join(v.name for v in density.variables)
        raise ModelError(f"start has values for {unknown}, which are not value variables; those are {known}")
    return {v.name: np.asarray(point.get(v.name, v.test_value)) for v in density.variables}


def _join(variables: Sequence[Any], point: Point, dtype: Any) -> np.ndarray:
    parts = [np.asarray(point[v.name]).reshape(v.size).astype(dtype) for v in variables]
    return np.concatenate(parts) if parts else np.zeros(0, dtype)
