"""Random variables of the ``with`` front end, as nodes of the expression graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.evaluation import ancestors
from pm_migrate.shims.theano.graph import Input, Op, SharedVariable, Variable, apply
from pm_migrate.shims.transforms import Transform

if TYPE_CHECKING:
    from pm_migrate.shims.model import Model


class RandomVariable(Variable):
    """What free, transformed and observed random variables have in common."""

    model: Model
    distribution: Any

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw from the variable's distribution."""
        return self.distribution.random(point=point, size=size)

    def logp(self, point: Mapping[str, Any]) -> float:
        """Log density of this variable's term at a point of the model."""
        return self.model.log_density().terms_at(self.model.complete(point))[str(self.rv_name)]

    @property
    def rv_name(self) -> str:
        """Name of the random variable, without the tag of a transform."""
        return str(self.name)

    @property
    def init_value(self) -> np.ndarray:
        """Start value."""
        return self.tag.test_value

    def __str__(self) -> str:
        return f"{self.name} ~ {self.distribution.label}"

    __repr__ = __str__


class FreeRV(RandomVariable, Input):
    """A random variable that is sampled; for a transformed one, its unconstrained value variable."""

    def __init__(self, name: str, rv_name: str, distribution: Any, model: Model, test_value: np.ndarray) -> None:
        Input.__init__(self, name, test_value.dtype.name, test_value.shape, test_value)
        self.distribution = distribution
        self.model = model
        self.transform: Transform | None = None
        self._rv_name = rv_name

    @property
    def rv_name(self) -> str:
        return self._rv_name

    def __str__(self) -> str:
        kind = "TransformedDistribution" if self.transform is not None else self.distribution.label
        return f"{self.name} ~ {kind}"

    __repr__ = __str__


class TransformedRV(RandomVariable):
    """A random variable with a transform: an expression of its unconstrained value variable ``transformed``.

    ``repeats``: PyMC3 adds a log density and a Jacobian of different shapes by broadcasting, so that one of them (the
    density of a whole vector, under an elementwise transform) is counted repeatedly; kept unless quirks are fixed.
    """

    transformed: FreeRV
    transformation: Transform
    repeats: bool = False


class ObservedRV(RandomVariable):
    """A random variable with data."""

    observations: np.ndarray | SharedVariable

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values of the shape of the data."""
        from pm_migrate.shims.distributions import drawing

        return drawing.draw(self.distribution, drawing.current_shape(self), point, size)


class MultiObservedRV(RandomVariable):
    """Several data of one distribution, by keyword (``observed={...}``): as a variable, their log density."""

    data: Mapping[str, Variable]

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
