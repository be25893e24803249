"""One program to verify as a task: a pure function from what JSON can say to what JSON can say.

Tasks share nothing, so they run in any number of threads, processes or machines that see the same files. Each thread
keeps its workers for the next task: imports cost more than most programs.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pm_migrate.errors import PmMigrateError, VerificationError

#: Kinds of points, in the order in which they are drawn; see ``points.py``.
KINDS = ("test", "near", "prior", "posterior", "tails")


@dataclass(frozen=True)
class Task:
    """What to verify, and how.

    Parameters
    ----------
    original
        The PyMC3 program: a file.
    rewritten
        What it became, if it was rewritten.
    path
        What reports call it; by default the original's path.
    drop_in
        Whether to run the original on the shims, too.
    entry, rewritten_entry
        A function of each file that makes the models; by default the files make them when they are run. The second is
        by default the first.
    arguments
        What the function is called with: a list, or a dictionary of keyword arguments.
    argv, cwd
        Command line of the programs, and the folder they are run in (by default that of each file).
    names
        Names of the original's models and variables to those of the rewrite, where they differ.
    points
        Number of points of each kind.
    seed
        Of all draws.
    at
        Kinds of points, of :data:`KINDS`.
    python
        An interpreter that has PyMC3; by default the one that ``pm-migrate reference install`` built.
    posterior
        Also compare short runs of both samplers, see :mod:`pm_migrate.verify.posterior`.
    error_rate
        Of these: how often equal posteriors of a model may be called different.
    draws
        Of these, per chain, after as many to warm up; there are four chains.
    timeout
        Seconds that each side may take to run the program, and to answer each question about it.
    memory
        Bytes that the program may occupy on each side; None for no limit.
    device
        Where TensorFlow evaluates; by default the CPU, or what ``PM_MIGRATE_DEVICE`` says.

    Examples
    --------
    >>> task = Task("model.py", entry="build", arguments=[[1.0, 2.0]], at=("test", "near"))
    >>> Task.from_json(task.to_json()) == task
    True
    """

    original: str
    rewritten: str | None = None
    path: str = ""
    drop_in: bool = True
    entry: str | None = None
    rewritten_entry: str | None = None
    arguments: Any = None
    argv: tuple[str, ...] = ()
    cwd: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    points: int = 10
    seed: int = 0
    at: tuple[str, ...] = KINDS
    python: str | None = None
    posterior: bool = False
    error_rate: float = 1e-3
    draws: int = 1000
    timeout: float = 180.0
    memory: int | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.at if kind not in KINDS]
        if unknown:
            raise VerificationError(f"no kind of points {unknown[0]!r}; there are {', '.join(KINDS)}")
        if not 0.0 < self.error_rate < 1.0:
            raise VerificationError(f"error_rate is {self.error_rate}; it has to be between 0 and 1")
        if self.points < 1:
            raise VerificationError(f"points is {self.points}; it has to be at least 1")

    def to_json(self) -> dict[str, Any]:
        """Make a dictionary for ``json.dumps``."""
        return asdict(self) | {"at": list(self.at), "argv": list(self.argv), "names": dict(self.names)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """Make a task of a dictionary.

        Raises
        ------
        VerificationError
            It has a key that no task has, or a value that cannot be.
        """
        unknown = sorted(set(data) - {f.name for f in fields(cls)})
        if unknown:
            raise VerificationError(f"a task has no {unknown[0]!r}")
        tuples = {key: tuple(data[key]) for key in ("at", "argv") if key in data}
        return cls(**{**data, **tuples})

    def runs(self) -> Any:
        """How long the short runs are; None if there are none."""
        from pm_migrate.verify.posterior import Settings

        limit = max(1800.0, self.timeout)
        return Settings(self.draws, 4, self.error_rate, self.seed, limit) if self.posterior else None

    def workers(self) -> tuple[Any, ...]:
        """What the workers of a thread are made for: tasks with the same can share them."""
        return self.python, self.device, self.posterior

    def loading(self, *, rewritten: bool = False) -> dict[str, Any]:
        """The keywords with which a side loads a program."""
        entry = (self.rewritten_entry or self.entry) if rewritten else self.entry
        found: dict[str, Any] = {"entry": entry, "arguments": self.arguments, "argv": self.argv, "cwd": self.cwd}
        return {key: value for key, value in found.items() if value}


def run_task(task: Mapping[str, Any] | Task) -> dict[str, Any]:
    """Verify one program.

    Parameters
    ----------
    task
        A :class:`Task`, or what its ``to_json`` returned.

    Returns
    -------
    dict
        For ``json.dumps``: ``path``, ``ok``, ``seconds``, ``sha256`` (of ``original`` and ``rewritten``), and
        ``report`` as :func:`pm_migrate.verify.to_json` makes it, with the ``versions`` of everything and the
        ``settings``; or the ``error`` that kept it from being verified.

    Examples
    --------
    ::

        result = run_task({"original": "before.py", "rewritten": "after.py"})
        assert result["ok"], result
    """
    task = task if isinstance(task, Task) else Task.from_json(task)
    began = time.monotonic()
    result: dict[str, Any] = {"path": task.path or task.original, "ok": False, "sha256": _hashes(task)}
    try:
        report = _verify(task)
    except (PmMigrateError, OSError) as error:
        result["error"] = str(error)
    else:
        from pm_migrate.verify.report import to_json

        result |= {"ok": report.ok, "report": {**to_json(report), "original": result["path"]}}
        result |= {"versions": _versions(), "settings": _settings(task)}
    result["seconds"] = round(time.monotonic() - began, 3)
    return result


def _verify(task: Task) -> Any:
    from pm_migrate.verify.program import verify_program

    with _lane(task) as lane:
        return verify_program(
            Path(task.original),
            Path(task.rewritten) if task.rewritten else None,
            reference=lane.reference(),
            points=task.points,
            seed=task.seed,
            drop_in=task.drop_in,
            candidate=lane.candidate,
            at=task.at,
            names=task.names,
            loading=task.loading(),
            loading_rewritten=task.loading(rewritten=True),
            posterior=task.runs(),
        )


def _versions() -> dict[str, dict[str, str]]:
    """What ran the program, by side."""
    from pm_migrate import __version__

    lane = getattr(_here, "lane", None)
    sides = {"reference": "original", "drop-in": "drop-in", "rewrite": "rewrite"}
    found = {"pm-migrate": {"pm-migrate": __version__, "platform": platform.platform()}}
    for name, client in (lane.clients if lane else {}).items():
        found[sides[name]] = dict(client.versions)
    return found


def _settings(task: Task) -> dict[str, Any]:
    """How the program was verified."""
    found: dict[str, Any] = {"points of each kind": task.points, "kinds of points": ", ".join(task.at)}
    found |= {"seed": task.seed, "function": task.entry, "arguments": task.arguments, "command line": list(task.argv)}
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def _hashes(task: Task) -> dict[str, str]:
    files = {"original": task.original, "rewritten": task.rewritten}
    found = {}
    for name, file in files.items():
        with contextlib.suppress(OSError):
            if file:
                found[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return found


# --- workers ----------------------------------------------------------------------------------------------------------


class Lane:
    """The workers of one thread, each started when it is first asked for.

    Parameters
    ----------
    task
        The task whose limits and interpreter they are for.
    """

    def __init__(self, task: Task) -> None:
        self.key = task.workers()
        self.task = task
        self.clients: dict[str, Any] = {}

    def reference(self) -> Any:
        """PyMC3 on Theano."""
        from pm_migrate.reference.client import ReferenceClient

        if "reference" not in self.clients:
            python = Path(self.task.python) if self.task.python else None
            self.clients["reference"] = ReferenceClient(python, alone=True, sampling=self.task.posterior)
        return self._limited("reference")

    def candidate(self, mode: str) -> Any:
        """The TensorFlow side for a mode (``drop-in``, ``rewrite``)."""
        from pm_migrate.verify.program import CandidateClient

        if mode not in self.clients:
            self.clients[mode] = CandidateClient(mode, alone=True, device=self.task.device)
        return self._limited(mode)

    def _limited(self, name: str) -> Any:
        client = self.clients[name]
        client.timeout, client.memory = self.task.timeout, self.task.memory
        return client

    def leave(self) -> None:
        """End the processes of the program that was verified; the workers stay."""
        for client in self.clients.values():
            client.leave()

    def close(self) -> None:
        """End the workers."""
        for client in self.clients.values():
            client.close()
        self.clients.clear()


_here = threading.local()
_lanes: list[Lane] = []


@contextlib.contextmanager
def _lane(task: Task) -> Iterator[Lane]:
    """The workers of this thread, made anew when they are to be other ones."""
    lane = getattr(_here, "lane", None)
    if lane is None or lane not in _lanes or lane.key != task.workers():
        if lane is not None:
            lane.close()
        lane = _here.lane = Lane(task)
        _lanes.append(lane)
    lane.task = task
    try:
        yield lane
    finally:
        lane.leave()


def close_workers() -> None:
    """End the workers of all threads; a later task starts others. They also end with this process."""
    while _lanes:
        _lanes.pop().close()
