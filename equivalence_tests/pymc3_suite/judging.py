"""What is wrong with the outcomes of a test module of PyMC3's: no cause, a stale one, fewer tests than recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from equivalence_tests.pymc3_suite import causes
from equivalence_tests.pymc3_suite.run import Outcome, counts


def judge(
    module: str,
    outcomes: Sequence[Outcome],
    recorded: Mapping[str, Any],
    known: Mapping[str, str] = causes.CAUSES,
) -> list[str]:
    """Complaints about the outcomes of a whole module; none if all is well.

    Parameters
    ----------
    module
        Its name, as ``test_model``.
    outcomes
        Of all of its tests.
    recorded
        What :func:`~equivalence_tests.pymc3_suite.run.record` kept of it.
    known
        Causes of failures.
    """
    failing = {o.test: o.message for o in outcomes if o.bad}
    by_pattern = {test: causes.pattern_of(test, message, known) for test, message in failing.items()}
    complaints = [
        f"{test} fails, and no cause is known: {failing[test]}" for test, name in by_pattern.items() if name is None
    ]
    complaints += [
        f"the cause of {pattern} is stale: nothing fails for it any more"
        for pattern in known
        if causes.module_of(pattern) == module and pattern not in by_pattern.values()
    ]
    passed = counts(outcomes)["passed"]
    if passed < recorded["passed"]:
        complaints.append(f"{passed} tests of {module} passed, {recorded['passed']} when they were recorded")
    return complaints
