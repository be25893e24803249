"""Two lists of evaluations of one model at the same points: do they agree, and if not, where."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pm_migrate.reference.records import PointEvaluation
from pm_migrate.verify import tolerances
from pm_migrate.verify.pairing import NO_NAMES, same_name
from pm_migrate.verify.report import Heat, TermDisagreement, Verdict

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
    kinds: tuple[tuple[str, int], ...] = ()
    heat: tuple[Heat, ...] = ()
    densities: tuple[tuple[str, float, float], ...] = ()
    raised: int = 0


@dataclass
class _Findings:
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outside: int = 0
    raised: int = 0


def compare(
    reference: Sequence[PointEvaluation],
    candidate: Sequence[PointEvaluation],
    variables: Mapping[str, str],
    *,
    kinds: Sequence[str] = (),
    deterministics: Sequence[str] = (),
    names: Mapping[str, str] = NO_NAMES,
) -> Agreement:
    """Compare evaluations at the same points.

    Where PyMC3 gives minus infinity the candidate must, too. Where PyMC3 gives NaN (some of its formulas overflow where
    a limit exists) nothing can be compared, and a note says so. An error at a point is a difference if one side alone
    raises it (but for PyMC3 where the candidate rejects the point), and counted apart if both do. A gradient that
    PyMC3 does not have is not compared, and the verdict says so.

    Parameters
    ----------
    reference, candidate
        One evaluation per point.
    variables
        The candidate's name of each continuous value variable.
    kinds
        The kind of each point.
    deterministics
        Values of the original that the candidate has to have, too.
    names
        Names that became others.

    Returns
    -------
    Agreement
        With terms named where the log density differs.
    """
    found = _Findings()
    kinds = list(kinds) or ["near"] * len(reference)
    finite = _sort_points(reference, candidate, found)
    pairs = _Pairs([reference[i] for i in finite], [candidate[i] for i in finite], [kinds[i] for i in finite], names)
    a = np.array([candidate[i].logp for i in finite])
    b = np.array([reference[i].logp for i in finite])
    difference, allowed = a - b, tolerances.LOGP * np.maximum(1.0, np.abs(b))
    conditioning = np.array([max(abs(reference[i].logp), _size(reference[i])) for i in finite])
    logp = float(np.max(np.abs(difference) / np.maximum(1.0, np.abs(b)), initial=0.0))
    gradient, gradient_bits = _gradients(pairs.reference, pairs.candidate, variables, found)
    heat = _values(pairs, deterministics, found) + _heat_of_terms(pairs) + _heat_of_slopes(pairs, variables)
    constant = False
    terms: tuple[TermDisagreement, ...] = ()
    off = np.abs(difference) > allowed
    if np.any(off):
        terms = _terms(pairs)
    if np.any(off) and (terms or np.any(np.abs(difference) > tolerances.LOGP * np.maximum(1.0, conditioning))):
        offset = float(np.median(difference))
        rounding = _constants(reference[finite[0]])
        constant = len(finite) > 1 and abs(offset) <= rounding and bool(np.all(np.abs(difference - offset) <= allowed))
        words = f"the log density is off by {offset:+.3g} at every point" if constant else _worst(difference)
        (found.notes if constant else found.wrong).append(
            f"{words} (float32 constants of PyMC3: at most {rounding:.1g})" if constant else words
        )
    if not finite:
        found.wrong.append("the log density is finite at no point")
    unslopable = bool(variables) and bool(finite) and all(each.no_gradient for each in pairs.reference)
    return Agreement(
        verdict=_verdict(found, constant, unslopable),
        points=len(finite),
        outside=found.outside,
        raised=found.raised,
        logp=logp if finite else math.nan,
        gradient=gradient,
        logp_bits=_bits(np.abs(difference), conditioning) if finite else math.nan,
        gradient_bits=gradient_bits,
        detail="; ".join(found.wrong),
        terms=terms,
        notes=tuple(found.notes),
        kinds=tuple(Counter(pairs.kinds).items()),
        heat=tuple(heat),
        densities=tuple((kinds[i], reference[i].logp, candidate[i].logp) for i in finite),
    )


def _verdict(found: _Findings, constant: bool, unslopable: bool) -> Verdict:
    if found.wrong:
        return Verdict.DIFFERENT
    if unslopable:
        return Verdict.EQUAL_WITHOUT_GRADIENT
    return Verdict.EQUAL_BUT_CONSTANT if constant else Verdict.EQUAL


def _sort_points(
    reference: Sequence[PointEvaluation], candidate: Sequence[PointEvaluation], found: _Findings
) -> list[int]:
    """Indices of the points where both are finite; the rest goes to the findings."""
    finite: list[int] = []
    unknown = 0
    unlike: list[str] = []
    raised: dict[str, list[str]] = {}
    for i, (b, a) in enumerate(zip(reference, candidate, strict=True)):
        if a.error or b.error:
            raised.setdefault(_who_raised(b, a), []).append(b.error or a.error)
        elif math.isfinite(a.logp) and math.isfinite(b.logp):
            finite.append(i)
        elif math.isnan(b.logp):
            unknown += 1
        elif a.logp == b.logp:
            found.outside += 1
        else:
            unlike.append(f"{a.logp:.6g} where PyMC3 has {b.logp:.6g}{_unlike_terms(b, a)}")
    if unlike:
        found.wrong.append(f"the log density is {unlike[0]} ({len(unlike)} of {len(reference)} points are like this)")
    if unknown:
        found.notes.append(f"PyMC3 gives NaN at {unknown} of {len(reference)} points, which were not compared")
    for who, errors in raised.items():
        words = f"{who} at {len(errors)} of {len(reference)} points: {errors[0]}"
        (found.wrong if who in _ONE_SIDE else found.notes).append(words)
    found.raised = len(raised.get(_BOTH_RAISE, ()))
    found.outside += len(raised.get(_PYMC3_FOR_OUTSIDE, ()))
    return finite


_BOTH_RAISE = "both sides raise an error, so that nothing was compared,"
_PYMC3_FOR_OUTSIDE = "PyMC3 raises an error, and the other side gives -inf or NaN,"
_ONE_SIDE = (
    "PyMC3 raises an error, and the other side gives a number,",
    "an error is raised, and PyMC3 gives a number,",
)


def _who_raised(reference: PointEvaluation, candidate: PointEvaluation) -> str:
    if reference.error and candidate.error:
        return _BOTH_RAISE
    if reference.error:
        rejected = math.isnan(candidate.logp) or candidate.logp == -math.inf
        return _PYMC3_FOR_OUTSIDE if rejected else _ONE_SIDE[0]
    return _ONE_SIDE[1]


def _unlike_terms(reference: PointEvaluation, candidate: PointEvaluation) -> str:
    """The terms of which one side is finite and the other is not, with both numbers."""
    found = [
        f"{name} {candidate.terms[other]:.6g} for {term:.6g}"
        for name, term in reference.terms.items()
        for other in candidate.terms
        if same_name(name, other) and math.isfinite(term) != math.isfinite(candidate.terms[other])
    ]
    return f", in {', '.join(found)}" if found else ""


def _gradients(
    reference: Sequence[PointEvaluation],
    candidate: Sequence[PointEvaluation],
    variables: Mapping[str, str],
    found: _Findings,
) -> tuple[float, float]:
    """Worst relative difference of the gradients, and worst wrong bits; NaN where none was compared."""
    worst = bits = 0.0
    unknown = 0
    _missing_gradients(reference, candidate, found)
    pairs = [(b, a) for b, a in zip(reference, candidate, strict=True) if not b.no_gradient]
    if reference and not pairs:
        return math.nan, math.nan
    for name, other in variables.items():
        worst_here = 0.0
        for b, a in pairs:
            unknown += int(np.sum(np.isnan(np.asarray(b.gradient[name], float))))
            difference, scale = difference_of_slopes(b.gradient[name], a.gradient[other])
            worst_here = max(worst_here, float(np.max(difference, initial=0.0)) / scale)
            bits = max(bits, _bits(difference, np.full(difference.shape, scale)))
        if worst_here > tolerances.GRADIENT:
            found.wrong.append(f"the gradient of {name} is off by {worst_here:.3g} relative")
        worst = max(worst, worst_here)
    if unknown:
        found.notes.append(f"PyMC3 gives NaN for {unknown} slopes, which were not compared")
    return (worst, bits) if variables else (math.nan, math.nan)


def _missing_gradients(
    reference: Sequence[PointEvaluation], candidate: Sequence[PointEvaluation], found: _Findings
) -> None:
    """Say where PyMC3 has no gradient; the lack of one where it has one is a difference."""
    theirs = [b.no_gradient for b in reference if b.no_gradient]
    if theirs:
        where = "" if len(theirs) == len(reference) else f" at {len(theirs)} of {len(reference)} points"
        found.notes.append(f"PyMC3 has no gradient{where}, which was not compared: {theirs[0]}")
    ours = [a.no_gradient for b, a in zip(reference, candidate, strict=True) if a.no_gradient and not b.no_gradient]
    if ours:
        found.wrong.append(f"there is no gradient where PyMC3 has one: {ours[0]}")


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
    if len(difference) == 1:
        return f"the log density is off by {worst:+.3g} at the only point (two would show whether by a constant)"
    return f"the log density is off by up to {worst:+.3g}, not by a constant"


@dataclass(frozen=True)
class _Pairs:
    """Evaluations at the points where both are finite, the kinds of these, and names that became others."""

    reference: Sequence[PointEvaluation]
    candidate: Sequence[PointEvaluation]
    kinds: Sequence[str]
    names: Mapping[str, str]

    def partner(self, name: str, among: Iterable[str]) -> str | None:
        """The candidate's name of something, None without one."""
        return min((other for other in among if same_name(name, other, self.names)), key=len, default=None)

    def terms(self) -> list[tuple[str, np.ndarray, np.ndarray, int]]:
        """Each term: its name, the candidate's and the original's numbers, its elements; 0 where one side lacks it."""
        if not self.reference:
            return []
        left = dict.fromkeys(self.candidate[0].terms)
        rows = []
        for name in self.reference[0].terms:
            other = self.partner(name, left)
            left.pop(other or "", None)
            b = np.array([e.terms[name] for e in self.reference])
            a = np.array([0.0 if other is None else e.terms[other] for e in self.candidate])
            size = self.reference[0].elements.get(name, 1)
            rows.append((name if other else f"{name} (only in the original)", a, b, size))
        for other in sorted(left):
            a = np.array([e.terms[other] for e in self.candidate])
            rows.append((f"{other} (not in the original)", a, np.zeros_like(a), 1))
        return rows

    def by_kind(self) -> dict[str, np.ndarray]:
        """Which points are of each kind."""
        return {kind: np.array([k == kind for k in self.kinds]) for kind in dict.fromkeys(self.kinds)}


