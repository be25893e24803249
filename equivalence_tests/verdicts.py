"""The judge of the catalogue: a row against the record of PyMC3, without PyMC3.

Three sides are compared at every recorded interior point: PyMC3's number, the row's formula in high precision, and the
runtime. PyMC3 may differ from the formula by its known faults, the runtime only by rounding.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from equivalence_tests import engine, pymc4_names, strategies, tolerances
from equivalence_tests.engine import Result
from equivalence_tests.fixed_points import number
from equivalence_tests.known_edges import KNOWN
from equivalence_tests.oracle import EPS, Oracle, Truth, wrong_bits
from equivalence_tests.record import RECORD
from equivalence_tests.test_density import bits_of
from pm_migrate.catalog import Distribution, Domain, Form, expr
from pm_migrate.errors import CatalogueError
from pm_migrate.shims.distributions.binding import bind
from pm_migrate.shims.transforms import default_transform

#: Relative, of start values, moments and densities of TFP's own classes: PyMC3's float32 constants cost up to 5e-7.
TOLERANCE = 1e-6

#: Of the runtime's log distribution function, relative to the larger of 1 and its size.
LOGCDF_TOLERANCE = 2.0**-36
#: Of its slopes, in logarithms of the inputs: one more differentiation.
LOGCDF_SLOPE_TOLERANCE = 1e-8

#: Arguments that all of PyMC3's constructors take.
_COMMON = frozenset({"args", "kwargs", "shape", "transform", "testval", "initval", "dtype", "dims", "name"})

#: The continued fraction of PyMC3's incomplete beta function stops early: 0.04 off for Binomial-like tails with a large
#: second shape. Sums of the probabilities confirm the formula.
LOGCDF_FAULTS: Mapping[str, float] = {"NegativeBinomial": 0.05, "ZeroInflatedNegativeBinomial": 0.05}

#: Moments that PyMC3 has and no expression says: the median of a table; counts rounded so that their sum is right,
#: which the front end offers as ``mode`` by itself.
UNOFFERED: Mapping[str, set[str]] = {
    "DirichletMultinomial": {"mode"},
    "Interpolated": {"median"},
    "Multinomial": {"mode"},
}

_NUMPY = {**strategies.NUMPY_FUNCTIONS, "matmul": np.matmul}


@cache
def facts() -> dict[str, Any]:
    """The record of PyMC3."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def close(a: Any, b: Any, scale: float = 1.0) -> bool:
    """Equal up to :data:`TOLERANCE`, infinities and shapes included."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True))


def judge(row: Distribution, fact: Mapping[str, Any]) -> str:
    """The first contradiction between a row and the record; empty for none."""
    problem = _judge_row(row, fact) or _judge_pymc4_names(row)
    if problem:
        return problem
    for key, recorded in fact["forms"].items():
        names = {n for n in key.split(",") if n}
        form = next((f for f in row.forms if set(f.given) == names), None)
        if form is None:
            return f"no form ({key})"
        for check in (_judge_defaults, _judge_omitted, _judge_points, _judge_generator):
            problem = check(row, form, recorded)
            if problem:
                return f"({key}): {problem}"
    return ""


def judge_runtime(row: Distribution, fact: Mapping[str, Any]) -> str:
    """The first contradiction between what the runtime computes for a row and the record; nothing is remembered."""
    _RUNS.clear()
    try:
        for form in row.forms:
            recorded = fact["forms"][",".join(form.given)]
            problem = _judge_points(row, form, recorded) or _judge_defaults(row, form, recorded)
            if problem:
                return problem
    finally:
        _RUNS.clear()
    return ""


def _judge_row(row: Distribution, fact: Mapping[str, Any]) -> str:
    if row.name != fact["name"]:
        return "name"
    if list(row.signature) != [n for n in fact["signature"] if n in row.signature or n not in _COMMON]:
        return "signature"
    if sorted(row.aliases) != sorted(fact["aliases"]):
        return "aliases"
    if len(row.forms) != len(fact["forms"]):
        return "number of forms"
    problem = _judge_generator_forms(row, fact["forms"][",".join(row.forms[0].given)])
    if problem:
        return problem
    canonical = [form for form in row.forms if set(form.given) <= set(row.canonical)]
    if row.forms[0] not in canonical or any(len(form.given) > len(row.forms[0].given) for form in canonical):
        return "the first form is not the canonical one"
    if [c for c in row.canonical if c in row.forms[0].given] != list(row.forms[0].given):
        return "order of the canonical parameters"
    if [p.name for p in row.params] != sorted((p.name for p in row.params), key=row.signature.index):
        return "order of the parameters"
    if row.discrete != fact["discrete"] or row.support.integer != fact["discrete"]:
        return "discrete"
    families = {row.name, *fact["bases"]}
    kind = "binary" if "Bernoulli" in families else "categorical" if "Categorical" in families else "integer"
    if row.kind != (kind if row.discrete else "continuous"):
        return "kind"
    for param in row.params:
        for spelled in (param.name, *param.aliases):
            if spelled not in fact["defaults"]:
                return f"PyMC3 has no {spelled}"
        recorded = fact["defaults"][param.name]
        own = None if param.default is None else float(expr.evaluate(param.default, {}, {}))
        if recorded is not None:
            if own != float(recorded):
                return f"default of {param.name}"
        elif own is not None and not any(param.name in form.get("omitted", {}) for form in fact["forms"].values()):
            return f"default of {param.name}"
        if not param.domain.rank and not _constant_ends(param.domain, float(expr.evaluate(param.safe, {}, {}))):
            return f"safe value of {param.name}"
    return ""


def _judge_pymc4_names(row: Distribution) -> str:
    for form in row.generator_forms:
        name = form.pymc4_name or row.pymc4_name
        if (name in set(pymc4_names.ARGUMENTS) - pymc4_names.NARROWER) != row.in_pymc4:
            return "in_pymc4"
        if row.in_pymc4 and set(form.given) - set(pymc4_names.ARGUMENTS[name]) - set(row.extra_pymc4):
            return f"PyMC4's {name} lacks arguments"
    names = {form.pymc4_name or row.pymc4_name for form in row.generator_forms}
    if row.pymc4_name not in pymc4_names.OURS:
        return "name in the generator front end"
    if row.pymc4_signature != pymc4_names.OURS[row.pymc4_name] or names - set(pymc4_names.ARGUMENTS) - {row.pymc4_name}:
        return "arguments in the generator front end"
    if dict(row.pymc4_defaults) != dict(pymc4_names.DEFAULTS.get(row.pymc4_name, {})):
        return "defaults in the generator front end"
    known = pymc4_names.ARGUMENTS.get(row.pymc4_name, ())
    if row.in_pymc4 and [n for n in row.pymc4_signature if n in known] != list(known):
        return "order of PyMC4's arguments"
    every = {argument for name in names for argument in pymc4_names.ARGUMENTS.get(name, ())}
    if row.in_pymc4 and set(row.extra_pymc4) != set(row.pymc4_signature) - every:
        return "extra_pymc4"
    return "extra_pymc4" if row.extra_pymc4 and not row.in_pymc4 else ""


def _judge_points(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    points = [({n: number(v) for n, v in e["given"].items()}, number(e["value"])) for e in recorded["points"]]
    interior = [(e, p) for e, p in zip(recorded["points"], points, strict=True) if e["kind"] == "interior"]
    for entry, point in interior:
        problem = _judge_domains(row, form, entry, point) or _judge_formula(row, form, entry, point)
        if problem:
            return problem
    problem = _judge_tfp(row, form, form, [g for _, (g, _) in interior], [p for _, p in interior])
    if problem:
        return problem
    for entry, point, ours in zip(recorded["points"], points, once(runtime, row, form, points), strict=True):
        if entry["kind"] == "interior":
            problem = _judge_runtime(row, form, point, ours)
        else:
            problem = _judge_edge(row, form, entry, point, ours)
        if problem:
            return f"{problem} at {entry['given']}, {entry['value']}"
    problem = _judge_logcdf(row, form, interior)
    if problem:
        return problem
    return _judge_closed_ends(row, form, recorded) or _judge_poles(row, recorded)


def _judge_closed_ends(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    """A closed end of a parameter's domain has a finite density somewhere."""
    for name in form.given:
        domain = row.param(name).domain
        for text, closed in ((domain.lower, domain.closed_lower), (domain.upper, domain.closed_upper)):
            if not closed or expr.names(text):
                continue
            end = float(expr.evaluate(text, {}, {}))
            there = [e for e in recorded["points"] if np.any(np.equal(number(e["given"][name]), end))]
            if there and not any(np.isfinite(number(e["logp"])) for e in there):
                return f"{name}: the density is nowhere finite at {text}"
    return ""


