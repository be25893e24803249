"""Sequential Monte Carlo: ``pymc3.smc``."""

from __future__ import annotations

from pm_migrate.shims.smc.sample_smc import sample_smc

__all__ = ["sample_smc"]
