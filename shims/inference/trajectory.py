"""The tree of a multinomial NUTS trajectory, grown leaf by leaf for all chains at once.

A trajectory of ``2**depth`` states is doubled by a subtree of as many leaves at one end. The end that moves carries the
integrator; the other, ``far`` end is kept. If a new subtree goes the other way the two are exchanged. A subtree that
turns back on itself or diverges is thrown away and ends the trajectory.

References
----------
Betancourt, M. (2017). A conceptual introduction to Hamiltonian Monte Carlo. arXiv:1701.02434 (appendix A.3: multinomial
choice within a subtree, biased progressive choice between subtrees).
Phan, D., Pradhan, N. & Jankowiak, M. (2019). arXiv:1912.11554 (the tree as an iteration with checkpoints).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from pm_migrate.shims.inference.hamiltonian import DIVERGENCE, checkpoint_range, kinetic_energy, log_add_exp, turning

Tensor = Any

NOTHING = -1e12
"""Log weight of an empty subtree, and the floor of a leaf's: finite, so that infinities are never subtracted."""


class Draw(NamedTuple):
    """A state of the target: where a trajectory starts, and what it proposes."""

    position: Tensor
    gradient: Tensor
    logp: Tensor
    energy: Tensor


class End(NamedTuple):
    """One end of a trajectory."""

    position: Tensor
    momentum: Tensor
    gradient: Tensor


class Tree(NamedTuple):
    """A trajectory and the subtree that grows at its moving end.

    ``total`` and ``sub_total`` are sums of momenta. ``saved`` are the checkpoints, ``(chains, slots, 2, dim)``: a
    momentum and the sum of the subtree up to it; the last slot takes what nobody will read. Log weights are relative
    to ``start_energy``; ``log_accept`` sums the weights times the acceptance probabilities.
    """

    end: End
    far: End
    total: Tensor
    log_weight: Tensor
    log_accept: Tensor
    start_energy: Tensor
    step: Tensor
    direction: Tensor
    depth: Tensor
    leaf: Tensor
    candidate: Draw
    sub_total: Tensor
    sub_log_weight: Tensor
    sub_log_accept: Tensor
    saved: Tensor
    max_error: Tensor
    size: Tensor
    diverging: Tensor
    exhausted: Tensor


def choose(mask: Tensor, new: Any, old: Any) -> Any:
    """Chain by chain, ``new`` where ``mask`` and ``old`` elsewhere, through any structure."""

    def one(a: Tensor, b: Tensor) -> Tensor:
        return tf.where(tf.reshape(mask, mask.shape + [1] * (b.shape.rank - 1)), a, b)

    return tf.nest.map_structure(one, new, old)


def empty_tree(chains: int, dim: int, max_treedepth: int) -> Tree:
    """A tree of zeros in NumPy, which a chain overwrites when it plants its first."""
    scalar, vector = np.zeros(chains), np.zeros((chains, dim))
    integer, no = np.zeros(chains, np.int32), np.zeros(chains, bool)
    saved = np.zeros((chains, max(max_treedepth - 1, 1) + 1, 2, dim))
    end = End(vector, vector, vector)
    return Tree(
        end=end,
        far=end,
        total=vector,
        log_weight=scalar,
        log_accept=scalar,
        start_energy=scalar,
        step=scalar,
        direction=scalar,
        depth=integer,
        leaf=integer,
        candidate=Draw(vector, vector, scalar, scalar),
        sub_total=vector,
        sub_log_weight=scalar,
        sub_log_accept=scalar,
        saved=saved,
        max_error=scalar,
        size=integer,
        diverging=no,
        exhausted=no,
    )


def plant(old: Tree, draw: Draw, momentum: Tensor, inverse_mass: Tensor, step: Tensor, uniform: Tensor) -> Tree:
    """Begin a trajectory at ``draw`` with a fresh momentum; the first direction follows ``uniform``."""
    zero, none = tf.zeros_like(old.step), tf.zeros_like(old.depth)
    end = End(draw.position, momentum, draw.gradient)
    return old._replace(
        end=end,
        far=end,
        total=momentum,
        log_weight=zero,
        log_accept=zero + NOTHING,
        start_energy=kinetic_energy(momentum, inverse_mass) - draw.logp,
        step=step,
        direction=_sign(uniform),
        depth=none,
        leaf=none,
        sub_total=tf.zeros_like(momentum),
        sub_log_weight=zero + NOTHING,
        sub_log_accept=zero + NOTHING,
        max_error=zero,
        size=none,
        diverging=tf.zeros_like(old.diverging),
        exhausted=tf.zeros_like(old.exhausted),
    )


def log_weight(tree: Tree, energy: Tensor) -> Tensor:
    """Log weight of a state of the given energy in the trajectory of ``tree``; finite."""
    gain = tree.start_energy - energy
    return tf.where(gain > NOTHING, gain, tf.constant(NOTHING, gain.dtype))  # NaN too


def mean_acceptance(tree: Tree) -> Tensor:
    """Mean acceptance probability of the states of a trajectory but the first, each with its weight.

    The weights are PyMC3's choice: it is the mean over what a draw is chosen from. The target acceptance then allows
    larger steps than with the plain mean of Hoffman & Gelman (2014).
    """
    anything = tree.log_weight > 0.0  # the first state has the weight 1
    others = tf.where(anything, tree.log_weight, tf.ones_like(tree.log_weight))
    others += tf.math.log(-tf.math.expm1(-others))
    return tf.where(anything, tf.exp(tf.minimum(tree.log_accept - others, 0.0)), tf.zeros_like(others))


