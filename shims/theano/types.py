"""Tensor types, and the constructors of symbolic inputs made from them (``tt.vector``, ``tt.dmatrix`` ...)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Input

_NAMES = {0: "scalar", 1: "vector", 2: "matrix", 3: "tensor3", 4: "tensor4", 5: "tensor5", 6: "tensor6", 7: "tensor7"}
_LETTERS = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64"}
_PATTERNS: dict[tuple[bool, ...], str] = {(True, False): "row", (False, True): "col"}


class TensorType:
    """Dtype and number of dimensions of a tensor; called with a name it makes a symbolic input.

    Parameters
    ----------
    dtype
        NumPy dtype name, or ``floatX``.
    broadcastable
        One flag per dimension: whether its length is known to be 1.

    Examples
    --------
    >>> x = TensorType("float64", (False, False))("x")
    >>> x, x.ndim, x.dtype
    (x, 2, 'float64')
    """

    def __init__(self, dtype: str, broadcastable: Sequence[bool], name: str | None = None) -> None:
        self.dtype = config.floatX if dtype == "floatX" else np.dtype(dtype).name
        self.broadcastable = tuple(bool(b) for b in broadcastable)
        self.name = name

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.broadcastable)

    def __call__(self, name: str | None = None) -> Input:
        return Input(name, self.dtype, tuple(1 if b else None for b in self.broadcastable))

    make_variable = __call__

    def clone(self, dtype: str | None = None, broadcastable: Sequence[bool] | None = None) -> TensorType:
        """A copy with another dtype or other flags."""
        flags = self.broadcastable if broadcastable is None else broadcastable
        return TensorType(dtype or self.dtype, flags)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorType) and self.dtype == other.dtype and self.broadcastable == other.broadcastable

    def __hash__(self) -> int:
        return hash((self.dtype, self.broadcastable))

    def __str__(self) -> str:
        shape = _PATTERNS.get(self.broadcastable) or _NAMES.get(self.ndim, str(self.broadcastable))
        if any(self.broadcastable) and self.broadcastable not in _PATTERNS:
            shape = str(self.broadcastable)
        return f"TensorType({self.dtype}, {shape})"

    __repr__ = __str__


def tensor(dtype: str, broadcastable: Sequence[bool], name: str | None = None) -> Input:
    """``tt.tensor``: a symbolic input of any kind."""
    return TensorType(dtype, broadcastable)(name)


def _of_shape(broadcastable: tuple[bool, ...], label: str) -> Callable[..., Input]:
    def constructor(name: str | None = None, dtype: str | None = None) -> Input:
        return TensorType(dtype or config.floatX, broadcastable)(name)

    constructor.__name__ = constructor.__qualname__ = label
    constructor.__doc__ = f"A symbolic {label} of dtype ``floatX``, or of the one given."
    return constructor


def _several(one: Callable[..., Input], label: str) -> Callable[..., list[Input]]:
    def constructor(*names: Any) -> list[Input]:
        if len(names) == 1 and isinstance(names[0], int):
            return [one() for _ in range(names[0])]
        return [one(name) for name in names]

    constructor.__name__ = constructor.__qualname__ = label
    constructor.__doc__ = f"Several symbolic inputs at once: ``x, y = {label}('x', 'y')``."
    return constructor


def _constructors() -> dict[str, Any]:
    made: dict[str, Any] = {}
    shapes: dict[str, tuple[bool, ...]] = {name: (False,) * ndim for ndim, name in _NAMES.items()}
    shapes |= {name: flags for flags, name in _PATTERNS.items()}
    for label, flags in shapes.items():
        plural = "matrices" if label == "matrix" else f"{label}s"
        made[label] = _of_shape(flags, label)
        made[plural] = _several(made[label], plural)
        for letter, dtype in _LETTERS.items():
            made[letter + label] = TensorType(dtype, flags)
            made[letter + plural] = _several(made[letter + label], letter + plural)
    return made


#: Constructors by Theano's name: ``scalar``, ``dvector``, ``lmatrices`` ...
CONSTRUCTORS = _constructors()
