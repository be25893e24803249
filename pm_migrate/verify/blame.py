"""Where a difference comes from: the part of a term, the smallest point that shows it, and who is right."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from pm_migrate.errors import PmMigrateError
from pm_migrate.reference.records import ModelInfo, Point, PointEvaluation, ProgramInfo
from pm_migrate.verify import tolerances
from pm_migrate.verify.compare import difference_of_slopes
from pm_migrate.verify.pairing import same_name
from pm_migrate.verify.points import Drawn, translated
from pm_migrate.verify.report import TermDisagreement

#: Roundings of every parameter of a term that are no difference: those of the few operations that compute it.
ROUNDINGS = 8.0
#: Points that are settled by formulas: more than that is no matter of a few digits far out.
SETTLED = 12
#: The share of the points that PyMC3's roundings may decide: such a point shows nothing, unless the log densities are
#: as close as this part of their size. One with a nearly singular covariance is known to no more than that at any
#: point that its own draws would not come near.
UNDETERMINED = 1 / 3
SLIGHT = 1e-3
#: Families whose probabilities PyMC3 takes as differences, which may round to 0 (notes of the catalogue), and the log
#: density of the least probability that does not: half the distance of 1 to the next number.
DIFFERENCES = frozenset({"OrderedLogistic", "OrderedProbit"})
LEAST = math.log(2.0**-53)
#: Terms that are looked into, and value variables that are tried when a point is made smaller.
TERMS = 5
VARIABLES = 40

DENSITY = "the density of its distribution"
JACOBIAN = "the Jacobian of its transform"
VALUE = "the value that its transform gives"
DATA = "its data"


class Side(Protocol):
    """What is asked of a side here."""

    def evaluate(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> list[PointEvaluation]: ...

    def split_terms(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> dict[str, np.ndarray]: ...


class Reference(Side, Protocol):
    """What is asked of the reference, too."""

    def term_inputs(
        self, program: ProgramInfo, model: ModelInfo, name: str, names: Sequence[str], point: Point
    ) -> dict[str, Any]: ...

    def spread(
        self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]
    ) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]: ...


@dataclass(frozen=True)
class Both:
    """One model on both sides: clients, programs, models, and the candidate's names of value variables and others."""

    reference: Reference
    program: ProgramInfo
    info: ModelInfo
    side: Side
    candidate: ProgramInfo
    other: ModelInfo
    variables: Mapping[str, str]
    names: Mapping[str, str]

    def evaluate(self, points: Sequence[Point]) -> tuple[list[PointEvaluation], list[PointEvaluation]]:
        """Both at points of the original's names."""
        mine = self.reference.evaluate(self.program, self.info, points)
        return mine, self.side.evaluate(self.candidate, self.other, translated(points, self.variables))

    def split(self, point: Point) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
        """Terms without Jacobians, of both."""
        mine = self.reference.split_terms(self.program, self.info, [point])
        return mine, self.side.split_terms(self.candidate, self.other, translated([point], self.variables))

    def partner(self, name: str, among: Mapping[str, Any]) -> str | None:
        """The candidate's name of a term or value."""
        return min((other for other in among if same_name(name, other, self.names)), key=len, default=None)


def explain(
    terms: Sequence[TermDisagreement], both: Both, drawn: Drawn, values: Sequence[PointEvaluation]
) -> tuple[TermDisagreement, ...]:
    """Say more about the terms that disagree: the worst of them first, the rest as they are."""
    found = []
    for number, term in enumerate(terms):
        if number < TERMS:
            with contextlib.suppress(PmMigrateError, KeyError, ValueError):  # a side that is lost has been reported
                term = _explained(term, both, drawn, values)
        found.append(term)
    return tuple(found)


def _explained(term: TermDisagreement, both: Both, drawn: Drawn, values: Sequence[PointEvaluation]) -> TermDisagreement:
    differences = [
        abs(_difference(term.name, both, a, b)) if math.isfinite(a.logp) and math.isfinite(b.logp) else -1.0
        for a, b in zip(drawn.values, values, strict=True)
    ]
    if max(differences) <= 0.0 or term.name not in drawn.values[0].terms:
        return term  # one side lacks it
    point, mine, theirs = _smallest(term.name, both, drawn.points[int(np.argmax(differences))])
    moved = {n: v for n, v in point.items() if not np.array_equal(v, both.info.test_point[n])}
    other = both.partner(term.name, theirs.terms)
    assert other is not None
    kind = term.kind if moved else "test"
    term = replace(term, kind=kind, point=moved, original=mine.terms[term.name], candidate=theirs.terms[other])
    where = _where(term, both, point, mine, theirs)
    return replace(term, where=where, truth=_truth(term, where, both, point))


