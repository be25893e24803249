"""What the judges of seeded faults look at: programs with PyMC3's answers, and which lines of ours each one runs.

PyMC3 is asked once; its answers are kept from run to run, in frames of the workers' own protocol, by the program's text.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.programs import PROGRAMS
from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.fuzzing.judge import ROADS, Workers, ask_pymc3
from equivalence_tests.fuzzing.programs import drawn
from pm_migrate.errors import PmMigrateError
from pm_migrate.reference.worker import Connection, encode

#: Programs that the fuzzer writes, of which some are chosen; and in how many of these each construct shall be.
POOL, OFTEN = 2000, 2


@dataclass(frozen=True)
class Known:
    """A program and what PyMC3 says about it.

    Parameters
    ----------
    written, name
        The program.
    theirs
        PyMC3's answer.
    roads
        Those on which we agree without a fault.
    lines
        Lines of ours that it runs where faults are seeded, as ``module:line``.
    """

    written: Written
    theirs: Mapping[str, Any]
    name: str
    roads: tuple[str, ...] = ROADS
    lines: frozenset[str] = field(default_factory=frozenset)


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


def sample(count: int, seed: int) -> list[tuple[str, Written]]:
    """Programs of one seed in which every construct of a larger number of programs is, none chosen for a fault.

    Greedy: the program that has most constructs which are still wanting, relative to its length.
    """
    left = {f"program {i}": drawn(f"{seed}/faults/{i}")[0] for i in range(max(count, POOL))}
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


def answered(workers: Workers, answers: Answers, items: Sequence[tuple[str, Written]]) -> list[Known]:
    """Programs of which PyMC3 has an answer."""
    found = [(name, written, answers.of(workers, written)) for name, written in items]
    return [Known(written, theirs, name) for name, written, theirs in found if theirs]
