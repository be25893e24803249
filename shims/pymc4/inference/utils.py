"""PyMC4's ``inference.utils``: the functions of ``mcmc.utils``, where they were at first."""

from __future__ import annotations

from pm_migrate.shims.pymc4.mcmc.utils import initialize_sampling_state, initialize_state, trace_to_arviz

__all__ = ["initialize_sampling_state", "initialize_state", "trace_to_arviz"]
