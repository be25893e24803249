"""What a model yields besides distributions: named values and terms of the log density."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.pymc4.names import as_name
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor

Tensor = Any


class Deterministic:
    """A value that results record: ``d = yield pm.Deterministic("d", expression)``.

    Parameters
    ----------
    name
        Its name.
    value
        A tensor, number or array.
    dims
        Names of its dimensions (not in PyMC4).
    """

    def __init__(self, name: Any, value: Any, dims: Any = None) -> None:
        self.name = as_name(name)
        self.value = value
        self.dims = (dims,) if isinstance(dims, str) else None if dims is None else tuple(dims)

    def get_value(self) -> Any:
        """The value."""
        return self.value

    @property
    def value_numpy(self) -> np.ndarray:
        """The value as an array."""
        return to_tensor(self.value).numpy()

    @property
    def is_anonymous(self) -> bool:
        """Whether it has no name."""
        return self.name is None


class Potential:
    """A term of the log density: ``yield pm.Potential(value)``, or named, ``yield pm.Potential("p", value)``.

    Parameters
    ----------
    *arguments
        ``(value)``, ``(value, coef)``, or, not in PyMC4, ``(name, value)`` and ``(name, value, coef)``. The value is a
        tensor, or a function without arguments that gives one; it is summed.
    coef
        Factor of the value.
    """

    def __init__(self, *arguments: Any, value: Any = None, coef: Any = 1.0) -> None:
        rest = list(arguments)
        self.name = as_name(rest.pop(0)) if rest and isinstance(rest[0], str) else None
        if value is None and not rest:
            raise TypeError("Potential needs a value: pm.Potential(value, coef=1.0) or pm.Potential(name, value)")
        self._value = rest.pop(0) if value is None else value
        self._coef = rest.pop(0) if rest else coef
        if rest:
            raise TypeError("Potential takes a value and a factor, or a name, a value and a factor")

    @property
    def value(self) -> Tensor:
        """The term, not summed, times its factor; a plain tensor."""
        raw = self._value() if callable(self._value) else self._value
        value, coef = to_tensor(raw), to_tensor(self._coef)
        return tf.cast(value, FLOATX) * tf.cast(coef, FLOATX)

    @property
    def value_numpy(self) -> np.ndarray:
        """The term as an array."""
        return self.value.numpy()
