"""Many programs: chunks of them with a seed of their own, so that a campaign can be divided, stopped and resumed."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis.errors import NoSuchExample

from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.fuzzing.judge import Find, Outcome, Workers, judge
from equivalence_tests.fuzzing.programs import drawn, shrunk
from pm_migrate.errors import ExecutorError
from pm_migrate.verify.executors import run_tasks

#: Small enough that a campaign which is stopped loses little.
CHUNK = 20
#: How many programs a find may be shrunk with; each costs as much as one of the campaign.
SHRINKING = 150


COUNTERS = ("features", "explained", "why", "findings")


@dataclass
class Tally:
    """What is known of programs that were run.

    Parameters
    ----------
    programs, discarded
        Different programs run, and those that PyMC3 itself refused.
    finite, points
        Points at which PyMC3's log density is finite, of all that were compared.
    refused
        Programs that the codemod left alone or in part, of all.
    features, explained, why, findings
        Counts.
    finds
        By signature: the program, how often it came up.
    seconds
        Time of all chunks together.
    chunks
        Numbers of the chunks that are done.
    """

    programs: int = 0
    discarded: int = 0
    finite: int = 0
    points: int = 0
    refused: int = 0
    seconds: float = 0.0
    features: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    finds: dict[str, dict[str, Any]] = field(default_factory=dict)
    chunks: list[int] = field(default_factory=list)

    def add(self, written: Written, outcome: Outcome) -> None:
        """Count one program."""
        self.programs += 1
        if outcome.status == "discarded":
            self.discarded += 1
            self.why[outcome.why[:160]] += 1
            return
        self.features.update(written.features)
        self.explained.update(set(outcome.explained))
        self.finite += outcome.finite
        self.points += outcome.points
        manual = [f for f in outcome.findings if f.startswith("MANUAL")]
        self.refused += bool(manual)
        self.findings.update(re.sub(r"`[^`]*`|'[^']*'", "…", f)[:140] for f in manual)

    def merge(self, other: Tally) -> None:
        """Add the counts of another tally."""
        for name in ("programs", "discarded", "finite", "points", "refused", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for signature, found in other.finds.items():
            known = self.finds.setdefault(signature, {**found, "times": 0})
            known["times"] += found["times"]
            better = found["shrunk"] and not (known["shrunk"] and len(known["program"]) <= len(found["program"]))
            if better:
                known.update({k: v for k, v in found.items() if k != "times"})
        self.chunks = sorted({*self.chunks, *other.chunks})

    @classmethod
    def read(cls, path: Path) -> Tally:
        """Read one that was written, or begin."""
        if not path.exists():
            return cls()
        return cls.of(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Tally:
        """Make one of what :meth:`plain` gave."""
        return cls(**{name: Counter(value) if name in COUNTERS else value for name, value in plain.items()})

    def plain(self) -> dict[str, Any]:
        """What JSON can say of it: all."""
        return dict(vars(self))

    def write(self, path: Path) -> None:
        """Write it at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(self.plain(), indent=1, sort_keys=True), encoding="utf-8")
        beside.replace(path)


class _Enough(BaseException):
    """Ends Hypothesis's shrinking, which takes any exception for a failure of the program."""


class _Chunk:
    """Programs of one seed."""

    def __init__(self, workers: Workers, known: set[str], tries: int) -> None:
        self.workers, self.known, self.tries = workers, set(known), tries
        self.tally = Tally()
        self.outcomes: dict[str, Outcome] = {}

    def one(self, seed: str) -> None:
        """Draw a program and run it; shrink a find that is new."""
        written, choices = drawn(seed)
        if written.source in self.outcomes:
            return
        outcome = self.outcomes[written.source] = judge(self.workers, written)
        self.tally.add(written, outcome)
        for found in outcome.finds:
            if found.signature in self.tally.finds:
                self.tally.finds[found.signature]["times"] += 1
            elif found.signature in self.known or not self.tries:
                entry = {"times": 1, "program": written.source, "detail": found.detail, "shrunk": False}
                self.tally.finds[found.signature] = entry
            else:
                self.tally.finds[found.signature] = self._shrunk(written, choices, found)

    def _shrunk(self, written: Written, choices: list[int], found: Find) -> dict[str, Any]:
        """The smallest program of a find that some tries give, without the lines that it does not need."""
        smallest, tries = (written, found), 0

        def shows(trial: Written) -> bool:
            nonlocal smallest, tries
            outcome = self.outcomes.get(trial.source)
            if outcome is None:
                if tries >= self.tries:
                    raise _Enough
                tries += 1
                outcome = self.outcomes[trial.source] = judge(self.workers, trial)
            same = [f for f in outcome.finds if f.signature == found.signature]
            if same and len(trial.source) <= len(smallest[0].source):
                smallest = trial, same[0]
            return bool(same)

        with suppress(NoSuchExample, _Enough):
            shrunk(choices, shows)
        shorter, last = without_lines(self.workers, *smallest)
        lines = [line for line in shorter.source.splitlines() if line.strip()]
        return {
            "times": 1,
            "program": shorter.source,
            "detail": last.detail,
            "shrunk": True,
            "lines": len(lines),
            "features": sorted(written.features),
            "notebook": written.notebook,
        }


