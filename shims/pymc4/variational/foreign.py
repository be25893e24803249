"""Fits by optimisers of TensorFlow and Keras: steps one by one, the gradients from the compiled objective."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pm_migrate.shims.theano import function
from pm_migrate.shims.variational.inference import Inference
from pm_migrate.shims.variational.updates import get_or_compute_grads


def is_foreign(optimizer: Any) -> bool:
    """Whether an optimiser is not one of the drop-in's."""
    return hasattr(optimizer, "apply_gradients")


class ForeignSteps:
    """The fit of an inference, with steps of another optimiser.

    Parameters
    ----------
    inference
        The inference.
    optimizer
        An object with ``apply_gradients``: an optimiser of Keras, or of ``tf.compat.v1.train``.
    """

    def __init__(self, inference: Inference, optimizer: Any) -> None:
        self._inference = inference
        self._optimizer = optimizer

    def fit(self, n: int, *, obj_n_mc: int, obj_optimizer: Any, **options: Any) -> None:
        """As :meth:`Inference.fit`; ``obj_optimizer`` is the one that was given already."""
        self._inference.fit(n, step=self._step(obj_n_mc), **options)

    def _step(self, samples: int) -> Any:
        objective = self._inference.objective
        params = self._inference.approx.params
        loss = objective(samples, more_obj_params=[], more_replacements={})
        both = function([], [loss, *get_or_compute_grads(loss, params)])
        variables = [tf.Variable(p.get_value(), name=p.name) for p in params]

        def step() -> Any:
            value, *gradients = both()
            for variable, param in zip(variables, params, strict=True):
                variable.assign(param.get_value())
            self._optimizer.apply_gradients(
                [(tf.constant(g), variable) for g, variable in zip(gradients, variables, strict=True)]
            )
            for variable, param in zip(variables, params, strict=True):
                param.set_value(variable.numpy())
            return value

        return step
