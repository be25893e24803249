"""What a verification found, and how it is shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType


class Verdict(str, Enum):
    """The outcome of one comparison."""

    EQUAL = "equal"
    EQUAL_BUT_CONSTANT = "equal but for a float32 constant"  #: see ``tolerances.FLOAT32_CONSTANT``
    EQUAL_WITHOUT_GRADIENT = "equal, without a gradient"  #: PyMC3 has none, so not compared
    DIFFERENT = "different"
    VARIABLES_DIFFER = "variables differ"  #: other value variables, shapes or transforms: nothing to compare
    NOT_PAIRED = "not paired"  #: the model has no counterpart
    NO_MODEL = "no model"  #: the original ran to its end and made none: a module, or functions that nobody calls
    ERROR = "error"  #: a side crashed, hung, or raised before the model was there


#: Verdicts of two that have the same posterior.
EQUALS = (Verdict.EQUAL, Verdict.EQUAL_BUT_CONSTANT, Verdict.EQUAL_WITHOUT_GRADIENT)


@dataclass(frozen=True)
class TermDisagreement:
    """A random variable or potential whose log density differs.

    Parameters
    ----------
    name
        Its name in the original.
    worst
        Largest absolute difference.
    offset
        The difference, when it is the same at all points (a lost constant), else None.
    where
        The part that differs: the value of the transform, its Jacobian, or the density itself; empty if not known.
    kind, point
        The smallest point where it differs: its kind, and the value variables that have to leave the test point.
    original, candidate
        The term there.
    truth
        What the formula of the catalogue gives in high precision for the part that differs, as a sentence.
    points
        How many points were compared.
    """

    name: str
    worst: float
    offset: float | None
    where: str = ""
    kind: str = ""
    point: Mapping[str, Any] = field(default_factory=dict)
    original: float = math.nan
    candidate: float = math.nan
    truth: str = ""
    points: int = 2

    def __str__(self) -> str:
        if self.offset is not None:
            text = f"{self.name}: off by {self.offset:+.6g} at every point"
        elif self.points == 1:
            text = f"{self.name}: off by {self.worst:.3g} at the only point"
        else:
            text = f"{self.name}: off by up to {self.worst:.3g}, not by a constant"
        return text + (f", in {self.where}" if self.where else "")

    def lines(self) -> list[str]:
        """All that is known, a sentence a line."""
        found = [str(self)]
        if self.kind:
            moved = ", ".join(f"{name} = {_short(value)}" for name, value in self.point.items())
            place = f"at {moved} ({self.kind}), all else at the test point" if moved else "at the test point"
            found.append(f"{place}: PyMC3 has {self.original:.17g}, it has {self.candidate:.17g}")
        return found + ([self.truth] if self.truth else [])


@dataclass(frozen=True)
class Heat:
    """Worst disagreement of one variable at one kind of point, in wrong bits.

    Parameters
    ----------
    name
        Of a random variable, potential or deterministic of the original.
    what
        ``log density`` (its term), ``gradient``, or ``value``.
    kind
        Of the points.
    bits
        ``log2`` of the difference in units of ``2**-52`` of the size of what is compared (at least 1 for each element
        of a term, for a gradient ``max(1, max |b|)`` of the variable, for a value ``max(1, |b|)``); at least 0.
    """

    name: str
    what: str
    kind: str
    bits: float


@dataclass(frozen=True)
class Comparison:
    """One model of the original against its counterpart.

    Parameters
    ----------
    model
        Its name in the original.
    road
        ``drop-in`` or ``rewrite`` (``original`` when it never came to a comparison).
    verdict
        The outcome.
    variables
        Number of value variables.
    points
        Number of points compared with a finite log density, the test point included.
    outside
        Number of points where both reject (minus infinity, or an error of PyMC3).
    raised
        Number of points where both raise an error.
    logp
        Worst ``|a - b| / max(1, |b|)`` of the log density.
    gradient
        The same of the gradients, ``|b|`` being the largest slope of the value variable.
    logp_bits, gradient_bits
        Worst disagreement in wrong bits: ``log2`` of the difference in units of ``2**-52`` of the conditioning, which
        for the log density is the sum of the absolute terms (at least its own size), for a gradient
        ``max(1, max |b|)``; at least 0. Two double-precision evaluations differ in a few bits, a float32 constant
        costs some 25, a wrong model nearly all 52 or more.
    detail
        What is wrong, in words; empty when nothing is.
    terms
        Where the log density differs.
    notes
        What is worth knowing and no disagreement.
    kinds
        Number of points compared, by kind.
    heat
        Wrong bits by variable and kind of point.
    densities
        Kind, original's and candidate's log density of each point compared.
    posterior
        What short runs said; see :mod:`pm_migrate.verify.posterior`. None when none was made.
    """

    model: str
    road: str
    verdict: Verdict
    variables: int = 0
    points: int = 0
    outside: int = 0
    raised: int = 0
    logp: float = math.nan
    gradient: float = math.nan
    logp_bits: float = math.nan
    gradient_bits: float = math.nan
    detail: str = ""
    terms: tuple[TermDisagreement, ...] = ()
    notes: tuple[str, ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()
    heat: tuple[Heat, ...] = ()
    densities: tuple[tuple[str, float, float], ...] = ()
    posterior: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether the two have the same posterior."""
        return self.verdict in EQUALS


