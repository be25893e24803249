"""What starting the command costs, and what the smaller commands do."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from pm_migrate import __version__
from pm_migrate.commands import run as run_module

from .conftest import PROGRAM, Run

HEAVY = {"libcst", "tensorflow", "rich", "numpy", "pathspec", "theano", "pymc3", "concurrent.futures.process"}


def imported(*arguments: str, cwd: Path) -> set[str]:
    code = (
        "import sys\nfrom pm_migrate.cli import cli\n"
        "try:\n    cli(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=cwd, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_help_imports_next_to_nothing(tmp_path: Path) -> None:
    assert not imported("--help", cwd=tmp_path) & HEAVY


def test_files_without_pymc3_are_passed_without_a_parser(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert not imported(".", cwd=tmp_path) & (HEAVY - {"concurrent.futures.process"})


def test_help_costs_little(tmp_path: Path) -> None:
    """At most 0.2 s of processor time; the least of three, since other work on the machine only adds to it."""
    import resource

    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "pm_migrate", "--help"], capture_output=True, check=True, cwd=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) <= 0.2


def test_help_names_every_command(run: Run) -> None:
    help = run("--help").stdout
    for command in ("verify", "run", "explain", "undo", "reference"):
        assert f"\n  {command} " in help
        assert run(command, "--help").stdout.startswith(f"Usage: cli {command} [OPTIONS]")


def test_version(run: Run) -> None:
    assert __version__ in run("--version").stdout


def test_explain(engine: None, run: Run) -> None:
    page = run("explain", "pm101").stdout
    assert page.startswith("PM101  Title of PM101\n\nWhat it does. In two lines.\n\nWhy\nBecause.\n")
    assert "Before\n    import pymc3 as pm\n" in page and "Limits" not in page


def test_explain_lists_all(engine: None, run: Run) -> None:
    assert run("explain").stdout.split("\n")[:2] == ["PM101  Title of PM101", "PM201  Title of PM201"]


def test_explain_an_unknown_code(engine: None, run: Run) -> None:
    result = run("explain", "PM1O1")
    assert result.exit_code == 2
    assert "no code 'PM1O1'; close to it: PM101" in result.stderr


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stand in for the module that runs programs, so that no TensorFlow is needed."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "stand_in.py").write_text(
        "import sys\nprint(sys.argv[1:], sys.stdin.read())\nsys.exit(int(sys.argv[-1]))\n"
    )
    popen = subprocess.Popen

    def stand_in(command: list[str]) -> object:
        assert command[1:3] == ["-m", "pm_migrate.shims.run"]
        return popen([command[0], "-m", "stand_in", *command[3:]], env={**os.environ, "PYTHONPATH": str(package)})

    monkeypatch.setattr(run_module, "subprocess", types.SimpleNamespace(Popen=stand_in))
    return package


@pytest.mark.skipif(run_module.find_spec("tensorflow") is None, reason="run needs TensorFlow")
def test_run_passes_arguments_input_and_exit_status(
    program: Path, runner: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("input.txt", "w+") as stdin:
        stdin.write("hello")
        stdin.seek(0)
        saved = os.dup(0)
        os.dup2(stdin.fileno(), 0)
        try:
            code = run_module.run("model.py", ["--help", "-x", "3"])
        finally:
            os.dup2(saved, 0)
            os.close(saved)
    assert code == 3
    assert capfd.readouterr().out == "['model.py', '--help', '-x', '3'] hello\n"


def test_run_takes_options_after_the_script_as_the_scripts(
    program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(run_module, "run", lambda script, arguments: seen.append((script, arguments)) or 5)
    assert run("run", "model.py", "--diff", "-x", "--help").exit_code == 5
    assert seen == [("model.py", ("--diff", "-x", "--help"))]


def test_run_without_tensorflow_says_what_to_install(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "find_spec", lambda name: None)
    result = run("run", "model.py")
    assert result.exit_code == 2
    assert "pip install 'pm-migrate[shims]'" in result.stderr


def test_run_a_missing_script(folder: Path, run: Run) -> None:
    result = run("run", "gone.py")
    assert result.exit_code == 2 and "gone.py: no such file" in result.stderr


def test_reference(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    from pm_migrate.errors import ProvisionError
    from pm_migrate.reference import provision

    ready = provision.Status(Path("/x/python"), "3.11.9", "3.11.6", True, "installed")
    missing = provision.Status(None, None, None, False, "not installed")
    monkeypatch.setattr(provision, "status", lambda: ready)
    result = run("reference", "status")
    assert (result.exit_code, result.stdout) == (0, "/x/python (Python 3.11.9, PyMC3 3.11.6): installed\n")
    monkeypatch.setattr(provision, "status", lambda: missing)
    result = run("reference", "status")
    assert (result.exit_code, result.stdout) == (1, "not installed\n")

    def install(progress: object) -> None:
        progress("building")  # type: ignore[operator]
        raise ProvisionError("no Python 3.11")

    monkeypatch.setattr(provision, "install", install)
    result = run("reference", "install")
    assert (result.exit_code, result.stdout) == (2, "building\n")
    assert "error: no Python 3.11" in result.stderr
    assert run("reference", "remove").exit_code == 2


def test_interrupting_a_run_writes_nothing(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from pm_migrate.commands import rewrite

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rewrite, "process_all", interrupt)
    result = run("model.py")
    assert result.exit_code == 130
    assert program.read_text() == PROGRAM
