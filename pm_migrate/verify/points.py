"""Where two log densities are compared: points of the unconstrained space, by kind.

``test``
    The test point of the original.
``near``
    Normal noise of scale 1 around it, smaller where PyMC3 rejects it; discrete variables from the prior.
``prior``
    Draws of the original's prior, made by PyMC3, as unconstrained values.
``posterior``
    The bulk of the posterior: a short run on the TensorFlow side (:mod:`pm_migrate.verify.bulk`).
``tails``
    Some or all coordinates 3 to 12 away from the test point, on the unconstrained scale.

All of it is NumPy's, from one seed: the same seed gives the same points with any version of any library that writes
tests, and none of these is needed where programs are verified.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pm_migrate.errors import PmMigrateError
from pm_migrate.reference.records import ModelInfo, Point, PointEvaluation, ProgramInfo, points_around

#: How often points near the test point are drawn again, each time half as far, when PyMC3 rejects some.
ROUNDS = 4
#: Seconds for the run to the posterior.
RUN = 15.0
TAILS = (3.0, 6.0, 12.0)


class Reference(Protocol):
    """What is asked of the reference here."""

    def evaluate(
        self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point], *, keep_errors: bool = False
    ) -> list[PointEvaluation]: ...

    def prior_points(
        self, program: ProgramInfo, model: ModelInfo, n: int, seed: int, *, scale: float = 1.0
    ) -> list[dict[str, np.ndarray]]: ...

    def prior_values(self, program: ProgramInfo, model: ModelInfo, n: int, seed: int) -> dict[str, np.ndarray]: ...


#: Gives points in the posterior's bulk, started from the best of the points given; empty where nothing can.
Bulk = Callable[[Sequence[Point], int, int], Sequence[Point]]


@dataclass
class Drawn:
    """Points, the kind of each, what PyMC3 says there, and what is worth knowing."""

    points: list[Point] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    values: list[PointEvaluation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: str, points: Sequence[Point], values: Sequence[PointEvaluation]) -> None:
        """Keep evaluated points."""
        self.points += points
        self.kinds += [kind] * len(points)
        self.values += values

    def finite(self, kind: str) -> int:
        """Number of points of a kind where PyMC3 is finite."""
        return sum(k == kind and math.isfinite(v.logp) for k, v in zip(self.kinds, self.values, strict=True))


def draw(
    reference: Reference,
    program: ProgramInfo,
    model: ModelInfo,
    *,
    at: Sequence[str],
    count: int,
    seed: int,
    bulk: Bulk | None = None,
) -> Drawn:
    """Draw points and evaluate the original there.

    The test point is always among them: what else there is begins there.
    """
    drawn = Drawn()
    _keep(drawn, reference, program, model, "test", [dict(model.test_point)])
    if not model.variables:
        return drawn
    if "near" in at:
        _near(drawn, reference, program, model, count, seed)
    if "prior" in at:
        _keep(drawn, reference, program, model, "prior", _prior(drawn, reference, program, model, count, seed), count)
    if "posterior" in at and bulk is not None:
        _posterior(drawn, reference, program, model, count, seed, bulk)
    if "tails" in at and any(not v.discrete for v in model.variables):
        points = _tails(model, 2 * count, seed, reference, program)
        _keep(drawn, reference, program, model, "tails", points, count)
    return drawn


def _keep(
    drawn: Drawn,
    reference: Reference,
    program: ProgramInfo,
    model: ModelInfo,
    kind: str,
    points: Sequence[Point],
    count: int = 1,
) -> None:
    """Keep ``count`` points where PyMC3 is finite, and at most as many of the others."""
    if not points:
        return
    values = reference.evaluate(program, model, points, keep_errors=True)
    finite = [i for i, value in enumerate(values) if math.isfinite(value.logp)][:count]
    others = [i for i, value in enumerate(values) if not math.isfinite(value.logp)][:count]
    chosen = sorted(finite + others)
    drawn.add(kind, [points[i] for i in chosen], [values[i] for i in chosen])
    if len(finite) < count:
        drawn.notes.append(f"PyMC3 is finite at {len(finite)} of {count} {kind} points only")


def _near(drawn: Drawn, reference: Reference, program: ProgramInfo, model: ModelInfo, count: int, seed: int) -> None:
    """Until enough of them are finite under PyMC3, nearer to the test point each time; all are kept."""
    missing = count
    for round_ in range(ROUNDS):
        if not missing:
            break
        points = reference.prior_points(program, model, missing, seed + round_, scale=0.5**round_)
        values = reference.evaluate(program, model, points, keep_errors=True)
        drawn.add("near", points, values)
        missing -= sum(math.isfinite(value.logp) for value in values)
    if missing:
        drawn.notes.append(f"PyMC3 is finite at {count - missing} of {count} points only")


def _prior(
    drawn: Drawn, reference: Reference, program: ProgramInfo, model: ModelInfo, count: int, seed: int
) -> list[dict[str, np.ndarray]]:
    """Draws of the prior; what cannot be drawn (a flat prior, a density without draws) stays near the test point."""
    total = 2 * count
    values = reference.prior_values(program, model, total, seed)
    fits = [
        v.name
        for v in model.variables
        if v.name in values and values[v.name].shape == (total, *v.shape) and values[v.name].dtype.kind in "fiub"
    ]
    lost = [v.rv_name for v in model.variables if v.name not in fits]
    if lost:
        drawn.notes.append(f"PyMC3 cannot draw {', '.join(lost)} from the prior: drawn near the test point")
    if not fits:
        return []
    points = points_around(model, total, seed + 1)
    for i, point in enumerate(points):
        point.update({name: values[name][i] for name in fits})
    return [point for point in points if all(np.all(np.isfinite(value)) for value in point.values())]


def _posterior(
    drawn: Drawn, reference: Reference, program: ProgramInfo, model: ModelInfo, count: int, seed: int, bulk: Bulk
) -> None:
    starts = [p for p, v in zip(drawn.points, drawn.values, strict=True) if math.isfinite(v.logp)][:8]
    if not starts:
        return
    try:
        points = list(bulk(starts, count, seed))
    except PmMigrateError as error:
        drawn.notes.append(f"no point in the posterior's bulk: {str(error).splitlines()[0]}")
        return
    _keep(drawn, reference, program, model, "posterior", points, count)


def _tails(
    model: ModelInfo, count: int, seed: int, reference: Reference, program: ProgramInfo
) -> list[dict[str, np.ndarray]]:
    """Far points; every second moves one variable alone, so that a tail is seen that another would hide."""
    generator = np.random.default_rng([seed, 2])
    continuous = [v for v in model.variables if not v.discrete]
    base: list[dict[str, np.ndarray]] = reference.prior_points(program, model, count, seed + 1, scale=0.5)
    for i, point in enumerate(base):
        moved: Sequence[Any] = [continuous[generator.integers(len(continuous))]] if i % 2 else continuous
        for variable in moved:
            signs = generator.choice([-1.0, 1.0], size=variable.shape)
            far = TAILS[i % len(TAILS)] * signs * generator.uniform(0.8, 1.2, size=variable.shape)
            point[variable.name] = np.asarray(model.test_point[variable.name] + far, variable.dtype)
    return base


def translated(points: Sequence[Point], names: Mapping[str, str]) -> list[dict[str, np.ndarray]]:
    """Points under other names of value variables."""
    return [{names[name]: value for name, value in point.items()} for point in points]
