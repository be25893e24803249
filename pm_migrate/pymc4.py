"""PyMC4's public API: what rewritten programs import.

A name of :mod:`pm_migrate.shims.pymc4`; TensorFlow is imported when a name is first used. Its modules are found here
under PyMC4's names too: ``from pm_migrate.pymc4.mcmc.samplers import NUTS``.

Examples
--------
>>> import pm_migrate.pymc4 as pm
>>> pm.Normal.dist(0, 1).log_prob_numpy(0.0).round(6)
np.float64(-0.918939)
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "4.0a2"  # of PyMC4, whose API this is
__path__: list[str] = []  # a package to the import system; its modules come from the finder below

_HOME = "pm_migrate.shims.pymc4"


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves modules of PyMC4 by those of the same name in its home: one module under two names, never two copies."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if not fullname.startswith(f"{__name__}."):
            return None
        served_by = _HOME + fullname[len(__name__) :]
        try:
            module = import_module(served_by)
        except ModuleNotFoundError as error:
            if error.name == served_by:
                return None
            raise
        return importlib.machinery.ModuleSpec(fullname, self, is_package=hasattr(module, "__path__"))

    def create_module(self, spec: Any) -> ModuleType:
        module = sys.modules[_HOME + spec.name[len(__name__) :]]
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system put the alias's there


if not any(type(finder).__name__ == _Finder.__name__ and finder.__module__ == __name__ for finder in sys.meta_path):
    sys.meta_path.insert(0, _Finder())  # before the finder of files, which would load a second copy


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module 'pm_migrate.pymc4' has no attribute {name!r}")
    try:
        home = import_module(_HOME)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] in {"tensorflow", "tensorflow_probability", "tf_keras"}:
            raise ModuleNotFoundError(
                f"pm_migrate.pymc4 needs {error.name}: install it with `pip install 'pm-migrate[shims]'`",
                name=error.name,
            ) from error
        raise
    try:
        return getattr(home, name)
    except AttributeError:
        raise AttributeError(f"module 'pm_migrate.pymc4' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted(import_module(_HOME).__all__)
