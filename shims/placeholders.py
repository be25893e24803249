"""Names of PyMC3 that the drop-in does not have yet: importable, and an error that names them when they are used.

A program that imports more than it uses runs; ``isinstance`` and subclassing work, calling raises ``NotSupported``
(a ``NotImplementedError``) with the nearest alternative. The names are in :mod:`pm_migrate.catalog.later`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn

from pm_migrate.catalog.later import LATER, SERVED, alternative
from pm_migrate.catalog.older import why_missing
from pm_migrate.errors import NotSupported

ROOT = "pm_migrate.shims"


class _Absent(type):
    """Class of placeholder classes: their class methods (``pm.GLM.from_formula``) raise when they are called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return _function(f"{cls.__module__}.{cls.__qualname__}.{name}")


def _refuse(qualified: str) -> NoReturn:
    within = qualified.removeprefix("pymc3.")
    raise NotSupported(f"{qualified} is not in the drop-in yet. Instead: {alternative(within)}.")


def _function(qualified: str) -> Callable[..., Any]:
    def absent(*args: Any, **kwargs: Any) -> Any:
        _refuse(qualified)

    absent.__module__, _, absent.__name__ = qualified.rpartition(".")
    absent.__qualname__ = absent.__name__
    absent.__doc__ = f"``{qualified}``, which is not in the drop-in yet: raises ``NotSupported``."
    return absent


def _class(module: str, name: str) -> type:
    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        _refuse(f"{module}.{name}")

    doc = f"``{module}.{name}``, which is not in the drop-in yet: making one raises ``NotSupported``."
    return _Absent(name, (), {"__new__": new, "__module__": module, "__doc__": doc})


@functools.cache
def placeholder(module: str, name: str) -> Any:
    """The stand-in for a name of a PyMC3 module (given without ``pymc3.``).

    Raises
    ------
    AttributeError
        For a name that is not in the table.

    Examples
    --------
    >>> placeholder("distributions.bart", "BART").__name__
    'BART'
    """
    served = SERVED.get(module, {})
    if name in served:
        return getattr(importlib.import_module(f"{ROOT}.{served[name]}"), name)
    listed = {entry.rstrip("()!"): entry for entry in LATER.get(module, ())}
    if name not in listed:
        raise AttributeError(f"module 'pymc3.{module}' has no attribute {name!r}{why_missing(name, module)}")
    for child in _children(module):
        if name in {entry.rstrip("()!") for entry in LATER[child]} or name in SERVED.get(child, {}):
            return placeholder(child, name)
    full = f"pymc3.{module}"
    if listed[name].endswith("()"):
        return _function(f"{full}.{name}")
    if listed[name].endswith("!"):
        return type(name, (Exception,), {"__module__": full, "__doc__": f"``{full}.{name}``: never raised here."})
    return _class(full, name)


def _children(module: str) -> list[str]:
    depth = module.count(".") + 1
    return [name for name in LATER if name.startswith(module + ".") and name.count(".") == depth]


def find(name: str) -> Any:
    """The stand-in for a name of ``pymc3`` itself."""
    packages = [module for module in LATER if "." not in module]
    for module in (*packages, "distributions.bart"):
        if name in {entry.rstrip("()!") for entry in LATER[module]}:
            return placeholder(module, name)
    return _function(f"pymc3.{name}")


def fallback(module: str) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that gives the names it lacks.

    Parameters
    ----------
    module
        PyMC3's name of the module, without ``pymc3.``.
    """

    def __getattr__(name: str) -> Any:
        return placeholder(module, name)

    return __getattr__


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes the modules of the table that have no file here, from their names alone."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        """Answer for ``pm_migrate.shims.gp`` and the like; asked last, after the files."""
        within = fullname.removeprefix(f"{ROOT}.")
        if within == fullname or within not in LATER:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=bool(_children(within)))

    def create_module(self, spec: Any) -> ModuleType | None:
        """Leave that to the import system."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Put in the names, the modules below first: ``pymc3.smc.sample_smc`` is a function, not the module."""
        within = module.__name__.removeprefix(f"{ROOT}.")
        for child in _children(within):
            importlib.import_module(f"{ROOT}.{child}")
        served = SERVED.get(within, {})
        names = [entry.rstrip("()!") for entry in LATER[within]]
        vars(module).update({name: placeholder(within, name) for name in names if name not in served})
        module.__doc__ = f"``pymc3.{within}``: not in the drop-in yet; its names say so when they are used."
        module.__dict__["__getattr__"] = fallback(within)
        module.__dict__["__all__"] = sorted({*names, *served})


def install_finder() -> None:
    """Serve the modules of the table."""
    if not any(type(finder).__name__ == "Finder" and isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.append(Finder())
