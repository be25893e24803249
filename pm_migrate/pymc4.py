"""PyMC4's public API: what rewritten programs import.

A name of :mod:`pm_migrate.shims.pymc4`; TensorFlow is imported when a name is first used. Submodules are imported as
PyMC4's were: ``from pm_migrate.pymc4.distributions import Normal``.

Examples
--------
>>> import pm_migrate.pymc4 as pm
>>> pm.Normal.dist(0, 1).log_prob_numpy(0.0).round(6)
np.float64(-0.918939)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from types import ModuleType
from typing import Any

__version__ = "4.0a2"  # of PyMC4, whose API this is

_HOME = "pm_migrate.shims.pymc4"
__path__: list[str] = []  # a package for the import system, whose modules _Submodules finds


def _home(name: str = _HOME) -> ModuleType:
    """Import a module of the implementation, with a word on what is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] in {"tensorflow", "tensorflow_probability", "tf_keras"}:
            raise ModuleNotFoundError(
                f"pm_migrate.pymc4 needs {error.name}: install it with `pip install 'pm-migrate[shims]'`",
                name=error.name,
            ) from error
        raise


class _Submodules:
    """Finds ``pm_migrate.pymc4.x`` as the module ``pm_migrate.shims.pymc4.x`` itself, so that no class exists twice."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """The specification of a submodule, None for any other module and for what there is not."""
        if not fullname.startswith(f"{__name__}."):
            return None
        home = _HOME + fullname[len(__name__) :]
        _home(home.rpartition(".")[0])
        return None if find_spec(home) is None else spec_from_loader(fullname, self)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that is there already."""
        module = _home(_HOME + spec.name[len(__name__) :])
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run; the import system has written the alias's specification into the module."""
        module.__spec__ = self._own


if not any(type(finder).__name__ == "_Submodules" for finder in sys.meta_path):
    sys.meta_path.append(_Submodules())


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module 'pm_migrate.pymc4' has no attribute {name!r}")
    try:
        return getattr(_home(), name)
    except AttributeError:
        raise AttributeError(f"module 'pm_migrate.pymc4' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted(import_module(_HOME).__all__)
