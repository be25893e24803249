"""The third opinion: the formula of the catalogue, in high precision, at the parameters that PyMC3 has at a point."""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pm_migrate.reference.records import Point
    from pm_migrate.verify.blame import Both

#: Elements of a term that are summed in high precision: each takes a few milliseconds.
ELEMENTS = 400
#: Numbers that the formula of one vector or matrix takes: ten dimensions of a normal take three seconds, more of them
#: take with the sixth power.
SCALARS = 150


def formula(both: Both, name: str, point: Point, original: float, candidate: float) -> str:
    """Say what the formula gives for a term without its Jacobian, and who is nearer; empty where there is none."""
    if not available():
        return "for a third opinion, the formula in high precision: pip install mpmath"
    found = opinion(both, name, point)
    if found is None:
        return ""
    title, truth, _ = found
    errors = abs(original - truth), abs(candidate - truth)
    if min(errors) > 1e-6 * max(1.0, abs(truth)):
        who = "agrees with neither"
    else:
        who = "PyMC3 is right" if errors[0] < errors[1] else "PyMC3 is wrong here"
    numbers = f"PyMC3 has {original:.17g}, it has {candidate:.17g}, the formula of {title} gives {truth:.17g}"
    return f"without the Jacobian, at PyMC3's parameters: {numbers}: {who}"


def available() -> bool:
    """Whether there is what computes in high precision."""
    return find_spec("mpmath") is not None


def opinion(both: Both, name: str, point: Point) -> tuple[str, float, float] | None:
    """Return the distribution, what its formula gives for a term without its Jacobian, and the conditioning of that.

    None where it cannot say. The conditioning is the sum of the absolute terms and of ``|x df/dx|`` over value and
    parameters ``x``: one rounding of each changes the number by up to 2**-53 of it.

    The distribution and its parameters are those of the original: if the candidate has others, it is the candidate
    that is wrong, and the formula agrees with PyMC3.
    """
    from pm_migrate.catalog import DISTRIBUTIONS

    names = sorted({n for row in DISTRIBUTIONS.values() for form in row.forms for n in form.given})
    found = both.reference.term_inputs(both.program, both.info, name, names, point)
    row = DISTRIBUTIONS.get(found["distribution"])
    if row is None or found["scaled"]:
        return None
    form = next((form for form in row.forms if set(form.given) <= set(found["parameters"])), None)
    truth = None if form is None else _total(row, form, found)
    return None if truth is None or not math.isfinite(sum(truth)) else (row.name, *truth)


def _total(row: Any, form: Any, found: dict[str, Any]) -> tuple[float, float] | None:
    """The sum of the formula over the elements of a term, and of its conditioning."""
    from pm_migrate.verify.oracle import Oracle

    value = np.asarray(found["value"], float)
    parameters = {n: np.asarray(found["parameters"][n], float) for n in form.given}
    if row.rank:
        if value.ndim != row.rank or value.size + sum(p.size for p in parameters.values()) > SCALARS:
            return None
        truth = Oracle(row, form, parameters, value).truth
        return truth.logp, truth.condition
    ranks = {n: row.param(n).domain.rank for n in form.given}  # the points of an Interpolated are a vector
    try:
        shape = np.broadcast_shapes(value.shape, *(p.shape[: p.ndim - ranks[n]] for n, p in parameters.items()))
    except ValueError:
        return None
    taken = sum(p.shape[-1] for n, p in parameters.items() if ranks[n])
    if int(np.prod(shape)) * max(taken, 1) > ELEMENTS:
        return None
    value = np.broadcast_to(value, shape)
    full = {n: np.broadcast_to(p, shape + p.shape[p.ndim - ranks[n] :]) for n, p in parameters.items()}
    truths = [Oracle(row, form, {n: p[i] for n, p in full.items()}, value[i]).truth for i in np.ndindex(shape)]
    return float(sum(t.logp for t in truths)), float(sum(t.condition for t in truths))
