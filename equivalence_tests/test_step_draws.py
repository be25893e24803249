"""The draws that are recorded for step methods, against PyMC3 that draws them again.

``tests/step_methods`` compares the drop-in with the records, so that the three are the same.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pm_migrate.reference import provision

FOLDER = Path(__file__).parents[1] / "tests" / "step_methods"
PROGRAMS = {
    "step_programs": FOLDER / "recorded_draws.json",
    "hmc/hamiltonian_programs": FOLDER / "hmc" / "recorded_hamiltonian_draws.json",
}

AGAIN = """
import json, runpy, sys
import numpy as np, pymc3
module = runpy.run_path(sys.argv[1])
np.random.seed(0)
with open(sys.argv[2], "w") as file:
    json.dump({name: module["outcome"](pymc3, name) for name in module["PROGRAMS"]}, file)
"""


@pytest.mark.parametrize("programs", PROGRAMS)
def test_pymc3_draws_what_is_recorded(programs: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("PyMC3 samples these programs for minutes; with --profile deep")
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    place = tmp_path / "draws.json"
    command = [str(python), "-W", "ignore", "-c", AGAIN, str(FOLDER / f"{programs}.py"), str(place)]
    subprocess.run(command, env=provision.environment(python), check=True, capture_output=True, timeout=1800)
    recorded, found = json.loads(PROGRAMS[programs].read_text()), json.loads(place.read_text())
    assert found.keys() == recorded.keys()
    for name, expected in recorded.items():
        assert found[name].keys() == expected.keys(), name
        for key, value in expected.items():
            np.testing.assert_allclose(
                np.asarray(found[name][key], float),
                np.asarray(value, float),
                rtol=1e-7,  # NumPy's and SciPy's builds differ in last bits, which grow from draw to draw
                atol=1e-9,
                err_msg=f"{name}, {key}",
            )
