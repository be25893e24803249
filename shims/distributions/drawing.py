"""Random draws in the ``with`` front end: one ancestral draw, and PyMC3's ``size`` in front of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions import arguments
from pm_migrate.shims.inference.batching import over_batch
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import SharedVariable, Variable
from pm_migrate.shims.theano.tensor import as_tensor_variable

Tensor = Any


def random_ancestors(variables: Sequence[Variable], known: Mapping[str, Any]) -> list[Any]:
    """The random variables that ``variables`` depend on and that have no value yet, in the order to draw them."""
    from pm_migrate.shims.variables import RandomVariable

    found: list[Any] = []
    stack = list(variables)
    seen: set[Variable] = set()
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        if isinstance(variable, RandomVariable):
            if str(variable.name) not in known:
                found.append(variable)
                stack.extend(variable.distribution.params.values())
        elif variable.owner is not None:
            stack.extend(variable.owner.inputs)
    position = {name: i for i, name in enumerate(_names(found))}
    return sorted(found, key=lambda v: position[str(v.rv_name)])


def _names(found: Sequence[Any]) -> list[str]:
    """Names of the random variables in the order in which their models made them."""
    return [name for name, _, _ in found[0].model.root._random] if found else []


def ancestral(
    outputs: Callable[[Mapping[Variable, Tensor], Tensor], Any], needs: Sequence[Variable], point: Mapping[str, Any]
) -> tuple[Callable[[Tensor], Any], bool]:
    """A function of a seed that draws what ``needs`` depend on, then calls ``outputs``.

    Parameters
    ----------
    outputs
        Takes the values of ``needs`` by variable, and a seed.
    needs
        Variables.
    point
        Values of random variables by name, which are not drawn.

    Returns
    -------
    (callable, bool)
        The function, and whether anything has to be drawn for ``needs``.
    """
    given = _given(needs, point)
    missing = random_ancestors(needs, point)

    def one(seed: Tensor) -> Any:
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, len(missing) + 1))
        known: dict[Variable, Any] = dict(given)
        for variable, own in zip(missing, seeds, strict=False):
            params = list(variable.distribution.params.values())
            bound = variable.distribution.bound(dict(zip(params, evaluate(params, known), strict=True)))
            known[variable] = tf.cast(bound.sample(current_shape(variable), own), variable.dtype)
        values = dict(zip(needs, evaluate(list(needs), known), strict=True))
        return outputs(values, seeds[-1])

    return one, bool(missing)


def _given(needs: Sequence[Variable], point: Mapping[str, Any]) -> dict[Variable, Any]:
    """Values of the point by variable, for everything that ``needs`` depend on."""
    from pm_migrate.shims.variables import RandomVariable

    given: dict[Variable, Any] = {}
    stack, seen = list(needs), set()
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        if variable.name is not None and str(variable.name) in point and hasattr(variable, "model"):
            given[variable] = np.asarray(point[str(variable.name)], variable.dtype)
        elif isinstance(variable, RandomVariable):
            stack.extend(variable.distribution.params.values())
        elif variable.owner is not None:
            stack.extend(variable.owner.inputs)
    return given


def current_shape(variable: Any) -> tuple[int, ...]:
    """Shape of a draw: of an observed variable that of its data as they are now."""
    from pm_migrate.shims.variables import ObservedRV

    if isinstance(variable, ObservedRV):
        data = variable.observations
        return tuple(np.shape(data.data if isinstance(data, SharedVariable) else data))
    return tuple(variable.distribution.shape)


def repeated(one: Callable[[Tensor], tuple[Tensor, ...]], lead: tuple[int, ...]) -> list[np.ndarray]:
    """Independent calls of ``one`` with their own seeds, stacked to shape ``lead``; seeds from NumPy's global state."""
    count = int(np.prod(lead, dtype=int))
    seeds = np.random.randint(0, 2**31 - 1, size=(count, 2)).astype(np.int32)
    if count == 0:
        return [np.zeros((*lead, *part.shape)) for part in one(tf.constant([0, 0], tf.int32))]
    drawn = [part.numpy() for part in over_batch(one, tf.constant(seeds), count)]
    return [part.reshape(*lead, *part.shape[1:]) for part in drawn]


def next_seed() -> Tensor:
    """A stateless seed from NumPy's global state, as PyMC3 draws from it."""
    return tf.constant(np.random.randint(0, 2**31 - 1, size=2), tf.int32)


def lead_of(size: Any) -> tuple[int, ...]:
    """PyMC3's ``size`` as a shape."""
    return () if size is None else tuple(int(n) for n in np.atleast_1d(size).tolist())


