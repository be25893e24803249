"""TensorFlow without Keras, which is a third of its import, until a program asks for Keras.

The last thing that ``import tensorflow`` does is to import Keras, which imports Matplotlib and pandas, so that
optimisers are known when a model of Keras is read. TensorFlow goes on where that fails: it fails here, once.
``tf.keras`` and ``import keras`` are what they always are, a moment later.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

#: What TensorFlow imports on the way; the second takes the place of the first by ``TF_USE_LEGACY_KERAS``.
KERAS = ("keras", "tf_keras")


def configure() -> None:
    """Leave Keras out of the import of TensorFlow, whoever asks for that, unless it has been imported already."""
    if "tensorflow" not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds TensorFlow, and Keras while TensorFlow is being imported: where it lies, but not to be run."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ("tensorflow",)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in self.names else None
        if spec is None or spec.loader is None:
            return None
        loader: Any = spec.loader
        loader.exec_module = _refuse if fullname in KERAS else self._without_keras(loader.exec_module)
        return spec

    def _without_keras(self, run: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
        def exec_module(module: ModuleType) -> None:
            self.names = tuple(name for name in KERAS if name not in sys.modules)
            try:
                run(module)
            finally:
                if self in sys.meta_path:
                    sys.meta_path.remove(self)

        return exec_module


def _refuse(module: ModuleType) -> None:
    raise ImportError(f"{module.__name__} is not imported along with TensorFlow", name=module.__name__)
