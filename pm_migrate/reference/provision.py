"""Build and find an interpreter with PyMC3 3.11.6, the reference that every proof is made against.

PyMC3 runs on CPython 3.8 to 3.11 only, with old releases of its dependencies. ``requirements/py3*.txt`` pin a closed
set for each version (everything is installed with ``--no-deps``, so no resolver can change it); the hash of the file
is part of the folder's name, so that other pins make another environment. A folder counts only once its self-test
has passed and the record of it was written.

Environment variables
---------------------
PM_MIGRATE_REFERENCE_PYTHON
    Path of an interpreter that has PyMC3 (your legacy environment): used instead of any other.
PM_MIGRATE_CACHE
    Folder to build in, instead of the user's cache folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pm_migrate.errors import ProvisionError
from pm_migrate.folders import cache_root

PYMC3_VERSION = "3.11.6"
SUPPORTED = ((3, 11), (3, 10), (3, 9), (3, 8))
OVERRIDE = "PM_MIGRATE_REFERENCE_PYTHON"
RECORD = "pm-migrate-reference.json"

Progress = Callable[[str], None]

PROBE = """
import json, os, sys, sysconfig
try:
    import ensurepip, venv
    venv = True
except ImportError:
    venv = False
headers = os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h"))
print(json.dumps([list(sys.version_info[:2]), sys.implementation.name, venv, headers]))
"""

VERSIONS = """
import json, platform
try:
    from importlib.metadata import version
except ImportError:
    from pkg_resources import get_distribution
    version = lambda name: get_distribution(name).version
try:
    found = version("pymc3")
except Exception:  # not installed: the two libraries have no kind of error in common
    found = None
print(json.dumps([platform.python_version(), found]))
"""

# log density of a standard normal at 0, -log(2 pi) / 2, and its slope at 1
SELF_TEST = """
import math, pymc3, theano
with pymc3.Model() as model:
    pymc3.Normal("x", 0.0, 1.0)
assert abs(float(model.logp({"x": 0.0})) + 0.5 * math.log(2.0 * math.pi)) < 1e-12, model.logp({"x": 0.0})
assert abs(float(model.dlogp()({"x": 1.0})[0]) + 1.0) < 1e-12, model.dlogp()({"x": 1.0})
assert pymc3.__version__ == "%s", pymc3.__version__
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that could carry PyMC3.

    Parameters
    ----------
    path
        The executable.
    version
        Major and minor version.
    venv
        Whether it can make virtual environments with pip.
    headers
        Whether Theano can compile C code against it, which only real sampling asks for.
    """

    path: Path
    version: tuple[int, int]
    venv: bool
    headers: bool


@dataclass(frozen=True)
class Status:
    """State of the reference.

    Parameters
    ----------
    path
        The interpreter in question, if there is one.
    python
        Its version.
    pymc3
        Version of PyMC3 in it.
    complete
        Whether it can be used.
    reason
        Why not, or where it comes from.
    """

    path: Path | None
    python: str | None
    pymc3: str | None
    complete: bool
    reason: str


def environment(python: Path, *, compiled: bool = False, fused: bool | None = None) -> dict[str, str]:
    """Environment variables that a reference interpreter is run with.

    ``blas__ldflags=`` because Theano's search for a BLAS fails with current NumPy builds; a private folder for compiled
    code; the user's own Theano settings (float32, a GPU) are left out, since they would change the reference.

    Parameters
    ----------
    python
        The interpreter.
    compiled
        Whether Theano makes C code of the graph. Without it the same optimised graph is run with NumPy and SciPy (not
        fused, which would call Python for each number): the values are the same to some units in the last place, and
        a model is ready in seconds, where the compiler takes one or two seconds for each kind of operation. Real
        sampling, with its many evaluations, is worth compiling for.
    fused
        Whether operations become one, which must be compiled for each model; the default is that of ``compiled``.
    """
    fused = compiled if fused is None else fused
    linker = ("" if compiled else ",cxx=") + ("" if fused else ",optimizer_excluding=fusion")
    folder_of_code = cache_root() / "theano" / hashlib.sha256(str(python).encode()).hexdigest()[:12]
    changed = {
        "THEANO_FLAGS": f"blas__ldflags=,base_compiledir={folder_of_code},floatX=float64,device=cpu{linker}",
        "THEANORC": os.devnull,
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
    }
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")}
    path = _own_modules(os.environ.get("PYTHONPATH", ""))
    return kept | changed | ({"PYTHONPATH": path} if path else {})


def _own_modules(path: str) -> str:
    """A module path without the folders of another interpreter's packages: its NumPy would be loaded for PyMC3's."""
    library = os.path.join(sys.base_prefix, "lib", "")
    folders = [folder for folder in path.split(os.pathsep) if folder]
    return os.pathsep.join(
        folder
        for folder in folders
        if not {"site-packages", "dist-packages"} & set(Path(folder).parts)
        and not folder.startswith(library)
        and not folder.endswith(".zip")
    )


def requirements(version: tuple[int, int]) -> str:
    """The pinned requirements for a Python version."""
    name = f"requirements/py{version[0]}{version[1]}.txt"
    return resources.files("pm_migrate.reference").joinpath(name).read_text(encoding="utf-8")


def folder(version: tuple[int, int]) -> Path:
    """Where the environment for a Python version is built."""
    key = hashlib.sha256(requirements(version).encode()).hexdigest()[:12]
    return cache_root() / "reference" / f"py{version[0]}{version[1]}-{key}"


def python_in(environment_folder: Path) -> Path:
    """The executable of a virtual environment."""
    return environment_folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def find() -> Path | None:
    """Return a ready reference interpreter, or None.

    Raises
    ------
    ProvisionError
        ``PM_MIGRATE_REFERENCE_PYTHON`` names something that is not there.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        if not Path(override).is_file():
            raise ProvisionError(f"{OVERRIDE}={override}: there is no such file. Name the python of the environment.")
        return Path(override)
    for version in SUPPORTED:
        if _record(folder(version)) is not None:
            return python_in(folder(version))
    return None


