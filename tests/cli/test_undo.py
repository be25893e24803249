"""``pm-migrate undo`` and the journal."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from pm_migrate.codemod import journal
from pm_migrate.commands import rewrite

from .conftest import PROGRAM, REWRITTEN, Run, everything_in


def test_undo_restores_every_byte(folder: Path, run: Run) -> None:
    files = {
        "a.py": PROGRAM.encode(),
        "deep/b.py": b"\xef\xbb\xbf" + PROGRAM.replace("\n", "\r\n").encode(),
        "c.py": b"# coding: latin-1\nimport pymc3 as pm\nx = '\xe9'",
        "d.ipynb": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "import pymc3 as pm"}]}',
    }
    for name, data in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(data)
    Path("a.py").chmod(0o750)
    assert run(".").exit_code == 0
    assert all(data != files[name] for name, data in everything_in(folder).items())
    result = run("undo")
    assert result.exit_code == 0
    assert "4 files restored" in result.stdout
    assert everything_in(folder) == files
    assert stat.S_IMODE(Path("a.py").stat().st_mode) == 0o750


def test_undo_again_goes_one_run_further_back(program: Path, run: Run) -> None:
    run("model.py")
    second = program.parent / "second.py"
    second.write_text(PROGRAM)
    run(".")
    assert run("undo").exit_code == 0
    assert (program.read_text(), second.read_text()) == (REWRITTEN, PROGRAM)
    assert run("undo").exit_code == 0
    assert program.read_text() == PROGRAM
    result = run("undo")
    assert result.exit_code == 2
    assert "nothing to undo is recorded" in result.stderr


@pytest.mark.parametrize("what", ["edited", "removed"])
def test_undo_refuses_files_that_changed_since(program: Path, run: Run, what: str) -> None:
    Path("other.py").write_text(PROGRAM)
    program.chmod(0o751)
    run(".")
    if what == "edited":
        program.write_text("precious")
    else:
        program.unlink()
    result = run("undo")
    assert result.exit_code == 2
    assert "model.py" in result.stderr and "other.py" not in result.stderr and "--force" in result.stderr
    assert program.read_text() == "precious" if what == "edited" else not program.exists()
    assert Path("other.py").read_text() == REWRITTEN, "all or nothing"
    assert run("undo", "--force").exit_code == 0
    assert everything_in(program.parent) == {"model.py": PROGRAM.encode(), "other.py": PROGRAM.encode()}
    assert stat.S_IMODE(program.stat().st_mode) == 0o751


def test_undo_finds_the_journal_above(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("model.py")
    (program.parent / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(program.parent / "deep/er")
    assert run("undo").exit_code == 0
    assert program.read_text() == PROGRAM


def test_the_journal_lies_at_the_root_of_the_repository(
    program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program.parent / ".git").mkdir()
    (program.parent / "sub").mkdir()
    monkeypatch.chdir(program.parent / "sub")
    run("../model.py")
    assert (program.parent / ".pm-migrate/.gitignore").read_text() == "*\n"
    assert not Path(".pm-migrate").exists()
    assert run("undo").exit_code == 0
    assert program.read_text() == PROGRAM


def test_undo_works_where_the_run_was_started_for_files_elsewhere(
    program: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run(program.parent)
    assert program.read_text() == REWRITTEN
    assert run("undo").exit_code == 0
    assert program.read_text() == PROGRAM


def test_a_moved_project_can_be_undone(
    program: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(".")
    (tmp_path / "here").rename(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    assert run("undo").exit_code == 0
    assert Path("model.py").read_text() == PROGRAM


def test_originals_are_on_disk_before_anything_is_replaced(
    program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash at the first replacement leaves a journal from which undo works."""
    Path("other.py").write_text(PROGRAM)
    sound = rewrite._replace

    def crash(replacement: journal.Replacement, notes: list[str]) -> str | None:
        if replacement.path.endswith("other.py"):
            raise SystemError("power cut")
        return sound(replacement, notes)

    monkeypatch.setattr(rewrite, "_replace", crash)
    with pytest.raises(SystemError):
        run(".")
    assert (program.read_text(), Path("other.py").read_text()) == (REWRITTEN, PROGRAM)
    result = run("undo")
    assert result.exit_code == 0
    assert "1 file restored; 1 file already as before the run" in result.stdout
    assert program.read_text() == PROGRAM


def test_an_unfinished_entry_is_passed_over(program: Path, run: Run) -> None:
    run("model.py")
    Path(".pm-migrate/journal/000009-20990101T000000Z").mkdir()
    assert run("undo").exit_code == 0
    assert program.read_text() == PROGRAM


def test_undo_interrupted_can_be_repeated(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.py").write_text(PROGRAM)
    run(".")
    sound = journal.atomic_write

    def full(path: str, data: bytes, **options: int) -> None:
        if path.endswith("other.py"):
            raise OSError(28, "No space left on device")
        sound(path, data, **options)

    with monkeypatch.context() as patch:
        patch.setattr(journal, "atomic_write", full)
        result = run("undo")
    assert result.exit_code == 2 and "other.py: could not be restored" in result.stderr
    assert run("undo").exit_code == 0
    assert (program.read_text(), Path("other.py").read_text()) == (PROGRAM, PROGRAM)


def test_a_damaged_original_is_not_restored(program: Path, run: Run) -> None:
    run("model.py")
    (saved,) = Path(".pm-migrate").rglob("*.original")
    saved.write_text("damaged")
    result = run("undo")
    assert result.exit_code == 2 and "damaged" in result.stderr
    assert program.read_text() == REWRITTEN


def test_a_damaged_manifest_is_an_error(program: Path, run: Run) -> None:
    run("model.py")
    (manifest,) = Path(".pm-migrate").rglob("manifest.json")
    manifest.write_text("{")
    result = run("undo")
    assert result.exit_code == 2 and "cannot be read" in result.stderr


def test_the_manifest(program: Path, run: Run) -> None:
    import hashlib

    run("model.py")
    (manifest,) = Path(".pm-migrate").rglob("manifest.json")
    (file,) = json.loads(manifest.read_text())["files"]
    assert file["path"] == "model.py" and file["mode"] == stat.S_IMODE(program.stat().st_mode)
    assert file["before"] == hashlib.sha256(PROGRAM.encode()).hexdigest()
    assert file["after"] == hashlib.sha256(REWRITTEN.encode()).hexdigest()
    assert (manifest.parent / file["saved_as"]).read_text() == PROGRAM


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users without numbers")
def test_a_journal_of_another_user_is_passed_over(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("model.py")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    result = run("undo")
    assert result.exit_code == 2 and "belongs to another user" in result.stderr
    assert program.read_text() == REWRITTEN
    assert run("undo", "--force").exit_code == 0
    assert program.read_text() == PROGRAM


def test_atomic_write_makes_new_files_as_the_umask_says(tmp_path: Path) -> None:
    current = os.umask(0o027)
    try:
        journal.atomic_write(str(tmp_path / "new"), b"x")
    finally:
        os.umask(current)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
