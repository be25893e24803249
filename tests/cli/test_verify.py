"""``pm-migrate verify`` and ``--verify``: which programs are compared, with what, and the exit code."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pm_migrate.errors import RemoteError

from .conftest import PROGRAM, REWRITTEN, Run


@dataclass
class Call:
    """One call of the stand-in for the verifier: what was in the two files, and what lay beside them."""

    original: str
    rewritten: str | None
    beside: list[str]
    in_place: bool
    options: dict[str, object]

    @property
    def ok(self) -> bool:
        return "unequal" not in self.original


@dataclass
class Verifier:
    calls: list[Call] = field(default_factory=list)
    pythons: list[object] = field(default_factory=list)
    closed: int = 0


@pytest.fixture
def verifier(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Verifier]:
    seen = Verifier()

    def verify_program(original: Path, rewritten: Path | None, **options: object) -> Call:
        text = original.read_text()
        if "crashes" in text:
            raise RemoteError("it crashed")
        beside = sorted(path.name for path in original.parent.iterdir() if path.name != ".pm-migrate")
        in_place = original.parent.resolve().is_relative_to(folder)
        call = Call(text, rewritten.read_text() if rewritten else None, beside, in_place, options)
        seen.calls.append(call)
        return call

    class ReferenceClient:
        def __init__(self, python: Path) -> None:
            seen.pythons.append(python)

        def close(self) -> None:
            seen.closed += 1

    verify = types.ModuleType("pm_migrate.verify")
    verify.verify_program = verify_program  # type: ignore[attr-defined]
    verify.render = lambda report: f"table, ok: {report.ok}"  # type: ignore[attr-defined]
    verify.to_json = lambda report: {"models": []}  # type: ignore[attr-defined]
    client = types.ModuleType("pm_migrate.reference.client")
    client.ReferenceClient = ReferenceClient  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pm_migrate.verify", verify)
    monkeypatch.setitem(sys.modules, "pm_migrate.reference.client", client)
    from pm_migrate.reference import provision

    monkeypatch.setattr(provision, "find", lambda: Path("/reference/python"))
    yield seen
    assert len(seen.pythons) == seen.closed, "every client is closed"


def test_two_files_are_original_and_rewrite(verifier: Verifier, run: Run) -> None:
    Path("a.py").write_text("original pymc3")
    Path("b.py").write_text("rewritten")
    result = run("verify", "a.py", "b.py", "--points", "7", "--seed", "3", "--no-drop-in")
    assert result.exit_code == 0 and "table, ok: True" in result.stdout
    assert "runs the code of 1 program(s)" in result.stderr
    (call,) = verifier.calls
    assert (call.original, call.rewritten, call.in_place) == ("original pymc3", "rewritten", True)
    assert {key: call.options[key] for key in ("points", "seed", "drop_in")} == {
        "points": 7,
        "seed": 3,
        "drop_in": False,
    }


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
    assert len(verifier.pythons) == 1, "one client serves all"


def test_a_notebook_is_verified_as_a_script(verifier: Verifier, run: Run) -> None:
    cell = {"cell_type": "code", "source": "%matplotlib inline\nimport pymc3 as pm"}
    Path("a.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    Path("data.csv").write_text("")
    assert run("verify", "a.ipynb").exit_code == 0
    (call,) = verifier.calls
    assert call.original.endswith("line 0\nimport pymc3 as pm\n")
    assert call.rewritten is not None and call.rewritten.endswith("\nfrom pm_migrate import pymc4 as pm\n")
    assert call.beside == ["a.ipynb", "a.ipynb.py", "a_rewritten.ipynb.py", "data.csv"] and not call.in_place


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
        {"path": "a.py", "ok": True, "report": {"models": []}},
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
    assert verifier.pythons == [Path(sys.executable)]


def test_verify_after_the_rewrite(verifier: Verifier, run: Run) -> None:
    """The original is gone from the disk by then: both texts come from memory."""
    Path("a.py").write_text(PROGRAM)
    Path("b.py").write_text("x = 1\n")
    result = run("--verify", "--format", "json", ".")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["summary"]["changed"] == 1
    assert "table, ok: True" in result.stderr
    (call,) = verifier.calls
    assert (call.original, call.rewritten, call.in_place) == (PROGRAM, REWRITTEN, False)
    assert call.beside == ["a.py", "a_rewritten.py", "b.py"]
    assert Path("a.py").read_text() == REWRITTEN


@pytest.mark.parametrize("mode", ["--check", "--diff"])
def test_verify_what_would_be_written(verifier: Verifier, run: Run, mode: str) -> None:
    Path("a.py").write_text(PROGRAM + "# unequal\n")
    assert run("--verify", mode, "a.py").exit_code == 1
    assert len(verifier.calls) == 1
