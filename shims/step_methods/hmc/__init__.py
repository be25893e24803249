"""Hamiltonian steps that are driven from Python, draw by draw (``pymc3.step_methods.hmc``)."""

from __future__ import annotations

from pm_migrate.shims.step_methods.hmc.hmc import HamiltonianMC
from pm_migrate.shims.step_methods.hmc.nuts import NUTS

__all__ = ["NUTS", "HamiltonianMC"]
