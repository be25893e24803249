"""Random draws in the ``with`` front end: one ancestral draw, and PyMC3's ``size`` in front of it.

A draw needs the values of some variables (the parameters of a distribution) and, before them, of the random variables
that these depend on. Programs ask for the same draw again and again: the joint draw is compiled once for shapes, and
kept (:class:`_Program`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.distributions import arguments
from pm_migrate.shims.inference.batching import over_batch
from pm_migrate.shims.theano.evaluation import evaluate, shared_inputs
from pm_migrate.shims.theano.graph import Variable

Tensor = Any

#: How often a single draw is computed eagerly before it is compiled: tracing costs as much as some tens of draws.
_EAGER_CALLS = 5
#: How many compiled draws are kept.
_KEPT = 64


def inputs_of(variable: Variable) -> tuple[Variable, ...]:
    """What a variable is computed from."""
    return () if variable.owner is None else tuple(variable.owner.inputs)


def random_ancestors(variables: Sequence[Variable], known: Mapping[str, Any]) -> list[Any]:
    """The random variables that ``variables`` depend on and that have no value yet, in the order to draw them."""
    from pm_migrate.shims.variables import RandomVariable, TransformedRV

    found: list[Any] = []
    stack = list(variables)
    seen: set[Variable] = set()
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        if isinstance(variable, TransformedRV) and str(variable.transformed.name) in known:
            stack.extend(inputs_of(variable))  # computed from the unconstrained value
        elif isinstance(variable, RandomVariable):
            if str(variable.name) not in known:
                found.append(variable)
                stack.extend(variable.distribution.params.values())
        else:
            stack.extend(inputs_of(variable))
    position = {name: i for i, name in enumerate(_names(found))}
    return sorted(found, key=lambda v: position[str(v.rv_name)])


def _names(found: Sequence[Any]) -> list[str]:
    """Names of the random variables in the order in which their models made them."""
    return [name for name, _, _ in found[0].model.root._random] if found else []


def values_given(needs: Sequence[Variable], point: Mapping[str, Any]) -> dict[Variable, np.ndarray]:
    """Values of the point by variable, for everything that ``needs`` depend on."""
    from pm_migrate.shims.variables import RandomVariable, TransformedRV

    given: dict[Variable, np.ndarray] = {}
    stack, seen = list(needs), set()
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        if variable.name is not None and str(variable.name) in point and hasattr(variable, "model"):
            given[variable] = np.asarray(point[str(variable.name)], variable.dtype)
        elif isinstance(variable, TransformedRV) and str(variable.transformed.name) in point:
            stack.extend(inputs_of(variable))
        elif isinstance(variable, RandomVariable):
            stack.extend(variable.distribution.params.values())
        else:
            stack.extend(inputs_of(variable))
    return given


def current_shape(variable: Any) -> tuple[int, ...]:
    """Shape of a draw: of an observed variable that of its data as they are now."""
    from pm_migrate.shims.variables import ObservedRV

    if isinstance(variable, ObservedRV):
        return variable.current_shape
    return tuple(variable.distribution.shape)


@dataclass(frozen=True, eq=False)
class Joint:
    """A joint draw of what ``needs`` depend on, before their own values.

    Parameters
    ----------
    needs
        Variables.
    given
        Values of variables that are not drawn.
    missing
        The random variables to draw, in order.
    """

    needs: tuple[Variable, ...]
    given: Mapping[Variable, np.ndarray]
    missing: tuple[Any, ...]

    @classmethod
    def of(cls, needs: Sequence[Variable], point: Mapping[str, Any]) -> Joint:
        """The joint draw for needs, at a point by name."""
        return cls(tuple(needs), values_given(needs, point), tuple(random_ancestors(needs, point)))

    def draw(self, seed: Tensor, given: Mapping[Variable, Any]) -> tuple[dict[Variable, Tensor], list[Tensor], Tensor]:
        """Values of ``needs``, what was drawn for them, and a seed for what follows."""
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, len(self.missing) + 1))
        known: dict[Variable, Any] = dict(given)
        for variable, own in zip(self.missing, seeds, strict=False):
            params = list(variable.distribution.params.values())
            bound = variable.distribution.bound(dict(zip(params, evaluate(params, known), strict=True)))
            known[variable] = tf.cast(bound.sample(current_shape(variable), own), variable.dtype)
        values = dict(zip(self.needs, evaluate(list(self.needs), known), strict=True))
        return values, [known[v] for v in self.missing], seeds[-1]

    @property
    def key(self) -> Hashable:
        """What a compiled draw depends on besides the numbers given to it."""
        depends = [*self.needs, *(p for v in self.missing for p in v.distribution.params.values())]
        versions = tuple(s.version for s in shared_inputs(depends))
        shapes = tuple(current_shape(v) for v in self.missing)
        return self.needs, tuple((v, x.shape) for v, x in self.given.items()), self.missing, versions, shapes


@dataclass(eq=False)
class _Program:
    """A function of seeds and arrays by variable: eager at first, then compiled."""

    function: Callable[[Any, Mapping[Variable, Any]], Any]
    eager: int
    calls: int = 0
    compiled: Callable[..., Any] | None = None

    def __call__(self, seeds: np.ndarray, given: Mapping[Variable, np.ndarray]) -> Any:
        self.calls += 1
        if self.calls <= self.eager:
            return self.function(tf.constant(seeds), given)
        variables = list(given)
        if self.compiled is None:

            def traced(seeds: Tensor, arrays: Sequence[Tensor]) -> Any:
                return self.function(seeds, dict(zip(variables, arrays, strict=True)))

            self.compiled = tf.function(traced, autograph=False)
        try:
            return self.compiled(tf.constant(seeds), [tf.constant(given[v]) for v in variables])
        except (ValueError, TypeError, NotImplementedError, AttributeError):
            # integers that decide shapes are known in eager mode alone; true errors are raised there again
            self.eager = 2**62
            return self.function(tf.constant(seeds), given)


_programs: OrderedDict[Hashable, _Program] = OrderedDict()
_lock = threading.RLock()


def program(key: Hashable, make: Callable[[], Callable[..., Any]], eager: int = _EAGER_CALLS) -> _Program:
    """The program for a key, made at the first call."""
    with _lock:
        if key in _programs:
            _programs.move_to_end(key)
        else:
            _programs[key] = _Program(make(), eager)
            while len(_programs) > _KEPT:
                _programs.popitem(last=False)
        return _programs[key]


def next_seed() -> np.ndarray:
    """A stateless seed from NumPy's global state, as PyMC3 draws from it."""
    return np.random.randint(0, 2**31 - 1, size=2).astype(np.int32)


