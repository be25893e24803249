"""The drop-in: PyMC3's public names on TensorFlow Probability.

``import pm_migrate.shims as pm3`` in place of ``import pymc3 as pm3``, or :func:`install` before an unedited program.
Nothing heavy is imported until a name is used.
"""

from __future__ import annotations

import importlib
from typing import Any

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.catalog.exports import PYMC3_MODULES, PYMC3_NAMES
from pm_migrate.shims.distributions import HOMES as DISTRIBUTION_HOMES

__version__ = "3.11.6"  # of PyMC3, whose behaviour this package has

_HOMES: dict[str, str] = {
    **dict.fromkeys(DISTRIBUTIONS, "distributions.frontend"),
    **{name: f"distributions.{home}" for name, home in DISTRIBUTION_HOMES.items() if name in PYMC3_NAMES},
    **dict.fromkeys(
        ("Data", "Deterministic", "Model", "Point", "Potential", "modelcontext", "set_data"),
        "model",
    ),
    **dict.fromkeys(
        (
            "NUTS",
            "fast_sample_posterior_predictive",
            "sample",
            "sample_posterior_predictive",
            "sample_prior_predictive",
        ),
        "sampling",
    ),
    **dict.fromkeys(("expand_packed_triangular", "invlogit", "invprobit", "logaddexp", "logit", "logsumexp"), "math"),
    "probit": "math",
    "floatX": "theano.config",
    "install": "installation",
    "uninstall": "installation",
}
_MODULES = frozenset({"distributions", "math", "model", "plots", "sampling", "theano", "transforms"})

__all__ = sorted(name for name in (*_HOMES, "math") if name in PYMC3_NAMES or name == "math")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        home = importlib.import_module(f"{__name__}.{_HOMES[name]}")
        classes = getattr(home, "CLASSES", {})
        return classes[name] if name in classes else getattr(home, name)
    if name in PYMC3_NAMES:
        plots = importlib.import_module(f"{__name__}.plots")
        if name in plots.ALIASES or name in plots.SAME:
            return getattr(plots, name)
        from pm_migrate.errors import NotSupported

        raise NotSupported(f"pymc3.{name} is not in the drop-in yet; docs/known-differences.md lists what is")
    if name in PYMC3_MODULES:
        raise AttributeError(f"module pymc3.{name} is not in the drop-in yet; docs/known-differences.md lists what is")
    raise AttributeError(f"module 'pymc3' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES, "__version__", "install", "uninstall"})