def without_lines(workers: Workers, written: Written, find: Find) -> tuple[Written, Find]:
    """Take out every line without which the same find remains."""
    lines = written.source.splitlines()
    changed = True
    while changed:
        changed = False
        for i in reversed(range(len(lines))):
            fewer = lines[:i] + lines[i + 1 :]
            trial = Written(("\n".join(fewer).strip("\n"),), written.features, written.notebook)
            if not lines[i].strip():
                continue
            same = [f for f in judge(workers, trial).finds if f.signature == find.signature]
            if same:
                lines, find, changed = fewer, same[0], True
    return Written(("\n".join(lines).strip("\n"),), written.features, written.notebook), find


def run_chunk(
    workers: Workers, number: int, seed: int, known: set[str], quota: int = CHUNK, tries: int = SHRINKING
) -> Tally:
    """Run one chunk of a campaign."""
    start = time.monotonic()
    chunk = _Chunk(workers, known, tries)
    for i in range(2 * quota):
        if chunk.tally.programs < quota:
            chunk.one(f"{seed}/{number}/{i}")
    chunk.tally.seconds = time.monotonic() - start
    chunk.tally.chunks = [number]
    return chunk.tally


#: Seconds for a program of a campaign on one side: on a busy machine a slow answer is no find.
PATIENCE = 600.0

_WORKERS: list[Workers] = []


def chunk_task(task: Mapping[str, Any]) -> dict[str, Any]:
    """One chunk as a task: from what JSON can say to what JSON can say."""
    if not _WORKERS:
        _WORKERS.append(Workers(PATIENCE))
    known = set(task["known"])
    return run_chunk(_WORKERS[0], task["number"], task["seed"], known, task["quota"], task["tries"]).plain()


def run(
    count: int,
    seed: int,
    jobs: int,
    path: Path,
    progress: Callable[[Tally], None],
    *,
    until: float | None = None,
    tries: int = SHRINKING,
    executor: str = "local",
    address: str | None = None,
) -> Tally:
    """Run a campaign up to a number of programs; goes on where one of this seed stopped.

    Parameters
    ----------
    count
        Programs, those of earlier runs included.
    seed
        Of the campaign.
    jobs
        Processes, each with a PyMC3 and a TensorFlow of its own.
    path
        Where the tally is kept.
    progress
        Called after every chunk.
    until
        Time (``time.time()``) after which no chunk is begun.
    tries
        How many programs a new find may be shrunk with.
    executor, address
        Where chunks are run, see :func:`pm_migrate.verify.executors.run_tasks`.

    Raises
    ------
    ExecutorError
        Chunks were lost with their process or node, after all others came to their end. They are no part of the tally;
        the same campaign, run again, makes up for them.
    """
    tally = Tally.read(path)
    todo = (n for n in _numbers() if n not in set(tally.chunks))
    planned = tally.programs

    def tasks() -> Iterator[dict[str, Any]]:
        nonlocal planned
        while planned < count and (until is None or time.time() < until):
            quota = min(CHUNK, count - planned)
            planned += quota
            known = sorted(tally.finds)
            yield {"number": next(todo), "seed": seed, "known": known, "quota": quota, "tries": tries}

    lost: list[str] = []
    ended = run_tasks(chunk_task, tasks(), executor=executor, address=address, jobs=jobs, processes=True, ahead=1)
    with closing(ended):
        for done in ended:
            if done.error is not None:
                lost.append(done.error)
                continue
            tally.merge(Tally.of(done.result))
            tally.write(path)
            progress(tally)
    if lost:
        raise ExecutorError(f"{len(lost)} chunks were lost; what the others found is in {path}. The last:\n{lost[-1]}")
    return tally


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1