def pole(recorded: Mapping[str, Any]) -> bool | None:
    """What PyMC3 gives at a pole of the density: True for ``inf``, False for ``-inf``, None where there is no pole.

    There is one where the density beside an end of the support is huge.
    """
    ends = [(e["given"], number(e["logp"])) for e in recorded["points"] if e["kind"] == "end"]
    for given, logp in ends:
        if logp == np.inf:
            return True
        if logp == -np.inf and any(other == given and 10 < beside < np.inf for other, beside in ends):
            return False
    return None


def _judge_poles(row: Distribution, recorded: Mapping[str, Any]) -> str:
    found = pole(recorded)
    return "" if found is None or found == row.poles else "poles"


def runtime(row: Distribution, form: Form, points: list[engine.Point]) -> list[Result]:
    """The runtime at many points, those of one shape stacked, operation by operation."""
    results: dict[int, Result] = {}
    for members in _by_shape(form, points):
        columns = {n: tf.constant(c) for n, c in _columns(form, [points[i] for i in members]).items()}
        logp, gradients = engine._with_gradient(row, form, columns, tf.float64, batch=True)
        logps = np.broadcast_to(logp.numpy(), (len(members),))
        slopes = {n: g.numpy() for n, g in gradients.items()}
        results |= {i: Result(float(logps[k]), {n: g[k] for n, g in slopes.items()}) for k, i in enumerate(members)}
    return [results[i] for i in range(len(points))]


