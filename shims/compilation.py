"""From a ``with`` model to the one log density."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import Evaluation, LogDensity, ValueVariable
from pm_migrate.shims.distributions.drawing import current_shape
from pm_migrate.shims.theano.evaluation import evaluate, shared_inputs
from pm_migrate.shims.theano.graph import SharedVariable, Variable
from pm_migrate.shims.variables import FreeRV, ObservedRV, TransformedRV

if TYPE_CHECKING:
    from pm_migrate.shims.model import Model

Tensor = Any


def compile_model(model: Model) -> LogDensity:
    """Build the log density of a model: all parameters, transforms and deterministics in one evaluation."""
    params = list(dict.fromkeys(p for _, _, dist in model._random for p in dist.params.values()))
    constrained = [variable for _, variable, _ in model._random]
    transforms = [p for v in constrained if isinstance(v, TransformedRV) for p in v.owner.inputs[1:]]
    recorded = list(dict.fromkeys([*_recorded(model)]))
    outputs = list(dict.fromkeys([*params, *constrained, *transforms, *recorded, *model.potentials]))
    free = {str(v.name): v for v in model.free_RVs}
    random = list(model._random)
    potentials = list(model.potentials)

    def evaluate_draw(values: Mapping[str, Tensor]) -> Evaluation:
        givens = {variable: values[name] for name, variable in free.items()}
        tensors = dict(zip(outputs, evaluate(outputs, givens), strict=True))
        terms: dict[str, Tensor] = {}
        for name, variable, dist in random:
            term = dist.bound(tensors).log_prob(tensors[variable])
            if isinstance(variable, TransformedRV):
                ends = [tensors[p] for p in variable.owner.inputs[1:]]
                jacobian = variable.transformation.rebind(*ends).log_jacobian(values[str(variable.transformed.name)])
                term = with_jacobian(term, jacobian, variable.repeats)
            terms[name] = tf.reduce_sum(term)
        for potential in potentials:
            terms[str(potential.name)] = tf.reduce_sum(tf.cast(tensors[potential], tf.float64))
        return Evaluation(terms, {str(v.name): tensors[v] for v in recorded})

    def forward(given: Mapping[str, Tensor], seed: Tensor) -> dict[str, Tensor]:
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, max(len(random), 1)))
        known: dict[Variable, Tensor] = {}
        drawn: dict[str, Tensor] = {}
        for (name, variable, dist), own_seed in zip(random, seeds, strict=False):
            if name in given:
                value = tf.cast(given[name], variable.dtype)
            else:
                inputs = list(dist.params.values())
                bound = dist.bound(dict(zip(inputs, evaluate(inputs, known), strict=True)))
                value = tf.cast(bound.sample(current_shape(variable), own_seed), variable.dtype)
            known[variable] = drawn[name] = value
        rest = [v for v in recorded if str(v.name) not in drawn]
        drawn.update({str(v.name): t for v, t in zip(rest, evaluate(rest, known), strict=True)})
        return drawn

    shared = shared_inputs(outputs)
    return LogDensity(
        variables=tuple(_value_variable(v) for v in model.free_RVs),
        evaluate=evaluate_draw,
        forward=forward,
        observed={str(v.name): _data(v) for v in model.observed_RVs if isinstance(v, ObservedRV)},
        version=lambda: tuple(s.version for s in shared),
        dims=dict(model._dims),
        coords=dict(model.root.coords),
    )


def with_jacobian(term: Tensor, jacobian: Tensor, pymc3s_sum: bool) -> Tensor:
    """A log density and its Jacobian together: a scalar, or with PyMC3's sum an array that repeats the smaller one.

    PyMC3 sums one axis of a density with more axes than the Jacobian, and adds the two by broadcasting.
    """
    if not pymc3s_sum:
        return tf.reduce_sum(term) + tf.reduce_sum(jacobian)
    return (tf.reduce_sum(term, axis=-1) if term.shape.rank > jacobian.shape.rank else term) + jacobian


def repetitions(term: Sequence[int], jacobian: Sequence[int]) -> tuple[int, int]:
    """How often PyMC3 counts a log density, and its Jacobian, of these shapes; once each where it raises."""
    term, jacobian = tuple(term), tuple(jacobian)
    term = term[:-1] if len(term) > len(jacobian) else term
    try:
        full = np.broadcast_shapes(term, jacobian)
    except ValueError:
        return 1, 1
    count = math.prod(full)
    return count // max(math.prod(term), 1), count // max(math.prod(jacobian), 1)


def _recorded(model: Model) -> list[Variable]:
    """What a trace records: constrained random variables and deterministics, in the order they were made."""
    observed = set(model.observed_RVs)
    random = {v for _, v, _ in model._random}
    keep = random | set(model.deterministics)
    return [v for v in model.named_vars.values() if v in keep and v not in observed]


def _data(variable: ObservedRV) -> np.ndarray:
    data = variable.observations
    return data.data if isinstance(data, SharedVariable) else data


def _value_variable(free: FreeRV) -> ValueVariable:
    dist = free.distribution
    value = np.asarray(free.tag.test_value)
    categories = dist.bound_at_test_point().categories if dist.kind == "categorical" else None
    tag = free.transform.tag if free.transform is not None else None
    return ValueVariable(
        str(free.name), free.rv_name, value.shape, free.dtype, tag, value, kind=dist.kind, categories=categories
    )
