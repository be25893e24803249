"""Models and variables through ``pickle``.

The operations of a graph are functions made at run time, which ``pickle`` cannot write and ``cloudpickle`` can (it
comes with TensorFlow Probability). Everything that hangs together is written at once, so that it hangs together again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import cloudpickle

_inside = threading.local()


@contextmanager
def _writing() -> Iterator[None]:
    _inside.active = True
    try:
        yield
    finally:
        _inside.active = False


class PickledWhole:
    """An object that is pickled with all that it hangs together with."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        if getattr(_inside, "active", False):
            return super().__reduce_ex__(protocol)
        with _writing():
            return cloudpickle.loads, (cloudpickle.dumps(self),)

    def __copy__(self) -> Any:
        same = object.__new__(type(self))
        same.__dict__.update(self.__dict__)
        return same


class WholeGraph(PickledWhole):
    """An object that holds a graph: it can be pickled, and copied."""

    #: Attributes that are not pickled, and what makes them anew.
    computed: ClassVar[dict[str, Callable[[], Any]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in self.computed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({name: make() for name, make in self.computed.items()}, **state)

    def __copy__(self) -> Any:
        same = object.__new__(type(self))
        same.__setstate__(self.__getstate__())
        return same