def runtime_logcdf(row: Distribution, form: Form, points: list[engine.Point]) -> list[Result]:
    """The runtime's log distribution function and its gradient at many points."""
    results: dict[int, Result] = {}
    for members in _by_shape(form, points):
        columns = {n: tf.constant(c) for n, c in _columns(form, [points[i] for i in members]).items()}
        made, gradients = engine._with_gradient(row, form, columns, tf.float64, batch=True, method="log_cdf")
        logs = np.broadcast_to(made.numpy(), (len(members),))
        slopes = {n: np.asarray(g) for n, g in gradients.items()}
        results |= {i: Result(float(logs[k]), {n: g[k] for n, g in slopes.items()}) for k, i in enumerate(members)}
    return [results[i] for i in range(len(points))]


def _by_shape(form: Form, points: list[engine.Point]) -> list[list[int]]:
    groups: dict[Any, list[int]] = {}
    for i, point in enumerate(points):
        groups.setdefault(engine.shapes(form, point), []).append(i)
    return list(groups.values())


def _columns(form: Form, points: list[engine.Point]) -> dict[str, Any]:
    return {n: np.stack([np.asarray({**g, "value": v}[n], float) for g, v in points]) for n in (*form.given, "value")}


#: Fields that the runtime's densities do not read. Should one be read after all, its mutants survive.
_UNREAD = frozenset(
    {"source", "notes", "fault", "aliases", "options", "has_random", "kind", "logp", "logcdf", "moments", "transform"}
    | {"ends", "pymc4_name", "pymc4", "pymc4_defaults", "generator", "extra_pymc4", "in_pymc4", "signature", "forms"}
)
_RUNS: dict[Any, Any] = {}


