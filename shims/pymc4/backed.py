"""Distributions of the generator front end that compute through a TFP object: a program's own classes, and
:func:`pm_migrate.shims.pymc4.from_tfp`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.float64 import in_float64
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor

Tensor = Any

#: Families of one-or-other and of labelled values, by the names of their TFP classes.
_BINARY = frozenset({"Bernoulli", "ProbitBernoulli"})
_LABELS = frozenset({"Categorical", "OrderedLogistic", "StoppingRatioLogistic"})
#: TFP objects around one other, whose values are of the same kind.
_AROUND = frozenset({"BatchBroadcast", "BatchReshape", "BatchStacker", "Independent", "Masked", "Sample"})
#: What TFP raises where it has no bijector; the second when its ``Pad`` meets NumPy 2.4, which lost ``newshape=``.
_NO_BIJECTOR = (NotImplementedError, TypeError)
#: Mixtures, of which TFP does not say whether they are discrete; all others without a bijector are.
_MIXTURES = {"Mixture": "components", "MixtureSameFamily": "components_distribution"}


def _names(distribution: Any) -> frozenset[str]:
    """Names of a TFP object's classes; some are made with an underscore."""
    return frozenset(cls.__name__.lstrip("_") for cls in type(distribution).__mro__)


def inside(distribution: Any) -> Any:
    """The TFP distribution within those that only stack, reshape or repeat it."""
    while _names(distribution) & _AROUND:
        distribution = distribution.distribution
    return distribution


def kind_of(distribution: Any) -> str:
    """How the values of a TFP distribution are stepped: ``continuous``, ``integer``, ``binary`` or ``categorical``."""
    distribution = inside(distribution)
    names = _names(distribution)
    for mixture, parts in _MIXTURES.items():
        if mixture in names:
            components = getattr(distribution, parts)
            first = components[0] if isinstance(components, (list, tuple)) else components
            return "integer" if kind_of(first) != "continuous" else "continuous"
    if names & _BINARY:
        return "binary"
    if names & _LABELS:
        return "categorical"
    if distribution.dtype.is_integer or distribution.dtype == tf.bool:
        return "integer"
    try:
        return "integer" if distribution.experimental_default_event_space_bijector() is None else "continuous"
    except _NO_BIJECTOR:
        return "continuous"


class TfpNumbers:
    """A TFP distribution behind the interface of a bound catalogue row: log density, draws and a start value.

    Parameters
    ----------
    distribution
        A distribution of static shape.
    kind
        See :func:`kind_of`.
    """

    def __init__(self, distribution: Any, kind: str) -> None:
        self.distribution = distribution
        self.kind = kind
        shapes = (distribution.batch_shape, distribution.event_shape)
        if not all(isinstance(s, tf.TensorShape) and s.is_fully_defined() for s in shapes):
            raise ModelError(
                f"{distribution.name}: its batch shape {shapes[0]} and event shape {shapes[1]} must be known while the "
                "model is built"
            )
        self.batch_shape, self.event_shape = (tuple(s.as_list()) for s in shapes)

    @cached_property
    def categories(self) -> int | None:
        """Number of categories of labels."""
        if self.kind != "categorical":
            return None
        inner = inside(self.distribution)
        if type(inner).__name__ == "Categorical":
            return int(inner.probs_parameter().shape[-1])
        return int(inner.cutpoints.shape[-1]) + 1

    def log_prob(self, value: Tensor) -> Tensor:
        """The distribution's log density of a value of any real dtype."""
        return tf.cast(self.distribution.log_prob(tf.cast(value, self.distribution.dtype)), FLOATX)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draws of a total shape, which the distribution's own is broadcast to."""
        distribution, own = self.distribution, (*self.batch_shape, *self.event_shape)
        lead, rest = shape[: len(shape) - len(own)], shape[len(shape) - len(own) :]
        if rest != own:
            import tensorflow_probability as tfp

            batch = shape[: len(shape) - len(self.event_shape)]
            distribution, lead = tfp.distributions.BatchBroadcast(distribution, with_shape=batch), ()
        return distribution.sample(lead, seed=seed)

    def test_value(self) -> Tensor:
        """A value in the support: the mean where there is one, else where the default bijector takes zero to."""
        shape = (*self.batch_shape, *self.event_shape)
        central = self._statistic("mode" if self.kind in {"binary", "categorical"} else "mean")
        if self.kind != "continuous":
            return tf.zeros(shape, FLOATX) if central is None else tf.round(_finite(central, tf.zeros_like(central)))
        bijector = self.default_bijector()
        fallback = tf.zeros(shape, FLOATX)
        if bijector is not None:
            free = bijector.inverse_event_shape(tf.TensorShape(shape))
            fallback = tf.cast(bijector.forward(tf.zeros(free, self.distribution.dtype)), FLOATX)
        return fallback if central is None else _finite(central, fallback)

    def default_bijector(self) -> Any:
        """The bijector onto the support, None where TFP has none, or the distribution is discrete."""
        return None if self.kind != "continuous" else _bijector(self.distribution)

    def _statistic(self, which: str) -> Tensor | None:
        try:
            value = getattr(self.distribution, which)()
        except (AttributeError, NotImplementedError, ValueError):
            return None
        return tf.cast(value, FLOATX)


