"""Differences that are PyMC3's and known: what the documentation says of them, and how a find shows that it is one.

A find that one of these explains is counted, and is no find. Each says where ``docs/known-differences.md`` has it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence_tests.fuzzing.judge import Find


#: Of numbers that move as far when each of PyMC3's own operations rounds another way.
UNDETERMINED = "double precision does not determine the number"


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


def _cancelling(family: str, bits: float) -> Callable[[Find, str], bool]:
    """Log densities of a family that differ by at most some bits: the digits that a difference of large terms loses."""

    def explains(find: Find, source: str) -> bool:
        return find.kind == "log density" and find.about == family and find.bits <= bits

    return explains


def _minus_infinity(family: str, below: float = math.inf) -> Callable[[Find, str], bool]:
    """Log densities of a family that are -inf for PyMC3, where the number is below some other."""

    def explains(find: Find, source: str) -> bool:
        here = re.search(r": np\.float64\(([^)]*)\) where PyMC3 has np\.float64\(-inf\)", find.detail)
        return find.kind == "log density" and find.about == family and here is not None and float(here[1]) <= below

    return explains


def _one_concentration(find: Find, source: str) -> bool:
    """One concentration for counts of several categories."""
    refused = re.search(r"DirichletMultinomial: a value of shape .* a \(1,\)$", find.detail)
    named = re.search(r"distribution '(\w+)' are not consistent with the distribution's shape", find.detail)
    of_counts = named and re.search(rf"DirichletMultinomial\(['\"]{named[1]}['\"]", source)
    return find.kind == "crash" and bool(refused or of_counts)


KNOWN = (
    Known(
        "a gamma density of a large shape is a difference of large terms",
        "Gamma, a large shape",
        _cancelling("Gamma", 12),
    ),
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
    Known(
        # powers are at most 1: a difference that rounds to 0 is below half a unit in the last place of 1
        "a difference of powers that are nearly equal, or too small, is 0",
        "DiscreteWeibull, far out or nearly equal powers",
        _minus_infinity("DiscreteWeibull", math.log(2.0**-53)),
    ),
    Known(
        "a single concentration is repeated for every category, but counts once in the normaliser",
        "DirichletMultinomial, an `a` of length 1 for several categories",
        _one_concentration,
    ),
)


def explanation(find: Find, source: str) -> str:
    """Why a find is none; empty when it is one."""
    return next((known.reason for known in KNOWN if known.explains(find, source)), "")
