"""Data that change: containers, generators and minibatches (``pymc3.data``)."""

from __future__ import annotations

import collections
import io
import sys
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims import recording, theanof
from pm_migrate.shims.generators import GeneratorAdapter, GenTensorVariable
from pm_migrate.shims.model.data import Data
from pm_migrate.shims.theano.graph import Apply, Op, SharedVariable, Variable, get_test_value
from pm_migrate.shims.theano.ops.creation import arange
from pm_migrate.shims.theano.ops.shaping import patternbroadcast

__all__ = ["Data", "GenTensorVariable", "GeneratorAdapter", "Minibatch", "align_minibatches", "get_data"]

_VIEW = Op("view", lambda x: x, fast=lambda x: x, infer=lambda inputs: (inputs[0].dtype, inputs[0].broadcastable))


def get_data(filename: str) -> io.BytesIO:
    """A data file of PyMC3's examples, where an installed PyMC3 carries it among its tests.

    PyMC3 downloads the others. The drop-in never asks the network.

    Parameters
    ----------
    filename
        Its name, for instance ``radon.csv``.

    Raises
    ------
    FileNotFoundError
        When no installed PyMC3 carries it.
    """
    recorded = recording.file(filename)
    if recorded is not None:
        return io.BytesIO(recorded)
    for folder in map(Path, sys.path):
        path = folder / "pymc3" / "tests" / "data" / filename
        if path.is_file():
            return io.BytesIO(path.read_bytes())
    raise FileNotFoundError(
        f"pm.get_data({filename!r}): no installed PyMC3 carries that file, and the drop-in downloads nothing; get it "
        "from the folder examples/data of github.com/pymc-devs/pymc-examples, and open it by its path"
    )


