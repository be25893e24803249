"""``BatchStacker``: independent copies of a TFP distribution in front of its batch."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow_probability.python.distributions.batch_broadcast import _BatchBroadcast

from pm_migrate.shims.pymc4.distribution import as_shape

__all__ = ["BatchStacker"]


class BatchStacker(_BatchBroadcast):  # the public class makes instances of this one, not of a subclass
    """Independent copies of a TFP distribution: what ``batch_stack=`` does.

    Parameters
    ----------
    distribution
        A TFP distribution.
    batch_stack
        Shape of the copies, put in front of the batch shape.
    validate_args
        As TFP's.
    name
        Name of the operations; ``BatchStacker`` and the distribution's by default.

    Examples
    --------
    >>> import tensorflow_probability as tfp
    >>> stacked = BatchStacker(tfp.distributions.Normal([0.0, 1.0], 1.0), batch_stack=(3,))
    >>> stacked.batch_shape, stacked.log_prob(0.0).shape
    (TensorShape([3, 2]), TensorShape([3, 2]))
    """

    def __init__(
        self, distribution: Any, batch_stack: Any, validate_args: bool = False, name: str | None = None
    ) -> None:
        parameters = {
            "distribution": distribution,
            "batch_stack": batch_stack,
            "validate_args": validate_args,
            "name": name,
        }
        self._stack = as_shape(batch_stack)
        super().__init__(
            distribution,
            to_shape=[*self._stack, *distribution.batch_shape],
            validate_args=validate_args,
            name=name or f"BatchStacker{distribution.name}",
        )
        self._parameters = parameters

    @property
    def batch_stack(self) -> tf.Tensor:
        """Shape of the copies."""
        return tf.constant(self._stack, tf.int32)
