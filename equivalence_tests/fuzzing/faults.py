"""``python -m equivalence_tests.fuzzing.faults``: how many seeded faults are noticed, and by what.

Three judges see each fault: the corpus (the rewritten text against ``after.py``, and its programs on both roads against
PyMC3's numbers), the harness (the record of PyMC3's numbers, and the programs of its tests), and programs that the
fuzzer wrote. PyMC3 is asked once; its answers serve all faults.

Each check has been run without a fault, and the lines noted that it runs (``evidence.traced``). Of a fault only those
checks are run that run its lines: others cannot notice it. So a judge that says no has run all that could say yes.
``tests``, the ordinary tests that belong to the module, are asked last, about what these three miss.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equivalence_tests.fuzzing import harness
from equivalence_tests.fuzzing.evidence import (
    Answers,
    Check,
    answered,
    corpus,
    of_program,
    pool,
    records,
    sample,
    texts,
    traced,
)
from equivalence_tests.fuzzing.judge import Workers, ours_environment
from equivalence_tests.fuzzing.nursery import Asked, forked, plant, prepare
from equivalence_tests.fuzzing.places import place
from equivalence_tests.fuzzing.seeded import FAULTS, FIRST, ROOT, Fault
from equivalence_tests.fuzzing.seeded_tests import TESTS

PAGE = ROOT / "docs" / "fuzzing.md"
MARKS = ("<!-- generated: faults -->", "<!-- end -->")
JUDGES = ("fuzzer", "corpus", "harness")
COLUMNS = (*JUDGES, "tests")

#: No judge may notice this one.
NOTHING = Fault("nothing", "", "", "")

#: Seconds for one fault.
LIMIT = 900.0

Tally = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Task:
    """A fault, and the checks by which it is judged, by judge; the rest is left out once something notices it."""

    fault: Fault
    checks: Mapping[str, Sequence[Check]]


def able(fault: Fault, checks: Sequence[Check]) -> list[Check]:
    """The checks that run the lines of a fault, those of the shortest programs first."""
    lines = place(fault) if fault.module else None
    wanted = None if lines is None else {f"{module}:{line}" for module, line in lines}
    return sorted((c for c in checks if wanted is None or wanted & c.lines), key=lambda c: len(c.source))


def judged(task: Task, folder: Path) -> dict[str, str]:
    """What each judge says, up to the first that notices the fault."""
    plant(task.fault)
    said: dict[str, str] = {}
    asked: Any = None
    for judge, checks in task.checks.items():
        said[judge] = ""
        for check in checks:
            try:
                asked = asked or Asked(folder)
                found = check.run(asked)
            except Exception as error:  # whatever a fault raises has shown it
                found = f"{type(error).__name__}: {str(error)[:200]}"
            if found:
                said[judge] = f"{check.name}: {found}"
                return said
    return said


def ordered(fault: Fault) -> tuple[str, ...]:
    """The judges, that first which is likely to be the cheapest."""
    return ("corpus", "fuzzer", "harness") if fault.part == "codemod" else ("harness", "fuzzer", "corpus")


def rounds(faults: Sequence[Fault], checks: Mapping[str, Sequence[Check]], done: Tally, whole: bool) -> list[Task]:
    """What is left to be judged: each fault until something notices it, then, if ``whole``, by every judge."""
    found = []
    for fault in faults:
        said = done.get(fault.name, {})
        left = [judge for judge in ordered(fault) if judge not in said]
        if not whole and left and not any(said.values()):
            found.append(Task(fault, {judge: able(fault, checks[judge]) for judge in left}))
        elif whole:
            found += [Task(fault, {judge: able(fault, checks[judge])}) for judge in left]
    return found


def run(tasks: Sequence[Task], done: Tally, path: Path, jobs: int, until: float) -> None:
    """Judge faults; the tally is written after each."""
    due = (task for task in tasks if time.monotonic() < until)
    for task, said in forked(due, judged, jobs, LIMIT):
        row = done.setdefault(task.fault.name, {})
        if "error" in said:  # its process ended, which is noticed, when it has begun
            said = {next(iter(task.checks)): said["error"].strip().splitlines()[-1]}
        row |= said
        print(f"{task.fault.name}: {row}", flush=True)
        path.write_text(json.dumps(done, indent=1), encoding="utf-8")


def by_tests(fault: Fault) -> str:
    """The first of the ordinary tests of a module that fails with a fault; empty for none."""
    files = next((files for start, files in TESTS.items() if fault.module.startswith(f"pm_migrate.{start}")), ())
    if not files:
        return ""
    command = [sys.executable, "-m", "equivalence_tests.fuzzing.planting", fault.module, fault.old, fault.new, *files]
    done = subprocess.run(command, cwd=ROOT, env=ours_environment(os.environ), capture_output=True, text=True)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0] if failed else "" if done.returncode == 0 else f"pytest ended with {done.returncode}"


def evidence(options: argparse.Namespace) -> dict[str, list[Check]]:
    """The checks of each judge, with the lines that they run."""
    answers = Answers(options.output / "answers.frames")
    with Workers() as workers:
        programs = {
            "fuzzer": answered(workers, answers, sample(options.programs, options.seed)),
            "corpus": answered(workers, answers, corpus()),
            "harness": answered(workers, answers, harness.programs()),
        }
    checks = {judge: [check for item in items for check in of_program(item)] for judge, items in programs.items()}
    checks["corpus"] = [*texts(), *checks["corpus"]]
    checks["harness"] = [*records(), *checks["harness"]]
    prepare()
    every = traced([c for judge in JUDGES for c in checks[judge]], FAULTS, options.output / "traces.json", options.jobs)
    by_name = {check.name: check for check in every}
    return {judge: [by_name[c.name] for c in checks[judge] if c.name in by_name] for judge in JUDGES}


def quick(name: str, feature: str) -> dict[str, str]:
    """What the shortest program of the fuzzer with a feature says of a fault, and of none."""
    written = min((w for _, w in pool(200, 1) if feature in w.features), key=lambda w: len(w.source))
    with Workers() as workers, tempfile.TemporaryDirectory() as folder:
        items = answered(workers, Answers(Path(folder) / "answers.frames"), [("a program", written)])
    prepare()
    checks = {"fuzzer": [check for item in items for check in of_program(item)]}
    faults = [NOTHING, *(fault for fault in FAULTS if fault.name == name)]
    done = forked([Task(fault, checks) for fault in faults], judged, 1, LIMIT)
    return {task.fault.name: said.get("fuzzer", said.get("error")) for task, said in done}


def main() -> None:
    """Run the judges over the faults and write the table."""
    parser = argparse.ArgumentParser(prog="python -m equivalence_tests.fuzzing.faults")
    parser.add_argument("--programs", type=int, default=45, help="that the fuzzer writes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="faults with this in their name")
    parser.add_argument("--whole", action="store_true", help="ask every judge about every fault")
    parser.add_argument("--tests", action="store_true", help="ask the tests about what the judges miss")
    parser.add_argument("--keep-page", action="store_true", help="leave docs/fuzzing.md as it is")
    parser.add_argument("--quick", metavar="FEATURE", help="only one program, with this; prints what it says, as JSON")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("build/fuzzing"))
    options = parser.parse_args()
    if options.quick:
        print(json.dumps(quick(options.only, options.quick)))
        return
    options.output.mkdir(parents=True, exist_ok=True)
    tally, until = options.output / "faults.json", time.monotonic() + 60 * options.minutes
    done: Tally = json.loads(tally.read_text(encoding="utf-8")) if tally.exists() else {}
    faults = [fault for fault in FAULTS if options.only in fault.name]
    checks = evidence(options)
    run(rounds(faults, checks, done, False), done, tally, options.jobs, until)
    if options.whole:
        run(rounds(faults, checks, done, True), done, tally, options.jobs, until)
    for fault in faults if options.tests else ():
        row = done.get(fault.name, {})
        if row and "tests" not in row and not any(row.values()) and time.monotonic() < until:
            row["tests"] = by_tests(fault)
            print(f"{fault.name}: {row}", flush=True)
            tally.write_text(json.dumps(done, indent=1), encoding="utf-8")
    if not options.keep_page:
        write(done)


def share(faults: Sequence[Fault], done: Tally) -> str:
    """How many of some faults something noticed."""
    said = [done[fault.name] for fault in faults if done.get(fault.name)]
    some = sum(any(row.values()) for row in said)
    three = sum(any(row.get(judge) for judge in JUDGES) for row in said)
    return f"{some} of {len(said)} by something: {some / max(len(said), 1):.1%}; by the three judges {three}"


def table(done: Tally) -> str:
    """The result as a table."""
    lines = [f"| fault | in | {' | '.join(COLUMNS)} |", "|---|---|" + "---|" * len(COLUMNS)]
    for fault in FAULTS:
        said = done.get(fault.name, {})
        cells = ["" if column not in said else "yes" if said[column] else "no" for column in COLUMNS]
        lines.append(f"| {fault.name} | {fault.part} | {' | '.join(cells)} |")
    judged = [done[f.name] for f in FAULTS if done.get(f.name)]
    scores = [f"{sum(bool(row.get(c)) for row in judged)} of {sum(c in row for row in judged)}" for c in COLUMNS]
    for words, faults in (("the first faults", FIRST), ("the later ones", FAULTS[len(FIRST) :])):
        lines.append(f"| **{words}: {share(faults, done)}** | |" + " |" * len(COLUMNS))
    lines.append(f"| **all: {share(FAULTS, done)}** | | {' | '.join(scores)} |")
    return "\n".join(lines)


def write(done: Tally) -> None:
    """Put the table into the page."""
    head, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0], 1)
    tail = rest.split(MARKS[1], 1)[1]
    PAGE.write_text(f"{head}{MARKS[0]}\n{table(done)}\n{MARKS[1]}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
