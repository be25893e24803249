"""Which of two gradients is wrong: the one that is not the derivative of PyMC3's own log density.

Some of PyMC3's formulas have a gradient that lacks a term where a parameter has a special value (``pm.Beta`` with
``beta=1``, which is the test point of many a stick-breaking model). The log density tells: its difference quotient
along the direction in which the two gradients differ is close to one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pm_migrate.reference.records import Point, PointEvaluation
from pm_migrate.verify import tolerances

Evaluate = Callable[[Sequence[Point]], Sequence[PointEvaluation]]

#: Questions about one model; where more gradients differ than that, it is no matter of special values.
MOST = 8
#: First step of the difference quotient, relative to the size of the value.
STEP = 1e-3
#: How close to one of the two the quotient has to be, as a share of their distance.
CLOSE = 0.02
EPS = 2.0**-52


def settle(
    points: Sequence[Point],
    reference: Sequence[PointEvaluation],
    candidate: Sequence[PointEvaluation],
    variables: Mapping[str, str],
    evaluate: Evaluate,
) -> tuple[list[PointEvaluation], list[str]]:
    """Put the candidate's gradient in the place of PyMC3's where that is not the derivative of PyMC3's log density.

    Parameters
    ----------
    points, reference, candidate
        Points, by the original's names, and evaluations at them.
    variables
        The candidate's name of each continuous value variable.
    evaluate
        Asks PyMC3 for its log density at other points.

    Returns
    -------
    (list, list)
        The evaluations of PyMC3 to compare with, and what was found out. A gradient of the candidate that is not the
        derivative either stays a difference.
    """
    settled, notes = list(reference), []
    differing = [
        (i, name)
        for name, other in variables.items()
        for i, (b, a) in enumerate(zip(reference, candidate, strict=True))
        if np.isfinite(a.logp) and np.isfinite(b.logp) and _differ(b.gradient[name], a.gradient[other])
    ]
    if len(differing) > MOST:
        return settled, []
    for i, name in differing:
        mine, theirs = (
            np.asarray(g, float) for g in (reference[i].gradient[name], candidate[i].gradient[variables[name]])
        )
        if _is_derivative(points[i], name, mine, theirs, evaluate):
            settled[i] = replace(settled[i], gradient={**settled[i].gradient, name: theirs})
            notes.append(name)
    words = "PyMC3's gradient of {} is not the derivative of its log density at {} point(s); the other one is"
    return settled, [words.format(name, notes.count(name)) for name in dict.fromkeys(notes)]


def _differ(mine: np.ndarray, theirs: np.ndarray) -> bool:
    mine, theirs = np.asarray(mine, float), np.asarray(theirs, float)
    if not (np.all(np.isfinite(mine)) and np.all(np.isfinite(theirs))):
        return False
    scale = max(1.0, float(np.max(np.abs(mine), initial=0.0)))
    return bool(np.max(np.abs(theirs - mine), initial=0.0) > tolerances.GRADIENT * scale)


def _is_derivative(point: Point, name: str, mine: np.ndarray, theirs: np.ndarray, evaluate: Evaluate) -> bool:
    """Whether the second of two gradients is the slope of the log density along their difference."""
    apart = float(np.linalg.norm(theirs - mine))
    direction = (theirs - mine) / apart
    value = np.asarray(point[name], float)
    step = STEP * max(1.0, float(np.max(np.abs(value), initial=0.0)))
    moves = [step, -step, step / 2, -step / 2]
    logps = [e.logp for e in evaluate([{**point, name: value + move * direction} for move in moves])]
    if not np.all(np.isfinite(logps)):
        return False
    coarse, fine = (logps[0] - logps[1]) / (2 * step), (logps[2] - logps[3]) / step
    slope = (4 * fine - coarse) / 3  # Richardson: the error of second order is gone
    unsure = abs(fine - coarse) + 8 * EPS * max(map(abs, logps)) / step
    wanted = float(np.sum(theirs * direction))
    return abs(slope - wanted) <= CLOSE * apart and unsure <= apart / 2
