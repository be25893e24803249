"""Programs that do what programs do: each has a verdict of its own, and the next one is as if it had been first."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pm_migrate.errors import WorkerCrashed, WorkerTimeout
from pm_migrate.reference import provision
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.reference.worker import descendants
from pm_migrate.verify import Task, close_workers, run_task

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs share a process where fork is not safe")

MODEL = """
import os, signal, subprocess, sys, time
import pymc3 as pm
with pm.Model() as model:
    x = pm.Normal("x")
    y = pm.Deterministic("y", x * 2.0)
"""

#: What programs do that end well, or raise: the models made before are there; the words are those of the error.
LIVES = {
    "prints": ("print('word ' * 10**5)", ""),
    "exits": ("sys.exit(0)", ""),
    "exits with a code": ("sys.exit(3)", "SystemExit: 3"),
    "raises": ("raise ValueError('late')", "ValueError: late"),
    "reads": ("input('name? ')", "EOFError"),
    "plots": ("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()", ""),
    "forks": ("pid = os.fork()\nif pid == 0:\n    raise SystemExit\nos.waitpid(pid, 0)", ""),
    "starts": ("subprocess.Popen(['sleep', '1000'])", ""),
    "changes everything": ("os.chdir('/'); sys.path.clear(); sys.stdout.close(); pm.Normal = None", ""),
}
#: What ends its process, and what the verdict says.
DIES = {
    "leaves": ("os._exit(0)", "ended with exit code 0"),
    "crashes": ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "loops": ("while True: pass", "did not answer `load_program` within"),
    "eats": ("kept = bytearray(10**9)\nwhile True: kept[::4096] = kept[::4096]", "GiB of memory"),
}


@pytest.fixture(scope="module")
def python() -> Path:
    found = provision.find()
    if found is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    return found


@pytest.fixture(scope="module")
def reference(python: Path) -> Iterator[ReferenceClient]:
    with ReferenceClient(python, alone=True, memory=10**9) as client:
        yield client


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "program.py"
        path.write_text(MODEL + textwrap.dedent(text) + "\n")
        return path

    return write


@pytest.mark.parametrize("what", LIVES)
def test_the_models_made_before_are_there(
    reference: ReferenceClient, program: Callable[[str], Path], what: str
) -> None:
    code, error = LIVES[what]
    loaded = reference.load_program(program(code))
    assert [model.name for model in loaded.models] == ["model"]
    assert error in (loaded.error or "") and bool(error) == bool(loaded.error)
    (value,) = reference.evaluate(loaded, loaded.models[0], [{"x": 1.0}])
    assert value.gradient["x"] == -1.0 and value.values["y"] == 2.0
    reference.leave()
    assert descendants(reference.pid or 0) == []


@pytest.mark.parametrize("what", DIES)
def test_a_death_costs_only_itself(reference: ReferenceClient, program: Callable[[str], Path], what: str) -> None:
    reference.start()
    worker = reference.pid
    code, words = DIES[what]
    with pytest.raises((WorkerCrashed, WorkerTimeout), match=words):
        reference.load_program(program("print('last words')\n" + code), timeout=4.0 if what == "loops" else None)
    assert len(reference.load_program(program("")).models) == 1 and reference.pid == worker


def test_verdicts_of_programs_that_misbehave(
    python: Path, program: Callable[[str], Path], request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("each program is run on both sides; with --profile deep")
    try:
        for what, (code, _) in {**LIVES, **DIES, "ends well": ("", "")}.items():
            path = program(code)
            memory = 2 * 10**9 if what == "eats" else None
            task = Task(str(path), at=("test", "near"), points=3, python=str(python), timeout=60.0, memory=memory)
            result = run_task(task.to_json())
            assert result["ok"] == (what not in DIES), (what, result)
            (model,) = result["report"]["models"]
            assert (model["verdict"] == "error") == (what in DIES)
            assert DIES.get(what, ("", ""))[1] in model["detail"]
    finally:
        close_workers()
    assert not [pid for pid in descendants(os.getpid()) if "candidate" in Path(f"/proc/{pid}/cmdline").read_text()]
