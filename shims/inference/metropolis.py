"""Discrete variables: a sweep of Metropolis steps, one proposal at a time.

An ``integer`` variable moves as a whole by a rounded normal step whose scale is tuned (as PyMC3's ``Metropolis``); a
``binary`` or ``categorical`` variable moves element by element to another category, chosen uniformly (as PyMC3's
``BinaryGibbsMetropolis`` and ``CategoricalGibbsMetropolis``). All proposals are symmetric. The evaluation of the
density is left to the caller, who has one site for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import ValueVariable

Tensor = Any

TUNE_INTERVAL = 100
FLIP = float(np.log(0.8))
"""Log probability of trying a flip at all. An element with two categories and no other option would flip at every
sweep where the density is flat: two such elements would move in step for ever. PyMC3 uses 0.8 too."""


class Sweep(NamedTuple):
    """Where each chain is in its sweep, and the tuning and the last step of each of the integer variables."""

    index: Tensor
    accepted: Tensor
    scale: Tensor
    hits: Tensor
    ratio: Tensor
    moved: Tensor


class Plan:
    """The proposals of a sweep over discrete variables, as tables indexed by step.

    Parameters
    ----------
    variables
        The discrete value variables; their values lie one after another in a flat vector.
    """

    def __init__(self, variables: Sequence[ValueVariable]) -> None:
        starts, stops, tuned, categories, owners = [], [], [], [], []
        self.integers = [v for v in variables if v.kind == "integer" and v.size]
        offset = 0
        for v in variables:
            if v.kind == "integer" and v.size:
                number = self.integers.index(v)
                steps = [(offset, offset + v.size, number)]
            else:
                number = -1
                steps = [(i, i + 1, -1) for i in range(offset, offset + v.size)]
            for start, stop, owner in steps:
                starts.append(start)
                stops.append(stop)
                tuned.append(owner)
            owners += [max(number, 0)] * v.size
            categories += [v.categories or 2] * v.size
            offset += v.size
        self.size = offset
        self.steps = len(starts)
        self._starts, self._stops = np.array(starts, np.int32), np.array(stops, np.int32)
        self._tuned = np.array(tuned, np.int32)
        self._owners, self._categories = np.array(owners, np.int32), np.array(categories, np.int64)

    def initial(self, chains: int) -> Sweep:
        """The state before the first sweep: unit scales."""
        integers = len(self.integers)
        zero, none = np.zeros(chains), np.zeros((chains, integers))
        return Sweep(zero.astype(np.int32), zero, np.ones((chains, integers)), none, none, none)

    def propose(self, sweep: Sweep, counts: Tensor, normal: Tensor, uniform: Tensor) -> Tensor:
        """Propose discrete values for the current step.

        Parameters
        ----------
        sweep
            State of the chains.
        counts
            Current values, ``(chains, size)``, integers.
        normal
            Standard normal deviates, ``(chains, size)``.
        uniform
            Uniform deviates, ``(chains,)``.
        """
        place = tf.range(self.size)
        moved = (place >= tf.gather(self._starts, sweep.index)[:, None]) & (
            place < tf.gather(self._stops, sweep.index)[:, None]
        )
        categories = tf.constant(self._categories)
        others = tf.cast(uniform[:, None] * tf.cast(categories - 1, tf.float64), tf.int64)
        proposed = (counts + 1 + others) % categories
        if self.integers:
            jump = tf.round(normal * tf.gather(sweep.scale, self._owners, axis=1))
            walks = tf.gather(self._tuned, sweep.index)[:, None] >= 0
            proposed = tf.where(walks, counts + tf.cast(jump, tf.int64), proposed)
        return tf.where(moved, proposed, counts)

    def log_attempt(self, sweep: Sweep) -> Tensor:
        """Log probability that the current step is attempted at all."""
        flips = (self._tuned < 0) & (np.append(self._categories, 0)[self._starts] == 2)
        return tf.gather(np.where(flips, FLIP, 0.0), sweep.index)

    def advance(
        self, sweep: Sweep, active: Tensor, accepted: Tensor, retune: Tensor, difference: Tensor
    ) -> tuple[Sweep, Tensor]:
        """Move to the next step where ``active``; returns the state and which chains completed their sweep.

        Parameters
        ----------
        sweep
            State of the chains.
        active
            Which chains made a step.
        accepted
            Which of them moved.
        retune
            Which chains renew their scales if they complete the sweep.
        difference
            How much the log density differs from that before the step.
        """
        made = tf.cast(active & accepted, tf.float64)
        complete = active & (sweep.index == self.steps - 1)
        index = tf.where(complete, 0, sweep.index + tf.cast(active, tf.int32))
        hits, scale, ratio, moved = sweep.hits, sweep.scale, sweep.ratio, sweep.moved
        if self.integers:
            owner = tf.one_hot(tf.gather(self._tuned, sweep.index), len(self.integers), dtype=tf.float64)
            hits = hits + made[:, None] * owner
            own = active[:, None] & (owner > 0)
            ratio = tf.where(own, tf.exp(difference)[:, None], ratio)
            moved = tf.where(own, made[:, None], moved)
            due = (complete & retune)[:, None]
            scale = tf.where(due, scale * tuning_factor(hits / TUNE_INTERVAL), scale)
            hits = tf.where(due, tf.zeros_like(hits), hits)
        moves = made + tf.where(sweep.index == 0, tf.zeros_like(made), sweep.accepted)
        return Sweep(index, tf.where(active, moves, sweep.accepted), scale, hits, ratio, moved), complete


def tuning_factor(rate: Tensor) -> Tensor:
    """Factor on a proposal's scale for an acceptance rate, with PyMC3's thresholds."""
    factor = tf.ones_like(rate)
    for above, value in ((0.5, 1.1), (0.75, 2.0), (0.95, 10.0)):
        factor = tf.where(rate > above, tf.constant(value, rate.dtype), factor)
    for below, value in ((0.2, 0.9), (0.05, 0.5), (0.001, 0.1)):
        factor = tf.where(rate < below, tf.constant(value, rate.dtype), factor)
    return factor
