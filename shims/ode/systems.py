"""A system of differential equations together with its sensitivities, compiled.

With the states ``y``, the parameters ``p`` (the initial states, then ``theta``) and the sensitivities ``S = dy/dp``,
the sensitivities follow ``dS/dt = (df/dy) S + df/dp`` (Hindmarsh and others 2005, SUNDIALS, eq. 13).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.ode.scalars import written_out

Tensor = Any
#: ``f(y, t, theta)`` on plain tensors, which gives a vector.
RightSide = Callable[[Tensor, Tensor, Tensor], Tensor]


class AugmentedSystem:
    """The derivatives of the states and of the sensitivities, in float64: the solver takes nothing else.

    Parameters
    ----------
    right_side
        The differential equations.
    n_states, n_theta
        How many states and parameters there are.
    """

    def __init__(self, right_side: RightSide, n_states: int, n_theta: int) -> None:
        self.n_states, self.n_theta = n_states, n_theta
        self._right_side = right_side
        self._others: dict[int, AugmentedSystem] = {}
        self._sizes = [n_states, n_states * (n_states + n_theta), 1, n_states + n_theta]
        spec = tf.TensorSpec((sum(self._sizes),), tf.float64)
        self._run = tf.function(self._derivatives, autograph=False).get_concrete_function(spec)
        self._written = written_out(self._run)

    def _derivatives(self, packed: Tensor) -> Tensor:
        """All in one vector: to hand a tensor over takes as long as to compute with it."""
        y, sensitivities, t, p = tf.split(packed, self._sizes)
        n, t = self.n_states, t[0]
        sensitivities = tf.reshape(sensitivities, (n, n + self.n_theta))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([y, p])
            slope = self._right_side(y, t, p[n:])
            parts = tf.unstack(slope)
        zero = tf.UnconnectedGradients.ZERO
        # a reverse pass for each state: they are few, and the whole graph is compiled once
        rows = [tape.gradient(part, [y, p], unconnected_gradients=zero) for part in parts]
        by_state, by_parameter = tf.stack([r[0] for r in rows]), tf.stack([r[1] for r in rows])
        moving = tf.linalg.matmul(by_state, sensitivities) + by_parameter
        return tf.concat([slope, tf.reshape(moving, [-1])], axis=0)

    def derivatives(self, state: np.ndarray, t: float, p: np.ndarray) -> Any:
        """The derivatives of states and sensitivities, one after the other as in ``state``."""
        packed = [*state.tolist(), t, *p.tolist()]
        if self._written is not None:
            try:
                return self._written(packed)
            except (ArithmeticError, ValueError):  # where TensorFlow has infinities and NaN
                pass
        return self._run(tf.constant(packed, tf.float64)).numpy()

    def _of_size(self, n_theta: int) -> AugmentedSystem:
        """The same equations with another number of parameters."""
        if n_theta not in self._others:
            self._others[n_theta] = AugmentedSystem(self._right_side, self.n_states, n_theta)
        return self._others[n_theta]

    def __call__(self, y: Any, t: Any, p: Any, dydp: Any) -> list[np.ndarray]:
        """The derivatives of the states, and of the sensitivities as a vector; of as many parameters as are given."""
        if np.size(p) != self.n_states + self.n_theta:
            return self._of_size(np.size(p) - self.n_states)(y, t, p, dydp)
        state = np.concatenate([np.ravel(y), np.ravel(dydp)]).astype(np.float64)
        found = np.asarray(self.derivatives(state, float(np.squeeze(t)), np.ravel(p)))
        return [found[: self.n_states], found[self.n_states :]]