def once(function: Callable[..., list[Any]], row: Distribution, form: Form, points: list[engine.Point]) -> list[Any]:
    """Run the runtime at recorded points, once for what it depends on."""
    read = tuple((f.name, repr(getattr(row, f.name))) for f in dataclasses.fields(row) if f.name not in _UNREAD)
    key = (function.__name__, read, repr(form), tuple(_key(row, form, p)[-1] for p in points))
    if key not in _RUNS:
        _RUNS[key] = function(row, form, points)
    return _RUNS[key]


_TRUTHS: dict[Any, Truth] = {}
_LOGCDFS: dict[Any, tuple[float, dict[Any, float]]] = {}


def truth_of(row: Distribution, form: Form, point: engine.Point) -> Truth:
    """The formula's numbers; computed once for what they depend on."""
    domains = tuple((p.name, p.domain.integer, p.domain.structure) for p in row.params)
    key = (row.logp, row.discrete, row.support.structure, domains, *_key(row, form, point))
    if key not in _TRUTHS:
        _TRUTHS[key] = Oracle(row, form, *point).truth
    return _TRUTHS[key]


def logcdf_of(row: Distribution, form: Form, point: engine.Point) -> tuple[float, dict[Any, float]]:
    """The formula's log distribution function and its slopes; computed once for what they depend on."""
    integers = tuple(p.name for p in row.params if p.domain.integer)
    key = (row.logcdf, row.discrete, integers, *_key(row, form, point))
    if key not in _LOGCDFS:
        oracle = Oracle(row, form, *point)
        _LOGCDFS[key] = oracle.logcdf(), oracle.logcdf_slopes()
    return _LOGCDFS[key]


def logcdf_problem(exact: tuple[float, Mapping[Any, float]], point: engine.Point, ours: Result) -> str:
    """What the runtime's log distribution function contradicts in the formula; empty for nothing."""
    logcdf, slopes = exact
    if ours.logp != logcdf and not abs(ours.logp - logcdf) <= LOGCDF_TOLERANCE * max(1.0, abs(logcdf)):
        return "distribution function of the runtime"
    inputs = {**point[0], "value": point[1]}
    condition = max(1.0, abs(logcdf), *(abs(s) for s in slopes.values()))
    for (name, index), slope in slopes.items() if np.isfinite(logcdf) else ():
        made = float(ours.gradient[name][index]) * float(np.asarray(inputs[name])[index])
        if not abs(made - slope) <= LOGCDF_SLOPE_TOLERANCE * condition:
            return f"slope of the runtime's distribution function by {name}"
    return ""


def _key(row: Distribution, form: Form, point: engine.Point) -> tuple[Any, ...]:
    inputs = {**point[0], "value": point[1]}
    arrays = tuple((n, np.shape(v), np.asarray(v, float).tobytes()) for n, v in inputs.items())
    return row.name, tuple(row.canonical_of(form).items()), arrays


def _judge_domains(row: Distribution, form: Form, entry: Mapping[str, Any], point: engine.Point) -> str:
    given, value = point
    if np.ndim(value) != row.rank or row.support.rank != row.rank:
        return "rank"
    if not belongs(row.support, value):
        return "support"
    for name in form.given:
        domain = row.param(name).domain
        if not belongs(domain, given[name]):
            return f"{name}: the domain misses a valid parameter"
        # PyMC3's old name for a concentration, which is no integer
        whole = name not in entry["gradient"] and row.name not in engine.TABLES
        old_name = (row.name, form.given, name) == ("LKJCorr", ("n", "p"), "n")
        if domain.integer != whole and not old_name:
            return f"{name}: integer or not"
    return ""


