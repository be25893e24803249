"""The whole way of one program: rewrite it, show the diff, run it, prove it. Standard library only.

    python3 corpus/demo.py [PROGRAM]

Sets up what it needs on a fresh machine: a virtual environment in ``.venv``, TensorFlow, and a PyMC3 3.11.6 interpreter
in the user's cache folder. PROGRAM is a folder of ``corpus/``, ``eight_schools`` by default.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / ("Scripts" if os.name == "nt" else "bin")


def step(title: str) -> None:
    print(f"\n=== {title}", flush=True)


def wait(*command: str | Path) -> None:
    """Run a quiet command, showing that time passes; its output only if it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        while process.poll() is None:
            time.sleep(0.5)
            seconds = time.monotonic() - started
            if sys.stdout.isatty():
                print(f"\r    {seconds:4.0f} s", end="", flush=True)
        print(f"\r    done in {time.monotonic() - started:.0f} s", flush=True)
        if process.returncode:
            log.seek(0)
            sys.exit(f"{log.read()}\nfailed: {' '.join(map(str, command))}")


def show(*command: str | Path, cwd: Path) -> None:
    """Run a command whose output is the result."""
    print(
        "$", " ".join(Path(c).name if isinstance(c, Path) and c.is_absolute() else str(c) for c in command), flush=True
    )
    environment = {**os.environ, "MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=environment)
    if done.returncode:
        sys.exit(f"failed with exit status {done.returncode}")


def main() -> None:
    if sys.version_info < (3, 10):
        sys.exit(f"pm-migrate needs Python 3.10 or later; this is {sys.version.split()[0]}")
    name = sys.argv[1] if len(sys.argv) > 1 else "eight_schools"
    original = ROOT / "corpus" / name / "before.py"
    if not original.is_file():
        programs = sorted(p.parent.name for p in (ROOT / "corpus").glob("*/before.py"))
        sys.exit(f"no program {name!r} in corpus/; there are {', '.join(programs)}")

    step("Install pm-migrate (a virtual environment in .venv)")
    if not BIN.exists():
        wait(sys.executable, "-m", "venv", ROOT / ".venv")
    wait(BIN / "python", "-m", "pip", "install", "--quiet", "-e", ".")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copy(original, work / f"{name}.py")

        step("Rewrite it: what would change")
        show(BIN / "pm-migrate", f"{name}.py", "--diff", cwd=work)

        step("Install the runtime (TensorFlow; a few hundred MB)")
        wait(BIN / "python", "-m", "pip", "install", "--quiet", "-e", ".[shims]")
        step("Install the reference (PyMC3 3.11.6 on Theano, in a cache folder)")
        wait(BIN / "pm-migrate", "reference", "install")

        step("Rewrite it in place, and run it on TensorFlow Probability")
        shutil.copy(work / f"{name}.py", work / "original.py")
        show(BIN / "pm-migrate", f"{name}.py", cwd=work)
        show(BIN / "python", f"{name}.py", cwd=work)

        step("Prove it: log density and gradient against PyMC3 on Theano")
        show(BIN / "pm-migrate", "verify", "original.py", f"{name}.py", cwd=work)


if __name__ == "__main__":
    main()
