"""Transforms made of others, and distributions seen through a transform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.transforms.base import Transform, is_tensor

Tensor = Any


class Chain(Transform):
    """Several transforms, applied in list order by ``forward``.

    Parameters
    ----------
    transform_list
        The transforms.
    """

    def __init__(self, transform_list: Sequence[Transform]) -> None:
        self.transform_list = list(transform_list)
        self.name = "+".join(t.name for t in self.transform_list)

    @property
    def tag(self) -> str:
        return "+".join(t.tag for t in self.transform_list)

    @property
    def generator_tag(self) -> str:
        return "+".join(t.generator_tag for t in self.transform_list)

    @property
    def params(self) -> tuple[Any, ...]:
        return tuple(p for t in self.transform_list for p in t.params)

    def rebind(self, *params: Any) -> Chain:
        remaining = iter(params)
        return Chain([t.rebind(*(next(remaining) for _ in t.params)) for t in self.transform_list])

    def forward(self, x: Any) -> Any:
        for transform in self.transform_list:
            x = transform.forward(x)
        return x

    def forward_val(self, x: Any, point: Mapping[str, Any] | None = None) -> np.ndarray:
        for transform in self.transform_list:
            x = transform.forward_val(x, point)
        return x

    def backward(self, z: Any) -> Any:
        for transform in reversed(self.transform_list):
            z = transform.backward(z)
        return z

    def jacobian_det(self, x: Any) -> Any:
        """Sum of the parts, each reduced to the smallest number of axes among them."""
        tensors = is_tensor(x)
        x = tf.convert_to_tensor(x) if tensors else as_variable(x)
        parts = []
        for transform in reversed(self.transform_list):
            parts.append(transform.log_jacobian(x) if tensors else transform.jacobian_det(x))
            x = transform.backward(x)
        ranks = [p.shape.rank if tensors else p.ndim for p in parts]
        total: Any = 0.0
        for part, rank in zip(parts, ranks, strict=True):
            extra = tuple(range(min(ranks), rank))
            if extra:
                part = tf.reduce_sum(part, axis=extra) if tensors else part.sum(axis=extra)
            total = part + total
        return total

    log_jacobian = jacobian_det

    def __repr__(self) -> str:
        return f"Chain({self.transform_list})"


class TransformedDistribution:
    """A distribution as its unconstrained value has it: ``transform.apply(dist)``.

    Parameters
    ----------
    dist
        The distribution.
    transform
        The transform.
    """

    def __init__(self, dist: Any, transform: Transform) -> None:
        self.transform_used = transform
        # an attribute of instances, as in PyMC3, next to the class method of this name
        self.__dict__["dist"] = self._wrapped = dist
        self.testval = np.asarray(transform.forward_val(dist.default()), dist.dtype)
        self.shape = tuple(np.shape(self.testval))
        self.dtype = str(np.asarray(self.testval).dtype)

    @classmethod
    def dist(cls, dist: Any, transform: Transform) -> TransformedDistribution:
        """Make one; it is not registered in any model. On an instance, ``dist`` is the wrapped distribution."""
        return cls(dist, transform)

    def default(self) -> np.ndarray:
        """Start value, unconstrained."""
        return np.asarray(self.testval)

    def logp(self, x: Any) -> Variable:
        """Log density of an unconstrained value, Jacobian included."""
        without = self.logp_nojac(x)
        jacobian = self.transform_used.jacobian_det(as_variable(x))
        if without.ndim > jacobian.ndim:
            without = without.sum(axis=-1)
        return without + jacobian

    def logp_nojac(self, x: Any) -> Variable:
        """Log density of the constrained value that belongs to an unconstrained one."""
        return self._wrapped.logp(self.transform_used.backward(as_variable(x)))

    def logp_sum(self, x: Any) -> Variable:
        """Sum of :meth:`logp`."""
        return self.logp(x).sum()
