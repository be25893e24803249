"""The log likelihood of each observation at each draw, for ``waic`` and ``loo``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.inference.batching import in_chunks, over_batch
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.variables import MultiObservedRV

Tensor = Any


def log_likelihood(
    model: Any, draws: Mapping[str, np.ndarray], names: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Log density of the data, observation by observation.

    Parameters
    ----------
    model
        The model.
    draws
        Unconstrained values by name, ``(n, *shape)``.
    names
        Observed variables to take; all by default.

    Returns
    -------
    dict
        Name to array ``(n, *shape)``: a number for every element of the data, or for every vector of a distribution of
        vectors; NaN where an observation is missing.
    """
    chosen = [v for v in model.observed_RVs if names is None or v.name in names]
    if not chosen:
        return {}
    terms = {str(v.name): _elementwise(v) for v in chosen}
    free = {str(v.name): v for v in model.free_RVs}
    values = {name: np.asarray(draws[name]) for name in free}
    total = len(next(iter(values.values())))

    def one(point: Mapping[str, Tensor]) -> dict[str, Tensor]:
        found = evaluate(list(terms.values()), {variable: point[name] for name, variable in free.items()})
        return {name: tf.convert_to_tensor(x) for name, x in zip(terms, found, strict=True)}

    def program_for(size: int) -> Callable[..., Any]:
        what = f"log likelihood of {sorted(terms)}, {size}"
        return model.log_density().compiled(what, lambda: lambda batch: over_batch(one, batch, size))

    first = one({name: tf.constant(x[0].astype(free[name].dtype)) for name, x in values.items()})
    found = in_chunks(program_for, first, values, total)
    return {str(v.name): _without_missing(v, found[str(v.name)]) for v in chosen}


def _elementwise(variable: Any) -> Any:
    # several data of one distribution are, as a variable, their log density already
    return variable if isinstance(variable, MultiObservedRV) else variable.distribution.logp(variable)


def _without_missing(variable: Any, found: np.ndarray) -> np.ndarray:
    if getattr(variable, "missing_values", None) is None:
        return found
    mask = np.ma.getmaskarray(variable.observations)
    if mask.ndim > found.ndim - 1:
        mask = np.any(mask, axis=-1)
    return np.where(mask, np.nan, found)
