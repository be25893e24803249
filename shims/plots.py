"""PyMC3's plot and summary functions, which were ArviZ's under PyMC3's names."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

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

#: Names that PyMC3 took over from ArviZ unchanged.
SAME = frozenset(
    """
    bfmi compare ess hdi loo mcse plot_autocorr plot_compare plot_density plot_energy plot_ess plot_forest plot_kde
    plot_pair plot_parallel plot_posterior plot_trace plot_violin r2_score rhat summary waic
    """.split()
)

_ARGUMENTS = {"varnames": "var_names", "credible_interval": "hdi_prob"}


def _wrap(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        import arviz

        kwargs = {_ARGUMENTS.get(key, key): value for key, value in kwargs.items()}
        with warnings.catch_warnings():
            # ArviZ announces its own next version at import and warns of few draws for stand-ins
            warnings.simplefilter("ignore", FutureWarning)
            return getattr(arviz, name)(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"ArviZ's ``{name}``; old PyMC3 argument names are understood."
    return call


@functools.cache
def _function(name: str) -> Callable[..., Any]:
    return _wrap(ALIASES.get(name, name))


def __getattr__(name: str) -> Any:
    if name in ALIASES or name in SAME:
        return _function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
