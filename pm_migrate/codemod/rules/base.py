"""What a rule says about itself."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A program before and after; equal texts show what a rule leaves alone."""

    before: str
    after: str


@dataclass(frozen=True)
class Rule:
    """The metadata of one rule.

    Parameters
    ----------
    code
        ``PMxxx``.
    title
        One line.
    doc
        What the rule does; then a paragraph that begins with ``Why:``, and one that begins with ``Limits:``.
    examples
        At most six; odd cases belong to the tests.
    """

    code: str
    title: str
    doc: str
    examples: tuple[Example, ...] = ()

    def section(self, heading: str) -> str:
        """One part of ``doc``: ``What``, ``Why`` or ``Limits``."""
        parts = re.split(r"^(Why|Limits):", inspect.cleandoc(self.doc), flags=re.MULTILINE)
        sections = {"What": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
        return sections.get(heading, "").strip()
