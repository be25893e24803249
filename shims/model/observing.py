"""Observed data as the model takes them: conversion, missing values, and the scaling of minibatches."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims.exceptions import ImputationWarning
from pm_migrate.shims.model.variables import FreeRV
from pm_migrate.shims.quirks import user_level
from pm_migrate.shims.theano.config import config, floatX
from pm_migrate.shims.theano.graph import Variable, as_variable, constant
from pm_migrate.shims.theano.ops.indexing import set_subtensor
from pm_migrate.shims.vartypes import int_types


def pandas_to_array(data: Any) -> Any:
    """Data as an array of ``floatX`` or of their own integers; a masked array where some are missing.

    Parameters
    ----------
    data
        Numbers, lists, arrays, masked arrays, pandas objects, tensors, sparse matrices or a generator.

    Returns
    -------
    ndarray, masked array, Variable or sparse matrix
        NaN counts as missing; a mask that hides nothing is dropped; a generator becomes a variable.
    """
    if hasattr(data, "to_numpy") and hasattr(data, "isnull"):
        values, mask = array_of_objects(data.to_numpy()), np.asarray(data.isnull())
        result: Any = np.ma.MaskedArray(values, mask) if mask.any() else values
    elif isinstance(data, np.ma.MaskedArray):
        result = data if np.any(data.mask) else data.filled()
    elif isinstance(data, np.ndarray):
        data = array_of_objects(data)
        mask = np.isnan(data) if data.dtype.kind in "fc" else np.zeros(data.shape, bool)
        result = np.ma.MaskedArray(data, mask) if mask.any() else data
    elif isinstance(data, Variable) or hasattr(data, "tocsr"):
        result = data
    elif hasattr(data, "__next__"):
        from pm_migrate.shims.theanof import generator

        result = generator(data)
    else:
        result = np.asarray(data)
    integers = hasattr(data, "dtype") and "int" in str(data.dtype)
    return result if integers else floatX(result)


def array_of_objects(values: np.ndarray) -> np.ndarray:
    """An array of objects, as pandas keeps mixed columns, as floats; any other array itself."""
    return values.astype(config.floatX) if values.dtype == object else values


def as_tensor(data: Any, name: str, model: Any, distribution: Any) -> Any:
    """Data as a variable of the distribution's dtype.

    Its attribute ``missing_values`` is the free variable that stands in the places of missing data, or None.
    """
    data = pandas_to_array(data)
    if hasattr(data, "tocsr"):
        raise NotSupported(f"{name}: observed= a scipy.sparse matrix; convert it with .toarray()")
    if isinstance(data, np.ma.MaskedArray):
        return _imputed(data, name, model, distribution)
    if isinstance(data, Variable):
        dtype = _dtype_of(data, distribution.dtype)
        tensor = data if data.dtype == dtype else data.astype(dtype)
        tensor.missing_values = None
        return tensor
    tensor = constant(data.astype(_dtype_of(data, distribution.dtype)), name=name)
    tensor.missing_values = None
    return tensor


def _dtype_of(data: Any, dtype: str) -> str:
    """Dtype of data of a distribution: its own, but int64 for counts beyond int16, which PyMC3 lets wrap around."""
    if dtype != "int16":
        return dtype
    if isinstance(data, Variable):  # whose values may change
        return data.dtype if data.dtype in int_types else "int64"
    return dtype if np.all(np.abs(data) <= np.iinfo(dtype).max) else "int64"


def _imputed(data: np.ma.MaskedArray, name: str, model: Any, distribution: Any) -> Variable:
    """Data with a free variable in the places of the missing ones; the density of the data is the density of it."""
    from pm_migrate.shims.distributions.base import NoDistribution
    from pm_migrate.shims.distributions.custom import as_shape

    warnings.warn(
        f"Data in {name} contains missing values and will be automatically imputed from the sampling distribution.",
        ImputationWarning,
        stacklevel=user_level(),
    )
    mask = np.ma.getmaskarray(data)
    with as_shape(distribution, data.shape):
        start = distribution.default()[mask]
    nothing = NoDistribution.dist(
        shape=int(mask.sum()), dtype=distribution.dtype, testval=start, parent_dist=distribution
    )
    full_name = f"{name}_missing"
    missing = FreeRV(full_name, full_name, nothing, model, np.asarray(start, distribution.dtype))
    known = np.where(mask, 0, np.ma.getdata(data))
    filled = constant(known.astype(_dtype_of(known, distribution.dtype)))
    tensor = set_subtensor(filled[mask.nonzero()], missing)
    tensor.missing_values = missing
    tensor.missing_at = mask
    return tensor


def get_scaling(total_size: Any, shape: Any, ndim: int) -> Variable | None:
    """Factor of a log density whose data are a part of a larger set.

    Parameters
    ----------
    total_size
        Number of observations in all; or a list with one entry for each leading axis, None for one that is complete,
        an Ellipsis between those of leading and of trailing axes.
    shape
        Shape of the data, an expression.
    ndim
        Their number of dimensions.

    Returns
    -------
    Variable or None
        ``total / length``, multiplied over the axes; None without a ``total_size``.

    Raises
    ------
    TypeError, ValueError
        For anything else, and for more entries than axes.
    """
    if total_size is None:
        return None
    if isinstance(total_size, int):
        return floatX(as_variable(total_size)) / (floatX(shape[0]) if ndim >= 1 else 1.0)
    factor = constant(np.asarray(1.0))
    for axis, total in _scaled_axes(total_size, ndim):
        factor = factor * (float(total) / floatX(shape[axis]))
    return factor


def scaling_of(total_size: Any, shape: Sequence[int]) -> float:
    """As :func:`get_scaling`, the number for data of a known shape; 1 without a ``total_size``.

    Examples
    --------
    >>> scaling_of([10, ..., None], (5, 3, 2))
    2.0
    """
    if total_size is None:
        return 1.0
    if isinstance(total_size, int):
        return total_size / (shape[0] if len(shape) else 1.0)
    factor = 1.0
    for axis, total in _scaled_axes(total_size, len(shape)):
        factor *= float(total) / shape[axis]
    return factor


def _scaled_axes(total_size: Any, ndim: int) -> list[tuple[int, int]]:
    """The axes that are parts of longer ones, and how long those are."""
    if not isinstance(total_size, (list, tuple)):
        raise TypeError(f"Unrecognized `total_size` type, expected int or list of ints, got {total_size!r}")
    begin, end = _ends(total_size)
    if len(begin) + len(end) > ndim:
        raise ValueError(
            f"Length of `total_size` is too big, number of scalings is bigger than ndim ({ndim}), got {total_size!r}"
        )
    entries = [*enumerate(begin), *((ndim - len(end) + i, total) for i, total in enumerate(end))]
    return [(axis, total) for axis, total in entries if total is not None]


def _ends(total_size: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """The entries before and after an Ellipsis."""
    for entry in total_size:
        if not (entry is None or entry is Ellipsis or isinstance(entry, int)):
            raise TypeError(f"Unrecognized `total_size` type, expected int or list of ints, got {total_size!r}")
    if Ellipsis not in total_size:
        return total_size, []
    position = list(total_size).index(Ellipsis)
    begin, end = total_size[:position], total_size[position + 1 :]
    if Ellipsis in end:
        raise ValueError(f"Double Ellipsis in `total_size` is restricted, got {total_size!r}")
    return begin, end
