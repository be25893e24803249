"""Bad input: a clear message, exit code 2, the other files done, nothing lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pm_migrate.codemod import journal

from .conftest import PROGRAM, REWRITTEN, Run, everything_in

BAD = {
    "syntax": ("bad.py", b"import pymc3 as pm\nwith pm.Model(:\n", "not valid Python: line 2, column 15"),
    "python 2": ("bad.py", b"import pymc3\nprint 'x'\n", "not valid Python: line 2"),
    "NUL": ("bad.py", b"import pymc3\nx = '\0'\n", "not valid Python"),
    "deep": ("bad.py", b"import pymc3\nx = " + b"-" * 200_000 + b"1\n", "nested too deeply"),
    "not UTF-8": (
        "bad.py",
        b"import pymc3\nx = 'caf\xe9'\n",
        "not UTF-8, and no coding cookie says what it is: byte 0xe9 at offset 21 (line 2)",
    ),
    "not UTF-8 in line 1": ("bad.py", b"# caf\xe9\nimport pymc3\n", "byte 0xe9 at offset 5 (line 1)"),
    "not UTF-8 after a mark": ("bad.py", b"\xef\xbb\xbfimport pymc3 # \xff\n", "byte 0xff at offset 18 (line 1)"),
    "UTF-16": ("bad.py", "import pymc3\n".encode("utf-16"), "byte 0xff at offset 0"),
    "wrong cookie": ("bad.py", b"# coding: ascii\nimport pymc3 # \xc3\xa9\n", "not text in ascii"),
    "unknown cookie": ("bad.py", b"# coding: klingon\nimport pymc3\n", "unknown encoding: klingon"),
    "no text codec": ("bad.py", b"# coding: hex\nimport pymc3\n", "hex"),
    "not JSON": ("bad.ipynb", b"import pymc3", "not a notebook: not JSON"),
    "JSON, no notebook": ("bad.ipynb", b'{"x": "pymc3"}', "not a notebook: no nbformat"),
    "old notebook": ("bad.ipynb", b'{"nbformat": 1, "cells": ["pymc3"]}', "notebook format 1, not 4"),
    "no cells": ("bad.ipynb", b'{"nbformat": 4, "x": "pymc3"}', "no list of cells"),
    "odd cell": ("bad.ipynb", b'{"nbformat": 4, "cells": [["pymc3"]]}', "cell 0 is not an object"),
    "odd source": (
        "bad.ipynb",
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": {"pymc3": 1}}]}',
        "code cell 0 has no source",
    ),
    "odd worksheet": ("bad.ipynb", b'{"nbformat": 3, "worksheets": ["pymc3"]}', "no list of cells in worksheet 0"),
    "notebook not UTF-8": ("bad.ipynb", b'{"nbformat": 4, "pymc3": "\xe9"}', "not UTF-8: byte 0xe9 at offset 26"),
    "engine breaks": ("bad.py", b"import pymc3\nengine_breaks\n", "internal error, please report it: RuntimeError"),
    "engine refuses": ("bad.py", b"import pymc3\nengine_refuses\n", "the engine refused"),
    "lost comment": (
        "bad.py",
        b"import pymc3 as pm\nlose_comments # dear\n",
        "the rewrite would lose the comment '# dear'; nothing was written",
    ),
    "unstable": ("bad.py", b"import pymc3 as pm\nnever_stable\n", "a second run would change"),
    "broken result": ("bad.py", b"import pymc3 as pm\nwith break_syntax: pass\n", "the rewritten program is not valid"),
    "broken cell": (
        "bad.ipynb",
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "import pymc3 as pm\\nwith break_syntax: pass"}]}',
        "the rewritten cell 0 would not be a program by itself",
    ),
}


@pytest.mark.parametrize("how", ["folder", "named"])
@pytest.mark.parametrize(("name", "data", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_stops_no_other(folder: Path, run: Run, name: str, data: bytes, message: str, how: str) -> None:
    Path("a.py").write_text(PROGRAM)
    Path(name).write_bytes(data)
    Path("z.py").write_text(PROGRAM)
    result = run(*([name, "z.py", "a.py"] if how == "named" else ["."]))
    assert result.exit_code == 2
    assert f"{name}: error: " in result.stderr and message in result.stderr
    assert "Traceback" not in result.output
    assert "3 files: 2 rewritten, 0 unchanged, 1 not done because of an error." in result.stdout
    assert everything_in(folder) == {"a.py": REWRITTEN.encode(), name: data, "z.py": REWRITTEN.encode()}


def test_a_broken_file_without_pymc3_is_an_error_only_where_it_was_named(folder: Path, run: Run) -> None:
    Path("template.py").write_text("class {{ name }}:\n")
    assert run(".").exit_code == 0
    assert run("template.py").exit_code == 2


@pytest.mark.parametrize("path", ["gone.py", "gone", "model.py/x.py"])
def test_a_missing_path(program: Path, run: Run, path: str) -> None:
    result = run(path, "model.py")
    assert result.exit_code == 2
    assert f"{path}: error: " in result.stderr
    assert program.read_text() == REWRITTEN


def test_broken_and_circular_links(program: Path, run: Run) -> None:
    os.symlink("gone.py", "broken.py")
    os.symlink("circle.py", "circle.py")
    os.symlink(".", "again")
    assert run(".").exit_code == 0
    assert program.read_text() == REWRITTEN
    assert "broken symbolic link" in run("broken.py").stderr
    assert "circle.py: error: cannot be read" in run("circle.py").stderr


def test_a_pipe_is_no_file(folder: Path, run: Run) -> None:
    os.mkfifo("pipe.py")
    assert run(".").exit_code == 0
    assert "pipe.py: error: not a regular file" in run("pipe.py").stderr


def test_a_folder_without_python_files(folder: Path, run: Run) -> None:
    Path("empty").mkdir()
    result = run("empty")
    assert result.exit_code == 0
    assert "empty: no Python files or notebooks to look at in this folder" in result.stderr


def test_a_folder_that_cannot_be_listed(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("shut").mkdir()
    listing = os.scandir

    def scandir(path: str) -> object:
        if os.path.basename(path) == "shut":
            raise PermissionError(errno.EACCES, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = run(".")
    assert result.exit_code == 2
    assert "shut: error: folder cannot be listed: Permission denied" in result.stderr
    assert program.read_text() == REWRITTEN


def test_a_read_only_file(program: Path, run: Run) -> None:
    Path("z.py").write_text(PROGRAM)
    program.chmod(0o444)
    result = run(".")
    assert result.exit_code == 2
    assert "model.py: error: the file is read-only; nothing was written" in result.stderr
    assert everything_in(program.parent) == {"model.py": PROGRAM.encode(), "z.py": REWRITTEN.encode()}
    assert run("--diff", "model.py").exit_code == 0, "reading it is all that a diff needs"


def test_a_file_that_changes_meanwhile_is_left_alone(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    save = journal.save

    def save_and_edit(replacements: object) -> object:
        program.write_text("edited")
        return save(replacements)

    monkeypatch.setattr(journal, "save", save_and_edit)
    result = run("model.py")
    assert result.exit_code == 2
    assert "changed while pm-migrate was running; left alone" in result.stderr
    assert program.read_text() == "edited"


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("at", ["journal", "file"])
def test_a_full_disk(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, call: str, at: str) -> None:
    """The disk is full for one of three files: when its original is saved, or when it is replaced itself."""
    for name in ("a.py", "b.py", "c.py"):
        Path(name).write_text(PROGRAM + f"# {name}\n")
    original, sound = Path("b.py").read_bytes(), journal.atomic_write

    def atomic_write(path: str, data: bytes, **options: object) -> None:
        target = data == original if at == "journal" else os.path.basename(path) == "b.py"
        with monkeypatch.context() as patch:
            if target:
                patch.setattr(os, call, _full(getattr(os, call)))
            sound(path, data, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "atomic_write", atomic_write)
    result = run(".")
    assert result.exit_code == 2
    assert "b.py: error: " in result.stderr and "No space left on device" in result.stderr
    assert everything_in(folder) == {
        "a.py": (REWRITTEN + "# a.py\n").encode(),
        "b.py": original,
        "c.py": (REWRITTEN + "# c.py\n").encode(),
    }
    assert not list(folder.rglob("*.tmp"))
    monkeypatch.undo()
    os.chdir(folder)
    assert run("undo").exit_code == 0
    assert Path("a.py").read_text() == PROGRAM + "# a.py\n"


def _full(call: object) -> object:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    return fail


def test_a_journal_that_cannot_be_written_stops_all_replacing(
    program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "write", _full(os.write))
    result = run("model.py")
    assert result.exit_code == 2
    assert "what undo needs could not be saved" in result.stderr
    assert program.read_text() == PROGRAM
    assert not list(program.parent.rglob("*.tmp"))


def test_a_file_too_large_for_its_disk(program: Path) -> None:
    """A real limit, in a process of its own: the system refuses to write more than 64 KiB into one file."""
    large = PROGRAM + "# x\n" * 30_000
    Path("large.py").write_text(large)
    code = (
        "import resource, signal, sys\n"
        "import pm_migrate.codemod\n"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
        "from conftest import rename_import\n"
        "pm_migrate.codemod.migrate_source = rename_import\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "from pm_migrate.cli import cli\n"
        "cli(['.'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "large.py: error: " in done.stderr and "File too large" in done.stderr
    assert Path("large.py").read_text() == large
    assert program.read_text() == REWRITTEN
    assert not list(program.parent.rglob("*.tmp"))


def test_undoable_even_when_nobody_can_write_the_current_folder(
    program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal then lies with the files, and the message says how to reach it."""
    elsewhere = program.parent.parent / "locked"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(elsewhere) and access(path, mode))
    result = run(program)
    assert result.exit_code == 0
    assert f"undo with: pm-migrate undo {program.parent}\n" in result.stderr
    assert run("undo", program.parent).exit_code == 0
    assert program.read_text() == PROGRAM
