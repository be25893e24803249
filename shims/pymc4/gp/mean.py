"""Mean functions of Gaussian processes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pm_migrate.shims.pymc4.gp.util import floats, public

__all__ = ["Constant", "Mean", "Zero"]


class Mean:
    """Base class: a subclass defines ``__call__``, which gives the mean of shape ``(..., n)`` at ``n`` points.

    Parameters
    ----------
    feature_ndims
        Number of axes, from the right, that make up one point.

    Examples
    --------
    >>> (Constant(2.0) + Constant(0.5))([[1.0], [2.0]]).numpy().tolist()
    [2.5, 2.5]
    """

    def __init__(self, feature_ndims: int = 1) -> None:
        self.feature_ndims = feature_ndims

    def __call__(self, X: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has to define __call__(X)")

    def __add__(self, mean2: Mean) -> Mean:
        return MeanAdd(self, mean2)

    def __mul__(self, mean2: Mean) -> Mean:
        return MeanProd(self, mean2)


class _Pair(Mean):
    def __init__(self, mean1: Mean, mean2: Mean) -> None:
        if mean1.feature_ndims != mean2.feature_ndims:
            raise ValueError(
                f"Cannot combine means with different feature_ndims: {mean1.feature_ndims} and {mean2.feature_ndims}"
            )
        super().__init__(mean1.feature_ndims)
        self.mean1 = mean1
        self.mean2 = mean2


class MeanAdd(_Pair):
    """The sum of two mean functions."""

    def __call__(self, X: Any) -> Any:
        return public(floats(self.mean1(X)) + floats(self.mean2(X)))


class MeanProd(_Pair):
    """The product of two mean functions."""

    def __call__(self, X: Any) -> Any:
        return public(floats(self.mean1(X)) * floats(self.mean2(X)))


class Zero(Mean):
    """Zero everywhere."""

    def __call__(self, X: Any) -> Any:
        x = floats(X)
        return public(tf.zeros(x.shape[: x.shape.rank - self.feature_ndims], x.dtype))


class Constant(Mean):
    """The same value everywhere.

    Parameters
    ----------
    coef
        The value.
    feature_ndims
        Number of axes, from the right, that make up one point.
    """

    def __init__(self, coef: Any = 1, feature_ndims: int = 1) -> None:
        self.coef = coef
        super().__init__(feature_ndims=feature_ndims)

    def __call__(self, X: Any) -> Any:
        x = floats(X)
        return public(tf.ones(x.shape[: x.shape.rank - self.feature_ndims], x.dtype) * floats(self.coef))
