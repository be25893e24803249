"""``pymc3.distributions.dist_math``: what programs write log densities with.

In double precision throughout; PyMC3's ``sqrt(2)`` and ``log(2)`` of Python's numbers are float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import scipy.stats
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.distributions.special.incomplete import betainc
from pm_migrate.shims.theano.compile.builders import OpFromGraph
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.functions import logpow
from pm_migrate.shims.theano.graph import Apply, Op, Variable, apply, as_variable
from pm_migrate.shims.theano.graph.op import Op as PythonOp
from pm_migrate.shims.theano.ops.creation import eye
from pm_migrate.shims.theano.ops.elemwise import (
    abs_,
    broadcast_flags,
    cast,
    erf,
    erfc,
    erfcx,
    exp,
    expm1,
    gammaln,
    gt,
    i0e,
    i1e,
    log,
    log1p,
    lt,
    sqr,
    switch,
)
from pm_migrate.shims.theano.ops.elemwise import softplus as rho2sigma
from pm_migrate.shims.theano.ops.linalg import cholesky, dot, extract_diag, solve_lower_triangular
from pm_migrate.shims.theano.ops.reductions import all as tensor_all
from pm_migrate.shims.theano.promotion import float_upcast
from pm_migrate.shims.theano.types import CONSTRUCTORS

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


def _checks_bounds(model: Any) -> bool:
    from pm_migrate.shims.model import modelcontext

    try:
        return bool(getattr(modelcontext(model), "check_bounds", True))
    except TypeError:  # no model
        return True


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
        The model whose ``check_bounds`` says whether conditions are looked at; that of the context by default.

    Examples
    --------
    >>> bound(as_variable([1.0, 2.0]), as_variable([1.0, -1.0]) > 0).eval().tolist()
    [1.0, -inf]
    """
    if not _checks_bounds(model):
        return logp
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


def log_diff_normal_cdf(mu: Any, sigma: Any, x: Any, y: Any) -> Variable:
    """Logarithm of the probability of a normal variable between ``y`` and ``x``, for ``y < x``.

    Both are on one side of the mean: the scaled complementary error function keeps the digits; else the difference of
    error functions does.
    """
    x = (as_variable(x) - mu) / sigma * _ROOT_HALF
    y = (as_variable(y) - mu) / sigma * _ROOT_HALF
    right = -sqr(y) + log(erfcx(y) - exp(sqr(y) - sqr(x)) * erfcx(x))
    left = -sqr(x) + log(erfcx(-x) - exp(sqr(x) - sqr(y)) * erfcx(-y))
    across = log(erf(x) - erf(y))
    return math.log(0.5) + switch(gt(y, 0), right, switch(lt(x, 0), left, across))


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


def MvNormalLogp() -> OpFromGraph:
    """The log density of rows of deviations under a multivariate normal, an operation of covariance and deviations.

    ``-inf`` where the covariance is not positive definite.

    Examples
    --------
    >>> round(float(MvNormalLogp()(np.eye(2), np.zeros((1, 2))).eval()), 6)
    -1.837877
    """
    cov, delta = CONSTRUCTORS["matrix"]("cov"), CONSTRUCTORS["matrix"]("delta")
    cov.tag.test_value, delta.tag.test_value = floatX(np.eye(3)), floatX(np.zeros((2, 3)))
    factor, valid = _factor(cov)
    rows, size = (cast(n, "floatX") for n in (delta.shape[0], delta.shape[1]))
    distances = sqr(solve_lower_triangular(factor, delta.T)).sum()
    normaliser = rows * size * math.log(2.0 * math.pi) + 2.0 * rows * log(extract_diag(factor)).sum()
    logp = switch(valid, -0.5 * (normaliser + distances), float("-inf"))
    return OpFromGraph([cov, delta], [logp], grad_overrides=_mv_normal_slopes, inline=True)


def _factor(cov: Variable) -> tuple[Variable, Variable]:
    """The Cholesky factor, 1 where there is none, and whether there is one."""
    factor = cholesky(cov, on_error="nan")
    valid = tensor_all(extract_diag(factor) > 0)
    return switch(valid, factor, 1.0), valid


def _mv_normal_slopes(inputs: Sequence[Variable], gradients: Sequence[Variable]) -> list[Variable]:
    """Gradients with respect to covariance (symmetric, as PyMC3 gives it) and deviations."""
    cov, delta = inputs
    factor, valid = _factor(cov)
    half = solve_lower_triangular(factor, eye(cov.shape[0]))
    precision = dot(half.T, half)
    pulled = dot(delta, precision)
    of_cov = -0.5 * (cast(delta.shape[0], "floatX") * precision - dot(pulled.T, pulled))
    return [switch(valid, slope, float("nan")) * gradients[0] for slope in (of_cov, -pulled)]


