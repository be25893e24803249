"""pm-migrate: PyMC3 programs become generator models on TensorFlow Probability, with a proof.

Importing this package imports neither LibCST nor TensorFlow; names are loaded when first used.

Examples
--------
>>> import pm_migrate
>>> result = pm_migrate.migrate_source("x = 1\\n")
>>> result.changed, result.references.total
(False, 0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pm_migrate.codemod import migrate_source
    from pm_migrate.findings import Confidence, Finding, Migration, References

_HOMES = {
    "migrate_source": "pm_migrate.codemod",
    "Confidence": "pm_migrate.findings",
    "Finding": "pm_migrate.findings",
    "Migration": "pm_migrate.findings",
    "References": "pm_migrate.findings",
}

__all__ = ["Confidence", "Finding", "Migration", "References", "__version__", "migrate_source"]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pm_migrate' has no attribute {name!r}")
