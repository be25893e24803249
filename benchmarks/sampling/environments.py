"""Where the frameworks of a benchmark run: interpreter and environment variables of each, and what a worker reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.folders import cache_root
from pm_migrate.reference import provision

HERE = Path(__file__).parent
PEERS = ("pymc", "nutpie", "numpyro")
REQUIREMENTS = ("pymc>=5", "nutpie", "numba", "numpyro", "arviz")
TIMEOUT = 3600.0


@dataclass(frozen=True)
class Report:
    """What one worker process measured: seconds in all, its own report, and the draws of each call."""

    seconds: float
    facts: dict[str, Any]
    draws: list[dict[str, np.ndarray]]

    def smallest_size(self, call: int) -> float:
        """The smallest effective sample size of all scalars, by ArviZ's bulk estimate."""
        import arviz

        sizes = []
        for x in self.draws[call].values():
            columns = x.reshape(*x.shape[:2], -1)
            sizes += [float(arviz.ess(columns[:, :, i])) for i in range(columns.shape[2])]
        return min(sizes)


def peers() -> Path:
    """The interpreter with current PyMC, nutpie and NumPyro; its environment is made when it is not there."""
    folder = cache_root() / "benchmark-peers"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
        (folder / "complete").write_text("\n".join(REQUIREMENTS), encoding="utf-8")
    return python


def command(framework: str, cache: Path) -> tuple[str, dict[str, str]]:
    """Interpreter of a framework, and its environment with all compiled code kept under ``cache``."""
    if framework == "drop-in":
        return sys.executable, {**os.environ, "PM_MIGRATE_XLA_CACHE": str(cache / "xla")}
    if framework == "pymc3":
        python = provision.find()
        if python is None:
            raise SystemExit("no PyMC3 reference interpreter: run `pm-migrate reference install`")
        variables = provision.environment(python, compiled=True)
        flags = [flag for flag in variables["THEANO_FLAGS"].split(",") if not flag.startswith("base_compiledir")]
        return str(python), {**variables, "THEANO_FLAGS": ",".join([*flags, f"base_compiledir={cache / 'theano'}"])}
    compiled = {"PYTENSOR_FLAGS": f"base_compiledir={cache / 'pytensor'}", "NUMBA_CACHE_DIR": str(cache / "numba")}
    jax = {"JAX_COMPILATION_CACHE_DIR": str(cache / "jax"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    return str(peers()), {**os.environ, **compiled, **jax}


def measure(framework: str, model: str, cache: Path, **options: Any) -> Report:
    """Run one worker.

    Parameters
    ----------
    framework, model
        What samples what.
    cache
        Folder for the code that it compiles, which another run with the same folder finds.
    **options
        Options of the worker: ``size``, ``draws``, ``tune``, ``chains``, ``cores``, ``calls``.

    Raises
    ------
    RuntimeError
        With the end of the worker's output when it fails.
    """
    python, variables = command(framework, cache)
    with tempfile.TemporaryDirectory() as folder:
        arguments = [f"--{name}={value}" for name, value in options.items()]
        worker = [python, "-W", "ignore", str(HERE / "worker.py"), "--framework", framework, "--model", model]
        began = time.perf_counter()
        done = subprocess.run(
            [*worker, *arguments, "--out", f"{folder}/draws"],
            env=variables,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"{framework} on {model} failed:\n{done.stderr[-2000:]}")
        facts = json.loads(next(line for line in reversed(done.stdout.splitlines()) if line.startswith("{")))
        draws = []
        for call in range(len(facts["calls"])):
            with np.load(f"{folder}/draws.{call}.npz") as kept:
                draws.append({name: kept[name] for name in kept.files})
    return Report(seconds, facts, draws)
