"""Batches over a density of one draw.

The density knows one draw; chains and recorded draws are batches of them. ``tf.vectorized_map`` turns the one into
the other. Two known weaknesses are dodged here: a batch of one goes unbatched (tensorflow/probability issue 1071), and
a function that cannot be vectorised is mapped one element at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from pm_migrate.shims.density import LogDensity, ValueVariable

Tensor = Any

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
