"""Points as flat arrays and back (``pymc3.blocking``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pm_migrate.shims.util import get_var_name

__all__ = ["ArrayOrdering", "DictToArrayBijection", "DictToVarBijection"]

Point = Mapping[str, np.ndarray]


class VarMap(NamedTuple):
    """Where a variable lies in a flat array."""

    var: str
    slc: slice
    shp: tuple[int, ...]
    dtyp: str


class DataMap(NamedTuple):
    """Where an array of a list lies in a flat array."""

    list_ind: int
    slc: slice
    shp: tuple[int, ...]
    dtype: Any
    name: str


class ArrayOrdering:
    """The order of variables in a flat array.

    Parameters
    ----------
    vars
        Variables with a name and a known shape (``dshape``, ``dsize``).

    Attributes
    ----------
    vmap : list of VarMap
        In order.
    by_name : dict
        The same by name.
    size : int
        Length of the array.

    Raises
    ------
    ValueError
        For a variable without a name or a shape, and for a name that comes twice.
    """

    def __init__(self, vars: Iterable[Any]) -> None:
        self.vmap: list[VarMap] = []
        self.by_name: dict[str, VarMap] = {}
        self.size = 0
        for var in vars:
            name = var.name
            if name is None:
                raise ValueError(f"Unnamed variable in ArrayOrdering: {var}; give it a name.")
            if name in self.by_name:
                raise ValueError(f"Name of variable not unique: {name}.")
            if not hasattr(var, "dshape") or not hasattr(var, "dsize"):
                raise ValueError(f"Shape of variable not known: {name} has no dshape and dsize.")
            place = slice(self.size, self.size + var.dsize)
            self.by_name[name] = VarMap(name, place, var.dshape, var.dtype)
            self.vmap.append(self.by_name[name])
            self.size += var.dsize

    def __getitem__(self, key: str) -> VarMap:
        return self.by_name[key]


class DictToArrayBijection:
    """Points as flat arrays, in an order, and back.

    Parameters
    ----------
    ordering
        The order.
    dpoint
        A full point: values of what the order leaves out.
    """

    def __init__(self, ordering: ArrayOrdering, dpoint: Point) -> None:
        self.ordering = ordering
        self.dpt = dpoint
        dtypes = {entry.dtyp for entry in ordering.vmap}
        # of no variable at all, PyMC3's dtype is the smallest
        self.array_dtype = next((d for d in ("float16", "float32") if dtypes <= {d}), "float64")

    def map(self, dpt: Point) -> np.ndarray:
        """A point as a flat array."""
        flat = np.empty(self.ordering.size, dtype=self.array_dtype)
        for entry in self.ordering.vmap:
            flat[entry.slc] = np.ravel(dpt[entry.var])
        return flat

    def rmap(self, apt: np.ndarray) -> dict[str, np.ndarray]:
        """A flat array as a point; what the order leaves out has the values of ``dpoint``."""
        point = dict(self.dpt)
        for entry in self.ordering.vmap:
            point[entry.var] = np.atleast_1d(apt)[entry.slc].reshape(entry.shp).astype(entry.dtyp)
        return point

    def mapf(self, f: Callable[[Any], Any]) -> Compose:
        """A function of points as one of flat arrays."""
        return Compose(f, self.rmap)


class ListArrayOrdering:
    """The order of a list of arrays, or of tensors by their test values, in a flat array.

    Parameters
    ----------
    list_arrays
        The arrays or tensors.
    intype
        ``numpy`` or ``tensor``.
    """

    def __init__(self, list_arrays: Sequence[Any], intype: str = "numpy") -> None:
        if intype not in {"tensor", "numpy"}:
            raise ValueError(f"intype={intype!r} not in {{'tensor', 'numpy'}}")
        self.vmap: list[DataMap] = []
        self.intype = intype
        self.size = 0
        for number, item in enumerate(list_arrays):
            name, array = (item.name, item.tag.test_value) if intype == "tensor" else ("numpy", item)
            place = slice(self.size, self.size + array.size)
            self.vmap.append(DataMap(number, place, array.shape, array.dtype, name))
            self.size += array.size


class ListToArrayBijection:
    """Lists of arrays as flat arrays, and back.

    Parameters
    ----------
    ordering
        The order.
    list_arrays
        A list with all arrays.
    """

    def __init__(self, ordering: ListArrayOrdering, list_arrays: Sequence[np.ndarray]) -> None:
        self.ordering = ordering
        self.list_arrays = list_arrays

    def fmap(self, list_arrays: Sequence[np.ndarray]) -> np.ndarray:
        """A list as a flat array."""
        flat = np.empty(self.ordering.size)
        for entry in self.ordering.vmap:
            flat[entry.slc] = np.ravel(list_arrays[entry.list_ind])
        return flat

    def dmap(self, dpt: Point) -> list[np.ndarray]:
        """A point as a list of flat arrays."""
        arrays = list(self.list_arrays)
        for entry in self.ordering.vmap:
            arrays[entry.list_ind] = np.ravel(dpt[entry.name])
        return arrays

    def rmap(self, array: np.ndarray) -> list[np.ndarray]:
        """A flat array as a list: the inverse of :meth:`fmap`."""
        arrays = list(self.list_arrays)
        for entry in self.ordering.vmap:
            arrays[entry.list_ind] = np.atleast_1d(array)[entry.slc].reshape(entry.shp).astype(entry.dtype)
        return arrays


class DictToVarBijection:
    """One element of one variable of a point, and back.

    Parameters
    ----------
    var
        The variable.
    idx
        Index of the element.
    dpoint
        A full point: values of everything else.
    """

    def __init__(self, var: Any, idx: Any, dpoint: Point) -> None:
        self.var = get_var_name(var)
        self.idx = idx
        self.dpt = dpoint

    def map(self, dpt: Point) -> Any:
        """The element of a point."""
        return dpt[self.var][self.idx]

    def rmap(self, apt: Any) -> dict[str, np.ndarray]:
        """The point with the element replaced."""
        changed = np.array(self.dpt[self.var])
        changed[self.idx] = apt
        return {**self.dpt, self.var: changed}

    def mapf(self, f: Callable[[Any], Any]) -> Compose:
        """A function of points as one of the element."""
        return Compose(f, self.rmap)


class Compose:
    """``fa(fb(x))``, which can be pickled when both can."""

    def __init__(self, fa: Callable[[Any], Any], fb: Callable[[Any], Any]) -> None:
        self.fa = fa
        self.fb = fb

    def __call__(self, x: Any) -> Any:
        return self.fa(self.fb(x))
