"""Traces as tables."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.util import get_default_varnames

__all__ = ["trace_to_dataframe"]


def trace_to_dataframe(
    trace: Any,
    chains: int | Sequence[int] | None = None,
    varnames: Iterable[str] | None = None,
    include_transformed: bool = False,
) -> Any:
    """A pandas DataFrame with a row for every draw and a column for every scalar.

    Parameters
    ----------
    trace
        A ``MultiTrace``.
    chains
        Chains to take; all by default, one after the other.
    varnames
        Variables to take; all by default.
    include_transformed
        Whether "all" includes the unconstrained values of transformed variables.
    """
    import pandas as pd

    warnings.warn(
        "The `trace_to_dataframe` function will soon be removed. Please use ArviZ to save traces.",
        DeprecationWarning,
        stacklevel=2,
    )
    shapes = trace._straces[0].var_shapes
    names = get_default_varnames(shapes.keys(), include_transformed) if varnames is None else list(varnames)
    parts = []
    for name in names:
        values = trace.get_values(name, combine=True, chains=chains)
        columns = create_flat_names(name, shapes[name])
        parts.append(pd.DataFrame(values.reshape(len(values), -1), columns=columns))
    return pd.concat(parts, axis=1)


def create_flat_names(varname: str, shape: Sequence[int]) -> list[str]:
    """Column names of the scalars in an array.

    Examples
    --------
    >>> create_flat_names("x", (2, 2))
    ['x__0_0', 'x__0_1', 'x__1_0', 'x__1_1']
    """
    if not shape:
        return [varname]
    return [f"{varname}__{'_'.join(map(str, index))}" for index in np.ndindex(*shape)]


def _create_shape(flat_names: Sequence[str]) -> tuple[int, ...]:
    """The shape that :func:`create_flat_names` was given."""
    _, found, last = flat_names[-1].rpartition("__")
    return tuple(int(i) + 1 for i in last.split("_")) if found else ()
