"""Proposals of random-walk steps for discrete variables: ``new_state_fn=`` of :class:`RandomWalkM`.

Each is symmetric, as Metropolis steps ask. An instance is called without arguments for the function that
``tfp.mcmc.RandomWalkMetropolis`` takes, as in PyMC4; the steps of this package take the instance too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any

__all__ = ["bernoulli_fn", "categorical_uniform_fn", "gaussian_round_fn"]


class Proposal:
    """A proposal for discrete variables.

    Parameters
    ----------
    name
        Name of its operations in a graph. Proposals of equal names and parameters are equal.
    """

    _name = "proposal"

    def __init__(self, name: str | None = None) -> None:
        if name:
            self._name = name

    def __call__(self) -> Any:
        """The function of TensorFlow Probability: ``(state parts, seed) -> new state parts``."""
        return self._fn

    def _fn(self, state_parts: Sequence[Tensor], seed: Any) -> list[Tensor]:
        """New states, each of the shape and dtype of its part.

        Parameters
        ----------
        state_parts
            Tensors of any shape, of integers or of floats that hold them.
        seed
            A stateless seed of shape ``(2,)``, which is split over the parts; an integer or None for a stateful one.
        """
        with tf.name_scope(self._name):
            return [
                self._propose(tf.convert_to_tensor(part), own, i)
                for i, (part, own) in enumerate(zip(state_parts, _split(seed, len(state_parts)), strict=True))
            ]

    def _propose(self, part: Tensor, seed: Any, number: int) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} does not say what it proposes")

    def draw(self, state: np.ndarray, number: int = 0) -> np.ndarray:
        """A proposal for part ``number`` of a state, from NumPy's global state: what the steps of this package call."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it proposes")

    @property
    def _parameters(self) -> tuple[Any, ...]:
        return ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proposal) and (self._name, *self._parameters) == (other._name, *other._parameters)

    def __hash__(self) -> int:
        return hash(self._name)


class CategoricalUniformFn(Proposal):
    """Any of the classes ``0 ... classes - 1``, all with the same probability, whatever the state is.

    Parameters
    ----------
    classes
        Number of classes.
    name
        See :class:`Proposal`.

    Examples
    --------
    >>> fn = CategoricalUniformFn(classes=3)
    >>> set(fn.draw(np.zeros(100, int)).tolist()) == {0, 1, 2}
    True
    """

    _name = "categorical_uniform_fn"

    def __init__(self, classes: int, name: str | None = None) -> None:
        super().__init__(name)
        self.classes = classes

    def _propose(self, part: Tensor, seed: Any, number: int) -> Tensor:
        return tf.cast(tf.floor(self.classes * _uniform(part, seed)), part.dtype)

    def draw(self, state: np.ndarray, number: int = 0) -> np.ndarray:
        return np.random.randint(self.classes, size=state.shape).astype(state.dtype)

    @property
    def _parameters(self) -> tuple[Any, ...]:
        return (self.classes,)


class BernoulliFn(Proposal):
    """Each element is flipped between 0 and 1 with probability 0.5."""

    _name = "bernoulli_fn"

    def _propose(self, part: Tensor, seed: Any, number: int) -> Tensor:
        flips = tf.cast(_uniform(part, seed) < 0.5, part.dtype)
        return (part + flips) % tf.constant(2, part.dtype)

    def draw(self, state: np.ndarray, number: int = 0) -> np.ndarray:
        flips = np.random.randint(2, size=state.shape).astype(state.dtype)
        return np.asarray((state + flips) % 2)


class GaussianRoundFn(Proposal):
    """A normal move, rounded.

    Parameters
    ----------
    scale
        Standard deviation of the move, or a list of them, one for each part of a state. PyMC4 took it and moved by a
        standard deviation of 1 whatever it was.
    name
        See :class:`Proposal`.

    Raises
    ------
    ValueError
        When a list of scales is called with another number of parts.
    """

    _name = "gaussian_round_fn"

    def __init__(self, scale: Any = 1.0, name: str | None = None) -> None:
        super().__init__(name)
        self.scale = scale

    def _fn(self, state_parts: Sequence[Tensor], seed: Any) -> list[Tensor]:
        if isinstance(self.scale, (list, tuple)) and len(self.scale) not in (1, len(state_parts)):
            raise ValueError(f"`scale` must broadcast with `state_parts`: {len(self.scale)}, {len(state_parts)}")
        return super()._fn(state_parts, seed)

    def _propose(self, part: Tensor, seed: Any, number: int) -> Tensor:
        shape = tf.shape(part)
        stateless = _is_stateless(seed)
        draw = tf.random.stateless_normal if stateless else tf.random.normal
        move = draw(shape, seed=seed, dtype=tf.float64) * tf.cast(self._scale(number), tf.float64)
        return part + tf.cast(tf.round(move), part.dtype)

    def draw(self, state: np.ndarray, number: int = 0) -> np.ndarray:
        move = np.random.normal(size=state.shape) * np.asarray(self._scale(number), float)
        return np.asarray(state + np.round(move).astype(state.dtype))

    def _scale(self, number: int) -> Any:
        if not isinstance(self.scale, (list, tuple)):
            return self.scale
        return self.scale[number if len(self.scale) > 1 else 0]

    @property
    def _parameters(self) -> tuple[Any, ...]:
        return (str(self.scale),)


def _is_stateless(seed: Any) -> bool:
    return seed is not None and not isinstance(seed, int)


def _split(seed: Any, count: int) -> list[Any]:
    if not _is_stateless(seed):
        return [seed] * count
    return list(tf.unstack(tf.random.experimental.stateless_split(seed, count)))


def _uniform(part: Tensor, seed: Any) -> Tensor:
    draw = tf.random.stateless_uniform if _is_stateless(seed) else tf.random.uniform
    return draw(tf.shape(part), seed=seed, dtype=tf.float64)


# PyMC4's names: the classes are called like functions
categorical_uniform_fn = CategoricalUniformFn
bernoulli_fn = BernoulliFn
gaussian_round_fn = GaussianRoundFn
