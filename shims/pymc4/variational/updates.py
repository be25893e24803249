"""Optimisers by PyMC4's names and arguments; the rules are the drop-in's.

PyMC4 wrapped TensorFlow's optimisers with PyMC3's settings. Their own arguments (``**kwargs`` there) are not taken, but
an optimiser of TensorFlow or Keras itself can be given to :func:`~pm_migrate.shims.pymc4.variational.fit`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pm_migrate.errors import NotSupported
from pm_migrate.shims.variational import updates

__all__ = ["adadelta", "adagrad", "adam", "adamax", "sgd"]

Optimiser = Callable[..., Any]


def _refuse(name: str, given: dict[str, Any]) -> None:
    given.pop("name", None)  # of the optimiser's variables in TensorFlow
    if given:
        raise NotSupported(
            f"{name} does not take {sorted(given)}, which belong to TensorFlow's optimiser: give that one itself, as "
            f"pm.fit(model, optimizer=tf.keras.optimizers.{name[0].upper() + name[1:]}(...))"
        )


def adadelta(learning_rate: float = 1.0, rho: float = 0.95, epsilon: float = 1e-6, **kwargs: Any) -> Optimiser:
    """ADADELTA (Zeiler, 2012); see :func:`pm_migrate.shims.variational.updates.adadelta`.

    Parameters
    ----------
    learning_rate
        Factor of each step; the article has none.
    rho
        Part of the averages that is kept from step to step, between 0 and 1.
    epsilon
        Keeps the roots away from zero.
    """
    _refuse("adadelta", kwargs)
    return updates.adadelta(learning_rate=learning_rate, rho=rho, epsilon=epsilon)


def adagrad(learning_rate: float = 1.0, epsilon: float = 1e-6, **kwargs: Any) -> Optimiser:
    """AdaGrad (Duchi, Hazan and Singer, 2011); see :func:`pm_migrate.shims.variational.updates.adagrad`.

    The sum of squared gradients begins at zero, as in the article; in PyMC4, at the 0.1 of TensorFlow.

    Parameters
    ----------
    learning_rate
        Length of a step.
    epsilon
        Keeps the root away from zero.
    """
    _refuse("adagrad", kwargs)
    return updates.adagrad(learning_rate=learning_rate, epsilon=epsilon)


def adam(
    learning_rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any
) -> Optimiser:
    """Adam (Kingma and Ba, 2014), the default; see :func:`pm_migrate.shims.variational.updates.adam`.

    Parameters
    ----------
    learning_rate
        Length of a step.
    beta_1, beta_2
        Parts of the averages of gradients and of squared gradients that are kept from step to step.
    epsilon
        Keeps the denominator away from zero.
    """
    _refuse("adam", kwargs)
    return updates.adam(learning_rate=learning_rate, beta1=beta_1, beta2=beta_2, epsilon=epsilon)


def adamax(
    learning_rate: float = 0.002, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any
) -> Optimiser:
    """Adamax (Kingma and Ba, 2014, section 7.1): Adam with the infinity norm; the parameters are those of :func:`adam`.

    See :func:`pm_migrate.shims.variational.updates.adamax`.
    """
    _refuse("adamax", kwargs)
    return updates.adamax(learning_rate=learning_rate, beta1=beta_1, beta2=beta_2, epsilon=epsilon)


def sgd(learning_rate: float = 1e-3, **kwargs: Any) -> Optimiser:
    """Stochastic gradient descent; see :func:`pm_migrate.shims.variational.updates.sgd`.

    Parameters
    ----------
    learning_rate
        Length of a step for a gradient of 1.
    """
    _refuse("SGD", kwargs)
    return updates.sgd(learning_rate=learning_rate)
