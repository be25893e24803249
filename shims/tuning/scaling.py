"""Scales of a posterior from its curvature or from draws (``pymc3.tuning.scaling``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.blocking import ArrayOrdering
from pm_migrate.shims.model import Point, modelcontext
from pm_migrate.shims.theanof import hessian_diag, inputvars
from pm_migrate.shims.util import get_var_name

__all__ = ["find_hessian", "guess_scaling", "trace_cov"]


def fixed_hessian(point: Mapping[str, Any], vars: Sequence[Any] | None = None, model: Any = None) -> np.ndarray:
    """A curvature of 0.1 everywhere, where there are no second derivatives.

    Parameters
    ----------
    point
        Not used: the curvature is the same at all points.
    vars
        Value variables; all continuous ones by default.
    model
        The model; the open one by default.
    """
    model = modelcontext(model)
    return np.ones(ArrayOrdering(inputvars(model.cont_vars if vars is None else vars)).size) / 10


def find_hessian(point: Mapping[str, Any], vars: Sequence[Any] | None = None, model: Any = None) -> np.ndarray:
    """The negative matrix of second derivatives of the log density at a point: the precision of a normal posterior.

    Parameters
    ----------
    point
        Values of the value variables by name.
    vars
        Variables of the rows and columns, in order; all continuous ones by default.
    model
        The model; the open one by default.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 0.0, 0.5)
    ...     find_hessian({"x": 1.0})
    array([[4.]])
    """
    model = modelcontext(model)
    return model.fastd2logp(vars)(Point(point, model=model))


def find_hessian_diag(point: Mapping[str, Any], vars: Sequence[Any] | None = None, model: Any = None) -> np.ndarray:
    """The diagonal of :func:`find_hessian`."""
    model = modelcontext(model)
    return model.fastfn(hessian_diag(model.logpt, vars))(Point(point, model=model))


def guess_scaling(
    point: Mapping[str, Any], vars: Sequence[Any] | None = None, model: Any = None, scaling_bound: float = 1e-8
) -> np.ndarray:
    """The curvature of each element, made positive and bounded: a diagonal for ``scaling=`` of a Hamiltonian step.

    Parameters
    ----------
    point, vars, model
        As of :func:`find_hessian`.
    scaling_bound
        Least standard deviation; the largest is its reciprocal.
    """
    model = modelcontext(model)
    try:
        curvature = find_hessian_diag(point, vars, model=model)
    except NotImplementedError:
        curvature = fixed_hessian(point, vars, model=model)
    return adjust_scaling(curvature, scaling_bound)


def adjust_scaling(s: np.ndarray, scaling_bound: float) -> np.ndarray:
    """:func:`adjust_precision` of a vector, or of the eigenvalues of a symmetric matrix."""
    if s.ndim < 2:
        return adjust_precision(s, scaling_bound)
    values, vectors = np.linalg.eigh(s)
    return eig_recompose(adjust_precision(values, scaling_bound), vectors)


def adjust_precision(tau: Any, scaling_bound: float = 1e-8) -> np.ndarray:
    """Absolute values, whose roots are kept between ``scaling_bound`` and its reciprocal.

    Examples
    --------
    >>> adjust_precision(np.array([-4.0, 0.0]), 0.01).round(6).tolist()
    [4.0, 0.0001]
    """
    with np.errstate(divide="ignore"):  # of 0, whose logarithm is then bounded
        size = np.log(np.sqrt(np.abs(tau)))
    return np.exp(bound(size, np.log(scaling_bound), np.log(1.0 / scaling_bound))) ** 2


def bound(a: Any, l: Any, u: Any) -> Any:  # noqa: E741 - PyMC3's name
    """The nearest number between ``l`` and ``u``."""
    return np.maximum(np.minimum(a, u), l)


def eig_recompose(val: np.ndarray, vec: np.ndarray) -> np.ndarray:
    """The matrix with the eigenvalues ``val`` and the eigenvectors in the columns of ``vec``."""
    return vec.dot(np.diag(val)).dot(vec.T)


def trace_cov(trace: Any, vars: Any = None, model: Any = None) -> np.ndarray:
    """Covariance matrix of the draws of all elements, in the order of the free variables of the model.

    Parameters
    ----------
    trace
        A ``MultiTrace``, or arrays of draws by name.
    vars
        Not used: PyMC3 takes the free variables of the model whatever is given here.
    model
        The model; the open one by default.

    Returns
    -------
    ndarray
        ``(n, n)``, or a scalar for one element.
    """
    draws = [np.asarray(trace[get_var_name(v)]) for v in modelcontext(model).free_RVs]
    return np.cov(np.concatenate([x.reshape(len(x), -1) for x in draws], axis=1).T)
