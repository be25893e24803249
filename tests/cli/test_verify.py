"""``pm-migrate verify`` and ``--verify``: which programs are compared, with what, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .conftest import PROGRAM, REWRITTEN, Run


@dataclass
class Call:
    """One call of the stand-in for the verifier: what was in the two files, and what lay beside them."""

    original: str
    rewritten: str | None
    beside: list[str]
    in_place: bool
    task: dict[str, Any]

    @property
    def ok(self) -> bool:
        return "unequal" not in self.original


@dataclass
class Verifier:
    calls: list[Call] = field(default_factory=list)
    closed: int = 0


@pytest.fixture
def verifier(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Verifier]:
    seen = Verifier()

    def run_task(task: dict[str, Any]) -> dict[str, Any]:
        original, rewritten = (Path(task[key]) if task[key] else None for key in ("original", "rewritten"))
        assert original is not None
        text = original.read_text()
        if "crashes" in text:
            return {"path": task["path"], "ok": False, "error": "it crashed"}
        beside = sorted(path.name for path in original.parent.iterdir() if path.name != ".pm-migrate")
        in_place = original.parent.resolve().is_relative_to(folder)
        call = Call(text, rewritten.read_text() if rewritten else None, beside, in_place, task)
        seen.calls.append(call)
        return {"path": task["path"], "ok": call.ok, "report": {"models": [], "notes": []}}

    def close_workers() -> None:
        seen.closed += 1

    import pm_migrate.verify

    verify = types.ModuleType("pm_migrate.verify")
    verify.__path__ = pm_migrate.verify.__path__
    run_task.__module__, run_task.__qualname__ = "pm_migrate.verify", "run_task"  # as other processes would find it
    verify.run_task, verify.close_workers = run_task, close_workers  # type: ignore[attr-defined]
    verify.render = lambda report: "a table"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pm_migrate.verify", verify)
    from pm_migrate.reference import provision

    monkeypatch.setattr(provision, "find", lambda: Path("/reference/python"))
    yield seen
    assert seen.closed or not seen.calls, "the workers are closed"


def test_two_files_are_original_and_rewrite(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text("original pymc3")
    Path("b.py").write_text("rewritten")
    result = run("verify", "a.py", "b.py", "--points", "7", "--seed", "3", "--no-drop-in")
    assert result.exit_code == 0 and "a table" in result.stdout
    assert "runs the code of 1 program(s)" in result.stderr
    (call,) = verifier.calls
    assert (call.original, call.rewritten, call.in_place) == ("original pymc3", "rewritten", True)
    assert {key: call.task[key] for key in ("points", "seed", "drop_in")} == {"points": 7, "seed": 3, "drop_in": False}


def test_an_original_is_rewritten_to_a_folder_that_mirrors_its_own(verifier: Verifier, run: Run) -> None:
    """The original runs where it lies; the rewrite beside links to what lies there."""
    Path("sub").mkdir()
    Path("sub/model.py").write_text(PROGRAM)
    Path("sub/data.csv").write_text("1")
    assert run("verify", "sub/model.py").exit_code == 0
    (call,) = verifier.calls
    assert (call.original, call.rewritten, call.in_place) == (PROGRAM, REWRITTEN, True)
    assert Path("sub/model.py").read_text() == PROGRAM
    assert sorted(path.name for path in Path("sub").iterdir()) == ["data.csv", "model.py"]


def test_a_folder_of_pairs_and_originals(verifier: Verifier, run: Run) -> None:
    for name, text in {
        "c/one/before.py": "pymc3 before",
        "c/one/after.py": "pymc3 after",
        "c/one/other.py": "x = 1",
        "c/two/before.py": PROGRAM,
        "c/three.py": PROGRAM,
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    assert run("verify", "c").exit_code == 0
    assert sorted((call.original, call.rewritten) for call in verifier.calls) == sorted(
        [("pymc3 before", "pymc3 after"), (PROGRAM, REWRITTEN), (PROGRAM, REWRITTEN)]
    )
    assert verifier.closed == 1


def test_a_notebook_is_verified_as_a_script(verifier: Verifier, run: Run) -> None:
    cell = {"cell_type": "code", "source": "%matplotlib inline\nimport pymc3 as pm"}
    Path("a.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    Path("data.csv").write_text("")
    assert run("verify", "a.ipynb").exit_code == 0
    (call,) = verifier.calls
    assert call.original.endswith("line 0\nimport pymc3 as pm\n")
    assert call.rewritten is not None and call.rewritten.endswith("\nfrom pm_migrate import pymc4 as pm\n")
    assert call.beside == ["a.ipynb", "a.ipynb.py", "data.csv"] and not call.in_place


def test_exit_codes_and_other_programs_done(verifier: Verifier, run: Run) -> None:
    for name in ("a", "b", "c"):
        Path(f"{name}.py").write_text(PROGRAM)
    assert run("verify", ".").exit_code == 0
    Path("a.py").write_text(PROGRAM + "# unequal\n")
    assert run("verify", ".").exit_code == 1
    Path("b.py").write_text(PROGRAM + "# crashes\n")
    Path("d.py").write_text("import pymc3 (")
    verifier.calls.clear()
    result = run("verify", ".", "gone.py")
    assert result.exit_code == 2
    assert "b.py: error: it crashed" in result.stderr and "d.py: error: not valid Python" in result.stderr
    assert "gone.py: error: no such file" in result.stderr
    assert len(verifier.calls) == 2


def test_json(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text(PROGRAM)
    Path("b.py").write_text(PROGRAM + "# crashes\n")
    report = json.loads(run("verify", "--format", "json", ".").stdout)
    assert report["programs"] == [
        {"path": "a.py", "ok": True, "report": {"models": [], "notes": []}},
        {"path": "b.py", "ok": False, "error": "it crashed"},
    ]


def test_nothing_to_verify(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text("x = 1\n")
    result = run("verify", ".")
    assert result.exit_code == 0 and "nothing to verify" in result.stderr
    assert json.loads(run("verify", ".", "--format", "json").stdout)["programs"] == []


def test_no_reference(verifier: Verifier, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from pm_migrate.reference import provision

    Path("a.py").write_text(PROGRAM)
    monkeypatch.setattr(provision, "find", lambda: None)
    result = run("verify", "a.py")
    assert result.exit_code == 2 and "pm-migrate reference install" in result.stderr
    assert run("--verify", "a.py").exit_code == 2
    assert Path("a.py").read_text() == PROGRAM, "a rewrite that was to be proven is not left unproven"
    result = run("verify", "a.py", "--reference-python", "gone")
    assert result.exit_code == 2 and "gone: no such file" in result.stderr
    assert run("verify", "a.py", "--reference-python", sys.executable).exit_code == 0
    assert [call.task["python"] for call in verifier.calls] == [sys.executable]


def test_verify_after_the_rewrite(verifier: Verifier, run: Run) -> None:
    """The original is gone from the disk by then: both texts come from memory."""
    Path("a.py").write_text(PROGRAM)
    Path("b.py").write_text("x = 1\n")
    result = run("--verify", "--format", "json", ".")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["summary"]["changed"] == 1
    assert "a table" in result.stderr
    (call,) = verifier.calls
    assert (call.original, call.rewritten, call.in_place) == (PROGRAM, REWRITTEN, False)
    assert call.beside == ["a.py", "b.py"]
    assert Path("a.py").read_text() == REWRITTEN


@pytest.mark.parametrize("mode", ["--check", "--diff"])
def test_verify_what_would_be_written(verifier: Verifier, run: Run, mode: str) -> None:
    Path("a.py").write_text(PROGRAM + "# unequal\n")
    assert run("--verify", mode, "a.py").exit_code == 1
    assert len(verifier.calls) == 1


# --- originals of rewritten files -------------------------------------------------------------------------------------


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    """A package with a helper, committed as it was and then rewritten by hand; a file that was left alone."""
    Path("models").mkdir()
    for name in ("model", "helper"):
        Path(f"models/{name}.py").write_text(PROGRAM + f"# {name}\n")
    Path("models/alone.py").write_text(PROGRAM)
    Path("models/data.csv").write_text("1")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "before")
    for name in ("model", "helper"):
        Path(f"models/{name}.py").write_text(REWRITTEN + f"# {name}, by hand\n")
    return folder


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Contents and times of all files, those of git among them."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize("against", [(), ("--against", "HEAD"), ("--against", "HEAD~0")])
def test_originals_come_from_git(verifier: Verifier, run: Run, repository: Path, against: tuple[str, ...]) -> None:
    """The helper that the original imports is the original, too; nothing in the tree or in git is touched."""
    before = everything(repository)
    result = run("verify", "models/model.py", *against)
    assert result.exit_code == 0, result.stderr
    (call,) = verifier.calls
    assert (call.original, call.rewritten) == (PROGRAM + "# model\n", REWRITTEN + "# model, by hand\n")
    assert call.task["path"] == "models/model.py" and call.task["rewritten"] == str(repository / "models/model.py")
    assert call.beside == ["alone.py", "data.csv", "helper.py", "model.py"] and not call.in_place
    assert everything(repository) == before


def test_the_helper_of_an_original_is_an_original(folder: Path, repository: Path) -> None:
    from pm_migrate.commands.originals import from_git
    from pm_migrate.commands.overlay import Overlay

    with Overlay(from_git(str(repository), "HEAD").files) as view:
        place = view.path(str(repository / "models/model.py"))
        assert (place.parent / "helper.py").read_text() == PROGRAM + "# helper\n"
        assert (place.parent / "data.csv").is_symlink() and (place.parent / "../models/data.csv").read_text() == "1"
        assert not (place.parent.parent / ".git").exists()
    assert not place.exists()


def test_a_folder_against_a_revision(verifier: Verifier, run: Run, repository: Path) -> None:
    result = run("verify", "--against", "HEAD", ".")
    assert result.exit_code == 0
    assert sorted(call.task["path"] for call in verifier.calls) == ["models/helper.py", "models/model.py"]
    assert "1 program(s) left out, which HEAD has as they are now" in result.stderr


def test_without_against_originals_are_rewritten_and_rewrites_have_originals(
    verifier: Verifier, run: Run, repository: Path
) -> None:
    assert run("verify", ".").exit_code == 0
    assert [(call.task["path"], call.rewritten) for call in verifier.calls] == [
        ("models/alone.py", REWRITTEN),
        ("models/helper.py", REWRITTEN + "# helper, by hand\n"),
        ("models/model.py", REWRITTEN + "# model, by hand\n"),
    ]


def test_a_renamed_file_has_its_original(verifier: Verifier, run: Run, repository: Path) -> None:
    git("add", "-A")
    git("commit", "-qm", "after")
    git("mv", "models/model.py", "models/renamed.py")
    assert run("verify", "--against", "HEAD~1", "models/renamed.py").exit_code == 0
    assert verifier.calls[0].original == PROGRAM + "# model\n"


def test_a_notebook_has_its_original_in_git(verifier: Verifier, run: Run, repository: Path) -> None:
    def notebook(text: str) -> str:
        return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": text}]})

    Path("a.ipynb").write_text(notebook(PROGRAM))
    git("add", "-A")
    git("commit", "-qm", "notebook")
    Path("a.ipynb").write_text(notebook(REWRITTEN))
    assert run("verify", "a.ipynb").exit_code == 0
    (call,) = verifier.calls
    assert "import pymc3 as pm" in call.original and call.rewritten is not None and "pymc4" in call.rewritten


def test_originals_come_from_the_journal_first(verifier: Verifier, run: Run, repository: Path) -> None:
    git("checkout", "-q", ".")
    Path("models/model.py").write_text(PROGRAM + "# not committed\n")
    assert run("models/model.py").exit_code == 0
    again = Path("models/model.py")
    again.write_text(again.read_text() + "import pymc3 as pm  # more\n")
    run("models/model.py")
    for against in ((), ("--against", "journal")):
        verifier.calls.clear()
        assert run("verify", "models/model.py", *against).exit_code == 0
        assert verifier.calls[0].original == PROGRAM + "# not committed\n", "of the first run"
    for _ in range(2):
        assert run("undo", "--force").exit_code == 0
    result = run("verify", "--against", "journal", "models/model.py")
    assert result.exit_code == 2 and "journal has no original" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--against", "gone", "models"), "has no revision gone"),
        (("--against", "--output=x", "models"), "has no revision --output=x"),
        (("--against", "HEAD", "models/alone.py"), "HEAD has no original of it that differs"),
        (("--args", "{", "models/alone.py"), "--args {: not JSON"),
        (("--args", "3", "models/alone.py"), "it has to be a JSON list"),
        (("--name", "a", "models/alone.py"), "--name a: write OLD=NEW"),
        (("--name", "a=b", "--name", "a=c", "models/alone.py"), "--name a is given twice: b and c"),
        (("--cwd", "gone", "models/alone.py"), "--cwd gone: no such folder"),
        (("--drop-in", "--no-drop-in", "models/alone.py"), "exclude each other"),
    ],
)
def test_what_cannot_be(
    verifier: Verifier, run: Run, repository: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run("verify", *arguments)
    assert result.exit_code == 2 and message in result.stderr and not verifier.calls


def test_against_a_revision_needs_a_repository(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text(REWRITTEN)
    result = run("verify", "--against", "HEAD", "a.py")
    assert result.exit_code == 2 and "is in no git repository" in result.stderr
    result = run("verify", ".")
    assert result.exit_code == 0 and "rewritten, but no original is in the journal" in result.stderr


def test_a_function_that_makes_models(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text(PROGRAM)
    Path("b.py").write_text("rewritten")
    options = ("--args", '{"n": 3}', "--name", "old=new", "--argv", "-v 'two words'", "--cwd", ".")
    assert run("verify", "a.py::build", *options).exit_code == 0
    assert run("verify", "a.py::build", "b.py", *options).exit_code == 0
    assert run("verify", "a.py::build", "b.py::make", *options).exit_code == 0
    tasks = [call.task for call in verifier.calls]
    assert [(task["entry"], task["rewritten_entry"]) for task in tasks] == [
        ("build", "build"), ("build", "build"), ("build", "make"),
    ]  # fmt: skip
    assert all(task["arguments"] == {"n": 3} and task["names"] == {"old": "new"} for task in tasks)
    assert all(task["argv"] == ["-v", "two words"] and task["cwd"] == str(Path().resolve()) for task in tasks)


def test_the_drop_in_alone(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text(PROGRAM)
    Path("b.py").write_text(PROGRAM)
    assert run("verify", "--drop-in", "a.py", "b.py").exit_code == 0
    assert [(call.rewritten, call.task["drop_in"]) for call in verifier.calls] == [(None, True)] * 2


def test_several_at_a_time_in_order(verifier: Verifier, run: Run) -> None:
    for name in "abcde":
        Path(f"{name}.py").write_text(PROGRAM)
    Path("c.py").write_text(PROGRAM + "# crashes\n")
    report = json.loads(run("verify", "--jobs", "3", "--format", "json", ".").stdout)
    assert [(p["path"], p["ok"]) for p in report["programs"]] == [(f"{n}.py", n != "c") for n in "abcde"]
    run("verify", "--jobs", "2", "--format", "json", "--output", "report.json", ".")
    assert json.loads(Path("report.json").read_text())["programs"] == report["programs"]


def test_a_cluster_gets_the_tasks_and_what_it_says_is_shown(
    verifier: Verifier, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pm_migrate.verify import executors

    sent: list[Any] = []

    def run_tasks(function: Any, tasks: Any, **choices: Any) -> Iterator[executors.Done]:
        sent.append((choices, tasks))
        results = [executors.Done(i, function(task)) for i, task in enumerate(tasks)]
        results[1] = executors.Done(1, error="the task was lost: KilledWorker")
        yield from reversed(results)

    monkeypatch.setattr(executors, "run_tasks", run_tasks)
    monkeypatch.setattr("pm_migrate.reference.provision.find", lambda: None)  # nodes look for their own
    for name in "abc":
        Path(f"{name}.py").write_text(PROGRAM)
    where = ["--executor", "dask", "--executor-address", "tcp://s:8786"]
    result = run("verify", *where, "--format", "json", "--device", "gpu", ".")
    report = json.loads(result.stdout)
    assert [(p["path"], p["ok"]) for p in report["programs"]] == [("a.py", True), ("b.py", False), ("c.py", True)]
    assert report["programs"][1]["error"] == "the task was lost: KilledWorker" and result.exit_code == 2
    ((choices, tasks),) = sent
    assert choices == {"executor": "dask", "address": "tcp://s:8786", "jobs": None}
    assert all(task["python"] is None and task["device"] == "GPU:0" for task in tasks)
    assert all(Path(task["original"]).is_absolute() for task in tasks)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--executor-address", "tcp://s:8786"], "is one of a cluster"),
        (["--executor", "slurm"], "'slurm' is not one of"),
        (["--device", "abacus"], "is no device"),
    ],
)
def test_places_that_cannot_be(verifier: Verifier, run: Run, options: list[str], words: str) -> None:
    Path("a.py").write_text(PROGRAM)
    result = run("verify", *options, "a.py")
    assert result.exit_code == 2 and words in result.stderr and not verifier.calls


def test_without_the_device_nothing_is_verified(verifier: Verifier, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from pm_migrate.errors import DeviceMissing
    from pm_migrate.verify import devices

    def missing(device: str) -> None:
        raise DeviceMissing(f"TensorFlow sees no {device}")

    monkeypatch.setattr(devices, "require_device", missing)
    Path("a.py").write_text(PROGRAM)
    result = run("verify", "--device", "GPU:0", "a.py")
    assert result.exit_code == 2 and "TensorFlow sees no GPU:0" in result.stderr and not verifier.calls


def test_proofs_are_what_json_says_with_nothing_printed(
    verifier: Verifier, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    from pm_migrate.commands.verify import Choices, proofs
    from pm_migrate.errors import SourceError

    Path("a.py").write_text(PROGRAM)
    Path("b.py").write_text("rewritten")
    assert proofs(["a.py", "b.py"], Choices({"points": 3})) == [
        {"path": "a.py", "ok": True, "report": {"models": [], "notes": []}}
    ]
    assert [call.task["points"] for call in verifier.calls] == [3]
    Path("other.py").write_text("x = 1\n")
    with pytest.raises(SourceError, match=r"other\.py: no program that mentions PyMC3"):
        proofs(["other.py"], Choices())
    assert capsys.readouterr() == ("", "")
    verifier.closed += 1  # by whoever asked


def test_reports_for_people_and_for_ci(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text(PROGRAM)
    Path("b.py").write_text("import pymc3 (")
    result = run("verify", "--format", "junit", "--html", "proof.html", ".")
    assert result.exit_code == 2
    assert result.stdout.startswith("<?xml") and 'name="a.py"' in result.stdout and "not valid Python" in result.stdout
    page = Path("proof.html").read_text()
    assert "a.py" in page and "not valid Python" in page


def test_kinds_of_points(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text(PROGRAM)
    run("verify", "--at", "tails, test", "a.py")
    assert verifier.calls[0].task["at"] == ["test", "tails"]
    result = run("verify", "--at", "test,middle", "a.py")
    assert result.exit_code == 2 and "no kind of points 'middle'" in result.stderr
