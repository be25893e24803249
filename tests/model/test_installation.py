"""``install()`` and ``pm-migrate run``: programs that import pymc3 and theano, unedited."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from pm_migrate.shims.installation import target

PROGRAM = """
import sys
import numpy as np
import pymc3, pymc3 as pm, theano, theano.tensor as tt
from theano import shared
from pymc3 import Model, Normal as N
from pymc3.distributions.transforms import log
from pymc3.distributions import HalfNormal
from pymc3.math import invlogit
import pymc3.distributions.transforms as tr
assert pm.__version__ == "3.11.6" and pymc3 is pm and theano.tensor is tt and tr.log is log
with Model() as m:
    x = N("x", 0, 1)
    HalfNormal("s", 1)
    N("y", tt.exp(x), shared(np.ones(2)), observed=[1.0, 2.0])
print("%.6f" % m.logp({"x": 0.0, "s_log__": 0.0}), sys.argv[1:], __name__)
"""


def run(tmp_path: Path, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "program.py"
    script.write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pm_migrate.shims.run", str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)


def test_a_program_runs_unedited(tmp_path: Path) -> None:
    done = run(tmp_path, PROGRAM, "a", "b")
    assert done.returncode == 0, done.stderr
    # three standard normal terms, one of them at distance 1, and the half normal at 1
    expected = -1.5 * math.log(2 * math.pi) - 0.5 + 0.5 * math.log(2 / math.pi) - 0.5
    assert done.stdout.split() == [f"{expected:.6f}", "['a',", "'b']", "__main__"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import pymc3.gq", "No module named 'pymc3.gq' in the drop-in"),
        (
            "import pymc3 as pm\npm.BART('b', 1, 2)",
            "BART is not in the drop-in yet. Instead: a sum of step functions",
        ),
        ("from pymc3 import Nromal", "Nromal"),
        ("raise SystemExit(7)", ""),
    ],
)
def test_failures_are_the_programs_own(tmp_path: Path, source: str, message: str) -> None:
    done = run(tmp_path, source)
    assert done.returncode == (7 if "SystemExit" in source else 1)
    assert message in done.stderr


def test_a_missing_script_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pm_migrate.shims.run", "nowhere.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert "no such file: nowhere.py" in done.stderr


def test_only_pymc3_and_theano_are_served() -> None:
    assert target("pymc3x") is None
    assert target("pymc3.math") == "pm_migrate.shims.math"
