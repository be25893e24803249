"""``pymc3.variational.stein``: the direction of Stein variational gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pm_migrate.shims.theano import clone, grad
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.util import WithMemoization, locally_cachedmethod
from pm_migrate.shims.variational.nodes import node_property
from pm_migrate.shims.variational.test_functions import rbf

__all__ = ["Stein"]


class Stein(WithMemoization):
    """The direction in which particles approach a density.

    Parameters
    ----------
    approx
        The approximation.
    kernel
        Function of the particles ``(n, d)`` that gives the kernel ``(n, n)`` and its derivative ``(n, d)``.
    use_histogram
        Whether the particles are the approximation's own parameters, else samples from it.
    temperature
        Divides the gradient of the log density.
    """

    def __init__(
        self, approx: Any, kernel: Callable[..., Any] = rbf, use_histogram: bool = True, temperature: float = 1
    ) -> None:
        self.approx = approx
        self.temperature = floatX(temperature)
        self._kernel_f = kernel
        self.use_histogram = use_histogram

    @property
    def input_joint_matrix(self) -> Variable:
        """The particles, ``(n, d)``."""
        return self.approx.joint_histogram if self.use_histogram else self.approx.symbolic_random

    @node_property
    def approx_symbolic_matrices(self) -> list[Variable]:
        """The particles of each group."""
        return self.approx.collect("histogram") if self.use_histogram else self.approx.symbolic_randoms

    @node_property
    def dlogp(self) -> Variable:
        """Gradients of the log density at the particles, ``(n, d)``."""
        slopes = grad(self.logp_norm.sum(), self.approx_symbolic_matrices)
        return tt.concatenate([slope.flatten(2) for slope in slopes], -1)

    @node_property
    def grad(self) -> Variable:
        """The direction, ``(n, d)``."""
        attraction = self.density_part_grad / self.temperature
        return (attraction + self.repulsive_part_grad) / floatX(self.input_joint_matrix.shape[0])

    @node_property
    def density_part_grad(self) -> Variable:
        """What draws the particles to the density."""
        return tt.dot(self.Kxy, self.dlogp)

    @node_property
    def repulsive_part_grad(self) -> Variable:
        """What keeps the particles apart."""
        return self.dxkxy / self.approx.symbolic_normalizing_constant

    @property
    def Kxy(self) -> Variable:
        """The kernel."""
        return self._kernel()[0]

    @property
    def dxkxy(self) -> Variable:
        """Its derivative."""
        return self._kernel()[1]

    @node_property
    def logp_norm(self) -> Variable:
        """The log density of each particle, divided as the objective is."""
        logp = self.approx.sized_symbolic_logp
        if self.use_histogram:
            particles = zip(self.approx.symbolic_randoms, self.approx.collect("histogram"), strict=True)
            logp = clone(logp, dict(particles))
        return logp / self.approx.symbolic_normalizing_constant

    @locally_cachedmethod
    def _kernel(self) -> tuple[Variable, Variable]:
        return self._kernel_f(self.input_joint_matrix)
