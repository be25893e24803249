"""Random draws in the ``with`` front end: one ancestral draw, and PyMC3's ``size`` in front of it.

A draw needs the values of some variables (the parameters of a distribution) and, before them, of the random variables
that these depend on. :class:`Joint` draws them one variable after the other, all draws of a request at once, as PyMC3
does: nothing is compiled, except maps over expressions that are worth it, which are kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError, ShapeError
from pm_migrate.shims.distributions import arguments, host_draws
from pm_migrate.shims.inference.batching import over_batch
from pm_migrate.shims.theano.evaluation import evaluate, shared_inputs, toposort
from pm_migrate.shims.theano.graph import Variable

Tensor = Any

#: Nodes that are computed in NumPy, draw by draw, before a compiled map over the draws is worth its cost.
_IN_NUMPY = 5000
#: How many compiled maps are kept.
_KEPT = 64


def inputs_of(variable: Variable) -> tuple[Variable, ...]:
    """What a variable is computed from."""
    return () if variable.owner is None else tuple(variable.owner.inputs)


def random_ancestors(variables: Sequence[Variable], known: Mapping[str, Any]) -> list[Any]:
    """The random variables that ``variables`` depend on and that have no value yet, in the order to draw them."""
    from pm_migrate.shims.variables import FreeRV, RandomVariable, TransformedRV

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
                stack.extend(_drawn_after(variable))
        else:
            stack.extend(inputs_of(variable))
    position = {name: i for i, name in enumerate(_names(found))}
    return sorted(found, key=lambda v: (position[str(v.rv_name)], isinstance(v, FreeRV)))


def _drawn_after(variable: Any) -> list[Variable]:
    """What has a value before a random variable is drawn: its parameters, or the constrained value that it follows."""
    if getattr(variable, "transform", None) is not None:
        return [variable.constrained]
    return list(variable.distribution.params.values())


def _names(found: Sequence[Any]) -> list[str]:
    """Names of the random variables in the order in which their models made them."""
    return [name for name, _, _ in found[0].model.root._random] if found else []


def unconstrained(variable: Any) -> Variable:
    """The unconstrained value of a transformed random variable, as an expression of the constrained one."""
    if "_unconstrained" not in variable.__dict__:  # one, so that compiled maps over it are found again
        variable._unconstrained = variable.transformation.forward(variable)
    result: Variable = variable._unconstrained
    return result


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
            stack.extend(_drawn_after(variable))
        else:
            stack.extend(inputs_of(variable))
    return given


def current_shape(variable: Any) -> tuple[int, ...]:
    """Shape of a draw: of an observed variable that of its data as they are now."""
    from pm_migrate.shims.variables import ObservedRV

    if isinstance(variable, ObservedRV):
        return variable.current_shape
    return tuple(variable.distribution.shape)


_repeats = threading.local()


@contextmanager
def repeated(times: int) -> Iterator[None]:
    """Want so many draws in a row for each point, as with ``size=``: a program's function makes them in one call."""
    _repeats.times = times
    try:
        yield
    finally:
        _repeats.times = 1


