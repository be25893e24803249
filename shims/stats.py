"""PyMC3's statistics of traces, which were ArviZ's."""

from __future__ import annotations

import inspect
from typing import Any

from pm_migrate.catalog.older import why_missing

#: Names that PyMC3 took over from ``arviz.stats``.
NAMES = frozenset(
    """
    ELPDData apply_test_function autocorr autocov bfmi compare ess hdi kde loo loo_pit make_ufunc mcse psislw
    r2_samples r2_score reloo rhat summary waic weight_predictions wrap_xarray_ufunc
    """.split()
)

__all__ = sorted(NAMES)


def __getattr__(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module 'pymc3.stats' has no attribute {name!r}{why_missing(name)}")
    from pm_migrate.shims.plots import arviz_function

    found = arviz_function(name)
    return found.__wrapped__ if inspect.isclass(getattr(found, "__wrapped__", None)) else found
