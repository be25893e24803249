"""Modules that are served under a second name."""

from __future__ import annotations

import importlib.abc
from types import ModuleType
from typing import Any


class AliasLoader(importlib.abc.Loader):
    """Hands out the module that is already imported under its own name.

    Parameters
    ----------
    module
        The module.
    """

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: Any) -> ModuleType:
        """The module as it is, not a new one."""
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Give it its own spec back: the import system put the alias's there."""
        module.__spec__ = self.spec
