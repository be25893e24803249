"""Random variables of the ``with`` front end, as nodes of the expression graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.model.factor import Factor
from pm_migrate.shims.model.pickling import PickledWhole
from pm_migrate.shims.model.terms import Term
from pm_migrate.shims.theano.evaluation import ancestors, evaluate
from pm_migrate.shims.theano.graph import Input, Op, Variable, apply
from pm_migrate.shims.transforms import Transform

if TYPE_CHECKING:
    from pm_migrate.shims.model.core import Model


class PyMC3Variable(Variable):
    """A variable that shows its distribution: ``x ~ Normal``."""

    distribution: Any

    def _str_repr(self, name: str | None = None, dist: Any = None, formatting: str = "plain") -> str | None:
        from pm_migrate.shims.model.presenting import of_distribution

        dist = self.distribution if dist is None else dist
        return of_distribution(str(self.name) if name is None else name, dist, formatting)

    def _repr_latex_(self, *, formatting: str = "latex_with_params", **kwargs: Any) -> str | None:
        return self._str_repr(formatting=formatting, **kwargs)

    __latex__ = _repr_latex_

    def __str__(self) -> str:
        return str(self._str_repr())

    __repr__ = __str__


class RandomVariable(PickledWhole, PyMC3Variable):
    """What free, transformed and observed random variables have in common."""

    model: Model
    distribution: Any
    total_size: Any = None

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw from the variable's distribution."""
        return self.distribution.random(point=point, size=size)

    @property
    def rv_name(self) -> str:
        """Name of the random variable, without the tag of a transform."""
        return str(self.name)

    @property
    def init_value(self) -> np.ndarray:
        """Start value."""
        return self.tag.test_value

    @property
    def dshape(self) -> tuple[int, ...]:
        """Shape of one value."""
        return tuple(np.shape(self.tag.test_value))

    @property
    def dsize(self) -> int:
        """Number of elements of one value."""
        return int(np.size(self.tag.test_value))


class _WithTerm(Factor):
    """A random variable that is a factor of its model's log density."""

    term: Term

    @property
    def scaling(self) -> Variable:
        """Factor of the log density, for ``total_size``; 1 without."""
        from pm_migrate.shims.theano.graph import constant

        return constant(np.asarray(1.0)) if self.term.scaling is None else self.term.scaling

    def _node(self, what: str) -> Variable:
        nodes: dict[str, Variable] = self.__dict__.setdefault("_nodes", {})
        if what not in nodes:
            nodes[what] = self.term.node(what)
        return nodes[what]

    @property
    def logpt(self) -> Variable:
        return self._node("logp")

    @property
    def logp_nojact(self) -> Variable:
        return self._node("logp_nojac")

    @property
    def logp_elemwiset(self) -> Variable:
        return self._node("elementwise")

    @property
    def logp_sum_unscaledt(self) -> Variable:
        """:attr:`logpt` without the factor of ``total_size``."""
        return self._node("logp_unscaled")

    @property
    def logp_nojac_unscaledt(self) -> Variable:
        """:attr:`logp_nojact` without the factor of ``total_size``."""
        return self._node("logp_nojac_unscaled")


class FreeRV(_WithTerm, RandomVariable, Input):
    """A random variable that is sampled; for a transformed one, its unconstrained value variable."""

    def __init__(
        self,
        name: str,
        rv_name: str,
        distribution: Any,
        model: Model,
        test_value: np.ndarray,
        transform: Transform | None = None,
    ) -> None:
        Input.__init__(self, name, test_value.dtype.name, test_value.shape, test_value)
        self.constrained_distribution = distribution
        self.model = model
        self.transform = transform
        self._rv_name = rv_name

    @property
    def distribution(self) -> Any:
        """The distribution of the value; of a transformed variable that of the unconstrained one."""
        if self.transform is None:
            return self.constrained_distribution
        if "_transformed" not in self.__dict__:
            self._transformed = self.transform.apply(self.constrained_distribution)
        return self._transformed

    @property
    def constrained(self) -> Any:
        """The random variable: itself, or of a transformed one the constrained value."""
        return self if self.transform is None else self.model.named_vars[self._rv_name]

    @property
    def rv_name(self) -> str:
        return self._rv_name

    def _str_repr(self, name: str | None = None, dist: Any = None, formatting: str = "plain") -> str | None:
        if self.transform is None or dist is not None:
            return super()._str_repr(name, dist, formatting)
        params = "()" if formatting.endswith("with_params") else ""
        if "latex" in formatting:
            return rf"$\text{{{name or self.name}}} \sim \text{{TransformedDistribution}}{params}$"
        return f"{name or self.name} ~ TransformedDistribution{params}"


