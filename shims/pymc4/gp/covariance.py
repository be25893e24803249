"""What all covariance functions have in common: the points they see, their sums and products."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError, ShapeError
from pm_migrate.shims.gaussian.kernels import Points, spread
from pm_migrate.shims.pymc4.gp.util import floats, public
from pm_migrate.shims.pymc4.tensors import GeneratorTensor

Tensor = Any


@dataclass(frozen=True)
class Mode:
    """What is computed of two sets of points.

    Parameters
    ----------
    kind
        ``matrix`` for each point with each, ``diagonal`` or ``pairs`` for the first with the first and so on.
    cross
        The second points are other ones than the first: what belongs to a point itself (white noise) is not shared.
    point_ndims
        For ``pairs``: number of axes that count points.
    """

    kind: str = "matrix"
    cross: bool = False
    point_ndims: int = 1

    def points(self, x1: Tensor, x2: Tensor, feature_ndims: int) -> Points:
        """The points, aligned."""
        if self.kind == "matrix":
            return Points.all_pairs(x1, x2, feature_ndims)
        return Points(x1, x2, feature_ndims, self.point_ndims)


class Covariance:
    """Base class of covariance functions: ``k(X1, X2)`` is a matrix.

    Sums and products with other covariance functions, numbers and matrices are covariance functions.

    A class of your own defines ``_init_kernel(self, feature_ndims, **kwargs)``, which returns a kernel of
    ``tfp.math.psd_kernels``, or overrides :meth:`__call__`.

    Parameters
    ----------
    feature_ndims
        Number of axes of ``X``, from the right, that make up one point.
    active_dims
        Which part of a point counts: for each feature axis a list of positions, a slice, or an integer ``k`` for the
        first ``k`` (one integer for all is the same of the first feature axis). None for everything.
    scale_diag
        Length scale of each feature, in addition to the function's own: points are divided by it.
    ARD
        With False, ``scale_diag`` is ignored. With True and without ``scale_diag``, an array ``length_scale`` has a
        number for each feature; otherwise it has one for each of a batch of matrices.
    validate_args
        Refuse parameters that are known and not positive.
    name
        Has no effect.
    """

    #: Parameters that have to be positive.
    positive: ClassVar[tuple[str, ...]] = ()

    def __init__(self, feature_ndims: int, active_dims: Any, scale_diag: Any, **kwargs: Any) -> None:
        if isinstance(feature_ndims, bool) or not isinstance(feature_ndims, int) or feature_ndims <= 0:
            raise ValueError(
                f"expected 'feature_ndims' to be an integer greater or equal to 1 but found {feature_ndims}"
            )
        self._feature_ndims = feature_ndims
        self._active_dims = _active_dims(active_dims, feature_ndims)
        ard = kwargs.pop("ARD", None)
        self._ard = scale_diag is not None if ard is None else bool(ard)
        self._scale_diag = scale_diag
        validate = kwargs.pop("validate_args", False)
        kwargs.pop("name", None)
        self._kernel = self._init_kernel(feature_ndims=feature_ndims, **kwargs)
        if validate:
            self._validate()

    def _init_kernel(self, feature_ndims: int, **kwargs: Any) -> Any:
        if kwargs:
            raise TypeError(
                f"{type(self).__name__} got unexpected arguments {sorted(kwargs)}; besides its own it takes ARD=, "
                "validate_args= and name="
            )
        return None

    def _validate(self) -> None:
        for name in self.positive:
            known = tf.get_static_value(floats(getattr(self, f"_{name}")))
            if known is not None and not np.all(known > 0):
                raise ModelError(f"{type(self).__name__}: {name} must be positive, not {known}")

    @property
    def feature_ndims(self) -> int:
        """Number of axes that make up one point."""
        return self._feature_ndims

    @property
    def active_dims(self) -> Any:
        """What counts of each feature axis, or None."""
        return self._active_dims

    @property
    def scale_diag(self) -> Any:
        """Length scale of each feature; 1 for none under ``ARD=True``."""
        return 1.0 if self._scale_diag is None and self._ard else self._scale_diag

    @property
    def ard(self) -> bool:
        """Whether features have length scales of their own."""
        return self._ard

    def __call__(self, X1: Any, X2: Any = None, diag: bool = False, **kwargs: Any) -> Any:
        """The covariance matrix.

        Parameters
        ----------
        X1, X2
            Points, of shapes ``(..., n, features)`` and ``(..., m, features)``. None for ``X1`` again (not in PyMC4).
        diag
            Only the diagonal.
        name
            Has no effect.

        Returns
        -------
        Tensor
            Of shape ``(..., n, m)``, or ``(..., n)`` for the diagonal; batches of points and of parameters broadcast.

        Raises
        ------
        ShapeError
            When the points have too few axes.
        """
        if set(kwargs) - {"name"}:
            raise TypeError(f"{type(self).__name__} is called with X1, X2 and diag=, not with {sorted(kwargs)}")
        return public(evaluate(self, X1, X1 if X2 is None else X2, Mode("diagonal" if diag else "matrix")))

    def evaluate_kernel(self, X1: Any, X2: Any, example_ndims: int = 1, **kwargs: Any) -> Any:
        """The covariance of the first point of ``X1`` with the first of ``X2``, and so on.

        Parameters
        ----------
        X1, X2
            Points that broadcast with each other.
        example_ndims
            Number of axes that count points.

        Returns
        -------
        Tensor
            Of the shape of the points without their features.
        """
        return public(evaluate(self, X1, X2, Mode("pairs", point_ndims=example_ndims)))

    def _evaluate(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        """Of all features."""
        if self._active_dims is not None:
            x1, x2 = (_active(x, self._active_dims) for x in (x1, x2))
        return self._of_active(x1, x2, mode)

    def _of_active(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        """Of those features that count."""
        if self._ard and self._scale_diag is not None:
            count = mode.point_ndims if mode.kind == "pairs" else 1
            scale = spread(floats(self._scale_diag), self._feature_ndims, count)
            x1, x2 = x1 / scale, x2 / scale
        return self._of_scaled(x1, x2, mode)

    def _of_scaled(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        """Of points divided by the length scales of their features."""
        if self._kernel is None:
            return self._value(mode.points(x1, x2, self._feature_ndims), mode)
        if mode.kind == "matrix":  # of a class of the program's own
            return self._kernel.matrix(x1, x2)
        return self._kernel.apply(x1, x2, example_ndims=mode.point_ndims)

    def _value(self, points: Points, mode: Mode) -> Tensor:
        """The formula."""
        raise NotImplementedError(f"{type(self).__name__} has to define _init_kernel or __call__")

    def __add__(self, cov2: Any) -> Covariance:
        return _Add(self, cov2)

    def __mul__(self, cov2: Any) -> Covariance:
        return _Prod(self, cov2)

    __radd__ = __add__
    __rmul__ = __mul__
    __array_ufunc__ = None  # array + k and array * k come here

    def __pow__(self, power: Any) -> Covariance:
        return Exponentiated(self, power)


def evaluate(covariance: Any, X1: Any, X2: Any, mode: Mode) -> Tensor:
    """The plain tensor of a covariance function, one of the program's own included."""
    if _is_opaque(covariance):
        if mode.kind == "pairs":
            raise NotImplementedError(f"{type(covariance).__name__} gives matrices only")
        points = [GeneratorTensor(floats(X)) for X in (X1, X2)]
        return floats(covariance(*points, diag=True) if mode.kind == "diagonal" else covariance(*points))
    x1, x2 = floats(X1), floats(X2)
    least = covariance.feature_ndims + (mode.point_ndims if mode.kind == "pairs" else 1)
    for x in (x1, x2):
        if x.shape.rank < least:
            raise ShapeError(
                f"{type(covariance).__name__} needs points with at least {least} axes, (points, features), not of "
                f"shape {tuple(x.shape)}; of numbers x make them by x[:, None]"
            )
    return covariance._evaluate(x1, x2, mode)


