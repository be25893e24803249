# ruff: noqa: B905, UP006, UP035, UP045 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""What a PyMC3 model and its Theano graph say about themselves."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np


def shared_values(model: Any) -> List[Tuple[Any, Any]]:
    """The shared variables that a model's log density reads, with their values."""
    try:
        from theano.graph.basic import graph_inputs  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from theano.gof.graph import inputs as graph_inputs  # type: ignore[import-not-found, no-redef, unused-ignore]
    return [
        (node, np.array(node.get_value()))
        for node in graph_inputs([model.logpt])
        if hasattr(node, "get_value") and getattr(node, "default_update", None) is None
    ]


@contextlib.contextmanager
def with_data(data: Sequence[Tuple[Any, Any]]) -> Iterator[None]:
    """Context in which shared variables have these values."""
    before = [(node, node.get_value()) for node, _ in data]
    for node, value in data:
        node.set_value(value)
    try:
        yield
    finally:
        for node, value in before:
            node.set_value(value)


@contextlib.contextmanager
def in_float64(config: Any, wanted: bool) -> Iterator[List[str]]:
    """Keep ``floatX`` at float64 while a program runs; gives the values that it set."""
    values: List[str] = []
    if not wanted:
        yield values
        return
    setting = config._config_var_dict["floatX"]
    before = dict(vars(setting))

    def apply(value: Any) -> str:
        values.append(str(value))
        return "float64"

    setting._apply = apply
    try:
        yield values
    finally:
        vars(setting).pop("_apply")
        if "_apply" in before:
            setting._apply = before["_apply"]


def attempt(function: Callable[..., Any], row: Sequence[Any], keep_errors: bool) -> Tuple[Optional[List[Any]], str]:
    """What a compiled function gives for a row, or None and the error that it raised."""
    try:
        return list(function(*row)), ""
    except Exception as error:  # whatever an operation raises at these numbers, the program's own included
        if not keep_errors:
            raise
        return None, in_a_line(error)


def in_a_line(error: BaseException) -> str:
    """Type and first line of an error; Theano adds a page about the graph."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def rows_of(subject: Any, points: Mapping[str, np.ndarray]) -> List[Tuple[Any, ...]]:
    """Stacked points as arguments of a compiled function, one tuple for each point."""
    count = len(next(iter(points.values()))) if points else 1
    columns = [[points[v.name][i].astype(v.dtype) for i in range(count)] for v in subject.free_RVs]
    return list(zip(*columns)) if columns else [()] * count


def shape_of(subject: Any, variable: Any) -> Tuple[int, ...]:
    """Shape of a variable at the test point."""
    return tuple(np.shape(variable.tag.test_value))


def is_continuous(variable: Any) -> bool:
    return variable.dtype.startswith("float")


def transform_tag(rv: Any) -> Optional[str]:
    transform = getattr(rv, "transformation", None)
    return None if transform is None else transform.name


def transformed_pairs(pm: Any, model: Any) -> Dict[str, Any]:
    """The untransformed variable that belongs to each transformed value variable, by the latter's name."""
    return {v.transformed.name: v for v in model.deterministics if isinstance(v, pm.model.TransformedRV)}


def factors_of(pm: Any, model: Any) -> List[Tuple[str, Any, Any]]:
    """Name, log density and number of elements of each term of a model, Jacobians included."""
    pairs = transformed_pairs(pm, model)
    factors = []
    for rv in model.basic_RVs:
        name = pairs[rv.name].name if rv.name in pairs else rv.name
        factors.append((name, rv.logpt, rv.logp_elemwiset.size))
    return factors + [(p.name, p.sum(), p.size) for p in model.potentials]


def float32_constants(term: Any) -> List[Any]:
    """The parts of a graph that Theano computes once and in float32: of Python numbers, which it holds to be narrow.

    Only those that what is around them goes on with; ``gammaln(21)`` of the Python integer 20 is one.
    """
    constant: Dict[Any, bool] = {}
    order: List[Any] = []
    stack = [term]
    while stack:
        node = stack.pop()
        if node in constant:
            continue
        inputs = [] if node.owner is None else node.owner.inputs
        waiting = [each for each in inputs if each not in constant]
        if waiting:
            stack += [node, *waiting]
            continue
        constant[node] = all(constant[each] for each in inputs) if inputs else hasattr(node, "data")
        order.append(node)
    narrow = {n for n in order if n.owner is not None and constant[n] and str(getattr(n, "dtype", "")) == "float32"}
    outer = {each for node in order if node.owner is not None and node not in narrow for each in node.owner.inputs}
    return [node for node in order if node in narrow and (node in outer or node is term)]


def data_of(model: Any) -> Dict[str, Any]:
    """What is known of the data of each observed variable: how many numbers, their mean, the least and the greatest."""
    found = {}
    for variable in model.observed_RVs:
        data: Any = getattr(variable, "observations", None)
        if hasattr(data, "get_value"):  # shared
            data = data.get_value()
        elif not isinstance(data, np.ndarray):  # a constant of Theano's
            data = getattr(data, "data", data)
        with contextlib.suppress(TypeError, ValueError):
            found[variable.name] = summary_of(np.ma.compressed(data) if np.ma.isMaskedArray(data) else data)
    return found


def summary_of(data: Any) -> Any:
    """The number of finite numbers, their mean, the least and the greatest."""
    numbers = np.asarray(data, float).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return np.zeros(4)
    return np.array([len(numbers), np.mean(numbers), np.min(numbers), np.max(numbers)])


def description_of(pm: Any, model: Any, index: int, aliases: List[str]) -> Dict[str, Any]:
    pairs = transformed_pairs(pm, model)
    point = model.test_point
    variables = []
    for value in model.free_RVs:
        rv = pairs.get(value.name, value)
        variables.append(
            {
                "name": value.name,
                "rv_name": rv.name,
                "shape": list(np.shape(point[value.name])),
                "dtype": value.dtype,
                "transform": transform_tag(rv),
                "discrete": not is_continuous(value),
            }
        )
    return {
        "index": index,
        "name": aliases[0] if aliases else f"model#{index}",
        "aliases": aliases,
        "variables": variables,
        "test_point": {v.name: np.asarray(point[v.name]) for v in model.free_RVs},
        "observed": [v.name for v in model.observed_RVs],
        "data": data_of(model),
        "deterministics": [v.name for v in model.deterministics if not isinstance(v, pm.model.TransformedRV)],
        "potentials": [v.name for v in model.potentials],
    }
