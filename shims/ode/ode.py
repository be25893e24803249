"""``pymc3.ode.ode``: the solution of a system of differential equations as an operation of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.integrate import odeint

from pm_migrate.errors import ModelError, ShapeError
from pm_migrate.shims.ode import utils
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Apply, Variable
from pm_migrate.shims.theano.graph.op import Op, remember_shapes
from pm_migrate.shims.theano.types import TensorType

__all__ = ["DifferentialEquation"]


class DifferentialEquation(Op):
    r"""The solution of :math:`dy/dt = f(y, t, p)`, :math:`y(t_0) = y_0`, at given times.

    It is computed by LSODA (``scipy.integrate.odeint`` with its default tolerances, as in PyMC3) together with its
    sensitivities to the initial states and the parameters, of which the gradients are made. So a model that uses it
    runs Python in each evaluation.

    Parameters
    ----------
    func
        ``f(y, t, p)``: gives a list with the derivative of each state.
    times
        Where the solution is wanted, ``t0`` left out.
    n_states
        Number of states.
    n_theta
        Number of parameters.
    t0
        Time of the initial states.
    """

    __props__ = ("func", "times", "n_states", "n_theta", "t0")

    def __init__(self, func: Callable[..., Any], times: Any, *, n_states: int, n_theta: int, t0: float = 0) -> None:
        if not callable(func):
            raise ModelError(f"Argument func must be callable; it is {func!r}.")
        if n_states < 1:
            raise ModelError(f"Argument n_states must be at least 1; it is {n_states}.")
        if n_theta <= 0:
            raise ModelError(f"Argument n_theta must be positive; it is {n_theta}.")
        self.func, self.t0 = func, t0
        self.times = tuple(times)
        self.n_times, self.n_states, self.n_theta = len(self.times), n_states, n_theta
        self.n_p = n_states + n_theta
        # whole numbers as times make a whole number of t0, as in PyMC3
        self._augmented_times = np.insert(times, 0, t0).astype(config.floatX)
        self._augmented_func = self._compiled()
        self._sens_ic = utils.make_sens_ic(n_states, n_theta, config.floatX)
        shapes = (self.n_times, n_states), (self.n_times, n_states, self.n_p)
        remember_shapes(self, [(n_states,), (n_theta,)], shapes)

    def _compiled(self) -> Any:
        return utils.augment_system(self.func, self.n_states, self.n_theta)

    def _system(self, state: np.ndarray, t: float, p: np.ndarray) -> np.ndarray:
        return self._augmented_func.derivatives(state, t, p)

    def _simulate(self, y0: Any, theta: Any) -> tuple[np.ndarray, np.ndarray]:
        """The states by time, and their sensitivities to initial states and parameters."""
        start = np.concatenate([y0, self._sens_ic])
        solution = odeint(self._system, start, self._augmented_times, args=(np.concatenate([y0, theta]),))
        solution = solution.astype(config.floatX)[1:]
        sensitivities = solution[:, self.n_states :].reshape(self.n_times, self.n_states, self.n_p)
        return solution[:, : self.n_states], sensitivities

    def __call__(self, y0: Any, theta: Any, return_sens: bool = False, **kwargs: Any) -> Any:
        """The solution as a matrix of times and states.

        Parameters
        ----------
        y0
            Initial states: a list or a vector.
        theta
            Parameters: a list or a vector.
        return_sens
            Return the sensitivities, too, which themselves have no gradient.

        Raises
        ------
        ShapeError
            For another number of initial states or parameters.
        """
        for name, value, length in (("y0", y0, self.n_states), ("theta", theta, self.n_theta)):
            if isinstance(value, (list, tuple)) and len(value) != length:
                raise ShapeError(f"Length of {name} is wrong.", actual=(len(value),), expected=(length,))
        states, sensitivities = super().__call__(y0, theta, **kwargs)
        return (states, sensitivities) if return_sens else states

    def make_node(self, *inputs: Any) -> Apply:
        """The node of one solution."""
        vectors = [tt.as_tensor_variable(v) for v in inputs]
        for name, vector, length in zip(("y0", "theta"), vectors, (self.n_states, self.n_theta), strict=True):
            if vector.ndim != 1:
                raise ModelError(f"{name} has to be a vector of length {length}; it has {vector.ndim} dimensions")
            value = getattr(vector.tag, "test_value", None)
            if value is not None and len(value) != length:
                raise ShapeError(f"Length of {name} is wrong.", actual=(len(value),), expected=(length,))
        kinds = [TensorType("floatX", (False,) * ndim) for ndim in (2, 3)]
        return Apply(self, [v.astype(config.floatX) for v in vectors], [kind() for kind in kinds])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        """Solve the system."""
        output_storage[0][0], output_storage[1][0] = self._simulate(*inputs)

    def L_op(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]
    ) -> Sequence[Variable]:
        """The gradients, by the sensitivities of the same solution."""
        slopes = tt.sum(outputs[1] * output_grads[0].dimshuffle(0, 1, "x"), axis=(0, 1))
        return [slopes[: self.n_states], slopes[self.n_states :]]

    def grad(self, inputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Sequence[Any]:
        """The gradients, by a solution of their own."""
        return self.L_op(inputs, self(inputs[0], inputs[1], return_sens=True), output_grads)
