"""Does the harness notice? Every field of every row is perturbed, and the record of PyMC3 must contradict the result.

``python -m equivalence_tests.mutation`` prints the mutation score and the survivors.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from equivalence_tests import engine, strategies
from equivalence_tests.oracle import Oracle
from equivalence_tests.pymc4_names import ARGUMENTS
from equivalence_tests.record import RECORD
from pm_migrate.catalog import ROWS, Distribution, Domain, Form, expr
from pm_migrate.catalog.schema import Param
from pm_migrate.errors import CatalogueError
from pm_migrate.shims.distributions.binding import bind
from pm_migrate.shims.transforms import default_transform

#: Relative; recorded numbers carry PyMC3's float32 constants (2e-9 to 5e-7).
TOLERANCE = 1e-6

#: Prose, which nothing can judge.
PROSE = frozenset({"source", "notes", "fault"})


def facts() -> dict[str, Any]:
    """The record of PyMC3."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def number(value: Any) -> Any:
    """A recorded number or array."""
    if isinstance(value, list):
        return np.array([number(v) for v in value])
    return float(value)


def close(a: Any, b: Any, scale: float = 1.0) -> bool:
    """Equal up to :data:`TOLERANCE`, infinities and shapes included."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True))


def judge(row: Distribution, fact: Mapping[str, Any]) -> str:
    """The first contradiction between a row and the record; empty for none."""
    problem = _judge_row(row, fact)
    if problem:
        return problem
    for key, recorded in fact["forms"].items():
        names = tuple(n for n in key.split(",") if n)
        form = next((f for f in row.forms if set(f.given) == set(names)), None)
        if form is None:
            return f"no form ({key})"
        for check in (_judge_points, _judge_defaults, _judge_generator):
            problem = check(row, form, recorded)
            if problem:
                return f"({key}): {problem}"
    return ""


def _judge_row(row: Distribution, fact: Mapping[str, Any]) -> str:
    if list(row.signature) != [n for n in fact["signature"] if n in row.signature or n not in _COMMON]:
        return "signature"
    if sorted(row.aliases) != sorted(fact["aliases"]):
        return "aliases"
    if len(row.forms) != len(fact["forms"]):
        return "number of forms"
    if row.discrete != fact["discrete"]:
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
        if recorded is not None and recorded != "None":
            if param.default is None or float(expr.evaluate(param.default, {}, {})) != float(recorded):
                return f"default of {param.name}"
        elif param.default is not None and expr.evaluate(param.default, {}, {}) not in (np.inf, -np.inf):
            return f"default of {param.name}"
    return _judge_pymc4_names(row)


#: Arguments that all of PyMC3's constructors take.
_COMMON = frozenset({"args", "kwargs", "shape", "transform", "testval", "initval", "dtype", "dims", "name"})


def _judge_pymc4_names(row: Distribution) -> str:
    for form in row.generator_forms:
        name = form.pymc4_name or row.pymc4_name
        if (name in ARGUMENTS) != row.in_pymc4:
            return "in_pymc4"
        if name in ARGUMENTS:
            extra = set(form.given) - set(ARGUMENTS[name])
            if not extra <= set(row.extra_pymc4):
                return f"PyMC4's {name} has no {extra}"
    if row.in_pymc4:
        own = tuple(n for n in row.pymc4_signature if n not in row.extra_pymc4)
        known = ARGUMENTS[row.pymc4_name]
        if [n for n in own if n in known] != list(known) or set(row.extra_pymc4) & set(known):
            return "order of PyMC4's arguments"
        if set(row.extra_pymc4) - set(row.pymc4_signature):
            return "extra_pymc4"
    elif row.extra_pymc4:
        return "extra_pymc4"
    return ""


def _judge_points(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    for entry in recorded["points"]:
        given = {n: number(v) for n, v in entry["given"].items()}
        value, theirs = number(entry["value"]), number(entry["logp"])
        ours = engine.eager(row, form, given, value)
        if not all(np.all(np.isfinite(g)) for g in ours.gradient.values()):
            return "gradient not finite"
        members = [belongs(row.param(n).domain, v) for n, v in given.items()]
        if entry["kind"] != "interior":
            if theirs == -np.inf and ours.logp != -np.inf:
                return "not -inf"
            if entry["kind"] == "invalid" and theirs == -np.inf and all(members):
                return "domain holds an invalid parameter"
            if entry["kind"] == "end" and np.isfinite(theirs) and not close(ours.logp, theirs, max(1.0, abs(theirs))):
                return "end of the support"
            continue
        oracle = Oracle(row, form, given, value)
        scale = max(1.0, oracle.truth.condition)
        if not all(members):
            return "domain misses a valid parameter"
        if not close(ours.logp, theirs, scale):
            return "log density"
        if not close(oracle.truth.logp, theirs, scale):
            return "formula"
        for name, slope in entry["gradient"].items():
            if name in ours.gradient and not close(ours.gradient[name], number(slope), max(scale, 1.0)):
                return f"gradient by {name}"
        if row.logcdf is not None and "logcdf" in entry:
            cdf = number(entry["logcdf"])
            if not close(oracle.logcdf(), np.sum(cdf), 1.0):
                return "formula of the distribution function"
            if not close(np.sum(bind(row, form, given).log_cdf(value)), np.sum(cdf), 1.0):
                return "distribution function"
        elif "logcdf" in entry:
            return "logcdf"
        problem = _judge_tfp(row, form, given, value, theirs, scale)
        if problem:
            return problem
    return ""


def _judge_tfp(row: Distribution, form: Form, given: Mapping[str, Any], value: Any, theirs: float, scale: float) -> str:
    """TFP's own class, also where ``special/`` computes the density and TFP only draws."""
    if row.tfp_class is None:
        return "" if not row.tfp else "tfp without tfp_class"
    bound = bind(row, form, given)
    try:
        density = bound._tfp(bound._tfp_arguments).log_prob(tf.constant(np.asarray(value, float)))
    except (TypeError, ValueError, AttributeError) as error:
        return f"TFP: {error}"
    return "" if close(float(tf.reduce_sum(density)), theirs, scale) else "TFP's log density"


