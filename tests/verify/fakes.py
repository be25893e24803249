"""Models that are plain functions, on sides that are no processes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pm_migrate.reference.records import ModelInfo, Point, PointEvaluation, ProgramInfo, VariableInfo, points_around

Terms = Callable[[Point], Mapping[str, float]]
Gradient = Callable[[Point], Mapping[str, object]]


def variable(
    name: str,
    shape: tuple[int, ...] = (),
    transform: str | None = None,
    *,
    discrete: bool = False,
    value_name: str | None = None,
) -> VariableInfo:
    """A value variable, named as PyMC3 would unless told otherwise."""
    value_name = value_name or (f"{name}_{transform}__" if transform else name)
    return VariableInfo(value_name, name, shape, "int64" if discrete else "float64", transform, discrete)


def model(
    *variables: VariableInfo, index: int = 0, aliases: Sequence[str] = ("m",), test: Mapping[str, object] | None = None
) -> ModelInfo:
    """A model whose test point is 0, except where told."""
    point = {v.name: np.zeros(v.shape, v.dtype) for v in variables}
    point |= {name: np.asarray(value, point[name].dtype) for name, value in (test or {}).items()}
    return ModelInfo(index, aliases[0] if aliases else f"model#{index}", tuple(aliases), variables, point)


@dataclass
class Density:
    """A log density: terms by name, and gradients of their sum."""

    info: ModelInfo
    terms: Terms
    gradient: Gradient
    elements: Mapping[str, int] = field(default_factory=dict)

    def at(self, point: Point) -> PointEvaluation:
        """Evaluate at one point."""
        terms = dict(self.terms(point))
        slopes = {name: np.asarray(value, float) for name, value in self.gradient(point).items()}
        elements = self.elements or dict.fromkeys(terms, 1)
        return PointEvaluation(math.fsum(terms.values()) if terms else 0.0, slopes, terms, elements)


@dataclass
class FakeSide:
    """Programs by file name: densities, or the error that loading raises."""

    programs: Mapping[str, Sequence[Density] | Exception]
    error: str | None = None
    fails: Exception | None = None
    drawn: list[tuple[int, int, float]] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    def load_program(self, path: Path, **how: object) -> ProgramInfo:
        """Give the models of a program."""
        found = self.programs[path.name]
        if isinstance(found, Exception):
            raise found
        return ProgramInfo(path, tuple(density.info for density in found), self.error, "")

    def evaluate(
        self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point], *, keep_errors: bool = False
    ) -> list[PointEvaluation]:
        """Evaluate one of them."""
        if self.fails is not None:
            raise self.fails
        self.points += points
        found = self.programs[program.path.name]
        assert not isinstance(found, Exception)
        (density,) = (d for d in found if d.info is model)
        return [density.at(point) for point in points]

    def prior_values(self, program: ProgramInfo, model: ModelInfo, n: int, seed: int) -> dict[str, np.ndarray]:
        """Give draws of every variable, far from the test point."""
        return {v.name: np.full((n, *v.shape), 2).astype(v.dtype) for v in model.variables}

    def bulk(
        self, program: ProgramInfo, model: ModelInfo, starts: Sequence[Point], n: int, seed: int
    ) -> list[dict[str, np.ndarray]]:
        """Give the first start, again and again."""
        return [{name: np.asarray(value) for name, value in starts[0].items()}] * n

    def split_terms(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> dict[str, np.ndarray]:
        """Give the terms as if they had no Jacobians."""
        found = [evaluation.terms for evaluation in self.evaluate(program, model, points)]
        return {name: np.array([terms[name] for terms in found]) for name in found[0]}

    def term_inputs(
        self, program: ProgramInfo, model: ModelInfo, name: str, names: Sequence[str], point: Point
    ) -> dict[str, object]:
        """Give a distribution that the catalogue does not have."""
        return {"distribution": "", "value": 0.0, "logp": 0.0, "parameters": {}, "scaled": False}

    def spread(
        self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Give numbers that no rounding moves."""
        still: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(points)))
        return still, still

    def prior_points(
        self, program: ProgramInfo, model: ModelInfo, n: int, seed: int, *, scale: float = 1.0
    ) -> list[dict[str, np.ndarray]]:
        """Draw points; discrete variables take the number of the point."""
        self.drawn.append((n, seed, scale))
        discrete = {v.name: np.arange(n) for v in model.variables if v.discrete}
        return points_around(model, n, seed, scale=scale, discrete=discrete)
