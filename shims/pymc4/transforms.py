"""Transforms of the generator front end: PyMC4's classes, and PyMC3's under their own names.

PyMC4 spells the methods ``forward`` (constrained to unconstrained), ``inverse`` (back), ``forward_log_det_jacobian(x)``
and ``inverse_log_det_jacobian(z)``; a transform of TFP's is one more through :class:`BackwardTransform`. What PyMC3 has
besides (``ordered``, ``stick_breaking``, ``Chain`` ...) is here too, under PyMC3's names.

Examples
--------
>>> import tensorflow_probability as tfp
>>> import pm_migrate.pymc4 as pm
>>> transforms = pm.distributions.transforms
>>> pm.HalfNormal("sigma", 1.0, transform=transforms.LowerBound(0.0)).transform.name
'lowerbound'
>>> positive = transforms.BackwardTransform(tfp.bijectors.Softplus())
>>> pm.HalfNormal("sigma", 1.0, transform=positive).transform.name
'softplus'
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pm_migrate.shims import transforms as native
from pm_migrate.shims.pymc4.float64 import in_float64
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor, wrap
from pm_migrate.shims.theano.ops import stabilised
from pm_migrate.shims.transforms import (
    Chain,
    CholeskyCovPacked,
    Circular,
    LogExpM1,
    LogOdds,
    Ordered,
    StickBreaking,
    SumTo1,
    circular,
    log_exp_m1,
    ordered,
    stick_breaking,
    sum_to_1,
)

Tensor = Any

__all__ = [
    "BackwardTransform",
    "Chain",
    "CholeskyCovPacked",
    "Circular",
    "ElemwiseTransform",
    "Interval",
    "Invert",
    "JacobianPreference",
    "Log",
    "LogExpM1",
    "LogOdds",
    "LowerBound",
    "Ordered",
    "Sigmoid",
    "StickBreaking",
    "SumTo1",
    "Transform",
    "UpperBound",
    "circular",
    "default_transform",
    "interval",
    "log",
    "log_exp_m1",
    "logodds",
    "lowerbound",
    "ordered",
    "sigmoid",
    "stick_breaking",
    "sum_to_1",
    "transform",
    "upperbound",
]


class JacobianPreference(enum.Enum):
    """Which Jacobian of a transform is the cheaper one."""

    Forward = "Forward"
    Backward = "Backward"


class Transform(native.Transform):
    """A bijection between a support and the reals, with PyMC4's methods.

    A program's own transform is a subclass with a ``name``, :meth:`forward`, :meth:`inverse` and one of the two
    Jacobians, functions of tensors. PyMC3's names, ``backward`` and ``jacobian_det``, work too; methods of such a class
    get values of the model, for which NumPy's functions, TensorFlow's and Theano's are all there.

    Parameters
    ----------
    transform
        A bijector of TFP's, kept as ``_transform``, or None.
    event_ndims
        Number of axes, from the right, that :meth:`forward_log_det_jacobian` and its inverse sum over; None for as many
        as the map needs.

    Examples
    --------
    >>> import tensorflow as tf
    >>> import pm_migrate.pymc4 as pm
    >>> class Cubed(pm.distributions.transforms.Transform):
    ...     name = "cubed"
    ...     def forward(self, x):
    ...         return tf.sign(x) * tf.abs(x) ** (1 / 3)
    ...     def inverse(self, z):
    ...         return z**3
    ...     def inverse_log_det_jacobian(self, z):
    ...         return tf.math.log(3.0 * z**2)
    >>> float(Cubed().forward_log_det_jacobian(tf.constant(8.0, tf.float64)))  # -log(3 * 2**2)
    -2.4849066497880004
    """

    name = ""
    jacobian_preference = JacobianPreference.Forward

    def __init__(self, transform: Any = None, event_ndims: int | None = None) -> None:
        self._transform = transform
        self.event_ndims = event_ndims

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls._is_pymc3s():
            for name in ("forward", "backward", "jacobian_det"):
                if name in vars(cls):
                    setattr(cls, name, _of_values(vars(cls)[name]))

    @classmethod
    def _is_pymc3s(cls) -> bool:
        """Whether a subclass is written the PyMC3 way."""
        return cls.inverse is Transform.inverse and cls.backward is not Transform.backward

    @property
    def params(self) -> tuple[Any, ...]:
        return ()

    def rebind(self, *params: Any) -> native.Transform:
        return self

    def inverse(self, z: Any) -> Any:
        """Unconstrained to constrained."""
        if type(self).backward is Transform.backward:
            raise NotImplementedError(f"{type(self).__name__} has no method inverse")
        return self.backward(z)

    def forward_log_det_jacobian(self, x: Any) -> Any:
        """Logarithm of the absolute Jacobian determinant of :meth:`forward` at a constrained value."""
        if type(self).inverse_log_det_jacobian is Transform.inverse_log_det_jacobian and not self._is_pymc3s():
            raise NotImplementedError(f"{type(self).__name__} has no Jacobian")
        return -self.inverse_log_det_jacobian(self.forward(x))

    def inverse_log_det_jacobian(self, z: Any) -> Any:
        """Logarithm of the absolute Jacobian determinant of :meth:`inverse` at an unconstrained value."""
        if self._is_pymc3s():
            return self.jacobian_det(z)
        return -self.forward_log_det_jacobian(self.inverse(z))

    def backward(self, z: Any) -> Any:
        return self.inverse(z)

    def jacobian_det(self, x: Any) -> Any:
        if self._is_pymc3s():
            return super().jacobian_det(x)
        return self.inverse_log_det_jacobian(x)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return self.inverse_log_det_jacobian(y)


def _of_values(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that is written for values of a model, for plain tensors too."""

    @functools.wraps(method)
    def call(self: Any, value: Any) -> Any:
        if not tf.is_tensor(value):
            return method(self, value)
        return to_tensor(method(self, wrap(value)))

    return call