@dataclass(frozen=True)
class Report:
    """The verification of one program.

    Parameters
    ----------
    original, rewritten
        The files.
    comparisons
        One per model and road.
    notes
        About the programs.
    """

    original: Path
    rewritten: Path | None
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every model was compared on every road, and is equal. A program without a model is not."""
        return bool(self.comparisons) and all(comparison.ok for comparison in self.comparisons)


def _short(value: Any) -> str:
    """A number, or the beginning of an array, in few characters."""
    numbers = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    shown = ", ".join(f"{number:.6g}" for number in numbers[:6])
    return shown if not getattr(value, "shape", ()) else f"[{shown}{', ...' if len(numbers) > 6 else ''}]"


def _number(value: float | str | None, pattern: str) -> str:
    return "-" if value is None else format(float(value), pattern)


def render(report: Report | Mapping[str, Any]) -> RenderableType:
    """Make a table for a ``rich`` console: a row per model and road, and below it what is wrong.

    Parameters
    ----------
    report
        A report, or what :func:`to_json` made of it.
    """
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    data = to_json(report) if isinstance(report, Report) else report
    table = Table(title=escape(data["original"]), title_justify="left")
    table.add_column("model")
    table.add_column("road")
    for title in ("variables", "points", "log density", "gradient", "wrong bits"):
        table.add_column(title, justify="right")
    table.add_column("verdict")
    kinds: dict[str, None] = {}
    below: list[Text] = []
    for c in data["models"]:
        table.add_row(
            escape(c["model"]),
            c["road"],
            str(c["variables"]),
            str(c["points"]),
            _number(c["logp"], ".1e"),
            _number(c["gradient"], ".1e"),
            f"{_number(c['logp_bits'], '.0f')} / {_number(c['gradient_bits'], '.0f')}",
            Text(c["verdict"], style="green" if c["ok"] else "bold red"),
        )
        place = f"{c['model']} ({c['road']}): "
        below += [Text(place + c["detail"], style="red")] if c["detail"] else []
        below += [Text(f"  {line}", style="red") for term in c["terms"] for line in term["text"]]
        below += [Text(place + note, style="dim") for note in c["notes"]]
        kinds |= dict.fromkeys(kind for kind, _ in c["kinds"])
    below += [Text(note, style="yellow") for note in data["notes"]]
    if kinds:
        table.caption = f"compared at points: {', '.join(kinds)}"
        table.caption_justify = "left"
    return Group(table, *below)


def to_json(report: Report) -> dict[str, Any]:
    """Make a dictionary for ``json.dumps``; numbers that JSON cannot say become None or ``"inf"``."""

    def plain(value: Any) -> Any:
        if isinstance(value, float):
            return None if math.isnan(value) else value if math.isfinite(value) else repr(value)
        if isinstance(value, Verdict):
            return value.value
        if isinstance(value, TermDisagreement):
            return fields(vars(value)) | {"text": value.lines()}
        if isinstance(value, Heat):
            return fields(vars(value))
        if isinstance(value, Mapping):
            return fields(value)
        if isinstance(value, (tuple, list)):
            return [plain(item) for item in value]
        if hasattr(value, "tolist"):
            return plain(value.tolist())
        return value

    def fields(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: plain(value) for name, value in values.items()}

    return {
        "original": str(report.original),
        "rewritten": None if report.rewritten is None else str(report.rewritten),
        "ok": report.ok,
        "models": [fields(vars(comparison)) | {"ok": comparison.ok} for comparison in report.comparisons],
        "notes": list(report.notes),
    }
