"""What all distributions of the generator front end have in common: arguments, shapes, transform, draws."""

from __future__ import annotations

import copy
import functools
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims import quirks
from pm_migrate.shims.model.observing import scaling_of
from pm_migrate.shims.pymc4.dims import shape_of
from pm_migrate.shims.pymc4.errors import NoRandomDraws
from pm_migrate.shims.pymc4.names import as_name
from pm_migrate.shims.pymc4.tensors import (
    GeneratorTensor,
    floatx,
    is_evaluating,
    precise,
    precisely,
    to_tensor,
    unwrap,
    wrap,
)
from pm_migrate.shims.pymc4.transforms import as_transform
from pm_migrate.shims.theano.graph import Constant, SharedVariable
from pm_migrate.shims.transforms import Transform

Tensor = Any


class _NoTransform:
    """The type of :data:`NO_TRANSFORM`."""

    def __repr__(self) -> str:
        return "pm.NO_TRANSFORM"


#: ``transform=pm.NO_TRANSFORM``: sample the variable itself, as PyMC3's ``transform=None`` did. PyMC4's ``None`` means
#: the default transform.
NO_TRANSFORM = _NoTransform()


def asked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: compute in float64; what a model asks of an anonymous distribution is a value of the model."""
    computed = precisely(function)

    @functools.wraps(function)
    def answered(self: Distribution, *args: Any, **kwargs: Any) -> Any:
        result = unwrap(computed(self, *args, **kwargs))  # a value, where it asked its own parts for theirs
        return wrap(result) if self.is_anonymous and is_evaluating() else result

    return answered


class Distribution:
    """A distribution, to be yielded by a model: ``x = yield pm.Normal("x", 0, 1)``.

    Parameters
    ----------
    name
        Name of the variable; None makes an anonymous distribution (:meth:`dist`).
    *args, **parameters
        The distribution's own parameters, in PyMC4's order and under PyMC4's names.
    transform
        A transform for sampling, None for the default one, :data:`NO_TRANSFORM` for none.
    observed
        Data. Masked and NaN entries are missing: a variable ``<name>_missing`` stands in their places (not in PyMC4).
    batch_stack
        Shape of independent copies put in front of the parameters' batch.
    event_stack
        Shape of independent copies that count as one event.
    conditionally_independent
        Receives the ``sample_shape`` of an evaluation.
    reinterpreted_batch_ndims
        Number of batch axes, from the right, that count as one event.
    dtype
        Has no effect, as in PyMC4: values are ``floatX``, or int64 for discrete distributions.
    validate_args
        Refuse invalid parameters with an error where they are known; otherwise the log density is ``-inf``.
    allow_nan_stats
        Has no effect; kept for PyMC4's signature.
    shape
        Total shape, as in PyMC3 (not in PyMC4); excludes the stacks. One that does not hold the parameters is an error,
        but for a variable with data, whose shape it is not.
    testval
        Start value (not in PyMC4).
    dims
        Names of the dimensions (not in PyMC4). Those that the model has coordinates for say the shape, as in PyMC3,
        where no ``shape=`` or stack does.
    total_size
        Number of observations in all, when these are a part of them: the log density counts as often (not in PyMC4). A
        list has an entry for each leading axis, None for a complete one, and an Ellipsis before those of trailing axes.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "log_prob" in vars(cls):
            cls.log_prob = asked(cls.log_prob)  # type: ignore[method-assign]

    def __init__(
        self,
        name: Any,
        *args: Any,
        transform: Any = None,
        observed: Any = None,
        batch_stack: Any = None,
        event_stack: Any = None,
        conditionally_independent: bool = False,
        reinterpreted_batch_ndims: int = 0,
        dtype: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = False,
        shape: Any = None,
        testval: Any = None,
        dims: Any = None,
        total_size: Any = None,
        **parameters: Any,
    ) -> None:
        label = type(self).__name__
        self.name = as_name(name)
        self.form, self.conditions = self._arguments(args, parameters)
        self.quirks = "fixed" if quirks.fixed() else "pymc3"
        if self.name is None and observed is not None:
            raise ValueError("Observed variables are not allowed for anonymous (with name=None) Distributions")
        if shape is not None and (batch_stack is not None or event_stack is not None):
            raise ModelError(f"{label}: shape= is the total shape; give it, or batch_stack= and event_stack=, not both")
        if dtype is not None:
            warnings.warn(f"{label}: dtype={dtype} has no effect; values are {self.dtype.name}", stacklevel=2)
        self.observed = observed
        self.batch_stack = as_shape(batch_stack)
        self.event_stack = as_shape(event_stack)
        self.total_shape = None if shape is None else as_shape(shape)
        self.conditionally_independent = conditionally_independent
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.validate_args = validate_args
        self.allow_nan_stats = allow_nan_stats
        self.testval = testval
        self.dims = (dims,) if isinstance(dims, str) else None if dims is None else tuple(dims)
        if self.dims is not None and observed is None and shape is batch_stack is event_stack is None:
            self.total_shape = shape_of(self.dims)
        self.total_size = total_size
        self._transform = as_transform(transform)
        plain, self._bound = self._bind()
        self.value_shape = self._value_shape(plain)
        if not isinstance(self.transform, (Transform, type(None))):
            raise ModelError(
                f"{label}: transform={transform!r} is neither a transform of pm.distributions.transforms, None for the "
                "default one, nor pm.NO_TRANSFORM"
            )
        if validate_args:
            self._validate()

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Match a call to a parametrisation: which it is, and a value for each of its parameters."""
        raise NotImplementedError

    def _bind(self) -> tuple[Any, Any]:
        """The numbers at the parameters' values: as they are, and with axes of size 1 where the event stack lies."""
        raise NotImplementedError

    def _value_shape(self, plain: Any) -> tuple[int, ...]:
        batch, event = tuple(plain.batch_shape), tuple(plain.event_shape)
        if self.total_shape is not None:
            return self._checked_total_shape(batch, event)
        cut = len(batch) - self.reinterpreted_batch_ndims
        return (*self.batch_stack, *batch[:cut], *self.event_stack, *batch[cut:], *event)

    def _checked_total_shape(self, batch: tuple[int, ...], event: tuple[int, ...]) -> tuple[int, ...]:
        assert self.total_shape is not None
        try:
            joined = np.broadcast_shapes(self.total_shape, (*batch, *event))
        except ValueError:
            joined = ()
        if joined != self.total_shape:
            if self.observed is not None:  # the data say the shape; PyMC3 never looks at the other
                return (*batch, *event)
            raise ModelError(
                f"{type(self).__name__}({self.name!r}): shape={self.total_shape} does not hold the parameters, whose "
                f"shape is {(*batch, *event)}"
            )
        return self.total_shape

    def _validate(self) -> None:
        with precise():
            worst = tf.get_static_value(tf.reduce_min(self._bound.log_prob(self._bound.test_value())))
        if worst is not None and not np.isfinite(worst):
            raise ModelError(f"{type(self).__name__}({self.name!r}): invalid parameters {self.conditions}")

    @property
    def discrete(self) -> bool:
        """Whether values are integers."""
        raise NotImplementedError

    @property
    def kind(self) -> str:
        """``continuous``, or how a discrete variable is stepped: ``integer``, ``binary``, ``categorical``."""
        raise NotImplementedError

    @property
    def event_rank(self) -> int:
        """Number of axes of one event of the distribution itself, without stacks."""
        raise NotImplementedError

    @property
    def has_random(self) -> bool:
        """Whether it can be drawn from."""
        return True

    @property
    def counts_per_element(self) -> bool:
        """Whether an elementwise Jacobian repeats the density of a vector, as in PyMC3."""
        return False

    @property
    def dtype(self) -> tf.DType:
        """Dtype of values."""
        return tf.int64 if self.discrete else floatx()

    @cached_property
    def transform(self) -> Any:
        """The transform of the variable when it is sampled, or None."""
        with precise():
            return self._chosen_transform()

    def _chosen_transform(self) -> Any:
        if self.discrete or isinstance(self._transform, _NoTransform):
            return None
        chosen = as_transform(self._init_transform(self._transform))
        if not isinstance(chosen, Transform):
            return chosen
        # also without parameters: a program's own, written with Theano's operations, becomes one of tensors
        if self._transform is not None or any(isinstance(p, GeneratorTensor) for p in chosen.params):
            return chosen.rebind(*(to_tensor(_known(p)) for p in chosen.params))
        return chosen

    def _init_transform(self, transform: Any) -> Any:
        """The transform that is used when ``transform`` was asked for, as in PyMC4; subclasses may replace it."""
        return self._default_transform() if transform is None else transform

    def _default_transform(self) -> Transform | None:
        """The transform when none was asked for."""
        return None

    @property
    def model_info(self) -> dict[str, Any]:
        """Name and data, as PyMC4 spells them."""
        return {"name": self.name, "keep_auxiliary": False, "keep_return": True, "observed": self.observed}

    @property
    def is_anonymous(self) -> bool:
        """Whether it has no name."""
        return self.name is None

    @property
    def is_observed(self) -> bool:
        """Whether it has data."""
        return self.observed is not None

    @property
    def is_root(self) -> bool:
        """Whether it receives the ``sample_shape`` of an evaluation."""
        return self.conditionally_independent

    @property
    def _event_ndims(self) -> int:
        return len(self.event_stack) + self.reinterpreted_batch_ndims + self.event_rank

    @property
    def batch_shape(self) -> tf.TensorShape:
        """Shape of the log density of one value."""
        return tf.TensorShape(self.value_shape[: len(self.value_shape) - self._event_ndims])

    @property
    def event_shape(self) -> tf.TensorShape:
        """Shape of what counts as one event."""
        return tf.TensorShape(self.value_shape[len(self.value_shape) - self._event_ndims :])

    @property
    def categories(self) -> int | None:
        """Number of categories of a categorical distribution."""
        return self._bound.categories

    @property
    def test_value(self) -> Tensor:
        """Start value of the full shape: ``testval`` if one was given, else PyMC3's default."""
        value = self._bound.test_value() if self.testval is None else to_tensor(self.testval)
        if self.discrete and value.dtype.is_floating:
            value = tf.round(value)
        return tf.broadcast_to(tf.cast(value, self.dtype), self.value_shape)

    def get_test_sample(self, sample_shape: Any = (), seed: Any = None) -> Tensor:
        """The test value repeated to a sample shape; ``seed`` has no effect."""
        return tf.broadcast_to(self.test_value, (*as_shape(sample_shape), *self.value_shape))

    def sample(self, sample_shape: Any = (), seed: Any = None) -> Tensor:
        """Draw values.

        Parameters
        ----------
        sample_shape
            Shape in front of the distribution's own.
        seed
            An integer, a stateless seed of shape ``(2,)``, or None for TensorFlow's global generator.
        """
        return self.sample_total((*as_shape(sample_shape), *self.value_shape), seed)

    def sample_total(self, shape: tuple[int, ...], seed: Any = None) -> Tensor:
        """Draw values of a total shape."""
        if not self.has_random:
            raise NoRandomDraws(
                f"{type(self).__name__} is improper: it has no random draws; give {self.name!r} a value, or a proper "
                "distribution"
            )
        return tf.cast(self._bound.sample(shape, stateless_seed(seed)), self.dtype)

    def scaling(self, shape: Any) -> float:
        """Factor of the log density for data, or an unconstrained value, of this shape: see ``total_size``."""
        return scaling_of(self.total_size, tuple(shape))

    def sample_numpy(self, sample_shape: Any = (), seed: Any = None) -> np.ndarray:
        """Draw values as an array."""
        return self.sample(sample_shape, seed).numpy()

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values as PyMC3 does: by NumPy's global generator, so that ``np.random.seed`` decides (not in PyMC4).

        Parameters
        ----------
        point
            Not supported: parameters are numbers here.
        size
            Shape in front of the distribution's own.

        Examples
        --------
        >>> import numpy as np, pm_migrate.pymc4 as pm
        >>> np.random.seed(1)
        >>> pm.Normal.dist(0.0, 2.0).random(size=2).round(3).tolist()
        [3.249, -1.224]
        """
        if point is not None:
            raise NotSupported("random(point=): give the parameters their values when the distribution is made")
        shape = (*as_shape(size), *self.value_shape)
        drawn = self._host_draws(shape)
        if drawn is None:
            drawn = np.asarray(self.sample_total(shape, np.random.randint(0, 2**31 - 1, size=2).astype(np.int32)))
        return drawn.astype(self.dtype.as_numpy_dtype)

    def _host_draws(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """Draws by NumPy's generator; None where there are none."""
        return None

    def log_cdf(self, value: Any) -> Tensor:
        """Logarithm of the distribution function, where PyMC3 has one (not in PyMC4).

        Raises
        ------
        NotSupported
            Where it has none.
        """
        raise NotSupported(f"{type(self).__name__} has no log_cdf, as PyMC3 has none")

    @asked
    def log_prob(self, value: Any) -> Tensor:
        """Log density: one number per batch element; ``-inf`` out of support and for invalid parameters."""
        value = to_tensor(value)
        if self.batch_stack or self.event_stack:
            full = tf.broadcast_static_shape(value.shape, tf.TensorShape(self.value_shape))
            value = tf.broadcast_to(value, full)
        each = self._bound.log_prob(value)
        reduced = self._event_ndims - self.event_rank
        return tf.reduce_sum(each, axis=list(range(-reduced, 0))) if reduced else each

    def log_prob_numpy(self, value: Any) -> np.ndarray:
        """Log density as an array."""
        return self.log_prob(value).numpy()

    @classmethod
    def dist(cls, *args: Any, **kwargs: Any) -> Distribution:
        """An anonymous distribution, for its log density and draws, or to be named by :meth:`prior`."""
        return cls(None, *args, **kwargs)

    def prior(self, name: Any, *, transform: Any = None, observed: Any = None) -> Distribution:
        """Name an anonymous distribution, so that a model can yield it.

        Raises
        ------
        TypeError
            When it has a name already.
        ValueError
            When ``name`` is None.
        """
        if not self.is_anonymous:
            raise TypeError("Distribution is already not anonymous and cant define a new prior")
        if name is None:
            raise ValueError("Can't create a prior Distribution without a name")
        named = copy.copy(self)
        named.name = as_name(name)
        named.observed = observed
        if transform is not None:
            named._transform = as_transform(transform)
            named.__dict__.pop("transform", None)
        return named

    def observation_shape(self, observed: Tensor) -> tuple[int, ...]:
        """Shape of draws like the data: theirs, joined with the parameters'.

        Raises
        ------
        ValueError
            When they do not fit.
        """
        own = self.value_shape
        if self.total_shape is not None:  # PyMC3 ignores shape= of observed variables
            own = (*self._bound.batch_shape, *self._bound.event_shape)
        event = len(self._bound.event_shape)
        if observed.shape.rank < event or (event and tuple(observed.shape[-event:]) != tuple(own[-event:])):
            raise ValueError("the event axes differ")
        return np.broadcast_shapes(tuple(observed.shape), own)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} batch={self.batch_shape} event={self.event_shape}>"


