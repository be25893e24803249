"""PyMC3's mean functions (not in PyMC4): those of the same names in :mod:`pm.gp.mean` have PyMC4's parameters."""

from __future__ import annotations

from pm_migrate.shims.gp.mean import *  # noqa: F403
from pm_migrate.shims.gp.mean import __all__ as __all__
from pm_migrate.shims.pymc4.gp.own import Mean as Mean
