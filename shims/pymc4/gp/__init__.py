"""Gaussian processes: PyMC4's ``pm.gp``."""

from __future__ import annotations

from pm_migrate.shims.pymc4.gp import cov, gp, mean, util
from pm_migrate.shims.pymc4.gp.gp import LatentGP

__all__ = ["LatentGP", "cov", "gp", "mean", "util"]
