"""Record what PyMC3 says of every row: ``python -m equivalence_tests.record`` writes ``recorded/*.json``.

The record judges the catalogue without PyMC3, and a meta-test perturbs the catalogue to see that it does. It holds, for
every parametrisation, the log density and gradient at fixed points, the test value, the default transform and the
moments; for every row the constructor's signature and default values; for every transform, values and Jacobians.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from equivalence_tests import engine, fixed_points, strategies
from equivalence_tests.engine import Point, Result
from equivalence_tests.fixed_points import lines, plain, plain_point
from equivalence_tests.test_edges import beside, edges
from equivalence_tests.test_transforms import CASES, PROGRAM
from pm_migrate.catalog import ROWS, Distribution, Form, expr
from pm_migrate.catalog.exports import PYMC3_NAMES
from pm_migrate.errors import RemoteError
from pm_migrate.reference import provision
from pm_migrate.reference.client import ReferenceClient

RECORD = Path(__file__).parent / "recorded" / "pymc3.json"
TRANSFORMS = Path(__file__).parent / "recorded" / "transforms.json"

#: Interior points of a form.
INTERIOR = 5

#: Points that domains do not lead to.
EXTRA: Mapping[tuple[str, tuple[str, ...]], list[tuple[str, dict[str, Any], Any]]] = {
    ("LKJCorr", ("eta", "n")): [("border", {"eta": 2.5, "n": 2.0}, [0.3])],
    ("LKJCorr", ("n", "p")): [("border", {"n": 3.0, "p": 2.0}, [0.3]), ("border", {"n": 2.0, "p": 2.0}, [0.3])],
    ("Triangular", ("lower", "upper", "c")): [("end", {"lower": -0.5, "upper": 1.7, "c": -0.5}, -0.5)],
    ("HyperGeometric", ("N", "k", "n")): [("border", {"N": 0.0, "k": 0.0, "n": 0.0}, 0.0)],
}

#: Rows whose free variable is made without ``shape=``: there are no parameters, or they say the shape.
SHAPELESS = frozenset({"Flat", "HalfFlat", "LKJCorr"})

#: Such a variable, told by constants of the model; arrays by their sums.
PROGRAM_OF_ONE = """
import numpy as np
import pymc3 as pm

with pm.Model() as model:
    x = pm.{name}("x", **{arguments})
    told = {{"test_value": x.tag.test_value}}
    for moment in ("mean", "median", "mode", "variance"):
        number = getattr(x.distribution, moment, None)
        if number is not None:
            told[moment] = number.eval() if hasattr(number, "eval") else number
    try:
        x.distribution.random(size=2)
        told["draws"] = 1.0
    except Exception:
        pass
    for name, number in told.items():
        pm.Potential(name, pm.math.constant(float(np.sum(number))))
"""


def answers(
    reference: ReferenceClient, row: Distribution, form: Form, points: Sequence[Point], method: str = "logp"
) -> list[Result | None]:
    """PyMC3's answers; None where it raises."""
    if row.kind == "categorical" and len({engine.shapes(form, p) for p in points}) > 1:
        # PyMC3 keeps the number of categories that it was made with
        made = {}
        for shape in {engine.shapes(form, p) for p in points}:
            engine._REFERENCE.clear()
            mine = [i for i, p in enumerate(points) if engine.shapes(form, p) == shape]
            made |= dict(zip(mine, answers(reference, row, form, [points[i] for i in mine], method), strict=True))
        return [made[i] for i in range(len(points))]
    try:
        return list(engine.pymc3(reference, row, form, points, method))
    except RemoteError:
        if len(points) == 1:
            return [None]
        return [answer for point in points for answer in answers(reference, row, form, [point], method)]


