"""What watches a fit, or ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow_probability.python.optimizer.convergence_criteria import convergence_criterion

from pm_migrate.shims.variational.callbacks import Tracker, absolute, relative

__all__ = ["CheckParametersConvergence", "Tracker"]

_CHANGES: dict[str, Callable[..., Any]] = {"relative": relative, "absolute": absolute}


class ParameterState(NamedTuple):
    """The parameters at the last look."""

    previous_value: Any


class CheckParametersConvergence(convergence_criterion.ConvergenceCriterion):
    """Ends a fit when the parameters of the approximation stay where they are.

    Parameters
    ----------
    every
        Number of iterations between two looks.
    tolerance
        The fit ends when the norm of the change is below it.
    diff
        ``relative`` or ``absolute`` change.
    ord
        Of the norm, as for ``np.linalg.norm``.
    min_num_steps
        Number of iterations before the first end.
    name
        Has no effect.

    Examples
    --------
    ``pm.fit(model, convergence_criterion=CheckParametersConvergence(every=50))``
    """

    def __init__(
        self,
        every: int = 100,
        tolerance: float = 1e-3,
        diff: str = "relative",
        ord: Any = np.inf,
        min_num_steps: int = 20,
        name: str | None = None,
    ) -> None:
        self.every = every
        self.tolerance = tolerance
        self.diff = _CHANGES[diff]
        self.ord = ord
        super().__init__(min_num_steps=min_num_steps, name=name or "ParameterConvergence")

    @staticmethod
    def flatten_params(params: Sequence[Any]) -> Any:
        """Parameters in one vector."""
        return tf.concat([tf.reshape(p, [-1]) for p in params], axis=0)

    def _bootstrap(self, loss: Any, grads: Any, parameters: Sequence[Any]) -> ParameterState:
        return ParameterState(self.flatten_params(parameters))

    def _one_step(self, step: Any, loss: Any, grads: Any, parameters: Sequence[Any], auxiliary_state: Any) -> Any:
        if int(step) % self.every:
            return False, auxiliary_state
        current = self.flatten_params(parameters)
        change = np.linalg.norm(self.diff(current.numpy(), auxiliary_state.previous_value.numpy()), self.ord)
        return bool(change < self.tolerance), ParameterState(current)


class Watching:
    """A criterion of TensorFlow Probability as a callback of the drop-in.

    Parameters
    ----------
    criterion
        The criterion; it is asked in eager mode after each iteration, with the loss and the parameters.
    params
        Shared variables that the fit moves.
    """

    def __init__(self, criterion: Any, params: Sequence[Any]) -> None:
        self._criterion = criterion
        self._params = params
        self._state: Any = None
        self.converged = False

    def __call__(self, approx: Any, losses: np.ndarray, i: int) -> None:
        loss = tf.constant(losses[-1])
        params = [tf.constant(p.get_value()) for p in self._params]
        if i == 1:
            self._state = self._criterion.bootstrap(loss, None, params)
            return
        converged, self._state = self._criterion.one_step(tf.constant(i - 1), loss, None, params, self._state)
        if bool(converged):
            self.converged = True
            raise StopIteration(f"{type(self._criterion).__name__}: convergence achieved at {i}")
