"""Reports of a run: one list of findings, five ways to show it.

Each format is a module with one function ``render(run) -> str``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pm_migrate.findings import References

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome

FORMATS = ("text", "json", "sarif", "github", "html")


@dataclass(frozen=True)
class RunReport:
    """What there is to report.

    Parameters
    ----------
    outcomes
        One for each file, in input order.
    version
        Of pm-migrate.
    wrote
        Whether changed files were written (in place, or to another folder).
    diffs
        Whether the JSON report carries the diff of each changed file.
    statistics
        Whether the text report counts the findings by code.
    proofs
        By path, what its verification found: ``ok``, and ``report`` as :func:`pm_migrate.verify.to_json` makes it, or
        the ``error`` that kept it from being verified.
    """

    outcomes: tuple[Outcome, ...]
    version: str
    wrote: bool = True
    diffs: bool = False
    statistics: bool = False
    proofs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def references(self) -> References:
        """The account of every reference to PyMC3 and Theano."""
        return sum((outcome.references for outcome in self.outcomes), References())

    @property
    def models(self) -> int:
        """Number of models found."""
        return sum(outcome.models for outcome in self.outcomes)

    def count(self, status: str) -> int:
        """Return the number of files with this status."""
        return sum(outcome.status == status for outcome in self.outcomes)


def render(run: RunReport, format: str) -> str:
    """Render a report in one of :data:`FORMATS`."""
    if format not in FORMATS:
        raise ValueError(f"no report format {format!r}; there are {', '.join(FORMATS)}")
    text: str = import_module(f"pm_migrate.report.{format}").render(run)
    return text