def around(row: Distribution, form: Form, interior: Sequence[Point]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Points at and beyond the edges of parameters and support."""
    usual, _ = fixed_points.usual(row, form)[0]
    for edge in edges(row, form):
        if edge.kind in {"invalid", "outside", "end"} and _typed(row, edge.parameters, edge.value):
            # overflow makes these invalid, not the domains
            large = edge.kind == "invalid" and any(
                _overflows(v) for n, v in edge.parameters.items() if not np.array_equal(v, usual[n])
            )
            yield "tight" if large else edge.kind, edge.parameters, edge.value
            if edge.kind == "invalid" and row.discrete and not row.rank:
                for at in (0.0, 1.0, max(float(np.max(edge.parameters.get("n", 2.0))), -1.0)):
                    yield "tight" if large else edge.kind, edge.parameters, at
    for given, value in interior:
        yield from _borders(row, form, given, value)
    given, value = interior[0]
    yield from _joint(row, form, given, value)
    for name in form.given:
        domain = row.param(name).domain
        if domain.structure in {"positive_definite", "cholesky"}:
            yield "invalid", {**given, name: -np.asarray(given[name])}, value
        elif domain.structure == "increasing" and row.name in engine.TABLES:
            yield "invalid", {**given, name: np.asarray(given[name])[::-1]}, value
        elif not domain.rank and not domain.integer and any("inf" in condition for condition in row.conditions):
            yield "infinite", {**given, name: np.inf}, value
    yield from _poles(row, form, interior)
    yield from EXTRA.get((row.name, form.given), [])


def _overflows(x: Any) -> bool:
    sizes = np.abs(np.asarray(x, float))
    return bool(np.any((sizes > 1e100) & (np.asarray(x) > 0) | (sizes < 1e-100) & (sizes > 0)))


def _typed(row: Distribution, parameters: Mapping[str, Any], value: Any) -> bool:
    """Whether PyMC3's integers hold the integer parameters and values."""
    whole = [v for n, v in parameters.items() if row.param(n).domain.integer] + ([value] if row.discrete else [])
    return all(np.all(np.abs(v) < 2.0**62) for v in whole)


def _borders(
    row: Distribution, form: Form, given: Mapping[str, Any], value: Any
) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Closed ends of the parameters' domains, at values where the density may be finite."""
    for name in form.given:
        domain = row.param(name).domain
        for text, closed in ((domain.lower, domain.closed_lower), (domain.upper, domain.closed_upper)):
            if text not in {"0", "1"} or not (closed or text == "1"):
                continue
            changed = np.array(given[name], float)
            changed[(0,) * changed.ndim] = float(text)
            moved = {**given, name: changed[()]}
            if row.rank or domain.rank:
                yield "border", moved, _without_first(row, given, value, name)
                continue
            for at in {float(value), *(x for x in (0.0, 1.0, given.get("n")) if x is not None and row.discrete)}:
                yield "border", moved, at


def _without_first(row: Distribution, given: Mapping[str, Any], value: Any, changed: str) -> Any:
    """A value that a weight of 0 for the first category, or no trials, allows."""
    if row.kind == "categorical":
        return 1.0
    if not row.discrete:
        return value
    if changed == "n":
        return np.zeros(np.shape(value))
    counts = np.array(value, float)
    counts[1] += counts[0]
    counts[0] = 0.0
    return counts


def _joint(
    row: Distribution, form: Form, given: Mapping[str, Any], value: Any
) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Violations of conditions between two parameters, and sums of weights that are 0."""
    for condition in row.conditions:
        names = sorted(expr.names(condition) & set(form.given))
        if len(names) == 2 and len(expr.names(condition)) == 2 and not row.rank:
            for x, y in (names, reversed(names)):
                for off in (0.0, 1.0):
                    for at in {float(value), float(given[y])}:
                        yield "tight", {**given, x: float(given[y]) + off}, at
        if "sum(" in condition and names:
            yield "tight", {**given, names[0]: np.zeros_like(given[names[0]])}, value


def _poles(row: Distribution, form: Form, interior: Sequence[Point]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Closed ends of the support, where a density may have a pole: for shapes below, at and above 1."""
    if row.rank or row.discrete:
        return
    shapes = [n for n in form.given if row.param(n).domain.lower == "0" and not row.param(n).domain.rank]
    variants = [dict(given) for given, _ in interior]
    variants += [{**interior[0][0], **dict.fromkeys(shapes, size)} for size in (0.5, 1.0, 2.0) if shapes]
    for given in variants:
        canonical = strategies.canonical_parameters(row, form, given)
        for text, closed in (
            (row.support.lower, row.support.closed_lower),
            (row.support.upper, row.support.closed_upper),
        ):
            end = float(np.asarray(expr.evaluate(text, canonical, strategies.NUMPY_FUNCTIONS)))
            if closed and np.isfinite(end):
                yield "end", given, end
                yield "end", given, beside(end, 1.0 if text == row.support.lower else -1.0)


def record_form(reference: ReferenceClient, row: Distribution, form: Form) -> dict[str, Any]:
    """The record of one parametrisation."""
    usual = fixed_points.usual(row, form)
    interior = usual[:INTERIOR]
    marked = [("interior", *p) for p in interior]
    for kind, parameters, value in around(row, form, interior):
        entry = (kind, parameters, value)
        if told(*entry) not in [told(*m) for m in marked]:
            marked.append(entry)
    points = []
    for (kind, *point), answer in zip(
        marked, answers(reference, row, form, [(p, v) for _, p, v in marked]), strict=True
    ):
        if answer is not None:
            gradient = {n: plain(g) for n, g in sorted(answer.gradient.items())} if kind == "interior" else {}
            points.append({**told(kind, *point), "logp": plain(answer.logp), "gradient": gradient})
        elif kind == "invalid":  # PyMC3 raises: the parameters are invalid, and no log density judges
            points.append({**told("raises", *point), "logp": "nan", "gradient": {}})
    for entry, point in zip(points, interior, strict=False):
        if row.logcdf is None:
            break
        (cdf,) = answers(reference, row, form, [point], "logcdf")
        if cdf is not None:
            entry["logcdf"] = plain(cdf.logp)
    return {"points": points, "defaults": _defaults(reference, row, usual)} | _omitted(reference, row, form, interior)


def _omitted(reference: ReferenceClient, row: Distribution, form: Form, interior: Sequence[Point]) -> dict[str, Any]:
    """PyMC3's log density without a parameter that its signature gives None, and the row a number."""
    given, value = interior[0]
    found = {}
    info = {p["name"]: p["default"] for p in reference.distribution_info(row.name)["parameters"]}
    for name in form.given:
        if row.param(name).default is not None and literal(info[name]) is None:
            shorter = dataclasses.replace(form, given=tuple(n for n in form.given if n != name))
            (answer,) = answers(reference, row, shorter, [({n: given[n] for n in shorter.given}, value)])
            found[name] = None if answer is None else plain(answer.logp)
    return {"omitted": found} if found else {}


def told(kind: str, parameters: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """A point with what it is."""
    return {"kind": kind, **plain_point(parameters, value)}


def _defaults(reference: ReferenceClient, row: Distribution, interior: Sequence[Point]) -> dict[str, Any]:
    """Test value, transform and moments at the first point for which PyMC3 can make a free variable."""
    if row.name in SHAPELESS:
        return _by_program(reference, row, interior[0][0])
    problem, degenerate = "", None
    for given, value in interior:
        arrays = {n: np.asarray(v, engine._dtype(row, n)) for n, v in given.items()}
        sizes = engine.SIZES.get((row.name, tuple(given)), ())
        arrays |= {n: int(given[n]) for n in sizes}
        try:
            made = reference.distribution_defaults(row.name, arrays, np.shape(value))
        except RemoteError as error:
            problem = str(error).splitlines()[0]
            continue
        found = {
            "given": {n: plain(v) for n, v in given.items()},
            "transform": made["transform"],
            "test_value": plain(made["test_value"]),
            "draws": made["draws"],
            "moments": {n: plain(v) for n, v in made["moments"].items()},
        }
        if all(np.all(np.isfinite(v)) for v in made["moments"].values()):
            return found
        degenerate = degenerate or found
    return degenerate or {"unavailable": problem}


def _by_program(reference: ReferenceClient, row: Distribution, given: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {n: int(v) if row.param(n).domain.integer else float(v) for n, v in given.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(PROGRAM_OF_ONE.format(name=row.name, arguments=arguments), encoding="utf-8")
        program = reference.load_program(path)
        if program.error:
            return {"unavailable": str(program.error)}
        (model,) = program.models
        (variable,) = model.variables
        (answer,) = reference.evaluate(program, model, [model.test_point])
    return {
        "given": {n: plain(v) for n, v in given.items()},
        "transform": variable.transform,
        "test_value": plain(answer.terms["test_value"]),
        "draws": "draws" in answer.terms,
        "moments": {n: plain(v) for n, v in answer.terms.items() if n in {"mean", "median", "mode", "variance"}},
    }


def record_row(reference: ReferenceClient, row: Distribution, classes: Mapping[str, str]) -> dict[str, Any]:
    """The record of one row; ``classes`` are the classes of PyMC3's names."""
    info = reference.distribution_info(row.name)
    return {
        "name": row.name,
        "aliases": sorted(n for n, c in classes.items() if c == info["name"] and n != row.name),
        "bases": info["bases"],
        "signature": [p["name"] for p in info["parameters"]],
        "defaults": {p["name"]: literal(p["default"]) for p in info["parameters"]},
        "discrete": info["discrete"],
        "forms": {",".join(form.given): record_form(reference, row, form) for form in row.forms},
    }


def literal(text: str | None) -> Any:
    """A default value from its ``repr``; None where it is no number."""
    try:
        value = None if text is None else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return plain(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


def classes_of(reference: ReferenceClient) -> dict[str, str]:
    """PyMC3's names of classes."""
    found = {}
    for name in sorted(PYMC3_NAMES):
        try:
            found[name] = reference.distribution_info(name)["name"]
        except RemoteError:
            continue  # not a class
    return found


def record_transforms(reference: ReferenceClient) -> dict[str, Any]:
    """Values, Jacobians and gradients of every transform at fixed points."""
    found = {}
    for case in CASES:
        size = max(case.sizes)
        reach = min(case.pymc3_reach, 3.0)
        ys = np.random.default_rng(11).uniform(-reach, reach, size=(3, size)).round(3)
        # beyond pi, angles are wrapped
        ys[0] *= 2.0 if case.name == "circular" else 1.0
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "program.py"
            width = size + (case.name in {"stickbreaking", "sumto1"})
            count = size if case.elementwise else 1
            path.write_text(PROGRAM.format(source=case.source, size=size, width=width, count=count), encoding="utf-8")
            program = reference.load_program(path)
            assert not program.error, program.error
            points = [{"y": y} for y in ys]
            of_x, of_j = (reference.evaluate(program, model, points) for model in program.models)
        found[case.name] = [
            {
                "y": plain(y),
                "x": [plain(x.terms[f"x{i}"]) for i in range(width)],
                "jacobian": [plain(j.terms[f"j{i}"]) for i in range(count)],
                "slope": plain(x.gradient["y"]),
                "jacobian_slope": plain(j.gradient["y"]),
            }
            for y, x, j in zip(ys, of_x, of_j, strict=True)
        ]
    return found


def main(wanted: Sequence[str] = ()) -> None:
    """Record every transform and every row, or only the rows that are wanted."""
    python = provision.find()
    assert python is not None, "run `pm-migrate reference install`"
    RECORD.parent.mkdir(exist_ok=True)
    with ReferenceClient(python, timeout=600.0) as reference:
        transforms = record_transforms(reference)
        TRANSFORMS.write_text("\n".join(lines(transforms)) + "\n", encoding="utf-8")
        classes = classes_of(reference)
        record = json.loads(RECORD.read_text(encoding="utf-8")) if wanted else {}
        for row in ROWS:
            if wanted and row.name not in wanted:
                continue
            record[row.name] = record_row(reference, row, classes)
            for key, form in record[row.name]["forms"].items():
                unavailable = form["defaults"].get("unavailable", "")
                print(f"{row.name}({key})", unavailable and f": no free variable: {unavailable}", flush=True)
    ordered = {row.name: record[row.name] for row in ROWS}
    RECORD.write_text("\n".join(lines(ordered)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
