"""Record what PyMC3 says of every row: ``python -m equivalence_tests.record`` writes ``recorded/pymc3.json``.

The record judges the catalogue without PyMC3, and a meta-test perturbs the catalogue to see that it does. It holds, for
every parametrisation, the log density and gradient at fixed points (some of them edges), the test value, the default
transform and the moments, and for every row the constructor's signature.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from equivalence_tests import engine, strategies
from equivalence_tests.test_edges import edges
from pm_migrate.catalog import ROWS, Distribution, Form
from pm_migrate.catalog.exports import PYMC3_NAMES
from pm_migrate.errors import RemoteError
from pm_migrate.reference import provision
from pm_migrate.reference.client import ReferenceClient

RECORD = Path(__file__).parent / "recorded" / "pymc3.json"
INTERIOR = 4


def plain(value: Any) -> Any:
    """Arrays as lists, with infinities and NaN as words."""
    array = np.asarray(value)
    if array.shape:
        return [plain(entry) for entry in array]
    number = array.item()
    return number if not isinstance(number, float) or np.isfinite(number) else str(number)


def record_form(reference: ReferenceClient, row: Distribution, form: Form) -> dict[str, Any]:
    """The record of one parametrisation."""
    found: dict[str, Any] = {}
    interior = [strategies.example(row, form, n) for n in range(INTERIOR)]
    marked = [("interior", *p) for p in interior]
    marked += [(e.kind, e.parameters, e.value) for e in edges(row, form) if e.kind in {"invalid", "outside", "end"}]
    answers = engine.pymc3(reference, row, form, [(p, v) for _, p, v in marked])
    found["points"] = [
        {
            "kind": kind,
            "given": {n: plain(x) for n, x in parameters.items()},
            "value": plain(value),
            "logp": plain(answer.logp),
            "gradient": {n: plain(g) for n, g in answer.gradient.items()} if kind == "interior" else {},
        }
        for (kind, parameters, value), answer in zip(marked, answers, strict=True)
    ]
    if row.logcdf is not None:
        for entry, point in zip(found["points"], interior, strict=False):
            (answer,) = engine.pymc3(reference, row, form, [point], "logcdf")
            entry["logcdf"] = plain(answer.logp)
    given, value = interior[0]
    arrays = {n: np.asarray(v, "int64" if row.param(n).domain.integer else "float64") for n, v in given.items()}
    try:
        defaults = reference.call("distribution_defaults", name=row.name, kwargs=arrays, shape=list(np.shape(value)))
        found["defaults"] = {
            "given": {n: plain(v) for n, v in given.items()},
            "transform": defaults["transform"],
            "dtype": defaults["dtype"],
            "test_value": plain(defaults["test_value"]),
            "draws": defaults["draws"],
            "moments": {n: plain(v) for n, v in defaults["moments"].items()},
        }
    except Exception as error:
        found["defaults"] = None
        print(f"{row.name}{form.given}: no defaults: {str(error).splitlines()[-1][:200]}")
    return found


def main() -> None:
    """Record every row."""
    python = provision.find()
    assert python is not None, "run `pm-migrate reference install`"
    record: dict[str, Any] = {}
    with ReferenceClient(python, timeout=600.0) as reference:
        classes = {}
        for name in sorted(PYMC3_NAMES):
            try:
                classes[name] = reference.call("distribution_info", name=name)["name"]
            except RemoteError:
                continue  # not a class
        for row in ROWS:
            info = reference.call("distribution_info", name=row.name)
            record[row.name] = {
                "aliases": [n for n, c in classes.items() if c == info["name"] and n != row.name],
                "bases": info["bases"],
                "signature": [p["name"] for p in info["parameters"]],
                "defaults": {p["name"]: p["default"] for p in info["parameters"]},
                "discrete": info["discrete"],
                "forms": {",".join(form.given): record_form(reference, row, form) for form in row.forms},
            }
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
