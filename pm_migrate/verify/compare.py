"""Two lists of evaluations of one model at the same points: do they agree, and if not, where."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pm_migrate.reference.records import PointEvaluation
from pm_migrate.verify import tolerances
from pm_migrate.verify.pairing import same_name
from pm_migrate.verify.report import TermDisagreement, Verdict

EPS = 2.0**-52


@dataclass(frozen=True)
class Agreement:
    """The numbers and words of a :class:`~pm_migrate.verify.report.Comparison`."""

    verdict: Verdict
    points: int
    outside: int
    logp: float
    gradient: float
    logp_bits: float
    gradient_bits: float
    detail: str = ""
    terms: tuple[TermDisagreement, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Findings:
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def compare(
    reference: Sequence[PointEvaluation], candidate: Sequence[PointEvaluation], variables: Mapping[str, str]
) -> Agreement:
    """Compare evaluations at the same points.

    Where PyMC3 gives minus infinity the candidate must, too. Where PyMC3 gives NaN (some of its formulas overflow where
    a limit exists) nothing can be compared, and a note says so.

    Parameters
    ----------
    reference, candidate
        One evaluation per point.
    variables
        The candidate's name of each continuous value variable.

    Returns
    -------
    Agreement
        With terms named where the log density differs.
    """
    found = _Findings()
    finite, outside = _sort_points(reference, candidate, found)
    a = np.array([candidate[i].logp for i in finite])
    b = np.array([reference[i].logp for i in finite])
    difference, allowed = a - b, tolerances.LOGP * np.maximum(1.0, np.abs(b))
    conditioning = np.array([max(abs(reference[i].logp), _size(reference[i])) for i in finite])
    logp = float(np.max(np.abs(difference) / np.maximum(1.0, np.abs(b)), initial=0.0))
    gradient, gradient_bits = _gradients(
        [reference[i] for i in finite], [candidate[i] for i in finite], variables, found
    )
    constant = False
    terms: tuple[TermDisagreement, ...] = ()
    if np.any(np.abs(difference) > allowed):
        offset = float(np.median(difference))
        rounding = _constants(reference[finite[0]])
        constant = len(finite) > 1 and abs(offset) <= rounding and bool(np.all(np.abs(difference - offset) <= allowed))
        terms = _terms([reference[i] for i in finite], [candidate[i] for i in finite])
        words = f"the log density is off by {offset:+.3g} at every point" if constant else _worst(difference)
        (found.notes if constant else found.wrong).append(
            f"{words} (float32 constants of PyMC3: at most {rounding:.1g})" if constant else words
        )
    if not finite:
        found.wrong.append("the log density is finite at no point")
    verdict = Verdict.DIFFERENT if found.wrong else Verdict.EQUAL_BUT_CONSTANT if constant else Verdict.EQUAL
    return Agreement(
        verdict=verdict,
        points=len(finite),
        outside=outside,
        logp=logp if finite else math.nan,
        gradient=gradient,
        logp_bits=_bits(np.abs(difference), conditioning) if finite else math.nan,
        gradient_bits=gradient_bits,
        detail="; ".join(found.wrong),
        terms=terms,
        notes=tuple(found.notes),
    )


def _sort_points(
    reference: Sequence[PointEvaluation], candidate: Sequence[PointEvaluation], found: _Findings
) -> tuple[list[int], int]:
    """Indices of the points where both are finite, the number where both reject; the rest goes to the findings."""
    finite: list[int] = []
    outside = unknown = 0
    unlike: list[str] = []
    for i, (b, a) in enumerate(zip(reference, candidate, strict=True)):
        if math.isfinite(a.logp) and math.isfinite(b.logp):
            finite.append(i)
        elif math.isnan(b.logp):
            unknown += 1
        elif a.logp == b.logp:
            outside += 1
        else:
            unlike.append(f"{a.logp:.6g} where PyMC3 has {b.logp:.6g}")
    if unlike:
        found.wrong.append(f"the log density is {unlike[0]} ({len(unlike)} of {len(reference)} points are like this)")
    if unknown:
        found.notes.append(f"PyMC3 gives NaN at {unknown} of {len(reference)} points, which were not compared")
    return finite, outside


def _gradients(
    reference: Sequence[PointEvaluation],
    candidate: Sequence[PointEvaluation],
    variables: Mapping[str, str],
    found: _Findings,
) -> tuple[float, float]:
    """Worst relative difference of the gradients, and worst wrong bits."""
    worst = bits = 0.0
    unknown = 0
    for name, other in variables.items():
        worst_here = 0.0
        for b, a in zip(reference, candidate, strict=True):
            mine, theirs = np.asarray(b.gradient[name], float), np.asarray(a.gradient[other], float)
            known = ~np.isnan(mine)
            unknown += int(np.sum(~known))
            with np.errstate(invalid="ignore"):
                difference = np.where(mine == theirs, 0.0, np.abs(theirs - mine))[known]
            difference = np.where(np.isnan(difference), math.inf, difference)
            sizes = np.abs(mine[known])
            scale = max(1.0, float(np.max(sizes[np.isfinite(sizes)], initial=0.0)))
            worst_here = max(worst_here, float(np.max(difference, initial=0.0)) / scale)
            bits = max(bits, _bits(difference, np.full(difference.shape, scale)))
        if worst_here > tolerances.GRADIENT:
            found.wrong.append(f"the gradient of {name} is off by {worst_here:.3g} relative")
        worst = max(worst, worst_here)
    if unknown:
        found.notes.append(f"PyMC3 gives NaN for {unknown} slopes, which were not compared")
    return (worst, bits) if variables else (math.nan, math.nan)


def _constants(evaluation: PointEvaluation) -> float:
    """What PyMC3's float32 constants may be wrong by: as they were measured, or as large as those of the model are."""
    measured = tolerances.FLOAT32_CONSTANT * sum(evaluation.elements.values())
    return max(measured, sum(evaluation.rounding.values()))


