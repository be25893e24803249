"""``pymc3.variational.operators``: the Kullback-Leibler divergence, and Stein's discrepancy."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.theano import grad
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.variational.nodes import ParametrizationError
from pm_migrate.shims.variational.objectives import ObjectiveFunction, Operator, TestFunction
from pm_migrate.shims.variational.stein import Stein

__all__ = ["KL", "KSD"]


class KL(Operator):
    """The negative evidence lower bound, with the weight ``beta`` of Higgins et al. (2017) for the divergence.

    ``-E_q[log p(data | z)] + beta * E_q[log q(z) - log p(z)]``, divided by the largest scale of ``total_size=`` unless
    the approximation's ``scale_cost_to_minibatch`` is False.

    Parameters
    ----------
    approx
        The approximation.
    beta
        Weight of the divergence from the prior.
    """

    def __init__(self, approx: Any, beta: float = 1.0) -> None:
        super().__init__(approx)
        self.beta = floatX(beta)

    def apply(self, f: TestFunction) -> Variable:
        """The expression; there is no test function."""
        return -self.datalogp_norm + self.beta * (self.logq_norm - self.varlogp_norm)


class KSDObjective(ObjectiveFunction):
    """Gradients of Stein's discrepancy by the parameters; the discrepancy itself is not computed.

    Parameters
    ----------
    op
        A :class:`KSD`.
    tf
        The kernel.
    """

    def __init__(self, op: Operator, tf: TestFunction) -> None:
        if not isinstance(op, KSD):
            raise ParametrizationError(f"Op should be KSD, not {op}")
        super().__init__(op, tf)

    def __call__(self, nmc: int | None, **kwargs: Any) -> list[Variable]:
        """The gradients, from ``nmc`` samples."""
        direction = self.op.apply(self.tf)
        approx = self.approx
        z = approx.joint_histogram if approx.all_histograms else approx.symbolic_random
        if "more_obj_params" in kwargs:
            params = self.obj_params + kwargs["more_obj_params"]
        else:
            params = self.test_params + kwargs["more_tf_params"]
            direction = -direction
        grads = grad(None, params, known_grads={z: direction})
        return approx.set_size_and_deterministic(grads, nmc, 0, kwargs.get("more_replacements"))


class KSD(Operator):
    """The direction of Stein variational gradient descent (Liu and Wang, 2016), with its sign turned.

    For particles ``x_i`` it is minus the mean over ``j`` of ``k(x_j, x_i) * grad log p(x_j) / temperature`` and the
    derivative of ``k(x_j, x_i)`` by ``x_j``.

    Parameters
    ----------
    approx
        The approximation.
    temperature
        Larger ones spread the particles.
    """

    has_test_function = True
    returns_loss = False
    require_logq = False
    objective_class = KSDObjective

    def __init__(self, approx: Any, temperature: float = 1) -> None:
        super().__init__(approx)
        self.temperature = temperature

    def apply(self, f: TestFunction) -> Variable:
        """The direction, with the kernel ``f``."""
        stein = Stein(self.approx, f, use_histogram=self.approx.all_histograms, temperature=self.temperature)
        return floatX(-1) * stein.grad
