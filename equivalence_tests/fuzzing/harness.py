"""The harness as a judge of seeded faults: the record of PyMC3's numbers, and the programs of its tests.

Of distributions, transforms and Gaussian processes PyMC3's numbers are in ``equivalence_tests/recorded``; what it says
about the programs is asked once and kept, as for those of the fuzzer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from equivalence_tests.fuzzing.draft import Written

HERE = Path(__file__).parent.parent


def programs() -> Iterator[tuple[str, Written]]:
    """The models of the tests of composites, of time series and of whole programs, each a program that ends there."""
    from equivalence_tests import test_composites, test_models, test_series

    for name in test_composites.MODELS:
        yield f"composite {name}", Written((test_composites.source(name, "pymc3", "theano"),), frozenset())
    for name, body in test_series.MODELS.items():
        parameters = test_series.PARAMETERS.format(shape=3 if name == "AR1 of several series" else 2)
        yield (
            f"series {name}",
            Written((f"{test_series.HEADER}\nwith pm.Model() as model:\n    {parameters}\n    {body}\n",), frozenset()),
        )
    sources = {name: test_models.PREAMBLE + body for name, body in test_models.PROGRAMS.items()}
    sources |= {path.stem: path.read_text(encoding="utf-8") for path in sorted(test_models.FOLDER.glob("*.py"))}
    for name, source in sources.items():
        ends = [*(m.start() for m in re.finditer(r"^with pm\.Model\(", source, re.M))][1:]
        for i, end in enumerate([*ends, len(source)]):
            yield f"program {name}, model {i}", Written((source[:end],), frozenset())


def cases() -> list[str]:
    """The names of what is recorded."""
    from equivalence_tests.gp_programs import PROGRAMS
    from equivalence_tests.test_transforms import CASES
    from pm_migrate.catalog import ROWS

    return [
        *(f"row {row.name}" for row in ROWS),
        *(f"transform {case.name}" for case in CASES),
        *(f"process {name}" for name in PROGRAMS),
    ]


def contradicted(case: str) -> str:
    """What the record says against one of the cases; empty for nothing."""
    kind, _, name = case.partition(" ")
    return {"row": _row, "transform": _transform, "process": _process}[kind](name)


def _row(name: str) -> str:
    from equivalence_tests.verdicts import facts, judge, judge_runtime
    from pm_migrate.catalog import DISTRIBUTIONS

    row, fact = DISTRIBUTIONS[name], facts()[name]
    return judge(row, fact) or judge_runtime(row, fact)


def _transform(name: str) -> str:
    from equivalence_tests.formula_mutation import judge_transform
    from equivalence_tests.test_transforms import CASES

    return judge_transform(next(case for case in CASES if case.name == name))


@cache
def _processes() -> dict[str, Any]:
    from equivalence_tests.gp_programs import RECORDED

    return json.loads(RECORDED.read_text(encoding="utf-8"))


def _process(name: str) -> str:
    from equivalence_tests.gp_programs import PROGRAMS
    from equivalence_tests.test_gp import TOLERANCES
    from equivalence_tests.test_theano_programs import compared, outcome
    from pm_migrate.shims.installation import install, uninstall

    install()
    try:
        tolerance, _ = TOLERANCES.get(name, (1e-12 if name.startswith("covariances") else 1e-10, ""))
        return "; ".join(compared(outcome(PROGRAMS[name]), _processes()[name], tolerance))
    finally:
        uninstall()
