"""``python -m equivalence_tests.fuzzing.faults``: how many seeded faults are noticed, and by what.

Three judges see each fault: the corpus (its programs on both roads against PyMC3's numbers, and the rewritten text
against ``after.py``), the harness (the record of PyMC3's numbers and the other tests of ``equivalence_tests`` that need
no PyMC3), and programs that the fuzzer wrote. PyMC3 is asked once; its answers serve all faults.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.programs import PROGRAMS
from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.fuzzing.judge import ROADS, Workers, ask_ours, ask_pymc3, compare
from equivalence_tests.fuzzing.programs import drawn
from equivalence_tests.fuzzing.seeded import FAULTS, ROOT, Fault
from pm_migrate.errors import PmMigrateError

PAGE = ROOT / "docs" / "fuzzing.md"
MARKS = ("<!-- generated: faults -->", "<!-- end -->")
JUDGES = ("corpus", "harness", "fuzzer")

#: The part of the harness that is run against each fault: the record, and series, composites and transforms.
HARNESS = ("test_record.py", "test_transforms.py", "test_series.py", "test_composites.py")


@dataclass(frozen=True)
class Known:
    """A program, what PyMC3 says about it, and what is right already."""

    written: Written
    theirs: dict[str, Any]
    name: str = ""
    roads: tuple[str, ...] = ROADS


def sample(count: int, seed: int) -> list[Written]:
    """Programs of one seed."""
    return [drawn(f"{seed}/faults/{i}")[0] for i in range(count)]


def corpus() -> Iterator[tuple[str, Written]]:
    """Programs of the corpus that PyMC3 3.11.6 runs as they are or nearly so."""
    for program in PROGRAMS:
        if not program.unverified and not program.manual:
            yield program.name, Written((program.script("nearest"),), frozenset())


def known(workers: Workers, items: Sequence[tuple[str, Written]]) -> list[Known]:
    """Programs with PyMC3's answers, on the roads where we agree without a fault."""
    found = []
    for name, written in items:
        try:
            theirs = ask_pymc3(workers, written, mode="")
        except PmMigrateError:
            continue
        if theirs["error"] or not theirs["models"]:
            continue
        answers = ask_ours(workers, written, theirs)
        roads = tuple(road for road in ROADS if not any(compare(road, theirs, answers[road])))
        if roads:
            found.append(Known(written, theirs, name, roads))
    return found


def noticed(fault: Fault, items: Sequence[Known]) -> str:
    """The first program that shows a fault, and how; empty for none."""
    with Workers(environment=fault.environment()) as workers:
        for number, item in enumerate(items):
            answers = ask_ours(workers, item.written, item.theirs, item.roads)
            for road in item.roads:
                for find in compare(road, item.theirs, answers[road]):
                    return f"{item.name or f'program {number + 1}'}, {road}: {find.kind}"
    return ""


EXACT = """
from corpus.programs import PROGRAMS
from pm_migrate.codemod import migrate_source
for program in PROGRAMS:
    before, after = program.before, program.after
    if before.suffix == ".py" and after.exists():
        try:
            same = migrate_source(before.read_text(encoding="utf-8")).code == after.read_text(encoding="utf-8")
        except Exception as error:
            same = False
        if not same:
            print(program.name + ", after.py")
            break
"""


def not_exact(fault: Fault) -> str:
    """The first corpus program that is rewritten to another text."""
    done = subprocess.run(
        [sys.executable, "-c", EXACT], env=fault.environment(), cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    return done.stdout.strip() or ("the codemod does not start" if done.returncode else "")


def contradicted(fault: Fault) -> str:
    """The first test of the harness that fails."""
    tests = [str(ROOT / "equivalence_tests" / name) for name in HARNESS]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
        env=fault.environment(), cwd=ROOT, capture_output=True, text=True, timeout=3600,
    )  # fmt: skip
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0].removeprefix("FAILED ") if failed else "" if not done.returncode else "no start"


def main() -> None:
    """Run the judges over the faults and write the table."""
    parser = argparse.ArgumentParser(prog="python -m equivalence_tests.fuzzing.faults")
    parser.add_argument("--programs", type=int, default=200, help="of the fuzzer, at most, for each fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judges", nargs="*", choices=JUDGES, default=JUDGES)
    parser.add_argument("--only", default="", help="faults with this in their name")
    parser.add_argument("--output", type=Path, default=Path("build/fuzzing/faults.json"))
    options = parser.parse_args()
    done: dict[str, dict[str, str]] = json.loads(options.output.read_text()) if options.output.exists() else {}
    written = [("", w) for w in sample(options.programs, options.seed)]
    with Workers() as workers:
        fuzzed = known(workers, written) if "fuzzer" in options.judges else []
        held = known(workers, list(corpus())) if "corpus" in options.judges else []
    judges: dict[str, Callable[[Fault], str]] = {
        "corpus": lambda fault: not_exact(fault) or noticed(fault, held),
        "harness": contradicted,
        "fuzzer": lambda fault: noticed(fault, fuzzed),
    }
    for fault in FAULTS:
        verdicts = done.setdefault(fault.name, {})
        for judge in options.judges:
            if options.only in fault.name and judge not in verdicts:
                begun = time.monotonic()
                verdicts[judge] = judges[judge](fault)
                print(f"{judge}: {fault.name}: {verdicts[judge] or '-'} ({time.monotonic() - begun:.0f} s)", flush=True)
                options.output.parent.mkdir(parents=True, exist_ok=True)
                options.output.write_text(json.dumps(done, indent=1))
    write(done)


def table(done: dict[str, dict[str, str]]) -> str:
    """The result as a table."""
    lines = ["| fault | in | corpus | harness | fuzzer |", "|---|---|---|---|---|"]
    for fault in FAULTS:
        cells = [done.get(fault.name, {}).get(judge, "?") for judge in JUDGES]
        lines.append(
            f"| {fault.name} | {fault.part} | "
            + " | ".join("yes" if c and c != "?" else c or "no" for c in cells)
            + " |"
        )
    scores = [sum(bool(done.get(f.name, {}).get(j)) for f in FAULTS) for j in JUDGES]
    some = sum(any(done.get(f.name, {}).values()) for f in FAULTS)
    total = len(FAULTS)
    lines.append(
        f"| **{some} of {total} by something: {some / total:.1%}** | | " + " | ".join(f"{s}" for s in scores) + " |"
    )
    return "\n".join(lines)


def write(done: dict[str, dict[str, str]]) -> None:
    """Put the table into the page."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(MARKS[0], 1)
    tail = rest.split(MARKS[1], 1)[1]
    PAGE.write_text(f"{head}{MARKS[0]}\n{table(done)}\n{MARKS[1]}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
