"""Verify one program: run it on every road, pair what came out, compare."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pm_migrate.errors import PmMigrateError, VerificationError
from pm_migrate.reference.client import ProgramClient, stack, unstack
from pm_migrate.reference.records import ModelInfo, Point, PointEvaluation, ProgramInfo, VariableInfo
from pm_migrate.verify import devices, tolerances
from pm_migrate.verify import points as points_
from pm_migrate.verify.blame import Both, explain, settled
from pm_migrate.verify.compare import Agreement, compare
from pm_migrate.verify.pairing import NO_NAMES, pair_models, pair_variables
from pm_migrate.verify.points import RUN, Bulk, Drawn, draw, translated
from pm_migrate.verify.posterior import Runs, Sampler, Settings
from pm_migrate.verify.report import EQUALS, Comparison, Report, Verdict
from pm_migrate.verify.slopes import settle


class Side(Sampler, Protocol):
    """What a candidate can be asked; :class:`CandidateClient` is one."""

    @property
    def load_program(self) -> Callable[..., ProgramInfo]: ...

    def evaluate(
        self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point], *, keep_errors: bool = False
    ) -> list[PointEvaluation]: ...

    def bulk(
        self, program: ProgramInfo, model: ModelInfo, starts: Sequence[Point], n: int, seed: int
    ) -> list[dict[str, np.ndarray]]: ...

    def split_terms(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> dict[str, np.ndarray]: ...


class Reference(points_.Reference, Sampler, Protocol):
    """What the reference can be asked; ``ReferenceClient`` is one."""

    @property
    def load_program(self) -> Callable[..., ProgramInfo]: ...

    def split_terms(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> dict[str, np.ndarray]: ...

    def term_inputs(
        self, program: ProgramInfo, model: ModelInfo, name: str, names: Sequence[str], point: Point
    ) -> dict[str, Any]: ...

    def spread(
        self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]: ...


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

    def bulk(
        self, program: ProgramInfo, model: ModelInfo, starts: Sequence[Point], n: int, seed: int
    ) -> list[dict[str, np.ndarray]]:
        """Points in the bulk of the posterior; see :mod:`pm_migrate.verify.bulk`."""
        handle = self._alive(program)
        args: dict[str, Any] = {"starts": stack(model, starts), "n": n, "seed": seed, "seconds": RUN}
        return unstack(self.call("bulk", handle=handle, model=model.index, **args))


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
class _Loaded:
    """A program that was run on a road: where, and its models by the index of the original's; or why it was not."""

    road: _Road
    side: Side | None = None
    program: ProgramInfo | None = None
    models: Mapping[int, ModelInfo] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class _Evaluated:
    """A model of the original, and what PyMC3 says about it."""

    info: ModelInfo
    drawn: Drawn = field(default_factory=Drawn)
    error: str = ""


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
    posterior: Settings | None = None,
) -> Report:
    """Compare a PyMC3 program with what it became.

    Log density and gradient, by term and by variable, and deterministics are compared at the test point of the original
    and at points of the unconstrained space; see :mod:`pm_migrate.verify.points`.

    Parameters
    ----------
    original
        The PyMC3 program; it is run.
    rewritten
        The program that the codemod made of it, if there is one.
    reference
        PyMC3 on Theano.
    points
        Number of points of each kind with a finite log density.
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
    posterior
        Also compare short runs where the densities are equal, see :mod:`pm_migrate.verify.posterior`.

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
        program = reference.load_program(original, double=True, **loading)
    except PmMigrateError as error:
        return _failed(original, rewritten, f"the original under PyMC3: {error}")
    if not program.models:
        why = f": it raised\n{program.error}" if program.error else ""
        verdict = Verdict.ERROR if program.error else Verdict.NO_MODEL
        return _failed(original, rewritten, f"the original made no model under PyMC3{why}", verdict)
    notes += _raised(program, "the original under PyMC3")
    if program.float_x != "float64":
        notes.append(
            f"the program computes in {program.float_x}: compared in float64, where rounding hides no difference"
        )
    roads = [_Road("drop-in", original, loading, NO_NAMES)] if drop_in else []
    roads += [_Road("rewrite", rewritten, loading_rewritten, names)] if rewritten is not None else []
    loaded = [_load(road, program, candidate, notes) for road in roads]
    runs = Runs(reference, program, posterior) if posterior is not None else None
    comparisons: list[Comparison] = []
    for model in program.models:
        chosen = _evaluate_original(reference, program, model, loaded, at=at, count=points, seed=seed)
        comparisons += [_compare_model(each, chosen, reference, program, runs) for each in loaded]
    return Report(original, rewritten, tuple(comparisons), tuple(notes))


def _failed(original: Path, rewritten: Path | None, detail: str, verdict: Verdict = Verdict.ERROR) -> Report:
    comparison = Comparison(model="-", road="original", verdict=verdict, detail=detail)
    return Report(original, rewritten, (comparison,))


def _raised(program: ProgramInfo, who: str) -> list[str]:
    """A note when a program did not come to its end."""
    return [f"{who} raised: {_last_line(program.error)}"] if program.error else []


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def _load(road: _Road, original: ProgramInfo, candidate: Callable[[str], Side], notes: list[str]) -> _Loaded:
    """Run what a program became, and pair its models."""
    try:
        side = candidate(road.name)
        program = side.load_program(road.path, tape=original.tape, double=True, **road.loading)
    except PmMigrateError as error:
        return _Loaded(road, error=str(error))
    if not program.models and program.error:
        return _Loaded(road, error=f"{road.path} raised before it made a model:\n{program.error}")
    notes += _raised(program, f"the {road.name}")
    pairs, left = pair_models(original.models, program.models, road.names)
    if left:
        names = ", ".join(model.name for model in left)
        more = f"{len(left)} more model(s) than the original, which were not compared: {names}"
        notes.append(f"the {road.name} made {more}")
    return _Loaded(road, side, program, pairs)


def _evaluate_original(
    reference: Reference,
    program: ProgramInfo,
    model: ModelInfo,
    loaded: Sequence[_Loaded],
    *,
    at: Sequence[str],
    count: int,
    seed: int,
) -> _Evaluated:
    try:
        bulk = _bulk(model, loaded) if "posterior" in at else None
        return _Evaluated(model, draw(reference, program, model, at=at, count=count, seed=seed, bulk=bulk))
    except PmMigrateError as error:
        return _Evaluated(model, error=str(error))


def _bulk(model: ModelInfo, loaded: Sequence[_Loaded]) -> Bulk | None:
    """What finds the posterior's bulk: the first road that has the model."""
    for each in loaded:
        other = each.models.get(model.index)
        if other is None or each.side is None or each.program is None:
            continue
        try:
            variables = pair_variables(model, other, each.road.names)
        except VerificationError:
            continue
        side, program = each.side, each.program
        names = {name: variable.name for name, variable in variables.items()}
        back = {theirs: mine for mine, theirs in names.items()}

        def run(
            starts: Sequence[Point],
            count: int,
            seed: int,
            side: Side = side,
            program: ProgramInfo = program,
            other: ModelInfo = other,
            names: Mapping[str, str] = names,
            back: Mapping[str, str] = back,
        ) -> list[dict[str, np.ndarray]]:
            return translated(side.bulk(program, other, translated(starts, names), count, seed), back)

        return run
    return None


