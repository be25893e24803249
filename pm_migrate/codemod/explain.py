"""What each finding code means: made from the rules, for ``pm-migrate explain`` and the reports."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pm_migrate.codemod.rules import RULES
from pm_migrate.codemod.rules.base import Rule


@dataclass(frozen=True)
class Explanation:
    """One finding code.

    Parameters
    ----------
    code, title
        ``PMxxx`` and one line.
    what, why, limits
        Prose.
    before, after
        An example, or empty.
    """

    code: str
    title: str
    what: str
    why: str
    limits: str
    before: str
    after: str


def _explanation(rule: Rule) -> Explanation:
    first = rule.examples[0] if rule.examples else None
    return Explanation(
        rule.code,
        rule.title,
        rule.section("What"),
        rule.section("Why"),
        rule.section("Limits"),
        textwrap.dedent(first.before).strip("\n") + "\n" if first else "",
        textwrap.dedent(first.after).strip("\n") + "\n" if first else "",
    )


#: Explanations by code.
EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType({rule.code: _explanation(rule) for rule in RULES})
