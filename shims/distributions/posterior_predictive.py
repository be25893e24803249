"""PyMC3's path to ``fast_sample_posterior_predictive``."""

from __future__ import annotations

from pm_migrate.shims.predictive import fast_sample_posterior_predictive

__all__ = ["fast_sample_posterior_predictive"]
