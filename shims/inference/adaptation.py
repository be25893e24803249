"""Warm-up: the step size, the mass matrix, and the windows in which it is learnt.

Everything carries a leading chain axis: chains adapt on their own.

References
----------
Hoffman, M. D. & Gelman, A. (2014). The No-U-Turn Sampler. JMLR 15, 1593-1623 (section 3.2, algorithm 6).
Stan Development Team. Stan Reference Manual, "HMC algorithm parameters": the form of the warm-up windows and the
shrinkage of the sample variances.
Welford, B. P. (1962). Note on a method for calculating corrected sums of squares and products. Technometrics 4.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
import tensorflow as tf

Tensor = Any

GAMMA, KAPPA, OFFSET = 0.05, 0.75, 10.0  # Hoffman & Gelman (2014), section 3.2.1
SEARCH_THRESHOLD = math.log(0.8)  # the one-step acceptance probability that the search looks for
LOG_2, LOG_10 = math.log(2.0), math.log(10.0)
SEARCH_TRIES = 60  # doublings or halvings; 2**60 spans more than any usable step size
EARLY_DRAWS, EARLY_TREEDEPTH = 200, 8  # as PyMC3: before the mass matrix is known, deep trees cost and teach little


class StepSize(NamedTuple):
    """Dual averaging of the log step size, one value per chain."""

    log_step: Tensor
    log_mean: Tensor
    error: Tensor
    count: Tensor
    anchor: Tensor


def restart(log_step: Tensor) -> StepSize:
    """Begin averaging at ``log_step``, drawn towards ten times the step."""
    zero = tf.zeros_like(log_step)
    return StepSize(log_step, log_step, zero, zero, log_step + LOG_10)


def average(state: StepSize, acceptance: Tensor, target: Tensor) -> StepSize:
    """One update of dual averaging with the acceptance statistic of a draw."""
    count = state.count + 1.0
    weight = 1.0 / (count + OFFSET)
    error = (1.0 - weight) * state.error + weight * (target - acceptance)
    log_step = state.anchor - tf.sqrt(count) / GAMMA * error
    decay = count**-KAPPA
    return StepSize(log_step, decay * log_step + (1.0 - decay) * state.log_mean, error, count, state.anchor)


class Search(NamedTuple):
    """The search for a first step size: which way it goes (0 before it is known), and its tries."""

    direction: Tensor
    tries: Tensor


def search(state: Search, step: StepSize, gain: Tensor) -> tuple[Search, StepSize, Tensor]:
    """Judge one leapfrog step: double or halve the step size until the acceptance probability crosses 0.8.

    Parameters
    ----------
    state, step
        Search and step size of each chain.
    gain
        Log acceptance ratio of a single leapfrog step of the present size.

    Returns
    -------
    (Search, StepSize, Tensor)
        The next state, the next step size to try, and whether the search is over (then with averaging begun at the
        step size found).
    """
    wanted = tf.where(gain > SEARCH_THRESHOLD, tf.ones_like(gain), -tf.ones_like(gain))
    direction = tf.where(state.tries == 0, wanted, state.direction)
    over = (wanted != direction) | (state.tries >= SEARCH_TRIES)
    log_step = tf.where(over, step.log_step, step.log_step + direction * LOG_2)
    following = restart(log_step)
    tries = tf.where(over, tf.zeros_like(state.tries), state.tries + 1)
    return Search(direction, tries), following, over


class Moments(NamedTuple):
    """Running count, mean and sum of squared deviations."""

    count: Tensor
    mean: Tensor
    squares: Tensor


def no_moments(like: Tensor) -> Moments:
    """Moments of no draws, for draws of the shape ``(chains, dim)`` of ``like``."""
    return Moments(tf.zeros_like(like[:, 0]), tf.zeros_like(like), tf.zeros_like(like))


def add_draw(state: Moments, draw: Tensor) -> Moments:
    """Welford's update with one draw per chain."""
    count = state.count + 1.0
    off = draw - state.mean
    mean = state.mean + off / count[:, None]
    return Moments(count, mean, state.squares + off * (draw - mean))


def shrunk_variance(state: Moments) -> Tensor:
    """Sample variance, drawn towards 0.001 with the weight of five draws (as Stan)."""
    count = state.count[:, None]
    variance = state.squares / tf.maximum(count - 1.0, 1.0)
    return (count * variance + 5.0 * 1e-3) / (count + 5.0)


def shrunk_covariance(draws: np.ndarray) -> np.ndarray:
    """Sample covariance of draws ``(n, dim)``, drawn towards 0.001 times the identity with the weight of five draws."""
    count, dim = draws.shape
    covariance = np.atleast_2d(np.cov(draws, rowvar=False)) if count > 1 else np.zeros((dim, dim))
    return (count * covariance + 5.0 * 1e-3 * np.eye(dim)) / (count + 5.0)


def mass_root(inverse_mass: np.ndarray) -> np.ndarray:
    """A matrix ``R`` with ``R R'`` the mass matrix: ``R z`` of standard normals ``z`` is a momentum."""
    lower = np.linalg.cholesky(inverse_mass)
    return scipy.linalg.solve_triangular(lower, np.eye(len(lower)), lower=True).T


class Schedule(NamedTuple):
    """When the mass matrix is learnt: draws ``first <= draw < last``, the first window ending with draw ``end``."""

    first: Any
    last: Any
    end: Any
    size: Any


def schedule(tune: int) -> Schedule:
    """Warm-up windows for ``tune`` draws, of Stan's form.

    30 draws to reach the bulk of the target, then windows of 20, 40, 80 ... draws after each of which the metric is
    renewed (the last is stretched to fill the room), then 50 draws for the final step size. The beginning is shorter
    than Stan's 75 and 25: trajectories in the metric of the start are the longest of the whole run. Scaled down (15 %,
    75 %, 10 %) below 100 draws; below 20 the metric is left alone.
    """
    if tune < 20:
        return Schedule(tune, tune, -1, 0)
    first, tail, size = 30, 50, 20
    if first + tail + size > tune:
        first, tail = int(0.15 * tune), int(0.1 * tune)
        size = tune - first - tail
    return Schedule(first, tune - tail, first + size - 1, size)


class Window(NamedTuple):
    """The current window per chain: its length and the draw that ends it."""

    size: Tensor
    end: Tensor


def next_window(window: Window, plan: Schedule) -> Window:
    """The window after ``window``: twice as long, or stretched to the end if another would not fit behind it."""
    size = 2 * window.size
    end = window.end + size
    return Window(size, tf.where(end + 2 * size >= plan.last, plan.last - 1, end))