def lead_of(size: Any) -> tuple[int, ...]:
    """PyMC3's ``size`` as a shape.

    Raises
    ------
    ValueError
        For a negative one.
    """
    lead = () if size is None else tuple(int(n) for n in np.atleast_1d(size).tolist())
    if any(n < 0 for n in lead):
        raise ModelError(f"size={size}: negative dimensions are not allowed")
    return lead


def repeated(
    key: Hashable,
    one: Callable[[Tensor, Mapping[Variable, Any]], Sequence[Tensor]],
    lead: tuple[int, ...],
    given: Mapping[Variable, np.ndarray],
    mapped: Mapping[Variable, np.ndarray] | None = None,
) -> list[np.ndarray]:
    """Independent calls of ``one`` with their own seeds, stacked to shape ``lead``.

    Parameters
    ----------
    key
        What ``one`` is.
    one
        A function of a seed and values by variable.
    lead
        Shape in front.
    given
        Values for all calls.
    mapped
        Values of which each call gets its own: ``lead`` is in front of their shapes.
    """
    count = int(np.prod(lead, dtype=int))
    seeds = np.random.randint(0, 2**31 - 1, size=(count, 2)).astype(np.int32)
    each = {v: x.reshape(count, *x.shape[len(lead) :]) for v, x in (mapped or {}).items()}
    if count == 0:
        return [np.zeros((*lead, *part.shape)) for part in one(tf.constant([0, 0], tf.int32), given)]

    def all_of_them(seeds: Tensor, arrays: Mapping[Variable, Any]) -> Any:
        same = {v: arrays[v] for v in given}
        own = {v: tf.convert_to_tensor(arrays[v]) for v in each}
        return over_batch(lambda element: one(element[0], {**same, **element[1]}), (seeds, own), count)

    make = program((key, "repeated", count, tuple(each)), lambda: all_of_them, 0 if count > 1 else _EAGER_CALLS)
    return [np.asarray(part).reshape(*lead, *part.shape[1:]) for part in make(seeds, {**given, **each})]


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

    Raises
    ------
    ValueError
        For invalid parameters, or a negative size.
    """
    lead = lead_of(size)
    joint = Joint.of(list(dict.fromkeys(dist.params.values())), point or {})
    own = tuple(dist.shape if shape is None else shape)
    front = () if joint.missing else lead

    def one(seed: Tensor, given: Mapping[Variable, Any]) -> tuple[Tensor, Tensor]:
        values, _, own_seed = joint.draw(seed, given)
        bound = dist.bound(values)
        ok = arguments.valid(bound)
        if tf.executing_eagerly() and not ok:
            arguments.refuse_draws(dist.label, bound, known=True)
        full = np.broadcast_shapes(own, (*bound.batch_shape, *bound.event_shape))
        return bound.sample((*front, *full), own_seed), ok

    key = ("draw", getattr(dist, "row_of", dist), own, front, joint.key)
    if joint.missing and lead:
        drawn, ok = repeated(key, one, lead, joint.given)
    else:
        drawn, ok = program(key, lambda: one)(next_seed(), joint.given)
    if not np.all(ok):
        if not joint.missing:
            one(tf.constant(next_seed()), joint.given)  # raises, with the values
        arguments.refuse_draws(dist.label, dist.bound_at_test_point(), known=False)
    return np.asarray(drawn).astype(dist.dtype)
