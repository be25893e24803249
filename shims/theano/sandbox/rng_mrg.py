"""``theano.sandbox.rng_mrg``: random tensors that are drawn anew in each call of a compiled function.

The stream is TensorFlow's counter-based generator, so that a seed gives the same numbers in every run, with XLA and
without, but not Theano's numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import names, promotion
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.gradient import undefined_grad
from pm_migrate.shims.theano.graph import Op, SharedVariable, Variable, apply, as_variable
from pm_migrate.shims.theano.ops.elemwise import cast, lt
from pm_migrate.shims.theano.ops.joining import concatenate, stack
from pm_migrate.shims.theano.ops.shaping import known_shape, shape_vector

__all__ = ["MRG_RandomStream"]

_PHILOX = 1
_STANDARD = "standard random numbers"  # what an operation of a stream says of itself
_LIMIT = 2147462579  # seeds of Theano's generator are smaller
_BELOW = 0.022750131948179195  # probability below -2
_TRUNCATED_SD = 0.8796256610342398  # standard deviation of the standard normal cut off at -2 and 2


def _uniform(shape: Any, seed: Any, dtype: Any) -> Any:
    """Between 0 and 1, both excluded, so that a logarithm of the result is finite.

    Made of random integers, which are the same with XLA and without; TensorFlow's own floats are not. The operation
    below ``tf.random`` takes key and counter as they are; the public one would first scramble them, which takes XLA
    as long to compile again.
    """
    digits = np.finfo(dtype).nmant + 1
    key, counter = (
        tf.reshape(tf.cast(seed[0], tf.uint64), [1]),
        tf.stack([tf.zeros((), tf.uint64), tf.cast(seed[1], tf.uint64)]),
    )
    bits = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=shape, key=key, counter=counter, alg=_PHILOX, dtype=tf.uint64
    )
    bits = tf.bitwise.right_shift(bits, tf.constant(64 - digits + 1, tf.uint64))
    # one digit less than there is room for, so that half a step more is exact
    step = 2.0 ** (1 - digits)
    return tf.cast(bits, dtype) * tf.constant(step, dtype) + tf.constant(step / 2, dtype)


def _normal(shape: Any, seed: Any, dtype: Any) -> Any:
    return tf.math.ndtri(_uniform(shape, seed, dtype))


def _truncated(shape: Any, seed: Any, dtype: Any) -> Any:
    low = tf.constant(_BELOW, dtype)
    return tf.math.ndtri(low + (1 - 2 * low) * _uniform(shape, seed, dtype))


class MRG_RandomStream:
    """A stream of random tensors: ``MRG_RandomStream(seed).normal((3,))``.

    Parameters
    ----------
    seed
        An integer that is not 0, or six integers.

    Examples
    --------
    >>> from pm_migrate.shims.theano import function
    >>> f = function([], MRG_RandomStream(7).uniform((1000,), low=2.0, high=3.0))
    >>> first, second = f(), f()
    >>> bool(2.0 < first.min() and first.max() < 3.0), bool((first == second).any())
    (True, False)
    """

    def __init__(self, seed: int | Sequence[int] = 12345) -> None:
        self.state_updates: list[tuple[SharedVariable, Variable]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    def set_rstate(self, seed: int | Sequence[int]) -> None:
        """Start again from a seed; tensors drawn before keep their own states."""
        if isinstance(seed, (int, np.integer)):
            if seed == 0:
                raise ValueError("the seed of a random stream must not be 0")
            if seed >= _LIMIT:
                raise ValueError(f"the seed of a random stream is {seed}; it must be less than {_LIMIT}")
            words = [int(seed)] * 6
        elif len(seed) == 6:
            words = [int(word) for word in seed]
        else:
            raise TypeError(f"the seed of a random stream is one integer or six, not {seed!r}")
        self.rstate = np.asarray(words, "int32")
        self._streams = np.random.SeedSequence([word % 2**32 for word in words])

    def seed(self, seed: int | Sequence[int] | None = None) -> None:
        """Start again, the tensors that were drawn from this stream included."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(self._new_state())

    def updates(self) -> list[tuple[SharedVariable, Variable]]:
        """States and their updates; functions apply them by themselves."""
        return list(self.state_updates)

    def _new_state(self) -> np.ndarray:
        (child,) = self._streams.spawn(1)
        return np.array([child.generate_state(1, np.uint32)[0], 0], "int64")

    def _draw(self, name: str, draw: Callable[..., Any], size: Any, dtype: str) -> Variable:
        """A node of standard random numbers, and its state among the updates."""
        lengths, flags = shape_vector(_lengths(size))
        state = SharedVariable(self._new_state(), borrow=True)

        def impl(key: Any, shape: Any) -> Any:
            return draw(known_shape(shape), tf.cast(key, tf.int64), dtype)

        op = Op(name, impl, infer=lambda inputs: (dtype, flags), raw=True, info=_STANDARD)
        sample = apply(op, state, lengths)
        state.default_update = state + np.array([0, 1], "int64")
        sample.rstate, sample.update = state, (state, state.default_update)
        self.state_updates.append((state, state.default_update))
        return sample

    def _located(self, name: str, draw: Callable[..., Any], size: Any, low: Any, width: Any, dtype: Any) -> Variable:
        operands = [as_variable(low), as_variable(width)]
        if dtype is None:
            dtype = promotion.common(config.floatX, *(v.dtype for v in operands if not v.weak))
        shift, scale = (undefined_grad(cast(v, dtype)) for v in operands)
        sample = self._draw(name, draw, size, dtype)
        result = sample * scale + shift
        result.update = sample.update
        return result

    def uniform(
        self,
        size: Any,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: Any = None,
        nstreams: Any = None,
    ) -> Variable:
        """Uniform numbers of a shape, between ``low`` and ``high``, both excluded."""
        low = as_variable(low)
        return self._located("random_uniform", _uniform, size, low, as_variable(high) - low, dtype)

    def normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: Any = None,
        nstreams: Any = None,
        truncate: bool = False,
    ) -> Variable:
        """Normal numbers of a shape; ``truncate`` redraws what is more than two deviations away."""
        return self._located("random_normal", _truncated if truncate else _normal, size, avg, std, dtype)

    def truncated_normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: Any = None,
        nstreams: Any = None,
    ) -> Variable:
        """Normal numbers cut off symmetrically, with standard deviation ``std`` after the cut."""
        return self.normal(size, avg, as_variable(std) / _TRUNCATED_SD, ndim, dtype, nstreams, truncate=True)

    def binomial(
        self,
        size: Any = None,
        n: int = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: Any = None,
    ) -> Variable:
        """Zeros and ones of a shape, one with probability ``p``."""
        if n != 1:
            raise NotSupported("MRG_RandomStream.binomial with n > 1; instead: a sum of draws with n=1")
        return cast(lt(self.uniform(size), undefined_grad(as_variable(p))), dtype)

    def multinomial(self, *args: Any, **kwargs: Any) -> Variable:
        """Not available."""
        raise NotSupported("MRG_RandomStream.multinomial; instead: uniform numbers and tt.cumsum of the probabilities")

    def choice(self, *args: Any, **kwargs: Any) -> Variable:
        """Not available."""
        raise NotSupported("MRG_RandomStream.choice; instead: tt.argsort of uniform numbers")

    multinomial_wo_replacement = choice


