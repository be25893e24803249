"""Findings counted by code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pm_migrate.findings import Confidence

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome


def counts(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """How often each code appears, by confidence; sorted by code."""
    table: dict[str, dict[str, int]] = {}
    for outcome in outcomes:
        for finding in outcome.findings:
            per = table.setdefault(finding.code, {kind.value: 0 for kind in Confidence})
            per[finding.confidence.value] += 1
    return dict(sorted(table.items()))


def title_of(code: str) -> str:
    """What a code is about, in one line."""
    from pm_migrate.codemod.explain import EXPLANATIONS

    explanation = EXPLANATIONS.get(code)
    return "" if explanation is None else explanation.title


def table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield the lines of a table: code, number of findings of each confidence, title."""
    found = counts(outcomes)
    if not found:
        return
    yield f"{'code':<6} {'safe':>6} {'review':>7} {'manual':>7}  what"
    for code, per in found.items():
        yield f"{code:<6} {per['safe']:>6} {per['review']:>7} {per['manual']:>7}  {title_of(code)}".rstrip()
