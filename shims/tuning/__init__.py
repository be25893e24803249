"""Start points and scales (``pymc3.tuning``)."""

from __future__ import annotations

from pm_migrate.shims.tuning.scaling import find_hessian, guess_scaling, trace_cov
from pm_migrate.shims.tuning.starting import find_MAP

__all__ = ["find_MAP", "find_hessian", "guess_scaling", "trace_cov"]
