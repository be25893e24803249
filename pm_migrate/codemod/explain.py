"""What each finding code means: made from the rules, for ``pm-migrate explain`` and the reports."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pm_migrate.codemod.by_hand import BY_HAND
from pm_migrate.codemod.rules import RULES, elsewhere, ipython, reexports, scoping, upstream, used_elsewhere
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
    hand_before, hand_after
        For a finding that leaves something to a person: a program, and what a person makes of it; or empty.
    """

    code: str
    title: str
    what: str
    why: str
    limits: str
    before: str
    after: str
    hand_before: str = ""
    hand_after: str = ""


#: Examples that need an option, so that they are no examples of the rules themselves.
_ELSEWHERE = {
    upstream.RULE.code: upstream.EXAMPLE,
    elsewhere.RULE.code: elsewhere.EXAMPLE,
    reexports.RULE.code: reexports.EXAMPLE,
    used_elsewhere.RULE.code: used_elsewhere.EXAMPLE,
    scoping.RULE.code: scoping.EXAMPLE,
    ipython.HELD_CODE: ipython.LEFT,
    ipython.UNREADABLE_CODE: ipython.PYTHON_2,
    ipython.INSTALL_CODE: ipython.PIP,
}


def _explanation(rule: Rule) -> Explanation:
    first = rule.examples[0] if rule.examples else _ELSEWHERE.get(rule.code)
    hand = BY_HAND.get(rule.code)
    return Explanation(
        rule.code,
        rule.title,
        rule.section("What"),
        rule.section("Why"),
        rule.section("Limits"),
        _text(first.before) if first else "",
        _text(first.after) if first else "",
        _text(hand.before) if hand else "",
        _text(hand.after) if hand else "",
    )


def _text(example: str) -> str:
    return textwrap.dedent(example).strip("\n") + "\n"


#: Explanations by code.
EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType({rule.code: _explanation(rule) for rule in RULES})