def as_shape(value: Any) -> tuple[int, ...]:
    """A shape from an integer, a sequence, a static tensor or None."""
    if value is None:
        return ()
    value = unwrap(value)
    if isinstance(value, tf.TensorShape):
        return tuple(value.as_list())
    if tf.is_tensor(value):
        value = tf.get_static_value(value)
        if value is None:
            raise ModelError("a shape must not depend on random values")
    return tuple(int(n) for n in np.atleast_1d(np.asarray(value, dtype=int)).tolist())


def _known(param: Any) -> Any:
    """A parameter of a transform, of a shared or constant variable its value at the time."""
    if isinstance(param, SharedVariable):
        return param.get_value()
    return param.data if isinstance(param, Constant) else param


def stateless_seed(seed: Any) -> Tensor:
    """A stateless seed of shape ``(2,)`` from an integer, such a seed, or TensorFlow's global generator."""
    if seed is None:
        return tf.random.uniform((2,), maxval=np.iinfo(np.int32).max, dtype=tf.int32)
    seed = tf.convert_to_tensor(seed)
    return tf.stack([tf.zeros_like(seed), seed]) if seed.shape.rank == 0 else seed


def by_name(
    label: str,
    signature: Sequence[str],
    wanted: str,
    args: tuple[Any, ...],
    parameters: Mapping[str, Any],
    hint: Callable[[str], str] = lambda keyword: "",
) -> dict[str, Any]:
    """The arguments of a call by name.

    Parameters
    ----------
    label, signature, wanted
        Name of the class, its parameters in positional order, and what errors say that it takes.
    args, parameters
        The call, without the variable's name.
    hint
        What an error adds about an unknown keyword.

    Raises
    ------
    TypeError
        For arguments that are too many, unknown, or given twice.
    """
    if len(args) > len(signature):
        raise TypeError(f"{label} takes a name and {wanted}; got {len(args)} positional arguments")
    given = dict(zip(signature, args, strict=False))
    for keyword, value in parameters.items():
        if keyword not in signature:
            raise TypeError(f"{label} has no argument {keyword!r}; it takes {wanted}{hint(keyword)}")
        if keyword in given:
            raise TypeError(f"{label} got two values for {keyword!r}")
        given[keyword] = value
    return given


def full_signature(own: Mapping[str, Any]) -> inspect.Signature:
    """The signature of a class: its name, its own arguments with their defaults, and what all distributions take.

    Parameters
    ----------
    own
        Defaults by argument, in positional order; ``inspect.Parameter.empty`` for none.
    """
    kind = inspect.Parameter
    first = [kind("name", kind.POSITIONAL_OR_KEYWORD)]
    first += [kind(name, kind.POSITIONAL_OR_KEYWORD, default=default) for name, default in own.items()]
    common = inspect.signature(Distribution.__init__).parameters.values()
    return inspect.Signature([*first, *(p for p in common if p.kind is kind.KEYWORD_ONLY)])