def _size(evaluation: PointEvaluation) -> float:
    return float(sum(abs(term) for term in evaluation.terms.values()))


def _bits(difference: np.ndarray, conditioning: np.ndarray) -> float:
    """Worst ``log2(difference / (eps * conditioning))``, at least 0."""
    wrong = difference > 0
    if not np.any(wrong):
        return 0.0
    floor = np.finfo(float).tiny
    with np.errstate(over="ignore"):
        units = difference[wrong] / (EPS * np.maximum(conditioning[wrong], floor))
    return max(0.0, float(np.max(np.log2(units))))


def _worst(difference: np.ndarray) -> str:
    worst = float(difference[np.argmax(np.abs(difference))])
    spread = float(np.max(difference) - np.min(difference))
    if len(difference) > 1 and spread <= 1e-6 * abs(worst):
        return f"the log density is off by {worst:+.6g} at every point"
    return f"the log density is off by up to {worst:+.3g}, not by a constant"


def _terms(reference: Sequence[PointEvaluation], candidate: Sequence[PointEvaluation]) -> tuple[TermDisagreement, ...]:
    """The terms that disagree; a term that one side lacks counts as 0 there."""
    found = []
    left = set(candidate[0].terms)
    names: list[tuple[str, str | None]] = []
    for name in reference[0].terms:
        other = min((c for c in left if same_name(name, c)), key=len, default=None)
        left.discard(other or "")
        names.append((name, other))
    rows: list[tuple[str, np.ndarray, np.ndarray]] = []
    for name, other in names:
        b = np.array([e.terms[name] for e in reference])
        a = np.array([0.0 if other is None else e.terms[other] for e in candidate])
        rows.append((name if other else f"{name} (only in the original)", a, b))
    for other in sorted(left):
        a = np.array([e.terms[other] for e in candidate])
        rows.append((f"{other} (not in the original)", a, np.zeros_like(a)))
    for name, a, b in rows:
        difference = a - b
        allowed = tolerances.LOGP * np.maximum(1.0, np.abs(b))
        if np.any(~(np.abs(difference) <= allowed)):
            middle = float(np.median(difference))
            constant = len(difference) > 1 and bool(np.all(np.abs(difference - middle) <= allowed))
            worst = float(np.max(np.abs(difference)))
            found.append(TermDisagreement(name, worst, middle if constant else None))
    return tuple(sorted(found, key=lambda term: -term.worst))
