"""``pm-migrate run SCRIPT``: a PyMC3 program, unedited, on TensorFlow Probability."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from pm_migrate.commands.console import complain

NEEDED = ("tensorflow", "tensorflow_probability")


def run(script: str, arguments: Sequence[str]) -> int:
    """Run a program in an interpreter of its own and return its exit status."""
    if not os.path.isfile(script):
        complain(f"{script}: no such file")
        return 2
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        complain(f"{' and '.join(missing)} not installed: pip install 'pm-migrate[shims]'")
        return 2
    process = subprocess.Popen([sys.executable, "-m", "pm_migrate.shims.run", script, *arguments])
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            continue  # the program got the signal too, and decides what it means
        return status if status >= 0 else 128 - status
