"""``python -m equivalence_tests.fuzzing.faults``: how many seeded faults are noticed, and by what.

Three judges see each fault: the corpus (its programs on both roads against PyMC3's numbers, and the rewritten text
against ``after.py``), the harness (the record of PyMC3's numbers, of distributions and transforms), and programs that
the fuzzer wrote. PyMC3 is asked once; its answers serve all faults. Programs that have to do with a fault by their
words come first, which changes how soon it is noticed, not whether.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.programs import PROGRAMS
from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.fuzzing.judge import ROADS, Workers, ask_ours, ask_pymc3, compare, ours_environment
from equivalence_tests.fuzzing.programs import drawn
from equivalence_tests.fuzzing.seeded import FAULTS, ROOT, Fault
from pm_migrate.catalog import DISTRIBUTIONS, ROWS
from pm_migrate.errors import PmMigrateError, RemoteError
from pm_migrate.reference.process import WorkerClient

PAGE = ROOT / "docs" / "fuzzing.md"
MARKS = ("<!-- generated: faults -->", "<!-- end -->")
JUDGES = ("fuzzer", "corpus", "harness")

#: Programs that the fuzzer writes, of which those are run that have to do with a fault.
POOL = 2000

#: No judge may notice this one.
NOTHING = Fault("nothing", "pm_migrate.nothing", "", "")

#: What a program has that shows a fault, where the fault's own words do not say it.
ALIASES = {
    "stick": "dirichlet",
    "cholesky": "lkj",
    "lkj": "lkj",
    "logodds": "beta",
    "interval": "uniform",
    "lowerbound": "bound",
    "log": "halfnormal",
    "precision": "tau",
    "scaled": "total_size",
    "nested": "model(",
    "stacks": "stack",
    "sums": "sum(",
    "variance": "var(",
    "shape": "shape=",
    "operators": "sd=",
    "positional": "beta(",
    "defaults": "student",
}


@dataclass(frozen=True)
class Known:
    """A program, what PyMC3 says about it, and the roads where we agree without a fault."""

    written: Written
    theirs: dict[str, Any]
    name: str
    roads: tuple[str, ...] = ROADS


def about(written: Written, fault: Fault) -> int:
    """How much a program has to do with a fault: the family that it names counts most."""
    text = written.source + " ".join(written.features)
    words = re.findall(r"[\w=]+", fault.name)
    families = sum(f"{word}(" in text for word in words if word in DISTRIBUTIONS or word in ("AR", "AR1", "GARCH11"))
    others = (ALIASES.get(w.lower().rstrip("s="), w.lower().rstrip("s=") if len(w) > 4 else "") for w in words)
    return 5 * families + sum(bool(word) and word in text.lower() for word in others)


def sample(count: int, seed: int, pool: int = 0) -> list[tuple[str, Written]]:
    """Programs of one seed; of a pool, first those that have most to do with each fault, the shortest before others."""
    drawn_ = [(f"program {i}", drawn(f"{seed}/faults/{i}")[0]) for i in range(max(count, pool))]
    if not pool:
        return drawn_
    chosen: dict[str, tuple[str, Written]] = {}
    for fault in FAULTS:
        ranked = sorted(drawn_, key=lambda item: (-about(item[1], fault), len(item[1].source)))
        chosen |= {item[0]: item for item in ranked[:3]}
    for item in drawn_[: max(0, count - len(chosen))]:
        chosen.setdefault(item[0], item)
    return list(chosen.values())


def corpus() -> Iterator[tuple[str, Written]]:
    """Programs of the corpus that PyMC3 3.11.6 runs as they are or nearly so."""
    for program in PROGRAMS:
        if not program.unverified and not program.manual:
            yield program.name, Written((program.script("nearest"),), frozenset())


def known(workers: Workers, items: Sequence[tuple[str, Written]]) -> list[Known]:
    """Programs with PyMC3's answers."""
    found = []
    for name, written in items:
        try:
            theirs = ask_pymc3(workers, written)
        except PmMigrateError:
            continue
        if theirs["error"] or not theirs["models"]:
            continue
        answers = ask_ours(workers, written, theirs)
        roads = tuple(road for road in ROADS if not any(compare(road, theirs, answers[road])))
        if roads:
            found.append(Known(written, theirs, name, roads))
    return found


class Nursery(WorkerClient):
    """Where faults are planted; it has a folder for programs, as :class:`Workers` has."""

    def __init__(self, workers: Workers) -> None:
        path = Path(__file__).with_name("nursery.py")
        super().__init__(
            [sys.executable, "-W", "ignore", str(path)], ours_environment(os.environ),
            title="the nursery", timeout=120.0, start_timeout=180.0,
        )  # fmt: skip
        self.folder, self.ours = workers.folder, self

    def plant(self, fault: Fault) -> None:
        """Go on with a fault."""
        self.call("plant", module=fault.module, old=fault.old, new=fault.new)

    def leave(self) -> None:
        """End the child of a fault."""
        self.call("leave")


