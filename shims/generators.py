"""Data from a Python generator: a variable with a new value in every call of a compiled function."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import SharedVariable, Variable
from pm_migrate.shims.theano.types import TensorType
from pm_migrate.shims.vartypes import isgenerator


def _converted(value: Any) -> np.ndarray:
    """Floats as ``floatX``, other values as they are."""
    array = np.asarray(copy(value))
    return array.astype(config.floatX) if array.dtype.kind == "f" else array


class GeneratorAdapter:
    """A generator of arrays whose first item is looked at, and given out all the same.

    Parameters
    ----------
    generator
        What ``next`` can be called on.

    Attributes
    ----------
    test_value : ndarray
        The first item.
    tensortype : TensorType
        Its dtype and number of dimensions, which those that follow share.
    """

    def __init__(self, generator: Any) -> None:
        if not isgenerator(generator):
            raise TypeError(f"Object should be generator like, got {type(generator).__name__}")
        self.test_value = _converted(next(generator))
        self._yielded_test_value = False
        self.gen = generator
        self.tensortype = TensorType(self.test_value.dtype.name, (False,) * self.test_value.ndim)

    def make_variable(self, gop: GeneratorOp, name: str | None = None) -> GenTensorVariable:
        """The variable of an operation on this generator."""
        return GenTensorVariable(gop, self.test_value, name)

    def __next__(self) -> np.ndarray:
        if not self._yielded_test_value:
            self._yielded_test_value = True
            return self.test_value
        return _converted(next(self.gen))

    next = __next__

    def __iter__(self) -> GeneratorAdapter:
        return self

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return hash(id(self))


class GenTensorVariable(SharedVariable):
    """A variable with the next item of a generator in every call of a function that reads it."""

    changes = True

    def __init__(self, op: GeneratorOp, test_value: np.ndarray, name: str | None = None) -> None:
        super().__init__(test_value, name)
        self.op = op

    def refresh(self) -> None:
        """Take the next item; StopIteration when there is none and no default."""
        self.set_value(self.op.take())

    def set_gen(self, gen: Any) -> None:
        """Go on with another generator of items of the same kind."""
        self.op.set_gen(gen)

    def set_default(self, value: Any) -> None:
        """Set what follows the last item; None for an end."""
        self.op.set_default(value)


class GeneratorOp:
    """A generator, and what follows its last item; called, it makes the variable.

    Parameters
    ----------
    gen
        The generator, of arrays of one kind.
    default
        An array of that kind, or None.
    """

    def __init__(self, gen: Any, default: Any = None) -> None:
        self.generator = gen if isinstance(gen, GeneratorAdapter) else GeneratorAdapter(gen)
        self.default: np.ndarray | None = None
        self.set_default(default)

    def __call__(self) -> GenTensorVariable:
        return self.generator.make_variable(self)

    def take(self) -> np.ndarray:
        """The next item."""
        return next(self.generator) if self.default is None else next(self.generator, self.default)

    def set_gen(self, gen: Any) -> None:
        """Replace the generator.

        Raises
        ------
        ValueError
            When its items are of another dtype or number of dimensions.
        """
        gen = gen if isinstance(gen, GeneratorAdapter) else GeneratorAdapter(gen)
        if gen.tensortype != self.generator.tensortype:
            raise ValueError(
                f"New generator should yield the same type: {self.generator.tensortype}, got {gen.tensortype}"
            )
        self.generator = gen

    def set_default(self, value: Any) -> None:
        """Set what follows the last item.

        Raises
        ------
        ValueError
            When it has another number of dimensions.
        """
        if value is None:
            self.default = None
            return
        array = np.asarray(value, self.generator.tensortype.dtype)
        if array.ndim != self.generator.tensortype.ndim:
            raise ValueError(
                f"Default value should have the same type as generator: {self.generator.tensortype}, got an array of "
                f"{array.ndim} dimensions"
            )
        self.default = array


def generator(gen: Any, default: Any = None) -> Variable:
    """A variable of a generator's items, one for each call of a function.

    Parameters
    ----------
    gen
        Generator of arrays of one dtype and number of dimensions.
    default
        What follows the last item; without it, the call after the last item raises StopIteration.

    Examples
    --------
    >>> from pm_migrate.shims.theano import function
    >>> items = generator(iter([np.array(1.0), np.array(2.0)]))
    >>> f = function([], items * 10)
    >>> float(f()), float(f())
    (10.0, 20.0)
    """
    return GeneratorOp(gen, default)()
