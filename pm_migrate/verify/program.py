"""Verify one program: run it on every road, pair what came out, compare."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pm_migrate.errors import PmMigrateError, VerificationError
from pm_migrate.reference.client import ProgramClient
from pm_migrate.reference.records import ModelInfo, Point, PointEvaluation, ProgramInfo, VariableInfo
from pm_migrate.verify import devices, tolerances
from pm_migrate.verify.compare import compare
from pm_migrate.verify.pairing import NO_NAMES, pair_models, pair_variables
from pm_migrate.verify.report import Comparison, Report, Verdict

#: How often points are drawn again, each time half as far from the test point, when PyMC3 rejects some.
ROUNDS = 4


class Side(Protocol):
    """What a candidate can be asked; :class:`CandidateClient` is one."""

    @property
    def load_program(self) -> Callable[..., ProgramInfo]: ...

    def evaluate(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> list[PointEvaluation]: ...


class Reference(Side, Protocol):
    """What the reference can be asked; ``ReferenceClient`` is one."""

    def prior_points(
        self, program: ProgramInfo, model: ModelInfo, n: int, seed: int, *, scale: float = 1.0
    ) -> list[dict[str, np.ndarray]]: ...


class CandidateClient(ProgramClient):
    """The TensorFlow side, in a process of its own.

    Parameters
    ----------
    mode
        ``rewrite`` or ``drop-in``.
    timeout
        Seconds for an answer.
    start_timeout
        Seconds until TensorFlow is imported.
    alone, memory
        Whether each program has a process of its own, and how much memory; see
        :class:`~pm_migrate.reference.process.WorkerClient`.
    device
        Where it evaluates, by default :func:`~pm_migrate.verify.devices.default`.
    """

    def __init__(
        self,
        mode: str,
        *,
        device: str | None = None,
        timeout: float = 180.0,
        start_timeout: float = 180.0,
        alone: bool = False,
        memory: int | None = None,
    ) -> None:
        device = device or devices.default()
        variables = {
            **devices.environment(device),
            devices.VARIABLE: device,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": "0",
        }
        super().__init__(
            [sys.executable, "-W", "ignore", str(Path(__file__).with_name("candidate.py")), mode],
            {**os.environ, **variables},
            title=f"the TensorFlow side ({mode})",
            timeout=timeout,
            start_timeout=start_timeout,
            alone=alone,
            memory=memory,
        )


@functools.cache
def shared_candidate(mode: str) -> CandidateClient:
    """A candidate for the life of this process: importing TensorFlow costs more than most verifications."""
    return CandidateClient(mode)


@dataclass(frozen=True)
class _Road:
    """What an original became on one road: a program, how it is loaded, and names that became others."""

    name: str
    path: Path
    loading: Mapping[str, Any]
    names: Mapping[str, str]


@dataclass(frozen=True)
class _Evaluated:
    """A model of the original, and what PyMC3 says about it."""

    info: ModelInfo
    points: Sequence[Point]
    values: Sequence[PointEvaluation]
    error: str = ""
    notes: tuple[str, ...] = ()


def verify_program(
    original: Path,
    rewritten: Path | None,
    *,
    reference: Reference,
    points: int = 20,
    seed: int = 0,
    drop_in: bool = True,
    candidate: Callable[[str], Side] = shared_candidate,
    at: Sequence[str] = ("test", "near"),
    names: Mapping[str, str] = NO_NAMES,
    loading: Mapping[str, Any] = NO_NAMES,
    loading_rewritten: Mapping[str, Any] = NO_NAMES,
) -> Report:
    """Compare a PyMC3 program with what it became.

    Log density and gradient are compared at the test point of the original and at points drawn around it in the
    unconstrained space (discrete variables: from the prior).

    Parameters
    ----------
    original
        The PyMC3 program; it is run.
    rewritten
        The program that the codemod made of it, if there is one.
    reference
        PyMC3 on Theano.
    points
        Number of points drawn with a finite log density.
    seed
        Of the draws.
    drop_in
        Whether to run the original on the shims, too.
    candidate
        Gives the client for a mode (``drop-in``, ``rewrite``).
    at
        Kinds of points; see :class:`~pm_migrate.verify.tasks.Task`.
    names
        Names of models and variables that became others in the rewrite.
    loading, loading_rewritten
        Keywords with which each side loads the original, and the rewrite.

    Returns
    -------
    Report
        A program that crashes, hangs or raises has its verdict there; nothing that a program does raises here.

    Raises
    ------
    VerificationError
        There is nothing to compare with, or ``points`` is not positive.
    """
    if rewritten is None and not drop_in:
        raise VerificationError(f"{original}: nothing to compare with: no rewrite is given and drop_in is off")
    if points < 1:
        raise VerificationError(f"points is {points}; it has to be at least 1")
    notes: list[str] = []
    try:
        program = reference.load_program(original, **loading)
    except PmMigrateError as error:
        return _failed(original, rewritten, f"the original under PyMC3: {error}")
    if not program.models:
        why = f": it raised\n{program.error}" if program.error else ""
        return _failed(original, rewritten, f"the original made no model under PyMC3{why}")
    notes += _raised(program, "the original under PyMC3")
    evaluated = [_evaluate_original(reference, program, model, points, seed) for model in program.models]
    roads = [_Road("drop-in", original, loading, NO_NAMES)] if drop_in else []
    roads += [_Road("rewrite", rewritten, loading_rewritten, names)] if rewritten is not None else []
    comparisons: list[Comparison] = []
    for road in roads:
        comparisons += _compare_road(road, evaluated, candidate, notes)
    order = {model.name: i for i, model in enumerate(program.models)}
    comparisons.sort(key=lambda comparison: order[comparison.model])
    return Report(original, rewritten, tuple(comparisons), tuple(notes))


def _failed(original: Path, rewritten: Path | None, detail: str) -> Report:
    comparison = Comparison(model="-", road="original", verdict=Verdict.ERROR, detail=detail)
    return Report(original, rewritten, (comparison,))


def _raised(program: ProgramInfo, who: str) -> list[str]:
    """A note when a program did not come to its end."""
    return [f"{who} raised: {_last_line(program.error)}"] if program.error else []


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def _evaluate_original(
    reference: Reference, program: ProgramInfo, model: ModelInfo, wanted: int, seed: int
) -> _Evaluated:
    """Draw points until enough of them are finite under PyMC3, nearer to the test point each time; keep all."""
    points: list[Point] = [dict(model.test_point)]
    missing = wanted if model.variables else 0
    try:
        values = reference.evaluate(program, model, points)
        for round_ in range(ROUNDS):
            if not missing:
                break
            drawn = reference.prior_points(program, model, missing, seed + round_, scale=0.5**round_)
            found = reference.evaluate(program, model, drawn)
            points += drawn
            values = [*values, *found]
            missing -= sum(math.isfinite(value.logp) for value in found)
    except PmMigrateError as error:
        return _Evaluated(model, points, (), error=str(error))
    notes = (f"PyMC3 is finite at {wanted - missing} of {wanted} points only",) if missing else ()
    return _Evaluated(model, points, values, notes=notes)


def _compare_road(
    road: _Road,
    originals: Sequence[_Evaluated],
    candidate: Callable[[str], Side],
    notes: list[str],
) -> list[Comparison]:
    def everywhere(detail: str) -> list[Comparison]:
        return [
            Comparison(o.info.name, road.name, Verdict.ERROR, len(o.info.variables), detail=detail) for o in originals
        ]

    try:
        side = candidate(road.name)
        program = side.load_program(road.path, **road.loading)
    except PmMigrateError as error:
        return everywhere(str(error))
    if not program.models and program.error:
        return everywhere(f"{road.path} raised before it made a model:\n{program.error}")
    notes += _raised(program, f"the {road.name}")
    pairs, left = pair_models([o.info for o in originals], program.models, road.names)
    if left:
        names = ", ".join(model.name for model in left)
        notes.append(
            f"the {road.name} made {len(left)} more model(s) than the original, which were not compared: {names}"
        )
    return [_compare_model(road, original, pairs.get(original.info.index), side, program) for original in originals]


def _compare_model(
    road: _Road, original: _Evaluated, other: ModelInfo | None, side: Side, program: ProgramInfo
) -> Comparison:
    info = original.info

    def outcome(verdict: Verdict, detail: str) -> Comparison:
        return Comparison(info.name, road.name, verdict, len(info.variables), detail=detail)

    if original.error:
        return outcome(Verdict.ERROR, f"under PyMC3: {original.error}")
    if other is None:
        why = f"; it raised: {_last_line(program.error)}" if program.error else ""
        return outcome(Verdict.NOT_PAIRED, f"the {road.name} has no model for it{why}")
    try:
        variables = pair_variables(info, other, road.names)
    except VerificationError as error:
        return outcome(Verdict.VARIABLES_DIFFER, str(error))
    points = [{variables[name].name: value for name, value in point.items()} for point in original.points]
    try:
        values = side.evaluate(program, other, points)
    except PmMigrateError as error:
        return outcome(Verdict.ERROR, str(error))
    continuous = {v.name: variables[v.name].name for v in info.variables if not v.discrete}
    agreement = compare(original.values, values, continuous)
    result: dict[str, Any] = {f.name: getattr(agreement, f.name) for f in fields(agreement)}
    result["notes"] = (*original.notes, *agreement.notes)
    if other.drop_in and road.name == "rewrite":
        result["notes"] += ("it was not rewritten: PyMC3 was served by the drop-in",)
    apart = _test_points(info, other, variables)
    if apart and road.name == "rewrite":
        # PyMC4's start values are other ones by design: they are where a sampler begins, and no part of a posterior
        result["notes"] += (apart,)
    elif apart:
        result["verdict"] = Verdict.DIFFERENT
        result["detail"] = "; ".join(filter(None, (agreement.detail, apart)))
    return Comparison(info.name, road.name, variables=len(info.variables), **result)


def _test_points(original: ModelInfo, other: ModelInfo, variables: Mapping[str, VariableInfo]) -> str:
    """Say which start values differ; empty when none does."""
    apart = []
    for variable in original.variables:
        mine = np.asarray(original.test_point[variable.name], float)
        theirs = np.asarray(other.test_point[variables[variable.name].name], float)
        difference = float(np.max(np.abs(theirs - mine) / np.maximum(1.0, np.abs(mine)), initial=0.0))
        if not difference <= tolerances.TEST_POINT:
            apart.append(f"{variable.name} by {difference:.3g}")
    return f"the test point differs: {', '.join(apart)}" if apart else ""
