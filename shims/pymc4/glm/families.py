"""``pm.glm.families``: likelihoods of generalised linear models, under PyMC3's names.

The parameters of a family have PyMC3's names (``sd``, ``lam``, ``n``), since these are the names of its variables.
"""

from __future__ import annotations

import numbers
from collections.abc import Generator, Mapping
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from pm_migrate.catalog import DISTRIBUTIONS, expr
from pm_migrate.errors import ModelError
from pm_migrate.shims.pymc4 import math
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.distributions import CLASSES

__all__ = ["Binomial", "Family", "Identity", "NegativeBinomial", "Normal", "Poisson", "StudentT"]


class Identity:
    """The link that leaves the linear predictor as it is."""

    def __call__(self, x: Any) -> Any:
        return x


identity = Identity()
logit = math.sigmoid
inverse = math.inv
exp = math.exp


class Family:
    """A likelihood of a generalised linear model.

    Parameters
    ----------
    **kwargs
        Attributes to replace: ``link``, ``parent``. ``priors`` adds to those of the class.

    Attributes
    ----------
    likelihood
        PyMC3's name of the observed variable's distribution.
    parent
        Its parameter that the linear predictor gives.
    link
        Function of the linear predictor that is this parameter.
    priors
        Distributions without names, or numbers and arrays, of its other parameters.
    """

    priors: Mapping[str, Any] = {}
    link: Any = None
    likelihood: ClassVar[str]
    parent: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.__dict__.get("link"), FunctionType):
            cls.link = staticmethod(cls.link)

    def __init__(self, **kwargs: Any) -> None:
        for key, value in kwargs.items():
            setattr(self, key, {**self.priors, **value} if key == "priors" else value)

    def observe(self, y_est: Any, y_data: Any, made: dict[str, Any]) -> Generator[Any, Any, Any]:
        """Yield the parameters of its own, and the observed variable ``y``.

        Parameters
        ----------
        y_est
            The linear predictor.
        y_data
            Data.
        made
            Receives the variables by name.
        """
        parameters: dict[str, Any] = {}
        for key, value in self.priors.items():
            if isinstance(value, Distribution):
                value = made[key] = yield value.prior(key)
            elif not isinstance(value, (numbers.Number, np.ndarray, np.generic)):
                raise ModelError(f"priors[{key!r}] is neither a distribution nor a number nor an array: {value!r}")
            parameters[key] = value
        parameters[self.parent] = self.link(y_est)
        made["y"] = yield of_pymc3(self.likelihood, "y", parameters, y_data)
        return made["y"]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} family: {self.likelihood}({self.parent}), priors {dict(self.priors)}>"


def of_pymc3(distribution: str, name: str, parameters: Mapping[str, Any], observed: Any) -> Distribution:
    """A variable of the generator front end by PyMC3's name of its distribution and PyMC3's parameters.

    Examples
    --------
    >>> of_pymc3("Normal", "y", {"mu": 1.0, "tau": 4.0}, [0.0]).conditions
    {'loc': 1.0, 'scale': 0.5}
    """
    row = DISTRIBUTIONS[distribution]
    given = {row.param(key).name: value for key, value in parameters.items()}
    form = row.form_for(frozenset(given))
    texts = row.arguments(form, "pymc4")
    arguments = {key: expr.evaluate(text, given, _FUNCTIONS) for key, text in texts.items()}
    return CLASSES[form.pymc4_name or row.pymc4_name](name, observed=observed, **arguments)


#: Functions in the mappings of arguments of the likelihoods.
_FUNCTIONS = {"log": math.log}


def _half_cauchy() -> Distribution:
    return CLASSES["HalfCauchy"].dist(scale=10, testval=1.0)


class StudentT(Family):
    """Student's t with one degree of freedom, unless ``nu`` is given another prior."""

    link = identity
    likelihood = "StudentT"
    parent = "mu"
    priors = {"lam": _half_cauchy(), "nu": 1}  # noqa: RUF012


class Normal(Family):
    """Normal errors."""

    link = identity
    likelihood = "Normal"
    parent = "mu"
    priors = {"sd": _half_cauchy()}  # noqa: RUF012


class Binomial(Family):
    """Successes of ``n`` trials, of one unless it is given: a logistic regression."""

    link = logit
    likelihood = "Binomial"
    parent = "p"
    priors = {"n": 1}  # noqa: RUF012


class Poisson(Family):
    """Counts. As in PyMC3 there is a variable ``mu`` besides, which nothing depends on."""

    link = exp
    likelihood = "Poisson"
    parent = "mu"
    priors = {"mu": _half_cauchy()}  # noqa: RUF012


class NegativeBinomial(Family):
    """Overdispersed counts. As in PyMC3 there is a variable ``mu`` besides, which nothing depends on."""

    link = exp
    likelihood = "NegativeBinomial"
    parent = "mu"
    priors = {"mu": _half_cauchy(), "alpha": _half_cauchy()}  # noqa: RUF012


#: What ``family=`` may be as a word.
FAMILIES: Mapping[str, type[Family]] = {
    "normal": Normal,
    "student": StudentT,
    "binomial": Binomial,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
}
