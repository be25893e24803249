"""A process in which seeded faults are planted, one after the other. Run by path.

What all faults have in common (TensorFlow, and other packages) is imported once; each fault has a child of its own,
forked before anything of ours is imported, so that no table, cache or decorator has seen the code without the fault.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from equivalence_tests.fuzzing.planting import Planter
from pm_migrate.reference.worker import Connection, encode, take_over_pipes

COMMON = ("tensorflow", "tensorflow_probability", "pandas", "scipy.stats", "libcst.matchers", "mpmath", "tf_keras")

Operations = Mapping[str, Callable[..., Any]]


def child_operations() -> Operations:
    """What a child with a fault is asked."""
    from equivalence_tests.fuzzing.our_side import FuzzSide

    return {"judge": FuzzSide().judge, "rewritten": rewritten, "harness": harness, "leave": lambda: None}


def rewritten(programs: Mapping[str, Sequence[str]]) -> str:
    """The first program that is not rewritten to its text; empty for none."""
    from pm_migrate.codemod import migrate_source

    for name, (before, after) in programs.items():
        if migrate_source(before).code != after:
            return name
    return ""


def harness(rows: Sequence[str], transforms: bool) -> str:
    """What the record of PyMC3's numbers contradicts, in some rows and in the transforms; empty for nothing."""
    from equivalence_tests.formula_mutation import judge_transform
    from equivalence_tests.test_transforms import CASES
    from equivalence_tests.verdicts import facts, judge_runtime
    from pm_migrate.catalog import ROWS

    for row in ROWS:
        if row.name in rows and judge_runtime(row, facts()[row.name]):
            return f"record of {row.name}"
    for case in CASES if transforms else ():
        if judge_transform(case):
            return f"record of the transform {case.name}"
    return ""


def answer(connection: Connection, operations: Operations) -> str:
    """Answer one question; returns what it was."""
    request = connection.receive()
    try:
        reply = {"ok": True, "result": operations[request["op"]](**request["args"])}
    except BaseException as error:  # SystemExit too: whatever was raised is the answer
        words = {"type": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}
        reply = {"ok": False, "error": words}
    connection.write(encode({**reply, "id": request["id"]}))
    return request["op"]


def serve(connection: Connection) -> None:
    """Fork a child for each fault, and wait until it leaves."""
    planted: list[dict[str, str]] = []
    operations: Operations = {
        "hello": lambda: {"python": sys.version.split()[0]},
        "plant": lambda **fault: planted.append(fault),
    }
    while True:
        if answer(connection, operations) != "plant":
            continue
        pid = os.fork()
        if pid == 0:
            grow(connection, planted[-1])
        os.waitpid(pid, 0)


def grow(connection: Connection, fault: Mapping[str, str]) -> None:
    """Be the child of a fault."""
    if fault["module"]:
        sys.meta_path.insert(0, Planter(fault["module"], fault["old"], fault["new"]))
    made: dict[str, Any] = {}

    def lazily(name: str) -> Callable[..., Any]:
        def run(**args: Any) -> Any:
            if not made:
                made.update(child_operations())
            return made[name](**args)

        return run

    operations = {name: lazily(name) for name in ("judge", "rewritten", "harness")} | {"leave": lambda: None}
    try:
        while answer(connection, operations) != "leave":
            pass
    finally:
        os._exit(0)


def main() -> None:
    """Serve on the pipes of this process."""
    connection = take_over_pipes()
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [entry for entry in sys.path if str(Path(entry or ".").resolve()) != here]
    for name in COMMON:
        importlib.import_module(name)
    ours = [n for n in sys.modules if n.startswith("pm_migrate.") and ".reference" not in n]
    assert not set(ours) - {"pm_migrate.errors"}, ours
    serve(connection)


if __name__ == "__main__":
    main()