def is_draw(variable: Variable) -> bool:
    """Whether a variable is a stream's standard random numbers: a state and lengths are its operands."""
    return variable.owner is not None and variable.owner.op.info is _STANDARD


def draw_rows(sample: Variable, count: Any) -> Variable:
    """A draw of a stream (see :func:`is_draw`), ``count`` times: the draws are on the first axis of the result.

    All are made of the state of the one, whose numbers are those of the first; streams of equal states and lengths, as
    minibatches of inputs and outputs have, give equal rows.
    """
    assert sample.owner is not None
    state, lengths = sample.owner.inputs
    op = sample.owner.op
    flags = (False, *sample.broadcastable)
    rows = Op(op.name, op.impl, infer=lambda _: (sample.dtype, flags), raw=True, info=_STANDARD)
    return apply(rows, state, concatenate([stack([cast(as_variable(count), lengths.dtype)]), lengths]))


def _lengths(size: Any) -> Any:
    """A size as a list of lengths or a vector."""
    if isinstance(size, Variable):
        if size.ndim > 1:
            raise ValueError(f"the size of a random tensor is a scalar or a vector, not {size.ndim}-dimensional")
        return [size] if size.ndim == 0 else size
    lengths = list(size) if isinstance(size, (list, tuple)) else [size]
    for n in lengths:
        if not isinstance(n, Variable) and n <= 0:
            raise ValueError(f"the size of a random tensor is {tuple(lengths)}; every length must be positive")
    return lengths


__getattr__ = names.missing("theano.sandbox.rng_mrg")
