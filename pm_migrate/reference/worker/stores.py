# ruff: noqa: B905, UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""Standing in for ``pymc3.backends.text``, which PyMC3 dropped by 3.9: nothing is written into a user's folders."""

from __future__ import annotations

import csv
import glob
import os
import re
import sys
import types
from typing import Any, Callable, Dict, List, cast

import numpy as np


class Stores:
    """The folders that a program keeps draws in, by their paths.

    Parameters
    ----------
    pm
        PyMC3.
    """

    def __init__(self, pm: Any) -> None:
        self.pm = pm
        self.traces: Dict[str, Any] = {}
        traces = self.traces

        class Text:
            """What ``pm.sample(trace=)`` is given."""

            def __init__(self, name: str, model: Any = None, vars: Any = None, test_point: Any = None) -> None:
                self.name = name
                if not os.path.exists(name):
                    os.mkdir(name)

        def dump(name: str, trace: Any, chains: Any = None) -> None:
            if not os.path.exists(name):
                os.mkdir(name)
            traces[os.path.abspath(name)] = trace

        self.module = cast(Any, types.ModuleType("pymc3.backends.text"))
        self.module.Text, self.module.dump, self.module.load = Text, dump, self._load

    def install(self) -> Callable[[], None]:
        """Give PyMC3 the module if it has none; returns what takes it away again."""
        backends = self.pm.backends
        if hasattr(backends, "Text"):
            return lambda: None
        backends.Text, backends.text = self.module.Text, self.module
        sys.modules[self.module.__name__] = self.module

        def remove() -> None:
            del backends.Text, backends.text, sys.modules[self.module.__name__]

        return remove

    def keep(self, store: Any, trace: Any) -> None:
        """Note what was sampled into a store; anything else is none."""
        if isinstance(store, self.module.Text):
            self.traces[os.path.abspath(store.name)] = trace

    def _load(self, name: str, model: Any = None) -> Any:
        model = self.pm.modelcontext(model)
        known = self.traces.get(os.path.abspath(name))
        if known is not None:
            return known
        files = glob.glob(os.path.join(glob.escape(name), "chain-*.csv"))
        if not files:
            raise ValueError(f"No files present in directory {name}")
        return self.pm.backends.base.MultiTrace([self._chain(path, model) for path in files])

    def _chain(self, path: str, model: Any) -> Any:
        """A chain in a file, which has the columns of whole variables."""
        with open(path) as lines:
            rows: List[List[str]] = list(csv.reader(lines))
        columns = dict(zip(rows[0], zip(*rows[1:])))
        names = self.pm.backends.tracetab.create_flat_names
        shapes = self.pm.backends.NDArray(model=model).var_shapes
        chosen = [v for v in model.unobserved_RVs if set(names(v.name, shapes[v.name])) <= set(columns)]
        strace = self.pm.backends.NDArray(model=model, vars=chosen)
        number = re.findall(r"chain-(\d+)\.csv$", path)[0]
        strace.setup(len(rows) - 1, int(number))
        for name, shape in strace.var_shapes.items():
            flat = [[_number(x) for x in columns[key]] for key in names(name, shape)]
            strace.samples[name] = np.array(flat).T.reshape((len(rows) - 1, *shape))
        strace.draw_idx = len(rows) - 1
        return strace


def _number(text: str) -> Any:
    if text in ("True", "False"):
        return text == "True"
    return int(text) if re.match(r"-?\d+$", text) else float(text or "nan")
