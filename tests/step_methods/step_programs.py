"""Programs that sample with step methods, for PyMC3 and for the drop-in: same seed, same draws.

Run by an interpreter that has PyMC3, ``python step_programs.py`` writes ``recorded_draws.json`` anew.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RECORD = Path(__file__).with_name("recorded_draws.json")

COV = np.array([[1.0, 0.5, 0.0, 0.1], [0.5, 1.0, 0.2, 0.0], [0.0, 0.2, 1.0, 0.0], [0.1, 0.0, 0.0, 1.0]])


def mixed(pm: Any) -> Any:
    """All kinds of variables."""
    with pm.Model() as model:
        x = pm.Normal("x", 0.5, 2.0, shape=2)
        s = pm.HalfNormal("s", 2.0)
        u = pm.Uniform("u", -1.0, 3.0)
        k = pm.Poisson("k", 3.0)
        b = pm.Bernoulli("b", 0.3, shape=3)
        c = pm.Categorical("c", np.array([0.2, 0.3, 0.5]), shape=2)
        pm.Normal("y", x.sum() + k + b.sum() + 0.3 * c.sum() + u, s, observed=[1.0, 2.0])
    return model


def continuous(pm: Any) -> Any:
    """Three kinds of continuous ones."""
    with pm.Model() as model:
        x = pm.Normal("x", 0.5, 2.0, shape=2)
        s = pm.HalfNormal("s", 2.0)
        u = pm.Uniform("u", -1.0, 3.0)
        pm.Normal("y", x.sum() + u, s, observed=[1.0, 2.0])
    return model


def flat(pm: Any) -> Any:
    """A likelihood alone."""
    with pm.Model() as model:
        pm.Normal("y", pm.Flat("f", shape=4), 0.7, observed=[1.0, -1.0, 2.0, 0.0])
    return model


def elementwise(pm: Any) -> Any:
    """A categorical variable element by element."""
    with pm.Model() as model:
        c = pm.Categorical("c", np.array([0.2, 0.3, 0.5]), shape=4)
        pm.Normal("y", 1.0 * c, 1.0, observed=[1.0, 0.0, 2.0, 1.0])
    return model


def _rest(pm: Any, m: Any) -> Any:
    return pm.Metropolis([m[name] for name in ("x", "s", "u", "k")])


def _proposal(name: str) -> Callable[..., Any]:
    return lambda pm, m: pm.Metropolis(S=np.ones(4), proposal_dist=getattr(pm, name), blocked=True, scaling=0.5)


#: Name: model and step methods.
PROGRAMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "Metropolis": (mixed, lambda pm, m: pm.Metropolis()),
    "Metropolis of all": (mixed, lambda pm, m: pm.Metropolis(blocked=True, scaling=0.3, tune_interval=40)),
    "UniformProposal": (continuous, _proposal("UniformProposal")),
    "CauchyProposal": (continuous, _proposal("CauchyProposal")),
    "LaplaceProposal": (continuous, _proposal("LaplaceProposal")),
    "PoissonProposal": (continuous, _proposal("PoissonProposal")),
    "MultivariateNormalProposal": (continuous, lambda pm, m: pm.Metropolis(S=COV, blocked=True)),
    "BinaryGibbsMetropolis": (
        mixed,
        lambda pm, m: [pm.BinaryGibbsMetropolis([m["b"]]), pm.CategoricalGibbsMetropolis([m["c"]]), _rest(pm, m)],
    ),
    "BinaryMetropolis": (
        mixed,
        lambda pm, m: [
            pm.BinaryMetropolis([m["b"]], scaling=0.7),
            pm.CategoricalGibbsMetropolis([m["c"]], order=[1, 0]),
            _rest(pm, m),
        ],
    ),
    "DEMetropolisZ": (continuous, lambda pm, m: pm.DEMetropolisZ()),
    "DEMetropolisZ, scaling": (
        continuous,
        lambda pm, m: pm.DEMetropolisZ(tune="scaling", scaling=0.1, proposal_dist=pm.NormalProposal),
    ),
    "DEMetropolis": (continuous, lambda pm, m: pm.DEMetropolis()),
    "Slice": (continuous, lambda pm, m: pm.Slice()),
    "Slice of all": (continuous, lambda pm, m: pm.Slice(blocked=True)),
    "EllipticalSlice": (flat, lambda pm, m: pm.EllipticalSlice(prior_cov=COV)),
    "ElemwiseCategorical": (elementwise, lambda pm, m: pm.ElemwiseCategorical([m["c"]])),
}


def outcome(pm: Any, name: str) -> dict[str, Any]:
    """The last draw of each chain, and the statistics with it: whatever went otherwise before shows there."""
    make, steps = PROGRAMS[name]
    with warnings.catch_warnings(), make(pm) as model:
        warnings.simplefilter("ignore")
        # without tuning, PyMC3's Slice of a vector steps out beside the point
        draws = 0 if name.startswith("Slice") else 100
        trace = pm.sample(
            draws,
            tune=220 - draws,
            discard_tuned_samples=False,
            chains=5 if name == "DEMetropolis" else 1,
            cores=1,
            step=steps(pm, model),
            random_seed=7,
            progressbar=False,
            compute_convergence_checks=False,
            return_inferencedata=False,
        )
    found = {
        v: [x[-1].tolist() for x in trace.get_values(v, combine=False, squeeze=False)] for v in sorted(trace.varnames)
    }
    kept = sorted(trace.stat_names)
    return {**found, **{f"stat {s}": np.asarray(trace.get_sampler_stats(s)[-1], float).tolist() for s in kept}}


if __name__ == "__main__":
    import pymc3

    np.random.seed(0)
    RECORD.write_text(json.dumps({name: outcome(pymc3, name) for name in PROGRAMS}, indent=1) + "\n")
