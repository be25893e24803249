"""Make ``pymc3``, ``theano`` and ``pymc4`` resolve to what this package has for them, in this process."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pm_migrate.aliases import AliasLoader
from pm_migrate.shims import arviz_names

_ROOTS = {"pymc3": "pm_migrate.shims", "theano": "pm_migrate.shims.theano", "pymc4": "pm_migrate.pymc4"}
_MOVED = {"pymc3.distributions.transforms": "pm_migrate.shims.transforms"}


def target(name: str) -> str | None:
    """Name of the module that serves an import of PyMC3, Theano or PyMC4, or None for other names.

    Examples
    --------
    >>> target("theano.tensor"), target("numpy")
    ('pm_migrate.shims.theano.tensor', None)
    """
    if name in _MOVED:
        return _MOVED[name]
    root, _, rest = name.partition(".")
    if root not in _ROOTS:
        return None
    return f"{_ROOTS[root]}.{rest}" if rest else _ROOTS[root]


#: Modules that a package of Theano has a function of the same name over: importing one must not replace the function.
_UNDER_FUNCTIONS = {
    "theano": dict.fromkeys(("theano.scan", "theano.scan.utils"), "pm_migrate.shims.theano.loops"),
    "theano.tensor": {
        "theano.tensor.sort": "pm_migrate.shims.theano.tensor.sorting",
        "theano.tensor.var": "pm_migrate.shims.theano.tensor.variables",
    },
}


class _Loader(AliasLoader):
    def exec_module(self, module: ModuleType) -> None:
        alias = module.__spec__.name if module.__spec__ is not None else ""
        super().exec_module(module)
        for name, served_by in _UNDER_FUNCTIONS.get(alias, {}).items():
            # already loaded, so that the import system does not set the attribute of the package
            sys.modules[name] = importlib.import_module(served_by)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target_: Any = None) -> Any:
        if fullname == "arviz":
            return self._arviz(path, target_)
        served_by = target(fullname)
        if served_by is None:
            return None
        try:
            module = importlib.import_module(served_by)
        except ModuleNotFoundError as error:
            if error.name is not None and served_by.startswith(error.name):
                where = (
                    "pm_migrate.pymc4" if fullname.startswith("pymc4") else "the drop-in for PyMC3 (pm_migrate.shims)"
                )
                raise ModuleNotFoundError(f"No module named {fullname!r} in {where}", name=fullname) from None
            raise
        return importlib.machinery.ModuleSpec(fullname, _Loader(module), is_package=hasattr(module, "__path__"))

    def _arviz(self, path: Sequence[str] | None, target_: Any) -> Any:
        others = [finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec")]
        spec = next(filter(None, (finder.find_spec("arviz", path, target_) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            spec.loader = arviz_names.ServingLoader(spec.loader)
        return spec


def install() -> None:
    """Serve ``import pymc3``, ``import theano``, ``import pymc4`` and their public submodules, in this process.

    Call it before the first import of any; modules of the real packages that are already loaded are an error.

    Raises
    ------
    ImportError
        When a real PyMC3, Theano or PyMC4 is already imported.
    """
    for root, served_by in _ROOTS.items():
        loaded = sys.modules.get(root)
        if loaded is not None and loaded.__name__ != served_by:
            raise ImportError(f"{root} is already imported from {loaded.__file__}; call install() before importing it")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if "arviz" in sys.modules:
        arviz_names.serve(sys.modules["arviz"])


def uninstall() -> None:
    """Undo :func:`install`."""
    if "arviz" in sys.modules:
        arviz_names.withdraw(sys.modules["arviz"])
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
    for name in [name for name in sys.modules if name.partition(".")[0] in _ROOTS]:
        del sys.modules[name]
