"""Vector and matrix rows that TFP does not serve, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.shims.distributions.special.common import weighted_log

Tensor = Any


def _dirichlet(value: Tensor, canonical: Mapping[str, Tensor]) -> Tensor:
    """See :func:`weighted_log`."""
    a = canonical["a"]
    norm = tf.math.lgamma(tf.reduce_sum(a, axis=-1)) - tf.reduce_sum(tf.math.lgamma(a), axis=-1)
    return norm + tf.reduce_sum(weighted_log(a - 1.0, value), axis=-1)


LOG_PROB: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {
    "Dirichlet": _dirichlet,
}

SAMPLE: Mapping[str, Callable[[Mapping[str, Tensor], tuple[int, ...], Tensor], Tensor]] = {}

LOG_CDF: Mapping[str, Callable[[Tensor, Mapping[str, Tensor]], Tensor]] = {}

EVENT_SHAPE: Mapping[str, Callable[[Mapping[str, Tensor]], tuple[int, ...]]] = {}
