"""All Gaussian processes, by PyMC3's name of the module."""

from __future__ import annotations

from pm_migrate.shims.gp.kronecker import LatentKron, MarginalKron
from pm_migrate.shims.gp.processes import TP, Base, Latent, Marginal
from pm_migrate.shims.gp.sparse import MarginalSparse

__all__ = ["TP", "Base", "Latent", "LatentKron", "Marginal", "MarginalKron", "MarginalSparse"]
