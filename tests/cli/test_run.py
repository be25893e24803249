"""``pm-migrate run``: a script or a notebook as its own interpreter would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CELLS = [
    "%matplotlib inline\nimport sys\nimport pymc3 as pm",
    "!pip install something \\\n    else\nfiles = !ls\nx = 1",
    "%%time\nwith pm.Model() as m:\n    pm.Normal('a')\n%time found = float(m.logp({'a': 0.0}))\nround(found, 6)",
    "%%bash\nls",
    "x;",
    "display(sys.argv[1:], __name__)",
]


def run(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pm_migrate", "run", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300)


def notebook(folder: Path, cells: list[str]) -> str:
    made = [{"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None} for c in cells]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3"}}, "cells": made}
    (folder / "book.ipynb").write_text(json.dumps(content))
    return "book.ipynb"


def test_a_notebook_runs_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    done = run(tmp_path, notebook(tmp_path, CELLS), "--flag", "b")
    assert done.returncode == 0, done.stderr
    # the standard normal at 0, and nothing of `x;`
    assert done.stdout.splitlines() == ["-0.918939", "['--flag', 'b'] __main__"]
    said = [line for line in done.stderr.splitlines() if line.startswith("book.ipynb")]
    assert len(said) == 3 and "matplotlib" not in done.stderr
    assert "cell 2, line 1: left out" in said[0] and "cell 2, line 3" in said[1] and "files = !ls" in said[1]
    assert "cell 4: left out" in said[2] and "%%bash" in said[2]


def test_a_notebook_fails_at_the_cells_own_line(tmp_path: Path) -> None:
    cells = ["def f():\n\n    raise ValueError('boom')", "!ls \\\n  -l\n%time f()"]
    done = run(tmp_path, notebook(tmp_path, cells))
    assert done.returncode == 1
    report = done.stderr[done.stderr.index("Traceback") :].splitlines()
    assert report[1] == '  File "book.ipynb, cell 2", line 3, in <module>'
    assert report[-3] == '  File "book.ipynb, cell 1", line 3, in f' and report[-1] == "ValueError: boom"
    assert "raise ValueError('boom')" in report[-2]


def test_what_is_not_a_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book.ipynb").write_text("{}")
    done = run(tmp_path, "book.ipynb")
    assert done.returncode == 2 and "not a notebook" in done.stderr


def test_a_script_fails_at_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import helper\nprint(__file__, helper.ONE)\n1 / 0\n")
    (tmp_path / "helper.py").write_text("ONE = 1\n")
    done = run(tmp_path, "program.py")
    assert done.returncode == 1 and done.stdout == "program.py 1\n"
    report = done.stderr[done.stderr.index("Traceback") :].splitlines()
    assert report[1] == '  File "program.py", line 3, in <module>'
    assert report[-1] == "ZeroDivisionError: division by zero"
    assert "shims" not in "".join(report)


def test_a_syntax_error_and_exit_statuses_are_pythons(tmp_path: Path) -> None:
    for source, status, message in (
        ("x = (", 1, "SyntaxError"),
        ("import sys\nsys.exit(7)", 7, ""),
        ("raise SystemExit('no')", 1, "no"),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
    ):
        (tmp_path / "program.py").write_text(source)
        done = run(tmp_path, "program.py")
        assert (done.returncode, message in done.stderr) == (status, True), done.stderr
    assert run(tmp_path, "nowhere.py").returncode == 2
