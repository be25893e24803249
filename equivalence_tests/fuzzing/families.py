"""Random variables of the catalogue's scalar rows: parameters in their domains, observed values in the support."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence_tests.fuzzing.draft import Draft, Shape, Value
from equivalence_tests.fuzzing.expressions import positive, real, unit
from equivalence_tests.strategies import NUMPY_FUNCTIONS, canonical_parameters
from pm_migrate.catalog import DISTRIBUTIONS, ROWS, Distribution, Form, expr

#: The simplest first, and what people use most most often.
COMMON = ("Normal", "HalfNormal", "Exponential", "Gamma", "Beta", "HalfCauchy", "StudentT", "Uniform", "Lognormal")
#: Their own pieces write them, or they have no density to speak of.
APART = frozenset({"Flat", "HalfFlat", "Constant", "Categorical", "OrderedLogistic", "OrderedProbit", "Interpolated"})

SCALAR = tuple(row for row in ROWS if row.rank == 0 and row.name not in APART)
CONTINUOUS = tuple(DISTRIBUTIONS[n] for n in COMMON) + tuple(
    row for row in SCALAR if not row.discrete and row.name not in COMMON
)
DISCRETE = tuple(row for row in SCALAR if row.discrete)
LIKELIHOODS = CONTINUOUS[:1] + DISCRETE[:4] + CONTINUOUS[1:] + DISCRETE[4:]

Given = dict[str, Value]


@dataclass(frozen=True)
class Variable:
    """A distribution with its parameters.

    Parameters
    ----------
    row, form
        Of the catalogue.
    given
        Parameters by PyMC3's keyword.
    test
        Interval of the test value.
    """

    row: Distribution
    form: Form
    given: Given
    test: tuple[float, float]

    @property
    def name(self) -> str:
        """PyMC3's name."""
        return self.row.name


def parameters(d: Draft, row: Distribution, shape: Shape = (), depth: int = 1) -> Variable:
    """Draw a parametrisation and its parameters, all of them in their domains."""
    form = d.choose(row.forms)
    own = _OWN.get(row.name)
    given = own(d, form, shape) if own else {n: parameter(d, row, n, shape, depth) for n in form.given}
    d.features.add(f"distribution {row.name}")
    return Variable(row, form, given, _test(row, form, given))


def parameter(d: Draft, row: Distribution, name: str, shape: Shape, depth: int) -> Value:
    """Write one parameter."""
    domain = row.param(name).domain
    if domain.integer:
        k = 1 + d.below(9)
        return Value(str(k), (), k, k, integer=True)
    if (domain.lower, domain.upper) == ("0", "1"):
        return unit(d, shape, depth)
    if domain.lower == "0":
        return positive(d, shape, depth)
    return real(d, shape, depth)


def _numbers(*ranges: tuple[str, float, float]) -> Callable[[Draft, Form, Shape], Given]:
    """Parameters that are plain numbers, for a support that is known."""

    def own(d: Draft, form: Form, shape: Shape) -> Given:
        return {name: d.number(low, high) for name, low, high in ranges}

    return own


def _uniform(d: Draft, form: Form, shape: Shape) -> Given:
    return {"lower": d.number(-3, 0.5), "upper": d.number(1, 6)}


def _triangular(d: Draft, form: Form, shape: Shape) -> Given:
    return {"lower": d.number(-3, 0), "upper": d.number(2, 5), "c": d.number(0.2, 1.8)}


def _truncated(d: Draft, form: Form, shape: Shape) -> Given:
    row = DISTRIBUTIONS["TruncatedNormal"]
    given = {n: parameter(d, row, n, shape, 1) for n in form.given if n not in ("lower", "upper")}
    ends = d.below(3)
    if ends != 1:
        given["lower"] = d.number(-3, 0)
    if ends != 0:
        given["upper"] = d.number(1, 4)
    return given


def _beta(d: Draft, form: Form, shape: Shape) -> Given:
    if "mu" in form.given:
        return {"mu": d.number(0.3, 0.7), "sigma": d.number(0.1, 0.4)}
    return {n: parameter(d, DISTRIBUTIONS["Beta"], n, shape, 1) for n in form.given}


def _wald(d: Draft, form: Form, shape: Shape) -> Given:
    row = DISTRIBUTIONS["Wald"]
    given = {n: parameter(d, row, n, shape, 1) for n in form.given if n != "alpha"}
    return given | ({"alpha": d.number(0.1, 0.5)} if d.flip(20) else {})


def _pareto(d: Draft, form: Form, shape: Shape) -> Given:
    return {"alpha": parameter(d, DISTRIBUTIONS["Pareto"], "alpha", shape, 1), "m": d.number(0.2, 1)}


def _von_mises(d: Draft, form: Form, shape: Shape) -> Given:
    return {"mu": d.number(-1, 1), "kappa": parameter(d, DISTRIBUTIONS["VonMises"], "kappa", shape, 1)}


