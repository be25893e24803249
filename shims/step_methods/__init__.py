"""PyMC3's step methods.

A step method takes a point to the next one and leaves the posterior invariant. Names and modules are imported when they
are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pm_migrate.shims import placeholders

_HOMES = {
    "CompoundStep": "compound",
    "EllipticalSlice": "elliptical_slice",
    "ElemwiseCategorical": "gibbs",
    "HamiltonianMC": "hmc",
    "NUTS": "hmc",
    **dict.fromkeys(("DEMetropolisZMLDA", "MLDA", "MetropolisMLDA", "RecursiveDAProposal"), "mlda"),
    "Slice": "slicer",
    **dict.fromkeys(
        """
        BinaryGibbsMetropolis BinaryMetropolis CategoricalGibbsMetropolis CauchyProposal DEMetropolis DEMetropolisZ
        LaplaceProposal Metropolis MultivariateNormalProposal NormalProposal PoissonProposal UniformProposal
        """.split(),
        "metropolis",
    ),
}

_MODULES = frozenset(
    """
    arraystep compound elliptical_slice gibbs hmc metropolis mlda pgbart sgmcmc slicer step_sizes
    """.split()
)

_placeholder = placeholders.fallback("step_methods")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return _placeholder(name)
