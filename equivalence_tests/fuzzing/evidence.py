"""What the judges of seeded faults look at: programs with PyMC3's answers, and which lines of ours each one runs.

PyMC3 is asked once; its answers are kept from run to run, by the program's text, in frames of the workers' protocol.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import _lru_cache_wrapper, partial
from pathlib import Path
from typing import Any

from corpus.programs import PROGRAMS
from equivalence_tests.fuzzing import harness
from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.fuzzing.judge import ROADS, Workers, ask_ours, ask_pymc3, compare
from equivalence_tests.fuzzing.nursery import Asked, forked
from equivalence_tests.fuzzing.places import ROW, Watch, mentioned, place
from equivalence_tests.fuzzing.programs import drawn
from equivalence_tests.fuzzing.seeded import ROOT, Fault
from pm_migrate.errors import PmMigrateError
from pm_migrate.reference.worker import Connection, encode

#: Programs that the fuzzer writes, of which some are chosen; and in how many of these each construct shall be.
POOL, OFTEN = 2000, 2

#: Checks whose lines are noted in one process.
BATCH = 12

#: What programs and the harness import; the latter looks at all rows by that.
USED = (
    "pm_migrate.pymc4",
    "pm_migrate.shims.installation",
    "equivalence_tests.formula_mutation",
    "equivalence_tests.test_gp",
    "equivalence_tests.verdicts",
)


@dataclass(frozen=True)
class Known:
    """A program, what PyMC3 says about it, and the roads where we agree without a fault."""

    written: Written
    theirs: Mapping[str, Any]
    name: str
    roads: tuple[str, ...] = ROADS


@dataclass(frozen=True)
class Check:
    """One thing that may notice a fault.

    Parameters
    ----------
    name
        What it is.
    run
        Says what is wrong, empty for nothing; it is given what it asks.
    source
        The text of its program, if it has one.
    lines
        Lines of ours that it runs, of those where faults are seeded, as ``module:line``.
    """

    name: str
    run: Callable[[Any], str]
    source: str = ""
    lines: frozenset[str] = frozenset()


class Answers:
    """PyMC3's answers in a file, one frame for each program; what is new is appended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: dict[str, Any] = {}
        if path.exists():
            with path.open("rb") as file:
                connection = Connection(file, file)  # type: ignore[arg-type]
                while file.peek(1):
                    try:
                        frame = connection.receive()
                    except EOFError:  # a run was ended while it wrote
                        break
                    self.kept[frame["key"]] = frame["theirs"]

    def of(self, workers: Workers, written: Written) -> Mapping[str, Any]:
        """PyMC3's answer about a program; empty when it has none."""
        key = hashlib.sha256(written.source.encode()).hexdigest()
        if key not in self.kept:
            try:
                theirs = ask_pymc3(workers, written)
            except PmMigrateError as error:
                theirs = {"error": str(error), "models": []}
            self.kept[key] = {} if theirs["error"] or not theirs["models"] else theirs
            with self.path.open("ab") as file:
                file.write(encode({"key": key, "theirs": self.kept[key]}))
        return self.kept[key]


def constructs(written: Written) -> frozenset[str]:
    """The features of a program, and the keywords that each call of PyMC3 and Theano has."""
    calls = re.findall(r"\b(?:pm|pymc3|tt|T|theano)\.([\w.]+)\(([^()]*)", written.source)
    keywords = {f"{name}({word}=)" for name, inside in calls for word in re.findall(r"\b(\w+)=", inside)}
    return written.features | {name for name, _ in calls} | keywords


def pool(count: int, seed: int) -> list[tuple[str, Written]]:
    """Programs of one seed."""
    return [(f"program {i}", drawn(f"{seed}/faults/{i}")[0]) for i in range(count)]


def sample(count: int, seed: int) -> list[tuple[str, Written]]:
    """Programs of one seed in which every construct of a larger number of programs is, none chosen for a fault.

    Greedy: the program that has most constructs which are still wanting, relative to its length.
    """
    left = dict(pool(max(count, POOL), seed))
    has = {name: constructs(written) for name, written in left.items()}
    seen: Counter[str] = Counter()
    chosen = []
    while len(chosen) < count and left:
        gain = {n: sum(seen[c] < OFTEN for c in has[n]) / (10 + len(w.source.splitlines())) for n, w in left.items()}
        best = max(gain, key=lambda name: gain[name])
        chosen.append((best, left.pop(best)))
        seen.update(has[best])
    return chosen


def corpus() -> Iterator[tuple[str, Written]]:
    """Programs of the corpus that PyMC3 3.11.6 runs as they are or nearly so."""
    for program in PROGRAMS:
        if not program.unverified and not program.manual:
            yield program.name, Written((program.script("nearest"),), frozenset())


