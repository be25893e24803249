"""Distributions: catalogue rows bound to TFP, the composites over them, and PyMC3's classes."""

from __future__ import annotations

import importlib
from typing import Any

from pm_migrate.catalog import DISTRIBUTIONS

#: Where PyMC3's names live that no catalogue row makes.
HOMES: dict[str, str] = {
    **dict.fromkeys(
        (
            "BoundedContinuous",
            "Continuous",
            "Discrete",
            "Distribution",
            "NoDistribution",
            "PositiveContinuous",
            "TensorType",
            "UnitContinuous",
        ),
        "base",
    ),
    "Bound": "bound",
    "DensityDist": "custom",
    **dict.fromkeys(("Mixture", "MixtureSameFamily", "NormalMixture"), "mixture"),
    **dict.fromkeys(("KroneckerNormal", "LKJCholeskyCov", "WishartBartlett"), "multivariate"),
    "Simulator": "simulator",
    **dict.fromkeys(
        ("AR", "AR1", "GARCH11", "GaussianRandomWalk", "MvGaussianRandomWalk", "MvStudentTRandomWalk"), "timeseries"
    ),
    **dict.fromkeys(("draw_values", "generate_samples"), "drawn_values"),
}

#: Submodules that programs reach as attributes of ``pm.distributions``.
MODULES = frozenset(
    {
        "bart",
        "bound",
        "continuous",
        "discrete",
        "dist_math",
        "distribution",
        "mixture",
        "multivariate",
        "posterior_predictive",
        "shape_utils",
        "simulator",
        "special",
        "timeseries",
        "tree",
    }
)


def __getattr__(name: str) -> Any:
    if name == "transforms":
        return importlib.import_module("pm_migrate.shims.transforms")
    if name == "fast_sample_posterior_predictive":
        return importlib.import_module("pm_migrate.shims.sampling").fast_sample_posterior_predictive
    if name in MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in DISTRIBUTIONS:
        return importlib.import_module(f"{__name__}.frontend").CLASSES[name]
    if name in HOMES:
        return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
    if name == "BART":
        return importlib.import_module(f"{__name__}.bart").BART
    raise AttributeError(f"module 'pymc3.distributions' has no attribute {name!r}")
