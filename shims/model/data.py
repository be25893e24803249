"""Data that can be replaced: ``pm.Data`` and ``pm.set_data``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pm_migrate.errors import ShapeError
from pm_migrate.shims.model.functions import modelcontext
from pm_migrate.shims.model.observing import pandas_to_array
from pm_migrate.shims.theano.graph import SharedVariable


class Data:
    """Data that can be replaced by :func:`set_data`: a shared variable registered in the open model.

    Parameters
    ----------
    name
        Its name.
    value
        A list, array, pandas Series or DataFrame.
    dims
        Names of its dimensions.
    export_index_as_coords
        Take the index (and the columns) of pandas data as coordinates of the model.

    Raises
    ------
    TypeError
        Without a model.
    ShapeError
        When ``dims`` do not fit the data.
    """

    def __new__(
        cls, name: str, value: Any, *, dims: str | Sequence[str] | None = None, export_index_as_coords: bool = False
    ) -> SharedVariable:
        if isinstance(value, list):
            value = np.array(value)
        model = _model()
        full = model.name_for(name)
        shared = SharedVariable(_complete(full, pandas_to_array(value)), full)
        names = (dims,) if isinstance(dims, str) else None if dims is None else tuple(dims)
        if names is not None and len(names) != shared.ndim:
            raise ShapeError(
                f"{name}: Length of `dims` {names} must match the dimensions of the dataset.",
                actual=len(names),
                expected=shared.ndim,
            )
        coords = cls.set_coords(model, value, names)
        if export_index_as_coords:
            model.add_coords(coords)
        shared.dshape = tuple(shared.data.shape)
        if names is not None and shared.data.shape != model.shape_from_dims(names):
            raise ShapeError(
                f"{name}: Data shape does not match with specified `dims`.",
                actual=shared.data.shape,
                expected=model.shape_from_dims(names),
            )
        model.add_random_variable(shared, dims=names)
        return shared

    @staticmethod
    def set_coords(model: Any, value: Any, dims: Sequence[str] | None = None) -> dict[str, Any]:
        """Coordinates of data by dimension: of pandas data their index and columns, of arrays a range."""
        coords: dict[str, Any] = {}
        axes = [value.index] if isinstance(value, (pd.Series, pd.DataFrame)) else []
        axes += [value.columns] if isinstance(value, pd.DataFrame) else []
        for number, axis in enumerate(axes):
            name = axis.name if dims is None else dims[number]
            if name is not None:
                coords[name] = axis
        if isinstance(value, np.ndarray) and dims is not None:
            for size, name in zip(value.shape, dims, strict=True):
                if name not in model.coords:
                    coords[name] = pd.RangeIndex(size, name=name)
        return coords


def _model() -> Any:
    try:
        return modelcontext(None)
    except TypeError:
        raise TypeError(
            "No model on context stack, which is needed to instantiate a data container. Add variable inside a "
            "'with model:' block."
        ) from None


def _complete(name: str, value: Any) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray):
        raise NotImplementedError(
            f"{name}: Masked arrays or arrays with `nan` entries are not supported. Pass them directly to `observed` "
            "if you want to trigger auto-imputation"
        )
    return np.asarray(value)


def set_data(new_data: Mapping[str, Any], model: Any = None) -> None:
    """Replace the values of :class:`Data` containers by name; shapes may change.

    Parameters
    ----------
    new_data
        Values by name.
    model
        The model; the open one by default.

    Raises
    ------
    TypeError
        For a name that is not a data container.
    """
    model = modelcontext(model)
    for name, value in new_data.items():
        variable = model[name]
        if not isinstance(variable, SharedVariable):
            raise TypeError(
                f"The variable `{name}` must be defined as `pymc3.Data` inside the model to allow updating. The "
                f"current type is: {type(variable)}."
            )
        value = np.array(value) if isinstance(value, list) else value
        variable.set_value(_complete(name, pandas_to_array(value)))
