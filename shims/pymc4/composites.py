"""Distributions made of others in the generator front end.

PyMC4 has ``Mixture(name, p, distributions)`` alone; the others are ours, for what PyMC3 programs are written with. They
compute through the same numbers as the ``with`` front end, :mod:`pm_migrate.shims.distributions.composite`.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.bound import REPEATED
from pm_migrate.shims.distributions.composite import Bounded, MixedAxis, MixedList
from pm_migrate.shims.pymc4.distribution import Distribution, by_name, full_signature
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor, unwrap
from pm_migrate.shims.pymc4.transforms import default_transform
from pm_migrate.shims.transforms import Transform

Tensor = Any


class Numbers:
    """An anonymous distribution as a component: its numbers, without a front end's conversions."""

    categories = None

    def __init__(self, dist: Distribution) -> None:
        self.dist = dist
        self.batch_shape = tuple(dist.batch_shape.as_list())
        self.event_shape = tuple(dist.event_shape.as_list())

    def log_prob(self, value: Tensor) -> Tensor:
        """The distribution's."""
        return unwrap(self.dist.log_prob(value))

    def test_value(self) -> Tensor:
        """The distribution's start value."""
        return tf.cast(self.dist.test_value, FLOATX)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draws of a total shape."""
        return tf.cast(self.dist.sample_total(shape, seed), FLOATX)


def matched(
    label: str,
    signature: tuple[str, ...],
    optional: Mapping[str, Any],
    args: tuple[Any, ...],
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """A value for every argument of a signature.

    Raises
    ------
    TypeError
        For arguments that are unknown, given twice, or missing.
    """
    wanted = f"({', '.join(signature)})"
    full = {**optional, **by_name(label, signature, wanted, args, parameters)}
    missing = [name for name in signature if name not in full]
    if missing:
        raise TypeError(f"{label} misses {', '.join(map(repr, missing))}; it takes {wanted}")
    return full


class Composite(Distribution):
    """What they share. ``signature`` names the arguments, ``optional`` those with a default."""

    signature: ClassVar[tuple[str, ...]]
    optional: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        defaults = {name: cls.optional.get(name, inspect.Parameter.empty) for name in cls.signature}
        cls.__signature__ = full_signature(defaults)

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        return None, matched(cls.__name__, cls.signature, cls.optional, args, parameters)

    def _bind(self) -> tuple[Any, Any]:
        if self.event_stack:
            raise ModelError(f"{type(self).__name__} takes no event_stack=; give it to the distributions inside")
        numbers = self._numbers(**self.conditions)
        return numbers, numbers

    def _numbers(self, **arguments: Any) -> Any:
        """The numeric form; sets ``parts``."""
        raise NotImplementedError

    parts: tuple[Distribution, ...] = ()
    #: Whether the distributions inside may have names, which mean nothing then.
    named_parts: ClassVar[bool] = False

    @property
    def discrete(self) -> bool:
        return all(part.discrete for part in self.parts) if self.parts else False

    @property
    def kind(self) -> str:
        return "integer" if self.discrete else "continuous"

    @property
    def event_rank(self) -> int:
        return len(self._bound.event_shape)

    @property
    def has_random(self) -> bool:
        return all(part.has_random for part in self.parts)

    @property
    def categories(self) -> int | None:
        return None

    def _default_transform(self) -> Transform | None:
        return None

    def _component(self, dist: Any) -> Distribution:
        """Check one distribution that this one is made of."""
        if not isinstance(dist, Distribution) or not (dist.is_anonymous or self.named_parts):
            got = f"{dist.name!r}, which has a name" if isinstance(dist, Distribution) else type(dist).__name__
            raise TypeError(
                f"{type(self).__name__}: the distributions inside are made by .dist, as pm.Normal.dist(0, 1); got {got}"
            )
        return dist


_LAST_AXIS = (
    "the last axis of the values is as long as there are components: PyMC3 takes it for theirs; here, as in PyMC4, "
    "each value is drawn from the mixture, which is another density"
)


class Mixture(Composite):
    """Mixture(name, p, distributions)

    A mixture: ``log(sum(p * exp(log density of each component)))``.

    Parameters
    ----------
    p
        Weights, the components on the last axis. Weights that are negative or do not sum to 1 within 1e-5 give
        ``-inf``, as in PyMC3; PyMC4 normalised them.
    distributions
        A list of distributions, or one whose last batch axis holds the components. They are not yielded; names that
        they have are ignored, as in PyMC4.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> mixture = pm.Mixture.dist([0.5, 0.5], [pm.Normal.dist(0, 1), pm.Normal.dist(4, 1)])
    >>> round(float(mixture.log_prob(2.0)), 4)
    -2.9189
    """

    signature: ClassVar[tuple[str, ...]] = ("p", "distributions")
    named_parts: ClassVar[bool] = True

    def log_prob(self, value: Any) -> Tensor:
        """Log density; a column of values, for as many sets of weights or components, is taken for a vector.

        PyMC3 programs give data of shape ``(n, 1)`` for weights of shape ``(n, k)``.
        """
        value = to_tensor(value)
        if self._is_column(tuple(value.shape)):
            value = value[..., 0]
        elif not self.event_shape.rank and value.shape.rank > 1 and self._looks_mixed(value.shape[-1]):
            warnings.warn(f"{type(self).__name__}({self.name!r}): {_LAST_AXIS}", UserWarning, quirks.user_level())
        return super().log_prob(value)

    def _is_column(self, shape: tuple[int, ...]) -> bool:
        """Whether values of a shape have an axis of length 1 behind those of the mixture."""
        own = self.value_shape
        return 0 < len(own) < len(shape) and shape == (*own, 1) and not self.event_shape.rank

    def _looks_mixed(self, length: int) -> bool:
        """Whether PyMC3 takes a last axis of some length for that of the components: of one distribution."""
        return isinstance(self._bound, MixedAxis) and length == self._bound.shape[-1] and len(self._bound.shape) == 1

    def observation_shape(self, observed: Tensor) -> tuple[int, ...]:
        shape = tuple(observed.shape)
        return shape if self._is_column(shape) else super().observation_shape(observed)

    def sample_total(self, shape: tuple[int, ...], seed: Any = None) -> Tensor:
        own = self.value_shape
        if len(shape) > len(own) and self._is_column(shape[len(shape) - len(own) - 1 :]):
            return super().sample_total(shape[:-1], seed)[..., None]
        return super().sample_total(shape, seed)

    def _numbers(self, p: Any, distributions: Any) -> Any:  # type: ignore[override]
        weights = tf.cast(to_tensor(p), FLOATX)
        if not isinstance(distributions, Distribution):
            if not isinstance(distributions, Iterable):
                raise TypeError(
                    "Mixture: distributions must be a distribution or a sequence of them, not "
                    f"{type(distributions).__name__}"
                )
            self.parts = tuple(self._component(d) for d in distributions)
            if not self.parts or weights.shape[-1] != len(self.parts):
                raise ModelError(f"Mixture: {len(self.parts)} distributions and weights of shape {weights.shape}")
            return MixedList(weights, [Numbers(d) for d in self.parts])
        return self._along(weights, distributions, -1 - len(distributions.event_shape))

    def _along(self, weights: Tensor, distribution: Distribution, axis: int) -> MixedAxis:
        self.parts = (self._component(distribution),)
        shape = distribution.value_shape
        if -axis > len(shape) or shape[axis] != weights.shape[-1]:
            raise ModelError(
                f"{type(self).__name__}: weights of shape {weights.shape}, and axis {axis} of a distribution of shape "
                f"{shape}: they hold as many components"
            )
        return MixedAxis(weights, Numbers(distribution), shape, axis)


class NormalMixture(Mixture):
    """NormalMixture(name, p, loc, scale)

    A mixture of normal distributions (not in PyMC4).

    Parameters
    ----------
    p
        Weights, the components on the last axis.
    loc, scale
        Means and standard deviations of the components, on the last axis.
    """

    signature = ("p", "loc", "scale")
    optional: ClassVar[Mapping[str, Any]] = {"scale": 1.0}

    def _numbers(self, p: Any, loc: Any, scale: Any) -> Any:  # type: ignore[override]
        from pm_migrate.shims.pymc4.distributions import CLASSES

        weights = tf.cast(to_tensor(p), FLOATX)
        count = int(weights.shape[-1])
        loc = tf.cast(to_tensor(loc), FLOATX)
        full = tf.broadcast_static_shape(loc.shape, tf.TensorShape([count]))
        return self._along(weights, CLASSES["Normal"].dist(tf.broadcast_to(loc, full), scale), -1)


class MixtureSameFamily(Mixture):
    """MixtureSameFamily(name, p, distribution, mixture_axis)

    A mixture of the components on any axis of one distribution (not in PyMC4).

    Parameters
    ----------
    p
        Weights, the components on the last axis.
    distribution
        An anonymous distribution.
    mixture_axis
        The axis of the components, in the distribution's shape.
    """

    signature = ("p", "distribution", "mixture_axis")
    optional: ClassVar[Mapping[str, Any]] = {"mixture_axis": -1}

    def _numbers(self, p: Any, distribution: Any, mixture_axis: int) -> Any:  # type: ignore[override]
        rank = len(self._component(distribution).value_shape)
        axis = mixture_axis if mixture_axis < 0 else mixture_axis - rank
        if not -rank <= axis < -len(distribution.event_shape):
            raise ModelError(
                f"MixtureSameFamily: mixture_axis={mixture_axis} is not an axis of the batch "
                f"{distribution.batch_shape} of the distribution"
            )
        return self._along(tf.cast(to_tensor(p), FLOATX), distribution, axis)


class Bound(Composite):
    """Bound(name, distribution, lower, upper)

    A distribution cut off at its closed ends, not normalised again (not in PyMC4).

    Parameters
    ----------
    distribution
        An anonymous distribution.
    lower, upper
        The ends; None and infinite numbers for none.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> bounded = pm.Bound.dist(pm.Normal.dist(0, 1), lower=0.0)
    >>> float(bounded.log_prob(-1.0))
    -inf
    """

    signature = ("distribution", "lower", "upper")
    optional: ClassVar[Mapping[str, Any]] = {"lower": None, "upper": None}

    def __new__(cls, name: Any = None, *args: Any, **kwargs: Any) -> Any:
        wrapped = kwargs.get("distribution") if name is None else name
        if isinstance(wrapped, type):
            kwargs.pop("distribution", None)
            return BoundClass(wrapped, *args, **kwargs)
        return super().__new__(cls)

    def _numbers(self, distribution: Any, lower: Any, upper: Any) -> Any:  # type: ignore[override]
        self.parts = (self._component(distribution),)
        absent = (None if self._infinite(lower, -np.inf) else lower, None if self._infinite(upper, np.inf) else upper)
        self.lower, self.upper = (None if e is None else tf.cast(to_tensor(e), FLOATX) for e in absent)
        return Bounded(Numbers(distribution), self.lower, self.upper, self.discrete, self._repeats(distribution))

    def _repeats(self, distribution: Distribution) -> bool:
        """Whether the density of a vector counts once per element: PyMC3's fault, kept until quirks are fixed."""
        if self.quirks == "fixed" or not distribution.event_rank or self.lower is self.upper is None:
            return False
        quirks.say_once("Bound", REPEATED)
        return True

    @staticmethod
    def _infinite(end: Any, infinity: float) -> bool:
        """Whether an end is a number that bounds nothing."""
        return isinstance(end, (int, float, np.generic)) and end == infinity

    @property
    def kind(self) -> str:
        return self.parts[0].kind

    def _default_transform(self) -> Transform | None:
        return default_transform("bounded", (self.lower, self.upper))


