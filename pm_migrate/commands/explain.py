"""``pm-migrate explain CODE``: what a rule does, why, and where it stops."""

from __future__ import annotations

import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from pm_migrate.commands.console import complain, say

if TYPE_CHECKING:
    from pm_migrate.codemod.explain import Explanation


def explain(code: str | None) -> int:
    """Print the explanation of a code, or the list of all."""
    from pm_migrate.codemod.explain import EXPLANATIONS

    if code is None:
        for known in sorted(EXPLANATIONS):
            say(f"{click.style(known, bold=True)}  {EXPLANATIONS[known].title}")
        return 0
    explanation = EXPLANATIONS.get(code.upper())
    if explanation is None:
        complain(unknown_code(code, sorted(EXPLANATIONS)))
        return 2
    say(_page(explanation), end="")
    return 0


def expand_codes(values: tuple[str, ...]) -> tuple[str, ...]:
    """Turn comma-separated codes and beginnings of codes into the codes they mean.

    Raises
    ------
    click.BadParameter
        For a text that is the beginning of no code.
    """
    wanted = [part.strip().upper() for value in values for part in value.split(",") if part.strip()]
    if not wanted:
        return ()
    from pm_migrate.codemod.explain import EXPLANATIONS

    codes: set[str] = set()
    for start in wanted:
        meant = {code for code in EXPLANATIONS if code.startswith(start)}
        if not meant:
            raise click.BadParameter(unknown_code(start, sorted(EXPLANATIONS)))
        codes |= meant
    return tuple(sorted(codes))


def unknown_code(code: str, known: list[str]) -> str:
    """Say that there is no such code, and which are close to it."""
    close = get_close_matches(code.upper(), known, n=3, cutoff=0.6)
    hint = f"; close to it: {', '.join(close)}" if close else ""
    return f"no code {code!r}{hint} (`pm-migrate explain` lists all)"


def _page(explanation: Explanation) -> str:
    parts = [click.style(f"{explanation.code}  {explanation.title}", bold=True), _prose(explanation.what)]
    for heading, text in (("Why", explanation.why), ("Limits", explanation.limits)):
        if text:
            parts.append(f"{click.style(heading, bold=True)}\n{_prose(text)}")
    for heading, code in (
        ("Before", explanation.before),
        ("After", explanation.after),
        ("By hand, what you have", getattr(explanation, "hand_before", "")),
        ("By hand, what you write", getattr(explanation, "hand_after", "")),
    ):
        if code:
            parts.append(f"{click.style(heading, bold=True)}\n{textwrap.indent(code.strip(chr(10)), '    ')}")
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(paragraph.split()), 88) for paragraph in paragraphs)
