"""Random numbers of the compiled loops: one key per run, one counter per turn and purpose.

The ops below the public ``tf.random.stateless_*`` are used, which would first scramble a seed into key and counter: a
few hundred instructions that are compiled anew at each site.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any

PHILOX = 1
PURPOSES = 4


def resolve_seed(seed: int | Sequence[int] | None) -> int:
    """A non-negative 63-bit key from what a user calls a seed.

    An integer or a sequence of integers (one per chain, say) is hashed; None draws from NumPy's global state, so that
    ``np.random.seed`` makes a program reproducible, as with PyMC3.
    """
    if seed is None:
        seed = int(np.random.randint(2**31 - 1))
    words = [int(s) % 2**32 for s in np.atleast_1d(np.asarray(seed, dtype=object))]
    return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0] >> np.uint64(1))


def uniform(shape: Sequence[int], key: Tensor, turn: Tensor, purpose: int) -> Tensor:
    """Uniform deviates in ``[0, 1)`` for one turn and purpose, float64."""
    draw = tf.raw_ops.StatelessRandomUniformV2
    return draw(shape=shape, key=_key(key), counter=_counter(turn, purpose), alg=PHILOX, dtype=tf.float64)


def normal(shape: Sequence[int], key: Tensor, turn: Tensor, purpose: int) -> Tensor:
    """Standard normal deviates for one turn and purpose, float64."""
    draw = tf.raw_ops.StatelessRandomNormalV2
    return draw(shape=shape, key=_key(key), counter=_counter(turn, purpose), alg=PHILOX, dtype=tf.float64)


def _key(key: Tensor) -> Tensor:
    return tf.reshape(tf.cast(key, tf.uint64), [1])


def _counter(turn: Tensor, purpose: int) -> Tensor:
    # the low word counts within one call
    return tf.stack([tf.zeros((), tf.uint64), tf.cast(PURPOSES * turn + purpose, tf.uint64)])
