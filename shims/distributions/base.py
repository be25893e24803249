"""What a model needs from a distribution, and the base classes that PyMC3 programs subclass.

A distribution of the ``with`` front end has a name for messages (``label``), what it is (``discrete``, ``kind``,
``event_rank``, ``has_random``), a ``shape``, ``dtype`` and ``transform``, the variables that its density depends on
(``params``), a start value (``default()``), and its density at given values of those variables: ``bound(values)``, an
object with ``log_prob(value)``, ``sample(shape, seed)`` and ``categories``. A subclass that only writes ``logp`` as an
expression gets the rest from :mod:`pm_migrate.shims.distributions.custom`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError
from pm_migrate.shims import transforms
from pm_migrate.shims.distributions import arguments
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Constant, SharedVariable, Variable
from pm_migrate.shims.theano.ops.creation import zeros_like
from pm_migrate.shims.theano.ops.reductions import sum as tensor_sum
from pm_migrate.shims.theano.tensor import as_tensor_variable

UNSET: Any = object()


class _Unpickling:
    """In place of a name, when pickle makes an instance."""


class Distribution:
    """A distribution as PyMC3 programs write it: ``pm.Normal("x", mu=0, sd=1)``.

    Called with a name inside a model it registers a random variable and returns it; ``.dist(...)`` returns the
    distribution alone. A subclass calls ``super().__init__(shape=..., dtype=..., ...)`` and defines
    ``logp(self, value)``, an expression, and, to be drawn from, ``random(self, point=None, size=None)``.

    Parameters
    ----------
    shape
        Total shape of one value.
    dtype
        NumPy dtype name of values.
    initval, testval
        Start value, in the constrained space, or the name of an attribute that has it (``"mean"``).
    defaults
        Names of attributes to take a start value from, the first finite one, when none is given.
    transform
        A :class:`~pm_migrate.shims.transforms.Transform`, or None for none.
    broadcastable, dims
        Kept for PyMC3's signature.
    """

    event_rank = 0  #: number of axes of one event; 0 where ``logp`` is elementwise
    in_float64 = False  #: whether PyMC3's log density is float64 whatever ``floatX`` is: it has an int64 array in it
    _floatX = "float64"  #: ``floatX`` where it was made
    keeps_event_axis = False  #: whether PyMC3's ``logp`` leaves an axis of length 1 in place of the event

    def __new__(cls, name: Any = UNSET, *args: Any, **kwargs: Any) -> Any:
        if name is _Unpickling:
            return object.__new__(cls)
        from pm_migrate.shims.model import Model
        from pm_migrate.shims.model.variables import FreeRV, ObservedRV

        model = Model.get_context(error_if_none=False)
        if model is None:
            raise TypeError(
                "No model on context stack, which is needed to instantiate distributions. Add variable inside a "
                "'with model:' block, or use the '.dist' syntax for a standalone distribution."
            )
        if not isinstance(name, str):
            raise TypeError(f"Name needs to be a string but got: {'nothing' if name is UNSET else name}")
        data = kwargs.pop("observed", None)
        if isinstance(data, (FreeRV, ObservedRV)):
            raise TypeError(f"{name}: observed needs to be data but got: {type(data).__name__} {data.name!r}")
        data = arguments.observed(name, data)
        total_size = kwargs.pop("total_size", None)
        dims = kwargs.pop("dims", None)
        if dims is not None:
            if kwargs.get("shape") is not None:
                raise ModelError(f"{name}: Specify only one of 'dims' or 'shape'")
            kwargs["shape"] = model.shape_from_dims(dims)
        cls._check_shape(name, kwargs.get("shape"))
        return model.Var(name, cls._create(data, args, kwargs), data=data, total_size=total_size, dims=dims)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (_Unpickling,)

    @staticmethod
    def _check_shape(name: str, shape: Any) -> None:
        if shape is None or isinstance(shape, Variable):
            return
        if np.any(np.atleast_1d(shape) <= 0):
            raise ModelError(
                f"{name}: Distribution initialized with invalid shape {shape}. This is not allowed: every axis needs "
                "at least one element."
            )

    @classmethod
    def _create(cls, data: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The distribution of a named variable; ``data`` are its observations."""
        return cls.dist(*args, **kwargs)

    @classmethod
    def dist(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution itself, not registered in any model."""
        instance = object.__new__(cls)
        cls.__init__(instance, *args, **kwargs)
        return instance

    def __init__(
        self,
        shape: Any = (),
        dtype: Any = None,
        initval: Any = None,
        defaults: Any = (),
        transform: Any = None,
        broadcastable: Any = None,
        dims: Any = None,
        *,
        testval: Any = None,
    ) -> None:
        self.shape = shape_of(shape)
        self._floatX = config.floatX
        self.dtype = config.floatX if dtype is None else np.dtype(dtype).name
        self.testval = initval if testval is None else testval
        self.defaults = tuple(defaults)
        self.transform = transform
        if transform is not None and not isinstance(transform, transforms.Transform):
            raise ModelError(f"{self.label}: transform={transform!r} is not a transform of pm.distributions.transforms")

    @property
    def label(self) -> str:
        """Name of the class, for messages."""
        return type(self).__name__

    @property
    def type(self) -> Any:
        """The ``TensorType`` of values."""
        return TensorType(self.dtype, self.shape)

    @property
    def discrete(self) -> bool:
        """Whether values are integers."""
        return np.dtype(self.dtype).kind in "biu"

    def density_dtype(self, value: Variable | str) -> str:
        """Dtype of the log density of a value, or of values of a dtype.

        Densities are computed in float64, and cast once to what PyMC3 has: ``floatX`` as it was where the distribution
        was made, or float64 where values or parameters need it.
        """
        if self._floatX == "float64" or self.in_float64:
            return "float64"
        given = value if isinstance(value, str) else self.dtype if value.weak else value.dtype
        params = [p.dtype for p in self.params.values() if promotion.is_float(p.dtype)]
        return promotion.common(self._floatX, given, *params)

    @property
    def kind(self) -> str:
        """``continuous``, or how a discrete variable is stepped: ``integer``, ``binary``, ``categorical``."""
        return "integer" if self.discrete else "continuous"

    @property
    def has_random(self) -> bool:
        """Whether it can be drawn from."""
        return type(self).random is not Distribution.random

    @property
    def drawn(self) -> Any:
        """What random variables are drawn from: itself."""
        return self

    @property
    def drawn_dtype(self) -> str:
        """Dtype of draws: NumPy's, whatever ``floatX`` is, as in PyMC3."""
        return {"float32": "float64", "int16": "int64"}.get(self.dtype, self.dtype)

    @property
    def draws_in_python(self) -> bool:
        """Whether a program's own function draws."""
        return type(self).bound is Distribution.bound

    @property
    def params(self) -> Mapping[str, Variable]:
        """Every variable that the density depends on, by name."""
        from pm_migrate.shims.distributions import custom

        return custom.parameters(self)

    def bound(self, values: Mapping[Variable, Any]) -> Any:
        """The density at values of :attr:`params` (tensors by variable)."""
        from pm_migrate.shims.distributions import custom

        return custom.Written(self, values)

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise at the line that made the variable when the density cannot take values of this shape."""
        from pm_migrate.shims.distributions import custom

        if type(self).bound is Distribution.bound:
            custom.trace(self, shape)

    def bound_at_test_point(self) -> Any:
        """The density at the test values of :attr:`params`."""
        return self.bound({variable: variable.tag.test_value for variable in self.params.values()})

    def logp(self, value: Any) -> Variable:
        """Log density as an expression.

        Parameters
        ----------
        value
            A variable, array or number.
        """
        raise NotImplementedError(f"{self.label} has no logp method: define logp(self, value)")

    def logp_nojac(self, *args: Any, **kwargs: Any) -> Variable:
        """The log density without the Jacobian of a transform: :meth:`logp`."""
        return self.logp(*args, **kwargs)

    def logp_sum(self, *args: Any, **kwargs: Any) -> Variable:
        """The sum of :meth:`logp`."""
        return tensor_sum(self.logp(*args, **kwargs))

    def require_random(self) -> None:
        """Raise unless it can be drawn from."""
        if not self.has_random:
            raise ValueError(f"Cannot sample from {self.label} variable: it has no random method")

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values; a subclass defines it.

        Parameters
        ----------
        point
            Values of other random variables by name; those that are missing are drawn.
        size
            Shape in front of the distribution's own.
        """
        raise ValueError(f"{self.label} has no random method: it cannot be drawn from")

    def default(self) -> np.ndarray:
        """The start value, of the full shape.

        Raises
        ------
        AttributeError
            When no start value is given and none of the defaults is finite.
        TypeError
            When it has more dimensions than the distribution.
        """
        return self._filled(np.asarray(self.get_test_val(self.testval, self.defaults)))

    def _filled(self, value: np.ndarray) -> np.ndarray:
        """A start value in the full shape and dtype."""
        self.check_dimensions(value)
        try:
            return (np.ones(self.shape) * value.astype(self.dtype)).astype(self.dtype)
        except ValueError:
            sizes = "".join(f", {size}" for size in self._sizes(0))
            raise ModelError(
                f"{self.label}: a start value of shape {value.shape} cannot be broadcast to shape={self.shape}{sizes}"
            ) from None

    def _sizes(self, rank: int) -> list[str]:
        """Names and shapes of the parameters with more dimensions."""
        params = {} if self.draws_in_python else self.params
        return [f"{name} of shape {np.shape(v.tag.test_value)}" for name, v in params.items() if v.ndim > rank]

    def check_dimensions(self, value: np.ndarray) -> None:
        """Raise for a start value with more dimensions than the distribution, naming the parameters that have them.

        Raises
        ------
        TypeError
            Saying which ``shape=`` to pass.
        """
        rank = len(self.shape)
        if value.ndim <= rank:
            return
        sizes = self._sizes(rank)
        raise TypeError(
            f"Wrong number of dimensions: expected {rank}, got {value.ndim} with shape {value.shape}"
            f"{', from ' if sizes else ''}{', '.join(sizes)}. Pass shape={value.shape} to {self.label}."
        )

    def get_test_val(self, val: Any, defaults: Any) -> Any:
        """``val`` as an array, or the first finite one of the attributes named in ``defaults``."""
        if val is not None:
            return self.getattr_value(val)
        for name in defaults:
            if hasattr(self, name):
                value = self.getattr_value(name)
                if np.all(np.isfinite(value)):
                    return value
        raise AttributeError(
            f"{self.label} has no finite default value to use, checked: {tuple(defaults)}. Pass testval argument or "
            "adjust so value is finite."
        )

    def getattr_value(self, val: Any) -> Any:
        """The array behind a start value: an attribute's name, a variable, or data."""
        if isinstance(val, str):
            val = getattr(self, val)
        if isinstance(val, SharedVariable):
            return val.get_value()
        if isinstance(val, Constant):
            return val.data
        return val.tag.test_value if isinstance(val, Variable) else val

    def __repr__(self) -> str:
        return f"<{self.label} shape={self.shape}>"

    def __str__(self) -> str:
        return f"[unnamed] ~ {self.label}"


class Continuous(Distribution):
    """Base class of distributions with a density."""

    def __init__(
        self, shape: Any = (), dtype: Any = None, defaults: Any = ("median", "mean", "mode"), *args: Any, **kwargs: Any
    ) -> None:
        kwargs["defaults"] = defaults
        super().__init__(shape, config.floatX if dtype is None else dtype, *args, **kwargs)


class PositiveContinuous(Continuous):
    """Base class of distributions on the positive numbers: sampled by their logarithm."""

    def __init__(self, transform: Any = transforms.log, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, transform=transform, **kwargs)


class UnitContinuous(Continuous):
    """Base class of distributions on (0, 1): sampled by their log odds."""

    def __init__(self, transform: Any = transforms.logodds, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, transform=transform, **kwargs)


class BoundedContinuous(Continuous):
    """Base class of distributions between ``lower`` and ``upper``, either of which may be None."""

    def __init__(
        self, transform: Any = "auto", lower: Any = None, upper: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        if isinstance(transform, str) and transform == "auto":
            ends = tuple(None if end is None else as_tensor_variable(end) for end in (lower, upper))
            transform = transforms.default_transform("bounded", ends)
        super().__init__(*args, transform=transform, **kwargs)


class Discrete(Distribution):
    """Base class of distributions on the integers."""

    def __init__(
        self, shape: Any = (), dtype: Any = None, defaults: Any = ("mode",), *args: Any, **kwargs: Any
    ) -> None:
        if dtype is None:
            dtype = "int16" if config.floatX == "float32" else "int64"
        if np.dtype(dtype).name not in ("int16", "int64"):
            raise TypeError(f"Discrete classes expect dtype to be int16 or int64, not {dtype}.")
        if kwargs.get("transform") is not None:
            raise ModelError("Transformations for discrete distributions are not allowed.")
        kwargs["defaults"] = defaults
        super().__init__(shape, dtype, *args, **kwargs)


class NoDistribution(Distribution):
    """A distribution whose log density is zero; other attributes are those of ``parent_dist``."""

    def __init__(
        self,
        shape: Any,
        dtype: Any,
        testval: Any = None,
        defaults: Any = (),
        transform: Any = None,
        parent_dist: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        # PyMC3 takes a transform here and leaves it aside
        super().__init__(shape, dtype, testval, defaults, *args, **kwargs)
        self.parent_dist = parent_dist

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "parent_dist" or self.parent_dist is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return getattr(self.parent_dist, name)

    def density_dtype(self, value: Variable | str) -> str:
        """Float64 for integers, whose zeros are int64 in PyMC3."""
        return "float64" if self.discrete else super().density_dtype(value)

    def logp(self, value: Any) -> Variable:
        """Zero, of the shape of the value."""
        return zeros_like(as_tensor_variable(value))


def TensorType(dtype: Any, shape: Any, broadcastable: Any = None) -> Any:
    """The tensor type of a dtype and shape: axes of length 1 broadcast.

    Examples
    --------
    >>> TensorType("float64", (3, 1)).broadcastable
    (False, True)
    """
    from pm_migrate.shims.theano.types import TensorType as OfFlags

    flags = np.atleast_1d(np.asarray(shape, dtype=int)) == 1 if broadcastable is None else broadcastable
    return OfFlags(str(dtype), [bool(flag) for flag in flags])


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape from an integer, a sequence, a variable or None.

    Raises
    ------
    TypeError
        For lengths that are not integers.
    """
    if shape is None:
        return ()
    if isinstance(shape, Variable):
        shape = shape.eval()
    if isinstance(shape, (list, tuple)):
        shape = [n.eval() if isinstance(n, Variable) else n for n in shape]
    lengths = np.atleast_1d(np.asarray(shape))
    if np.any(np.floor(lengths) != lengths):
        raise TypeError(f"Expected int elements in shape, got {shape}")
    return tuple(int(n) for n in lengths.tolist())