class SplineWrapper(PythonOp):
    """A spline of SciPy as an operation on tensors.

    Parameters
    ----------
    spline
        ``scipy.interpolate.UnivariateSpline``, or another callable with ``derivative()``.
    """

    __props__ = ("spline",)

    def __init__(self, spline: Any) -> None:
        self.spline = spline

    def make_node(self, *inputs: Any) -> Apply:
        """The node for one tensor."""
        x = as_variable(inputs[0])
        return Apply(self, [x], [x.type()])

    @property
    def grad_op(self) -> SplineWrapper:
        """The derivative."""
        try:
            return SplineWrapper(self.spline.derivative())
        except ValueError:
            raise NotSupported("Spline of order 0 is not differentiable; instead: one of higher order") from None

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        """Evaluate the spline."""
        output_storage[0][0] = np.asarray(self.spline(inputs[0]))

    def grad(self, inputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Sequence[Any]:
        """The derivative of the spline."""
        return [output_grads[0] * self.grad_op(inputs[0])]


def incomplete_beta(a: Any, b: Any, value: Any) -> Variable:
    """The regularised incomplete beta function: distribution function of a beta variable at ``value``.

    Examples
    --------
    >>> round(float(incomplete_beta(2.0, 3.0, 0.4).eval()), 4)
    0.5248
    """
    operands = [as_variable(v) for v in (a, b, value)]
    dtype = float_upcast(operands)

    def impl(*tensors: Any) -> Any:
        return betainc(*(tf.cast(t, dtype) for t in tensors))

    op = Op("incomplete_beta", impl, infer=lambda inputs: (dtype, broadcast_flags(inputs)), fast=scipy.special.betainc)
    return apply(op, *operands)


def incomplete_beta_cfe(*args: Any) -> Any:
    """Not available."""
    raise NotSupported("dist_math.incomplete_beta_cfe, a part of an algorithm; instead: incomplete_beta(a, b, value)")


def incomplete_beta_ps(*args: Any) -> Any:
    """Not available."""
    raise NotSupported("dist_math.incomplete_beta_ps, a part of an algorithm; instead: incomplete_beta(a, b, value)")


# random numbers, with NumPy's global state


def random_choice(*, p: Any, size: Any = None) -> Any:
    """Draw categories.

    Parameters
    ----------
    p
        Probabilities on the last axis.
    size
        Shape of the result; of several rows of probabilities, a shape that they broadcast with.
    """
    p = np.asarray(p)
    count = p.shape[-1]
    if p.ndim == 1:
        return np.random.choice(count, p=p, size=size)
    lengths = () if size is None else tuple(np.atleast_1d(size))
    rows = np.broadcast_to(p, np.broadcast_shapes(p.shape, (*lengths, 1)))
    draws = [np.random.choice(count, p=row) for row in rows.reshape(-1, count)]
    return np.reshape(draws, rows.shape[:-1])


def clipped_beta_rvs(a: Any, b: Any, size: Any = None, dtype: str = "float64") -> Any:
    """Draw beta variables, with 0 and 1 moved to the next number inside of the interval.

    Parameters
    ----------
    a, b
        Shape parameters.
    size
        Shape of the result.
    dtype
        Float dtype, which decides what is next to 0 and 1.
    """
    kind = np.dtype(dtype).type
    draws = np.asarray(scipy.stats.beta.rvs(a, b, size=size)).astype(dtype)
    clipped = np.maximum(np.minimum(draws, np.nextafter(kind(1), kind(0))), np.nextafter(kind(0), kind(1)))
    return clipped


rho2sd, sd2rho = rho2sigma, sigma2rho
f = floatX
c = -0.5 * np.log(2.0 * np.pi)

__all__ = [
    "MvNormalLogp",
    "SplineWrapper",
    "alltrue_elemwise",
    "alltrue_scalar",
    "betaln",
    "binomln",
    "bound",
    "clipped_beta_rvs",
    "factln",
    "floatX",
    "gammaln",
    "i0e",
    "i1e",
    "incomplete_beta",
    "log_diff_normal_cdf",
    "log_normal",
    "logpow",
    "normal_lccdf",
    "normal_lcdf",
    "random_choice",
    "rho2sd",
    "rho2sigma",
    "sd2rho",
    "sigma2rho",
    "std_cdf",
    "zvalue",
]
