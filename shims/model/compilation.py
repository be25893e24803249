"""From a ``with`` model to the one log density."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.density import Evaluation, LogDensity, ValueVariable
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.distributions.drawing import current_shape
from pm_migrate.shims.model.forward import draw_many
from pm_migrate.shims.model.terms import Term
from pm_migrate.shims.model.variables import FreeRV, ObservedRV, TransformedRV
from pm_migrate.shims.theano.evaluation import evaluate, shared_inputs, uses_python
from pm_migrate.shims.theano.graph import SharedVariable, Variable, as_variable, get_test_value

if TYPE_CHECKING:
    from pm_migrate.shims.model.core import Model

Tensor = Any


def compile_model(model: Model) -> LogDensity:
    """Build the log density of a model: all parameters, transforms and deterministics in one evaluation.

    Raises
    ------
    NotSupported
        When the model has data that change with every evaluation, such as minibatches.
    """
    random = list(model._random)
    terms = [_term(variable) for _, variable, _ in random]
    recorded = list(dict.fromkeys([*_recorded(model)]))
    inputs = [v for term in terms for v in term.inputs]
    outputs = list(dict.fromkeys([*inputs, *recorded, *model.potentials]))
    free = {str(v.name): v for v in model.free_RVs}
    potentials = list(model.potentials)
    imputed = set(model.missing_values)
    shared = shared_inputs(outputs)
    _refuse_changing(shared)

    def evaluate_draw(values: Mapping[str, Tensor]) -> Evaluation:
        givens = {variable: values[name] for name, variable in free.items()}
        tensors = dict(zip(outputs, evaluate(outputs, givens), strict=True))
        found: dict[str, Tensor] = {term.name: term.total(tensors) for term in terms}
        for potential in potentials:
            found[str(potential.name)] = tf.reduce_sum(as_float(tensors[potential]))
        return Evaluation(found, {str(v.name): tensors[v] for v in recorded})

    def without_jacobians(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        givens = {variable: values[name] for name, variable in free.items()}
        tensors = dict(zip(outputs, evaluate(outputs, givens), strict=True))
        return {term.name: term.total(tensors, jacobian=False) for term in terms}

    def record(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        givens = {variable: values[name] for name, variable in free.items()}
        return {str(v.name): x for v, x in zip(recorded, evaluate(recorded, givens), strict=True)}

    def forward(given: Mapping[str, Tensor], seed: Tensor) -> dict[str, Tensor]:
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, max(len(random), 1)))
        known: dict[Variable, Tensor] = {}
        drawn: dict[str, Tensor] = {}
        unconstrained: dict[str, Tensor] = {}
        for (name, variable, dist), own_seed in zip(random, seeds, strict=False):
            if variable in imputed:
                continue  # a part of its observed variable, which comes next
            transformed = isinstance(variable, TransformedRV)
            ends = evaluate(variable.owner.inputs[1:], known) if transformed else ()
            if name in given:
                value = tf.cast(given[name], variable.dtype)
            elif transformed and str(variable.transformed.name) in given:
                point = tf.cast(given[str(variable.transformed.name)], variable.transformed.dtype)
                value = variable.transformation.rebind(*ends).backward(point)
            else:
                inputs = list(dist.params.values())
                bound = dist.bound(dict(zip(inputs, evaluate(inputs, known), strict=True)))
                value = tf.cast(bound.sample(_shape_to_draw(variable, bound), own_seed), variable.dtype)
            known[variable] = drawn[name] = value
            if isinstance(variable, ObservedRV) and variable.missing_values is not None:
                assert variable.missing_at is not None
                part_name = str(variable.missing_values.name)
                part = tf.gather_nd(value, np.argwhere(variable.missing_at))
                known[variable.missing_values] = drawn[part_name] = given.get(part_name, part)
            if transformed:
                free_value = variable.transformation.rebind(*ends).forward(value)
                known[variable.transformed] = unconstrained[str(variable.transformed.name)] = free_value
        rest = [v for v in [*recorded, *potentials] if str(v.name) not in drawn]
        drawn.update({str(v.name): t for v, t in zip(rest, evaluate(rest, known), strict=True)})
        return {**drawn, **unconstrained}

    return LogDensity(
        variables=tuple(_value_variable(v) for v in model.free_RVs),
        evaluate=evaluate_draw,
        forward=forward,
        draw_many=lambda given, count, names: draw_many(model, given, count, names),
        observed=_observed(model),
        values=record,
        version=lambda: tuple(s.version for s in shared),
        shared=lambda: shared,
        dims=dict(model.RV_dims),
        coords=dict(model.coords),
        python=uses_python([model.logpt]),
        without_jacobians=without_jacobians,
    )


def _shape_to_draw(variable: Any, bound: Any) -> tuple[int, ...]:
    """Shape of a draw: that of the data, or of parameters that were replaced by others which do not fit the data."""
    shape = current_shape(variable)
    full = (*bound.batch_shape, *bound.event_shape)
    if isinstance(variable, ObservedRV):
        try:
            np.broadcast_shapes(shape, full)
        except ValueError:
            return full
    return shape


def _term(variable: Any) -> Term:
    """The factor of the log density that belongs to a constrained variable."""
    return (variable.transformed if isinstance(variable, TransformedRV) else variable).term


def _refuse_changing(shared: Sequence[SharedVariable]) -> None:
    changing = [str(v) for v in shared if v.default_update is not None or v.changes]
    if changing:
        raise NotSupported(
            f"the log density of a model with minibatches, generators or random streams ({changing}) changes with "
            "every evaluation, and cannot be sampled; theano.function([...], model.logpt) and model.logp evaluate it"
        )


def _recorded(model: Model) -> list[Variable]:
    """What a trace records: constrained random variables and deterministics, in the order they were made."""
    observed = set(model.observed_RVs)
    random = {v for _, v, _ in model._random}
    keep = random | set(model.deterministics)
    return [v for v in model.named_vars.values() if v in keep and v not in observed]


def _observed(model: Model) -> dict[str, np.ndarray]:
    """Observed data by name."""
    data = {str(v.name): v.current_data for v in model.observed_RVs if isinstance(v, ObservedRV)}
    return {name: array for name, array in data.items() if array is not None}


def _value_variable(free: FreeRV) -> ValueVariable:
    dist = free.constrained_distribution
    value = np.asarray(free.tag.test_value)
    kind, categories = dist.kind, None
    if kind == "categorical":
        categories = dist.bound_at_test_point().categories or _number_of_categories(dist)
        kind = kind if categories else "integer"
    tag = free.transform.tag if free.transform is not None else None
    return ValueVariable(
        str(free.name), free.rv_name, value.shape, free.dtype, tag, value, kind=kind, categories=categories
    )


def _number_of_categories(dist: Any) -> int | None:
    """The attribute ``k`` of a program's own kind of Categorical, which PyMC3's sampler reads too."""
    k = getattr(dist, "k", None)
    return None if k is None else int(get_test_value(as_variable(k)))
