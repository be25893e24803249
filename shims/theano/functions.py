"""The functions of the catalogue's expression grammar, on variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops import creation, elemwise, indexing, linalg, reductions, shaping
from pm_migrate.shims.theano.ops.shaping import dynamic


def logit(p: Any) -> Variable:
    """``log(p / (1 - p))``."""
    p = as_variable(p)
    return elemwise.log(p) - elemwise.log1p(-p)


def logpow(base: Any, exponent: Any) -> Variable:
    """``exponent * log(base)``, 0 where the exponent is 0 and -inf where the base is 0 and the exponent is positive."""
    base, exponent = as_variable(base), as_variable(exponent)
    return elemwise.switch(elemwise.eq(exponent, 0), 0.0, exponent * elemwise.log(base))
