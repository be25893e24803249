"""``pymc3.variational.test_functions``: kernels of Stein's method."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.variational.objectives import TestFunction

__all__ = ["rbf"]


class Kernel(TestFunction):
    """A kernel ``k``: of particles ``(n, d)`` it gives ``k`` of all pairs, and its derivatives."""


class RBF(Kernel):
    """The Gaussian kernel, with Liu and Wang's bandwidth (2016): ``h = median(squared distances) / log(n + 1) / 2``.

    Called with particles ``x`` of shape ``(n, d)``, it gives ``exp(-|x_i - x_j|**2 / (2 h))`` of shape ``(n, n)`` and,
    of shape ``(n, d)``, its derivative by the one argument summed over the other.
    """

    def __call__(self, X: Any) -> tuple[Variable, Variable]:
        products = X.dot(X.T)
        norms = tt.sum(X**2, axis=1).dimshuffle(0, "x")
        distances = norms + norms.T - 2.0 * products
        ordered = tt.sort(distances.flatten())
        count = ordered.shape[0]
        # for an odd number both positions are the middle one
        median = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2.0
        h = 0.5 * median / tt.log(floatX(distances.shape[0]) + floatX(1))
        kernel = tt.exp(-distances / h / 2.0)
        derivative = (X * tt.sum(kernel, axis=-1, keepdims=True) - tt.dot(kernel, X)) / h
        return kernel, derivative


rbf = RBF()
