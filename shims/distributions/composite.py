"""Densities made of other densities, as numbers: bounded, mixed, given by a function. No front end in here.

Each class is to its front ends what :class:`~pm_migrate.shims.distributions.binding.Bound` is to a catalogue row:
``log_prob(value)``, ``sample(shape, seed)``, ``test_value()``, ``batch_shape``, ``event_shape``, ``categories``.
Components mask themselves: what is out of one component's support has ``-inf`` and no gradient there, and cannot make
the others NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.distributions.binding import FLOAT, as_float

Tensor = Any

#: ``tt.allclose``'s tolerances, by which PyMC3 judges whether weights sum to 1.
_RTOL, _ATOL = 1e-5, 1e-8
#: Largest number whose exponential is finite in each dtype.
_LARGEST = {tf.float64: 709.0, tf.float32: 88.0}
#: Rounds of rejection before a bounded distribution is said to have no mass between its bounds.
_ROUNDS = 10_000


class Parts:
    """What is made of other densities, and drawn by drawing from them."""

    @property
    def parts(self) -> Sequence[Any]:
        """The other densities."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Bounded(Parts):
    """A density cut off outside ``[lower, upper]``, not normalised again: PyMC3's ``Bound``.

    Parameters
    ----------
    inner
        The density that is cut off.
    lower, upper
        Its ends, both closed; None for none.
    discrete
        Whether values are integers.
    repeat
        Whether the density of a vector stands at each of its elements, as PyMC3 has it, so that a sum counts it as
        often.
    """

    inner: Any
    lower: Tensor | None
    upper: Tensor | None
    discrete: bool = False
    repeat: bool = False
    categories: int | None = None

    @property
    def parts(self) -> Sequence[Any]:
        """The inner density."""
        return (self.inner,)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the density: that of the inner one, joined with the ends where it is elementwise."""
        inner = tuple(self.inner.batch_shape)
        if self.event_shape:
            return inner
        return np.broadcast_shapes(inner, *(tuple(e.shape) for e in (self.lower, self.upper) if e is not None))

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one event of the inner density."""
        return tuple(self.inner.event_shape)

    def inside(self, value: Tensor) -> Tensor:
        """Whether each element is between the ends."""
        ok = tf.ones_like(value, tf.bool)
        if self.lower is not None:
            ok = ok & (value >= tf.cast(self.lower, value.dtype))
        if self.upper is not None:
            ok = ok & (value <= tf.cast(self.upper, value.dtype))
        return ok

    def log_prob(self, value: Any) -> Tensor:
        """Log density, ``-inf`` outside the ends."""
        value = as_float(value)
        inside = self.inside(value)
        start = tf.stop_gradient(as_float(self.inner.test_value()))
        result = as_float(self.inner.log_prob(tf.where(inside, value, start)))
        rank = len(self.event_shape)
        if self.repeat:  # by broadcasting, where the density has fewer axes than the value
            result = tf.reshape(result, (*result.shape, *[1] * rank))
        elif rank:
            inside = tf.reduce_all(inside, axis=tuple(range(-rank, 0)))
        elif result.shape.rank < value.shape.rank:  # of a time series, or a density that a program has summed
            inside = tf.reduce_all(inside)
        return tf.where(inside, result, tf.constant(-np.inf, result.dtype))

    def test_value(self) -> Tensor:
        """PyMC3's start value: the middle, or one inside a single end.

        A discrete distribution with both ends starts one above the lower one.
        """
        if self.lower is None and self.upper is None:
            return self.inner.test_value()
        if self.lower is None:
            assert self.upper is not None
            return self.upper - 1.0
        if self.upper is None or self.discrete:
            return self.lower + 1.0
        return 0.5 * (self.lower + self.upper)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw by rejection: every element anew until all are between the ends.

        Raises
        ------
        tf.errors.InvalidArgumentError
            When 10,000 rounds did not give a value between the ends.
        """
        if self.lower is None and self.upper is None:
            return self.inner.sample(shape, seed)

        def open_(rounds: Tensor, draws: Tensor, done: Tensor) -> Tensor:
            return (rounds < _ROUNDS) & ~tf.reduce_all(done)

        def again(rounds: Tensor, draws: Tensor, done: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            new = as_float(self.inner.sample(shape, tf.random.experimental.stateless_fold_in(seed, rounds)))
            draws = tf.where(done, draws, new)
            return rounds + 1, draws, self._accepted(draws, shape)

        first = as_float(self.inner.sample(shape, seed))
        _, draws, done = tf.while_loop(open_, again, (tf.constant(0), first, self._accepted(first, shape)))
        tf.debugging.assert_equal(
            tf.reduce_all(done), True, f"no draw between the bounds in {_ROUNDS} rounds: the density has no mass there"
        )
        return draws

    def _accepted(self, draws: Tensor, shape: tuple[int, ...]) -> Tensor:
        inside = tf.broadcast_to(self.inside(draws), shape)
        rank = len(self.event_shape)
        if not rank:
            return inside
        return tf.broadcast_to(tf.reduce_all(inside, axis=tuple(range(-rank, 0)), keepdims=True), shape)


def mixture_log_prob(weights: Tensor, log_probs: Tensor, axis: int) -> Tensor:
    """``log(sum(weights * exp(log_probs)))`` over one axis.

    Parameters
    ----------
    weights
        Non-negative weights that broadcast with ``log_probs``.
    log_probs
        Log densities of the components.
    axis
        The axis of the components, counted in their joint shape.

    Returns
    -------
    tensor
        ``-inf`` where every component with a weight is impossible. The gradient by a weight is right at a weight of 0
        too, where that of ``logsumexp(log(w) + log_probs)`` is NaN.
    """
    dtype = log_probs.dtype
    shape = tf.broadcast_static_shape(weights.shape, log_probs.shape)
    weights, log_probs = tf.broadcast_to(weights, shape), tf.broadcast_to(log_probs, shape)
    low = tf.constant(-np.inf, dtype)
    weighted = weights > 0
    possible = log_probs > low
    pole = tf.math.is_inf(log_probs) & possible
    usable = possible & ~pole
    safe = tf.where(usable, log_probs, tf.zeros_like(log_probs))
    log_weights = tf.math.log(tf.where(weighted, weights, tf.ones_like(weights)))
    top = tf.reduce_max(tf.where(weighted & usable, safe + log_weights, low), axis=axis, keepdims=True)
    top = tf.stop_gradient(tf.where(tf.math.is_finite(top), top, tf.zeros_like(top)))
    # a weight of 0 may stand before anything: its exponential must stay finite
    parts = tf.where(usable, tf.exp(tf.minimum(safe - top, _LARGEST[dtype])), tf.zeros_like(safe))
    total = tf.reduce_sum(weights * parts, axis=axis)
    positive = total > 0
    result = tf.squeeze(top, axis) + tf.math.log(tf.where(positive, total, tf.ones_like(total)))
    result = tf.where(positive, result, low)
    return tf.where(tf.reduce_any(pole & weighted, axis=axis), tf.constant(np.inf, dtype), result)


def valid_weights(weights: Tensor, axis: int = -1) -> Tensor:
    """Whether all weights are between 0 and 1 and every set of them sums to 1, by PyMC3's tolerance; one number."""
    each = tf.reduce_all((weights >= 0) & (weights <= 1))
    return each & tf.reduce_all(tf.abs(tf.reduce_sum(weights, axis=axis) - 1.0) <= _ATOL + _RTOL)