def answered(workers: Workers, answers: Answers, items: Iterable[tuple[str, Written]]) -> list[Known]:
    """Programs of which PyMC3 has an answer."""
    found = [(name, written, answers.of(workers, written)) for name, written in items]
    return [Known(written, theirs, name) for name, written, theirs in found if theirs]


def differs(asked: Any, item: Known) -> str:
    """The first road on which a program differs from PyMC3, and in what; empty for none."""
    answers = ask_ours(asked, item.written, item.theirs, item.roads)
    for road in item.roads:
        for find in compare(road, item.theirs, answers[road]):
            return f"{road}: {find.kind}"
    return ""


def of_program(item: Known) -> Iterator[Check]:
    """The checks of a program, one for each road."""
    for road in item.roads:
        alone = replace(item, roads=(road,))
        yield Check(f"{item.name} ({road})", partial(differs, item=alone), item.written.source)


def texts() -> Iterator[Check]:
    """The exact texts of the corpus."""
    for program in PROGRAMS:
        if not program.notebook:
            before, after = (path.read_text(encoding="utf-8") for path in (program.before, program.after))
            yield Check(f"text of {program.name}", partial(_rewritten, before=before, after=after), before)


def _rewritten(asked: Any, before: str, after: str) -> str:
    return asked.ours.call("rewritten", before=before, after=after)


def records() -> Iterator[Check]:
    """What the harness has recorded of PyMC3."""
    for case in harness.cases():
        yield Check(case, partial(_contradicted, case=case), case)


def _contradicted(asked: Any, case: str) -> str:
    return asked.ours.call("contradicted", case=case)


def watched(checks: Sequence[Check], folder: Path, watch: Watch) -> list[dict[str, Any]]:
    """What checks say where there is no fault, and the lines of ours that each runs.

    What functions remember is forgotten in between, which would hide that another check needs a line, too.
    """
    found = []
    asked = Asked(folder)
    remembering = [o for o in gc.get_objects() if isinstance(o, _lru_cache_wrapper)]
    for check in checks:
        for function in remembering:
            if str(function.__module__).startswith("pm_migrate."):
                function.cache_clear()
        try:
            with watch.running():
                said = check.run(asked)
        except Exception as error:  # such a check counts for nothing
            said = f"{type(error).__name__}: {error}"
        found.append({"said": said, "lines": sorted(f"{module}:{line}" for module, line in watch.modules())})
    return found


def look_at(faults: Iterable[Fault]) -> Watch:
    """The lines where faults are; imports what programs will, so that no check runs what is run at import."""
    lines: dict[str, set[int]] = {}
    for module, line in {p for fault in faults for p in place(fault) or () if p[0] != ROW}:
        lines.setdefault(module, set()).add(int(line))
    for module in (*USED, *lines):
        importlib.import_module(module)
    return Watch(lines)


def fingerprint(faults: Iterable[Fault]) -> str:
    """Of our sources and the seeded places: what was traced of others is worth nothing."""
    digest = hashlib.sha256(repr(sorted((f.module, f.old, f.new) for f in faults)).encode())
    for folder in ("pm_migrate", "shims", "equivalence_tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "fuzzing" not in path.parts:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def traced(checks: Sequence[Check], faults: Sequence[Fault], path: Path, jobs: int) -> list[Check]:
    """The checks that are right without a fault, with the lines that they run; kept until the sources change."""
    mark = fingerprint(faults)
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known: dict[str, list[str] | None] = held.get("lines", {}) if held.get("of") == mark else {}
    left = [check for check in checks if _key(check) not in known]
    if left:
        watch = look_at(faults)
        batches = [left[i : i + BATCH] for i in range(0, len(left), BATCH)]
        for batch, said in forked(batches, lambda batch, folder: watched(batch, folder, watch), jobs, 60.0 * BATCH):
            lost = [{"said": said["error"]}] * len(batch) if isinstance(said, dict) else said
            for check, found in zip(batch, lost, strict=True):
                if found["said"]:
                    print(f"not right without a fault: {check.name}: {found['said'].strip()[-300:]}", flush=True)
                known[_key(check)] = None if found["said"] else found["lines"]
            path.write_text(json.dumps({"of": mark, "lines": known}), encoding="utf-8")
    return [
        replace(check, lines=mentioned(check.source) | frozenset(lines))
        for check in checks
        if (lines := known[_key(check)]) is not None
    ]


def _key(check: Check) -> str:
    return f"{check.name} {hashlib.sha256(check.source.encode()).hexdigest()}"
