"""Batches over a density of one draw.

The density knows one draw; chains and recorded draws are batches of them. ``tf.vectorized_map`` turns the one into
the other. Two known weaknesses are dodged here: a batch of one goes unbatched (tensorflow/probability issue 1071), and
a function that cannot be vectorised is mapped one element at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import LogDensity, ValueVariable

Tensor = Any

CHUNK = 1024  # draws
CHUNK_SCALARS = 2**22  # that one chunk may return: 32 MiB

_log = logging.getLogger("pm_migrate")


def over_batch(function: Callable[[Any], Any], elements: Any, size: int) -> Any:
    """Apply ``function`` to each slice of ``elements`` along their first axis, which has ``size`` entries.

    Parameters
    ----------
    function
        Takes and returns structures of tensors, one element at a time.
    elements
        Structure of tensors that share a first axis.
    size
        The static length of that axis.
    """
    if size == 1:
        one = function(tf.nest.map_structure(lambda x: x[0], elements))
        return tf.nest.map_structure(lambda x: x[None], one)
    try:
        return tf.vectorized_map(function, elements, fallback_to_while_loop=True, warn=False)
    except Exception as error:  # whatever the vectoriser throws: it is not the model's fault
        _log.warning("The model could not be vectorised (%s); evaluating draw by draw.", _first_line(error))
        one = function(tf.nest.map_structure(lambda x: x[0], elements))
        signature = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), one)
        return tf.map_fn(function, elements, fn_output_signature=signature)


def in_chunks(
    program_for: Callable[[int], Callable[..., Any]], one: Mapping[str, Any], elements: Any, total: int
) -> dict[str, np.ndarray]:
    """Run a batched program over many draws, a bounded number of them at a time.

    Parameters
    ----------
    program_for
        Gives the program for a batch of a given size; it maps ``elements`` to a dict of tensors.
    one
        What the program gives for one draw: only the shapes matter.
    elements
        Structure of arrays with a leading axis of length ``total``, at least 1.
    total
        Number of draws.

    Returns
    -------
    dict
        Name to array ``(total, *shape)``.
    """
    scalars = max(sum(np.size(x) for x in one.values()), 1)
    most = max(min(CHUNK, CHUNK_SCALARS // scalars, total), 1)
    size = 2 ** (most.bit_length() - 1)  # a power of two, so that few programs are built
    program = program_for(size)
    parts = []
    for begin in range(0, total, size):
        missing = max(begin + size - total, 0)

        def take(x: np.ndarray, begin: int = begin, missing: int = missing) -> np.ndarray:
            piece = x[begin : begin + size]
            return np.concatenate([piece, np.repeat(piece[-1:], missing, axis=0)]) if missing else piece

        drawn = program(tf.nest.map_structure(take, elements))
        parts.append({name: x.numpy()[: size - missing] for name, x in drawn.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def split(flat: Tensor, variables: Sequence[ValueVariable]) -> dict[str, Tensor]:
    """Cut a flat vector (one draw) into the variables' shapes and dtypes."""
    if not variables:
        return {}
    parts = tf.split(flat, [v.size for v in variables])
    return {v.name: tf.cast(tf.reshape(p, v.shape), v.dtype) for v, p in zip(variables, parts, strict=True)}


def value_and_gradient(density: LogDensity, size: int) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The density of a batch of ``size`` draws and its gradient.

    Returns
    -------
    callable
        ``(flat, counts) -> (logp, gradient)`` for the continuous values ``flat`` of shape ``(size, dim)`` and the
        discrete values ``counts`` of shape ``(size, number)``. The gradient is taken inside the mapped function:
        what the vectoriser can only run as a loop need not be differentiated as a loop.
    """

    def one(draw: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        flat, counts = draw
        with tf.GradientTape() as tape:
            tape.watch(flat)
            values: Mapping[str, Tensor] = {
                **split(flat, density.continuous),
                **split(counts, density.discrete),
            }
            logp = tf.cast(density.logp(values), tf.float64)
        return logp, tape.gradient(logp, flat, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return lambda flat, counts: over_batch(one, (flat, counts), size)


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
