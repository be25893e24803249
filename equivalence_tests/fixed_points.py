"""Fixed points of every parametrisation, kept in a file: the same with every release of Hypothesis.

``python -m equivalence_tests.fixed_points`` draws them for rows that have none; with names of rows, those anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import Phase, seed, settings
from hypothesis import given as drawing

from equivalence_tests import strategies, tolerances
from equivalence_tests.engine import Point
from equivalence_tests.oracle import Oracle
from pm_migrate.catalog import ROWS, Distribution, Form

POINTS = Path(__file__).parent / "recorded" / "points.json"

#: Points of a form that are kept, the moderate ones among which they are chosen, and the draws that those come from.
KEPT, CANDIDATES, DRAWN = 8, 15, 250
#: A moderate point: PyMC3's own error is below this share, and the conditioning is not extreme.
FAULT, CONDITION, COUNT = 1e-3, 1e4, 500.0


def plain(value: Any) -> Any:
    """Arrays as lists, with infinities and NaN as words."""
    array = np.asarray(value)
    if array.shape:
        return [plain(entry) for entry in array]
    number = array.item()
    return number if not isinstance(number, float) or np.isfinite(number) else str(number)


def number(value: Any) -> Any:
    """A recorded number or array."""
    if isinstance(value, list):
        return np.array([number(v) for v in value])
    return np.float64(value)


def plain_point(parameters: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """A point as it is recorded."""
    return {"given": {n: plain(x) for n, x in parameters.items()}, "value": plain(value)}


@cache
def _recorded() -> dict[str, dict[str, list[dict[str, Any]]]]:
    return json.loads(POINTS.read_text(encoding="utf-8"))


def usual(row: Distribution, form: Form) -> list[Point]:
    """Points of moderate size, in the interior; the first ones as different from each other as can be.

    Raises
    ------
    LookupError
        Where none are recorded.
    """
    recorded = _recorded().get(row.name, {}).get(",".join(form.given))
    if recorded is None:
        raise LookupError(f"no points of {row.name}{form.given}: run `python -m equivalence_tests.fixed_points`")
    return [({n: number(v) for n, v in entry["given"].items()}, number(entry["value"])) for entry in recorded]


def moderate(row: Distribution, form: Form) -> list[Point]:
    """Fixed points that tell: of moderate size, where PyMC3 is accurate, and the first three different from each other.

    A change by one percent of a parameter that is 0, 1 or 1e-200 shows in nothing.
    """
    drawn = sorted(_drawn(row, form), key=lambda point: _dullness(row, point))
    distinct = [p for i, p in enumerate(drawn) if plain_point(*p) not in [plain_point(*q) for q in drawn[:i]]]
    nearest = distinct[:CANDIDATES]
    found = [p for p in nearest if _accurate(row, form, p)] or nearest[:1]
    chosen = [found.pop(0)]
    while found:
        seen = set().union(*map(_features, chosen))
        best = max(found, key=lambda p: len(_features(p) - seen))
        chosen.append(best)
        found = [p for p in found if p is not best]
    return chosen[:KEPT]


def _drawn(row: Distribution, form: Form) -> list[Point]:
    found: list[Point] = []

    @seed(0)
    @settings(max_examples=DRAWN, database=None, phases=[Phase.generate], deadline=None)
    @drawing(point=strategies.point(row, form))
    def collect(point: Point) -> None:
        found.append(point)

    collect()
    return found


def _dullness(row: Distribution, point: Point) -> float:
    """How far the numbers are from ones of ordinary size without a special meaning."""
    parameters, value = point
    numbers = [float(v) for v in (*parameters.values(), value) if not np.ndim(v)]
    total = 6.0 * (len(numbers) - len(set(numbers)))
    for name, x in (*parameters.items(), ("value", value)):
        integer = row.discrete if name == "value" else row.param(name).domain.integer
        array = np.abs(np.ravel(np.asarray(x, float)))
        sizes = np.abs(np.log10(np.where(array > 0, array, 1.0) / (6.0 if integer else 1.0)))
        near_one = np.where((array > 0.5) & (array < 2) & (array != 1), np.abs(1 - array), 1.0)
        sizes = np.maximum(sizes, -np.log10(near_one))
        special = (array <= 1) if integer else (array * 4 == np.round(array * 4))
        total += float(np.mean(sizes + 6.0 * (special & (np.size(array) == 1 or name == "value"))))
    return total


def _accurate(row: Distribution, form: Form, point: Point) -> bool:
    truth = Oracle(row, form, *point).truth
    fault = tolerances.pymc3_allowance(row, point, truth) / max(1.0, abs(truth.logp))
    slopes = [float(np.max(c, initial=0.0)) for c in truth.gradient_condition.values()]
    # the formulas of some distribution functions add up all counts below the value
    large = row.discrete and any(np.any(np.abs(v) > COUNT) for v in (*point[0].values(), point[1]))
    return not large and fault < FAULT and max(truth.condition, *slopes, 0.0) < CONDITION


def _features(point: Point) -> set[tuple[str, str]]:
    """Which scalars are negative, small or large, and the shapes of the others."""
    parameters, value = point
    found = set()
    for name, x in (*parameters.items(), ("value", value)):
        if np.ndim(x):
            found.add((name, str(np.shape(x))))
        else:
            found.add((name, "negative" if x < 0 else "small" if x < 0.9 else "large"))
    return found


def lines(value: Any, depth: int = 0) -> Iterable[str]:
    """JSON with one line per point: differences of two records can be read."""
    if depth == 5 or not isinstance(value, dict | list) or not value or not _nested(value):
        yield json.dumps(value)
        return
    entries = (
        [(f"{json.dumps(k)}: ", v) for k, v in value.items()] if isinstance(value, dict) else [("", v) for v in value]
    )
    yield "{" if isinstance(value, dict) else "["
    for i, (label, entry) in enumerate(entries):
        comma = "," if i + 1 < len(entries) else ""
        made = list(lines(entry, depth + 1))
        made[0] = label + made[0]
        made[-1] += comma
        yield from (" " + line for line in made)
    yield "}" if isinstance(value, dict) else "]"


def _nested(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return any(isinstance(v, dict) for v in inner) or (
        isinstance(value, dict) and any(isinstance(v, list) and v and isinstance(v[0], dict) for v in inner)
    )


def main(wanted: Sequence[str] = ()) -> None:
    """Draw the points that are missing, and those of the wanted rows."""
    kept = _recorded() if POINTS.exists() else {}
    made: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in ROWS:
        made[row.name] = {}
        for form in row.forms:
            key = ",".join(form.given)
            if row.name not in wanted and key in kept.get(row.name, {}):
                made[row.name][key] = kept[row.name][key]
            else:
                made[row.name][key] = [plain_point(*point) for point in moderate(row, form)]
                print(f"{row.name}({key})", flush=True)
    POINTS.write_text("\n".join(lines(made)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
