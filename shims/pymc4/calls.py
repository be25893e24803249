"""What calls that sample have in common: the density of a call, its seed, and groups of results."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.pymc4.compilation import compile_model
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.errors import EvaluationError
from pm_migrate.shims.pymc4.flow.state import SamplingState

DRAWS = ("chain", "draw")
_GROUPS = ("posterior", "posterior_predictive", "prior", "prior_predictive")


def density_of(model: Any, observed: Mapping[str, Any] | None) -> LogDensity:
    """The density of a model, the one that it keeps unless its data are replaced by others."""
    if isinstance(model, Model):
        own = recording.density(model)
        if all(_is_same(own.observed.get(name), data) for name, data in (observed or {}).items()):
            return own
    return compile_model(model, observed)


def density_to_draw(model: Any, observed: Mapping[str, Any] | None) -> LogDensity:
    """The density of a model whose data may be drawn in another shape than they have."""
    try:
        return density_of(model, observed)
    except EvaluationError:
        return compile_model(model, observed, drawing=True)


def _is_same(own: np.ndarray | None, data: Any) -> bool:
    return own is not None and data is not None and np.array_equal(own, np.asarray(data))


def from_state(
    state: SamplingState | None, observed: Mapping[str, Any] | None, start: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Data and start values, those of a state where none were given."""
    if state is None:
        return observed, start
    if observed is None and state.observed_values:
        observed = state.observed_values
    if start is None and state.all_unobserved_values:
        start = {**state.untransformed_values, **state.transformed_values}
    return observed, start


def integer_seed(seed: int | None) -> int:
    """An integer seed; from NumPy's global state when None, so that ``np.random.seed`` reproduces.

    A recording draws nothing from it: the data that a program simulates later must be the original's.
    """
    if seed is None and recording.active:
        return 0
    return int(np.random.randint(2**31 - 1)) if seed is None else int(seed)


def empty() -> Any:
    """An InferenceData without groups."""
    import arviz

    return arviz.InferenceData()


def add_group(
    data: Any, group: str, values: Mapping[str, np.ndarray], density: LogDensity | None, lead: tuple[str, ...]
) -> None:
    """Add a labelled group, replacing one of that name."""
    from pm_migrate.shims.inference.trace import attributes, dataset

    if group in data.groups():
        delattr(data, group)
    with warnings.catch_warnings():
        # ArviZ knows no name for unconstrained draws
        warnings.filterwarnings("ignore", message=".*not defined in the InferenceData scheme", category=UserWarning)
        data.add_groups({group: dataset(values, density, attributes(None), lead)})


def draws(data: Any, name: Any, group: str | None = None) -> np.ndarray:
    """The draws of one variable as an array, chains one after the other: what PyMC3's ``trace["x"]`` gave.

    Parameters
    ----------
    data
        An InferenceData.
    name
        Name of the variable, or what ``pm.density(model)`` shows of it.
    group
        Its group; by default the first that has it of posterior, posterior_predictive, prior and prior_predictive.

    Returns
    -------
    ndarray
        Shape ``(chains * draws, *shape)``.

    Raises
    ------
    KeyError
        When there is no such variable, with the names that there are.
    """
    name = getattr(name, "name", name)
    groups = [g for g in ((group,) if group is not None else _GROUPS) if hasattr(data, g)]
    for found in groups:
        dataset = getattr(data, found)
        if name in dataset.data_vars:
            values: np.ndarray = dataset[name].values
            return values.reshape(-1, *values.shape[2:])
    there = "; ".join(f"{g} has {[str(v) for v in getattr(data, g).data_vars]}" for g in groups)
    where = f"group {group!r}" if group is not None else f"any of {', '.join(_GROUPS)}"
    raise KeyError(f"no variable {name!r} in {where}: {there or 'there is no such group'}")
