"""``pm.ode``: PyMC3's solutions of differential equations, on values of a model (not in PyMC4).

Examples
--------
>>> import numpy as np, pm_migrate.pymc4 as pm
>>> decay = pm.ode.DifferentialEquation(lambda y, t, p: [-p[0] * y[0]], times=[1.0], n_states=1, n_theta=1, t0=0)
>>> bool(np.isclose(decay(y0=[1.0], theta=[2.0]), np.exp(-2.0), rtol=1e-6)[0, 0])
True
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pm_migrate.shims.ode import ode, utils
from pm_migrate.shims.ode.systems import AugmentedSystem
from pm_migrate.shims.pymc4 import math
from pm_migrate.shims.pymc4.tensors import evaluating, precise, to_tensor, wrap
from pm_migrate.shims.pymc4.tensors.symbolic import lifted, settled

__all__ = ["DifferentialEquation", "utils"]


class DifferentialEquation(ode.DifferentialEquation):
    """The solution of ``dy/dt = func(y, t, p)`` at given times: see :class:`pm_migrate.shims.ode.DifferentialEquation`.

    ``func`` is called with values of a model, so that it may use NumPy's functions and TensorFlow's. A model that uses
    it runs Python in each evaluation.
    """

    def _compiled(self) -> AugmentedSystem:
        def right_side(*values: Any) -> Any:
            with evaluating(), precise():
                slope = self.func(*map(wrap, values))
                return tf.cast(to_tensor(utils.stacked(slope, math.stack, self.n_states)), tf.float64)

        return AugmentedSystem(right_side, self.n_states, self.n_theta)

    def __call__(self, y0: Any, theta: Any, return_sens: bool = False, **kwargs: Any) -> Any:
        """The solution as a matrix of times and states."""
        return settled(super().__call__(lifted(y0), lifted(theta), return_sens, **kwargs))
