"""Covariance functions of Gaussian processes, with PyMC4's names, parameters and formulas.

Where PyMC4 and PyMC3 spell the same function differently, the formulas here are PyMC4's: see :class:`Exponential`,
:class:`Cosine`, :class:`Periodic`, :class:`WhiteNoise`, :class:`Polynomial`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.gaussian import kernels
from pm_migrate.shims.gaussian.kernels import Points
from pm_migrate.shims.pymc4.gp.covariance import Combination, Covariance, Exponentiated, Mode, Wrapped, called
from pm_migrate.shims.pymc4.gp.stationary import (
    Constant,
    Cosine,
    Exponential,
    ExpQuad,
    Matern12,
    Matern32,
    Matern52,
    Periodic,
    RatQuad,
    Stationary,
    WhiteNoise,
)
from pm_migrate.shims.pymc4.gp.util import floats

Tensor = Any

__all__ = [
    "Combination",
    "Constant",
    "Cosine",
    "Covariance",
    "ExpQuad",
    "Exponential",
    "Exponentiated",
    "Gibbs",
    "Linear",
    "Matern12",
    "Matern32",
    "Matern52",
    "Periodic",
    "Polynomial",
    "RatQuad",
    "ScaledCov",
    "Stationary",
    "WarpedInput",
    "WhiteNoise",
]


class Linear(Covariance):
    """``bias_variance^2 + slope_variance^2 (x - shift) . (x' - shift)``, of Bayesian linear regression.

    Rasmussen and Williams 2006, section 4.2.2. As in PyMC4, the two "variances" are standard deviations.

    Parameters
    ----------
    bias_variance, slope_variance, shift
        Numbers, or arrays for a batch of matrices.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.
    """

    positive = ("bias_variance", "slope_variance")

    def __init__(
        self,
        bias_variance: Any,
        slope_variance: Any,
        shift: Any,
        feature_ndims: int = 1,
        active_dims: Any = None,
        scale_diag: Any = None,
        **kwargs: Any,
    ) -> None:
        self._bias_variance = bias_variance
        self._slope_variance = slope_variance
        self._shift = shift
        super().__init__(feature_ndims=feature_ndims, active_dims=active_dims, scale_diag=scale_diag, **kwargs)

    @property
    def bias_variance(self) -> Any:
        """Standard deviation of the line's value at ``shift``."""
        return self._bias_variance

    @property
    def slope_variance(self) -> Any:
        """Standard deviation of the slope."""
        return self._slope_variance

    @property
    def shift(self) -> Any:
        """Where the lines spread out from."""
        return self._shift

    def _value(self, points: Points, mode: Mode) -> Tensor:
        bias, slope = (points.over_points(floats(v)) for v in (self._bias_variance, self._slope_variance))
        return tf.square(bias) + tf.square(slope) * self._product(points)

    def _product(self, points: Points) -> Tensor:
        return kernels.linear(points, points.over_features(floats(self._shift)))


class Polynomial(Linear):
    """``bias_variance^2 + slope_variance^2 ((x - shift) . (x' - shift))^exponent``.

    PyMC3's is ``((x - c) . (x' - c) + offset)^d``, which is another function.

    Parameters
    ----------
    bias_variance, slope_variance, shift
        As of :class:`Linear`.
    exponent
        A whole number; others make powers of negative numbers, which are NaN.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.
    """

    def __init__(
        self,
        bias_variance: Any,
        slope_variance: Any,
        shift: Any,
        exponent: Any,
        feature_ndims: int = 1,
        active_dims: Any = None,
        scale_diag: Any = None,
        **kwargs: Any,
    ) -> None:
        self._exponent = exponent
        super().__init__(bias_variance, slope_variance, shift, feature_ndims, active_dims, scale_diag, **kwargs)

    @property
    def exponent(self) -> Any:
        """The exponent."""
        return self._exponent

    def _product(self, points: Points) -> Tensor:
        return super()._product(points) ** points.over_points(floats(self._exponent))


class Gibbs(Covariance):
    """Gibbs' covariance function, with a length scale that varies over the inputs.

    The product over features of ``sqrt(2 l l' / (l^2 + l'^2)) exp(-(x - x')^2 / (l^2 + l'^2))``, ``l`` being
    ``length_scale_fn(x)``. Rasmussen and Williams 2006, (4.32).

    Parameters
    ----------
    length_scale_fn
        A function of points ``X`` that gives positive length scales, of a shape that broadcasts to that of ``X``.
    fn_args
        Further arguments of it.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.
    """

    def __init__(
        self,
        length_scale_fn: Callable[..., Any],
        fn_args: tuple[Any, ...] | None = None,
        feature_ndims: int = 1,
        active_dims: Any = None,
        scale_diag: Any = None,
        **kwargs: Any,
    ) -> None:
        self._length_scale_fn = length_scale_fn
        self._fn_args = () if fn_args is None else tuple(fn_args)
        kwargs.pop("dtype", None)
        super().__init__(feature_ndims=feature_ndims, active_dims=active_dims, scale_diag=scale_diag, **kwargs)

    def _of_scaled(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        # called with the points as they are, so that the function may count on their shape
        scales = [tf.broadcast_to(called(self._length_scale_fn, x, self._fn_args), x.shape) for x in (x1, x2)]
        aligned = mode.points(scales[0], scales[1], self._feature_ndims)
        return kernels.gibbs(mode.points(x1, x2, self._feature_ndims), aligned.x1, aligned.x2)


class ScaledCov(Wrapped):
    """``(s(x) . s(x')) k(x, x')``: a covariance function whose variance varies over the inputs.

    Parameters
    ----------
    kernel
        The covariance function ``k``.
    scaling_fn
        The function ``s`` of points ``X``, which gives a value of the shape of ``X``, or with one feature; the product
        is summed over features.
    fn_args
        Further arguments of it.

    Examples
    --------
    >>> k = ScaledCov(Constant(1.0), lambda x: 2.0 * x)
    >>> k([[1.0], [3.0]], [[1.0], [3.0]]).numpy().tolist()
    [[4.0, 12.0], [12.0, 36.0]]
    """

    def __init__(
        self,
        kernel: Covariance,
        scaling_fn: Callable[..., Any],
        fn_args: tuple[Any, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kernel, scaling_fn, fn_args, **kwargs)

    @property
    def scaling_fn(self) -> Callable[..., Any]:
        """The function of the points."""
        return self._function

    def _of_active(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        scales = [self._of(x) for x in (x1, x2)]
        for scale, x in zip(scales, (x1, x2), strict=True):
            if scale.shape.rank != x.shape.rank:
                raise ModelError(
                    f"ScaledCov: the function gives the shape {tuple(scale.shape)} for points of shape "
                    f"{tuple(x.shape)}; keep the feature axes, with x[..., :1] for one number per point"
                )
        points = mode.points(scales[0], scales[1], self._feature_ndims)
        return kernels.linear(points, tf.zeros([], x1.dtype)) * self._inner(x1, x2, mode)


class WarpedInput(Wrapped):
    """``k(w(x), w(x'))``: a covariance function of transformed points.

    Parameters
    ----------
    kernel
        The covariance function ``k``.
    warp_fn
        The function ``w`` of points ``X``; it keeps the number of axes.
    fn_args
        Further arguments of it.

    Examples
    --------
    >>> import numpy as np
    >>> k = WarpedInput(ExpQuad(1.0), lambda x, scale: np.log(x / scale), (2.0,))
    >>> k([[1.0], [np.e]], [[1.0], [np.e]]).numpy().round(6).tolist()
    [[1.0, 0.606531], [0.606531, 1.0]]
    """

    def __init__(
        self, kernel: Covariance, warp_fn: Callable[..., Any], fn_args: tuple[Any, ...] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(kernel, warp_fn, fn_args, **kwargs)

    @property
    def warp_fn(self) -> Callable[..., Any]:
        """The function of the points."""
        return self._function

    def _of_active(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        return self._inner(self._of(x1), self._of(x2), mode)
