"""Elliptical slice sampling (``pymc3.step_methods.elliptical_slice``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pm_migrate.shims.distributions.drawn_values import draw_values
from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.step_methods.arraystep import ArrayStep, Competence
from pm_migrate.shims.step_methods.flat_logp import FlatLogp
from pm_migrate.shims.theano.ops.linalg import cholesky
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.theanof import inputvars

__all__ = ["EllipticalSlice"]


def get_chol(cov: Any, chol: Any) -> Any:
    """The Cholesky factor of a covariance that is given itself or by its factor.

    Raises
    ------
    ValueError
        Unless exactly one of them is given.
    """
    if (cov is None) == (chol is None):
        raise ValueError("Must pass exactly one of cov or chol")
    return chol if cov is None else cholesky(as_tensor_variable(cov))


class EllipticalSlice(ArrayStep):
    """Slice sampling on ellipses, for normal priors of mean zero (Murray, Adams & MacKay 2010, figure 2).

    The prior is not to be in the model, since the step brings it: the variables are ``pm.Flat`` there, and the model
    has the likelihood alone.

    Parameters
    ----------
    vars
        Variables; all continuous ones by default.
    prior_cov, prior_chol
        Covariance of the prior, or its Cholesky factor; arrays or tensors.
    model
        The model; the open one by default.

    Raises
    ------
    ValueError
        Unless exactly one of ``prior_cov`` and ``prior_chol`` is given.
    """

    default_blocked = True

    def __init__(
        self, vars: Any = None, prior_cov: Any = None, prior_chol: Any = None, model: Any = None, **kwargs: Any
    ) -> None:
        self.model = modelcontext(model)
        self.prior_chol = as_tensor_variable(get_chol(prior_cov, prior_chol))
        variables = inputvars(self.model.cont_vars if vars is None else vars)
        super().__init__(variables, [FlatLogp.of(self.model)], **kwargs)

    def astep(self, q0: np.ndarray, logp: Callable[[np.ndarray], Any]) -> np.ndarray:
        """The next array."""
        chol = self.prior_chol.tag.test_value if self.prior_chol.is_constant else draw_values([self.prior_chol])[0]
        nu = np.dot(chol, np.random.randn(chol.shape[0]))
        height = logp(q0) - np.random.standard_exponential()
        theta = np.random.uniform(0, 2 * np.pi)
        lower, upper = theta - 2 * np.pi, theta
        q = q0 * np.cos(theta) + nu * np.sin(theta)
        while logp(q) <= height:
            if theta < 0:
                lower = theta
            else:
                upper = theta
            theta = np.random.uniform(lower, upper)
            q = q0 * np.cos(theta) + nu * np.sin(theta)
        return q

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Never assigned by itself: nobody but the program knows of the prior."""
        return Competence.INCOMPATIBLE