def _terms(pairs: _Pairs) -> tuple[TermDisagreement, ...]:
    """The terms that disagree; a term that one side lacks counts as 0 there."""
    found = []
    for name, a, b, _ in pairs.terms():
        difference = a - b
        allowed = tolerances.LOGP * np.maximum(1.0, np.abs(b))
        if np.any(~(np.abs(difference) <= allowed)):
            middle = float(np.median(difference))
            constant = len(difference) > 1 and bool(np.all(np.abs(difference - middle) <= allowed))
            worst = int(np.argmax(np.abs(difference)))
            found.append(
                TermDisagreement(
                    name,
                    float(np.abs(difference[worst])),
                    middle if constant else None,
                    points=len(difference),
                    kind=pairs.kinds[worst],
                    original=float(b[worst]),
                    candidate=float(a[worst]),
                )
            )
    return tuple(sorted(found, key=lambda term: -term.worst))


def _heat_of_terms(pairs: _Pairs) -> list[Heat]:
    found = []
    for name, a, b, size in pairs.terms():
        for kind, chosen in pairs.by_kind().items():
            scale = np.maximum(np.abs(b[chosen]), max(1, size))
            found.append(Heat(name, "log density", kind, _bits(np.abs(a[chosen] - b[chosen]), scale)))
    return found


