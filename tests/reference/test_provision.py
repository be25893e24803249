"""Which interpreter is chosen, and that a broken installation is never taken as good."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path

import pytest

from pm_migrate.errors import ProvisionError
from pm_migrate.folders import cache_root
from pm_migrate.reference import provision
from pm_migrate.reference.provision import RECORD, Interpreter

VERSIONS = [(3, 11), (3, 10), (3, 9), (3, 8)]
posix = pytest.mark.skipif(os.name != "posix", reason="the fake interpreters are shell scripts")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no interpreter but those that a test makes."""
    monkeypatch.setenv("PM_MIGRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PM_MIGRATE_REFERENCE_PYTHON", raising=False)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "version_info", (3, 13, 0, "final", 0))
    return tmp_path / "cache"


def fake_python(
    path: Path, version: tuple[int, int], *, venv: bool = True, headers: bool = True, name: str = "cpython"
) -> Path:
    """A script that answers the probe as a Python would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{json.dumps([version, name, venv, headers])}'\n")
    path.chmod(0o755)
    return path


def fake_installation(version: tuple[int, int]) -> Path:
    python = provision.python_in(provision.folder(version))
    python.parent.mkdir(parents=True)
    python.write_text("")
    record = {"python": "3.8.1", "pymc3": "3.11.6"}
    (provision.folder(version) / RECORD).write_text(json.dumps(record))
    return python


@posix
def test_our_own_interpreter_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = fake_python(tmp_path / "own", (3, 10))
    fake_python(tmp_path / "path/python3.11", (3, 11))
    monkeypatch.setattr(sys, "executable", str(own))
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    assert provision.choose(uv=False) == Interpreter(own, (3, 10), True, True)


@posix
def test_an_unsupported_own_interpreter_is_not_considered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(fake_python(tmp_path / "own", (3, 13))))
    found = fake_python(tmp_path / "path/python3.9", (3, 9))
    assert provision.choose(uv=False) == Interpreter(found, (3, 9), True, True)


@posix
def test_path_then_pyenv_newest_first(tmp_path: Path) -> None:
    older = fake_python(tmp_path / "pyenv/versions/3.8.2/bin/python", (3, 8))
    newer = fake_python(tmp_path / "pyenv/versions/3.8.18/bin/python", (3, 8))
    newest = fake_python(tmp_path / "pyenv/versions/3.10.1/bin/python", (3, 10))
    on_path = fake_python(tmp_path / "path/python3.10", (3, 10))
    assert list(provision.candidates()) == [on_path, newest, newer, older]


@posix
def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    shim = fake_python(tmp_path / "path/python3.11", (3, 11))
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.11: command not found' >&2\nexit 127\n")
    found = fake_python(tmp_path / "pyenv/versions/3.9.1/bin/python", (3, 9))
    assert provision.choose(uv=False) == Interpreter(found, (3, 9), True, True)


@posix
@pytest.mark.parametrize(
    ("version", "name"), [((3, 12), "cpython"), ((3, 7), "cpython"), ((2, 7), "cpython"), ((3, 9), "pypy")]
)
def test_what_is_not_what_its_name_says_is_passed_over(tmp_path: Path, version: tuple[int, int], name: str) -> None:
    fake_python(tmp_path / "path/python3.9", version, name=name)
    assert provision.choose(uv=True) is None


@posix
def test_headers_are_preferred_but_not_required(tmp_path: Path) -> None:
    bare = fake_python(tmp_path / "path/python3.11", (3, 11), headers=False)
    assert provision.choose(uv=False) == Interpreter(bare, (3, 11), True, False)
    full = fake_python(tmp_path / "path/python3.8", (3, 8))
    assert provision.choose(uv=False) == Interpreter(full, (3, 8), True, True)


@posix
def test_without_venv_only_uv_can_use_it(tmp_path: Path) -> None:
    found = fake_python(tmp_path / "path/python3.11", (3, 11), venv=False)
    assert provision.choose(uv=False) is None
    assert provision.choose(uv=True) == Interpreter(found, (3, 11), False, True)


def test_the_probe_tells_the_truth_about_this_interpreter() -> None:
    found = json.loads(provision._run([sys.executable, "-c", provision.PROBE], timeout=30))
    assert found[1:3] == [sys.implementation.name, True]
    assert tuple(found[0]) == tuple(map(int, sys.version.split()[0].split(".")[:2]))


def test_no_interpreter_is_a_clear_message() -> None:
    with pytest.raises(ProvisionError, match=r"3\.8, 3\.9, 3\.10 or 3\.11.*pyenv install 3\.11.*PM_MIGRATE_REFERENCE"):
        provision.install()
    assert provision.find() is None
    status = provision.status()
    assert not status.complete and "pm-migrate reference install" in status.reason


@pytest.mark.parametrize("version", VERSIONS)
def test_an_installation_is_found(version: tuple[int, int]) -> None:
    python = fake_installation(version)
    assert provision.find() == python == provision.install()
    assert provision.status() == provision.Status(python, "3.8.1", "3.11.6", True, "installed")


@pytest.mark.parametrize("damage", ["no record", "half a record", "no python"])
def test_a_broken_installation_is_not_found(damage: str) -> None:
    python = fake_installation((3, 11))
    record = provision.folder((3, 11)) / RECORD
    if damage == "no record":
        record.unlink()
    elif damage == "half a record":
        record.write_text(record.read_text()[:-3])
    else:
        python.unlink()
    assert provision.find() is None
    status = provision.status()
    assert not status.complete and "not finished" in status.reason


def test_other_pins_are_another_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_installation((3, 11))
    original = provision.requirements
    monkeypatch.setattr(provision, "requirements", lambda version: original(version) + "extra==1\n")
    assert provision.find() is None


class Builder:
    """Stands in for the commands of an installation, and can fail at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, interpreter: Interpreter) -> None:
        self.commands: list[list[str]] = []
        self.fail_at: str | None = None
        monkeypatch.setattr(provision, "choose", lambda *, uv: interpreter)
        monkeypatch.setattr(provision, "_run", self.run)

    def run(self, command: list[str], **_: object) -> str:
        self.commands.append(command)
        text = " ".join(command)
        if self.fail_at is not None and self.fail_at in text:
            raise ProvisionError(f"{self.fail_at} failed")
        if "venv" in command:
            python = provision.python_in(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.write_text("")
        return json.dumps(["3.9.1", "3.11.6"])


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    return Builder(monkeypatch, Interpreter(Path("/some/python3.9"), (3, 9), True, True))


@pytest.mark.parametrize("step", ["-m venv", "setuptools==", "requirements.txt", "import math, pymc3"])
def test_a_failed_step_leaves_nothing_that_counts(builder: Builder, step: str) -> None:
    builder.fail_at = step
    with pytest.raises(ProvisionError, match="failed"):
        provision.install()
    assert provision.find() is None
    builder.fail_at = None
    lines: list[str] = []
    assert provision.install(lines.append) == provision.find()
    assert step == "-m venv" or any("unfinished" in line for line in lines)


def test_steps_without_uv(builder: Builder) -> None:
    python = str(provision.install())
    commands = [" ".join(command) for command in builder.commands]
    assert commands[0].startswith("/some/python3.9 -m venv ")
    assert commands[1].startswith(f"{python} -m pip install")
    assert re.search(r"--no-deps setuptools==\S+ wheel==\S+$", commands[1])
    assert "--no-deps --no-build-isolation -r" in commands[2]
    built = len(builder.commands)
    provision.install()
    assert len(builder.commands) == built, "a second call builds nothing"


@posix
def test_steps_with_uv(builder: Builder, tmp_path: Path) -> None:
    uv = fake_python(tmp_path / "path/uv", (0, 0))
    python = str(provision.install())
    assert builder.commands[0][:5] == [str(uv), "venv", "--quiet", "--python", "/some/python3.9"]
    assert builder.commands[1][:6] == [str(uv), "pip", "install", "--quiet", "--python", python]


def test_two_installations_at_once_build_once(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go_on = threading.Event(), threading.Event()
    build, builds = provision._build, []

    def slow(*args: object) -> None:
        builds.append(args)
        inside.set()
        assert go_on.wait(30)
        build(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(provision, "_build", slow)
    results: list[Path] = []
    lines: list[str] = []
    first = threading.Thread(target=lambda: results.append(provision.install()))
    second = threading.Thread(target=lambda: results.append(provision.install(said)))

    def said(line: str) -> None:
        lines.append(line)
        go_on.set()  # the second has met the lock

    first.start()
    assert inside.wait(30)
    second.start()
    first.join(30)
    second.join(30)
    assert len(builds) == 1 and results == [provision.find()] * 2
    assert "waiting" in lines[0]


def test_the_override_beats_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_installation((3, 11))
    monkeypatch.setenv("PM_MIGRATE_REFERENCE_PYTHON", sys.executable)
    assert provision.find() == Path(sys.executable)
    status = provision.status()
    assert status.path == Path(sys.executable) and status.python == sys.version.split()[0]
    monkeypatch.setenv("PM_MIGRATE_REFERENCE_PYTHON", str(tmp_path / "gone"))
    with pytest.raises(ProvisionError, match="no such file"):
        provision.find()
    assert not provision.status().complete


@pytest.mark.parametrize("version", VERSIONS)
def test_requirements_are_a_closed_pinned_set(version: tuple[int, int]) -> None:
    lines = [line for line in provision.requirements(version).splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z][\w.-]*==[\w.]+", line) for line in lines)
    names = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert len(names) == len(lines)
    imported = "arviz cachetools deprecat dill fastprogress filelock matplotlib netcdf4 numpy pandas patsy scipy semver"
    assert names >= {*imported.split(), "pymc3", "setuptools", "theano-pymc", "typing-extensions", "wheel", "wrapt"}
    assert f"pymc3=={provision.PYMC3_VERSION}" in lines


def test_the_users_theano_settings_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEANO_FLAGS", "floatX=float32,device=cuda")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    variables = provision.environment(Path("/p/python"))
    flags = dict(flag.split("=", 1) for flag in variables["THEANO_FLAGS"].split(","))
    assert flags["floatX"] == "float64" and flags["blas__ldflags"] == flags["cxx"] == ""
    assert flags["base_compiledir"].startswith(str(cache_root()))
    assert "PYTHONHOME" not in variables and variables["MPLBACKEND"] == "Agg"
    assert "cxx" not in provision.environment(Path("/p/python"), compiled=True)["THEANO_FLAGS"]


def test_packages_of_another_interpreter_are_not_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """``PYTHONPATH`` may name a project's own modules; the NumPy of another interpreter ends PyMC3's import."""
    import numpy

    foreign = [str(Path(numpy.__file__).parent.parent), str(Path(os.__file__).parent), "/usr/lib/python3/dist-packages"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/project/src", *foreign, "models"]))
    assert provision.environment(Path("/python"))["PYTHONPATH"] == os.pathsep.join(["/project/src", "models"])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(foreign))
    assert "PYTHONPATH" not in provision.environment(Path("/python"))
