"""``pymc3.glm.families``: likelihoods, priors of the parameters of their own, and the functions to their means.

What PyMC3 calls a link takes the linear predictor to the mean; in the literature (McCullagh and Nelder, 1989, section
2.2) that is the inverse of the link.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from copy import copy
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims import distributions
from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.theano import tensor as tt

__all__ = ["Binomial", "NegativeBinomial", "Normal", "Poisson", "StudentT"]


class Identity:
    """The link that leaves the linear predictor as it is."""

    def __call__(self, x: Any) -> Any:
        return x


identity = Identity()
logit = tt.nnet.sigmoid
inverse = tt.inv
exp = tt.exp


class Family:
    """A likelihood of a generalised linear model.

    Parameters
    ----------
    **kwargs
        Attributes to replace: ``link``, ``likelihood``, ``parent``. ``priors`` adds to those of the class.

    Attributes
    ----------
    likelihood
        Class of the observed variable.
    parent
        Its parameter that the linear predictor gives.
    link
        Function of the linear predictor that is this parameter.
    priors
        Distributions, or numbers and arrays, of its other parameters.
    """

    priors: Mapping[str, Any] = {}
    link: Any = None
    likelihood: ClassVar[Any]
    parent: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.__dict__.get("link"), FunctionType):  # operations of Theano are no methods either
            cls.link = staticmethod(cls.link)

    def __init__(self, **kwargs: Any) -> None:
        for key, value in kwargs.items():
            if key == "priors":
                self.priors = {**copy(self.priors), **value}
            else:
                setattr(self, key, value)

    def _get_priors(self, model: Any = None, name: str = "") -> dict[str, Any]:
        """The parameters besides the parent: numbers, and new variables of the model."""
        model = modelcontext(model)
        prefix = f"{name}_" if name else ""
        return {
            key: value
            if isinstance(value, (numbers.Number, np.ndarray, np.generic))
            else model.Var(f"{prefix}{key}", value)
            for key, value in self.priors.items()
        }

    def create_likelihood(self, name: str, y_est: Any, y_data: Any, model: Any = None) -> Any:
        """Add the observed variable ``y`` and the parameters of its own to a model.

        Parameters
        ----------
        name
            Prefix of the names, or an empty string.
        y_est
            The linear predictor.
        y_data
            Data.
        model
            The model; the open one by default.
        """
        parameters = self._get_priors(model=model, name=name)
        link: Callable[[Any], Any] = self.link
        parameters[self.parent] = link(y_est)
        return self.likelihood(f"{name}_y" if name else "y", observed=y_data, **parameters)

    def __repr__(self) -> str:
        rows = {
            "Likelihood  ": f"{self.likelihood.__name__}({self.parent})",
            "Priors      ": self.priors,
            "Link function": f"{self.link}.",
        }
        return "\n".join([f"Family {type(self)}:", *(f"    {name}: {value}" for name, value in rows.items())])


def _half_cauchy() -> Any:
    return distributions.HalfCauchy.dist(beta=10, testval=1.0)


class StudentT(Family):
    """Student's t with one degree of freedom, unless ``nu`` is given another prior."""

    link = identity
    likelihood = distributions.StudentT
    parent = "mu"
    priors = {"lam": _half_cauchy(), "nu": 1}  # noqa: RUF012


class Normal(Family):
    """Normal errors."""

    link = identity
    likelihood = distributions.Normal
    parent = "mu"
    priors = {"sd": _half_cauchy()}  # noqa: RUF012


class Binomial(Family):
    """Successes of ``n`` trials, of one unless it is given: a logistic regression."""

    link = logit
    likelihood = distributions.Binomial
    parent = "p"
    priors = {"n": 1}  # noqa: RUF012


class Poisson(Family):
    """Counts. As in PyMC3 there is a variable ``mu`` besides, which nothing depends on."""

    link = exp
    likelihood = distributions.Poisson
    parent = "mu"
    priors = {"mu": _half_cauchy()}  # noqa: RUF012


class NegativeBinomial(Family):
    """Overdispersed counts. As in PyMC3 there is a variable ``mu`` besides, which nothing depends on."""

    link = exp
    likelihood = distributions.NegativeBinomial
    parent = "mu"
    priors = {"mu": _half_cauchy(), "alpha": _half_cauchy()}  # noqa: RUF012