def _hypergeometric(d: Draft, form: Form, shape: Shape) -> Given:
    total = 12 + d.below(20)
    sizes = {"N": total, "k": 5 + d.below(5), "n": 5 + d.below(3)}
    return {n: Value(str(v), (), v, v, integer=True) for n, v in sizes.items()}


def _discrete_uniform(d: Draft, form: Form, shape: Shape) -> Given:
    low, high = d.below(3), 4 + d.below(5)
    return {"lower": Value(str(low), (), low, low), "upper": Value(str(high), (), high, high)}


_OWN: Mapping[str, Callable[[Draft, Form, Shape], Given]] = {
    "Uniform": _uniform,
    "Triangular": _triangular,
    "TruncatedNormal": _truncated,
    "Beta": _beta,
    "Wald": _wald,
    "Pareto": _pareto,
    "VonMises": _von_mises,
    "HyperGeometric": _hypergeometric,
    "DiscreteUniform": _discrete_uniform,
}

#: What a parameter that is left out stands for, where the interval of the test value needs it.
_LEFT_OUT = {"lower": -np.inf, "upper": np.inf, "alpha": 0.0}


def _test(row: Distribution, form: Form, given: Given) -> tuple[float, float]:
    """Interval of the test value: that of its formula at all corners of the parameters' intervals."""
    names = list(form.given)
    corners = [(v.low, v.high) if (v := given.get(n)) is not None else (_LEFT_OUT.get(n, 1.0),) * 2 for n in names]
    found = []
    with np.errstate(all="ignore"):
        for corner in itertools.product(*(dict.fromkeys(c) for c in corners)):
            at = canonical_parameters(row, form, dict(zip(names, map(float, corner), strict=True)))
            found.append(float(expr.evaluate(row.test_value, at, NUMPY_FUNCTIONS)))
    finite = [x for x in found if math.isfinite(x)] or [1.0]
    return min(finite), max(finite)


def ends(variable: Variable) -> tuple[float, float]:
    """The support, as numbers; parameters that it depends on are numbers."""
    at = {n: v.low for n, v in variable.given.items()}
    for name in variable.form.given:
        at.setdefault(name, _LEFT_OUT.get(name, 1.0))
    canonical = canonical_parameters(variable.row, variable.form, at)
    support = variable.row.support
    return (
        float(expr.evaluate(support.lower, canonical, NUMPY_FUNCTIONS)),
        float(expr.evaluate(support.upper, canonical, NUMPY_FUNCTIONS)),
    )


def spread(variable: Variable) -> tuple[float, float]:
    """Where the variable's values are at the points compared: around the test value in the unconstrained space."""
    low, high = variable.test
    first, last = ends(variable)
    if variable.row.discrete:
        return max(first, low - 3), min(last, high + 3)
    if math.isfinite(first) and math.isfinite(last):
        edge = 0.02 * (last - first)
        return first + edge, last - edge
    if math.isfinite(first):
        return first + max(0.02, (low - first) / 8), first + 8 * max(high - first, 0.1)
    if math.isfinite(last):
        return last - 8 * max(last - low, 0.1), last
    return low - 2, high + 2


def inside(d: Draft, variable: Variable, count: int) -> list[float | int]:
    """Draw values in the support."""
    first, last = ends(variable)
    if variable.row.discrete:
        low, high = int(max(first, -5)), int(min(last, 12))
        return [low + d.below(high - low + 1) for _ in range(count)]
    if math.isfinite(first) and math.isfinite(last):
        edge = 0.05 * (last - first)
        low, high = first + edge, last - edge
    elif math.isfinite(first):
        low, high = first + 0.2, first + 6
    elif math.isfinite(last):
        low, high = last - 6, last - 0.2
    else:
        low, high = -3.0, 3.0
    if high - low < 2:
        return [round(low + (high - low) * (1 + d.below(19)) / 20, 4) for _ in range(count)]
    return [d.number(low, high).low for _ in range(count)]


def arguments(d: Draft, variable: Variable) -> list[str]:
    """Write parameters as PyMC3 takes them: by position as far as the signature allows, or by name or alias."""
    row, given = variable.row, dict(variable.given)
    by_position = []
    if not d.flip(50):
        for name in row.signature:
            if name not in given:
                break
            by_position.append(given.pop(name).code)
    written = []
    for name, value in given.items():
        spellings = (name, *(a for a in row.param(name).aliases if a not in ("Sigma",)))
        written.append(f"{d.choose(spellings)}={value.code}")
    return by_position + written


def call(d: Draft, variable: Variable, name: str | None, extra: Mapping[str, Any] | None = None) -> str:
    """Write the call that makes the variable; without a name, ``.dist``."""
    spelled = d.pm(d.choose((variable.name, *variable.row.aliases[:1])))
    head = [] if name is None else [name]
    tail = [f"{k}={v}" for k, v in (extra or {}).items()]
    return f"{spelled}{'' if name else '.dist'}({', '.join([*head, *arguments(d, variable), *tail])})"
