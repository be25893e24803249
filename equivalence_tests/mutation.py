"""Does the harness notice? Every field of every row is perturbed, and the record of PyMC3 must contradict the result.

``python -m equivalence_tests.mutation`` prints the mutation score, the survivors, and the time.
"""

from __future__ import annotations

import dataclasses
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import tensorflow as tf

from equivalence_tests.oracle import summands
from equivalence_tests.verdicts import facts, judge, pole
from pm_migrate.catalog import ROWS, Distribution, Domain, Form, expr
from pm_migrate.catalog.schema import Param
from pm_migrate.errors import CatalogueError

#: Prose, which nothing can judge.
PROSE = frozenset({"source", "notes", "fault"})


@dataclass(frozen=True)
class Equivalence:
    """Mutants that change nothing observable.

    Parameters
    ----------
    mutant
        Pattern of the mutant's name.
    why
        The reason.
    row
        Pattern of the row's name.
    where
        Condition on the row and its record, for those that hold for many rows.
    """

    mutant: str
    why: str
    row: str = "*"
    where: Callable[[Distribution, Mapping[str, Any]], bool] = lambda row, fact: True


def _without_ends(row: Distribution, fact: Mapping[str, Any]) -> bool:
    return row.transform not in {"interval", "lowerbound", "bounded"}


def _without_pole(row: Distribution, fact: Mapping[str, Any]) -> bool:
    return all(pole(form) is None for form in fact["forms"].values())


_EMPTY = "no value is in the support then, which says the same"
_ORDER = "a call is matched to the set of a form's parameters"

EQUIVALENT: tuple[Equivalence, ...] = (
    Equivalence("ends: *", "nothing reads the ends of a transform that has none", where=_without_ends),
    Equivalence("poles: *", "the density has no pole at an end of its support", where=_without_pole),
    Equivalence("forms: (*).given first two swapped", _ORDER),
    Equivalence("generator: (*).given first two swapped", _ORDER),
    Equivalence("options: first two swapped", "a set in all but name"),
    Equivalence("log*: 0 * value *", "a term that is 0 everywhere; it gives the result the shape of the value"),
    Equivalence("logcdf: one percent", "a percent of -inf", row="HalfFlat"),
    Equivalence("ends: [[]inf] one percent", "a percent of inf"),
    Equivalence("ends: [[]-1] one percent", "1.01 * -1 + 0.01 is -1"),
    Equivalence("support: upper end", "the density is 0 there", row="Triangular"),
    Equivalence("support: * end", "the matrix is singular there, its density 0 or infinite", row="LKJCorr"),
    Equivalence("forms: first two swapped", "both are canonical", row="Bernoulli"),
    Equivalence("canonical: first two swapped", "each form has one of the two", row="Bernoulli"),
    Equivalence("conditions: [[]n >= 0] dropped", _EMPTY, row="*inomial"),
    Equivalence("conditions: * dropped", _EMPTY, row="HyperGeometric"),
    Equivalence("conditions: [[]lower <= upper] dropped", _EMPTY, row="DiscreteUniform"),
    Equivalence("params: mu.safe invalid", "no condition on it: nothing is put in its place", row="M*"),
)


#: Mutants that nothing notices, by row: the blind spots of the record. ``safe`` values, conditions and supports of
#: vectors are checked a second time by the row's own density; test values that are rounded counts, or from a table,
#: are no expression; small parameters, ends that are not whole, and sizes below 2 are not among the recorded points.
SURVIVORS: Mapping[str, frozenset[str]] = {
    "Interpolated": frozenset(
        {
            "params: x_points.safe invalid",
            "params: pdf_points.domain wider",
            "params: pdf_points.safe invalid",
            "test_value: one percent",
        }
    ),
    "NegativeBinomial": frozenset(
        {
            "params: n.domain narrower",
            "conditions: [mu < inf] dropped",
        }
    ),
    "DiscreteWeibull": frozenset(
        {
            "params: beta.domain narrower",
            "conditions: [q < 1] dropped",
        }
    ),
    "ZeroInflatedNegativeBinomial": frozenset(
        {
            "conditions: [mu < inf] dropped",
        }
    ),
    "Categorical": frozenset(
        {
            "params: p.domain structure",
            "params: p.safe invalid",
        }
    ),
    "DiscreteUniform": frozenset(
        {
            "forms: (lower, upper).canonical [lower] dropped",
            "forms: (lower, upper).canonical [upper] dropped",
        }
    ),
    "OrderedLogistic": frozenset(
        {
            "params: cutpoints.safe invalid",
        }
    ),
    "OrderedProbit": frozenset(
        {
            "params: cutpoints.safe invalid",
        }
    ),
    "Dirichlet": frozenset(
        {
            "params: a.safe invalid",
            "support: lower end",
            "support: upper end",
            "support: structure",
        }
    ),
    "Multinomial": frozenset(
        {
            "params: p.domain structure",
            "params: p.safe invalid",
            "test_value: one percent",
            "conditions: [p >= 0] dropped",
            "conditions: [sum(p) < inf] dropped",
        }
    ),
    "DirichletMultinomial": frozenset(
        {
            "params: a.safe invalid",
            "test_value: one percent",
        }
    ),
    "Wishart": frozenset(
        {
            "params: nu.domain narrower",
            "params: V.safe invalid",
            "moments: [mode] one percent",
        }
    ),
    "LKJCorr": frozenset(
        {
            "params: n.domain wider",
            "params: p.domain wider",
        }
    ),
    "MatrixNormal": frozenset(
        {
            "params: rowcov.safe invalid",
            "params: colcov.safe invalid",
        }
    ),
}