def whole_points(count: int) -> int:
    """A number of draws, made smaller until those of a point are together."""
    times: int = max(getattr(_repeats, "times", 1), 1)
    return max(count // times, 1) * times


@dataclass(eq=False)
class Joint:
    """One joint draw, or many of it, of what variables depend on.

    Parameters
    ----------
    lead
        Shape in front of every drawn value: the ``size`` of the request.
    known
        Values by variable.
    led
        The variables among them whose values have ``lead`` in front.
    """

    lead: tuple[int, ...] = ()
    known: dict[Variable, np.ndarray] = field(default_factory=dict)
    led: set[Variable] = field(default_factory=set)

    @property
    def count(self) -> int:
        """Number of draws."""
        return int(np.prod(self.lead, dtype=int))

    def draw(self, variables: Sequence[Any]) -> None:
        """Draw random variables, in the order in which they depend on each other."""
        from pm_migrate.shims.variables import ObservedRV

        for variable in variables:
            if getattr(variable, "transform", None) is not None:
                values, led = self.compute([unconstrained(variable.constrained)])
                (self.known[variable],) = values.values()
                self.led.update([variable] * bool(led))
                continue
            if hasattr(variable.distribution, "require_random"):
                variable.distribution.require_random()
            observed = isinstance(variable, ObservedRV)
            drawn = self.sample(variable.distribution.drawn, current_shape(variable), observed=observed)
            self.known[variable] = drawn.astype(variable.distribution.drawn_dtype)
            if self.lead:
                self.led.add(variable)

    def sample(self, dist: Any, own: tuple[int, ...], *, observed: bool = False) -> np.ndarray:
        """Draw from a distribution, whose parameters may have a value for each draw.

        Parameters
        ----------
        dist
            The distribution.
        own
            Shape of one draw.
        observed
            Whether that is the shape of data, which the parameters may have left behind: new values of a shared
            variable in them decide then.

        Raises
        ------
        ValueError
            For invalid parameters.
        """
        params = list(dict.fromkeys(dist.params.values()))
        values, led = self.compute(params)
        if not led:
            bound = dist.bound(values)
            return _sample(dist, bound, (*self.lead, *_full(bound, own, observed)))
        rank = len(self.lead)
        first = {v: x.reshape(-1, *x.shape[rank:])[0] if v in led else x for v, x in values.items()}
        full = _full(dist.bound(first), own, observed)
        ranks = dist.batches(led) if hasattr(dist, "batches") else None
        if ranks is None:
            return self._each(dist, values, led, full)
        batch = len(full) - dist.event_rank
        aligned = {v: _aligned(x, rank, batch + ranks[v]) if v in led else x for v, x in values.items()}
        return _sample(dist, dist.bound(aligned), (*self.lead, *full))

    def _each(
        self, dist: Any, values: Mapping[Variable, np.ndarray], led: set[Variable], full: tuple[int, ...]
    ) -> np.ndarray:
        """Draw one by one, mapped by TensorFlow unless a program's own function draws."""
        same = {v: x for v, x in values.items() if v not in led}
        own = {v: x.reshape(self.count, *x.shape[len(self.lead) :]) for v, x in values.items() if v in led}
        if dist.draws_in_python:
            times = self._alike(own.values())
            drawn = [
                _sample(dist, dist.bound({**same, **{v: x[i] for v, x in own.items()}}), full, times)
                for i in range(0, self.count, times)
            ]
            return np.stack(drawn).reshape((*self.lead, *full))
        seeds = np.random.randint(0, 2**31 - 1, size=(self.count, 2)).astype(np.int32)

        def all_of_them(seeds: Tensor, arrays: Mapping[Variable, Any]) -> Any:
            def one(element: Any) -> tuple[Tensor, Tensor]:
                bound = dist.bound({**{v: arrays[v] for v in same}, **dict(zip(own, element[1], strict=True))})
                return bound.sample(full, element[0]), arguments.valid(bound)

            return over_batch(one, (seeds, [tf.convert_to_tensor(arrays[v]) for v in own]), self.count)

        key = ("each", dist, full, self.count, tuple((v, x.shape) for v, x in (*same.items(), *own.items())))
        drawn, ok = program(key, all_of_them)(seeds, {**same, **own})
        if not np.all(ok):
            arguments.refuse_draws(dist.label, dist.bound_at_test_point(), known=False)
        return np.asarray(drawn).reshape((*self.lead, *full))

    def _alike(self, arrays: Iterable[np.ndarray]) -> int:
        """Into how many draws at a time the values divide: those of :func:`repeated`, if they are the same in each."""
        times: int = getattr(_repeats, "times", 1)
        if times < 2 or self.count % times:
            return 1
        grouped = (x.reshape(-1, times, *x.shape[1:]) for x in arrays)
        return times if all(np.all(x == x[:, :1]) for x in grouped) else 1

    def compute(self, outputs: Sequence[Variable]) -> tuple[dict[Variable, np.ndarray], set[Variable]]:
        """Values of variables, and those of them that have ``lead`` in front."""
        varying = self._varying(outputs)
        fixed = [v for v in outputs if v not in varying]
        same = {v: x for v, x in self.known.items() if v not in self.led}
        values = {v: np.asarray(x) for v, x in zip(fixed, evaluate(fixed, same), strict=True)}
        values.update({v: self.known[v] for v in varying if v in self.known})
        rest = tuple(v for v in outputs if v in varying and v not in self.known)
        if rest:
            values.update(zip(rest, self._mapped(rest, same), strict=True))
        return values, varying

    def _varying(self, outputs: Sequence[Variable]) -> set[Variable]:
        """The outputs that depend on something with ``lead`` in front."""
        depends: dict[Variable, bool] = {}
        for variable in toposort(outputs, stop=self.known):
            depends[variable] = (
                variable in self.led if variable in self.known else any(depends[v] for v in inputs_of(variable))
            )
        return {v for v in outputs if depends[v]}

    def _mapped(self, outputs: tuple[Variable, ...], same: Mapping[Variable, np.ndarray]) -> list[np.ndarray]:
        """Variables for each of the draws."""
        order = toposort(outputs, stop=self.known)
        used = [v for v in order if v in self.led]
        own = {v: self.known[v].reshape(self.count, *self.known[v].shape[len(self.lead) :]) for v in used}
        if self.count * len(order) <= _IN_NUMPY:
            each = [evaluate(outputs, {**same, **{v: x[i] for v, x in own.items()}}) for i in range(self.count)]
            return [np.stack(part).reshape((*self.lead, *np.shape(part[0]))) for part in zip(*each, strict=True)]
        same = {v: same[v] for v in order if v in same}

        def all_of_them(_: Tensor, arrays: Mapping[Variable, Any]) -> Any:
            fixed = {v: arrays[v] for v in same}
            return over_batch(  # a list, since keys of a structure are sorted, and variables have no order
                lambda element: tuple(evaluate(outputs, {**fixed, **dict(zip(own, element, strict=True))})),
                [tf.convert_to_tensor(arrays[v]) for v in own],
                self.count,
            )

        versions = tuple(s.version for s in shared_inputs(outputs))
        key = ("values", outputs, self.count, versions, tuple((v, x.shape) for v, x in (*same.items(), *own.items())))
        parts = program(key, all_of_them)(np.zeros(2, np.int32), {**same, **own})
        return [np.asarray(part).reshape((*self.lead, *part.shape[1:])) for part in parts]


def _aligned(value: np.ndarray, lead: int, rank: int) -> np.ndarray:
    """A value whose own axes, behind the ``lead`` ones, are ``rank`` many."""
    missing = rank - (value.ndim - lead)
    return value.reshape((*value.shape[:lead], *[1] * missing, *value.shape[lead:]))


def _full(bound: Any, own: tuple[int, ...], observed: bool) -> tuple[int, ...]:
    """Shape of one draw: the distribution's, joined with what its parameters give; these alone where data differ."""
    given = (*bound.batch_shape, *bound.event_shape)
    try:
        return np.broadcast_shapes(own, given)
    except ValueError:
        if not observed:
            raise
        return tuple(given)


def _sample(dist: Any, bound: Any, shape: tuple[int, ...], times: int = 1) -> np.ndarray:
    """Draw from a bound distribution; more than once from one whose draws are a program's own."""
    bound = arguments.clipped(bound)
    if not arguments.valid(bound):
        # valid parameters stand in for invalid ones, which the density masks: such draws would be of another model
        arguments.refuse_draws(dist.label, bound, known=True)
    row = getattr(dist, "host_row", None)
    if row is not None:
        try:
            return host_draws.draw(row, bound.canonical, shape)
        except ValueError:  # NumPy has no counts beyond 64 bits
            pass
    if times > 1:
        return np.asarray(bound.sample(shape, tf.constant(next_seed()), times))
    return np.asarray(bound.sample(shape, tf.constant(next_seed())))


@dataclass(eq=False)
class _Program:
    """A compiled function of seeds and of arrays by variable."""

    function: Callable[[Any, Mapping[Variable, Any]], Any]
    compiled: Callable[..., Any] | None = None
    refused: bool = False

    def __call__(self, seeds: np.ndarray, given: Mapping[Variable, np.ndarray]) -> Any:
        variables = list(given)
        if self.compiled is None:

            def traced(seeds: Tensor, arrays: Sequence[Tensor]) -> Any:
                return self.function(seeds, dict(zip(variables, arrays, strict=True)))

            self.compiled = tf.function(traced, autograph=False)
        if not self.refused:
            try:
                return self.compiled(tf.constant(seeds), [tf.constant(given[v]) for v in variables])
            except (ValueError, TypeError, NotImplementedError, AttributeError):
                # integers that decide shapes are known in eager mode alone; true errors are raised there again
                self.refused = True
        return self.function(tf.constant(seeds), given)


_programs: OrderedDict[Hashable, _Program] = OrderedDict()
_lock = threading.RLock()


def program(key: Hashable, function: Callable[..., Any]) -> _Program:
    """The program for a key, made at the first call."""
    with _lock:
        if key in _programs:
            _programs.move_to_end(key)
        else:
            _programs[key] = _Program(function)
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


def _start(needs: Sequence[Variable], point: Mapping[str, Any], lead: tuple[int, ...]) -> Joint:
    """A joint draw in which all that ``needs`` depend on has its value."""
    joint = Joint(lead, dict(values_given(needs, point)))
    joint.draw(random_ancestors(needs, point))
    return joint


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
    ShapeError
        If a distribution that has to be given its shape draws another.
    """
    lead = lead_of(size)
    own = tuple(dist.shape if shape is None else shape)
    if 0 in lead:
        one = draw(dist, shape, point, None)
        return np.zeros((*lead, *one.shape), one.dtype)
    joint = _start(list(dist.params.values()), point or {}, lead)
    drawn = joint.sample(dist, own).astype(dist.drawn_dtype)
    if getattr(dist, "shape_is_given", False) and drawn.shape != (*lead, *own):
        text = f"{dist.label}: the parameters do not go with shape={own}; a draw"
        raise ShapeError(text, actual=drawn.shape[len(lead) :], expected=own)
    return drawn
