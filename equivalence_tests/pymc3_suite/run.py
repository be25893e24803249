"""Run PyMC3's own tests against the drop-in and tabulate them: ``python -m equivalence_tests.pymc3_suite.run``.

Without arguments all of its test modules, which takes an hour or more; else the modules named. ``--record`` keeps the
outcomes, from which ``docs/generate.py`` makes docs/pymc3-suite.md and below which a later run must not fall.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equivalence_tests.pymc3_suite import causes
from pm_migrate.reference import provision

RECORD = Path(__file__).parent.parent / "recorded" / "pymc3_suite.json"

#: Pytest's exit statuses after a run to its end: all passed, some failed, or none was there.
ENDED = (0, 1, 5)


@dataclass(frozen=True)
class Outcome:
    """What became of one test.

    Attributes
    ----------
    test
        ``module::Class::function[parameters]``.
    outcome
        ``passed``, ``failed``, ``error`` (import or fixture) or ``skipped`` (also expected failures of PyMC3's own).
    message
        The first lines of the failure, or the reason of the skip.
    seconds
        How long it took.
    """

    test: str
    outcome: str
    message: str = ""
    seconds: float = 0.0

    @property
    def bad(self) -> bool:
        return self.outcome in ("failed", "error")


def tests_folder() -> Path:
    """PyMC3's tests in the reference environment.

    Raises
    ------
    FileNotFoundError
        Without a reference environment, or where its PyMC3 has no tests.
    """
    python = provision.find()
    if python is None:
        raise FileNotFoundError("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    command = [
        str(python),
        "-c",
        "import importlib.util as u; print(u.find_spec('pymc3').submodule_search_locations[0])",
    ]
    place = (
        Path(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.strip()) / "tests"
    )
    if not place.is_dir():
        raise FileNotFoundError(f"the PyMC3 of {python} came without its tests ({place})")
    return place


def modules() -> list[str]:
    """Names of PyMC3's test modules."""
    return sorted(path.stem for path in tests_folder().glob("test_*.py"))


def run(*names: str, seconds_per_test: int = 300, limit: int = 3600) -> list[Outcome]:
    """Outcomes of the tests of one or more modules, in one process.

    A module that did not run to its end, since the process died or was stopped, has a failing "test" of the name
    :data:`~equivalence_tests.pymc3_suite.causes.WHOLE`, which says so.

    Parameters
    ----------
    names
        Modules, without ``.py``; they run in this order.
    seconds_per_test
        A test that takes longer fails.
    limit
        Seconds after which the process is stopped.
    """
    with tempfile.TemporaryDirectory(prefix="pymc3-tests-") as folder:
        tests = Path(folder) / "pymc3" / "tests"
        shutil.copytree(tests_folder(), tests, ignore=shutil.ignore_patterns("__pycache__"))
        (tests.parent / "__init__.py").touch()  # so that pytest takes pymc3.tests for the modules' package
        outcomes = Path(folder) / "outcomes.jsonl"
        environment = {
            **os.environ,
            "PM_MIGRATE_PYMC3_TESTS": str(tests),
            "PM_MIGRATE_OUTCOMES": str(outcomes),
            "PM_MIGRATE_SECONDS_PER_TEST": str(seconds_per_test),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
            "MPLBACKEND": "Agg",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "equivalence_tests.pymc3_suite.plugin"]
        command += ["-p", "no:cacheprovider", "-W", "ignore", "--rootdir", folder, "--tb", "short"]
        command += ["--continue-on-collection-errors", *(str(tests / f"{name}.py") for name in names)]
        try:
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=limit)
            trouble = "" if done.returncode in ENDED else f"exit status {done.returncode}"
            trouble += f"\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        except subprocess.TimeoutExpired:
            trouble = f"stopped after {limit} s"
        lines = outcomes.read_text("utf-8").splitlines() if outcomes.exists() else []
    found = [Outcome(**json.loads(line)) for line in lines]
    begun = [causes.module_of(o.test) for o in found]
    cut = {name for name in names if name not in begun}
    if begun and not trouble.startswith("\n"):
        cut.add(begun[-1])
    return found + [Outcome(f"{name}::{causes.WHOLE}", "error", trouble.strip()) for name in names if name in cut]


def counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many passed, failed (errors too) and were skipped."""
    table = {"passed": 0, "failed": 0, "skipped": 0}
    for outcome in outcomes:
        table["failed" if outcome.bad else outcome.outcome] += 1
    return table


def recorded() -> dict[str, dict[str, Any]]:
    """What is kept of each module: how many passed, failed and were skipped, and the names of those that failed."""
    return json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}


def record(outcomes: Sequence[Outcome]) -> None:
    """Replace what is kept of these modules."""
    kept = recorded()
    for module in {causes.module_of(o.test) for o in outcomes}:
        mine = [o for o in outcomes if causes.module_of(o.test) == module]
        kept[module] = {**counts(mine), "failures": sorted(o.test for o in mine if o.bad)}
    RECORD.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run modules, print a line for each and every failure without a known cause."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="names of test modules, as test_model; all without any")
    parser.add_argument("--record", action="store_true", help="keep the outcomes for the docs")
    parser.add_argument("--together", action="store_true", help="run the modules in one process, which is quicker")
    parser.add_argument("--limit", type=int, default=3600, help="seconds for one process")
    parser.add_argument("--limit-of-test", type=int, default=300, help="seconds for one test")
    parser.add_argument("--slowest", type=int, default=0, metavar="N", help="name the N slowest tests of each module")
    options = parser.parse_args(arguments)
    names = options.modules or modules()
    unexplained = 0
    for group in [names] if options.together else [[name] for name in names]:
        outcomes = run(*group, seconds_per_test=options.limit_of_test, limit=options.limit)
        if options.record:
            record(outcomes)
        for name in group:
            mine = [o for o in outcomes if causes.module_of(o.test) == name]
            unexplained += _show(name, mine, options.slowest)
    return 1 if unexplained else 0


def _show(module: str, outcomes: Sequence[Outcome], slowest: int) -> int:
    """Print what became of a module; the number of failures without a cause."""
    print(f"{module:32}" + "  ".join(f"{n} {what}" for what, n in counts(outcomes).items()))
    for outcome in sorted(outcomes, key=lambda o: -o.seconds)[:slowest]:
        print(f"    {outcome.seconds:6.1f} s  {outcome.test}")
    unexplained = [o for o in outcomes if o.bad and causes.pattern_of(o.test, o.message) is None]
    for outcome in unexplained:
        print(f"    {outcome.test}: {outcome.message.splitlines()[0] if outcome.message else outcome.outcome}")
    sys.stdout.flush()
    return len(unexplained)


if __name__ == "__main__":
    raise SystemExit(main())
