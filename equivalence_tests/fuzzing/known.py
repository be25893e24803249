"""Differences that are PyMC3's and known: what the documentation says of them, and how a find shows that it is one.

A find that one of these explains is counted, and is no find. Each says where ``docs/known-differences.md`` has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence_tests.fuzzing.judge import Find


@dataclass(frozen=True)
class Known:
    """One known difference.

    Parameters
    ----------
    reason
        What PyMC3 does.
    page
        Words of the documentation that say so.
    explains
        Whether a find is this difference; of the find and the program.
    """

    reason: str
    page: str
    explains: Callable[[Find, str], bool]


def _of(families: tuple[str, ...], relative: float) -> Callable[[Find, str], bool]:
    """Numbers of some families that differ by at most a part."""
    largest = math.log2(relative) + 52

    def explains(find: Find, source: str) -> bool:
        near = find.kind in ("log density", "gradient") and find.bits <= largest
        return near and any(name in source for name in families)

    return explains


def _minus_infinity(*families: str) -> Callable[[Find, str], bool]:
    def explains(find: Find, source: str) -> bool:
        impossible = "where PyMC3 has np.float64(-inf)" in find.detail
        return find.kind == "log density" and impossible and find.about in families

    return explains


KNOWN = (
    Known(
        "the logarithm of the Bessel function by a short series",
        "short series of log(I0)",
        _of(("Rice", "VonMises"), 1e-3),
    ),
    Known(
        "probabilities of a multinomial must sum to 1 exactly once normalised, which rounding prevents",
        "Multinomial, probabilities that do not sum to 1 exactly once normalised",
        _minus_infinity("Multinomial"),
    ),
)


def explanation(find: Find, source: str) -> str:
    """Why a find is none; empty when it is one."""
    return next((known.reason for known in KNOWN if known.explains(find, source)), "")
