"""The catalogue's formulas in high precision, which ``pm-migrate verify`` asks for its third opinion, too."""

from __future__ import annotations

from pm_migrate.verify.oracle import (
    DIGITS,
    EPS,
    FUNCTIONS,
    Oracle,
    Truth,
    comparable,
    exact,
    structure_of,
    summands,
    wrong_bits,
)

__all__ = [
    "DIGITS",
    "EPS",
    "FUNCTIONS",
    "Oracle",
    "Truth",
    "comparable",
    "exact",
    "structure_of",
    "summands",
    "wrong_bits",
]
