"""The one list of findings, and the result of one migration.

Every report format and every ``# TODO(pm-migrate PMxxx)`` comment is made from these records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Confidence(str, Enum):
    """How far an edit can be trusted."""

    SAFE = "safe"  #: meaning kept for certain
    REVIEW = "review"  #: applied, and marked for a person to look at
    MANUAL = "manual"  #: not applied; the message says what to do


@dataclass(frozen=True, order=True)
class Finding:
    """One place in a program that was rewritten or needs a person.

    Parameters
    ----------
    line, column, end_line, end_column
        Position in the original text; lines count from 1, columns from 0. In a notebook, within ``cell``.
    code
        ``PMxxx``, explained by ``pm-migrate explain``.
    confidence
        See :class:`Confidence`.
    message
        What was done, or what to do.
    cell
        Index of the notebook cell (counting all cells, from 0), or None for a plain file.
    part
        What else says where it is: the cell of a script with ``# %%`` cells.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    confidence: Confidence
    message: str
    cell: int | None = field(default=None, compare=False)
    part: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if self.cell is not None:
            return f"cell {self.cell}, line {self.line}"
        return f"line {self.line}" + (f" ({self.part})" if self.part else "")


@dataclass(frozen=True)
class References:
    """Count of the references to PyMC3 and Theano in a program: total = migrated + todo + unknown."""

    total: int = 0
    migrated: int = 0
    todo: int = 0
    unknown: int = 0

    def __post_init__(self) -> None:
        if self.total != self.migrated + self.todo + self.unknown:
            raise ValueError(f"references do not add up: {self}")

    def __add__(self, other: References) -> References:
        return References(
            self.total + other.total,
            self.migrated + other.migrated,
            self.todo + other.todo,
            self.unknown + other.unknown,
        )


@dataclass(frozen=True)
class Migration:
    """What became of one program.

    Parameters
    ----------
    code
        The rewritten source (the original text when nothing changed).
    changed
        Whether ``code`` differs from the input.
    findings
        In source order.
    models
        Number of models found.
    references
        The account of every reference to PyMC3 and Theano.
    linked
        What it has to say to the other files of a run.
    """

    code: str
    changed: bool
    findings: tuple[Finding, ...] = ()
    models: int = 0
    references: References = References()
    linked: object = None