def _compare_model(
    each: _Loaded, original: _Evaluated, reference: Reference, program: ProgramInfo, runs: Runs | None
) -> Comparison:
    info, road = original.info, each.road

    def outcome(verdict: Verdict, detail: str) -> Comparison:
        return Comparison(info.name, road.name, verdict, len(info.variables), detail=detail)

    if each.side is None or each.program is None:
        return outcome(Verdict.ERROR, each.error)
    if original.error:
        return outcome(Verdict.ERROR, f"under PyMC3: {original.error}")
    other = each.models.get(info.index)
    if other is None:
        why = f"; it raised: {_last_line(each.program.error)}" if each.program.error else ""
        return outcome(Verdict.NOT_PAIRED, f"the {road.name} has no model for it{why}")
    try:
        variables = pair_variables(info, other, road.names)
    except VerificationError as error:
        return outcome(Verdict.VARIABLES_DIFFER, str(error))
    names = {name: variable.name for name, variable in variables.items()}
    drawn = original.drawn
    if all(value.error for value in drawn.values):
        return outcome(Verdict.ERROR, f"under PyMC3, at every point: {drawn.values[0].error}")
    try:
        values = each.side.evaluate(each.program, other, translated(drawn.points, names), keep_errors=True)
    except PmMigrateError as error:
        return outcome(Verdict.ERROR, str(error))
    if all(value.error for value in values):
        return outcome(Verdict.ERROR, f"at every point: {values[0].error}")
    both = Both(reference, program, info, each.side, each.program, other, names, road.names)
    continuous = {v.name: names[v.name] for v in info.variables if not v.discrete}
    asked = functools.partial(reference.evaluate, program, info, keep_errors=True)
    gradients, found = settle(drawn.points, drawn.values, values, continuous, asked)
    drawn = replace(drawn, values=gradients)
    agreement, note = _agreement(both, drawn, values)
    result: dict[str, Any] = {f.name: getattr(agreement, f.name) for f in fields(agreement)}
    result["notes"] = (*drawn.notes, *found, *note, *agreement.notes)
    if other.drop_in and road.name == "rewrite":
        result["notes"] += ("it was not rewritten: PyMC3 was served by the drop-in",)
    apart = _test_points(info, other, variables)
    if apart and road.name == "rewrite":
        # PyMC4's start values are other ones by design: they are where a sampler begins, and no part of a posterior
        result["notes"] += (apart,)
    elif apart:
        result["verdict"] = Verdict.DIFFERENT
        result["detail"] = "; ".join(filter(None, (agreement.detail, apart)))
    if runs is not None and info.variables and result["verdict"] in EQUALS:
        compared = runs.compare(info, each.side, each.program, other, road.names)
        result["posterior"] = compared
        result["notes"] += tuple(compared["text"])
        if compared["rejected"]:
            result |= {"verdict": Verdict.DIFFERENT, "detail": compared["text"][1]}
    return Comparison(info.name, road.name, variables=len(info.variables), **result)


