"""``pymc3.distributions.special``: special functions of variables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from pm_migrate.shims.distributions.special.common import log_i0e
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Op, Variable, apply, as_variable
from pm_migrate.shims.theano.ops.creation import arange
from pm_migrate.shims.theano.ops.elemwise import gammaln, psi
from pm_migrate.shims.theano.ops.reductions import sum as tensor_sum

__all__ = ["gammaln", "log_i0", "multigammaln", "psi"]


def multigammaln(a: Any, p: Any) -> Variable:
    """Logarithm of the multivariate gamma function.

    Parameters
    ----------
    a
        Argument; a vector is summed along its first axis with the terms, as in PyMC3.
    p
        Dimension.
    """
    p = as_variable(p)
    steps = (arange(1, p + 1) - 1.0) / 2.0
    return p * (p - 1) * math.log(math.pi) / 4.0 + tensor_sum(gammaln(as_variable(a) - steps), axis=0)


def _log_i0(x: Any) -> Any:
    size = tf.abs(x if x.dtype.is_floating else tf.cast(x, config.floatX))
    return size + log_i0e(size)


def log_i0(x: Any) -> Variable:
    """Logarithm of the modified Bessel function of the first kind of order 0; PyMC3 has short series of it."""

    def kind(inputs: Sequence[Variable]) -> tuple[str, tuple[bool, ...]]:
        dtype = inputs[0].dtype
        return dtype if dtype.startswith("float") else config.floatX, inputs[0].broadcastable

    return apply(Op("log_i0", _log_i0, infer=kind), as_variable(x))