def belongs(domain: Domain, value: Any) -> bool:
    """Whether a number, vector or matrix is in a domain with constant ends."""
    array = np.asarray(value, float)
    if array.ndim != domain.rank:
        return False
    ends = [float(expr.evaluate(end, {}, {})) for end in (domain.lower, domain.upper) if not expr.names(end)]
    if len(ends) < 2 or domain.structure in {"cholesky", "positive_definite"}:
        return True
    above = array >= ends[0] if domain.closed_lower else array > ends[0]
    below = array <= ends[1] if domain.closed_upper else array < ends[1]
    whole = not domain.integer or bool(np.all(array == np.floor(array)))
    return bool(np.all(above & below)) and whole


def _judge_defaults(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    found = recorded["defaults"]
    if found is None:
        return ""
    given = {n: number(v) for n, v in found["given"].items()}
    canonical = strategies.canonical_parameters(row, form, given)
    test_value = number(found["test_value"])
    ours = np.broadcast_to(np.asarray(bind(row, form, given).test_value(), float), test_value.shape)
    if not close(np.round(ours) if row.discrete else ours, test_value):
        return "test value"
    if found["draws"] != row.has_random:
        return "has_random"
    problem = _judge_transform(row, canonical, found)
    if problem:
        return problem
    if set(row.moments) != set(found["moments"]):
        return "which moments there are"
    for name, text in row.moments.items():
        moment = np.asarray(expr.evaluate(text, canonical, strategies.NUMPY_FUNCTIONS), float)
        theirs = number(found["moments"][name])
        if not close(np.broadcast_to(moment, np.shape(theirs)), theirs, max(1.0, float(np.max(np.abs(theirs))))):
            return name
    return ""


def _judge_transform(row: Distribution, canonical: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    ends: tuple[Any, Any] = (None, None)
    if row.transform in {"interval", "lowerbound", "bounded"}:
        low, high = (expr.evaluate(end, canonical, strategies.NUMPY_FUNCTIONS) for end in row.ends)
        ends = (float(np.asarray(low)), float(np.asarray(high)))
        lower, upper = (
            expr.evaluate(e, canonical, strategies.NUMPY_FUNCTIONS) for e in (row.support.lower, row.support.upper)
        )
        if not (close(low, lower) and close(high, upper)):
            return "ends of the transform are not those of the support"
    transform = default_transform(row.transform, ends)
    tag = None if transform is None else transform.tag
    return "" if tag == found["transform"] else "transform"


def _judge_generator(row: Distribution, form: Form, recorded: Mapping[str, Any]) -> str:
    """The generator front end's arguments, made from the form's, give the same density."""
    entry = next(e for e in recorded["points"] if e["kind"] == "interior")
    given = {n: number(v) for n, v in entry["given"].items()}
    value, theirs = number(entry["value"]), number(entry["logp"])
    scale = max(1.0, Oracle(row, form, given, value).truth.condition)
    for target in ("pymc4", "upstream"):
        texts = row.arguments(form, target)
        arguments = {n: expr.evaluate(t, given, strategies.NUMPY_FUNCTIONS) for n, t in texts.items()}
        fits = [f for f in row.generator_forms if set(f.given) >= set(arguments)]
        name = form.pymc4_name or row.pymc4_name
        named = [f for f in fits if (f.pymc4_name or row.pymc4_name) == name]
        defaults = {n: expr.evaluate(t, {}, {}) for n, t in row.pymc4_defaults.items()}
        complete = [f for f in named if set(f.given) <= set(arguments) | set(defaults)]
        if not complete:
            return f"{target} arguments {sorted(arguments)} fit no generator form"
        chosen = min(complete, key=lambda f: len(f.given))
        filled = {n: arguments.get(n, defaults.get(n)) for n in chosen.given}
        logp = float(tf.reduce_sum(bind(row, chosen, filled).log_prob(value)))
        if not close(logp, theirs, scale):
            return f"log density by {target} arguments"
    return ""


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
        for i, part in enumerate(value):
            for field in dataclasses.fields(part):
                for label, other in perturbed(field.name, getattr(part, field.name)):
                    changed = (*value[:i], dataclasses.replace(part, **{field.name: other}), *value[i + 1 :])
                    yield f"{_label(part)}.{field.name} {label}", changed
        if len(value) > 1:
            yield "last dropped", value[:-1]
    elif name in {"domain", "support"}:
        yield "wider", Domain(integer=value.integer, rank=value.rank, structure=value.structure)
        if value.lower in {"0", "-inf"} and not value.structure:
            yield "narrower", dataclasses.replace(value, lower="0.9")
        yield "integer", dataclasses.replace(value, integer=not value.integer)
        if value.lower != "-inf" and not value.integer:
            yield "lower end", dataclasses.replace(value, closed_lower=not value.closed_lower)
        yield "rank", dataclasses.replace(value, rank=value.rank + 1)
    elif isinstance(value, Mapping):
        yield from _perturbed_mapping(value)
    elif isinstance(value, tuple):
        if value:
            yield "last dropped", value[:-1]
        if len(value) > 1:
            yield "first two swapped", (value[1], value[0], *value[2:])
    elif name == "rank":
        yield "one more", value + 1
    elif name == "transform":
        yield "other", "log" if value != "log" else None
    elif name in {"kind"}:
        yield "other", "integer" if value != "integer" else "binary"
    elif name in {"tfp_class"}:
        yield "other", "Normal" if value != "Normal" else "Cauchy"
    elif name in {"name", "pymc4_name"} and value is not None:
        yield "other", f"{value}X"
    elif name == "default":
        yield "other", "0.25" if value is None else f"1.5 + {value}"
    elif name == "safe":
        yield "invalid", "0" if value != "0" else "inf"
    elif isinstance(value, str) and value:
        yield "one percent", f"1.01 * ({value}) + 0.01"


def _perturbed_mapping(value: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    keys = list(value)
    for key in keys:
        yield f"[{key}] one percent", {**value, key: f"1.01 * ({value[key]}) + 0.01"}
    if keys:
        yield "last dropped", {k: value[k] for k in keys[:-1]}
    if len(keys) > 1 and value[keys[0]] != value[keys[1]]:
        yield "first two swapped", {**value, keys[0]: value[keys[1]], keys[1]: value[keys[0]]}


def _label(part: Param | Form) -> str:
    return part.name if isinstance(part, Param) else f"({', '.join(part.given)})"


def survivors(row: Distribution, fact: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Number of mutants of a row, and those that nothing contradicts."""
    count, alive = 0, []
    for label, make in mutants(row):
        count += 1
        try:
            changed = make()
            noticed = bool(judge(changed, fact))
        except (CatalogueError, KeyError, ValueError, TypeError, tf.errors.OpError, AssertionError, IndexError):
            noticed = True  # the mutant does not even run
        if not noticed:
            alive.append(label)
    return count, alive


def main() -> None:
    """Print the score."""
    record = facts()
    total, alive = 0, 0
    for row in ROWS:
        count, left = survivors(row, record[row.name])
        total, alive = total + count, alive + len(left)
        for label in left:
            print(f"survives: {row.name}: {label}")
    print(f"mutation score: {total - alive} of {total} ({100 * (total - alive) / total:.1f} %)")


if __name__ == "__main__":
    main()