def mutants(row: Distribution) -> Iterator[tuple[str, Callable[[], Distribution]]]:
    """Every perturbation of a row, by name; making one may raise, which the schema does where it notices."""
    for field in dataclasses.fields(row):
        if field.name not in PROSE:
            for label, value in perturbed(field.name, getattr(row, field.name)):
                yield f"{field.name}: {label}", lambda n=field.name, v=value: dataclasses.replace(row, **{n: v})  # type: ignore[misc]


def perturbed(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Other values of one field."""
    if isinstance(value, bool):
        yield f"{not value}", not value
    elif name in {"params", "forms", "generator"}:
        yield from _perturbed_parts(value)
    elif name in {"domain", "support"}:
        yield from _perturbed_domain(value)
    elif isinstance(value, Mapping):
        yield from _perturbed_mapping(value)
    elif name in {"conditions", "ends"}:
        yield from _perturbed_texts(name, value)
    elif isinstance(value, tuple):
        if value:
            yield "last dropped", value[:-1]
        if len(value) > 1:
            yield "first two swapped", (value[1], value[0], *value[2:])
    elif name == "rank":
        yield "one more", value + 1
    elif name == "transform":
        yield "other", "log" if value != "log" else None
        yield "another", "logodds" if value != "logodds" else "interval"
    elif name == "kind":
        yield "other", "integer" if value != "integer" else "binary"
        yield "another", "categorical" if value != "categorical" else "binary"
    elif name == "tfp_class":
        yield "other", "Normal" if value != "Normal" else "Cauchy"
    elif name in {"name", "pymc4_name"} and value is not None:
        yield "other", f"{value}X"
    elif name == "default":
        infinite = value is not None and not np.isfinite(float(expr.evaluate(value, {}, {})))
        yield "other", "0.25" if value is None or infinite else f"1.5 + {value}"
        if value is not None:
            yield "none", None
    elif name == "safe":
        return  # with its domain: see :func:`_perturbed_parts`
    elif isinstance(value, str) and value:
        yield "one percent", f"1.01 * ({value}) + 0.01"
        if name in {"logp", "logcdf"}:
            yield from _perturbed_formula(value)
    if name == "logcdf":
        yield "other" if value is None else "none", "0 * value" if value is None else None


def _perturbed_parts(value: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Parameters or forms: each field of each, one dropped, two swapped."""
    for i, part in enumerate(value):
        for field in dataclasses.fields(part):
            for label, other in perturbed(field.name, getattr(part, field.name)):
                changed = (*value[:i], dataclasses.replace(part, **{field.name: other}), *value[i + 1 :])
                yield f"{_label(part)}.{field.name} {label}", changed
        if isinstance(part, Param):
            invalid = {"0": "-1" if part.domain.closed_lower else "0"}.get(part.domain.lower, "inf")
            yield f"{part.name}.safe invalid", (*value[:i], dataclasses.replace(part, safe=invalid), *value[i + 1 :])
    if len(value) > 1:
        yield "last dropped", value[:-1]
        yield "first two swapped", (value[1], value[0], *value[2:])


def _perturbed_domain(value: Domain) -> Iterator[tuple[str, Any]]:
    if (value.lower, value.upper) != ("-inf", "inf"):
        yield "wider", Domain(integer=value.integer, rank=value.rank, structure=value.structure)
    if value.lower in {"0", "-inf"} and not value.structure:
        yield "narrower", dataclasses.replace(value, lower="0.9")
    yield "integer", dataclasses.replace(value, integer=not value.integer)
    if value.lower != "-inf" and not value.integer:
        yield "lower end", dataclasses.replace(value, closed_lower=not value.closed_lower)
    if value.upper != "inf" and not value.integer:
        yield "upper end", dataclasses.replace(value, closed_upper=not value.closed_upper)
    if value.integer and value.lower != "-inf":
        yield "lower end one up", dataclasses.replace(value, lower=f"{value.lower} + 1")
    if value.integer and value.upper != "inf":
        yield "upper end one down", dataclasses.replace(value, upper=f"{value.upper} - 1")
    yield "rank", dataclasses.replace(value, rank=value.rank + 1)
    if value.structure:
        yield "structure", dataclasses.replace(value, structure="")


def _perturbed_mapping(value: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    keys = list(value)
    for key in keys:
        yield f"[{key}] one percent", {**value, key: f"1.01 * ({value[key]}) + 0.01"}
        yield f"[{key}] dropped", {k: v for k, v in value.items() if k != key}
    if len(keys) > 1 and value[keys[0]] != value[keys[1]]:
        yield "first two swapped", {**value, keys[0]: value[keys[1]], keys[1]: value[keys[0]]}


def _perturbed_texts(name: str, value: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Conditions and ends: each dropped, or an end moved."""
    for i, text in enumerate(value):
        if name == "conditions":
            yield f"[{text}] dropped", (*value[:i], *value[i + 1 :])
        else:
            yield f"[{text}] one percent", (*value[:i], f"1.01 * ({text}) + 0.01", *value[i + 1 :])
    if name == "ends" and value[0] != value[1]:
        yield "swapped", value[::-1]


def _perturbed_formula(value: str) -> Iterator[tuple[str, str]]:
    """Each summand dropped, and each with the other sign."""
    terms = summands(value)
    if len(terms) < 2:
        return
    for i, term in enumerate(terms):
        for label, replacement in (("dropped", "0"), ("negated", f"-({term})")):
            changed = [*terms[:i], replacement, *terms[i + 1 :]]
            yield f"{term} {label}", " + ".join(f"({t})" for t in changed)


def _label(part: Param | Form) -> str:
    return part.name if isinstance(part, Param) else f"({', '.join(part.given)})"


def survivors(row: Distribution, fact: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Number of mutants of a row, and those that nothing contradicts."""
    count, alive = 0, []
    for label, make in mutants(row):
        count += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of numbers that only a mutant has
                noticed = bool(judge(make(), fact))
        except (CatalogueError, LookupError, ValueError, TypeError, AttributeError, tf.errors.OpError, AssertionError):
            noticed = True  # the mutant does not even run
        except ArithmeticError:
            noticed = True
        if not noticed:
            alive.append(label)
    return count, alive


def reason(row: Distribution, label: str) -> str:
    """Why a mutant changes nothing observable; empty where nothing says so."""
    for known in EQUIVALENT:
        matches = fnmatchcase(row.name, known.row) and fnmatchcase(label, known.mutant)
        if matches and known.where(row, facts()[row.name]):
            return known.why
    return ""


def score(total: int, equivalent: int, alive: int) -> str:
    """The mutation score in words; equivalent mutants are not counted."""
    counted = total - equivalent
    share = 100 * (counted - alive) / counted
    return f"{counted - alive} of {counted} mutants contradicted ({share:.1f} %); {equivalent} more are equivalent"


def main() -> None:
    """Print the score."""
    total, equivalent, alive, start = 0, 0, 0, time.monotonic()
    for row in ROWS:
        if sys.argv[1:] and row.name not in sys.argv[1:]:
            continue
        problem = judge(row, facts()[row.name])
        if problem:
            print(f"contradicted as it is: {row.name}: {problem}", flush=True)
            continue
        begun = time.monotonic()
        count, left = survivors(row, facts()[row.name])
        total += count
        for label in left:
            why = reason(row, label)
            equivalent, alive = equivalent + bool(why), alive + (not why)
            if not why:
                print(f"survives: {row.name}: {label}", flush=True)
        print(f"{row.name}: {count} mutants, {time.monotonic() - begun:.1f} s", flush=True)
    print(f"{score(total, equivalent, alive)}; {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