def _difference(name: str, both: Both, mine: PointEvaluation, theirs: PointEvaluation) -> float:
    other = both.partner(name, theirs.terms)
    return 0.0 if other is None else theirs.terms[other] - mine.terms[name]


def _smallest(name: str, both: Both, point: Point) -> tuple[Point, PointEvaluation, PointEvaluation]:
    """Take one variable after the other back to the test point, as long as the term still disagrees."""
    current = dict(point)
    (mine,), (theirs,) = both.evaluate([current])
    for variable in both.info.variables[:VARIABLES]:
        smaller = {**current, variable.name: np.asarray(both.info.test_point[variable.name])}
        (here,), (there,) = both.evaluate([smaller])
        if not (math.isfinite(here.logp) and math.isfinite(there.logp)):
            continue
        if abs(_difference(name, both, here, there)) > _allowed(here.terms[name]):
            current, mine, theirs = smaller, here, there
    return current, mine, theirs


def _allowed(size: float) -> float:
    return tolerances.LOGP * max(1.0, abs(size))


def _where(term: TermDisagreement, both: Both, point: Point, mine: PointEvaluation, theirs: PointEvaluation) -> str:
    """The part of a term that differs."""
    if term.name in both.info.data:
        return _data(term.name, both) or DENSITY
    variable = next((v for v in both.info.variables if v.rv_name == term.name), None)
    if variable is None or variable.transform is None:
        return DENSITY if variable is not None or term.name in both.info.observed else ""
    other = both.partner(term.name, theirs.values)
    if other is not None and term.name in mine.values:
        a, b = np.asarray(theirs.values[other], float), np.asarray(mine.values[term.name], float)
        if a.shape != b.shape or not np.allclose(a, b, rtol=tolerances.VALUE, atol=tolerances.VALUE):
            return VALUE
    bases, others = both.split(point)
    base = both.partner(term.name, others)
    if base is None or term.name not in bases:
        return ""
    density = abs(float(others[base][0]) - float(bases[term.name][0]))
    whole = abs(term.candidate - term.original)
    if density <= _allowed(term.original):
        return JACOBIAN
    return DENSITY if abs(whole - density) <= 1e-6 * whole + _allowed(term.original) else f"{DENSITY} and {JACOBIAN}"


def _data(name: str, both: Both) -> str:
    """What is different about the data of a variable; empty if nothing is."""
    other = both.partner(name, both.other.data)
    if other is None:
        return ""
    mine, theirs = both.info.data[name], both.other.data[other]
    if np.allclose(mine, theirs, rtol=tolerances.LOGP, atol=tolerances.LOGP):
        return ""
    a, b = (f"{x[0]:.0f} numbers from {x[2]:.6g} to {x[3]:.6g} with mean {x[1]:.6g}" for x in (mine, theirs))
    why = "is it drawn at random, left to chance by np.empty, or read from a file that changes?"
    return f"{DATA}: {a} in the original, {b} in the other ({why})"


def _truth(term: TermDisagreement, where: str, both: Both, point: Point) -> str:
    """What the catalogue's formula says of the density, as a sentence; empty where it says nothing."""
    if where != DENSITY:
        return ""
    from pm_migrate.verify.tiebreak import formula

    bases, others = both.split(point)
    base = both.partner(term.name, others)
    mine = float(bases[term.name][0]) if term.name in bases else term.original
    theirs = float(others[base][0]) if base is not None else term.candidate
    return formula(both, term.name, point, mine, theirs)


def settled(both: Both, drawn: Drawn, values: Sequence[PointEvaluation]) -> dict[int, Apart]:
    """Points at which nothing that differs speaks against the candidate.

    The formula of each term says that the candidate is right and PyMC3 is not (it loses digits far out); or a few
    roundings of the distribution's parameters change the number as much (``log(1 - p)`` for a ``p`` next to 1), so that
    neither is right; or PyMC3's own number moves as much when its operations round another way
    (:mod:`pm_migrate.reference.worker.rounding`). A formula does not know where a support ends: whether a number is
    finite at all, roundings alone may decide, or a family whose probabilities PyMC3 is known to round to 0.

    Returns
    -------
    dict
        What differs, by the number of the point; empty if one of them is a difference.
    """
    found: dict[int, Apart] = {}
    left: dict[int, Apart] = {}
    for number, (mine, theirs) in enumerate(zip(drawn.values, values, strict=True)):
        apart = _apart(both, mine, theirs)
        if not apart.names:
            continue
        if len(found) < SETTLED and _formulas_agree(apart, both, drawn.points[number], mine, theirs):
            found[number] = apart
        else:
            left[number] = apart
    if not left:
        return found
    blind = sum(apart.share > SLIGHT for apart in left.values())
    if blind > UNDETERMINED * len(values) or not _roundings_decide(left, both, drawn):
        return {}
    return found | left


