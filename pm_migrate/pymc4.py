"""PyMC4's public API: what rewritten programs import.

A name of :mod:`pm_migrate.shims.pymc4`; TensorFlow is imported when a name is first used.

Examples
--------
>>> import pm_migrate.pymc4 as pm
>>> pm.Normal.dist(0, 1).log_prob_numpy(0.0).round(6)
np.float64(-0.918939)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "4.0a2"  # of PyMC4, whose API this is

_HOME = "pm_migrate.shims.pymc4"


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
