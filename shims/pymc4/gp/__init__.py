"""Gaussian processes: PyMC4's ``pm.gp``, and PyMC3's.

PyMC4's are :class:`LatentGP` with the covariance and mean functions of :mod:`pm.gp.cov` and :mod:`pm.gp.mean`. PyMC3's
are :class:`Latent`, :class:`Marginal` and the others, with those of :mod:`pm.gp.kernels` and :mod:`pm.gp.means`.
"""

from __future__ import annotations

from pm_migrate.shims.pymc4.gp import cov, gp, kernels, mean, means, util
from pm_migrate.shims.pymc4.gp.gp import LatentGP
from pm_migrate.shims.pymc4.gp.processes import TP, Latent, LatentKron, Marginal, MarginalKron, MarginalSparse, of

__all__ = [
    "TP",
    "Latent",
    "LatentGP",
    "LatentKron",
    "Marginal",
    "MarginalKron",
    "MarginalSparse",
    "cov",
    "gp",
    "kernels",
    "mean",
    "means",
    "of",
    "util",
]
