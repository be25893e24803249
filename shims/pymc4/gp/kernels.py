"""PyMC3's covariance functions (not in PyMC4): those of the same names in :mod:`pm.gp.cov` have PyMC4's parameters.

They are the drop-in's own, and evaluate to expressions: ``kernel(X).eval()`` is an array where nothing is random.
"""

from __future__ import annotations

from pm_migrate.shims.gp.cov import *  # noqa: F403
from pm_migrate.shims.gp.cov import __all__ as __all__
from pm_migrate.shims.pymc4.gp.own import Covariance as Covariance
