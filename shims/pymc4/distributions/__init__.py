"""The distributions of the generator front end, one class per name, generated from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pm_migrate.catalog import ROWS, Form
from pm_migrate.catalog import Distribution as Row
from pm_migrate.catalog.pymc4_api import DISTRIBUTIONS as THEIRS
from pm_migrate.shims.pymc4 import bases, timeseries
from pm_migrate.shims.pymc4.bases import (
    BoundedContinuousDistribution,
    BoundedDiscreteDistribution,
    BoundedDistribution,
    ContinuousDistribution,
    DiscreteDistribution,
    PositiveContinuousDistribution,
    PositiveDiscreteDistribution,
    SimplexContinuousDistribution,
    UnitContinuousDistribution,
)
from pm_migrate.shims.pymc4.catalogued import Catalogued, signature_of
from pm_migrate.shims.pymc4.composites import COMPOSITES
from pm_migrate.shims.pymc4.density_dist import DensityDist
from pm_migrate.shims.pymc4.distribution import NO_TRANSFORM, Distribution, full_signature
from pm_migrate.shims.pymc4.distributions import batchstack, distribution, half_student_t, transforms
from pm_migrate.shims.pymc4.multivariate import GENERATORS, MULTIVARIATE, REFINED
from pm_migrate.shims.pymc4.terms import Deterministic, Potential
from pm_migrate.shims.pymc4.tfp_objects import TfpDistribution, from_tfp
from pm_migrate.shims.pymc4.upstream import UPSTREAM


class _Ends:
    """The limits of a distribution whose support depends on its parameters."""

    end_of_support: Any

    def lower_limit(self) -> Any:
        """The lower end of the support."""
        return self.end_of_support("lower")

    def upper_limit(self) -> Any:
        """The upper end of the support."""
        return self.end_of_support("upper")


def abstract_class(name: str, row: Row) -> type:
    """What a distribution is by its support: as PyMC4 sorted it, and by the same marks where it did not have it."""
    if name in THEIRS:
        return getattr(bases, THEIRS[name].base)
    if row.discrete:
        if row.rank or row.support.lower == "-inf":
            return DiscreteDistribution
        counts = (row.support.lower, row.support.upper) == ("0", "inf")
        return PositiveDiscreteDistribution if counts else BoundedDiscreteDistribution
    if row.rank or row.transform is None:
        return SimplexContinuousDistribution if row.transform == "stickbreaking" else ContinuousDistribution
    return {"log": PositiveContinuousDistribution, "logodds": UnitContinuousDistribution}.get(
        row.transform, BoundedContinuousDistribution
    )


def _parents(name: str, row: Row) -> tuple[type, ...]:
    abstract = abstract_class(name, row)
    ends = (row.support.lower, row.support.upper)
    known = (issubclass(abstract, UnitContinuousDistribution) and ends == ("0", "1")) or (
        issubclass(abstract, (PositiveContinuousDistribution, PositiveDiscreteDistribution)) and ends == ("0", "inf")
    )
    own = (_Ends,) if issubclass(abstract, BoundedDistribution) and not known else ()
    return (*((REFINED[name],) if name in REFINED else ()), Catalogued, *own, abstract)


def _make(name: str, row: Row, forms: tuple[Form, ...]) -> type[Distribution]:
    """Build the class of one name."""
    choices = " or ".join(f"{name}(name, {', '.join(f.given)})" for f in forms).replace(", )", ")")
    origin = "" if row.in_pymc4 else "\n\nNot in PyMC4."
    doc = f"{choices}\n\nLog density: ``{row.logp}``, with {_meaning(row, forms[0])}.\n\nSource: {row.source}.{origin}"
    cls = type(name, _parents(name, row), {"row": row, "forms": forms, "__doc__": doc, "__module__": __name__})
    cls.__signature__ = full_signature(dict.fromkeys(signature_of(forms)))  # type: ignore[attr-defined]
    return cls


def _meaning(row: Row, form: Form) -> str:
    mapping = row.canonical_of(form)
    return ", ".join(f"{c} = {text}" for c, text in mapping.items()) or "no parameters"


def _classes() -> dict[str, type[Distribution]]:
    found: dict[tuple[str, str], list[Form]] = {}
    rows = {row.name: row for row in ROWS}
    for row in ROWS:
        for form in row.generator_forms:
            found.setdefault((form.pymc4_name or row.pymc4_name, row.name), []).append(form)
    return {name: _make(name, rows[row], tuple(forms)) for (name, row), forms in found.items()}


#: Every distribution of the catalogue by its name in the generator front end.
CLASSES: Mapping[str, type[Distribution]] = _classes()

#: The time series by name.
SERIES: Mapping[str, type[Distribution]] = {name: getattr(timeseries, name) for name in timeseries.__all__}

#: Everything of this front end that makes random variables without being a row, by name.
STRUCTURED: Mapping[str, Any] = {
    **COMPOSITES,
    "DensityDist": DensityDist,
    **MULTIVARIATE,
    **GENERATORS,
    **SERIES,
    **UPSTREAM,
}

__all__ = [
    "CLASSES",
    "NO_TRANSFORM",
    "BoundedContinuousDistribution",
    "BoundedDiscreteDistribution",
    "BoundedDistribution",
    "ContinuousDistribution",
    "Deterministic",
    "DiscreteDistribution",
    "Distribution",
    "PositiveContinuousDistribution",
    "PositiveDiscreteDistribution",
    "Potential",
    "SimplexContinuousDistribution",
    "TfpDistribution",
    "UnitContinuousDistribution",
    "bases",
    "batchstack",
    "distribution",
    "from_tfp",
    "half_student_t",
    "transforms",
    *STRUCTURED,
    *CLASSES,
]


def __getattr__(name: str) -> Any:
    for found in (CLASSES, STRUCTURED):
        if name in found:
            return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