def noticed(nursery: Any, fault: Fault, items: Sequence[Known]) -> str:
    """The first program that shows a fault, and how; empty for none."""
    for item in sorted(items, key=lambda item: -about(item.written, fault)):
        answers = ask_ours(nursery, item.written, item.theirs, item.roads)
        for road in item.roads:
            for find in compare(road, item.theirs, answers[road]):
                return f"{item.name}, {road}: {find.kind}"
    return ""


def not_exact(nursery: Nursery, fault: Fault) -> str:
    """The first corpus program that is rewritten to another text."""
    if fault.part not in ("codemod", "catalogue"):
        return ""
    texts = {
        p.name: [path.read_text(encoding="utf-8") for path in (p.before, p.after)] for p in PROGRAMS if not p.notebook
    }
    name = nursery.call("rewritten", programs=texts)
    return f"{name}, its text" if name else ""


def contradicted(nursery: Nursery, fault: Fault) -> str:
    """What the harness notices."""
    if fault.part == "codemod":
        return ""
    rows = [row.name for row in ROWS if row.name.lower() in (fault.name + fault.module + fault.old).lower()]
    rows += [n for stem, n in (("lkj", "LKJCorr"), ("reductions", "Dirichlet")) if stem in fault.name.lower()]
    return nursery.call("harness", rows=rows, transforms="transforms" in fault.module)


def judges(nursery: Nursery, fuzzed: list[Known], held: list[Known]) -> dict[str, Callable[[Fault], str]]:
    """The three judges."""
    return {
        "fuzzer": lambda fault: noticed(nursery, fault, fuzzed),
        "corpus": lambda fault: not_exact(nursery, fault) or noticed(nursery, fault, held),
        "harness": lambda fault: contradicted(nursery, fault),
    }


def verdict(nursery: Nursery, fault: Fault, judge: Callable[[Fault], str]) -> str:
    """What a judge says with a fault planted; a process that the fault ends has noticed it."""
    nursery.plant(fault)
    try:
        return judge(fault)
    except PmMigrateError as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    finally:
        with suppress(RemoteError):  # a new process, when the fault ended the old one
            nursery.leave()


def recorded(workers: Workers, path: Path, items: Callable[[], Sequence[tuple[str, Written]]]) -> list[Known]:
    """Programs with PyMC3's answers, kept from run to run in the folder of the tallies."""
    if path.exists():
        return pickle.loads(path.read_bytes())
    found = known(workers, items())
    path.write_bytes(pickle.dumps(found))
    return found


def main() -> None:
    """Run the judges over the faults and write the table."""
    parser = argparse.ArgumentParser(prog="python -m equivalence_tests.fuzzing.faults")
    parser.add_argument("--programs", type=int, default=250, help=f"of {POOL} that the fuzzer writes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judges", nargs="*", choices=JUDGES, default=JUDGES)
    parser.add_argument("--only", default="", help="faults with this in their name")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--output", type=Path, default=Path("build/fuzzing"))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    tally, until = options.output / "faults.json", time.monotonic() + 60 * options.minutes
    done: dict[str, dict[str, str]] = json.loads(tally.read_text()) if tally.exists() else {}
    with Workers() as workers:
        kept = options.output / f"programs-{options.seed}-{options.programs}.pickle"
        fuzzed = recorded(workers, kept, lambda: sample(options.programs, options.seed, POOL))
        kept = options.output / "corpus.pickle"
        held = recorded(workers, kept, lambda: list(corpus())) if "corpus" in options.judges else []
        workers.reference.close()
        with Nursery(workers) as nursery:
            every = judges(nursery, fuzzed, held)
            for name in options.judges:
                if said := verdict(nursery, NOTHING, every[name]):
                    raise SystemExit(f"{name} notices a fault where there is none: {said}")
                for fault in FAULTS:
                    row = done.setdefault(fault.name, {})
                    if options.only in fault.name and name not in row and time.monotonic() < until:
                        row[name] = verdict(nursery, fault, every[name])
                        print(f"{name}: {fault.name}: {row[name] or '-'}", flush=True)
                        tally.write_text(json.dumps(done, indent=1))
    write(done)


def table(done: dict[str, dict[str, str]]) -> str:
    """The result as a table."""
    lines = ["| fault | in | fuzzer | corpus | harness |", "|---|---|---|---|---|"]
    for fault in FAULTS:
        said = done.get(fault.name, {})
        cells = ["" if judge not in said else "yes" if said[judge] else "no" for judge in JUDGES]
        lines.append(f"| {fault.name} | {fault.part} | {' | '.join(cells)} |")
    judged = [f for f in FAULTS if done.get(f.name)]
    some = sum(any(done[f.name].values()) for f in judged)
    scores = [
        f"{sum(bool(done[f.name].get(j)) for f in judged)} of {sum(j in done[f.name] for f in judged)}" for j in JUDGES
    ]
    share = f"{some} of {len(judged)} by something: {some / max(len(judged), 1):.1%}"
    return "\n".join([*lines, f"| **{share}** | | {' | '.join(scores)} |"])


def write(done: dict[str, dict[str, str]]) -> None:
    """Put the table into the page."""
    head, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0], 1)
    tail = rest.split(MARKS[1], 1)[1]
    PAGE.write_text(f"{head}{MARKS[0]}\n{table(done)}\n{MARKS[1]}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