def _heat_of_slopes(pairs: _Pairs, variables: Mapping[str, str]) -> list[Heat]:
    worst: dict[tuple[str, str], float] = {}
    for b, a, kind in zip(pairs.reference, pairs.candidate, pairs.kinds, strict=True):
        for name, other in variables.items():
            difference, scale = difference_of_slopes(b.gradient[name], a.gradient[other])
            bits = _bits(difference, np.full(difference.shape, scale))
            worst[name, kind] = max(worst.get((name, kind), 0.0), bits)
    return [Heat(name, "gradient", kind, bits) for (name, kind), bits in worst.items()]


def _values(pairs: _Pairs, deterministics: Sequence[str], found: _Findings) -> list[Heat]:
    """Compare constrained values and deterministics; those that the candidate must have are missed if it does not."""
    heat: dict[tuple[str, str], float] = {}
    wrong: dict[str, float] = {}
    missing = []
    for name in pairs.reference[0].values if pairs.reference else ():
        other = pairs.partner(name, pairs.candidate[0].values)
        if other is None:
            missing += [name] if name in deterministics and pairs.candidate[0].values else []
            continue
        for b, a, kind in zip(pairs.reference, pairs.candidate, pairs.kinds, strict=True):
            if name not in b.values or other not in a.values:
                break  # there are too many numbers to send them for all points
            error, bits = _value_error(np.asarray(b.values[name]), np.asarray(a.values[other]))
            heat[name, kind] = max(heat.get((name, kind), 0.0), bits)
            if not error <= tolerances.VALUE:
                wrong[name] = max(wrong.get(name, 0.0), error)
    found.wrong += [f"{name} is missing among the deterministics" for name in missing]
    for name, error in wrong.items():
        off = "has another shape" if math.isinf(error) else f"is off by {error:.3g} relative"
        found.wrong.append(f"the value of {name} {off}")
    return [Heat(name, "value", kind, bits) for (name, kind), bits in heat.items()]


