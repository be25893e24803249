"""``pymc3.glm.linear``: linear predictors, and with a likelihood generalised linear models, as models of their own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.errors import ArgumentError, ModelError
from pm_migrate.shims import distributions
from pm_migrate.shims.glm import families
from pm_migrate.shims.glm.formulas import design
from pm_migrate.shims.glm.utils import any_to_tensor_and_labels
from pm_migrate.shims.model import Deterministic, Model
from pm_migrate.shims.theano import tensor as tt

__all__ = ["GLM", "LinearComponent"]

_log = logging.getLogger("pymc3")

#: What ``family=`` may be as a word.
FAMILIES: Mapping[str, type[families.Family]] = {
    "normal": families.Normal,
    "student": families.StudentT,
    "binomial": families.Binomial,
    "poisson": families.Poisson,
    "negative_binomial": families.NegativeBinomial,
}


class LinearComponent(Model):
    """A linear predictor ``y_est``: a model whose variables are its coefficients.

    Parameters
    ----------
    x
        Design matrix: a data frame, an array, a dictionary of columns, or a variable.
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
        Variables that are taken as coefficients, by name.
    name, model
        As for :class:`pm.Model`.
    offset
        Added to the predictor.

    Attributes
    ----------
    coeffs
        The coefficients as a vector.
    y_est
        The predictor; of a :class:`GLM` the observed variable.
    """

    default_regressor_prior = distributions.Normal.dist(mu=0, tau=1.0e-6)
    default_intercept_prior = distributions.Flat.dist()

    def __init__(
        self,
        x: Any,
        y: Any,
        intercept: bool = True,
        labels: Any = None,
        priors: Mapping[str, Any] | None = None,
        vars: Mapping[str, Any] | None = None,
        name: str = "",
        model: Model | None = None,
        offset: Any = 0.0,
    ) -> None:
        super().__init__(name, model)
        dimensions = y.ndim if hasattr(y, "ndim") else np.ndim(y)
        if dimensions > 1:
            raise ArgumentError(
                "Only one-dimensional observed variable objects (i.e. of shape `(n, )`) are supported: y has "
                f"{dimensions} dimensions"
            )
        x, labels = any_to_tensor_and_labels(x, labels)
        if intercept:
            x = tt.concatenate([tt.ones((x.shape[0], 1), x.dtype), x], axis=1)
            labels = ["Intercept", *labels]
        chosen, given = priors or {}, vars or {}
        self.coeffs = tt.stack([self._coefficient(label, chosen, given) for label in labels], axis=0)
        self.y_est = x.dot(self.coeffs) + offset

    def _coefficient(self, name: Any, priors: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
        if name in given:
            return Deterministic(name, given[name])
        if name == "Intercept":
            return self.Var(name, priors.get(name, self.default_intercept_prior))
        return self.Var(name, priors.get(name, priors.get("Regressor", self.default_regressor_prior)))

    @classmethod
    def from_formula(
        cls,
        formula: str,
        data: Any,
        priors: Mapping[str, Any] | None = None,
        vars: Mapping[str, Any] | None = None,
        name: str = "",
        model: Model | None = None,
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
        return cls(
            x, y, intercept=False, labels=labels, priors=priors, vars=vars, name=name, model=model, offset=offset
        )


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
        model: Model | None = None,
        offset: Any = 0.0,
    ) -> None:
        super().__init__(
            x,
            y,
            intercept=intercept,
            labels=labels,
            priors=priors,
            vars=vars,
            name=name,
            model=model,
            offset=offset,
        )
        if isinstance(family, str):
            if family not in FAMILIES:
                raise ModelError(f"family={family!r} is none of {sorted(FAMILIES)}, nor an object of pm.glm.families")
            family = FAMILIES[family]()
        self.y_est = family.create_likelihood(name="", y_est=self.y_est, y_data=y, model=self)

    @classmethod
    def from_formula(  # type: ignore[override]  # PyMC3 has family= in the midst
        cls,
        formula: str,
        data: Any,
        priors: Mapping[str, Any] | None = None,
        vars: Mapping[str, Any] | None = None,
        family: Any = "normal",
        name: str = "",
        model: Model | None = None,
        offset: Any = 0.0,
        eval_env: Any = 0,
    ) -> GLM:
        """The model of a patsy formula; see :meth:`LinearComponent.from_formula`."""
        _log.warning(
            "The glm module is deprecated and will be removed in version 4.0\nWe recommend to instead use Bambi "
            "https://bambinos.github.io/bambi/"
        )
        y, x, labels = design(formula, data, eval_env, 1)
        return cls(
            x,
            y,
            intercept=False,
            labels=labels,
            priors=priors,
            vars=vars,
            family=family,
            name=name,
            model=model,
            offset=offset,
        )


glm = GLM
