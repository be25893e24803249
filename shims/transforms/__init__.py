"""Transforms between constrained and unconstrained values, as PyMC3 3.11 defines them.

``forward`` goes from constrained to unconstrained, ``backward`` back, ``jacobian_det(y)`` is the logarithm of the
absolute determinant of ``backward``'s derivative at the unconstrained ``y``. They take TensorFlow tensors, of which
dtype they compute in, and graph variables, numbers and arrays, of which they make graph variables. Where PyMC3's own
computation loses digits, the stable form is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.theano.graph import Constant
from pm_migrate.shims.transforms.base import ElemwiseTransform, Transform
from pm_migrate.shims.transforms.combined import Chain, TransformedDistribution
from pm_migrate.shims.transforms.elementwise import Circular, Interval, Log, LogExpM1, LogOdds, LowerBound, UpperBound
from pm_migrate.shims.transforms.vectors import CholeskyCovPacked, Ordered, StickBreaking, SumTo1

__all__ = [
    "Chain",
    "CholeskyCovPacked",
    "Circular",
    "ElemwiseTransform",
    "Interval",
    "Log",
    "LogExpM1",
    "LogOdds",
    "LowerBound",
    "Ordered",
    "StickBreaking",
    "SumTo1",
    "Transform",
    "TransformedDistribution",
    "UpperBound",
    "circular",
    "default_transform",
    "interval",
    "log",
    "log_exp_m1",
    "logodds",
    "lowerbound",
    "ordered",
    "stick_breaking",
    "sum_to_1",
    "transform",
    "upperbound",
]

transform = Transform
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

_PLAIN: Mapping[str, Transform] = {
    "log": log,
    "logodds": logodds,
    "stickbreaking": stick_breaking,
    "circular": circular,
}


def default_transform(tag: str | None, ends: tuple[Any, ...] = (None, None)) -> Transform | None:
    """The default transform of a catalogue row.

    Parameters
    ----------
    tag
        ``row.transform``.
    ends
        The lower and upper end for ``interval``; the lower end, first, for ``lowerbound``; for ``bounded`` the lower
        and upper end, None for one that was not given, which choose among the three; the number of rows, first, for
        ``cholesky-cov-packed``, None to take it from the vector.

    Raises
    ------
    ModelError
        For an unknown tag, or an end that is missing.
    """
    if tag is None:
        return None
    if tag in _PLAIN:
        return _PLAIN[tag]
    if tag == "cholesky-cov-packed":
        return CholeskyCovPacked(ends[0] if ends else None)
    if tag not in {"bounded", "interval", "lowerbound"}:
        raise ModelError(f"unknown transform {tag!r}")
    lower, upper = (*ends, None, None)[:2]
    if tag == "lowerbound":
        upper = None
    if tag == "bounded":
        lower, upper = (None if _infinite(end) else end for end in (lower, upper))
    elif lower is None or (tag == "interval" and upper is None):
        raise ModelError(f"the transform {tag!r} needs its ends, not {ends}")
    if lower is None:
        return None if upper is None else UpperBound(upper)
    return LowerBound(lower) if upper is None else Interval(lower, upper)


def _infinite(end: Any) -> bool:
    """Whether an end is absent: None, or a constant infinity."""
    if end is None:
        return True
    value = tf.get_static_value(end) if tf.is_tensor(end) else end.data if isinstance(end, Constant) else end
    return isinstance(value, (int, float, np.ndarray, np.generic)) and bool(np.all(np.isinf(value)))


def __getattr__(name: str) -> Any:
    if name == "t_stick_breaking":
        raise AttributeError(
            "t_stick_breaking was removed from PyMC3 in version 3.11, with the transform that it made; "
            "stick_breaking takes its place (other unconstrained values, the same simplex)"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