def status() -> Status:
    """Describe the reference: ready, or why not."""
    override = os.environ.get(OVERRIDE)
    if override:
        path = Path(override)
        if not path.is_file():
            return Status(path, None, None, False, f"{OVERRIDE} names a file that is not there")
        try:
            python, pymc3 = json.loads(_run([str(path), "-W", "ignore", "-c", VERSIONS], timeout=60))
        except (ProvisionError, ValueError) as error:
            return Status(path, None, None, False, f"{OVERRIDE} does not run: {error}")
        reason = f"from {OVERRIDE}" if pymc3 else f"the interpreter of {OVERRIDE} has no pymc3"
        return Status(path, python, pymc3, pymc3 is not None, reason)
    for version in SUPPORTED:
        record = _record(folder(version))
        if record is not None:
            return Status(python_in(folder(version)), record["python"], record["pymc3"], True, "installed")
    partial = [folder(version) for version in SUPPORTED if folder(version).exists()]
    if partial:
        return Status(
            python_in(partial[0]), None, None, False, "an installation was not finished: run it again to repair"
        )
    return Status(None, None, None, False, "not installed: run `pm-migrate reference install`")


def _record(place: Path) -> Mapping[str, str] | None:
    """The record of a complete installation; None for a missing, broken or unfinished one."""
    try:
        record = json.loads((place / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and python_in(place).exists() else None


def candidates() -> Iterator[Path]:
    """Executables that may be a supported Python, best first: our own, those on PATH, those of pyenv."""
    if sys.version_info[:2] in SUPPORTED:
        yield Path(sys.executable)
    for major, minor in SUPPORTED:
        on_path = shutil.which(f"python{major}.{minor}")
        if on_path:
            yield Path(on_path)
        versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        yield from sorted(versions.glob(f"{major}.{minor}.*/bin/python"), key=_patch, reverse=True)


def _patch(path: Path) -> int:
    """The last number of a pyenv version folder; 3.10.0-dev counts as oldest."""
    last = path.parts[-3].split(".")[-1]
    return int(last) if last.isdigit() else -1


def probe(path: Path) -> Interpreter | None:
    """Run an executable to see what it is; None if it is no supported CPython (pyenv's shims may fail to run)."""
    try:
        version, implementation, venv, headers = json.loads(_run([str(path), "-c", PROBE], timeout=30))
    except (ProvisionError, ValueError):
        return None
    if implementation != "cpython" or tuple(version) not in SUPPORTED:
        return None
    return Interpreter(path, (version[0], version[1]), venv, headers)


def choose(*, uv: bool) -> Interpreter | None:
    """Choose the interpreter to build from: the first that has headers, else the first that works at all."""
    usable = []
    for path in candidates():
        interpreter = probe(path)
        if interpreter is None or not (interpreter.venv or uv):
            continue
        if interpreter.headers:
            return interpreter
        usable.append(interpreter)
    return usable[0] if usable else None


def install(progress: Progress | None = None) -> Path:
    """Build the reference environment, or return the one that is ready.

    Parameters
    ----------
    progress
        Called with one line of text per step.

    Returns
    -------
    Path
        The interpreter.

    Raises
    ------
    ProvisionError
        No supported Python was found, or a step failed; the output of the step is in the message.
    """
    say: Progress = progress or (lambda line: None)
    ready = find()
    if ready is not None:
        say(f"ready: {ready}")
        return ready
    uv = shutil.which("uv")
    interpreter = choose(uv=uv is not None)
    if interpreter is None:
        raise ProvisionError(
            "PyMC3 needs CPython 3.8, 3.9, 3.10 or 3.11, and none was found: not the Python that runs pm-migrate, nor "
            "on PATH, nor under ~/.pyenv/versions. Install one (`pyenv install 3.11`, `uv python install 3.11`, or "
            "your system's python3.11 with its venv and dev packages) and put it on PATH, or set "
            f"{OVERRIDE} to the python of an environment that has PyMC3."
        )
    place = folder(interpreter.version)
    place.parent.mkdir(parents=True, exist_ok=True)
    with _lock(place.with_suffix(".lock"), say):
        if _record(place) is None:
            _build(interpreter, place, uv, say)
    return python_in(place)


def _build(interpreter: Interpreter, place: Path, uv: str | None, say: Progress) -> None:
    """Build in the final place (virtual environments cannot be moved); the record, written last, makes it count."""
    if place.exists():
        say(f"removing an unfinished installation in {place}")
        shutil.rmtree(place)
    say(f"making a virtual environment from {interpreter.path} (Python {'.'.join(map(str, interpreter.version))})")
    if not interpreter.headers:
        say("this Python has no headers (python3-dev): sampling with PyMC3 will be slow, the rest is not concerned")
    python = python_in(place)
    text = requirements(interpreter.version)
    tools = [line for line in text.splitlines() if line.startswith(("setuptools==", "wheel=="))]
    if uv:
        _run([uv, "venv", "--quiet", "--python", str(interpreter.path), str(place)], timeout=600)
        installer = [uv, "pip", "install", "--quiet", "--python", str(python), "--no-deps"]
    else:
        _run([str(interpreter.path), "-m", "venv", str(place)], timeout=600)
        installer = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pins = place / "requirements.txt"
    pins.write_text(text, encoding="utf-8")
    say(f"installing PyMC3 {PYMC3_VERSION} and what it needs")
    # Theano-PyMC is published as source only, and its setup.py needs an older setuptools than isolation would fetch
    _run([*installer, *tools], timeout=600)
    _run([*installer, "--no-build-isolation", "-r", str(pins)], timeout=1800)
    say("testing: import, one log density, one gradient")
    _run([str(python), "-W", "ignore", "-c", SELF_TEST % PYMC3_VERSION], timeout=600, env=environment(python))
    version, pymc3 = json.loads(_run([str(python), "-c", VERSIONS], timeout=60))
    record = place / (RECORD + ".new")
    record.write_text(json.dumps({"python": version, "pymc3": pymc3}), encoding="utf-8")
    os.replace(record, place / RECORD)
    say(f"ready: {python}")


def _run(command: list[str], *, timeout: float, env: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it printed; a failure is a ProvisionError with the end of its output."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=env,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise ProvisionError(f"`{' '.join(command)}` did not end within {timeout:.0f} s") from error
    except OSError as error:
        raise ProvisionError(f"`{' '.join(command)}` could not be started: {error}") from error
    if done.returncode:
        output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise ProvisionError(f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{output}")
    return done.stdout


@contextlib.contextmanager
def _lock(path: Path, say: Progress) -> Iterator[None]:
    """Hold a file lock, so that two processes do not build at once; the system frees it when a process dies."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            def acquire(wait: bool) -> None:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            def acquire(wait: bool) -> None:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)

        try:
            acquire(False)
        except OSError:
            say("another process is installing the reference: waiting for it")
            acquire(True)
        yield