class ElemwiseTransform(Transform):
    """PyMC3's base class of transforms of each element by itself; the Jacobian follows from ``backward``.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> class Doubled(pm.transforms.ElemwiseTransform):
    ...     name = "doubled"
    ...     def forward(self, x):
    ...         return x / 2
    ...     def backward(self, y):
    ...         return 2 * y
    >>> Doubled().jacobian_det(tf.constant([1.0, 3.0], tf.float64)).numpy().round(4).tolist()
    [0.6931, 0.6931]
    """

    def jacobian_det(self, x: Any) -> Any:
        x = to_tensor(x)
        x = stabilised.opaque(x if x.dtype.is_floating else tf.cast(x, FLOATX))
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(self.backward(x))
        slope = tape.gradient(total, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return tf.math.log(tf.abs(slope))


class Invert(Transform):
    """A transform the other way round: its ``forward`` is the given one's ``inverse``.

    Parameters
    ----------
    transform
        The transform.
    """

    def __init__(self, transform: Any, **kwargs: Any) -> None:
        super().__init__(transform, **kwargs)
        forward = transform.jacobian_preference is JacobianPreference.Forward
        self.jacobian_preference = JacobianPreference.Backward if forward else JacobianPreference.Forward
        # PyMC4 left it without a name, so that no variable could have it
        self.name = f"inverted-{transform.name}"

    def forward(self, x: Any) -> Any:
        return self._transform.inverse(x)

    def inverse(self, z: Any) -> Any:
        return self._transform.forward(z)

    def forward_log_det_jacobian(self, x: Any) -> Any:
        return self._transform.inverse_log_det_jacobian(x)

    def inverse_log_det_jacobian(self, z: Any) -> Any:
        return self._transform.forward_log_det_jacobian(z)


class BackwardTransform(Transform):
    """A transform by a bijector of TFP's, whose ``forward`` goes from unconstrained to constrained.

    Parameters
    ----------
    transform
        The bijector; it is built again in float64.
    event_ndims
        Number of axes of the constrained value that the Jacobian sums over; None for as few as the bijector allows.
    """

    jacobian_preference = JacobianPreference.Backward

    def __init__(self, transform: Any = None, event_ndims: int | None = None) -> None:
        super().__init__(None if transform is None else in_float64(transform), event_ndims)
        if not self.name and transform is not None:
            self.name = _tag_of(transform)

    def _input(self, value: Any) -> Tensor:
        value = to_tensor(value)
        dtype = self._transform.dtype or FLOATX
        return tf.cast(value, dtype) if isinstance(dtype, tf.DType) else value

    @property
    def _constrained_ndims(self) -> int:
        least = int(self._transform.inverse_min_event_ndims)
        return least if self.event_ndims is None else max(least, self.event_ndims)

    def forward(self, x: Any) -> Tensor:
        return tf.cast(self._transform.inverse(self._input(x)), FLOATX)

    def inverse(self, z: Any) -> Tensor:
        return tf.cast(self._transform.forward(self._input(z)), FLOATX)

    def forward_log_det_jacobian(self, x: Any) -> Tensor:
        return tf.cast(self._transform.inverse_log_det_jacobian(self._input(x), self._constrained_ndims), FLOATX)

    def inverse_log_det_jacobian(self, z: Any) -> Tensor:
        ndims = self._transform.inverse_event_ndims(self._constrained_ndims)
        return tf.cast(self._transform.forward_log_det_jacobian(self._input(z), ndims), FLOATX)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transform})"


