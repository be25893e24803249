"""``Bound``: a distribution cut off at one or two ends, and not normalised again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.base import Continuous, Discrete, Distribution
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.distributions.composite import Bounded as Numbers
from pm_migrate.shims.distributions.expressions import Composite
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.transforms import default_transform

SHIFTED = (
    "its first positional argument is taken for the transform and never reaches the distribution; name the arguments."
)
REPEATED = "Bound of a distribution of vectors counts its log density once for every element of the vector."


class Bounded(Composite):
    """A distribution between ends; made by :class:`Bound`.

    Parameters
    ----------
    wrapped
        The distribution.
    lower, upper
        Its ends, None for none.
    start
        Start value, None for the wrapped distribution's.
    """

    def __init__(self, wrapped: Distribution, lower: Variable | None, upper: Variable | None, start: Any) -> None:
        self._wrapped = wrapped
        self.lower, self.upper = lower, upper
        self._parts = (wrapped,)
        self._own = {name: end for name, end in (("lower", lower), ("upper", upper)) if end is not None}
        self._start = start
        self.repeat = bool(self._own) and not quirks.fixed()
        if self.repeat and wrapped.event_rank:
            quirks.say_once("Bound", REPEATED)
        Distribution.__init__(
            self,
            shape=wrapped.shape,
            dtype=wrapped.dtype,
            initval=wrapped.testval,
            defaults=("_start",) if start is not None else (),
            transform=wrapped.transform,
        )

    @property
    def label(self) -> str:
        return f"Bound-{self._wrapped.label}"

    @property
    def kind(self) -> str:
        return self._wrapped.kind

    @property
    def event_rank(self) -> int:
        return self._wrapped.event_rank

    def __getattr__(self, name: str) -> Any:
        """Other attributes are the wrapped distribution's: ``mean``, ``mode``, parameters."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._wrapped, name)

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise for a shape that the density cannot take; say that PyMC3 counts the density of a vector repeatedly."""
        super().check(shape)
        self._wrapped.check(shape)
        if self.repeat and self._wrapped.logp(np.zeros(shape, self.dtype)).ndim < len(shape):
            quirks.say_once("Bound", REPEATED)

    def bound(self, values: Mapping[Variable, Any]) -> Numbers:
        """The density at values of its parameters."""
        ends = {name: as_float(values[variable]) for name, variable in self._own.items()}
        inner = self._wrapped.bound(values)
        return Numbers(
            inner, ends.get("lower"), ends.get("upper"), self.discrete, self.repeat, getattr(inner, "categories", None)
        )

    def default(self) -> np.ndarray:
        """The given start value, else PyMC3's: inside the ends, or the wrapped distribution's."""
        if self.testval is None and self._start is None:
            return self._wrapped.default()
        return super().default()


class Bound:
    """Makes bounded distributions: ``pm.Bound(pm.Normal, lower=0)("x", mu=1, sigma=2)``.

    The density keeps its number between the ends and is ``-inf`` outside; it is not normalised again. Ends are closed.

    Parameters
    ----------
    distribution
        A class of distributions, continuous or discrete.
    lower, upper
        The ends, numbers, arrays or variables; None and infinite numbers for none.

    Raises
    ------
    ValueError
        When ``distribution`` is no such class.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> with pm.Model() as model:
    ...     x = pm.Bound(pm.Normal, lower=0.0)("x", mu=1.0, sigma=2.0)
    >>> [v.name for v in model.free_RVs]
    ['x_lowerbound__']
    """

    def __init__(self, distribution: type, lower: Any = None, upper: Any = None) -> None:
        if isinstance(lower, Real) and lower == -np.inf:
            lower = None
        if isinstance(upper, Real) and upper == np.inf:
            upper = None
        if not (isinstance(distribution, type) and issubclass(distribution, Distribution)):
            raise ModelError(
                f'"distribution" must be a Distribution subclass, such as pm.Normal, got {distribution!r}; its '
                "parameters belong to the second call: pm.Bound(pm.Normal, lower=0)('x', mu=0, sigma=1)"
            )
        if not issubclass(distribution, (Continuous, Discrete)):
            raise ModelError(f"Distribution {distribution.__name__} is neither continuous nor discrete.")
        self.distribution = distribution
        self.lower = lower
        self.upper = upper

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Register a random variable in the open model.

        Raises
        ------
        ValueError
            For ``observed=``.
        """
        if "observed" in kwargs:
            raise ModelError(
                f"{name}: Observed Bound distributions are not supported. If you want to model truncated data you can "
                "use a pm.Potential in combination with the cumulative probability function."
            )
        return _Named(name, self, *args, **kwargs)

    def dist(self, *args: Any, transform: Any = "infer", **kwargs: Any) -> Bounded:
        """The distribution itself, not registered in any model.

        PyMC3 takes the first positional argument for the transform, so that ``mu`` of ``dist(1.0, 2.0)`` is 2.
        """
        given = not (isinstance(transform, str) and transform == "infer")
        if args and not given and not quirks.fixed() and issubclass(self.distribution, Continuous):
            quirks.say_once("Bound.dist", SHIFTED)
            return self._make(args[1:], None, kwargs)
        return self._make(args, transform, kwargs)

    def _make(self, args: Sequence[Any], transform: Any, kwargs: Mapping[str, Any]) -> Bounded:
        if issubclass(self.distribution, Discrete):
            return self._discrete(transform, args, kwargs)
        ends = [None if e is None else as_tensor_variable(e).astype(config.floatX) for e in (self.lower, self.upper)]
        lower, upper = ends
        if not (isinstance(transform, str) and transform == "infer"):
            # PyMC3 takes the start value of the wrapped distribution then
            return Bounded.dist(self._wrap(args, {**kwargs, "transform": transform}), lower, upper, None)
        start: Any = None
        if lower is not None and upper is not None:
            start = 0.5 * (lower + upper)
        elif upper is not None:
            start = upper - 1.0
        elif lower is not None:
            start = lower + 1.0
        inferred = default_transform("bounded", (lower, upper))
        return Bounded.dist(self._wrap(args, {**kwargs, "transform": inferred}), lower, upper, start)

    def _discrete(self, transform: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Bounded:
        if transform is not None and not (isinstance(transform, str) and transform == "infer"):
            raise ModelError("Can not transform discrete variable.")
        lower, upper = (None if e is None else as_tensor_variable(e) for e in (self.lower, self.upper))
        start = lower + 1 if lower is not None else upper - 1 if upper is not None else None
        return Bounded.dist(self._wrap(args, kwargs), lower, upper, start)

    def _wrap(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Distribution:
        return self.distribution.dist(*args, **kwargs)  # type: ignore[attr-defined]


class _Named(Distribution):
    """The call of a :class:`Bound` with a name, through the checks that every distribution has."""

    @classmethod
    def _create(cls, data: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        bound, *rest = args
        rest_kwargs = dict(kwargs)
        transform = rest_kwargs.pop("transform", "infer")
        return bound._make(rest, transform, rest_kwargs)
