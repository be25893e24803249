"""PyMC3's own tests on the drop-in: what fails has a cause, every cause a failure, and no test got lost."""

from __future__ import annotations

import pytest

from equivalence_tests.pymc3_suite import causes, run
from equivalence_tests.pymc3_suite.judging import judge
from equivalence_tests.pymc3_suite.run import Outcome

#: Run in every test run, in one process, which takes about a minute; the others with ``--profile deep``.
QUICK = tuple(
    """
    test_backports test_dist_math test_distribution_defaults test_distributions_timeseries test_math
    test_minibatches test_missing test_model test_model_func test_model_graph test_model_helpers test_modelcontext
    test_ndarray_backend test_pickling test_plots test_posdef_sym test_profile test_shape_handling
    test_models_utils test_special_functions test_starting test_theanof test_tracetab test_util
    """.split()
)
RECORDED = run.recorded()


@pytest.fixture(scope="module")
def theirs() -> list[str]:
    """Names of PyMC3's test modules; skips, with the reason, where there are none."""
    try:
        return run.modules()
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_the_drop_in_passes_pymc3s_quick_tests(theirs: list[str]) -> None:
    outcomes = run.run(*QUICK)
    complaints = [
        complaint
        for module in QUICK
        for complaint in judge(module, [o for o in outcomes if causes.module_of(o.test) == module], RECORDED[module])
    ]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("module", sorted(RECORDED.keys() - set(QUICK)))
def test_the_drop_in_passes_pymc3s_tests(module: str, theirs: list[str], request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("takes minutes: with --profile deep")
    complaints = judge(module, run.run(module, seconds_per_test=900, limit=7200), RECORDED[module])
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