def _is_opaque(covariance: Any) -> bool:
    """Whether only calling it gives its values."""
    return not isinstance(covariance, Covariance) or type(covariance).__call__ is not Covariance.__call__


def _active_dims(given: Any, feature_ndims: int) -> tuple[Any, ...] | None:
    """For each feature axis a slice or a list of positions."""
    if given is None:
        return None
    entries = tuple(given) if isinstance(given, Iterable) else (given,)
    if len(entries) > feature_ndims:
        raise ValueError(
            "'active_dims' contain more entries than number of feature dimensions: "
            f"{len(entries)} > {feature_ndims}. Increase 'feature_ndims', or for positions on one axis give a list of "
            f"lists: active_dims=[{list(entries)}]"
        )
    entries += (slice(None),) * (feature_ndims - len(entries))
    return tuple(list(e) if isinstance(e, Iterable) else e if isinstance(e, slice) else slice(0, e) for e in entries)


def _active(x: Tensor, entries: Sequence[Any]) -> Tensor:
    x = x[(..., *(slice(None) if isinstance(e, list) else e for e in entries))]
    for axis, entry in enumerate(entries):
        if isinstance(entry, list):
            size = x.shape[axis - len(entries)]
            if not all(-size <= i < size for i in entry):  # XLA would take the last one
                raise ShapeError(f"active_dims {entry} of an axis of {size} features")
            x = tf.gather(x, [i % size for i in entry], axis=axis - len(entries))
    return x


