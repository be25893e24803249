"""Where seeded faults are planted: each in a process of its own, forked before anything of ours is imported there.

What all have in common (TensorFlow, and other packages) is imported once. So no table, cache or decorator has seen the
code without the fault, and what a program does to its process ends with it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from equivalence_tests.fuzzing.judge import ours_environment
from equivalence_tests.fuzzing.planting import Planter
from equivalence_tests.fuzzing.seeded import Fault

COMMON = (
    "tensorflow",
    "tensorflow_probability",
    "pandas",
    "scipy.stats",
    "libcst.matchers",
    "mpmath",
    "tf_keras",
    "arviz",
    "hypothesis",
    "rich.console",
)
#: Of ours, by the first part of the name.
OURS = ("pm_migrate", "equivalence_tests", "corpus")

Task = TypeVar("Task")


class Asked:
    """Our side in this process, with the interface of the workers of the fuzzer."""

    def __init__(self, folder: Path) -> None:
        from equivalence_tests.fuzzing.our_side import FuzzSide

        self.folder, self.ours = folder, self
        self._operations: Mapping[str, Callable[..., Any]] = {
            "judge": FuzzSide().judge,
            "rewritten": rewritten,
            "contradicted": contradicted,
        }

    def call(self, op: str, **args: Any) -> Any:
        """Answer."""
        return self._operations[op](**args)


def rewritten(before: str, after: str) -> str:
    """In what a program is not rewritten to its text; empty for nothing."""
    from pm_migrate.codemod import migrate_source

    return "" if migrate_source(before).code == after else "another text"


def contradicted(case: str) -> str:
    """What the record of the harness says against a case."""
    from equivalence_tests.fuzzing import harness

    return harness.contradicted(case)


def prepare() -> None:
    """Import what all processes have in common."""
    os.environ.update(ours_environment(os.environ))
    for name in COMMON:
        importlib.import_module(name)


def plant(fault: Fault) -> None:
    """Go on with a fault in this process: what was imported of ours is imported anew."""
    for name in [n for n in sys.modules if n.split(".")[0] in OURS]:
        if not name.startswith("equivalence_tests.fuzzing"):
            del sys.modules[name]
    if fault.module:
        sys.meta_path.insert(0, Planter(fault.module, fault.old, fault.new))


def forked(
    tasks: Iterable[Task], work: Callable[[Task, Path], Any], jobs: int, seconds: float
) -> Iterator[tuple[Task, Any]]:
    """Do tasks in processes of their own; yields each with its result, ``{"error": ...}`` when there is none.

    Parameters
    ----------
    tasks
        What is to be done.
    work
        Does it, given a folder; the result is sent as JSON.
    jobs
        How many at a time.
    seconds
        After which a process is ended.
    """
    waiting, running = iter(tasks), dict[int, tuple[Task, float]]()
    with tempfile.TemporaryDirectory(prefix="pm-migrate-nursery-") as name:
        folder = Path(name)
        while True:
            while len(running) < jobs and (task := next(waiting, None)) is not None:
                running[_fork(task, work, folder)] = task, time.monotonic() + seconds
            if not running:
                return
            time.sleep(0.05)
            for pid, (task, until) in list(running.items()):
                if time.monotonic() > until:
                    with suppress(ProcessLookupError, PermissionError):
                        os.killpg(pid, signal.SIGKILL)
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del running[pid]
                    path = folder / f"{pid}.json"
                    ended = {"error": "it took too long" if time.monotonic() > until else "its process ended"}
                    yield task, json.loads(path.read_text()) if path.exists() else ended


def _fork(task: Task, work: Callable[[Task, Path], Any], folder: Path) -> int:
    """Start one process; its result is in the folder when it has ended."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()  # what a program starts is ended with it
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        own = folder / str(os.getpid())
        own.mkdir()
        try:
            result = work(task, own)
        except BaseException:  # SystemExit too: whatever was raised is the result
            result = {"error": traceback.format_exc()}
        (folder / f"{os.getpid()}.part").write_text(json.dumps(result))
        (folder / f"{os.getpid()}.part").rename(folder / f"{os.getpid()}.json")
    finally:
        os._exit(0)
