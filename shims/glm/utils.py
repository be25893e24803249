"""``pymc3.glm.utils``: design matrices and the names of their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pm_migrate.errors import ModelError
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.graph import Variable

__all__ = ["any_to_tensor_and_labels"]


def any_to_tensor_and_labels(x: Any, labels: Any = None) -> tuple[Variable, list[Any]]:
    """A design matrix as a tensor, and the names of its columns.

    Parameters
    ----------
    x
        A data frame or series, an array or what becomes one, a dictionary of columns, or a variable.
    labels
        Names of the columns: those of the data by default, else ``x0``, ``x1`` ... A variable needs them; for a
        dictionary they are its keys.

    Raises
    ------
    ValueError
        For a scalar, for a variable without labels, and for too many or too few of them.

    Examples
    --------
    >>> any_to_tensor_and_labels([[1.0, 2.0], [3.0, 4.0]])[1]
    ['x0', 'x1']
    """
    labels = [labels] if isinstance(labels, str) else labels
    if isinstance(x, Mapping):
        x, labels = _columns(x)
    elif isinstance(x, pd.DataFrame):
        x, labels = x.to_numpy(), x.columns if labels is None else labels
    elif isinstance(x, pd.Series):
        x, labels = x.to_numpy(), [x.name] if labels is None else labels
    elif not isinstance(x, Variable):
        x = np.asarray(x)
    if x.ndim == 0:
        raise ModelError("Cannot use scalars: x is a matrix with a row for each observation")
    if x.ndim == 1:
        x = x[:, None]
    names = _names(x, labels)
    return tt.as_tensor_variable(x), names


def _columns(x: Mapping[Any, Any]) -> tuple[Any, Sequence[Any]]:
    """The columns of a dictionary side by side, and its keys."""
    if not any(isinstance(column, Variable) for column in x.values()):
        try:
            frame = pd.DataFrame.from_dict(x)
        except (ValueError, TypeError):
            pass
        else:
            return frame.to_numpy(), frame.columns
    columns = [tt.as_tensor_variable(column) for column in x.values()]
    stacked = tt.stack(columns, axis=0 if columns[0].ndim == 0 else 1)
    return stacked, list(x)


def _names(x: Any, labels: Any) -> list[Any]:
    if labels is None:
        if isinstance(x, Variable):
            raise ModelError("Please provide labels as we cannot infer shape of input: labels=[...], one a column")
        return [f"x{i}" for i in range(x.shape[1])]
    if not isinstance(x, Variable) and len(labels) != x.shape[1]:
        raise ModelError(
            f"Please provide full list of labels for coefficients, got len(labels)={len(labels)} instead of "
            f"{x.shape[1]}"
        )
    return [f"x{i}" for i in labels] if isinstance(labels, pd.RangeIndex) else list(labels)