def _judge_formula(row: Distribution, form: Form, entry: Mapping[str, Any], point: engine.Point) -> str:
    truth = truth_of(row, form, point)
    theirs = Result(number(entry["logp"]), {n: number(g) for n, g in entry["gradient"].items()})
    problem = tolerances.pymc3_problem(row, point, theirs, truth)
    return problem and f"PyMC3 and the formula: {problem}"


def _judge_runtime(row: Distribution, form: Form, point: engine.Point, ours: Result) -> str:
    logp_bits, gradient_bits = bits_of(row, ours, truth_of(row, form, point))
    if logp_bits > tolerances.LOG_DENSITY_BITS:
        return "log density of the runtime"
    return "gradient of the runtime" if gradient_bits > tolerances.GRADIENT_BITS else ""


def _judge_logcdf(row: Distribution, form: Form, interior: list[Any]) -> str:
    entries, points = [e for e, _ in interior if "logcdf" in e], [p for e, p in interior if "logcdf" in e]
    if (row.logcdf is not None) != bool(entries):
        return "logcdf"
    if row.logcdf is None:
        return ""
    for entry, point in zip(entries, points, strict=True):
        (exact, _), allowed = logcdf_of(row, form, point), LOGCDF_FAULTS.get(row.name, 0.0)
        if not (close(exact, number(entry["logcdf"])) or abs(exact - number(entry["logcdf"])) <= allowed):
            return "formula of the distribution function"
    for point, ours in zip(points, once(runtime_logcdf, row, form, points), strict=True):
        problem = logcdf_problem(logcdf_of(row, form, point), point, ours)
        if problem:
            return problem
    return ""


def _judge_edge(row: Distribution, form: Form, entry: Mapping[str, Any], point: engine.Point, ours: Result) -> str:
    kind, theirs = entry["kind"], number(entry["logp"])
    given, _ = point
    members = all(belongs(row.param(n).domain, v) for n, v in given.items())
    if kind == "raises":
        return "domain holds what PyMC3 raises for" if members else ""
    if np.isnan(ours.logp):
        return f"{kind}: NaN"
    bare = kind in {"end", "infinite"}  # where slopes may be infinite
    if ours.logp == -np.inf and not bare and not all(np.all(np.isfinite(g)) for g in ours.gradient.values()):
        return f"{kind}: gradient not finite"
    if theirs == -np.inf and ours.logp != -np.inf:
        exact = kind in KNOWN.get(row.name, {}) and kind == "end" and truth_of(row, form, point)
        right = exact and wrong_bits(ours.logp, exact.logp, exact.condition) <= tolerances.LOG_DENSITY_BITS
        return "" if right else f"{kind}: not -inf"
    if kind in {"invalid", "outside"}:
        # PyMC3 may accept a parameter that only its square is computed with
        if ours.logp != -np.inf and not close(ours.logp, theirs, max(1.0, abs(theirs))):
            return f"{kind}: not -inf"
        if kind == "outside":
            ends = expr.names(row.support.lower) | expr.names(row.support.upper)
            # of joint conditions on a vector, only those that its entries show one by one
            joint = ends or row.support.structure == "composition" or row.name == "LKJCorr"
            return "support" if not joint and belongs(row.support, point[1]) else ""
        # for parameters that it does not check, PyMC3 has no number
        return "domain holds an invalid parameter" if members and not np.isfinite(theirs) else ""
    if kind == "border" and np.isfinite(theirs) and not members:
        return "domain misses a valid parameter"
    if kind == "end" and np.isnan(theirs):
        # a limit that PyMC3 has no number for
        exact = truth_of(row, form, point).logp
        return "" if not np.isfinite(exact) or close(ours.logp, exact, max(1.0, abs(exact))) else "end: not the formula"
    if kind in {"end", "border"} and not np.isnan(theirs) and kind not in KNOWN.get(row.name, {}):
        if not np.isfinite(theirs) or close(ours.logp, theirs, max(1.0, abs(theirs))):
            return "" if not np.isposinf(theirs) or ours.logp == theirs else f"{kind}: not inf"
        if not abs(ours.logp - theirs) <= tolerances.pymc3_allowance(row, point, truth_of(row, form, point)):
            return f"{kind}: {ours.logp!r}, PyMC3 {theirs!r}"
    return ""


