"""``pymc3.distributions.posterior_predictive``: draws of data given a trace."""

from __future__ import annotations

from pm_migrate.shims.sampling import fast_sample_posterior_predictive

__all__ = ["fast_sample_posterior_predictive"]
