"""Base classes of a program's own covariance and mean functions, whose methods get values of a model (not in PyMC4).

PyMC3's processes compute with expressions; the methods of such a class are written with NumPy's functions and
TensorFlow's, as the rest of a rewritten program is.

Examples
--------
>>> import numpy as np, tensorflow as tf, pm_migrate.pymc4 as pm
>>> class Steps(pm.gp.kernels.Covariance):
...     def diag(self, X):
...         return tf.ones(len(X), tf.float64)
...     def full(self, X, Xs=None):
...         return tf.eye(len(X), dtype=tf.float64)
>>> (2 * Steps(1))(np.zeros((2, 1))).eval().tolist()
[[2.0, 0.0], [0.0, 2.0]]
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pm_migrate.shims.gp import cov, mean
from pm_migrate.shims.pymc4.tensors.symbolic import lifted, settled

__all__ = ["Covariance", "Mean"]


def _of_values(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that is written for values of a model, for expressions."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = settled(args), {name: settled(value) for name, value in kwargs.items()}
        return lifted(method(self, *given[0], **given[1]))

    return call


def _wrap(cls: type, names: tuple[str, ...]) -> None:
    for name in names:
        if name in vars(cls):
            setattr(cls, name, _of_values(vars(cls)[name]))


class Covariance(cov.Covariance):
    """As PyMC3's: a subclass writes ``full`` and ``diag``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _wrap(cls, ("full", "diag"))


class Mean(mean.Mean):
    """As PyMC3's: a subclass writes ``__call__``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _wrap(cls, ("__call__",))
