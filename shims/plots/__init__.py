"""PyMC3's plots, which were ArviZ's, and its older names for them."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from pm_migrate.catalog.older import why_missing

#: PyMC3's old names to ArviZ's.
ALIASES = {
    "autocorrplot": "plot_autocorr",
    "compareplot": "plot_compare",
    "densityplot": "plot_density",
    "energyplot": "plot_energy",
    "forestplot": "plot_forest",
    "kdeplot": "plot_kde",
    "pairplot": "plot_pair",
    "traceplot": "plot_trace",
}

#: Names that PyMC3 took over from ``arviz.plots``.
PLOTS = frozenset(
    """
    plot_autocorr plot_bf plot_bpv plot_compare plot_density plot_dist plot_dist_comparison plot_dot plot_ecdf
    plot_elpd plot_energy plot_ess plot_forest plot_hdi plot_kde plot_khat plot_lm plot_loo_pit plot_mcse plot_pair
    plot_parallel plot_posterior plot_ppc plot_rank plot_separation plot_trace plot_ts plot_violin
    """.split()
)

NAMES = frozenset({*PLOTS, *ALIASES, "plot_posterior_predictive_glm"})

__all__ = sorted(NAMES)

_ARGUMENTS = {"varnames": "var_names", "credible_interval": "hdi_prob"}

#: Columns of a comparison as PyMC3 named them before ArviZ made it, for either criterion.
_COLUMNS = {
    "WAIC": {"WAIC": "waic", "pWAIC": "p_waic", "dWAIC": "d_waic", "var_warn": "warning"},
    "LOO": {"LOO": "loo", "pLOO": "p_loo", "dLOO": "d_loo", "shape_warn": "warning"},
}


@functools.cache
def arviz_function(name: str) -> Callable[..., Any]:
    """ArviZ's function of that name; PyMC3's older names of arguments are understood."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # ArviZ announces its own next version at import
        import arviz
    function = getattr(arviz, name)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return function(*args, **{_ARGUMENTS.get(key, key): value for key, value in kwargs.items()})

    return call


def map_args(func: Callable[..., Any], alias: str) -> Callable[..., Any]:
    """A function under an older name, which says so when it is called."""

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        original = func.__name__
        warnings.warn(
            f"The function `{alias}` from PyMC3 is just an alias for `{original}` from ArviZ. Please switch to "
            f"`pymc3.{original}` or `arviz.{original}`.",
            DeprecationWarning,
            stacklevel=2,
        )
        return func(*args, **kwargs)

    return call


def _compare(comp_df: Any, *args: Any, **kwargs: Any) -> Any:
    """``plot_compare`` of a table with ArviZ's columns, or with those that PyMC3 had before."""
    for criterion, columns in _COLUMNS.items():
        if criterion in comp_df.columns:
            comp_df = comp_df.rename(index=str, columns={**columns, "SE": "se", "dSE": "dse"})
            break
    return arviz_function("plot_compare")(comp_df, *args, **kwargs)


@functools.cache
def _old(alias: str) -> Callable[..., Any]:
    original = arviz_function(ALIASES[alias])
    if alias != "compareplot":
        return map_args(original, alias)
    return map_args(functools.wraps(original)(_compare), alias)


def __getattr__(name: str) -> Any:
    if name in ALIASES:
        return _old(name)
    if name in PLOTS:
        return arviz_function(name)
    if name == "plot_posterior_predictive_glm":
        from pm_migrate.shims.plots.posteriorplot import plot_posterior_predictive_glm

        return plot_posterior_predictive_glm
    raise AttributeError(f"module 'pymc3.plots' has no attribute {name!r}{why_missing(name)}")
