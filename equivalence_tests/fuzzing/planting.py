"""An import hook that plants a fault: one piece of a module's text is replaced when the module is imported."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


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


def main() -> None:
    """Run pytest on files with a fault planted: ``MODULE OLD NEW FILE...``."""
    module, old, new, *files = sys.argv[1:]
    sys.meta_path.insert(0, Planter(module, old, new))

    import pytest

    raise SystemExit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files]))


if __name__ == "__main__":
    main()
