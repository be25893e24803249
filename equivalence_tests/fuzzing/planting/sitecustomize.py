"""Runs when an interpreter starts with this folder on its path: plants the fault that the environment names."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

VARIABLE = "PM_MIGRATE_SEEDED_FAULT"


class Planted(importlib.machinery.SourceFileLoader):
    """Loads a module with one piece of its text replaced; neither reads nor writes compiled files."""

    def __init__(self, fullname: str, path: str, old: str, new: str) -> None:
        super().__init__(fullname, path)
        self.old, self.new = old, new

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text(encoding="utf-8")
        if self.old not in source:
            raise ImportError(f"{fullname} has no {self.old!r}: the seeded fault is stale")
        return compile(source.replace(self.old, self.new, 1), self.path, "exec", dont_inherit=True)


class Planter(importlib.abc.MetaPathFinder):
    """Finds the one module that the fault is in."""

    def __init__(self, module: str, old: str, new: str) -> None:
        self.module, self.old, self.new = module, old, new

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if fullname != self.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin:
            spec.loader = Planted(fullname, spec.origin, self.old, self.new)
        return spec


if os.environ.get(VARIABLE):
    fault = json.loads(os.environ[VARIABLE])
    sys.meta_path.insert(0, Planter(fault["module"], fault["old"], fault["new"]))
