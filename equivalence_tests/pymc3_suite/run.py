"""Run PyMC3's own tests against the drop-in and tabulate them: ``python -m equivalence_tests.pymc3_suite.run``.

Without arguments all of its test modules, which takes an hour or more; else the modules named. ``--record`` keeps the
outcomes for the table in the docs.
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

from pm_migrate.reference import provision

RECORD = Path(__file__).parent.parent / "recorded" / "pymc3_suite.json"


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


def run(module: str, select: Sequence[str] = (), *, seconds_per_test: int = 120, limit: int = 3600) -> list[Outcome]:
    """Outcomes of a test module's tests; those that a time limit cut off are absent.

    Parameters
    ----------
    module
        Its name, without ``.py``.
    select
        Further arguments of pytest, as ``("-k", "Normal")``.
    seconds_per_test
        A test that takes longer fails.
    limit
        Seconds after which the whole module is stopped; its last line then says so.
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
        command += ["--continue-on-collection-errors", str(tests / f"{module}.py"), *select]
        try:
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=limit)
            trouble = done.stdout[-2000:] + done.stderr[-2000:]
        except subprocess.TimeoutExpired:
            trouble = f"stopped after {limit} s"
        lines = outcomes.read_text("utf-8").splitlines() if outcomes.exists() else []
        found = [Outcome(**json.loads(line)) for line in lines]
        if not found or trouble.startswith("stopped"):
            found.append(Outcome(f"{module}::(whole module)", "error", trouble))
        return found


def counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many passed, failed (errors too) and were skipped."""
    table = {"passed": 0, "failed": 0, "skipped": 0}
    for outcome in outcomes:
        table["failed" if outcome.bad else outcome.outcome] += 1
    return table


def record(outcomes: Sequence[Outcome]) -> None:
    """Replace the recorded outcomes of these modules."""
    kept = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    for module in sorted({o.test.partition("::")[0] for o in outcomes}):
        mine = [o for o in outcomes if o.test.startswith(f"{module}::")]
        kept[module] = {**counts(mine), "failures": sorted(o.test for o in mine if o.bad)}
    RECORD.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run modules, print a line for each and every failure without a known cause."""
    from equivalence_tests.pymc3_suite import causes

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="names of test modules, as test_model; all without any")
    parser.add_argument("--record", action="store_true", help="keep the outcomes for the docs")
    parser.add_argument("--limit", type=int, default=3600, help="seconds for one module")
    options = parser.parse_args(arguments)
    unexplained = 0
    for module in options.modules or modules():
        print(f"{module:32}", end="", flush=True)
        outcomes = run(module, limit=options.limit)
        table = counts(outcomes)
        print("  ".join(f"{n} {what}" for what, n in table.items()), flush=True)
        for outcome in outcomes:
            if outcome.bad and causes.of(outcome.test) is None:
                unexplained += 1
                print(f"    {outcome.test}: {outcome.message.splitlines()[0] if outcome.message else outcome.outcome}")
        if options.record:
            record(outcomes)
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())
