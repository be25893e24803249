"""Transforms; see :mod:`pm_migrate.shims.pymc4.transforms`."""

from __future__ import annotations

from pm_migrate.shims.pymc4.transforms import *  # noqa: F403
from pm_migrate.shims.pymc4.transforms import __all__ as __all__