class Minibatch(Variable):
    """A random part of data, drawn anew in every call of a compiled function.

    Parameters
    ----------
    data
        The data.
    batch_size
        Number of rows; or a list with one entry for each axis: a number, ``(number, seed)``, None for all, an Ellipsis
        for all of several.
    dtype
        Dtype to convert to; floats to ``floatX`` by default.
    broadcastable
        Flags of the result.
    name
        Its name.
    random_seed
        Seed where an entry has none.
    update_shared_f
        Function that gives new data, for :meth:`update_shared`.
    in_memory_size
        Part of the data that is kept: a number of rows, or a list of numbers, slices, None and Ellipsis.

    Attributes
    ----------
    shared : SharedVariable
        The data.
    minibatch : Variable
        The part.

    Examples
    --------
    >>> Minibatch(np.arange(100.0), 10).eval().shape
    (10,)
    """

    RNG: ClassVar[collections.defaultdict[int, list[Any]]] = collections.defaultdict(list)

    def __init__(
        self,
        data: Any,
        batch_size: Any = 128,
        dtype: Any = None,
        broadcastable: Sequence[bool] | None = None,
        name: str = "Minibatch",
        random_seed: int = 42,
        update_shared_f: Callable[[], Any] | None = None,
        in_memory_size: Any = None,
    ) -> None:
        array = theanof.smartfloatX(np.asarray(data)) if dtype is None else np.asarray(data, dtype)
        self.shared = SharedVariable(array[self.make_static_slices(in_memory_size)])
        self.update_shared_f = update_shared_f
        self.random_slc = self.make_random_slices(self.shared.shape, batch_size, random_seed)
        part = self.shared[self.random_slc]
        self.minibatch = patternbroadcast(part, (False,) * part.ndim if broadcastable is None else broadcastable)
        node = Apply(_VIEW, (self.minibatch,))
        super().__init__(self.minibatch.dtype, self.minibatch.broadcastable, name, node)
        node.outputs = (self,)
        value = get_test_value(self.minibatch)
        assert value is not None  # data have one
        self.tag.test_value = copy(value)

    def rslice(self, total: Any, size: Any, seed: int) -> Any:
        """Random positions along an axis of a length; all of them for None."""
        if size is None:
            return slice(None)
        if not isinstance(size, int):
            raise TypeError(f"Unrecognized size type, {size!r}")
        if recording.active:  # as the other side of a comparison has them
            return arange(size) % total
        rng = theanof.tt_rng(seed)
        Minibatch.RNG[id(self)].append(rng)
        return rng.uniform(size=(size,), low=0.0, high=theanof.floatX(total) - 1e-16).astype("int64")

    def __del__(self) -> None:
        Minibatch.RNG.pop(id(self), None)

    @staticmethod
    def make_static_slices(user_size: Any) -> Any:
        """Index of the part of the data that is kept."""
        if user_size is None:
            return (Ellipsis,)
        if isinstance(user_size, int):
            return slice(None, user_size)
        if not isinstance(user_size, (list, tuple)):
            raise TypeError(f"Unrecognized size type, {user_size!r}")
        for entry in user_size:
            if not (entry is None or entry is Ellipsis or isinstance(entry, (int, slice))):
                raise TypeError(f"Unrecognized size type, {user_size!r}")
        return tuple(slice(None) if entry is None else entry for entry in user_size)

    def make_random_slices(self, in_memory_shape: Variable, batch_size: Any, default_random_seed: int) -> Any:
        """Index of a random part, as ``np.ix_`` makes it."""
        if batch_size is None:
            return (Ellipsis,)
        if isinstance(batch_size, int):
            return theanof.ix_(self.rslice(in_memory_shape[0], batch_size, default_random_seed))
        if not isinstance(batch_size, (list, tuple)):
            raise TypeError(f"Unrecognized size type, {batch_size!r}")
        begin, end = _split(batch_size)
        ndim = self.shared.ndim
        if len(begin) + len(end) > ndim:
            raise ValueError(
                f"Length of `batch_size` is too big, number of ints is bigger than ndim ({ndim}), got {batch_size!r}"
            )
        entries: list[Any] = [*begin, *[None] * (ndim - len(begin) - len(end)), *end]
        if Ellipsis not in batch_size:
            entries = entries[: len(begin)]
        slices = []
        for axis, entry in enumerate(entries):
            length = in_memory_shape[axis]
            size, seed = entry if isinstance(entry, (list, tuple)) else (entry, default_random_seed)
            slices.append(arange(length) if size is None else self.rslice(length, size, seed))
        return theanof.ix_(*slices)

    def update_shared(self) -> None:
        """Take new data from ``update_shared_f``."""
        if self.update_shared_f is None:
            raise NotImplementedError("No `update_shared_f` was provided to `__init__`")
        self.set_value(np.asarray(self.update_shared_f(), self.dtype))

    def set_value(self, value: Any) -> None:
        """Replace the data."""
        self.shared.set_value(np.asarray(value, self.dtype))


def _split(batch_size: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The entries before and after an Ellipsis."""
    for entry in batch_size:
        pair = isinstance(entry, (list, tuple)) and len(entry) == 2 and all(isinstance(n, int) for n in entry)
        if not (entry is None or entry is Ellipsis or isinstance(entry, int) or pair):
            raise TypeError(
                "Unrecognized `batch_size` type, expected int or List[int|tuple(size, random_seed)] where size and "
                f"random seed are both ints, got {batch_size!r}"
            )
    entries = list(batch_size)
    if Ellipsis not in entries:
        return entries, []
    position = entries.index(Ellipsis)
    if Ellipsis in entries[position + 1 :]:
        raise ValueError(f"Double Ellipsis in `batch_size` is restricted, got {batch_size!r}")
    return entries[:position], entries[position + 1 :]


def align_minibatches(batches: Sequence[Minibatch] | None = None) -> None:
    """Start the random positions of minibatches again from their seeds: of these, or of all."""
    if batches is None:
        streams = [rng for rngs in Minibatch.RNG.values() for rng in rngs]
    else:
        for batch in batches:
            if not isinstance(batch, Minibatch):
                raise TypeError(f"{batch} is not a Minibatch")
        streams = [rng for batch in batches for rng in Minibatch.RNG[id(batch)]]
    for rng in streams:
        rng.seed()
