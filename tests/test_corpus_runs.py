"""Every corpus program runs: unedited on the drop-in, with only its imports changed, and rewritten."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.programs import CORPUS
from corpus.programs import PROGRAMS as EVERY
from pm_migrate.shims import recording

PROGRAMS = [program.name for program in EVERY if not program.notebook and not program.manual]
#: Run in every test run, with all their sampling; the others with ``--profile deep``.
QUICK = {
    "coal_mining",
    "eight_schools",
    "logistic_regression",
    "negative_binomial_counts",
    "radon",
    "robust_regression",
}

#: The edits of a person who takes the drop-in instead of PyMC3.
IMPORTS = {
    r"^import pymc3 as pm$": "import pm_migrate.shims as pm",
    r"^import theano\.tensor as tt$": "import pm_migrate.shims.theano.tensor as tt",
}


def run(folder: Path, *command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def folder(program: str, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    if program not in QUICK and request.config.getoption("--profile") != "deep":
        pytest.skip("some are run in every run; all programs with --profile deep")
    return Path(shutil.copytree(CORPUS / program, tmp_path / program))


@pytest.mark.parametrize("program", PROGRAMS)
def test_unedited_on_the_drop_in(program: str, folder: Path) -> None:
    run(folder, "-m", "pm_migrate", "run", "before.py")


@pytest.mark.parametrize("program", PROGRAMS)
def test_rewritten(program: str, folder: Path) -> None:
    run(folder, "after.py")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # ArviZ divides by the variance of stand-in draws
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore:The function .* from PyMC3 is just an alias:DeprecationWarning")  # as PyMC3 warns
def test_with_only_the_imports_changed(
    program: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (folder / "before.py").read_text(encoding="utf-8")
    for pattern, replacement in IMPORTS.items():
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    assert "pymc3" not in re.sub(r"#.*", "", source)
    (folder / "edited.py").write_text(source, encoding="utf-8")
    monkeypatch.chdir(folder)
    recording.start()
    try:
        runpy.run_path("edited.py", run_name="__main__")
    finally:
        recording.stop()
    assert recording.models