@dataclass(frozen=True, eq=False)
class MixedList(Parts):
    """A mixture of a list of components.

    Parameters
    ----------
    weights
        Weights, the components on the last axis.
    components
        One density for each weight.
    squeeze
        Whether axes of length 1 are dropped from the stacked densities, as PyMC3 does.
    """

    weights: Tensor
    components: Sequence[Any]
    squeeze: bool = False
    categories: int | None = None

    @property
    def parts(self) -> Sequence[Any]:
        """The components."""
        return self.components

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one event of the components."""
        return tuple(self.components[0].event_shape)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Joint shape of the weights and the components."""
        return np.broadcast_shapes(tuple(self.weights.shape[:-1]), *(tuple(c.batch_shape) for c in self.components))

    def log_prob(self, value: Any) -> Tensor:
        """Log density; ``-inf`` everywhere when any set of weights is invalid (PyMC3's rule)."""
        value = as_float(value)
        parts = [as_float(c.log_prob(value)) for c in self.components]
        shape = np.broadcast_shapes(*(tuple(p.shape) for p in parts))
        stacked = tf.stack([tf.broadcast_to(p, shape) for p in parts], axis=-1)
        return _weighted(self.weights, tf.squeeze(stacked) if self.squeeze else stacked, -1)

    def test_value(self) -> Tensor:
        """Weighted mean of the components' start values."""
        starts = [as_float(c.test_value()) for c in self.components]
        shape = np.broadcast_shapes(*(tuple(s.shape) for s in starts))
        stacked = tf.stack([tf.broadcast_to(s, shape) for s in starts], axis=-1)
        return starts[0] if self.event_shape else tf.reduce_sum(self.weights * stacked, axis=-1)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw a component for each event, then a value from it."""
        event = self.event_shape
        batch = shape[: len(shape) - len(event)]
        first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        chosen = _choices(self.weights, batch, first)
        seeds = tf.unstack(tf.random.experimental.stateless_split(second, len(self.components)))
        draws = tf.zeros(shape, FLOAT)
        for k, (component, own) in enumerate(zip(self.components, seeds, strict=True)):
            here = tf.reshape(chosen[..., k], (*batch, *[1] * len(event)))
            draws = tf.where(here, as_float(component.sample(shape, own)), draws)
        return draws


@dataclass(frozen=True, eq=False)
class MixedAxis(Parts):
    """A mixture of the components on one axis of one density.

    Parameters
    ----------
    weights
        Weights, the components on the last axis.
    component
        The density.
    shape
        Its shape, that of its events included.
    axis
        The axis of the components in it, from the right (negative).
    pad
        PyMC3's rule in ``Mixture``: the number of axes to put to the right of a value of some shape. Without it one
        axis is put where the components lie.
    keeps_event_axis
        Whether PyMC3 leaves an axis of length 1 in place of the components' event.
    from_left
        Whether the axis is found in the components' log density as PyMC3 does: counted from the left, and as if no
        event had been reduced.
    """

    weights: Tensor
    component: Any
    shape: tuple[int, ...]
    axis: int = -1
    pad: Callable[[tuple[int, ...]], int] | None = None
    keeps_event_axis: bool = False
    from_left: bool = False
    categories: int | None = None

    @property
    def parts(self) -> Sequence[Any]:
        """The component."""
        return (self.component,)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one event of the component."""
        return tuple(self.component.event_shape)

    @property
    def _between(self) -> int:
        """Number of batch axes after the components'."""
        return -self.axis - 1 - len(self.event_shape)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Joint shape of the weights and the component, without the axis of the components."""
        whole = np.broadcast_shapes((*self.component.batch_shape, *self.component.event_shape), self.shape)
        batch = whole[: len(whole) - len(self.event_shape)]
        cut = len(batch) - self._between
        lead = np.broadcast_shapes(tuple(self.weights.shape[:-1]), batch[: cut - 1])
        return (*lead, *batch[cut:])

    def log_prob(self, value: Any) -> Tensor:
        """Log density; ``-inf`` everywhere when any set of weights is invalid (PyMC3's rule)."""
        value = as_float(value)
        if self.pad is not None:
            value = tf.reshape(value, (*value.shape, *[1] * self.pad(tuple(value.shape))))
            return _weighted(self.weights, self._component_log_prob(value), -1)
        log_probs = self._component_log_prob(tf.expand_dims(value, value.shape.rank + 1 + self.axis))
        if self.from_left:
            return _weighted(self.weights, log_probs, len(self.shape) + self.axis, -self.axis - 1)
        return _weighted(self.weights, log_probs, -1 - self._between, self._between)

    def _component_log_prob(self, value: Tensor) -> Tensor:
        result = as_float(self.component.log_prob(value))
        return result[..., None] if self.keeps_event_axis else result

    def test_value(self) -> Tensor:
        """Weighted mean of the components' start values."""
        start = tf.broadcast_to(as_float(self.component.test_value()), self.shape)
        weights = tf.reshape(self.weights, (*self.weights.shape, *[1] * (-self.axis - 1)))
        return tf.reduce_sum(weights * start, axis=self.axis)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw a component for each event, then a value from it.

        PyMC3 draws one component for all elements along axes that the component has and the weights lack; the density
        has independent ones there, and so have these draws.
        """
        event, between = len(self.event_shape), self._between
        batch = shape[: len(shape) - event]
        first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        weights = tf.reshape(self.weights, (*self.weights.shape[:-1], *[1] * between, self.weights.shape[-1]))
        chosen = _choices(weights, batch, first)
        at = len(batch) - between
        order = [*range(at), len(batch), *range(at, len(batch))]
        chosen = tf.transpose(chosen, order)
        count = int(self.weights.shape[-1])
        draws = as_float(self.component.sample((*shape[:at], count, *shape[at:]), second))
        chosen = tf.reshape(chosen, (*chosen.shape, *[1] * event))
        return tf.reduce_sum(tf.where(chosen, draws, tf.zeros_like(draws)), axis=at)


def _weighted(weights: Tensor, log_probs: Tensor, axis: int, trailing: int = 0) -> Tensor:
    """:func:`mixture_log_prob` under the check of the weights, which get ``trailing`` axes of length 1."""
    ok = valid_weights(weights)
    safe = tf.where(ok, weights, tf.constant(1.0 / int(weights.shape[-1]), FLOAT))
    safe = tf.reshape(safe, (*weights.shape, *[1] * trailing))
    return tf.where(ok, mixture_log_prob(safe, log_probs, axis), tf.constant(-np.inf, FLOAT))


def _choices(weights: Tensor, batch: tuple[int, ...], seed: Tensor) -> Tensor:
    """One component for each element of a batch: booleans, the components on the last axis."""
    count = int(weights.shape[-1])
    cumulative = tf.cumsum(tf.broadcast_to(weights, (*batch, count)), axis=-1)
    uniform = tf.random.stateless_uniform(batch, seed, dtype=FLOAT) * cumulative[..., -1]
    choice = tf.reduce_sum(tf.cast(uniform[..., None] >= cumulative[..., :-1], tf.int32), axis=-1)
    return tf.one_hot(choice, count, on_value=True, off_value=False, dtype=tf.bool)


def component_padding(own: tuple[int, ...], component: tuple[int, ...]) -> Callable[[tuple[int, ...]], int]:
    """PyMC3's rule for how many axes ``Mixture`` puts to the right of a value before its one component sees it.

    Parameters
    ----------
    own
        Shape of the mixture, ``()`` when none was given.
    component
        Shape of the component, the mixture axis last.
    """

    def pad(value: tuple[int, ...]) -> int:
        rank = len(value)
        if value not in (own, component):
            if own and value[-len(own) :] == own:
                rank = len(own)
            elif component and value[-len(component) :] == component:
                rank = len(component)
            elif rank <= 1:
                rank = len(component) - 1
        elif rank <= 1:
            rank = len(component) - 1
        return max(len(component) - rank, 0)

    return pad


@dataclass(frozen=True, eq=False)
class Given:
    """A density given by functions of tensors.

    Parameters
    ----------
    log_density
        Of a value.
    sampler
        Of a shape and a seed; None when it cannot be drawn from.
    start
        Start value.
    """

    log_density: Callable[[Tensor], Tensor]
    sampler: Callable[[tuple[int, ...], Tensor], Tensor] | None
    start: Tensor
    batch_shape: tuple[int, ...] = ()
    event_shape: tuple[int, ...] = ()
    categories: int | None = None

    def log_prob(self, value: Any) -> Tensor:
        """What the function gives."""
        return as_float(self.log_density(value))

    def test_value(self) -> Tensor:
        """The start value."""
        return self.start

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw by the given function.

        Raises
        ------
        ModelError
            When none was given.
        """
        if self.sampler is None:
            raise ModelError("this density was given no random=: it cannot be drawn from")
        return tf.ensure_shape(as_float(self.sampler(shape, seed)), shape)
