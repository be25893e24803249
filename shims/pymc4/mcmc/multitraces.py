"""Draws of a generator model as PyMC3's ``MultiTrace``, for code that reads one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.shims import inference
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.pymc4.compilation import pointwise
from pm_migrate.shims.pymc4.coroutine_model import Model


def value_names(density: LogDensity) -> dict[str, str]:
    """PyMC3's names of value variables by those of the generator front end.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def m():
    ...     yield pm.HalfNormal("sigma", 1)
    >>> value_names(m().log_density())
    {'__log_sigma': 'sigma_log__'}
    """
    return {v.name: f"{v.rv_name}_{v.transform}__" for v in density.variables if v.transform is not None}


def multi_trace(
    model: Model,
    density: LogDensity,
    chains: Chains,
    observed: Mapping[str, Any] | None = None,
    target_accept: float | None = None,
) -> MultiTrace:
    """A ``MultiTrace`` under PyMC3's names, which knows how to make the groups that ArviZ asks for.

    Parameters
    ----------
    model, density
        The model, and the density that was sampled.
    chains
        The draws. A warm-up that was kept comes before them, as in PyMC3.
    observed
        Data that replaced those in the model.
    target_accept
        What the sampler aimed at, for the warnings in ``trace.report``; without it there are none.
    """
    chains.stats.pop("log_accept_ratio", None)  # none of PyMC3's
    trace = inference.multitrace(density, chains, value_names=value_names(density))
    if target_accept is not None:
        trace.report._add_findings(inference.find(density, chains, target_accept=target_accept))
    trace._pointwise = log_likelihood_of(model, density, observed)
    return trace


def log_likelihood_of(model: Model, density: LogDensity, observed: Mapping[str, Any] | None) -> Any:
    """A function that gives the log density of the data, element by element, at draws under PyMC3's names."""
    names = value_names(density)

    def likelihood(draws: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        values = {v.name: np.asarray(draws[names.get(v.name, v.name)], v.dtype) for v in density.variables}
        return log_likelihood(model, density, values, observed)

    return likelihood


def log_likelihood(
    model: Model, density: LogDensity, values: Mapping[str, np.ndarray], observed: Mapping[str, Any] | None
) -> dict[str, np.ndarray]:
    """Log density of the data, element by element, at unconstrained values ``(n, *shape)`` by name."""
    import tensorflow as tf

    one = pointwise(model, density, observed)
    batch = {name: tf.constant(x) for name, x in values.items()}
    mapped = tf.function(lambda batch: tf.vectorized_map(one, batch), autograph=False)(batch)
    return {name: x.numpy() for name, x in mapped.items()}
