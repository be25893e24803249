"""``pymc3.distributions.dist_math``: what programs write log densities with.

In double precision throughout; PyMC3's ``sqrt(2)`` and ``log(2)`` of Python's numbers are float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from pm_migrate.shims.theano.functions import logpow
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.ops.elemwise import (
    abs_,
    erf,
    erfc,
    erfcx,
    exp,
    expm1,
    gammaln,
    log,
    log1p,
    sqr,
    switch,
)
from pm_migrate.shims.theano.ops.elemwise import softplus as rho2sigma
from pm_migrate.shims.theano.ops.reductions import all as tensor_all

_ROOT_HALF = math.sqrt(0.5)


def alltrue_elemwise(vals: Iterable[Any]) -> Any:
    """Whether all conditions hold, element by element: 1 or 0."""
    result: Any = 1
    for condition in vals:
        result = result * (1 * condition)
    return result


def alltrue_scalar(vals: Iterable[Any]) -> Variable:
    """Whether all conditions hold everywhere: one value."""
    result = as_variable(True)
    for condition in vals:
        result = result & tensor_all(as_variable(1 * condition))
    return result


def bound(logp: Any, *conditions: Any, broadcast_conditions: bool = True, model: Any = None) -> Variable:
    """A log density with ``-inf`` where a condition does not hold.

    Parameters
    ----------
    logp
        The log density.
    *conditions
        Conditions on values and parameters.
    broadcast_conditions
        Whether the result has the joint shape; otherwise one condition that fails anywhere makes all of it ``-inf``.
    model
        Kept for PyMC3's signature.

    Examples
    --------
    >>> bound(as_variable([1.0, 2.0]), as_variable([1.0, -1.0]) > 0).eval().tolist()
    [1.0, -inf]
    """
    hold = alltrue_elemwise(conditions) if broadcast_conditions else alltrue_scalar(conditions)
    return switch(hold, logp, float("-inf"))


def factln(n: Any) -> Variable:
    """Logarithm of the factorial."""
    return gammaln(as_variable(n) + 1)


def binomln(n: Any, k: Any) -> Variable:
    """Logarithm of the binomial coefficient."""
    return factln(n) - factln(k) - factln(n - k)


def betaln(x: Any, y: Any) -> Variable:
    """Logarithm of the beta function."""
    return gammaln(x) + gammaln(y) - gammaln(x + y)


def std_cdf(x: Any) -> Variable:
    """Distribution function of the standard normal distribution."""
    return 0.5 + 0.5 * erf(as_variable(x) * _ROOT_HALF)


def normal_lcdf(mu: Any, sigma: Any, x: Any) -> Variable:
    """Logarithm of the normal distribution function, accurate in both tails."""
    z = (as_variable(x) - mu) / sigma
    tail = log(erfcx(-z * _ROOT_HALF) / 2.0) - sqr(z) / 2.0
    return switch(z < -1.0, tail, log1p(-erfc(z * _ROOT_HALF) / 2.0))


def normal_lccdf(mu: Any, sigma: Any, x: Any) -> Variable:
    """Logarithm of the normal survival function, accurate in both tails."""
    z = (as_variable(x) - mu) / sigma
    return normal_lcdf(0.0, 1.0, -z)


def zvalue(value: Any, sigma: Any, mu: Any) -> Any:
    """A value in standard deviations from the mean."""
    return (value - mu) / sigma


def sigma2rho(sigma: Any) -> Variable:
    """Inverse of :func:`rho2sigma`, the softplus function."""
    return log(expm1(abs_(as_variable(sigma))))


def log_normal(x: Any, mean: Any, **kwargs: Any) -> Variable:
    """Log density of the normal distribution.

    Parameters
    ----------
    x, mean
        Value and mean.
    sigma, w, rho, tau
        One of them: the standard deviation, its logarithm, its inverse softplus, or the inverse of the standard
        deviation (PyMC3's ``tau`` here).
    eps
        Added to the standard deviation.
    """
    ways = {"sigma": lambda s: s, "w": exp, "rho": rho2sigma, "tau": lambda t: as_variable(t) ** -1.0}
    given = [name for name in ways if kwargs.get(name) is not None]
    if len(given) != 1:
        raise ValueError(f"log_normal needs exactly one of {', '.join(ways)}; got {', '.join(given) or 'none'}")
    sigma = as_variable(ways[given[0]](kwargs[given[0]])) + kwargs.get("eps", 0.0)
    z = (as_variable(x) - mean) / sigma
    return -0.5 * math.log(2.0 * math.pi) - log(abs_(sigma)) - 0.5 * sqr(z)


__all__ = [
    "alltrue_elemwise",
    "alltrue_scalar",
    "betaln",
    "binomln",
    "bound",
    "factln",
    "gammaln",
    "log_normal",
    "logpow",
    "normal_lccdf",
    "normal_lcdf",
    "rho2sigma",
    "sigma2rho",
    "std_cdf",
    "zvalue",
]
