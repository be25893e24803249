"""``pm-migrate explain``: every code has an example, and what it leaves to a person is shown done."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate import migrate_source
from pm_migrate.codemod.by_hand import BY_HAND
from pm_migrate.codemod.explain import EXPLANATIONS
from pm_migrate.findings import Confidence


def manual(text: str) -> set[str]:
    """The codes of what is left to a person."""
    findings = migrate_source(textwrap.dedent(text).lstrip()).findings
    return {finding.code for finding in findings if finding.confidence is Confidence.MANUAL}


@pytest.mark.parametrize("code", sorted(BY_HAND))
def test_what_a_person_has_is_reported_and_what_they_write_is_not(code: str) -> None:
    example = BY_HAND[code]
    assert code in EXPLANATIONS
    assert code in manual(example.before), "rewritten by now? then the example has to be another one"
    assert not manual(example.after)
    compile(textwrap.dedent(example.before), code, "exec")


def test_every_code_has_an_example() -> None:
    assert [code for code, explanation in EXPLANATIONS.items() if not explanation.before] == []
