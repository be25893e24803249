"""Covariance functions of the distance of two points, and those without a shape: constant, white noise."""

from __future__ import annotations

from typing import Any, ClassVar

import tensorflow as tf

from pm_migrate.shims.gaussian import kernels
from pm_migrate.shims.gaussian.kernels import Points
from pm_migrate.shims.pymc4.gp.covariance import Covariance, Mode
from pm_migrate.shims.pymc4.gp.util import floats

Tensor = Any


class Stationary(Covariance):
    """Base class of those that depend on the distance of two points only."""

    _length_scale: Any

    @property
    def length_scale(self) -> Any:
        """The length scale."""
        return self._length_scale


class _Scaled(Stationary):
    """With a length scale and an amplitude, whose square is the variance.

    Parameters
    ----------
    length_scale
        A number, or an array for a batch of matrices; under ``ARD=True`` a number for each feature.
    amplitude
        A number, or an array for a batch of matrices.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.
    """

    positive: ClassVar[tuple[str, ...]] = ("length_scale", "amplitude")

    #: Power of the length scale that distances are divided by.
    power: ClassVar[int] = 1

    def __init__(
        self,
        length_scale: Any,
        amplitude: Any = 1.0,
        feature_ndims: int = 1,
        active_dims: Any = None,
        scale_diag: Any = None,
        **kwargs: Any,
    ) -> None:
        self._length_scale = length_scale
        self._amplitude = amplitude
        super().__init__(feature_ndims=feature_ndims, active_dims=active_dims, scale_diag=scale_diag, **kwargs)

    @property
    def amplitude(self) -> Any:
        """Square root of the variance."""
        return self._amplitude

    def _per_feature(self, length_scale: Tensor) -> bool:
        return bool(self._ard and self._scale_diag is None and length_scale.shape.rank)

    def _squared_distance(self, points: Points) -> Tensor:
        scale = floats(self._length_scale) ** self.power
        if self._per_feature(scale):
            return points.squared_distance(scale)
        return points.squared_distance() / tf.square(points.over_points(scale))

    def _value(self, points: Points, mode: Mode) -> Tensor:
        variance = tf.square(points.over_points(floats(self._amplitude)))
        return variance * self._correlation(points)

    def _correlation(self, points: Points) -> Tensor:
        raise NotImplementedError


class ExpQuad(_Scaled):
    """``amplitude^2 exp(-d^2 / (2 length_scale^2))``, ``d`` the distance of two points.

    Rasmussen and Williams 2006, (4.9). Parameters as of all stationary functions: see :class:`Covariance` for those
    after ``amplitude``.

    Examples
    --------
    >>> k = ExpQuad(length_scale=1.0)
    >>> k([[1.0], [2.0]], [[1.0], [3.0]]).numpy().round(6).tolist()
    [[1.0, 0.135335], [0.606531, 0.606531]]
    >>> k.evaluate_kernel([[1.0], [2.0]], [[1.0], [3.0]]).numpy().round(6).tolist()
    [1.0, 0.606531]
    """

    def _correlation(self, points: Points) -> Tensor:
        return kernels.exp_quad(self._squared_distance(points))


class RatQuad(_Scaled):
    """``amplitude^2 (1 + d^2 / (2 scale_mixture_rate length_scale^2))^-scale_mixture_rate``.

    Rasmussen and Williams 2006, (4.19).

    Parameters
    ----------
    length_scale, amplitude
        As of :class:`ExpQuad`, the limit of a large ``scale_mixture_rate``.
    scale_mixture_rate
        How little the length scales that are mixed differ; a number, or an array for a batch of matrices.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.
    """

    positive = ("length_scale", "amplitude", "scale_mixture_rate")

    def __init__(
        self,
        length_scale: Any,
        amplitude: Any = 1.0,
        scale_mixture_rate: Any = 1.0,
        feature_ndims: int = 1,
        active_dims: Any = None,
        scale_diag: Any = None,
        **kwargs: Any,
    ) -> None:
        self._scale_mixture_rate = scale_mixture_rate
        super().__init__(length_scale, amplitude, feature_ndims, active_dims, scale_diag, **kwargs)

    @property
    def scale_mixture_rate(self) -> Any:
        """How little the length scales differ."""
        return self._scale_mixture_rate

    def _correlation(self, points: Points) -> Tensor:
        rate = points.over_points(floats(self._scale_mixture_rate))
        return kernels.rat_quad(self._squared_distance(points), rate)


class Matern12(_Scaled):
    """``amplitude^2 exp(-d / length_scale)``. Rasmussen and Williams 2006, (4.18)."""

    def _correlation(self, points: Points) -> Tensor:
        return kernels.matern12(self._squared_distance(points))


