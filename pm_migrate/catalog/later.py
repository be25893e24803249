"""Public names of PyMC3 3.11.6 that the drop-in does not have yet: they can be imported, and say so when they are used.

A row is a module of PyMC3 (without ``pymc3.``) and its names: a class, a function ``f()`` or an exception ``E!``. A row
of a package lists what the package takes over from its modules. A module that exists in the drop-in itself is listed
with what it lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TABLE = {
    "distributions.bart": """
        BaseBART compute_prior_probability() fast_mean() discrete_uniform_sampler() SampleSplittingVariable BART
    """,
    "distributions.tree": "Tree BaseNode SplitNode LeafNode",
    "parallel_sampling": """
        ParallelSamplingError! RemoteTraceback! ExceptionWithTraceback rebuild_exc() ProcessAdapter Draw
        ParallelSampler
    """,
    "step_methods": "PGBART",
    "step_methods.pgbart": "PGBART ParticleTree logp()",
    "step_methods.sgmcmc": "prior_dlogp() elemwise_dlogL() BaseStochasticGradient",
}

LATER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {module: tuple(text.split()) for module, text in _TABLE.items()}
)

#: Names in those modules that the drop-in does have, and where.
SERVED: Mapping[str, Mapping[str, str]] = MappingProxyType({})

_STEPS = "leave step= out: pm.sample then takes NUTS for continuous variables and Metropolis for discrete ones"

#: Nearest alternative, by the longest prefix of a module's name or name in it.
ALTERNATIVES: Mapping[str, str] = MappingProxyType(
    {
        "distributions.bart": "a sum of step functions or a spline basis with pm.Normal coefficients",
        "distributions.tree": "a sum of step functions or a spline basis with pm.Normal coefficients",
        "parallel_sampling": "pm.sample(chains=...) runs all chains in one compiled program",
        "step_methods": _STEPS,
    }
)


def alternative(qualified: str) -> str:
    """What to do instead of a name of :data:`LATER`, e.g. ``step_methods.slicer.Slice``.

    Examples
    --------
    >>> alternative("variational.inference.fit")
    'pm.sample'
    """
    parts = qualified.split(".")
    for length in range(len(parts), 0, -1):
        advice = ALTERNATIVES.get(".".join(parts[:length]))
        if advice is not None:
            return advice
    return "keep this part of the program on PyMC3"
