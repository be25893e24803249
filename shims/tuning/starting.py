"""The maximum of the posterior density (``pymc3.tuning.starting``)."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims import recording
from pm_migrate.shims.blocking import ArrayOrdering, DictToArrayBijection
from pm_migrate.shims.model import Point, ValueGradFunction, modelcontext
from pm_migrate.shims.theanof import floatX, inputvars
from pm_migrate.shims.util import check_start_vals, get_default_varnames, get_var_name, update_start_vals
from pm_migrate.shims.vartypes import discrete_types, typefilter

__all__ = ["find_MAP"]

_log = logging.getLogger("pymc3")
#: What a density that is not finite counts as.
_HIGH = 1.0e100


def find_MAP(
    start: Mapping[str, Any] | None = None,
    vars: Sequence[Any] | None = None,
    method: Any = "L-BFGS-B",
    return_raw: bool = False,
    include_transformed: bool = True,
    progressbar: bool = True,
    maxeval: int = 5000,
    model: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Find a local maximum of the posterior density, the Jacobians of transforms left out.

    Parameters
    ----------
    start
        Start point, constrained or unconstrained names; the test point by default.
    vars
        Variables to optimise; all continuous ones by default.
    method
        Of ``scipy.optimize.minimize``; ``Powell`` takes its place when there is no gradient.
    return_raw
        Also return SciPy's result.
    include_transformed
        Also return unconstrained values.
    progressbar
        Whether the value that was reached is logged.
    maxeval
        The search ends after so many evaluations.
    model
        The model; the open one by default.
    *args, **kwargs
        For ``scipy.optimize.minimize``.

    Returns
    -------
    dict, or (dict, OptimizeResult)
        Values of all unobserved variables by name.

    Raises
    ------
    ValueError
        Without continuous variables, and for variables that are not in the model.
    SamplingError
        When the density is not finite at the start point.
    """
    from scipy.optimize import minimize

    model = modelcontext(model)
    vars = model.cont_vars if vars is None else vars
    if not vars:
        raise ValueError("Model has no unobserved continuous variables.")
    chosen = inputvars(vars)
    allinmodel(chosen, model)
    point = {} if start is None else dict(copy.deepcopy(start))
    update_start_vals(point, model.test_point, model)
    check_start_vals(point, model)
    point = Point(point, model=model)
    if recording.active:
        recording.use(model)
        found = _values(model, recording.test_values(model, model.log_density()), include_transformed)
        return (found, None) if return_raw else found
    bijection = DictToArrayBijection(ArrayOrdering(chosen), point)
    with_gradient = _gradient(model, chosen, point)
    if with_gradient is None:
        _log.warning(
            "Warning: gradient not available. (E.g. vars contains discrete variables). MAP estimates may not be "
            "accurate for the default parameters. Defaulting to non-gradient minimization 'Powell'."
        )
        method = "Powell"
    value = bijection.mapf(model.fastlogp_nojac) if with_gradient is None else None
    cost = CostFuncWrapper(maxeval, progressbar, value, with_gradient)
    result = None
    try:
        result = minimize(cost, bijection.map(point), *args, method=method, jac=with_gradient is not None, **kwargs)
        best = result["x"]
    except (KeyboardInterrupt, StopIteration) as stopped:
        best = cost.previous_x
        _log.info("find_MAP ended after %d evaluations: %s", cost.n_eval, str(stopped) or type(stopped).__name__)
    cost.report()
    found = _values(model, bijection.rmap(best), include_transformed)
    return (found, result) if return_raw else found


def _values(model: Any, point: Mapping[str, Any], include_transformed: bool) -> dict[str, Any]:
    """Values of the unobserved variables at a point, by name."""
    wanted = get_default_varnames(model.unobserved_RVs, include_transformed)
    values = model.fastfn(wanted)(point)
    return {str(v.name): array for v, array in zip(wanted, values, strict=True)}


def _gradient(model: Any, chosen: Sequence[Any], point: Mapping[str, Any]) -> Callable[..., Any] | None:
    """Value and gradient of the density as a function of an array; None where there is no gradient."""
    if typefilter(chosen, discrete_types):
        return None
    names = {v.name for v in chosen}
    rest = [v for v in model.free_RVs if v.name not in names]
    both = ValueGradFunction([model.logp_nojact], chosen, rest, casting="same_kind")
    both.set_extra_values(point)
    try:
        both(both.dict_to_array(point))
    except (AttributeError, NotImplementedError, LookupError):
        return None
    return both


def allfinite(x: Any) -> bool:
    """Whether all numbers are finite."""
    return bool(np.all(np.isfinite(x)))


def nan_to_high(x: Any) -> Any:
    """A very high number in place of numbers that are not finite."""
    return np.where(np.isfinite(x), x, _HIGH)


def allinmodel(vars: Sequence[Any], model: Any) -> None:
    """Raise unless the variables are free variables of the model.

    Raises
    ------
    ValueError
        Naming those that are not.
    """
    missing = [get_var_name(v) for v in vars if not any(v is free for free in model.free_RVs)]
    if missing:
        raise ValueError(f"Some variables not in the model: {missing}")


class CostFuncWrapper:
    """The negative log density, and its gradient when there is one, as SciPy minimises it.

    Parameters
    ----------
    maxeval
        After so many evaluations, StopIteration is raised.
    progressbar
        Whether :meth:`report` logs.
    logp_func
        Function of an array that gives the log density, when there is no gradient.
    both
        Function of an array that gives the log density and its gradient.

    Attributes
    ----------
    n_eval : int
        Number of evaluations.
    previous_x : ndarray or None
        The last array with a finite gradient.
    """

    def __init__(
        self,
        maxeval: int = 5000,
        progressbar: bool = True,
        logp_func: Callable[..., Any] | None = None,
        both: Callable[..., Any] | None = None,
    ) -> None:
        self.n_eval = 0
        self.maxeval = maxeval
        self.logp_func = logp_func
        self.both = both
        self.use_gradient = both is not None
        self.previous_x: np.ndarray | None = None
        self.progressbar = progressbar
        self._reached = ""

    def __call__(self, x: np.ndarray) -> Any:
        array = floatX(np.atleast_1d(x))
        logp, slope = self.both(array) if self.both is not None else (self.logp_func(array), None)  # type: ignore[misc]
        value = nan_to_high(-np.float64(logp))
        if slope is None or allfinite(slope):
            self.previous_x = np.array(x)
        norm = "" if slope is None else f", ||grad|| = {np.linalg.norm(slope):,.5g}"
        self._reached = f"logp = {float(logp):,.5g}{norm}"
        if self.n_eval > self.maxeval:
            raise StopIteration(f"more than maxeval={self.maxeval} evaluations")
        self.n_eval += 1
        return value if slope is None else (value, np.nan_to_num(-np.asarray(slope, np.float64)))

    def report(self) -> None:
        """Log what was reached."""
        if self.progressbar:
            _log.info("find_MAP: %s after %d evaluations", self._reached, self.n_eval)
