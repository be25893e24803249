"""What the composite distributions of the ``with`` front end share: their density as an expression, and their draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions import drawing
from pm_migrate.shims.distributions.base import Distribution
from pm_migrate.shims.theano.graph import Op, Variable, apply, get_test_value
from pm_migrate.shims.theano.tensor import as_tensor_variable


class Composite(Distribution):
    """A distribution made of others, whose numbers are in :mod:`pm_migrate.shims.distributions.composite`.

    A subclass sets ``_parts``, the distributions it is made of, and ``_own``, its own parameters by name.
    """

    _parts: tuple[Distribution, ...]
    _own: Mapping[str, Variable]

    @property
    def params(self) -> Mapping[str, Variable]:
        inner = {f"{i}.{name}": v for i, part in enumerate(self._parts) for name, v in part.params.items()}
        return {**self._own, **inner}

    @property
    def has_random(self) -> bool:
        return all(part.has_random for part in self._parts)

    def logp(self, value: Any) -> Variable:
        """Log density as an expression."""
        value = as_tensor_variable(value)
        params = list(dict.fromkeys(self.params.values()))

        dtype = self.density_dtype(value)

        def impl(x: Any, *tensors: Any) -> Any:
            return tf.cast(self.bound(dict(zip(params, tensors, strict=True))).log_prob(x), dtype)

        example = get_test_value(value)
        example = np.ones((1,) * value.ndim) if example is None else example
        rank = len(self.bound_at_test_point().log_prob(example.astype("float64")).shape)
        return apply(Op(f"logp:{self.label}", impl, dtype=dtype, ndim=rank), value, *params)

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise at the line that made the variable when the density cannot take values of this shape."""
        self.logp(np.zeros(shape, self.dtype))

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values.

        Parameters
        ----------
        point
            Values of other random variables by name; those that are missing are drawn.
        size
            Shape in front of the distribution's own.
        """
        self.require_random()
        return drawing.draw(self, None, point, size)
