"""The geometry of a trajectory: energies, the U-turn criterion and its checkpoints.

Everything here acts on a leading chain axis and is traceable.

References
----------
Betancourt, M. (2017). A conceptual introduction to Hamiltonian Monte Carlo. arXiv:1701.02434 (appendix A.4).
Phan, D., Pradhan, N. & Jankowiak, M. (2019). Composable effects for flexible and accelerated probabilistic
programming in NumPyro. arXiv:1912.11554 (section 3.1: the iterative tree).
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any

DIVERGENCE = 1000.0
"""Energy error beyond which a trajectory counts as divergent."""


def velocity(momentum: Tensor, inverse_mass: Tensor) -> Tensor:
    """``M^-1 p`` of each chain, for the diagonals ``(chains, dim)`` or the matrices ``(chains, dim, dim)``."""
    if inverse_mass.shape.rank == momentum.shape.rank:
        return inverse_mass * momentum
    return tf.linalg.matvec(inverse_mass, momentum)


def kinetic_energy(momentum: Tensor, inverse_mass: Tensor) -> Tensor:
    """Kinetic energy ``p' M^-1 p / 2``; the last axis is summed."""
    return 0.5 * tf.reduce_sum(momentum * velocity(momentum, inverse_mass), axis=-1)


def turning(one: Tensor, other: Tensor, total: Tensor, inverse_mass: Tensor) -> Tensor:
    """Whether a stretch of trajectory turns back on itself.

    The generalised criterion of Betancourt (2017): with ``rho`` the sum of the momenta along the stretch and
    ``v = M^-1 p`` the velocity at an end, the stretch goes on as long as ``v . rho > 0`` at both ends. Half of each
    end's momentum is taken off the sum, which makes it the trapezoid rule for the integral of the momentum: the plain
    sum counts the ends in full and, on nearly independent targets, can step over a whole period.

    Parameters
    ----------
    one, other
        Momenta at the two ends, in forward time; which is which does not matter.
    total
        Sum of the momenta of all states of the stretch, both ends included.
    inverse_mass
        Inverse mass matrix, or its diagonal.
    """
    rho = total - 0.5 * (one + other)
    weighted = velocity(rho, inverse_mass)
    return (tf.reduce_sum(one * weighted, axis=-1) <= 0) | (tf.reduce_sum(other * weighted, axis=-1) <= 0)


def checkpoint_range(leaf: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first and the last checkpoint that leaf ``leaf`` (from 0) of a subtree is compared with.

    A balanced subtree that ends at an odd leaf ``n`` began at an even leaf, and each even leaf ``m`` keeps its
    momentum in slot ``popcount(m // 2)``: the slots of the subtrees that are still open when ``n`` arrives. Leaf ``n``
    closes as many of them as it has trailing ones. For an even leaf, which closes none, the range is empty and its
    end is the slot to write.
    """
    last = _popcount(leaf // 2)
    closes = _popcount(tf.bitwise.bitwise_xor(leaf, leaf + 1)) - 1
    return last - closes + 1, last


def _popcount(number: Tensor) -> Tensor:
    return tf.cast(tf.raw_ops.PopulationCount(x=number), tf.int32)


def log_add_exp(a: Tensor, b: Tensor) -> Tensor:
    """``log(exp(a) + exp(b))`` of finite arguments."""
    high = tf.maximum(a, b)
    return high + tf.math.log1p(tf.exp(-tf.abs(a - b)))