@dataclass(frozen=True)
class Apart:
    """By how much terms and slopes differ at a point, by name, only those that differ; and the terms' largest share."""

    terms: Mapping[str, float]
    slopes: Mapping[str, float]
    share: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.terms, *(f"the slope by {name}" for name in self.slopes if not self.terms))


def _apart(both: Both, mine: PointEvaluation, theirs: PointEvaluation) -> Apart:
    if mine.error or theirs.error or math.isnan(mine.logp):
        return Apart({}, {})  # what cannot be compared is no difference, or one that no rounding explains
    terms, shares = {}, [0.0]
    for name, term in mine.terms.items():
        other = both.partner(name, theirs.terms)
        number = 0.0 if other is None else theirs.terms[other]
        if number != term and not (abs(number - term) <= _allowed(term) and math.isfinite(term)):
            terms[name] = abs(number - term)
            share = terms[name] / max(1.0, abs(term))
            shares.append(share if math.isfinite(share) else math.inf)
    slopes = {}
    if math.isfinite(mine.logp) and math.isfinite(theirs.logp) and not (mine.no_gradient or theirs.no_gradient):
        for variable in both.info.variables:
            if not variable.discrete:
                a, b = theirs.gradient[both.variables[variable.name]], mine.gradient[variable.name]
                distance, scale = difference_of_slopes(b, a)
                if not np.max(distance, initial=0.0) <= tolerances.GRADIENT * scale:
                    slopes[variable.name] = float(np.max(distance))
    return Apart(terms, slopes, max(shares))


def _formulas_agree(apart: Apart, both: Both, point: Point, mine: PointEvaluation, theirs: PointEvaluation) -> bool:
    """Whether the formulas of the terms that differ settle a point."""
    from pm_migrate.verify import tiebreak

    if not apart.terms or not math.isfinite(theirs.logp):
        return False
    if not math.isfinite(mine.logp):
        return all(_is_rounded_to_zero(name, both, point, mine, theirs) for name in apart.terms)
    return tiebreak.available() and all(_is_right(name, both, point, mine, theirs) for name in apart.terms)


def _is_rounded_to_zero(name: str, both: Both, point: Point, mine: PointEvaluation, theirs: PointEvaluation) -> bool:
    """Whether PyMC3 has minus infinity for a probability that is small, and that it takes as a difference."""
    other = both.partner(name, theirs.terms)
    if other is None or mine.terms[name] != -math.inf or not theirs.terms[other] < LEAST:
        return False
    return both.reference.term_inputs(both.program, both.info, name, (), point)["distribution"] in DIFFERENCES


def _roundings_decide(left: Mapping[int, Apart], both: Both, drawn: Drawn) -> bool:
    """Whether all that differs at some points moves as much when PyMC3 rounds another way."""
    terms, slopes = both.reference.spread(both.program, both.info, [drawn.points[number] for number in left])
    return all(
        distance <= ROUNDINGS * float(spread[name][row])
        for row, apart in enumerate(left.values())
        for distances, spread in ((apart.terms, terms), (apart.slopes, slopes))
        for name, distance in distances.items()
    )


def _is_right(name: str, both: Both, point: Point, mine: PointEvaluation, theirs: PointEvaluation) -> bool:
    """Whether the candidate's term is what the formula gives or cannot be better known, with PyMC3's Jacobian."""
    from pm_migrate.verify.tiebreak import opinion

    other = both.partner(name, theirs.terms)
    if other is None:
        return False
    original, candidate = mine.terms[name], theirs.terms[other]
    bases, others = both.split(point)
    base = both.partner(name, others)
    if name in bases and base is not None:
        jacobians = original - float(bases[name][0]), candidate - float(others[base][0])
        if abs(jacobians[0] - jacobians[1]) > _allowed(original):
            return False
        candidate = float(others[base][0])
    truth = opinion(both, name, point)
    if truth is None:
        return False
    _, exact, condition = truth
    return abs(candidate - exact) <= max(_allowed(exact), ROUNDINGS * 2.0**-53 * condition)