def _agreement(both: Both, drawn: Drawn, values: Sequence[PointEvaluation]) -> tuple[Agreement, tuple[str, ...]]:
    """Compare, without what the formula or roundings settle; and what is to be said of that.

    Points are left out where log densities differ, and slopes alone where no more does.
    """
    continuous = {v.name: both.variables[v.name] for v in both.info.variables if not v.discrete}

    def compared(reference: Sequence[PointEvaluation], chosen: Sequence[int]) -> Agreement:
        return compare(
            [reference[i] for i in chosen],
            [values[i] for i in chosen],
            continuous,
            kinds=[drawn.kinds[i] for i in chosen],
            deterministics=both.info.deterministics,
            names=both.names,
        )

    agreement = compared(drawn.values, range(len(values)))
    if agreement.verdict is not Verdict.DIFFERENT:
        return agreement, ()
    with contextlib.suppress(PmMigrateError):  # a side that is lost: the difference stands
        wrong = settled(both, drawn, values)
        points = [i for i in range(len(values)) if not (i in wrong and wrong[i].terms)]
        if wrong and points:
            terms = ", ".join(dict.fromkeys(name for apart in wrong.values() for name in apart.names))
            where = ", ".join(dict.fromkeys(drawn.kinds[i] for i in wrong))
            note = f"at {len(wrong)} of {len(values)} points ({where}) differences in {terms} were left out"
            reference = list(drawn.values)
            for i, apart in wrong.items():
                slopes = {name: values[i].gradient[continuous[name]] for name in apart.slopes}
                reference[i] = replace(reference[i], gradient={**reference[i].gradient, **slopes})
            return compared(reference, points), (
                f"{note}: by the formula in high precision PyMC3 is wrong, or roundings decide what it has",
            )
    return replace(agreement, terms=explain(agreement.terms, both, drawn, values)), ()


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