#: Arguments of a bounded distribution that its parameters' distribution does not take.
_OF_BOUND = frozenset(
    inspect.signature(Distribution.__init__).parameters.keys() - {"self", "name", "args", "parameters", "event_stack"}
)


class BoundClass:
    """PyMC3's form of :class:`Bound`: ``pm.Bound(pm.Normal, lower=0)("x", 1, 2)``; made by calling that.

    Parameters
    ----------
    distribution
        A class of distributions.
    lower, upper
        The ends; None and infinite numbers for none.

    Raises
    ------
    ModelError
        When ``distribution`` is no such class.
    """

    def __init__(self, distribution: Any, lower: Any = None, upper: Any = None) -> None:
        if not issubclass(distribution, Distribution):
            raise ModelError(
                f'"distribution" must be a Distribution subclass, such as pm.Normal, got {distribution!r}; its '
                "parameters belong to the second call: pm.Bound(pm.Normal, lower=0)('x', 0, 1)"
            )
        self.distribution, self.lower, self.upper = distribution, lower, upper

    def __call__(self, name: Any, *args: Any, **kwargs: Any) -> Bound:
        """A bounded distribution, to be yielded; parameters are those of the distribution.

        Raises
        ------
        ModelError
            For ``observed=``, as in PyMC3.
        """
        if kwargs.get("observed") is not None:
            raise ModelError(
                f"{name}: Observed Bound distributions are not supported. If you want to model truncated data you can "
                "use a pm.Potential in combination with the cumulative probability function."
            )
        own = {key: kwargs.pop(key) for key in _OF_BOUND & kwargs.keys()}
        return Bound(name, self.distribution.dist(*args, **kwargs), self.lower, self.upper, **own)

    def dist(self, *args: Any, **kwargs: Any) -> Bound:
        """The same without a name."""
        return self(None, *args, **kwargs)


#: The composites by name.
COMPOSITES: Mapping[str, type[Composite]] = {
    cls.__name__: cls for cls in (Bound, Mixture, MixtureSameFamily, NormalMixture)
}
