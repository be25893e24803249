"""``pm.gp`` of the drop-in against PyMC3's: covariance and mean functions, their derivatives, predictions, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from equivalence_tests.gp_programs import PROGRAMS, RECORDED, digest, outcomes
from equivalence_tests.test_theano_programs import compared, outcome
from pm_migrate.shims.installation import install, uninstall

#: Relative errors that are allowed beyond rounding, with the reason.
TOLERANCES: dict[str, tuple[float, str]] = {
    "covariances: stationary of one column, with a kink at zero": (
        8e-9,
        "PyMC3 computes the distance of each of 5 points from itself as a difference of numbers up to 16, whose "
        "derivative is off by 2e-16 of them, under a root of 1e-12, whose derivative is 5e5; exact is 0, as here",
    ),
}


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(RECORDED.read_text())


@pytest.fixture
def installed() -> Iterator[None]:
    install()
    yield
    uninstall()


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_program_does_what_it_does_under_pymc3(name: str, recorded: Any, installed: None) -> None:
    theirs = recorded[name]
    assert theirs["program"] == digest(name), "recorded of another program: python -m equivalence_tests.gp_programs"
    assert "error" not in theirs, theirs  # refusals are results here
    tolerance, _ = TOLERANCES.get(name, (1e-12 if name.startswith("covariances") else 1e-10, ""))
    found = compared(outcome(PROGRAMS[name]), theirs, tolerance)
    assert not found, "\n".join([name, *found])


def test_recorded_outcomes_are_pymc3s(recorded: Any, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("Theano compiles these programs for a minute; with --profile deep")
    live = outcomes()
    differences = [f"{name}: {d}" for name in PROGRAMS for d in compared(live[name], recorded[name], 1e-13)]
    assert recorded.keys() == PROGRAMS.keys() and not differences, "\n".join(differences)