class TransformedRV(RandomVariable):
    """A random variable with a transform: an expression of its unconstrained value variable ``transformed``."""

    transformed: FreeRV
    transformation: Transform


class ObservedRV(_WithTerm, RandomVariable):
    """A random variable with data; elements that are missing are the variable ``missing_values``."""

    observations: Any
    missing_values: FreeRV | None = None
    missing_at: np.ndarray | None = None  #: where they are

    @property
    def current_data(self) -> np.ndarray | None:
        """The data as they are now, NaN where they are missing; None where they depend on free variables."""
        data = self.observations
        if isinstance(data, np.ma.MaskedArray):
            return np.where(np.ma.getmaskarray(data), np.nan, np.ma.getdata(data))
        if not isinstance(data, Variable):
            return data
        if any(isinstance(v, Input) for v in ancestors([data])):
            return None
        with tf.init_scope():  # also while a program is traced
            return evaluate([data])[0].numpy()

    @property
    def current_shape(self) -> tuple[int, ...]:
        """Shape of the data as they are now."""
        data = self.current_data
        return tuple(np.shape(self.tag.test_value if data is None else data))

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values of the shape of the data."""
        from pm_migrate.shims.distributions import drawing

        return drawing.draw(self.distribution.drawn, drawing.current_shape(self), point, size)


class MultiObservedRV(_WithTerm, RandomVariable):
    """Several data of one distribution, by keyword (``observed={...}``): as a variable, their log density."""

    data: Mapping[str, Variable]
    missing_values: Sequence[FreeRV] = ()

    @property
    def logp_elemwiset(self) -> Variable:
        return self.owner.inputs[0]

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw with the distribution's own ``random``."""
        return self.distribution.random(point=point, size=size)


class OfTerm:
    """The distribution of a :class:`MultiObservedRV`, whose value is its own log density."""

    def __init__(self, dist: Any) -> None:
        self.dist = dist
        self.label, self.shape, self.dtype, self.discrete = dist.label, (), dist.dtype, dist.discrete
        self.params: dict[str, Variable] = {}

    def bound(self, values: Mapping[Variable, Any]) -> OfTerm:
        """Itself: nothing is left to be bound."""
        return self

    def density_dtype(self, value: str) -> str:
        """Dtype of the value."""
        return value

    def log_prob(self, value: Any) -> Any:
        """The value, which is the log density."""
        return value

    def sample(self, shape: tuple[int, ...], seed: Any) -> Any:
        """Refuse: the parts of the data are not one array."""
        raise NotSupported(
            f"{self.label}: data given as a dictionary (observed={{...}}) cannot be drawn: they are arguments of one "
            "log density, not values of a distribution"
        )


class DeterministicVariable(Variable):
    """An expression that the trace records."""

    def _str_repr(self, formatting: str = "plain", **kwargs: Any) -> str:
        from pm_migrate.shims.model.presenting import of_deterministic

        return of_deterministic(self, formatting)

    def _repr_latex_(self, *, formatting: str = "latex_with_params", **kwargs: Any) -> str:
        return self._str_repr(formatting=formatting)

    __latex__ = _repr_latex_

    def __str__(self) -> str:
        return self._str_repr()

    __repr__ = __str__


def named(cls: type[Variable], expression: Variable, name: str) -> Any:
    """A variable of class ``cls`` that is the same expression under a name."""
    identity = Op("identity", tf.identity, fast=lambda x: x, infer=lambda v: (v[0].dtype, v[0].broadcastable))
    variable = apply(identity, expression, name=name)
    variable.__class__ = cls
    return variable


def givens_from_point(variables: Sequence[Variable], point: Mapping[str, Any]) -> dict[Variable, Any]:
    """Values for everything random that ``variables`` depend on: from a point by name, else test values."""
    givens: dict[Variable, Any] = {}
    for variable in ancestors(variables):
        if variable.name in point:
            givens[variable] = np.asarray(point[str(variable.name)], variable.dtype)
        elif isinstance(variable, FreeRV):
            givens[variable] = np.asarray(variable.tag.test_value)
    return givens
