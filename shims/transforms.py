"""Transforms between constrained and unconstrained values, as PyMC3 3.11 defines them.

``forward`` goes from constrained to unconstrained, ``backward`` back, ``log_jacobian(y)`` is the logarithm of the
absolute determinant of ``backward``'s derivative at the unconstrained ``y``. Formulas work on TensorFlow tensors; where
PyMC3's own computation loses digits (the log-odds Jacobian below y = -360) the stable form is used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError

Tensor = Any


class Transform:
    """A bijection between a support and the reals.

    Parameters
    ----------
    params
        Parameters of the map (ends of an interval), tensors or numbers.

    Attributes
    ----------
    tag
        Name in PyMC3's value variables: ``sigma_log__``.
    generator_tag
        Name in PyMC4's: ``__log_sigma``.
    """

    tag = ""

    def __init__(self, *params: Any) -> None:
        self.params = params

    @property
    def name(self) -> str:
        """PyMC3's attribute for the tag."""
        return self.tag

    @property
    def generator_tag(self) -> str:
        """Tag in the generator front end."""
        return self.tag

    def rebind(self, *params: Any) -> Transform:
        """Return the same transform with other parameter values."""
        return type(self)(*params)

    def forward(self, x: Tensor) -> Tensor:
        """Constrained to unconstrained."""
        raise NotImplementedError

    def backward(self, y: Tensor) -> Tensor:
        """Unconstrained to constrained."""
        raise NotImplementedError

    def log_jacobian(self, y: Tensor) -> Tensor:
        """Log absolute Jacobian determinant of :meth:`backward`."""
        raise NotImplementedError

    def unconstrained_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the unconstrained value for a constrained value of ``shape``."""
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.params))})"


class Log(Transform):
    """``y = log(x)`` for x > 0."""

    tag = "log"

    def forward(self, x: Tensor) -> Tensor:
        return tf.math.log(x)

    def backward(self, y: Tensor) -> Tensor:
        return tf.exp(y)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return y


class LogExpM1(Transform):
    """``y = log(exp(x) - 1)`` for x > 0."""

    tag = "log_exp_m1"

    def forward(self, x: Tensor) -> Tensor:
        return tf.where(x > 1.0, x + tf.math.log1p(-tf.exp(-x)), tf.math.log(tf.math.expm1(tf.minimum(x, 1.0))))

    def backward(self, y: Tensor) -> Tensor:
        return tf.nn.softplus(y)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return -tf.nn.softplus(-y)


class LogOdds(Transform):
    """``y = log(x / (1 - x))`` for x in (0, 1)."""

    tag = "logodds"

    @property
    def generator_tag(self) -> str:
        return "sigmoid"

    def forward(self, x: Tensor) -> Tensor:
        return tf.math.log(x) - tf.math.log1p(-x)

    def backward(self, y: Tensor) -> Tensor:
        return tf.sigmoid(y)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return -tf.nn.softplus(y) - tf.nn.softplus(-y)


class Interval(Transform):
    """``y = log(x - a) - log(b - x)`` for x in (a, b)."""

    tag = "interval"

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(a, b)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.params
        return tf.math.log(x - a) - tf.math.log(b - x)

    def backward(self, y: Tensor) -> Tensor:
        a, b = self.params
        share = tf.sigmoid(y)
        return share * b + (1.0 - share) * a

    def log_jacobian(self, y: Tensor) -> Tensor:
        a, b = self.params
        width = tf.convert_to_tensor(b, tf.float64) - tf.convert_to_tensor(a, tf.float64)
        return tf.math.log(width) - 2.0 * tf.nn.softplus(-y) - y


class LowerBound(Transform):
    """``y = log(x - a)`` for x > a."""

    tag = "lowerbound"

    def __init__(self, a: Any) -> None:
        super().__init__(a)

    def forward(self, x: Tensor) -> Tensor:
        return tf.math.log(x - self.params[0])

    def backward(self, y: Tensor) -> Tensor:
        return tf.exp(y) + self.params[0]

    def log_jacobian(self, y: Tensor) -> Tensor:
        return y


class UpperBound(Transform):
    """``y = log(b - x)`` for x < b."""

    tag = "upperbound"

    def __init__(self, b: Any) -> None:
        super().__init__(b)

    def forward(self, x: Tensor) -> Tensor:
        return tf.math.log(self.params[0] - x)

    def backward(self, y: Tensor) -> Tensor:
        return self.params[0] - tf.exp(y)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return y


class Ordered(Transform):
    """First entry and log differences of an increasing vector (last axis)."""

    tag = "ordered"

    def forward(self, x: Tensor) -> Tensor:
        return tf.concat([x[..., :1], tf.math.log(x[..., 1:] - x[..., :-1])], axis=-1)

    def backward(self, y: Tensor) -> Tensor:
        return tf.cumsum(tf.concat([y[..., :1], tf.exp(y[..., 1:])], axis=-1), axis=-1)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return tf.reduce_sum(y[..., 1:], axis=-1)


class StickBreaking(Transform):
    """Centred log-ratio of a simplex (last axis) without its last coordinate.

    The family is the log-ratio transforms of Egozcue et al. 2003, Mathematical Geology 35(3).
    """

    tag = "stickbreaking"

    def forward(self, x: Tensor) -> Tensor:
        logs = tf.math.log(x)
        return logs[..., :-1] - tf.reduce_mean(logs, axis=-1, keepdims=True)

    def backward(self, y: Tensor) -> Tensor:
        return tf.nn.softmax(self._logits(y), axis=-1)

    def log_jacobian(self, y: Tensor) -> Tensor:
        size = float(y.shape[-1] + 1)
        return math.log(size) - size * tf.reduce_logsumexp(self._logits(y), axis=-1)

    def unconstrained_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:-1], shape[-1] - 1)

    @staticmethod
    def _logits(y: Tensor) -> Tensor:
        return tf.concat([y, -tf.reduce_sum(y, axis=-1, keepdims=True)], axis=-1)


class SumTo1(Transform):
    """A simplex without its last coordinate; values may leave the simplex."""

    tag = "sumto1"

    def forward(self, x: Tensor) -> Tensor:
        return x[..., :-1]

    def backward(self, y: Tensor) -> Tensor:
        return tf.concat([y, 1.0 - tf.reduce_sum(y, axis=-1, keepdims=True)], axis=-1)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return tf.zeros_like(y[..., 0])

    def unconstrained_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:-1], shape[-1] - 1)


class Circular(Transform):
    """Angles, wrapped into (-pi, pi]."""

    tag = "circular"

    def forward(self, x: Tensor) -> Tensor:
        return tf.identity(x)

    def backward(self, y: Tensor) -> Tensor:
        return tf.atan2(tf.sin(y), tf.cos(y))

    def log_jacobian(self, y: Tensor) -> Tensor:
        return tf.zeros_like(y)


class Chain(Transform):
    """Several transforms, applied in list order by ``forward``."""

    def __init__(self, transforms: list[Transform]) -> None:
        super().__init__(*(p for t in transforms for p in t.params))
        self.transforms = transforms
        self.tag = "+".join(t.tag for t in transforms)

    def rebind(self, *params: Any) -> Chain:
        remaining = iter(params)
        return Chain([t.rebind(*(next(remaining) for _ in t.params)) for t in self.transforms])

    def forward(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform.forward(x)
        return x

    def backward(self, y: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            y = transform.backward(y)
        return y

    def log_jacobian(self, y: Tensor) -> Tensor:
        parts = []
        for transform in reversed(self.transforms):
            parts.append(transform.log_jacobian(y))
            y = transform.backward(y)
        rank = min(p.shape.rank for p in parts)
        return tf.add_n([tf.reduce_sum(p, axis=tuple(range(rank, p.shape.rank))) for p in parts])

    def unconstrained_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        for transform in self.transforms:
            shape = transform.unconstrained_shape(shape)
        return shape


log = Log()
log_exp_m1 = LogExpM1()
logodds = LogOdds()
ordered = Ordered()
stick_breaking = StickBreaking()
sum_to_1 = SumTo1()
circular = Circular()
interval = Interval
lowerbound = LowerBound
upperbound = UpperBound

_PLAIN: Mapping[str, Transform] = {"log": log, "logodds": logodds, "stickbreaking": stick_breaking}


def default_transform(tag: str | None, ends: tuple[Any, Any] = (None, None)) -> Transform | None:
    """The default transform of a catalogue row.

    Parameters
    ----------
    tag
        ``row.transform``.
    ends
        For ``bounded``: the lower and upper end, None for one that was not given.
    """
    if tag is None:
        return None
    if tag in _PLAIN:
        return _PLAIN[tag]
    if tag != "bounded":
        raise ModelError(f"unknown transform {tag!r}")
    lower, upper = (None if _infinite(end) else end for end in ends)
    if lower is None:
        return None if upper is None else UpperBound(upper)
    return LowerBound(lower) if upper is None else Interval(lower, upper)


def _infinite(end: Any) -> bool:
    """Whether an end is absent: None, or a constant infinity."""
    if end is None:
        return True
    value = tf.get_static_value(end) if tf.is_tensor(end) else end
    return isinstance(value, (int, float, np.ndarray, np.generic)) and bool(np.all(np.isinf(value)))