def _judge_tfp(row: Distribution, form: Form, bound_form: Form, given: list[Any], points: list[engine.Point]) -> str:
    """TFP's own class, also where ``special/`` computes the density and TFP only draws.

    ``given`` are parameters of ``bound_form`` for each of ``points``, which are of ``form``.
    """
    if row.tfp_class is None:
        return "" if not row.tfp else "tfp without tfp_class"
    for values, point in zip(given, points, strict=True):
        if row.name == "ExGaussian" and point[0]["nu"] <= 0.05 * point[0]["sigma"]:
            continue  # where PyMC3's density is another than what it draws from: the row's fault
        arguments = {n: expr.evaluate(t, values, _NUMPY) for n, t in row.arguments(bound_form, "tfp").items()}
        problem = _tfp_problem(row.tfp_class, arguments, row, form, point)
        if problem:
            return problem
    return ""


_TFP_DENSITIES: dict[Any, float] = {}


def _tfp_problem(
    class_name: str, arguments: Mapping[str, Any], row: Distribution, form: Form, point: engine.Point
) -> str:
    """Whether TFP's class has another density; computed once per class, arguments and value."""
    value = np.asarray(point[1], float)
    arrays = {n: np.asarray(a, float) for n, a in arguments.items()}
    key = (class_name, value.tobytes(), tuple((n, a.shape, a.tobytes()) for n, a in arrays.items()))
    if key not in _TFP_DENSITIES:
        try:
            made = getattr(tfd, class_name)(**{n: tf.constant(a) for n, a in arrays.items()})
            _TFP_DENSITIES[key] = float(tf.reduce_sum(made.log_prob(value)))
        except (TypeError, ValueError, AttributeError, tf.errors.OpError) as error:
            return f"TFP's {class_name}: {error}"
    truth = truth_of(row, form, point)
    same = close(_TFP_DENSITIES[key], truth.logp, max(1.0, truth.condition * EPS / TOLERANCE))
    return "" if same else f"log density of TFP's {class_name}"


def _constant_ends(domain: Domain, x: Any) -> bool:
    """Whether all entries are between the ends that are constants."""
    array = np.asarray(x, float)
    inside = ~np.isnan(array)
    if not expr.names(domain.lower):
        low = float(expr.evaluate(domain.lower, {}, {}))
        inside &= (array >= low) if domain.closed_lower else (array > low)
    if not expr.names(domain.upper):
        high = float(expr.evaluate(domain.upper, {}, {}))
        inside &= (array <= high) if domain.closed_upper else (array < high)
    return bool(np.all(inside))


def belongs(domain: Domain, value: Any) -> bool:
    """Whether a number, vector or matrix is in a domain, as far as its ends are constants."""
    array = np.asarray(value, float)
    if array.ndim != domain.rank:
        return False
    if domain.structure == "positive_definite":
        return bool(np.array_equal(array, array.T) and np.all(np.linalg.eigvalsh(array) > 0))
    if domain.structure == "cholesky":
        return bool(np.array_equal(array, np.tril(array)) and np.all(np.diagonal(array) > 0))
    if domain.structure == "increasing" and not np.all(np.diff(array) >= 0):
        return False
    return _constant_ends(domain, array) and (not domain.integer or bool(np.all(array == np.floor(array))))