class Matern32(_Scaled):
    """``amplitude^2 (1 + r) exp(-r)`` with ``r = sqrt(3) d / length_scale``. Rasmussen and Williams 2006, (4.17)."""

    def _correlation(self, points: Points) -> Tensor:
        return kernels.matern32(self._squared_distance(points))


class Matern52(_Scaled):
    """``amplitude^2 (1 + r + r^2 / 3) exp(-r)`` with ``r = sqrt(5) d / length_scale``. RW 2006, (4.17)."""

    def _correlation(self, points: Points) -> Tensor:
        return kernels.matern52(self._squared_distance(points))


class Exponential(_Scaled):
    """``amplitude^2 exp(-d / (2 length_scale^2))``.

    PyMC3's is ``exp(-d / (2 ls))``: here ``length_scale`` is the square root of that ``ls``.
    """

    power = 2

    def _correlation(self, points: Points) -> Tensor:
        return kernels.exponential(self._squared_distance(points))


class Cosine(_Scaled):
    """``amplitude^2 cos(2 pi d / length_scale^2)``, for points on a line.

    PyMC3's is ``cos(2 pi d / ls)``: here ``length_scale`` is the square root of that ``ls``.
    """

    power = 2

    def _correlation(self, points: Points) -> Tensor:
        return kernels.cosine(self._squared_distance(points))


class Periodic(_Scaled):
    """``amplitude^2 exp(-2 sum(sin(pi (x - x') / period)^2) / length_scale^2)``.

    The sum is over features. Rasmussen and Williams 2006, (4.31). PyMC3 has 1/2 in place of 2: here ``length_scale``
    is twice PyMC3's ``ls``.

    Parameters
    ----------
    length_scale, amplitude
        As of :class:`ExpQuad`.
    period
        A number, or an array for a batch of matrices.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.
    """

    positive = ("length_scale", "amplitude", "period")

    def __init__(
        self,
        length_scale: Any,
        amplitude: Any = 1.0,
        period: Any = 1.0,
        feature_ndims: int = 1,
        active_dims: Any = None,
        scale_diag: Any = None,
        **kwargs: Any,
    ) -> None:
        self._period = period
        super().__init__(length_scale, amplitude, feature_ndims, active_dims, scale_diag, **kwargs)

    @property
    def period(self) -> Any:
        """The period."""
        return self._period

    def _correlation(self, points: Points) -> Tensor:
        scale = floats(self._length_scale)
        aligned = points.of_features(scale) if self._per_feature(scale) else points.over_features(scale)
        return kernels.periodic(points, points.over_features(floats(self._period)), aligned)


class Constant(Stationary):
    """The same covariance, ``coef``, of all points.

    Parameters
    ----------
    coef
        A number, or an array for a batch of matrices.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.
    """

    positive = ("coef",)

    def __init__(
        self, coef: Any, feature_ndims: int = 1, active_dims: Any = None, scale_diag: Any = None, **kwargs: Any
    ) -> None:
        self._coef = coef
        super().__init__(feature_ndims=feature_ndims, active_dims=active_dims, scale_diag=scale_diag, **kwargs)

    @property
    def coef(self) -> Any:
        """The covariance."""
        return self._coef

    def _value(self, points: Points, mode: Mode) -> Tensor:
        coef = points.over_points(floats(self._coef))
        return coef * tf.ones_like(points.sum(points.x1 - points.x2))


class WhiteNoise(Stationary):
    """``noise`` where the first point and the second have the same position in their lists, 0 elsewhere.

    ``noise`` is a variance; PyMC3's argument is its square root. Given new points, :meth:`LatentGP.conditional` knows
    that their noise is independent.

    Parameters
    ----------
    noise
        A number, or an array for a batch of matrices.
    feature_ndims, active_dims, scale_diag, **kwargs
        See :class:`Covariance`.

    Raises
    ------
    NotImplementedError
        From :meth:`evaluate_kernel`: two points by themselves have no positions.
    """

    positive = ("noise",)

    def __init__(
        self, noise: Any, feature_ndims: int = 1, active_dims: Any = None, scale_diag: Any = None, **kwargs: Any
    ) -> None:
        self._noise = noise
        super().__init__(feature_ndims=feature_ndims, active_dims=active_dims, scale_diag=scale_diag, **kwargs)

    @property
    def noise(self) -> Any:
        """The variance."""
        return self._noise

    def _value(self, points: Points, mode: Mode) -> Tensor:
        if mode.kind == "pairs":
            raise NotImplementedError("WhiteNoise kernel cannot be evaluated at a point!")
        shape = points.sum(points.x1 - points.x2).shape
        pattern = tf.ones(shape, points.x1.dtype)
        if mode.kind == "matrix":
            eye = tf.eye(shape[-2], shape[-1], dtype=points.x1.dtype)
            pattern = pattern * (tf.zeros_like(eye) if mode.cross else eye)
        return points.over_points(floats(self._noise)) * pattern