def grow(
    tree: Tree,
    draw: Draw,
    leaf: End,
    logp: Tensor,
    energy: Tensor,
    inverse_mass: Tensor,
    uniform: Tensor,
    max_treedepth: Tensor,
    active: Tensor,
) -> tuple[Tree, Draw, Tensor]:
    """Add one leaf to the trajectories of the chains in ``active``.

    Of the other chains, ``draw`` and the scalars of ``tree`` are kept; its vectors are lost (a chain without a
    trajectory plants a new one before it reads them), which saves writing them all twice.

    Parameters
    ----------
    tree, draw
        The trajectory and its proposal so far.
    leaf, logp, energy
        The new state at the moving end.
    inverse_mass
        Inverse mass matrix of each chain, or its diagonal.
    uniform
        Uniform deviates ``(3, chains)``: choice within the subtree, choice of the subtree, next direction.
    max_treedepth
        Doublings after which the trajectory of each chain ends.
    active
        Which chains have a trajectory.

    Returns
    -------
    (Tree, Draw, Tensor)
        The trajectory, its proposal, and whether it has come to its end.
    """
    gain = log_weight(tree, energy)
    diverging = gain < -DIVERGENCE
    sub_log_weight = log_add_exp(tree.sub_log_weight, gain)
    sub_log_accept = log_add_exp(tree.sub_log_accept, gain + tf.minimum(gain, 0.0))
    taken = tf.math.log(uniform[0]) < gain - sub_log_weight
    candidate = choose(taken, Draw(leaf.position, leaf.gradient, logp, energy), tree.candidate)

    sub_total = tree.sub_total + leaf.momentum
    first, last = checkpoint_range(tree.leaf)
    spare = tree.saved.shape[1] - 1
    place = tf.stack([tf.range(tf.size(last)), tf.where(tree.leaf % 2 == 0, last, spare)], axis=1)
    # written first: checkpoints that were read before they are written would be copied, all of them, at each leaf
    saved = tf.tensor_scatter_nd_update(tree.saved, place, tf.stack([leaf.momentum, sub_total], axis=1))
    turned = _turns_within(saved, leaf.momentum, sub_total, inverse_mass, first, tf.where(active, last, -1))

    full = tree.leaf + 1 == tf.bitwise.left_shift(tf.ones_like(tree.depth), tree.depth)
    merged = active & full & ~diverging & ~turned
    draw = choose(merged & (tf.math.log(uniform[1]) < sub_log_weight - tree.log_weight), candidate, draw)
    total = tf.where(merged[:, None], tree.total + sub_total, tree.total)
    turned = turned | (merged & turning(tree.far.momentum, leaf.momentum, total, inverse_mass))
    depth = tree.depth + tf.cast(full | diverging | turned, tf.int32)
    exhausted = merged & ~turned & (depth >= max_treedepth)

    direction = _sign(uniform[2])
    swapped = merged & (direction != tree.direction)
    error = energy - tree.start_energy
    nothing = tf.constant(NOTHING, gain.dtype)
    scalars = {
        "log_weight": tf.where(merged, log_add_exp(tree.log_weight, sub_log_weight), tree.log_weight),
        "log_accept": tf.where(merged, log_add_exp(tree.log_accept, sub_log_accept), tree.log_accept),
        "direction": tf.where(merged, direction, tree.direction),
        "depth": depth,
        "leaf": tf.where(merged, 0, tree.leaf + 1),
        "sub_log_weight": tf.where(merged, nothing, sub_log_weight),
        "sub_log_accept": tf.where(merged, nothing, sub_log_accept),
        "max_error": tf.where(tf.abs(error) > tf.abs(tree.max_error), error, tree.max_error),
        "size": tree.size + 1,
        "diverging": diverging,
        "exhausted": exhausted,
    }
    grown = tree._replace(
        end=choose(swapped, tree.far, leaf),
        far=choose(swapped, leaf, tree.far),
        total=total,
        candidate=candidate,
        sub_total=tf.where(merged[:, None], tf.zeros_like(sub_total), sub_total),
        saved=saved,
        **{name: tf.where(active, value, getattr(tree, name)) for name, value in scalars.items()},
    )
    return grown, draw, active & (diverging | turned | exhausted)


def _turns_within(
    saved: Tensor, momentum: Tensor, total: Tensor, inverse_mass: Tensor, first: Tensor, last: Tensor
) -> Tensor:
    """Whether a balanced subtree that ends at the newest leaf turns: compare with checkpoints ``last`` to ``first``."""

    def going(slot: Tensor, turned: Tensor) -> Tensor:
        return tf.reduce_any((slot >= first) & ~turned)

    def check(slot: Tensor, turned: Tensor) -> tuple[Tensor, Tensor]:
        there = tf.gather(saved, tf.maximum(slot, 0), axis=1, batch_dims=1)
        start, before = there[:, 0], there[:, 1]
        turns = turning(start, momentum, total - before + start, inverse_mass)
        return slot - 1, turned | (turns & (slot >= first))

    # a leaf closes one subtree on average: a loop over those is cheaper than all slots at once
    no = tf.zeros_like(first, tf.bool)
    return tf.while_loop(going, check, (last, no), parallel_iterations=1)[1]


def _sign(uniform: Tensor) -> Tensor:
    return tf.where(uniform < 0.5, tf.constant(-1.0, uniform.dtype), tf.constant(1.0, uniform.dtype))
