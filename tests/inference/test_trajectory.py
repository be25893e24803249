"""The iterative tree against a recursion written from the definition, and the U-turn criterion by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from pm_migrate.shims.inference import hamiltonian, trajectory


def open_subtrees(leaf: int) -> list[int]:
    """First leaves of the balanced subtrees of two leaves or more that end at ``leaf``."""
    return [leaf - size + 1 for size in (2, 4, 8, 16, 32, 64) if (leaf + 1) % size == 0]


def test_checkpoints_hold_the_first_leaf_of_every_subtree_that_a_leaf_closes():
    slots: dict[int, int] = {}
    for leaf in range(64):
        first, last = (int(x) for x in hamiltonian.checkpoint_range(tf.constant(leaf)))
        compared = [slots[slot] for slot in range(last, first - 1, -1)]
        assert compared == open_subtrees(leaf)
        if leaf % 2 == 0:
            slots[last] = leaf


def test_turning_needs_both_ends_to_go_on():
    ahead, back, mass = tf.constant([[1.0, 0.0]]), tf.constant([[-1.0, 0.0]]), tf.constant([[1.0, 1.0]])
    assert not bool(hamiltonian.turning(ahead, ahead, 3 * ahead, mass)[0])
    assert bool(hamiltonian.turning(ahead, back, 3 * ahead, mass)[0])
    assert bool(hamiltonian.turning(back, ahead, 3 * ahead, mass)[0])


def test_turning_weighs_by_the_inverse_mass():
    one, other = tf.constant([[1.0, -1.0]]), tf.constant([[1.0, 1.0]])
    total = tf.constant([[0.0, 5.0]]) + 0.5 * (one + other)
    assert bool(hamiltonian.turning(one, other, total, tf.constant([[1.0, 1.0]]))[0])
    assert bool(hamiltonian.turning(one, other, total + tf.constant([[20.0, 0.0]]), tf.constant([[0.1, 1.0]]))[0])
    assert not bool(hamiltonian.turning(one, other, total + tf.constant([[20.0, 0.0]]), tf.constant([[1.0, 1.0]]))[0])


def turns_recursively(momenta: np.ndarray) -> bool:
    """Whether a balanced subtree of these momenta, or any balanced subtree in it, turns."""
    if len(momenta) == 1:
        return False
    half = len(momenta) // 2
    if turns_recursively(momenta[:half]) or turns_recursively(momenta[half:]):
        return True
    rho = momenta.sum(axis=0) - (momenta[0] + momenta[-1]) / 2
    return bool(momenta[0] @ rho <= 0 or momenta[-1] @ rho <= 0)


@pytest.mark.parametrize("seed", range(8))
def test_iterative_checks_find_what_the_recursion_finds(seed):
    rng = np.random.default_rng(seed)
    chains, depth, dim = 50, 4, 3
    drift = rng.normal(size=(chains, 1, dim)) * rng.uniform(0.5, 4, size=(chains, 1, 1))
    momenta = drift + rng.normal(size=(chains, 2**depth, dim))
    mass = tf.ones((chains, dim), tf.float64)
    saved = tf.zeros((chains, depth + 1, 2, dim), tf.float64)
    total = tf.zeros((chains, dim), tf.float64)
    turned = np.zeros(chains, bool)
    for leaf in range(2**depth):
        momentum = tf.constant(momenta[:, leaf])
        total += momentum
        first, last = hamiltonian.checkpoint_range(tf.fill([chains], leaf))
        turned |= trajectory._turns_within(saved, momentum, total, mass, first, last).numpy()
        if leaf % 2 == 0:
            place = tf.stack([tf.range(chains), last], axis=1)
            saved = tf.tensor_scatter_nd_update(saved, place, tf.stack([momentum, total], axis=1))
    expected = np.array([turns_recursively(m) for m in momenta])
    assert 5 < expected.sum() < 45
    np.testing.assert_array_equal(turned, expected)
