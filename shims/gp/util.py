"""What Gaussian processes are computed with, and plots of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.plots.gp_plots import plot_gp_dist
from pm_migrate.shims.theano.graph import Constant, Variable
from pm_migrate.shims.theano.ops.creation import identity_like
from pm_migrate.shims.theano.tensor.slinalg import Solve, cholesky

__all__ = [
    "cholesky",
    "conditioned_vars",
    "infer_shape",
    "kmeans_inducing_points",
    "plot_gp_dist",
    "solve",
    "solve_lower",
    "solve_upper",
    "stabilize",
]

solve_lower = Solve(A_structure="lower_triangular")
solve_upper = Solve(A_structure="upper_triangular")
solve = Solve(A_structure="general")


def infer_shape(X: Any, n_points: int | None = None) -> int:
    """The number of points: what is given, else the number of rows.

    Raises
    ------
    TypeError
        When the points are a variable, whose number is not known.
    """
    if n_points is not None:
        return n_points
    try:
        return int(X.shape[0])
    except TypeError:
        raise TypeError("Cannot infer 'shape', provide as an argument") from None


def stabilize(K: Any) -> Variable:
    """A covariance matrix with 1e-6 added to its diagonal, so that its Cholesky factor exists."""
    return K + 1e-6 * identity_like(K)


def kmeans_inducing_points(n_inducing: int, X: Any) -> np.ndarray:
    """Centres of clusters of points, in which columns count by their standard deviations.

    Parameters
    ----------
    n_inducing
        How many.
    X
        Points, one a row: data, not a variable.
    """
    from scipy.cluster.vq import kmeans

    if isinstance(X, Constant):
        X = X.value
    elif not isinstance(X, (np.ndarray, tuple, list)):
        raise TypeError(f"K-means initialization takes X as data that np.asarray understands, not {type(X)}")
    points = np.asarray(X)
    scaling = np.std(points, axis=0)
    scaling = np.where(scaling <= 1e-6, 1.0, scaling)  # a column of one value stays as it is
    return kmeans(points / scaling, n_inducing)[0] * scaling


def _property(name: str) -> property:
    slot = f"_{name}"

    def get(self: Any) -> Any:
        value = getattr(self, slot, None)
        if value is None:
            raise AttributeError(f"'{name}' not set.  Provide as argument to condition, or call 'prior' first")
        return value

    def put(self: Any, value: Any) -> None:
        setattr(self, slot, value)

    return property(get, put)


def conditioned_vars(varnames: Sequence[str]) -> Callable[[type], type]:
    """Class decorator: attributes that are an error until they are set, and say how to set them."""

    def decorate(cls: type) -> type:
        for name in varnames:
            setattr(cls, name, _property(name))
        return cls

    return decorate
