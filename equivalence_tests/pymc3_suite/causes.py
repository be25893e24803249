"""Why a test of PyMC3's own fails against the drop-in: patterns of test names, each with its cause.

A failure without a cause is a defect; so is a cause that nothing fails for any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

#: Pattern of ``module::Class::function[parameters]`` (``[`` stands for itself): cause.
CAUSES: Mapping[str, str] = {}


def matches(pattern: str, test: str) -> bool:
    """Whether a test has the pattern's name."""
    return fnmatchcase(test, pattern.replace("[", "[[]"))


def of(test: str) -> str | None:
    """The cause of a test's failure; the first pattern wins."""
    return next((cause for pattern, cause in CAUSES.items() if matches(pattern, test)), None)