def _value_error(mine: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """Worst relative difference of two arrays, and its wrong bits; infinite for other shapes. NaN is equal to NaN."""
    if mine.size != theirs.size:
        return math.inf, math.inf
    mine, theirs = np.ravel(mine).astype(float), np.ravel(theirs).astype(float)
    with np.errstate(invalid="ignore"):
        same = (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
        difference = np.where(same, 0.0, np.abs(theirs - mine))
    known = ~np.isnan(mine)  # what PyMC3 does not know cannot be compared
    difference = np.where(np.isnan(difference), math.inf, difference)[known]
    scale = max(1.0, float(np.max(np.abs(mine[np.isfinite(mine)]), initial=0.0)))
    return float(np.max(difference, initial=0.0)) / scale, _bits(difference, np.full(difference.shape, scale))


def difference_of_slopes(mine: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, float]:
    """Differences of two gradients where PyMC3 knows its own, and the size that they are relative to."""
    mine, theirs = np.asarray(mine, float), np.asarray(theirs, float)
    known = ~np.isnan(mine)
    with np.errstate(invalid="ignore"):
        difference = np.where(mine == theirs, 0.0, np.abs(theirs - mine))[known]
    sizes = np.abs(mine[known])
    scale = max(1.0, float(np.max(sizes[np.isfinite(sizes)], initial=0.0)))
    return np.where(np.isnan(difference), math.inf, difference), scale
