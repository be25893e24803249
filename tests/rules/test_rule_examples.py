"""Every rule says what it does, and does what it says."""

from __future__ import annotations

import ast
import textwrap

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.explain import EXPLANATIONS
from pm_migrate.codemod.rules import RULES
from pm_migrate.findings import Confidence

EXAMPLES = [(rule, i) for rule in RULES for i in range(len(rule.examples))]


def source(text: str) -> str:
    return textwrap.dedent(text).strip("\n") + "\n"


@pytest.mark.parametrize(("rule", "number"), EXAMPLES, ids=[f"{r.code}-{i}" for r, i in EXAMPLES])
def test_example(rule, number):
    example = rule.examples[number]
    before, after = source(example.before), source(example.after)
    result = migrate_source(before)
    assert result.code == after
    ast.parse(result.code)
    again = migrate_source(result.code)
    assert not again.changed
    manual = {f.code for f in result.findings if f.confidence is Confidence.MANUAL}
    assert {f.code for f in again.findings if f.confidence is Confidence.MANUAL} == manual
    assert bool(manual) == ("TODO(pm-migrate" in after)


@pytest.mark.parametrize("rule", RULES, ids=[r.code for r in RULES])
def test_rule_explains_itself(rule):
    assert len(rule.examples) <= 6
    assert rule.section("What") and rule.section("Why") and rule.section("Limits")
    assert EXPLANATIONS[rule.code].title == rule.title


def test_codes_are_unique():
    assert len({rule.code for rule in RULES}) == len(RULES)
