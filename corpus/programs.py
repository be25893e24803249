"""The programs of the corpus: what each folder holds, for the tests that read it.

A folder holds ``before.py`` or ``before.ipynb``, ``after`` of the same kind, and ``meta.toml``:

``title``, ``shows``
    What it is about, and the idioms in it.
``models``
    Names of the models that the codemod finds.
``built``
    How many models a run makes, where it is another number.
``findings``
    Finding codes, and how often each appears.
``manual``
    Why a part of it stays as it was; absent where all is rewritten.
``legacy``
    What in it PyMC3 3.11.6 no longer runs. ``nearest.py`` is then the nearest spelling that it runs.
``unverified``
    Why its densities are not compared with PyMC3's; absent where they are.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CORPUS = Path(__file__).parent


@dataclass(frozen=True)
class Program:
    """One folder of the corpus."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def notebook(self) -> bool:
        return (self.folder / "before.ipynb").exists()

    @property
    def before(self) -> Path:
        return self.folder / ("before.ipynb" if self.notebook else "before.py")

    @property
    def after(self) -> Path:
        return self.before.with_stem("after")

    @cached_property
    def meta(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "meta.toml").read_text(encoding="utf-8"))

    @property
    def manual(self) -> str:
        """Why a part of it stays as it was; empty where all is rewritten."""
        return self.meta.get("manual", "")

    @property
    def unverified(self) -> str:
        """Why its densities are not compared with PyMC3's; empty where they are."""
        return self.meta.get("unverified", "")

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return self.meta["models"]

    def script(self, which: str) -> str:
        """``before``, ``after``, or ``nearest`` (what PyMC3 3.11.6 runs) as Python source."""
        if which == "nearest" and (self.folder / "nearest.py").exists():
            return (self.folder / "nearest.py").read_text(encoding="utf-8")
        path = self.after if which == "after" else self.before
        text = path.read_bytes().decode("utf-8")
        if not self.notebook:
            return text
        from pm_migrate.codemod.cells import join_cells
        from pm_migrate.codemod.notebook import parse_notebook

        return join_cells(parse_notebook(text)).source


#: Every program, also one whose rewrite is not kept yet.
EVERY = tuple(Program(path.parent) for path in sorted(CORPUS.glob("*/before.*")))
#: Every program that has been rewritten, as far as it can be.
PROGRAMS = tuple(program for program in EVERY if program.after.exists() and (program.folder / "meta.toml").exists())