def _tag_of(bijector: Any) -> str:
    """Name of a bijector in those of value variables, by its class: TFP's own ``name`` differs from trace to trace.

    Without underscores, of which one ends the transform's part of a name.
    """
    label = type(bijector).__name__.lstrip("_")
    if label == "Chain":
        return "-".join(_tag_of(part) for part in bijector.bijectors)
    if label == "BroadcastingBijector":
        return _tag_of(bijector.bijector)
    return re.sub(r"(?<!^)(?=[A-Z])", "-", label).lower()


class _Stable(BackwardTransform):
    """PyMC4's methods for a transform that is computed here in its stable form, not through a bijector.

    ``sum_ndims`` takes the place of PyMC4's attribute ``event_ndims``, which is something else in the shared classes.
    """

    sum_ndims: int | None = None

    def inverse(self, z: Any) -> Any:
        return self.backward(z)

    def inverse_log_det_jacobian(self, z: Any) -> Tensor:
        jacobian = self.log_jacobian(to_tensor(z))
        return tf.reduce_sum(jacobian, axis=list(range(-self.sum_ndims, 0))) if self.sum_ndims else jacobian

    def forward_log_det_jacobian(self, x: Any) -> Tensor:
        return -self.inverse_log_det_jacobian(self.forward(to_tensor(x)))


class Log(native.Log, _Stable):
    """``y = log(x)`` for x > 0."""

    def __init__(self, event_ndims: int | None = None) -> None:
        native.Log.__init__(self)
        self.sum_ndims = event_ndims


class Sigmoid(native.LogOdds, _Stable):
    """``y = log(x / (1 - x))`` for x in (0, 1); PyMC3's ``logodds``."""

    name = "sigmoid"

    def __init__(self, event_ndims: int | None = None) -> None:
        native.LogOdds.__init__(self)
        self.sum_ndims = event_ndims

    @property
    def tag(self) -> str:
        return "logodds"


class LowerBound(native.LowerBound, _Stable):
    """``y = log(x - lower_limit)`` for x > lower_limit."""

    def __init__(self, lower_limit: Any, event_ndims: int | None = None) -> None:
        native.LowerBound.__init__(self, lower_limit)
        self.sum_ndims = event_ndims


class UpperBound(native.UpperBound, _Stable):
    """``y = log(upper_limit - x)`` for x < upper_limit."""

    def __init__(self, upper_limit: Any, event_ndims: int | None = None) -> None:
        native.UpperBound.__init__(self, upper_limit)
        self.sum_ndims = event_ndims


class Interval(native.Interval, _Stable):
    """``y = log(x - lower_limit) - log(upper_limit - x)`` for x between the limits."""

    def __init__(self, lower_limit: Any, upper_limit: Any, event_ndims: int | None = None) -> None:
        native.Interval.__init__(self, lower_limit, upper_limit)
        self.sum_ndims = event_ndims


_HERE: dict[type, type] = {
    native.Log: Log,
    native.LogOdds: Sigmoid,
    native.LowerBound: LowerBound,
    native.UpperBound: UpperBound,
    native.Interval: Interval,
}


def default_transform(tag: str | None, ends: tuple[Any, ...] = (None, None)) -> native.Transform | None:
    """The default transform of a catalogue row, as an instance of PyMC4's class where it has one."""
    found = native.default_transform(tag, ends)
    cls = _HERE.get(type(found))
    return found if cls is None else cls(*found.params)


def as_transform(value: Any) -> Any:
    """A bijector of TFP's as a transform; anything else as it is."""
    if isinstance(value, native.Transform) or not hasattr(value, "inverse_min_event_ndims"):
        return value
    return BackwardTransform(value)


transform = Transform
log = Log()
sigmoid = Sigmoid()
logodds = sigmoid
interval = Interval
lowerbound = LowerBound
upperbound = UpperBound