def _finite(value: Tensor, fallback: Tensor) -> Tensor:
    return tf.where(tf.math.is_finite(value), value, fallback)


def _bijector(distribution: Any) -> Any:
    """TFP's default bijector; of a mixture, that of its components where it has no parameters and they agree."""
    for mixture, parts in _MIXTURES.items():
        if mixture in _names(distribution):
            components = getattr(distribution, parts)
            found = [_bijector(d) for d in (components if isinstance(components, (list, tuple)) else [components])]
            same = {type(b) for b in found}
            first = found[0] if len(same) == 1 else None
            return first if first is not None and not _has_tensors(first) else None
    try:
        inner = inside(distribution).experimental_default_event_space_bijector()
        if inner is not None and inner.forward_min_event_ndims == 0 and not _has_tensors(inner):
            return inner  # of each element by itself, whatever is around it
        return distribution.experimental_default_event_space_bijector()
    except _NO_BIJECTOR:
        return None


def _has_tensors(bijector: Any) -> bool:
    return any(tf.is_tensor(v) or isinstance(v, np.ndarray) for v in tf.nest.flatten(bijector.parameters))


class Backed(Distribution):
    """A distribution that computes through a TFP object, which :meth:`_init_distribution` makes of the parameters.

    The object is built again in float64 (:func:`pm_migrate.shims.pymc4.float64.in_float64`); where that is not
    possible, its density is computed in float32, which a warning says. The wrappers of PyMC4 follow in its order:
    ``reinterpreted_batch_ndims``, ``batch_stack``, ``event_stack``.
    """

    #: PyMC4's start value of a class, broadcast to the distribution's shape; None for one that the object gives.
    _test_value: ClassVar[Any] = None

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        """The TFP distribution of parameters; ``kwargs`` are ``validate_args`` and ``allow_nan_stats``."""
        raise NotImplementedError

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        if args:
            raise TypeError(f"{cls.__name__} takes a name and keywords; got {len(args)} positional arguments")
        return None, dict(parameters)

    def _bind(self) -> tuple[Any, Any]:
        import tensorflow_probability as tfp

        from pm_migrate.shims.pymc4.distributions.batchstack import BatchStacker

        tfd = tfp.distributions
        options = {"validate_args": self.validate_args, "allow_nan_stats": self.allow_nan_stats}
        distribution = in_float64(self._init_distribution(self.conditions, **options))
        self._kind = kind_of(distribution)
        self._check(distribution)
        if self.reinterpreted_batch_ndims:
            distribution = tfd.Independent(distribution, reinterpreted_batch_ndims=self.reinterpreted_batch_ndims)
        if self.batch_stack:
            distribution = BatchStacker(distribution, batch_stack=self.batch_stack)
        if self.event_stack:
            distribution = tfd.Sample(distribution, sample_shape=self.event_stack)
        if self.total_shape is not None:
            event = len(distribution.event_shape)
            batch = self.total_shape[: len(self.total_shape) - event]
            shape = self._checked_total_shape(tuple(distribution.batch_shape), tuple(distribution.event_shape))
            assert shape == self.total_shape
            distribution = tfd.BatchBroadcast(distribution, with_shape=batch)
        numbers = TfpNumbers(distribution, self._kind)
        return numbers, numbers

    def _check(self, distribution: Any) -> None:
        label = f"{type(self).__name__}({self.name!r})"
        if distribution.dtype.is_floating and distribution.dtype != FLOATX:
            warnings.warn(
                f"{label}: {distribution.name} cannot be built again in float64, so that its density is computed in "
                f"{distribution.dtype.name}: its digits, and those of gradients, end after the seventh",
                UserWarning,
                stacklevel=2,
            )
        if type(distribution).__name__ == "FiniteDiscrete":
            outcomes = tf.get_static_value(distribution.outcomes)
            if outcomes is not None and np.any(outcomes != np.round(outcomes)):
                raise NotSupported(
                    f"{label}: outcomes that are not integers; use a Categorical and index the outcomes with it"
                )

    def _value_shape(self, plain: Any) -> tuple[int, ...]:
        if isinstance(plain, TfpNumbers):  # the stacks are in it
            return (*plain.batch_shape, *plain.event_shape)
        return super()._value_shape(plain)

    @property
    def discrete(self) -> bool:
        return self._kind != "continuous"

    @property
    def kind(self) -> str:
        return self._kind

    @property
    def event_rank(self) -> int:
        return len(self._bound.event_shape)

    @property
    def _event_ndims(self) -> int:
        return self.event_rank if isinstance(self._bound, TfpNumbers) else super()._event_ndims

    @property
    def test_value(self) -> Tensor:
        own = isinstance(self._bound, TfpNumbers) and self._test_value is not None
        if own and self.testval is None:
            return tf.broadcast_to(tf.cast(to_tensor(self._test_value), self.dtype), self.value_shape)
        return super().test_value
