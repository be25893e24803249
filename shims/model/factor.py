"""What has a log density: random variables and models, with its compiled functions and derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pm_migrate.shims.theano.gradient import grad, jacobian
from pm_migrate.shims.theano.graph import Variable, constant
from pm_migrate.shims.theano.ops.joining import concatenate
from pm_migrate.shims.theano.ops.shaping import flatten, reshape
from pm_migrate.shims.theanof import cont_inputs

if TYPE_CHECKING:
    from pm_migrate.shims.model.core import Model


class Factor:
    """Common part of models and of their random variables: PyMC3's ``Factor``.

    An expression of the log density is ``logpt``; ``logp`` and the others are compiled functions of a point, given as a
    dictionary or by keyword. Derivatives are flat, in the order of ``vars``, by default of all continuous free
    variables that the log density depends on, in the order of the model.
    """

    model: Model

    @property
    def logpt(self) -> Variable:
        """The log density, a scalar expression."""
        raise NotImplementedError

    @property
    def logp_nojact(self) -> Variable:
        """The log density without the Jacobians of transforms, a scalar expression."""
        raise NotImplementedError

    @property
    def logp_elemwiset(self) -> Variable:
        """The log density of each element, an expression."""
        raise AttributeError(f"{type(self).__name__} has no log density of elements")

    @property
    def logp(self) -> Callable[..., Any]:
        """Function of a point; values of variables that it does not name are an error."""
        return self._compiled("logpt", loose=True)

    @property
    def logp_elemwise(self) -> Callable[..., Any]:
        """Function of a point that gives the log density of each element."""
        return self._compiled("logp_elemwiset", loose=True)

    @property
    def logp_nojac(self) -> Callable[..., Any]:
        """:attr:`logp` without Jacobians."""
        return self._compiled("logp_nojact", loose=True)

    @property
    def fastlogp(self) -> Callable[..., Any]:
        """:attr:`logp` of exactly the free variables, as one dictionary."""
        return self._compiled("logpt", loose=False)

    @property
    def fastlogp_nojac(self) -> Callable[..., Any]:
        """:attr:`fastlogp` without Jacobians."""
        return self._compiled("logp_nojact", loose=False)

    def dlogp(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """Function of a point that gives the gradient."""
        return self._compiled("logpt", loose=True, derivative="gradient", wrt=vars)

    def d2logp(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """Function of a point that gives the negative matrix of second derivatives."""
        return self._compiled("logpt", loose=True, derivative="hessian", wrt=vars)

    def dlogp_nojac(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """:meth:`dlogp` without Jacobians."""
        return self._compiled("logp_nojact", loose=True, derivative="gradient", wrt=vars)

    def d2logp_nojac(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """:meth:`d2logp` without Jacobians."""
        return self._compiled("logp_nojact", loose=True, derivative="hessian", wrt=vars)

    def fastdlogp(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """:meth:`dlogp` of exactly the free variables, as one dictionary."""
        return self._compiled("logpt", loose=False, derivative="gradient", wrt=vars)

    def fastd2logp(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """:meth:`d2logp` of exactly the free variables, as one dictionary."""
        return self._compiled("logpt", loose=False, derivative="hessian", wrt=vars)

    def fastdlogp_nojac(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """:meth:`fastdlogp` without Jacobians."""
        return self._compiled("logp_nojact", loose=False, derivative="gradient", wrt=vars)

    def fastd2logp_nojac(self, vars: Sequence[Variable] | None = None) -> Callable[..., Any]:
        """:meth:`fastd2logp` without Jacobians."""
        return self._compiled("logp_nojact", loose=False, derivative="hessian", wrt=vars)

    def _compiled(
        self, what: str, *, loose: bool, derivative: str | None = None, wrt: Sequence[Variable] | None = None
    ) -> Callable[..., Any]:
        """The function of an expression, compiled once for as long as the expression stays the same."""
        expression = getattr(self, what)
        if derivative is None:
            return self.model._function(expression, (expression,), loose)
        wanted = self.model._in_order(cont_inputs(expression)) if wrt is None else list(wrt)
        differentiate = flat_gradient if derivative == "gradient" else flat_hessian
        return self.model._function(lambda: differentiate(expression, wanted), (expression, derivative, *wanted), loose)


def flat_gradient(cost: Variable, wrt: Sequence[Variable]) -> Variable:
    """Gradient of a scalar by several variables, as one vector.

    All derivatives come from one backward pass, where ``pymc3.theanof.gradient`` has a node for each variable.
    """
    if not wrt:
        return constant(np.zeros(0, "float32"))
    return concatenate([flatten(g) for g in grad(cost, list(wrt), disconnected_inputs="warn")], axis=0)


def flat_hessian(cost: Variable, wrt: Sequence[Variable]) -> Variable:
    """Negative second derivatives of a scalar by several variables, as one matrix."""
    if not wrt:
        return constant(np.zeros(0, "float32"))
    gradient = flat_gradient(cost, wrt)
    blocks = jacobian(gradient, list(wrt), disconnected_inputs="warn")
    return -concatenate([reshape(b, (gradient.shape[0], -1)) for b in blocks], axis=1)
