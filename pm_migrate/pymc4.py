"""PyMC4's public API: what rewritten programs import.

A name of :mod:`pm_migrate.shims.pymc4`, its submodules included (``from pm_migrate.pymc4.mcmc.samplers import NUTS``);
TensorFlow is imported when a name is first used.

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
from typing import Any

from pm_migrate.aliases import AliasLoader

__version__ = "4.0a2"  # of PyMC4, whose API this is

_HOME = "pm_migrate.shims.pymc4"
__path__: list[str] = []  # it has submodules; the finder below gives them


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if not fullname.startswith(f"{__name__}."):
            return None
        served_by = _HOME + fullname.removeprefix(__name__)
        try:
            module = import_module(served_by)
        except ModuleNotFoundError as error:
            if error.name is None or not served_by.startswith(error.name):
                raise
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname) from None
        return importlib.machinery.ModuleSpec(fullname, AliasLoader(module), is_package=hasattr(module, "__path__"))


if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
    sys.meta_path.insert(0, _Finder())  # before the finder of files, which would load packages' modules a second time


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
