"""PyMC3's own tests on the drop-in: what fails has a cause, every cause a failure, and no test got lost."""

from __future__ import annotations

import pytest

from equivalence_tests.pymc3_suite import causes, run
from equivalence_tests.pymc3_suite.judging import judge
from equivalence_tests.pymc3_suite.run import Outcome

#: Run in every test run: together about a minute; the others with ``--profile deep``.
QUICK = frozenset({"test_model"})
RECORDED = run.recorded()


@pytest.fixture(scope="module")
def theirs() -> list[str]:
    """Names of PyMC3's test modules; skips, with the reason, where there are none."""
    try:
        return run.modules()
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("module", RECORDED)
def test_the_drop_in_passes_pymc3s_tests(module: str, theirs: list[str], request: pytest.FixtureRequest) -> None:
    if module not in QUICK and request.config.getoption("--profile") != "deep":
        pytest.skip("the quick modules are run; all with --profile deep")
    complaints = judge(module, run.run(module), RECORDED[module])
    assert not complaints, "\n".join(complaints)


def test_every_module_is_recorded_and_every_cause_is_of_one(theirs: list[str]) -> None:
    assert theirs == list(RECORDED)
    assert {causes.module_of(pattern) for pattern in causes.CAUSES} <= set(theirs)


def test_recorded_failures_have_causes_and_causes_recorded_failures() -> None:
    failures = [test for kept in RECORDED.values() for test in kept["failures"]]
    patterns = {test: causes.pattern_of(test) for test in failures}
    assert [test for test, pattern in patterns.items() if pattern is None] == []
    assert [pattern for pattern in causes.CAUSES if pattern not in patterns.values()] == []


def test_no_cause_hides_another_of_the_same_name() -> None:
    assert len(causes.CAUSES) == sum(map(len, causes.KINDS.values()))


def test_a_module_that_did_not_run_to_its_end_has_no_cause() -> None:
    assert causes.pattern_of("test_step::(whole module)", known={"test_step::*": "later"}) is None


def test_what_is_not_there_yet_explains_its_refusal_alone() -> None:
    known = {"test_step::*": "later"}
    assert causes.pattern_of("test_step::test_one", "NotSupported: Slice", known) == "test_step::*"
    assert causes.pattern_of("test_step::test_one", "AssertionError: 1 == 2", known) is None
    assert causes.pattern_of("test_step::test_one", "AssertionError: 1 == 2", {"test_step::test_*": "c"}) is not None


PASSES = Outcome("test_x::test_one", "passed")
FAILS = Outcome("test_x::test_two[1]", "failed", "AssertionError: 1 == 2")
KNOWN = {"test_x::test_two*": "a cause", "test_y::*": "a cause of another module"}


def test_known_failures_are_no_complaint() -> None:
    assert judge("test_x", [PASSES, FAILS], {"passed": 1}, KNOWN) == []


@pytest.mark.parametrize(
    ("outcomes", "known", "passed", "complaint"),
    [
        pytest.param([PASSES, FAILS], {}, 1, "test_x::test_two[1] fails, and no cause is known", id="no cause"),
        pytest.param([PASSES], KNOWN, 1, "the cause of test_x::test_two* is stale", id="stale cause"),
        pytest.param([FAILS], KNOWN, 1, "0 tests of test_x passed, 1 when they were recorded", id="lost test"),
        pytest.param(
            [Outcome("test_x::(import)", "error", "ImportError")], {}, 0, "test_x::(import) fails", id="import error"
        ),
    ],
)
def test_what_is_wrong_is_said(outcomes: list[Outcome], known: dict[str, str], passed: int, complaint: str) -> None:
    (said,) = judge("test_x", outcomes, {"passed": passed}, known)
    assert said.startswith(complaint)
