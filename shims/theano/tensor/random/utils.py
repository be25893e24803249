"""``theano.tensor.random.utils``: random tensors with NumPy's arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream

__all__ = ["RandomStream"]


class RandomStream:
    """A stream of random tensors, drawn anew in each call of a function: ``RandomStream(1).normal(0, 1, size=(3,))``.

    Parameters
    ----------
    seed
        Integer, or None for one of the system's.
    """

    def __init__(self, seed: int | None = None, namespace: Any = None) -> None:
        self.default_instance_seed = seed
        self._stream = MRG_RandomStream(self._valid(seed))

    @staticmethod
    def _valid(seed: int | None) -> int:
        # the stream wants a small positive number
        return int(np.random.SeedSequence(seed).generate_state(1)[0] % (2**31 - 2**16)) + 1

    @property
    def state_updates(self) -> list[Any]:
        """States and their updates."""
        return self._stream.state_updates

    def updates(self) -> list[Any]:
        """States and their updates; functions apply them by themselves."""
        return self._stream.updates()

    def seed(self, seed: int | None = None) -> None:
        """Start again."""
        self._stream.seed(self._valid(self.default_instance_seed if seed is None else seed))

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Variable:
        """Normal numbers."""
        return self._stream.normal(self._size(size, loc, scale), loc, scale)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Variable:
        """Uniform numbers."""
        return self._stream.uniform(self._size(size, low, high), low, high)

    def bernoulli(self, p: Any = 0.5, size: Any = None) -> Variable:
        """Zeros and ones."""
        return self._stream.binomial(self._size(size, p), p=p)

    @staticmethod
    def _size(size: Any, *parameters: Any) -> Any:
        if size is not None:
            return size
        largest = max((as_variable(p) for p in parameters), key=lambda v: v.ndim)
        return largest.shape if largest.ndim else ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotSupported(f"RandomStream.{name}; instead: normal, uniform or bernoulli, or draw with NumPy")


__getattr__ = names.missing("theano.tensor.random.utils")