def _judge_defaults(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    found = recorded["defaults"]
    if "unavailable" in found:
        return ""
    given = {n: number(v) for n, v in found["given"].items()}
    canonical = strategies.canonical_parameters(row, form, given)
    test_value = number(found["test_value"])
    bound = bind(row, form, given)
    ours = np.broadcast_to(np.asarray(bound.test_value(), float), np.shape(test_value))
    if not close(ours, test_value):
        return f"test value {ours}, PyMC3 {test_value}"
    if row.name not in UNOFFERED:
        stated = np.broadcast_to(np.asarray(expr.evaluate(row.test_value, canonical, _NUMPY), float), ours.shape)
        if not close(stated, test_value):
            return f"test value {stated} as the row has it, PyMC3 {test_value}"
    if found["draws"] != row.has_random:
        return "has_random"
    problem = _judge_transform(row, canonical, found)
    if problem:
        return problem
    if set(row.moments) != set(found["moments"]) - UNOFFERED.get(row.name, set()):
        return f"moments {set(row.moments)}, PyMC3 {set(found['moments'])}"
    for name, text in row.moments.items():
        with np.errstate(all="ignore"):  # of both branches of a ``where``
            moment = np.asarray(expr.evaluate(text, canonical, _NUMPY), float)
        theirs = number(found["moments"][name])
        if np.any(np.isnan(theirs)):
            continue  # 0 * inf at an end of what PyMC3 computes
        if np.shape(theirs) not in {(), np.shape(moment)} and np.shape(moment) != ():
            return f"shape of the {name}"
        if not close(*np.broadcast_arrays(moment, theirs), _size(theirs)):
            return f"{name} {moment}, PyMC3 {theirs}"
    return ""


def _size(array: Any) -> float:
    finite = np.abs(array)[np.isfinite(array)] if np.ndim(array) else np.abs(array)
    return float(np.max(finite, initial=1.0)) if np.all(np.isfinite(finite)) else 1.0


def _judge_omitted(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    """Defaults that PyMC3's signature does not show."""
    if "omitted" not in recorded:
        return ""
    entry = next(e for e in recorded["points"] if e["kind"] == "interior")
    for name, theirs in recorded["omitted"].items():
        default = row.param(name).default
        if default is None or theirs is None:
            return f"default of {name}"
        given = {n: number(v) for n, v in entry["given"].items()} | {name: float(expr.evaluate(default, {}, {}))}
        (ours,) = runtime(row, form, [(given, number(entry["value"]))])
        if not close(ours.logp, number(theirs), max(1.0, abs(number(theirs)))):
            return f"default of {name}"
    return ""


def _judge_transform(row: Distribution, canonical: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    ends: tuple[Any, Any] = (None, None)
    if row.transform in {"interval", "lowerbound", "bounded"}:
        own = [float(np.asarray(expr.evaluate(end, canonical, _NUMPY))) for end in row.ends]
        support = [
            float(np.asarray(expr.evaluate(e, canonical, _NUMPY))) for e in (row.support.lower, row.support.upper)
        ]
        if not close(own, support):
            return "ends of the transform are not those of the support"
        ends = (own[0], own[1])
    transform = default_transform(row.transform, ends)
    tag = None if transform is None else transform.tag
    return "" if tag == found["transform"] else f"transform {tag}, PyMC3 {found['transform']}"


def _judge_generator(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    """The generator front end's arguments, made from the form's: the same density here, and what the name means."""
    for entry in recorded["points"]:
        if entry["kind"] == "interior":
            point = ({n: number(v) for n, v in entry["given"].items()}, number(entry["value"]))
            problem = _judge_generator_at(row, form, point)
            if problem:
                return problem
    return ""


def _judge_generator_forms(row: Distribution, recorded: Mapping[str, Any]) -> str:
    """Every generator form that the table knows means the same there, at any arguments."""
    point = next(e for e in recorded["points"] if e["kind"] == "interior")
    given = strategies.canonical_parameters(row, row.forms[0], {n: number(v) for n, v in point["given"].items()})
    given = {c: v @ v.T if np.ndim(v) == 2 else v for c, v in given.items()}  # a matrix that any expression takes
    for form in row.generator_forms:
        for meaning in pymc4_names.MEANING.get(form.pymc4_name or row.pymc4_name, ()):
            arguments = {n: given[c] for c, text in meaning.items() for n in expr.names(text)}
            if set(arguments) != set(form.given):
                continue
            means = {c: expr.evaluate(text, arguments, _NUMPY) for c, text in meaning.items()}
            made = {c: expr.evaluate(row.canonical_of(form)[c], arguments, _NUMPY) for c in means}
            if not all(close(made[c], means[c], _size(means[c])) for c in means):
                return f"generator form {form.given}"
    return ""


def _judge_generator_at(row: Distribution, form: Form, point: engine.Point) -> str:
    name = form.pymc4_name or row.pymc4_name
    arguments = {n: expr.evaluate(t, point[0], _NUMPY) for n, t in row.arguments(form, "pymc4").items()}
    chosen = next(_complete(row, name, arguments), None)
    if chosen is None:
        return f"arguments {sorted(arguments)} fit no generator form"
    problem = _same_density(row, form, point, *chosen) or _judge_meaning(row, form, point, name, arguments)
    if problem or not row.in_pymc4:
        return problem
    arguments = {n: expr.evaluate(t, point[0], _NUMPY) for n, t in row.arguments(form, "upstream").items()}
    if set(arguments) != set(pymc4_names.ARGUMENTS[name]):
        return "upstream: other arguments than PyMC4's"
    problem = _judge_meaning(row, form, point, name, arguments)
    return problem and f"upstream: {problem}"


def _judge_meaning(row: Distribution, form: Form, point: engine.Point, name: str, arguments: Mapping[str, Any]) -> str:
    """What the arguments mean, said by TFP's class of the name or by the table."""
    if name in pymc4_names.TFP:
        class_name, texts = pymc4_names.TFP[name] or (name, {n: n for n in arguments})
        made = {n: expr.evaluate(t, arguments, _NUMPY) for n, t in texts.items()}
        problem = _tfp_problem(class_name, made, row, form, point)
        return problem and f"meaning of {name}: {problem}"
    given = strategies.canonical_parameters(row, form, point[0])
    for meaning in pymc4_names.MEANING[name]:
        if set().union(*map(expr.names, meaning.values())) == set(arguments):
            means = {c: expr.evaluate(text, arguments, _NUMPY) for c, text in meaning.items()}
            same = all(close(np.broadcast_to(v, np.shape(given[c])), given[c]) for c, v in means.items())
            return "" if same else f"meaning of {name}"
    return f"{name} has no arguments {sorted(arguments)}"


def _complete(row: Distribution, name: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Form, dict[str, Any]]]:
    """The generator forms that arguments select, the shortest first, with defaults filled in."""
    defaults = {n: expr.evaluate(t, {}, {}) for n, t in row.pymc4_defaults.items()}
    fits = [f for f in row.generator_forms if set(arguments) <= set(f.given) <= set(arguments) | set(defaults)]
    for form in sorted(fits, key=lambda f: len(f.given)):
        if (form.pymc4_name or row.pymc4_name) == name:
            yield form, {n: arguments.get(n, defaults.get(n)) for n in form.given}


def _same_density(row: Distribution, form: Form, point: engine.Point, chosen: Form, values: Mapping[str, Any]) -> str:
    own, made = (strategies.canonical_parameters(row, *pair) for pair in ((form, point[0]), (chosen, values)))
    if not all(close(*np.broadcast_arrays(made[c], own[c]), _size(own[c])) for c in row.canonical):
        return "canonical parameters of the generator form"
    truth = truth_of(row, form, point)
    try:
        logp = float(tf.reduce_sum(bind(row, chosen, values).log_prob(point[1])))
    except CatalogueError as error:
        return str(error)
    # the arguments are rounded once more
    if not wrong_bits(logp, truth.logp, truth.condition) <= tolerances.LOG_DENSITY_BITS + 4:
        return "log density of the generator form"
    return _judge_tfp(row, form, chosen, [values], [point])
