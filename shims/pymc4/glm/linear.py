"""Linear predictors and generalised linear models, as models that another one yields or that stand alone."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from pm_migrate.errors import ArgumentError, ModelError
from pm_migrate.shims.glm.formulas import design
from pm_migrate.shims.glm.utils import any_to_tensor_and_labels
from pm_migrate.shims.pymc4 import math
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.distributions import CLASSES
from pm_migrate.shims.pymc4.glm.families import FAMILIES, Family
from pm_migrate.shims.pymc4.tensors.symbolic import lifted
from pm_migrate.shims.pymc4.terms import Deterministic
from pm_migrate.shims.theano import tensor as tt


class Linear:
    """What yielding a :class:`LinearComponent` or a :class:`GLM` gives: its values.

    Attributes
    ----------
    coeffs
        The coefficients as a vector.
    y_est
        The predictor; of a :class:`GLM` the data.
    variables
        Its variables by name, without the prefix; those whose names are names of Python's are attributes, too.
    """

    coeffs: Any
    y_est: Any

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self.variables[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["variables"][name]
        except KeyError:
            raise AttributeError(f"no variable {name!r}; there are {sorted(self.variables)}") from None


class LinearComponent(Model):
    """A linear predictor: a model whose variables are its coefficients.

    ``line = yield pm.glm.LinearComponent(x, y)`` gives a :class:`Linear`, whose ``y_est`` is the predictor.

    Parameters
    ----------
    x
        Design matrix: a data frame, an array, a dictionary of columns, or a value of the model.
    y
        Data; only their number of dimensions counts here.
    intercept
        Put a column of ones in front, with the coefficient ``Intercept``.
    labels
        Names of the coefficients; those of the columns by default.
    priors
        Distributions (``pm.Normal.dist(...)``) by name of the coefficient; ``Regressor`` is that of all those without
        one. By default the intercept is flat and the others are normal with precision 1e-6.
    vars
        Values of the model that are taken as coefficients, by name.
    name
        Prefix of all names: ``name_Intercept``. The names of an enclosing model are no part of them, as in PyMC3.
    model
        Kept for PyMC3's order of arguments: None.
    offset
        Added to the predictor.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        intercept: bool = True,
        labels: Any = None,
        priors: Mapping[str, Any] | None = None,
        vars: Mapping[str, Any] | None = None,
        name: str = "",
        model: None = None,
        offset: Any = 0.0,
    ) -> None:
        if model is not None:
            raise ArgumentError("model= is None here: yield this in the generator of the model that it belongs to")
        dimensions = y.ndim if hasattr(y, "ndim") else np.ndim(y)
        if dimensions > 1:
            raise ArgumentError(f"y is one-dimensional, a number for each observation; it has {dimensions} dimensions")
        self._x, self._labels = any_to_tensor_and_labels(lifted(x), labels)
        if intercept:
            ones = tt.ones((self._x.shape[0], 1), self._x.dtype)
            self._x, self._labels = tt.concatenate([ones, self._x], axis=1), ["Intercept", *self._labels]
        self._y, self._offset = y, offset
        self._priors, self._given = dict(priors or {}), dict(vars or {})
        super().__init__(self._flow, keep_return=False, prefix="" if name is None else str(name))

    def _flow(self) -> Generator[Any, Any, Linear]:
        made = Linear()
        for label in self._labels:
            made.variables[label] = yield self._coefficient(label)
        made.coeffs = math.stack([made.variables[label] for label in self._labels], axis=0)
        made.y_est = math.dot(self._x, made.coeffs) + self._offset
        return made

    def _coefficient(self, name: str) -> Distribution | Deterministic:
        if name in self._given:
            return Deterministic(name, self._given[name])
        default = "Intercept" if name == "Intercept" else "Regressor"
        prior = self._priors.get(name, self._priors.get(default))
        if prior is None:
            return CLASSES["Flat"](name) if name == "Intercept" else CLASSES["Normal"](name, 0, 1e3)
        if not isinstance(prior, Distribution):
            raise ModelError(f"the prior of {name!r} is no distribution, as pm.Normal.dist(0, 1) is: {prior!r}")
        return prior.prior(name)

    @classmethod
    def from_formula(
        cls,
        formula: str,
        data: Any,
        priors: Mapping[str, Any] | None = None,
        vars: Mapping[str, Any] | None = None,
        name: str = "",
        model: None = None,
        offset: Any = 0.0,
        eval_env: Any = 0,
    ) -> LinearComponent:
        """The linear predictor of a patsy formula, ``"y ~ x"``.

        Parameters
        ----------
        formula
            The formula.
        data
            A data frame, or columns by name.
        priors, vars, name, model, offset
            As for the class.
        eval_env
            Where names of the formula are looked up that are not in the data: a ``patsy.EvalEnvironment``, or how many
            frames above the caller's.
        """
        y, x, labels = design(formula, data, eval_env, 1)
        return cls(x, y, False, labels, priors, vars, name=name, model=model, offset=offset)


class GLM(LinearComponent):
    """A generalised linear model: a linear predictor and the likelihood ``y`` of the data.

    Parameters
    ----------
    x, y, intercept, labels, priors, vars, name, model, offset
        As for :class:`LinearComponent`.
    family
        ``"normal"``, ``"student"``, ``"binomial"``, ``"poisson"``, ``"negative_binomial"``, or an object of
        :mod:`pm.glm.families`.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        intercept: bool = True,
        labels: Any = None,
        priors: Mapping[str, Any] | None = None,
        vars: Mapping[str, Any] | None = None,
        family: Any = "normal",
        name: str = "",
        model: None = None,
        offset: Any = 0.0,
    ) -> None:
        if isinstance(family, str) and family in FAMILIES:
            family = FAMILIES[family]()
        if not isinstance(family, Family):
            raise ModelError(f"family={family!r} is none of {sorted(FAMILIES)}, nor an object of pm.glm.families")
        self._family = family
        super().__init__(x, y, intercept, labels, priors, vars, name=name, model=model, offset=offset)

    def _flow(self) -> Generator[Any, Any, Linear]:
        made = yield from super()._flow()
        made.y_est = yield from self._family.observe(made.y_est, self._y, made.variables)
        return made

    @classmethod
    def from_formula(  # type: ignore[override]  # PyMC3 has family= in the midst
        cls,
        formula: str,
        data: Any,
        priors: Mapping[str, Any] | None = None,
        vars: Mapping[str, Any] | None = None,
        family: Any = "normal",
        name: str = "",
        model: None = None,
        offset: Any = 0.0,
        eval_env: Any = 0,
    ) -> GLM:
        """The model of a patsy formula; see :meth:`LinearComponent.from_formula`."""
        y, x, labels = design(formula, data, eval_env, 1)
        return cls(x, y, False, labels, priors, vars, family, name, model, offset)
