"""Many programs: chunks of them with a seed of their own, so that a campaign can be divided, stopped and resumed."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.fuzzing.judge import Find, Outcome, Workers, judge
from equivalence_tests.fuzzing.programs import programs

CHUNK = 50
#: How many programs a find may be shrunk with; each costs as much as one of the campaign.
SHRINKING = 150


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
    features, why, findings
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
        self.finite += outcome.finite
        self.points += outcome.points
        manual = [f for f in outcome.findings if f.startswith("MANUAL")]
        self.refused += bool(manual)
        self.findings.update(re.sub(r"`[^`]*`|'[^']*'", "…", f)[:140] for f in manual)

    def merge(self, other: Tally) -> None:
        """Add the counts of another tally."""
        for name in ("programs", "discarded", "finite", "points", "refused", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("features", "why", "findings"):
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
        raw = json.loads(path.read_text(encoding="utf-8"))
        counters = {name: Counter(raw.pop(name)) for name in ("features", "why", "findings")}
        return cls(**raw, **counters)

    def write(self, path: Path) -> None:
        """Write it at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1, sort_keys=True), encoding="utf-8")
        beside.replace(path)


class _Chunk:
    """Programs of one seed, run until a number of different ones is reached."""

    def __init__(self, workers: Workers, known: set[str], quota: int) -> None:
        self.workers, self.known, self.quota = workers, set(known), quota
        self.tally = Tally()
        self.outcomes: dict[str, Outcome] = {}
        self.target = ""
        self.shrinking = 0
        self.smallest: tuple[Written, Find] | None = None

    def one(self, written: Written) -> None:
        """Run a program unless it was; raise for a find that is new."""
        outcome = self.outcomes.get(written.source)
        if outcome is None:
            if self.tally.programs >= self.quota if not self.target else self.shrinking >= SHRINKING:
                return
            outcome = self.outcomes[written.source] = judge(self.workers, written)
            if self.target:
                self.shrinking += 1
            else:
                self.tally.add(written, outcome)
        for find in outcome.finds:
            if find.signature in self.known:
                if not self.target and find.signature in self.tally.finds:
                    self.tally.finds[find.signature]["times"] += 1
                elif not self.target:
                    self.tally.finds[find.signature] = {"times": 1, "program": written.source, "detail": find.detail,
                                                        "shrunk": False}  # fmt: skip
            elif not self.target or find.signature == self.target:
                self.target = find.signature
                self.smallest = (written, find)
                raise AssertionError(find.signature)

    def settle(self) -> None:
        """Keep the smallest program of the find that ended the run, with the lines taken out that it does not need."""
        assert self.smallest is not None
        written, find = self.smallest
        shorter, find = without_lines(self.workers, written, find)
        self.tally.finds[find.signature] = {
            "times": 1, "program": shorter.source, "detail": find.detail, "shrunk": True,
            "lines": len([line for line in shorter.source.splitlines() if line.strip()]),
            "features": sorted(written.features), "notebook": written.notebook,
        }  # fmt: skip
        self.known.add(find.signature)
        self.target, self.smallest, self.shrinking = "", None, 0


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


def run_chunk(workers: Workers, number: int, seed: int, known: set[str], quota: int = CHUNK) -> Tally:
    """Run one chunk of a campaign."""
    start = time.monotonic()
    chunk = _Chunk(workers, known, quota)
    attempt = 0
    while chunk.tally.programs < quota and attempt < 40:
        before = chunk.tally.programs
        _explore(chunk, (seed * 100_003 + number) * 101 + attempt, quota - before)
        attempt += 1
    chunk.tally.seconds = time.monotonic() - start
    chunk.tally.chunks = [number]
    return chunk.tally


def _explore(chunk: _Chunk, seed: int, quota: int) -> None:
    @seeded(seed)
    @settings(
        max_examples=max(quota, 2),
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(programs())
    def explore(written: Written) -> None:
        chunk.one(written)

    try:
        explore()
    except AssertionError:
        chunk.settle()


_WORKERS: list[Workers] = []


def _in_process(number: int, seed: int, known: set[str], quota: int) -> Tally:
    if not _WORKERS:
        _WORKERS.append(Workers())
    return run_chunk(_WORKERS[0], number, seed, known, quota)


def run(
    count: int, seed: int, jobs: int, path: Path, progress: Callable[[Tally], None], until: float | None = None
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
    """
    tally = Tally.read(path)
    todo = (n for n in _numbers() if n not in set(tally.chunks))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: set[Future[Tally]] = set()
        planned = tally.programs
        while True:
            while len(running) < jobs and planned < count and (until is None or time.time() < until):
                quota = min(CHUNK, count - planned)
                running.add(pool.submit(_in_process, next(todo), seed, set(tally.finds), quota))
                planned += quota
            if not running:
                return tally
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                tally.merge(future.result())
            tally.write(path)
            progress(tally)


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1
