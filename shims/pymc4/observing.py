"""Data of generator models: conversion, missing entries, and named data that results record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ShapeError
from pm_migrate.shims.model.observing import pandas_to_array
from pm_migrate.shims.pymc4.names import as_name
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor

Tensor = Any


@dataclass(frozen=True, eq=False)
class Incomplete:
    """Data with missing entries, which are a free variable of the model.

    Parameters
    ----------
    known
        The data, with zeros where they are missing.
    mask
        Where they are missing.
    """

    known: Tensor
    mask: np.ndarray

    @property
    def shape(self) -> tf.TensorShape:
        """Shape of the data."""
        return self.known.shape

    @property
    def count(self) -> int:
        """Number of missing entries."""
        return int(self.mask.sum())

    @cached_property
    def with_nan(self) -> np.ndarray:
        """The data, NaN where they are missing."""
        with tf.init_scope():
            known = np.asarray(tf.get_static_value(self.known))
        return np.where(self.mask, np.nan, known)

    @cached_property
    def _positions(self) -> np.ndarray:
        # tf.vectorized_map scatters by int32 alone
        return np.flatnonzero(self.mask).astype(np.int32)

    def part(self, values: Tensor) -> Tensor:
        """The entries of values like the data that are missing in them, along one axis.

        Parameters
        ----------
        values
            Shape ``(*lead, *shape)``.
        """
        lead = values.shape[: values.shape.rank - self.mask.ndim]
        return tf.gather(tf.reshape(values, [*lead, -1]), self._positions, axis=-1)

    def filled(self, missing: Tensor) -> Tensor:
        """The data with values in the places of missing ones.

        Parameters
        ----------
        missing
            Shape ``(*lead, count)``.
        """
        missing = tf.cast(missing, self.known.dtype)
        flat = tf.reshape(self.known, [-1])
        if missing.shape.rank == 1:
            full = tf.tensor_scatter_nd_update(flat, self._positions[:, None], missing)
        else:
            lead = missing.shape[:-1]
            order = np.arange(self.mask.size)
            order[self._positions] = self.mask.size + np.arange(self.count)
            joined = tf.concat([tf.broadcast_to(flat, [*lead, self.mask.size]), missing], axis=-1)
            full = tf.gather(joined, order, axis=-1)
        return tf.reshape(full, [*missing.shape[:-1], *self.mask.shape])


def missing_name(name: str) -> str:
    """Name of the variable in the places of missing data: PyMC3's.

    Examples
    --------
    >>> missing_name("model/y")
    'model/y_missing'
    """
    return f"{name}_missing"


def observations(data: Any, discrete: bool) -> Tensor | Incomplete:
    """Data as a tensor.

    Parameters
    ----------
    data
        Numbers, arrays, pandas objects, tensors; masked and NaN entries are missing.
    discrete
        Whether they are of a discrete distribution: those lose their fractions, as in PyMC3.
    """
    tensor, mask = _without_missing(data)
    if not discrete:
        tensor = tf.cast(tensor, FLOATX)
    elif not tensor.dtype.is_integer:
        tensor = tf.cast(tensor, tf.int64)
    return Incomplete(tensor, mask) if mask.any() else tensor


def _without_missing(data: Any) -> tuple[Tensor, np.ndarray]:
    """Data as a tensor with zeros where they are missing, and where that is."""
    if hasattr(data, "isnull") or isinstance(data, np.ma.MaskedArray):
        data = pandas_to_array(data)
    masked = isinstance(data, np.ma.MaskedArray)
    mask = np.ma.getmaskarray(data) if masked else np.asarray(False)
    tensor = to_tensor(np.ma.getdata(data) if masked else data)
    static = tf.get_static_value(tensor)
    if static is not None and static.dtype.kind == "f":
        mask = mask | np.isnan(static)
    return (tf.constant(np.where(mask, 0, static)) if mask.any() else tensor), mask


class Data:
    """Named data that results record in ``constant_data``: ``x = yield pm.Data("x", values)`` (not in PyMC4).

    The model gets the data back as one of its values, a constant. Call the template with other data to predict at them,
    or give them by name: ``observed={"x": new}``; their shape may change.

    Parameters
    ----------
    name
        Its name.
    value
        A number, list, array, or pandas object.
    dims
        Names of its dimensions.
    export_index_as_coords
        Take the index (and the columns) of pandas data as coordinates of the dimensions.

    Raises
    ------
    NotImplementedError
        For missing entries; give such data to ``observed=``.
    ShapeError
        When ``dims`` are not as many as the axes.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def line(x):
    ...     x = yield pm.Data("x", x)
    ...     slope = yield pm.Normal("slope", 0, 1)
    ...     yield pm.Deterministic("mu", slope * x)
    >>> line([1.0, 2.0]).log_density().constants
    {'x': array([1., 2.])}
    """

    def __init__(
        self, name: Any, value: Any, *, dims: str | Sequence[str] | None = None, export_index_as_coords: bool = False
    ) -> None:
        self.name = as_name(name)
        self.dims = (dims,) if isinstance(dims, str) else None if dims is None else tuple(dims)
        self.value = value
        self.coords: dict[str, Any] = self._index(value) if export_index_as_coords else {}
        rank = self.tensor(value).shape.rank
        if self.dims is not None and len(self.dims) != rank:
            raise ShapeError(
                f"{name}: Length of `dims` {self.dims} must match the dimensions of the dataset.",
                actual=len(self.dims),
                expected=rank,
            )

    def tensor(self, value: Any) -> Tensor:
        """Data in its place as a tensor."""
        tensor, mask = _without_missing(value)
        if mask.any():
            raise NotImplementedError(
                f"{self.name}: Masked arrays or arrays with `nan` entries are not supported. Pass them directly to "
                "`observed` if you want to trigger auto-imputation"
            )
        return tensor

    def _index(self, value: Any) -> dict[str, Any]:
        axes = [getattr(value, name) for name in ("index", "columns") if hasattr(value, name) and hasattr(value, "loc")]
        names: Sequence[Any] = self.dims if self.dims is not None else [axis.name for axis in axes]
        return {name: list(axis) for name, axis in zip(names, axes, strict=False) if name is not None}


def set_data(new_data: Mapping[str, Any], model: Any) -> None:
    """Replace named data of a model from now on (not in PyMC4).

    Parameters
    ----------
    new_data
        Values by name; shapes may change.
    model
        The model.

    Raises
    ------
    KeyError
        For a name that is not one of the model's :class:`Data`.
    TypeError
        For floats where the data are integers, as in PyMC3.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def line(x):
    ...     x = yield pm.Data("x", x)
    ...     slope = yield pm.Normal("slope", 0, 1)
    ...     yield pm.Deterministic("mu", slope * x)
    >>> m = line([1.0, 2.0])
    >>> pm.set_data({"x": [3.0]}, m)
    >>> m.log_density().constants
    {'x': array([3.])}
    """
    named = model.log_density().constants
    unknown = sorted(set(new_data) - set(named))
    if unknown:
        raise KeyError(f"pm.set_data: {unknown[0]!r} is not a pm.Data of the model, which has {sorted(named)}")
    for name, value in new_data.items():
        if np.ndim(value) != named[name].ndim:
            raise ShapeError(
                f"pm.set_data: {name!r} has {named[name].ndim} dimensions, the new value {np.ndim(value)}",
                actual=np.ndim(value),
                expected=named[name].ndim,
            )
        if named[name].dtype.kind in "iu" and np.asarray(value).dtype.kind == "f":
            raise TypeError(
                f"pm.set_data: {name!r} holds integers, and the new value floats: make it of floats in pm.Data, too"
            )
    model.set_data({name: np.asarray(value) for name, value in new_data.items()})


def replaced(name: str, item: Data, replacements: Mapping[str, Any]) -> Tensor:
    """The tensor of named data, or of what replaces them."""
    value = replacements.get(name)
    return item.tensor(item.value if value is None else value)