def draw(dist: Any, shape: tuple[int, ...] | None, point: Mapping[str, Any] | None, size: Any) -> np.ndarray:
    """Draw from a distribution through its numeric form.

    Parameters
    ----------
    dist
        The distribution.
    shape
        Shape of one draw; None for what the distribution's shape and parameters give.
    point
        Values of random variables by name; those that are missing are drawn.
    size
        Shape in front.
    """
    lead = lead_of(size)
    needs = list(dict.fromkeys(dist.params.values()))
    own = dist.shape if shape is None else shape
    bounds: list[Any] = []

    def refuse(known: bool) -> None:
        # valid parameters stand in for invalid ones, which the density masks: such draws would be of another model
        arguments.refuse_draws(dist.label, bounds[0], known)

    def outputs(values: Mapping[Variable, Tensor], seed: Tensor) -> tuple[Tensor, Tensor]:
        bound = dist.bound(values)
        bounds[:] = [bound]
        ok = arguments.valid(bound)
        if tf.executing_eagerly() and not ok:
            refuse(known=True)
        full = np.broadcast_shapes(own, (*bound.batch_shape, *bound.event_shape))
        return bound.sample((*front, *full), seed), ok

    one, drawing = ancestral(outputs, needs, point or {})
    front = () if drawing else lead
    if drawing and lead:
        drawn, ok = repeated(one, lead)
        if not np.all(ok):
            refuse(known=False)
    else:
        drawn = one(next_seed())[0].numpy()
    return np.asarray(drawn).astype(dist.dtype)


def draw_values(params: Sequence[Any], point: Mapping[str, Any] | None = None, size: Any = None) -> list[np.ndarray]:
    """Values for parameters, as a ``random`` method of a PyMC3 program asks for them.

    Parameters
    ----------
    params
        Numbers, arrays or variables.
    point
        Values of random variables by name; those that are missing are drawn.
    size
        Shape in front of what has to be drawn.

    Returns
    -------
    list of ndarray
        In the order of ``params``; what depends on nothing random has its own shape, without ``size``.
    """
    variables = [as_tensor_variable(p) for p in params]
    lead = lead_of(size)
    result: list[np.ndarray] = [np.empty(0)] * len(variables)
    random: list[int] = []
    for i, variable in enumerate(variables):
        if random_ancestors([variable], point or {}):
            random.append(i)
        else:
            result[i] = np.asarray(evaluate([variable], _given([variable], point or {}))[0])
    if random:
        needs = [variables[i] for i in random]
        # one joint draw: parameters that share a random variable share its value
        one, _ = ancestral(lambda values, _: tuple(values[v] for v in needs), needs, point or {})
        count = int(np.prod(lead, dtype=int))
        seeds = tf.constant(np.random.randint(0, 2**31 - 1, size=(count, 2)), tf.int32)
        drawn = over_batch(one, seeds, count)
        for i, values in zip(random, drawn, strict=True):
            result[i] = values.numpy().reshape(*lead, *values.shape[1:])
    return result


def generate_samples(generator: Callable[..., Any], *args: Any, **kwargs: Any) -> np.ndarray:
    """Call a NumPy sampler with parameters that are broadcast to the shape of the draws.

    Parameters
    ----------
    generator
        A function of the parameters and ``size``, the full shape of the draws (as SciPy's ``rvs``).
    *args, **kwargs
        Its parameters: arrays, with or without ``size`` in front.
    dist_shape
        Shape of one draw.
    size
        Shape in front.
    broadcast_shape
        Joint shape of the parameters where it does not follow from theirs.
    not_broadcast_kwargs
        Further arguments of the generator, passed as they are.

    Raises
    ------
    TypeError
        When the shapes do not broadcast.
    """
    dist_shape = lead_of(kwargs.pop("dist_shape", ()))
    lead = lead_of(kwargs.pop("size", None))
    broadcast_shape = kwargs.pop("broadcast_shape", None)
    plain = kwargs.pop("not_broadcast_kwargs", None) or {}
    args = tuple(a[0] if isinstance(a, tuple) else a for a in args)
    parameters = {k: v[0] if isinstance(v, tuple) else v for k, v in kwargs.items()}
    arrays = [np.asarray(v) for v in (*args, *parameters.values())]
    shapes = [_without(a.shape, lead) for a in arrays]
    if broadcast_shape is not None:
        shapes = [_without(lead_of(broadcast_shape), lead)]
    try:
        full = (*lead, *np.broadcast_shapes(dist_shape, *shapes))
    except ValueError:
        raise TypeError(
            f"Attempted to generate values with incompatible shapes: size: {lead}, dist_shape: {dist_shape}, "
            f"parameters: {[a.shape for a in arrays]}"
        ) from None
    if broadcast_shape is None:
        arrays = [_aligned(a, lead, len(full)) for a in arrays]
        args = tuple(arrays[: len(args)])
        parameters = dict(zip(parameters, arrays[len(args) :], strict=True))
    return np.asarray(generator(*args, **parameters, **plain, size=full or None))


def _without(shape: tuple[int, ...], lead: tuple[int, ...]) -> tuple[int, ...]:
    return shape[len(lead) :] if lead and shape[: len(lead)] == lead else shape


def _aligned(array: np.ndarray, lead: tuple[int, ...], rank: int) -> np.ndarray:
    """Put axes of length 1 between ``lead`` and the rest, so that the array broadcasts to the full shape."""
    if not lead or array.shape[: len(lead)] != lead or array.ndim == rank:
        return array
    return array.reshape(*lead, *[1] * (rank - array.ndim), *array.shape[len(lead) :])
