"""The two functions that ArviZ has lost and PyMC3's programs call: ``az.from_pymc3`` and ``az.from_pymc3_predictions``.

They are put into ArviZ when it is imported after :func:`pm_migrate.shims.install`, or when a trace is made.
"""

from __future__ import annotations

import importlib.abc
from collections.abc import Callable
from types import ModuleType
from typing import Any

NAMES = ("from_pymc3", "from_pymc3_predictions")


def serve(arviz: ModuleType) -> None:
    """Put in what is not there."""
    for name in NAMES:
        if not hasattr(arviz, name):
            setattr(arviz, name, _converter(name))


def withdraw(arviz: ModuleType) -> None:
    """Take out what :func:`serve` put in."""
    for name in NAMES:
        if getattr(getattr(arviz, name, None), "__module__", "") == __name__:
            delattr(arviz, name)


def _converter(name: str) -> Callable[..., Any]:
    def convert(*args: Any, **kwargs: Any) -> Any:
        from pm_migrate.shims.backends import labelled

        return getattr(labelled, name)(*args, **kwargs)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"See ``pm_migrate.shims.backends.labelled.{name}``."
    return convert


class ServingLoader(importlib.abc.Loader):
    """ArviZ's own loader, and the two functions after it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> ModuleType | None:
        """As ArviZ's own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Load ArviZ, then add to it."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        serve(module)
