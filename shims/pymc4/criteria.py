"""Information criteria that PyMC3 before 3.4 had, for generator models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pm_migrate.errors import IncorrectArgumentsError
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.batching import in_chunks, over_batch
from pm_migrate.shims.pymc4.density_model import DensityModel, density

__all__ = ["bpic", "dic"]


def dic(trace: Any, model: Any = None) -> float:
    """Deviance information criterion: ``pm.dic`` of PyMC3 before 3.4.

    Twice the mean deviance of the draws less the deviance at their mean. The deviance is -2 times the log density of
    the whole model, priors and Jacobians included, and the mean is that of unconstrained values, as in PyMC3.

    Parameters
    ----------
    trace
        Draws: an InferenceData of :func:`~pm_migrate.pymc4.sample`, or a ``MultiTrace``.
    model
        The model.

    Raises
    ------
    TypeError
        Without a model.
    IncorrectArgumentsError
        For draws without the unconstrained values of a variable.

    References
    ----------
    .. [1] Spiegelhalter, Best, Carlin, van der Linde: Bayesian measures of model complexity and fit. Journal of the
       Royal Statistical Society B 64 (2002), 583-639.
    """
    mean, at_mean = _deviances("dic", trace, model)
    return 2 * mean - at_mean


def bpic(trace: Any, model: Any = None) -> float:
    """Bayesian predictive information criterion: ``pm.bpic`` of PyMC3 before 3.4.

    Three times the mean deviance of the draws less twice the deviance at their mean; see :func:`dic` for deviances,
    parameters and errors.

    References
    ----------
    .. [1] Ando: Bayesian predictive information criterion for the evaluation of hierarchical Bayesian and empirical
       Bayes models. Biometrika 94 (2007), 443-458.
    """
    mean, at_mean = _deviances("bpic", trace, model)
    return 3 * mean - 2 * at_mean


def _deviances(name: str, trace: Any, model: Any) -> tuple[float, float]:
    """The mean of the deviances of the draws, and the deviance of their mean."""
    if model is None:
        raise TypeError(f"pm.{name} needs model=, the model of the draws")
    view = density(model)
    own = view.log_density()
    values = {new: _draws(trace, new, old, view) for new, old in view.generator_variables().items()}
    # PyMC3's compiled function took whole numbers of the means of whole ones
    mean = {v.name: values[v.name].mean(axis=0)[None].astype(v.dtype) for v in own.variables}
    return -2 * float(np.mean(_logp(own, values))), -2 * float(_logp(own, mean)[0])


def _draws(trace: Any, name: str, old: str, view: DensityModel) -> np.ndarray:
    """The unconstrained values of a variable, chains one after the other; ``old`` is its name in the generator."""
    if hasattr(trace, "_straces"):
        return np.asarray(trace[name])
    for group in ("unconstrained_posterior", "posterior"):
        dataset = getattr(trace, group, None)
        if dataset is not None and old in dataset:
            found: np.ndarray = dataset[old].values
            return found.reshape(-1, *found.shape[2:])
    raise IncorrectArgumentsError(
        f"the draws have no values of {old!r}: give what pm.sample gave, unconstrained_posterior included"
    )


def _logp(own: LogDensity, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Log densities of points with a leading axis."""

    def one(point: Mapping[str, Any]) -> dict[str, Any]:
        return {"logp": own.logp(point)}

    def program_for(size: int) -> Callable[..., Any]:
        return own.compiled(f"log density of {size} points", lambda: lambda batch: over_batch(one, batch, size))

    points = {v.name: values[v.name].astype(v.dtype) for v in own.variables}
    return in_chunks(program_for, {"logp": 0.0}, points, len(next(iter(points.values()))))["logp"]
