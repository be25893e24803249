"""PyMC3's functions of a model, for generator models: start points, scales, sequential Monte Carlo and others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from pm_migrate.shims.pymc4.density_model import density
from pm_migrate.shims.pymc4.hessian import negative_hessian
from pm_migrate.shims.pymc4.step_methods import value_variables
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theanof import gradient, hessian_diag, jacobian
from pm_migrate.shims.tuning import scaling, starting
from pm_migrate.shims.util import get_var_name

__all__ = [
    "find_MAP",
    "find_hessian",
    "gradient",
    "guess_scaling",
    "hessian_diag",
    "init_nuts",
    "iter_sample",
    "jacobian",
    "sample_posterior_predictive_w",
    "sample_smc",
    "trace_cov",
]


def find_MAP(
    model: Any,
    start: Mapping[str, Any] | None = None,
    vars: Sequence[Any] | None = None,
    method: Any = "L-BFGS-B",
    return_raw: bool = False,
    include_transformed: bool = True,
    progressbar: bool = True,
    maxeval: int = 5000,
    **kwargs: Any,
) -> Any:
    """Find a local maximum of the posterior density, the Jacobians of transforms left out: PyMC3's ``pm.find_MAP``.

    Parameters
    ----------
    model
        A model.
    start
        Start point, constrained or unconstrained names; the test point by default.
    vars
        Names of the variables to optimise; all continuous ones by default.
    method, return_raw, include_transformed, progressbar, maxeval, **kwargs
        As for :func:`pm_migrate.shims.tuning.find_MAP`.

    Returns
    -------
    dict, or (dict, OptimizeResult)
        Values of all unobserved variables by name, unconstrained ones (``sd_log__``) too.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def m():
    ...     yield pm.Gamma("x", 3.0, 1.0)
    >>> {name: round(float(x), 3) for name, x in pm.find_MAP(m(), progressbar=False).items()}
    {'x_log__': 0.693, 'x': 2.0}
    """
    view = density(model)
    options = {"method": method, "return_raw": return_raw, "include_transformed": include_transformed}
    return starting.find_MAP(
        start,
        value_variables(view, vars),
        progressbar=progressbar,
        maxeval=maxeval,
        model=view,
        **options,
        **kwargs,
    )


def find_hessian(point: Mapping[str, Any], vars: Sequence[Any] | None = None, model: Any = None) -> np.ndarray:
    """The negative matrix of second derivatives of the log density at a point.

    Parameters
    ----------
    point
        Values of the value variables by name, as :func:`find_MAP` gives them.
    vars
        Names of the variables of the rows and columns, in order; all continuous ones by default. The name of a random
        variable that has a transform means its constrained value, by which PyMC3 differentiates all terms but those of
        that variable: see :mod:`~pm_migrate.shims.pymc4.hessian`.
    model
        The model.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def m():
    ...     yield pm.Normal("x", 0.0, 0.5)
    >>> pm.find_hessian({"x": 1.0}, model=m())
    array([[4.]])
    """
    view = density(model)
    if vars is None:
        return scaling.find_hessian(point, model=view)
    return negative_hessian(view, point, _names(vars))


def guess_scaling(
    point: Mapping[str, Any], vars: Sequence[Any] | None = None, model: Any = None, scaling_bound: float = 1e-8
) -> np.ndarray:
    """The curvature of each element, made positive and bounded; parameters as of :func:`find_hessian`."""
    view = density(model)
    if vars is None:
        return scaling.guess_scaling(point, model=view, scaling_bound=scaling_bound)
    return scaling.adjust_scaling(np.diag(negative_hessian(view, point, _names(vars))), scaling_bound)


def _names(variables: Any) -> list[str]:
    several = [variables] if isinstance(variables, (str, Variable)) else list(variables)
    return [get_var_name(variable) for variable in several]


def trace_cov(trace: Any, vars: Any = None, model: Any = None) -> np.ndarray:
    """Covariance matrix of the draws of all elements, in the order of the free variables of the model.

    Parameters
    ----------
    trace
        A ``MultiTrace``, or arrays of draws by name: unconstrained values.
    vars
        Not used, as in PyMC3.
    model
        The model.
    """
    return scaling.trace_cov(trace, vars, model=density(model))


def init_nuts(
    init: str = "auto",
    chains: int = 1,
    n_init: int = 500_000,
    model: Any = None,
    random_seed: Any = None,
    progressbar: bool = True,
    jitter_max_retries: int = 10,
    **kwargs: Any,
) -> tuple[list[Mapping[str, np.ndarray]], Any]:
    """Start points and a NUTS step, as PyMC3's ``pm.init_nuts``, of a generator model."""
    initialising = import_module("pm_migrate.shims.step_methods.hmc.initialising")
    found: tuple[list[Mapping[str, np.ndarray]], Any] = initialising.init_nuts(
        init,
        chains,
        n_init,
        model=density(model),
        random_seed=random_seed,
        progressbar=progressbar,
        jitter_max_retries=jitter_max_retries,
        **kwargs,
    )
    return found


def iter_sample(draws: int, step: Any, *args: Any, model: Any = None, **kwargs: Any) -> Iterator[Any]:
    """Make one chain, and show the trace so far after each draw; see :func:`pm_migrate.shims.sampling.iter_sample`."""
    from pm_migrate.shims.sampling import iter_sample as drawn

    return drawn(draws, step, *args, model=density(model), **kwargs)


def sample_smc(draws: int = 2000, *args: Any, model: Any = None, **kwargs: Any) -> Any:
    """Draw with sequential Monte Carlo, as PyMC3's ``pm.sample_smc``, from a generator model.

    Parameters
    ----------
    draws, *args, **kwargs
        As for :func:`pm_migrate.shims.smc.sample_smc.sample_smc`.
    model
        The model.

    Returns
    -------
    MultiTrace
        With ``report.log_marginal_likelihood``.
    """
    from pm_migrate.shims.smc.sample_smc import sample_smc as drawn

    return drawn(draws, *args, model=density(model), **kwargs)


def sample_posterior_predictive_w(
    traces: Sequence[Any], samples: int | None = None, models: Sequence[Any] | None = None, *args: Any, **kwargs: Any
) -> dict[str, np.ndarray]:
    """Draw the observed variable of several generator models, each as often as its weight says.

    Parameters
    ----------
    traces, samples, *args, **kwargs
        As for :func:`pm_migrate.shims.predictive.sample_posterior_predictive_w`.
    models
        The models, one for each trace, with one observed variable each.

    Raises
    ------
    TypeError
        Without models.
    """
    from pm_migrate.shims.predictive import sample_posterior_predictive_w as drawn

    if models is None:
        raise TypeError("pm.sample_posterior_predictive_w needs models=, one for each trace")
    return drawn(traces, samples, [density(model) for model in models], *args, **kwargs)
