"""Draws of all variables of a model from its prior, or of some given the others: many at once, nothing compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pm_migrate.shims.distributions.drawing import Joint, random_ancestors, unconstrained, whole_points
from pm_migrate.shims.model.variables import FreeRV, TransformedRV
from pm_migrate.shims.theano.graph import SharedVariable, Variable

if TYPE_CHECKING:
    from pm_migrate.shims.model import Model

#: Numbers that one round of draws may hold: 32 MiB.
_AT_ONCE = 2**22


def draw_many(
    model: Model, given: Mapping[str, np.ndarray], count: int, names: Sequence[str] | None
) -> dict[str, np.ndarray]:
    """Draw variables of a model.

    Parameters
    ----------
    model
        The model.
    given
        Values by name, ``(count, *shape)``: of random variables, or of unconstrained ones.
    count
        Number of draws.
    names
        What to return; None for all variables.

    Returns
    -------
    dict
        Name to draws, ``(count, *shape)``.

    Raises
    ------
    KeyError
        For a name that the model does not have.
    ValueError
        For invalid parameters, naming them.
    """
    wanted = _wanted(model, names)
    scalars = sum(int(np.prod(np.shape(v.tag.test_value), dtype=int)) for v in wanted.values())
    size = whole_points(max(_AT_ONCE // max(scalars, 1), 1))
    parts = [
        _draw(model, {k: x[i : i + size] for k, x in given.items()}, min(size, count - i), wanted)
        for i in range(0, max(count, 1), size)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in wanted}


def _wanted(model: Model, names: Iterable[str] | None) -> dict[str, Variable]:
    """The variables to return by name: all, in the order in which they are drawn, or those asked for."""
    drawn = {name: variable for name, variable, _ in model._random}
    free = {str(v.transformed.name): unconstrained(v) for v in drawn.values() if isinstance(v, TransformedRV)}
    rest = {name: v for name, v in model.named_vars.items() if name not in free}
    every = {**drawn, **rest, **free}
    if names is None:  # data are given, not drawn
        return {name: v for name, v in every.items() if not isinstance(v, SharedVariable)}
    unknown = [name for name in names if name not in every]
    if unknown:
        raise KeyError(f"The model has no variables {unknown}; it has {', '.join(every)}")
    return {name: every[name] for name in names}


def _draw(
    model: Model, given: Mapping[str, np.ndarray], count: int, wanted: Mapping[str, Variable]
) -> dict[str, np.ndarray]:
    if count == 0:
        return {name: x[:0] for name, x in _draw(model, {}, 1, wanted).items()}
    joint = Joint((count,))
    for name, variable in model.named_vars.items():
        if name in given:
            _know(joint, variable, np.asarray(given[name], variable.dtype))
    imputed = {v: v.missing_values for v in model.observed_RVs if isinstance(v.missing_values, FreeRV)}
    needed = [*wanted.values(), *(v for v, missing in imputed.items() if missing in wanted.values())]
    for variable in random_ancestors(needed, {str(v.name): v for v in joint.known}):
        if variable in imputed.values():  # a part of its observed variable, which comes next
            continue
        joint.draw([variable])
        missing = imputed.get(variable)
        if missing is not None and missing not in joint.known:
            _know(joint, missing, joint.known[variable][:, variable.missing_at])
    values, led = joint.compute(list(wanted.values()))
    return {
        name: values[v] if v in led else np.broadcast_to(values[v], (count, *values[v].shape)).copy()
        for name, v in wanted.items()
    }


def _know(joint: Joint, variable: Variable, value: np.ndarray) -> None:
    joint.known[variable] = value
    joint.led.add(variable)