class Combination(Covariance):
    """Several covariance functions, numbers and matrices together.

    Parameters
    ----------
    *factors
        At least one covariance function; all of them must have the same ``feature_ndims``.
    """

    combine: ClassVar[Callable[[Any, Any], Any]]

    def __init__(self, *factors: Any) -> None:
        self.factors: list[Any] = []
        for factor in factors:
            self.factors.extend(factor.factors if isinstance(factor, type(self)) else [factor])
        functions = [f for f in self.factors if isinstance(f, Covariance)]
        sizes = sorted({f.feature_ndims for f in functions})
        if len(sizes) != 1:
            raise ValueError(f"Cannot combine kernels with different feature_ndims: {sizes}")
        super().__init__(sizes[0], None, None)

    @property
    def active_dims(self) -> Any:
        """Those of each factor, None for numbers and matrices."""
        return [f.active_dims if isinstance(f, Covariance) else None for f in self.factors]

    def merge_factors(self, X1: Any, X2: Any, diag: bool = False) -> list[Any]:
        """Each factor's matrix, or its diagonal."""
        mode = Mode("diagonal" if diag else "matrix")
        return [public(self._factor(f, floats(X1), floats(X2), mode)) for f in self.factors]

    def _factor(self, factor: Any, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        if isinstance(factor, Covariance):
            return evaluate(factor, x1, x2, mode)
        tensor = floats(factor)
        return tf.linalg.diag_part(tensor) if mode.kind != "matrix" and tensor.shape.rank > 1 else tensor

    def _evaluate(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        return functools.reduce(type(self).combine, [self._factor(f, x1, x2, mode) for f in self.factors])

    _of_active = _evaluate


class _Add(Combination):
    """A sum."""

    combine = operator.add


class _Prod(Combination):
    """A product, element by element."""

    combine = operator.mul


class Exponentiated(Covariance):
    """A covariance function to a power, element by element: ``k ** 2`` (not in PyMC4).

    Parameters
    ----------
    kernel
        The covariance function.
    power
        A number; the result is positive semidefinite for whole ones.
    """

    def __init__(self, kernel: Covariance, power: Any) -> None:
        array = np.asarray(power) if isinstance(power, (Number, np.ndarray)) else None
        if array is None or array.size != 1:
            raise ValueError(f"A covariance function can only be exponentiated by a scalar value, not {power!r}")
        super().__init__(kernel.feature_ndims, None, None)
        self.kernel = kernel
        self.power = array.item()

    def _evaluate(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        return evaluate(self.kernel, x1, x2, mode) ** self.power

    _of_active = _evaluate


class Wrapped(Covariance):
    """A covariance function made of another one and a function of the points.

    The function sees the features that count for the other one, as a value of the model.
    """

    def __init__(self, kernel: Covariance, function: Callable[..., Any], fn_args: Any, **kwargs: Any) -> None:
        if not isinstance(kernel, Covariance):
            raise TypeError(f"{type(self).__name__} takes a covariance function, not {type(kernel).__name__}")
        if not callable(function):
            raise TypeError(f"{type(self).__name__} takes a function of the points, not {function!r}")
        super().__init__(kernel.feature_ndims, None, None, **kwargs)
        # a combination's factors choose their features themselves
        self._active_dims = None if isinstance(kernel, Combination) else kernel.active_dims
        self._scale_diag, self._ard = kernel.scale_diag, kernel.ard
        self.kernel = kernel
        self.fn_args = () if fn_args is None else tuple(fn_args)
        self._function = function

    def _of(self, x: Tensor) -> Tensor:
        return called(self._function, x, self.fn_args)

    def _inner(self, x1: Tensor, x2: Tensor, mode: Mode) -> Tensor:
        """The other one, of features that are chosen already."""
        if _is_opaque(self.kernel):
            return evaluate(self.kernel, x1, x2, mode)
        return self.kernel._of_active(x1, x2, mode)


def called(function: Callable[..., Any], x: Tensor, arguments: Sequence[Any] = ()) -> Tensor:
    """A program's own function of points; it sees a value of the model."""
    return floats(function(GeneratorTensor(x), *arguments))
