"""``pymc3.ode.utils``: the sensitivities of a system of differential equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pm_migrate.errors import ShapeError
from pm_migrate.shims.ode.systems import AugmentedSystem
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.evaluation import evaluate

__all__ = ["augment_system", "make_sens_ic"]


def make_sens_ic(n_states: int, n_theta: int, floatX: str) -> np.ndarray:
    """The sensitivities at the start, row by row: of each state to its own initial value 1, all others 0.

    Examples
    --------
    >>> make_sens_ic(2, 1, "float64").tolist()
    [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """
    return np.eye(n_states, n_states + n_theta, dtype=floatX).ravel()


def augment_system(ode_func: Callable[..., Any], n_states: int, n_theta: int) -> AugmentedSystem:
    """The derivatives of states and sensitivities of ``ode_func(y, t, p)``, compiled.

    Parameters
    ----------
    ode_func
        Gives a list with the derivative of each state, from a vector of states, the time and a vector of parameters.
    n_states, n_theta
        How many states and parameters there are.

    Returns
    -------
    AugmentedSystem
        ``system(y, t, p, dydp)``, where ``p`` is the initial states and the parameters.

    Raises
    ------
    ShapeError
        When the function gives another number of derivatives than there are states.

    Examples
    --------
    >>> decay = augment_system(lambda y, t, p: -p[0] * y[0], 1, 1)
    >>> [a.tolist() for a in decay([2.0], 0.0, [2.0, 3.0], [1.0, 0.0])]
    [[-6.0], [-3.0, -2.0]]
    """
    y, p = tt.vector("y", dtype="float64"), tt.vector("p", dtype="float64")
    t = tt.scalar("t", dtype="float64")
    # any values in the middle of things: errors come up at the function's own line
    y.tag.test_value, p.tag.test_value = np.ones(n_states), np.ones(n_theta)
    t.tag.test_value = np.array(2.459)
    slope = stacked(ode_func(y, t, p), tt.stack, n_states).astype("float64")
    return AugmentedSystem(
        lambda *values: evaluate([slope], dict(zip((y, t, p), values, strict=True)))[0], n_states, n_theta
    )


def stacked(slopes: Any, stack: Callable[..., Any], n_states: int) -> Any:
    """The derivatives that a function of the program gave as one vector.

    Raises
    ------
    ShapeError
        When there are more or fewer of them than states.
    """
    vector = stack(list(slopes) if isinstance(slopes, (list, tuple)) else [slopes], axis=0)
    shape = tuple(np.shape(vector.tag.test_value)) if hasattr(vector, "tag") else tuple(vector.shape)
    if shape != (n_states,):
        raise ShapeError("func has to give a list with one number for each state.", shape, (n_states,))
    return vector
