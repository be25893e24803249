"""Base classes of a program's own distributions, as PyMC3 has them (not in PyMC4).

A subclass calls ``super().__init__`` with the options it was given, keeps its parameters, and writes ``logp``, a
function of a value of the model; with ``observed=`` a dictionary it takes the entries of that by keyword. PyMC4's own
way is :class:`pm_migrate.shims.pymc4.bases.ContinuousDistribution` and its like, which are made of a TFP distribution.

Examples
--------
>>> import numpy as np, tensorflow as tf, pm_migrate.pymc4 as pm
>>> class Peaked(pm.Continuous):
...     def __init__(self, mu, *args, **kwargs):
...         super().__init__(*args, **kwargs)
...         self.mu = self.mean = mu
...     def logp(self, value):
...         return -tf.abs(value - self.mu) - np.log(2.0)
>>> float(Peaked("x", 1.0).log_prob(3.0))
-2.6931471805599454
>>> float(Peaked.dist(1.0).test_value)
1.0
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.distributions.composite import Given
from pm_migrate.shims.pymc4.composites import Composite
from pm_migrate.shims.pymc4.density_dist import density_of_several
from pm_migrate.shims.pymc4.distribution import NO_TRANSFORM, as_shape
from pm_migrate.shims.pymc4.tensors import FLOATX, GeneratorTensor, to_tensor, wrap
from pm_migrate.shims.pymc4.transforms import Log, Sigmoid, default_transform
from pm_migrate.shims.transforms import Transform

Tensor = Any

__all__ = ["BoundedContinuous", "Continuous", "Discrete", "PositiveContinuous", "UnitContinuous"]


class Own(Composite):
    """A variable, or a component, of a program's own distribution ``own``."""

    signature: ClassVar[tuple[str, ...]] = ("own",)

    def _numbers(self, own: Any) -> Given:
        return Given(lambda value: to_tensor(own.logp(wrap(value))), None, self._start(own))

    def _start(self, own: Any) -> Tensor:
        """The first finite one of the attributes that the class names for its start value."""
        for name in own.defaults:
            value = getattr(own, name, None)
            if value is not None:
                value = tf.cast(to_tensor(value() if callable(value) else value), FLOATX)
                if tf.executing_eagerly() and not np.all(np.isfinite(value)):
                    continue
                return value
        if self.name is not None and self.observed is None and self.testval is None:
            raise ModelError(
                f"{type(own).__name__}({self.name!r}) has no finite default value to use, checked: {own.defaults}; "
                "give it testval=, or one of these attributes"
            )
        return tf.zeros((), FLOATX)

    @property
    def discrete(self) -> bool:
        return bool(self.conditions["own"].is_discrete)

    @property
    def counts_per_element(self) -> bool:
        return self.quirks != "fixed"

    @property
    def has_random(self) -> bool:
        return False

    def _default_transform(self) -> Transform | None:
        return None

    def __repr__(self) -> str:
        return f"<{type(self.conditions['own']).__name__} {self.name!r} shape={self.value_shape}>"


class _Written:
    """What the base classes have in common; calling a subclass gives an :class:`Own`."""

    is_discrete: ClassVar[bool] = False

    def __new__(cls, name: Any, *args: Any, **kwargs: Any) -> Any:
        options: dict[str, Any] = {k: kwargs.pop(k) for k in ("observed", "total_size", "dims") if k in kwargs}
        return _variable(cls, name, args, kwargs, options)

    @classmethod
    def dist(cls, *args: Any, **kwargs: Any) -> Own:
        """The distribution without a name."""
        return _variable(cls, None, args, kwargs, {})

    def __init__(
        self,
        shape: Any = (),
        dtype: Any = None,
        defaults: Sequence[str] = ("median", "mean", "mode"),
        testval: Any = None,
        transform: Any = None,
        initval: Any = None,
    ) -> None:
        self.shape = as_shape(shape)
        self.dtype = dtype
        self.defaults = tuple(defaults)
        self.testval = initval if testval is None else testval
        self.transform = transform

    def logp(self, value: Any) -> Any:
        """The log density of a value, elementwise or summed."""
        raise NotImplementedError(f"{type(self).__name__} has to define logp(self, value)")


_OPTIONS = frozenset({"shape", "dtype", "defaults", "testval", "initval", "transform"})


def _precise(value: Any) -> Any:
    """A parameter: TensorFlow takes Python's floats for float32, and so they become values of a model."""
    floating = isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
    return _Precise(value) if floating else value


class _Precise(GeneratorTensor):
    """Numbers as a value of a model that still can be an array: ``np.asarray(w)``, which is no constant by mistake."""

    __slots__ = ("_given",)

    def __init__(self, given: Any) -> None:
        super().__init__(to_tensor(given))
        self._given = given

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._given, dtype) if copy else np.asarray(self._given, dtype)

    def __float__(self) -> float:
        return float(self._given)


def _variable(cls: type[_Written], name: Any, args: Any, kwargs: Any, options: dict[str, Any]) -> Any:
    own = object.__new__(cls)
    call = inspect.signature(cls.__init__).bind(own, *args, **kwargs)
    call.apply_defaults()
    for key in call.arguments.keys() - _OPTIONS:
        call.arguments[key] = _precise(call.arguments[key])
    cls.__init__(*call.args, **call.kwargs)
    transform = NO_TRANSFORM if own.transform is None else own.transform
    shape = None if "dims" in options and not own.shape else own.shape
    if isinstance(options.get("observed"), Mapping):
        return density_of_several(name, own.logp, own.is_discrete, **options)
    return Own(name, own, shape=shape, testval=own.testval, transform=transform, **options)


class Continuous(_Written):
    """Base class of distributions with a density."""


class PositiveContinuous(Continuous):
    """Base class of distributions on the positive numbers: sampled by their logarithm."""

    def __init__(self, transform: Any = Log(), *args: Any, **kwargs: Any) -> None:  # noqa: B008 - it has no state
        super().__init__(*args, **{**kwargs, "transform": transform})


class UnitContinuous(Continuous):
    """Base class of distributions on (0, 1): sampled by their log odds."""

    def __init__(self, transform: Any = Sigmoid(), *args: Any, **kwargs: Any) -> None:  # noqa: B008 - it has no state
        super().__init__(*args, **{**kwargs, "transform": transform})


class BoundedContinuous(Continuous):
    """Base class of distributions between ``lower`` and ``upper``, either of which may be None."""

    def __init__(
        self, transform: Any = "auto", lower: Any = None, upper: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        if isinstance(transform, str) and transform == "auto":
            ends = tuple(None if end is None else tf.cast(to_tensor(end), FLOATX) for end in (lower, upper))
            transform = default_transform("bounded", ends)
        super().__init__(*args, **{**kwargs, "transform": transform})


class Discrete(_Written):
    """Base class of distributions on the integers."""

    is_discrete = True

    def __init__(
        self, shape: Any = (), dtype: Any = None, defaults: Sequence[str] = ("mode",), *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(shape, dtype, defaults, *args, **kwargs)


#: The base classes by name.
BASES = {cls.__name__: cls for cls in (BoundedContinuous, Continuous, Discrete, PositiveContinuous, UnitContinuous)}
